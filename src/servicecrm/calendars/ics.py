"""Holidays out of an iCalendar file, such as a feed of public holidays. Whatever the file holds, it is read quickly."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import attrs

from servicecrm.calendars.opening import Holiday
from servicecrm.calendars.recurrence import Recurrence, recurrence
from servicecrm.calendars.tabulated import known_year
from servicecrm.errors import InvalidValue, MalformedDocument, MissingExtra
from servicecrm.kernel.records import record
from servicecrm.kernel.years import zone_told

if TYPE_CHECKING:
    from icalendar import Component

__all__ = ["FeedEvent", "ics_holidays"]

_BYTES: Final = 2**20
_EVENTS: Final = 5_000
_LOOKED_AT: Final = 250_000
"""How many days all events of a file together may fill, or their rules look at; it takes about a second."""
_LONGEST: Final = timedelta(days=366)
_FIRST_YEAR: Final = 1583
"""The first whole year of the calendar that we use. Some programs begin birthdays in 1604, if the year is not known."""

_DAY: Final = timedelta(days=1)
_NEARLY_MIDNIGHT: Final = time(23, 59)
"""Some programs let a whole day end a minute, or a second, before the next one begins."""


@record
class FeedEvent:
    """What an event of a feed says of itself, to choose which ones are holidays."""

    name: str
    description: str
    categories: tuple[str, ...]


def ics_holidays(
    data: bytes,
    *,
    years: Iterable[int],
    zone: str | None = None,
    keep: Callable[[FeedEvent], bool] = lambda _: True,
) -> tuple[Holiday, ...]:
    """The holidays of an iCalendar file in some years, for `Calendar.holidays` or `Feed.synced`.

    Feeds of holidays also have days on which nobody is off. `keep` says of each event whether it is a holiday:
    `keep=lambda event: "Public holiday" in event.categories`.

    An event is a holiday on the days that it fills: all of them, if it has no times; with times those from midnight to
    midnight, on the clock of `zone`, or without one on its own. Its end is not part of it. Yearly and other rules,
    dates that are left out or added, and single events that were moved or cancelled are heeded. A time zone counts by
    its name; how a file describes it is not read.

    Raises:
        MissingExtra: the package `icalendar` is not installed.
        InvalidValue: the zone is unknown.
        MalformedDocument: it is no iCalendar file, or an event cannot be read; says which ones, and what of them. Or it
            has more than 1 MiB or 5000 events, or more days or repetitions than any feed of holidays.

    Source: C034.
    """
    wanted = frozenset(years)
    if not wanted:
        return ()
    known_year(min(wanted))
    known_year(max(wanted))
    window = _Window(date(min(wanted), 1, 1), date(max(wanted) + 1, 1, 1), _zone(zone))
    events = _read(data)
    # An event that was moved or cancelled stands for one day of the event that repeats.
    replaced = {(event.uid, event.replaces) for event in events if event.replaces}
    found: set[tuple[date, str]] = set()
    spent = 0
    for event in events:
        if event.cancelled or not keep(event.says):
            continue
        spent = _afforded(spent + event.looked_at(window))
        for day in event.begins(window):
            if event.replaces is None and (event.uid, day) in replaced:
                continue
            days = event.fills(day, window.zone)
            spent = _afforded(spent + len(days))
            found.update((each, event.says.name) for each in days if each.year in wanted)
    return tuple(Holiday(date=day, name=name) for day, name in sorted(found))


def _afforded(spent: int) -> int:
    if spent > _LOOKED_AT:
        raise _refused("its events repeat too often; keep fewer of them, or ask for fewer years")
    return spent


@attrs.frozen
class _Window:
    """The days that are asked for, and on which clock."""

    first: date
    end: date
    zone: ZoneInfo | None


@attrs.frozen(kw_only=True)
class _Event:
    """What is needed of an event: `start` and `end` are both days, or both times."""

    uid: str
    says: FeedEvent
    cancelled: bool
    start: date
    end: date
    rules: tuple[Recurrence, ...]
    more: frozenset[date]
    less: frozenset[date]
    replaces: date | None

    def looked_at(self, window: _Window) -> int:
        """About how many days its rules look at."""
        start = _as_day(self.start)
        return sum(rule.looked_at(start, since=window.first, end=window.end) for rule in self.rules)

    def begins(self, window: _Window) -> Iterator[date]:
        """The days on which it begins and may reach into the days that are asked for."""
        since, end = window.first - _LONGEST - _DAY, window.end + _DAY
        for rule in self.rules:
            yield from (day for day in rule.days(self.start, since=since, end=end) if day not in self.less)
        alone = self.more if self.rules else {_as_day(self.start), *self.more}
        yield from (day for day in sorted(alone - self.less) if since <= day < end)

    def fills(self, day: date, zone: ZoneInfo | None) -> list[date]:
        """The days that are wholly its own when it begins on a day."""
        shift = day - _as_day(self.start)
        start, end = self.start + shift, self.end + shift
        if isinstance(start, datetime) and isinstance(end, datetime):
            if zone and start.tzinfo and end.tzinfo:
                start, end = start.astimezone(zone), end.astimezone(zone)
            start = start.date() + (_DAY if start.time() > time(0) else timedelta(0))
            end = end.date() + (_DAY if end.time() >= _NEARLY_MIDNIGHT else timedelta(0))
        return [start + n * _DAY for n in range((end - start).days)]


def _read(data: bytes) -> list[_Event]:
    try:
        import icalendar
    except ImportError as error:
        raise MissingExtra("an iCalendar file", "ical") from error
    events: list[_Event] = []
    problems: list[str] = []
    for number, lines in enumerate(_event_lines(data), start=1):
        text = "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", ""))
        try:
            events.append(_event(icalendar.Event.from_ical(text)))
        except InvalidValue as error:
            problems.append(f"event {number}: {error}")
        except Exception:  # whatever the parser says holds the text, which must not be shown
            problems.append(f"event {number}: cannot be read")
    if problems:
        raise _refused(*problems)
    return events


def _event(event: "Component") -> _Event:
    if event.errors:
        names = ", ".join(sorted({name for name, _ in event.errors if name}))
        raise InvalidValue(names or "a line", "cannot be read")
    start = _one(event, "DTSTART")
    if not isinstance(start, date):
        raise InvalidValue("DTSTART", "an event needs a day, or a day and a time, on which it begins")
    rules = tuple(recurrence(rule.to_ical().decode(), "RRULE") for rule in _all(event, "RRULE"))
    if rules and start.year < _FIRST_YEAR:
        raise InvalidValue("DTSTART", f"an event that repeats begins in the year {_FIRST_YEAR} or later")
    zone = start.tzinfo if isinstance(start, datetime) else None
    replaces = _one(event, "RECURRENCE-ID")
    return _Event(
        uid=_text(event, "UID"),
        says=FeedEvent(
            name=" ".join(_text(event, "SUMMARY").split()),
            description=_text(event, "DESCRIPTION"),
            categories=tuple(str(each) for listed in _all(event, "CATEGORIES") for each in listed.cats),
        ),
        cancelled=_text(event, "STATUS").upper() == "CANCELLED",
        start=start,
        end=_end(event, start),
        rules=rules,
        more=_days(event, "RDATE", zone),
        less=_days(event, "EXDATE", zone),
        replaces=None if replaces is None else _as_day(replaces, zone),
    )


def _end(event: "Component", start: date) -> date:
    end, length = _one(event, "DTEND"), _one(event, "DURATION")
    if end is None and isinstance(length, timedelta):
        end = start + length
    timed = isinstance(start, datetime)
    if end is None:
        return start if timed else start + _DAY
    if not isinstance(end, date) or isinstance(end, datetime) != timed:
        raise InvalidValue("DTEND", "an event begins and ends on days, or at times")
    if isinstance(start, datetime) and isinstance(end, datetime):
        if (start.tzinfo is None) != (end.tzinfo is None):
            raise InvalidValue("DTEND", "both times of an event have a zone, or none has")
        end = end.astimezone(start.tzinfo) if start.tzinfo else end
    if end < start or end - start > _LONGEST:
        raise InvalidValue("DTEND", f"an event ends after it begins, and has at most {_LONGEST.days} days")
    last: date = end if timed else max(end, start + _DAY)  # some feeds mean the last day of an event by its end
    return last


def _one(event: "Component", name: str) -> Any:
    found = _once(event, name)
    return None if found is None else found.dt


def _text(event: "Component", name: str) -> str:
    return str(_once(event, name) or "")


def _once(event: "Component", name: str) -> Any:
    found = event.get(name)
    if isinstance(found, list):
        raise InvalidValue(name, "it stands twice")
    return found


def _all(event: "Component", name: str) -> list[Any]:
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def _days(event: "Component", name: str, zone: tzinfo | None) -> frozenset[date]:
    listed = (each.dt for found in _all(event, name) for each in found.dts)
    # A date that is added may say how long it is, which never differs for a holiday.
    return frozenset(_as_day(each[0] if isinstance(each, tuple) else each, zone) for each in listed)


def _as_day(value: date, zone: tzinfo | None = None) -> date:
    if not isinstance(value, datetime):
        return value
    return (value.astimezone(zone) if zone and value.tzinfo else value).date()


def _zone(name: str | None) -> ZoneInfo | None:
    return None if name is None else zone_told("zone", name)


_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_LINE_END: Final = re.compile(r"\r?\n")
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_READ: Final = frozenset(
    {"UID", "SUMMARY", "DESCRIPTION", "CATEGORIES", "STATUS", "DTSTART", "DTEND", "DURATION"}
    | {"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
)


def _event_lines(data: bytes) -> list[list[str]]:
    """The lines of each event that are needed. A zone that a file describes itself may repeat without an end."""
    if len(data) > _BYTES:
        raise _refused(f"it has more than {_BYTES} bytes")
    try:
        text = _FOLD.sub(b"", data).decode("utf-8-sig")  # a line may be folded inside a character
    except UnicodeDecodeError:
        raise _refused("it is not UTF-8") from None
    if "\0" in text:
        raise _refused("it holds the character NUL")
    events: list[list[str]] = []
    opened: list[str] = []
    calendars = 0
    for line in _LINE_END.split(text):
        name = found[0].upper() if (found := _NAME.match(line)) else ""
        if name == "BEGIN":
            opened.append(line[6:].strip().upper())
            calendars += opened == ["VCALENDAR"]
            if opened == ["VCALENDAR", "VEVENT"]:
                events.append([])
            if len(events) > _EVENTS:
                raise _refused(f"it has more than {_EVENTS} events")
        elif name == "END":
            if not opened or opened.pop() != line[4:].strip().upper():
                raise _refused("something ends that has not begun")
        elif opened == ["VCALENDAR", "VEVENT"] and name in _READ:
            events[-1].append(line)
    if opened or not calendars:
        raise _refused("it is cut off" if opened else "it is no iCalendar file")
    return events


def _refused(*problems: str) -> MalformedDocument:
    return MalformedDocument("iCalendar file", problems[:20])
