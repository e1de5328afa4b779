"""What a snapshot of the portfolio is: how it stood with every customer at one time, kept as it was."""

from datetime import date, datetime
from typing import NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.portfolio.reports import Gap
from servicecrm.portfolio.shapes import figure
from servicecrm.tracking.signatures import signed_digest

__all__ = ["MOST", "PortfolioSnapshot", "PortfolioSnapshotId", "SnapshotLine"]

PortfolioSnapshotId = NewType("PortfolioSnapshotId", str)

MOST = 10_000
"""How many customers are in one snapshot at most: some 7 MB then, which are read and written in one piece."""


@record
class SnapshotLine:
    """How it stood with a customer, in ids, codes and figures alone: what it is called stands with the customer.

    The values are those of a line of the view of the portfolio.
    """

    customer: str = attrs.field(validator=filled)
    number: str | None = None
    state: str
    account_manager: str | None = None
    deputy: str | None = None
    value_class: str | None = None
    services: tuple[str, ...] = ()
    agreements: int = 0
    open_complaints: int = 0
    satisfaction: float | None = attrs.field(default=None, converter=figure)
    heard_at: datetime | None = None
    next_review: date | None = None
    verified_at: datetime | None = None


@record
class PortfolioSnapshot:
    """The portfolio as it was when somebody took this, or the part of it that one account manager looked after.

    Nothing is done to it afterwards, so that it has no states, and nothing in it is personal: a customer that is erased
    stays a line of figures. `gaps` is what was missing on these customers by the rules of that day.

    Raises:
        InvalidValue: it has more than 10,000 lines, or two of one customer.

    Source: C024.
    """

    id: PortfolioSnapshotId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    taken_at: datetime
    manager: str | None = attrs.field(default=None, validator=filled)
    lines: tuple[SnapshotLine, ...] = attrs.field(default=(), repr=False)
    gaps: tuple[Gap, ...] = attrs.field(default=(), repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self.lines) > MOST:
            raise InvalidValue(
                "PortfolioSnapshot.lines", f"a snapshot has at most {MOST:,} customers; take one for each manager"
            )
        if len({line.customer for line in self.lines}) < len(self.lines):
            raise InvalidValue("PortfolioSnapshot.lines", "a customer has one line")

    @property
    def digest(self) -> str:
        """The SHA-256 of its content, which is the same for ever."""
        return signed_digest(self, ("taken_at", "manager", "lines", "gaps"))
