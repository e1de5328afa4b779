"""Action items: what somebody is to do because of a complaint, a survey, a meeting, and what became of it.

```python
from datetime import UTC, datetime, timedelta

from servicecrm.tracking import action_items

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
item = action_items.open(
    "Replace the valve", id="a-1", source_kind="complaint", source="c-1", owner="north", due_at=now, by="ann", at=now
).after
action_items.days_late(item, now + timedelta(days=2))
```
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.action_events import (
    ActionCancelled,
    ActionDone,
    ActionOpened,
    ActionPostponed,
    ActionReassigned,
    ActionReopened,
    ActionTakenUp,
    ActionVerified,
)
from servicecrm.tracking.action_lifecycle import (
    CANCEL,
    CANCELLED,
    FINISH,
    LIFECYCLE,
    POSTPONE,
    REASSIGN,
    REOPEN,
    TAKE_UP,
    VERIFY,
)
from servicecrm.tracking.action_model import ActionItem, ActionItemId, ActionMomentKind
from servicecrm.tracking.moments import with_moment

__all__ = [
    "LIFECYCLE",
    "ActionItem",
    "ActionItemId",
    "ActionMomentKind",
    "cancel",
    "days_late",
    "done",
    "open",
    "postpone",
    "reassign",
    "take_up",
    "verify",
]

DAY: Final = 24 * 60 * 60 * 1_000_000
"""Microseconds."""


def open(
    title: str,
    *,
    id: str,
    source_kind: str,
    source: str,
    owner: str,
    due_at: datetime,
    number: str | None = None,
    text: str = "",
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ActionItem]:
    """Give somebody something to do, because of the record that `source_kind` and `source` name.

    Raises:
        InvalidValue: the title, the owner or the source is blank.
        PolicyViolation: it would be due before it is opened.

    Source: C006.
    """
    event = ActionOpened(**stamp(by, at, occurred_at))
    item = ActionItem(
        id=ActionItemId(id),
        number=number,
        state=LIFECYCLE.initial,
        source_kind=source_kind,
        source=source,
        title=title,
        text=text,
        owner=owner,
        due_at=due_at,
        first_due_at=due_at,
        opened_at=event.occurred_at,
        recorded_at=event.recorded_at,
        moments=with_moment((), ActionMomentKind.OPENED, event),
        extra=FrozenMap(extra),
    )
    _check_due(due_at, event)
    return begin(item, event)


def take_up(
    item: ActionItem, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[ActionItem]:
    """Begin with an action.

    Raises:
        TransitionNotAllowed: somebody has begun with it, or it has ended.
    """
    return _move(item, TAKE_UP, ActionMomentKind.TAKEN_UP, ActionTakenUp(**stamp(by, at, occurred_at)))


def reassign(
    item: ActionItem,
    owner: str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ActionItem]:
    """Give an action to another owner.

    Raises:
        TransitionNotAllowed: it has ended.
        GuardNotMet: the new owner is the present one.
        InvalidValue: the owner is blank.
    """
    event = ActionReassigned(**stamp(by, at, occurred_at), reason=reason)
    return _move(item, REASSIGN, ActionMomentKind.REASSIGNED, event, owner=owner)


def postpone(
    item: ActionItem,
    due_at: datetime,
    *,
    reason: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ActionItem]:
    """Agree on a later due date. `first_due_at` stays as it is.

    Raises:
        TransitionNotAllowed: it has ended.
        GuardNotMet: the new due date is not later than the present one.
        InvalidValue: the reason is blank.
        PolicyViolation: it would be due in the past.
    """
    event = ActionPostponed(**stamp(by, at, occurred_at), reason=reason)
    later = item.postponements + 1
    decision = _move(item, POSTPONE, ActionMomentKind.POSTPONED, event, due_at=due_at, postponements=later)
    _check_due(due_at, event)
    return decision


def done(
    item: ActionItem,
    evidence: str | None = None,
    *,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ActionItem]:
    """Report an action as done, with the evidence for it: a text, attachments or both.

    Raises:
        TransitionNotAllowed: it is done already, or has ended.
        GuardNotMet: there is no evidence.
        InvalidValue: the evidence is a blank text.

    Source: C006.
    """
    event = ActionDone(**stamp(by, at, occurred_at))
    return _move(
        item,
        FINISH,
        ActionMomentKind.DONE,
        event,
        done_at=event.occurred_at,
        done_by=event.by,
        evidence=evidence,
        attachments=tuple(attachments),
    )


def verify(
    item: ActionItem,
    effect: str,
    *,
    effective: bool,
    due_at: datetime | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ActionItem]:
    """Tell whether what was done has worked; `effect` is what was seen.

    If it was not effective, its owner has to go on: by `due_at`, or by the date that it had, if that is not over. What
    was done does not count then, so the record forgets it; its moments and the journal do not.

    Raises:
        TransitionNotAllowed: it is not done.
        GuardNotMet: an effect is confirmed by its owner, or by who did it or on whose behalf it was done.
        InvalidValue: the effect is blank; or it was effective, and a new due date is given.
        PolicyViolation: it would be due in the past, or verified before it was done.

    Source: C006, C053.
    """
    LIFECYCLE.target(item.state, VERIFY)  # whoever verifies is not told of reopening
    stamped = stamp(by, at, occurred_at)
    if effective:
        if due_at is not None:
            raise InvalidValue("due_at", "nothing is due any more of what was effective; leave it out")
        verified = ActionVerified(**stamped)
        people = {"verified_at": verified.occurred_at, "verified_by": verified.by}
        return _move(item, VERIFY, ActionMomentKind.VERIFIED, verified, effect=effect, **people)
    reopened = ActionReopened(**stamped, reason=effect)
    due = item.due_at if due_at is None else due_at
    decision = _move(
        item,
        REOPEN,
        ActionMomentKind.REOPENED,
        reopened,
        due_at=due,
        done_at=None,
        done_by=None,
        evidence=None,
        attachments=(),
        reopenings=item.reopenings + 1,
    )
    _check_due(due, reopened)
    return decision


def cancel(
    item: ActionItem, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[ActionItem]:
    """End an action that is not to be done any more.

    Raises:
        TransitionNotAllowed: it is done, or has ended.
        InvalidValue: the reason is blank.
    """
    event = ActionCancelled(**stamp(by, at, occurred_at), reason=reason)
    return _move(item, CANCEL, ActionMomentKind.CANCELLED, event, cancelled_at=event.occurred_at)


def days_late(item: ActionItem, now: datetime) -> int:
    """How many days an action is late, each begun one counting in full; 0 while it is on time, or if it was cancelled.

    A day is 24 hours from the due date on. What is done stays as late as it was done.

    Source: C006, K30.
    """
    if item.state == CANCELLED:
        return 0
    until = now if item.done_at is None else item.done_at
    return max(0, -((micros(item.due_at) - micros(until)) // DAY))


def _move(
    item: ActionItem, action: str, kind: ActionMomentKind, event: Event, /, **changes: object
) -> Decision[ActionItem]:
    """A step that the lifecycle allows, that is a moment too, and that did not happen before what it follows."""
    decision = LIFECYCLE.move(item, action, event, moments=with_moment(item.moments, kind, event), **changes)
    earlier, says = _last(item)
    if micros(event.occurred_at) < micros(earlier):
        since = earlier.astimezone(UTC).isoformat(timespec="seconds")
        raise PolicyViolation("occurred_at", f"it cannot lie before the action was {says}, at {since}")
    return decision


def _last(item: ActionItem) -> tuple[datetime, str]:
    """What a step of it follows at least: it was opened, taken up again, or done."""
    if item.done_at is not None:
        return item.done_at, "done"
    for moment in reversed(item.moments):
        if moment.kind == ActionMomentKind.REOPENED:
            return moment.occurred_at, "taken up again"
    return item.opened_at, "opened"


def _check_due(due_at: datetime, event: Event) -> None:
    if micros(due_at) < micros(event.occurred_at):
        raise PolicyViolation("due_at", "nothing can be due before it is agreed on; name a later time")
