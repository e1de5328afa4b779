"""A promise is kept for the record, however often it is extended, and a case on hold is still in its state."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import CasePolicy, Extension, Promise, Routing, Waiting, WaitingFor
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, OFFICE, PAUL, WANDA, a_case, accepted, in_state

UNTIL = MONDAY + 2 * DAY


def promised() -> cases.Case:
    return cases.promise(accepted(), UNTIL, by=WANDA, at=MONDAY).after


# -- promising -----------------------------------------------------------------------------------


def test_the_handler_may_promise_when_accepting_or_later() -> None:  # C060
    routed = cases.route(a_case(), Routing(queue="water"), by=OFFICE, at=MONDAY).after
    at_once = cases.accept(routed, expected_by=UNTIL, by=WANDA, at=MONDAY).after

    assert at_once.promise == promised().promise == Promise(first=UNTIL, given_at=MONDAY)


def test_a_promise_lies_ahead() -> None:  # C060
    routed = cases.route(a_case(), Routing(queue="water"), by=OFFICE, at=MONDAY).after

    with pytest.raises(PolicyViolation, match="a promise lies after it is given"):
        cases.accept(routed, expected_by=MONDAY, by=WANDA, at=MONDAY)
    with pytest.raises(PolicyViolation, match="a promise lies after it is given"):
        cases.promise(accepted(), MONDAY, by=WANDA, at=MONDAY)


def test_what_was_promised_is_extended_not_promised_again() -> None:  # C060
    with pytest.raises(GuardNotMet, match="nothing is promised yet"):
        cases.promise(promised(), UNTIL + DAY, by=WANDA, at=MONDAY)
    with pytest.raises(GuardNotMet, match="there is a promise to extend"):
        cases.extend(accepted(), UNTIL, reason="frost", by=WANDA, at=MONDAY)

    forwarded = cases.forward(promised(), PAUL, reason="his", by=WANDA, at=MONDAY).after
    with pytest.raises(PolicyViolation, match="there is a promise already"):
        cases.accept(forwarded, expected_by=UNTIL + DAY, by=PAUL, at=MONDAY)


def test_an_extension_keeps_the_first_promise_and_its_reason() -> None:  # C060
    decision = cases.extend(promised(), UNTIL + DAY, reason="frost", by=WANDA, at=MONDAY + HOUR)
    promise = decision.after.promise

    assert promise is not None
    assert (promise.first, promise.until) == (UNTIL, UNTIL + DAY)
    assert promise.extensions == (Extension(until=UNTIL + DAY, reason="frost", given_at=MONDAY + HOUR),)
    assert [event.type for event in decision.events] == ["case.promise_extended"]
    assert "frost" not in repr(decision.after)


def test_an_extension_is_later_and_has_a_reason() -> None:  # C060
    with pytest.raises(PolicyViolation, match="ends after what was promised before"):
        cases.extend(promised(), UNTIL, reason="frost", by=WANDA, at=MONDAY)
    with pytest.raises(InvalidValue, match="a text must not be blank"):
        cases.extend(promised(), UNTIL + DAY, reason="", by=WANDA, at=MONDAY)


@given(st.integers(0, 4))
def test_beyond_the_limit_of_the_house_somebody_else_approves(limit: int) -> None:  # C060
    policy, case = CasePolicy(extension_limit=limit), promised()
    for n in range(1, limit + 1):
        case = cases.extend(case, UNTIL + n * DAY, reason="frost", by=WANDA, at=MONDAY, policy=policy).after

    later = UNTIL + (limit + 1) * DAY
    for nobody in (None, WANDA):
        with pytest.raises(PolicyViolation, match=f"after {limit} extensions somebody else has to approve"):
            cases.extend(case, later, reason="frost", approved_by=nobody, by=WANDA, at=MONDAY, policy=policy)
    approved = cases.extend(case, later, reason="frost", approved_by=PAUL, by=WANDA, at=MONDAY, policy=policy).after
    assert approved.promise is not None
    assert (approved.promise.first, approved.promise.until) == (UNTIL, later)
    assert approved.promise.extensions[-1].approved_by == PAUL


def test_an_extension_is_approved_by_neither_who_asks_nor_whom_it_is_asked_for() -> None:  # C060
    once = cases.extend(promised(), UNTIL + DAY, reason="frost", by=WANDA, at=MONDAY).after
    clerk = Actor(id="clerk", on_behalf_of=WANDA)

    for same in ("clerk", WANDA):
        with pytest.raises(PolicyViolation, match="somebody else has to approve"):
            cases.extend(once, UNTIL + 2 * DAY, reason="frost", approved_by=same, by=clerk, at=MONDAY)
        with pytest.raises(PolicyViolation, match="somebody else has to approve"):
            cases.forward(
                once, PAUL, reason="his", clock="extend", until=UNTIL + 2 * DAY, approved_by=same, by=clerk, at=MONDAY
            )
    assert cases.extend(once, UNTIL + 2 * DAY, reason="frost", approved_by=PAUL, by=clerk, at=MONDAY).after.promise


@pytest.mark.parametrize("blank", ["", " "])
def test_an_approval_has_a_name(blank: str) -> None:  # C060
    with pytest.raises(InvalidValue, match=r"approved_by: a text must not be blank"):
        cases.extend(promised(), UNTIL + DAY, reason="frost", approved_by=blank, by=WANDA, at=MONDAY)


def test_forwarding_is_no_way_around_the_limit() -> None:  # C060, C062
    once = cases.extend(promised(), UNTIL + DAY, reason="frost", by=WANDA, at=MONDAY).after

    with pytest.raises(PolicyViolation, match="somebody else has to approve"):
        cases.forward(once, PAUL, reason="his", clock="extend", until=UNTIL + 2 * DAY, by=WANDA, at=MONDAY)
    cases.forward(
        once, PAUL, reason="his", clock="extend", until=UNTIL + 2 * DAY, approved_by=PAUL, by=WANDA, at=MONDAY
    )


# -- waiting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["acknowledged", "in_work"])
def test_waiting_is_no_state(state: str) -> None:
    case = cases.wait(in_state(state), "customer", reason="photos", until=UNTIL, by=WANDA, at=MONDAY).after

    assert case.state == state
    assert case.waiting == Waiting(for_=WaitingFor.CUSTOMER, reason="photos", since=MONDAY, until=UNTIL)
    assert (case.moments[-1].kind, case.moments[-1].code) == ("waiting", "customer")
    with pytest.raises(GuardNotMet, match="the case is not waiting already"):
        cases.wait(case, "approval", by=WANDA, at=MONDAY)


def test_a_wait_ends_after_it_starts() -> None:
    with pytest.raises(PolicyViolation, match="a wait ends after it starts"):
        cases.wait(accepted(), "scheduled", until=MONDAY, by=WANDA, at=MONDAY)


@pytest.mark.parametrize("state", ["new", "routed", "answered", "closed", "withdrawn"])
def test_only_what_somebody_has_accepted_waits(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot wait while {state}"):
        cases.wait(in_state(state), "customer", by=WANDA, at=MONDAY)


def test_resuming_ends_the_wait() -> None:
    waiting = cases.wait(accepted(), "third_party", by=WANDA, at=MONDAY).after
    case = cases.resume(waiting, by=WANDA, at=MONDAY + HOUR).after

    assert case.waiting is None
    assert (case.moments[-1].kind, case.moments[-1].code) == ("resumed", "third_party")
    with pytest.raises(GuardNotMet, match="the case is waiting"):
        cases.resume(case, by=WANDA, at=MONDAY + HOUR)


def test_a_wait_ends_no_sooner_than_it_began() -> None:
    waiting = cases.wait(accepted(), "customer", by=WANDA, at=MONDAY + 2 * HOUR).after

    for end in (
        partial(cases.resume, waiting),
        partial(cases.forward, waiting, PAUL, reason="his"),
        partial(cases.withdraw, waiting),
    ):
        with pytest.raises(PolicyViolation, match="it cannot lie before the wait began, at 2026-03-02T11:00:00"):
            end(by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
        assert end(by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after.waiting is None


@pytest.mark.parametrize("end", ["answer", "close", "withdraw"])
def test_every_end_ends_the_wait_too(end: str) -> None:
    waiting = cases.wait(accepted(answered_at=MONDAY), "customer", by=WANDA, at=MONDAY).after
    ends = {
        "answer": lambda: cases.answer(waiting, "It runs.", id="a", by=WANDA, at=MONDAY)[0],
        "close": lambda: cases.close(waiting, "answered", by=WANDA, at=MONDAY),
        "withdraw": lambda: cases.withdraw(waiting, by=WANDA, at=MONDAY),
    }
    case = ends[end]().after

    assert case.waiting is None
    assert case.moments[-2].kind == "resumed"
