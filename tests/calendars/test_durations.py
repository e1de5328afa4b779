"""Durations say what they count, and can be written and read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.errors import InvalidValue

counts = st.integers(-(10**6), 10**6)
durations: st.SearchStrategy[Duration] = st.one_of(
    st.builds(ElapsedTime, seconds=counts),
    st.builds(BusinessTime, seconds=counts),
    st.builds(BusinessDays, days=counts, until=st.sampled_from(["open", "clock", "close", "midnight"])),
    st.builds(
        CalendarTime,
        count=counts,
        unit=st.sampled_from(["day", "week", "month"]),
        until=st.sampled_from(["clock", "midnight"]),
    ),
)


@given(durations)
def test_a_duration_can_be_read_from_its_text(one: Duration) -> None:
    assert duration(str(one)) == one


@given(durations, durations)
def test_two_durations_never_have_one_text(one: Duration, other: Duration) -> None:
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("36h elapsed", ElapsedTime(seconds=129_600)),
        ("8h business", BusinessTime(seconds=28_800)),
        ("1h30m business", BusinessTime(seconds=5_400)),
        ("-45s business", BusinessTime(seconds=-45)),
        ("0s elapsed", ElapsedTime(seconds=0)),
        ("1 business day", BusinessDays(days=1)),
        ("-2 business days same clock", BusinessDays(days=-2, until="clock")),
        ("3 business days until close", BusinessDays(days=3, until="close")),
        ("3 business days until midnight", BusinessDays(days=3, until="midnight")),
        ("8 calendar weeks", CalendarTime(count=8, unit="week")),
        ("1 calendar month same clock", CalendarTime(count=1, unit="month", until="clock")),
    ],
)
def test_a_duration_is_written_as_people_say_it(text: str, meant: Duration) -> None:
    assert duration(text) == meant
    assert str(meant) == text


def test_minutes_may_be_more_than_an_hour_and_the_end_of_a_day_may_be_named() -> None:
    assert duration("90m business") == duration("1h30m business")
    assert duration("2 calendar days until midnight") == CalendarTime(count=2)


@pytest.mark.parametrize(
    "text",
    [
        "", "8h", "h business", " business", "8 business", "8h  business", "8h business ", "1.5h business",
        "8x elapsed", "--1h business", "3 business weeks", "3 business months", "3 calendar days until close",
        "three business days", "30m8h business", "٣ business days", "P3D", "3 business days same", "3 days",
    ],
)  # fmt: skip
def test_another_form_is_refused_with_those_that_are_allowed(text: str) -> None:
    with pytest.raises(InvalidValue, match="8 calendar weeks"):
        duration(text)


@pytest.mark.parametrize("text", ["{}h elapsed", "{} business days", "-{} calendar weeks", "{} working days", "{}"])
def test_a_number_of_thousands_of_digits_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"^duration: a duration has at most 100 characters"):
        duration(text.format("1" * 5_000))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3 working days", "3 business days"),
        ("1 workday", "1 business day"),
        ("2 work days until close", "2 business days until close"),
        ("4 business hours", "4h business"),
        ("90 working minutes", "1h30m business"),
    ],
)
def test_who_names_business_time_otherwise_is_told_what_is_meant(text: str, meant: str) -> None:
    with pytest.raises(InvalidValue, match=rf"did you mean {meant}\? a duration is written like"):
        duration(text)


@pytest.mark.parametrize("text", ["working days", "3 working weeks", "3 days", "4 hours"])
def test_nothing_is_guessed_where_more_is_wrong(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"^duration: a duration is written like"):
        duration(text)


@pytest.mark.parametrize("of", [ElapsedTime, BusinessTime])
def test_a_duration_has_a_limit(of: type[ElapsedTime] | type[BusinessTime]) -> None:
    for seconds in (10**10, -(10**10)):
        assert of(seconds=seconds).seconds == seconds
    for seconds in (10**10 + 1, -(10**10) - 1):
        with pytest.raises(InvalidValue, match="316 years"):
            of(seconds=seconds)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
        (date(9999, 11, 5), 1, date(9999, 12, 5)),
        (date(1, 2, 5), -1, date(1, 1, 5)),
    ],
)
def test_a_month_ends_no_later_than_its_last_day(day: date, months: int, later: date) -> None:
    assert CalendarTime(count=months, unit="month").after(day) == later


def test_weeks_and_days_are_counted_as_days() -> None:
    assert CalendarTime(count=2, unit="week").after(date(2026, 3, 2)) == date(2026, 3, 16)
    assert CalendarTime(count=-2).after(date(2026, 3, 2)) == date(2026, 2, 28)


@pytest.mark.parametrize("unit", ["day", "week", "month"])
@pytest.mark.parametrize("count", [-(10**6) * 40, 10**6 * 40, 10**12])
def test_a_duration_out_of_the_calendar_is_refused(unit: str, count: int) -> None:
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        CalendarTime(count=count, unit=unit).after(date(2026, 3, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(("months", "day"), [(1, date(9999, 12, 1)), (-1, date(1, 1, 1))])
def test_the_first_and_the_last_month_have_no_neighbour(months: int, day: date) -> None:
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        CalendarTime(count=months, unit="month").after(day)
