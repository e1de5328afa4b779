"""What has to be done about a complaint: steps, each an action item of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from servicecrm.calendars import BusinessHours
from servicecrm.complaints.chronology import move
from servicecrm.complaints.deciding_events import StepDone, StepDropped, StepReopened, StepsPlanned
from servicecrm.complaints.lifecycle import DROP_STEP, FINISH_STEP, LIFECYCLE, PLAN, REOPEN_STEP
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.parts import HandlingStep
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy, StepTemplate
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = ["drop_step", "finish_step", "plan", "reopen_step"]


def plan(
    complaint: Complaint,
    steps: Iterable[StepTemplate | str] | None = None,
    *,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
    calendar: BusinessHours,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> tuple[Decision[Any], ...]:
    """Determine what has to be done about a complaint: these steps, or those that the house has for its category.

    Each step is an action item, due by the `calendar`, of whoever the step names, or has the complaint, or plans it.
    It gets one of the `ids`, and of the `numbers`. The complaint is answered only when the mandatory ones are done.

    Raises:
        TransitionNotAllowed: the complaint is not assessed yet, or is answered.
        InvalidValue: there are no steps, or fewer ids than steps.
        PolicyViolation: there are steps already, and it is not said which ones to add.

    Source: C045; YaSM SP3.3.
    """
    event = StepsPlanned(**stamp(by, at, occurred_at))
    wanted = _wanted(complaint, steps, policy)
    items = [
        action_items.open(
            step.title,
            id=id,
            number=number,
            source_kind=LIFECYCLE.name,
            source=complaint.id,
            owner=step.owner or complaint.handler or event.by.id,
            due_at=calendar.due(event.occurred_at, step.within).at,
            by=by,
            at=at,
            occurred_at=occurred_at,
        )
        for step, id, number in zip(wanted, ids, numbers, strict=False)
    ]
    if len(items) < len(wanted):
        raise InvalidValue("ids", f"every step needs an id, {len(wanted)} in all")
    new = tuple(
        HandlingStep(action=item.after.id, mandatory=step.mandatory) for step, item in zip(wanted, items, strict=True)
    )
    return move(complaint, PLAN, event, steps=(*complaint.steps, *new)), *items


def finish_step(
    complaint: Complaint, item: ActionItem, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """A step is done, as its action item says; it counts from when that was done.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn.
        PolicyViolation: the action item is no step of this complaint, or is not done.

    Source: C045.
    """
    event = StepDone(**stamp(by, at, occurred_at), action=item.id)
    steps = tuple(evolve(step, done_at=item.done_at) if step.action == item.id else step for step in complaint.steps)
    decision = move(complaint, FINISH_STEP, event, steps=steps)
    if item.id not in {step.action for step in complaint.steps}:
        raise PolicyViolation("steps", "this action item is no step of the complaint")
    if item.done_at is None:
        raise PolicyViolation("steps", "the action item is not done yet")
    return decision


def reopen_step(
    complaint: Complaint, item: ActionItem, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """A step is to be done again, because its action item is: somebody has found that it did not work.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn.
        PolicyViolation: the action item is no step of this complaint, or is done.

    Source: C006, C045.
    """
    event = StepReopened(**stamp(by, at, occurred_at), action=item.id)
    steps = tuple(evolve(step, done_at=None) if step.action == item.id else step for step in complaint.steps)
    decision = move(complaint, REOPEN_STEP, event, steps=steps)
    if item.id not in {step.action for step in complaint.steps}:
        raise PolicyViolation("steps", "this action item is no step of the complaint")
    if item.done_at is not None:
        raise PolicyViolation("steps", "the action item is done")
    return decision


def drop_step(
    complaint: Complaint, item: ActionItem, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """A step is not to be done any more, because its action item is cancelled. The answer does not wait for it.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn.
        PolicyViolation: the action item is no step of this complaint, or is not cancelled.

    Source: C045.
    """
    event = StepDropped(**stamp(by, at, occurred_at), action=item.id)
    steps = tuple(step for step in complaint.steps if step.action != item.id)
    decision = move(complaint, DROP_STEP, event, steps=steps)
    if len(steps) == len(complaint.steps):
        raise PolicyViolation("steps", "this action item is no step of the complaint")
    if item.cancelled_at is None:
        raise PolicyViolation("steps", "the action item is not cancelled")
    return decision


def _wanted(
    complaint: Complaint, steps: Iterable[StepTemplate | str] | None, policy: ComplaintPolicy
) -> Sequence[StepTemplate]:
    if steps is None and complaint.steps:
        raise PolicyViolation("steps", "what the house has for its category is planned already; say which ones to add")
    given = policy.steps_for(complaint.category) if steps is None else several("steps", steps)
    if not given:
        raise InvalidValue("steps", "the house has no steps for this category; say which ones")
    return [StepTemplate(title=step) if isinstance(step, str) else step for step in given]
