"""The rules by which clocks are read, as they are stored: targets for each kind of record, and calendars by name."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

from servicecrm.calendars import Calendar
from servicecrm.desk.books import book_of
from servicecrm.desk.tracked import Tracked
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.books import CalendarBook, TargetBook
from servicecrm.tracking.clock_model import Basis
from servicecrm.tracking.targets import Targets

__all__ = ["basis_of", "calendars_of"]


def basis_of(work: Work, tracked: Tracked[Any], at: datetime) -> Program[Basis]:
    """The rules for a kind of record that are in force at an instant."""
    book = yield from book_of(work, partial(TargetBook, id=tracked.kind.name))
    number, targets = book.in_force(at, otherwise=tracked.targets)
    calendars = yield from calendars_of(work, targets, at)
    return Basis(targets=targets, calendars=calendars, policy=number, promises=book.promises_at(at), zones=zones())


def calendars_of(
    work: Work, targets: Targets, at: datetime, *, known: Collection[str] = ()
) -> Program[Mapping[str, Calendar]]:
    """The calendars that targets need beside the known ones, as they are in force at an instant.

    Raises:
        InvalidValue: there is no calendar of such a name.
    """
    calendars: dict[str, Calendar] = {}
    named = {target.calendar for target in targets.targets}
    named |= {goal.calendar for target in targets.targets for goal in target.goals if goal.calendar is not None}
    for name in sorted(named.difference(known)):
        book = yield from book_of(work, partial(CalendarBook, id=name))
        calendars[name] = _kept(book.numbered(book.in_force(at)[0]))
    return calendars


@lru_cache(maxsize=256)
def _kept(calendar: Calendar) -> Calendar:
    """The same calendar, which has its table of open times already if it was asked before."""
    return calendar


@cache
def zones() -> str:
    """The version of the time zones of this machine."""
    for folder in TZPATH:  # these come before the package
        for name in ("tzdata.zi", "+VERSION"):
            file = Path(folder) / name
            if file.is_file():
                with file.open(encoding="ascii", errors="replace") as lines:
                    return lines.readline().strip("# \n").removeprefix("version ")
    return version("tzdata")
