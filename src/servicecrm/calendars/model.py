"""When a house is open: weekly hours, days with other hours, holidays, and what is made of several calendars."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import reduce
from itertools import chain
from typing import Final, Literal
from zoneinfo import ZoneInfo

import attrs

from servicecrm.calendars.answers import Due, Pause, Spent, due, spent
from servicecrm.calendars.clock import midnight, wall
from servicecrm.calendars.durations import Duration
from servicecrm.calendars.hours import DAY, Hours, day_hours, week_hours
from servicecrm.calendars.opening import Boundary, Holiday, Negative, OpenTime, Origin
from servicecrm.calendars.table import Segment, clipped, common, joined, without
from servicecrm.calendars.tabulated import known_year
from servicecrm.calendars.years import YearlyHoliday, yearly_days
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.years import zone_told

__all__ = ["BusinessHours", "Calendar", "CombinedCalendar", "DayHours", "Holiday", "holidays"]

_SECOND: Final = 1_000_000
"""The microseconds of a second."""


@record
class DayHours:
    """Hours of one day: `DayHours(date=date(2026, 12, 24), hours="09:00-12:00")`."""

    date: date
    hours: str


class BusinessHours(OpenTime):
    """What every calendar can be asked, be it one or several together."""

    __slots__ = ()

    def due(
        self,
        begin: datetime,
        duration: Duration | str,
        *,
        pauses: Iterable[Pause] = (),
        boundary: Boundary = "close",
        origin: Origin = "as_is",
    ) -> Due:
        """When a duration that begins at an instant is over: `due(at, "8h business")`.

        Pauses stop the clock: business time and business days are longer by what is open of a pause, elapsed and
        calendar time by all of it. A pause that begins when it is due, or later, changes nothing.

        With `boundary="next_open"` what would be due when it is closed, or in a pause, is due when it is open next
        without one; a closing is such a time, and so is the beginning of a pause. With `origin="roll"` what begins when
        it is closed begins when it opens next.

        Raises:
            NaiveDatetime: a time has no zone.
            InvalidValue: it is no duration, such as a `timedelta`, which does not say what it counts; or a pause ends
                before it begins or has no end yet.
            NoBusinessTime: it is not open for so long.

        Source: C034, C035.
        """
        return due(self, begin, duration, pauses=pauses, boundary=boundary, origin=origin)

    def spent(
        self, begin: datetime, end: datetime, *, pauses: Iterable[Pause] = (), negative: Negative = "signed"
    ) -> Spent:
        """The business time between two instants, without the pauses. A pause without an end goes on.

        Raises:
            NaiveDatetime: a time has no zone.
            InvalidValue: a pause ends before it begins.

        Source: C035.
        """
        return spent(self, begin, end, pauses=pauses, negative=negative)

    def __or__(self, other: "BusinessHours") -> "CombinedCalendar":
        """Open when one of both is."""
        return CombinedCalendar(how="union", parts=(self, other))

    def __and__(self, other: "BusinessHours") -> "CombinedCalendar":
        """Open when both are."""
        return CombinedCalendar(how="intersection", parts=(self, other))


def _listed(days: tuple[Holiday, ...]) -> tuple[Holiday, ...]:
    if isinstance(days, Mapping):
        raise InvalidValue("Calendar.holidays", "expected records; holidays({...}) makes them of dates and names")
    return days


@record
class Calendar(BusinessHours):
    """When a house is open.

    `hours` are the hours of a week on the clock of its zone, `mon-fri 09:00-12:00, 13:00-17:00; sat 22:00-02:00`; the
    hours of a night belong to the day on which they begin. On one day the first of these counts: `extra_days`, then
    `holidays` and those that are `yearly`, then `days` with other hours than usual, then the week. `breaks` are cut out
    last, and it is closed before `valid_from` and from `valid_until` on.

    Raises:
        InvalidValue: the zone is unknown; hours have another form, overlap, are of no length, or there are none at
            all; a day has other hours twice; or it is valid for no day.

    Source: C034.
    """

    id: str = attrs.field(default="default", validator=filled)
    version: int = 1
    zone: str
    hours: str = ""
    days: tuple[DayHours, ...] = ()
    extra_days: tuple[DayHours, ...] = ()
    holidays: tuple[Holiday, ...] = attrs.field(default=(), converter=_listed)
    yearly: tuple[YearlyHoliday, ...] = ()
    breaks: tuple[DayHours, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def __attrs_post_init__(self) -> None:
        zone_told("Calendar.zone", self.zone)
        if not (any(week_hours(self.hours, "Calendar.hours")) or self.days or self.extra_days):
            raise InvalidValue("Calendar.hours", "it would never be open; give it hours, such as mon-fri 09:00-17:00")
        for name in ("days", "extra_days", "breaks"):
            _by_day(getattr(self, name), f"Calendar.{name}")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise InvalidValue("Calendar.valid_until", "it is the first day on which it is no longer valid")

    def label(self) -> str:
        """Its id."""
        return self.id

    def tz(self) -> ZoneInfo:
        """Its zone."""
        return ZoneInfo(self.zone)

    def holidays_in(self, year: int) -> tuple[Holiday, ...]:
        """The holidays of a year, yearly ones too, in order; without those that `extra_days` open again.

        Raises:
            InvalidValue: it is none of the years 1900 to 2199.
        """
        known_year(year)
        of_year = {(each.date, each.name) for each in self.holidays if each.date.year == year}
        of_year.update(yearly_days(self.yearly, year, year))
        opened = {each.date for each in self.extra_days}
        return tuple(Holiday(date=day, name=name) for day, name in sorted(of_year) if day not in opened)

    def is_on_break(self, at: datetime) -> bool:
        """Does this instant lie in one of the breaks, be it open around them or not?

        Raises:
            NaiveDatetime: the time has no zone.
        """
        instant = micros(at)
        return any(opens <= instant < closes for opens, closes, _ in self._breaks())

    def segments(self, first: int, end: int) -> list[Segment]:
        """The hours of the days from one ordinal up to and without another; those of two days may overlap."""
        first = max(first, self.valid_from.toordinal()) if self.valid_from else first
        end = min(end, self.valid_until.toordinal()) if self.valid_until else end
        week, special = week_hours(self.hours, "Calendar.hours"), self._special_days(first, end)
        days = range(first, end) if any(week) else (day for day in sorted(special) if first <= day < end)
        of_days = chain.from_iterable(
            self._on(day, hours) for day in days if (hours := special.get(day, week[(day - 1) % 7]))
        )
        return without(list(of_days), self._breaks())

    def _special_days(self, first: int, end: int) -> dict[int, Hours]:
        """The days from one ordinal up to another, or more, that do not have the hours of their weekday."""
        closed: dict[int, Hours] = {holiday.date.toordinal(): () for holiday in self.holidays}
        if self.yearly:
            years = date.fromordinal(first).year, date.fromordinal(end).year
            closed.update((day.toordinal(), ()) for day, _ in yearly_days(self.yearly, *years))
        return {**_by_day(self.days, "Calendar.days"), **closed, **_by_day(self.extra_days, "Calendar.extra_days")}

    def _on(self, day: int, hours: Hours) -> list[Segment]:
        """Hours as they are on a day. One that its zone skips has none, and a skipped hour takes what ends in it."""
        zone = self.tz()
        begins, ends = midnight(day, zone), midnight(day + 1, zone)
        if begins == ends:
            return []
        if ends - begins == DAY * _SECOND and hours[-1][1] <= DAY:  # no clock changes twice a day
            return [Segment(begins + start * _SECOND, begins + end * _SECOND, day) for start, end in hours]
        spans = [(wall(day, start, zone), wall(day, end, zone)) for start, end in hours]
        return [Segment(start, end, day) for start, end in spans if start < end]

    def _breaks(self) -> list[Segment]:
        spans = _by_day(self.breaks, "Calendar.breaks")
        return clipped(chain.from_iterable(self._on(day, hours) for day, hours in spans.items()))


@record
class CombinedCalendar(BusinessHours):
    """Several calendars as one, made with `|` and `&`. Its days are those of the first one's zone.

    A business day of a union is one of any part; of an intersection it is one of the first part with time left.
    """

    how: Literal["union", "intersection"]
    parts: tuple[BusinessHours, ...]

    def __attrs_post_init__(self) -> None:
        if not self.parts:
            raise InvalidValue("CombinedCalendar.parts", "nothing is combined; name one calendar or more")

    def label(self) -> str:
        """The ids of its parts."""
        names = (" | " if self.how == "union" else " & ").join(part.label() for part in self.parts)
        return f"({names})"

    def tz(self) -> ZoneInfo:
        """The zone of the first part."""
        return self.parts[0].tz()

    def holidays_in(self, year: int) -> tuple[Holiday, ...]:
        """The holidays that any of its parts has in a year, in order; on some of them another part may be open."""
        known_year(year)
        found = {(each.date, each.name) for part in self.parts for each in part.holidays_in(year)}
        return tuple(Holiday(date=day, name=name) for day, name in sorted(found))

    def segments(self, first: int, end: int) -> list[Segment]:
        """The hours of the days from one ordinal up to and without another; those of two days may overlap."""
        each = [part.segments(first, end) for part in self.parts]
        return joined(each) if self.how == "union" else reduce(common, each)


def holidays(days: Mapping[str, str]) -> tuple[Holiday, ...]:
    """Holidays from their dates and names, in order: `holidays({"2026-12-25": "Christmas Day"})`.

    Raises:
        InvalidValue: a date is not written YYYY-MM-DD.
    """
    try:
        return tuple(Holiday(date=date.fromisoformat(day), name=name) for day, name in sorted(days.items()))
    except ValueError:
        raise InvalidValue("holidays", "a date is written YYYY-MM-DD") from None


def _by_day(days: tuple[DayHours, ...], where: str) -> dict[int, Hours]:
    # Breaks may overlap: closed twice is closed.
    found = {each.date.toordinal(): day_hours(each.hours, where, overlapping="breaks" in where) for each in days}
    if len(found) < len(days):
        raise InvalidValue(where, "a day stands twice; name all its spans in one place")
    return found
