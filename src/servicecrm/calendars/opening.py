"""What can be asked of whatever is open at some times and closed at others."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from servicecrm.calendars.clock import MICRO, utc, wall
from servicecrm.calendars.hours import clock_seconds
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR, Table
from servicecrm.calendars.tabulated import SINCE, UNTIL, Tabulated, known_year
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.values import Period

__all__ = ["Boundary", "Holiday", "Negative", "OpenTime", "Origin", "one_of"]

Boundary = Literal["close", "next_open"]
"""Time that fills a span exactly ends when the span closes, or when the next one opens."""

Negative = Literal["signed", "zero"]
"""Time between an instant and an earlier one is below zero, or zero."""

Origin = Literal["as_is", "roll"]
"""Days are counted from where one starts, or if that is closed from the next time that is open."""


@record
class Holiday:
    """A day on which business is closed."""

    date: date
    name: str = ""


class OpenTime(Tabulated):
    """What is open at some times and closed at others.

    Spans are half-open: at its opening a span is open, at its closing it is not. Every answer is in UTC, because two
    times in one zone are compared and subtracted by the clock on the wall. Times lie in the years 1900 to 2199.
    """

    __slots__ = ()

    # -- instants --------------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        """Is it open at this instant?

        Raises:
            NaiveDatetime: the time has no zone.
            InvalidValue: it lies outside the years 1900 to 2199.
        """
        instant = micros(at)
        table = self._covering(instant, instant)
        i = bisect_right(table.opens, instant) - 1
        return i >= 0 and instant < table.closes[i]

    def next_open(self, at: datetime) -> datetime:
        """This instant if it is open, or else the next opening.

        Raises:
            NoBusinessTime: it does not open again.
        """
        return self.add(at, timedelta(0))

    def next_close(self, at: datetime) -> datetime:
        """The first closing after this instant; spans that touch are one.

        Raises:
            NoBusinessTime: it is never open again, or never closes.
        """
        instant = micros(at)
        table = self._covering(instant, instant)
        i = bisect_right(table.closes, instant)
        while i + 1 >= len(table.opens) or table.closes[i] == table.opens[i + 1]:
            if i + 1 < len(table.opens):
                i += 1
            elif table.end <= LAST_YEAR:
                table = self._longer(table)
            elif i < len(table.closes) and table.closes[i] < UNTIL:
                break  # the last one of all
            else:
                raise self._nothing("it does not close until")
        return utc(table.closes[i])

    def previous_open(self, at: datetime) -> datetime:
        """The last instant, this one or an earlier one, up to which it is open: this one if open, or a closing.

        Raises:
            NoBusinessTime: it was never open before.
        """
        return self.subtract(at, timedelta(0))

    def spans(self, start: datetime, end: datetime | None = None) -> Iterator[Period]:
        """The open spans from an instant on, in order, the first and the last one cut to fit."""
        since, until = micros(start), UNTIL if end is None else micros(end)
        table = self._covering(since, since if end is None else max(since, until))
        i = bisect_right(table.closes, since)
        while True:
            if i < len(table.opens):
                opens, closes = max(table.opens[i], since), min(table.closes[i], until)
                if opens >= closes:
                    return
                yield Period(start=utc(opens), end=utc(closes))
                i += 1
            elif end is not None or table.end > LAST_YEAR:
                return
            else:
                table = self._longer(table)

    def spans_before(self, end: datetime) -> Iterator[Period]:
        """The open spans before an instant, the latest first, cut to fit."""
        until = micros(end)
        while True:
            table = self._covering(until, until)
            i = bisect_left(table.opens, until) - 1
            if i >= 0:
                opens, closes = max(table.opens[i], SINCE), min(table.closes[i], until)
                if opens >= closes:
                    return
                yield Period(start=utc(opens), end=utc(closes))
                until = opens
            elif table.first > FIRST_YEAR:
                self._earlier(table)
            else:
                return

    # -- time ------------------------------------------------------------------------------------

    def add(self, at: datetime, time: timedelta, *, boundary: Boundary = "close") -> datetime:
        """The instant by which it has been open for so long since this one; less than nothing counts back.

        Nothing at all leads to the next time that is open.

        Raises:
            NaiveDatetime: the time has no zone.
            NoBusinessTime: it is not open for so long.
        """
        span = time // MICRO
        if span < 0:
            return self.subtract(at, -time)
        instant = micros(at)
        table = self._covering(instant, instant)
        through = table.through
        target = _open_before(table, instant) + span
        # The first segment through which so much is open; to be at its very end is allowed unless told otherwise.
        if boundary == "close" and span:
            i = bisect_left(through, target)
        else:
            one_of(boundary, ("close", "next_open"), "boundary")
            i = bisect_right(through, target)
        while i == len(through):
            table = self._longer(table)
            through = table.through
            i = (bisect_left if boundary == "close" and span else bisect_right)(through, target)
        return utc(table.opens[i] + target - table.before[i])

    def subtract(self, at: datetime, time: timedelta) -> datetime:
        """The instant since which it has been open for so long at this one; less than nothing counts forward.

        Nothing at all leads back to the last time that was open.

        Raises:
            NaiveDatetime: the time has no zone.
            NoBusinessTime: it was not open for so long.
        """
        span = time // MICRO
        if span < 0:
            return self.add(at, -time)
        instant = micros(at)
        table = self._covering(instant, instant)
        while (target := _open_before(table, instant) - span) < (0 if span else 1):
            table = self._earlier(table)
        i = bisect_right(table.through, target) if span else bisect_left(table.through, target)
        return utc(table.opens[i] + target - table.before[i])

    def between(self, start: datetime, end: datetime, *, negative: Negative = "signed") -> timedelta:
        """For how long it is open from one instant to another; below zero, or zero, if the other one is earlier.

        Raises:
            NaiveDatetime: a time has no zone.
            InvalidValue: a time lies outside the years 1900 to 2199.
        """
        since, until = micros(start), micros(end)
        if negative != "signed" and one_of(negative, ("signed", "zero"), "negative") and until < since:
            return timedelta(0)
        if until < since:
            return -self.between(end, start)
        table = self._covering(since, until)
        return (_open_before(table, until) - _open_before(table, since)) * MICRO

    # -- days ------------------------------------------------------------------------------------

    def is_business_day(self, day: date) -> bool:
        """Does this day have hours of its own? A night shift belongs to the day on which it begins."""
        return day.toordinal() in self._covering_day(day).closing

    def holidays_in(self, year: int) -> tuple[Holiday, ...]:
        """The holidays of a year, in order, each with its name; those of all parts, if it has parts.

        Raises:
            InvalidValue: it is none of the years 1900 to 2199.
        """
        known_year(year)
        return ()

    def business_day(self, day: date, days: int, *, origin: Origin = "as_is") -> date:
        """The n-th business day after this day, or before it if n is below zero; this day itself if n is 0.

        With `origin="roll"` a day that is no business day counts as the next one that is.

        Raises:
            NoBusinessTime: there are not so many business days.
        """
        ordinal = day.toordinal()
        table = self._covering_day(day)
        if one_of(origin, ("as_is", "roll"), "origin") == "roll" and ordinal not in table.closing:
            return self.business_day(self.business_day(day, 1), days)
        if days == 0:
            return day
        if days < 0:
            while (i := bisect_left(table.days, ordinal) + days) < 0:
                table = self._earlier(table)
        else:
            while (i := bisect_right(table.days, ordinal) + days - 1) >= len(table.days):
                table = self._longer(table)
        return date.fromordinal(table.days[i])

    def closing(self, day: date) -> datetime:
        """When the hours of a business day end; they may end on the next day.

        Raises:
            NoBusinessTime: it is no business day.
        """
        closes = self._covering_day(day).closing.get(day.toordinal())
        if closes is None:
            raise NoBusinessTime(self.label(), f"{day.isoformat()} is no business day; ask for one that is")
        return utc(closes)

    def instant(self, day: date, clock: str) -> datetime:
        """When the clock shows a time on a day: `instant(day, "09:00")`; `24:00` is the end of the day.

        A time that a clock skips is as much later as it skips; of a time that it shows twice the first one counts.

        Raises:
            InvalidValue: it is no time on the clock, or the day lies outside the years 1900 to 2199.
        """
        known_year(day.year)
        return utc(wall(day.toordinal(), clock_seconds(clock, "clock"), self.tz()))


def one_of(value: str, known: tuple[str, ...], where: str) -> str:
    """The value, if it is known.

    Raises:
        InvalidValue: it is not.
    """
    if value not in known:
        raise InvalidValue(where, f"expected one of {', '.join(known)}")
    return value


def _open_before(table: Table, instant: int) -> int:
    """The open microseconds of a table before an instant that it covers."""
    i = bisect_right(table.opens, instant) - 1
    if i < 0:
        return 0
    closes = table.closes[i]
    return table.through[i] if instant >= closes else table.through[i] - closes + instant
