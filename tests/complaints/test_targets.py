"""The clocks that every complaint has, unless its house has published others."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint, Feedback, targets
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import Timers, timers
from tests.tracking.lives import OFFICE

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
ANN = an_actor()
OTHERS = [each for each in Feedback if each is not Feedback.COMPLAINT]


def clocks(complaint: Complaint, at: timedelta = DAY) -> Timers:
    return timers(complaint.moments, targets.TARGETS, {"default": OFFICE}, now=MONDAY + at)


def states(complaint: Complaint, at: timedelta = DAY) -> dict[tuple[str, int], str]:
    return {(timer.name, timer.n): timer.state for timer in clocks(complaint, at)}


def answered(at: timedelta, **changes: object) -> Complaint:
    judged = a_complaint(state="in_handling", handler="north", judgements=(a_judgement(),), **changes)
    return complaints.answer(judged, "It runs.", id="a", by=ANN, at=MONDAY + at)[0].after


def reclassified(complaint: Complaint, feedback: str, at: timedelta) -> Complaint:
    return complaints.reclassify(complaint, feedback, reason="looked again", by=ANN, at=MONDAY + at).after


def ended(state: str) -> Complaint:
    complaint, at = a_complaint(state="in_handling", handler="north"), MONDAY + 2 * HOUR
    if state == "closed":
        return complaints.close(answered(HOUR), "resolved", by=ANN, at=at).after
    if state == "withdrawn":
        return complaints.withdraw(complaint, by=ANN, at=at).after
    if state == "referred":
        return complaints.refer(complaint, "ombudsman", whole=True, by=ANN, at=at).after
    if state == "merged":
        return complaints.merge(complaint, a_complaint(id="c-2"), by=ANN, at=at)[0].after
    waiting = complaints.wait(complaint, "customer", by=ANN, at=MONDAY + HOUR).after
    told = complaints.message(waiting, "Please!", id="m", side="inside", by=ANN, at=at)[0].after
    return complaints.lapse(told, by=ANN, at=MONDAY + 30 * DAY).after


def test_a_complaint_is_to_be_acknowledged_answered_first_and_resolved() -> None:  # C036, C042
    assert {timer.name: timer.due_at for timer in clocks(a_complaint())} == {
        "acknowledge": MONDAY + DAY,
        "first_response": MONDAY + 2 * DAY,
        "resolution": MONDAY + 2 * WEEK,
    }


def test_a_late_acknowledgement_is_missed_even_if_all_is_resolved_in_time() -> None:  # C042, K22
    late = complaints.acknowledge(a_complaint(), by=ANN, at=MONDAY + 2 * DAY).after
    complaint = answered(3 * DAY, moments=late.moments)

    assert states(complaint, 4 * DAY)["acknowledge", 1] == "missed"
    assert states(complaint, 4 * DAY)["resolution", 1] == "met"


def test_what_is_unsafe_can_be_handled_first_and_acknowledged_in_time_after_that() -> None:  # C042, C043
    unsafe = complaints.record(id="c-1", subject="Gas", channel="phone", safety=True, by=ANN, at=MONDAY).after
    handled = complaints.assign(unsafe, "north", by=ANN, at=MONDAY).after
    acknowledged = complaints.acknowledge(handled, by=ANN, at=MONDAY + HOUR).after

    assert (acknowledged.state, states(acknowledged)["acknowledge", 1]) == ("in_handling", "met")


def test_an_answer_acknowledges_too() -> None:  # C042
    assert states(answered(HOUR))["acknowledge", 1] == "met"


@pytest.mark.parametrize("state", ["closed", "withdrawn", "lapsed", "referred", "merged"])
def test_nothing_runs_on_for_what_has_ended(state: str) -> None:  # C048, C049, C055, B23
    complaint = ended(state)
    late = complaints.message(complaint, "Any news?", id="m", side="outside", by=ANN, at=MONDAY + 60 * DAY)[0].after

    assert complaint.state == state
    assert all(timer.done for timer in clocks(complaint, 61 * DAY))
    assert states(late, 61 * DAY) == states(complaint, 61 * DAY)


@pytest.mark.parametrize("state", ["closed", "lapsed", "referred"])
def test_a_reopening_has_a_new_clock_and_the_old_result_is_kept(state: str) -> None:  # C050
    again = complaints.reopen(ended(state), "It stopped again.", by=ANN, at=MONDAY + 31 * DAY).after

    assert states(again, 31 * DAY)["resolution", 2] == "running"
    assert states(again, 31 * DAY)["resolution", 1] == states(ended(state), 31 * DAY)["resolution", 1]


@pytest.mark.parametrize("feedback", OTHERS)
def test_what_is_recorded_as_something_else_has_no_clocks_of_complaints(feedback: Feedback) -> None:  # C041
    other = complaints.record(id="c-1", subject="Hi", channel="web", feedback=feedback, by=ANN, at=MONDAY).after

    assert states(other) == {}
    assert states(reclassified(other, "complaint", DAY), DAY) == {
        ("acknowledge", 1): "running",
        ("first_response", 1): "running",
        ("resolution", 1): "running",
    }


@pytest.mark.parametrize("feedback", OTHERS)
def test_what_turns_out_to_be_something_else_has_them_no_longer(feedback: Feedback) -> None:  # C041
    other = reclassified(a_complaint(), feedback, HOUR)
    assert set(states(other, 30 * DAY).values()) == {"cancelled"}

    again = reclassified(other, "complaint", DAY)
    assert states(again)["acknowledge", 1] == "running"


def test_a_clock_goes_on_when_it_is_taken_for_a_complaint_again() -> None:  # C041, K23
    for away, late in ((HOUR, False), (3 * WEEK, True)):
        back = reclassified(reclassified(a_complaint(), "request", away), "complaint", 4 * WEEK)
        (resolution,) = clocks(back, 4 * WEEK + HOUR).each("resolution")

        assert (resolution.state, resolution.late, resolution.started_at) == ("running", late, MONDAY)
        assert resolution.pauses == ((MONDAY + away, MONDAY + 4 * WEEK),)
        whole = clocks(a_complaint(), away)["resolution"].elapsed + HOUR
        assert resolution.elapsed == clocks(back, 4 * WEEK + HOUR).total("resolution") == whole


@given(st.lists(st.integers(1, 90), min_size=2, max_size=6, unique=True).map(sorted))
def test_reclassifying_there_and_back_gains_no_time_however_often(hours: list[int]) -> None:  # C041
    complaint = a_complaint()
    times = [MONDAY + hour * HOUR for hour in hours]
    away = [*zip(times[::2], times[1::2], strict=False)]
    for gone, back in away:
        complaint = reclassified(complaint, "request", gone - MONDAY)
        complaint = reclassified(complaint, "complaint", back - MONDAY)

    (resolution,) = clocks(complaint, 90 * HOUR).each("resolution")
    assert resolution.pauses == tuple(away)
    assert resolution.due_at == OFFICE.due(MONDAY, "10 business days", pauses=away).at


def test_what_was_fulfilled_before_stays_so() -> None:  # C041, C042
    acknowledged = complaints.acknowledge(a_complaint(), by=ANN, at=MONDAY + HOUR).after
    back = reclassified(reclassified(acknowledged, "request", 2 * HOUR), "complaint", 3 * HOUR)

    assert {key: state for key, state in states(back, 4 * HOUR).items() if key[0] == "acknowledge"} == {
        ("acknowledge", 1): "met"
    }


def test_what_was_missed_by_then_stays_missed() -> None:  # C041
    assert states(reclassified(a_complaint(), "request", 2 * DAY), 3 * DAY)["acknowledge", 1] == "missed"


def declined() -> Complaint:
    return complaints.decline_answer(answered(HOUR), by="cara", at=MONDAY + 2 * HOUR).after


@pytest.mark.parametrize("end", [answered(HOUR), declined(), ended("closed")], ids=["answered", "declined", "closed"])
def test_the_next_stage_has_a_clock_of_its_own_and_no_other(end: Complaint) -> None:  # C048, K26
    second = complaints.raise_stage(end, "zoe", by="the head", at=MONDAY + DAY).after
    stage = clocks(second, DAY)["stage"]

    assert (stage.state, stage.started_at, stage.due_at) == ("running", MONDAY + DAY, MONDAY + DAY + 4 * WEEK)
    assert [timer.name for timer in clocks(second, DAY) if not timer.done] == ["stage"]

    judged = complaints.judge(second, "partly", grounds="Again.", by="zoe", at=MONDAY + 2 * DAY).after
    over = complaints.answer(judged, "Half of it.", id="b", by="zoe", at=MONDAY + 3 * DAY)[0].after
    assert states(over, 4 * DAY)["stage", 1] == "met"


def test_every_stage_above_the_first_is_timed() -> None:  # C048
    adopted = complaints.adopt(a_complaint(), "in_handling", stage=2, source="old-crm", by=ANN, at=MONDAY).after

    assert states(adopted)["stage", 1] == "running"
