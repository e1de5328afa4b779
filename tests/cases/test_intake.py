"""A request is logged, perhaps on behalf of an official, and a call back finds the case that it belongs to."""

import pytest

from servicecrm import cases
from servicecrm.cases import Attribute, Link, LinkKind, Place, RequestType
from servicecrm.errors import GuardNotMet, InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, OFFICE, WANDA, a_case, in_state

POTHOLE = RequestType(code="pothole", attributes=(Attribute(code="depth", required=True),))


def test_a_minimal_request_has_a_subject_and_a_channel() -> None:  # C058, S2-V1
    decision = cases.open(id="case-1", subject="No water", channel="phone", by=OFFICE, at=MONDAY)
    case = decision.after

    assert (case.state, case.logged_by, case.sponsor, case.requester) == ("new", OFFICE, None, None)
    assert (case.received_at, case.recorded_at) == (MONDAY, MONDAY)
    assert [moment.kind for moment in case.moments] == ["received"]
    assert [event.type for event in decision.events] == ["case.opened"]
    assert not case.can_reply


def test_a_request_is_logged_for_an_official_and_may_have_come_earlier() -> None:  # C058
    case = cases.open(
        id="case-1",
        subject="No water",
        channel="phone",
        sponsor="council-3",
        requester="citizen-7",
        priority="p2",
        tags=["water"],
        by=OFFICE,
        at=MONDAY,
        received_at=MONDAY - HOUR,
    ).after

    assert (case.sponsor, case.logged_by) == ("council-3", OFFICE)
    assert (case.received_at, case.recorded_at) == (MONDAY - HOUR, MONDAY)
    assert [(moment.kind, moment.code) for moment in case.moments] == [("received", None), ("rated", "p2")]
    assert case.tags == {"water"}
    assert case.can_reply


def test_a_request_cannot_come_from_the_future_or_from_nowhere_in_time() -> None:  # C058
    with pytest.raises(PolicyViolation, match="cannot lie in the future"):
        cases.open(id="c", subject="Fire", channel="phone", by=OFFICE, at=MONDAY, received_at=MONDAY + HOUR)
    with pytest.raises(NaiveDatetime):
        cases.open(id="c", subject="Fire", channel="phone", by=OFFICE, at=MONDAY.replace(tzinfo=None))


def test_nothing_that_happens_to_a_case_lies_before_it_was_received() -> None:
    with pytest.raises(PolicyViolation, match="cannot lie before the case was received"):
        cases.route(a_case(), cases.Routing(queue="water"), by=OFFICE, at=MONDAY, occurred_at=MONDAY - HOUR)

    early, _ = cases.message(
        a_case(), "A letter", id="m", side="outside", by=OFFICE, at=MONDAY, occurred_at=MONDAY - DAY
    )
    assert early.after.moments[-1].occurred_at == MONDAY - DAY


def test_the_type_says_which_attributes_a_request_has() -> None:  # C058, C068
    case = cases.open(
        id="c", subject="A hole", channel="web", request_type=POTHOLE, type_version=3, attributes={"depth": "knee"},
        by=OFFICE, at=MONDAY,
    ).after  # fmt: skip

    assert (case.request_type, case.type_version) == ("pothole", 3)
    assert case.attributes == {"depth": "knee"}
    with pytest.raises(InvalidValue, match="depth: is required"):
        cases.open(id="c", subject="A hole", channel="web", request_type=POTHOLE, by=OFFICE, at=MONDAY)
    with pytest.raises(InvalidValue, match="only a request of a type has attributes"):
        cases.open(id="c", subject="A hole", channel="web", attributes={"depth": "knee"}, by=OFFICE, at=MONDAY)


def test_a_retired_type_takes_no_new_request_and_leaves_old_ones_as_they_are() -> None:  # C068
    retired = evolve(POTHOLE, retired=True)
    old = a_case(request_type="pothole", attributes=FrozenMap({"depth": "knee"}))

    with pytest.raises(PolicyViolation, match="pothole is retired"):
        cases.open(
            id="c", subject="A hole", channel="web", request_type=retired, attributes={"depth": "knee"},
            by=OFFICE, at=MONDAY,
        )  # fmt: skip
    with pytest.raises(PolicyViolation, match="pothole is retired"):
        cases.classify(a_case(), retired, version=2, attributes={"depth": "knee"}, by=OFFICE, at=MONDAY)
    corrected = cases.classify(old, retired, version=2, attributes={"depth": "hip"}, by=OFFICE, at=MONDAY).after
    assert corrected.attributes == {"depth": "hip"}


@pytest.mark.parametrize(
    "wrong", [{"latitude": 48.2}, {"longitude": 16.4}, {"latitude": 90.5, "longitude": 0.0},
              {"latitude": 0.0, "longitude": -180.5}, {"address": " "}]
)  # fmt: skip
def test_a_place_is_an_address_or_a_point_on_the_map(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="Place"):
        Place(**wrong)  # type: ignore[arg-type]


def test_the_edges_of_the_map_are_on_it() -> None:
    assert Place(latitude=-90.0, longitude=180.0).latitude == -90.0


# -- details -------------------------------------------------------------------------------------


def test_details_are_put_right() -> None:
    case = cases.amend(
        a_case(), channel="email", language="DE-at", tags=["street"], extra={"ward": 4}, requester="citizen-7",
        reason="a slip", by=WANDA, at=MONDAY,
    ).after  # fmt: skip

    assert (case.channel.value, case.language, case.requester) == ("email", "de-AT", "citizen-7")
    assert case.tags == {"street"}
    assert case.extra == {"ward": 4}
    assert cases.amend(case, language=None, by=WANDA, at=MONDAY).after.language is None


def test_tags_are_several_and_one_text_is_not() -> None:
    with pytest.raises(InvalidValue, match="expected several values"):
        cases.open(id="c", subject="No water", channel="phone", tags="water", by=OFFICE, at=MONDAY)
    with pytest.raises(InvalidValue, match="expected several values"):
        cases.amend(a_case(), tags="water", by=OFFICE, at=MONDAY)


@pytest.mark.parametrize("changes", [{}, {"state": "closed"}, {"attributes": {}}])
def test_only_details_are_amended(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidValue, match="it can change subject, text, "):
        cases.amend(a_case(), by=WANDA, at=MONDAY, **changes)  # type: ignore[arg-type]


def test_another_priority_is_a_moment_that_clocks_read() -> None:
    case = cases.rate(a_case(), "p1", reason="a hospital", by=OFFICE, at=MONDAY + HOUR).after

    assert case.priority == "p1"
    assert (case.moments[-1].kind, case.moments[-1].code) == ("rated", "p1")


def test_another_type_keeps_number_and_history() -> None:  # C068
    before = a_case(request_type="leak", type_version=1)
    case = cases.classify(before, POTHOLE, version=2, attributes={"depth": "knee"}, by=OFFICE, at=MONDAY).after

    assert (case.request_type, case.type_version) == ("pothole", 2)
    assert (case.number, case.moments) == (before.number, before.moments)
    with pytest.raises(InvalidValue, match="depth: is required"):
        cases.classify(before, POTHOLE, version=2, attributes={}, by=OFFICE, at=MONDAY)


def test_a_case_is_linked_to_another_one_once() -> None:
    once = cases.link(a_case(), "case-0", kind="duplicate_of", by=WANDA, at=MONDAY).after
    twice = cases.link(once, "case-0", kind="duplicate_of", by=WANDA, at=MONDAY).after

    assert once.links == twice.links == (Link(kind=LinkKind.DUPLICATE_OF, case="case-0"),)
    with pytest.raises(GuardNotMet, match="a case is linked to another one"):
        cases.link(a_case(), "case-1", by=WANDA, at=MONDAY)


def test_a_moment_entered_by_mistake_is_voided_and_no_attempt_is_left_of_it() -> None:
    case, _ = cases.contact(in_state("in_work"), "voicemail", note="Rang.", id="c", by=WANDA, at=MONDAY)
    assert case.after.attempts == 1

    voided = cases.void(case.after, len(case.after.moments), reason="another case", by=WANDA, at=MONDAY + HOUR).after
    assert voided.attempts == 0
    assert evolve(voided, moments=()) == evolve(case.after, moments=())
