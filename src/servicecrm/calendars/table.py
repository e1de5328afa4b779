"""The open time of some years as one sorted table, so that any question about it is a search by halving."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Final, NamedTuple

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Segment", "Table", "clipped", "common", "tabulated", "without"]

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199


class Segment(NamedTuple):
    """A half-open span of time, in microseconds since 1970, and the day to whose hours it belongs."""

    open: int
    close: int
    day: int


class Table(NamedTuple):
    """What is open in the years from `first` up to and without `end`.

    Segment i is open from `opens[i]` to `closes[i]`; `before[i]` open microseconds of this table lie before it, and
    `through[i]` before its end. `days` are the ordinals of the business days; `closing` tells when each one closes.
    """

    first: int
    end: int
    since: int
    until: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    through: list[int]
    days: list[int]
    closing: dict[int, int]


def tabulated(years: tuple[int, int], instants: tuple[int, int], dates: tuple[int, int], of: list[Segment]) -> Table:
    """The table of some years, which are given as instants and as ordinals of dates too, always without the end.

    `of` are the segments in order, with those of some days before and after: only near the years are they complete.
    """
    inside = [segment for segment in of if segment.close > instants[0] and segment.open < instants[1]]
    through = list(accumulate(segment.close - segment.open for segment in inside))
    closing = {day: closes for _, closes, day in of if dates[0] <= day < dates[1]}
    return Table(
        *years,
        *instants,
        opens=[segment.open for segment in inside],
        closes=[segment.close for segment in inside],
        before=[0, *through],
        through=through,
        days=sorted(closing),
        closing=closing,
    )


def clipped(segments: Iterable[Segment]) -> list[Segment]:
    """The segments in order; where two overlap, the later one starts where the earlier one ends."""
    found: list[Segment] = []
    for segment in sorted(segments):
        reached = found[-1].close if found else segment.open
        if segment.open >= reached:
            found.append(segment)
        elif segment.close > reached:
            found.append(segment._replace(open=reached))
    return found


def common(some: list[Segment], others: list[Segment]) -> list[Segment]:
    """What is open in both, with the days of the first."""
    found: list[Segment] = []
    i = j = 0
    while i < len(some) and j < len(others):
        start, end = max(some[i].open, others[j].open), min(some[i].close, others[j].close)
        if start < end:
            found.append(Segment(start, end, some[i].day))
        if some[i].close < others[j].close:
            i += 1
        else:
            j += 1
    return found


def without(some: list[Segment], closed: list[Segment]) -> list[Segment]:
    """What is left of segments outside others; all of them in order."""
    if not closed:
        return some
    found: list[Segment] = []
    j = 0
    for opens, closes, day in some:
        start = opens
        while j < len(closed) and closed[j].close <= opens:
            j += 1
        for k in range(j, len(closed)):
            if closed[k].open >= closes:
                break
            if start < closed[k].open:
                found.append(Segment(start, closed[k].open, day))
            start = max(start, closed[k].close)
        if start < closes:
            found.append(Segment(start, closes, day))
    return found
