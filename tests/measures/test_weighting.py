from math import isclose
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import EmptyTargetLevel, fitted_table, poststratified, rake

GH = ("g", "h")
CELLS = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
TARGETS = {"g": {"a": 60.0, "b": 40.0}, "h": {"x": 50.0, "y": 50.0}}

counts = st.lists(st.integers(1, 50), min_size=4, max_size=4)


def margin(rows: list[tuple[str, str]], weights: tuple[float, ...], at: int, level: str) -> float:
    return sum(weight for row, weight in zip(rows, weights, strict=True) if row[at] == level)


@given(st.lists(st.sampled_from(CELLS), max_size=60), st.sampled_from([None, 0.5]))
def test_rows_may_be_lists(others: list[tuple[str, str]], weight: float | None) -> None:  # C073
    rows = [*CELLS, *others]
    how: dict[str, Any] = {"variables": GH, "weights": None if weight is None else [weight] * len(rows)}

    assert rake([list(row) for row in rows], TARGETS, **how) == rake(rows, TARGETS, **how)


@given(st.lists(st.sampled_from(CELLS), min_size=4, max_size=60), st.data())
def test_a_sample_gets_the_margins_of_its_population(
    others: list[tuple[str, str]], data: st.DataObject
) -> None:  # C073
    rows = [*CELLS, *others]
    base = data.draw(st.lists(st.floats(0.5, 3), min_size=len(rows), max_size=len(rows)))
    found = rake(rows, TARGETS, variables=GH, weights=base)

    assert found.converged
    for at, (variable, levels) in enumerate(TARGETS.items()):
        assert variable == GH[at]
        for level, target in levels.items():
            assert isclose(margin(rows, found.weights, at, level), target, rel_tol=1e-8)
    assert isclose(sum(found.weights), found.total, rel_tol=1e-8)
    assert 0 < found.n_eff <= found.n + 1e-9
    assert (found.design_effect or 0.0) >= 1 - 1e-9


@given(counts)
def test_respondents_who_are_alike_may_be_counted(many: list[int]) -> None:
    one_by_one = [cell for cell, times in zip(CELLS, many, strict=True) for _ in range(times)]
    found, other = rake(CELLS, TARGETS, variables=GH, counts=many), rake(one_by_one, TARGETS, variables=GH)

    assert (found.n, found.outcome) == (other.n, other.outcome)
    assert isclose(found.n_eff, other.n_eff, rel_tol=1e-9)
    assert set(found.weights) == set(other.weights)


@given(counts)
def test_a_sample_that_has_its_margins_keeps_its_weights(many: list[int]) -> None:
    a, b, c, d = many
    targets = {"g": {"a": a + b, "b": c + d}, "h": {"x": a + c, "y": b + d}}
    found = rake(CELLS, targets, variables=GH, counts=many)

    assert found.rounds == 1
    assert all(isclose(weight, 1.0, rel_tol=1e-9) for weight in found.weights)


@given(counts, st.floats(1.2, 5))
def test_no_weight_exceeds_the_cap_and_what_it_costs_is_told(many: list[int], cap: float) -> None:
    found = rake(CELLS, TARGETS, variables=GH, counts=many, cap=cap)
    limit = cap * found.total / found.n

    assert max(found.weights) <= limit * (1 + 1e-12)
    assert found.converged == (found.margin_error <= 1e-9)
    free = rake(CELLS, TARGETS, variables=GH, counts=many)
    if max(free.weights) < limit:
        assert (found.weights, found.at_cap) == (free.weights, 0)
    elif not found.converged:
        assert found.at_cap > 0


def test_margins_that_contradict_each_other_are_not_called_met() -> None:
    targets = {"g": {"a": 0.75, "b": 0.25}, "h": {"x": 0.25, "y": 0.75}}
    found = rake([("a", "x"), ("b", "y")], targets, variables=GH)

    assert (found.converged, found.outcome) == (False, "not_possible")
    assert found.margin_error >= 1


def test_margins_that_leave_nobody_have_no_effective_sample() -> None:
    targets = {"g": {"a": 1.0, "b": 0.0}, "h": {"x": 0.0, "y": 1.0}}
    found = rake([("a", "x"), ("b", "y")], targets, variables=GH)

    assert (found.outcome, found.n_eff, found.design_effect) == ("not_possible", 0.0, None)


def test_rounds_may_be_used_up() -> None:
    found = rake([*CELLS, *CELLS[:2]], TARGETS, variables=GH, weights=[1, 9, 5, 1, 1, 1], max_rounds=1)

    assert (found.outcome, found.rounds) == ("rounds_used_up", 1)


def test_a_part_of_the_population_that_nobody_answers_for_is_named_before_anything_is_computed() -> None:
    with pytest.raises(EmptyTargetLevel) as refused:
        rake([("a", "x"), ("a", "y")], {"g": {"a": 0.75, "b": 0.25}}, variables=GH)
    assert (refused.value.code, refused.value.variable, refused.value.level) == ("empty_target_level", "g", "b")
    with pytest.raises(EmptyTargetLevel):
        rake(CELLS, TARGETS, variables=GH, weights=[1, 1, 0, 0])
    with pytest.raises(EmptyTargetLevel):
        rake([], TARGETS, variables=GH)


def test_a_level_that_the_population_does_not_have_weighs_nothing() -> None:
    found = rake(CELLS, {"g": {"a": 10, "b": 0}}, variables=GH)

    assert found.weights == (5.0, 5.0, 0.0, 0.0)
    assert found.n_eff == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": [("a",)]},
        {"rows": [*CELLS, ("c", "x")]},
        {"targets": {}},
        {"targets": {"z": {"a": 1}}},
        {"targets": {"g": {}}},
        {"targets": {"g": {"a": -1, "b": 2}}},
        {"targets": {"g": {"a": 1, "b": 1}, "h": {"x": 1, "y": 2}}},
        {"weights": [1, 1, 1]},
        {"weights": [1, 1, 1, -1]},
        {"weights": [1, 1, 1, float("nan")]},
        {"counts": [1, 1, 1]},
        {"counts": [1, 1, 1, -1]},
        {"cap": 0.5},
    ],
)
def test_what_does_not_fit_is_refused_and_no_answer_is_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as refused:
        rake(**{"rows": CELLS, "targets": TARGETS, "variables": GH, **wrong})
    assert "'c'" not in str(refused.value)


@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3), min_size=2, max_size=2))
def test_a_fitted_table_has_its_totals_and_keeps_the_odds(seed: list[list[int]]) -> None:
    found = fitted_table(seed, [40, 60], [20, 30, 50])
    (a, b, _), (c, d, _) = found.table

    assert found.outcome == "converged"
    assert all(isclose(sum(row), total, rel_tol=1e-8) for row, total in zip(found.table, (40, 60), strict=True))
    assert isclose(a * d / (b * c), seed[0][0] * seed[1][1] / (seed[0][1] * seed[1][0]), rel_tol=1e-8)


def test_a_table_has_a_total_for_each_line() -> None:
    for seed in ([[1, 2]], [[1], [2]], [[1, 2, 3], [1]]):
        with pytest.raises(InvalidValue):
            fitted_table(seed, [1, 1], [1, 1])


@given(st.dictionaries(st.sampled_from("abc"), st.integers(1, 40), min_size=1))
def test_strata_are_weighed_up_to_the_population(strata: dict[str, int]) -> None:
    assume(strata)
    targets = {name: 10.0 * i for i, name in enumerate(strata, 1)}
    found = poststratified(strata, targets)

    assert all(isclose(found[name] * strata[name], targets[name]) for name in strata)
