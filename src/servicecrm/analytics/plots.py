"""Charts for notebooks, drawn by Altair: the backlog, a key figure over time, satisfaction with its intervals.

What they draw lies in them as plain values, so that no data frame is needed, and a chart can be changed and combined as
any other of Altair's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from servicecrm.analytics.kpis_table import KpiTable, kpi_name
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.summary import Summary
from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.evaluation_words import Words

if TYPE_CHECKING:
    from altair import LayerChart

    from servicecrm.surveys import Evaluation

__all__ = ["backlog", "kpi_trend", "satisfaction"]

_COLOURS: Final = ("#1f66b5", "#b3590a")
"""Those of the pages; they can be told apart by everybody, and in grey."""


def backlog(summary: Summary, *, language: str = "en") -> "LayerChart":
    """What came in and what went out in each month as columns, and what was open at its end as a line.

    Raises:
        MissingExtra: Altair is not installed.
        InvalidValue: the language is not a language tag.

    Source: C113, K24.
    """
    alt = _altair()
    month, count, received, closed, still_open = (
        TEXTS.get(key, language=language)
        for key in ("summary.month", "page.count", "summary.received", "summary.closed_in_month", "summary.open_end")
    )
    rows = [
        {"month": each.month, "what": what, "count": value}
        for each in summary.backlog
        for what, value in ((received, each.received), (closed, each.closed), (still_open, each.open_end))
    ]
    chart = alt.Chart(_values(rows)).encode(x=alt.X("month:O", title=month))
    moved = alt.Scale(domain=[received, closed], range=list(_COLOURS))
    columns = (
        chart.transform_filter(alt.FieldOneOfPredicate(field="what", oneOf=[received, closed]))
        .mark_bar()
        .encode(
            y=alt.Y("count:Q", title=count),
            xOffset=alt.XOffset("what:N", sort=[received, closed]),
            color=alt.Color("what:N", title=None, scale=moved),
            tooltip=["month:O", "what:N", "count:Q"],
        )
    )
    line = (
        chart.transform_filter(alt.FieldEqualPredicate(field="what", equal=still_open))
        .mark_line(point=True, color="black")
        .encode(y="count:Q", tooltip=["month:O", "what:N", "count:Q"])
    )
    drawn: LayerChart = alt.layer(columns, line)
    return drawn.properties(title=TEXTS.get("summary.backlog", language=language))


def kpi_trend(tables: Iterable[KpiTable], kpi: str, *, language: str = "en") -> "LayerChart":
    """A key figure over several periods, such as `K14.p90`, with its interval where it has one.

    Give a table for each period: `[crm.kpis(f"2026-{month:02}") for month in range(1, 13)]`. A period in which nobody
    knows it leaves a gap.

    Raises:
        MissingExtra: Altair is not installed.
        InvalidValue: there is no table, one lacks the figure, or the language is not a language tag.

    Source: C113.
    """
    alt = _altair()
    lines = [(table.period, table.line(kpi)) for table in tables]
    if not lines:
        raise InvalidValue("tables", "expected a table for each period")
    rows = [
        {"period": period, "value": line.value, "low": line.low, "high": line.high, "n": line.n}
        for period, line in lines
    ]
    name = kpi_name(kpi, language=language)
    unit = f"kpi_unit.{lines[0][1].unit}"
    title = f"{name} ({TEXTS.get(unit, language=language)})" if unit in TEXTS.keys("en") else name
    chart = alt.Chart(_values(rows)).encode(x=alt.X("period:O", title=None))
    band = chart.mark_area(opacity=0.25, color=_COLOURS[0]).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    line = chart.mark_line(point=True, color=_COLOURS[0]).encode(
        y=alt.Y("value:Q", title=title), tooltip=["period:O", "value:Q", "low:Q", "high:Q", "n:Q"]
    )
    drawn: LayerChart = alt.layer(band, line)
    return drawn.properties(title=name)


def satisfaction(*evaluations: "Evaluation", keys: Sequence[str] = (), language: str = "en") -> "LayerChart":
    """What people answered to each question, with the interval; of several waves beside each other.

    `keys` are the questions, by default all that are rated. What is hidden is not drawn.

    Raises:
        MissingExtra: Altair is not installed.
        InvalidValue: there is no evaluation, or nothing on one of the keys; or the language is not a language tag.

    Source: C078, C079.
    """
    alt = _altair()
    if not evaluations:
        raise InvalidValue("evaluations", "expected one or more")
    rows = [row for n, each in enumerate(evaluations, 1) for row in _answered(each, keys or _rated(each), n, language)]
    chart = alt.Chart(_values(rows)).encode(
        y=alt.Y("item:N", title=None, sort=None),
        yOffset=alt.YOffset("wave:N", sort=None),
        color=alt.Color("wave:N", title=None, sort=None),
        tooltip=["item:N", "wave:N", "value:Q", "low:Q", "high:Q", "n:Q"],
    )
    value = alt.X("value:Q", scale=alt.Scale(zero=False), title=None)
    reach = chart.mark_rule(strokeWidth=3, opacity=0.5).encode(x=alt.X("low:Q", title=None), x2="high:Q")
    drawn: LayerChart = alt.layer(reach, chart.mark_point(filled=True, size=60).encode(x=value))
    return drawn


def _answered(
    evaluation: "Evaluation", keys: Sequence[str], n: int, language: str
) -> Iterator[Mapping[str, str | float | None]]:
    words = Words(evaluation, language)
    labels = Counter(words.label(key) for key in keys)
    for line in map(evaluation.line, keys):
        if line.score is None or line.value is None:
            continue
        label = words.label(line.key)
        yield {
            "item": label if labels[label] == 1 else f"{label} [{line.key}]",
            "wave": evaluation.wave or f"{n}",
            "value": line.value,
            "low": line.score.low,
            "high": line.score.high,
            "n": line.n,
        }


def _rated(evaluation: "Evaluation") -> Sequence[str]:
    """The questions that are rated, each once."""
    found = (line.key for line in evaluation if line.about is About.ITEM and not line.group and line.part is None)
    return tuple(dict.fromkeys(found))


def _values(rows: Sequence[Mapping[str, Any]]) -> Any:
    return _altair().Data(values=rows)


def _altair() -> Any:  # it is not there for everybody
    try:
        import altair
    except ImportError as error:
        raise MissingExtra("charts", "plot") from error
    return altair
