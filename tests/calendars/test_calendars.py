"""What a calendar takes, what it refuses, and what it answers where systems go wrong."""

import gc
import pickle
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from servicecrm.calendars import (
    CALENDAR,
    BusinessDays,
    BusinessHours,
    BusinessTime,
    Calendar,
    CalendarTime,
    CombinedCalendar,
    DayHours,
    ElapsedTime,
    Holiday,
    holidays,
)
from servicecrm.errors import InvalidValue, MalformedDocument, NaiveDatetime, NoBusinessTime
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Period

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00")
ALWAYS = Calendar(zone="Europe/Berlin", hours="mon-sun 00:00-24:00")
NEVER = Calendar(zone="UTC", hours="mon 09:00-10:00") & Calendar(zone="UTC", hours="tue 09:00-10:00")


def at(text: str) -> datetime:
    """A time on a clock in Berlin in March 2026, of which the 2nd is a Monday: `06 16:00`."""
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def on(day: str, text: str) -> tuple[DayHours, ...]:
    return (DayHours(date=date.fromisoformat(day), hours=text),)


# -- what it takes, and what not -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("mon-fri 09:00-17:00", "mon,tue,wed,thu,fri 09:00-17:00"),
        ("mon-fri 09:00-17:00", "mon-wed 09:00-17:00; thu, fri 09:00-17:00;"),
        ("sat-mon 09:00-17:00", "sun 09:00-17:00; mon 09:00-17:00; sat 09:00:00-17:00"),
        ("mon 13:00-17:00, 09:00-12:00", "mon  09:00 - 12:00,13:00-17:00"),
        ("mon 20:00-24:00", "mon 20:00-00:00"),
        ("sun 22:00-06:00; mon 06:00-07:00", "mon 06:00-07:00 ; sun 22:00-06:00"),
    ],
)
def test_hours_may_be_written_in_several_ways(text: str, same: str) -> None:
    def spans(written: str) -> list[Period]:
        return list(Calendar(zone="Europe/Berlin", hours=written).spans(at("01"), at("20")))

    assert spans(text) == spans(same) != []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "never be open"),
        (" ; ", "never be open"),
        ("mon", "hours are written like"),
        ("09:00-17:00", "hours are written like"),
        ("Mon 09:00-17:00", "hours are written like"),
        ("mon closed", "hours are written like"),
        ("monday 09:00-17:00", "a day is one of mon"),
        ("mon-friday 09:00-17:00", "a day is one of mon"),
        ("mon, 09:00-17:00", "a day is one of mon"),
        ("mon-tue-wed 09:00-17:00", "a day is one of mon"),
        ("mon 9:00-17:00", "written HH:MM"),
        ("mon 09:00-17:60", "written HH:MM"),
        ("mon 09:00-25:00", "written HH:MM"),
        ("mon 09:00-24:10", "written HH:MM"),
        ("mon 09:00-24:00:00", "written HH:MM"),
        ("mon 09:00-17:00,", "written open-close"),
        ("mon 09:00", "written open-close"),
        ("mon 09:00-12:00-17:00", "written HH:MM"),
        ("mon 09:00-09:00", "no length"),
        ("mon 24:00-02:00", "nothing opens at 24:00"),
        ("mon 09:00-12:01, 12:00-17:00", "overlap"),
        ("mon 22:00-06:00; tue 05:59-12:00", "overlap"),
        ("sun 22:00-06:00; mon 05:00-12:00", "overlap"),
        ("mon 09:00-17:00; mon 18:00-19:00", "mon stands twice"),
        ("mon-wed 09:00-17:00; tue 18:00-19:00", "tue stands twice"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        Calendar(zone="UTC", hours=text)
    assert refused.value.where == "Calendar.hours"


def test_where_days_and_hours_are_wrong_both_are_told() -> None:
    for text, problems in (("mo-fr 9-17", 2), ("mo-fr 09:00-17:00", 1), ("mon-fri 9-17", 1)):
        with pytest.raises(InvalidValue) as refused:
            Calendar(zone="UTC", hours=text)
        says = refused.value.says
        assert ("a day is one of mon" in says) + ("written HH:MM" in says) == problems
        assert says.count("written") <= 1


def test_holidays_by_date_and_name_are_told_how_to_become_records() -> None:
    named = {"2026-12-25": "Christmas Day"}
    with pytest.raises(InvalidValue, match=r"Calendar.holidays: .* holidays\(\{...\}\) makes them"):
        Calendar(zone="UTC", hours="mon 09:00-17:00", holidays=named)  # type: ignore[arg-type]  # a frequent mistake
    assert Calendar(zone="UTC", hours="mon 09:00-17:00", holidays=holidays(named)).holidays_in(2026)


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "Europe", "../etc/passwd", "Europe/Berlin\x00", "/etc/localtime"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidValue, match=r"Calendar\.zone"):
        Calendar(zone=zone, hours="mon 09:00-17:00")


@pytest.mark.parametrize("field", ["days", "extra_days"])
def test_the_hours_of_a_day_are_checked_like_those_of_the_week(field: str) -> None:
    for text in ("", "09:00-09:00", "09:00-12:00, 11:00-13:00", "mon 09:00-12:00"):
        with pytest.raises(InvalidValue) as refused:
            evolve(OFFICE, **{field: on("2026-03-03", text)})
        assert refused.value.where == f"Calendar.{field}"
    with pytest.raises(InvalidValue, match="a day stands twice"):
        evolve(OFFICE, **{field: on("2026-03-03", "09:00-12:00") + on("2026-03-03", "13:00-14:00")})


def test_breaks_may_overlap_but_have_a_length() -> None:
    with_breaks = evolve(OFFICE, breaks=on("2026-03-03", "10:00-12:00, 11:00-13:00"))

    assert with_breaks.between(at("03"), at("04")) == hours(5)
    with pytest.raises(InvalidValue, match=r"Calendar\.breaks: a span has no length"):
        evolve(OFFICE, breaks=on("2026-03-03", "10:00-10:00"))


@pytest.mark.parametrize("until", [date(2026, 3, 1), date(2026, 2, 28)])
def test_a_calendar_that_is_valid_for_no_day_is_refused(until: date) -> None:
    with pytest.raises(InvalidValue, match=r"Calendar\.valid_until"):
        evolve(OFFICE, valid_from=date(2026, 3, 1), valid_until=until)
    one_day = evolve(OFFICE, valid_from=date(2026, 2, 27), valid_until=date(2026, 2, 28))
    assert one_day.between(at("01") - hours(24 * 7), at("20")) == hours(8)


def test_holidays_are_made_from_dates_and_names() -> None:
    christmas = holidays({"2026-12-26": "", "2026-12-25": "Christmas Day"})

    assert christmas == (Holiday(date=date(2026, 12, 25), name="Christmas Day"), Holiday(date=date(2026, 12, 26)))
    with pytest.raises(InvalidValue, match="YYYY-MM-DD"):
        holidays({"25.12.2026": "Christmas Day"})


def test_a_calendar_of_single_days_needs_no_week() -> None:
    for fair in (
        Calendar(zone="Europe/Berlin", days=on("2026-03-07", "10:00-18:00")),
        Calendar(zone="Europe/Berlin", extra_days=on("2026-03-07", "10:00-18:00")),
    ):
        assert list(fair.spans(at("01"))) == [Period(start=at("07 10:00"), end=at("07 18:00"))]
        assert fair.next_close(at("01")) == at("07 18:00")


def test_a_calendar_is_a_document() -> None:
    calendar = Calendar(
        id="office",
        version=3,
        zone="Asia/Shanghai",
        hours="mon-fri 09:00-17:00",
        days=on("2026-03-03", "10:00-12:00"),
        extra_days=on("2026-02-28", "09:00-17:00"),
        holidays=holidays({"2026-02-17": "Spring Festival"}),
        breaks=on("2026-03-04", "12:00-13:00"),
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
    )

    assert (OFFICE.id, OFFICE.version) == ("default", 1)
    document = CALENDAR.dump(calendar)
    assert document["holidays"] == [{"date": "2026-02-17", "name": "Spring Festival"}]
    assert CALENDAR.load(document) == calendar
    with pytest.raises(MalformedDocument):
        CALENDAR.load({**document, "hours": "mon 9-5"})


def test_what_a_calendar_has_worked_out_is_no_part_of_its_value() -> None:
    fresh = evolve(OFFICE)
    assert OFFICE.is_open(at("03 10:00"))

    assert fresh == OFFICE
    assert hash(fresh) == hash(OFFICE)
    again = pickle.loads(pickle.dumps(OFFICE))
    assert again == OFFICE
    assert again.is_open(at("03 10:00"))
    assert "_table" not in repr(OFFICE)
    changed = evolve(OFFICE, hours="mon-fri 11:00-12:00")
    assert not changed.is_open(at("03 10:00"))


def test_a_calendar_that_nobody_holds_is_forgotten_with_all_that_it_has_worked_out() -> None:
    calendar = evolve(OFFICE)
    calendar.is_open(at("03 10:00"))
    gone = weakref.ref(calendar)
    del calendar
    gc.collect()

    assert gone() is None


# -- which hours count on a day ------------------------------------------------------------------


def test_an_extra_day_comes_before_a_holiday_and_a_holiday_before_other_hours() -> None:
    days = on("2026-03-03", "10:00-11:00") + on("2026-03-04", "10:00-12:00")
    calendar = evolve(OFFICE, days=days, holidays=holidays({"2026-03-04": "", "2026-03-05": ""}))
    calendar = evolve(calendar, extra_days=on("2026-03-05", "10:00-13:00") + on("2026-03-07", "10:00-14:00"))

    open_hours = {n: calendar.between(at(f"0{n}"), at(f"0{n + 1}")) / hours(1) for n in range(1, 9)}
    assert open_hours == {1: 0, 2: 8, 3: 1, 4: 0, 5: 3, 6: 8, 7: 4, 8: 0}
    assert [n for n in range(1, 9) if calendar.is_business_day(date(2026, 3, n))] == [2, 3, 5, 6, 7]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = Calendar(zone="Europe/Berlin", hours="fri 22:00-06:00", holidays=holidays({"2026-03-14": ""}))

    assert night.between(at("01"), at("09")) == hours(8)
    assert night.between(at("14"), at("15")) == hours(6)  # the night before is no holiday
    assert not night.is_business_day(date(2026, 3, 14))
    assert night.closing(date(2026, 3, 13)) == at("14 06:00")


def test_a_night_and_the_other_hours_of_the_day_after_count_once() -> None:
    night = Calendar(zone="Europe/Berlin", hours="mon 22:00-06:00", days=on("2026-03-03", "05:00-07:00"))

    assert night.between(at("02"), at("04")) == hours(9)
    assert night.closing(date(2026, 3, 3)) == at("03 07:00")


def test_a_day_is_a_business_day_even_if_the_night_before_has_all_of_its_hours() -> None:  # C034
    night, early = "mon 22:00-06:00", "00:00-05:00"
    alone = Calendar(zone="Europe/Berlin", hours=night, extra_days=on("2026-03-03", early))
    one, other = (Calendar(zone="Europe/Berlin", hours=each) for each in (night, f"tue {early}"))
    tuesday = date(2026, 3, 3)

    for calendar in (alone, one | other, other | one, (one | other) & ALWAYS):
        assert calendar.is_business_day(tuesday), calendar
        assert calendar.closing(tuesday) == at("03 05:00"), calendar
        assert calendar.due(at("02 10:00"), "1 business day until close").at == at("03 05:00"), calendar
        assert calendar.between(at("02"), at("04")) == hours(8), calendar


def test_a_break_leaves_what_is_around_it() -> None:
    for breaks, left in (
        ("08:00-10:00", [("10:00", "17:00")]),
        ("16:00-18:00", [("09:00", "16:00")]),
        ("09:00-17:00", []),
        ("10:00-11:00, 12:00-13:00", [("09:00", "10:00"), ("11:00", "12:00"), ("13:00", "17:00")]),
        ("17:00-18:00, 08:00-09:00", [("09:00", "17:00")]),
        ("09:00-10:00, 10:00-11:00", [("11:00", "17:00")]),
    ):
        calendar = evolve(OFFICE, breaks=on("2026-03-03", breaks))
        found = [(span.start, span.end) for span in calendar.spans(at("03"), at("04"))]
        assert found == [(at(f"03 {a}"), at(f"03 {b}")) for a, b in left]
        assert calendar.is_business_day(date(2026, 3, 3)) == bool(left)


def test_a_break_cuts_several_spans_and_only_on_its_day() -> None:
    calendar = Calendar(
        zone="Europe/Berlin", hours="mon-sun 09:00-12:00, 13:00-17:00", breaks=on("2026-03-03", "11:00-14:00")
    )

    assert calendar.between(at("03"), at("04")) == hours(5)
    assert calendar.between(at("02"), at("05")) == hours(19)
    assert [calendar.is_on_break(at(f"03 {time}")) for time in ("10:59", "11:00", "13:59", "14:00")] == [
        False, True, True, False,
    ]  # fmt: skip
    with pytest.raises(NaiveDatetime):
        calendar.is_on_break(datetime(2026, 3, 3, 12))


def test_a_calendar_is_closed_before_and_after_it_is_valid() -> None:
    calendar = evolve(OFFICE, valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 5))

    assert calendar.between(at("01"), at("20")) == hours(16)
    assert calendar.next_open(at("01")) == at("03 09:00")
    assert calendar.previous_open(at("20")) == at("04 17:00")
    with pytest.raises(NoBusinessTime):
        calendar.next_open(at("04 17:00"))


def test_single_days_are_open_from_the_first_valid_day_to_the_last() -> None:
    days = tuple(DayHours(date=date(2026, 3, n), hours="10:00-11:00") for n in range(2, 7))
    fairs = Calendar(zone="Europe/Berlin", days=days, valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 5))

    assert [n for n in range(1, 8) if fairs.is_business_day(date(2026, 3, n))] == [3, 4]


def test_seasons_are_calendars_that_take_turns() -> None:
    winter = Calendar(zone="Europe/Berlin", hours="mon-fri 10:00-16:00", valid_until=date(2026, 3, 10))
    summer = Calendar(zone="Europe/Berlin", hours="mon-fri 08:00-18:00", valid_from=date(2026, 3, 10))

    assert (winter | summer).between(at("09"), at("11")) == hours(16)


# -- several calendars ---------------------------------------------------------------------------


def test_a_union_is_open_when_one_is_and_an_intersection_when_all_are() -> None:
    tokyo = Calendar(id="tokyo", zone="Asia/Tokyo", hours="mon-fri 09:00-18:00")  # 01:00 to 10:00 in Berlin
    both, either = OFFICE & tokyo, OFFICE | tokyo

    assert both.between(at("03"), at("04")) == hours(1)
    assert either.between(at("03"), at("04")) == hours(16)
    assert list(either.spans(at("03"), at("04"))) == [
        Period(start=at("03 01:00"), end=at("03 10:00")),
        Period(start=at("03 10:00"), end=at("03 17:00")),
    ]
    assert either.next_close(at("03 02:00")) == at("03 17:00")
    assert both.closing(date(2026, 3, 3)) == at("03 10:00")
    assert both.tz() == BERLIN
    assert (both | ALWAYS).label() == "((default & tokyo) | default)"
    assert both == OFFICE & tokyo != either


def test_a_combination_of_one_is_that_one_and_of_none_is_refused() -> None:
    for how in ("union", "intersection"):
        assert CombinedCalendar(how=how, parts=(OFFICE,)).between(at("01"), at("20")) == OFFICE.between(
            at("01"), at("20")
        )
        with pytest.raises(InvalidValue, match="nothing is combined"):
            CombinedCalendar(how=how, parts=())


# -- instants ------------------------------------------------------------------------------------


def test_spans_are_half_open() -> None:
    times = {"08:59:59": False, "09:00:00": True, "16:59:59": True, "17:00:00": False}

    assert {time: OFFICE.is_open(at(f"03 {time}")) for time in times} == times
    assert OFFICE.next_open(at("03 09:00")) == at("03 09:00")
    assert OFFICE.next_open(at("03 17:00")) == at("04 09:00")
    assert OFFICE.next_close(at("03 16:59")) == at("03 17:00")
    assert OFFICE.next_close(at("03 17:00")) == at("04 17:00")
    assert OFFICE.previous_open(at("03 09:00")) == at("02 17:00")
    assert OFFICE.previous_open(at("03 17:00")) == at("03 17:00")
    assert OFFICE.previous_open(at("03 12:00")) == at("03 12:00")


def test_answers_are_in_utc_and_keep_microseconds() -> None:
    begin = datetime(2026, 3, 6, 16, 59, 59, 999_999, tzinfo=BERLIN)
    reached = OFFICE.add(begin, timedelta(microseconds=2))

    assert reached == at("09 09:00:00.000001")
    assert reached.tzinfo is UTC
    for answer in (OFFICE.next_open(begin), OFFICE.previous_open(begin), OFFICE.due(begin, "2 business days").at):
        assert answer.tzinfo is UTC
    assert OFFICE.due(begin, "1 calendar day same clock").at.tzinfo is UTC
    assert OFFICE.due(begin, ElapsedTime(seconds=1)).at.tzinfo is UTC
    assert OFFICE.between(begin, reached) == timedelta(microseconds=2)


def test_spans_go_on_without_an_end_and_are_cut_at_both_ends() -> None:
    assert [span.start for span in islice(OFFICE.spans(at("06 12:00")), 2)] == [at("06 12:00"), at("09 09:00")]
    assert list(OFFICE.spans(at("06 12:00"), at("09 10:00"))) == [
        Period(start=at("06 12:00"), end=at("06 17:00")),
        Period(start=at("09 09:00"), end=at("09 10:00")),
    ]
    assert list(OFFICE.spans(at("06 17:00"), at("09 09:00"))) == []
    assert list(OFFICE.spans(at("06 17:00"), at("09 10:00"))) == [Period(start=at("09 09:00"), end=at("09 10:00"))]
    assert list(OFFICE.spans(at("06 12:00"), at("06 12:00"))) == []
    assert list(OFFICE.spans(at("06 12:00"), at("05 12:00"))) == []
    assert [span.end for span in islice(OFFICE.spans_before(at("09 09:00")), 2)] == [at("06 17:00"), at("05 17:00")]
    assert next(OFFICE.spans_before(at("09 09:30"))) == Period(start=at("09 09:00"), end=at("09 09:30"))
    assert len(list(OFFICE.spans(at("01"), at("01") + timedelta(days=3650)))) == 2607


def test_without_open_time_the_search_ends() -> None:
    for calendar in (NEVER, Calendar(zone="UTC", days=on("2020-01-01", "10:00-11:00"))):
        for ask in (calendar.next_open, calendar.next_close):
            with pytest.raises(NoBusinessTime):
                ask(at("03"))
        assert list(calendar.spans(at("03"))) == []
    for ask in (NEVER.previous_open, lambda begin: NEVER.subtract(begin, hours(1))):
        with pytest.raises(NoBusinessTime, match="since 1900"):
            ask(at("03"))
    with pytest.raises(NoBusinessTime):
        NEVER.business_day(date(2026, 3, 3), 1)
    with pytest.raises(NoBusinessTime):
        NEVER.business_day(date(2026, 3, 3), -1)
    assert list(NEVER.spans_before(at("03"))) == []
    assert NEVER.between(at("01"), at("20")) == hours(0)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York"])
def test_spans_before_end_with_the_first_year_that_is_known(zone: str) -> None:
    first, always = datetime(1900, 1, 1, tzinfo=UTC), Calendar(zone=zone, hours="mon-sun 00:00-24:00")
    spans = list(always.spans_before(first + timedelta(days=3)))

    assert (spans[-1].start, spans[0].end) == (first, first + timedelta(days=3))
    assert spans[::-1] == list(always.spans(first, first + timedelta(days=3)))
    assert list(always.spans_before(first)) == []


def test_what_is_always_open_never_closes() -> None:
    with pytest.raises(NoBusinessTime, match="does not close until 2199"):
        ALWAYS.next_close(at("03"))
    assert ALWAYS.next_open(at("03")) == at("03")
    for zone in ("UTC", "Europe/Berlin"):
        with pytest.raises(NoBusinessTime):
            Calendar(zone=zone, hours="mon-sun 00:00-24:00").next_close(datetime(2197, 3, 3, tzinfo=UTC))


def test_more_time_than_there_is_cannot_be_added() -> None:
    one_day = Calendar(id="fair", zone="Europe/Berlin", days=on("2026-03-07", "10:00-18:00"))

    assert one_day.add(at("01"), hours(8)) == at("07 18:00")
    assert one_day.subtract(at("20"), hours(8)) == at("07 10:00")
    with pytest.raises(NoBusinessTime) as nothing:
        one_day.add(at("01"), hours(8), boundary="next_open")
    assert nothing.value.calendar == "fair"
    assert nothing.value.code == "no_business_time"
    with pytest.raises(NoBusinessTime):
        one_day.add(at("01"), hours(8.001))
    with pytest.raises(NoBusinessTime):
        one_day.subtract(at("20"), hours(8.001))


def test_calendars_that_share_special_days_only_were_never_open_before_them() -> None:
    fair = on("2026-03-07", "10:00-18:00")
    night = Calendar(zone="Europe/Berlin", hours="mon-fri 22:00-06:00", extra_days=fair)
    both = evolve(OFFICE, extra_days=fair) & night

    assert both.subtract(at("20"), hours(8)) == at("07 10:00")
    for ask in (both.previous_open, lambda begin: both.subtract(begin, timedelta(seconds=1))):
        with pytest.raises(NoBusinessTime, match="since 1900"):
            ask(at("07 10:00"))


def test_times_lie_between_the_years_1900_and_2199() -> None:
    first, last = datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert ALWAYS.between(first, last) == last - first
    assert ALWAYS.is_open(last)

    for outside in (
        first - timedelta(microseconds=1),
        last + timedelta(microseconds=1),
        datetime.max.replace(tzinfo=UTC),
    ):
        with pytest.raises(InvalidValue, match="1900 to 2199"):
            evolve(ALWAYS).is_open(outside)
        with pytest.raises(InvalidValue, match="1900 to 2199"):
            ALWAYS.between(outside, last) if outside < first else ALWAYS.between(first, outside)
    for day in (date(1899, 12, 31), date(2200, 1, 1)):
        with pytest.raises(InvalidValue, match="1900 to 2199"):
            ALWAYS.business_day(day, 1)
    with pytest.raises(NoBusinessTime):
        ALWAYS.add(last, hours(48))
    with pytest.raises(NoBusinessTime):
        ALWAYS.subtract(first, hours(48))


@pytest.mark.parametrize(
    ("begin", "duration"),
    [
        (datetime.max.replace(tzinfo=UTC), "1h elapsed"),
        (datetime.min.replace(tzinfo=UTC), "-1h elapsed"),
        (datetime.max.replace(tzinfo=UTC), "1h business"),
        (datetime(2026, 3, 3, tzinfo=UTC), f"{365 * 7973} calendar days"),
        (datetime(2026, 3, 3, tzinfo=UTC), "2400 calendar months same clock"),
        (datetime(2026, 3, 3, tzinfo=UTC), "-20000 calendar months"),
        (datetime.max.replace(tzinfo=UTC), "0 calendar days"),
    ],
)
def test_what_would_be_due_in_an_unknown_year_is_refused(begin: datetime, duration: str) -> None:
    with pytest.raises(InvalidValue, match="1900 to 2199"):
        OFFICE.due(begin, duration)


def test_the_longest_durations_end_with_an_error_and_not_with_a_crash() -> None:
    assert OFFICE.due(at("03"), ElapsedTime(seconds=10**10)).at.year == 2343
    for duration in (BusinessTime(seconds=10**10), BusinessTime(seconds=-(10**10)), BusinessDays(days=2**62)):
        with pytest.raises(NoBusinessTime):
            OFFICE.due(at("03"), duration)
    with pytest.raises(NoBusinessTime):
        OFFICE.add(at("03"), timedelta.max)
    with pytest.raises(NoBusinessTime):
        OFFICE.add(at("03"), timedelta.min)
    with pytest.raises(InvalidValue, match="1900 to 2199"):
        OFFICE.instant(date.max, "24:00")
    for text in ("1h elapsed", "1h business"):
        with pytest.raises(InvalidValue, match="1900 to 2199"):
            OFFICE.due(at("03 10:00"), text, pauses=[(at("03 10:30"), datetime.max.replace(tzinfo=UTC))])


def questions() -> Iterator[Any]:
    naive = datetime(2026, 3, 3, 12)
    yield from (lambda: OFFICE.is_open(naive), lambda: OFFICE.next_open(naive), lambda: OFFICE.next_close(naive))
    yield from (lambda: OFFICE.previous_open(naive), lambda: OFFICE.add(naive, hours(1)))
    yield from (lambda: OFFICE.subtract(naive, hours(1)), lambda: OFFICE.between(naive, at("03")))
    yield from (lambda: OFFICE.between(at("03"), naive), lambda: next(OFFICE.spans(naive)))
    yield from (lambda: next(OFFICE.spans_before(naive)), lambda: next(OFFICE.spans(at("03"), naive)))
    for duration in ("1h business", "1h elapsed", "1 business day", "1 business day until close", "1 calendar day"):
        yield lambda duration=duration: OFFICE.due(naive, duration)
    yield lambda: OFFICE.due(at("03"), "1h business", pauses=[(naive, at("04"))])
    yield lambda: OFFICE.spent(at("03"), at("04"), pauses=[(at("03"), naive)])
    yield lambda: OFFICE.spent(naive, at("04"))


@pytest.mark.parametrize("ask", list(questions()))
def test_a_time_without_a_zone_is_refused(ask: Any) -> None:
    with pytest.raises(NaiveDatetime):
        ask()


def test_an_unknown_option_is_refused_with_those_that_are_known() -> None:
    wrong: Any = "soon"
    for ask in (
        lambda: OFFICE.add(at("03"), hours(1), boundary=wrong),
        lambda: OFFICE.between(at("04"), at("03"), negative=wrong),
        lambda: OFFICE.between(at("03"), at("04"), negative=wrong),
        lambda: OFFICE.business_day(date(2026, 3, 3), 1, origin=wrong),
        lambda: OFFICE.due(at("03"), "1h business", boundary=wrong),
        lambda: OFFICE.due(at("03"), "1h business", origin=wrong),
        lambda: OFFICE.spent(at("03"), at("04"), negative=wrong),
    ):
        with pytest.raises(InvalidValue, match="expected one of"):
            ask()


# -- time ----------------------------------------------------------------------------------------


def test_time_that_fills_a_span_ends_at_its_closing_or_at_the_next_opening() -> None:
    assert OFFICE.add(at("06 16:00"), hours(1)) == at("06 17:00")
    assert OFFICE.add(at("06 16:00"), hours(1), boundary="next_open") == at("09 09:00")
    assert OFFICE.add(at("06 17:00"), hours(0)) == at("09 09:00")
    assert OFFICE.add(at("06 16:00"), hours(0.5), boundary="next_open") == at("06 16:30")


def test_negative_time_counts_the_other_way() -> None:
    assert OFFICE.add(at("09 10:00"), hours(-2)) == OFFICE.subtract(at("09 10:00"), hours(2)) == at("06 16:00")
    assert OFFICE.subtract(at("06 16:00"), hours(-2)) == OFFICE.add(at("06 16:00"), hours(2)) == at("09 10:00")
    assert OFFICE.between(at("09 10:00"), at("06 16:00")) == hours(-2)
    assert OFFICE.between(at("09 10:00"), at("06 16:00"), negative="zero") == hours(0)
    assert OFFICE.between(at("06 16:00"), at("09 10:00"), negative="zero") == hours(2)


def test_hours_are_those_of_the_wall_and_time_is_what_passes() -> None:
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin, and a day of 25 hours

    assert ALWAYS.between(autumn, autumn + timedelta(days=2)) == hours(48)
    evening = Calendar(zone="Europe/Berlin", hours="sat 08:00-12:00, 22:00-06:00")
    assert evening.between(at("28"), at("30")) == hours(11)
    assert evening.between(autumn - hours(24), autumn + hours(24)) == hours(13)
    night = Calendar(zone="Europe/Berlin", hours="sun 00:00-04:00")
    assert night.between(autumn, autumn + timedelta(days=2)) == hours(5)
    assert night.between(at("29"), at("30")) == hours(3)


def test_the_day_that_samoa_skipped_is_no_day() -> None:
    apia = Calendar(zone="Pacific/Apia", hours="mon-sun 09:00-17:00")

    assert [apia.is_business_day(date(2011, 12, n)) for n in (29, 30, 31)] == [True, False, True]
    assert apia.business_day(date(2011, 12, 29), 1) == date(2011, 12, 31)
    begin, end = datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2011, 12, 31, 10, tzinfo=UTC)
    assert apia.between(begin, end) == hours(16)


def test_hours_in_a_skipped_hour_come_later_and_those_that_end_in_it_may_be_none() -> None:
    def open_hours(text: str) -> list[tuple[datetime, datetime | None]]:
        calendar = Calendar(zone="Europe/Berlin", hours=f"sun {text}")
        return [(span.start, span.end) for span in calendar.spans(at("29"), at("30"))]

    one = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 in Berlin, where it would have been 02:00
    assert open_hours("02:15-02:45") == [(one + hours(0.25), one + hours(0.75))]
    assert open_hours("02:15-03:00") == []
    assert open_hours("02:15-03:15") == []
    assert not Calendar(zone="Europe/Berlin", hours="sun 02:15-03:15").is_business_day(date(2026, 3, 29))
    assert open_hours("02:00-02:30, 03:00-04:00") == [(one, one + hours(0.5)), (one + hours(0.5), one + hours(1))]


def test_a_time_on_the_clock_is_an_instant() -> None:
    assert OFFICE.instant(date(2026, 3, 3), "09:00:30") == at("03 09:00:30")
    assert OFFICE.instant(date(2026, 3, 3), "24:00") == at("04")
    with pytest.raises(InvalidValue, match="HH:MM"):
        OFFICE.instant(date(2026, 3, 3), "9 am")


# -- days ----------------------------------------------------------------------------------------


def test_the_day_of_receipt_is_not_counted() -> None:
    day = date(2026, 3, 6)

    assert [OFFICE.business_day(day, n).day for n in (-5, -1, 0, 1, 2, 6)] == [27, 5, 6, 9, 10, 16]


@pytest.mark.parametrize(
    ("origin", "days", "found"), [("as_is", 1, 9), ("roll", 1, 10), ("as_is", 0, 7), ("roll", 0, 9), ("roll", -1, 6)]
)
def test_days_are_counted_from_a_closed_day_as_it_is_or_from_the_next_open_one(
    origin: Literal["as_is", "roll"], days: int, found: int
) -> None:
    assert OFFICE.business_day(date(2026, 3, 7), days, origin=origin) == date(2026, 3, found)
    assert OFFICE.business_day(date(2026, 3, 6), 1, origin=origin) == date(2026, 3, 9)


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_first_and_the_last_day_of_a_year_are_days_like_others(day: date) -> None:
    def fresh() -> Calendar:  # knows of no other year yet
        return evolve(ALWAYS)

    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert fresh().is_business_day(day)
    assert fresh().closing(day) == ALWAYS.instant(after, "00:00")
    assert fresh().business_day(day, 1) == after
    assert fresh().business_day(day, -1) == before
    assert fresh().business_day(before, 1) == fresh().business_day(after, -1) == day
    for calendar in (Calendar(zone=zone, hours="mon-sun 00:00-24:00") for zone in ("Pacific/Kiritimati", "Etc/GMT+12")):
        assert [calendar.business_day(before, n) for n in (0, 1, 2)] == [before, day, after]


def test_thousands_of_business_days_are_counted() -> None:
    assert OFFICE.business_day(date(2026, 3, 6), 5000) == date(2045, 5, 5)
    assert OFFICE.business_day(date(2045, 5, 5), -5000) == date(2026, 3, 6)


def test_only_a_business_day_has_a_closing() -> None:
    assert OFFICE.closing(date(2026, 3, 6)) == at("06 17:00")
    with pytest.raises(NoBusinessTime, match="2026-03-07 is no business day"):
        OFFICE.closing(date(2026, 3, 7))


# -- when something is due -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "begin", "due"),
    [
        ("8h business", "06 16:00", "09 16:00"),
        ("8h elapsed", "06 16:00", "07 00:00"),
        ("0s business", "07 12:00", "09 09:00"),
        ("-1h business", "09 09:30", "06 16:30"),
        ("-1h elapsed", "09 09:30", "09 08:30"),
        ("1 business day", "05 12:00", "06 12:00"),
        ("1 business day", "05 20:00", "09 09:00"),
        ("1 business day", "05 07:00", "06 09:00"),
        ("1 business day", "05 17:00", "09 09:00"),
        ("0 business days", "07 12:00", "09 09:00"),
        ("0 business days", "06 12:00", "06 12:00"),
        ("-1 business days", "05 20:00", "04 17:00"),
        ("-1 business day", "05 12:00", "04 12:00"),
        ("1 business day same clock", "05 20:00", "06 20:00"),
        ("0 business days same clock", "07 20:00", "07 20:00"),
        ("2 business days until close", "05 20:00", "09 17:00"),
        ("0 business days until close", "05 10:00", "05 17:00"),
        ("0 business days until close", "07 10:00", "09 17:00"),
        ("-1 business day until close", "09 10:00", "06 17:00"),
        ("2 business days until midnight", "05 20:00", "10 00:00"),
        ("0 business days until midnight", "07 10:00", "10 00:00"),
        ("3 calendar days", "05 20:00", "09 00:00"),
        ("3 calendar days same clock", "05 20:00", "08 20:00"),
        ("2 calendar weeks same clock", "05 20:00", "19 20:00"),
        ("0 calendar days", "05 20:00", "06 00:00"),
        ("0 calendar days same clock", "05 20:00", "05 20:00"),
    ],
)
def test_a_duration_is_over_when_it_says(duration: str, begin: str, due: str) -> None:
    found = OFFICE.due(at(begin), duration)

    assert found.at == at(due)
    assert str(found.duration) == str(OFFICE.due(at(begin), found.duration).duration)
    assert (found.begin, found.waiting, found.calendar) == (at(begin), hours(0), OFFICE)


@pytest.mark.parametrize("much", [timedelta(hours=3), 3, None])
def test_a_duration_that_does_not_say_what_it_counts_is_refused(much: Any) -> None:  # C034
    with pytest.raises(InvalidValue, match=f"a {type(much).__name__} does not say what it counts; write 3h business"):
        Calendar(zone="UTC", hours="mon-fri 09:00-17:00").due(datetime(2026, 3, 2, 9, tzinfo=UTC), much)


def test_what_would_be_due_when_it_is_closed_may_be_due_when_it_opens() -> None:
    for duration, at_next in (
        ("1h business", "09 09:00"),
        ("1h elapsed", "09 09:00"),
        ("30m elapsed", "06 16:30"),
        ("1 business day same clock", "09 16:00"),
        ("0 business days until close", "09 09:00"),
        ("3 calendar days", "10 09:00"),
    ):
        assert OFFICE.due(at("06 16:00"), duration, boundary="next_open").at == at(at_next), duration


def test_what_begins_when_it_is_closed_may_begin_when_it_opens() -> None:
    for duration, as_is, rolled in (
        ("1h business", "09 10:00", "09 10:00"),
        ("1h elapsed", "06 19:00", "09 10:00"),
        ("1 business day", "10 09:00", "10 09:00"),
        ("1 business day same clock", "09 18:00", "10 09:00"),
        ("1 business day until close", "09 17:00", "10 17:00"),
        ("1 calendar day", "08 00:00", "11 00:00"),
    ):
        assert OFFICE.due(at("06 18:00"), duration).at == at(as_is), duration
        assert OFFICE.due(at("06 18:00"), duration, origin="roll").at == at(rolled), duration
    assert OFFICE.due(at("06 12:00"), "1 business day until close", origin="roll").at == at("09 17:00")


def test_of_an_hour_that_is_shown_twice_the_first_counts_on_the_last_day() -> None:
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    autumn = datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN)

    assert ALWAYS.due(autumn, "1 calendar day same clock").at == second.astimezone(UTC) - hours(1)
    assert ALWAYS.due(second, "0 calendar days same clock").at == second.astimezone(UTC)
    assert ALWAYS.due(second, BusinessDays(days=0)).at == second.astimezone(UTC)
    spring = datetime(2027, 3, 28, 2, 30, tzinfo=BERLIN).astimezone(UTC)
    assert ALWAYS.due(second, CalendarTime(count=154, until="clock")).at == spring
    assert ALWAYS.due(second, BusinessDays(days=154)).at == spring


# -- pauses --------------------------------------------------------------------------------------


def test_what_is_due_at_the_next_opening_waits_for_the_end_of_a_pause() -> None:  # C034
    night, hour = (at("06 18:00"), at("09 10:00")), timedelta(hours=1)
    for text in ("1h business", "2h elapsed"):
        due = OFFICE.due(at("06 16:00"), text, pauses=[night], boundary="next_open")
        assert (due.at, due.waiting) == (at("09 10:00"), hour), text
    due = OFFICE.due(at("03 10:00"), "1h business", pauses=[(at("03 11:00"), at("03 12:00"))], boundary="next_open")
    assert (due.at, due.waiting) == (at("03 12:00"), hour)
    touching = [(at("06 18:00"), at("09 10:00")), (at("09 10:00"), at("09 11:00"))]
    assert OFFICE.due(at("06 16:00"), "1h business", pauses=touching, boundary="next_open").at == at("09 11:00")
    with pytest.raises(InvalidValue, match="no end yet"):
        OFFICE.due(at("06 16:00"), "1h business", pauses=[(at("06 18:00"), None)], boundary="next_open")


def test_a_pause_makes_business_time_longer_by_what_is_open_of_it() -> None:
    pauses = [(at("06 16:30"), at("09 10:00")), (at("07"), at("08"))]
    due = OFFICE.due(at("06 16:00"), "2h business", pauses=pauses)

    assert due.at == at("09 11:30")
    assert due.waiting == hours(1.5)
    assert OFFICE.spent(at("06 16:00"), at("09 11:30"), pauses=pauses).time == hours(2)


def test_a_pause_makes_elapsed_and_calendar_time_longer_by_all_of_it() -> None:
    pauses = [(at("06 16:30"), at("07 16:30"))]

    for duration, due in (
        ("2h elapsed", "07 18:00"),
        ("1 calendar day same clock", "08 16:00"),
        ("1 calendar day", "09"),
    ):
        found = OFFICE.due(at("06 16:00"), duration, pauses=pauses)
        assert (found.at, found.waiting) == (at(due), hours(24))


def test_a_pause_makes_business_days_longer_by_what_is_open_of_it() -> None:
    due = OFFICE.due(at("04 10:00"), "1 business day", pauses=[(at("04 16:00"), at("05 09:30"))])

    assert (due.at, due.waiting) == (at("05 11:30"), hours(1.5))
    closed = OFFICE.due(at("04 10:00"), "1 business day until close", pauses=[(at("04 18:00"), at("05 08:00"))])
    assert (closed.at, closed.waiting) == (at("05 17:00"), hours(0))


def test_pauses_that_do_not_lie_between_change_nothing() -> None:
    for pause in (
        (at("05"), at("06 16:00")),
        (at("06 17:00"), at("09 09:00")),
        (at("09 10:00"), at("10")),
        (at("09 10:00"), None),
        (at("06 16:30"), at("06 16:30")),
    ):
        assert OFFICE.due(at("06 16:00"), "2h business", pauses=[pause]).at == at("09 10:00"), pause


def test_a_pause_counts_from_the_beginning_and_only_once() -> None:
    pauses = [(at("03 09:30"), at("03 11:00")), (at("03"), at("03 10:30")), (at("03 10:00"), at("03 10:15"))]

    assert OFFICE.due(at("03 10:00"), "2h business", pauses=pauses).at == at("03 13:00")
    assert OFFICE.spent(at("03 10:00"), at("03 13:00"), pauses=pauses).time == hours(2)
    assert OFFICE.spent(at("03 13:00"), at("03 10:00"), pauses=pauses).time == hours(-2)
    assert OFFICE.spent(at("03 13:00"), at("03 10:00"), pauses=pauses, negative="zero").time == hours(0)
    assert OFFICE.spent(at("03 10:00"), at("03 10:30"), pauses=pauses).time == hours(0)


def test_a_pause_that_delays_into_the_next_pause_is_delayed_again() -> None:
    pauses = [(at("03 12:30"), at("03 13:30")), (at("03 10:00"), at("03 11:00"))]

    assert OFFICE.due(at("03 10:00"), "2h business", pauses=pauses).at == at("03 14:00")
    assert OFFICE.due(at("03 10:00"), "90m business", pauses=pauses).at == at("03 12:30")


def test_with_a_pause_that_has_no_end_nothing_is_due_and_no_time_is_spent() -> None:
    with pytest.raises(InvalidValue, match="has no end yet"):
        OFFICE.due(at("03 10:00"), "2h business", pauses=[(at("03 11:00"), None)])
    assert OFFICE.spent(at("03 10:00"), at("05"), pauses=[(at("03 11:00"), None)]).time == hours(1)
    with pytest.raises(InvalidValue, match="ends before it begins"):
        OFFICE.spent(at("03 10:00"), at("05"), pauses=[(at("03 11:00"), at("03 10:59"))])


def test_a_due_time_rolled_to_an_opening_does_not_count_as_waiting() -> None:
    due = OFFICE.due(at("06 14:00"), "2h business", pauses=[(at("06 15:00"), at("06 16:00"))], boundary="next_open")

    assert (due.at, due.waiting) == (at("09 09:00"), hours(1))


# -- explanations --------------------------------------------------------------------------------


def test_a_due_time_explains_itself() -> None:
    due = OFFICE.due(at("06 16:00"), BusinessTime(seconds=7200), pauses=[(at("09 09:15"), at("09 09:45"))])
    why = due.explain()

    assert [(span.start, span.end) for span in why.counted] == [
        (at("06 16:00"), at("06 17:00")),
        (at("09 09:00"), at("09 09:15")),
        (at("09 09:45"), at("09 10:30")),
    ]
    assert [(span.start, span.end) for span in why.paused] == [(at("09 09:15"), at("09 09:45"))]
    assert str(why).splitlines() == [
        "2h business from Fri 2026-03-06 16:00:00+0100",
        "  open    Fri 2026-03-06 16:00:00+0100 to Fri 2026-03-06 17:00:00+0100  1:00:00",
        "  open    Mon 2026-03-09 09:00:00+0100 to Mon 2026-03-09 09:15:00+0100  0:15:00",
        "  paused  Mon 2026-03-09 09:15:00+0100 to Mon 2026-03-09 09:45:00+0100  0:30:00",
        "  open    Mon 2026-03-09 09:45:00+0100 to Mon 2026-03-09 10:30:00+0100  0:45:00",
        "due Mon 2026-03-09 10:30:00+0100",
    ]


def test_spent_time_explains_itself_in_either_direction() -> None:
    spent = OFFICE.spent(at("09 10:00"), at("06 16:00"))
    why = spent.explain()

    assert sum((span.end - span.start for span in why.counted if span.end), hours(0)) == -spent.time == hours(2)
    assert str(why).splitlines()[0] == (
        "business time from Mon 2026-03-09 10:00:00+0100 to Fri 2026-03-06 16:00:00+0100"
    )
    assert str(why).splitlines()[-1] == "spent -1 day, 22:00:00"


def test_answers_name_the_holidays_between_their_ends() -> None:  # C034
    shut = holidays({"2026-03-08": "A Sunday", "2026-03-09": "Company shut", "2026-03-11": "Later"})
    calendar = evolve(OFFICE, holidays=shut)
    closed = ["  closed  Sun 2026-03-08  A Sunday", "  closed  Mon 2026-03-09  Company shut"]
    for each in (calendar, calendar & OFFICE, calendar & evolve(OFFICE, holidays=shut[:2])):
        due = each.due(at("06 16:00"), "2h business")
        why = due.explain()
        assert str(why).splitlines() == [
            "2h business from Fri 2026-03-06 16:00:00+0100",
            "  open    Fri 2026-03-06 16:00:00+0100 to Fri 2026-03-06 17:00:00+0100  1:00:00",
            *closed,
            "  open    Tue 2026-03-10 09:00:00+0100 to Tue 2026-03-10 10:00:00+0100  1:00:00",
            "due Tue 2026-03-10 10:00:00+0100",
        ]
        assert why.closed == shut[:2] == each.spent(due.at, at("06 16:00")).explain().closed
    assert (calendar | OFFICE).due(at("06 16:00"), "2h business").explain().closed == shut[:1]
    assert calendar.due(at("09 00:00"), "1m business").explain().closed == shut[1:2]
    assert calendar.due(at("10 16:00"), "2h business").explain().closed == shut[2:]


def test_time_that_passes_day_and_night_is_told_as_such_and_adds_up() -> None:
    calendar = evolve(OFFICE, holidays=holidays({"2026-03-09": "Company shut"}))
    for target in ("72h elapsed", "3 calendar days same clock"):
        why = calendar.due(at("06 16:00"), target, pauses=[(at("07 16:00"), at("08 16:00"))]).explain()
        assert str(why).splitlines() == [
            f"{target} from Fri 2026-03-06 16:00:00+0100",
            "  time    Fri 2026-03-06 16:00:00+0100 to Sat 2026-03-07 16:00:00+0100  1 day, 0:00:00",
            "  paused  Sat 2026-03-07 16:00:00+0100 to Sun 2026-03-08 16:00:00+0100  1 day, 0:00:00",
            "  time    Sun 2026-03-08 16:00:00+0100 to Tue 2026-03-10 16:00:00+0100  2 days, 0:00:00",
            "due Tue 2026-03-10 16:00:00+0100",
        ]
    assert calendar.due(at("06 16:00"), "0h elapsed").explain().counted == ()


def test_the_last_day_of_all_is_explained_too() -> None:
    east = Calendar(zone="Pacific/Kiritimati", hours="mon-sun 00:00-24:00")
    end = datetime(2199, 12, 31, 20, tzinfo=UTC)  # there it is the next year
    assert east.due(end, "1h business").explain().closed == ()


def test_threads_may_ask_one_calendar_at_once() -> None:
    calendar = evolve(OFFICE)
    wrong: list[int] = []
    expected = {year: OFFICE.next_open(datetime(year, 3, 1, tzinfo=UTC)) for year in range(2000, 2060, 3)}

    def ask(years: list[int]) -> None:
        wrong.extend(y for y in years if calendar.next_open(datetime(y, 3, 1, tzinfo=UTC)) != expected[y])

    threads = [threading.Thread(target=ask, args=(list(expected)[n::6] + list(expected)[::-1],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_every_calendar_is_asked_in_the_same_way() -> None:
    for calendar in (OFFICE, OFFICE | ALWAYS, OFFICE & ALWAYS):
        assert isinstance(calendar, BusinessHours)
        assert calendar.due(at("06 16:00"), "2 business days until close").at <= at("11")
