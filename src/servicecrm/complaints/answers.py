"""What becomes of an answer: the complainant is content with it, or somebody else decides again."""

from datetime import datetime

from servicecrm.complaints.chronology import move
from servicecrm.complaints.deciding_events import AnswerAccepted, AnswerDeclined, StageRaised
from servicecrm.complaints.lifecycle import ACCEPT_ANSWER, DECLINE_ANSWER, RAISE_STAGE
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.complaints.parts import Response
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.tracking.moments import with_moment

__all__ = ["accept_answer", "decided", "decline_answer", "raise_stage"]


def accept_answer(
    complaint: Complaint, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """The complainant is content with the answer.

    Raises:
        TransitionNotAllowed: there is no answer, or the complaint is closed.
        PolicyViolation: it would be accepted before it was given.

    Source: C048.
    """
    event = AnswerAccepted(**stamp(by, at, occurred_at))
    return move(complaint, ACCEPT_ANSWER, event, response=_said(complaint, accepted=True))


def decline_answer(
    complaint: Complaint,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """The complainant is not content with the answer: raise the stage, or say where else to turn, and close it.

    Raises:
        TransitionNotAllowed: there is no answer.
        PolicyViolation: it would be declined before it was given.

    Source: C048.
    """
    event = AnswerDeclined(**stamp(by, at, occurred_at), reason=reason)
    return move(complaint, DECLINE_ANSWER, event, response=_said(complaint, accepted=False))


def raise_stage(
    complaint: Complaint,
    handler: str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Deal with a complaint again, at the next stage: others than before judge it and answer it.

    Whoever has judged or answered it at this stage, or written that down, has decided, even if it was reopened since.

    The answer and the closing no longer hold, as when it is reopened; the judgement stays, until there is a new one.

    Raises:
        TransitionNotAllowed: there is no answer.
        GuardNotMet: the handler is an empty text.
        PolicyViolation: the complainant is content; there is no further stage; the complaint has been closed for too
            long; the handler has decided at an earlier stage; or it would begin before the complaint was answered or
            closed.

    Source: C048; the two stages of the LGSCO code.
    """
    event = StageRaised(**stamp(by, at, occurred_at), reason=reason)
    stage = complaint.stage + 1
    moments = with_moment(complaint.moments, MomentKind.REOPENED, event)
    decision = move(
        complaint,
        RAISE_STAGE,
        event,
        stage=stage,
        deciders=complaint.deciders | decided(complaint),
        decided_by=frozenset(),
        handler=handler,
        handler_since=event.occurred_at,
        response=None,
        answered_at=None,
        closed_at=None,
        closing_code=None,
        reopenings=complaint.reopenings + (complaint.closed_at is not None),
        moments=with_moment(moments, MomentKind.STAGE, event, code=str(stage)),
    )
    if complaint.response is not None and complaint.response.accepted:
        raise PolicyViolation("stages", "the complainant is content with the answer, unless they decline it after all")
    policy.check_stage(stage)
    policy.check_reopening(complaint.closed_at, event.occurred_at)
    if handler in decision.after.deciders:
        raise PolicyViolation("stages", "the handler has decided about it at an earlier stage; name somebody else")
    return decision


def decided(complaint: Complaint) -> frozenset[str]:
    """Who has decided about a complaint at this stage, or written that down."""
    # What was taken over from another system was not decided here, so that only the decisions themselves tell by whom.
    return complaint.decided_by | {each.by for each in (*complaint.judgements, complaint.response) if each}


def _said(complaint: Complaint, *, accepted: bool) -> Response | None:
    # One that was taken over from another system has an answer of which nothing is known.
    return None if complaint.response is None else evolve(complaint.response, accepted=accepted)
