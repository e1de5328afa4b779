"""What is due again and again: reviews, surveys, renewals. On which days, and what of it was not done."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby, takewhile
from typing import Final, Literal, NamedTuple

import attrs

from servicecrm.calendars.durations import CalendarTime
from servicecrm.calendars.model import BusinessHours
from servicecrm.calendars.recurrence import recurrence
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import filled

__all__ = ["Cadence", "Recurring", "Standing", "due_list", "regular", "standing"]

_DAY: Final = timedelta(days=1)
_LAST: Final = date(LAST_YEAR, 12, 31)


class _Unit(NamedTuple):
    """What a unit is on the calendar, and its longest length in days."""

    unit: Literal["day", "week", "month"]
    times: int
    longest: int


_UNITS: Final = {
    "day": _Unit("day", 1, 1),
    "week": _Unit("week", 1, 7),
    "month": _Unit("month", 1, 31),
    "quarter": _Unit("month", 3, 92),
    "year": _Unit("month", 12, 366),
}
_EVERY: Final = re.compile(rf"(?:([1-9]\d{{0,2}}) )?({'|'.join(_UNITS)})s?", re.ASCII)


def regular(every: str) -> tuple[int, str] | None:
    """How many of which unit lie between: `2 weeks`; None if it is a rule, or has another form."""
    found = _EVERY.fullmatch(every)
    return None if found is None else (int(found[1] or 1), found[2])


@record
class Cadence:
    """How often something is due: `Cadence(every="3 months", start=date(2026, 1, 31))`.

    `every` is a number of days, weeks, months, quarters or years, such as `2 weeks` or `quarter`, or a rule of RFC
    5545, such as `FREQ=MONTHLY;BYDAY=-1FR` for the last Friday of a month. It is first due on `start`, if that fits the
    rule. Each day is counted from the start: after 31 January comes 28 February, and then 31 March.

    `counted_from="last"` counts from the day on which it was done last instead, however late that was.

    `roll="next"` moves what is due on a day that is no business day to the next one, `"previous"` to the one before.

    What is done at most `early_days` days before it is due counts for that day, and not for the one before.

    Raises:
        InvalidValue: `every` has another form, the start lies outside the years 1900 to 2199, or `early_days` is below
            zero.

    Source: C084.
    """

    every: str
    start: date
    counted_from: Literal["start", "last"] = "start"
    roll: Literal["as_is", "next", "previous"] = "as_is"
    early_days: int = 0

    def __attrs_post_init__(self) -> None:
        if "=" in self.every:
            recurrence(self.every, "Cadence.every")
        elif regular(self.every) is None:
            raise InvalidValue(
                "Cadence.every",
                "it is written like 2 weeks, quarter, 1 year, or as a rule like FREQ=MONTHLY;BYDAY=-1FR",
            )
        if not FIRST_YEAR <= self.start.year <= LAST_YEAR:
            raise InvalidValue("Cadence.start", f"a cadence starts in the years {FIRST_YEAR} to {LAST_YEAR}")
        if self.early_days < 0:
            raise InvalidValue("Cadence.early_days", "a number of days is 0 or more")

    def next_after(self, day: date, *, calendar: BusinessHours | None = None) -> date | None:
        """The first day after this one on which it is due; None if it never is again until 2199.

        Raises:
            InvalidValue: it is moved to business days, and there is no calendar.
            NoBusinessTime: there is no business day to move to.
        """
        return next(self._due(day + _DAY, calendar), None)

    def between(self, first: date, end: date, *, calendar: BusinessHours | None = None) -> tuple[date, ...]:
        """The days on which it is due, from one day up to and without another.

        Raises:
            InvalidValue: it is moved to business days, and there is no calendar.
            NoBusinessTime: there is no business day to move to.
        """
        return tuple(takewhile(lambda day: day < end, self._due(first, calendar)))

    def _due(self, since: date, calendar: BusinessHours | None) -> Iterator[date]:
        """The days on which it is due, moved to business days, each once."""
        if self.roll == "as_is":
            yield from self._regular(since)
            return
        if calendar is None:
            raise InvalidValue("calendar", "this cadence is moved to business days, so it needs a calendar")
        rolled = (self._rolled(day, calendar) for day in self._regular(self._earliest(since, calendar)))
        yield from (day for day, _ in groupby(rolled))

    def _earliest(self, since: date, calendar: BusinessHours) -> date:
        """The first day that is moved to this one or a later one."""
        if self.roll == "previous":
            return since if calendar.is_business_day(since) else calendar.business_day(since, 1)
        try:
            return calendar.business_day(since, -1) + _DAY
        except NoBusinessTime:  # it was never open before, so that all comes later
            return self.start

    def _rolled(self, day: date, calendar: BusinessHours) -> date:
        if calendar.is_business_day(day):
            return day
        return calendar.business_day(day, 1 if self.roll == "next" else -1)

    def _regular(self, since: date) -> Iterator[date]:
        """The days on which it is due by its rule alone, from a day on."""
        found = regular(self.every)
        if found is None:
            yield from recurrence(self.every).days(self.start, since=since, end=_LAST + _DAY)
            return
        count, unit = found[0], _UNITS[found[1]]
        n = max(0, (since - self.start).days // (unit.longest * count))
        while (day := CalendarTime(count=n * count * unit.times, unit=unit.unit).after(self.start)) <= _LAST:
            if day >= since:
                yield day
            n += 1


@record
class Recurring:
    """Something that is done again and again, and when it was done last: `last_done=None` is never."""

    id: str = attrs.field(validator=filled)
    cadence: Cadence
    last_done: date | None = None


@record
class Standing:
    """How it stands with something recurring on a day.

    `due` is the first day on which it was, or will be, due since it was done last. A day that was skipped stays due
    until it is done. `overdue_days` says for how many days it has been, and `missed` how often it was due by now
    without being done; both are 0 on the day itself and before.
    """

    id: str
    due: date
    overdue_days: int
    missed: int


def standing(recurring: Recurring, *, on: date, calendar: BusinessHours | None = None) -> Standing | None:
    """How it stands with something recurring on a day; None if it is never due again.

    Raises:
        InvalidValue: its cadence is moved to business days, and there is no calendar.
        NoBusinessTime: there is no business day to move to.

    Source: C084.
    """
    cadence, done = recurring.cadence, recurring.last_done
    if done is None or done < cadence.start - cadence.early_days * _DAY:
        due = cadence.next_after(cadence.start - _DAY, calendar=calendar)
    elif cadence.counted_from == "last":
        cadence = evolve(cadence, start=done)
        regular = evolve(cadence, roll="as_is").next_after(done)
        # The day on which it was done may itself be moved to a later one, on which it is not due again.
        after = done if regular is None or cadence.roll == "previous" else regular - _DAY
        due = cadence.next_after(after, calendar=calendar)
    else:
        due = cadence.next_after(done + cadence.early_days * _DAY, calendar=calendar)
    if due is None:
        return None
    return Standing(
        id=recurring.id,
        due=due,
        overdue_days=max(0, (on - due).days),
        missed=len(cadence.between(due, on, calendar=calendar)),
    )


def due_list(
    of: Iterable[Recurring], *, on: date, ahead_days: int = 0, calendar: BusinessHours | None = None
) -> tuple[Standing, ...]:
    """What is overdue or due on a day, or so many days ahead; what has been due for the longest comes first.

    Raises:
        InvalidValue: a cadence is moved to business days, and there is no calendar.
        NoBusinessTime: there is no business day to move to.

    Source: C084.
    """
    found = (standing(each, on=on, calendar=calendar) for each in of)
    last = on + ahead_days * _DAY
    due = [each for each in found if each is not None and each.due <= last]
    return tuple(sorted(due, key=lambda each: (each.due, each.id)))
