"""Account managers: exactly one for each customer that is served, without a gap."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, decide, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.portfolio.events import CustomerHandedOver, ManagerAssigned
from servicecrm.portfolio.lifecycle import ASSIGN_MANAGER
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Tenure, lies_in

__all__ = ["assign_manager", "ended", "hand_over_due", "manager_at", "transfers"]


def assign_manager(
    customer: Customer,
    manager: str,
    *,
    deputy: str | None = None,
    since: datetime | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Name the account manager of a customer, from now or `since` a day to come on, and the deputy.

    The one before stays until then, when `hand_over_due` hands over; a handover that was planned and has not begun is
    dropped.

    Raises:
        TransitionNotAllowed: the customer has left.
        InvalidValue: the manager is blank.
        PolicyViolation: it would begin before the present one did, or the first one would not begin at once.

    Source: FitSM-1 PR7.2; C013, K04.
    """
    event = ManagerAssigned(**stamp(by, at, occurred_at))
    start = event.occurred_at if since is None else since
    begun = tuple(each for each in customer.managers if micros(each.since) <= micros(event.recorded_at))
    new = Tenure(manager=manager, deputy=deputy, since=start, reason=reason)
    planned = start if micros(start) > micros(event.recorded_at) else None
    decision = move(customer, ASSIGN_MANAGER, event, managers=(*_until(begun, start), new), handover_at=planned)
    if begun and micros(start) < micros(begun[-1].since):
        raise PolicyViolation("since", "it cannot lie before the present account manager began")
    if not begun and micros(start) != micros(event.occurred_at):
        raise PolicyViolation("since", "the first account manager begins at once")
    return decision


def hand_over_due(customer: Customer, *, by: Actor | str, at: datetime) -> Decision[Customer] | None:
    """Let the account manager who was to come on look after a customer, once the day is there; None if it is not.

    However late it is asked, it counts from that day. A customer that goes on as another one stays as it was.

    Source: C013.
    """
    due = customer.handover_at
    if due is None or micros(due) > micros(at) or customer.merged_into is not None:
        return None
    return decide(customer, CustomerHandedOver(**stamp(by, at, due)), handover_at=None)


def _until(managers: tuple[Tenure, ...], start: datetime) -> tuple[Tenure, ...]:
    """The account managers, the last of whom ends where the next one starts; one who would have no time is left out."""
    others, last = managers[:-1], managers[-1:]
    return (*others, *(evolve(each, until=start) for each in last if micros(each.since) < micros(start)))


def manager_at(customer: Customer, at: datetime) -> Tenure | None:
    """Who looks after a customer at a time.

    Source: C013.
    """
    return next((each for each in customer.managers if lies_in(at, each.since, each.until)), None)


def transfers(customers: Iterable[Customer], leaving: str, *, at: datetime) -> tuple[str, ...]:
    """The ids of the customers that somebody else has to look after when this one leaves: as manager or as deputy.

    Planned handovers to whoever leaves count too.

    Source: C013.
    """
    return tuple(
        customer.id
        for customer in customers
        if any(
            leaving in (each.manager, each.deputy) and (each.until is None or micros(at) < micros(each.until))
            for each in customer.managers
        )
    )


def ended(managers: tuple[Tenure, ...], at: datetime) -> tuple[Tenure, ...]:
    """The account managers that there were until a time, when the last of them ends."""
    begun = (each for each in managers if micros(each.since) <= micros(at))
    return tuple(
        evolve(each, until=at) if each.until is None or micros(each.until) > micros(at) else each for each in begun
    )
