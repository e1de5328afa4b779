"""Opening hours as people write them: `mon-fri 09:00-12:00, 13:00-17:00; sat 22:00-02:00`."""

import re
from functools import cache
from itertools import pairwise
from typing import Final

from servicecrm.errors import InvalidValue

__all__ = ["DAY", "WEEKDAYS", "Hours", "Week", "clock_seconds", "day_hours", "week_hours"]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY: Final = 24 * 60 * 60
"""The seconds of a day on the clock."""

Hours = tuple[tuple[int, int], ...]
"""Spans of one day, in seconds on the clock since its midnight. A span that ends on the next day ends after `DAY`."""

Week = tuple[Hours, ...]
"""The hours of each day, from Monday on."""

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_ENTRY: Final = re.compile(r"([a-z][a-z, -]*?)\s+(\d.*)", re.ASCII)


@cache
def week_hours(text: str, where: str) -> Week:
    """The hours of a week. A day that is not named is closed; no text at all is a week without hours.

    Raises:
        InvalidValue: the text has another form, names a day twice, or has spans that overlap or are of no length.
    """
    week: list[Hours] = [()] * 7
    for entry in filter(None, map(str.strip, text.split(";"))):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise InvalidValue(where, "hours are written like mon-fri 09:00-12:00, 13:00-17:00; sat 22:00-02:00")
        days, hours = _entry(found[1], found[2], where)
        for day in days:
            if week[day]:
                raise InvalidValue(where, f"{WEEKDAYS[day]} stands twice; name all its spans in one place")
            week[day] = hours
    spans = sorted((day * DAY + start, day * DAY + end) for day in range(7) for start, end in week[day])
    # Sunday night may run into Monday.
    around = [*spans, *((start + 7 * DAY, end + 7 * DAY) for start, end in spans[:1])]
    _refuse_overlap(around, where)
    return tuple(week)


@cache
def day_hours(text: str, where: str, *, overlapping: bool = False) -> Hours:
    """The spans of one day, in order: `09:00-12:00, 13:00-17:00`. One that closes before it opens ends the next day.

    Raises:
        InvalidValue: the text has another form, or spans overlap or are of no length.
    """
    spans = sorted(_span(part.strip(), where) for part in text.split(","))
    if not overlapping:
        _refuse_overlap(spans, where)
    return tuple(spans)


def clock_seconds(text: str, where: str) -> int:
    """Seconds since midnight of a time on the clock: `09:00`, `09:00:30`, or `24:00` for the end of the day.

    Raises:
        InvalidValue: it is no time on the clock.
    """
    if text == "24:00":
        return DAY
    found = _TIME.fullmatch(text)
    if found is None:
        raise InvalidValue(where, "a time on the clock is written HH:MM or HH:MM:SS, from 00:00 to 24:00")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _entry(days: str, hours: str, where: str) -> tuple[list[int], Hours]:
    """The days of an entry with their hours. Where both are wrong, both are told."""
    try:
        return _days(days, where), day_hours(hours, where)
    except InvalidValue as problem:
        try:
            day_hours(hours, where)
        except InvalidValue as other:
            if other.says != problem.says:
                raise InvalidValue(where, f"{problem.says}; {other.says}") from None
        raise


def _span(text: str, where: str) -> tuple[int, int]:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise InvalidValue(where, "a span is written open-close, such as 09:00-17:00")
    start, end = clock_seconds(opens.strip(), where), clock_seconds(closes.strip(), where)
    if start == end:
        raise InvalidValue(where, "a span has no length; the whole day is 00:00-24:00")
    if start == DAY:
        raise InvalidValue(where, "nothing opens at 24:00; that is 00:00 of the next day")
    return start, end if start < end else end + DAY


def _days(text: str, where: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise InvalidValue(where, f"a day is one of {', '.join(WEEKDAYS)}, or a range such as mon-fri")
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
        days += [(start + step) % 7 for step in range(length + 1)]
    return days


def _refuse_overlap(spans: list[tuple[int, int]], where: str) -> None:
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise InvalidValue(where, "two spans overlap; join them, or let one start where the other ends")
