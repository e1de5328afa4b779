"""Holidays of every year: on a date, around Easter, or on a weekday of a month; and when they are observed instead."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final

from servicecrm.calendars.hours import WEEKDAYS
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["YearlyHoliday", "yearly", "yearly_days"]


@record
class YearlyHoliday:
    """A holiday that comes every year: `YearlyHoliday(on="12-25", name="Christmas Day")`.

    | `on` | is |
    | --- | --- |
    | `12-25` | a date; `02-29` is there in leap years only |
    | `easter`, `easter+1`, `orthodox easter-2` | so many days after or before Easter Sunday |
    | `1st mon of sep`, `last mon of may` | a weekday of a month |
    | `wed before 11-23`, `sat after 06-19` | the first such weekday that lies before or after a date |

    `observed` says what happens when it falls on one of some weekdays: `sat-1, sun+1` means that of a Saturday the day
    before is a holiday too, of a Sunday the day after. If that is a holiday already, or one of these weekdays itself,
    the next one in the same direction is taken; so `sat+1, sun+1` is the next working day. It may lie in another year.

    It is a holiday from `first_year` to `last_year`, both included; without them, always.

    Raises:
        InvalidValue: `on` or `observed` has another form, or the last year lies before the first.

    Source: C034.
    """

    on: str
    name: str = ""
    observed: str = ""
    first_year: int | None = None
    last_year: int | None = None

    def __attrs_post_init__(self) -> None:
        _days(self.on)
        _shifts(self.observed)
        if self.first_year is not None and self.last_year is not None and self.last_year < self.first_year:
            raise InvalidValue("YearlyHoliday.last_year", "the last year lies before the first one")

    def day_in(self, year: int) -> date | None:
        """Its day in a year, be it observed then or not; None if it has none."""
        if year < (self.first_year or year) or year > (self.last_year or year):
            return None
        return _days(self.on)(year)

    def observed_for(self, day: date, taken: set[date]) -> date | None:
        """The other day that is a holiday because of this one; None if there is no need for one."""
        shifts = _shifts(self.observed)
        shift = shifts.get(day.weekday())
        if shift is None:
            return None
        other = day + timedelta(days=shift)
        while other in taken or other.weekday() in shifts:
            other += timedelta(days=1 if shift > 0 else -1)
        return other


def yearly(days: Mapping[str, str], *, observed: str = "") -> tuple[YearlyHoliday, ...]:
    """Holidays of every year from when they are and their names: `yearly({"easter+1": "Easter Monday"})`.

    Raises:
        InvalidValue: as for `YearlyHoliday`.
    """
    return tuple(YearlyHoliday(on=on, name=name, observed=observed) for on, name in days.items())


def yearly_days(holidays: Iterable[YearlyHoliday], first: int, last: int) -> Iterator[tuple[date, str]]:
    """The days of holidays that lie in the years from one to another, and their names."""
    # What a year observes depends on the end of the year before, and that on its own days only.
    years = range(first - 2, last + 3)
    own = [(day, each) for year in years for each in holidays if (day := each.day_in(year))]
    taken = {day for day, _ in own}
    for day, each in sorted(own, key=lambda pair: pair[0]):
        other = each.observed_for(day, taken)
        found = (day,) if other is None else (day, other)
        taken.update(found)
        yield from ((one, each.name) for one in found if first <= one.year <= last)


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS: Final = ("1st", "2nd", "3rd", "4th", "last")
_DATE: Final = r"(\d\d)-(\d\d)"
_WEEKDAY: Final = f"({'|'.join(WEEKDAYS)})"
_EASTER: Final = r"(orthodox )?easter([+-]\d{1,3})?"
_NTH: Final = f"({'|'.join(_NUMBERS)}) {_WEEKDAY} of ({'|'.join(_MONTHS)})"
_NEAR: Final = f"{_WEEKDAY} (before|after) {_DATE}"
_SHIFT: Final = re.compile(rf"{_WEEKDAY}([+-][1-6])", re.ASCII)

_DayOfYear = Callable[[int], date | None]


@cache
def _days(on: str) -> _DayOfYear:
    for form, make in _FORMS.items():
        if found := re.fullmatch(form, on, re.ASCII):
            return make(*found.groups())
    raise InvalidValue(
        "YearlyHoliday.on",
        "a holiday of every year is written like 12-25, easter+1, last mon of may, or wed before 11-23",
    )


def _on_date(month: str, day: str) -> _DayOfYear:
    try:
        date(2000, int(month), int(day))  # a leap year
    except ValueError:
        raise InvalidValue("YearlyHoliday.on", "there is no such day in any year; a date is written MM-DD") from None

    def in_year(year: int) -> date | None:
        return None if int(day) > monthrange(year, int(month))[1] else date(year, int(month), int(day))

    return in_year


def _around_easter(orthodox: str | None, days: str | None) -> _DayOfYear:
    from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter

    shift = timedelta(days=int(days or 0))
    if orthodox:
        return lambda year: easter(year, EASTER_ORTHODOX) + shift
    return lambda year: easter(year, EASTER_WESTERN) + shift


def _nth_weekday(number: str, weekday: str, month: str) -> _DayOfYear:
    at, n, wanted = _MONTHS.index(month) + 1, _NUMBERS.index(number), WEEKDAYS.index(weekday)

    def in_year(year: int) -> date:
        first, length = monthrange(year, at)
        days = range((wanted - first) % 7 + 1, length + 1, 7)
        return date(year, at, days[-1 if number == "last" else n])

    return in_year


def _near_date(weekday: str, side: str, month: str, day: str) -> _DayOfYear:
    on, wanted = _on_date(month, day), WEEKDAYS.index(weekday)

    def in_year(year: int) -> date | None:
        start = on(year)
        if start is None:
            return None
        if side == "before":
            return start - timedelta(days=(start.weekday() - wanted - 1) % 7 + 1)
        return start + timedelta(days=(wanted - start.weekday() - 1) % 7 + 1)

    return in_year


_FORMS: Final[dict[str, Callable[..., _DayOfYear]]] = {
    _DATE: _on_date,
    _EASTER: _around_easter,
    _NTH: _nth_weekday,
    _NEAR: _near_date,
}


@cache
def _shifts(observed: str) -> dict[int, int]:
    """By how many days a holiday moves, by the weekday on which it falls."""
    parts = [_SHIFT.fullmatch(part.strip()) for part in observed.split(",")] if observed else []
    shifts = {WEEKDAYS.index(found[1]): int(found[2]) for found in parts if found}
    if len(shifts) < len(parts) or len(shifts) == len(WEEKDAYS):
        raise InvalidValue(
            "YearlyHoliday.observed", "it is written like sat-1, sun+1, each weekday once, and not all of them"
        )
    return shifts
