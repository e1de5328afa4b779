"""The moves of a customer, none of them before it was added."""

from servicecrm.kernel.decisions import Decision, Event
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.lifecycle import LIFECYCLE
from servicecrm.portfolio.model import Customer

__all__ = ["move"]


def move(customer: Customer, action: str, event: Event, /, **changes: object) -> Decision[Customer]:
    """Take a step that the lifecycle allows.

    Raises:
        TransitionNotAllowed: the lifecycle has no such move from this state.
        GuardNotMet: something has to be there first, or the customer goes on as another one.
        PolicyViolation: it would lie before the customer was added.
    """
    decision = LIFECYCLE.move(customer, action, event, **changes)
    check_follows(event, customer.added_at, "the customer was added")
    return decision
