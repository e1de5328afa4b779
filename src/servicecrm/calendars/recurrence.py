"""The days of a recurrence rule, such as `FREQ=MONTHLY;BYDAY=-1FR`. No search goes on beyond the end that is asked for.

The rules are those of RFC 5545 for whole days. `dateutil` knows them too, but of a rule that matches no day it looks at
every day until the year 9999, which nobody can stop; a feed may bring thousands of such rules.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal

import attrs

from servicecrm.errors import InvalidValue

__all__ = ["Recurrence", "recurrence"]

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]


@attrs.frozen(kw_only=True)
class Recurrence:
    """A rule that says on which days something happens again. Made by `recurrence`."""

    frequency: Frequency
    interval: int
    count: int | None
    until: date | None
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    """Which one of its kind, or 0 for each, and the day of the week."""
    positions: tuple[int, ...]
    week_start: int

    def days(self, start: date, *, since: date, end: date) -> Iterator[date]:
        """Its days after a start, from a day on, up to and without an end. The start is one of them if it fits.

        With a start that has a time, a rule that ends at a time ends before what begins later on that day.
        """
        first = start.date() if isinstance(start, datetime) else start
        rule, left = _filled(self, first), self.count
        for period in _periods(rule, first, max(first, since) if left is None else first, end):
            for day in _chosen(rule, period):
                if day < first:
                    continue
                if day >= end or left == 0 or (self.until and _is_after(self.until, day, start)):
                    return
                left = None if left is None else left - 1
                if day >= since:
                    yield day

    def looked_at(self, start: date, *, since: date, end: date) -> int:
        """About how many days have to be looked at to find those between two days."""
        days = (end - (start if self.count else max(start, since))).days
        one_month = not (self.months or self.month_days or self.year_days or self.weekdays)
        return max(0, days) // (12 if self.frequency == "YEARLY" and one_month else 1)


def _is_after(until: date, day: date, start: date) -> bool:
    """Does what begins on a day, at the time of its start, begin after the end of a rule?"""
    if not isinstance(until, datetime):
        return day > until
    if not isinstance(start, datetime):
        return day > until.date()
    begins = datetime.combine(day, start.timetz())
    if until.tzinfo and begins.tzinfo:  # the end may lie so far away that no other zone can show it
        return begins > until
    return begins.replace(tzinfo=None) > until.replace(tzinfo=None)


def _filled(rule: Recurrence, start: date) -> Recurrence:
    """What a rule leaves out is as on its first day."""
    if rule.month_days or rule.year_days or rule.weekdays:
        return rule
    match rule.frequency:
        case "WEEKLY":
            return attrs.evolve(rule, weekdays=frozenset({(0, start.weekday())}))
        case "MONTHLY":
            return attrs.evolve(rule, month_days=frozenset({start.day}))
        case "YEARLY":
            return attrs.evolve(rule, months=rule.months or frozenset({start.month}), month_days=frozenset({start.day}))
    return rule


def _periods(rule: Recurrence, start: date, since: date, end: date) -> Iterator[list[date]]:
    """The days of each period of a rule, from the one of a day on; months that are never meant are left out."""
    if rule.frequency in ("DAILY", "WEEKLY"):
        length = 7 if rule.frequency == "WEEKLY" else 1
        begin = start - timedelta(days=(start.weekday() - rule.week_start) % length)
        step = length * rule.interval
        begin += timedelta(days=(since - begin).days // step * step)
        while begin < end:
            yield [begin + timedelta(days=n) for n in range(length)]
            begin += timedelta(days=step)
        return
    length = 12 if rule.frequency == "YEARLY" else 1
    first = _month_number(start) // length * length
    step = length * rule.interval
    first += (_month_number(since) - first) // step * step
    while first <= _month_number(end):
        yield [day for month in range(first, first + length) for day in _month(rule, month)]
        first += step


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(rule: Recurrence, number: int) -> list[date]:
    year, month = number // 12, number % 12 + 1
    if rule.months and month not in rule.months:
        return []
    return [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]


def _chosen(rule: Recurrence, period: list[date]) -> list[date]:
    days = [day for day in period if _fits(rule, day)]
    if not rule.positions:
        return days
    # Positions are those of the whole period, even of the one in which the rule starts (RFC 5545, 3.3.10).
    return sorted({days[n - 1 if n > 0 else n] for n in rule.positions if -len(days) <= n <= len(days)})


def _fits(rule: Recurrence, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    in_month = day.day, monthrange(day.year, day.month)[1]
    if rule.month_days and not _among(*in_month, rule.month_days):
        return False
    if not (rule.year_days or rule.weekdays):
        return True
    in_year = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
    if rule.year_days and not _among(*in_year, rule.year_days):
        return False
    place, length = in_year if rule.frequency == "YEARLY" and not rule.months else in_month
    numbers = (0, (place - 1) // 7 + 1, -((length - place) // 7 + 1))
    return not rule.weekdays or any((n, day.weekday()) in rule.weekdays for n in numbers)


def _among(place: int, length: int, wanted: frozenset[int]) -> bool:
    return place in wanted or place - length - 1 in wanted


_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = f"(?:{'|'.join(_WEEKDAYS)})"


def _several(item: str) -> str:
    return f"{item}(?:,{item})*"


_FREQUENCIES: Final[dict[str, Frequency]] = {
    "DAILY": "DAILY",
    "WEEKLY": "WEEKLY",
    "MONTHLY": "MONTHLY",
    "YEARLY": "YEARLY",
}
_NTH_DAY: Final = rf"(?:[+-]?(?:[1-4]?\d|5[0-3]))?{_DAY}"
_MONTH_DAY: Final = r"[+-]?(?:[1-9]|0[1-9]|[12]\d|3[01])"
_YEAR_DAY: Final = r"[+-]?(?:0?0?[1-9]|0?[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"
_PARTS: Final = {
    "FREQ": "|".join(_FREQUENCIES),
    "INTERVAL": r"0*[1-9]\d{0,2}",
    "COUNT": r"0*[1-9]\d{0,5}",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "BYMONTH": _several(r"(?:0?[1-9]|1[0-2])"),
    "BYMONTHDAY": _several(_MONTH_DAY),
    "BYYEARDAY": _several(_YEAR_DAY),
    "BYDAY": _several(_NTH_DAY),
    "BYSETPOS": _several(_YEAR_DAY),
    "WKST": _DAY,
}
_REFUSED: Final[dict[Frequency, frozenset[str]]] = {
    "DAILY": frozenset({"BYYEARDAY"}),
    "WEEKLY": frozenset({"BYYEARDAY", "BYMONTHDAY"}),
    "MONTHLY": frozenset({"BYYEARDAY"}),
    "YEARLY": frozenset(),
}
_LONGEST: Final = 500


@cache
def recurrence(text: str, where: str = "recurrence") -> Recurrence:
    """The rule of a text, as in an iCalendar file: `FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO`.

    Raises:
        InvalidValue: it is no rule for days, or has a part that is not known here (`BYWEEKNO`, hours and less), or one
            that its frequency does not allow.
    """
    pairs = [part.partition("=") for part in text.upper().rstrip(";").split(";")] if len(text) <= _LONGEST else []
    parts = {name: value for name, _, value in pairs}
    if "FREQ" not in parts or len(parts) < len(pairs):
        raise InvalidValue(where, "a rule is written like FREQ=MONTHLY;BYDAY=-1FR, each part once")
    if not parts.keys() <= _PARTS.keys():
        raise InvalidValue(where, f"a rule has only the parts {', '.join(_PARTS)}")
    for name, value in parts.items():
        if not re.fullmatch(_PARTS[name], value, re.ASCII):
            raise InvalidValue(where, f"{name} of a rule has a value that is not known here")
    frequency = _FREQUENCIES[parts["FREQ"]]
    weekdays = frozenset((int(day[:-2] or 0), _WEEKDAYS.index(day[-2:])) for day in _listed(parts, "BYDAY"))
    if parts.keys() & _REFUSED[frequency] or (frequency in ("DAILY", "WEEKLY") and any(n for n, _ in weekdays)):
        raise InvalidValue(where, f"a rule that is {frequency} cannot choose days in this way")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise InvalidValue(where, "a rule ends after a count or at a day, not both")
    return Recurrence(
        frequency=frequency,
        interval=int(parts.get("INTERVAL", 1)),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], where) if "UNTIL" in parts else None,
        months=frozenset(map(int, _listed(parts, "BYMONTH"))),
        month_days=frozenset(map(int, _listed(parts, "BYMONTHDAY"))),
        year_days=frozenset(map(int, _listed(parts, "BYYEARDAY"))),
        weekdays=weekdays,
        positions=tuple(map(int, _listed(parts, "BYSETPOS"))),
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
    )


def _listed(parts: dict[str, str], name: str) -> list[str]:
    return parts[name].split(",") if name in parts else []


def _until(text: str, where: str) -> date:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        if "T" not in text:
            return day
        second = min(int(text[13:15]), 59)  # a minute may have a leap second, which no time here has
        clock = time(int(text[9:11]), int(text[11:13]), second, tzinfo=UTC if text.endswith("Z") else None)
        return datetime.combine(day, clock)
    except ValueError:
        raise InvalidValue(where, "a rule ends at a day, and a time, that there is") from None
