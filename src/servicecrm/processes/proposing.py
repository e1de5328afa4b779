"""Needs, complaints and what was decided in a review become proposals for a change."""

from collections.abc import Collection, Iterable
from datetime import datetime

from servicecrm import improvements
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ChangeProposed
from servicecrm.improvements import Origin, Proposal, ProposalKind
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.reviews import Meeting, Need, ResolutionKind, Route, ServiceReview, needs
from servicecrm.reviews.lifecycle import MEETING, NEED, SERVICE_REVIEW
from servicecrm.tracking.moments import Side

__all__ = ["propose_decided", "propose_from_complaint", "propose_from_need", "proposes"]


def propose_from_need(
    need: Need,
    *,
    id: str,
    kind: ProposalKind | str = ProposalKind.SERVICE,
    owner: str | None = None,
    number: str | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[Proposal], Decision[Need]]:
    """Propose what a customer needs as a change; the need is passed on to improvement, and knows the proposal.

    Raises:
        TransitionNotAllowed: the need is not confirmed yet, or has ended.

    Source: C086, C107; YaSM SP3.5.
    """
    routed = needs.route(need, Route.IMPROVEMENT, target=id, by=by, at=at)
    proposed = improvements.propose(
        need.text,
        id=id,
        number=number,
        kind=kind,
        about=need.service,
        raised_by=need.customer,
        side=Side.OUTSIDE,
        raised_from=[Origin(kind=NEED.name, id=need.id)],
        owner=owner,
        by=by,
        at=at,
    )
    return proposed, routed


def proposes(decision: Decision[Complaint]) -> ChangeProposed | None:
    """What was just proposed because of a complaint."""
    return next((each for each in decision.events if isinstance(each, ChangeProposed)), None)


def propose_from_complaint(
    decision: Decision[Complaint], *, owner: str | None = None, number: str | None = None, by: Actor | str, at: datetime
) -> Decision[Proposal] | None:
    """The proposal that a complaint has just given rise to, under the id that the complaint names; None if to none.

    Source: C107; YaSM SP3.3.
    """
    complaint, event = decision.after, proposes(decision)
    if event is None:
        return None
    return improvements.propose(
        event.text,
        id=event.proposal,
        number=number,
        kind=event.kind.value,
        about=complaint.service if event.kind.value == ProposalKind.SERVICE.value else None,
        raised_by=event.by.id,
        raised_from=[Origin(kind="complaint", id=complaint.id)],
        owner=owner,
        by=by,
        at=at,
        occurred_at=event.occurred_at,
    )


def propose_decided(
    held: Meeting | ServiceReview,
    *,
    kind: ProposalKind | str = ProposalKind.SERVICE,
    known: Collection[str] = (),
    numbers: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[Proposal], ...]:
    """The proposals that a meeting or a review has decided on, but for those whose ids are `known`.

    `numbers` are those that they have for people, in their order.

    Source: C085, C088, C107.
    """
    source = MEETING.name if isinstance(held, Meeting) else SERVICE_REVIEW.name
    numbered = iter(numbers)
    return tuple(
        improvements.propose(
            each.text,
            id=each.record,
            number=next(numbered, None),
            kind=kind,
            raised_from=[Origin(kind=source, id=held.id)],
            owner=each.owner,
            by=by,
            at=at,
        )
        for each in held.resolutions
        if each.kind is ResolutionKind.PROPOSAL and each.record is not None and each.record not in known
    )
