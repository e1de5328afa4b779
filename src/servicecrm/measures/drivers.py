"""What moves overall satisfaction? Shares of its variation by driver, and where importance and performance part."""

from collections.abc import Mapping, Sequence
from math import factorial, fsum, sqrt
from typing import Final, Literal

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.items import Rows, answered, complete
from servicecrm.measures.matrices import Matrix, correlations, covariances, eigen
from servicecrm.measures.scales import number
from servicecrm.measures.scores import Reason

__all__ = ["Aspect", "Crosshair", "Driver", "Drivers", "Quadrant", "Quadrants", "key_drivers", "quadrants"]

_MOST: Final = 15
_NOTHING_LEFT: Final = 1e-10


@record
class Driver:
    """What one driver contributes: its correlation with the outcome, and its share of the R squared of them all.

    `lmg` is the gain in R squared, averaged over all orders in which drivers can be added; it is None for more than 15
    drivers. `relative_weight` is Johnson's, which is quick for any number.
    """

    name: str
    correlation: float
    lmg: float | None
    relative_weight: float

    @property
    def first_r_squared(self) -> float:
        """What it explains alone."""
        return self.correlation**2


@record
class Drivers:
    """The drivers of an outcome, from `n` complete rows. Without any, `reason` says why."""

    outcome: str
    n: int
    r2: float | None
    drivers: tuple[Driver, ...]
    reason: Reason | None = None

    def __getitem__(self, name: str) -> Driver:
        for driver in self.drivers:
            if driver.name == name:
                return driver
        raise InvalidValue("driver", f"there is no driver {name!r}")


def key_drivers(rows: Rows, *, columns: Sequence[str], outcome: str) -> Drivers:
    """How much each other column explains of the outcome, by linear regression on the complete rows.

    This says what goes together, not what causes what.

    Raises:
        InvalidValue: the outcome is not among the columns, or is the only one; a row does not fit them.

    Source: Lindeman, Merenda & Gold 1980 and Kruskal 1987 (LMG, Shapley); Johnson 2000 (relative weights);
        Thomas, Zumbo, Kwan & Schweitzer 2014 (why LMG comes first).
    """
    if outcome not in columns or len(columns) < 2:
        raise InvalidValue("outcome", "expected one of the columns, and at least one other")
    found = complete(answered(rows, items=columns))
    n, last = sum(found.values()), columns.index(outcome)
    names = [column for column in columns if column != outcome]
    ordered = (((*row[:last], *row[last + 1 :], row[last]), times) for row, times in found.items())
    correlation = correlations(covariances(ordered, width=len(columns)))
    if correlation is None or n < len(columns) + 1:
        reason: Reason = "no_answers" if n < len(columns) + 1 else "no_variance"
        return Drivers(outcome=outcome, n=n, r2=None, drivers=(), reason=reason)
    weights = _relative_weights(correlation)
    shares = _lmg(correlation) if len(names) <= _MOST else [None] * len(names)
    drivers = tuple(
        Driver(name=name, correlation=correlation[i][-1], lmg=shares[i], relative_weight=weights[i])
        for i, name in enumerate(names)
    )
    return Drivers(outcome=outcome, n=n, r2=fsum(weights), drivers=drivers)


def _lmg(correlation: Matrix) -> list[float | None]:
    """The gain of each driver, averaged over all orders: over the sets that may stand before it."""
    many = len(correlation) - 1
    explained = [0.0] * (1 << many)
    _explain(correlation, list(range(many)), 0, explained)
    chance = [factorial(size) * factorial(many - size - 1) / factorial(many) for size in range(many)]
    gains: list[float | None] = []
    for i in range(many):
        bit = 1 << i
        before = (mask for mask in range(1 << many) if not mask & bit)
        gains.append(fsum(chance[mask.bit_count()] * (explained[mask | bit] - explained[mask]) for mask in before))
    return gains


def _explain(left: Matrix, names: Sequence[int], mask: int, explained: list[float]) -> None:
    """R squared of every set of drivers that adds to `mask` some of those named; the outcome stands last in `left`.

    `left` is what covariance is left between them once the drivers of `mask` are known.
    """
    for at, name in enumerate(names):
        pivot, row = left[at][at], left[at]
        known = mask | 1 << name
        if pivot <= _NOTHING_LEFT:  # the others tell all that this one could
            explained[known] = explained[mask]
            rest = [other[at + 1 :] for other in left[at + 1 :]]
        else:
            explained[known] = explained[mask] + row[-1] ** 2 / pivot
            rest = [
                [x - other[at] * y / pivot for x, y in zip(other[at + 1 :], row[at + 1 :], strict=True)]
                for other in left[at + 1 :]
            ]
        _explain(rest, names[at + 1 :], known, explained)


def _relative_weights(correlation: Matrix) -> list[float]:
    """Johnson's weights: through the uncorrelated variables that lie closest to the drivers."""
    many = len(correlation) - 1
    values, vectors = eigen([row[:-1] for row in correlation[:-1]])
    usable = [k for k in range(many) if values[k] > _NOTHING_LEFT]
    roots = {k: sqrt(values[k]) for k in usable}
    outcome = [row[-1] for row in correlation[:-1]]
    along = {k: fsum(vectors[i][k] * outcome[i] for i in range(many)) / roots[k] for k in usable}
    paths = [[fsum(vectors[i][k] * roots[k] * vectors[j][k] for k in usable) for j in range(many)] for i in range(many)]
    betas = [fsum(vectors[j][k] * along[k] for k in usable) for j in range(many)]
    return [fsum(paths[i][j] ** 2 * betas[j] ** 2 for j in range(many)) for i in range(many)]


# -- importance and performance ------------------------------------------------------------------

Quadrant = Literal["keep_up", "concentrate_here", "possible_overkill", "low_priority"]
"""Important and good; important and not good; good and not important; neither."""


@record
class Crosshair:
    """Where importance and performance are cut in two. What lies on a line is on its upper side."""

    importance: float = attrs.field(converter=number)
    performance: float = attrs.field(converter=number)


@record
class Aspect:
    """One aspect of a service: how important it is, how good, and what follows."""

    name: str
    importance: float = attrs.field(converter=number)
    performance: float = attrs.field(converter=number)
    quadrant: Quadrant


@record
class Quadrants:
    """The aspects with their quadrants, in order, and the lines that cut them."""

    crosshair: Crosshair
    aspects: tuple[Aspect, ...]

    def __getitem__(self, name: str) -> Quadrant:
        for aspect in self.aspects:
            if aspect.name == name:
                return aspect.quadrant
        raise InvalidValue("aspect", f"there is no aspect {name!r}")


def quadrants(
    importance: Mapping[str, float], performance: Mapping[str, float], *, crosshair: Crosshair | None = None
) -> Quadrants:
    """Sort aspects by importance and performance. Without a `crosshair` the lines lie at the means of the aspects.

    For lines at the middle of a scale, give `Crosshair(importance=scale.middle, performance=scale.middle)`. Whether
    importance was stated by respondents or computed as a driver, say so beside the result.

    Raises:
        InvalidValue: the two do not have the same aspects, or none.

    Source: Martilla & James 1977; C081.
    """
    if importance.keys() != performance.keys() or not importance:
        raise InvalidValue("performance", "expected the aspects of importance, at least one")
    if crosshair is None:
        means = (fsum(of.values()) / len(of) for of in (importance, performance))
        crosshair = Crosshair(importance=next(means), performance=next(means))
    aspects = tuple(
        Aspect(
            name=name,
            importance=important,
            performance=good,
            quadrant=_QUADRANTS[important >= crosshair.importance, good >= crosshair.performance],
        )
        for name, important, good in ((name, importance[name], performance[name]) for name in importance)
    )
    return Quadrants(crosshair=crosshair, aspects=aspects)


_QUADRANTS: Final[dict[tuple[bool, bool], Quadrant]] = {
    # is it important, is it good?
    (True, True): "keep_up",
    (True, False): "concentrate_here",
    (False, True): "possible_overkill",
    (False, False): "low_priority",
}
