"""How lately, how often and for how much customers bought."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal

import attrs

from servicecrm.errors import InvalidValue

__all__ = ["Bins", "Purchases", "Rfm", "RfmScore", "rfm", "scored", "summed"]

Negative = Literal["net", "refuse"]


def _figures(limits: Iterable[float]) -> tuple[float, ...]:
    return tuple(limits)


def _decimals(limits: Iterable[Decimal | int]) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, limits))


@attrs.frozen
class Bins:
    """Fixed limits between the grades, in rising order: days since the last purchase, purchases, and their sum.

    A value at a limit belongs to the grade below it: with recency (30, 90), 30 days are in the first bin.

    Raises:
        InvalidValue: the three do not have the same number of limits, or one is not in rising order.
    """

    recency: tuple[float, ...] = attrs.field(converter=_figures)
    frequency: tuple[float, ...] = attrs.field(converter=_figures)
    monetary: tuple[Decimal, ...] = attrs.field(converter=_decimals)

    def __attrs_post_init__(self) -> None:
        limits: tuple[Sequence[float | Decimal], ...] = (self.recency, self.frequency, self.monetary)
        if len({len(each) for each in limits}) != 1 or not self.recency:
            raise InvalidValue("Bins", "expected as many limits for each of the three, one or more")
        if any(list(each) != sorted(set(each)) for each in limits):
            raise InvalidValue("Bins", "expected limits in rising order")


@attrs.frozen
class Purchases:
    """What a customer bought in a window of time: the last day, how often, for how much."""

    customer: str
    last: date
    count: int
    total: Decimal


@attrs.frozen
class RfmScore:
    """The grades of a customer, 1 (low) to `levels` (high). The cell is written as one number, such as 545.

    Source: K09.
    """

    customer: str
    days: int
    count: int
    total: Decimal
    r: int
    f: int
    m: int
    weighted: float

    @property
    def cell(self) -> int:
        """The three grades as digits."""
        return 100 * self.r + 10 * self.f + self.m


@attrs.frozen
class Rfm:
    """The grades of all customers, and how they came about. `without` are those that bought nothing in the window."""

    as_of: date
    window: int | None
    bins: Bins | Literal["quantile"]
    levels: int
    weights: tuple[float, float, float]
    scores: tuple[RfmScore, ...]
    without: tuple[str, ...]

    def of(self, customer: str) -> RfmScore | None:
        """The grades of a customer; None if it bought nothing."""
        return next((score for score in self.scores if score.customer == customer), None)


EQUAL: Final = (1.0, 1.0, 1.0)


def rfm(
    transactions: Iterable[tuple[str, date, Decimal]],
    *,
    as_of: date,
    customers: Iterable[str] = (),
    window: int | None = None,
    bins: Bins | Literal["quantile"] = "quantile",
    levels: int = 5,
    weights: tuple[float, float, float] = EQUAL,
    negative: Negative = "net",
) -> Rfm:
    """Grade customers by their transactions: (customer, day, amount), in one currency.

    Transactions after `as_of`, or more than `window` days before it, do not count. A negative amount is a refund: it
    lowers the sum and is no purchase; or it is refused. `customers` are all that there are, so that those without any
    purchase are told too: they have no grades.

    Raises:
        InvalidValue: an amount is negative, and that is refused; or as `scored` does.

    Source: C020, K09.
    """
    purchases = summed(transactions, as_of=as_of, window=window, negative=negative)
    return scored(purchases, as_of=as_of, customers=customers, window=window, bins=bins, levels=levels, weights=weights)


def summed(
    transactions: Iterable[tuple[str, date, Decimal]],
    *,
    as_of: date,
    window: int | None = None,
    negative: Negative = "net",
) -> tuple[Purchases, ...]:
    """What each customer bought. Any engine that groups rows can do this; `scored` needs no more.

    Raises:
        InvalidValue: an amount is negative, and that is refused.
    """
    last: dict[str, date] = {}
    count: dict[str, int] = {}
    total: dict[str, Decimal] = {}
    for n, (customer, day, amount) in enumerate(transactions, 1):
        if amount < 0 and negative == "refuse":
            raise InvalidValue("transactions", f"row {n}: the amount is negative; net refunds, or leave them out")
        if day > as_of or (window is not None and (as_of - day).days > window):
            continue
        total[customer] = total.get(customer, Decimal(0)) + amount
        if amount >= 0:
            last[customer] = max(day, last.get(customer, day))
            count[customer] = count.get(customer, 0) + 1
    return tuple(Purchases(each, last[each], count[each], total[each]) for each in sorted(last))


def scored(
    purchases: Iterable[Purchases],
    *,
    as_of: date,
    customers: Iterable[str] = (),
    window: int | None = None,
    bins: Bins | Literal["quantile"] = "quantile",
    levels: int = 5,
    weights: tuple[float, float, float] = EQUAL,
) -> Rfm:
    """Grade what customers bought: by limits of your own, or so that each grade has as many customers as can be.

    Equal figures always have equal grades. With limits, there is one level more than limits.

    Raises:
        InvalidValue: there are fewer than 2 or more than 9 levels; a weight is below 0, or all are 0; or somebody
            bought after `as_of`.

    Source: C020, K09.
    """
    rows = sorted(purchases, key=lambda each: each.customer)
    levels = levels if bins == "quantile" else len(bins.recency) + 1
    if not 2 <= levels <= 9:
        raise InvalidValue("levels", "expected 2 to 9 levels, so that a cell is one digit for each")
    if min(weights) < 0 or not any(weights):
        raise InvalidValue("weights", "expected weights from 0, and one above 0")
    days = [(as_of - each.last).days for each in rows]
    if min(days, default=0) < 0:
        raise InvalidValue("purchases", "somebody bought after the day that they are graded as of")
    limits = (None, None, None) if bins == "quantile" else (bins.recency, bins.frequency, bins.monetary)
    grades = zip(
        rows,
        days,
        _binned(days, levels, limits[0]),
        _binned([each.count for each in rows], levels, limits[1]),
        _binned([each.total for each in rows], levels, limits[2]),
        strict=True,
    )
    scores = tuple(_score(each, since, (levels + 1 - r, f, m), weights) for each, since, r, f, m in grades)
    there = {each.customer for each in rows}
    without = tuple(sorted(set(customers) - there))
    return Rfm(as_of, window, bins, levels, weights, scores, without)


def _score(of: Purchases, days: int, grades: tuple[int, int, int], weights: tuple[float, float, float]) -> RfmScore:
    weighted = sum(weight * grade for weight, grade in zip(weights, grades, strict=True)) / sum(weights)
    r, f, m = grades
    return RfmScore(of.customer, days, of.count, of.total, r, f, m, weighted)


def _binned(values: Sequence[float | Decimal], levels: int, limits: Sequence[float | Decimal] | None) -> list[int]:
    """The bin of each value, from 1: by limits, or by how many of the others are smaller."""
    if limits is not None:
        return [1 + bisect_left(limits, value) for value in values]
    ordered = sorted(values)
    smaller = {value: bisect_left(ordered, value) for value in set(values)}
    return [1 + levels * smaller[value] // len(values) for value in values]
