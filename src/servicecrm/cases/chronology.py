"""The moves of a case, in the order of time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from servicecrm.cases.codes import MomentKind
from servicecrm.cases.lifecycle import (
    ACCEPT,
    ASSIGN,
    CLOSE,
    FORWARD,
    GIVE_UPDATE,
    HAND_BACK,
    LIFECYCLE,
    MESSAGE,
    NOTE,
    REOPEN,
)
from servicecrm.cases.model import Case
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.moments import Moments, with_moment

__all__ = ["after_wait", "check_later", "move"]

AT_ANY_TIME: Final = (MESSAGE, NOTE)
"""What may have been said before there was a case, such as the letter that led to it."""

_CAME: Final = "it came to whoever has it"
_ACCEPTED: Final = "it was accepted"
_ASKED: Final = "an update was asked for"
_ANSWERED: Final = "the case was answered"
_CLOSED: Final = "the case was closed"

_TIMES: Final[Mapping[str, Callable[[Case], datetime | None]]] = {
    _CAME: lambda case: case.holders[-1].since if case.holders else None,
    _ACCEPTED: lambda case: case.accepted_at,
    _ASKED: lambda case: max((request.asked_at for request in case.open_updates), key=micros, default=None),
    _ANSWERED: lambda case: case.answered_at,
    _CLOSED: lambda case: case.closed_at,
}
_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    ASSIGN: (_CAME,),
    ACCEPT: (_CAME,),
    FORWARD: (_CAME, _ACCEPTED),
    HAND_BACK: (_CAME, _ACCEPTED),
    GIVE_UPDATE: (_ASKED,),
    CLOSE: (_ANSWERED,),
    REOPEN: (_ANSWERED, _CLOSED),
}
"""What each step follows, besides the receipt: a clock that reads them in another order may never stop."""


def move(case: Case, action: str, event: Event, **changes: object) -> Decision[Case]:
    """Take a step that the lifecycle allows, and that did not happen before what it follows.

    Raises:
        TransitionNotAllowed: the lifecycle has no such move from this state.
        GuardNotMet: something has to be there first.
        PolicyViolation: it would lie before the case was received, or before the step that it follows or undoes.
    """
    decision = LIFECYCLE.move(case, action, event, **changes)
    if action not in AT_ANY_TIME:
        _check_follows(case.received_at, "the case was received", event)
    for says in _FOLLOWS.get(action, ()):
        _check_follows(_TIMES[says](case), says, event)
    if case.waiting is not None and decision.after.waiting is None:
        _check_follows(case.waiting.since, "the wait began", event)
    return decision


def after_wait(case: Case, event: Event) -> Moments:
    """The moments of a case when an event has ended its wait, if it was waiting."""
    if case.waiting is None:
        return case.moments
    return with_moment(case.moments, MomentKind.RESUMED, event, code=case.waiting.for_)


def check_later(rule: str, when: datetime, than: datetime, says: str) -> None:
    """Refuses a time that is not after another one.

    Raises:
        PolicyViolation: names the rule.
    """
    if micros(when) <= micros(than):
        raise PolicyViolation(rule, says)


def _check_follows(earlier: datetime | None, says: str, event: Event) -> None:
    if earlier is not None and micros(event.occurred_at) < micros(earlier):
        since = earlier.astimezone(UTC).isoformat(timespec="seconds")
        raise PolicyViolation("occurred_at", f"it cannot lie before {says}, at {since}")
