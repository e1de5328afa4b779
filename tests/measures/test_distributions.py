"""Against closed forms and exact sums, which need no other program."""

from fractions import Fraction
from functools import partial
from math import comb, exp, isclose, pi, sqrt, tan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures.distributions import (
    beta_cdf,
    beta_quantile,
    binomial_density,
    chi_square_tail,
    f_quantile,
    normal_quantile,
    normal_tails,
    student_quantile,
    student_tails,
    two_sided_z,
)

probabilities = st.floats(0.001, 0.999)
sizes = st.floats(0.3, 5000)


@given(st.integers(1, 40), st.integers(1, 40), st.fractions(0, 1, max_denominator=50))
def test_the_beta_distribution_is_the_exact_sum_of_binomial_chances(a: int, b: int, x: Fraction) -> None:
    n = a + b - 1
    exact = sum(comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))

    assert isclose(beta_cdf(float(x), a, b), exact, rel_tol=1e-11, abs_tol=1e-300)


@given(st.integers(1, 300), st.data(), st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=50))
def test_a_binomial_chance_is_the_exact_one(n: int, data: st.DataObject, p: Fraction) -> None:
    k = data.draw(st.integers(0, n))

    assert isclose(binomial_density(k, n, float(p)), comb(n, k) * p**k * (1 - p) ** (n - k), rel_tol=1e-11)


@pytest.mark.parametrize(("k", "p", "chance"), [(0, 0.0, 1.0), (3, 0.0, 0.0), (5, 1.0, 1.0), (3, 1.0, 0.0)])
def test_what_is_certain_has_the_chance_1(k: int, p: float, chance: float) -> None:
    assert binomial_density(k, 5, p) == chance


@given(probabilities, sizes, sizes)
def test_a_quantile_of_beta_is_reached_with_its_probability(p: float, a: float, b: float) -> None:
    found = beta_quantile(p, a, b)
    # Next to 1 the chance may grow by more than that from one float to the next.
    around = [beta_cdf(found * (1 + n * 2**-53), a, b) for n in (-8, 8)]

    assert isclose(beta_cdf(found, a, b), p, rel_tol=1e-9) or around[0] <= p <= around[1]


@given(st.floats(0.001, 0.999), sizes, sizes)
def test_beta_seen_from_the_other_end_is_beta(x: float, a: float, b: float) -> None:
    assert isclose(beta_cdf(x, a, b) + beta_cdf(1 - x, b, a), 1.0, rel_tol=1e-11)


@given(probabilities)
def test_student_of_one_and_two_degrees_has_closed_forms(p: float) -> None:
    assert isclose(student_quantile(p, 1), tan(pi * (p - 0.5)), rel_tol=1e-9, abs_tol=1e-12)
    assert isclose(student_quantile(p, 2), (2 * p - 1) / sqrt(2 * p * (1 - p)), rel_tol=1e-9, abs_tol=1e-12)


@given(probabilities, st.floats(1, 10**7))
def test_the_tails_of_student_hold_what_its_quantile_leaves(p: float, df: float) -> None:
    assert isclose(student_tails(student_quantile(p, df), df), 2 * min(p, 1 - p), rel_tol=1e-8)


@pytest.mark.parametrize(
    ("df", "t"),
    # Printed in many tables to four digits, here to sixteen as R 4.2 gives them.
    [(1, 12.706204736174694), (10, 2.228138851986274), (30, 2.042272456301236), (100, 1.983971518449634)],
)
def test_the_limits_of_student_are_the_published_ones(df: int, t: float) -> None:  # K38
    assert isclose(student_quantile(0.975, df), t, rel_tol=1e-10)


@pytest.mark.parametrize("df", [99_999, 100_001])
def test_student_does_not_jump_where_another_formula_takes_over(df: int) -> None:
    z = normal_quantile(0.975)

    assert isclose(student_quantile(0.975, df), z + (z**3 + z) / (4 * df), rel_tol=1e-9)


@given(probabilities, st.floats(1, 500), st.floats(1, 500))
def test_f_turned_over_is_f(p: float, df1: float, df2: float) -> None:
    assert isclose(f_quantile(p, df1, df2), 1 / f_quantile(1 - p, df2, df1), rel_tol=1e-8)


@given(probabilities)
def test_f_of_two_and_two_degrees_has_a_closed_form(p: float) -> None:
    assert isclose(f_quantile(p, 2, 2), p / (1 - p), rel_tol=1e-10)


@given(st.floats(0.001, 200), st.integers(1, 20))
def test_chi_square_of_an_even_number_of_degrees_is_a_sum(x: float, half: int) -> None:
    term = total = exp(-x / 2)
    for k in range(1, half):
        term *= x / 2 / k
        total += term

    assert isclose(chi_square_tail(x, 2 * half), total, rel_tol=1e-10)


@given(st.floats(0.01, 30))
def test_chi_square_of_one_degree_is_a_square_of_the_normal(x: float) -> None:
    assert isclose(chi_square_tail(x, 1), normal_tails(sqrt(x)), rel_tol=1e-10)


def test_nothing_is_as_far_as_infinity() -> None:
    assert student_tails(float("inf"), 5) == 0.0
    assert student_tails(1.0, float("inf")) == normal_tails(1.0)
    assert chi_square_tail(0, 3) == 1.0


@pytest.mark.parametrize("df", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("p", [0.6, 0.975, 0.999])
def test_student_of_hardly_any_degrees_reaches_far(p: float, df: float) -> None:
    assert isclose(student_tails(student_quantile(p, df), df), 2 * (1 - p), rel_tol=1e-10)
    assert student_quantile(1 - p, df) == pytest.approx(-student_quantile(p, df))


def test_student_of_still_fewer_degrees_reaches_further_than_any_number() -> None:
    assert isclose(student_quantile(0.975, 0.01), 6.3641819283999e128, rel_tol=1e-10)  # as SciPy 1.17 has it
    assert student_quantile(0.975, 0.001) == -student_quantile(0.025, 0.001) == float("inf")


def test_a_quantile_next_to_an_end_is_that_end() -> None:
    assert beta_quantile(0.025, 1e-16, 1) == 0.0
    assert beta_quantile(0.975, 1, 1e-16) == 1.0


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, float("nan"), "0.95", None, [0.95], True])
def test_what_is_no_probability_is_refused(p: Any) -> None:
    for refused in (normal_quantile, two_sided_z, partial(student_quantile, df=3), partial(f_quantile, df1=1, df2=2)):
        with pytest.raises(InvalidValue, match="between 0 and 1"):
            refused(p)


@pytest.mark.parametrize("df", [0.0, -1.0, float("nan")])
def test_degrees_of_freedom_are_above_0(df: float) -> None:
    for refused in (student_quantile, student_tails, chi_square_tail):
        with pytest.raises(InvalidValue, match="above 0"):
            refused(0.9, df)
