"""Counts that an engine makes of a frame are those that we make of the list."""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.measures import (
    Scale,
    alpha,
    count_rows,
    nps,
    nps_frame_by,
    rake,
    tally,
    tally_by,
    tally_frame,
    tally_frame_by,
)
from servicecrm.measures.scales import is_missing

pytest.importorskip("narwhals")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")

NPS = Scale(low=0, high=10)
FINE = Scale(low=1, high=2, step=0.1, apart=("dont_know",))

Make = Callable[[dict[str, list[Any]]], Any]

SCHEMA = {"service": polars.String, "answer": polars.Float64, "weight": polars.Float64}


def in_polars(columns: dict[str, list[Any]]) -> Any:
    return polars.DataFrame(columns, schema_overrides={name: of for name, of in SCHEMA.items() if name in columns})


ENGINES: dict[str, Make] = {
    "polars": in_polars,
    "a query of polars": lambda columns: in_polars(columns).lazy(),
    "pandas": lambda columns: in_polars(columns).to_pandas(),
    "pandas on PyArrow": lambda columns: in_polars(columns).to_pandas(use_pyarrow_extension_array=True),
    "PyArrow": lambda columns: in_polars(columns).to_arrow(),
    "DuckDB": lambda columns: duckdb.from_arrow(in_polars(columns).to_arrow()),
}
engines = pytest.mark.parametrize("engine", ENGINES)

answers = st.none() | st.integers(-1, 12) | st.sampled_from([6.5, float("nan")])
rows = st.lists(
    st.tuples(st.sampled_from("ab") | st.none(), answers, st.integers(0, 80).map(lambda eighths: eighths / 8)),
    min_size=1,
    max_size=30,
)


def columns(of: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in of] for n, name in enumerate(SCHEMA)}


@engines
@given(rows)
def test_an_engine_counts_what_we_count(engine: str, of: list[tuple[Any, ...]]) -> None:  # C078, C079
    given_ = columns(of)
    frame = ENGINES[engine](given_)

    assert tally_frame(frame, "answer", scale=NPS) == tally(given_["answer"], scale=NPS)
    assert tally_frame_by(frame, "answer", by="service", scale=NPS) == tally_by(
        given_["service"], given_["answer"], scale=NPS
    )
    # The weights are eighths, so that their sums are exact in any order.
    assert tally_frame(frame, "answer", scale=NPS, weights="weight") == tally(
        given_["answer"], scale=NPS, weights=given_["weight"]
    )


@engines
@given(rows)
def test_weighted_groups_add_up_to_the_whole(engine: str, of: list[tuple[Any, ...]]) -> None:  # K39
    frame = ENGINES[engine](columns(of))
    groups = tally_frame_by(frame, "answer", by=["service"], scale=NPS, weights="weight")
    parts = list(groups.values())

    assert {group for (group,) in groups} == {service for service, _, _ in of}
    assert sum(parts[1:], start=parts[0]) == tally_frame(frame, "answer", scale=NPS, weights="weight")


@engines
@given(rows)
def test_rows_are_counted_by_their_values(engine: str, of: list[tuple[Any, ...]]) -> None:
    frame = ENGINES[engine](columns(of))
    expected = Counter((service, None if is_missing(answer) else answer) for service, answer, _ in of)

    assert count_rows(frame, ["service", "answer"]) == expected


@engines
def test_codes_and_fine_steps_are_counted_as_in_a_list(engine: str) -> None:
    fine = ENGINES[engine]({"x": [1.1, 1 + 0.1 + 0.1, 1.15]})

    assert tally_frame(fine, "x", scale=FINE) == tally([1.1, 1.2, 1.15], scale=FINE)
    said = ["dont_know", "9", None]
    assert tally_frame(ENGINES[engine]({"x": said}), "x", scale=FINE) == tally(said, scale=FINE)
    assert tally_frame(ENGINES[engine]({"x": [True, False]}), "x", scale=NPS).invalid == 2


def test_counts_are_scored_as_any_histogram_is() -> None:  # K36
    groups = tally_frame_by(
        in_polars({"service": ["a", "a", "b"], "answer": [9, 3, 10]}), "answer", by="service", scale=NPS
    )

    assert {group: nps(found).value for group, found in groups.items()} == {"a": 0.0, "b": 100.0}


FIGURES = ("nps", "low", "high", "n", "promoters", "detractors", "not_answered", "invalid")


def scored(frame: Any, **how: Any) -> dict[Any, dict[str, Any]]:
    """The rows of the table by group, with None for what is missing, however the library marks it."""
    found = nps_frame_by(frame, "answer", by="service", **how)
    table = found.to_pylist() if hasattr(found, "to_pylist") else polars.DataFrame(found).to_dicts()
    plain = [{name: None if is_missing(value) else value for name, value in row.items()} for row in table]
    return {row.pop("service"): row for row in plain}


@engines
def test_of_no_rows_there_are_no_groups(engine: str) -> None:  # C078
    frame = ENGINES[engine]({"service": [], "answer": []})

    assert scored(frame) == {}
    assert tally_frame_by(frame, "answer", by="service", scale=NPS) == {}


@engines
def test_a_missing_group_is_one_however_it_is_marked(engine: str) -> None:  # C079
    frame = ENGINES[engine]({"weight": [float("nan"), None, 1.0], "answer": [9, 3, 10]})
    found = nps_frame_by(frame, "answer", by="weight")

    counts = found["n"].to_pylist() if hasattr(found, "to_pylist") else [*found["n"]]
    assert sorted(counts) == [1, 2]


@engines
@given(rows, st.sampled_from([0.8, 0.95]))
def test_an_engine_scores_groups_as_we_do(engine: str, of: list[tuple[Any, ...]], confidence: float) -> None:
    # K36, C078: also with what is not on the scale, and where nobody has answered
    frame = ENGINES[engine](columns(of))
    ours = {
        group: nps(found, confidence=confidence)
        for group, found in tally_frame_by(frame, "answer", by="service", scale=NPS).items()
    }
    found = scored(frame, confidence=confidence)

    assert found.keys() == ours.keys()
    for group, score in ours.items():
        told = (score.value, score.low, score.high, score.n, score.parts["promoters"], score.parts["detractors"])
        expected = dict(zip(FIGURES, (*told, score.not_answered, score.invalid), strict=True))
        assert found[group] == pytest.approx(expected, abs=1e-9)


def test_where_nobody_has_answered_nothing_stands_in_the_table() -> None:  # K36
    table = nps_frame_by(in_polars({"service": ["a"], "answer": [11.0]}), "answer", by="service")

    assert table.select("nps", "low", "high").rows() == [(None, None, None)]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            lambda: nps_frame_by(polars.DataFrame({"service": ["a"], "answer": ["9"]}), "answer", by="service"),
            "convert what is text",
        ),
        (lambda: nps_frame_by(in_polars({"n": ["a"], "answer": [9]}), "answer", by=["n"]), "named otherwise"),
        (lambda: nps_frame_by(in_polars({"a": ["a"], "answer": [9]}), "answer", by="a", confidence=1), "between 0 and"),
        (lambda: nps_frame_by(in_polars({"answer": [9]}), "answer", by=[]), "one or more"),
    ],
)
def test_what_cannot_be_scored_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        wrong()


def test_counted_rows_are_what_alpha_and_raking_take() -> None:  # K39
    given_ = [(1, 2), (2, 2), (5, 4), (None, 3), (5, 5)]
    counted = count_rows(in_polars({"a": [a for a, _ in given_], "b": [b for _, b in given_]}), ["a", "b"])

    assert alpha(counted, items=["a", "b"]) == alpha(given_, items=["a", "b"])
    people = count_rows(in_polars({"service": ["x", "x", "y"]}), ["service"])
    found = rake(list(people), {"service": {"x": 3, "y": 3}}, variables=["service"], counts=list(people.values()))
    assert dict(zip(people, found.weights, strict=True)) == {("x",): 1.5, ("y",): 3.0}


def test_parts_of_a_frame_may_be_counted_apart() -> None:
    frame = in_polars({"answer": [0, 9, None, 11, 10]})

    assert tally_frame(frame[:2], "answer", scale=NPS) + tally_frame(frame[2:], "answer", scale=NPS) == tally_frame(
        frame, "answer", scale=NPS
    )
    assert tally_frame(frame[:0], "answer", scale=NPS).n == 0


@engines
@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), None])
def test_a_weight_is_a_number_from_0(engine: str, weight: float | None) -> None:
    frame = ENGINES[engine]({"answer": [1.0, 2.0], "weight": [1.0, weight]})

    with pytest.raises(InvalidValue, match="a number from 0"):
        tally_frame(frame, "answer", scale=NPS, weights="weight")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: tally_frame([1, 2], "answer", scale=NPS), "expected a data frame"),  # type: ignore[arg-type]
        (lambda: tally_frame(in_polars({"x": [1]}), "answer", scale=NPS), "no column 'answer'; known: x"),
        (lambda: tally_frame(in_polars({"x": [1], "w": ["a"]}), "x", scale=NPS, weights="w"), "expected numbers in w"),
        (lambda: tally_frame(pandas.DataFrame({"x": [1, True, "a"]}), "x", scale=NPS), "of several types"),
        (lambda: count_rows(in_polars({"x": [1]}), []), "one or more"),
        (lambda: count_rows(in_polars({"x": [1]}), "x"), "several values"),
    ],
)
def test_what_cannot_be_counted_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        wrong()


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)

    with pytest.raises(MissingExtra, match=r"servicecrm\[frames\]"):
        tally_frame(object(), "answer", scale=NPS)  # type: ignore[arg-type]
