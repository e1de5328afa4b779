"""What can be asked of whatever is open at some times and closed at others."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from servicecrm.calendars.hours import clock_seconds
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR, Segment, Table, tabulated
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Period

__all__ = ["Boundary", "Negative", "OpenTime", "Origin", "midnight", "one_of", "utc", "wall"]

Boundary = Literal["close", "next_open"]
"""Time that fills a span exactly ends when the span closes, or when the next one opens."""

Negative = Literal["signed", "zero"]
"""Time between an instant and an earlier one is below zero, or zero."""

Origin = Literal["as_is", "roll"]
"""Days are counted from where one starts, or if that is closed from the next time that is open."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_MARGIN: Final = 2
"""How many days before and after some years may have hours in them: zones differ, and nights are long."""


class OpenTime:
    """What is open at some times and closed at others.

    Spans are half-open: at its opening a span is open, at its closing it is not. Every answer is in UTC, because two
    times in one zone are compared and subtracted by the clock on the wall. Times lie in the years 1900 to 2199.
    """

    __slots__ = ("_table",)  # beside the fields of the records below: it is no part of their value

    _table: Table

    # -- what a calendar says of itself ----------------------------------------------------------

    def label(self) -> str:
        """Its name in errors and explanations."""
        raise NotImplementedError

    def tz(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        raise NotImplementedError

    def segments(self, first: int, end: int) -> list[Segment]:
        """The hours of the days from one ordinal up to and without another, in order and apart."""
        raise NotImplementedError

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
            elif i < len(table.closes) and table.closes[i] < table.until:
                break
            else:
                raise self._nothing("it does not close after")
        return utc(table.closes[i])

    def previous_open(self, at: datetime) -> datetime:
        """The last instant, this one or an earlier one, up to which it is open: this one if open, or a closing.

        Raises:
            NoBusinessTime: it was never open before.
        """
        return self.subtract(at, timedelta(0))

    def spans(self, start: datetime, end: datetime | None = None) -> Iterator[Period]:
        """The open spans from an instant on, in order, the first and the last one cut to fit."""
        since = micros(start)
        until = micros(end) if end is not None else None
        table = self._covering(since, max(since, since if until is None else until))
        i = bisect_right(table.closes, since)
        while True:
            if i == len(table.opens):
                if until is not None or table.end > LAST_YEAR:
                    return
                table = self._longer(table)
                continue
            opens, closes = max(table.opens[i], since), table.closes[i]
            if until is not None and until < closes:
                if opens < until:
                    yield Period(start=utc(opens), end=utc(until))
                return
            yield Period(start=utc(opens), end=utc(closes))
            i += 1

    def spans_before(self, end: datetime) -> Iterator[Period]:
        """The open spans before an instant, the latest first, cut to fit."""
        until = micros(end)
        while True:
            table = self._covering(until, until)
            i = bisect_left(table.opens, until) - 1
            if i < 0:
                if table.first == FIRST_YEAR:
                    return
                self._earlier(table)
                continue
            opens = table.opens[i]
            yield Period(start=utc(opens), end=utc(min(table.closes[i], until)))
            until = opens

    # -- time ------------------------------------------------------------------------------------

    def add(self, at: datetime, time: timedelta, *, boundary: Boundary = "close") -> datetime:
        """The instant by which it has been open for so long since this one; less than nothing counts back.

        Nothing at all leads to the next time that is open.

        Raises:
            NaiveDatetime: the time has no zone.
            NoBusinessTime: it is not open for so long.
        """
        span = time // _MICRO
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
        span = time // _MICRO
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
        return (_open_before(table, until) - _open_before(table, since)) * _MICRO

    # -- days ------------------------------------------------------------------------------------

    def is_business_day(self, day: date) -> bool:
        """Does this day have hours of its own? A night shift belongs to the day on which it begins."""
        return day.toordinal() in self._covering_day(day).closing

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
        """
        return utc(wall(day.toordinal(), clock_seconds(clock, "clock"), self.tz()))

    # -- the table -------------------------------------------------------------------------------

    def _covering(self, since: int, until: int) -> Table:
        """A table in which both instants lie."""
        try:
            table = self._table
            if table.since <= since and until < table.until:
                return table
        except AttributeError:
            pass
        if since < _SINCE or until >= _UNTIL:
            raise InvalidValue("instant", f"business time is known from the year {FIRST_YEAR} to {LAST_YEAR}")
        return self._with_years(utc(since).year, utc(until).year + 1)

    def _covering_day(self, day: date) -> Table:
        noon = micros(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        return self._covering(noon, noon)

    def _with_years(self, first: int, end: int) -> Table:
        table = getattr(self, "_table", None)
        if table is None:
            return self._tabulate(first, end + 1)
        # A table that grows grows by half at least, so that all tables together cost little more than the last one.
        more = (table.end - table.first + 1) // 2
        first = table.first if table.first <= first else min(first, table.first - more)
        end = table.end if end <= table.end else max(end, table.end + more)
        return self._tabulate(first, end)

    def _longer(self, table: Table) -> Table:
        """The same table, and as many years after it. It starts as it did, so positions in it stay what they are."""
        if table.end > LAST_YEAR:
            raise self._nothing("there is not so much open time until")
        return self._tabulate(table.first, 2 * table.end - table.first)

    def _earlier(self, table: Table) -> Table:
        if table.first == FIRST_YEAR:
            raise NoBusinessTime(
                self.label(),
                f"there is not so much open time since {FIRST_YEAR}; ask for less, or open it on more days",
            )
        return self._tabulate(2 * table.first - table.end, table.end)

    def _nothing(self, says: str) -> NoBusinessTime:
        return NoBusinessTime(self.label(), f"{says} {LAST_YEAR}; ask for less, or change its hours or its validity")

    def _tabulate(self, first: int, end: int) -> Table:
        first, end = max(first, FIRST_YEAR), min(end, LAST_YEAR + 1)
        dates = date(first, 1, 1).toordinal(), date(end, 1, 1).toordinal()
        instants = micros(datetime(first, 1, 1, tzinfo=UTC)), micros(datetime(end, 1, 1, tzinfo=UTC))
        segments = self.segments(dates[0] - _MARGIN, dates[1] + _MARGIN)
        table = tabulated((first, end), instants, dates, segments)
        # Threads that work out several tables at once leave the one with the most years.
        held = getattr(self, "_table", None)
        if held is None or held.end - held.first <= end - first:
            object.__setattr__(self, "_table", table)
        return table


def wall(ordinal: int, seconds: int, zone: ZoneInfo) -> int:
    """The instant, in microseconds, at which the clock shows so many seconds since the midnight of a day.

    A clock that skips it shows it as much later; one that shows it twice means the first time.
    """
    # Within one zone Python adds on the clock, and without `fold` it takes a time as it is meant here.
    return micros(datetime.fromordinal(ordinal).replace(tzinfo=zone) + timedelta(seconds=seconds))


def utc(instant: int) -> datetime:
    """The time in UTC so many microseconds after 1970: `from_micros` in less than half of the time."""
    return _EPOCH + instant * _MICRO


@lru_cache(maxsize=2**14)
def midnight(ordinal: int, zone: ZoneInfo) -> int:
    """The instant, in microseconds, at which a day begins; a day that a zone skips begins when the next one does."""
    return wall(ordinal, 0, zone)


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


_SINCE: Final = micros(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
_UNTIL: Final = micros(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
