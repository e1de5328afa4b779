"""A table of key figures can be looked at, printed, and taken on in a data frame."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from servicecrm.analytics.kpis import KpiRows, KpiTable, key_figures
from servicecrm.analytics.kpis_customers import DEFINITIONS
from servicecrm.analytics.kpis_rows import ComplaintRow, MoveRow
from servicecrm.analytics.kpis_table import kpi_name
from servicecrm.analytics.printing import TEXTS
from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.records import evolve
from servicecrm.measures.catalogue import KPIS

EVERY = {**DEFINITIONS, **KPIS}
MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
ROWS = KpiRows(
    complaints=[
        ComplaintRow("c-1", MAY, service="water"),
        ComplaintRow("c-2", MAY, service="<gas>"),
        ComplaintRow("c-3", MAY),
    ],
    moves=[MoveRow("c-1", "closed", MAY), MoveRow("c-2", "closed", MAY), MoveRow("c-2", "reopened", MAY, n=1)],
)


def a_table(**asked: Any) -> KpiTable:
    return key_figures(ROWS, **{"period": "2026-05", "zone": "UTC", "as_of": datetime(2026, 7, 1, tzinfo=UTC), **asked})


def test_a_line_is_found_by_figure_part_and_group() -> None:  # C113
    table = a_table(by="service")

    assert table.line("K18", group="water").ids == ("c-1",)
    assert table.line("K31.open", part="11-20", group="<gas>").value == 1
    assert table.line("K18").ids == ("c-3",)  # those that name no service
    assert a_table()["K25"].value == 50.0
    for asked, says in (({"kpi": "K1"}, "K13"), ({"kpi": "K18", "group": "x"}, "<gas>, water")):
        with pytest.raises(InvalidValue, match=says):
            table.line(**asked)


def test_some_figures_make_a_table_of_their_own() -> None:
    assert {line.kpi for line in a_table().only("K14", "K24.ended")} == {
        "K14",
        "K14.median",
        "K14.p90",
        "K14.total",
        "K24.ended",
    }
    assert len(a_table().only()) == 0
    with pytest.raises(InvalidValue, match=r"^kpis: there is no K9, K99; a figure has an id such as K14"):
        a_table().only("K14", "K99", "K9")


def test_dicts_hold_json_and_the_name_in_a_language() -> None:  # C113
    (line,) = a_table().only("K18").to_dicts(language="de")

    assert line == {
        "period": "2026-05",
        "kpi": "K18",
        "name": "Eingegangene Beschwerden",
        "part": None,
        "group": None,
        "value": 3.0,
        "unit": "count",
        "n": 3,
        "low": None,
        "high": None,
        "target": None,
        "status": None,
        "reason": None,
    }


def test_a_data_frame_of_pandas_has_a_row_for_each_line() -> None:  # C113
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = a_table(by="service")
    frame = table.to_pandas()

    assert len(frame) == len(table)
    assert frame.loc[(frame.kpi == "K18") & (frame.group == "water"), "value"].tolist() == [1.0]
    assert list(table.only().to_pandas().columns) == list(frame.columns)


def test_a_data_frame_of_polars_has_its_types_also_where_a_column_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def data_frame(rows: list[dict[str, object]], *, schema: dict[str, str]) -> tuple[Any, Any]:
        return rows, schema

    polars = SimpleNamespace(String="text", Float64="float", Int64="integer", DataFrame=data_frame)
    monkeypatch.setitem(sys.modules, "polars", polars)
    rows, schema = a_table().to_polars()

    assert rows == a_table().to_dicts()
    assert list(schema) == list(rows[0])
    assert [schema[name] for name in ("kpi", "part", "value", "n")] == ["text", "text", "float", "integer"]


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_library_that_is_missing_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtra, match=rf"needs a library: pip install {name}$"):
        getattr(a_table(), f"to_{name}")()


def test_a_table_prints_itself_with_reasons_and_units() -> None:
    text = str(a_table())

    assert text.splitlines()[0] == "Key figures of 2026-05 (UTC)"
    assert any(line.split() == ["K25", "Reopenings", "per", "closing", "50.0", "%", "2"] for line in text.splitlines())
    assert "there are no figures" in text
    assert "<gas>: 11-20" in a_table(by="service").text()
    assert "未填写" in a_table(by="service").text(language="zh")
    assert str(a_table().only()).splitlines()[0] == text.splitlines()[0]


def test_a_table_of_html_lets_no_markup_through() -> None:
    page = a_table(by="service")._repr_html_()

    assert "&lt;gas&gt;" in page
    assert "<gas>" not in page
    assert page.count("<tr>") == len(a_table(by="service")) + 1


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_figure_and_unit_has_its_words(language: str) -> None:  # C093
    keys = TEXTS.keys(language)

    assert {key.removeprefix("kpi.") for key in keys if key.startswith("kpi.")} == set(EVERY)
    assert {key.removeprefix("kpi_unit.") for key in keys if key.startswith("kpi_unit.")} == {
        kpi.unit for kpi in EVERY.values()
    } - {"count", "money"}  # these are read without a word
    assert len({kpi_name(kpi, language=language) for kpi in EVERY}) == len(EVERY)
    assert not TEXTS.problems()


def test_the_records_behind_a_figure_are_not_shown_with_it() -> None:
    line = a_table()["K18"]

    assert "c-1" not in repr(line)
    assert evolve(line, ids=()) != line


def test_the_page_about_key_figures_shows_the_table_as_it_is() -> None:  # C113
    page = (Path(__file__).parents[2] / "docs" / "concepts" / "kpis.md").read_text(encoding="utf-8")

    for kpi in EVERY.values():
        adds_up = "yes" if kpi.additive else ""
        row = f"| {kpi.id} | {kpi_name(kpi.id)} | {kpi.unit} | {adds_up} | {kpi.formula} |"
        assert row in page, f"put this in its place:\n{row}"
