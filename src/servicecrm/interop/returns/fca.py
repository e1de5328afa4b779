"""The complaints return of the UK's Financial Conduct Authority: how many, how fast, upheld or not, and what was paid.

This is the return of DISP 1 Annex 1R, in force for periods that end before 2027; the consolidated return that follows
it has other products and causes, which are arguments here.

Source: FCA Handbook DISP 1.5, 1.6, 1.10 and DISP 1 Annex 1R, as of 7 April 2026; PS25/19.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from servicecrm.calendars import BusinessHours
from servicecrm.complaints.codes import Verdict
from servicecrm.interop.returns.model import Finding, ReturnRow, foreign, known, refuse, repeated, span, stood, total
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import fields_of, record
from servicecrm.kernel.values import Period

__all__ = ["CAUSES", "FcaReturn", "ProductLine", "complaints_return", "findings", "upheld"]

QUICKLY: Final = "3 business days until close"
IN_TIME: Final = "8 calendar weeks"
"""By when a complaint has to be closed to count as closed in three days, or in eight weeks (DISP 1.5.1R, 1.6.2R)."""

CAUSES: Final = (
    "Unsuitable advice",
    "Unclear guidance/arrangement",
    "Disputes over sums/charges",
    "Product performance/features",
    "Product disclosure information",
    "Errors/not following instructions",
    "Delays/timescales",
    "Other general admin/customer service",
    "Arrears related",
    "Other",
)
"""What complaints are about, in the words of the return."""


@record
class ProductLine:
    """The complaints about one product or service. Amounts are whole pounds."""

    product: str
    opened: int
    closed_within_3_days: int
    closed_within_8_weeks: int
    closed_later: int
    upheld: int
    redress_upheld: int
    redress_not_upheld: int
    causes: FrozenMap
    """How many of those that were opened there are of each cause."""

    @property
    def closed(self) -> int:
        """All that were closed."""
        return self.closed_within_3_days + self.closed_within_8_weeks + self.closed_later


@record
class FcaReturn:
    """What is reported of a period, product by product; `left_out` names the complaints that are not reported."""

    period: Period
    outstanding_at_start: int
    products: tuple[ProductLine, ...]
    left_out: tuple[str, ...] = ()

    @property
    def opened(self) -> int:
        """Received in the period."""
        return sum(line.opened for line in self.products)

    @property
    def closed(self) -> int:
        """Closed in the period, whenever received."""
        return sum(line.closed for line in self.products)

    @property
    def upheld(self) -> int:
        """Closed in the period, and found to be justified, even if only in part."""
        return sum(line.upheld for line in self.products)

    @property
    def redress(self) -> int:
        """What was paid in the period, in whole pounds."""
        return sum(line.redress_upheld + line.redress_not_upheld for line in self.products)

    @property
    def nil(self) -> bool:
        """Is there nothing to report? Then a firm declares just that."""
        return not self.products

    def rows(self) -> list[dict[str, str | int]]:
        """One row for each product, with the causes as columns."""
        return [_row(line) for line in self.products]


def complaints_return(
    rows: Iterable[ReturnRow],
    *,
    period: Period,
    calendar: BusinessHours,
    products: Collection[str] = (),
    causes: Collection[str] = CAUSES,
) -> FcaReturn:
    """The return of a period, from all complaints that were open in it; others do no harm.

    They are told as they stood when the period ended: what was closed, decided or paid later is for the next return.
    `calendar` says when business closes and which days count. Without `products` any word will do. Not reported are
    complaints that were passed on whole, and those out of scope; what was passed on in part is reported by both firms.
    One that was closed and taken up again counts as open.

    Raises:
        MalformedDocument: a complaint does not fit; every finding.
        InvalidValue: the period has no end.

    Source: DISP 1.10.
    """
    given = tuple(rows)
    refuse("FCA complaints return", findings(given, period=period, products=products, causes=causes))
    start, _ = span(period)
    told = [row for row in _of(given, period) if _reported(row)]
    by_product: dict[str, list[ReturnRow]] = {}
    for row in told:
        by_product.setdefault(row.product or "", []).append(row)
    names = [*products, *sorted(by_product.keys() - set(products))]
    lines = (_line(name, by_product[name], period, calendar, causes) for name in names if name in by_product)
    return FcaReturn(
        period=period,
        outstanding_at_start=sum(micros(row.received_at) < start and not _closed_before(row, start) for row in told),
        products=tuple(lines),
        left_out=tuple(row.complaint for row in _of(given, period) if not _reported(row)),
    )


def findings(
    rows: Iterable[ReturnRow],
    *,
    period: Period,
    products: Collection[str] = (),
    causes: Collection[str] = CAUSES,
) -> tuple[Finding, ...]:
    """What keeps complaints out of the return, all of it: to be put right before it is made."""
    told = [row for row in _of(rows, period) if _reported(row)]
    return (*repeated(told), *(each for row in told for each in _misfits(row, products, causes)))


def upheld(row: ReturnRow) -> bool:
    """Does a complaint count as upheld? It does if it is so in part, or if nobody can know and something was paid.

    Goodwill after a rejection leaves it rejected.

    Source: DISP 1.10.
    """
    if row.verdict is Verdict.UNDETERMINED:
        return total(row.redress) > 0
    return row.verdict in (Verdict.JUSTIFIED, Verdict.PARTLY)


# -- inside --------------------------------------------------------------------------------------


def _of(rows: Iterable[ReturnRow], period: Period) -> list[ReturnRow]:
    """The complaints that a period has to do with, as they stood at its end: open in it for a while, or paid for."""
    start, end = span(period)
    return [
        row
        for row in (stood(each, end) for each in rows)
        if micros(row.received_at) < end and (not _closed_before(row, start) or _paid(row, start, end))
    ]


def _reported(row: ReturnRow) -> bool:
    return row.passed_on != "whole" and row.verdict is not Verdict.OUT_OF_SCOPE


def _misfits(row: ReturnRow, products: Collection[str], causes: Collection[str]) -> Iterator[Finding]:
    yield from known(row, "product", row.product, products)
    yield from known(row, "issue", row.issue, causes)
    yield from foreign(row, "GBP")
    if row.closed_at is not None and row.verdict is None and not row.withdrawn:
        yield Finding(row.complaint, "verdict", "is missing; what is closed was upheld or not, or was withdrawn")


def _closed_before(row: ReturnRow, instant: int) -> bool:
    return row.closed_at is not None and micros(row.closed_at) < instant


def _paid(row: ReturnRow, start: int, end: int) -> Decimal:
    return total(each for each in row.redress if start <= micros(each.given_at) < end)


def _line(
    product: str, rows: list[ReturnRow], period: Period, calendar: BusinessHours, causes: Collection[str]
) -> ProductLine:
    start, end = span(period)
    opened = [row for row in rows if micros(row.received_at) >= start]
    closed = [row for row in rows if _closed_before(row, end) and not _closed_before(row, start)]
    speed = Counter(_speed(row, calendar) for row in closed)
    paid = {True: Decimal(0), False: Decimal(0)}
    for row in rows:
        paid[upheld(row)] += _paid(row, start, end)
    by_cause = Counter(row.issue for row in opened)
    return ProductLine(
        product=product,
        opened=len(opened),
        closed_within_3_days=speed[QUICKLY],
        closed_within_8_weeks=speed[IN_TIME],
        closed_later=speed[None],
        upheld=sum(map(upheld, closed)),
        redress_upheld=_pounds(paid[True]),
        redress_not_upheld=_pounds(paid[False]),
        causes=FrozenMap({cause: by_cause[cause] for cause in causes or sorted(filter(None, by_cause))}),
    )


def _speed(row: ReturnRow, calendar: BusinessHours) -> str | None:
    """The first of the limits that a closed complaint kept."""
    closed = row.closed_at or row.received_at
    limits = (QUICKLY, IN_TIME)
    return next((limit for limit in limits if micros(closed) <= micros(calendar.due(row.received_at, limit).at)), None)


def _pounds(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _row(line: ProductLine) -> dict[str, str | int]:
    told = {name: value for name, value in fields_of(line).items() if isinstance(value, str | int)}
    by_cause = {f"opened: {cause}": n for cause, n in line.causes.items() if isinstance(n, int)}
    return {**told, "closed": line.closed, **by_cause}
