"""A complaint gets a handler, waits, is closed, reopened or withdrawn."""

from datetime import timedelta

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint, ComplaintPolicy, Priority, Waiting, WaitingFor
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import standing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()


def in_handling(**changes: object) -> Complaint:
    return a_complaint(**{"state": "in_handling", "handler": "north", "handler_since": MONDAY, **changes})


def responded(**changes: object) -> Complaint:
    return in_handling(**{"state": "responded", "judgements": (a_judgement(),), **changes})


def waiting(**changes: object) -> Complaint:
    return in_handling(waiting=Waiting(for_=WaitingFor.CUSTOMER, since=MONDAY), **changes)


def ended(state: str) -> Complaint:
    """A complaint that came to its end the usual way."""
    if state == "withdrawn":
        return complaints.withdraw(in_handling(), by=ANN, at=MONDAY).after
    judged = in_handling(judgements=(a_judgement(),))
    answered = complaints.answer(judged, "It runs again.", id="a", by=ANN, at=MONDAY)[0].after
    return answered if state == "responded" else complaints.close(answered, "resolved", by=ANN, at=MONDAY).after


def closed(**changes: object) -> Complaint:
    times = {"answered_at": MONDAY, "closed_at": MONDAY, "closing_code": "resolved"}
    return in_handling(state="closed", **{**times, **changes})


# -- handlers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["acknowledged", "assessed"])
def test_assigning_names_the_handler_and_starts_the_handling(state: str) -> None:
    complaint = complaints.assign(a_complaint(state=state), "north", by=ANN, at=MONDAY + HOUR).after

    assert complaint.state == "in_handling"
    assert (complaint.handler, complaint.handler_since) == ("north", MONDAY + HOUR)
    assert complaint.forwards == 0
    assert complaint.moments[-1].kind == "assigned"


def test_a_complaint_is_assigned_to_somebody() -> None:
    with pytest.raises(GuardNotMet, match="cannot assign yet; needed first: a handler is named"):
        complaints.assign(a_complaint(state="assessed"), "", by=ANN, at=MONDAY)


def test_a_complaint_with_a_handler_is_forwarded_not_assigned() -> None:
    with pytest.raises(TransitionNotAllowed, match=r"cannot assign while in_handling; allowed: .*forward"):
        complaints.assign(in_handling(), "south", by=ANN, at=MONDAY)


def test_forwarding_counts_and_starts_anew_for_the_new_handler() -> None:
    decision = complaints.forward(in_handling(), "south", reason="their street", by=ANN, at=MONDAY + HOUR)

    assert decision.after.state == "in_handling"
    assert (decision.after.handler, decision.after.handler_since) == ("south", MONDAY + HOUR)
    assert decision.after.forwards == 1
    assert decision.after.moments[-1].kind == "forwarded"
    assert decision.events[0].type == "complaint.forwarded"


def test_forwarding_goes_to_somebody_else() -> None:
    with pytest.raises(GuardNotMet, match="the new handler is another one than the present one"):
        complaints.forward(in_handling(), "north", by=ANN, at=MONDAY)


def test_every_reason_not_to_forward_is_told_at_once() -> None:
    with pytest.raises(GuardNotMet) as caught:
        complaints.forward(in_handling(handler=""), "", by=ANN, at=MONDAY)

    assert caught.value.guards == ("handler_named", "other_handler")


def test_what_nobody_handles_cannot_be_forwarded() -> None:
    with pytest.raises(TransitionNotAllowed):
        complaints.forward(a_complaint(state="assessed"), "south", by=ANN, at=MONDAY)


# -- waiting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["acknowledged", "assessed", "in_handling"])
def test_waiting_is_no_state(state: str) -> None:
    complaint = complaints.wait(
        a_complaint(state=state), "customer", reason="photos", until=MONDAY + DAY, by=ANN, at=MONDAY
    ).after

    assert complaint.state == state
    assert complaint.waiting == Waiting(for_=WaitingFor.CUSTOMER, reason="photos", since=MONDAY, until=MONDAY + DAY)
    assert (complaint.moments[-1].kind, complaint.moments[-1].code) == ("waiting", "customer")


def test_a_complaint_waits_for_one_thing_at_a_time() -> None:
    with pytest.raises(GuardNotMet, match="the complaint is not waiting already"):
        complaints.wait(waiting(), "approval", by=ANN, at=MONDAY)


def test_a_wait_ends_after_it_starts() -> None:
    with pytest.raises(PolicyViolation, match="until: a wait ends after it starts"):
        complaints.wait(in_handling(), "scheduled", until=MONDAY, by=ANN, at=MONDAY)


def test_a_complaint_waits_for_something_known() -> None:
    with pytest.raises(InvalidValue, match="expected one of customer, third_party"):
        complaints.wait(in_handling(), "rain", by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["recorded", "responded", "closed", "withdrawn"])
def test_only_what_is_worked_on_waits(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot wait while {state}"):
        complaints.wait(a_complaint(state=state), "customer", by=ANN, at=MONDAY)


def test_resuming_ends_the_wait() -> None:
    complaint = complaints.resume(waiting(), by=ANN, at=MONDAY + HOUR).after

    assert complaint.waiting is None
    assert (complaint.moments[-1].kind, complaint.moments[-1].code) == ("resumed", "customer")


def test_what_does_not_wait_cannot_resume() -> None:
    with pytest.raises(GuardNotMet, match="the complaint is waiting"):
        complaints.resume(in_handling(), by=ANN, at=MONDAY)


@pytest.mark.parametrize("action", ["resume", "withdraw"])
def test_a_wait_ends_no_sooner_than_it_began(action: str) -> None:
    end = getattr(complaints, action)
    late = complaints.wait(in_handling(), "customer", by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before the wait began, at 2026-03-02T11:00:00"):
        end(late, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert end(late, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after.waiting is None


def test_nobody_forwards_what_has_not_come_yet() -> None:
    late = in_handling(handler_since=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="it cannot lie before it came to its handler"):
        complaints.forward(late, "south", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert complaints.forward(late, "south", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after.forwards == 1


# -- closing -------------------------------------------------------------------------------------


def test_closing_says_how_it_ended() -> None:  # C049, S0-A10
    complaint = complaints.close(responded(answered_at=MONDAY), "goodwill", by=ANN, at=MONDAY).after

    assert (complaint.state, complaint.closing_code, complaint.closed_at) == ("closed", "goodwill", MONDAY)
    assert (complaint.moments[-1].kind, complaint.moments[-1].code) == ("closed", "goodwill")


def test_closing_demands_a_code() -> None:  # C049
    with pytest.raises(GuardNotMet, match="closing code is given"):
        complaints.close(responded(), "", by=ANN, at=MONDAY)


def test_a_closing_code_comes_from_the_list_of_the_house() -> None:  # C049
    with pytest.raises(PolicyViolation, match="known: resolved, explained, goodwill, unreachable, no_action"):
        complaints.close(responded(), "whatever", by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "assessed", "closed", "withdrawn"])
def test_only_what_was_answered_is_closed(state: str) -> None:  # C049
    with pytest.raises(TransitionNotAllowed, match=f"cannot close while {state}"):
        complaints.close(a_complaint(state=state), "resolved", by=ANN, at=MONDAY)


def test_only_whom_nobody_can_reach_is_left_without_an_answer() -> None:  # C049
    with pytest.raises(GuardNotMet, match="it is answered, or there is no way to reach the complainant"):
        complaints.close(in_handling(customer="c-7", judgements=(a_judgement(),)), "unreachable", by=ANN, at=MONDAY)
    with pytest.raises(GuardNotMet, match="it is judged at this stage"):
        complaints.close(in_handling(), "unreachable", by=ANN, at=MONDAY)
    anonymous = in_handling(judgements=(a_judgement(),))
    assert complaints.close(anonymous, "unreachable", by=ANN, at=MONDAY).after.state == "closed"


@pytest.mark.parametrize("before", [responded(), in_handling()], ids=["answered", "out of reach"])
def test_what_was_judged_by_whom_it_is_about_is_not_closed(before: Complaint) -> None:  # C044, C049
    about = evolve(before, complained_about="south", judgements=(a_judgement(by="south"),))

    with pytest.raises(GuardNotMet, match="whoever judges it is not the one that it is about"):
        complaints.close(about, "explained", by=ANN, at=MONDAY)
    again = complaints.judge(about, "partly", grounds="Worn.", by="the head", at=MONDAY).after
    assert complaints.close(again, "explained", by=ANN, at=MONDAY).after.state == "closed"


def test_what_is_pressing_is_looked_into_even_if_nobody_can_be_reached() -> None:  # C046, C049
    pressing = in_handling(priority=Priority.P1, judgements=(a_judgement(),))

    with pytest.raises(PolicyViolation, match="priority p1 needs a finding before it is answered or closed"):
        complaints.close(pressing, "unreachable", by=ANN, at=MONDAY)
    found = complaints.investigate(pressing, "Worn.", by=ANN, at=MONDAY).after
    assert complaints.close(found, "unreachable", by=ANN, at=MONDAY).after.state == "closed"
    answered_elsewhere = responded(priority=Priority.P1)
    assert complaints.close(answered_elsewhere, "resolved", by=ANN, at=MONDAY).after.state == "closed"


def test_a_closing_lies_after_the_answer() -> None:  # C049
    late = responded(answered_at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="cannot lie before the complaint was answered"):
        complaints.close(late, "resolved", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    closing = complaints.close(late, "resolved", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR)
    assert closing.after.state == "closed"


# -- reopening -----------------------------------------------------------------------------------


def test_reopening_takes_up_the_handling_where_it_was() -> None:  # C050
    decision = complaints.reopen(closed(), "It stopped again.", by=ANN, at=MONDAY + DAY)
    complaint = decision.after

    assert (complaint.state, complaint.handler, complaint.reopenings) == ("in_handling", "north", 1)
    assert (complaint.answered_at, complaint.closed_at, complaint.closing_code) == (None, None, None)
    assert complaint.moments[-1].kind == "reopened"
    assert "stopped" not in repr(decision.events)


def test_an_answer_that_does_not_satisfy_reopens_too() -> None:
    assert complaints.reopen(responded(), "Not so.", by=ANN, at=MONDAY).after.state == "in_handling"


def test_a_reopening_has_a_reason() -> None:
    with pytest.raises(InvalidValue, match=r"reason: a text must not be blank"):
        complaints.reopen(closed(), " ", by=ANN, at=MONDAY)


def test_a_complaint_may_be_reopened_until_the_window_ends() -> None:  # C050
    policy = ComplaintPolicy(reopen_within=30 * DAY)

    complaints.reopen(closed(), "It stopped again.", policy=policy, by=ANN, at=MONDAY + 30 * DAY)
    with pytest.raises(PolicyViolation, match=r"until 2026-04-01T09:00:00\+00:00; record a new complaint instead"):
        complaints.reopen(closed(), "It stopped again.", policy=policy, by=ANN, at=MONDAY + 30 * DAY + HOUR)


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "assessed", "in_handling", "withdrawn"])
def test_only_what_has_an_end_is_reopened(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot reopen while {state}"):
        complaints.reopen(a_complaint(state=state), "Again.", by=ANN, at=MONDAY)


# -- withdrawing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "assessed", "in_handling", "responded"])
def test_a_complaint_can_be_withdrawn_while_it_is_open(state: str) -> None:
    complaint = complaints.withdraw(a_complaint(state=state), reason="solved itself", by=ANN, at=MONDAY).after

    assert complaint.state == "withdrawn"
    assert complaint.moments[-1].kind == "withdrawn"


def test_what_is_withdrawn_waits_for_nothing() -> None:
    complaint = complaints.withdraw(waiting(), by=ANN, at=MONDAY).after

    assert complaint.waiting is None
    assert [moment.kind for moment in complaint.moments[-2:]] == ["resumed", "withdrawn"]


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_what_has_ended_cannot_be_withdrawn(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot withdraw while {state}"):
        complaints.withdraw(a_complaint(state=state), by=ANN, at=MONDAY)


# -- voiding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", complaints.LIFECYCLE.states)
def test_a_moment_can_be_voided_in_every_state_and_nothing_else_changes(state: str) -> None:
    said = complaints.message(a_complaint(), "When?", id="m", side="outside", by=ANN, at=MONDAY)[0].after
    before = a_complaint(state=state, moments=said.moments)
    after = complaints.void(before, 2, reason="another complaint", by=ANN, at=MONDAY).after

    assert [moment.kind for moment in standing(after.moments)] == ["received"]
    assert after == a_complaint(state=state, moments=after.moments)


@pytest.mark.parametrize("state", complaints.LIFECYCLE.states)
def test_a_receipt_is_never_voided(state: str) -> None:
    with pytest.raises(PolicyViolation, match="the complaint is still received, as moment 1 says; record a new one"):
        complaints.void(a_complaint(state=state), 1, reason="a mistake", by=ANN, at=MONDAY)


def told_twice() -> dict[str, Complaint]:
    """Complaints that were told something twice, by the kind of moment: the last time holds."""
    at = MONDAY + HOUR
    closed_again = complaints.close(
        complaints.answer(
            complaints.reopen(ended("closed"), "Again.", by=ANN, at=MONDAY).after, "Now.", id="b", by=ANN, at=MONDAY
        )[0].after,
        "resolved",
        by=ANN,
        at=MONDAY,
    ).after
    request = complaints.reclassify(in_handling(), "request", reason="asks", by=ANN, at=at).after
    rated = complaints.assess(in_handling(), severity="high", impact="low", by=ANN, at=at).after
    due = complaints.amend(in_handling(), due_at=MONDAY + DAY, by=ANN, at=at).after
    judged = complaints.judge(in_handling(), "partly", grounds="Worn.", by=ANN, at=at).after
    resumed = complaints.resume(complaints.wait(in_handling(), "customer", by=ANN, at=at).after, by=ANN, at=at).after
    waits_again = complaints.wait(resumed, "customer", by=ANN, at=at).after
    return {
        "reopened": complaints.reopen(closed_again, "Again.", by=ANN, at=at).after,
        "reclassified": complaints.reclassify(request, "complaint", reason="no", by=ANN, at=at).after,
        "rated": complaints.assess(rated, severity="low", impact="low", by=ANN, at=at).after,
        "due": complaints.amend(due, due_at=None, by=ANN, at=at).after,
        "judged": complaints.judge(judged, "justified", grounds="Worn.", by=ANN, at=at).after,
        "waiting": waits_again,
        "resumed": complaints.resume(waits_again, by=ANN, at=at).after,
    }


@pytest.mark.parametrize("kind", told_twice())
def test_the_last_that_a_complaint_was_told_holds_and_what_was_told_before_does_not(kind: str) -> None:
    complaint = told_twice()[kind]
    earlier, last = (moment.n for moment in complaint.moments if moment.kind == kind)

    with pytest.raises(
        PolicyViolation, match=f"the complaint is still {kind}, as moment {last} says; take the step that changes it"
    ):
        complaints.void(complaint, last, reason="a mistake", by=ANN, at=MONDAY + DAY)
    voided = complaints.void(complaint, earlier, reason="a mistake", by=ANN, at=MONDAY + DAY).after
    assert voided.moments[-1].voids == earlier


def test_a_stage_that_was_reached_is_not_voided() -> None:  # C048
    second = complaints.raise_stage(ended("responded"), "zoe", by="the head", at=MONDAY + HOUR).after

    for moment in second.moments[-2:]:  # reopened, stage
        with pytest.raises(PolicyViolation, match=f"the complaint is still {moment.kind}"):
            complaints.void(second, moment.n, reason="a mistake", by=ANN, at=MONDAY + DAY)


def test_a_reopening_of_what_has_ended_again_is_voided_as_anything_else() -> None:
    again = complaints.reopen(ended("closed"), "It stopped again.", by=ANN, at=MONDAY).after
    gone = complaints.withdraw(again, by=ANN, at=MONDAY).after
    (n,) = (moment.n for moment in gone.moments if moment.kind == "reopened")

    assert complaints.void(gone, n, reason="a mistake", by=ANN, at=MONDAY).after.moments[-1].voids == n


def test_a_confirmation_that_never_left_is_taken_back() -> None:  # C042
    confirmed = complaints.acknowledge(a_complaint(), by=ANN, at=MONDAY).after

    assert complaints.void(confirmed, 2, reason="not sent", by=ANN, at=MONDAY).after.moments[-1].voids == 2


@pytest.mark.parametrize(
    ("state", "kind", "instead"),
    [
        ("responded", "answered", "reopen it"),
        ("closed", "answered", "reopen it"),
        ("closed", "closed", "reopen it"),
        ("withdrawn", "withdrawn", "record a new one"),
    ],
)
def test_an_answer_or_an_end_that_holds_is_not_voided(state: str, kind: str, instead: str) -> None:
    complaint = ended(state)
    (n,) = (moment.n for moment in complaint.moments if moment.kind == kind)

    with pytest.raises(PolicyViolation, match=f"the complaint is still {kind}, as moment {n} says; {instead} instead"):
        complaints.void(complaint, n, reason="a mistake", by=ANN, at=MONDAY)


@pytest.mark.parametrize("kind", ["answered", "closed"])
def test_an_end_that_holds_no_longer_is_voided_as_anything_else(kind: str) -> None:
    again = complaints.reopen(ended("closed"), "It stopped again.", by=ANN, at=MONDAY).after
    answered = complaints.answer(again, "Now it runs.", id="b", by=ANN, at=MONDAY)[0].after
    for each in (again, complaints.close(answered, "resolved", by=ANN, at=MONDAY).after):
        n = min(moment.n for moment in each.moments if moment.kind == kind)
        assert complaints.void(each, n, reason="a mistake", by=ANN, at=MONDAY).after.moments[-1].voids == n


def test_voiding_has_a_reason_and_a_moment() -> None:
    with pytest.raises(InvalidValue, match=r"reason: a text must not be blank"):
        complaints.void(a_complaint(), 1, reason="", by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="there is no moment 2"):
        complaints.void(a_complaint(), 2, reason="a mistake", by=ANN, at=MONDAY)
    said = complaints.message(a_complaint(), "When?", id="m", side="outside", by=ANN, at=MONDAY)[0].after
    voided = complaints.void(said, 2, reason="a mistake", by=ANN, at=MONDAY).after
    with pytest.raises(PolicyViolation, match="moment 2 was voided before"):
        complaints.void(voided, 2, reason="a mistake", by=ANN, at=MONDAY)
