"""Everything that can be done with a proposal: pure commands, each giving a decision to save."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.improvements.codes import HandedTo, ProposalKind
from servicecrm.improvements.events import (
    ProposalAccepted,
    ProposalCited,
    ProposalEdited,
    ProposalHandedOver,
    ProposalRaised,
    ProposalRejected,
)
from servicecrm.improvements.lifecycle import ACCEPT, CITE, EDIT, HAND_OVER, LIFECYCLE, REJECT
from servicecrm.improvements.model import Origin, Proposal, ProposalId
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import coded, several
from servicecrm.tracking.moments import Side

__all__ = ["LIFECYCLE", "ProposalDetails", "accept", "cite", "edit", "hand_over", "propose", "reject"]


def propose(
    text: str,
    *,
    id: str,
    kind: ProposalKind | str,
    about: str | None = None,
    benefit: str = "",
    raised_by: str | None = None,
    side: Side | str = Side.INSIDE,
    raised_from: Iterable[Origin] = (),
    owner: str | None = None,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Proposal]:
    """Propose a change of a service or a process. Anybody may: `raised_by` is who, if that is not who enters it.

    Raises:
        InvalidValue: a text is blank, or a code is unknown.

    Source: C107; YaSM, service-change and process-change proposals.
    """
    event = ProposalRaised(**stamp(by, at, occurred_at))
    proposal = Proposal(
        id=ProposalId(id),
        number=number,
        state=LIFECYCLE.initial,
        kind=coded("kind", ProposalKind, kind),
        text=text,
        about=about,
        benefit=benefit,
        raised_by=event.by.id if raised_by is None else raised_by,
        side=coded("side", Side, side),
        raised_from=_once(raised_from),
        raised_at=event.occurred_at,
        owner=owner,
        extra=FrozenMap(extra),
    )
    return begin(proposal, event)


class ProposalDetails(TypedDict, total=False):
    """What can be changed of a proposal before it is decided about; None takes a value away."""

    text: str
    kind: ProposalKind | str
    about: str | None
    benefit: str
    owner: str | None


def edit(
    proposal: Proposal,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[ProposalDetails],
) -> Decision[Proposal]:
    """Change what is proposed, or who decides about it.

    Raises:
        TransitionNotAllowed: it was decided about.
        InvalidValue: nothing is given, or something else than `ProposalDetails`.
    """
    others = details.keys() - ProposalDetails.__annotations__.keys()
    if others or not details:
        told = f"cannot change {', '.join(sorted(others))}" if others else "nothing is given"
        raise InvalidValue("proposal", f"{told}; it can change {', '.join(ProposalDetails.__annotations__)}")
    changes: dict[str, Any] = dict(details)
    if "kind" in changes:
        changes["kind"] = coded("kind", ProposalKind, changes["kind"])
    return _move(proposal, EDIT, ProposalEdited(**stamp(by, at, occurred_at)), **changes)


def cite(
    proposal: Proposal,
    origins: Iterable[Origin],
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Proposal]:
    """Name more records that ask for the same, so that what becomes of it is seen from each of them.

    Raises:
        TransitionNotAllowed: it was rejected; propose it again, for these reasons.
        InvalidValue: nothing is given.

    Source: C107.
    """
    more = several("origins", origins)
    if not more:
        raise InvalidValue("origins", "nothing is given; name a record")
    event = ProposalCited(**stamp(by, at, occurred_at))
    return _move(proposal, CITE, event, raised_from=_once((*proposal.raised_from, *more)))


def accept(
    proposal: Proposal,
    answer: str | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Proposal]:
    """Accept a proposal; `answer` is what is said to whoever raised it.

    Raises:
        TransitionNotAllowed: it was decided about.
        InvalidValue: the answer is blank.

    Source: C107.
    """
    event = ProposalAccepted(**stamp(by, at, occurred_at))
    return _move(proposal, ACCEPT, event, answer=answer, decided_at=event.occurred_at)


def reject(
    proposal: Proposal, answer: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Proposal]:
    """Reject a proposal, and say why to whoever raised it.

    Raises:
        TransitionNotAllowed: it was rejected, or is handed over.
        InvalidValue: the answer is blank.

    Source: C107.
    """
    event = ProposalRejected(**stamp(by, at, occurred_at))
    return _move(proposal, REJECT, event, answer=answer, decided_at=event.occurred_at)


def hand_over(
    proposal: Proposal,
    to: HandedTo | str,
    *,
    target: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Proposal]:
    """Hand an accepted proposal over to whoever carries it out; `target` is the id that it has there. It is done once.

    Raises:
        TransitionNotAllowed: it is not accepted, or was handed over.

    Source: C107.
    """
    event = ProposalHandedOver(**stamp(by, at, occurred_at))
    whom = coded("to", HandedTo, to)
    return _move(proposal, HAND_OVER, event, handed_to=whom, target=target, handed_over_at=event.occurred_at)


def _move(proposal: Proposal, action: str, event: Event, /, **changes: Any) -> Decision[Proposal]:
    """A step that the lifecycle allows, and that did not happen before what it follows."""
    decision = LIFECYCLE.move(proposal, action, event, **changes)
    since, says = (proposal.raised_at, "raised") if proposal.decided_at is None else (proposal.decided_at, "decided")
    if micros(event.occurred_at) < micros(since):
        raise PolicyViolation("occurred_at", f"it cannot lie before the proposal was {says}")
    return decision


def _once(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(several("origins", origins, Origin)))
