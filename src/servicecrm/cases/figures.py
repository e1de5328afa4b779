"""What key figures count of a case."""

from typing import Final

from servicecrm.cases.codes import LinkKind, MomentKind
from servicecrm.cases.model import Case
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.figures import Figures, told

__all__ = ["COUNTED", "figures_of"]

COUNTED: Final = frozenset(
    {
        MomentKind.FORWARDED,
        MomentKind.CLOSED,
        MomentKind.WITHDRAWN,
        MomentKind.REOPENED,
        MomentKind.MESSAGE,
        MomentKind.CONTACT,
    }
)
"""The kinds of moments that count."""


def figures_of(case: Case) -> Figures:
    """What counts of a case, as far as no other column has it."""
    happened, later = told(case.moments, COUNTED, case.received_at)
    return Figures(
        recorded_at=micros(case.recorded_at),
        happened=happened,
        later=later,
        duplicate_of=next(iter(case.linked(LinkKind.DUPLICATE_OF)), None),
    )
