"""Taking over what another system decided about a complaint. Only importers need this."""

from datetime import datetime
from typing import Final

from servicecrm.complaints.events import ComplaintAdopted
from servicecrm.complaints.lifecycle import (
    ACKNOWLEDGED,
    BEING_WORKED_ON,
    CLOSED,
    LAPSED,
    LIFECYCLE,
    MERGED,
    OPEN,
    REFERRED,
    RESPONDED,
    WITHDRAWN,
)
from servicecrm.complaints.model import Complaint, MomentKind, Waiting
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.tracking.moments import with_moment

__all__ = ["adopt"]

REACHED: Final = {
    ACKNOWLEDGED: ("acknowledged_at", MomentKind.ACKNOWLEDGED),
    RESPONDED: ("answered_at", MomentKind.ANSWERED),
    CLOSED: ("closed_at", MomentKind.CLOSED),
    WITHDRAWN: ("closed_at", MomentKind.WITHDRAWN),
    LAPSED: ("closed_at", MomentKind.LAPSED),
    REFERRED: ("closed_at", MomentKind.PASSED_ON),
    MERGED: ("closed_at", MomentKind.MERGED),
}
TOLD: Final = {
    "priority": MomentKind.RATED,
    "feedback": MomentKind.RECLASSIFIED,
    "stage": MomentKind.STAGE,
}
"""What clocks are told of by its new value."""

ENDS: Final = (CLOSED, WITHDRAWN, LAPSED, REFERRED, MERGED)


def adopt(
    complaint: Complaint,
    state: str,
    *,
    source: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **changes: object,
) -> Decision[Complaint]:
    """Follow another system's log: the state as it says, and any fields, whatever the lifecycle would allow.

    What an action would have kept besides, such as times, moments and counts of forwardings and reopenings, follows
    from the change, as far as `changes` does not give it.

    Raises:
        InvalidValue: there is no such state, or a value has not the shape of its field.
    """
    event = ComplaintAdopted(**stamp(by, at, occurred_at), source=source)
    follows, happened = _moved(complaint, state, event.occurred_at)
    waiting = changes.get("waiting", complaint.waiting if state in BEING_WORKED_ON else None)
    if waiting != complaint.waiting:
        follows["waiting"] = waiting
        happened.insert(0, MomentKind.RESUMED if waiting is None else MomentKind.WAITING)
    handler = changes.get("handler", complaint.handler)
    if handler != complaint.handler:
        follows["handler_since"] = event.occurred_at
        if complaint.handler is None:
            happened.append(MomentKind.ASSIGNED)
        elif handler is not None:
            follows["forwards"] = complaint.forwards + 1
            happened.append(MomentKind.FORWARDED)
    moments = complaint.moments
    for kind in happened:
        wait = waiting if kind is MomentKind.WAITING else complaint.waiting if kind is MomentKind.RESUMED else None
        moments = with_moment(moments, kind, event, code=wait.for_ if isinstance(wait, Waiting) else None)
    for field, moment in TOLD.items():
        value = changes.get(field)
        if value is not None and value != getattr(complaint, field):
            moments = with_moment(moments, moment, event, code=str(value))
    due_at = changes.get("due_at", complaint.due_at)
    if due_at != complaint.due_at and (due_at is None or isinstance(due_at, datetime)):
        moments = with_moment(moments, MomentKind.DUE, event, until=due_at)
    return LIFECYCLE.adopt(complaint, state, event, **{**follows, "moments": moments, **changes})


def _moved(complaint: Complaint, state: str, at: datetime) -> tuple[dict[str, object], list[MomentKind]]:
    """What follows from the change of state alone: field values, and what happened."""
    if state == complaint.state:
        return {}, []
    follows: dict[str, object] = {}
    happened: list[MomentKind] = []
    if complaint.state in (RESPONDED, *ENDS) and state in OPEN:
        follows = {
            "response": None,
            "answered_at": None,
            "closed_at": None,
            "closing_code": None,
            "reopenings": complaint.reopenings + 1,
            "links": complaint.other_links,
        }
        happened.append(MomentKind.REOPENED)
    if state in REACHED:
        field, kind = REACHED[state]
        # An acknowledgement is not undone by a step back; an answer and an end are.
        fresh = field in follows or getattr(complaint, field) is None
        if fresh:
            follows[field] = at
        if fresh or state in ENDS:  # these may follow each other, and the first one was the end
            happened.append(kind)
    return follows, happened
