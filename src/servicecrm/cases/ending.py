"""How a case comes to an end, and is taken up again."""

from datetime import datetime

from servicecrm.cases.chronology import move
from servicecrm.cases.events import CaseClosed, CaseReopened, CaseWithdrawn
from servicecrm.cases.lifecycle import CLOSE, REOPEN, WITHDRAW
from servicecrm.cases.model import Case
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.kernel.decisions import Actor, Decision, stamp

__all__ = ["close", "reopen", "withdraw"]


def close(
    case: Case,
    code: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case]:
    """Close a case; `code` says how it ended. One that ended without anything done for the requester is flagged.

    Raises:
        TransitionNotAllowed: nobody has accepted it, or it is closed already.
        GuardNotMet: there is neither an answer nor anything that stands in for it, an update is still asked for, or the
            closing code is empty; every one of these.
        PolicyViolation: the house does not have this closing code, or what it needs is not documented.

    Source: C065.
    """
    event = CaseClosed(**stamp(by, at, occurred_at))
    known = policy.closing_code(code)
    decision = move(
        case,
        CLOSE,
        event,
        code=code,
        waiting=None,
        closed_at=event.occurred_at,
        closing_code=code,
        without_action=known is not None and not known.action,
    )
    policy.check_closing(code, case)
    return decision


def reopen(
    case: Case,
    reason: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case]:
    """Take up an answered or closed case again, with the handler it had.

    The answer and the closing no longer hold, so the record forgets them; its moments and the journal do not.

    Raises:
        TransitionNotAllowed: it is still open, or withdrawn.
        PolicyViolation: it has been closed for too long, and a new one can be opened instead; or it would be reopened
            before it was answered or closed.

    Source: C066.
    """
    event = CaseReopened(**stamp(by, at, occurred_at), reason=reason)
    decision = move(
        case,
        REOPEN,
        event,
        answered_at=None,
        closed_at=None,
        closing_code=None,
        without_action=False,
        reopenings=case.reopenings + 1,
    )
    policy.check_reopening(case.closed_at, event.occurred_at)
    return decision


def withdraw(
    case: Case,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """End a case because the requester takes it back. Nobody waits for an update any longer.

    Raises:
        TransitionNotAllowed: it is closed, or withdrawn already.
    """
    event = CaseWithdrawn(**stamp(by, at, occurred_at), reason=reason)
    answered = tuple(request for request in case.update_requests if request.answered_at is not None)
    return move(case, WITHDRAW, event, waiting=None, closed_at=event.occurred_at, update_requests=answered)
