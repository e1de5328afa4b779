"""How well a relationship goes, in one figure that says what it is made of."""

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.measures.indexes import weighted_index
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy

__all__ = ["Health", "complaint_part", "external_part", "health", "recency_part"]


@attrs.frozen
class Health:
    """The health of a relationship from 0 to 100, its parts from 0 to 1, and those that nothing is known of.

    Without any part it is None.

    Source: K10.
    """

    value: float | None
    parts: Mapping[str, float]
    missing: tuple[str, ...]


def health(parts: Mapping[str, float | None], *, policy: PortfolioPolicy = DEFAULT) -> Health:
    """The weighted mean of the parts that are known, by the weights of the house.

    The shipped parts are `satisfaction`, `complaints`, `targets` (the share that was met), `reviews` (the share of
    those due that were held), `recency` and `external`. A part that is not given is missing, and never taken for 0: the
    others take over its weight.

    Raises:
        InvalidValue: the house has no such part, or one does not lie between 0 and 1.

    Source: C022, K10.
    """
    weights = {name: float(weight) for name, weight in policy.health.items() if isinstance(weight, int | float)}
    unknown = sorted(parts.keys() - weights.keys())
    if unknown:
        raise InvalidValue("parts", f"there is no part {', '.join(unknown)}; known: {', '.join(weights)}")
    wrong = sorted(name for name, part in parts.items() if part is not None and not 0 <= part <= 1)
    if wrong:
        raise InvalidValue("parts", f"a part lies between 0 and 1: {', '.join(wrong)}")
    every = {name: parts.get(name) for name in weights}
    index = weighted_index(every, weights)
    known = {name: part for name, part in every.items() if part is not None}
    return Health(None if index.value is None else 100 * index.value, known, index.missing)


def complaint_part(open_complaints: int) -> float:
    """1 without an open complaint; each one more takes a smaller step down: a half, a third, a quarter."""
    return 1 / (1 + open_complaints)


def recency_part(heard_of: datetime, *, at: datetime, policy: PortfolioPolicy = DEFAULT) -> float:
    """1 when something is heard of a customer, then down in a straight line, to 0 when it is dormant."""
    silent = (at.astimezone(UTC) - heard_of.astimezone(UTC)) / policy.dormant_after
    return min(1.0, max(0.0, 1 - silent))


def external_part(customer: Customer, *, at: datetime, policy: PortfolioPolicy = DEFAULT) -> float | None:
    """The mean of the scores from elsewhere on their scales; None if there is none, or all are too old.

    Source: C022.
    """
    fresh = [
        score.share
        for score in customer.scores
        if micros(score.at) <= micros(at) < micros(score.at.astimezone(UTC) + policy.scores_within)
    ]
    return sum(fresh) / len(fresh) if fresh else None
