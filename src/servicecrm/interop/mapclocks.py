"""The clocks of a map: when the house is open, and what has to happen within how long.

```toml
[calendar]                              # business hours
hours = "mon-fri 09:00-17:00"
zone = "Europe/Rome"                    # left out: the zone of the log
valid_from = 2026-01-01                 # optional, as are valid_until and the tables
observed = "sat+2, sun+1"               # the day off for a yearly holiday on a weekend

[calendar.yearly]                       # when = its name
"easter+1" = "Easter Monday"
12-25 = "Christmas Day"

[calendar.holidays]                     # day = its name
2026-05-04 = "Moving house"

[calendar.days]                         # day = its hours; also [calendar.extra_days] and [calendar.breaks]
2026-12-24 = "09:00-12:00"

[calendars.night]                       # another one, by its name
hours = "mon-sun 22:00-06:00"

[targets.first_response]                # one of the usual targets says itself what starts and stops it
within = "8h business"

[targets.visit]
within = "2 business days"
start = ["assigned", "forwarded"]       # kinds of moments, of which any one will do; the same for the next three
stop = ["answered"]
pause = ["waiting"]                     # left out: never; without resume, whatever ends a wait ends the pause
each = true                             # again for every start
calendar = "night"                      # left out: [calendar]
```
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from servicecrm.calendars import Calendar, DayHours, Holiday, YearlyHoliday, duration, yearly
from servicecrm.calendars.hours import day_hours
from servicecrm.errors import InvalidValue
from servicecrm.interop.reading import Reading, Table
from servicecrm.tracking import Target, Targets, on, usual
from servicecrm.tracking.ready_made import USUAL

__all__ = ["read_clocks"]

DEFAULT: Final = "default"

_OTHER_HOURS: Final = ("days", "extra_days", "breaks")
_VALID: Final = ("valid_from", "valid_until")
_CALENDAR: Final = ("zone", "hours", "holidays", "yearly", "observed", *_OTHER_HOURS, *_VALID)
_MOMENTS: Final = ("start", "stop", "pause", "resume")


def read_clocks(
    reading: Reading, document: Table, *, zone: str, kinds: tuple[str, ...]
) -> tuple[tuple[Calendar, ...], Targets]:
    """The calendars of a map, in this zone unless they name another one, and its targets over kinds of moments."""
    named = reading.table(document, "calendars")
    tables = {f"calendars.{id}.": (id, reading.table(named, id, "calendars.")) for id in named}
    if "calendar" in document:
        tables["calendar."] = DEFAULT, reading.table(document, "calendar")
        if DEFAULT in named:
            reading.problem(f"calendars.{DEFAULT}", "stands twice; [calendar] is this one")
    calendars = [_calendar(reading, id, table, where, zone) for where, (id, table) in tables.items()]
    known = tuple(id for id, _ in tables.values())
    goals = reading.table(document, "targets")
    targets = [_target(reading, name, reading.table(goals, name, "targets."), kinds, known) for name in goals]
    return tuple(filter(None, calendars)), _together(reading, tuple(filter(None, targets)))


def _together(reading: Reading, targets: tuple[Target, ...]) -> Targets:
    try:
        return Targets(targets=targets)
    except InvalidValue as error:
        reading.problem("targets", str(error))  # it names the target
    return Targets()


def _calendar(reading: Reading, id: str, table: Table, where: str, zone: str) -> Calendar | None:
    before = len(reading.problems)
    reading.only(table, _CALENDAR, where)
    said: dict[str, Any] = {
        "zone": reading.text(table, "zone", where, zone),
        "hours": reading.text(table, "hours", where) if "hours" in table else "",
        "holidays": tuple(Holiday(date=day, name=name) for day, name in _by_day(reading, table, "holidays", where)),
        "yearly": _yearly(reading, table, where),
    }
    for name in _OTHER_HOURS:
        said[name] = tuple(DayHours(date=day, hours=hours) for day, hours in _by_day(reading, table, name, where))
    for name in _VALID:
        said[name] = _day(reading, table[name], f"{where}{name}") if name in table else None
    if len(reading.problems) > before:
        return None
    try:
        return Calendar(id=id, **said)
    except InvalidValue as error:
        reading.problem(f"{where}{error.where.rpartition('.')[2]}", error.says)
    return None


def _yearly(reading: Reading, table: Table, where: str) -> tuple[YearlyHoliday, ...]:
    before, days = len(reading.problems), reading.table(table, "yearly", where)
    names = {rule: reading.text(days, rule, f"{where}yearly.") for rule in days}
    for rule in names:
        reading.made(f"{where}yearly.{rule}", partial(YearlyHoliday, on=rule))
    observed = reading.text(table, "observed", where) if "observed" in table else ""
    reading.made(f"{where}observed", partial(YearlyHoliday, on="01-01", observed=observed))
    return () if len(reading.problems) > before else yearly(names, observed=observed)


def _by_day(reading: Reading, table: Table, name: str, where: str) -> Iterator[tuple[date, str]]:
    """The texts of a table by day: names of holidays, or hours, which are checked here to tell where they stand."""
    texts, inside = reading.table(table, name, where), f"{where}{name}."
    for key in texts:
        day = _day(reading, key, f"{inside}{key}")
        text = reading.text(texts, key, inside)
        if text and name in _OTHER_HOURS:
            reading.made(f"{inside}{key}", partial(day_hours, text, "hours", overlapping=name == "breaks"))
        if day is not None:
            yield day, text


def _day(reading: Reading, found: object, where: str) -> date | None:
    if isinstance(found, date) and not isinstance(found, datetime):
        return found
    try:
        return date.fromisoformat(found if isinstance(found, str) else "")
    except ValueError:
        reading.problem(where, "a day is written YYYY-MM-DD")
    return None


def _target(
    reading: Reading, name: str, table: Table, kinds: tuple[str, ...], calendars: tuple[str, ...]
) -> Target | None:
    before, where = len(reading.problems), f"targets.{name}."
    reading.only(table, ("within", *_MOMENTS, "each", "calendar"), where)
    within = _within(reading, table, where)
    said: dict[str, Any] = {"calendar": reading.text(table, "calendar", where, DEFAULT)}
    if said["calendar"] and said["calendar"] not in calendars:
        known = ", ".join(calendars) or "none"
        reading.problem(f"{where}calendar", f"the map has no calendar {said['calendar']!r}; known: {known}")
    for key in _MOMENTS:
        if key in table or (key in ("start", "stop") and name not in USUAL):
            said[key] = on(*_moments(reading, table, key, where, kinds))
    if "each" in table:
        said["each"] = reading.flag(table, "each", where)
    if len(reading.problems) > before:
        return None
    make = partial(usual, name, kinds=kinds) if name in USUAL else partial(Target, name=name)
    return reading.made(where.removesuffix("."), partial(make, within=within, **said))


def _moments(reading: Reading, table: Table, key: str, where: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    found = reading.texts(table, key, where)
    if not found:
        reading.problem(f"{where}{key}", "one kind of moment or more is needed")
    for kind in found:
        reading.one_of(kind, kinds, f"{where}{key}")
    return found


def _within(reading: Reading, table: Table, where: str) -> str:
    text = reading.text(table, "within", where)
    found = reading.made(f"{where}within", partial(duration, text)) if text else None
    if found is not None and str(found).startswith(("-", "0")):
        reading.problem(f"{where}within", "a target lies ahead; give a duration above zero")
    return text
