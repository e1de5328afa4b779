"""Weights that make a sample look like its population, and the truth about whether they do."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import count
from math import fsum, inf
from typing import Final, Literal, NamedTuple, cast

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.scales import number

__all__ = [
    "EmptyTargetLevel",
    "FittedTable",
    "Raking",
    "RakingOutcome",
    "Targets",
    "fitted_table",
    "poststratified",
    "rake",
]

RakingOutcome = Literal["converged", "not_possible", "rounds_used_up"]
"""Every margin is met; the margins contradict each other, or the cap, and nothing gets better; it would take longer."""

_NO_PROGRESS: Final = 50
"""Rounds over which the error has to fall by a hundredth, if there is to be hope."""


class EmptyTargetLevel(InvalidValue):
    """Nobody has answered from a part of the population, so that no weight can make up for it."""

    code = "empty_target_level"

    def __init__(self, variable: str, level: str) -> None:
        self.variable = variable
        self.level = level
        super().__init__(
            f"targets of {variable}", f"nobody in the sample has the level {level!r}; join it with another level"
        )


@record
class Raking:
    """Weights, one of each row, and what they are worth.

    `margin_error` is the largest part by which a margin misses its target. `n_eff` is how many answers of equal weight
    would tell as much, and `design_effect` by what factor the variance grows. `at_cap` counts the respondents whose
    weight was cut.
    """

    weights: tuple[float, ...]
    outcome: RakingOutcome
    rounds: int
    margin_error: float
    total: float
    n: int
    n_eff: float
    design_effect: float | None
    at_cap: int

    @property
    def converged(self) -> bool:
        """Is every margin met?"""
        return self.outcome == "converged"


Targets = Mapping[str, Mapping[str, float]]
"""For each variable the total, or the share, of each of its levels in the population."""


def rake(
    rows: Sequence[Sequence[str]],
    targets: Targets,
    *,
    variables: Sequence[str],
    counts: Sequence[int] | None = None,
    weights: Sequence[float] | None = None,
    cap: float | None = None,
    tolerance: float = 1e-9,
    max_rounds: int = 1000,
) -> Raking:
    """Weights with which the sample has the margins of its population.

    A row has the level of each of the `variables`; it is one respondent, or `counts` of them who are alike. Their
    design weights are kept and multiplied. The weights sum to the total of the targets. `cap` is the largest weight,
    as a multiple of the mean weight. It has converged only if every margin is met to `tolerance`, whatever the cap.

    Raises:
        EmptyTargetLevel: nobody is in a level that has a target.
        InvalidValue: a row has a level without a target; the targets of the variables have different totals; a row,
            count or weight is missing or below 0.

    Source: Deming & Stephan 1940; DeBell & Krosnick 2009 (cap, outcomes).
    """
    if cap is not None and cap < 1:
        raise InvalidValue("cap", "the largest weight is at least the mean weight")
    if any(given is not None and len(given) != len(rows) for given in (counts, weights)):
        raise InvalidValue("rows", "expected a count and a weight for each row")
    try:
        units, places = _alike(rows, weights)
    except TypeError:  # rows that cannot be looked up, such as lists
        units, places = _alike(list(map(tuple, rows)), weights)
    respondents = dict(zip(units, _counted(places, len(units), counts), strict=True))
    _check(respondents, targets, variables)
    margins = [_margin(respondents, at, name, targets[name]) for at, name in enumerate(variables) if name in targets]
    n, total = sum(respondents.values()), fsum(margins[0].targets)
    limit = None if cap is None else cap * total / n
    fit = _fit(respondents, margins, limit=None, tolerance=tolerance, max_rounds=max_rounds)
    if limit is not None and max(fit.weights.values()) > limit:
        fit = _fit(respondents, margins, limit=limit, tolerance=tolerance, max_rounds=max_rounds)
    sum_of_squares = fsum(many * fit.weights[unit] ** 2 for unit, many in respondents.items())
    weight = fsum(many * fit.weights[unit] for unit, many in respondents.items())
    n_eff = weight**2 / sum_of_squares if sum_of_squares else 0.0  # of margins that leave nobody
    return Raking(
        weights=tuple(map(list(fit.weights.values()).__getitem__, places)),
        outcome=fit.outcome,
        rounds=fit.rounds,
        margin_error=fit.error,
        total=total,
        n=n,
        n_eff=n_eff,
        design_effect=n / n_eff if n_eff else None,
        at_cap=sum(many for unit, many in respondents.items() if limit is not None and fit.weights[unit] >= limit),
    )


class FittedTable(NamedTuple):
    """A table with the margins that were asked for, if the outcome says so."""

    table: tuple[tuple[float, ...], ...]
    outcome: RakingOutcome
    margin_error: float


def fitted_table(
    seed: Sequence[Sequence[float]], row_totals: Sequence[float], column_totals: Sequence[float]
) -> FittedTable:
    """The table that has these margins and keeps the odds between the cells of `seed`.

    Raises:
        EmptyTargetLevel: a row or column has a total, and nothing in its cells.
        InvalidValue: the totals do not fit the table, or have different sums.

    Source: Deming & Stephan 1940 (iterative proportional fitting).
    """
    cells = [(f"{i}", f"{j}") for i in range(len(row_totals)) for j in range(len(column_totals))]
    flat = [cell for row in seed for cell in row]
    if len(seed) != len(row_totals) or len(flat) != len(cells) or any(len(row) != len(column_totals) for row in seed):
        raise InvalidValue("seed", "expected a total for each row and each column")
    totals = {"row": row_totals, "column": column_totals}
    targets = {name: {f"{i}": total for i, total in enumerate(of)} for name, of in totals.items()}
    found = rake(cells, targets, variables=("row", "column"), weights=flat)
    width = len(column_totals)
    table = tuple(found.weights[at : at + width] for at in range(0, len(cells), width))
    return FittedTable(table, found.outcome, found.margin_error)


def poststratified(counts: Mapping[str, int], targets: Mapping[str, float]) -> dict[str, float]:
    """The weight of one respondent of each stratum, so that the strata have their share of the population.

    Raises:
        EmptyTargetLevel: nobody is in a stratum that has a target.
        InvalidValue: a stratum has no target.

    Source: Holt & Smith 1979.
    """
    found = rake(
        [(stratum,) for stratum in counts],
        {"stratum": targets},
        variables=("stratum",),
        counts=list(counts.values()),
    )
    return dict(zip(counts, found.weights, strict=True))


# -- the fit -------------------------------------------------------------------------------------

_Unit = tuple[tuple[str, ...], float]
"""Respondents who are alike: the levels, and the design weight."""


class _Margin(NamedTuple):
    """The target of each level of a variable, and the level of each unit."""

    targets: list[float]
    levels: list[int]


class _Fit(NamedTuple):
    weights: dict[_Unit, float]
    outcome: RakingOutcome
    rounds: int
    error: float


def _alike(rows: Sequence[Sequence[str]], weights: Sequence[float] | None) -> tuple[list[_Unit], list[int]]:
    """The different respondents, and which of these each row is. A row is looked up once: that is most of the work."""
    numbered: dict[Hashable, int] = defaultdict(count().__next__)
    if weights is None:
        places = list(map(numbered.__getitem__, cast(Iterable[Hashable], rows)))
        return [(cast(tuple[str, ...], row), 1.0) for row in numbered], places
    places = list(map(numbered.__getitem__, zip(rows, map(number, weights), strict=True)))
    return cast(list[_Unit], list(numbered)), places


def _counted(places: Sequence[int], units: int, counts: Sequence[int] | None) -> list[int]:
    if counts is None:
        found = Counter(places)
        return [found[place] for place in range(units)]
    respondents = [0] * units
    for place, many in zip(places, counts, strict=True):
        respondents[place] += many
    return respondents


def _check(respondents: Mapping[_Unit, int], targets: Targets, variables: Sequence[str]) -> None:
    if any(len(row) != len(variables) for row, _ in respondents):
        raise InvalidValue("rows", f"expected {len(variables)} levels in each row")
    if any(weight < 0 or many < 0 for (_, weight), many in respondents.items()):
        raise InvalidValue("weights", "counts and weights are 0 or more")
    if not targets or not set(targets) <= set(variables):
        raise InvalidValue("targets", "expected targets for one or more of the variables")
    if any(target < 0 for of in targets.values() for target in of.values()):
        raise InvalidValue("targets", "a total is 0 or more")
    totals = [fsum(of.values()) for of in targets.values()]
    if min(totals) <= 0 or max(totals) - min(totals) > 1e-9 * max(totals):
        raise InvalidValue("targets", "the targets of all variables have the same total, which is above 0")


def _margin(respondents: Mapping[_Unit, int], at: int, name: str, targets: Mapping[str, float]) -> _Margin:
    here = {row[at] for (row, weight), many in respondents.items() if many and weight}
    for level, target in targets.items():
        if target > 0 and level not in here:
            raise EmptyTargetLevel(name, level)
    order = {level: i for i, level in enumerate(targets)}
    if not {row[at] for row, _ in respondents} <= order.keys():
        raise InvalidValue(f"targets of {name}", "a row has a level without a target; give each level one")
    return _Margin(list(targets.values()), [order[row[at]] for row, _ in respondents])


def _fit(
    respondents: Mapping[_Unit, int],
    margins: list[_Margin],
    *,
    limit: float | None,
    tolerance: float,
    max_rounds: int,
) -> _Fit:
    many, weights = list(respondents.values()), [weight for _, weight in respondents]
    outcome: RakingOutcome = "rounds_used_up"
    error, earlier, done = inf, inf, 0
    while done < max_rounds:
        done += 1
        for margin in margins:
            achieved = _achieved(margin, many, weights)
            factors = [target / sum_ if sum_ else 0.0 for target, sum_ in zip(margin.targets, achieved, strict=True)]
            weights = [weight * factors[level] for weight, level in zip(weights, margin.levels, strict=True)]
        if limit is not None:
            weights = [min(weight, limit) for weight in weights]
        error = max(_missed(margin, _achieved(margin, many, weights)) for margin in margins)
        if error <= tolerance:
            outcome = "converged"
            break
        if done % _NO_PROGRESS == 0:
            if error > 0.99 * earlier:
                outcome = "not_possible"
                break
            earlier = error
    return _Fit(dict(zip(respondents, weights, strict=True)), outcome, done, error)


def _achieved(margin: _Margin, many: list[int], weights: list[float]) -> list[float]:
    sums = [0.0] * len(margin.targets)
    for level, respondents, weight in zip(margin.levels, many, weights, strict=True):
        sums[level] += respondents * weight
    return sums


def _missed(margin: _Margin, achieved: list[float]) -> float:
    """The largest part by which a level misses its target; a target of 0 is always met."""
    pairs = zip(margin.targets, achieved, strict=True)
    return max(abs(found - target) / target for target, found in pairs if target)
