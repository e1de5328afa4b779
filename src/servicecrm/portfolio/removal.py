"""Removing customers and people: out of the way, or for good; and what keeps them from being removed."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.records import evolve, record
from servicecrm.portfolio.codes import RemovalMode
from servicecrm.portfolio.contacts import contact_named
from servicecrm.portfolio.customers import closed
from servicecrm.portfolio.events import ContactErased, CustomerArchived, CustomerErased, HoldPlaced, HoldReleased
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.lifecycle import ARCHIVE, ERASE, ERASE_CONTACT, HOLD, LIFECYCLE, RELEASE
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Hold
from servicecrm.portfolio.privacy import erasures

__all__ = ["Blocker", "erase_contact", "hold", "release", "remove"]


@record
class Blocker:
    """Something of a customer that is not over yet: `kind` and `id` name it, such as a complaint that is open."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} has ended"


def remove(
    customer: Customer,
    reason: str,
    *,
    mode: RemovalMode | str = RemovalMode.ARCHIVE,
    blockers: Iterable[Blocker] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Remove a customer: out of the way, or, to `erase`, with everything that is personal. What can be counted stays.

    `blockers` are its agreements, complaints, cases and actions that are not over. The `reason` of an erasure is kept,
    so it names nobody.

    Raises:
        TransitionNotAllowed: it is removed already.
        GuardNotMet: something is not over, or something keeps the data from being erased: all that is in the way; or it
            goes on as another customer, which is to be archived instead.
        InvalidValue: the reason is blank.

    Source: C011.
    """
    mode = RemovalMode(mode)
    action = ARCHIVE if mode is RemovalMode.ARCHIVE else ERASE
    LIFECYCLE.target(customer.state, action)
    _check_nothing_in_the_way(customer, action, tuple(blockers))
    stamped = stamp(by, at, occurred_at)
    event: Event = CustomerArchived(**stamped, reason=reason)
    changes = closed(customer, event.occurred_at)
    if mode is RemovalMode.ERASE:
        event = CustomerErased(**stamped, reason=reason)
        changes |= erasures(evolve(customer, **changes))
    check_follows(event, customer.served[-1].since if customer.served else None, "we began to serve it")
    return move(customer, action, event, **changes)


def _check_nothing_in_the_way(customer: Customer, action: str, blockers: tuple[Blocker, ...]) -> None:
    """Refuses to remove a customer, with all that is in the way at once: holds and other guards too."""
    unmet = [(guard.name, guard.says) for guard in LIFECYCLE.unmet(customer, action)]
    unmet += [("nothing_open", str(blocker)) for blocker in blockers]
    if unmet:
        names, sentences = zip(*unmet, strict=True)
        raise GuardNotMet(LIFECYCLE.name, action, names, sentences)


def erase_contact(
    customer: Customer, contact: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Customer]:
    """Erase what is known of a person at a customer. What was said with this person is a matter of its own.

    Raises:
        TransitionNotAllowed: the customer is erased already.
        GuardNotMet: something keeps the data from being erased.
        InvalidValue: there is no such contact.

    Source: C011, C012.
    """
    LIFECYCLE.target(customer.state, ERASE_CONTACT)
    event = ContactErased(**stamp(by, at, occurred_at), contact=contact)
    gone = contact_named(customer.contacts, contact)
    contacts = tuple(each for each in customer.contacts if each is not gone)
    return move(customer, ERASE_CONTACT, event, contacts=contacts)


def hold(
    customer: Customer, name: str, *, reason: str, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Customer]:
    """Keep the data of a customer from being erased, such as during a case at court.

    Raises:
        TransitionNotAllowed: it is erased already.
        InvalidValue: a text is blank.
        PolicyViolation: there is a hold of that name.
    """
    event = HoldPlaced(**stamp(by, at, occurred_at))
    new = Hold(name=name, reason=reason, since=event.occurred_at)
    decision = move(customer, HOLD, event, holds=(*customer.holds, new))
    if any(each.name == name for each in customer.holds):
        raise PolicyViolation("hold", "there is a hold of that name already")
    return decision


def release(
    customer: Customer, name: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Customer]:
    """End a hold: the data may be erased again, if there is no other.

    Raises:
        TransitionNotAllowed: the customer is erased.
        InvalidValue: there is no hold of that name.
    """
    LIFECYCLE.target(customer.state, RELEASE)
    event = HoldReleased(**stamp(by, at, occurred_at), name=name)
    kept = tuple(each for each in customer.holds if each.name != name)
    if kept == customer.holds:
        # A hold is often called after a case at court, and so after people.
        raise InvalidValue("hold", f"there is no hold of that name; there are {len(kept)}, by other names")
    return move(customer, RELEASE, event, holds=kept)
