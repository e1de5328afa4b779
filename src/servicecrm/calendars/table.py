"""The open time of some years as one sorted table, so that any question about it is a search by halving."""

from collections.abc import Iterable
from itertools import accumulate, chain
from operator import attrgetter
from typing import Final, NamedTuple

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Segment", "Table", "clipped", "common", "joined", "tabulated", "without"]

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

    `of` are the segments, with those of some days before and after: only near the years are they complete.
    """
    inside = [segment for segment in clipped(of) if segment.close > instants[0] and segment.open < instants[1]]
    through = list(accumulate(segment.close - segment.open for segment in inside))
    # A day keeps the hours of its own, even if the night before, or another part, is open in all of them.
    closing = {day: closes for _, closes, day in sorted(of, key=_CLOSE) if dates[0] <= day < dates[1]}
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


_CLOSE: Final = attrgetter("close")


def joined(parts: Iterable[list[Segment]]) -> list[Segment]:
    """What is open in any part; apart are only those of one day, so that each day keeps its own."""
    found: list[Segment] = []
    reached: dict[int, int] = {}
    for segment in sorted(chain.from_iterable(parts)):
        opens, closes, day = segment
        since = max(opens, reached.get(day, opens))
        if since < closes:
            found.append(segment if since == opens else Segment(since, closes, day))
            reached[day] = closes
    return found


def clipped(segments: Iterable[Segment]) -> list[Segment]:
    """The segments in order and apart; where two overlap, the later one starts where the earlier one ends."""
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
    apart = clipped(others)
    j = 0
    for opens, closes, day in sorted(some):
        while j < len(apart) and apart[j].close <= opens:
            j += 1
        for k in range(j, len(apart)):
            if apart[k].open >= closes:
                break
            found.append(Segment(max(opens, apart[k].open), min(closes, apart[k].close), day))
    return found


def without(some: list[Segment], closed: list[Segment]) -> list[Segment]:
    """What is left of segments outside others, which are in order and apart."""
    if not closed:
        return some
    found: list[Segment] = []
    j = 0
    for opens, closes, day in sorted(some):
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
