"""Minutes of a meeting: drafted, approved by both sides, passed on. After that they are added to, and not changed."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.shapes import several
from servicecrm.reviews.events import (
    MinutesAdded,
    MinutesApproved,
    MinutesConcluded,
    MinutesDistributed,
    MinutesDrafted,
    MinutesEdited,
)
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import ADD, APPROVE, CONCLUDE, DISTRIBUTE, DRAFT, EDIT
from servicecrm.reviews.lifecycle import MEETING as LIFECYCLE
from servicecrm.reviews.model import Meeting
from servicecrm.reviews.parts import Addendum, Topic
from servicecrm.reviews.signing import signature_for
from servicecrm.tracking.moments import Side
from servicecrm.tracking.signatures import unsigned, with_signature

__all__ = ["add", "approve", "distribute", "draft", "edit"]


def draft(
    meeting: Meeting,
    topics: Iterable[Topic],
    *,
    next_on: date | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Write the minutes: what was talked about, and when both sides meet again. What was decided is told by `resolve`.

    Raises:
        TransitionNotAllowed: it was not held, or there are minutes already.
        GuardNotMet: nothing was talked about.

    Source: C085.
    """
    event = MinutesDrafted(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(meeting, DRAFT, event, topics=several("topics", topics), next_on=next_on)
    check_follows(event, meeting.held_at, "the meeting")
    return decision


def edit(
    meeting: Meeting,
    *,
    topics: Iterable[Topic] | None = None,
    next_on: date | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Change the draft of the minutes. Whatever was approved before counts no more.

    Raises:
        TransitionNotAllowed: the minutes are approved; add to them instead.
        GuardNotMet: nothing was talked about.
        InvalidValue: nothing is given.
    """
    changes: dict[str, Any] = {} if topics is None else {"topics": several("topics", topics)}
    if next_on is not None:
        changes["next_on"] = next_on
    if not changes:
        raise InvalidValue("meeting", "nothing is given; it can change topics, next_on")
    return LIFECYCLE.move(meeting, EDIT, MinutesEdited(**stamp(by, at, occurred_at)), approvals=(), **changes)


def approve(
    meeting: Meeting,
    side: Side | str,
    *,
    signer: str | None = None,
    digest: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Approve the minutes for one side; with the second side they are approved.

    `signer` is whoever approves, if that is not who enters it, and `digest` names the minutes that were shown.

    Raises:
        TransitionNotAllowed: there are no minutes, or they are approved.
        PolicyViolation: the minutes are other ones than `digest` names, or the signer was there for the other side.

    Source: C085.
    """
    LIFECYCLE.target(meeting.state, APPROVE)
    stamped, shown = stamp(by, at, occurred_at), meeting.digest
    new = signature_for(side, stamped, signer=signer, digest=digest or shown, attendees=meeting.attendees)
    approvals = with_signature(meeting.approvals, new, digest=shown)
    if unsigned(approvals, Side, digest=shown):
        event = MinutesApproved(**stamped, side=Side(new.party), digest=shown)
        decision = LIFECYCLE.move(meeting, APPROVE, event, approvals=approvals)
    else:
        concluded = MinutesConcluded(**stamped, side=Side(new.party), digest=shown)
        decision = LIFECYCLE.move(meeting, CONCLUDE, concluded, approvals=approvals, approved_at=concluded.occurred_at)
    check_follows(decision.events[-1], meeting.held_at, "the meeting")
    return decision


def distribute(
    meeting: Meeting,
    to: Iterable[str] | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Pass the approved minutes on: to all who were there, or to whom is named. It can be done again, for others.

    Raises:
        TransitionNotAllowed: the minutes are not approved.
        GuardNotMet: nobody is named.
        PolicyViolation: it would lie before the approval.

    Source: C085.
    """
    event = MinutesDistributed(**stamp(by, at, occurred_at))
    people = [each.person for each in meeting.attendees] if to is None else several("to", to, str)
    decision = LIFECYCLE.move(
        meeting,
        DISTRIBUTE,
        event,
        distributed_at=event.occurred_at if meeting.distributed_at is None else meeting.distributed_at,
        distributed_to=tuple(dict.fromkeys((*meeting.distributed_to, *people))),
    )
    check_follows(event, meeting.approved_at, "the minutes were approved")
    return decision


def add(
    meeting: Meeting, text: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Meeting]:
    """Add something to approved minutes, which themselves stay as they are.

    Raises:
        TransitionNotAllowed: the minutes are not approved yet; change the draft instead.
        InvalidValue: the text is blank.

    Source: C085.
    """
    event = MinutesAdded(**stamp(by, at, occurred_at))
    addendum = Addendum(text=text, by=event.by.id, at=event.occurred_at)
    decision = LIFECYCLE.move(meeting, ADD, event, addenda=(*meeting.addenda, addendum))
    check_follows(event, meeting.approved_at, "the minutes were approved")
    return decision
