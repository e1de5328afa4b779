"""The moves of a complaint, in the order of time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from servicecrm.complaints.lifecycle import CLOSE, FORWARD, LIFECYCLE, MESSAGE, NOTE, REOPEN
from servicecrm.complaints.model import Complaint
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.kinds import micros

__all__ = ["move"]

AT_ANY_TIME: Final = (MESSAGE, NOTE)
"""What may have been said before there was a complaint, such as the letter that led to it."""

_CAME: Final = "it came to its handler"
_ANSWERED: Final = "the complaint was answered"
_CLOSED: Final = "the complaint was closed"

_TIMES: Final[Mapping[str, Callable[[Complaint], datetime | None]]] = {
    _CAME: lambda complaint: complaint.handler_since,
    _ANSWERED: lambda complaint: complaint.answered_at,
    _CLOSED: lambda complaint: complaint.closed_at,
}
_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    FORWARD: (_CAME,),
    CLOSE: (_ANSWERED,),
    REOPEN: (_ANSWERED, _CLOSED),
}
"""What each step follows, besides the receipt: a clock that reads them in another order may never stop."""


def move(complaint: Complaint, action: str, event: Event, **changes: object) -> Decision[Complaint]:
    """Take a step that the lifecycle allows, and that did not happen before what it follows.

    Raises:
        TransitionNotAllowed: the lifecycle has no such move from this state.
        GuardNotMet: something has to be there first.
        PolicyViolation: it would lie before the complaint was received, or before the step that it follows or undoes.
    """
    decision = LIFECYCLE.move(complaint, action, event, **changes)
    if action not in AT_ANY_TIME:
        _check_follows(complaint.received_at, "the complaint was received", event)
    for says in _FOLLOWS.get(action, ()):
        _check_follows(_TIMES[says](complaint), says, event)
    if complaint.waiting is not None and decision.after.waiting is None:
        _check_follows(complaint.waiting.since, "the wait began", event)
    return decision


def _check_follows(earlier: datetime | None, says: str, event: Event) -> None:
    if earlier is not None and micros(event.occurred_at) < micros(earlier):
        since = earlier.astimezone(UTC).isoformat(timespec="seconds")
        raise PolicyViolation("occurred_at", f"it cannot lie before {says}, at {since}")
