"""Cadences that follow each other: one holds from its start until the next one starts, and what was due stays due."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise, zip_longest
from typing import Final, Literal

from servicecrm.calendars import BusinessHours, Cadence
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.years import zone_told

__all__ = ["Cadences", "Roll", "begins", "check_cadences", "day_of", "due_days", "next_due", "with_cadence"]

Cadences = tuple[Cadence, ...]
Roll = Literal["as_is", "next", "previous"]

_DAY: Final = timedelta(days=1)
_EARLIER: Final = timedelta(days=31)
"""So much before its start a cadence may be due, because a day is moved to the business day before."""


def check_cadences(where: str, cadences: Cadences, zone: str) -> None:
    """Refuses what could not tell beforehand on which days something is due.

    Raises:
        InvalidValue: there is no cadence, one counts from when it was done last, they stand in the wrong order, or the
            zone is unknown.
    """
    if not cadences or any(each.counted_from == "last" for each in cadences):
        raise InvalidValue(where, "it is known beforehand what is due when: a cadence or more, counted from the start")
    if any(later.start <= earlier.start for earlier, later in pairwise(cadences)):
        raise InvalidValue(where, "each cadence starts after the one before it")
    zone_told("zone", zone)


def with_cadence(cadences: Cadences, new: Cadence, event: Event, zone: str) -> Cadences:
    """These cadences and one more. What would have been due from its start on is not any more; the rest stays due.

    Raises:
        PolicyViolation: it would start before it is agreed on.
    """
    if new.start < day_of(event.occurred_at, zone):
        raise PolicyViolation("start", "what was due stays due; let the new cadence start on a later day")
    return (*(each for each in cadences if each.start < new.start), new)


def due_days(
    cadences: Cadences,
    first: date,
    end: date,
    *,
    ended_on: date | None = None,
    calendar: BusinessHours | None = None,
) -> tuple[date, ...]:
    """The days on which it is due, from one day up to and without another, and before the day on which it ended.

    Raises:
        InvalidValue: a cadence is moved to business days, and there is no calendar.
        NoBusinessTime: there is no business day to move to.
    """
    last = end if ended_on is None else min(end, ended_on)
    days = (
        day
        for each, until in _stretches(cadences)
        for day in each.between(first, last if until is None else min(last, until), calendar=calendar)
    )
    return tuple(dict.fromkeys(days))


def next_due(
    cadences: Cadences,
    after: date | None,
    *,
    ended_on: date | None = None,
    calendar: BusinessHours | None = None,
) -> date | None:
    """The first day after this one on which it is due, or the very first; None if it never is again."""
    since = begins(cadences) - _DAY if after is None else after
    for each, until in _stretches(cadences):
        day = each.next_after(since, calendar=calendar)
        if day is not None and (until is None or day < until):
            return day if ended_on is None or day < ended_on else None
    return None


def begins(cadences: Cadences) -> date:
    """A day before which nothing is due."""
    return cadences[0].start - _EARLIER


def day_of(at: datetime, zone: str) -> date:
    """The day of an instant in a zone.

    Raises:
        InvalidValue: there is no such zone, or it is no instant.
    """
    if not isinstance(at, datetime):
        raise InvalidValue("day", f"expected a datetime, got {type(at).__name__}")
    return at.astimezone(zone_told("zone", zone)).date()


def _stretches(cadences: Cadences) -> Iterator[tuple[Cadence, date | None]]:
    return zip_longest(cadences, (each.start for each in cadences[1:]))
