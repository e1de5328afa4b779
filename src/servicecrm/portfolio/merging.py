"""Two records of one customer, joined by a person, and parted again if that was wrong."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.shapes import distinct, several
from servicecrm.portfolio.contacts import checked
from servicecrm.portfolio.events import CustomerMerged, CustomerUnmerged, DuplicateGivenBack, DuplicateTakenIn
from servicecrm.portfolio.lifecycle import GIVE_BACK, MERGE, TAKE_IN, UNMERGE
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import TakenIn

__all__ = ["merge", "unmerge"]


def merge(
    customer: Customer,
    into: Customer,
    *,
    ancestors: Iterable[str] = (),
    parts: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Customer], Decision[Customer]]:
    """Let a customer go on as another one, because both are the same. It keeps all that it has, and its history.

    The other one takes in the contacts that it does not have. What else belongs to the customer is pointed to the other
    one by commands of its own, such as its interactions and its `parts`, of which the ids are kept to undo it.
    `ancestors` are the ids of all that the other is a part of.

    Raises:
        TransitionNotAllowed: one of them is archived or erased.
        GuardNotMet: one of them goes on as another one already, or they are the same record.
        PolicyViolation: one is a part of the other; or both have primary contacts for the same, one of whom ends first.

    Source: C019.
    """
    merged = move(customer, MERGE, CustomerMerged(**stamp(by, at, occurred_at), into=into.id), merged_into=into.id)
    there = {contact.id for contact in into.contacts}
    new = tuple(contact for contact in customer.contacts if contact.id not in there)
    brought = TakenIn(
        customer=customer.id,
        contacts=frozenset(contact.id for contact in new),
        parts=distinct("parts", parts),
    )
    taken_in = move(
        into,
        TAKE_IN,
        DuplicateTakenIn(**stamp(by, at, occurred_at), duplicate=customer.id),
        contacts=checked((*into.contacts, *new)),
        taken_in=(*into.taken_in, brought),
    )
    if customer.id in several("ancestors", ancestors) or customer.parent == into.id or into.parent == customer.id:
        raise PolicyViolation("merge", "one of them is a part of the other; place it elsewhere first")
    return merged, taken_in


def unmerge(
    customer: Customer, of: Customer, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> tuple[Decision[Customer], Decision[Customer]]:
    """Part a customer from the one that it was merged into: it is as it was before, and so is the other one.

    The contacts that it brought leave the other one, with what was changed of them since. Everything else that was done
    to the other one stays there.

    Raises:
        TransitionNotAllowed: one of them is archived or erased.
        GuardNotMet: it does not go on as another one, or the other one does.
        InvalidValue: the reason is blank.
        PolicyViolation: it goes on as a third, which is named.

    Source: C019.
    """
    parted = move(customer, UNMERGE, CustomerUnmerged(**stamp(by, at, occurred_at), reason=reason), merged_into=None)
    if customer.merged_into != of.id:
        raise PolicyViolation("unmerge", f"it goes on as {customer.merged_into}; part it from this one")
    brought = {id for each in of.taken_in if each.customer == customer.id for id in each.contacts}
    given_back = move(
        of,
        GIVE_BACK,
        DuplicateGivenBack(**stamp(by, at, occurred_at), duplicate=customer.id),
        contacts=tuple(contact for contact in of.contacts if contact.id not in brought),
        taken_in=tuple(each for each in of.taken_in if each.customer != customer.id),
    )
    return parted, given_back
