"""A step of a complaint is done when its action item is, undone when that is reopened, dropped when it is cancelled."""

from datetime import datetime

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.tracking.action_events import ActionCancelled, ActionDone, ActionReopened
from servicecrm.tracking.action_model import ActionItem

__all__ = ["ended_step_of", "step_ended"]


def ended_step_of(decision: Decision[ActionItem]) -> str | None:
    """The complaint that an action item may be a step of which has just ended, or has to be done again."""
    item = decision.after
    ended = any(isinstance(event, ActionDone | ActionCancelled | ActionReopened) for event in decision.events)
    return item.source if ended and item.source_kind == complaints.LIFECYCLE.name else None


def step_ended(complaint: Complaint, item: ActionItem, *, by: Actor | str, at: datetime) -> Decision[Complaint] | None:
    """What follows for the complaint; nothing if the action is no step of it, or it is too late for steps.

    Source: C006, C045.
    """
    step = next((step for step in complaint.steps if step.action == item.id), None)
    if step is None or "finish_step" not in complaints.LIFECYCLE.allowed(complaint):
        return None
    if item.cancelled_at is not None:
        return complaints.drop_step(complaint, item, by=by, at=at, occurred_at=item.cancelled_at)
    if item.done_at is not None and step.done_at is None:
        return complaints.finish_step(complaint, item, by=by, at=at, occurred_at=item.done_at)
    if item.done_at is None and step.done_at is not None:
        return complaints.reopen_step(complaint, item, by=by, at=at, occurred_at=item.moments[-1].occurred_at)
    return None
