"""Cases and request types in Open311, and back: many states become two, and nobody learns who asked."""  # C129

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import Attribute, Case, Choice, Datatype, Place, RequestType
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.interop import open311
from servicecrm.interop.open311 import ServiceRequest, Status
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import ContactKind, ContactPoint

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = FrozenMap({"en": "Pothole", "de": "Schlagloch"})

POTHOLE = RequestType(
    code="pothole",
    name=WORDS,
    keywords=("road", "hole"),
    group="streets",
    attributes=(
        Attribute(code="lane", datatype=Datatype.SINGLE, required=True, order=2, values=(Choice(key="left"),)),
        Attribute(code="depth", datatype=Datatype.NUMBER, order=1),
        Attribute(code="hurt", datatype=Datatype.MULTI, order=3, values=(Choice(key="car"), Choice(key="bike"))),
    ),
)


def opened(**fields: Any) -> Case:
    return cases.open(
        **{
            "id": "c-1",
            "number": "CAS-2026-000001",
            "subject": "Hole",
            "text": "A deep hole in the left lane.",
            "channel": "phone",
            "requester": "eva",
            "requester_name": "Eva Ek",
            "contact": ContactPoint(kind=ContactKind.EMAIL, value="eva@home.example"),
            "place": Place(address="Main street 1", latitude=50.5, longitude=8.5),
            "request_type": POTHOLE,
            "attributes": {"lane": "left"},
            **fields,
        },
        by="office",
        at=START,
    ).after


def accepted() -> Case:
    case = cases.route(opened(), cases.Routing(queue="streets"), by="office", at=hour(1)).after
    return cases.accept(case, by="wanda", at=hour(2)).after


def hour(n: int) -> datetime:
    return START + timedelta(hours=n)


# -- out -----------------------------------------------------------------------------------------


def test_a_case_is_shown_with_its_place_its_department_and_its_promise() -> None:
    case = cases.promise(accepted(), hour(48), by="wanda", at=hour(3)).after

    assert open311.from_case(case, POTHOLE, agencies={"streets": "Streets Department"}, notice="Cones are out.") == (
        ServiceRequest(
            service_request_id="CAS-2026-000001",
            status=Status.OPEN,
            status_notes=cases.TEXTS.get("state.acknowledged", language="en"),
            service_name="Pothole",
            service_code="pothole",
            description="A deep hole in the left lane.",
            agency_responsible="Streets Department",
            service_notice="Cones are out.",
            requested_datetime=START,
            updated_datetime=hour(2),  # the promise is no moment that a clock reads
            expected_datetime=hour(48),
            address="Main street 1",
            lat=50.5,
            long=8.5,
        )
    )


@pytest.mark.parametrize("state", cases.LIFECYCLE.states)
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_state_is_open_or_closed_and_the_notes_say_which_one_it_is(state: str, language: str) -> None:
    shown = open311.from_case(evolve(opened(), state=state, closed_at=hour(9)), POTHOLE, language=language)

    assert shown.status == ("closed" if state in ("closed", "withdrawn") else "open")
    assert shown.status_notes == cases.TEXTS.get(f"state.{state}", language=language)
    assert (shown.updated_datetime == hour(9)) == (shown.status is Status.CLOSED)


def test_a_closed_case_tells_why_and_was_last_changed_when_it_was_closed() -> None:
    answered = cases.answer(accepted(), "Filled.", id="m-1", by="wanda", at=hour(4))[0].after
    closed = cases.close(answered, "done", by="wanda", at=hour(5)).after
    later = cases.note(closed, "Call was nice.", id="m-2", by="wanda", at=hour(9))[0].after

    shown = open311.from_case(later, POTHOLE, reasons={"done": "The hole is filled."})
    assert (shown.status_notes, shown.updated_datetime) == ("The hole is filled.", hour(5))
    assert open311.from_case(later, POTHOLE).status_notes == "done"
    again = open311.from_case(cases.reopen(later, "It sank.", by="office", at=hour(10)).after, POTHOLE)
    assert (again.status, again.updated_datetime) == (Status.OPEN, hour(10))
    assert again.status_notes == cases.TEXTS.get("state.in_work", language="en")


def test_whoever_waits_is_told_for_what() -> None:
    waiting = cases.wait(accepted(), "third_party", by="wanda", at=hour(3)).after

    assert open311.from_case(waiting, POTHOLE, language="de").status_notes == "Rückmeldung Dritter steht aus"


def test_who_made_a_request_and_what_it_told_stay_in_the_house() -> None:
    case = opened(sponsor="council-3", extra={"phone": "0123"}, attributes={"lane": "left", "depth": 77})
    document = str(open311.to_dict(open311.from_case(case, POTHOLE)))

    assert not [told for told in ("eva", "Eva", "council", "office", "0123", "77") if told in document]


def test_an_open_case_was_last_changed_when_its_history_says() -> None:
    shown = open311.from_case(accepted(), POTHOLE, updated_at=hour(3))

    assert shown.updated_datetime == hour(3)


def test_a_case_without_a_number_is_known_by_its_id_and_without_a_text_by_its_subject() -> None:
    shown = open311.from_case(opened(number=None, text="", place=None), POTHOLE)

    assert (shown.service_request_id, shown.description, shown.address) == ("c-1", "Hole", None)
    assert len(open311.from_case(opened(text="x" * 5_000), POTHOLE).description or "") == 4_000
    assert open311.from_case(accepted(), POTHOLE).agency_responsible == "streets"


def test_a_case_of_another_type_is_refused() -> None:
    untyped = opened(request_type=None, attributes={})
    for case, other, says in (
        (opened(), RequestType(code="lamp"), "is of pothole"),
        (opened(), None, "is of pothole"),
        (untyped, POTHOLE, "is of no type"),
    ):
        with pytest.raises(InvalidValue, match=f"request_type: case c-1 {says}"):
            open311.from_case(case, other)


def test_a_case_without_a_type_is_shown_as_a_request_for_something_else() -> None:
    shown = open311.from_case(opened(request_type=None, attributes={}))

    assert (shown.service_code, shown.service_name, shown.description) == (
        open311.UNTYPED, None, "A deep hole in the left lane."
    )  # fmt: skip
    assert open311.read_requests([open311.to_dict(shown)]) == (shown,)


# -- request types -------------------------------------------------------------------------------


def test_a_request_type_is_a_service_with_a_definition() -> None:  # C068
    service = open311.service_of(POTHOLE, language="de-AT", type=open311.ServiceType.BATCH)
    definition = open311.definition_of(POTHOLE)

    assert open311.to_dict(service) == {
        "service_code": "pothole",
        "service_name": "Schlagloch",
        "metadata": True,
        "type": "batch",
        "keywords": "road, hole",
        "group": "streets",
    }
    assert [(each.order, each.code) for each in definition.attributes] == [(1, "depth"), (2, "lane"), (3, "hurt")]
    assert not open311.service_of(RequestType(code="lamp")).metadata


words = st.none() | st.text(st.characters(categories=["L"]), min_size=1, max_size=9)


@st.composite
def request_types(draw: st.DrawFn) -> RequestType:
    def said() -> FrozenMap:
        return FrozenMap({} if (word := draw(words)) is None else {"en": word})

    attributes = []
    for order in range(1, draw(st.integers(1, 4))):
        datatype, variable = draw(st.sampled_from(Datatype)), draw(st.booleans())
        keys = ("a", "b") if datatype in (Datatype.SINGLE, Datatype.MULTI) else ()
        attributes.append(
            Attribute(
                code=f"A{order}",
                datatype=datatype,
                required=variable and draw(st.booleans()),
                order=order,
                description=said(),
                datatype_description=said(),
                values=tuple(Choice(key=key, name=said()) for key in keys),
                variable=variable,
            )
        )
    return RequestType(code="t", name=said(), description=said(), group=draw(words), attributes=tuple(attributes))


@given(request_types())
def test_a_request_type_comes_back_from_its_service_and_its_definition(request_type: RequestType) -> None:  # C068
    (service,) = open311.read_services([open311.to_dict(open311.service_of(request_type))])
    definition = open311.read_definition(open311.to_dict(open311.definition_of(request_type)))

    assert open311.request_type_of(service, definition) == request_type


def test_the_definition_of_another_service_is_refused() -> None:
    service = open311.service_of(RequestType(code="lamp"))

    assert open311.request_type_of(service) == RequestType(code="lamp")
    with pytest.raises(InvalidValue, match="that of pothole, not of lamp"):
        open311.request_type_of(service, open311.definition_of(POTHOLE))


# -- in ------------------------------------------------------------------------------------------


def received(**fields: Any) -> ServiceRequest:
    sent = {
        "service_request_id": "R-7",
        "status": "open",
        "service_code": "pothole",
        "service_name": "Pothole",
        "requested_datetime": "2026-03-01T08:00:00+01:00",
    }
    return open311.read_requests([{**sent, **fields}])[0]


def test_what_a_case_shows_opens_the_same_case_elsewhere() -> None:
    shown = open311.from_case(accepted(), POTHOLE)
    there = cases.open(**open311.intake(shown), id="their-1", by="them", at=hour(4)).after

    assert (there.text, there.place, there.received_at) == (accepted().text, accepted().place, START)
    assert there.extra["open311"]["service_request_id"] == "CAS-2026-000001"  # type: ignore[index,call-overload]


def test_a_request_opens_a_case_whose_attributes_are_what_its_type_asks_for() -> None:  # C068
    request = received(attributes={"lane": "left", "depth": "7.5", "hurt": "bike"}, description="Hole!\nDeep.")
    case = cases.open(**open311.intake(request, POTHOLE), id="c-1", by="import", at=START).after

    assert (case.subject, case.text) == ("Hole!", "Hole!\nDeep.")
    assert case.attributes == {"lane": "left", "depth": 7.5, "hurt": ("bike",)}
    assert (case.place, case.received_at) == (None, datetime(2026, 3, 1, 7, tzinfo=UTC))
    assert case.extra == {
        "open311": {
            "service_request_id": "R-7",
            "status": "open",
            "service_code": "pothole",
            "service_name": "Pothole",
        }
    }
    whole = open311.intake(received(attributes={"depth": "-7"}), POTHOLE)["attributes"]
    assert whole == {"depth": -7}
    assert isinstance(whole["depth"], int)


def test_a_long_description_makes_a_short_subject() -> None:
    assert open311.intake(received(description="x" * 500))["subject"] == "x" * 100


def test_what_is_only_shown_is_not_required_whatever_another_system_says() -> None:
    hint = {"code": "HINT", "datatype": "text", "variable": False, "required": True}
    definition = open311.read_definition({"service_code": "lamp", "attributes": [hint]})
    (service,) = open311.read_services([{"service_code": "lamp"}])

    assert not open311.request_type_of(service, definition).attributes[0].required


def test_attributes_that_the_type_does_not_have_are_refused_all_at_once() -> None:
    wrong = open311.intake(received(attributes={"lane": "right", "depth": "deep", "width": "1"}), POTHOLE)

    with pytest.raises(InvalidValue, match=r"width.*depth: expected a number.*lane: expected keys out of left"):
        cases.open(**wrong, id="c-1", by="import", at=START)
    with pytest.raises(InvalidValue, match="request R-7 is of pothole"):
        open311.intake(received(), RequestType(code="lamp"))


def test_without_a_type_the_attributes_stay_beside_the_case() -> None:
    case = cases.open(**open311.intake(received(attributes={"lane": "left"})), id="c-1", by="import", at=START).after

    assert (case.subject, case.request_type) == ("Pothole", None)
    assert case.extra["open311"]["attributes"] == {"lane": "left"}  # type: ignore[index,call-overload]


# -- partners ------------------------------------------------------------------------------------


def referred(reference: str | None = "R-7") -> Case:
    return cases.refer(accepted(), "roads", reference=reference, by="wanda", at=hour(3)).after


def told(status: str, at: datetime, notes: str | None = None) -> ServiceRequest:
    return received(status=status, status_notes=notes, updated_datetime=at.isoformat())


def test_a_partner_tells_how_far_it_is_in_its_two_words_or_in_those_of_the_house() -> None:
    update = open311.partner_update(referred(), told("closed", hour(5), "Filled."), by="import", at=hour(6))
    assert update is not None
    assert update.after.referral is not None
    assert (update.after.referral.status, update.after.referral.note) == ("done", "Filled.")
    assert update.after.referral.updated_at == hour(5)

    house = cases.CasePolicy(partner_statuses=FrozenMap({"roads": {"open": "received", "closed": "declined"}}))
    update = open311.partner_update(referred(), told("closed", hour(5)), by="import", at=hour(6), policy=house)
    assert update is not None
    assert update.after.referral is not None
    assert update.after.referral.status == "declined"


def test_the_first_update_tells_the_id_that_the_partner_gave() -> None:
    update = open311.partner_update(referred(None), told("open", hour(4)), by="import", at=hour(5))

    assert update is not None
    assert update.after.referral is not None
    assert (update.after.referral.reference, update.after.referral.status) == ("R-7", "in_progress")


def test_an_old_or_repeated_update_changes_nothing() -> None:
    update = open311.partner_update(referred(), told("closed", hour(5)), by="import", at=hour(6))
    assert update is not None
    case = update.after

    assert open311.partner_update(case, told("open", hour(4)), by="import", at=hour(7)) is None
    assert open311.partner_update(case, told("closed", hour(6)), by="import", at=hour(7)) is None


def test_a_partner_that_tells_no_time_of_a_change_is_heard_all_the_same() -> None:
    silent = evolve(received(), status=Status.CLOSED, requested_datetime=hour(1), updated_datetime=None)
    update = open311.partner_update(referred(), silent, by="import", at=hour(5))

    assert update is not None
    assert update.after.referral is not None
    assert update.after.referral.updated_at == update.after.referral.referred_at


def test_an_update_is_refused_that_is_not_for_this_case_or_not_yet() -> None:
    with pytest.raises(GuardNotMet):
        open311.partner_update(accepted(), told("open", hour(4)), by="import", at=hour(5))
    with pytest.raises(InvalidValue, match="knows this case as R-7"):
        open311.partner_update(referred(), evolve(received(), service_request_id="R-8"), by="import", at=hour(5))
    with pytest.raises(PolicyViolation):
        open311.partner_update(referred(), told("open", hour(9)), by="import", at=hour(5))
