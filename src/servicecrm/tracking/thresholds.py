"""What is to happen before a timer is due, when it is, and after it: warnings, the miss itself, reminders.

A threshold is written as people say it: `75%`, `30m business before`, `due`, `2 business days after`, or
`every 1 business day`, which goes on after the due time until somebody acts.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from servicecrm.calendars import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code
from servicecrm.tracking.stretches import Stretch

__all__ = ["DUE", "BornLate", "Firing", "Point", "Threshold", "instants", "length", "point"]

DUE: Final = "due"
"""The threshold that every timer has: the one that makes it missed."""

REPEATS: Final = 1000
"""How often a threshold repeats at most. A thousand reminders that nobody heeded are enough."""


class BornLate(Code):
    """What becomes of a warning whose time lies before its timer began, such as a day before what is due in an hour."""

    SKIP = "skip"
    FIRE = "fire"


@record
class Threshold:
    """A point in the time of a timer, and the roles that are told when it is reached.

    They are told while the calendar is open, unless it is `urgent`, and at most `per_day` times a day.

    Raises:
        InvalidValue: the point has another form, or there is no day on which it could be told.

    Source: C037.
    """

    at: str
    to: tuple[str, ...] = ("handler",)
    born_late: BornLate = BornLate.SKIP
    urgent: bool = False
    per_day: int | None = None

    def __attrs_post_init__(self) -> None:
        point(self.at)
        if self.per_day is not None and self.per_day < 1:
            raise InvalidValue("Threshold.per_day", "it is told once a day or more often; None is without a limit")
        if not all(map(str.strip, self.to)):
            raise InvalidValue("Threshold.to", "a role must not be blank")


@record
class Firing:
    """A threshold that a timer has reached: which one, when, and what was due when.

    `at` is when it was reached, however late anybody looks. `goal` says which goal held: how often it had changed, or
    the date that was given. `repeat` counts the repetitions of a threshold that repeats, and a rung of a ladder has its
    `level`; both are 0 for others.
    """

    timer: str
    n: int
    threshold: Threshold
    at: datetime
    due_at: datetime
    goal: str
    calendar: str
    repeat: int = 0
    level: int = 0

    @property
    def series(self) -> str:
        """What it is, whatever the goal and the repetition."""
        return f"{self.timer}:{self.n}:{f'level {self.level}' if self.level else self.threshold.at}"

    @property
    def key(self) -> str:
        """What happens once, unless a new goal puts it into the future again."""
        return f"{self.series}:{self.repeat}" if self.repeat else self.series


class Point(NamedTuple):
    """A threshold as it was read: `how`, with the share or the duration that goes with it."""

    how: str
    share: Decimal = Decimal(0)
    length: Duration | None = None

    @property
    def is_warning(self) -> bool:
        """Does it lie before the due time?"""
        return self.how == "before" or (self.how == "share" and self.share < 100)


_INSTANT: Final = timedelta(microseconds=1)
_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)%", re.ASCII)
_LIMIT: Final = 1000


@cache
def point(text: str) -> Point:
    """The point that a text means.

    Raises:
        InvalidValue: it has another form, or a share or a duration is not above nothing.
    """
    if text == DUE:
        return Point(DUE)
    if found := _SHARE.fullmatch(text):
        share = Decimal(found[1])
        if not 0 < share < _LIMIT:
            raise InvalidValue("Threshold.at", "a share of the time is above 0% and below 1000%")
        return Point("share", share=share)
    for how, given in (
        ("every", text.removeprefix("every ")),
        ("before", text.removesuffix(" before")),
        ("after", text.removesuffix(" after")),
    ):
        if given != text:
            return Point(how, length=_positive(given))
    raise InvalidValue(
        "Threshold.at", "a threshold is written 75%, due, 30m business before, 1 business day after or every 4h elapsed"
    )


def instants(at: Point, stretch: Stretch) -> Iterator[tuple[datetime, int]]:
    """When a point is reached while a goal holds, with the number of the repetition, in order.

    What would lie in a pause comes when the pause is over.
    """
    measure, due, pauses = stretch.measure, stretch.due.at, stretch.pauses
    match at:
        case Point("share", share) if share != 100:
            # In numbers: forty years, times a share, are more days than a time can have.
            total = measure.spent(stretch.began, due, pauses) // _INSTANT
            yield measure.due(stretch.began, total * int(share * 1000) // 100_000 * _INSTANT, pauses).at, 0
        case Point("before", _, BusinessTime() | ElapsedTime() as length) if measure.counts(length):
            left = measure.spent(stretch.began, due, pauses) - measure.time(length)
            yield measure.due(stretch.began, left, pauses).at, 0
        case Point("before", _, length) if length is not None:
            yield stretch.not_paused(measure.calendar.due(due, times(length, -1)).at), 0
        case Point("after", _, length) if length is not None:
            yield measure.calendar.due(due, length, pauses=pauses).at, 0
        case Point("every", _, BusinessTime() | ElapsedTime() as length):
            yield from _again_and_again(length, stretch)
        case Point("every", _, length) if length is not None:
            for k in range(1, REPEATS + 1):
                yield measure.calendar.due(due, times(length, k), pauses=pauses).at, k
        case _:
            yield due, 0


def _again_and_again(length: BusinessTime | ElapsedTime, stretch: Stretch) -> Iterator[tuple[datetime, int]]:
    """The due time and so much time again and again: each from the one before, so that few pauses are looked at."""
    pauses = sorted((since, until) for since, until in stretch.pauses if until is not None)
    ends = [until for _, until in pauses]
    at = stretch.due.at
    for k in range(1, REPEATS + 1):
        first, many = bisect_right(ends, at), _FEW
        while True:
            reached = stretch.measure.calendar.due(at, length, pauses=pauses[first : first + many]).at
            if first + many >= len(pauses) or reached <= pauses[first + many][0]:
                break
            many *= 2
        at = reached
        yield at, k


_FEW: Final = 8


def times(length: Duration, factor: int) -> Duration:
    """A duration as many times as long."""
    match length:
        case BusinessTime() | ElapsedTime():
            return evolve(length, seconds=length.seconds * factor)
        case BusinessDays():
            return evolve(length, days=length.days * factor)
        case CalendarTime():
            return evolve(length, count=length.count * factor)


def length(text: str) -> int:
    """How many seconds, days, weeks or months a duration has: below zero is before its beginning.

    Raises:
        InvalidValue: the text is no duration.
    """
    match duration(text):
        case BusinessTime(seconds=count) | ElapsedTime(seconds=count):
            return count
        case BusinessDays(days=count) | CalendarTime(count=count):
            return count


def _positive(text: str) -> Duration:
    if length(text) <= 0:
        raise InvalidValue("Threshold.at", "it lies some time before or after; the due time itself is written due")
    return duration(text)
