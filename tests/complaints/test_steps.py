"""What has to be done about a complaint is planned, and done before it is answered."""

from datetime import timedelta
from typing import Any

import pytest

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import Complaint, ComplaintPolicy, HandlingStep, StepTemplate
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision
from servicecrm.processes.steps import ended_step_of, step_ended
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import ActionItem, action_items

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FRIDAY = MONDAY + 4 * DAY
ANN = an_actor()
OFFICE = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")
HOUSE = ComplaintPolicy(
    steps=(
        StepTemplate(title="Call back", within="1 business day"),
        StepTemplate(title="Measure", within="2 business days", owner="north", category="water"),
        StepTemplate(title="Take a sample", category="water/quality", mandatory=False),
        StepTemplate(title="Read the meter", category="water/bill"),
    )
)


def in_handling(**changes: object) -> Complaint:
    return a_complaint(**{"state": "in_handling", "handler": "south", "judgements": (a_judgement(),), **changes})


def planned(complaint: Complaint, steps: Any = None, **given: Any) -> tuple[Complaint, tuple[ActionItem, ...]]:
    told = {"ids": ["s-1", "s-2", "s-3", "s-4"], "calendar": OFFICE, "by": ANN, "at": MONDAY, **given}
    first, *items = complaints.plan(complaint, steps, **told)
    return first.after, tuple(item.after for item in items)


def done(item: ActionItem, at: timedelta = HOUR) -> ActionItem:
    decision: Decision[ActionItem] = action_items.done(item, evidence="measured", by=ANN, at=MONDAY + at)
    return decision.after


def answered(complaint: Complaint) -> Complaint:
    return complaints.answer(complaint, "It runs.", id="a", by=ANN, at=MONDAY + 2 * DAY)[0].after


# -- planning ------------------------------------------------------------------------------------


def test_a_category_yields_its_steps_due_on_business_days() -> None:  # C045
    complaint, items = planned(in_handling(category="water/quality"), policy=HOUSE, at=FRIDAY)

    assert [item.title for item in items] == ["Call back", "Measure", "Take a sample"]
    assert [item.due_at - FRIDAY for item in items] == [3 * DAY, 4 * DAY, 7 * DAY]
    assert [item.owner for item in items] == ["south", "north", "south"]
    assert complaint.steps == (
        HandlingStep(action="s-1"),
        HandlingStep(action="s-2"),
        HandlingStep(action="s-3", mandatory=False),
    )


@pytest.mark.parametrize(
    ("category", "steps"),
    [
        (None, ["Call back"]),
        ("roads", ["Call back"]),
        ("water", ["Call back", "Measure"]),
        ("waterfront", ["Call back"]),
        ("water/bill/late", ["Call back", "Measure", "Read the meter"]),
    ],
)
def test_steps_are_inherited_from_the_categories_above(category: str | None, steps: list[str]) -> None:  # C045
    assert [step.title for step in HOUSE.steps_for(category)] == steps


def test_every_step_is_an_action_item_of_the_complaint() -> None:  # C045
    decisions = complaints.plan(
        in_handling(), ["Measure"], ids=["s-1"], numbers=["ACT-1"], calendar=OFFICE, by=ANN, at=MONDAY
    )

    assert [event.type for decision in decisions for event in decision.events] == [
        "complaint.steps_planned",
        "action_item.opened",
    ]
    item = decisions[1].after
    assert (item.id, item.number, item.source_kind, item.source) == ("s-1", "ACT-1", "complaint", "complaint-1")


def test_a_step_that_nobody_else_has_is_for_whoever_plans_it() -> None:  # C045
    assert planned(a_complaint(state="assessed"), ["Measure"])[1][0].owner == ANN.id


def test_steps_may_be_planned_again_and_after_a_reopening() -> None:  # C045, C050
    first, (item, *_) = planned(in_handling(), ["Measure"])
    finished = complaints.finish_step(first, done(item), by=ANN, at=MONDAY + DAY).after
    again = complaints.reopen(answered(finished), "It stopped again.", by=ANN, at=MONDAY + 3 * DAY).after
    more, _ = planned(again, ["Measure again"], ids=["s-9"], at=MONDAY + 3 * DAY)

    assert more.steps == (HandlingStep(action="s-1", done_at=MONDAY + HOUR), HandlingStep(action="s-9"))
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        answered(more)


def test_a_plan_has_steps_and_every_step_an_id() -> None:  # C045
    with pytest.raises(InvalidValue, match="the house has no steps for this category; say which ones"):
        planned(in_handling(category="roads"))
    with pytest.raises(InvalidValue, match="the house has no steps"):
        planned(in_handling(), [])
    with pytest.raises(InvalidValue, match="steps: expected several values"):
        planned(in_handling(), "Measure")
    with pytest.raises(InvalidValue, match="ids: every step needs an id, 2 in all"):
        planned(in_handling(), ["Measure", "Write"], ids=["s-1"])


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "responded", "closed", "withdrawn"])
def test_only_what_is_assessed_and_not_yet_answered_is_planned(state: str) -> None:  # C045
    with pytest.raises(TransitionNotAllowed, match=f"cannot plan while {state}"):
        planned(a_complaint(state=state), ["Measure"])


# -- doing ---------------------------------------------------------------------------------------


def test_every_mandatory_step_is_done_before_the_answer() -> None:  # C045
    complaint, (must, should) = planned(in_handling(), ["Measure", StepTemplate(title="Thank", mandatory=False)])

    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        answered(complaint)
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        complaints.close(complaint, "unreachable", by=ANN, at=MONDAY)
    thanked = complaints.finish_step(complaint, done(should), by=ANN, at=MONDAY + DAY).after
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        answered(thanked)
    measured = complaints.finish_step(complaint, done(must), by=ANN, at=MONDAY + DAY).after
    assert answered(measured).state == "responded"


def test_what_is_resolved_on_the_spot_needs_no_steps() -> None:  # C045
    assert answered(in_handling()).state == "responded"


def test_a_step_is_done_when_its_action_item_was() -> None:  # C045
    complaint, (item, _) = planned(in_handling(), ["Measure", "Write"])
    decision = complaints.finish_step(complaint, done(item, 3 * HOUR), by="system", at=MONDAY + DAY)

    assert [step.done_at for step in decision.after.steps] == [MONDAY + 3 * HOUR, None]
    assert decision.events[0].action == "s-1"  # type: ignore[attr-defined]


def test_only_a_done_step_of_this_complaint_is_finished() -> None:  # C045
    complaint, (item,) = planned(in_handling(), ["Measure"])
    other = in_handling(id="complaint-2")

    with pytest.raises(PolicyViolation, match="this action item is no step of the complaint"):
        complaints.finish_step(other, done(item), by=ANN, at=MONDAY + DAY)
    with pytest.raises(PolicyViolation, match="the action item is not done yet"):
        complaints.finish_step(complaint, item, by=ANN, at=MONDAY + DAY)


def test_a_step_may_be_done_after_the_end() -> None:  # C049
    complaint, (item,) = planned(in_handling(), [StepTemplate(title="Thank", mandatory=False)])
    closed = complaints.close(answered(complaint), "resolved", by=ANN, at=MONDAY + 2 * DAY).after
    finished = complaints.finish_step(closed, done(item), by=ANN, at=MONDAY + 3 * DAY).after

    assert (finished.state, finished.steps[0].done_at) == ("closed", MONDAY + HOUR)


# -- doing again ---------------------------------------------------------------------------------


def failed(item: ActionItem, at: timedelta = 2 * HOUR) -> Decision[ActionItem]:
    return action_items.verify(item, "still leaks", effective=False, by="bob", at=MONDAY + at)


def test_a_step_that_did_not_work_is_to_be_done_again_before_the_answer() -> None:  # C045, C006
    complaint, (item, other) = planned(in_handling(), ["Measure", "Write"])
    for each in (item, other):
        complaint = complaints.finish_step(complaint, done(each), by=ANN, at=MONDAY + HOUR).after
    decision = complaints.reopen_step(complaint, failed(done(item)).after, by=ANN, at=MONDAY + DAY)

    assert [step.done_at for step in decision.after.steps] == [None, MONDAY + HOUR]
    assert [event.type for event in decision.events] == ["complaint.step_reopened"]
    assert decision.events[0].action == "s-1"  # type: ignore[attr-defined]
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        answered(decision.after)


def test_only_a_step_of_this_complaint_that_is_not_done_is_taken_up_again() -> None:  # C045
    complaint, (item,) = planned(in_handling(), ["Measure"])

    with pytest.raises(PolicyViolation, match="this action item is no step of the complaint"):
        complaints.reopen_step(in_handling(id="complaint-2"), item, by=ANN, at=MONDAY)
    with pytest.raises(PolicyViolation, match="the action item is done"):
        complaints.reopen_step(complaint, done(item), by=ANN, at=MONDAY + DAY)


def followed(complaint: Complaint, decision: Decision[ActionItem]) -> Decision[Complaint] | None:
    assert ended_step_of(decision) == complaint.id
    return step_ended(complaint, decision.after, by="bob", at=MONDAY + DAY)


def test_a_step_follows_its_action_item_however_often_that_is_done() -> None:  # C045, C006
    complaint, (item,) = planned(in_handling(), ["Measure"])
    seen: list[str] = []
    for hour in (1, 3):
        finished = action_items.done(item, evidence="measured", by=ANN, at=MONDAY + hour * HOUR)
        reopened = failed(finished.after, (hour + 1) * HOUR)
        for decision in (finished, reopened):
            step = followed(complaint, decision)
            assert step is not None
            complaint, item = step.after, decision.after
            assert complaint.steps[0].done_at == item.done_at
            seen += [event.type for event in step.events]
            assert step.events[0].occurred_at == item.moments[-1].occurred_at

    assert seen == ["complaint.step_done", "complaint.step_reopened"] * 2


def test_what_does_not_change_a_step_leads_to_nothing() -> None:  # C045
    complaint, (item, _) = planned(in_handling(), ["Measure", "Write"])
    undone = failed(done(item))

    assert followed(complaint, undone) is None  # nobody had told the complaint that it was done
    gone = complaints.withdraw(complaint, by=ANN, at=MONDAY).after
    assert followed(gone, undone) is None
    assert ended_step_of(action_items.take_up(item, by=ANN, at=MONDAY)) is None
    cancelled = action_items.cancel(item, "not needed", by=ANN, at=MONDAY + HOUR)
    dropped = followed(complaint, cancelled)
    assert dropped is not None
    assert [step.action for step in dropped.after.steps] == ["s-2"]
    assert followed(dropped.after, cancelled) is None


def test_what_the_house_has_is_planned_once() -> None:  # C045
    policy = ComplaintPolicy(steps=(StepTemplate(title="Measure"),))
    told: dict[str, Any] = {"calendar": OFFICE, "by": ANN, "at": MONDAY, "policy": policy}
    planned = complaints.plan(a_complaint(state="in_handling"), ids=["a-1"], **told)[0].after

    with pytest.raises(PolicyViolation, match="planned already; say which ones to add"):
        complaints.plan(planned, ids=["a-2"], **told)
    assert len(complaints.plan(planned, ["Call back"], ids=["a-2"], **told)[0].after.steps) == 2


@pytest.mark.parametrize("ends", ["done", "cancel"])
def test_an_action_that_ends_while_its_complaint_is_merged_keeps_nobody_from_answering_it_later(ends: str) -> None:
    complaint, (item,) = planned(in_handling(), ["Measure"])  # C045, C055
    merged = complaints.merge(complaint, in_handling(id="complaint-2"), by=ANN, at=MONDAY)[0].after
    how = {"done": {"evidence": "measured"}, "cancel": {"reason": "not needed"}}[ends]
    told = followed(merged, getattr(action_items, ends)(item, **how, by=ANN, at=MONDAY + HOUR))
    assert told is not None
    assert told.after.state == "merged"

    parted = complaints.reopen(told.after, "another matter", by=ANN, at=MONDAY + DAY).after
    assert answered(parted).state == "responded"


def test_a_step_that_did_not_work_is_done_again_before_the_complaint_is_closed() -> None:  # C045, C049
    complaint, (item,) = planned(in_handling(), ["Measure"])
    finished = complaints.finish_step(complaint, done(item), by=ANN, at=MONDAY + DAY).after
    undone = complaints.reopen_step(answered(finished), failed(done(item)).after, by=ANN, at=MONDAY + 2 * DAY).after

    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        complaints.close(undone, "resolved", by=ANN, at=MONDAY + 3 * DAY)
    again = complaints.finish_step(undone, done(item), by=ANN, at=MONDAY + 3 * DAY).after
    assert complaints.close(again, "resolved", by=ANN, at=MONDAY + 3 * DAY).after.state == "closed"
