from collections import Counter
from itertools import product
from math import isclose, nan
from statistics import mean, median, stdev, variance
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Scale, alpha, omega_total, scale_scores, sus

FIVE = Scale(low=1, high=5)
ABC = ("a", "b", "c")

Rows = list[tuple[int | None, ...]]

whole = st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=3, max_size=30)
with_gaps = st.lists(st.tuples(*[st.none() | st.integers(1, 5)] * 3), min_size=1, max_size=30)


def by_variances(rows: Rows) -> float | None:
    """Alpha as it is usually written: from the variances of the items and of their sum."""
    total = variance([sum(x or 0 for x in row) for row in rows])
    items = sum(variance([row[i] or 0 for row in rows]) for i in range(3))
    return 3 / 2 * (1 - items / total) if total else None


@given(whole)
def test_alpha_is_what_the_variances_of_items_and_sum_say(rows: Rows) -> None:
    found, expected = alpha(rows, items=ABC), by_variances(rows)

    assert found.n == len(rows)
    if expected is None:
        assert (found.alpha, found.reason) == (None, "no_variance")
    else:
        assert isclose(found.alpha or 0.0, expected, abs_tol=1e-9)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= (found.alpha or 0.0) <= found.high


@given(with_gaps, st.randoms(use_true_random=False), st.sampled_from(["listwise", "pairwise", "median", "mean"]))
def test_neither_the_order_of_rows_nor_counting_them_changes_anything(rows: Rows, chance: Any, missing: Any) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)

    one, other, counted = (alpha(given_, items=ABC, missing=missing) for given_ in (rows, shuffled, Counter(rows)))
    assert one == counted
    assert (one.n, one.reason) == (other.n, other.reason)
    assert isclose(one.alpha or 0.0, other.alpha or 0.0, rel_tol=1e-9, abs_tol=1e-9)


@given(with_gaps)
def test_only_complete_rows_are_used_listwise_and_only_they_count(rows: Rows) -> None:
    complete = [row for row in rows if None not in row]

    assert alpha(rows, items=ABC) == alpha(complete, items=ABC)
    assert alpha(complete, items=ABC).alpha == alpha(complete, items=ABC, missing="pairwise").alpha
    assert alpha(rows, items=ABC).n == len(complete)


@given(with_gaps, st.sampled_from(["listwise", "pairwise", "median", "mean"]))
def test_turning_every_question_changes_nothing(rows: Rows, missing: Any) -> None:
    plain = alpha(rows, items=ABC, scale=FIVE, missing=missing)
    turned = alpha(rows, items=ABC, scale=FIVE, reverse=ABC, missing=missing)

    assert isclose(plain.alpha or 0.0, turned.alpha or 0.0, rel_tol=1e-9, abs_tol=1e-9)


def test_a_question_is_turned_on_the_declared_scale_and_not_on_what_was_answered() -> None:
    scores = scale_scores([(4, 2), (4, 2), (3, 2)], items=("a", "b"), reverse=["b"], scale=FIVE)

    assert scores.scores == (4.0, 4.0, 3.5)


@given(with_gaps)
def test_what_stands_in_for_a_missing_answer_is_the_middle_of_its_question(rows: Rows) -> None:  # C078
    for missing, middle in (("median", median), ("mean", mean)):
        columns = [[row[i] for row in rows if row[i] is not None] for i in range(3)]
        if all(columns):
            instead = [middle(column) for column in columns]  # type: ignore[type-var]
            filled = [[y if x is None else x for x, y in zip(row, instead, strict=True)] for row in rows]
            found = scale_scores(rows, items=ABC, missing=missing)  # type: ignore[arg-type]
            assert found.n == len(rows)
            for score, row in zip(found.scores, filled, strict=True):
                assert isclose(score or 0.0, mean(float(x or 0) for x in row))


@given(with_gaps, st.integers(1, 3))
def test_who_has_answered_enough_is_scored(rows: Rows, least: int) -> None:  # C078
    found = scale_scores(rows, items=ABC, min_answered=least)
    given_ = [[x for x in row if x is not None] for row in rows]

    assert [score is None for score in found.scores] == [len(row) < least for row in given_]
    scored = [score for score in found.scores if score is not None]
    assert found.n == len(scored)
    assert isclose(found.mean or 0.0, mean(scored) if scored else 0.0)
    assert isclose(found.sd or 0.0, stdev(scored) if scored[1:] else 0.0, abs_tol=1e-9)


def test_a_missing_answer_of_a_table_of_floats_is_missing() -> None:
    assert alpha([(1.0, nan, 2.0), (1.0, 2.0, 2.0), (3.0, 3.0, 5.0)], items=ABC).n == 2


@pytest.mark.parametrize(
    ("rows", "items", "reason"),
    [
        ([], ABC, "no_answers"),
        ([(1, 2, 3)], ABC, "no_answers"),
        ([(1, None, 3)] * 5, ABC, "no_answers"),
        ([(2, 2, 2)] * 5, ABC, "no_variance"),
        ([(2,), (3,)], ("a",), "one_item"),
    ],
)
def test_without_alpha_there_is_a_reason(rows: Any, items: Any, reason: str) -> None:
    found = alpha(rows, items=items)

    assert (found.alpha, found.low, found.high, found.reason) == (None, None, None, reason)
    assert omega_total(rows, items=items) is None


def test_rows_may_be_lists_and_come_one_by_one() -> None:
    rows = [(1, 2, 3), (2, 2, None), (4, 5, 3), (1, 2, 3)]

    assert alpha(map(list, rows), items="abc") == alpha(iter(rows), items="abc") == alpha(rows, items="abc")


def test_how_questions_go_with_the_others_is_seen_in_complete_rows_alone() -> None:  # C078
    rows = [(1, 2, 3), (2, 2, 5), (4, 5, 3), (5, 3, 1), (5, None, 1), (None, 1, 4)]

    assert alpha(rows, items="abc", missing="pairwise").r_drop == alpha(rows[:4], items="abc").r_drop


def test_a_question_has_no_correlation_with_others_that_make_up_for_each_other() -> None:
    # The first three are always 1 together, but for the noise of floats.
    rows = [(n / 7, n * n / 11, 1 - n / 7 - n * n / 11, n**3 / 13) for n in (0, 1, 3, 6, 7, 9)]
    found = alpha(rows, items="abcd")

    assert found.r_drop["d"] is None
    assert found.r_drop["a"] is not None


def test_a_question_that_never_varies_has_no_correlation_but_the_others_have_alpha() -> None:
    found = alpha([(1, 2, 3), (2, 3, 3), (3, 5, 3), (2, 2, 3)], items=ABC)

    assert found.alpha is not None
    assert (found.std_alpha, found.lambda6, found.average_r, found.r_drop["c"]) == (None, None, None, None)


def test_of_two_questions_none_can_be_left_out() -> None:
    found = alpha([(1, 2), (2, 3), (3, 5)], items=("a", "b"))

    assert dict(found.if_deleted) == {"a": None, "b": None}


def test_questions_that_say_the_same_have_the_largest_alpha_and_omega() -> None:
    rows = [(x, x, x) for x in (1, 2, 3, 5)]

    assert isclose(alpha(rows, items=ABC).alpha or 0.0, 1.0)
    assert alpha(rows, items=ABC).lambda6 is None
    assert 0.99 < (omega_total(rows, items=ABC) or 0.0) <= 1.0


def test_loadings_that_explain_the_correlations_exactly_are_found() -> None:
    # Rows in which one factor and three rests vary apart from each other, so that the loadings are known.
    loadings = (0.7, 0.6, 0.5)
    rows = [
        tuple(load * factor + (1 - load * load) ** 0.5 * rest for load, rest in zip(loadings, rests, strict=True))
        for factor, *rests in product((-1, 1), repeat=4)
    ]

    assert isclose(omega_total(rows, items=ABC) or 0.0, 3.24 / (3.24 + 1.90), rel_tol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: alpha([(1, 2)], items=ABC),
        lambda: alpha({(1, 2, 3): -1}, items=ABC),
        lambda: alpha([(1, 2, 3)], items="aab"),
        lambda: alpha([(1, 2, 3)], items=ABC, reverse=["d"], scale=FIVE),
        lambda: alpha([(1, 2, 3)], items=ABC, reverse=["a"]),
        lambda: alpha([(1, 2, 6)], items=ABC, scale=FIVE),
        lambda: alpha([(1, 2, "3")], items=ABC, scale=FIVE),  # type: ignore[list-item]
        lambda: alpha([(1, 2, 3)], items=ABC, missing="zero"),  # type: ignore[arg-type]
        lambda: alpha([(1, 2, 3)], items=ABC, confidence=1),
        lambda: scale_scores([(1, 2, 3)], items=ABC, missing="pairwise"),  # type: ignore[arg-type]
        lambda: sus([3] * 9),
        lambda: sus([6] * 10),
    ],
)
def test_what_does_not_fit_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()


def test_system_usability_by_hand() -> None:
    assert sus([5, 1] * 5) == 100.0
    assert sus([1, 5] * 5) == 0.0
    assert sus([3] * 10) == 50.0
    assert sus([4, 2, 4, 2, 5, 1, 3, 3, 4, 2]) == 75.0
    assert sus([None, *[3] * 9]) is None
