from itertools import permutations
from math import isclose
from statistics import mean as average
from statistics import variance
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import NotComparable, Scale, Score, adjusted, csat, difference, homogeneity, mean, nps, rate
from servicecrm.measures.distributions import normal_tails

FIVE, TEN = Scale(low=1, high=5), Scale(low=1, high=10)

ratings = st.lists(st.integers(1, 10), min_size=2, max_size=40)
shares = st.integers(1, 100).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def pairs(first: list[int], second: list[int]) -> list[tuple[Score, Score]]:
    return [
        (nps(first), nps(second)),
        (mean(first, scale=TEN), mean(second, scale=TEN)),
        (csat(first, scale=TEN, method="top_box"), csat(second, scale=TEN, method="top_box")),
    ]


@given(ratings, ratings)
def test_what_one_wave_gains_the_other_one_lacks(first: list[int], second: list[int]) -> None:  # C079
    opposite = {"higher": "lower", "lower": "higher"}
    for one, other in pairs(first, second):
        there, back = difference(one, other), difference(other, one)
        if there.reason is None:
            assert isclose(there.value or 0.0, -(back.value or 0.0), abs_tol=1e-9)
            assert isclose(there.low or 0.0, -(back.high or 0.0), abs_tol=1e-9)
            assert isclose(there.p_value or 0.0, back.p_value or 0.0, abs_tol=1e-9)
            assert back.verdict == opposite.get(there.verdict, there.verdict)


@given(ratings, ratings)
def test_the_interval_of_a_difference_contains_it(first: list[int], second: list[int]) -> None:
    for one, other in pairs(first, second):
        found = difference(one, other)
        assert found.value is not None
        if found.low is None or found.high is None:
            assert found.reason == "no_variance"
        else:
            assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_answers_that_are_all_the_same_say_nothing_about_chance() -> None:  # C079
    found = difference(mean([5, 5], scale=TEN), mean([4, 4, 4], scale=TEN))
    plain = difference(nps([10, 10], interval="wald"), nps([0], interval="wald"))

    assert (found.value, found.p_value, found.verdict, found.reason) == (1.0, None, "not_known", "no_variance")
    assert (plain.value, plain.p_value, plain.verdict, plain.reason) == (200.0, None, "not_known", "no_variance")
    assert difference(mean([5, 5], scale=TEN), mean([3, 4, 3], scale=TEN)).p_value is not None


@given(ratings)
def test_a_wave_does_not_differ_from_itself(answers: list[int]) -> None:
    for one, other in pairs(answers, answers):
        found = difference(one, other)
        verdict = "no_detectable_change" if found.reason is None else "not_known"
        assert (found.value, found.verdict, found.significant) == (0.0, verdict, False)
        assert found.p_value in (1.0, None)


@given(ratings, ratings)
def test_means_are_compared_by_the_t_of_welch(first: list[int], second: list[int]) -> None:
    found = difference(mean(first, scale=TEN), mean(second, scale=TEN))
    square = variance(first) / len(first) + variance(second) / len(second)

    assert found.test == "welch"
    if square:
        assert found.reason is None
        assert isclose(found.statistic or 0.0, (average(first) - average(second)) / square**0.5, abs_tol=1e-9)


def test_welch_as_another_program_has_it() -> None:
    # R 4.2: t.test(c(1, 2, 3, 4), c(4, 6, 8, 10))
    found = difference(mean([1, 2, 3, 4], scale=TEN), mean([4, 6, 8, 10], scale=TEN))

    assert isclose(found.statistic or 0.0, -3.1176914536239795)
    assert isclose(found.p_value or 0.0, 0.031170456273481868, rel_tol=1e-10)


@given(shares, shares)
def test_equal_shares_of_two_waves_are_told_apart_as_by_chi_square(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found, chi = difference(rate(*first), rate(*second)), homogeneity(*zip(first, second, strict=True))

    if chi is None:
        assert found.p_value == 1.0
    else:
        assert isclose(found.p_value or 0.0, chi.p_value, rel_tol=1e-9, abs_tol=1e-12)
        assert isclose(normal_tails(chi.value**0.5), chi.p_value, rel_tol=1e-9, abs_tol=1e-12)


def test_the_words_say_what_is_known() -> None:  # C079
    verdicts = [difference(rate(hits, 100), rate(50, 100)).verdict for hits in (80, 20, 55)]

    assert verdicts == ["higher", "lower", "no_detectable_change"]
    assert difference(rate(0, 0), rate(1, 2)).verdict == "not_known"
    assert difference(rate(0, 0), rate(1, 2)).reason == "no_answers"


def test_one_answer_may_be_compared_and_nothing_is_known() -> None:
    found = difference(mean([5], scale=TEN), mean([3, 4], scale=TEN))

    assert (found.value, found.low, found.p_value, found.verdict, found.reason) == (
        1.5,
        None,
        None,
        "not_known",
        "one_answer",
    )


def test_a_census_leaves_nothing_to_chance() -> None:
    before, after = (nps({10: n, 0: 50 - n}, population=50) for n in (25, 26))
    found = difference(after, before)

    assert found.low == found.value == found.high
    assert (found.p_value, found.statistic, found.verdict) == (0.0, None, "higher")


@pytest.mark.parametrize(
    ("one", "other"),
    list(
        permutations(
            [
                csat([4], scale=FIVE, method="top_box"),
                csat([4], scale=FIVE, method="top_box", satisfied=5),
                csat([4], scale=TEN, method="top_box"),
                csat([4], scale=FIVE, method="top_box", confidence=0.9),
                csat([4], scale=FIVE, method="top_box", interval="wald"),
                csat([4], scale=FIVE, method="mean_percent"),
                csat([4], scale=FIVE, method="sum_over_max"),
                mean([4], scale=FIVE),
                mean([4], scale=FIVE, better="lower"),
            ],
            2,
        )
    ),
)
def test_scores_of_differing_methods_do_not_compare(one: Score, other: Score) -> None:  # C078
    with pytest.raises(NotComparable) as refused:
        difference(one, other)
    assert refused.value.code == "not_comparable"


# -- several -------------------------------------------------------------------------------------

p_values = st.lists(st.floats(0, 1), max_size=12)


@given(p_values, st.sampled_from(["holm", "benjamini_hochberg"]))
def test_many_comparisons_make_no_p_value_smaller_and_keep_their_order(p: list[float], method: Any) -> None:
    found = adjusted(p, method=method)

    assert all(one >= other for one, other in zip(found, p, strict=True))
    assert all(x <= 1 for x in found)
    assert [found[i] for i in sorted(range(len(p)), key=p.__getitem__)] == sorted(found)


@given(p_values)
def test_the_share_of_false_alarms_asks_for_less_than_none_at_all(p: list[float]) -> None:
    assert all(
        one <= other + 1e-15 for one, other in zip(adjusted(p, method="benjamini_hochberg"), adjusted(p), strict=True)
    )


def test_corrections_by_hand() -> None:
    p = [0.01, 0.04, 0.03, 0.005]

    assert [round(x, 12) for x in adjusted(p)] == [0.03, 0.06, 0.06, 0.02]
    assert [round(x, 12) for x in adjusted(p, method="benjamini_hochberg")] == [0.02, 0.04, 0.04, 0.02]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: adjusted([1.1]),
        lambda: adjusted([0.1], method="bonferroni"),  # type: ignore[arg-type]
        lambda: homogeneity([1], [2]),
        lambda: homogeneity([1, 3], [2, 2]),
        lambda: homogeneity([1, 0], [2, 0]),
        lambda: homogeneity([1, 1], [2, 2, 2]),
    ],
)
def test_what_cannot_be_tested_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()


def test_shares_that_are_all_0_or_all_1_say_nothing() -> None:
    assert homogeneity([0, 0], [5, 6]) is None
    assert homogeneity([5, 6], [5, 6]) is None
