"""Who stands by minutes and reports, for which side."""

from collections.abc import Iterable

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Stamp
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.shapes import coded
from servicecrm.reviews.parts import Attendee
from servicecrm.tracking.moments import Side
from servicecrm.tracking.signatures import Signature

__all__ = ["signature_for"]


def signature_for(
    side: Side | str, told: Stamp, *, signer: str | None, digest: str, attendees: Iterable[Attendee]
) -> Signature:
    """The signature of whoever signs for a side: `signer`, or who enters it.

    Raises:
        InvalidValue: there is no such side, or the signer is no text.
        PolicyViolation: whoever signs was there for the other side.
    """
    which, who = coded("side", Side, side), storable("signer", signer or told["by"].id)
    sides = {each.person: each.side for each in attendees}
    if sides.get(who, which) is not which:
        raise PolicyViolation("signer", "whoever was there for one side does not sign for the other")
    return Signature(party=which, signer=who, at=told["occurred_at"], digest=digest)
