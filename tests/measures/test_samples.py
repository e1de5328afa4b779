from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import margin_of_error, required_sample


def test_of_200_customers_132_are_needed() -> None:  # C073, K39
    assert required_sample(0.05, population=200).needed == 132
    assert required_sample(0.05).needed == 385


@given(st.floats(0.001, 0.4), st.floats(0.05, 0.95), st.integers(1, 10**6))
def test_as_many_as_are_needed_reach_the_margin(margin: float, share: float, population: int) -> None:  # K39
    endless, limited = required_sample(margin, share=share), required_sample(margin, share=share, population=population)

    assert isclose(margin_of_error(endless.exact, share=share) or 0.0, margin)
    assert limited.exact <= min(population, max(endless.exact, 1.0)) + 1e-9
    if 1 < limited.exact < population:
        found = margin_of_error(limited.exact, share=share, population=population)
        assert isclose(found or 0.0, margin, rel_tol=1e-6)


@given(st.integers(1, 1000), st.floats(1, 4))
def test_weights_that_differ_cost_exactness(n: int, effect: float) -> None:
    assert isclose(margin_of_error(n, design_effect=effect) or 0.0, (margin_of_error(n / effect) or 0.0))


def test_nobody_says_nothing_and_everybody_leaves_no_doubt() -> None:
    assert margin_of_error(0) is None
    assert margin_of_error(50, population=50) == margin_of_error(1, population=1) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: required_sample(0),
        lambda: required_sample(1e-200),
        lambda: required_sample(float("nan")),
        lambda: required_sample(0.05, share=float("nan")),
        lambda: margin_of_error(float("nan")),
        lambda: margin_of_error(10, design_effect=float("nan")),
        lambda: required_sample(0.05, share=1),
        lambda: required_sample(0.05, population=0),
        lambda: required_sample(0.05, confidence=1.5),
        lambda: margin_of_error(-1),
        lambda: margin_of_error(10, share=2),
        lambda: margin_of_error(10, population=9),
        lambda: margin_of_error(10, design_effect=0),
    ],
)
def test_what_cannot_be_planned_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()
