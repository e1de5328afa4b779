"""Intervals of shares, of means and of the Net Promoter Score: how far off a figure from a sample may be."""

from collections.abc import Callable, Iterator
from math import inf, sqrt
from typing import Final, Literal, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.measures.distributions import beta_quantile, binomial_density, student_quantile, two_sided_z

__all__ = ["Interval", "NpsInterval", "NpsMethod", "ShareMethod", "mean_interval", "nps_interval", "share_interval"]

ShareMethod = Literal["wilson", "agresti_coull", "clopper_pearson", "wald"]
NpsMethod = Literal["adjusted_wald", "wald", "bootstrap"]


class Interval(NamedTuple):
    """What a figure may be, both ends included."""

    low: float
    high: float


def share_interval(hits: float, n: float, *, method: ShareMethod = "wilson", confidence: float = 0.95) -> Interval:
    """The interval of a share, from the number of hits among `n`.

    Wilson's is right on average for any `n`. Agresti and Coull's is a little wider, Clopper and Pearson's never misses
    more often than it says and is therefore wide, and Wald's is here to compare only: of 10 hits among 10 it says
    that nothing else can be. `n` may be what a weighted or finite sample comes to.

    Raises:
        InvalidValue: there are no answers, or more hits than answers.

    Source: K39; Wilson 1927; Agresti & Coull 1998; Clopper & Pearson 1934; Brown, Cai & DasGupta 2001.
    """
    if not 0 <= hits <= n or n == 0:
        raise InvalidValue("hits", "expected from 0 to n hits, and an n above 0")
    if method not in _SHARES:
        raise InvalidValue("method", f"expected one of {', '.join(_SHARES)}")
    low, high = _SHARES[method](hits, n, confidence)
    return Interval(low if low > 0 else 0.0, high if high < 1 else 1.0)


def _wilson(hits: float, n: float, confidence: float) -> tuple[float, float]:
    z = two_sided_z(confidence)
    p, added = hits / n, z * z / n
    middle = (p + added / 2) / (1 + added)
    half = z / (1 + added) * sqrt((p * (1 - p) + added / 4) / n)
    return 0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half


def _agresti_coull(hits: float, n: float, confidence: float) -> tuple[float, float]:
    square = two_sided_z(confidence) ** 2
    return _wald(hits + square / 2, n + square, confidence)


def _wald(hits: float, n: float, confidence: float) -> tuple[float, float]:
    p = hits / n
    half = two_sided_z(confidence) * sqrt(p * (1 - p) / n)
    return p - half, p + half


def _clopper_pearson(hits: float, n: float, confidence: float) -> tuple[float, float]:
    two_sided_z(confidence)  # refuses what is no confidence
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, hits, n - hits + 1) if hits else 0.0
    return low, beta_quantile(1 - tail, hits + 1, n - hits) if hits < n else 1.0


_SHARES: Final[dict[str, Callable[[float, float, float], tuple[float, float]]]] = {
    "wilson": _wilson,
    "agresti_coull": _agresti_coull,
    "clopper_pearson": _clopper_pearson,
    "wald": _wald,
}


def mean_interval(mean: float, sd: float, n: float, *, confidence: float = 0.95) -> Interval:
    """The interval of a mean, by Student's t, from the standard deviation of `n` answers (n - 1).

    Raises:
        InvalidValue: there are less than two answers.
    """
    if n <= 1:
        raise InvalidValue("n", "an interval of a mean needs two answers or more")
    two_sided_z(confidence)
    half = student_quantile((1 + confidence) / 2, n - 1) * sd / sqrt(n) if sd else 0.0
    return Interval(mean - half, mean + half)


class NpsInterval(NamedTuple):
    """The interval of a Net Promoter Score in points, and what it was made from.

    `centre` is the middle of an interval that was not cut; `variance` that of one answer that scores 1, 0 or -1.
    """

    low: float
    high: float
    centre: float
    variance: float
    se: float


def nps_interval(
    promoters: float,
    passives: float,
    detractors: float,
    *,
    method: NpsMethod = "adjusted_wald",
    confidence: float = 0.95,
    clip: bool = True,
) -> NpsInterval:
    """The interval of a Net Promoter Score, or of any difference of two shares of the same answers.

    `adjusted_wald` adds three answers, 3/4 to each end, and holds what it promises in small samples too; `wald` is the
    plain one, which of 10 promoters among 10 says that nothing else can be. `bootstrap` gives the limits that
    percentiles of resampled answers tend to as the resamples become ever more; they are computed, and nothing is drawn.
    Above 2000 answers these are Wald's. With `clip` the limits are cut to -100..100.

    Raises:
        InvalidValue: there are no answers, or a count is below 0.

    Source: K39; Rocks, Interval Estimation for the Net Promoter Score, The American Statistician 70, 2016.
    """
    n = promoters + passives + detractors
    if min(promoters, passives, detractors) < 0 or not 0 < n < inf:
        raise InvalidValue("counts", "expected counts from 0, and one answer or more")
    if method not in ("adjusted_wald", "wald", "bootstrap"):
        raise InvalidValue("method", "expected one of adjusted_wald, wald, bootstrap")
    added = 3.0 if method == "adjusted_wald" else 0.0
    p, d = (promoters + added / 4) / (n + added), (detractors + added / 4) / (n + added)
    variance = max(0.0, p + d - (p - d) ** 2)
    centre, se = 100 * (p - d), 100 * sqrt(variance / (n + added))
    half = two_sided_z(confidence) * se
    low, high = centre - half, centre + half
    if method == "bootstrap" and n <= _RESAMPLED:
        low, high = _resampled(promoters, passives, detractors, confidence)
    if clip:
        low, high = max(-100.0, low), min(100.0, high)
    return NpsInterval(low, high, centre, variance, se)


_RESAMPLED: Final = 2000


def _resampled(promoters: float, passives: float, detractors: float, confidence: float) -> tuple[float, float]:
    """Percentiles of the score of as many answers drawn anew from these, by their chances and not by drawing."""
    n = promoters + passives + detractors
    others = passives + detractors
    size = max(1, round(n))
    chances: dict[int, float] = {}
    for up, first in _likely(size, promoters / n):
        for down, second in _likely(size - up, detractors / others if others else 0.0):
            chances[up - down] = chances.get(up - down, 0.0) + first * second
    tail, reached, low = (1 - confidence) / 2 * sum(chances.values()), 0.0, None
    for net in sorted(chances):
        reached += chances[net]
        if low is None and reached > tail:
            low = net
        if reached >= sum(chances.values()) - tail:
            return 100 * (net if low is None else low) / size, 100 * net / size
    raise AssertionError("all chances together are 1")


def _likely(n: int, p: float) -> Iterator[tuple[int, float]]:
    """The numbers of hits that are not next to impossible, with their probabilities."""
    reach = 8 * sqrt(n * p * (1 - p)) + 8
    for k in range(max(0, int(n * p - reach)), min(n, int(n * p + reach)) + 1):
        yield k, binomial_density(k, n, p)
