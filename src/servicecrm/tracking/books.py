"""Targets and calendars as a house publishes them, version by version."""

from datetime import datetime
from typing import Final

from servicecrm.calendars import Calendar
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, decide, stamp
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Kind, micros
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import evolve, record
from servicecrm.tracking.targets import Targets

__all__ = ["CALENDARS", "DEFAULT_CALENDAR", "TARGETS", "CalendarBook", "PromisesChanged", "TargetBook", "promise"]

DEFAULT_CALENDAR: Final = "default"
"""The calendar of all targets that name no other one."""

SHIPPED: Final = Calendar(id=DEFAULT_CALENDAR, version=0, zone="UTC", hours="mon-fri 09:00-17:00")


@record
class CalendarBook(PolicyBook[Calendar]):
    """All versions of one calendar of a house; the id is its name."""

    id: str = DEFAULT_CALENDAR
    versions: tuple[PolicyVersion[Calendar], ...] = ()

    def shipped(self) -> Calendar:
        """Monday to Friday from 9 to 17 in UTC, until a house publishes its own.

        Raises:
            InvalidValue: there is no calendar of this name.
        """
        if self.id != DEFAULT_CALENDAR:
            raise InvalidValue("calendar", f"there is no calendar named {self.id!r}; publish one")
        return SHIPPED

    def numbered(self, number: int) -> Calendar:
        """The calendar with this number, under the name and the number that it was published with."""
        calendar = super().numbered(number)
        named = (calendar.id, calendar.version) == (self.id, number)
        return calendar if named else evolve(calendar, id=self.id, version=number)


@record
class TargetBook(PolicyBook[Targets]):
    """All versions of the targets for one kind of record; the id names the kind.

    `promises` are the dates on which that changes which the house promises to everybody instead of them.
    """

    versions: tuple[PolicyVersion[Targets], ...] = ()
    promises: tuple[datetime, ...] = ()

    def promises_at(self, at: datetime) -> int:
        """How often what is promised to everybody has changed by now."""
        return sum(micros(since) <= micros(at) for since in self.promises)


@record
class PromisesChanged(Event):
    """Something else is promised to everybody from a date on than the targets of the house say."""

    type = "targets.promises_changed"
    since: datetime


def promise(book: TargetBook, since: datetime, *, by: Actor | str, at: datetime) -> Decision[TargetBook]:
    """From a date on something else is promised to everybody than before, so that clocks are to be read again."""
    event = PromisesChanged(**stamp(by, at), since=since)
    promises = (*book.promises, since)
    return decide(book, event, promises=promises) if book.revision else begin(evolve(book, promises=promises), event)


CALENDARS: Final[Kind[CalendarBook]] = Kind("calendar", Schema("calendar", CalendarBook, kept=True))

TARGETS: Final[Kind[TargetBook]] = Kind("targets", Schema("targets", TargetBook, kept=True))
