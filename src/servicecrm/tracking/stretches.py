"""Time as a goal counts it, and the stretch of a timer's life during which one goal or one date holds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from servicecrm.calendars import BusinessDays, BusinessHours, BusinessTime, Due, Duration, ElapsedTime, Pause
from servicecrm.kernel.kinds import micros

__all__ = ["Dates", "Given", "Measure", "Stretch", "before_and_since"]

_SECOND: Final = timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Given:
    """A date that was given by hand, such as a promise, and since when it holds: what was missed before stays so."""

    at: datetime
    since: datetime


Dates = datetime | tuple[Given, ...]
"""The dates of a timer, one after the other; or one that the last instance has had from its beginning."""


def before_and_since(dates: Iterable[Given], born: datetime) -> tuple[Given | None, tuple[Given, ...]]:
    """The date that a run begins with, and those that were given later, in order.

    It begins with the last one that there was, unless that was over by then: one given before a reopening, say.
    """
    told = sorted(dates, key=lambda date: micros(date.since))
    earlier = [date for date in told if date.since <= born]
    first = earlier[-1] if earlier else None
    if first is not None and first.since < born and first.at <= born:
        first = None
    return first, tuple(told[len(earlier) :])


@attrs.frozen(kw_only=True)
class Measure:
    """Counts the open time of a calendar, or all time, day and night."""

    calendar: BusinessHours
    business: bool

    @classmethod
    def of(cls, length: Duration, calendar: BusinessHours) -> "Measure":
        """What a duration counts."""
        return cls(calendar=calendar, business=isinstance(length, BusinessTime | BusinessDays))

    def counts(self, length: Duration) -> bool:
        """Is this duration counted like this?"""
        return isinstance(length, BusinessTime if self.business else ElapsedTime)

    def time(self, length: BusinessTime | ElapsedTime) -> timedelta:
        """A duration as time."""
        return length.seconds * _SECOND

    def due(self, begin: datetime, time: timedelta, pauses: tuple[Pause, ...]) -> Due:
        """When so much will have been counted, in whole seconds; less than nothing counts back."""
        seconds = time // _SECOND
        amount = BusinessTime(seconds=seconds) if self.business else ElapsedTime(seconds=seconds)
        return self.calendar.due(begin, amount, pauses=pauses)

    def spent(self, begin: datetime, end: datetime, pauses: tuple[Pause, ...]) -> timedelta:
        """What was counted between two instants, the later one second, without the pauses."""
        if self.business:
            return self.calendar.spent(begin, end, pauses=pauses).time
        cut = timedelta(0)
        reached = begin
        for since, until in sorted((since, end if until is None else until) for since, until in pauses):
            start, stop = max(since, reached), min(until, end)
            if start < stop:
                cut += stop - start
                reached = stop
        return end - begin - cut

    def left(self, now: datetime, due: datetime, pauses: tuple[Pause, ...]) -> timedelta:
        """What is left until something is due; below zero if it was due before."""
        return self.spent(now, due, pauses) if now <= due else -self.spent(due, now, pauses)


@attrs.frozen(kw_only=True)
class Stretch:
    """The time in which one goal or date holds: from when to when, and what is due when under it.

    `pauses` are those that move its times, each with an end. It is `fulfilled` at its end unless the timer ended there
    without that: while it runs, it still may be.
    """

    began: datetime
    since: datetime
    until: datetime
    due: Due
    measure: Measure
    pauses: tuple[Pause, ...]
    fulfilled: bool

    def misses(self, due: datetime) -> bool:
        """Was this due time missed? What is done at the very time at which it is due is in time."""
        return due < self.until or (due == self.until and not self.fulfilled)

    def not_paused(self, at: datetime) -> datetime:
        """This instant, or the end of the pause in which it lies."""
        for since, until in sorted(self.pauses, key=lambda pause: pause[0]):
            if until is not None and since <= at < until:
                at = until
        return at
