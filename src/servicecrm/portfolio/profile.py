"""What is known of a customer, from which source, and what is not known."""

from collections.abc import Iterable
from datetime import datetime

import attrs

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.measures.indexes import weighted_index
from servicecrm.portfolio.channels import consented
from servicecrm.portfolio.events import ObservationCollected, ScoreTaken
from servicecrm.portfolio.lifecycle import COLLECT, SCORE
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import ExternalScore, Observation
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy
from servicecrm.portfolio.rules import Value

__all__ = ["Known", "collect", "completeness", "known", "take_score"]


@attrs.frozen
class Known:
    """What counts as known of a field, and the observations that say something else."""

    value: Value = attrs.field(repr=False)
    of: Observation
    others: tuple[Observation, ...]


def collect(
    customer: Customer,
    field: str,
    value: str,
    *,
    source: str,
    confidence: float = 1.0,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Customer]:
    """Keep what a source says of a customer. It takes the place of what the same source said earlier, and of no other.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        InvalidValue: the field does not hold such a value, or the confidence is not between 0 and 1.
        PolicyViolation: the house has no such field, the customer has not consented to it, or the source has said
            something later already.

    Source: C018.
    """
    event = ObservationCollected(**stamp(by, at, occurred_at), field=field)
    new = Observation(field=field, value=value, source=source, at=event.occurred_at, confidence=confidence)
    same = [each for each in customer.profile if (each.field, each.source) == (field, source)]
    others = tuple(each for each in customer.profile if each not in same)
    decision = move(customer, COLLECT, event, profile=(*others, new))
    asked = policy.field(field)
    asked.read(value)
    if asked.consent is not None and not consented(customer, asked.consent, at=event.occurred_at):
        raise PolicyViolation("consent", f"{field} is kept only with the consent to {asked.consent}")
    if any(micros(each.at) > micros(new.at) for each in same):
        raise PolicyViolation("occurred_at", "the source has said something later already")
    return decision


def known(customer: Customer, field: str, *, policy: PortfolioPolicy = DEFAULT) -> Known | None:
    """What counts of what was said about a field: the most trusted source, then the newest, then the surest.

    A field that needs a consent is known as long as there is one.

    Raises:
        PolicyViolation: the house has no such field.

    Source: C018.
    """
    asked = policy.field(field)
    said = [each for each in customer.profile if each.field == field]
    if not said or (asked.consent is not None and not consented(customer, asked.consent)):
        return None
    rank = {source: n for n, source in enumerate(reversed(policy.trusted))}
    best = max(said, key=lambda each: (rank.get(each.source, -1), micros(each.at), each.confidence))
    return Known(asked.read(best.value), best, tuple(each for each in said if each.value != best.value))


def completeness(customers: Iterable[Customer], *, policy: PortfolioPolicy = DEFAULT) -> float | None:
    """The share of the fields that are known, by their weights: of one customer, or on average; None without any.

    Source: K06, C018.
    """
    weights = {field.name: field.weight for field in policy.fields}
    if not any(weights.values()):
        return None
    shares = [
        weighted_index(
            {name: float(known(customer, name, policy=policy) is not None) for name in weights}, weights
        ).value
        for customer in customers
    ]
    there = [share for share in shares if share is not None]
    return sum(there) / len(there) if there else None


def take_score(
    customer: Customer,
    value: float,
    *,
    source: str,
    worst: float,
    best: float,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Keep a score from elsewhere, such as that of a rating agency, on its own scale. It replaces the earlier one.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        InvalidValue: it does not lie on that scale.

    Source: C022; SRM, scoring of third-party information.
    """
    event = ScoreTaken(**stamp(by, at, occurred_at), source=source)
    new = ExternalScore(source=source, value=value, worst=worst, best=best, at=event.occurred_at)
    others = tuple(each for each in customer.scores if each.source != source)
    return move(customer, SCORE, event, scores=(*others, new))
