"""Meetings and service reviews as iCalendar files, and what calendars of others say about them.

Needs the extra `ical`. Times go out in UTC, so that no file has to say what a zone is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import attrs

from servicecrm.errors import InvalidValue, MalformedDocument, MissingExtra
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal
from servicecrm.reviews import Meeting, ServiceReview, meetings, service_reviews
from servicecrm.reviews.lifecycle import MEETING, SERVICE_REVIEW

if TYPE_CHECKING:
    import icalendar

__all__ = ["CalendarEvent", "Method", "follow", "meetings_ical", "read_meetings"]

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
"""What a file is for: to be looked at, to invite, or to call off. RFC 5546."""

_PRODUCT: Final = "-//servicecrm//meetings//EN"
_BYTES: Final = 2**20
_EVENTS: Final = 1_000
_HOUR: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=31)
_DOMAIN: Final = re.compile(r"[^\s@\"<>,;:\\]+")
_ADDRESS: Final = re.compile(r"[^\s@\"<>,;:\\]+@[^\s@\"<>,;:\\]+")


def meetings_ical(
    held: Iterable[Meeting | ServiceReview],
    *,
    at: datetime,
    method: Method = "PUBLISH",
    addresses: Mapping[str, str] = MappingProxyType({}),
    domain: str = "servicecrm",
) -> bytes:
    """An iCalendar file of meetings and reviews. One without an end takes an hour.

    `addresses` are the e-mail addresses of people by their ids: those of the organizer and of whoever took part are
    named, or of all of them where somebody is invited. `domain` is part of what each is known by, and does not change.

    Raises:
        MissingExtra: the package `icalendar` is not installed.
        InvalidValue: an address or the domain is none, or a meeting is later than calendars go.

    Source: C084, C085; RFC 5545, RFC 5546.
    """
    if not _DOMAIN.fullmatch(domain) or not domain.isprintable():
        raise InvalidValue("domain", "expected a name such as crm.city.example, without an @")
    ical = _icalendar()
    calendar = ical.Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    for each in held:
        calendar.add_component(_event(ical, each, _Sent(at, method, addresses, domain)))
    made: bytes = calendar.to_ical()
    return made


@attrs.frozen(kw_only=True)
class CalendarEvent:
    """What a calendar says about a meeting or a review. `kind` and `id` name ours, if it is one of ours."""

    uid: str
    kind: str | None
    id: str | None
    title: Personal[str] = attrs.field(repr=False)
    place: Personal[str] | None = attrs.field(repr=False)
    starts_at: datetime
    ends_at: datetime | None
    cancelled: bool


def read_meetings(data: bytes) -> tuple[CalendarEvent, ...]:
    """What an iCalendar file says about meetings, ours and others.

    Raises:
        MissingExtra: the package `icalendar` is not installed.
        MalformedDocument: it is no iCalendar file, has more than 1 MiB or 1000 events, or an event cannot be read or
            has times without a zone; says which ones.

    Source: C084; RFC 5545.
    """
    ical = _icalendar()
    called_off, events = _lines(data)
    found: list[CalendarEvent] = []
    problems: list[str] = []
    for number, lines in enumerate(events, start=1):
        text = "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", ""))
        try:
            found.append(_read(ical.Event.from_ical(text), called_off))
        except InvalidValue as error:
            problems.append(f"event {number}: {error}")
        except Exception:  # whatever the parser says holds the text, which must not be shown
            problems.append(f"event {number}: cannot be read")
    if problems:
        raise _refused(*problems)
    return tuple(found)


_SAID_SO: Final = "A calendar says so."


def follow(
    held: Meeting | ServiceReview, event: CalendarEvent, *, reason: str = _SAID_SO, by: Actor | str, at: datetime
) -> Decision[Meeting] | Decision[ServiceReview] | None:
    """Put a meeting or a review off, or call it off, as a calendar says; None if that says nothing new.

    What was held is left alone, and so is the day on which it was due. `reason` is kept with the change.

    Raises:
        InvalidValue: the event is about something else.

    Source: C084.
    """
    if (event.kind, event.id) != _of(held):
        raise InvalidValue("event", "it is about something else than this")
    lifecycle: Any = MEETING if isinstance(held, Meeting) else SERVICE_REVIEW
    commands: Any = meetings if isinstance(held, Meeting) else service_reviews
    allowed = lifecycle.allowed(held)
    moved: Decision[Meeting] | Decision[ServiceReview] | None = None
    if event.cancelled and "cancel" in allowed:
        moved = commands.cancel(held, reason, by=by, at=at)
    elif not event.cancelled and "reschedule" in allowed and micros(event.starts_at) != micros(held.planned_for):
        moved = commands.reschedule(
            held, event.starts_at, planned_until=event.ends_at, place=event.place, reason=reason, by=by, at=at
        )
    return moved


def _icalendar() -> Any:
    try:
        import icalendar
    except ImportError as error:
        raise MissingExtra("an iCalendar file", "ical") from error
    return icalendar


# -- out -----------------------------------------------------------------------------------------


class _Sent(NamedTuple):
    at: datetime
    method: Method
    addresses: Mapping[str, str]
    domain: str


def _event(ical: Any, held: Meeting | ServiceReview, sent: _Sent) -> "icalendar.Event":
    (kind, id), addresses = _of(held), sent.addresses
    try:
        ended = held.planned_for + _HOUR if held.planned_until is None else held.planned_until
    except OverflowError:
        raise InvalidValue("planned_for", "an hour later, there are no more calendars") from None
    cancelled = held.cancelled_at is not None or sent.method == "CANCEL"
    event: icalendar.Event = ical.Event()
    event.add("UID", f"{kind}-{id}@{sent.domain}")
    event.add("DTSTAMP", sent.at.astimezone(UTC))
    event.add("DTSTART", held.planned_for.astimezone(UTC))
    event.add("DTEND", ended.astimezone(UTC))
    event.add("SUMMARY", _line(held.title))
    event.add("SEQUENCE", held.reschedulings + cancelled)
    event.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    if held.place is not None:
        event.add("LOCATION", _line(held.place))
    if held.agenda:
        event.add("DESCRIPTION", "\n".join(f"- {_line(topic.title)}" for topic in held.agenda))
    if held.organizer in addresses:
        event.add("ORGANIZER", _mailto(addresses[held.organizer]))
    people = [each.person for each in held.attendees] if sent.method == "PUBLISH" else list(addresses)
    for person in people:
        if person in addresses and person != held.organizer:
            event.add("ATTENDEE", _mailto(addresses[person]))
    return event


def _of(held: Meeting | ServiceReview) -> tuple[str, str]:
    return (MEETING.name if isinstance(held, Meeting) else SERVICE_REVIEW.name), held.id


def _mailto(address: str) -> str:
    if not _ADDRESS.fullmatch(address):  # anything else would end up between the lines of the file
        raise InvalidValue("addresses", "an e-mail address is something@something")
    return f"mailto:{address}"


def _line(text: str) -> str:
    """A text on one line, without what calendars do not take."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


# -- in ------------------------------------------------------------------------------------------


_OURS: Final = re.compile(rf"({MEETING.name}|{SERVICE_REVIEW.name})-(.+)@[^@]+", re.DOTALL)
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_LINE_END: Final = re.compile(r"\r?\n")
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_WANTED: Final = frozenset({"UID", "SUMMARY", "LOCATION", "STATUS", "DTSTART", "DTEND", "DURATION"})


class _File(NamedTuple):
    called_off: bool
    events: list[list[str]]


def _lines(data: bytes) -> _File:
    """The lines of each event that are needed. A zone that a file describes itself may repeat without an end."""
    if len(data) > _BYTES:
        raise _refused(f"it has more than {_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("it is not UTF-8") from None
    if "\0" in text:
        raise _refused("it holds the character NUL")
    called_off, events, opened, calendars = False, list[list[str]](), list[str](), 0
    for name, line in _named(text):
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
        elif opened == ["VCALENDAR", "VEVENT"] and name in _WANTED:
            events[-1].append(line)
        elif opened == ["VCALENDAR"] and name == "METHOD":
            called_off = line[7:].strip().upper() == "CANCEL"
    if opened or not calendars:
        raise _refused("it is cut off" if opened else "it is no iCalendar file")
    return _File(called_off, events)


def _named(text: str) -> Iterator[tuple[str, str]]:
    for line in _LINE_END.split(_FOLD.sub("", text)):
        found = _NAME.match(line)
        yield (found[0].upper() if found else ""), line


def _read(event: Any, called_off: bool) -> CalendarEvent:  # noqa: FBT001 - the last of a file
    if event.errors:
        names = ", ".join(sorted({name for name, _ in event.errors if name}))
        raise InvalidValue(names or "a line", "cannot be read")
    uid = _text(event, "UID")
    ours = _OURS.fullmatch(uid)
    starts = _time(event, "DTSTART")
    if starts is None:
        raise InvalidValue("DTSTART", "a meeting begins at a time")
    ends, length = _time(event, "DTEND"), event.get("DURATION")
    if ends is None and length is not None:
        ends = starts + _one(length, "DURATION")
    if ends is not None and not micros(starts) < micros(ends) <= micros(starts + _LONGEST):
        raise InvalidValue("DTEND", f"a meeting ends after it begins, and takes {_LONGEST.days} days at most")
    return CalendarEvent(
        uid=uid,
        kind=None if ours is None else ours[1],
        id=None if ours is None else ours[2],
        title=_line(_text(event, "SUMMARY")),
        place=_line(_text(event, "LOCATION")) or None,
        starts_at=starts,
        ends_at=ends,
        cancelled=called_off or _text(event, "STATUS").upper() == "CANCELLED",
    )


def _time(event: Any, name: str) -> datetime | None:
    """A time in UTC; None if there is none.

    Raises:
        InvalidValue: it is a day, or has no zone.
    """
    found = event.get(name)
    if found is None:
        return None
    value: date = _one(found, name)
    if not isinstance(value, datetime):
        raise InvalidValue(name, "a meeting has times, not only days")
    if value.tzinfo is None:
        raise InvalidValue(name, "a time needs a zone: in UTC, or of a zone that is named as in the tz database")
    return value.astimezone(UTC)


def _text(event: Any, name: str) -> str:
    found = event.get(name, "")
    if isinstance(found, list):
        raise InvalidValue(name, "it stands twice")
    return str(found)


def _one(found: Any, name: str) -> Any:
    if isinstance(found, list):
        raise InvalidValue(name, "it stands twice")
    return found.dt


def _refused(*problems: str) -> MalformedDocument:
    return MalformedDocument("iCalendar file", problems[:20])
