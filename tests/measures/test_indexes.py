from math import isclose
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import fields_of
from servicecrm.measures import (
    DISPOSITIONS,
    Scale,
    bipolar_grades,
    gaps,
    percentages,
    points_percent,
    response_rates,
    satisfaction_index,
    servqual,
    weighted_index,
)

TEN, THREE = Scale(low=1, high=10), Scale(low=-3, high=3)

figures = st.dictionaries(st.sampled_from("abcde"), st.floats(0, 100), min_size=1)
counts = st.fixed_dictionaries({code: st.integers(0, 500) for code in DISPOSITIONS})


@given(figures, st.floats(0.1, 10), st.data())
def test_an_index_lies_between_its_parts_whatever_the_weights_sum_to(
    parts: dict[str, float], factor: float, data: st.DataObject
) -> None:  # C081, K40
    weights = {name: data.draw(st.floats(0.1, 5)) for name in parts}
    found = weighted_index(parts, weights)
    scaled = weighted_index(parts, {name: weight * factor for name, weight in weights.items()})

    assert min(parts.values()) - 1e-9 <= (found.value or 0.0) <= max(parts.values()) + 1e-9
    assert isclose(found.value or 0.0, scaled.value or 0.0, abs_tol=1e-9)


def test_a_missing_part_is_named_and_its_weight_goes_to_the_others() -> None:  # K10
    found = weighted_index({"a": 0.5, "b": None, "c": 1.0}, {"a": 1, "b": 2, "c": 3})

    assert (found.value, found.missing, found.reason) == (0.875, ("b",), None)
    nothing = weighted_index({"a": None})
    assert (nothing.value, nothing.missing, nothing.reason) == (None, ("a",), "no_values")


@given(st.dictionaries(st.sampled_from("abc"), st.floats(1, 10), min_size=1))
def test_an_index_of_means_goes_from_0_to_100(means: dict[str, float]) -> None:
    found = satisfaction_index(means, scale=TEN)

    assert isclose(found.value or 0.0, sum((mean - 1) / 9 * 100 for mean in means.values()) / len(means), abs_tol=1e-9)


def test_four_aspects_by_hand() -> None:  # C081, K40
    importance = {"speed": 9.0, "price": 8.0, "staff": 6.0, "rooms": 3.0}
    satisfaction = {"speed": 6.0, "price": 8.0, "staff": 9.0, "rooms": 4.0}

    assert gaps(importance, satisfaction) == {"speed": 3.0, "price": 0.0, "staff": -3.0, "rooms": -1.0}
    assert weighted_index(satisfaction, importance).value == (54 + 64 + 54 + 12) / 26


def test_the_dimension_that_lags_most_is_named() -> None:
    found = servqual({"tangibles": -1.0, "reliability": -2.0}, {"tangibles": 75, "reliability": 25})

    assert (found.unweighted, found.weighted, found.worst) == (-1.5, -1.25, "reliability")


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_grades_between_too_little_and_too_much_are_shared_out_whole(answers: list[int]) -> None:
    found, turned = bipolar_grades(answers, scale=THREE), bipolar_grades([-x for x in answers], scale=THREE)

    assert found.n == turned.n == len(answers)
    assert all(isclose(x, y, abs_tol=1e-12) for x, y in zip(found.distribution, turned.distribution, strict=True))
    assert all(share >= 0 for share in found.distribution)
    assert isclose(sum(found.distribution), 1.0)
    assert isclose(found.mean or 0.0, 1 + 4 / 3 * mean(map(abs, answers)))


def test_without_answers_there_are_no_grades() -> None:
    assert bipolar_grades([], scale=THREE).mean is None


@given(st.dictionaries(st.sampled_from("abc"), st.integers(1, 50), min_size=1))
def test_percentages_of_a_row_sum_to_100(row: dict[str, int]) -> None:
    assert isclose(sum(value or 0.0 for value in percentages(row).values()), 100.0)


def test_a_row_without_answers_has_no_percentages() -> None:
    assert percentages({"a": 0, "b": 0}) == {"a": None, "b": None}


def test_what_was_not_shown_is_not_in_the_points_that_could_be_had() -> None:  # C078
    assert points_percent([(1, 1), (None, 1)]) == 50.0
    assert points_percent([]) is None


# -- response rates ------------------------------------------------------------------------------


@given(counts, st.none() | st.floats(0, 1))
def test_rates_are_shares_and_partial_answers_and_fewer_unknown_raise_them(
    cases: dict[str, int], e: float | None
) -> None:  # K33
    found = response_rates(cases, e=e)
    rates = fields_of(found)

    assert all(rate is None or 0 <= float(str(rate)) <= 1 for rate in rates.values())
    if found.rr1 is not None and found.rr5 is not None:
        assert found.rr1 <= (found.rr3 or 0.0) + 1e-12 <= found.rr5 + 2e-12
        assert found.rr1 <= (found.rr2 or 0.0)


@given(counts)
def test_if_all_the_unknown_are_eligible_or_none_it_is_another_rate(cases: dict[str, int]) -> None:
    all_, none = response_rates(cases, e=1), response_rates(cases, e=0)

    assert (all_.rr3, all_.rr4, all_.ref2, all_.con2) == (all_.rr1, all_.rr2, all_.ref1, all_.con1)
    assert (none.rr3, none.rr4, none.ref2, none.con2) == (none.rr5, none.rr6, none.ref3, none.con3)


def test_nobody_asked_has_no_rates() -> None:
    found = response_rates({})

    assert (found.e, found.rr1, found.coop1, found.con3) == (1.0, None, None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: weighted_index({"a": 1.0}, {"b": 1}),
        lambda: weighted_index({"a": 1.0}, {"a": -1}),
        lambda: weighted_index({"a": 1.0}, {"a": 0}),
        lambda: weighted_index({}),
        lambda: gaps({"a": 1}, {}),
        lambda: servqual({"a": 1}, {"a": 99}),
        lambda: servqual({"a": 1}, {"b": 100}),
        lambda: servqual({}, {}),
        lambda: bipolar_grades([], scale=TEN),
        lambda: response_rates({"X": 1}),
        lambda: response_rates({"I": -1}),
        lambda: response_rates({"I": 1}, e=2),
    ],
)
def test_what_does_not_fit_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()
