"""Which moment tells of which judgement: a judgement says when it was made, and its moment when that was told."""

from collections.abc import Iterator

from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.complaints.parts import Judgement
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.moments import Moment

__all__ = ["judged"]


def judged(complaint: Complaint) -> Iterator[tuple[Judgement, Moment | None]]:
    """The judgements of a complaint, each with its moment, in the order in which they were told.

    One that was taken over from another system has left no moment. A moment that was voided is there like any other.
    """
    left = [moment for moment in complaint.moments if moment.kind == MomentKind.JUDGED]
    for judgement in complaint.judgements:
        found = next((n for n, moment in enumerate(left) if _tells_of(moment, judgement)), None)
        if found is None:
            yield judgement, None
        else:
            yield judgement, left[found]
            del left[: found + 1]


def _tells_of(moment: Moment, judgement: Judgement) -> bool:
    return moment.code == judgement.verdict and micros(moment.occurred_at) == micros(judgement.at)
