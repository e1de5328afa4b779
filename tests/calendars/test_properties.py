"""What holds for every calendar, every instant and every duration."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

from hypothesis import assume, given
from hypothesis import strategies as st

from servicecrm.calendars import (
    Boundary,
    BusinessDays,
    BusinessHours,
    BusinessTime,
    Calendar,
    DayHours,
    Duration,
    Holiday,
    Pause,
)
from servicecrm.kernel.records import evolve

HOURS = [
    "mon-fri 09:00-17:00",
    "mon-fri 08:00-12:00, 13:00-18:00; sat 09:00-12:30:30",
    "mon-sun 00:00-24:00",
    "mon-fri 22:00-06:00",
    "sun 00:00-04:00",
    "tue 02:00-02:30; sun 02:15-03:15",
]
ZONES = ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran", "UTC"]
SOME_HOURS = ["09:00-12:00", "00:00-24:00", "23:00-05:00", "01:00-02:30, 02:45-03:00"]

dates = st.dates(date(2026, 1, 1), date(2026, 12, 31))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
times = st.one_of(
    st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 10**12).map(lambda micros: timedelta(microseconds=micros)),
    st.sampled_from([timedelta(hours=8), timedelta(hours=1), timedelta(days=1), timedelta(hours=4)]),
)
day_hours = st.dictionaries(dates, st.sampled_from(SOME_HOURS), max_size=3).map(
    lambda days: tuple(DayHours(date=day, hours=hours) for day, hours in days.items())
)
plain = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    hours=st.sampled_from(HOURS),
    days=day_hours,
    extra_days=day_hours,
    holidays=st.lists(dates, max_size=4).map(lambda days: tuple(Holiday(date=day) for day in days)),
    breaks=day_hours,
)
calendars: st.SearchStrategy[BusinessHours] = st.one_of(
    plain,
    st.tuples(plain, plain).map(lambda both: both[0] | both[1]),
    st.tuples(plain, plain).map(lambda x: x[0] & x[1]),
)
pauses: st.SearchStrategy[list[Pause]] = st.lists(
    st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair))), max_size=3
)
boundaries = st.sampled_from(["close", "next_open"])


def within(calendar: BusinessHours) -> None:
    """Leaves out calendars that are hardly ever open but on special days, which all lie in 2026.

    They take long and tell little, or were not open for as long as it is asked.
    """
    assume(calendar.between(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)) > timedelta(days=2))


def closing_after(calendar: BusinessHours, at: datetime) -> datetime:
    """The end of a span that does not touch the next one; leaves out calendars that are open for weeks."""
    for span in islice(calendar.spans(at), 50):
        if span.end is not None and not calendar.is_open(span.end):
            return span.end
    assume(False)
    raise AssertionError


@given(calendars, instants, times, boundaries)
def test_the_time_that_was_added_lies_between(
    calendar: BusinessHours, at: datetime, time: timedelta, boundary: Boundary
) -> None:
    within(calendar)
    assert calendar.between(at, calendar.add(at, time, boundary=boundary)) == time


@given(calendars, instants, times)
def test_the_time_that_was_subtracted_lies_between(calendar: BusinessHours, at: datetime, time: timedelta) -> None:
    within(calendar)
    assert calendar.between(calendar.subtract(at, time), at) == time


@given(calendars, instants, times)
def test_to_add_and_to_subtract_leads_back_to_open_time(calendar: BusinessHours, at: datetime, time: timedelta) -> None:
    within(calendar)
    begin = calendar.next_open(at)

    assert calendar.subtract(calendar.add(begin, time), time) == begin


@given(calendars, instants, times, times)
def test_to_add_twice_is_to_add_both(calendar: BusinessHours, at: datetime, one: timedelta, other: timedelta) -> None:
    within(calendar)
    assert calendar.add(calendar.add(at, one), other) == calendar.add(at, one + other)


@given(calendars, instants, times, times)
def test_more_time_is_never_over_earlier(
    calendar: BusinessHours, at: datetime, one: timedelta, more: timedelta
) -> None:
    within(calendar)
    assert calendar.add(at, one) < calendar.add(at, one + more)
    assert calendar.add(at, one) <= calendar.add(at, one, boundary="next_open")


@given(calendars, instants, instants, times)
def test_what_begins_later_is_never_over_earlier(
    calendar: BusinessHours, one: datetime, other: datetime, time: timedelta
) -> None:
    within(calendar)
    assert calendar.add(min(one, other), time) <= calendar.add(max(one, other), time)


@given(calendars, instants, instants, instants)
def test_time_between_is_additive_and_signed(
    calendar: BusinessHours, one: datetime, two: datetime, three: datetime
) -> None:
    assert calendar.between(one, two) + calendar.between(two, three) == calendar.between(one, three)
    assert calendar.between(one, two) == -calendar.between(two, one)


@given(calendars, instants, instants)
def test_the_spans_between_are_what_is_open(calendar: BusinessHours, one: datetime, other: datetime) -> None:
    begin, end = min(one, other), max(one, other)
    spans = list(calendar.spans(begin, end))

    assert sum((span.end - span.start for span in spans if span.end), timedelta(0)) == calendar.between(begin, end)
    assert all(calendar.is_open(span.start) for span in spans)
    # Only so many, or it would look for another one in all the years before.
    backwards = [(max(span.start, begin), span.end) for span in islice(calendar.spans_before(end), len(spans))]
    assert backwards[::-1] == [(span.start, span.end) for span in spans]


@given(calendars, instants)
def test_openings_and_closings_are_where_it_changes(calendar: BusinessHours, at: datetime) -> None:
    within(calendar)
    micro = timedelta(microseconds=1)
    opens, before = calendar.next_open(at), calendar.previous_open(at)

    assert calendar.is_open(opens)
    assert opens >= at >= before
    assert calendar.is_open(before - micro)
    assert calendar.between(before, opens) == timedelta(0)
    closes = closing_after(calendar, at)
    assert calendar.next_close(at) == closes
    assert not calendar.is_open(closes)
    assert calendar.is_open(closes - micro)
    assert calendar.between(at, closes) == closes - opens


@given(calendars, instants, times, pauses)
def test_what_is_due_has_spent_its_time(
    calendar: BusinessHours, at: datetime, time: timedelta, breaks: list[Pause]
) -> None:
    within(calendar)
    target = BusinessTime(seconds=int(time.total_seconds()) + 1)
    due = calendar.due(at, target, pauses=breaks)

    assert calendar.spent(at, due.at, pauses=breaks).time == timedelta(seconds=target.seconds)
    assert due.waiting == calendar.between(at, due.at) - timedelta(seconds=target.seconds)
    assert due.at >= calendar.due(at, target, pauses=breaks[1:]).at
    assert sum((span.end - span.start for span in due.explain().counted if span.end), timedelta(0)) == timedelta(
        seconds=target.seconds
    )


targets: st.SearchStrategy[Duration] = st.one_of(
    st.builds(BusinessTime, seconds=st.integers(0, 10**6)),
    st.builds(BusinessDays, days=st.integers(0, 30), until=st.sampled_from(["open", "close"])),
)


@given(calendars, instants, targets, pauses, instants)
def test_to_pause_and_resume_at_once_changes_nothing(
    calendar: BusinessHours, at: datetime, target: Duration, breaks: list[Pause], moment: datetime
) -> None:
    within(calendar)
    assert calendar.due(at, target, pauses=[*breaks, (moment, moment)]).at == calendar.due(at, target, pauses=breaks).at


@given(calendars, instants, targets)
def test_a_pause_while_it_is_closed_changes_nothing(calendar: BusinessHours, at: datetime, target: Duration) -> None:
    within(calendar)
    closes = closing_after(calendar, at)
    pause = (closes, calendar.next_open(closes))

    assert calendar.due(at, target, pauses=[pause]).at == calendar.due(at, target).at


@given(calendars, instants, targets, pauses)
def test_nothing_is_due_while_it_is_closed(
    calendar: BusinessHours, at: datetime, target: Duration, breaks: list[Pause]
) -> None:
    within(calendar)
    due = calendar.due(at, target, pauses=breaks).at

    assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))  # a closing is its last instant
    opened = calendar.due(at, target, pauses=breaks, boundary="next_open")
    assert calendar.is_open(opened.at)
    assert not any(since <= opened.at < until for since, until in breaks if until)
    if isinstance(target, BusinessTime):
        assert opened.waiting == calendar.between(at, opened.at) - timedelta(seconds=target.seconds)


@given(plain, instants, times, dates)
def test_one_more_holiday_makes_nothing_due_earlier(
    calendar: Calendar, at: datetime, time: timedelta, day: date
) -> None:
    # The hours of the day itself may end on the next one, where they hide no others in these calendars.
    more = evolve(calendar, holidays=(*calendar.holidays, Holiday(date=day)))
    within(more)

    assert more.add(at, time) >= calendar.add(at, time)


@given(plain, plain, instants, instants)
def test_a_union_and_an_intersection_are_as_long_as_both(
    one: Calendar, other: Calendar, begin: datetime, end: datetime
) -> None:
    both = (one | other).between(begin, end) + (one & other).between(begin, end)

    assert both == one.between(begin, end) + other.between(begin, end)
    assert (one & other).between(begin, end) == (other & one).between(begin, end)
    assert (one | one).between(begin, end) == (one & one).between(begin, end) == one.between(begin, end)


@given(plain, plain, instants)
def test_a_union_is_open_when_one_is_and_an_intersection_when_both_are(
    one: Calendar, other: Calendar, at: datetime
) -> None:
    assert (one | other).is_open(at) == (one.is_open(at) or other.is_open(at))
    assert (one & other).is_open(at) == (one.is_open(at) and other.is_open(at))


@given(plain, plain, dates)
def test_a_business_day_of_a_union_is_one_of_any_part_and_closes_with_the_last_one(
    one: Calendar, other: Calendar, day: date
) -> None:
    parts = [part for part in (one, other) if part.is_business_day(day)]

    assert (one | other).is_business_day(day) == bool(parts)
    if parts:
        assert (one | other).closing(day) == max(part.closing(day) for part in parts)


@given(calendars, dates, st.integers(1, 200))
def test_business_days_are_counted_back_as_they_were_counted_on(calendar: BusinessHours, day: date, days: int) -> None:
    within(calendar)
    last = calendar.business_day(day, days)

    assert calendar.is_business_day(last)
    assert calendar.business_day(last, -days) <= day
    assert calendar.business_day(last, 1 - days) == calendar.business_day(day, 1)
    assert calendar.business_day(calendar.business_day(day, 1), days - 1) == last


@given(plain, st.lists(instants, min_size=1, max_size=6))
def test_an_answer_does_not_depend_on_what_was_asked_before(calendar: Calendar, ats: list[datetime]) -> None:
    within(calendar)
    far = [at.replace(year=at.year + shift, day=1) for at, shift in zip(ats, [0, 3, -5, 12, -1, 7], strict=False)]

    def asked(of: Calendar, at: datetime) -> tuple[datetime, datetime]:
        return of.next_open(at), of.previous_open(at)

    assert [asked(calendar, at) for at in far] == [asked(evolve(calendar), at) for at in far]
