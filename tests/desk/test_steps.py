"""What has to be done about a complaint: planned as actions, done as actions, and waited for by the answer."""  # C045

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import Complaint, ComplaintPolicy, HandlingStep, StepTemplate
from servicecrm.desk import Desk
from servicecrm.errors import GuardNotMet, InvalidValue, StaleRevision, TransitionNotAllowed
from servicecrm.storage import Command
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import ActionItem, action_items

Bring = Callable[..., Complaint]
Undone = Callable[[], AbstractContextManager[None]]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = (
    StepTemplate(title="Measure the pressure", within="1 business day", category="water"),
    StepTemplate(title="Call back", within="2h business", owner="front", mandatory=False),
)
WEEKDAYS = Calendar(id="default", zone="UTC", hours="mon-fri 08:00-16:00")


def items(crm: Desk, complaint: Complaint) -> list[ActionItem]:
    return [crm.actions.get(step.action) for step in complaint.steps]


def test_steps_become_numbered_actions_that_are_due_by_the_published_calendar(crm: Desk, bring: Bring) -> None:
    crm.policies.publish(ComplaintPolicy(steps=STEPS, categories=("water",)), effective=MONDAY)
    crm.policies.publish(WEEKDAYS, effective=MONDAY - DAY)
    complaint = bring("in_handling", category="water")
    planned = crm.complaints.plan(complaint.id, command="k-1")

    measure, call = items(crm, planned)
    assert planned.steps == (HandlingStep(action=measure.id), HandlingStep(action=call.id, mandatory=False))
    assert [(item.title, item.number, item.owner) for item in (measure, call)] == [
        ("Measure the pressure", "ACT-2026-000001", "north"),
        ("Call back", "ACT-2026-000002", "front"),
    ]
    assert (measure.due_at, call.due_at) == (MONDAY + DAY, MONDAY + 2 * HOUR)
    assert {(item.source_kind, item.source) for item in (measure, call)} == {("complaint", complaint.id)}
    assert set(crm.actions.of(str(complaint.number))) == {measure, call}
    assert {crm.history(id)[-1].command for id in (complaint.id, measure.id, call.id)} == {"k-1"}
    assert [entry.type for entry in crm.history(complaint.id)][-1] == "complaint.steps_planned"


def test_another_calendar_gives_other_dates_and_one_that_there_is_not_is_refused(crm: Desk, bring: Bring) -> None:
    for name, hours in (("default", "mon-fri 08:00-16:00"), ("tuesdays", "tue 08:00-16:00")):
        crm.policies.publish(Calendar(id=name, zone="UTC", hours=hours), effective=MONDAY - DAY)
    complaint = bring("in_handling")
    (item,) = items(crm, crm.complaints.plan(complaint.id, ["Measure"], calendar="tuesdays"))
    head = sealed_head(crm.store)

    assert item.due_at.weekday() == 1
    with pytest.raises(InvalidValue, match="no calendar named 'sundays'"):
        crm.complaints.plan(complaint.id, ["Measure"], calendar="sundays")
    assert sealed_head(crm.store) == head


def test_the_same_command_plans_once_and_another_one_adds_steps(crm: Desk, bring: Bring) -> None:
    complaint = bring("in_handling")
    first = crm.complaints.plan(complaint.id, ["Measure"], command="k-1")

    assert crm.complaints.plan(complaint.id, ["Measure"], command="k-1") == first
    assert crm.actions.count() == 1
    assert len(crm.complaints.plan(complaint.id, ["Dig"]).steps) == 2


def test_a_plan_that_is_refused_opens_no_action(crm: Desk, bring: Bring) -> None:
    early, without = bring("acknowledged"), bring("in_handling")
    head = sealed_head(crm.store)

    with pytest.raises(TransitionNotAllowed):
        crm.complaints.plan(early.id, ["Measure"])
    with pytest.raises(InvalidValue, match="no steps for this category"):
        crm.complaints.plan(without.id)
    assert crm.actions.count() == 0
    assert sealed_head(crm.store) == head


def test_the_answer_waits_for_the_mandatory_steps_and_for_these_only(crm: Desk, bring: Bring) -> None:  # C048
    optional = StepTemplate(title="Call back", within="1 business day", mandatory=False)
    complaint = crm.complaints.plan(bring("judged").id, ["Measure", optional])

    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        crm.complaints.answer(complaint.id, "It runs again.")
    crm.actions.done(complaint.steps[0].action, "3 bar")
    assert crm.complaints.answer(complaint.id, "It runs again.").state == "responded"


def test_a_step_whose_action_is_cancelled_is_waited_for_no_longer(crm: Desk, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("judged").id, ["Measure", "Dig"])
    measured, dug = (step.action for step in planned.steps)
    crm.actions.done(measured, "3 bar")
    crm.actions.cancel(dug, "There is no pipe.", command="k-1")

    assert [step.action for step in crm.complaints.get(planned.id).steps] == [measured]
    entry = crm.history(planned.id)[-1]
    assert (entry.type, entry.command) == ("complaint.step_dropped", "k-1")
    assert crm.complaints.answer(planned.id, "It runs again.").state == "responded"


def test_a_done_action_marks_its_step_in_the_same_unit(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure", "Dig"])
    clock.advance(hours=2)
    earlier = clock() - HOUR
    crm.acting_as("bob").actions.done(planned.steps[1].action, "A hole.", occurred_at=earlier, command="k-1")

    after = crm.complaints.get(planned.id)
    assert [step.done_at for step in after.steps] == [None, earlier]
    assert after.revision == planned.revision + 1
    entry = crm.history(planned.id)[-1]
    assert (entry.type, entry.by, entry.at, entry.recorded_at) == ("complaint.step_done", "bob", earlier, clock())
    assert entry.command == "k-1"
    head = sealed_head(crm.store)
    crm.acting_as("bob").actions.done(planned.steps[1].action, "A hole.", command="k-1")
    assert sealed_head(crm.store) == head


def test_when_the_unit_fails_neither_the_action_nor_the_step_is_done(crm: Desk, bring: Bring, undone: Undone) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure"])
    with undone():
        crm.actions.done(planned.steps[0].action, "3 bar")

    assert crm.actions.get(planned.steps[0].action).state == "open"
    assert crm.complaints.get(planned.id) == planned


def test_a_hosts_own_decision_marks_the_step_too(crm: Desk, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure", "Dig"])
    measured, dug = (action_items.done(item, evidence="done", by="bob", at=crm.clock()) for item in items(crm, planned))

    saved = crm.save(measured, dug, command=Command(id="k-1", fingerprint="f"))
    assert [type(record) for record in saved] == [ActionItem, ActionItem]
    after = crm.complaints.get(planned.id)
    assert {step.done_at for step in after.steps} == {crm.clock()}
    assert after.revision == planned.revision + 1  # one record is saved once
    assert [entry.type for entry in crm.history(planned.id)][-2:] == ["complaint.step_done"] * 2
    crm.store.verify()


def test_a_host_that_saves_the_complaint_with_its_action_gets_both(crm: Desk, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure"])
    (item,) = items(crm, planned)
    found = complaints.investigate(planned, "The valve leaks.", by="bob", at=crm.clock())
    crm.save(found, action_items.done(item, evidence="3 bar", by="bob", at=crm.clock()))

    after = crm.complaints.get(planned.id)
    assert after.investigation is not None
    assert after.steps[0].done_at == crm.clock()


def test_an_action_that_is_no_step_or_comes_too_late_changes_no_complaint(crm: Desk, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure"])
    follow_up = crm.actions.open(
        "Renew the valve", source_kind="complaint", source=planned.id, owner="north", due_at=crm.clock() + DAY
    )
    crm.actions.done(follow_up.id, "New one.")
    assert crm.complaints.get(planned.id) == planned

    withdrawn = crm.complaints.withdraw(planned.id)
    assert crm.actions.done(planned.steps[0].action, "3 bar").state == "done"
    assert crm.complaints.get(planned.id) == withdrawn


def test_a_step_whose_action_did_not_help_is_open_again_and_waited_for(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    planned = crm.complaints.plan(bring("judged").id, ["Measure", "Dig"])
    measured, dug = (step.action for step in planned.steps)
    for id in (measured, dug):
        crm.actions.done(id, "3 bar")
    done_at = clock()
    clock.advance(hours=1)
    crm.acting_as("vera").actions.verify(measured, "Dry again.", effective=False, due_at=clock() + DAY, command="k-1")

    assert [step.done_at for step in crm.complaints.get(planned.id).steps] == [None, done_at]
    entry = crm.history(planned.id)[-1]
    assert (entry.type, entry.by, entry.at, entry.command) == ("complaint.step_reopened", "vera", clock(), "k-1")
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        crm.complaints.answer(planned.id, "It runs again.")

    clock.advance(hours=1)
    crm.actions.done(measured, "4 bar")
    assert [step.done_at for step in crm.complaints.get(planned.id).steps] == [clock(), done_at]
    assert crm.complaints.answer(planned.id, "It runs again.").state == "responded"


def test_a_step_whose_action_helped_stays_done(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure"])
    crm.actions.done(planned.steps[0].action, "3 bar")
    before = crm.complaints.get(planned.id)
    clock.advance(hours=1)
    crm.acting_as("vera").actions.verify(planned.steps[0].action, "It runs.", effective=True)

    assert crm.complaints.get(planned.id) == before


def test_somebody_who_comes_in_between_is_noticed(crm: Desk, bring: Bring) -> None:
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure"])
    stale = action_items.done(items(crm, planned)[0], evidence="3 bar", by="bob", at=crm.clock())
    crm.actions.take_up(planned.steps[0].action)

    with pytest.raises(StaleRevision):
        crm.save(stale)
    assert crm.complaints.get(planned.id) == planned
