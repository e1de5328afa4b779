"""Weights that make those who answered look like those who could have, and what is left of the answers then."""

from collections.abc import Iterable, Sequence
from math import fsum

from servicecrm.kernel.records import record
from servicecrm.measures.weighting import Raking, RakingOutcome, Targets, rake
from servicecrm.surveys.columns import Responses, tabulate
from servicecrm.surveys.model import Questionnaire

__all__ = ["Weighting", "weigh", "weighting"]


@record
class Weighting:
    """How the responses were weighed. `n_eff` is how many of equal weight would tell as much.

    Of weights from targets `outcome` says whether every margin is met, and `margin_error` by what part one misses its
    target. `at_cap` counts the respondents whose weight was cut.
    """

    n_eff: float
    design_effect: float | None
    outcome: RakingOutcome | None = None
    margin_error: float | None = None
    at_cap: int = 0


def weigh(
    questionnaire: Questionnaire,
    responses: Responses,
    targets: Targets,
    *,
    weights: Sequence[float] | None = None,
    cap: float | None = None,
) -> Raking:
    """Weights with which the responses have the margins of the population: `{"region": {"north": 450, "south": 550}}`.

    There is one for each response that counts; `evaluate(..., weights=...)` takes the result as it is.

    The names are those of columns, attributes of responses, or items that are chosen from. With one name this is
    post-stratification, with several it is raking. Look at `outcome` of the result: it has converged only if every
    margin is met.

    Raises:
        EmptyTargetLevel: nobody is in a level that has a target.
        InvalidValue: as `servicecrm.measures.rake` does, or there is no such column.

    Source: C073, C080; Holt & Smith 1979; Deming & Stephan 1940.
    """
    names = tuple(targets)
    table = tabulate(questionnaire, responses, keep=names)
    rows = list(zip(*map(table.groups, names), strict=True))
    designed = None if weights is None else table.beside(weights, "weights")
    return rake(rows, targets, variables=names, weights=designed, cap=cap)


def weighting(given: Sequence[float] | Raking | None, weights: Iterable[float]) -> Weighting:
    """What is known of the weights that were used."""
    listed = list(weights)
    squares = fsum(weight * weight for weight in listed)
    n_eff = fsum(listed) ** 2 / squares if squares else 0.0
    design_effect = len(listed) / n_eff if n_eff else None
    if not isinstance(given, Raking):
        return Weighting(n_eff=n_eff, design_effect=design_effect)
    return Weighting(
        n_eff=n_eff,
        design_effect=design_effect,
        outcome=given.outcome,
        margin_error=given.margin_error,
        at_cap=given.at_cap,
    )
