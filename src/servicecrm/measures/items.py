"""Answers to several questions: one row for each respondent, turned where asked, counted, and filled in."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import fsum
from operator import call
from typing import Any, Literal

from servicecrm.errors import InvalidValue
from servicecrm.measures.scales import Scale, is_missing, number

__all__ = ["Missing", "Patterns", "Row", "Rows", "answered", "complete", "filled", "filled_in", "reader", "stand_ins"]

Row = tuple[float | None, ...]

Rows = Iterable[Sequence[float | None]] | Mapping[Row, int]
"""The answers of each respondent, with None for a missing one; or how often each row was given."""

Patterns = Mapping[Row, int]
"""How often each row was given: of many respondents on short scales there are few different ones."""

Missing = Literal["listwise", "pairwise", "median", "mean"]
"""What becomes of rows with missing answers: they are left out; each pair of questions uses the rows that have both;
or the median or mean of the question stands in."""


def reader(
    *, items: Sequence[str], reverse: Sequence[str] = (), scale: Scale | None = None
) -> Callable[[Sequence[float | None]], Row]:
    """What reads a row: it turns the answers to `reverse` on the declared scale, and makes a missing one None.

    Raises:
        InvalidValue: an item is named twice, or one to be reversed is not among them or has no scale; when it reads, a
            row does not fit the items, or an answer is not on the scale.
    """
    if len(set(items)) < len(items):
        raise InvalidValue("items", "an item is named twice")
    if not set(reverse) <= set(items) or (reverse and scale is None):
        raise InvalidValue("reverse", "expected some of the items, and the scale on which they are turned")

    def answer(given: float | None) -> float | None:
        if given is None or is_missing(given):
            return None
        if scale is None:
            return number(given)
        if scale.place(given) is None:
            raise InvalidValue("rows", f"an answer is not on {scale}")
        return float(given)

    def opposite(given: float | None) -> float | None:
        found = answer(given)
        return found if found is None or scale is None else scale.reversed(found)

    takes = [opposite if item in reverse else answer for item in items]
    # Of the same few answers there are many; as they are told apart by type, True is not taken for 1.
    known = {take: lru_cache(2**12, typed=True)(take) for take in (answer, opposite)}
    quick = [known[take] for take in takes]

    def read(row: Sequence[float | None]) -> Row:
        if len(row) != len(items):
            raise InvalidValue("rows", f"expected {len(items)} answers in each row, got {len(row)}")
        try:
            return tuple(map(call, quick, row))
        except TypeError:  # something that cannot be looked up
            return tuple(map(call, takes, row))

    return read


def answered(rows: Rows, *, items: Sequence[str], reverse: Sequence[str] = (), scale: Scale | None = None) -> Patterns:
    """The rows, read and counted.

    Raises:
        InvalidValue: as `reader` does.
    """
    read = reader(items=items, reverse=reverse, scale=scale)
    counted = rows if isinstance(rows, Mapping) else _counted(rows)
    found: dict[Row, int] = {}
    for row, times in counted.items():
        if times < 0:
            raise InvalidValue("rows", "a row was given 0 times or more")
        whole = read(row)
        found[whole] = found.get(whole, 0) + times
    return found


def _counted(rows: Iterable[Sequence[float | None]]) -> Mapping[Any, int]:
    listed = rows if isinstance(rows, Sequence) else list(rows)
    try:
        return Counter(listed)
    except TypeError:  # rows that cannot be looked up, such as lists
        return Counter(map(tuple, listed))


def complete(found: Patterns) -> dict[tuple[float, ...], int]:
    """The rows without a missing answer."""
    return {whole: times for row, times in found.items() if len(whole := _given(row)) == len(row)}


def filled_in(found: Patterns, missing: Missing) -> Patterns:
    """The rows as the policy for missing answers has them; one without any answer is none.

    Raises:
        InvalidValue: there is no such policy.
    """
    if missing == "listwise":
        return {row: times for row, times in found.items() if None not in row}
    given = {row: times for row, times in found.items() if _given(row)}
    if missing == "pairwise":
        return given
    instead = stand_ins(given, missing)
    whole: dict[Row, int] = {}
    for row, times in given.items():
        new = filled(row, instead)
        whole[new] = whole.get(new, 0) + times
    return whole


def stand_ins(found: Patterns, missing: Missing) -> Row:
    """What stands in for a missing answer to each question: the median or mean of those who answered it.

    Raises:
        InvalidValue: there is no such policy.
    """
    if missing not in ("median", "mean"):
        raise InvalidValue("missing", "expected one of listwise, pairwise, median, mean")
    middle = _median if missing == "median" else _mean
    columns: list[dict[float, int]] = [{} for _ in next(iter(found), ())]
    for row, times in found.items():
        for column, x in zip(columns, row, strict=True):
            if x is not None:
                column[x] = column.get(x, 0) + times
    return tuple(middle(column) if column else None for column in columns)


def filled(row: Row, instead: Row) -> Row:
    """A row with something in place of each missing answer."""
    return tuple(other if x is None else x for x, other in zip(row, instead, strict=True))


def _given(row: Row) -> tuple[float, ...]:
    return tuple(x for x in row if x is not None)


def _median(column: Mapping[float, int]) -> float:
    n = sum(column.values())
    return (_at(column, (n - 1) // 2) + _at(column, n // 2)) / 2


def _at(column: Mapping[float, int], rank: int) -> float:
    """The value that has this rank, from 0."""
    return next(x for x in sorted(column) if (rank := rank - column[x]) < 0)


def _mean(column: Mapping[float, int]) -> float:
    return fsum(x * times for x, times in column.items()) / sum(column.values())
