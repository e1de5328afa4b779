"""A case on hold until somebody else has done something."""

from datetime import datetime

from servicecrm.cases.chronology import CHRONOLOGY, move
from servicecrm.cases.codes import WaitingFor
from servicecrm.cases.events import Resumed, WaitingStarted
from servicecrm.cases.lifecycle import RESUME
from servicecrm.cases.model import Case
from servicecrm.kernel.decisions import Actor, Decision, stamp

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
        PolicyViolation: the wait would end before it starts, or start before the case was taken up again.
    """
    event = WaitingStarted(**stamp(by, at, occurred_at))
    return CHRONOLOGY.wait(case, for_, event, reason=reason, until=until)


def resume(case: Case, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None) -> Decision[Case]:
    """Go on after a wait.

    Raises:
        TransitionNotAllowed: it is not accepted.
        GuardNotMet: it is not waiting.
        PolicyViolation: it would go on before the wait began.
    """
    return move(case, RESUME, Resumed(**stamp(by, at, occurred_at)), waiting=None)
