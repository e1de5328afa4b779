"""Holidays that come every year, and when they are observed."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dateutil.easter import EASTER_ORTHODOX, easter
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import CALENDAR, Calendar, DayHours, Holiday, YearlyHoliday, holidays, yearly
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve

OFFICE = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00")
NEXT = "sat+1, sun+1"
NEAREST = "sat-1, sun+1"
UNITED_STATES = (
    *yearly({"01-01": "", "07-04": "", "11-11": "", "12-25": ""}, observed=NEAREST),
    YearlyHoliday(on="06-19", observed=NEAREST, first_year=2021),
    *yearly({"3rd mon of jan": "", "3rd mon of feb": "", "last mon of may": "", "1st mon of sep": ""}),
    *yearly({"2nd mon of oct": "", "4th thu of nov": ""}),
)

years = st.integers(1900, 2199)
rules = st.sampled_from(
    [
        *UNITED_STATES,
        *yearly({"12-26": "", "12-31": "", "02-29": "", "easter+1": "", "wed before 11-23": ""}, observed=NEXT),
        *yearly({"12-30": "", "orthodox easter": "", "sat after 10-30": ""}, observed="fri+2, sat+1"),
    ]
)


def with_yearly(*of: YearlyHoliday) -> Calendar:
    return evolve(OFFICE, yearly=of)


def days(calendar: Calendar, year: int) -> list[str]:
    return [each.date.isoformat() for each in calendar.holidays_in(year)]


@pytest.mark.parametrize(
    ("on", "day"),
    [
        ("12-25", "2026-12-25"),
        ("02-28", "2026-02-28"),
        ("easter", "2026-04-05"),
        ("easter-2", "2026-04-03"),
        ("easter+39", "2026-05-14"),
        ("orthodox easter", "2026-04-12"),
        ("orthodox easter+1", "2026-04-13"),
        ("1st mon of sep", "2026-09-07"),
        ("1st tue of sep", "2026-09-01"),
        ("4th thu of nov", "2026-11-26"),
        ("last mon of may", "2026-05-25"),
        ("last sat of feb", "2026-02-28"),
        ("wed before 11-23", "2026-11-18"),
        ("mon before 05-25", "2026-05-18"),  # which is a Monday itself
        ("sat after 10-30", "2026-10-31"),
        ("fri after 06-19", "2026-06-26"),  # which is a Friday itself
    ],
)
def test_a_holiday_of_every_year_is_written_as_people_say_it(on: str, day: str) -> None:  # C034
    assert days(with_yearly(YearlyHoliday(on=on)), 2026) == [day]


NO_DAYS = """25-12, 13-01, 02-30, 00-10, 12/25, ١٢-٢٥, easter +1, easter+, easter+1234, Easter, 5th mon of may,
mon of may, last day of may, 25 dec, wed near 11-23, wed before 02-30"""


@pytest.mark.parametrize("on", ["", "12-25 ", *NO_DAYS.replace("\n", " ").split(", ")])
def test_a_day_that_cannot_be_meant_is_refused(on: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        YearlyHoliday(on=on)
    assert refused.value.where == "YearlyHoliday.on"


@pytest.mark.parametrize("observed", ["sat", "sat+0", "sat+1 sun+1", "sat+1, sat+2", "sat+1,", "next", "sat+10"])
def test_what_is_observed_instead_is_checked(observed: str) -> None:
    with pytest.raises(InvalidValue, match="sat-1, sun") as refused:
        YearlyHoliday(on="12-25", observed=observed)
    assert refused.value.where == "YearlyHoliday.observed"
    with pytest.raises(InvalidValue, match="not all of them"):
        YearlyHoliday(on="12-25", observed="mon+1, tue+1, wed+1, thu+1, fri+1, sat+1, sun+1")


@given(rules, years)
def test_a_rule_is_asked_year_by_year_or_all_at_once(rule: YearlyHoliday, year: int) -> None:
    calendar = with_yearly(rule)
    noon = datetime(year, 6, 1, 12, tzinfo=UTC)
    calendar.is_open(noon.replace(year=max(1900, year - 5)))
    asked = [calendar.is_business_day(each.date) for each in calendar.holidays_in(year)]

    assert not any(asked)
    assert with_yearly(rule).is_open(noon) == calendar.is_open(noon)


@given(st.lists(rules, max_size=6, unique=True), years.filter(lambda year: year > 1900))
def test_what_is_observed_is_apart_from_every_other_holiday_and_from_weekends(
    of: list[YearlyHoliday], year: int
) -> None:
    calendar = with_yearly(*(evolve(rule, name=str(n)) for n, rule in enumerate(of)))
    own = {day for rule in of for near in (year - 1, year, year + 1) if (day := rule.day_in(near))}
    observed = [each.date for each in calendar.holidays_in(year) if each.date not in own]

    assert len(observed) == len(set(observed))
    assert {day.year for day in observed} <= {year}
    moving = [rule for rule in of if rule.observed]
    assert all(day.weekday() not in (5, 6) for day in observed if all(rule.observed == NEXT for rule in moving))


@given(years)
def test_easter_is_that_of_dateutil(year: int) -> None:
    calendar = with_yearly(*yearly({"easter": "west", "orthodox easter+1": "east"}))

    found = {each.name: each.date for each in calendar.holidays_in(year)}
    assert found["west"] == easter(year)
    assert (found["east"] - easter(year, EASTER_ORTHODOX)).days == 1


def test_an_observed_day_may_lie_in_the_year_before_or_after() -> None:  # B53
    assert days(with_yearly(*yearly({"01-01": "New Year"}, observed=NEAREST)), 2021) == ["2021-01-01", "2021-12-31"]
    ends = with_yearly(*yearly({"12-31": "New Year's Eve", "01-01": "New Year"}, observed=NEXT))
    assert days(ends, 2023) == ["2023-01-01", "2023-01-02", "2023-01-03", "2023-12-31"]
    assert days(ends, 2024) == ["2024-01-01", "2024-01-02", "2024-12-31"]
    assert not ends.is_business_day(date(2023, 1, 3))


def test_what_is_observed_on_the_next_working_day_keeps_the_order_of_the_holidays() -> None:
    boxing_first = with_yearly(*yearly({"12-26": "Boxing Day", "12-25": "Christmas Day"}, observed=NEXT))

    assert [(each.date.day, each.name) for each in boxing_first.holidays_in(2021)] == [
        (25, "Christmas Day"), (26, "Boxing Day"), (27, "Christmas Day"), (28, "Boxing Day")
    ]  # fmt: skip
    assert days(with_yearly(*yearly({"07-04": ""}, observed=NEXT)), 2026) == ["2026-07-04", "2026-07-06"]


def test_the_day_after_a_leap_day_is_no_holiday() -> None:
    leap = with_yearly(YearlyHoliday(on="02-29"))

    assert [days(leap, year) for year in (2023, 2024, 2100)] == [[], ["2024-02-29"], []]


def test_a_holiday_may_begin_and_end() -> None:
    since = YearlyHoliday(on="06-19", first_year=2021, last_year=2022)

    assert [len(days(with_yearly(since), year)) for year in (2020, 2021, 2022, 2023)] == [0, 1, 1, 0]
    with pytest.raises(InvalidValue, match="before the first"):
        evolve(since, last_year=2020)


def test_listed_and_yearly_holidays_are_one_list_without_what_is_opened_again() -> None:
    calendar = Calendar(
        zone="Europe/Berlin",
        hours="mon-fri 09:00-17:00",
        holidays=holidays({"2026-05-15": "Works outing", "2027-05-14": "Works outing"}),
        yearly=yearly({"05-01": "Labour Day", "10-03": "German Unity Day", "10-02": "Harvest"}),
        days=(DayHours(date=date(2026, 5, 1), hours="09:00-12:00"),),
        extra_days=(DayHours(date=date(2026, 10, 2), hours="09:00-12:00"),),
    )

    assert calendar.holidays_in(2026) == (
        Holiday(date=date(2026, 5, 1), name="Labour Day"),
        Holiday(date=date(2026, 5, 15), name="Works outing"),
        Holiday(date=date(2026, 10, 3), name="German Unity Day"),
    )
    assert calendar.is_business_day(date(2026, 10, 2))
    assert not calendar.is_business_day(date(2026, 5, 1))  # a holiday goes before other hours
    with pytest.raises(InvalidValue, match="1900 to 2199"):
        calendar.holidays_in(2200)


def test_a_yearly_holiday_is_closed_in_the_first_and_in_the_last_year() -> None:
    calendar = Calendar(zone="UTC", hours="mon-sun 00:00-24:00", yearly=yearly({"01-01": "", "12-31": ""}))

    for day in (date(1900, 1, 1), date(1900, 12, 31), date(2199, 1, 1), date(2199, 12, 31)):
        assert not calendar.is_business_day(day)
    only = Calendar(
        zone="UTC", days=(DayHours(date=date(2026, 5, 1), hours="09:00-12:00"),), yearly=yearly({"05-01": ""})
    )
    assert not only.is_business_day(date(2026, 5, 1))


def test_a_calendar_with_yearly_holidays_is_a_document_and_older_ones_are_still_read() -> None:
    calendar = with_yearly(*UNITED_STATES)
    document = CALENDAR.dump(calendar)

    assert CALENDAR.load(document) == calendar
    del document["yearly"]
    assert CALENDAR.load(document) == OFFICE


def test_the_rules_of_the_united_states_are_those_of_the_package() -> None:
    package = pytest.importorskip("holidays")
    ours = with_yearly(*UNITED_STATES)
    for year in range(1986, 2101):
        theirs = package.country_holidays("US", years=[year])
        assert {each.date for each in ours.holidays_in(year)} == set(theirs), year


def test_the_rules_of_england_give_its_bank_holidays() -> None:
    file = Path(__file__).parents[3] / "shared" / "data" / "calendars" / "uk_bank_holidays.json"
    if not file.exists():
        pytest.skip("the shared data are not beside this checkout")
    england = with_yearly(
        *yearly({"01-01": "", "12-25": "", "12-26": ""}, observed=NEXT),
        *yearly({"easter-2": "", "easter+1": "", "last mon of aug": ""}),
        *yearly({"1st mon of may": "", "last mon of may": ""}),
    )
    published = json.loads(file.read_text("utf-8"))["divisions"]["england-and-wales"]
    once = {"04/05/2020", "08/05/2020"}  # moved for an anniversary
    for year in range(2015, 2022):
        theirs = {each["date"] for each in published[str(year)]}
        ours = {f"{each.date:%d/%m/%Y}" for each in england.holidays_in(year) if each.date.weekday() < 5}
        assert ours ^ theirs == {day for day in once if day.endswith(str(year))}
