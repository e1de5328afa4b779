"""Keeps the table of a calendar: made for the years that are asked for, and made longer when they do not do."""

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from servicecrm.calendars.clock import utc
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR, Segment, Table, tabulated
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.kinds import micros

__all__ = ["SINCE", "UNTIL", "Tabulated", "known_year"]

SINCE: Final = micros(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
"""The first instant, in microseconds, of which calendars know."""

UNTIL: Final = micros(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
"""The first instant, in microseconds, of which no calendar knows."""

_MARGIN: Final = 2
"""How many days before and after some years may have hours in them: zones differ, and nights are long."""


class Tabulated(ABC):
    """What can say when it is open, and keeps that as a table."""

    __slots__ = ("_table",)  # beside the fields of the records below: it is no part of their value

    _table: Table

    @abstractmethod
    def label(self) -> str:
        """Its name in errors and explanations."""

    @abstractmethod
    def tz(self) -> ZoneInfo:
        """The zone in which its days begin and end."""

    @abstractmethod
    def segments(self, first: int, end: int) -> list[Segment]:
        """The hours of the days from one ordinal up to and without another; those of two days may overlap."""

    def _covering(self, since: int, until: int) -> Table:
        """A table in which both instants lie."""
        try:
            table = self._table
            if table.since <= since and until < table.until:
                return table
        except AttributeError:
            pass
        if since < SINCE or until >= UNTIL:
            raise _unknown()
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


def known_year(year: int) -> None:
    """Refuses a year of which no calendar knows.

    Raises:
        InvalidValue: it is none of 1900 to 2199.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _unknown()


def _unknown() -> InvalidValue:
    return InvalidValue("instant", f"business time is known from the year {FIRST_YEAR} to {LAST_YEAR}")
