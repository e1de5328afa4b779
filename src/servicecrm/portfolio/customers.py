"""Taking customers in, keeping what is known of them up to date, and seeing them come and go."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import distinct, several
from servicecrm.kernel.values import language_tag
from servicecrm.portfolio.codes import CustomerKind
from servicecrm.portfolio.contacts import checked
from servicecrm.portfolio.events import (
    CustomerActivated,
    CustomerAdded,
    CustomerEnded,
    CustomerLapsed,
    CustomerPlaced,
    CustomerReactivated,
    CustomerUpdated,
)
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.lifecycle import ACTIVATE, DORMANT, END, LAPSE, LIFECYCLE, PLACE, REACTIVATE, UPDATE
from servicecrm.portfolio.managers import ended
from servicecrm.portfolio.model import Customer, CustomerId
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Contact, Served, Tenure
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy

__all__ = ["Details", "activate", "add", "closed", "end", "lapse", "last_heard", "place", "reactivate", "update"]


def add(
    *,
    id: str,
    name: str,
    kind: CustomerKind | str = CustomerKind.EXTERNAL,
    number: str | None = None,
    contacts: Iterable[Contact] = (),
    account_manager: str | None = None,
    deputy: str | None = None,
    parent: str | None = None,
    origin: str | None = None,
    language: str | None = None,
    services: Iterable[str] = (),
    references: Iterable[str] = (),
    tags: Iterable[str] = (),
    verified: bool = False,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Add a customer: active at once if it has a contact and an account manager, and else a prospect.

    Raises:
        InvalidValue: a text is blank, or a code or the language is unknown.
        PolicyViolation: a person stands twice among the contacts, or two are primary for the same at a time.

    Source: FitSM, maintain the customer database; C009.
    """
    event = CustomerAdded(**stamp(by, at, occurred_at))
    tenure = None
    if account_manager is not None:
        tenure = Tenure(manager=account_manager, deputy=deputy, since=event.occurred_at)
    elif deputy is not None:
        raise InvalidValue("deputy", "a deputy stands in for an account manager; name one")
    customer = Customer(
        id=CustomerId(id),
        number=number,
        state=LIFECYCLE.initial,
        name=name,
        kind=CustomerKind(kind),
        parent=parent,
        origin=origin,
        language=None if language is None else language_tag(language),
        services=_texts("services", services),
        references=_texts("references", references),
        tags=_texts("tags", tags),
        contacts=checked(several("Customer.contacts", contacts)),
        managers=() if tenure is None else (tenure,),
        added_at=event.occurred_at,
        recorded_at=event.recorded_at,
        verified_at=event.occurred_at if verified else None,
        extra=FrozenMap(extra),
    )
    added = begin(customer, event)
    if LIFECYCLE.unmet(customer, ACTIVATE):
        return added
    return added.then(activate, by=by, at=at, occurred_at=occurred_at)


def activate(
    customer: Customer, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Customer]:
    """Begin to serve a customer.

    Raises:
        TransitionNotAllowed: it is no prospect.
        GuardNotMet: it has no contact, or no account manager.

    Source: C009.
    """
    event = CustomerActivated(**stamp(by, at, occurred_at))
    decision = move(customer, ACTIVATE, event, served=(Served(since=event.occurred_at),))
    check_follows(event, customer.managers[0].since, "an account manager was named")
    return decision


class Details(TypedDict, total=False):
    """What is brought up to date of a customer; None takes a value away."""

    name: str
    kind: CustomerKind | str
    language: str | None
    services: Iterable[str]
    references: Iterable[str]
    tags: Iterable[str]
    extra: Mapping[str, object]


def update(
    customer: Customer,
    *,
    source: str | None = None,
    verified: bool = False,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **changes: Unpack[Details],
) -> Decision[Customer] | None:
    """Bring what is known of a customer up to date; None if it is so already, and nothing was `verified`.

    `source` is where it comes from, such as a call. `verified` says that somebody found everything to be right.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        GuardNotMet: it goes on as another one.
        InvalidValue: something else than `Details` is given, a text is blank, or a code or the language is unknown.

    Source: C010, K05.
    """
    others = changes.keys() - Details.__annotations__.keys()
    if others:
        says = f"cannot update {', '.join(sorted(others))}"
        raise InvalidValue("customer", f"{says}; it can change {', '.join(Details.__annotations__)}")
    told: dict[str, object] = dict(changes)
    if "kind" in changes:
        told["kind"] = CustomerKind(changes["kind"])
    language = changes.get("language")
    if language is not None:
        told["language"] = language_tag(language)
    told |= {name: _texts(name, told[name]) for name in ("services", "references", "tags") if name in told}
    if "extra" in changes:
        told["extra"] = FrozenMap(changes["extra"])
    event = CustomerUpdated(**stamp(by, at, occurred_at), source=source, verified=verified)
    if verified:
        told["verified_at"] = event.occurred_at
    decision = move(customer, UPDATE, event, **told)
    return decision if verified or decision.after != customer else None


def place(
    customer: Customer,
    parent: Customer | None,
    *,
    ancestors: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Make a customer a part of another one, or of none. `ancestors` are the ids of all that the other is a part of.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        GuardNotMet: it would be a part of itself, or goes on as another one.
        PolicyViolation: it would become its own ancestor, or the other one goes on as a third or is gone.

    Source: C016.
    """
    event = CustomerPlaced(**stamp(by, at, occurred_at))
    above = several("ancestors", ancestors)
    decision = move(customer, PLACE, event, parent=None if parent is None else parent.id)
    if parent is None:
        return decision
    if customer.id in above:
        raise PolicyViolation("parent", "the other customer is itself a part of this one")
    if parent.merged_into is not None:
        raise PolicyViolation("parent", f"that customer goes on as {parent.merged_into}; name this one instead")
    if parent.state in LIFECYCLE.final:
        raise PolicyViolation("parent", "that customer is erased")
    return decision


def lapse(
    customer: Customer,
    *,
    heard_of: datetime,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Customer]:
    """Note that nothing was heard of a customer for long; `heard_of` is when something was heard last.

    Raises:
        TransitionNotAllowed: it is not active.
        PolicyViolation: that was not so long ago.

    Source: C016.
    """
    event = CustomerLapsed(**stamp(by, at, occurred_at))
    decision = move(customer, LAPSE, event)
    policy.check_dormant(heard_of, event.occurred_at)
    return decision


def reactivate(
    customer: Customer,
    *,
    account_manager: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Serve a customer again: a dormant one, or one that had left.

    Whoever had left needs an account manager anew.

    Raises:
        TransitionNotAllowed: it is active, or was never served.
        GuardNotMet: it has no contact, or no account manager.
        PolicyViolation: it would come back before it left; or a dormant one has an account manager, who is changed by
            `assign_manager`.
    """
    event = CustomerReactivated(**stamp(by, at, occurred_at))
    if customer.state == DORMANT:
        if account_manager is not None:
            raise PolicyViolation("account_manager", "it has one; assign another one instead")
        return move(customer, REACTIVATE, event)
    tenure = () if account_manager is None else (Tenure(manager=account_manager, since=event.occurred_at),)
    decision = move(
        customer,
        REACTIVATE,
        event,
        served=(*customer.served, Served(since=event.occurred_at)),
        managers=(*customer.managers, *tenure),
        leaving_reason=None,
    )
    check_follows(event, customer.ended_at, "the customer left")
    return decision


def end(
    customer: Customer,
    reason: str,
    *,
    note: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Customer]:
    """Note that we no longer serve a customer; `reason` is one of those that the house has.

    Raises:
        TransitionNotAllowed: it is not served.
        PolicyViolation: the house does not have the reason, or it would lie before we served it.

    Source: C016, K02.
    """
    event = CustomerEnded(**stamp(by, at, occurred_at), note=note)
    check_follows(event, customer.served[-1].since if customer.served else None, "we began to serve it")
    decision = move(customer, END, event, leaving_reason=reason, **closed(customer, event.occurred_at))
    policy.check_leaving(reason)
    return decision


def closed(customer: Customer, at: datetime) -> dict[str, object]:
    """What ends with the service: the time in which it was given, and that of the account manager."""
    served = tuple(evolve(each, until=at) if each.until is None else each for each in customer.served)
    return {"served": served, "managers": ended(customer.managers, at), "handover_at": None}


def last_heard(times: Iterable[datetime], customer: Customer) -> datetime:
    """When something was heard of a customer last: the latest of these times, or when we began to serve it."""
    return max((*times, *(each.since for each in customer.served), customer.added_at), key=micros)


def _texts(field: str, texts: Any) -> frozenset[str]:
    return distinct(f"Customer.{field}", texts)
