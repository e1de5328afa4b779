"""Ends that are no answer of ours: the complainant fell silent, or the complaint is somebody else's business."""

from datetime import datetime

from servicecrm.complaints.chronology import move
from servicecrm.complaints.events import ComplaintLapsed, ComplaintReferred, PartReferred
from servicecrm.complaints.lifecycle import LAPSE, REFER, REFER_PART
from servicecrm.complaints.model import Complaint, MomentKind, WaitingFor
from servicecrm.complaints.parts import Referral
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.tracking.conditions import any_of, on
from servicecrm.tracking.moments import Side, standing

__all__ = ["lapse", "refer"]


def lapse(
    complaint: Complaint,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """End a complaint because the complainant, whom it waits for, was reminded and still says nothing.

    It is not withdrawn: nobody took it back, and it can be reopened when the complainant comes again.

    Raises:
        TransitionNotAllowed: it is not being worked on.
        PolicyViolation: it does not wait for the customer; the complainant has written since the wait began; or the
            reminder is missing or too recent.

    Source: the two-stage silence of complaint practice; C049.
    """
    event = ComplaintLapsed(**stamp(by, at, occurred_at))
    decision = move(complaint, LAPSE, event, waiting=None, closed_at=event.occurred_at)
    policy.check_lapse(_reminded_at(complaint), event.occurred_at)
    return decision


def refer(
    complaint: Complaint,
    to: str,
    *,
    whole: bool,
    reference: str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Pass a complaint to an authority or a partner: a part, and the rest stays ours, or the whole, which ends it here.

    `reference` is their number for it.

    Raises:
        TransitionNotAllowed: it has ended.
        InvalidValue: it is not said to whom.

    Source: C048; FCA DISP 1.7, forwarding in whole or in part.
    """
    event = (ComplaintReferred if whole else PartReferred)(**stamp(by, at, occurred_at), to=to)
    referral = Referral(to=to, whole=whole, reference=reference, reason=reason, at=event.occurred_at)
    referrals = (*complaint.referrals, referral)
    if not whole:
        return move(complaint, REFER_PART, event, referrals=referrals)
    return move(complaint, REFER, event, referrals=referrals, waiting=None, closed_at=event.occurred_at)


def _reminded_at(complaint: Complaint) -> datetime | None:
    """When we last said something to a customer whom the complaint waits for, since it does.

    Raises:
        PolicyViolation: it does not wait for the customer, who may have said something since.
    """
    waiting = complaint.waiting
    if waiting is None or waiting.for_ is not WaitingFor.CUSTOMER:
        raise PolicyViolation("lapse_after", "only a complaint that waits for the customer can lapse; see wait")
    # What was said at the same time was said in the order in which it was told.
    told = standing(complaint.moments)
    began = max((n for n, moment in enumerate(told) if moment.kind == MomentKind.WAITING), default=len(told))
    said = [moment for moment in told[began:] if any_of(on(MomentKind.MESSAGE), moment)]
    if any(moment.side is Side.OUTSIDE for moment in said):
        raise PolicyViolation("lapse_after", "the complainant has written since the wait began; resume it")
    return said[-1].occurred_at if said else None
