"""Somebody calls again: the call finds the case that it belongs to, and nothing that it tells is lost."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import LIFECYCLE, Case, CasePolicy, Link, LinkKind, Place
from servicecrm.cases.events import CaseReopened
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking.messages import Message
from tests.cases.making import DAY, OFFICE, a_case, in_state

MAX: dict[str, Any] = {"requester": "citizen-1", "requester_name": "Max", "sponsor": "council-3"}
REOPENS = ("answered", "closed")
STAYS = ("new", "routed", "acknowledged", "in_work")


def a_call(at_days: int = 1, by: Actor | str = OFFICE, **told: Any) -> Decision[Case]:
    told = {"subject": "Again no water", "channel": "email", **told}
    return cases.open(id="case-2", by=by, at=MONDAY + at_days * DAY, **told)


def before(state: str, **fields: Any) -> Case:
    return evolve(in_state(state), **{"requester": "citizen-1", "requester_name": "Max", **fields})


def called(call: Decision[Case], case: Case, **policy: Any) -> tuple[Decision[Case], Message]:
    """What a call makes of an earlier case that it belongs to."""
    decision, *said = cases.callback(call, case, **policy)
    assert decision.before is case
    return decision, said[0].after


# -- the same people -----------------------------------------------------------------------------


def test_a_call_about_something_else_opens_a_new_case() -> None:  # C066
    new = a_call()

    assert cases.callback(new) == (new,)
    assert new.after.links == ()


@pytest.mark.parametrize("state", REOPENS)
def test_a_call_about_the_same_issue_reopens_its_case_and_is_kept(state: str) -> None:  # C066
    call = a_call(30, **MAX, text="Dry since noon.", language="de")
    decision, said = called(call, before(state))

    assert (decision.after.id, decision.after.state, decision.after.reopenings) == ("case-1", "in_work", 1)
    (event,) = decision.events
    assert isinstance(event, CaseReopened)
    assert (event.reason, event.occurred_at) == ("Dry since noon.", MONDAY + 30 * DAY)
    assert (said.id, said.about_kind, said.about) == ("case-2", "case", "case-1")
    assert (said.text, said.language, said.channel) == ("Again no water\n\nDry since noon.", "de", "email")
    assert (said.side, said.klass, said.author) == ("outside", "substantive", "citizen-1")
    assert said.occurred_at == MONDAY + 30 * DAY


@pytest.mark.parametrize("state", STAYS)
def test_a_call_about_a_case_that_is_open_is_a_message_about_it(state: str) -> None:  # C066
    decision, said = called(a_call(**MAX, received_at=MONDAY + timedelta(hours=3)), before(state))

    assert decision.after.state == state
    assert [event.type for event in decision.events] == ["case.message_received"]
    assert decision.after.moments[-1].kind == "message"
    assert (said.id, said.text, said.author, said.side) == ("case-2", "Again no water", "citizen-1", "outside")
    assert said.occurred_at == MONDAY + timedelta(hours=3)


@pytest.mark.parametrize("state", ["in_work", "closed"])
def test_what_a_call_tells_anew_amends_the_case(state: str) -> None:  # C066
    phone = ContactPoint(kind=ContactKind.PHONE, value="0699 123")
    case = before(
        state, service="gas", tags=frozenset({"t1"}), extra=FrozenMap({"a": 1, "b": 1}), place=Place(zipcode="1")
    )
    call = a_call(**MAX, contact=phone, service="water", tags=["t2"], extra={"b": 2, "k": "v"})
    decision, _ = called(call, case)
    after = decision.after

    assert decision.events[-1].type == "case.amended"
    assert (after.contact, after.service, after.tags) == (phone, "water", frozenset({"t1", "t2"}))
    assert after.extra == {"a": 1, "b": 2, "k": "v"}
    assert (after.place, after.subject, after.channel) == (case.place, case.subject, case.channel)


@pytest.mark.parametrize("state", ["in_work", "closed"])
def test_what_a_call_only_repeats_changes_nothing(state: str) -> None:
    case = before(state, service="water", tags=frozenset({"t1"}), extra=FrozenMap({"k": "v"}))

    assert len(called(a_call(**MAX, service="water", tags=["t1"], extra={"k": "v"}), case)[0].events) == 1


@pytest.mark.parametrize("state", ["in_work", "closed"])
def test_a_call_that_does_not_say_from_whom_is_from_whoever_it_was(state: str) -> None:
    case = before(state)

    assert called(a_call(), case)[1].author == "citizen-1"
    assert called(a_call(requester_name="Max"), case)[1].author == "citizen-1"
    assert called(a_call(by=Actor(id=OFFICE, on_behalf_of="neighbour")), case)[1].author == "neighbour"
    assert called(a_call(), before(state, requester=None))[1].author == OFFICE


@pytest.mark.parametrize(
    ("text", "kept", "reason"),
    [
        ("", "Again no water", "Again no water"),
        (" \n", "Again no water", "Again no water"),
        ("Again no water, since noon.", "Again no water, since noon.", "Again no water, since noon."),
    ],
)
def test_a_call_is_kept_with_its_subject_once(text: str, kept: str, reason: str) -> None:
    decision, said = called(a_call(**MAX, text=text), before("closed"))

    assert (said.text, getattr(decision.events[0], "reason", None)) == (kept, reason)


# -- somebody else, or too late ------------------------------------------------------------------

OTHERS: tuple[dict[str, Any], ...] = (
    {"requester": "citizen-2", "requester_name": "Eva"},
    {"requester": "citizen-2", "requester_name": "Max"},
    {"requester_name": "Eva"},
    {"contact": ContactPoint(kind=ContactKind.PHONE, value="0699 123")},
    {"requester": "citizen-1", "sponsor": "council-9"},
)


@pytest.mark.parametrize("state", LIFECYCLE.states)
@pytest.mark.parametrize("told", OTHERS, ids=range(len(OTHERS)))
def test_a_call_from_others_about_the_same_issue_is_a_case_of_theirs(told: dict[str, Any], state: str) -> None:  # C066
    new = a_call(**told, tags=["t2"], extra={"k": "v"})
    decision, *said = cases.callback(new, before(state))

    assert not said
    assert (decision.before, decision.after.id, decision.after.state) == (None, "case-2", "new")
    assert decision.after.links == (Link(kind=LinkKind.SAME_ISSUE, case="case-1"),)
    assert evolve(decision.after, links=()) == new.after
    assert [event.type for event in decision.events] == ["case.opened", "case.linked"]


def test_whoever_calls_about_a_request_of_nobody_known_gets_a_case_of_his_own() -> None:
    decision, *said = cases.callback(a_call(**MAX), a_case(state="in_work", requester=None))

    assert not said
    assert decision.after.requester == "citizen-1"


def test_too_late_the_same_issue_makes_a_new_case_that_is_linked() -> None:  # C066
    late, *said = cases.callback(a_call(31, **MAX), before("closed"))

    assert not said
    assert (late.before, late.after.id, late.after.state) == (None, "case-2", "new")
    assert late.after.links == (Link(kind=LinkKind.SAME_ISSUE, case="case-1"),)
    never_late, _ = called(a_call(31), before("closed"), policy=CasePolicy(reopen_within=None))
    assert never_late.after.state == "in_work"


def test_what_was_withdrawn_is_not_reopened_but_linked() -> None:  # C066
    decision, *said = cases.callback(a_call(**MAX), before("withdrawn"))

    assert not said
    assert decision.after.linked(LinkKind.SAME_ISSUE) == ("case-1",)


def test_the_window_for_a_call_back_ends_on_the_instant() -> None:  # C066
    policy = CasePolicy(reopen_within=timedelta(hours=24))

    assert called(a_call(), before("closed"), policy=policy)[0].after.state == "in_work"
    with pytest.raises(PolicyViolation, match=r"until 2026-03-03T09:00:00\+00:00; open a new case instead"):
        cases.reopen(in_state("closed"), "Again.", by=OFFICE, at=MONDAY + DAY + timedelta(seconds=1), policy=policy)


@given(
    st.sampled_from(LIFECYCLE.states),
    st.fixed_dictionaries(
        {"subject": st.sampled_from(["Dry", "Again"]), "text": st.sampled_from(["", "Dry again", "Since noon."])},
        optional={
            "requester": st.sampled_from(["citizen-1", "citizen-2"]),
            "requester_name": st.sampled_from(["Max", "Eva"]),
            "sponsor": st.sampled_from(["council-3", "council-9"]),
            "service": st.sampled_from(["water", "gas"]),
            "place": st.just(Place(zipcode="2")),
            "tags": st.sets(st.sampled_from(["t1", "t2"])),
            "extra": st.dictionaries(st.sampled_from("ab"), st.integers(-9, 9)),
        },
    ),
    st.integers(0, 60),
)
def test_nothing_that_a_call_tells_is_lost(state: str, told: dict[str, Any], days: int) -> None:  # C066
    case = before(state, tags=frozenset({"t0"}), extra=FrozenMap({"a": "was"}))
    decision, *said = cases.callback(a_call(days, **told), case)
    after = decision.after
    words = said[0].after.text if said else f"{after.subject} {after.text}"

    assert bool(said) == (after.id == case.id)
    assert told["subject"] in words
    assert told["text"] in words
    assert told.get("tags", set()) <= after.tags
    assert told.get("extra", {}).items() <= dict(after.extra).items()
    for name in ("requester", "requester_name", "sponsor", "service", "place"):
        assert getattr(after, name) == told.get(name, getattr(after, name))
