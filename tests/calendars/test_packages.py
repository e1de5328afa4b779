"""The public holidays of countries, and the weekends that are worked instead of other days."""

import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Calendar, DayHours, country_holidays, makeup_days
from servicecrm.errors import InvalidValue, MissingExtra

package = pytest.importorskip("holidays")

WEEK = "mon-thu 09:00-12:00, 13:00-18:00; fri 08:00:30-13:00"
WORKED_IN_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_a_country_closes_a_calendar_on_its_public_holidays() -> None:  # C034
    bavaria = country_holidays("DE", years=[2026, 2027], subdivision="BY")
    office = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00", holidays=bavaria)

    assert [(each.date.isoformat(), each.name) for each in office.holidays_in(2026)][:3] == [
        ("2026-01-01", "Neujahr"), ("2026-01-06", "Heilige Drei Könige"), ("2026-04-03", "Karfreitag")
    ]  # fmt: skip
    assert {each.date.year for each in bavaria} == {2026, 2027}
    assert date(2026, 1, 6) not in {each.date for each in country_holidays("DE", years=[2026])}
    assert country_holidays("DE", years=[]) == ()


def test_more_than_public_holidays_are_asked_for_by_category() -> None:
    def names(*categories: str) -> set[str]:
        return {each.name for each in country_holidays("DE", years=[2026], subdivision="BY", categories=categories)}

    assert "Mariä Himmelfahrt" in names("public", "catholic") - names()


@pytest.mark.parametrize(
    ("language", "name"),
    [(None, "元旦"), ("zh", "元旦"), ("zh-Hant", None), ("en", "New Year's Day"), ("en-GB", "New Year's Day")],
)
def test_names_are_in_the_language_that_is_asked_for_or_in_that_of_the_country(
    language: str | None, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "th")  # which is that of the machine
    found = country_holidays("CN", years=[2026], language=language)

    assert name is None or found[0].name == name
    assert len(found) > 20


def test_an_observed_day_belongs_to_the_year_in_which_it_lies() -> None:  # B53
    observed = {each.date for each in country_holidays("US", years=[2021])}

    assert date(2021, 12, 31) in observed
    assert date(2021, 12, 31) not in {each.date for each in country_holidays("US", years=[2022])}


def test_a_weekend_that_is_worked_has_the_hours_of_the_day_that_is_off_instead() -> None:  # B44, B56
    assert [(each.date.isoformat(), each.hours) for each in makeup_days("CN", years=[2026], hours=WEEK)] == [
        ("2026-01-04", "08:00:30-13:00"),  # instead of Friday, 2 January
        ("2026-02-14", "08:00:30-13:00"),
        ("2026-02-28", "09:00-12:00, 13:00-18:00"),
        ("2026-05-09", "09:00-12:00, 13:00-18:00"),
        ("2026-09-20", "09:00-12:00, 13:00-18:00"),
        ("2026-10-10", "09:00-12:00, 13:00-18:00"),
    ]
    assert len(makeup_days("CN", years=[2026], hours="mon-thu 09:00-18:00")) == 4


def test_a_weekend_that_is_worked_may_have_hours_of_its_own() -> None:
    assert makeup_days("CN", years=[2026], hours="22:00-02:00") == tuple(
        DayHours(date=date.fromisoformat(day), hours="22:00-02:00") for day in WORKED_IN_2026
    )
    assert makeup_days("DE", years=[2026], hours=WEEK) == ()
    for hours in ("", "9-17", "mon"):
        if hours:
            with pytest.raises(InvalidValue, match="hours"):
                makeup_days("CN", years=[2026], hours=hours)


def test_a_day_at_the_end_of_a_year_may_be_worked_for_one_of_the_next_year() -> None:  # B53
    assert [each.date.isoformat() for each in makeup_days("CN", years=[2006], hours=WEEK)][-2:] == [
        "2006-12-30", "2006-12-31"
    ]  # fmt: skip
    assert all(each.date.year == 2007 for each in makeup_days("CN", years=[2007], hours=WEEK))


def test_a_calendar_of_china_works_on_weekends_and_rests_in_golden_weeks() -> None:  # B44
    china = Calendar(
        zone="Asia/Shanghai",
        hours="mon-fri 09:00-18:00",
        holidays=country_holidays("CN", years=[2026]),
        extra_days=makeup_days("CN", years=[2026], hours="mon-fri 09:00-18:00"),
    )

    assert [day for day in WORKED_IN_2026 if china.is_business_day(date.fromisoformat(day))] == WORKED_IN_2026
    assert not any(china.is_business_day(date(2026, 10, day)) for day in range(1, 8))
    assert china.due(datetime(2026, 9, 30, 9, tzinfo=UTC), "2 business days").at.isoformat()[:10] == "2026-10-09"


@given(
    st.sampled_from(["AZ", "BG", "BY", "CN", "HU", "KZ", "RU", "TW", "UA", "UZ", "VN"]),
    st.sets(st.integers(2010, 2026), max_size=3),
)
def test_every_day_that_the_package_says_is_worked_is_one(country: str, years: set[int]) -> None:
    theirs = package.country_holidays(country, years=range(2010, 2028)).weekend_workdays

    found = makeup_days(country, years=years, hours="mon-sun 09:00-18:00")
    assert [each.date for each in found] == sorted(day for day in theirs if day.year in years)


@pytest.mark.parametrize(
    ("arguments", "where", "says"),
    [
        ({"country": "XX"}, "country", "CN"),
        ({"country": "de"}, "country", "DE"),
        ({"country": "HolidayBase"}, "country", "DE"),
        ({"country": "DE", "subdivision": "XX"}, "subdivision", "BY"),
        ({"country": "DE", "language": "ja"}, "language", "en-US"),
        ({"country": "DE", "language": "not a language"}, "language", "zh-Hant"),
        ({"country": "DE", "categories": ["public", "casual"]}, "categories", "catholic"),
        ({"country": "DE", "years": [1800, 2026]}, "years", "to 2100"),
        ({"country": "DE", "years": [2026, 9999]}, "years", "to 2100"),
    ],
)
def test_what_the_package_does_not_know_is_refused_with_what_it_knows(
    arguments: dict[str, object], where: str, says: str
) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        country_holidays(**{"years": [2026], **arguments})  # type: ignore[arg-type]
    assert refused.value.where == where


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[calendars\]"'):
        country_holidays("DE", years=[2026])


def test_one_year_is_refused_where_several_are_meant() -> None:
    with pytest.raises(InvalidValue, match=r"years: expected several years, such as \[2026\]"):
        country_holidays("DE", years=2026)  # type: ignore[arg-type]  # a frequent mistake
    with pytest.raises(InvalidValue, match="years: expected several years"):
        makeup_days("CN", years=2026, hours=WEEK)  # type: ignore[arg-type]  # likewise


def test_of_china_a_year_without_weekends_that_are_worked_is_not_announced_yet() -> None:
    assert all(makeup_days("CN", years=[year], hours=WEEK) for year in range(2001, 2027))
    assert makeup_days("CN", years=[2100], hours=WEEK) == ()
