"""Meetings go out as iCalendar files and come back as what somebody else's calendar says."""

import contextlib
import sys
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MalformedDocument, MissingExtra
from servicecrm.interop.meetings_ical import follow, meetings_ical, read_meetings
from servicecrm.kernel.records import evolve
from servicecrm.reviews import Topic, meetings
from tests.reviews.making import ANN, DAY, HOUR, MONDAY, a_meeting, a_review, held

icalendar = pytest.importorskip("icalendar")

ADDRESSES = {"ann": "ann@city.example", "rosa": "rosa@cafe.example"}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60).filter(str.strip)


def a_file(*lines: str) -> bytes:
    told = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", "")
    return "\r\n".join(told).encode()


@given(
    minutes=st.integers(-(10**6), 10**6),
    offset=st.integers(-12, 14),
    length=st.integers(1, 60 * 24),
)
def test_what_goes_out_comes_back(minutes: int, offset: int, length: int) -> None:  # C084
    starts = (MONDAY + timedelta(minutes=minutes)).astimezone(timezone(timedelta(hours=offset)))
    meeting = a_meeting(planned_for=starts, planned_until=starts + timedelta(minutes=length), place="Town hall")

    (event,) = read_meetings(meetings_ical([meeting], at=MONDAY))
    assert (event.kind, event.id, event.title, event.place) == ("meeting", "m-1", "Spring talk", "Town hall")
    assert (event.starts_at, event.ends_at, event.cancelled) == (starts, meeting.planned_until, False)
    assert follow(meeting, event, by=ANN, at=MONDAY) is None


@given(title=TEXTS, place=TEXTS, topic=TEXTS)
def test_no_text_gets_between_the_lines_of_a_file(title: str, place: str, topic: str) -> None:  # C094
    meeting = evolve(a_meeting(agenda=[Topic(title=topic)]), title=title, place=place)
    made = meetings_ical([meeting], at=MONDAY, addresses=ADDRESSES)

    names = [
        line.partition(b":")[0].partition(b";")[0] for line in made.split(b"\r\n") if line and not line.startswith(b" ")
    ]
    wanted = {b"BEGIN", b"VERSION", b"PRODID", b"METHOD", b"SUMMARY", b"DTSTART", b"DTEND", b"DTSTAMP", b"UID"}
    wanted |= {b"SEQUENCE", b"STATUS", b"LOCATION", b"DESCRIPTION", b"ORGANIZER", b"END"}
    assert set(names) <= wanted
    (event,) = read_meetings(made)
    assert event.title == " ".join("".join(c if c.isprintable() else " " for c in title).split())


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@", "a@b\r\nATTENDEE:x", "a b@c", "a@b:c", 'a"@b', "a@b,c@d", "a\\n@b"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:  # C094
    with pytest.raises(InvalidValue, match="addresses"):
        meetings_ical([a_meeting()], at=MONDAY, addresses={"ann": address})


def test_a_file_says_who_is_there_and_who_is_invited() -> None:  # C085
    looked_at = meetings_ical([held()], at=MONDAY, addresses=ADDRESSES)
    invited = meetings_ical([a_meeting()], at=MONDAY, method="REQUEST", addresses=ADDRESSES)

    for made in (looked_at, invited):
        assert b"ORGANIZER:mailto:ann@city.example" in made
        assert made.count(b"ATTENDEE") == 1
        assert b"ATTENDEE:mailto:rosa@cafe.example" in made
    assert b"METHOD:PUBLISH" in looked_at
    assert b"METHOD:REQUEST" in invited
    assert b"ATTENDEE" not in meetings_ical([a_meeting()], at=MONDAY, addresses=ADDRESSES)


def test_every_change_of_time_has_a_higher_number() -> None:  # C084
    moved = meetings.reschedule(a_meeting(), MONDAY + 3 * DAY, by=ANN, at=MONDAY).after
    gone = meetings.cancel(moved, "Rain.", by=ANN, at=MONDAY).after

    numbers = []
    for each in (a_meeting(), moved, gone):
        (event,) = icalendar.Calendar.from_ical(meetings_ical([each], at=MONDAY)).walk("VEVENT")
        numbers.append((event["SEQUENCE"], str(event["STATUS"])))
    assert numbers == [(0, "CONFIRMED"), (1, "CONFIRMED"), (2, "CANCELLED")]
    assert read_meetings(meetings_ical([a_meeting()], at=MONDAY, method="CANCEL"))[0].cancelled


def test_a_meeting_without_an_end_takes_an_hour() -> None:
    (event,) = read_meetings(meetings_ical([a_review()], at=MONDAY))

    assert (event.kind, event.starts_at, event.ends_at) == (
        "service_review",
        MONDAY + 7 * DAY,
        MONDAY + 7 * DAY + HOUR,
    )


def test_a_calendar_puts_a_meeting_off_or_calls_it_off() -> None:  # C084
    start = "DTSTART;TZID=Europe/Vienna:20260310T100000"
    uid = "UID:meeting-m-1@servicecrm"
    (moved,) = read_meetings(a_file(uid, start, "DURATION:PT90M", "LOCATION:Harbour"))
    decision = follow(a_meeting(), moved, by=ANN, at=MONDAY)

    assert decision is not None
    assert decision.after.planned_for == datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert decision.after.planned_until == datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
    assert (decision.after.place, decision.after.due_on) == ("Harbour", None)
    (gone,) = read_meetings(a_file(uid, start, "STATUS:CANCELLED"))
    called_off = follow(a_meeting(), gone, reason="Rain.", by=ANN, at=MONDAY)
    assert called_off is not None
    assert called_off.events[0].reason == "Rain."  # type: ignore[attr-defined]
    assert called_off.after.state == "cancelled"
    assert follow(held(), moved, by=ANN, at=MONDAY) is follow(held(), gone, by=ANN, at=MONDAY) is None
    with pytest.raises(InvalidValue, match="something else"):
        follow(a_meeting("m-2"), moved, by=ANN, at=MONDAY)
    review = follow(a_review("m-1"), attrs.evolve(moved, kind="service_review"), by=ANN, at=MONDAY)
    assert review is not None
    assert review.after.reschedulings == 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("DTSTART:20260303T090000",), "event 1: DTSTART: a time needs a zone"),
        (("DTSTART;TZID=Nowhere/Land:20260303T090000",), "a time needs a zone"),
        (("DTSTART;VALUE=DATE:20260303",), "has times"),
        (("SUMMARY:No time",), "begins at a time"),
        (("DTSTART:secret",), "event 1: "),
        (("DTSTART:20260303T090000Z", "DTEND:20260303T090000Z"), "DTEND"),
        (("DTSTART:20260303T090000Z", "DTEND:20270303T090000Z"), "DTEND"),
        (("DTSTART:20260303T090000Z", "DTEND:20260303T100000"), "DTEND: a time needs a zone"),
        (("DTSTART:20260303T090000Z", "DTSTART:20260304T090000Z"), "twice"),
        (("DTSTART:99991231T235959Z", "DURATION:P9D"), "event 1: "),
    ],
)
def test_what_cannot_be_read_says_which_event_and_what_of_it(lines: tuple[str, ...], says: str) -> None:  # C084
    with pytest.raises(MalformedDocument) as refused:
        read_meetings(a_file("UID:1", *lines))
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no iCalendar file"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "cut off"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "has not begun"),
        (b"\xff\xfe", "UTF-8"),
        (b"BEGIN:VCALENDAR\r\n\0END:VCALENDAR", "NUL"),
        (b"x" * (2**20 + 1), "bytes"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 1001 + b"END:VCALENDAR", "1000 events"),
    ],
)
def test_what_is_no_file_of_meetings_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(MalformedDocument, match=says):
        read_meetings(data)


def test_a_zone_that_a_file_describes_itself_is_not_looked_at() -> None:
    endless = "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n"
    event = "END:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART:20260303T090000Z\nEND:VEVENT\n"
    data = f"BEGIN:VCALENDAR\nMETHOD:CANCEL\nVERSION:2.0\n{endless}{event}END:VCALENDAR\n".encode()

    (found,) = read_meetings(data)
    assert (found.kind, found.id, found.cancelled, found.ends_at) == (None, None, True, None)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    for call in (lambda: meetings_ical([], at=MONDAY), lambda: read_meetings(b"")):
        with pytest.raises(MissingExtra, match="ical"):
            call()


@given(st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(data: bytes) -> None:
    for given_ in (data, b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + data + b"\nEND:VEVENT\nEND:VCALENDAR"):
        with contextlib.suppress(MalformedDocument):
            read_meetings(given_)
