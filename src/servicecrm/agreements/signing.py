"""Signing an agreement: each party signs the same terms, and then it holds."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.agreements.codes import ContactPurpose, Party
from servicecrm.agreements.events import AgreementConcluded, AgreementSigned
from servicecrm.agreements.lifecycle import AGREEMENT, BOUND, CONCLUDE, SIGN
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.parts import check_signed_in_time
from servicecrm.agreements.reviewing import overlapping
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.signatures import Signature, unsigned, with_signature

__all__ = ["sign"]


def sign(
    agreement: Agreement,
    party: Party | str,
    *,
    signer: str | None = None,
    place: str | None = None,
    digest: str | None = None,
    others: Iterable[Agreement] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Sign the terms for a party. The second signature concludes the agreement: from then on both are held to it.

    `signer` is who signed, if somebody else records it, such as a signature on paper. `digest` is that of the terms
    that the signer was shown: give it, and nobody signs what has changed meanwhile. `others` are agreements with the
    same customer: one that both are held to, about the same service at the same time, stands in the way of the second
    signature.

    Raises:
        TransitionNotAllowed: it is not accepted yet, or is signed by both.
        PolicyViolation: the terms are other ones than `digest` names; the contacts of the party name others for
            signing; it would be signed before it was accepted, or after its last day; or two lines would be about one
            service at one time.

    Source: C028, C029.
    """
    side = Party(party)
    shown, stamped = agreement.digest, stamp(by, at, occurred_at)
    new = Signature(
        party=side,
        signer=signer or stamped["by"].id,
        place=place,
        at=stamped["occurred_at"],
        digest=shown if digest is None else digest,
    )
    AGREEMENT.target(agreement.state, SIGN)
    signatures = with_signature(agreement.signatures, new, digest=shown)
    if unsigned(signatures, Party, digest=shown):
        event = AgreementSigned(**stamped, party=side, digest=shown)
        decision = AGREEMENT.move(agreement, SIGN, event, signatures=signatures)
    else:
        concluded = AgreementConcluded(**stamped, party=side, digest=shown)
        signed_at = max((each.at for each in signatures), key=micros)
        decision = AGREEMENT.move(agreement, CONCLUDE, concluded, signatures=signatures, signed_at=signed_at)
        _check_lines(decision.after, others)
    _check_signer(agreement, new, side)
    return decision


def _check_signer(agreement: Agreement, signature: Signature, party: Party) -> None:
    allowed = agreement.contact(party, ContactPurpose.SIGNING)
    if allowed and signature.signer not in allowed:
        raise PolicyViolation("signer", f"for the {party} sign: {', '.join(allowed)}")
    if agreement.agreed_at is not None and micros(signature.at) < micros(agreement.agreed_at):
        raise PolicyViolation("occurred_at", "it cannot be signed before it was accepted")
    check_signed_in_time(signature.at, agreement.last_day, agreement.zone)


def _check_lines(agreement: Agreement, others: Iterable[Agreement]) -> None:
    twice = overlapping(agreement, (each for each in others if each.state in BOUND))
    if twice:
        says = f"two lines would be about {', '.join(twice)} at one time; let one end first, or renew that agreement"
        raise PolicyViolation("lines", says)
