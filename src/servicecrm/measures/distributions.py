"""The distributions behind intervals and tests: normal, Student's t, F, beta and chi-square, to about 12 digits.

The incomplete beta and gamma functions are continued fractions (NIST DLMF 8.17.22 and 8.9.2) or a series (8.11.4).
What stands before the fraction is Loader's, which stays exact where a difference of log-gammas does not.

Source: NIST DLMF chapter 8; C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count
from math import erfc, exp, inf, isinf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist
from typing import Final

from servicecrm.errors import InvalidValue
from servicecrm.measures.scales import number

__all__ = [
    "beta_cdf",
    "beta_quantile",
    "binomial_density",
    "chi_square_tail",
    "f_quantile",
    "normal_quantile",
    "normal_tails",
    "student_quantile",
    "student_tails",
    "two_sided_z",
]

_TINY: Final = 1e-300
_EPSILON: Final = 2.0**-53
_MANY: Final = 100_000


def normal_quantile(p: float) -> float:
    """The value that a standard normal variable stays below with probability `p`.

    Raises:
        InvalidValue: `p` does not lie between 0 and 1.
    """
    return NormalDist().inv_cdf(_probability(p))


def two_sided_z(confidence: float) -> float:
    """How many standard errors an interval with this confidence reaches on each side: 1.96 for 0.95.

    Raises:
        InvalidValue: the confidence does not lie between 0 and 1.
    """
    try:
        return _z(confidence)
    except TypeError:  # what cannot be looked up is no number either
        return _z(_probability(confidence))


@cache
def _z(confidence: float) -> float:
    return -normal_quantile((1 - _probability(confidence)) / 2)


def normal_tails(z: float) -> float:
    """The probability that a standard normal variable is at least as far from 0 as `z`."""
    return erfc(abs(z) / sqrt(2))


def student_quantile(p: float, df: float) -> float:
    """The value that Student's t with `df` degrees of freedom stays below with probability `p`.

    With so few of them that it lies beyond some 1e149, it is infinite: for 0.975, with 0.0085 or less.

    Raises:
        InvalidValue: `p` does not lie between 0 and 1, or `df` is not above 0.
    """
    if _probability(p) == 0.5:
        return 0.0
    if _positive(df) >= _MANY:
        z = normal_quantile(p)  # the expansion of Cornish and Fisher; what would follow is below 1e-14 here
        return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
    y = beta_quantile(abs(2 * p - 1), 0.5, df / 2)
    if y < 0.5:
        t = sqrt(df * y / (1 - y))
    else:
        rest = beta_quantile(2 * min(p, 1 - p), df / 2, 0.5)  # 1 - y would have lost digits
        t = sqrt(df * (1 - rest) / rest) if rest > _TINY else inf
    return t if p > 0.5 else -t


def student_tails(t: float, df: float) -> float:
    """The probability that Student's t with `df` degrees of freedom is at least as far from 0 as `t`."""
    if isinf(_positive(df)):
        return normal_tails(t)
    square = t * t
    if square < min(1.0, df):  # df / (df + square) would round to 1
        return 1 - beta_cdf(square / (df + square), 0.5, df / 2)
    return 0.0 if isinf(square) else beta_cdf(df / (df + square), df / 2, 0.5)


def f_quantile(p: float, df1: float, df2: float) -> float:
    """The value that F with these degrees of freedom stays below with probability `p`.

    Raises:
        InvalidValue: `p` does not lie between 0 and 1, or a degree of freedom is not above 0.
    """
    x = beta_quantile(p, df1 / 2, df2 / 2)
    if x < 0.5:
        return df2 * x / (df1 * (1 - x))
    rest = beta_quantile(1 - p, df2 / 2, df1 / 2)  # 1 - x would have lost digits
    return df2 * (1 - rest) / (df1 * rest)


def chi_square_tail(x: float, df: float) -> float:
    """The probability that chi-square with `df` degrees of freedom is at least `x`."""
    a, x = _positive(df) / 2, x / 2
    if x <= 0:
        return 1.0
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in count(1):
            term *= x / (a + n)
            total += term
            if term < total * _EPSILON:
                return 1 - front * total
    steps = ((n * (a - n), x + 2 * n + 1 - a) for n in count(1))
    return front / _fraction(x + 1 - a, steps)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The probability that a beta variable is at most `x`: the regularised incomplete beta function."""
    _positive(a), _positive(b)
    if not 0 < x < 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - _front(1 - x, b, a) / (b * _fraction(1.0, _beta_steps(1 - x, b, a)))
    return _front(x, a, b) / (a * _fraction(1.0, _beta_steps(x, a, b)))


def beta_quantile(p: float, a: float, b: float) -> float:
    """The value that a beta variable stays below with probability `p`.

    Raises:
        InvalidValue: `p` does not lie between 0 and 1, or `a` or `b` is not above 0.
    """
    _probability(p), _positive(a), _positive(b)
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(1100):  # so many halvings end at the smallest number there is
        excess = beta_cdf(x, a, b) - p
        low, high = (low, x) if excess > 0 else (x, high)
        if x in (0.0, 1.0):
            break  # no number is as near to that end
        slope = _front(x, a, b) / (x * (1 - x))
        newton = x - excess / slope if slope else low
        following = newton if low < newton < high else (low + high) / 2
        if abs(following - x) <= 2 * _EPSILON * x:
            break
        x = following
    return x


def binomial_density(k: float, n: float, p: float) -> float:
    """The probability of `k` hits among `n`; between whole numbers, what the gamma function makes of it."""
    if p <= 0 or p >= 1:
        return float(k == n * p)
    if k in (0, n):
        return exp(n * (log1p(-p) if k == 0 else log(p)))
    error = _stirling_error(n) - _stirling_error(k) - _stirling_error(n - k)
    return exp(error - _deviance(k, n * p) - _deviance(n - k, n * (1 - p))) * sqrt(n / (2 * pi * k * (n - k)))


def _front(x: float, a: float, b: float) -> float:
    """x^a (1-x)^b / B(a, b)."""
    return binomial_density(a, a + b, x) * a * b / (a + b) if x < 1 else 0.0


def _stirling_error(n: float) -> float:
    """What Stirling's formula lacks of log n!."""
    if n < 16:
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * pi)
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / n


def _deviance(k: float, mean: float) -> float:
    """k log(k / mean) + mean - k, without the loss of digits where both are close."""
    d = (k - mean) / mean
    if abs(d) > 0.1:
        return k * log(k / mean) + mean - k
    term, total = -d, 0.0
    for j in count(2):
        term *= -d
        total += term / (j * (j - 1))
        if abs(term) <= abs(total) * _EPSILON:
            return mean * total
    raise AssertionError("a count has no end")


def _beta_steps(x: float, a: float, b: float) -> Iterator[tuple[float, float]]:
    for m in count():
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        yield (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2)), 1.0


def _fraction(first: float, steps: Iterator[tuple[float, float]]) -> float:
    """A continued fraction, first + n1/(d1 + n2/(d2 + ...)), by the method of Lentz."""
    total = c = first or _TINY
    d = 0.0
    for numerator, denominator in steps:
        d = 1 / (denominator + numerator * d or _TINY)
        c = denominator + numerator / c or _TINY
        total *= c * d
        if abs(c * d - 1) <= 2 * _EPSILON:
            break
    return total


def _probability(p: float) -> float:
    try:
        found = number(p)
    except InvalidValue:
        found = 0.0
    if not 0 < found < 1:
        raise InvalidValue("probability", "expected a number between 0 and 1, such as 0.95")
    return found


def _positive(parameter: float) -> float:
    if not parameter > 0:
        raise InvalidValue("distribution", "a parameter or a degree of freedom is above 0")
    return parameter
