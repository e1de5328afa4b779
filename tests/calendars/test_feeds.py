"""Holidays out of iCalendar files, and what a house changes in them by hand."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Calendar, Feed, FeedEvent, Holiday, holidays, ics_holidays
from servicecrm.errors import InvalidValue, MalformedDocument, MissingExtra
from servicecrm.kernel.documents import Schema

DATA = Path(__file__).parents[3] / "shared" / "data" / "calendars"
YEARS = (2026, 2027)
EVENT = "DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas Day"


def ics(*events: str) -> bytes:
    lines = [f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()


def days(*events: str, zone: str | None = None) -> list[str]:
    return [each.date.isoformat() for each in ics_holidays(ics(*events), years=YEARS, zone=zone)]


# -- events --------------------------------------------------------------------------------------


def test_the_end_of_an_event_is_not_part_of_it() -> None:  # C034, B38
    assert days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226") == ["2026-12-25"]
    assert days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227") == ["2026-12-25", "2026-12-26"]


@pytest.mark.parametrize("end", ["", "DTEND;VALUE=DATE:20261225", "DURATION:P1D", "dtend;value=date:20261226"])
def test_an_event_without_a_length_is_one_day(end: str) -> None:
    assert days(f"DTSTART;VALUE=DATE:20261225\n{end}".strip()) == ["2026-12-25"]


@pytest.mark.parametrize(
    ("event", "zone", "expected"),
    [
        ("DTSTART:20261225T000000\nDTEND:20261226T000000", None, ["2026-12-25"]),
        ("DTSTART:20261225T000000\nDTEND:20261225T235959", None, ["2026-12-25"]),
        ("DTSTART:20261225T000000\nDTEND:20261225T235900", None, ["2026-12-25"]),
        ("DTSTART:20261225T000000\nDTEND:20261225T235800", None, []),
        ("DTSTART;TZID=Europe/Berlin:20261225T000000\nDTEND:20261225T230000Z", None, ["2026-12-25"]),
        ("DTSTART:20261224T120000\nDTEND:20261226T120000", None, ["2026-12-25"]),
        ("DTSTART:20261224T120000\nDTEND:20261224T180000", None, []),
        ("DTSTART:20261224T120000", None, []),
        ("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z", "Europe/Berlin", ["2026-12-25"]),
        ("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z", None, []),
        ("DTSTART:20261225T000000\nDTEND:20261226T000000", "Asia/Tokyo", ["2026-12-25"]),
        ("DTSTART;TZID=Europe/Berlin:20261225T000000\nDURATION:P1D", "Europe/Berlin", ["2026-12-25"]),
        ("DTSTART;TZID=Europe/Berlin:20261225T000000\nDURATION:P1D", "Asia/Tokyo", []),
        ("DTSTART;TZID=W. Europe Standard Time:20261225T000000\nDURATION:P1D", "Europe/Berlin", ["2026-12-25"]),
        ("DTSTART;TZID=Our own:20261225T000000\nDURATION:P1D", "Europe/Berlin", ["2026-12-25"]),
        ("DTSTART;TZID=Pacific/Kiritimati:20280101T000000\nDURATION:P1D", "Pacific/Honolulu", ["2027-12-31"]),
        (
            "DTSTART;TZID=Europe/Berlin:20261225T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;UNTIL=20271224T230000Z",
            "Europe/Berlin",
            ["2026-12-25", "2027-12-25"],
        ),
        (
            "DTSTART:20261224T180000\nDTEND:20261226T000000\nRRULE:FREQ=WEEKLY;UNTIL=20261231T120000",
            None,
            ["2026-12-25"],
        ),
        (
            "DTSTART:20261224T180000\nDTEND:20261226T000000\nRRULE:FREQ=WEEKLY;UNTIL=20261231T180000",
            None,
            ["2026-12-25", "2027-01-01"],
        ),
        (
            "DTSTART;TZID=Asia/Tokyo:20261225T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;UNTIL=99991231T235959Z",
            None,
            ["2026-12-25", "2027-12-25"],
        ),
        (
            "DTSTART;TZID=America/New_York:20261225T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;UNTIL=00010101T000000Z",
            None,
            [],
        ),
    ],
)
def test_an_event_with_times_is_a_holiday_on_the_days_that_it_fills(
    event: str, zone: str | None, expected: list[str]
) -> None:
    assert days(event, zone=zone) == expected


def test_events_repeat_and_leave_out_days_and_add_others() -> None:
    rule = "DTSTART;VALUE=DATE:20061225\nRRULE:FREQ=YEARLY;BYMONTH=12"

    assert days(rule) == ["2026-12-25", "2027-12-25"]
    assert days(f"{rule}\nEXDATE;VALUE=DATE:20251225,20261225") == ["2027-12-25"]
    assert days(f"{rule}\nRDATE;VALUE=DATE:20260601\nRDATE;VALUE=DATE:20260501") == [
        "2026-05-01", "2026-06-01", "2026-12-25", "2027-12-25"
    ]  # fmt: skip
    assert days(EVENT + "\nRDATE;VALUE=DATE:20260501") == ["2026-05-01", "2026-12-25"]
    assert days("DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31;COUNT=1") == ["2026-12-31"]
    assert days(f"{rule}\nRRULE:FREQ=YEARLY;BYMONTH=11;COUNT=1") == ["2026-12-25", "2027-12-25"]


def test_a_long_event_that_began_the_year_before_reaches_into_the_next_one() -> None:
    assert days("DTSTART;VALUE=DATE:20251224\nDTEND;VALUE=DATE:20260103\nRRULE:FREQ=YEARLY;COUNT=1") == [
        "2026-01-01", "2026-01-02"
    ]  # fmt: skip


def test_single_events_that_were_moved_or_cancelled_count_instead_of_their_rule() -> None:
    rule = "UID:x\nDTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY"
    moved = "UID:x\nRECURRENCE-ID;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260504"
    cancelled = "UID:x\nRECURRENCE-ID;VALUE=DATE:20270501\nDTSTART;VALUE=DATE:20270501\nSTATUS:CANCELLED"

    assert days(rule, moved, cancelled) == ["2026-05-04"]
    assert days(rule, moved.replace("UID:x", "UID:y")) == ["2026-05-01", "2026-05-04", "2027-05-01"]
    assert days(f"{EVENT}\nSTATUS:cancelled") == []
    renamed = f"{moved.replace('20260504', '20260501')}\nSUMMARY:Labour Day"
    assert [each.name for each in ics_holidays(ics(rule, renamed), years=[2026])] == ["Labour Day"]


def test_a_day_that_is_left_out_is_meant_on_the_clock_of_its_event() -> None:
    daily = "DTSTART;TZID=Europe/Berlin:20261224T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=3"

    assert days(f"{daily}\nEXDATE:20261224T230000Z") == ["2026-12-24", "2026-12-26"]


def test_only_events_that_the_house_keeps_are_holidays() -> None:  # B38
    public = f"{EVENT}\nCATEGORIES:Public holiday,Religion\nCATEGORIES:More"
    casual = "DTSTART;VALUE=DATE:20260214\nSUMMARY:Valentine\\, day\\nof love\nDESCRIPTION:No holiday"
    seen: list[FeedEvent] = []

    def keep(event: FeedEvent) -> bool:
        seen.append(event)
        return "Public holiday" in event.categories

    assert [each.name for each in ics_holidays(ics(public, casual), years=YEARS, keep=keep)] == ["Christmas Day"]
    assert seen == [
        FeedEvent(name="Christmas Day", description="", categories=("Public holiday", "Religion", "More")),
        FeedEvent(name="Valentine, day of love", description="No holiday", categories=()),
    ]


def test_what_is_not_an_event_is_not_read() -> None:
    standard = "BEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD"
    zone = f"BEGIN:VTIMEZONE\nTZID:Z\n{standard}\nEND:VTIMEZONE"
    alarm = f"{EVENT}\nGEO:here\nX-NOISE:\x01\nBEGIN:VALARM\nDTSTART:never\nEND:VALARM"
    todo = "BEGIN:VTODO\nDTSTART:never\nEND:VTODO"
    data = ics(alarm).replace(b"VERSION:2.0", f"{zone}\n{todo}\nVERSION:2.0".encode())

    assert ics_holidays(data, years=[2026]) == (Holiday(date=date(2026, 12, 25), name="Christmas Day"),)


def test_folded_lines_a_mark_of_the_encoding_and_years_apart_are_read() -> None:
    folded = b"\xef\xbb\xbf" + ics(
        "DTSTART;VALUE=DATE:2026\n 1225\nSUMMARY:Erster\r\n  Weihnachts\n\ttag\nRRULE:FREQ=YEARLY"
    )

    assert [each.name for each in ics_holidays(folded, years=[2026, 2029])] == ["Erster Weihnachtstag"] * 2
    assert ics_holidays(folded, years=[]) == ()
    with pytest.raises(InvalidValue, match="1900"):
        ics_holidays(folded, years=[2026, 1899])
    with pytest.raises(InvalidValue, match="zone"):
        ics_holidays(folded, years=[2026], zone="Mars/Phobos")


def test_a_line_may_be_folded_inside_a_character() -> None:  # RFC 5545, 3.1
    data = ics("DTSTART;VALUE=DATE:20260106\nSUMMARY:Dreikönig")
    inside = data.index("ö".encode()) + 1
    for fold in (b"\r\n ", b"\n\t"):
        folded = data[:inside] + fold + data[inside:]
        assert [each.name for each in ics_holidays(folded, years=[2026])] == ["Dreikönig"]


# -- files that are broken, or bombs -------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no iCalendar file"),
        (b"<html></html>", "no iCalendar file"),
        (b"\xff\xfe", "not UTF-8"),
        (ics("SUMMARY:a\0b"), "NUL"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT", "cut off"),
        (b"BEGIN:VEVENT\nEND:VEVENT", "no iCalendar file"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR", "has not begun"),
        (ics("SUMMARY:No day"), "event 1: DTSTART: an event needs a day"),
        (ics(EVENT, "DTSTART;VALUE=DATE:2026"), "event 2: DTSTART: cannot be read"),
        (ics(f"{EVENT}\nDTSTART;VALUE=DATE:20261226"), "event 1: DTSTART: it stands twice"),
        (ics(f"{EVENT}\nSUMMARY:Boxing Day"), "event 1: SUMMARY: it stands twice"),
        (ics(f"{EVENT}\nUID:1\nUID:1"), "event 1: UID: it stands twice"),
        (ics(f"{EVENT}\nDESCRIPTION:a\nDESCRIPTION:b"), "event 1: DESCRIPTION: it stands twice"),
        (ics(f"{EVENT}\nSTATUS:CONFIRMED\nSTATUS:CANCELLED"), "event 1: STATUS: it stands twice"),
        (ics("DTSTART:20261225T000000\nDTEND;VALUE=DATE:20261226"), "DTEND: "),
        (ics("DTSTART:20261225T000000\nDTEND:20261226T000000Z"), "DTEND: both times"),
        (ics("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261224"), "DTEND: an event ends after it begins"),
        (ics("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20281225"), "DTEND: .* at most 366 days"),
        (ics(f"{EVENT}\nRRULE:FREQ=SECONDLY"), "RRULE: "),
        (ics(f"{EVENT}\nRRULE:FREQ=DAILY;INTERVAL=0"), "RRULE: "),
        (ics(f"{EVENT}\nRRULE:FREQ=NEVER"), "RRULE: "),
        (ics(f"{EVENT}\nEXDATE:never"), "EXDATE: "),
        (ics("DTSTART;VALUE=DATE:15821225\nRRULE:FREQ=YEARLY"), "1583"),
    ],
)  # fmt: skip
def test_a_malformed_file_says_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(MalformedDocument, match=says) as refused:
        ics_holidays(data, years=YEARS)
    assert refused.value.kind == "iCalendar file"


def test_every_event_that_cannot_be_read_is_named_but_not_shown() -> None:
    with pytest.raises(MalformedDocument) as refused:
        ics_holidays(ics("DTSTART:secret", EVENT, "DTSTART:20261225T000000\nDURATION:secret"), years=YEARS)

    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["event 1", "event 3"]
    assert "secret" not in str(refused.value)


BOMBS: dict[str, Callable[[], bytes]] = {
    "megabytes": lambda: ics(f"{EVENT}\nDESCRIPTION:{'x' * 2**20}"),
    "thousands of events": lambda: ics(*["DTSTART:20261225"] * 10_000),
    "deep nesting": lambda: b"BEGIN:VCALENDAR\n" * 50_000,
    "ends only": lambda: b"END:VCALENDAR\n" * 50_000,
    "endless rules": lambda: ics(*["DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY"] * 1_000),
    "rules of nothing": lambda: ics(*["DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 1_000),
    "long and often": lambda: ics(*["DTSTART;VALUE=DATE:20260101\nDURATION:P366D\nRRULE:FREQ=DAILY"] * 1_000),
    "huge counts": lambda: ics(*["DTSTART;VALUE=DATE:15830101\nRRULE:FREQ=DAILY;COUNT=999999"] * 1_000),
    "huge numbers": lambda: ics(f"{EVENT}\nRRULE:FREQ=DAILY;COUNT={'9' * 5_000}"),
    "many added days": lambda: ics(*[f"{EVENT}\nRDATE;VALUE=DATE:{','.join(['20260101'] * 2_000)}x"] * 50),
    "a long way to go": lambda: ics(f"{EVENT}\nDURATION:P99999999999999W"),
    "zones": lambda: ics(*[f"DTSTART;TZID=../../{n}:20261225T000000Z\nDURATION:P1D\nEXDATE:x" for n in range(1_000)]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_quickly(name: str) -> None:
    data = BOMBS[name]()
    began = perf_counter()
    with pytest.raises(MalformedDocument):
        ics_holidays(data, years=range(1900, 2200))
    assert perf_counter() - began < 10  # it takes two seconds at most, but a machine may be busy


def test_as_many_events_as_a_feed_may_have_are_read_and_lines_as_long_as_they_like() -> None:
    assert len(days(f"{EVENT}\nDESCRIPTION:{'x;,' * 2**16}\nCATEGORIES:{'x,' * 2**15}")) == 1
    assert len(days(*[EVENT] * 5_000)) == 1
    with pytest.raises(MalformedDocument, match="5000 events"):
        days(*[EVENT] * 5_001)


lines = st.sampled_from(
    """BEGIN:VEVENT|END:VEVENT|BEGIN:VCALENDAR|END:VCALENDAR|DTSTART:20261225|DTSTART;VALUE=DATE:20261225|SUMMARY:x
    |DTEND:20261226T000000Z|DTEND;TZID=Europe/Berlin:20261226T000000|RRULE:FREQ=DAILY|RRULE:FREQ=YEARLY;COUNT=3
    |DTSTART:99991231T235959Z|DTSTART:00010101T000000|DTEND:99991231|DURATION:-P1D|DURATION:PT1H|EXDATE:20261225
    |RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z|RRULE:FREQ=DAILY;UNTIL=00010101T000000Z
    |DTSTART;TZID=Asia/Tokyo:20261225T000000|DTSTART;TZID=America/New_York:20261225T000000|SUMMARY:y
    |RECURRENCE-ID:20261225T000000|STATUS:CANCELLED|RDATE;VALUE=PERIOD:20261225T000000Z/P1D|UID:1|CATEGORIES:a,b
    |DTSTART;TZID=/etc/passwd:20261225T000000|RDATE:20261225T000000|:| |;|DTSTART|RRULE|EXDATE;X="|SUMMARY;ALTREP=":"""
    .replace("\n    ", "").split("|")
)  # fmt: skip


@given(st.lists(lines | st.text(max_size=20), max_size=12), st.sampled_from([None, "America/Los_Angeles"]))
def test_any_file_is_read_or_refused_with_one_error(some: list[str], zone: str | None) -> None:
    text = "\n".join(some)
    for data in (text.encode(errors="replace"), ics(text.replace("\0", "")) if text.isascii() else b"\xff"):
        try:
            found = ics_holidays(data, years=YEARS, zone=zone)
        except MalformedDocument:
            continue
        assert {each.date.year for each in found} <= set(YEARS)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[ical\]"'):
        ics_holidays(ics(EVENT), years=YEARS)


# -- files as they are ---------------------------------------------------------------------------


def real(name: str) -> bytes:
    if not (DATA / name).exists():
        pytest.skip("the shared data are not beside this checkout")
    return (DATA / name).read_bytes()


def test_a_feed_of_german_holidays_without_its_observances() -> None:
    def keep(event: FeedEvent) -> bool:
        return "kein gesetzlicher" not in event.description.lower() and "Nur in" not in event.description

    data = real("GermanHolidays.ics")
    all_days = ics_holidays(data, years=[2014])
    kept = {each.date.strftime("%m-%d") for each in ics_holidays(data, years=[2014], keep=keep)}

    assert {"01-01", "04-18", "04-21", "05-01", "05-29", "06-09", "10-03", "12-25", "12-26"} <= kept
    assert "02-14" in {each.date.strftime("%m-%d") for each in all_days} - kept
    assert [each.date.isoformat() for each in ics_holidays(data, years=[2030]) if each.name == "Neujahr"] == [
        "2030-01-01"
    ]


def test_a_calendar_of_the_moon_is_no_list_of_holidays() -> None:
    data = real("ChinaHolidays.ics")
    spring = ics_holidays(data, years=range(2013, 2018), keep=lambda event: "春节" in event.name)

    assert len(ics_holidays(data, years=range(2013, 2018))) == 1826
    assert [each.date.isoformat() for each in spring][:3] == ["2013-02-10", "2014-01-31", "2015-02-19"]


# -- what a house changes by hand ----------------------------------------------------------------

SAID = holidays({"2026-02-14": "Valentine's Day", "2026-05-01": "May Day", "2026-12-25": "Christmas Day"})
NEXT = holidays({"2027-02-14": "Valentine's Day", "2027-05-01": "May Day", "2026-12-25": "Christmas"})

some_days = st.dates(date(2026, 1, 1), date(2026, 1, 6))
some_names = st.sampled_from(["New Year", "Rest", "Outing"])
said = st.lists(st.builds(Holiday, date=some_days, name=some_names), max_size=4)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("with_holiday"), some_days, some_names),
        st.tuples(st.just("without"), some_days | some_names),
        st.tuples(st.just("as_said"), some_days),
    ),
    max_size=5,
)


def edited(feed: Feed, changes: list[tuple[str, ...]]) -> Feed:
    for name, *arguments in changes:
        feed = getattr(feed, name)(*arguments)
    return feed


@given(said, said, edits)
def test_what_was_changed_by_hand_survives_whatever_the_feed_says_next(
    first: list[Holiday], then: list[Holiday], changes: list[tuple[str, ...]]
) -> None:
    changed_before = edited(Feed().synced(first), changes).synced(then)
    changed_after = edited(Feed().synced(then), changes)

    assert changed_before == changed_after
    assert changed_before.synced(then) == changed_before


def test_a_house_removes_adds_and_renames_holidays() -> None:
    feed = Feed().synced(SAID).without("Valentine's Day").without(date(2026, 5, 1))
    feed = feed.with_holiday(date(2026, 5, 15), "Works outing").with_name(date(2026, 12, 25), "Feast")

    assert feed.holidays() == holidays({"2026-05-15": "Works outing", "2026-12-25": "Feast"})
    assert feed.synced(NEXT).holidays() == holidays(
        {"2026-05-15": "Works outing", "2026-12-25": "Feast", "2027-05-01": "May Day"}
    )
    assert feed.as_said(date(2026, 12, 25)).as_said(date(2026, 5, 1)).as_said(date(2026, 5, 15)).holidays() == SAID[1:]


def test_a_holiday_that_was_renamed_goes_when_the_feed_drops_it_and_one_that_was_added_stays() -> None:
    feed = Feed().synced(SAID).with_name(date(2026, 5, 1), "Labour Day").with_holiday(date(2026, 12, 25), "Feast")

    assert feed.synced(()).holidays() == holidays({"2026-12-25": "Feast"})
    assert feed.synced(SAID).with_name(date(2026, 12, 25), "Party").synced(()).holidays()[0].name == "Party"
    with pytest.raises(InvalidValue, match="2026-05-02 is no holiday"):
        feed.with_name(date(2026, 5, 2), "Bridge")


def test_days_that_a_feed_has_forgotten_stay_if_they_are_past() -> None:
    feed = Feed().synced(SAID)

    assert feed.synced(NEXT, since=date(2026, 5, 2)).said == (*SAID[:2], *sorted(NEXT, key=lambda each: each.date))
    assert feed.synced(NEXT, since=date(2026, 5, 1)).said[0] == SAID[0]
    assert feed.synced(NEXT, since=date(2026, 5, 1)).said[1].name == "Christmas"
    assert feed.synced(SAID, since=date(2027, 1, 1)) == feed.synced((), since=date(2027, 1, 1)) == feed
    assert Feed().synced(SAID, since=date(2026, 12, 1)).said == SAID[2:]
    assert feed.synced(NEXT).said == tuple(sorted(NEXT, key=lambda each: each.date))
    assert feed.synced(SAID, since=date(2026, 5, 2)) == feed


def test_a_feed_is_stored_and_its_holidays_close_a_calendar() -> None:
    feed = Feed().synced(SAID).without("Valentine's Day").without(date(2026, 12, 25))
    schema = Schema("feed", Feed)
    calendar = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00", holidays=feed.holidays())

    assert schema.load(schema.dump(feed)) == feed
    assert not calendar.is_business_day(date(2026, 5, 1))
    assert calendar.is_business_day(date(2026, 12, 25))
