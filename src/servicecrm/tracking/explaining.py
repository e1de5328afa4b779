"""Why something is due when it is, with the holidays that put it off by name."""

from collections.abc import Iterator

from servicecrm.calendars import Calendar, CombinedCalendar, Due, Holiday
from servicecrm.calendars.opening import OpenTime
from servicecrm.kernel.kinds import micros

__all__ = ["explained"]


def explained(due: Due, *, paused: bool) -> str:
    """The goal, the open spans that count, what pauses cut out of them, and on which holidays nothing counts."""
    told = due.explain()
    asked, *spans, answer = str(told).splitlines()
    starts = sorted(micros(period.start) for period in (*told.counted, *told.paused))
    lines = sorted([*zip(starts, spans, strict=True), *_holidays(due)])
    if paused:  # nobody knows for how long
        answer = "paused: nothing is due until it goes on"
    return "\n".join([asked, *(line for _, line in lines), answer])


def _holidays(due: Due) -> Iterator[tuple[int, str]]:
    calendar, tz = due.calendar, due.calendar.tz()
    first, last = sorted((due.begin.astimezone(tz).date(), due.at.astimezone(tz).date()))
    named = {day.date: day.name for year in range(first.year, last.year + 1) for day in _of_year(calendar, year)}
    for day, name in named.items():
        if first <= day <= last and not calendar.is_business_day(day):
            yield micros(calendar.instant(day, "00:00")), f"  closed  {day:%a %Y-%m-%d}  {name}".rstrip()


def _of_year(calendar: OpenTime, year: int) -> Iterator[Holiday]:
    if isinstance(calendar, Calendar):
        yield from calendar.holidays_in(year)
    elif isinstance(calendar, CombinedCalendar):
        for part in calendar.parts:
            yield from _of_year(part, year)
