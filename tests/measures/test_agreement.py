from itertools import combinations
from math import isclose
from statistics import mean
from time import perf_counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import icc, kappa, krippendorff

tables = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 20), min_size=n, max_size=n), min_size=n, max_size=n)
)
codes = st.none() | st.integers(1, 4)
two_coders = st.lists(st.tuples(codes, codes), min_size=2, max_size=20)
ratings = st.lists(st.tuples(*[st.integers(1, 9)] * 3), min_size=3, max_size=12)


@given(tables)
def test_it_does_not_matter_who_codes_first_nor_what_codes_are_called(table: list[list[int]]) -> None:
    found = kappa(table)
    turned = kappa([list(row) for row in zip(*table, strict=True)])
    renamed = kappa([row[::-1] for row in table[::-1]])

    for other in (turned, renamed):
        assert isclose(found.value or 0.0, other.value or 0.0, abs_tol=1e-9)
        assert isclose(found.se or 0.0, other.se or 0.0, abs_tol=1e-7)
    if found.value is not None:
        assert found.value <= 1 + 1e-12


def test_coders_who_always_agree_have_a_kappa_of_1() -> None:
    assert kappa([[5, 0], [0, 7]]).value == 1.0
    assert krippendorff([[1, 2, 1], [1, 2, 1]], level="nominal") == 1.0


def test_where_chance_explains_all_there_is_no_kappa() -> None:
    assert kappa([[5, 0], [0, 0]]).value is kappa([[0]]).value is None
    assert krippendorff([[1, 1], [1, 1]], level="nominal") is None
    assert krippendorff([[1, None], [None, 2]], level="interval") is None


@given(two_coders)
def test_alpha_of_two_coders_counts_pairs_that_differ(pairs: list[tuple[int | None, int | None]]) -> None:
    found = krippendorff([list(coder) for coder in zip(*pairs, strict=True)], level="nominal")
    both = [pair for pair in pairs if None not in pair]
    values = [code for pair in both for code in pair]
    expected = [a != b for a, b in combinations(values, 2)]
    assume(any(expected))

    assert isclose(found or 0.0, 1 - mean(a != b for a, b in both) / mean(expected), abs_tol=1e-9)


@given(two_coders, st.floats(0.5, 5), st.floats(-3, 3))
def test_distances_may_be_measured_in_any_unit(pairs: Any, factor: float, shift: float) -> None:
    plain = list(zip(*pairs, strict=True))
    scaled = [[None if x is None else x * factor + shift for x in coder] for coder in plain]

    one, other = (krippendorff(each, level="interval") for each in (plain, scaled))
    assert isclose(one or 0.0, other or 0.0, abs_tol=1e-6)


@given(two_coders)
def test_of_ordered_codes_only_the_order_matters(pairs: Any) -> None:
    plain = list(zip(*pairs, strict=True))
    spread = [[None if x is None else x**3 for x in coder] for coder in plain]

    assert krippendorff(plain, level="ordinal") == krippendorff(spread, level="ordinal")


def test_as_many_codes_as_units_do_not_take_for_ever() -> None:
    first = [float(n) for n in range(6000)]
    began = perf_counter()
    found = krippendorff([first, [code + 1 for code in first]], level="interval")

    assert found == pytest.approx(1, abs=1e-5)
    assert perf_counter() - began < 5  # it takes a tenth of a second, but a machine may be busy


@given(ratings, st.integers(-3, 3))
def test_judges_who_differ_by_a_constant_are_consistent_and_do_not_agree(rows: Any, shift: int) -> None:
    assume(len({row[0] for row in rows}) > 1)
    found = icc([(row[0], row[0] + shift) for row in rows], judges=("a", "b"))

    assert isclose(found.mixed or 0.0, 1.0, abs_tol=1e-9)
    assert (found.random or 0.0) <= 1 + 1e-9
    if shift:
        assert (found.random or 0.0) < 1


def test_too_few_targets_or_judges_have_no_correlation() -> None:
    assert icc([(1, 2)], judges=("a", "b")).one_way is None
    assert icc([(1,), (2,)], judges=("a",)).mixed_k is None
    assert icc([(1, 1), (1, 1)], judges=("a", "b")).random is None
    two = icc([(1, 2), (2, None), (3, 3)], judges=("a", "b"))
    assert (two.n, two.mixed is None) == (2, False)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 10), st.integers(2, 12), st.integers(2, 5))
def test_ratings_that_do_not_vary_have_no_correlation_whatever_is_rounded(
    rating: float, step: float, n: int, k: int
) -> None:
    judges = [f"{judge}" for judge in range(k)]
    same = icc([[rating] * k] * n, judges=judges)
    assert {same.one_way, same.random, same.mixed, same.one_way_k, same.random_k, same.mixed_k} == {None}

    apart = icc([[rating + step * judge for judge in range(k)]] * n, judges=judges)
    assert {apart.mixed, apart.one_way_k, apart.mixed_k} == {None}  # no target differs from another


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: kappa([]),
        lambda: kappa([[1, 2]]),
        lambda: kappa([[-1]]),
        lambda: kappa([[1]], confidence=0),
        lambda: krippendorff([[1], [1, 2]], level="nominal"),
        lambda: krippendorff([[1]], level="ratio"),  # type: ignore[arg-type]
        lambda: icc([(1,)], judges=("a", "b")),
    ],
)
def test_what_does_not_fit_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()
