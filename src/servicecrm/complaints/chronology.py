"""The moves of a complaint, in the order of time."""

from datetime import UTC, datetime
from typing import Final

from servicecrm.complaints.lifecycle import LIFECYCLE, MESSAGE, NOTE, REOPEN
from servicecrm.complaints.model import Complaint
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.kinds import micros

__all__ = ["move"]

AT_ANY_TIME: Final = (MESSAGE, NOTE)
"""What may have been said before there was a complaint, such as the letter that led to it."""


def move(complaint: Complaint, action: str, event: Event, **changes: object) -> Decision[Complaint]:
    """Take a step that the lifecycle allows, and that did not happen before what it follows.

    Raises:
        TransitionNotAllowed: the lifecycle has no such move from this state.
        GuardNotMet: something has to be there first.
        PolicyViolation: it would lie before the complaint was received, or a reopening before the end that it undoes.
    """
    decision = LIFECYCLE.move(complaint, action, event, **changes)
    if action not in AT_ANY_TIME:
        _check_follows(complaint.received_at, "the complaint was received", event)
    if action == REOPEN:
        _check_follows(complaint.answered_at, "the complaint was answered", event)
        _check_follows(complaint.closed_at, "the complaint was closed", event)
    return decision


def _check_follows(earlier: datetime | None, says: str, event: Event) -> None:
    if earlier is not None and micros(event.occurred_at) < micros(earlier):
        since = earlier.astimezone(UTC).isoformat(timespec="seconds")
        raise PolicyViolation("occurred_at", f"it cannot lie before {says}, at {since}")
