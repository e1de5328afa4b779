"""What is missing in the portfolio, and how many customers come, stay and go."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Period
from servicecrm.portfolio.channels import channels_for
from servicecrm.portfolio.codes import ContactRole
from servicecrm.portfolio.managers import manager_at
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.parts import lies_in
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy

__all__ = ["Coming", "Gap", "coming_and_going", "currency", "gaps", "is_current", "manager_coverage", "served_at"]


@record
class Gap:
    """Something that is missing on a customer: `code` is `contact`, `account_manager`, `channel` or `verified`.

    `purpose` is what a missing channel is for.
    """

    customer: str = attrs.field(validator=filled)
    code: str = attrs.field(validator=filled)
    purpose: str | None = None


def gaps(customers: Iterable[Customer], *, at: datetime, policy: PortfolioPolicy = DEFAULT) -> tuple[Gap, ...]:
    """What is missing on the customers that are served, by the rules of the house.

    Who has no channel for a purpose uses that of the nearest customer that it is a part of, among those given.

    Source: C014, C024.
    """
    every: dict[str, Customer] = {customer.id: customer for customer in customers}
    served = (customer for customer in every.values() if served_at(customer, at) and customer.merged_into is None)
    return tuple(gap for customer in served for gap in _gaps(customer, tuple(_above(customer, every)), at, policy))


def _gaps(customer: Customer, above: tuple[Customer, ...], at: datetime, policy: PortfolioPolicy) -> Iterator[Gap]:
    if not any(each.holds(at) and each.role is ContactRole.CUSTOMER for each in customer.contacts):
        yield Gap(customer=customer.id, code="contact")
    if manager_at(customer, at) is None:
        yield Gap(customer=customer.id, code="account_manager")
    for purpose in sorted(policy.needed_channels):
        if not channels_for(customer, purpose, above=above, policy=policy):
            yield Gap(customer=customer.id, code="channel", purpose=purpose.value)
    if not is_current(customer, at, policy=policy):
        yield Gap(customer=customer.id, code="verified")


def _above(customer: Customer, every: dict[str, Customer]) -> Iterator[Customer]:
    seen: set[str] = {customer.id}
    parent = customer.parent
    while parent is not None and parent in every and parent not in seen:
        seen.add(parent)
        yield every[parent]
        parent = every[parent].parent


def served_at(customer: Customer, at: datetime) -> bool:
    """Was a customer served at that time?"""
    return any(lies_in(at, each.since, each.until) for each in customer.served)


def is_current(customer: Customer, at: datetime, *, policy: PortfolioPolicy = DEFAULT) -> bool:
    """Did somebody verify a customer lately, as the house understands it?

    Source: C024, K05.
    """
    verified = customer.verified_at
    return verified is not None and micros(at) <= micros(verified.astimezone(UTC) + policy.verified_within)


def manager_coverage(customers: Iterable[Customer], *, at: datetime) -> float | None:
    """The share of the customers served that have an account manager; None if none is served.

    Source: K04.
    """
    return _share(customers, at, lambda customer: manager_at(customer, at) is not None)


def currency(customers: Iterable[Customer], *, at: datetime, policy: PortfolioPolicy = DEFAULT) -> float | None:
    """The share of the customers served that somebody verified lately; None if none is served.

    Source: K05.
    """
    return _share(customers, at, lambda customer: is_current(customer, at, policy=policy))


def _share(customers: Iterable[Customer], at: datetime, counts: Callable[[Customer], bool]) -> float | None:
    served = [customer for customer in customers if customer.merged_into is None and served_at(customer, at)]
    return sum(map(counts, served)) / len(served) if served else None


def _served_until(customer: Customer, at: datetime) -> bool:
    """Was a customer served up to that time? Who comes or leaves just then does so in the period that begins."""
    return any(
        micros(each.since) < micros(at) and (each.until is None or micros(at) <= micros(each.until))
        for each in customer.served
    )


@attrs.frozen
class Coming:
    """How many customers were served at the start and at the end of a period, came, left, and what follows from it.

    Who comes at the very start comes in the period, and was not there at its start.

    `lost_by` counts those who left by their reason; one without a reason is under the empty text. Churn and retention
    are about those that were there at the start; without any they are None.

    Source: K01, K02, K03.
    """

    at_start: int
    at_end: int
    new: int
    lost: int
    lost_by: Mapping[str, int]
    churn: float | None
    retention: float | None


def coming_and_going(customers: Iterable[Customer], period: Period) -> Coming:
    """Who came and who left in a period, which holds its start and not its end.

    Whoever left and came back within the period was lost, and is no churn. Erased customers count as before.

    Raises:
        InvalidValue: the period has no end.

    Source: K01, K02, K03.
    """
    if period.end is None:
        raise InvalidValue("period", "a period to count in has an end")
    every = [customer for customer in customers if customer.merged_into is None]
    start = {customer.id for customer in every if _served_until(customer, period.start)}
    end = {customer.id for customer in every if _served_until(customer, period.end)}
    left = [
        customer
        for customer in every
        for served in customer.served
        if served.until is not None and period.contains(served.until)
    ]
    reasons = Counter(customer.leaving_reason or "" for customer in left)
    churn = len(start - end) / len(start) if start else None
    return Coming(
        at_start=len(start),
        at_end=len(end),
        new=sum(each.activated_at is not None and period.contains(each.activated_at) for each in every),
        lost=len(left),
        lost_by=dict(sorted(reasons.items())),
        churn=churn,
        retention=None if churn is None else 1 - churn,
    )
