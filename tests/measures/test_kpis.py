from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import isclose
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Kpi, kpi_period, percentile, previous_period, rate, relative_change

BERLIN = "Europe/Berlin"
ON_TIME: dict[str, Any] = {
    "id": "K22",
    "unit": "percent",
    "better": "higher",
    "formula": "acknowledged by the due time / acknowledgements due",
    "source": "ISO 10002",
}

years = st.integers(3, 9997).map(lambda year: f"{year:04}")
texts = st.one_of(
    years,
    st.builds(lambda year, half: f"{year}-H{half}", years, st.integers(1, 2)),
    st.builds(lambda year, quarter: f"{year}-Q{quarter}", years, st.integers(1, 4)),
    st.builds(lambda year, month: f"{year}-{month:02}", years, st.integers(1, 12)),
    st.builds(lambda year, week: f"{year}-W{week:02}", years, st.integers(1, 52)),
    st.dates(date(3, 1, 1), date(9997, 12, 31)).map(date.isoformat),
)
values = st.lists(st.floats(-1000, 1000), min_size=1, max_size=40)


def test_a_figure_is_judged_by_its_target_and_direction() -> None:  # C113
    up, down = Kpi(**ON_TIME, target=90.0), Kpi(**{**ON_TIME, "better": "lower"}, target=90.0)

    assert [up.value(x, n=10).status for x in (90, 89.9, None)] == ["met", "missed", None]
    assert [down.value(x, n=10).status for x in (90, 90.1, None)] == ["met", "missed", None]
    assert Kpi(**ON_TIME).value(1, n=10).status is None


def test_a_figure_that_cannot_be_computed_says_why() -> None:  # C113
    found = Kpi(**ON_TIME).value(None, n=0, reason="zero_base")

    assert (found.value, found.n, found.unit, found.reason) == (None, 0, "percent", "zero_base")
    assert Kpi(**ON_TIME).of(rate(0, 0)).reason == "no_answers"


def test_a_rate_keeps_its_interval_as_a_figure() -> None:
    score = rate(8, 10)
    found = Kpi(**ON_TIME).of(score)

    assert (found.kpi, found.value, found.n, found.low, found.high) == ("K22", 80.0, 10, score.low, score.high)


@pytest.mark.parametrize("field", ["id", "unit", "formula", "source"])
def test_a_key_figure_says_what_it_is(field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        Kpi(**{**ON_TIME, field: " "})


def test_a_change_from_0_is_none_and_not_infinite() -> None:  # K21
    assert relative_change(5, 4) == (0.25, None)
    assert relative_change(5, 0) == (None, "zero_base")
    assert relative_change(5, None) == relative_change(None, 5) == (None, "no_values")
    assert relative_change(-25, -50).value == 0.5


# -- periods -------------------------------------------------------------------------------------


@given(texts, st.sampled_from(["UTC", BERLIN, "America/New_York", "Pacific/Apia", "America/Sao_Paulo"]))
def test_a_period_starts_where_the_one_before_ends(text: str, zone: str) -> None:  # C113
    period, before = kpi_period(text, zone=zone), kpi_period(previous_period(text), zone=zone)

    assert before.end == period.start
    assert len(previous_period(text)) == len(text)


@pytest.mark.parametrize("text", ["0001", "0001-H1", "0001-Q1", "0001-01", "0001-W01", "0001-01-01"])
def test_what_begins_before_the_first_year_is_refused(text: str) -> None:  # C113
    for read in (lambda: previous_period(text), lambda: kpi_period(text, zone="Pacific/Apia")):
        with pytest.raises(InvalidValue, match="years 1 to 9998"):
            read()


@given(years)
def test_months_and_quarters_and_halves_fill_a_year(year: str) -> None:
    whole = kpi_period(year, zone=BERLIN)
    for parts in (
        [f"{year}-{m:02}" for m in range(1, 13)],
        [f"{year}-Q{q}" for q in range(1, 5)],
        [f"{year}-H1", f"{year}-H2"],
    ):
        periods = [kpi_period(part, zone=BERLIN) for part in parts]
        assert (periods[0].start, periods[-1].end) == (whole.start, whole.end)
        assert all(one.end == other.start for one, other in pairwise(periods))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026-03", date(2026, 3, 1), date(2026, 4, 1)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_holds_its_first_instant_in_its_zone_and_not_the_first_one_after_it(
    text: str, start: date, end: date
) -> None:
    period, zone = kpi_period(text, zone=BERLIN), ZoneInfo(BERLIN)
    first, after = (datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (start, end))
    tick = timedelta(microseconds=1)

    assert [period.contains(at) for at in (first - tick, first, after - tick, after)] == [False, True, True, False]


def test_a_day_without_midnight_starts_with_its_first_instant() -> None:
    period = kpi_period("2018-11-04", zone="America/Sao_Paulo")

    assert period.start.astimezone(ZoneInfo("America/Sao_Paulo")).hour == 1
    assert period.end is not None
    assert period.end - period.start == timedelta(hours=23)


@pytest.mark.parametrize(
    "text",
    [
        "2026-Q5",
        "2026-00",
        "2026-13",
        "2026-W00",
        "2026-W54",
        "2025-02-29",
        "2026-03-00",
        "26",
        "2026-H3",
        "0000",
        "9999",
        "2026-Q3\n",
        "",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="period"):
        kpi_period(text, zone="UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../UTC"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidValue, match="a zone is a name"):
        kpi_period("2026", zone=zone)


# -- percentiles ---------------------------------------------------------------------------------


@given(values, st.floats(0, 100))
def test_a_percentile_is_not_exceeded_by_so_many(given_: list[float], percent: float) -> None:  # K14
    found = percentile(given_, percent)

    assert found in given_
    assert sum(x <= (found or 0.0) for x in given_) >= percent / 100 * len(given_) - 1e-6
    assert sum(x < (found or 0.0) for x in given_) <= percent / 100 * len(given_) + 1e-6


@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=40))
def test_the_linear_rule_is_that_of_the_standard_library(given_: list[float]) -> None:
    assert isclose(percentile(given_, 50, rule="linear") or 0.0, median(given_), abs_tol=1e-9)
    for percent, expected in zip(
        (10, 20, 90), (quantiles(given_, n=10, method="inclusive")[i] for i in (0, 1, 8)), strict=True
    ):
        assert isclose(percentile(given_, percent, rule="linear") or 0.0, expected, abs_tol=1e-6)


def test_seven_percent_of_a_hundred_are_seven() -> None:
    assert percentile(range(1, 101), 7) == 7
    assert percentile([], 50) is None


@pytest.mark.parametrize("wrong", [lambda: percentile([1], 101), lambda: percentile([1], 50, rule="nearest")])  # type: ignore[arg-type]
def test_what_is_no_percentile_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()
