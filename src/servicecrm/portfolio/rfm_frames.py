"""How lately, how often and for how much customers bought, from a data frame of whatever library: for millions of rows.

The columns are grouped and graded where they lie, through narwhals; the grades are those of `portfolio.rfm`.
"""

from datetime import date, datetime, time, timedelta
from importlib import import_module
from typing import Any, Final, Literal

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.portfolio.rfm import EQUAL, Bins, Negative, scored

__all__ = ["purchases_frame", "rfm_frame"]

PLACES: Final = 6
"""Sums are rounded to so many places: those of floats differ far behind the point with the order of the rows."""

Frame = Any
"""A data frame of pandas, polars or another library that narwhals knows; none of them is there for everybody."""


def purchases_frame(
    transactions: Frame,
    *,
    as_of: date,
    window: int | None = None,
    negative: Negative = "net",
    customer: str = "customer",
    day: str = "day",
    amount: str = "amount",
) -> Frame:
    """What each customer bought: a row with `customer`, `first` and `last` day, `count` and `total`.

    It is a data frame of the same library. What counts is told by `portfolio.summed`.

    Raises:
        InvalidValue: there is no such column, a cell is empty, or an amount is negative and that is refused.
        MissingExtra: narwhals is not installed.

    Source: C020.
    """
    names = (customer, day, amount)
    return _purchases(transactions, names, as_of=as_of, window=window, negative=negative).to_native()


def rfm_frame(
    transactions: Frame,
    *,
    as_of: date,
    window: int | None = None,
    bins: Bins | Literal["quantile"] = "quantile",
    levels: int = 5,
    weights: tuple[float, float, float] = EQUAL,
    negative: Negative = "net",
    customer: str = "customer",
    day: str = "day",
    amount: str = "amount",
) -> Frame:
    """Grade the customers of a data frame of transactions; see `portfolio.rfm`, which says what the grades mean.

    Gives a data frame of the same library, by customer, with what each bought and its `days`, `r`, `f`, `m`, `cell` and
    `weighted`. Who bought nothing in the window is not in it.

    Raises:
        InvalidValue: there is no such column, a cell is empty, or as `portfolio.rfm` says.
        MissingExtra: narwhals is not installed.

    Source: C020, K09.
    """
    nw = _narwhals()
    levels = scored((), as_of=as_of, bins=bins, levels=levels, weights=weights).levels  # refuses what it refuses
    names = (customer, day, amount)
    bought = _purchases(transactions, names, as_of=as_of, window=window, negative=negative)
    bought = bought.with_columns(days=(nw.lit(_midnight(as_of)) - nw.col("last")).dt.total_minutes() // (24 * 60))
    limits = (None, None, None) if bins == "quantile" else (bins.recency, bins.frequency, bins.monetary)
    binned = (
        _bin(nw, name, len(bought), levels, of).alias(grade)
        for name, grade, of in zip(("days", "count", "total"), "rfm", limits, strict=True)
    )
    bought = bought.with_columns(*binned).with_columns(r=levels + 1 - nw.col("r"))
    r, f, m = (nw.col(grade) for grade in "rfm")
    weighted = (weights[0] * r + weights[1] * f + weights[2] * m) / sum(weights)
    return bought.with_columns(cell=100 * r + 10 * f + m, weighted=weighted).to_native()


def _narwhals() -> Any:
    try:
        return import_module("narwhals")
    except ImportError as error:
        raise MissingExtra("reckoning on data frames", "frames") from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())  # as days in frames have no zone


def _purchases(
    transactions: Frame, names: tuple[str, str, str], *, as_of: date, window: int | None, negative: Negative
) -> Any:
    nw = _narwhals()
    rows = _rows(nw, transactions, names)
    refunds = (rows["amount"] < 0).any()
    if refunds and negative == "refuse":
        raise InvalidValue("transactions", "an amount is negative; net refunds, or leave them out")
    counts = rows["day"] < _midnight(as_of) + timedelta(days=1)
    if window is not None:
        counts &= rows["day"] >= _midnight(as_of) - timedelta(days=window)
    if not counts.all():
        rows = rows.filter(counts)
    if refunds:  # they lower the sum, and are no purchase
        rows = rows.with_columns(day=nw.when(nw.col("amount") >= 0).then(nw.col("day")))
    day = nw.col("day")
    return (
        rows.group_by("customer")
        .agg(first=day.min(), last=day.max(), count=day.count(), total=nw.col("amount").sum())
        .filter(nw.col("count") > 0)
        .with_columns(total=nw.col("total").round(PLACES))
        .sort("customer")
    )


def _rows(nw: Any, transactions: Frame, names: tuple[str, str, str]) -> Any:
    """The three columns under names of ours."""
    rows = nw.from_native(transactions, eager_only=True)
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise InvalidValue("transactions", f"there is no column {', '.join(missing)}; name those that there are")
    rows = rows.select(*(nw.col(name).alias(ours) for name, ours in zip(names, _NAMES, strict=True)))
    empty = [name for name, column in zip(names, rows.iter_columns(), strict=True) if column.null_count()]
    if empty:
        raise InvalidValue("transactions", f"a cell is empty in {', '.join(empty)}; leave such rows out")
    return rows if rows["day"].dtype == nw.Datetime else rows.with_columns(nw.col("day").cast(nw.Datetime("us")))


_NAMES: Final = ("customer", "day", "amount")


def _bin(nw: Any, name: str, n: int, levels: int, limits: Any) -> Any:
    """The bin of each value, from 1: by limits, or by how many of the others are smaller."""
    value = nw.col(name)
    if limits is None:
        return 1 + levels * (value.rank("min").cast(nw.Int64) - 1) // n
    return 1 + nw.sum_horizontal(*((value > float(limit)).cast(nw.Int64) for limit in limits))
