"""When nothing is heard of a case, an update is asked for, and a status note answers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import Asker, CasePolicy, UpdateRequest
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import MessageClass
from tests.cases.making import DAY, HOUR, WANDA, a_case, accepted, in_state

OFFICIAL = "council-3"
SYSTEM = "system"


def asked(case: cases.Case, *, by: Actor | str, hours: int = 0, asker: str = "official") -> cases.Case:
    at = MONDAY + hours * HOUR
    return cases.request_update(case, at + DAY, asker=asker, by=by, at=at).after


def test_a_request_for_an_update_is_due_at_a_time_of_its_own() -> None:  # C063
    decision = cases.request_update(
        accepted(), MONDAY + DAY, asker="system", by=SYSTEM, at=MONDAY + 2 * HOUR, occurred_at=MONDAY + HOUR
    )
    case = decision.after

    assert case.open_updates == case.update_requests == (
        UpdateRequest(asker=Asker.SYSTEM, asked_by=SYSTEM, asked_at=MONDAY + HOUR, due_at=MONDAY + DAY),
    )  # fmt: skip
    assert (case.moments[-1].kind, case.moments[-1].code) == ("update_requested", "system")
    assert [event.type for event in decision.events] == ["case.update_requested"]
    assert case.state == "acknowledged"


def test_an_update_is_due_after_it_is_asked_for() -> None:  # C063
    with pytest.raises(PolicyViolation, match="an update is due after it is asked for"):
        cases.request_update(accepted(), MONDAY, by=OFFICIAL, at=MONDAY)


def test_the_system_asks_once_until_it_is_answered() -> None:  # C063
    case = asked(accepted(), by=SYSTEM, asker="system")

    with pytest.raises(GuardNotMet, match="the system is not waiting for an update already"):
        asked(case, by=SYSTEM, asker="system", hours=48)
    told = cases.give_update(case, "Frost.", id="u", by=WANDA, at=MONDAY + HOUR)[0].after
    assert len(asked(told, by=SYSTEM, asker="system", hours=2).open_updates) == 1


def test_an_official_may_ask_while_the_system_does() -> None:  # C063
    case = asked(asked(accepted(), by=SYSTEM, asker="system"), by=OFFICIAL)

    assert [request.asker for request in case.open_updates] == ["system", "official"]


@given(st.integers(1, 5))
def test_an_official_may_ask_so_often_within_a_day(limit: int) -> None:  # C063
    policy, case = CasePolicy(updates_per_day=limit), accepted()
    for n in range(limit):
        at = MONDAY + timedelta(minutes=n)
        case = cases.request_update(case, at + DAY, by=OFFICIAL, at=at, policy=policy).after

    late = MONDAY + DAY - timedelta(seconds=1)
    with pytest.raises(PolicyViolation, match=f"an official may ask {limit} times within 24 hours"):
        cases.request_update(case, late + DAY, by=OFFICIAL, at=late, policy=policy)
    cases.request_update(case, late + DAY, by="council-4", at=late, policy=policy)
    cases.request_update(case, late + DAY, asker="system", by=OFFICIAL, at=late, policy=policy)
    again = MONDAY + DAY
    cases.request_update(case, again + DAY, by=OFFICIAL, at=again, policy=policy)


def test_a_status_note_answers_every_request() -> None:  # C063
    case = asked(asked(accepted(), by=SYSTEM, asker="system"), by=OFFICIAL, hours=1)
    kept, written = cases.give_update(case, "The pump is ordered.", id="u", by=WANDA, at=MONDAY + 2 * HOUR)

    assert kept.after.open_updates == ()
    assert [request.answered_at for request in kept.after.update_requests] == [MONDAY + 2 * HOUR] * 2
    assert kept.after.moments[-1].kind == "update_given"
    assert (written.after.klass, written.after.text) == (MessageClass.INTERNAL_NOTE, "The pump is ordered.")
    with pytest.raises(InvalidValue, match="must not be blank"):
        cases.give_update(case, "", id="u", by=WANDA, at=MONDAY + HOUR)


def test_nobody_was_told_before_they_asked() -> None:  # C063
    case = asked(accepted(), by=OFFICIAL, hours=2)

    with pytest.raises(PolicyViolation, match="cannot lie before an update was asked for, at 2026-03-02T11:00:00"):
        cases.give_update(case, "Frost.", id="u", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    told = cases.give_update(case, "Frost.", id="u", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR)[0].after
    assert told.open_updates == ()
    assert cases.give_update(told, "Thaw.", id="v", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY)[0].events


def test_whoever_asks_for_an_official_counts_as_the_official() -> None:  # C063
    case = accepted()
    for secretary in ("sam", "sue", "sid"):
        case = asked(case, by=Actor(id=secretary, on_behalf_of=OFFICIAL))

    assert {request.asked_by for request in case.update_requests} == {OFFICIAL}
    for another in (OFFICIAL, Actor(id="sky", on_behalf_of=OFFICIAL)):
        with pytest.raises(PolicyViolation, match="an official may ask 3 times within 24 hours"):
            asked(case, by=another)
    assert asked(case, by=Actor(id="sam", on_behalf_of="council-4")).open_updates[-1].asked_by == "council-4"


def test_a_later_note_does_not_answer_again_what_was_answered() -> None:  # C063
    case = asked(accepted(), by=OFFICIAL)
    for hour in (1, 2):
        case = cases.give_update(case, "Digging.", id=f"u-{hour}", by=WANDA, at=MONDAY + hour * HOUR)[0].after

    assert case.update_requests[0].answered_at == MONDAY + HOUR


def test_an_update_may_be_given_before_anybody_asks() -> None:  # C063
    assert cases.give_update(accepted(), "Digging.", id="u", by=WANDA, at=MONDAY)[0].after.update_requests == ()


def test_the_first_request_that_is_due_is_the_one_to_hurry_for() -> None:
    case = asked(accepted(), by=OFFICIAL, hours=2)
    sooner = cases.request_update(case, MONDAY + 3 * HOUR, by=OFFICIAL, at=MONDAY + 2 * HOUR).after

    assert (accepted().update_due_at, sooner.update_due_at) == (None, MONDAY + 3 * HOUR)


@pytest.mark.parametrize("state", ["new", "routed", "acknowledged", "in_work", "answered"])
def test_an_update_can_be_asked_for_as_long_as_a_case_is_open(state: str) -> None:  # C063
    assert asked(in_state(state), by=OFFICIAL).state == state


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_nobody_asks_about_what_has_ended(state: str) -> None:  # C063
    with pytest.raises(TransitionNotAllowed):
        asked(in_state(state), by=OFFICIAL)


def test_nobody_waits_for_an_update_of_what_is_withdrawn() -> None:
    answered = cases.give_update(asked(a_case(), by=OFFICIAL), "Digging.", id="u", by=WANDA, at=MONDAY)[0].after
    case = cases.withdraw(asked(answered, by=OFFICIAL, hours=1), reason="fixed", by=WANDA, at=MONDAY + HOUR).after

    assert case.open_updates == ()
    assert len(case.update_requests) == 1
    assert (case.state, case.closed_at, case.moments[-1].kind) == ("withdrawn", MONDAY + HOUR, "withdrawn")
