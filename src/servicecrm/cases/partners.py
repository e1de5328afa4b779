"""A case that an outside partner works on, and what the partner says of it."""

from datetime import datetime

from servicecrm.cases.chronology import move
from servicecrm.cases.events import CaseReferred, PartnerUpdated
from servicecrm.cases.lifecycle import PARTNER_UPDATE, REFER
from servicecrm.cases.model import Case, Referral
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve

__all__ = ["partner_update", "refer"]


def refer(
    case: Case,
    partner: str,
    *,
    reference: str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Pass a case on to an outside partner; `reference` is the partner's number for it. Its handler keeps it.

    Raises:
        TransitionNotAllowed: the case is not accepted.
        InvalidValue: the partner is an empty text.
    """
    event = CaseReferred(**stamp(by, at, occurred_at), reason=reason)
    referral = Referral(partner=partner, reference=reference, referred_at=event.occurred_at)
    return move(case, REFER, event, referral=referral)


def partner_update(
    case: Case,
    status: str,
    *,
    note: str | None = None,
    reference: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case] | None:
    """Take in what a partner says; `status` is the partner's own word and `occurred_at` when the partner said so.

    None if there is nothing to save: an update that is older than the last one or than the referral, or says the same
    again. The state of the case stays as it is, because the requester still has to hear of it.

    Raises:
        GuardNotMet: the case was not referred to a partner.
        InvalidValue: the partner knows the case under another reference.
        PolicyViolation: the house has no word for this status; it is named.
    """
    event = PartnerUpdated(**stamp(by, at, occurred_at))
    known = case.referral
    if known is None:
        return move(case, PARTNER_UPDATE, event)  # which refuses it, by its guard
    if reference is not None and known.reference not in (None, reference):
        raise InvalidValue("reference", f"partner {known.partner} knows this case as {known.reference}")
    ours = policy.partner_status(known.partner, status)
    new = evolve(
        known,
        reference=known.reference if reference is None else reference,
        status=ours,
        external_status=status,
        note=note,
        updated_at=event.occurred_at,
    )
    stale = micros(event.occurred_at) < micros(known.updated_at or known.referred_at)
    if stale or evolve(new, updated_at=known.updated_at) == known:
        return None
    return move(case, PARTNER_UPDATE, event, code=ours, referral=new)
