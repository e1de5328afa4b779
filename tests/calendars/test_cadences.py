"""What is due again and again, and what of it was not done."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Cadence, Calendar, Recurring, Standing, due_list, holidays, standing
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.records import evolve

DAY = timedelta(days=1)
OFFICE = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00", holidays=holidays({"2026-05-01": "Labour Day"}))
UNITS = ["day", "week", "month", "quarter", "year"]

starts = st.dates(date(2019, 12, 1), date(2028, 3, 1))
days = st.dates(date(2015, 1, 1), date(2035, 1, 1))
every = st.one_of(
    st.builds("{} {}s".format, st.integers(1, 30), st.sampled_from(UNITS)),
    st.sampled_from([*UNITS, "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;BYDAY=MO,SA", "FREQ=YEARLY;COUNT=4"]),
)
rolls = st.sampled_from(["as_is", "next", "previous"])
cadences = st.builds(Cadence, every=every, start=starts, roll=rolls)


def monthly(start: str) -> Cadence:
    return Cadence(every="month", start=date.fromisoformat(start))


# -- when it is due ------------------------------------------------------------------------------


@given(st.integers(1, 3) | st.integers(1, 40), st.sampled_from(UNITS), starts, days)
def test_every_day_is_so_many_units_after_the_start(count: int, unit: str, start: date, since: date) -> None:  # C084
    cadence = Cadence(every=f"{count} {unit}s", start=start)
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit, 0) * count
    span = {"day": 1, "week": 7}.get(unit, 0) * count
    expected = [start + relativedelta(months=months * n, days=span * n) for n in range(20)]
    known = [day for day in expected if day.year < 2200]

    assert list(cadence.between(start, expected[-1] + DAY)) == known
    if since < known[-1]:
        assert cadence.next_after(since) == next(day for day in known if day > since)


@given(cadences, days, days)
def test_what_comes_next_is_what_lies_between(cadence: Cadence, first: date, end: date) -> None:
    between = cadence.between(first, end, calendar=OFFICE)
    day, walked = first - DAY, []
    while (found := cadence.next_after(day, calendar=OFFICE)) is not None and found < end:
        walked.append(found)
        day = found

    assert list(between) == walked
    assert all(one < other for one, other in pairwise(between))


@given(cadences, days)
def test_a_day_that_is_moved_is_a_business_day_and_none_lies_between(cadence: Cadence, first: date) -> None:
    end = first + timedelta(days=200)
    plain = evolve(cadence, roll="as_is").between(first - timedelta(days=20), end + timedelta(days=20))
    moved = cadence.between(first, end, calendar=OFFICE)

    step = {"as_is": 0, "next": 1, "previous": -1}[cadence.roll]

    def rolled(day: date) -> date:
        return day if not step or OFFICE.is_business_day(day) else rolled(day + step * DAY)

    assert list(moved) == sorted({day for day in map(rolled, plain) if first <= day < end})


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        (monthly("2026-01-31"), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (monthly("2028-01-31"), ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (Cadence(every="year", start=date(2024, 2, 29)), ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"]),
        (Cadence(every="2 years", start=date(2024, 2, 29)), ["2024-02-29", "2026-02-28", "2028-02-29"]),
        (Cadence(every="quarter", start=date(2025, 11, 30)), ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30"]),
        (Cadence(every="FREQ=YEARLY", start=date(2024, 2, 29)), ["2024-02-29", "2028-02-29"]),
        (Cadence(every="FREQ=MONTHLY;BYDAY=-1FR", start=date(2026, 1, 31)), ["2026-02-27", "2026-03-27"]),
    ],
)  # fmt: skip
def test_the_end_of_a_month_and_leap_years_are_kept(cadence: Cadence, expected: list[str]) -> None:  # C084
    found = cadence.between(date(2024, 1, 1), date(2030, 1, 1))

    assert [day.isoformat() for day in found[: len(expected)]] == expected


def test_a_day_off_moves_what_is_due_in_either_direction() -> None:
    first = Cadence(every="month", start=date(2026, 5, 1), roll="next")

    assert first.between(date(2026, 5, 1), date(2026, 6, 1), calendar=OFFICE) == (date(2026, 5, 4),)
    before = evolve(first, roll="previous")
    assert before.between(date(2026, 4, 1), date(2026, 6, 1), calendar=OFFICE) == (date(2026, 4, 30),)
    daily = Cadence(every="day", start=date(2026, 5, 1), roll="next")
    assert daily.between(date(2026, 5, 1), date(2026, 5, 6), calendar=OFFICE) == (date(2026, 5, 4), date(2026, 5, 5))


def test_what_is_moved_to_a_business_day_needs_a_calendar_that_has_one() -> None:
    first = Cadence(every="month", start=date(2026, 1, 1), roll="next")
    june = evolve(OFFICE, valid_from=date(2026, 6, 1), valid_until=date(2026, 7, 1))

    with pytest.raises(InvalidValue, match="needs a calendar"):
        first.next_after(date(2026, 1, 1))
    assert first.next_after(date(2026, 1, 1), calendar=june) == date(2026, 6, 1)
    with pytest.raises(NoBusinessTime):
        first.next_after(date(2026, 6, 20), calendar=june)
    with pytest.raises(NoBusinessTime):
        evolve(first, roll="previous").next_after(date(2026, 7, 20), calendar=june)


def test_a_cadence_is_over_with_its_rule_or_in_the_year_2199() -> None:
    twice = Cadence(every="FREQ=YEARLY;COUNT=2", start=date(2026, 1, 1))

    assert twice.next_after(date(2026, 6, 1)) == date(2027, 1, 1)
    assert twice.next_after(date(2027, 1, 1)) is None
    assert monthly("2026-01-31").next_after(date(2199, 11, 30)) == date(2199, 12, 31)
    assert monthly("2026-01-31").next_after(date(2199, 12, 31)) is None
    assert (
        Cadence(every="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", start=date(2026, 1, 1)).next_after(date(2026, 1, 1)) is None
    )


@pytest.mark.parametrize(
    "every", ["", "0 days", "-1 day", "1000 days", "1.5 months", "P3M", "fortnight", "2  weeks", "A=B"]
)
def test_a_cadence_that_cannot_be_meant_is_refused(every: str) -> None:
    with pytest.raises(InvalidValue, match=r"^Cadence\.every: "):
        Cadence(every=every, start=date(2026, 1, 1))
    with pytest.raises(InvalidValue, match=r"^Cadence\.start: "):
        Cadence(every="day", start=date(1899, 12, 31))
    with pytest.raises(InvalidValue, match=r"^Cadence\.early_days: "):
        Cadence(every="day", start=date(2026, 1, 1), early_days=-1)


# -- what was not done ---------------------------------------------------------------------------

REVIEW = Recurring(id="review", cadence=Cadence(every="quarter", start=date(2026, 1, 31)))


def on(recurring: Recurring, day: str) -> tuple[str, int, int]:
    found = standing(recurring, on=date.fromisoformat(day), calendar=OFFICE)
    assert found is not None
    return found.due.isoformat(), found.overdue_days, found.missed


def done(day: str, **changes: object) -> Recurring:
    return evolve(REVIEW, last_done=date.fromisoformat(day), cadence=evolve(REVIEW.cadence, **changes))


def test_what_was_skipped_stays_due_until_it_is_done() -> None:  # C033, C084
    assert on(REVIEW, "2026-01-30") == ("2026-01-31", 0, 0)
    assert on(REVIEW, "2026-01-31") == ("2026-01-31", 0, 0)
    assert on(REVIEW, "2026-02-01") == ("2026-01-31", 1, 1)
    assert on(REVIEW, "2026-08-01") == ("2026-01-31", 182, 3)
    assert on(done("2026-08-01"), "2026-08-01") == ("2026-10-31", 0, 0)


def test_what_is_done_on_its_day_or_a_little_early_is_done() -> None:
    assert on(done("2026-04-30"), "2026-05-02") == ("2026-07-31", 0, 0)
    assert on(done("2026-04-20"), "2026-05-02") == ("2026-04-30", 2, 1)
    assert on(done("2026-04-20", early_days=10), "2026-05-02") == ("2026-07-31", 0, 0)
    assert on(done("2026-01-25", early_days=10), "2026-02-02") == ("2026-04-30", 0, 0)
    assert on(done("2025-06-01", early_days=10), "2026-02-02") == ("2026-01-31", 2, 1)


def test_it_may_be_counted_from_the_day_on_which_it_was_done() -> None:
    last: Literal["last"] = "last"

    assert on(done("2026-02-20", counted_from=last), "2026-05-21") == ("2026-05-20", 1, 1)
    assert on(done("2026-02-20", counted_from=last), "2026-08-21") == ("2026-05-20", 93, 2)
    assert on(done("2025-12-20", counted_from=last), "2026-02-01") == ("2026-01-31", 1, 1)
    assert on(evolve(REVIEW, cadence=evolve(REVIEW.cadence, counted_from=last)), "2026-02-01") == ("2026-01-31", 1, 1)
    assert on(done("2026-02-28", counted_from=last, roll="next"), "2026-02-28") == ("2026-05-28", 0, 0)
    assert on(done("2026-02-01", counted_from=last, roll="next"), "2026-05-04") == ("2026-05-04", 0, 0)
    assert on(done("2026-02-01", counted_from=last, roll="previous"), "2026-05-04") == ("2026-04-30", 4, 1)
    assert on(done("2026-02-28", counted_from=last, every="day", roll="next"), "2026-03-01") == ("2026-03-02", 0, 0)
    assert on(done("2026-02-28", counted_from=last, every="day", roll="previous"), "2026-03-01") == ("2026-03-02", 0, 0)


@given(cadences, days, days, st.none() | days)
def test_what_is_overdue_was_missed_and_the_other_way_round(
    cadence: Cadence, day: date, later: date, last: date | None
) -> None:
    recurring = Recurring(id="x", cadence=cadence, last_done=last)
    today = min(day, later)
    found = standing(recurring, on=today, calendar=OFFICE)
    if found is None:
        return
    then = standing(recurring, on=max(day, later), calendar=OFFICE)

    assert (found.overdue_days > 0) == (found.missed > 0) == (found.due < today)
    assert then is not None
    assert then.due == found.due
    assert then.missed >= found.missed
    assert last is None or last < found.due
    after = standing(evolve(recurring, last_done=max(found.due, today)), on=today, calendar=OFFICE)
    assert after is None or after.due > found.due


def test_the_list_of_what_is_due_begins_with_what_has_been_due_for_the_longest() -> None:
    once = Cadence(every="FREQ=DAILY;COUNT=1", start=date(2026, 1, 1))
    some = [
        REVIEW,
        Recurring(id="survey", cadence=Cadence(every="year", start=date(2025, 6, 1)), last_done=date(2025, 6, 3)),
        Recurring(id="audit", cadence=Cadence(every="2 weeks", start=date(2026, 5, 20))),
        Recurring(id="backup", cadence=Cadence(every="2 weeks", start=date(2026, 5, 20))),
        Recurring(id="over", cadence=once, last_done=date(2026, 1, 1)),
    ]

    assert [each.id for each in due_list(some, on=date(2026, 5, 20))] == ["review", "audit", "backup"]
    assert [each.id for each in due_list(some, on=date(2026, 5, 20), ahead_days=12)][-1] == "survey"
    assert [each.id for each in due_list(some, on=date(2026, 5, 20), ahead_days=11)][-1] == "backup"
    assert due_list(some, on=date(2026, 5, 22))[1] == Standing(
        id="audit", due=date(2026, 5, 20), overdue_days=2, missed=1
    )
    assert standing(some[-1], on=date(2026, 5, 20)) is None


def test_what_recurs_is_a_document() -> None:
    schema = Schema("recurring", Recurring)

    assert schema.load(schema.dump(REVIEW)) == REVIEW
    with pytest.raises(InvalidValue, match="blank"):
        Recurring(id=" ", cadence=REVIEW.cadence)
