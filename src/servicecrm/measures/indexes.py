"""Figures made of several figures: weighted indexes, gaps, grades and percentages."""

from collections.abc import Iterable, Mapping
from math import fsum
from typing import TypeVar

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.histograms import Answers, histogram_of
from servicecrm.measures.scales import Scale, rescaled
from servicecrm.measures.scores import Reason

__all__ = [
    "Grades",
    "Servqual",
    "WeightedIndex",
    "bipolar_grades",
    "gaps",
    "percentages",
    "points_percent",
    "satisfaction_index",
    "servqual",
    "weighted_index",
]

K = TypeVar("K")


@record
class WeightedIndex:
    """A weighted mean of parts. `missing` names the parts without a figure, whose weight the others have taken over."""

    value: float | None
    missing: tuple[str, ...] = ()
    reason: Reason | None = None


def weighted_index(parts: Mapping[str, float | None], weights: Mapping[str, float] | None = None) -> WeightedIndex:
    """The mean of the parts by their weights, which need not sum to 1; equal ones by default.

    Raises:
        InvalidValue: a part has no weight, a weight is below 0, or none is above 0.

    Source: K40, K10, K06, C081.
    """
    weights = dict.fromkeys(parts, 1.0) if weights is None else weights
    if parts.keys() != weights.keys() or min(weights.values(), default=-1.0) < 0 or not any(weights.values()):
        raise InvalidValue("weights", "expected a weight from 0 for each part, and one above 0")
    there = {name: figure for name, figure in parts.items() if figure is not None}
    missing = tuple(name for name in parts if name not in there)
    weight = fsum(weights[name] for name in there)
    if not weight:
        return WeightedIndex(value=None, missing=missing, reason="no_values")
    value = fsum(weights[name] * figure for name, figure in there.items()) / weight
    return WeightedIndex(value=value, missing=missing)


def satisfaction_index(
    means: Mapping[str, float | None], *, scale: Scale, weights: Mapping[str, float] | None = None
) -> WeightedIndex:
    """An index from 0 to 100 of the mean answers to several questions, in the manner of the ACSI.

    The ACSI takes its three weights from a model of its own; give yours, or leave them equal.

    Raises:
        InvalidValue: as `weighted_index` does.

    Source: Fornell et al. 1996; K40.
    """
    parts = {name: None if mean is None else rescaled(mean, scale) for name, mean in means.items()}
    return weighted_index(parts, weights)


def gaps(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """How far the first figure of each aspect lies above the second.

    `gaps(importance, satisfaction)` is what to work on; `gaps(perception, expectation)` is what SERVQUAL asks for.

    Raises:
        InvalidValue: the two do not have the same aspects.

    Source: K40, C081.
    """
    if first.keys() != second.keys():
        raise InvalidValue("aspects", "expected the same aspects in both")
    return {aspect: first[aspect] - second[aspect] for aspect in first}


@record
class Servqual:
    """The SERVQUAL score: the mean gap, the one by importance, and the dimension that lags most."""

    unweighted: float
    weighted: float
    worst: str


def servqual(gaps: Mapping[str, float], points: Mapping[str, float]) -> Servqual:
    """The score from the gap of each dimension (perception less expectation) and its importance in points of 100.

    Raises:
        InvalidValue: the points are not for the same dimensions, or do not sum to 100.

    Source: Parasuraman, Zeithaml & Berry 1988, 1991.
    """
    if gaps.keys() != points.keys() or not gaps or abs(fsum(points.values()) - 100) > 1e-9:
        raise InvalidValue("points", "expected points for each dimension, 100 in all")
    return Servqual(
        unweighted=fsum(gaps.values()) / len(gaps),
        weighted=fsum(gap * points[name] for name, gap in gaps.items()) / 100,
        worst=min(gaps, key=gaps.__getitem__),
    )


@record
class Grades:
    """Grades of answers between too little and too much: the mean, and the share of each grade from 1 (best) to 5."""

    mean: float | None
    distribution: tuple[float, ...]
    n: int


def bipolar_grades(answers: Answers, *, scale: Scale) -> Grades:
    """Grade answers from -m (too little) to m (too much), of which 0 is the best: 1 + 4 |x| / m.

    An answer between two whole grades is shared between them.

    Raises:
        InvalidValue: the middle of the scale is not 0.
    """
    if scale.middle != 0:
        raise InvalidValue("scale", "such a scale leads from -m to m")
    found = histogram_of(answers, scale=scale)
    if not found.weight:
        return Grades(mean=None, distribution=(), n=0)
    shares: list[list[float]] = [[] for _ in range(5)]
    for weight, x in zip(found.weights, scale.points, strict=True):
        worse = 4 * abs(x) / scale.high  # than the best, in grades
        whole = min(int(worse), 3)
        shares[whole].append(weight * (whole + 1 - worse))
        shares[whole + 1].append(weight * (worse - whole))
    distribution = tuple(fsum(share) / found.weight for share in shares)
    return Grades(
        mean=fsum(grade * share for grade, share in enumerate(distribution, 1)),
        distribution=distribution,
        n=found.n,
    )


def percentages(counts: Mapping[K, float]) -> dict[K, float | None]:
    """What percentage of all each count is; None if all are 0.

    A table is done row by row, so that each row is its own base.
    """
    total = fsum(counts.values())
    return {code: 100 * count / total if total else None for code, count in counts.items()}


def points_percent(points: Iterable[tuple[float | None, float]]) -> float | None:
    """The percentage of points reached, from the points and the most that could be had of each question.

    Leave out what was not shown. A question without an answer has None, and lowers the percentage.

    Source: C078.
    """
    reached, possible = 0.0, 0.0
    for got, most in points:
        reached += got or 0.0
        possible += most
    return 100 * reached / possible if possible else None
