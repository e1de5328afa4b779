"""Charts for notebooks: what they draw, and that Altair takes it."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from servicecrm import portfolio
from servicecrm.analytics.clocks import TimerCount
from servicecrm.analytics.kpis_table import KpiLine, KpiTable
from servicecrm.analytics.plots import backlog, kpi_trend, satisfaction, segments, timers
from servicecrm.analytics.summary import CaseRow, Summary, summarise
from servicecrm.errors import InvalidValue, MissingExtra, NaiveDatetime
from servicecrm.surveys import Evaluation, evaluate
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import DAY, a_customer
from tests.surveys.making import a_release, rating

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _altair() -> None:
    pytest.importorskip("altair")


def a_summary() -> Summary:
    rows = [
        CaseRow(
            state="closed" if n % 3 else "in_handling",
            open=not n % 3,
            received_at=START + timedelta(days=4 * n),
            closed_at=START + timedelta(days=4 * n + 9) if n % 3 else None,
        )
        for n in range(20)
    ]
    return summarise(rows, now=START + timedelta(days=120))


def tables(*values: float | None) -> list[KpiTable]:
    return [
        KpiTable(
            period=f"2026-{month:02}",
            zone="UTC",
            as_of=START,
            lines=(KpiLine(kpi="K23", unit="percent", value=value, n=9),),
        )
        for month, value in enumerate(values, 1)
    ]


def evaluations() -> tuple[Evaluation, Evaluation]:
    questionnaire = a_release(rating("overall"), rating("tap"))
    first = [{"overall": 2 + n % 3, "tap": 3} for n in range(12)]
    later = [{"overall": 3 + n % 2, "tap": 4} for n in range(12)]
    return evaluate(questionnaire, first, wave="spring"), evaluate(questionnaire, later, wave="autumn")


def values(chart: Any) -> list[dict[str, Any]]:
    """What a chart draws, as its own description has it; that is checked against the schema of Vega-Lite."""
    told = chart.to_dict()
    (found,) = told["datasets"].values() if "datasets" in told else [told["data"]["values"]]
    return list(found)


@pytest.mark.parametrize(("language", "open_end"), [("en", "Open at end"), ("de", "Offen am Ende"), ("zh", "月末未结")])
def test_the_backlog_has_every_month_with_what_moved_and_what_was_left(language: str, open_end: str) -> None:  # K24
    summary = a_summary()
    rows = values(backlog(summary, language=language))

    left = [row["count"] for row in rows if row["what"] == open_end]
    assert left == [month.open_end for month in summary.backlog]
    assert len(rows) == 3 * len(summary.backlog)


@pytest.mark.parametrize(
    ("language", "late"), [("en", "Running late"), ("de", "Läuft verspätet"), ("zh", "进行中已超时")]
)
def test_every_kind_of_timer_has_a_bar_with_what_became_of_it(language: str, late: str) -> None:  # C036, K22
    counts = [
        TimerCount(name="acknowledge", met=5, missed=1, running=0, late=2, cancelled=0),
        TimerCount(name="mine", met=3, missed=0, running=4, late=0, cancelled=1),
    ]
    rows = values(timers(counts, language=language))

    assert [row["count"] for row in rows] == [5, 1, 0, 2, 0, 3, 0, 4, 0, 1]
    assert [row["place"] for row in rows] == [*range(5)] * 2  # the parts of a bar stand in this order
    assert [(row["of"] == "mine", row["count"]) for row in rows if row["what"] == late] == [(False, 2), (True, 0)]


def test_classes_are_those_that_customers_served_then_were_in() -> None:  # C021
    one, two, lost = (a_customer(f"c-{n}") for n in range(3))
    known = portfolio.overrule(one, "high_value", "Our oldest.", until=MONDAY + 90 * DAY, by="ann", at=MONDAY + DAY)
    gone = portfolio.end(lost, "moved", by="ann", at=MONDAY + 2 * DAY)
    chart = segments([known.after, two, gone.after], [MONDAY + timedelta(hours=1), MONDAY + 3 * DAY])

    assert [(row["of"], row["what"], row["count"]) for row in values(chart) if row["count"]] == [
        ("2026-03-02", "(none)", 3),
        ("2026-03-05", "high value", 1),
        ("2026-03-05", "(none)", 1),
    ]
    with pytest.raises(NaiveDatetime):
        segments([two], [datetime(2026, 3, 5)])
    with pytest.raises(InvalidValue, match="times: expected datetimes with a zone, got date"):
        segments([two], [date(2026, 3, 5)])  # type: ignore[list-item]


def test_a_trend_has_a_gap_where_nobody_knows_the_figure() -> None:  # C113
    rows = values(kpi_trend(tables(90.0, None, 80.0), "K23"))

    assert [(row["period"], row["value"]) for row in rows] == [
        ("2026-01", 90.0),
        ("2026-02", None),
        ("2026-03", 80.0),
    ]


def test_satisfaction_is_drawn_with_its_interval_wave_beside_wave() -> None:  # C079
    spring, autumn = evaluations()
    rows = values(satisfaction(spring, autumn))

    assert [(row["item"], row["wave"]) for row in rows] == [
        ("How good? [overall]", "spring"),
        ("How good? [tap]", "spring"),
        ("How good? [overall]", "autumn"),
        ("How good? [tap]", "autumn"),
    ]
    overall = spring["overall"].score
    assert overall is not None
    assert (rows[0]["low"], rows[0]["value"], rows[0]["high"]) == (overall.low, overall.value, overall.high)
    assert {row["item"] for row in values(satisfaction(spring, keys=["tap"]))} == {"How good?"}


def test_what_is_hidden_is_not_drawn() -> None:  # C080
    few = evaluate(a_release(rating("overall")), [{"overall": 3}] * 2)

    assert values(satisfaction(few)) == []


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(InvalidValue, match="a table for each period"):
        kpi_trend([], "K23")
    with pytest.raises(InvalidValue, match="known: K23"):
        kpi_trend(tables(1.0), "K14")
    with pytest.raises(InvalidValue, match="one or more"):
        satisfaction()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)

    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[plot\]"'):
        backlog(a_summary())
