"""Handling a complaint: who has it, what it waits for, and how it comes to an end."""

from datetime import datetime

from servicecrm.complaints.chronology import CHRONOLOGY, move
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
from servicecrm.complaints.lifecycle import ASSIGN, CLOSE, FORWARD, IN_HANDLING, MERGED, REOPEN, RESUME, WITHDRAW
from servicecrm.complaints.model import Complaint, WaitingFor
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.kernel.decisions import Actor, Decision, stamp

__all__ = ["assign", "close", "forward", "reopen", "resume", "void", "wait", "withdraw"]


def assign(
    complaint: Complaint, handler: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """Give a complaint to its first handler: a person or a team.

    Raises:
        TransitionNotAllowed: it has a handler: forward it instead.
        GuardNotMet: the handler is an empty text; or it is not acknowledged yet, and there is no risk to safety.
    """
    event = ComplaintAssigned(**stamp(by, at, occurred_at))
    return move(complaint, ASSIGN, event, handler=handler, handler_since=event.occurred_at)


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
        PolicyViolation: it would be handed on before it came to its handler, or before it was taken up again.
    """
    event = ComplaintForwarded(**stamp(by, at, occurred_at), reason=reason)
    forwards = complaint.forwards + 1
    return move(complaint, FORWARD, event, handler=handler, handler_since=event.occurred_at, forwards=forwards)


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
        PolicyViolation: the wait would end before it starts, or start before the complaint was taken up again.
    """
    event = WaitingStarted(**stamp(by, at, occurred_at))
    return CHRONOLOGY.wait(complaint, for_, event, reason=reason, until=until)


def resume(
    complaint: Complaint, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """Go on after a wait.

    Raises:
        TransitionNotAllowed: it is not being worked on.
        GuardNotMet: it is not waiting.
        PolicyViolation: it would go on before the wait began.
    """
    return move(complaint, RESUME, Resumed(**stamp(by, at, occurred_at)), waiting=None)


def close(
    complaint: Complaint,
    code: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Close an answered complaint, or one whose complainant nobody can reach; `code` says how it ended.

    Raises:
        TransitionNotAllowed: it is not in handling yet, or has ended.
        GuardNotMet: the closing code is empty; it is not judged, or by the one that it is about; a mandatory step is
            not done, or has to be done again; the answer was declined, and nobody has said where else to turn; or it is
            not answered, and the complainant can be reached.
        PolicyViolation: the house does not have this closing code; or it is not answered, and its priority asks for an
            investigation first.

    Source: ISO 10002 clause 7 (closing); C049.
    """
    event = ComplaintClosed(**stamp(by, at, occurred_at))
    decision = move(complaint, CLOSE, event, code=code, waiting=None, closed_at=event.occurred_at, closing_code=code)
    if complaint.state == IN_HANDLING:  # what is closed without an answer needs what an answer needs
        policy.check_investigation(complaint)
    policy.check_closing_code(code)
    return decision


def reopen(
    complaint: Complaint,
    reason: str,
    *,
    handler: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Take up an answered or ended complaint again, with the handler it had, or another one.

    The answer and the closing no longer hold, so the record forgets them; its moments and the journal do not. One that
    was merged goes on by itself again, however long that is ago: the other one may be withdrawn, or another matter. It
    is as it was when it was merged, and the other one keeps what it has taken over: see `merge`.

    Raises:
        TransitionNotAllowed: it is still open, or withdrawn.
        GuardNotMet: it never had a handler, and none is named.
        PolicyViolation: it has been closed for too long, and a new one can be recorded instead; or it would be reopened
            before it was answered or closed.

    Source: C050.
    """
    event = ComplaintReopened(**stamp(by, at, occurred_at), reason=reason)
    other = handler is not None and handler != complaint.handler
    decision = move(
        complaint,
        REOPEN,
        event,
        handler=handler if other else complaint.handler,
        handler_since=event.occurred_at if other else complaint.handler_since,
        waiting=None,
        response=None,
        answered_at=None,
        closed_at=None,
        closing_code=None,
        reopenings=complaint.reopenings + 1,
        links=complaint.other_links,
    )
    if complaint.state != MERGED:
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
        TransitionNotAllowed: it has ended.
    """
    event = ComplaintWithdrawn(**stamp(by, at, occurred_at), reason=reason)
    return move(complaint, WITHDRAW, event, waiting=None, closed_at=event.occurred_at)


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
        PolicyViolation: it was voided before, or is itself a voiding; or the complaint says the same: it is the
            receipt, the answer or the end that still holds, the reopening of what is open, or the last wait, rating,
            class, verdict, stage or due date.
    """
    return CHRONOLOGY.void(complaint, n, MomentVoided(**stamp(by, at, occurred_at), reason=reason))
