"""Ends that are no answer of ours: the complainant fell silent, or it is somebody else's business."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint, ComplaintPolicy, WaitingFor
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import MessageClass
from servicecrm.tracking.conditions import UNSAID

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()


def waiting(for_: str = "customer", at: timedelta = timedelta(0), **changes: object) -> Complaint:
    complaint = a_complaint(**{"state": "in_handling", "handler": "north", **changes})
    return complaints.wait(complaint, for_, reason="photos", by=ANN, at=MONDAY + at).after


def said(complaint: Complaint, side: str, at: timedelta, klass: str = "substantive") -> Complaint:
    return complaints.message(complaint, "Please!", id="m", side=side, klass=klass, by=ANN, at=MONDAY + at)[0].after


def reminded(at: timedelta = DAY) -> Complaint:
    return said(waiting(), "inside", at)


def lapsed(complaint: Complaint, at: timedelta = 30 * DAY, **given: object) -> Complaint:
    return complaints.lapse(complaint, **{"by": ANN, "at": MONDAY + at, **given}).after  # type: ignore[arg-type]


# -- falling silent ------------------------------------------------------------------------------


def test_silence_after_a_reminder_ends_it_and_is_no_withdrawal() -> None:  # C049
    decision = complaints.lapse(reminded(), by=ANN, at=MONDAY + 30 * DAY)
    after = decision.after

    assert (after.state, after.waiting, after.closed_at) == ("lapsed", None, MONDAY + 30 * DAY)
    assert [moment.kind for moment in after.moments[-2:]] == ["resumed", "lapsed"]
    assert [event.type for event in decision.events] == ["complaint.lapsed"]


def test_whoever_comes_again_is_heard_again() -> None:  # C049, C050
    again = complaints.reopen(lapsed(reminded()), "Here are the photos.", by=ANN, at=MONDAY + 40 * DAY).after

    assert (again.state, again.closed_at, again.reopenings) == ("in_handling", None, 1)


@given(st.integers(1, 20), st.integers(1, 20))
def test_it_lapses_as_long_after_the_last_reminder_as_the_house_says(first: int, days: int) -> None:  # C049
    house = ComplaintPolicy(lapse_after=days * DAY)
    twice = said(reminded(first * DAY), "inside", (first + 2) * DAY)
    due = (first + 2 + days) * DAY

    with pytest.raises(PolicyViolation, match="it lapses on 2026-"):
        lapsed(twice, due - timedelta(microseconds=1), policy=house)
    assert lapsed(twice, due, policy=house).state == "lapsed"


def test_nobody_lapses_who_was_not_reminded_since_the_wait_began() -> None:  # C049
    asked_before = waiting(at=2 * HOUR, moments=said(a_complaint(), "inside", HOUR).moments)

    for complaint in (waiting(), asked_before):
        with pytest.raises(PolicyViolation, match="remind the complainant first: a message since the wait began"):
            lapsed(complaint)


def test_what_was_asked_in_the_minute_in_which_the_wait_began_is_no_reminder() -> None:  # C049
    asked = waiting(moments=said(a_complaint(), "inside", timedelta(0)).moments)

    with pytest.raises(PolicyViolation, match="remind the complainant first"):
        lapsed(asked)


@pytest.mark.parametrize("klass", sorted(UNSAID - {MessageClass.INTERNAL_NOTE}))
def test_a_machine_neither_reminds_nor_breaks_the_silence(klass: str) -> None:  # C049
    with pytest.raises(PolicyViolation, match="remind the complainant first"):
        lapsed(said(waiting(), "inside", DAY, klass))
    assert lapsed(said(reminded(), "outside", 2 * DAY, klass)).state == "lapsed"


@pytest.mark.parametrize("at", [timedelta(0), HOUR, 5 * DAY])
def test_nobody_lapses_who_has_written_since(at: timedelta) -> None:  # C049
    written = said(reminded(), "outside", at)

    assert written.waiting is None
    with pytest.raises(PolicyViolation, match="only a complaint that waits for the customer can lapse; see wait"):
        lapsed(written)


def test_nobody_lapses_who_had_written_already_when_it_was_told_since_when_we_wait() -> None:  # C049
    written = said(a_complaint(state="in_handling", handler="south"), "outside", DAY)
    waits = complaints.wait(written, "customer", by=ANN, at=MONDAY + 2 * DAY, occurred_at=MONDAY + HOUR).after

    with pytest.raises(PolicyViolation, match="the complainant has written since the wait began; resume it"):
        lapsed(said(waits, "inside", 3 * DAY))


def test_a_new_wait_needs_a_new_reminder() -> None:  # C049
    resumed = said(reminded(), "outside", 2 * DAY)
    again = complaints.wait(resumed, "customer", by=ANN, at=MONDAY + 4 * DAY).after

    with pytest.raises(PolicyViolation, match="remind the complainant first"):
        lapsed(again)
    assert lapsed(said(again, "inside", 5 * DAY)).state == "lapsed"


@pytest.mark.parametrize("for_", [each for each in WaitingFor if each is not WaitingFor.CUSTOMER])
def test_only_the_customer_can_fall_silent(for_: WaitingFor) -> None:  # C049
    for complaint in (said(waiting(for_), "inside", DAY), a_complaint(state="in_handling")):
        with pytest.raises(PolicyViolation, match="only a complaint that waits for the customer can lapse; see wait"):
            lapsed(complaint)


@pytest.mark.parametrize("state", ["recorded", "responded", "closed", "lapsed", "referred", "withdrawn"])
def test_only_what_is_worked_on_lapses(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot lapse while {state}"):
        lapsed(a_complaint(state=state))


# -- after a reopening ---------------------------------------------------------------------------

ENDS: dict[str, Callable[[Complaint, datetime], object]] = {
    "answer": lambda c, t: complaints.answer(c, "It runs.", id="b", by=ANN, at=MONDAY + DAY, occurred_at=t),
    "close": lambda c, t: complaints.close(c, "unreachable", by=ANN, at=MONDAY + DAY, occurred_at=t),
    "withdraw": lambda c, t: complaints.withdraw(c, by=ANN, at=MONDAY + DAY, occurred_at=t),
    "refer": lambda c, t: complaints.refer(c, "ombudsman", whole=True, by=ANN, at=MONDAY + DAY, occurred_at=t),
    "merge": lambda c, t: complaints.merge(c, a_complaint(id="c-2"), by=ANN, at=MONDAY + DAY, occurred_at=t),
}


@pytest.mark.parametrize("action", ENDS)
def test_what_was_taken_up_again_ends_after_that(action: str) -> None:  # C050
    closed = a_complaint(state="closed", handler="north", closed_at=MONDAY, judgements=(a_judgement(),))
    again = complaints.reopen(closed, "It stopped again.", by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T11:00:00"):
        ENDS[action](again, MONDAY + HOUR)
    assert ENDS[action](again, MONDAY + 2 * HOUR)


@pytest.mark.parametrize(
    "goes_on",
    [
        lambda c, t: complaints.forward(c, "south", by=ANN, at=MONDAY + DAY, occurred_at=t),
        lambda c, t: complaints.assess(c, severity="high", impact="high", by=ANN, at=MONDAY + DAY, occurred_at=t),
    ],
    ids=["forward", "assess"],
)
@pytest.mark.parametrize("again", ["reopen", "raise_stage"])
def test_what_was_taken_up_again_goes_on_after_that(
    goes_on: Callable[[Complaint, datetime], Decision[Complaint]], again: str
) -> None:  # C043, C050
    closed = a_complaint(state="closed", handler="north", handler_since=MONDAY, closed_at=MONDAY)
    at = MONDAY + 2 * HOUR
    if again == "reopen":
        taken_up = complaints.reopen(closed, "It stopped again.", by=ANN, at=at).after
    else:
        taken_up = complaints.raise_stage(closed, "east", by=ANN, at=at).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T11:00:00"):
        goes_on(taken_up, MONDAY + HOUR)
    assert goes_on(taken_up, at).after.moments[-1].occurred_at == at


def test_what_was_taken_up_again_waits_after_that() -> None:  # C050, C036
    closed = a_complaint(state="closed", handler="north", closed_at=MONDAY)
    again = complaints.reopen(closed, "It stopped again.", by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T11:00:00"):
        complaints.wait(again, "customer", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert complaints.wait(again, "customer", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after.waiting


# -- passing on ----------------------------------------------------------------------------------


def test_a_part_is_passed_on_and_the_rest_stays_ours() -> None:  # C048
    before = waiting()
    decision = complaints.refer(
        before, "regulator", whole=False, reference="R-1", reason="the bill is theirs", by=ANN, at=MONDAY + DAY
    )
    after = decision.after

    (referral,) = after.referrals
    assert (referral.to, referral.whole, referral.reference, referral.at) == ("regulator", False, "R-1", MONDAY + DAY)
    assert (after.state, after.waiting, after.closed_at) == (before.state, before.waiting, None)
    assert after.moments == before.moments
    (event,) = decision.events
    assert (event.type, event.to) == ("complaint.part_referred", "regulator")  # type: ignore[attr-defined]
    assert "bill" not in repr(after.referrals)


def test_the_whole_is_passed_on_and_ends_here() -> None:  # C048
    decision = complaints.refer(waiting(), "ombudsman", whole=True, by=ANN, at=MONDAY + DAY)
    after = decision.after

    assert (after.state, after.waiting, after.closed_at) == ("referred", None, MONDAY + DAY)
    assert [moment.kind for moment in after.moments[-2:]] == ["resumed", "passed_on"]
    (event,) = decision.events
    assert (event.type, event.to) == ("complaint.referred", "ombudsman")  # type: ignore[attr-defined]


def test_everybody_whom_it_was_passed_to_is_kept() -> None:  # C048
    once = complaints.refer(waiting(), "regulator", whole=False, by=ANN, at=MONDAY).after
    twice = complaints.refer(once, "ombudsman", whole=True, by=ANN, at=MONDAY).after

    assert [referral.to for referral in twice.referrals] == ["regulator", "ombudsman"]


def test_it_is_passed_on_to_somebody() -> None:
    with pytest.raises(InvalidValue, match=r"Referral.to: a text must not be blank"):
        complaints.refer(waiting(), " ", whole=True, by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["closed", "lapsed", "referred", "withdrawn", "merged"])
def test_what_has_ended_is_no_longer_ours_to_pass_on_as_a_whole(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"while {state}"):
        complaints.refer(a_complaint(state=state), "ombudsman", whole=True, by=ANN, at=MONDAY)


def test_it_is_kept_that_an_authority_took_up_what_was_closed() -> None:  # C048
    closed = a_complaint(state="closed", closed_at=MONDAY)
    assert complaints.refer(closed, "ombudsman", whole=False, by=ANN, at=MONDAY).after.state == "closed"
