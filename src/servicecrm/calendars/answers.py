"""Answers that can explain themselves: when something is due, and how much time was spent."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from servicecrm.calendars.clock import MICRO, midnight, utc
from servicecrm.calendars.durations import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.calendars.opening import Boundary, Holiday, Negative, OpenTime, Origin, one_of
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR
from servicecrm.calendars.tabulated import known_year
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.values import Period

__all__ = ["Due", "Explanation", "Pause", "Spent", "due", "local_time", "spent"]

Pause = tuple[datetime, datetime | None]
"""From when to when a clock stands still; without an end it still does."""


@record
class Explanation:
    """What led to an answer: what was asked, what counted, what pauses cut out of it, and the holidays in between.

    What counts is open time, or with `all_time` every hour of the day; then no holiday changes anything.
    """

    asked: str
    counted: tuple[Period, ...]
    paused: tuple[Period, ...]
    closed: tuple[Holiday, ...] = ()
    answer: str
    zone: str
    all_time: bool = False

    def __str__(self) -> str:
        tz = ZoneInfo(self.zone)
        counts = "time  " if self.all_time else "open  "
        spans = [(counts, period) for period in self.counted] + [("paused", period) for period in self.paused]
        lines = [(micros(period.start), f"  {what}  {_span(period, tz)}") for what, period in spans]
        for day in self.closed:
            told = f"  closed  {day.date:%a %Y-%m-%d}  {day.name}".rstrip()
            lines.append((midnight(day.date.toordinal(), tz), told))
        lines.sort(key=lambda line: line[0])
        return "\n".join([self.asked, *(line for _, line in lines), self.answer])


@attrs.frozen(kw_only=True)
class Due:
    """When something is due, and why then. `at` is in UTC; `waiting` is the time that pauses added."""

    at: datetime
    waiting: timedelta
    begin: datetime
    duration: Duration
    pauses: tuple[Pause, ...]
    calendar: OpenTime

    def explain(self) -> Explanation:
        """What counted between the beginning and the due time, with the pauses cut out, and the holidays by name."""
        tz = self.calendar.tz()
        return _explained(
            self,
            self.at,
            asked=f"{self.duration} from {local_time(self.begin, tz)}",
            answer=f"due {local_time(self.at, tz)}",
            all_time=isinstance(self.duration, ElapsedTime | CalendarTime),
        )


@attrs.frozen(kw_only=True)
class Spent:
    """The business time between two instants without the pauses, and why so much."""

    time: timedelta
    begin: datetime
    end: datetime
    pauses: tuple[Pause, ...]
    calendar: OpenTime

    def explain(self) -> Explanation:
        """The spans of business time between both, with the pauses cut out, and the holidays by name."""
        tz = self.calendar.tz()
        return _explained(
            self,
            self.end,
            asked=f"business time from {local_time(self.begin, tz)} to {local_time(self.end, tz)}",
            answer=f"spent {self.time}",
        )


def due(
    calendar: OpenTime,
    begin: datetime,
    target: Duration | str,
    *,
    pauses: Iterable[Pause],
    boundary: Boundary,
    origin: Origin,
) -> Due:
    """When a duration that began at an instant is over. See `BusinessHours.due`."""
    wanted = duration(target) if isinstance(target, str) else target
    if not isinstance(wanted, Duration):  # a timedelta is as much elapsed time as it is business time
        raise InvalidValue(
            "duration",
            f"a {type(wanted).__name__} does not say what it counts; write 3h business, 3h elapsed or 3 business days",
        )
    pauses = tuple(pauses)
    one_of(boundary, ("close", "next_open"), "boundary")
    rolled = one_of(origin, ("as_is", "roll"), "origin") == "roll"
    known_year(begin.year)
    first = micros(calendar.next_open(begin) if rolled else begin)
    at = unpaused = utc(micros(_reached(calendar, utc(first), wanted)))
    in_business_time = isinstance(wanted, BusinessTime | BusinessDays)
    merged = _merged(pauses, first)
    for since, until in merged:
        if since >= micros(at):
            break
        _refuse_endless(until)
        if in_business_time:
            waiting = calendar.between(utc(since), utc(until))
            at = calendar.add(at, waiting) if waiting else at
        else:
            known_year(utc(until).year)
            at += (until - since) * MICRO
    waited = calendar.between(unpaused, at) if in_business_time else at - unpaused
    if boundary == "next_open":
        opens = calendar.next_open(at)
        at = _unpaused(calendar, opens, merged)
        waited += calendar.between(opens, at) if in_business_time else at - opens
    return Due(at=at, waiting=waited, begin=begin, duration=wanted, pauses=pauses, calendar=calendar)


def _unpaused(calendar: OpenTime, at: datetime, merged: list[tuple[int, int]]) -> datetime:
    """The first instant from an open one on that is open and in no pause."""
    for since, until in merged:
        if since <= micros(at) < until:
            _refuse_endless(until)
            at = calendar.next_open(utc(until))
    return at


def spent(
    calendar: OpenTime,
    begin: datetime,
    end: datetime,
    *,
    pauses: Iterable[Pause],
    negative: Negative,
) -> Spent:
    """The business time between two instants without the pauses. See `BusinessHours.spent`."""
    pauses = tuple(pauses)
    time = calendar.between(begin, end, negative=negative)
    if time:
        for since, until in _merged(pauses, *sorted((micros(begin), micros(end)))):
            cut = calendar.between(utc(since), utc(until))
            time += -cut if micros(begin) < micros(end) else cut
    return Spent(time=time, begin=begin, end=end, pauses=pauses, calendar=calendar)


def _reached(calendar: OpenTime, begin: datetime, wanted: Duration) -> datetime:
    """When a duration without pauses is over."""
    match wanted:
        case ElapsedTime():
            return begin + timedelta(seconds=wanted.seconds)
        case BusinessTime():
            return calendar.add(begin, timedelta(seconds=wanted.seconds))
        case CalendarTime():
            local = begin.astimezone(calendar.tz())
            day = wanted.after(local.date())
            known_year(day.year)
            if wanted.until == "midnight":
                return calendar.instant(day, "24:00")
            return local if wanted.count == 0 else _same_clock(local, day)
        case BusinessDays():
            return _day_reached(calendar, begin, wanted)


def _day_reached(calendar: OpenTime, begin: datetime, wanted: BusinessDays) -> datetime:
    local = begin.astimezone(calendar.tz())
    day = calendar.business_day(local.date(), wanted.days)
    if wanted.days == 0 and wanted.until in ("close", "midnight") and not calendar.is_business_day(day):
        day = calendar.business_day(day, 1)
    if wanted.until == "close":
        return calendar.closing(day)
    if wanted.until == "midnight":
        return calendar.instant(day, "24:00")
    same = begin if wanted.days == 0 else _same_clock(local, day)
    if wanted.until == "clock":
        return same
    return calendar.next_open(same) if wanted.days >= 0 else calendar.previous_open(same)


def _same_clock(local: datetime, day: date) -> datetime:
    # Of a time that is shown twice on that day the first one counts, whichever it was on this one.
    return datetime.combine(day, local.time().replace(fold=0), local.tzinfo)


_FOREVER: Final = 2**63


def _refuse_endless(until: int) -> None:
    if until == _FOREVER:
        raise InvalidValue("pauses", "a pause has no end yet, so nothing is due; ask again when it has ended")


def _merged(pauses: tuple[Pause, ...], first: int, last: int = _FOREVER) -> list[tuple[int, int]]:
    """The pauses in order and apart, in microseconds, cut to what lies between two instants."""
    found: list[tuple[int, int]] = []
    reached = first
    for since, until in sorted((micros(since), _FOREVER if end is None else micros(end)) for since, end in pauses):
        if until < since:
            raise InvalidValue("pauses", "a pause ends before it begins; its end comes second")
        start, stop = max(since, reached), min(until, last)
        if start < stop:
            found.append((start, stop))
            reached = stop
    return found


def _explained(of: Due | Spent, end: datetime, *, asked: str, answer: str, all_time: bool = False) -> Explanation:
    """What counted up to an instant, what pauses cut out of it, and the holidays on which nothing counted."""
    calendar, tz = of.calendar, of.calendar.tz()
    first, last = sorted((micros(of.begin), micros(end)))
    counted: list[Period] = []
    paused: list[Period] = []
    edges = [first, *(edge for pause in _merged(of.pauses, first, last) for edge in pause), last]
    for n, (since, until) in enumerate(pairwise(edges)):
        start, stop = utc(since), utc(until)
        whole = [Period(start=start, end=stop)] if since < until else []
        (paused if n % 2 else counted).extend(whole if all_time else calendar.spans(start, stop))
    days = utc(first).astimezone(tz).date(), utc(last).astimezone(tz).date()
    return Explanation(
        asked=asked,
        counted=tuple(counted),
        paused=tuple(paused),
        closed=() if all_time else tuple(_closed(calendar, *days)),
        answer=answer,
        zone=tz.key,
        all_time=all_time,
    )


def _closed(calendar: OpenTime, first: date, last: date) -> Iterator[Holiday]:
    """The holidays from one day to another; not those on which a part of the calendar is open all the same."""
    for year in range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1):  # zones reach over the edges
        for holiday in calendar.holidays_in(year):
            if first <= holiday.date <= last and not calendar.is_business_day(holiday.date):
                yield holiday


def local_time(at: datetime, tz: tzinfo) -> str:
    """An instant as the clock of a zone shows it, as explanations write it."""
    return f"{at.astimezone(tz):%a %Y-%m-%d %H:%M:%S%z}"


def _span(period: Period, tz: ZoneInfo) -> str:
    ends = period.start if period.end is None else period.end
    return f"{local_time(period.start, tz)} to {local_time(ends, tz)}  {ends - period.start}"
