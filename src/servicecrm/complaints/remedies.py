"""What is done for a complainant: proposed, approved, offered, taken or not, and carried out."""

from datetime import datetime
from typing import Any

from servicecrm.complaints.chronology import move
from servicecrm.complaints.codes import RemedyKind, RemedyStatus
from servicecrm.complaints.deciding_events import (
    RemedyAccepted,
    RemedyDeclined,
    RemedyOffered,
    RemedyProposed,
    RemedyProvided,
    RemedyRefused,
)
from servicecrm.complaints.lifecycle import APPROVE, OFFER, PROVIDE, SETTLE
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.parts import Remedy
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import whole
from servicecrm.kernel.values import Money

__all__ = ["accept_remedy", "approve_remedy", "decline_remedy", "offer", "provide_remedy", "refuse_remedy"]


def offer(
    complaint: Complaint,
    kind: RemedyKind | str,
    *,
    text: str | None = None,
    amount: Money | None = None,
    valid_until: datetime | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Offer the complainant a remedy. One with which all cost more than the house allows, but for those that were
    refused or declined, is only proposed: see `approve_remedy` and `refuse_remedy`.

    Remedies are numbered from 1, in the order in which they came.

    Raises:
        TransitionNotAllowed: the complaint is neither in handling nor answered.
        InvalidValue: the house has no such kind of remedy, or it costs less than nothing.
        PolicyViolation: the offer would end before it is made.

    Source: C047; ISO 10002, remedies.
    """
    proposed = policy.needs_approval(amount, besides=complaint.remedies)
    event = (RemedyProposed if proposed else RemedyOffered)(**stamp(by, at, occurred_at))
    remedy = Remedy(
        kind=policy.remedy_kind(kind),
        text=text,
        amount=amount,
        status=RemedyStatus.PROPOSED if proposed else RemedyStatus.OFFERED,
        proposed_by=event.by.on_behalf_of or event.by.id,
        written_by=event.by.id,
        proposed_at=event.occurred_at,
        offered_at=None if proposed else event.occurred_at,
        valid_until=valid_until,
    )
    decision = move(complaint, OFFER, event, remedies=(*complaint.remedies, remedy))
    _check_valid(remedy, event, "an offer ends after it is made; name a later time, or none")
    return decision


def approve_remedy(
    complaint: Complaint, remedy: int, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """Approve a proposed remedy, which is offered by that.

    Raises:
        TransitionNotAllowed: the complaint is neither in handling nor answered.
        PolicyViolation: it is not proposed, or not at that time; the offer would be over; or whoever approves, or on
            whose behalf, has proposed it or written the proposal down.
        InvalidValue: there is no such remedy.
    """
    event = RemedyOffered(**stamp(by, at, occurred_at))
    approver = event.by.on_behalf_of or event.by.id
    changes = {"status": RemedyStatus.OFFERED, "approved_by": approver, "offered_at": event.occurred_at}
    decision = _changed(complaint, remedy, APPROVE, event, needs=RemedyStatus.PROPOSED, **changes)
    proposal = complaint.remedies[remedy - 1]
    if {proposal.proposed_by, proposal.written_by} & {approver, event.by.id}:
        raise PolicyViolation("remedy_limits", "whoever proposes a remedy does not approve it; ask somebody else")
    return decision


def refuse_remedy(
    complaint: Complaint,
    remedy: int,
    *,
    reason: str,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Do not approve a proposed remedy: it is not offered, and costs nothing. Whoever has proposed it may do so too.

    Raises:
        TransitionNotAllowed: the complaint is neither in handling nor answered.
        PolicyViolation: it is not proposed, or not at that time.
        InvalidValue: there is no such remedy, or the reason is blank.

    Source: C047.
    """
    event = RemedyRefused(**stamp(by, at, occurred_at), remedy=remedy, reason=reason)
    return _changed(complaint, remedy, APPROVE, event, needs=RemedyStatus.PROPOSED, status=RemedyStatus.REFUSED)


def accept_remedy(
    complaint: Complaint, remedy: int, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """The complainant takes a remedy.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn, or goes on as another one.
        PolicyViolation: the remedy is not offered, or not at that time.
        InvalidValue: there is no such remedy.
    """
    event = RemedyAccepted(**stamp(by, at, occurred_at), remedy=remedy)
    changes = {"status": RemedyStatus.ACCEPTED, "answered_at": event.occurred_at}
    return _changed(complaint, remedy, SETTLE, event, needs=RemedyStatus.OFFERED, **changes)


def decline_remedy(
    complaint: Complaint,
    remedy: int,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """The complainant does not want a remedy.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn, or goes on as another one.
        PolicyViolation: the remedy is not offered, or not at that time.
        InvalidValue: there is no such remedy.
    """
    event = RemedyDeclined(**stamp(by, at, occurred_at), remedy=remedy, reason=reason)
    changes = {"status": RemedyStatus.DECLINED, "answered_at": event.occurred_at}
    return _changed(complaint, remedy, SETTLE, event, needs=RemedyStatus.OFFERED, **changes)


def provide_remedy(
    complaint: Complaint, remedy: int, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Complaint]:
    """A remedy that was accepted is carried out: paid, repaired, sent. The complaint may be closed by then.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn, or goes on as another one.
        PolicyViolation: the remedy is not accepted, or it would be provided before it was.
        InvalidValue: there is no such remedy.

    Source: C047; K32 counts it already since it was accepted.
    """
    event = RemedyProvided(**stamp(by, at, occurred_at), remedy=remedy)
    changes = {"status": RemedyStatus.PROVIDED, "provided_at": event.occurred_at}
    return _changed(complaint, remedy, PROVIDE, event, needs=RemedyStatus.ACCEPTED, **changes)


def _changed(
    complaint: Complaint, n: int, action: str, event: Event, *, needs: RemedyStatus, **changes: Any
) -> Decision[Complaint]:
    remedies = complaint.remedies
    if not 1 <= whole("remedy", n) <= len(remedies):
        there = f"they are numbered from 1 to {len(remedies)}" if remedies else "none was offered yet"
        raise InvalidValue("remedy", f"there is no remedy {n}; {there}")
    remedy = remedies[n - 1]
    changed = (*remedies[: n - 1], evolve(remedy, **changes), *remedies[n:])
    decision = move(complaint, action, event, remedies=changed)
    if remedy.status is not needs:
        raise PolicyViolation("remedy", f"remedy {n} is {remedy.status}; only one that is {needs} will do")
    since = remedy.answered_at or remedy.offered_at or remedy.proposed_at
    if since is not None and micros(event.occurred_at) < micros(since):
        raise PolicyViolation("occurred_at", f"it cannot lie before remedy {n} was {needs}")
    if changes["status"] not in (RemedyStatus.PROVIDED, RemedyStatus.REFUSED):
        _check_valid(remedy, event, f"the offer of remedy {n} is over; offer another one")
    return decision


def _check_valid(remedy: Remedy, event: Event, says: str) -> None:
    if remedy.valid_until is not None and micros(remedy.valid_until) <= micros(event.occurred_at):
        raise PolicyViolation("valid_until", says)
