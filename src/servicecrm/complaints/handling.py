"""Handling a complaint: who has it, what it waits for, and how it comes to an end."""

from datetime import datetime

from servicecrm.complaints.chronology import move
from servicecrm.complaints.events import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintForwarded,
    ComplaintReopened,
    ComplaintWithdrawn,
    MomentVoided,
    Resumed,
    WaitingStarted,
)
from servicecrm.complaints.lifecycle import ASSIGN, CLOSE, FORWARD, REOPEN, RESUME, VOID, WAIT, WITHDRAW
from servicecrm.complaints.model import Complaint, MomentKind, Waiting, WaitingFor
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.moments import Moments, Side, standing, with_moment, without_moment

__all__ = ["after_wait", "assign", "close", "forward", "reopen", "resume", "void", "wait", "withdraw"]


def assign(
    complaint: Complaint, handler: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """Give a complaint to its first handler: a person or a team.

    Raises:
        TransitionNotAllowed: it is not acknowledged yet, or has a handler: forward it instead.
        GuardNotMet: the handler is an empty text.
    """
    event = ComplaintAssigned(**stamp(by, at, occurred_at))
    return move(
        complaint,
        ASSIGN,
        event,
        handler=handler,
        handler_since=event.occurred_at,
        moments=with_moment(complaint.moments, MomentKind.ASSIGNED, event, side=Side.INSIDE),
    )


def forward(
    complaint: Complaint,
    handler: str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Hand a complaint on to another handler.

    Raises:
        TransitionNotAllowed: it is not in handling.
        GuardNotMet: the new handler is the present one, or an empty text.
    """
    event = ComplaintForwarded(**stamp(by, at, occurred_at), reason=reason)
    return move(
        complaint,
        FORWARD,
        event,
        handler=handler,
        handler_since=event.occurred_at,
        forwards=complaint.forwards + 1,
        moments=with_moment(complaint.moments, MomentKind.FORWARDED, event, side=Side.INSIDE),
    )


def wait(
    complaint: Complaint,
    for_: WaitingFor | str,
    *,
    reason: str | None = None,
    until: datetime | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Put a complaint on hold until somebody else has done something. Its state stays as it is.

    Raises:
        TransitionNotAllowed: it is not being worked on.
        GuardNotMet: it is waiting already.
        PolicyViolation: the wait would end before it starts.
    """
    event = WaitingStarted(**stamp(by, at, occurred_at))
    waiting = Waiting(for_=WaitingFor(for_), reason=reason, since=event.occurred_at, until=until)
    decision = move(
        complaint,
        WAIT,
        event,
        waiting=waiting,
        moments=with_moment(complaint.moments, MomentKind.WAITING, event, code=waiting.for_),
    )
    if until is not None and micros(until) <= micros(event.occurred_at):
        raise PolicyViolation("until", "a wait ends after it starts; name a later time, or none")
    return decision


def resume(
    complaint: Complaint, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """Go on after a wait.

    Raises:
        TransitionNotAllowed: it is not being worked on.
        GuardNotMet: it is not waiting.
        PolicyViolation: it would go on before the wait began.
    """
    event = Resumed(**stamp(by, at, occurred_at))
    return move(complaint, RESUME, event, waiting=None, moments=after_wait(complaint, event))


def close(
    complaint: Complaint,
    code: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Close an answered complaint; `code` says how it ended.

    Raises:
        TransitionNotAllowed: it was not answered yet, or is closed already.
        GuardNotMet: the closing code is empty.
        PolicyViolation: the house does not have this closing code.

    Source: ISO 10002 clause 7 (closing); C049.
    """
    event = ComplaintClosed(**stamp(by, at, occurred_at))
    decision = move(
        complaint,
        CLOSE,
        event,
        closed_at=event.occurred_at,
        closing_code=code,
        moments=with_moment(complaint.moments, MomentKind.CLOSED, event, side=Side.INSIDE, code=code),
    )
    policy.check_closing_code(code)
    return decision


def reopen(
    complaint: Complaint,
    reason: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Take up an answered or closed complaint again, with the handler it had.

    The answer and the closing no longer hold, so the record forgets them; its moments and the journal do not.

    Raises:
        TransitionNotAllowed: it is still open, or withdrawn.
        PolicyViolation: it has been closed for too long, and a new one can be recorded instead; or it would be reopened
            before it was answered or closed.

    Source: C050.
    """
    event = ComplaintReopened(**stamp(by, at, occurred_at), reason=reason)
    decision = move(
        complaint,
        REOPEN,
        event,
        waiting=None,
        answered_at=None,
        closed_at=None,
        closing_code=None,
        reopenings=complaint.reopenings + 1,
        moments=with_moment(after_wait(complaint, event), MomentKind.REOPENED, event),
    )
    policy.check_reopening(complaint.closed_at, event.occurred_at)
    return decision


def withdraw(
    complaint: Complaint,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """End a complaint because the complainant takes it back.

    Raises:
        TransitionNotAllowed: it is closed, or withdrawn already.
    """
    event = ComplaintWithdrawn(**stamp(by, at, occurred_at), reason=reason)
    return move(
        complaint,
        WITHDRAW,
        event,
        waiting=None,
        closed_at=event.occurred_at,
        moments=with_moment(after_wait(complaint, event), MomentKind.WITHDRAWN, event, side=Side.OUTSIDE),
    )


def void(
    complaint: Complaint,
    n: int,
    *,
    reason: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Take back the n-th moment, which was entered by mistake: no clock reads it any longer. Nothing else changes.

    Raises:
        InvalidValue: there is no such moment.
        PolicyViolation: it was voided before, or is itself a voiding; or it is the answer or the end that still holds.
    """
    event = MomentVoided(**stamp(by, at, occurred_at), reason=reason)
    decision = move(complaint, VOID, event, moments=without_moment(complaint.moments, n, event))
    _check_ends_nothing(complaint, n)
    return decision


def after_wait(complaint: Complaint, event: Event) -> Moments:
    """The moments of a complaint when an event has ended its wait, if it was waiting."""
    if complaint.waiting is None:
        return complaint.moments
    return with_moment(complaint.moments, MomentKind.RESUMED, event, code=complaint.waiting.for_)


def _check_ends_nothing(complaint: Complaint, n: int) -> None:
    """Refuses to void what the state rests on: clocks would run on for what has ended."""
    since: dict[str, datetime | None] = {
        MomentKind.ANSWERED: complaint.answered_at,
        MomentKind.CLOSED: complaint.closed_at,
        MomentKind.WITHDRAWN: complaint.closed_at,
    }
    kind = complaint.moments[n - 1].kind
    last = all(moment.n <= n for moment in standing(complaint.moments) if moment.kind == kind)
    if last and since.get(kind) is not None:
        instead = "record a new one" if kind == MomentKind.WITHDRAWN else "reopen it"
        raise PolicyViolation("void", f"the complaint is still {kind}, as moment {n} says; {instead} instead")
