"""How complaints belong together: one says the same as another, is a part of it, or belongs to it otherwise."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from servicecrm.complaints.chronology import move
from servicecrm.complaints.codes import ChangeOf, LinkKind
from servicecrm.complaints.events import (
    ChangeProposed,
    ComplaintLinked,
    ComplaintMerged,
    ComplaintSplit,
    DuplicateTakenIn,
)
from servicecrm.complaints.handling import reopen
from servicecrm.complaints.intake import record
from servicecrm.complaints.lifecycle import ENDED, LINK, MERGE, PROPOSE_CHANGE, SPLIT, TAKE_IN
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.parts import Link
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.shapes import several

__all__ = ["link", "merge", "propose_change", "split"]

DUPLICATE: Final = "duplicate"
"""The closing code of a complaint that goes on as another one."""

OF_COMMANDS: Final = (LinkKind.DUPLICATE_OF, LinkKind.SPLIT_FROM)
"""The links that come with a command of their own."""


def link(
    complaint: Complaint,
    other: Complaint,
    kind: LinkKind | str,
    *,
    ancestors: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Say how a complaint belongs to another one. `ancestors` are the ids of all that the other is a child of.

    Raises:
        TransitionNotAllowed: it is withdrawn, or goes on as another one.
        GuardNotMet: it would be linked to itself.
        PolicyViolation: it has this link already, would become its own ancestor, or merging or splitting makes it.

    Source: C055.
    """
    event, above = ComplaintLinked(**stamp(by, at, occurred_at)), several("ancestors", ancestors)
    new = Link(kind=LinkKind(kind), complaint=other.id)
    decision = move(complaint, LINK, event, links=(*complaint.links, new))
    if new.kind in OF_COMMANDS:
        raise PolicyViolation("links", f"{new.kind} is made by merging or splitting, and not by itself")
    if new in complaint.links:
        raise PolicyViolation("links", "it has this link already")
    if new.kind is LinkKind.CHILD_OF and complaint.linked(LinkKind.CHILD_OF):
        raise PolicyViolation("links", "it is the child of a complaint already")
    if new.kind is LinkKind.CHILD_OF and complaint.id in above:
        raise PolicyViolation("links", "the other complaint is itself a child of this one")
    return decision


def merge(
    complaint: Complaint,
    into: Complaint,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> tuple[Decision[Complaint], Decision[Complaint]]:
    """End a complaint because it says the same as another one, and go on there.

    Both keep their numbers, their times and what was said. One that had ended is reopened, because there is more to say
    about it. A complaint that was merged takes in no others, so that every duplicate leads to one that goes on.

    Raises:
        TransitionNotAllowed: it has ended, or the other one is withdrawn.
        GuardNotMet: it would be merged into itself.
        PolicyViolation: the other one goes on as a third, which is named; or it has been closed for too long.

    Source: C055.
    """
    event = ComplaintMerged(**stamp(by, at, occurred_at), into=into.id)
    merged = move(
        complaint,
        MERGE,
        event,
        links=(*complaint.links, Link(kind=LinkKind.DUPLICATE_OF, complaint=into.id)),
        waiting=None,
        closed_at=event.occurred_at,
        closing_code=DUPLICATE,
    )
    if into.duplicate_of is not None:
        raise PolicyViolation("merge", f"that complaint goes on as {into.duplicate_of}; merge into this one instead")
    taken_in = DuplicateTakenIn(**stamp(by, at, occurred_at), duplicate=complaint.id)
    if into.state not in ENDED:
        return merged, move(into, TAKE_IN, taken_in)
    why = f"a duplicate came: {complaint.number or complaint.id}"
    handler = into.handler or complaint.handler
    reopened = reopen(into, why, handler=handler, by=by, at=at, occurred_at=occurred_at, policy=policy)
    return merged, reopened.then(move, TAKE_IN, taken_in)


def split(
    complaint: Complaint,
    subject: str,
    *,
    id: str,
    number: str | None = None,
    text: str = "",
    category: str | None = None,
    service: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
    policy_version: int = 0,
) -> tuple[Decision[Complaint], Decision[Complaint]]:
    """Make a part of a complaint a complaint of its own, which was received when the whole was.

    Raises:
        TransitionNotAllowed: it has ended.
        InvalidValue: the subject is blank.
        PolicyViolation: the house does not have the category.

    Source: C055; several matters in one letter are recorded one by one.
    """
    whole = move(complaint, SPLIT, ComplaintSplit(**stamp(by, at, occurred_at), part=id))
    part = record(
        id=id,
        number=number,
        subject=subject,
        text=text,
        channel=complaint.channel,
        language=complaint.language,
        customer=complaint.customer,
        complainant=complaint.complainant,
        contact=complaint.contact,
        on_behalf_of=complaint.on_behalf_of,
        needs=complaint.needs,
        service=complaint.service if service is None else service,
        agreement=complaint.agreement,
        category=category,
        complained_about=complaint.complained_about,
        received_at=complaint.received_at,
        links=(Link(kind=LinkKind.SPLIT_FROM, complaint=complaint.id),),
        by=by,
        at=at,
        policy=policy,
        policy_version=policy_version,
    )
    return whole, part


def propose_change(
    complaint: Complaint,
    text: str,
    *,
    id: str,
    kind: ChangeOf | str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Say that a complaint shows that a service or a process has to change; `id` is that of the proposal.

    Raises:
        TransitionNotAllowed: it is withdrawn, or goes on as another one.
        InvalidValue: the text is blank.

    Source: C107; YaSM SP3, proposals for changes.
    """
    event = ChangeProposed(**stamp(by, at, occurred_at), proposal=id, kind=ChangeOf(kind), text=text)
    return move(complaint, PROPOSE_CHANGE, event)
