"""What key figures count of a complaint."""

from collections.abc import Iterator
from typing import Final

from servicecrm.complaints.codes import RemedyStatus
from servicecrm.complaints.judged import judged
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.figures import Figures, told

__all__ = ["COUNTED", "figures_of"]

COUNTED: Final = frozenset(
    {
        MomentKind.FORWARDED,
        MomentKind.CLOSED,
        MomentKind.WITHDRAWN,
        MomentKind.REOPENED,
        MomentKind.LAPSED,
        MomentKind.PASSED_ON,
        MomentKind.MERGED,
        MomentKind.STAGE,
        MomentKind.MESSAGE,
    }
)
"""The kinds of moments that count."""


def figures_of(complaint: Complaint) -> Figures:
    """What counts of a complaint, as far as no other column has it."""
    happened, later = told(complaint.moments, COUNTED, complaint.received_at)
    return Figures(
        recorded_at=micros(complaint.recorded_at),
        happened=happened,
        later=later,
        agreement=complaint.agreement,
        judged=[
            # What was taken over from another system does not say when we heard of it.
            (micros(each.at if moment is None else moment.recorded_at), each.verdict, micros(each.at))
            for each, moment in (judged(complaint) if complaint.judgements else ())
        ],
        remedies=[*_remedies(complaint)],
        referrals=[*_referrals(complaint)],
    )


def _remedies(complaint: Complaint) -> Iterator[tuple[str, int, str | None, str | None]]:
    """The remedies that were taken or given, by the first of both."""
    for remedy in complaint.remedies:
        if remedy.status in (RemedyStatus.ACCEPTED, RemedyStatus.PROVIDED):
            at, cost = remedy.answered_at or remedy.provided_at, remedy.amount
            if at is not None:
                amount, currency = (None, None) if cost is None else (str(cost.amount), cost.currency)
                yield remedy.kind, micros(at), amount, currency


def _referrals(complaint: Complaint) -> Iterator[tuple[int, int | None]]:
    """That a part was passed on leaves no moment, so that it counts from when it happened."""
    recorded = {
        micros(moment.occurred_at): micros(moment.recorded_at)
        for moment in (complaint.moments if complaint.referrals else ())
        if moment.kind == MomentKind.PASSED_ON
    }
    for referral in complaint.referrals:
        at = micros(referral.at)
        yield at, recorded.get(at) if referral.whole else None
