"""A case on hold until somebody else has done something."""

from datetime import datetime

from servicecrm.cases.chronology import after_wait, check_later, move
from servicecrm.cases.codes import MomentKind, WaitingFor
from servicecrm.cases.events import Resumed, WaitingStarted
from servicecrm.cases.lifecycle import RESUME, WAIT
from servicecrm.cases.model import Case, Waiting
from servicecrm.cases.shapes import coded
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.tracking.moments import with_moment

__all__ = ["resume", "wait"]


def wait(
    case: Case,
    for_: WaitingFor | str,
    *,
    reason: str | None = None,
    until: datetime | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Put an accepted case on hold until somebody else has done something. Its state stays as it is.

    Raises:
        TransitionNotAllowed: it is not accepted.
        GuardNotMet: it is waiting already.
        PolicyViolation: the wait would end before it starts.
    """
    event = WaitingStarted(**stamp(by, at, occurred_at))
    waiting = Waiting(for_=coded("for_", WaitingFor, for_), reason=reason, since=event.occurred_at, until=until)
    moments = with_moment(case.moments, MomentKind.WAITING, event, code=waiting.for_)
    decision = move(case, WAIT, event, waiting=waiting, moments=moments)
    if until is not None:
        check_later("until", until, event.occurred_at, "a wait ends after it starts; name a later time, or none")
    return decision


def resume(case: Case, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None) -> Decision[Case]:
    """Go on after a wait.

    Raises:
        TransitionNotAllowed: it is not accepted.
        GuardNotMet: it is not waiting.
        PolicyViolation: it would go on before the wait began.
    """
    event = Resumed(**stamp(by, at, occurred_at))
    return move(case, RESUME, event, waiting=None, moments=after_wait(case, event))
