"""People at a customer: who is to be turned to for what, and when."""

from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from typing import TypedDict, Unpack

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import named, several
from servicecrm.kernel.values import ContactPoint, language_tag
from servicecrm.portfolio.codes import ContactRole, Purpose
from servicecrm.portfolio.events import ContactAdded, ContactChanged
from servicecrm.portfolio.lifecycle import ADD_CONTACT, CHANGE_CONTACT, LIFECYCLE
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Contact

__all__ = ["ContactDetails", "add_contact", "change_contact", "checked", "contact", "contact_for", "contact_named"]


class ContactDetails(TypedDict, total=False):
    """What is known of a contact; None takes a value away."""

    name: str
    function: str | None
    role: ContactRole | str
    points: Iterable[ContactPoint]
    language: str | None
    purposes: Iterable[Purpose | str]
    primary: Iterable[Purpose | str]
    since: datetime | None
    until: datetime | None


def contact(
    name: str,
    *,
    id: str,
    function: str | None = None,
    role: ContactRole | str = ContactRole.CUSTOMER,
    points: Iterable[ContactPoint] = (),
    language: str | None = None,
    purposes: Iterable[Purpose | str] = (),
    primary: Iterable[Purpose | str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Contact:
    """Somebody to turn to: `contact("Mia Holt", id="person-1", purposes={"escalation"})`.

    Without purposes it is for things in general; whoever is `primary` for something is for it, too.

    Raises:
        InvalidValue: a text is blank, or a code or the language is unknown; or see `Contact`.

    Source: C012.
    """
    first = _purposes("primary", primary)
    return Contact(
        id=id,
        name=name,
        function=function,
        role=ContactRole(role),
        points=several("contact.points", points),
        language=None if language is None else language_tag(language),
        purposes=_purposes("purposes", purposes) | first or frozenset({Purpose.GENERAL}),
        primary=first,
        since=since,
        until=until,
    )


def add_contact(
    customer: Customer, new: Contact, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Customer]:
    """Name somebody to turn to at a customer; made by `contact`.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        PolicyViolation: the person is there already, or another one is primary for the same at the same time.

    Source: C012.
    """
    event = ContactAdded(**stamp(by, at, occurred_at), contact=new.id)
    return move(customer, ADD_CONTACT, event, contacts=checked((*customer.contacts, new)))


def change_contact(
    customer: Customer,
    contact: str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[ContactDetails],
) -> Decision[Customer]:
    """Bring what is known of a contact up to date; `until` says when somebody else is to be turned to.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        InvalidValue: there is no such contact, nothing is given, or as `contact` does.
        PolicyViolation: another one is primary for the same at the same time.

    Source: C012.
    """
    if not details:
        raise InvalidValue("contact", f"nothing to change; it can change {', '.join(ContactDetails.__annotations__)}")
    LIFECYCLE.target(customer.state, CHANGE_CONTACT)
    event = ContactChanged(**stamp(by, at, occurred_at), contact=contact)
    new = evolve(contact_named(customer.contacts, contact), **_told(details))
    contacts = tuple(new if each.id == contact else each for each in customer.contacts)
    return move(customer, CHANGE_CONTACT, event, contacts=checked(contacts))


def contact_named(contacts: tuple[Contact, ...], contact: str) -> Contact:
    """The contact with this id.

    Raises:
        InvalidValue: there is none.
    """
    for each in contacts:
        if each.id == contact:
            return each
    known = ", ".join(each.id for each in contacts) or "none"
    raise InvalidValue("contact", f"there is no {named('contact', contact)}; known: {known}")


def contact_for(customer: Customer, purpose: Purpose | str, *, at: datetime) -> Contact | None:
    """Whom to turn to for a purpose at a time: the primary one, another one, or whoever there is for things in general.

    Source: C012.
    """
    there = [each for each in customer.contacts if each.holds(at) and each.role is ContactRole.CUSTOMER]
    for wanted in (Purpose(purpose), Purpose.GENERAL):
        fitting = [each for each in there if wanted in each.purposes]
        if fitting:
            return next((each for each in fitting if wanted in each.primary), fitting[0])
    return None


def checked(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """The contacts, if they can stand beside each other.

    Raises:
        InvalidValue: one is something else.
        PolicyViolation: a person stands twice, or two are primary for the same at the same time.
    """
    several("contacts", contacts, Contact)
    for one, other in combinations(contacts, 2):
        if one.id == other.id:
            raise PolicyViolation("contacts", f"{one.id} is there already; change it instead")
        both = sorted(one.primary & other.primary)
        if both and _overlap(one, other):
            says = f"{one.id} and {other.id} are both primary for {', '.join(both)}; let one of them end first"
            raise PolicyViolation("primary", says)
    return contacts


def _overlap(one: Contact, other: Contact) -> bool:
    """Is there a time at which both are to be turned to?"""
    return all(_begins_before_end(a, b) for a in (one, other) for b in (one, other))


def _begins_before_end(one: Contact, other: Contact) -> bool:
    return one.since is None or other.until is None or micros(one.since) < micros(other.until)


def _told(details: ContactDetails) -> dict[str, object]:
    others = details.keys() - ContactDetails.__annotations__.keys()
    if others:
        known = ", ".join(ContactDetails.__annotations__)
        raise InvalidValue("contact", f"there is no {', '.join(sorted(others))}; a contact has {known}")
    told: dict[str, object] = dict(details)
    if "role" in details:
        told["role"] = ContactRole(details["role"])
    if "points" in details:
        told["points"] = several("contact.points", details["points"])
    language = details.get("language")
    if language is not None:
        told["language"] = language_tag(language)
    if "purposes" in details:
        told["purposes"] = _purposes("purposes", details["purposes"])
    if "primary" in details:
        told["primary"] = _purposes("primary", details["primary"])
    return told


def _purposes(name: str, given: Iterable[Purpose | str]) -> frozenset[Purpose]:
    """Several purposes, however they are given."""
    return frozenset(map(Purpose, several(f"contact.{name}", given)))
