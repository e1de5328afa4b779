"""Charts for notebooks, drawn by Altair: the backlog, timers, a key figure over time, satisfaction, customers by class.

What they draw lies in them as plain values, so that no data frame is needed, and a chart can be changed and combined as
any other of Altair's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from servicecrm.analytics.clocks import COLUMNS, TimerCount
from servicecrm.analytics.kpis_table import KpiTable, kpi_name
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.summary import Summary
from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.portfolio import TEXTS as PORTFOLIO
from servicecrm.portfolio import Customer, ValueClass, class_at, served_at
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.evaluation_words import Words
from servicecrm.tracking import timer_name

if TYPE_CHECKING:
    from altair import Chart, LayerChart

    from servicecrm.surveys import Evaluation

__all__ = ["backlog", "kpi_trend", "satisfaction", "segments", "timers"]

_COLOURS: Final = ("#1f66b5", "#b3590a", "#1b1f24", "#b3261e", "#6b7480")
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
    moved = alt.Scale(domain=[received, closed], range=list(_COLOURS[:2]))
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


def timers(counts: Iterable[TimerCount], *, language: str = "en") -> "Chart":
    """What became of the timers of each kind, as bars: met, missed, running in time or too late, come to nothing.

    Give what `count_timers` has counted: `count_timers(crm.timers(each.id) for each in crm.complaints.find())`.

    Raises:
        MissingExtra: Altair is not installed.
        InvalidValue: the language is not a language tag.

    Source: C036, K22.
    """
    alt = _altair()
    names = {column: TEXTS.get(f"timers.{column}", language=language) for column in COLUMNS}
    rows = [
        {"of": timer_name(count.name, language=language), "what": name, "count": getattr(count, column)}
        for count in counts
        for column, name in names.items()
    ]
    drawn = _stacked(rows, names.values(), y=alt.Y("of:N", title=None, sort=None), x=alt.X("count:Q", title=None))
    titled: Chart = drawn.properties(title=TEXTS.get("timers.title", language=language))
    return titled


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


def segments(customers: Iterable[Customer], times: Iterable[datetime], *, language: str = "en") -> "Chart":
    """How many customers were in each class at each of some times, as columns. Who was not served then does not count.

    Raises:
        MissingExtra: Altair is not installed.
        InvalidValue: one of the times is a day, or the language is not a language tag.
        NaiveDatetime: a time has no zone.

    Source: C021.
    """
    alt = _altair()
    names: dict[ValueClass | None, str] = {
        each: PORTFOLIO.get(f"class.{each}", language=language) for each in ValueClass
    }
    names[None] = TEXTS.get("summary.unnamed", language=language)
    every, rows = list(customers), []
    for at in times:
        if not isinstance(at, datetime):  # a day begins elsewhere at another time
            raise InvalidValue("times", f"expected datetimes with a zone, got {type(at).__name__}")
        counted = Counter(_class(each, at) for each in every if served_at(each, at))
        rows += [{"of": f"{at:%Y-%m-%d}", "what": name, "count": counted[code]} for code, name in names.items()]
    return _stacked(rows, names.values(), x=alt.X("of:O", title=None), y=alt.Y("count:Q", title=None))


def _class(customer: Customer, at: datetime) -> ValueClass | None:
    found = class_at(customer, at)
    return None if found is None else found.value_class


def _stacked(rows: Iterable[Mapping[str, object]], names: Iterable[str], **axes: Any) -> "Chart":
    """Bars of several parts, which have these names and stand in this order."""
    alt, order = _altair(), list(names)
    placed = [{**row, "place": order.index(str(row["what"]))} for row in rows]
    drawn: Chart = (
        alt.Chart(_values(placed))
        .mark_bar()
        .encode(
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=order, range=list(_COLOURS))),
            order="place:Q",
            tooltip=["of:N", "what:N", "count:Q"],
            **axes,
        )
    )
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
