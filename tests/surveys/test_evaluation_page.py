"""An evaluation can be looked at, printed, and taken on in a data frame, in every language that is shipped."""

import re
import sys
from types import SimpleNamespace
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given

from servicecrm import surveys
from servicecrm.errors import MissingExtra
from servicecrm.kernel.records import evolve
from servicecrm.surveys import TEXTS, Evaluation, Saying, evaluate, events, item, template, weigh
from servicecrm.surveys import evaluation_events as own_events
from servicecrm.surveys.evaluation_lifecycle import EVALUATION_CHECKLIST, EVALUATION_LIFECYCLE
from servicecrm.surveys.evaluation_lines import About, Hiding
from servicecrm.surveys.evaluation_pools import MissingPolicy
from servicecrm.surveys.items import by_language
from servicecrm.testing.makers import MONDAY
from servicecrm.testing.strategies import texts
from tests.surveys.making import ANN, TEN, a_draft, en, ends, one_of_each

CODES = ("quality", "reliability", "speed", "staff", "information", "price")


def an_evaluation(name: str = "satisfaction", **asked: Any) -> Evaluation:
    questionnaire = surveys.draft(id="q-1", **template(name), by=ANN, at=MONDAY).after
    people = [
        {
            "overall": 1 + (7 * n) % 10,
            "aspects": {code: 1 + (k * n + n // 3) % 10 for k, code in enumerate(CODES, 2)},
            "region": "north" if n % 4 else "south",
        }
        for n in range(20)
    ]
    return evaluate(questionnaire, people, **asked)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
@pytest.mark.parametrize("name", surveys.TEMPLATES)
def test_every_template_is_told_in_every_language(name: str, language: str) -> None:  # C082, C093
    questionnaire = surveys.draft(id="q-1", **template(name), by=ANN, at=MONDAY).after
    found = evaluate(questionnaire, [], wave="2026-Q1")

    assert "2026-Q1" in found.markdown(language=language)
    assert str(questionnaire.title[language]) in found.html(language=language)


def test_an_evaluation_shows_scores_with_intervals_groups_and_what_is_hidden() -> None:  # C078-C081
    found = an_evaluation(by="region", min_n=6)
    text = found.markdown()

    assert "| All in all, how satisfied are you with our service? | mean | 5.50 (1..10) | 4.12 … 6.88 | 20 |" in text
    assert "hidden, too few answers" in text
    assert "hidden, or others would follow from it" in text
    assert "What moves All in all" in text
    assert "Importance as it follows from the drivers" in text
    assert str(found) == text


def test_charts_are_drawn_and_read_as_one_document() -> None:
    page = an_evaluation(weights=[1.0, 2.0] * 10)._repr_html_()
    tree = ElementTree.fromstring(page.replace("&nbsp;", " "))

    drawn = tree.findall(".//svg")
    assert len(drawn) == 3  # scores, drivers, importance and performance
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in drawn)
    assert len(tree.findall(".//section")) == len(tree.findall(".//table"))
    assert not re.findall(r"(?:https?:|url\(|<script|style>)", page)


@given(texts(), texts())
def test_what_people_have_written_makes_no_markup(title: str, said: str) -> None:
    hostile = f"<b>|{said}"
    asked = a_draft(
        item("good", "scale", text=en(hostile), scale=TEN, labels=ends(TEN), service=f"<i>{title}"),
        item("way", "choice", text=en("?"), options={"x": en(f"<u>{said}")}),
    )
    asked = evolve(asked, title=by_language(en(f"<s>{title}")))
    people = [{"good": 3, "way": "x", "team": f"<em>{said}"}] * 6
    found = evaluate(asked, people, by="team", wave="<q>|")

    page = found.html()
    for tag in ("<b>", "<i>", "<u>", "<s>", "<em>", "<q>"):
        assert tag not in page
        assert tag not in found.markdown()
    assert all(line.count(" | ") >= 1 for line in found.markdown().splitlines() if line.startswith("| "))


def test_dicts_tell_every_figure_in_json_types() -> None:
    found = an_evaluation(by="region")
    rows = found.to_dicts()

    assert {row["about"] for row in rows} == {"item", "driver", "aspect", "index"}
    (overall,) = [row for row in rows if row["key"] == "overall" and row["group"] == "south"]
    assert (overall["figure"], overall["n"], overall["scale"]) == ("mean", 5, "1..10")
    assert {type(value) for row in rows for value in row.values()} <= {str, int, float, type(None)}
    servqual = evaluate(surveys.draft(id="q-1", **template("servqual"), by=ANN, at=MONDAY).after, []).to_dicts()
    assert {"reliability", "expectation"} <= {row["about"] for row in servqual}


def test_a_data_frame_of_pandas_has_a_row_for_each_figure() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    frame = an_evaluation().to_pandas()

    assert len(frame) == len(an_evaluation().to_dicts())
    assert frame.loc[(frame.key == "overall") & (frame.figure == "mean"), "value"].tolist() == [5.5]


def test_a_data_frame_of_polars_has_its_types_also_where_a_column_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def data_frame(rows: list[dict[str, object]], *, schema: dict[str, str]) -> tuple[Any, Any]:
        return rows, schema

    polars = SimpleNamespace(String="text", Float64="float", Int64="integer", DataFrame=data_frame)
    monkeypatch.setitem(sys.modules, "polars", polars)
    rows, schema = an_evaluation().to_polars()

    assert list(schema) == list(rows[0])
    assert [schema[name] for name in ("wave", "value", "n")] == ["text", "float", "integer"]


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_library_that_is_missing_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtra, match=rf"needs a library: pip install {name}$"):
        getattr(an_evaluation(), f"to_{name}")()


def test_weights_are_told_with_what_they_cost() -> None:  # C080
    questionnaire = a_draft(*one_of_each())
    people = [{"overall": 5, "region": "north"}] * 9 + [{"overall": 5, "region": "south"}]
    raked = weigh(questionnaire, people, {"region": {"north": 50, "south": 50}}, cap=3)
    text = str(evaluate(questionnaire, people, weights=raked))

    assert "the margins cannot all be met" in text
    assert "| Weights that were cut | 1 |" in text
    assert "| Weights | given |" in str(evaluate(questionnaire, people, weights=[1.0] * 10))


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:  # C093
    keys = {f"evaluation.{code}" for code in get_args(Hiding)}
    keys |= {f"evaluation.policy.{code}" for code in get_args(MissingPolicy)}
    keys |= {f"evaluation.about.{code.value}" for code in About}
    keys |= {f"evaluation.saying.{code.value}" for code in Saying}
    keys |= {f"state.{state}" for state in EVALUATION_LIFECYCLE.states}
    keys |= {f"action.{action}" for action in EVALUATION_LIFECYCLE.actions}
    keys |= {f"guard.{guard.name}" for move in EVALUATION_LIFECYCLE.moves for guard in move.guards}
    keys |= {f"role.{move.role}" for move in EVALUATION_LIFECYCLE.moves}
    keys |= {line.name for line in EVALUATION_CHECKLIST.lines}
    keys |= {f"event.{getattr(own_events, name).type}" for name in own_events.__all__}

    assert keys <= TEXTS.keys(language)


def test_the_english_guards_say_what_the_lifecycle_says() -> None:
    for guard in {guard for move in EVALUATION_LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says
    for line in EVALUATION_CHECKLIST.lines:
        assert TEXTS.get(line.name, language="en") == line.says
    assert not {getattr(events, name).type for name in events.__all__ if hasattr(events, name)} & {
        getattr(own_events, name).type for name in own_events.__all__
    }
