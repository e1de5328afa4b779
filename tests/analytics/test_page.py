"""The page of a report is sound HTML that asks for nothing, says everything in words too, and can be read by all."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics import CaseRow, Summary, TimerCount, summarise
from servicecrm.analytics.charts import Series, bars, columns
from servicecrm.analytics.kpis_table import KpiLine, KpiTable, kpi_name
from servicecrm.analytics.page import Listed, report_page
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.whole_log import Reopened

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOSTILE = """<script>alert("x")</script>'&<img src=http://h/x onerror=y>"""
VOID = {"meta", "link", "img", "br", "input", "hr"}

CASES = [
    CaseRow(state="closed", open=False, received_at=datetime(2026, 1, 5, tzinfo=UTC), closed_at=NOW, category="Water"),
    CaseRow(state="in_handling", open=True, received_at=datetime(2026, 3, 5, tzinfo=UTC), due_at=NOW, handler="Works"),
]
TIMERS = (TimerCount(name="resolution", met=3, missed=2, running=1, late=4, cancelled=0),)
FIGURES = KpiTable(
    period="2026-01-05/2026-06-01",
    zone="UTC",
    as_of=NOW,
    lines=(KpiLine(kpi="K14", value=12.25, n=2, unit="hours"), KpiLine(kpi="K24", value=1.0, n=1, unit="count")),
)


def summary(rows: Sequence[CaseRow] = CASES) -> Summary:
    return summarise(rows, now=NOW, events=7, findings=1, refused_rows=1)


def page(rows: Sequence[CaseRow] = CASES, **changes: Any) -> str:
    given: dict[str, Any] = {
        "log": "tickets.csv",
        "figures": FIGURES,
        "timers": TIMERS,
        "reopened": (Reopened(month="2026-05", closed=4, reopened=1),),
        "more": (Listed("Findings", ("Finding", "Cases"), (("close without a code", "3"),)),),
    }
    return report_page(summary(rows), **{**given, **changes})


class Checked(HTMLParser):
    """Reads a page, and refuses one whose elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


# -- what it says ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_the_page_is_whole_in_every_language_and_says_which(language: str) -> None:
    read = Checked(page(language=language))
    told = " ".join(read.texts)

    assert read.all("html") == [{"lang": language}]
    for key in ("summary.backlog", "summary.ageing", "page.targets", "page.reopened", "page.figures", "page.table"):
        assert TEXTS.get(key, language=language) in told


def test_no_text_is_missing_in_any_language() -> None:
    assert TEXTS.problems() == ()


def test_every_chart_has_a_name_a_legend_and_its_figures_as_a_table() -> None:
    read = Checked(page())
    charts = read.all("svg")

    assert len(charts) == 5  # backlog, age, cases by target, timers, reopenings
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)
    assert len(read.all("details")) == len(read.all("summary")) == len(read.all("figcaption")) == len(charts)
    assert all(cell["scope"] in ("col", "row") for cell in read.all("th"))
    assert {"12.2", "3", "close without a code", "Works"} <= set(read.texts)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_what_is_taken_up_again_is_not_called_what_is_reopened_after_its_end(language: str) -> None:  # K24
    after_its_end = kpi_name("K24.reopened", language=language).casefold()

    for key in ("summary.reopened_cases", "summary.reopenings", "page.reopened", "page.reopenings"):
        assert TEXTS.get(key, language=language).casefold() not in after_its_end
        assert "reopen" not in TEXTS.get(key, language=language).casefold()


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_figures_that_count_other_things_are_called_otherwise(language: str) -> None:
    """Cases that are closed, those that ended in a month, withdrawn ones too, and how often any was closed."""
    keys = ("summary.closed", "summary.closed_in_month", "page.closed")
    assert len({TEXTS.get(key, language=language) for key in keys}) == len(keys)


def test_headings_go_down_one_by_one_and_every_link_leads_to_a_section() -> None:
    read = Checked(page())
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]

    assert [tag for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)] == ["h1"] + ["h2"] * len(read.all("section"))
    assert len(set(ids)) == len(ids)
    assert {str(link["href"])[1:] for link in read.all("a")} <= set(ids)
    assert {str(section["aria-labelledby"]) for section in read.all("section")} <= set(ids)


def test_without_a_mouse_one_skips_to_the_figures_and_reaches_every_table() -> None:
    read = Checked(page())
    first = next(attributes for tag, attributes in read.tags if tag in ("a", "summary", "button"))

    assert first == {"class": "skip", "href": "#main"}
    assert len(read.all("table")) == sum(d.get("tabindex") == "0" for d in read.all("div"))
    assert all(d.get("role") == "region" and d.get("aria-label") for d in read.all("div") if "tabindex" in d)


def test_a_log_with_nothing_in_it_is_told_without_a_chart() -> None:
    read = Checked(page([], timers=(), reopened=(), more=()))

    assert "The log has no targets, so nobody can say what was on time." in read.texts
    assert read.texts.count("There is nothing to show.") == 2  # no month in which anything came in or was reopened


# -- what it asks for, and what it lets in ---------------------------------------------------------


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    text = page()
    read = Checked(text)

    assert {tag for tag, _ in read.tags} & {"script", "img", "iframe", "object", "form", "base"} == set()
    assert [link["href"] for link in read.all("link")] == ["data:,"]
    assert re.findall(r"(?:https?:)?//|url\(|@import|\bon\w+=", text) == []
    assert "default-src 'none'" in str(read.all("meta")[1]["content"])


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))) | st.just(HOSTILE), st.sampled_from(["en", "de", "zh"]))
def test_whatever_a_log_holds_is_text(word: str, language: str) -> None:
    row = CaseRow(state="in_handling", open=True, received_at=NOW, category=word, handler=word)
    timers = (TimerCount(name=word, met=1, missed=0, running=0, late=0, cancelled=0),)
    found = page([row], log=word, timers=timers, more=(Listed(word, (word,), ((word,),)),), language=language)
    harmless = page([row._replace(category="x", handler="x")], log="x", language=language)

    assert {tag for tag, _ in Checked(found).tags} == {tag for tag, _ in Checked(harmless).tags}


# -- charts ----------------------------------------------------------------------------------------

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)


@given(COUNTS)
def test_a_column_is_as_high_as_its_value_and_stands_in_the_picture(values: list[int]) -> None:
    drawn = Checked(columns("Months", [f"m{n}" for n in range(len(values))], (Series("In", "s1", values),)))
    heights = [float(str(rect["height"])) for rect in drawn.all("rect")]
    top = max(values) or 1

    assert heights == [pytest.approx(180 * value / top, abs=0.06) for value in values]
    for rect in drawn.all("rect"):
        assert 0 <= share(rect["x"]) <= share(rect["x"]) + share(rect["width"]) <= 100.01
        assert float(str(rect["y"])) + float(str(rect["height"])) == pytest.approx(202, abs=0.11)
    assert all(share(text["x"]) <= 85 for text in drawn.all("text"))
    assert len(drawn.all("text")) <= 6


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=n, max_size=n)))
def test_pieces_of_a_bar_lie_one_behind_the_other_and_the_longest_fills_the_width(rows: list[tuple[int, ...]]) -> None:
    series = [Series(f"s{n}", f"s{n + 1}", [row[n] for row in rows]) for n in range(3)]
    drawn = Checked(bars("Bars", [f"b{n}" for n in range(len(rows))], series))
    ends: dict[object, float] = {}
    for rect in drawn.all("rect"):
        assert share(rect["x"]) == pytest.approx(ends.get(rect["y"], 0.0), abs=0.02)
        ends[rect["y"]] = share(rect["x"]) + share(rect["width"])

    assert max(ends.values(), default=100) == pytest.approx(100, abs=0.05)
    assert len(drawn.all("rect")) == sum(value > 0 for row in rows for value in row)


def share(text: str | None) -> float:
    return float(str(text).removesuffix("%"))


# -- colours ---------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_letters_and_charts_stand_out_from_the_page(scheme: int) -> None:  # WCAG 2.2, 1.4.3 and 1.4.11
    style = (files("servicecrm.analytics") / "page.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#\w{6});", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]))

    for name in ("ink", "quiet", "link"):
        assert contrast(colours[name], colours["page"]) >= 4.5, name
        assert contrast(colours[name], colours["panel"]) >= 4.5, name
    for name in ("s1", "s2", "s3", "s4", "s5"):
        assert contrast(colours[name], colours["page"]) >= 3, name
