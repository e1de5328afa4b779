"""How complaints belong together: one says the same as another, is a part of it, or belongs to it otherwise."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from servicecrm.complaints.answers import decided
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
from servicecrm.complaints.lifecycle import LINK, MERGE, OVER, PROPOSE_CHANGE, SPLIT, TAKE_IN
from servicecrm.complaints.model import Complaint, MomentKind, Priority
from servicecrm.complaints.parts import Link
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Moment, Moments, Side, standing, with_moment

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

    Both keep their numbers, their times and what was said. If `into` was answered or has ended, it is reopened, because
    there is more to say about it; `policy` are its house rules. A complaint that was merged takes in no others, so that
    every duplicate leads to one that goes on; `reopen` parts it again.

    A risk to safety goes on there, and so does the date until when it is to be answered, unless the other one has an
    earlier one. Who may not decide about one of them does not decide about the other: the higher stage goes on, with
    those who have decided at an earlier one, and so does whom it is about. When the two are parted, the other one keeps
    all that.

    Raises:
        TransitionNotAllowed: it has ended, or the other one is withdrawn.
        GuardNotMet: it would be merged into itself.
        PolicyViolation: the other one goes on as a third, which is named; or it has been closed for too long; or one is
            a complaint, and the other something else; or it would lie before the other one was taken up again, or
            before its stage began.

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
    if complaint.feedback is not into.feedback:
        one, other = complaint.feedback, into.feedback
        raise PolicyViolation("merge", f"this is a {one} and that a {other}; reclassify one of them first")
    taken_in = DuplicateTakenIn(**stamp(by, at, occurred_at), duplicate=complaint.id)
    if into.state not in OVER:
        return merged, _taken_in(into, complaint, taken_in)
    why = f"a duplicate came: {complaint.number or complaint.id}"
    handler = into.handler or complaint.handler
    reopened = reopen(into, why, handler=handler, by=by, at=at, occurred_at=occurred_at, policy=policy)
    return merged, reopened.then(_taken_in, complaint, taken_in)


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

    It is taken for what the whole is, and what the complainant was told until then was told about both: where the
    receipt of the whole was confirmed or answered, nobody is late with that for the part. It is at the same stage, and
    who may not decide about the whole does not decide about the part.

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
        feedback=complaint.feedback,
        received_at=complaint.received_at,
        links=(Link(kind=LinkKind.SPLIT_FROM, complaint=complaint.id),),
        by=by,
        at=at,
        policy=policy,
        policy_version=policy_version,
    )
    of_the_whole = {name: getattr(complaint, name) for name in ("stage", "deciders", "decided_by")}
    return whole, begin(evolve(part.after, moments=_moments_of_a_part(complaint), **of_the_whole), part.events[0])


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


def _taken_in(into: Complaint, complaint: Complaint, event: Event) -> Decision[Complaint]:
    """A complaint takes in another one, with what is more pressing about that."""
    changes: dict[str, Any] = {}
    moments = into.moments
    if complaint.safety and not into.safety:
        changes |= {"safety": True, "computed_priority": Priority.P1, "priority": Priority.P1}
        if into.priority is not Priority.P1:
            moments = with_moment(moments, MomentKind.RATED, event, code=Priority.P1)
    due_at = complaint.due_at
    if due_at is not None and (into.due_at is None or micros(due_at) < micros(into.due_at)):
        changes["due_at"] = due_at
        moments = with_moment(moments, MomentKind.DUE, event, until=due_at)
    if complaint.stage > into.stage:
        moments = with_moment(moments, MomentKind.STAGE, event, code=str(complaint.stage))
    return move(into, TAKE_IN, event, moments=moments, **changes, **_may_not_decide(into, complaint))


def _may_not_decide(into: Complaint, complaint: Complaint) -> dict[str, Any]:
    """The stage of what goes on, and who may not decide about it, or not again: nobody comes to it by a merger."""
    both, stage = (into, complaint), max(into.stage, complaint.stage)
    about = into.complained_about or complaint.complained_about
    decided_by: set[str] = set()
    deciders = {each.complained_about for each in both} - {about, None}  # it is about one, and another one keeps away
    for each in both:
        decided_by |= each.decided_by if each.stage == stage else set()
        deciders |= each.deciders if each.stage == stage else each.deciders | decided(each)
    return {
        "stage": stage,
        "complained_about": about,
        "deciders": frozenset(deciders),
        "decided_by": frozenset(decided_by),
    }


TOLD_OF_BOTH: Final = (
    MomentKind.RECEIVED,
    MomentKind.RECLASSIFIED,
    MomentKind.ACKNOWLEDGED,
    MomentKind.STAGE,
)


def _moments_of_a_part(whole: Complaint) -> Moments:
    """When it came, what it was taken for, its stage, and what was told: the rest is of the whole alone."""
    found: list[Moment] = []
    for moment in standing(whole.moments):
        if moment.kind in TOLD_OF_BOTH or (moment.kind == MomentKind.MESSAGE and moment.side is Side.INSIDE):
            found.append(moment)
        elif moment.kind == MomentKind.ANSWERED:  # it resolves the whole, and of the part it says that it came
            found.append(evolve(moment, kind=MomentKind.ACKNOWLEDGED, code=None))
            found.append(evolve(moment, kind=MomentKind.MESSAGE, code=MessageClass.FINAL_RESPONSE))
    return tuple(evolve(moment, n=n) for n, moment in enumerate(found, 1))
