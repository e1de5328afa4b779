"""What a complaint really is, what is behind it, and whether it is justified."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.complaints.chronology import move
from servicecrm.complaints.codes import Feedback, Verdict
from servicecrm.complaints.deciding_events import CauseFound, ComplaintJudged, ComplaintReclassified, FindingAdded
from servicecrm.complaints.lifecycle import FIND_CAUSE, INVESTIGATE, JUDGE, LIFECYCLE, RECLASSIFY
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.parts import Finding, Investigation, Judgement
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several

__all__ = ["find_cause", "investigate", "judge", "reclassify"]


def reclassify(
    complaint: Complaint,
    feedback: Feedback | str,
    *,
    reason: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Say that it is something else than it was taken for: a request, an incident, a compliment, a suggestion.

    It keeps its number and its history, but no longer counts as a complaint, and need not be judged.

    Raises:
        TransitionNotAllowed: it is withdrawn, or goes on as another one.
        GuardNotMet: it is taken for a complaint after it was answered or has ended: reopen it first.
        PolicyViolation: it is taken for that already; whoever it is about, or somebody on their behalf, says so; or it
            would lie before it was reclassified or taken up again.

    Source: C041.
    """
    event = ComplaintReclassified(**stamp(by, at, occurred_at), reason=reason)
    feedback = Feedback(feedback)
    decision = move(complaint, RECLASSIFY, event, code=feedback, feedback=feedback)
    if feedback is complaint.feedback:
        raise PolicyViolation("feedback", f"it is taken for a {feedback} already")
    about = complaint.complained_about
    if about is not None and about in (event.by.id, event.by.on_behalf_of):
        raise PolicyViolation("complained_about", "whoever it is about does not say what it is; ask somebody else")
    return decision


def investigate(
    complaint: Complaint,
    text: str,
    *,
    evidence: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Keep what was found out; `evidence` are references to what shows it.

    Raises:
        TransitionNotAllowed: the complaint is not being worked on.
        InvalidValue: the text is blank.

    Source: C046; ISO 10002, an investigation as deep as the complaint is serious.
    """
    event = FindingAdded(**stamp(by, at, occurred_at))
    finding = Finding(text=text, evidence=several("evidence", evidence), by=event.by.id, at=event.occurred_at)
    known = complaint.investigation or Investigation()
    return move(complaint, INVESTIGATE, event, investigation=evolve(known, findings=(*known.findings, finding)))


def find_cause(
    complaint: Complaint,
    cause: str,
    *,
    text: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Name the cause behind a complaint, which may turn out after it is closed.

    Raises:
        TransitionNotAllowed: it is withdrawn, or goes on as another one.
        PolicyViolation: the house does not have this cause.

    Source: C046.
    """
    event = CauseFound(**stamp(by, at, occurred_at))
    known = complaint.investigation or Investigation()
    decision = move(complaint, FIND_CAUSE, event, investigation=evolve(known, cause=cause, cause_text=text))
    policy.check_cause(cause)
    return decision


def judge(
    complaint: Complaint,
    verdict: Verdict | str,
    *,
    grounds: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Decide whether a complaint is justified, and say why. What was judged before is kept.

    Whoever judges on behalf of somebody else writes down what that one decided. A judgement of what is answered already
    changes no answer: reopen the complaint to answer it anew.

    Raises:
        TransitionNotAllowed: the complaint is not assessed yet, or has ended otherwise than by closing.
        GuardNotMet: whoever judges or writes it down is the one complained about, or has decided about it at an earlier
            stage.
        PolicyViolation: it is no complaint, so that there is nothing to judge; or it would be judged before its stage
            began, or before the judgement that is replaced.
        InvalidValue: the grounds are blank.

    Source: C044; YaSM SP3.3.
    """
    event = ComplaintJudged(**stamp(by, at, occurred_at))
    judgement = Judgement(
        verdict=Verdict(verdict),
        grounds=grounds,
        by=event.by.on_behalf_of or event.by.id,
        at=event.occurred_at,
        stage=complaint.stage,
    )
    before, written_by = complaint.judgements, evolve(judgement, by=event.by.id)
    decision = move(
        complaint,
        JUDGE,
        event,
        code=judgement.verdict,
        judgements=(*before, judgement),
        decided_by=complaint.decided_by | {judgement.by, event.by.id},
    )
    LIFECYCLE.step(complaint, JUDGE, judgements=(*before, written_by))
    if complaint.feedback is not Feedback.COMPLAINT:
        raise PolicyViolation("verdict", f"only complaints are judged, and this is a {complaint.feedback}")
    return decision
