"""Classes of customers: which one the rules of the house say, why, and for how long a person has overruled them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import mapped
from servicecrm.kernel.years import in_years
from servicecrm.portfolio.codes import ValueClass
from servicecrm.portfolio.events import CustomerClassified
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.lifecycle import CLASSIFY
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Assignment, lies_in
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy
from servicecrm.portfolio.rfm import RfmScore

__all__ = ["Facts", "Proposal", "class_at", "classify", "facts", "migration", "overrule", "propose"]

Facts = Mapping[str, float | str | None]
"""What rules look at, by name. What is not known is None, or is not there."""


@attrs.frozen
class Proposal:
    """The class that the rules say, the rule that fits, and what it looked at. No rule is for whoever is standard."""

    value_class: ValueClass
    rule: str | None
    reason: str


def facts(
    customer: Customer,
    *,
    rfm: RfmScore | None = None,
    satisfaction: float | None = None,
    complaints: int | None = None,
    health: float | None = None,
) -> Facts:
    """What the shipped rules look at: the state, the grades, satisfaction from 0 to 1, open complaints, and health.

    Give more of your own: `{**facts(customer), "revenue": 12_000}`.
    """
    grades = {} if rfm is None else {"r": rfm.r, "f": rfm.f, "m": rfm.m, "weighted": rfm.weighted}
    return {
        "state": customer.state,
        "kind": customer.kind.value,
        **grades,
        "satisfaction": satisfaction,
        "complaints": complaints,
        "health": health,
    }


def propose(facts: Facts, *, policy: PortfolioPolicy = DEFAULT) -> Proposal:
    """The class of a customer: that of the first rule that fits, or standard.

    Raises:
        InvalidValue: the facts are no mapping.

    Source: C021.
    """
    told_of = mapped("facts", facts)
    for rule in policy.rules:
        if all(condition.met(told_of.get(condition.fact)) for condition in rule.conditions):
            told = "; ".join(map(str, rule.conditions))
            return Proposal(rule.value_class, rule.name, f"{rule.name}: {told}")
    return Proposal(ValueClass.STANDARD, None, "no rule fits")


def classify(
    customer: Customer,
    facts: Facts,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Customer] | None:
    """Put a customer into the class that the rules say; None if it is there for the same reason, or overruled.

    Raises:
        TransitionNotAllowed: it is archived or erased.
        PolicyViolation: it was put into a class later.

    Source: C021.
    """
    event = CustomerClassified(**stamp(by, at, occurred_at))
    found = propose(facts, policy=policy)
    now = class_at(customer, event.occurred_at)
    if now is not None and (
        now.until is not None or (now.value_class, now.reason) == (found.value_class, found.reason)
    ):
        return None
    new = Assignment(value_class=found.value_class, rule=found.rule, reason=found.reason, since=event.occurred_at)
    return _assigned(customer, event, new)


def overrule(
    customer: Customer,
    value_class: ValueClass | str,
    reason: str,
    *,
    until: datetime,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Put a customer into a class whatever the rules say, for a reason, until a day; after it, the rules count again.

    Raises:
        TransitionNotAllowed: it is archived or erased.
        InvalidValue: the class is unknown, the reason is blank, or that day is over.
        PolicyViolation: it was put into a class later.

    Source: C021.
    """
    event = CustomerClassified(**stamp(by, at, occurred_at))
    if micros(in_years("until", until)) <= micros(event.occurred_at):
        raise InvalidValue("until", "it ends after it begins; name a later time")
    new = Assignment(value_class=ValueClass(value_class), reason=reason, since=event.occurred_at, until=until)
    return _assigned(customer, event, new)


def class_at(customer: Customer, at: datetime) -> Assignment | None:
    """The class of a customer at a time: the last one that it was put into, but for one that had ended by then.

    Source: C021.
    """
    return next((each for each in reversed(customer.classes) if lies_in(at, each.since, each.until)), None)


def migration(
    before: Mapping[str, ValueClass], after: Mapping[str, ValueClass]
) -> dict[tuple[ValueClass, ValueClass], int]:
    """How many customers went from which class to which; (same, same) are those that stayed.

    Raises:
        InvalidValue: the two are not about the same customers.

    Source: C021.
    """
    if before.keys() != after.keys():
        raise InvalidValue("migration", "expected the same customers before and after")
    counted = Counter((before[id], after[id]) for id in before)
    return {(one, other): counted[one, other] for one in ValueClass for other in ValueClass}


def _assigned(customer: Customer, event: CustomerClassified, new: Assignment) -> Decision[Customer]:
    decision = move(customer, CLASSIFY, event, classes=(*customer.classes, new))
    check_follows(event, customer.classes[-1].since if customer.classes else None, "it was put into a class last")
    return decision
