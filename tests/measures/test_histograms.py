from collections import Counter
from decimal import Decimal
from itertools import pairwise
from math import isclose
from statistics import mean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Histogram, Scale, rescaled, tally, tally_by
from servicecrm.measures.histograms import histogram_of

NPS = Scale(low=0, high=10)
FINE = Scale(low=1, high=2, step=0.1, apart=("not_applicable", "dont_know"))

answers = st.lists(st.none() | st.integers(-2, 12) | st.sampled_from([6.5, "9", True]), max_size=40)
scored = st.lists(st.integers(0, 10), min_size=2, max_size=40)


class NotAvailable:
    """As tables of pandas mark it: a comparison says nothing."""

    def __ne__(self, other: object) -> bool:
        raise TypeError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Wrapped:
    """A number of another library, as numpy has them."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value


class bool_(Wrapped):  # noqa: N801 - the name that numpy gives to its own
    def __eq__(self, other: object) -> bool:
        return self.value == other

    def __hash__(self) -> int:
        return hash(self.value)


# -- scales --------------------------------------------------------------------------------------


@given(st.integers(-100, 100), st.integers(1, 60), st.sampled_from([1, 0.5, 0.1, 0.01, 3]))
def test_every_point_of_a_scale_has_its_place_and_nothing_between(low: int, steps: int, step: float) -> None:  # C074
    scale = Scale(low=low, high=low + steps * step, step=step)

    assert [scale.place(point) for point in scale.points] == list(range(steps + 1))
    assert [scale.place((one + other) / 2) for one, other in pairwise(scale.points)] == [None] * steps
    assert scale.place(scale.low - step) is scale.place(scale.high + step) is None


@pytest.mark.parametrize("answer", ["9", b"9", True, False, None, [9], float("nan"), float("inf"), 10**400, bool_(1.0)])
def test_what_is_no_number_has_no_place(answer: object) -> None:  # C078
    assert NPS.place(answer) is None


@pytest.mark.parametrize("answer", [1.3, Decimal("1.3"), 1 + 0.1 + 0.1 + 0.1])
def test_the_noise_of_floats_is_not_taken_for_another_answer(answer: object) -> None:
    assert FINE.place(answer) == 3


def test_an_answer_to_the_opposite_question_is_turned_on_the_declared_scale() -> None:
    assert [Scale(low=1, high=5).reversed(x) for x in (1, 2, 3, 5)] == [5, 4, 3, 1]


@given(st.floats(1, 10))
def test_rescaling_and_back_changes_nothing(x: float) -> None:
    scale = Scale(low=1, high=10)

    assert isclose(rescaled(rescaled(x, scale), Scale(low=0, high=100), to=(1, 10)), x)


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 1, "high": 1},
        {"low": 2, "high": 1},
        {"low": 0, "high": 1, "step": 0},
        {"low": 0, "high": 1, "step": 0.3},
        {"low": 0, "high": 10**6},
        {"low": "0", "high": 1},
        {"low": 0, "high": float("nan")},
        {"low": 0, "high": 1, "apart": ("not_answered",)},
    ],
)
def test_a_scale_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Scale(**wrong)


def test_a_scale_says_itself() -> None:
    assert (str(NPS), str(FINE)) == ("0..10", "1..2 by 0.1")
    assert NPS.middle == 5


# -- counting ------------------------------------------------------------------------------------


@given(answers)
def test_every_answer_is_counted_once_whatever_it_is(given_: list[object]) -> None:  # C078
    found = tally(given_, scale=NPS)

    assert found.n + found.not_answered + found.invalid == len(given_)
    assert found.n == sum(type(x) is int and 0 <= x <= 10 for x in given_)
    assert found.not_answered == given_.count(None)


@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(given_: list[object], chance: Any) -> None:
    shuffled = list(given_)
    chance.shuffle(shuffled)

    assert tally(shuffled, scale=NPS) == tally(given_, scale=NPS)


@given(answers, answers, answers)
def test_parts_may_be_counted_apart_and_merged_in_any_way(a: list[object], b: list[object], c: list[object]) -> None:
    whole = tally([*a, *b, *c], scale=NPS)
    x, y, z = (tally(part, scale=NPS) for part in (a, b, c))

    assert (x + y) + z == x + (y + z) == z + y + x == whole


@given(st.lists(st.none() | st.integers(-2, 12), max_size=40))
def test_counts_of_answers_are_as_good_as_the_answers(given_: list[int | None]) -> None:
    assert tally(Counter(given_), scale=NPS) == tally(given_, scale=NPS)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10) | st.none() | st.just(True)), max_size=40))
def test_groups_are_what_counting_each_of_them_gives(pairs: list[tuple[str, object]]) -> None:  # C079
    found = tally_by([group for group, _ in pairs], [answer for _, answer in pairs], scale=NPS)

    assert found.keys() == {group for group, _ in pairs}
    for group, histogram in found.items():
        assert histogram == tally([answer for other, answer in pairs if other == group], scale=NPS)


def test_true_is_not_counted_as_1_although_it_equals_it() -> None:  # C078
    assert tally([1, 1.0, True], scale=NPS).invalid == 1
    assert tally([bool_(1.0), 1], scale=NPS).invalid == 1
    assert tally_by("aab", [1, True, 1], scale=NPS)["a"].invalid == 1


def test_numbers_of_other_libraries_count_and_their_missing_ones_are_missing() -> None:
    found = tally([Wrapped(9.0), Wrapped(9.5), NotAvailable(), float("nan"), None, [9]], scale=NPS)

    assert (found.counted(9, 9), found.invalid, found.not_answered) == (1, 2, 3)


def test_codes_of_the_scale_are_counted_apart_and_other_texts_are_invalid() -> None:  # C078
    found = tally({1.1: 2, "not_applicable": 3, None: 1, "dont_know": 0, "no idea": 4}, scale=FINE)

    assert (found.n, dict(found.apart), found.invalid) == (2, {"not_applicable": 3, "not_answered": 1}, 4)


@pytest.mark.parametrize("count", [-1, 1.5, "2", None])
def test_a_count_is_a_whole_number_from_0(count: Any) -> None:
    with pytest.raises(InvalidValue, match="whole number from 0"):
        tally({9: count}, scale=NPS)


def test_scales_do_not_mix() -> None:
    with pytest.raises(InvalidValue, match="do not mix"):
        tally([1], scale=NPS) + tally([1], scale=FINE)
    with pytest.raises(InvalidValue, match="expected answers on"):
        histogram_of(tally([], scale=NPS), scale=FINE)
    with pytest.raises(TypeError):
        tally([1], scale=NPS) + 1  # type: ignore[operator]


def test_groups_and_answers_go_together() -> None:
    with pytest.raises(InvalidValue, match="a group for each of 2 answers"):
        tally_by("a", [1, 2], scale=NPS)


@pytest.mark.parametrize("wrong", [{"counts": (1, 2)}, {"counts": (-1,) * 11}, {"counts": (0,) * 11, "invalid": -1}])
def test_a_histogram_has_a_count_for_each_point(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Histogram(scale=NPS, **wrong)


# -- what they tell ------------------------------------------------------------------------------


@given(scored)
def test_mean_and_deviation_are_those_of_the_standard_library(given_: list[int]) -> None:  # C079
    found = tally(given_, scale=NPS)

    assert isclose(found.mean() or 0.0, mean(given_), abs_tol=1e-12)
    assert isclose(found.sd() or 0.0, stdev(given_), abs_tol=1e-9)


@given(scored, st.floats(0.1, 10))
def test_equal_weights_change_nothing(given_: list[int], weight: float) -> None:
    plain, weighed = tally(given_, scale=NPS), tally(given_, scale=NPS, weights=[weight] * len(given_))

    assert tally(given_, scale=NPS, weights=[1] * len(given_)) == plain
    assert isclose(weighed.n_eff, plain.n)
    assert isclose(weighed.mean() or 0.0, plain.mean() or 0.0, abs_tol=1e-12)
    assert isclose(weighed.sd() or 0.0, plain.sd() or 0.0, abs_tol=1e-7)


@given(st.lists(st.tuples(st.integers(0, 10), st.floats(0.1, 10)), min_size=2, max_size=20))
def test_weights_cost_answers(pairs: list[tuple[int, float]]) -> None:  # K39
    found = tally([x for x, _ in pairs], scale=NPS, weights=[weight for _, weight in pairs])

    assert found.n_eff <= found.n + 1e-9
    assert isclose(found.share(0, 10) or 0.0, 1.0)


def test_no_answers_have_no_mean() -> None:
    empty = tally([], scale=NPS)

    assert (empty.mean(), empty.sd(), empty.share(0, 10), empty.n_eff) == (None, None, None, 0.0)
    assert tally([7], scale=NPS).sd() is None


@pytest.mark.parametrize("weights", [[1], [1, -1], [1, float("inf")]])
def test_weights_are_one_for_each_answer_and_not_below_0(weights: list[float]) -> None:
    with pytest.raises(InvalidValue):
        tally([1, 2], scale=NPS, weights=weights)
    with pytest.raises(InvalidValue, match="no single answers"):
        tally({1: 2}, scale=NPS, weights=weights)
    with pytest.raises(InvalidValue, match="holds its weights"):
        histogram_of(tally([1, 2], scale=NPS), scale=NPS, weights=weights)
