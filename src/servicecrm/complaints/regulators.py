"""The deadlines of regulators as ready targets: publish them as they are, or add your own to them.

They count from the receipt, and waiting for the complainant does not stop them. A calendar named "default" has to have
the business days of the regulator's country.
"""

from datetime import date
from typing import Final

import attrs

from servicecrm.complaints.model import MomentKind
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.conditions import on
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.targets import Goal, Target, Targets

__all__ = ["ASIC", "CFPB", "FCA", "FCA_PAYMENTS", "REGULATIONS", "Deadline", "Regulation"]

_KINDS: Final = frozenset(MomentKind)


@record
class Deadline:
    """A target and where it is written: the clause, and the date of the wording that it was taken from."""

    target: Target
    clause: str = attrs.field(validator=filled)
    wording: date


@record
class Regulation:
    """The deadlines that a regulator sets for complaints.

    Raises:
        InvalidValue: two of them have one name.
    """

    name: str = attrs.field(validator=filled)
    regulator: str = attrs.field(validator=filled)
    deadlines: tuple[Deadline, ...]

    def __attrs_post_init__(self) -> None:
        names = [deadline.target.name for deadline in self.deadlines]
        if len(set(names)) < len(names):
            raise InvalidValue("Regulation.deadlines", "two targets have one name")

    @property
    def targets(self) -> Targets:
        """The targets, to be published for complaints."""
        return Targets(targets=tuple(deadline.target for deadline in self.deadlines))


FCA: Final = Regulation(
    name="fca",
    regulator="UK Financial Conduct Authority",
    deadlines=(
        Deadline(
            target=Target(
                name="summary_resolution",
                within="3 business days until close",
                start=on(MomentKind.RECEIVED),
                stop=on(MomentKind.ANSWERED, MomentKind.CLOSED),
            ),
            clause="DISP 1.5.1R: resolved by close of business on the third business day following receipt",
            wording=date(2016, 6, 30),
        ),
        Deadline(
            target=usual("final_response", "8 calendar weeks", kinds=_KINDS),
            clause="DISP 1.6.2R: a final response, or why there is none yet, by the end of eight weeks",
            wording=date(2026, 6, 1),
        ),
    ),
)
"""Missing the third business day breaks no rule: from then on the full rules of the final response hold."""

FCA_PAYMENTS: Final = Regulation(
    name="fca_payments",
    regulator="UK Financial Conduct Authority",
    deadlines=(
        FCA.deadlines[0],
        Deadline(
            target=usual("final_response", "15 business days until midnight", kinds=_KINDS),
            clause="DISP 1.6.2AR(1): a final response, or in exceptional circumstances a holding response",
            wording=date(2026, 6, 1),
        ),
        Deadline(
            target=Target(
                name="extended_response",
                within="35 business days until midnight",
                start=on(MomentKind.RECEIVED),
                stop=on(MomentKind.ANSWERED),
            ),
            clause="DISP 1.6.2AR(2): the final response after a holding response",
            wording=date(2026, 6, 1),
        ),
    ),
)
"""Complaints about payment services and electronic money."""

ASIC: Final = Regulation(
    name="asic",
    regulator="Australian Securities and Investments Commission",
    deadlines=(
        Deadline(
            target=usual("acknowledge", "1 business day", kinds=_KINDS),
            clause="RG 271.51: within 24 hours or one business day of receipt, or as soon as practicable",
            wording=date(2021, 9, 2),
        ),
        Deadline(
            target=usual(
                "final_response",
                "30 calendar days",
                kinds=_KINDS,
                goals=(
                    Goal(within="45 calendar days", types=("superannuation",)),
                    Goal(within="21 calendar days", types=("hardship", "credit_default")),
                ),
            ),
            clause="RG 271.56-60 and Table 2: 30 calendar days; superannuation 45; hardship and default notices 21",
            wording=date(2021, 9, 2),
        ),
    ),
)
"""The categories `superannuation`, `hardship` and `credit_default` have limits of their own."""

CFPB: Final = Regulation(
    name="cfpb",
    regulator="US Consumer Financial Protection Bureau",
    deadlines=(
        Deadline(
            target=usual("first_response", "15 calendar days", kinds=_KINDS),
            clause="Company Portal Manual: respond within 15 calendar days of being sent the complaint",
            wording=date(2016, 3, 1),
        ),
        Deadline(
            target=usual("final_response", "60 calendar days", kinds=_KINDS),
            clause="Company Portal Manual: the final response within 60 calendar days, where work is in progress",
            wording=date(2016, 3, 1),
        ),
    ),
)
"""The clock starts when the Bureau sends the complaint: that is when the company receives it."""

REGULATIONS: Final = {each.name: each for each in (FCA, FCA_PAYMENTS, ASIC, CFPB)}
"""All of them by name."""
