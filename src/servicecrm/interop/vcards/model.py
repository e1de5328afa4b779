"""What is taken from a vCard, and what is written to one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import attrs

from servicecrm.errors import ImportProblem
from servicecrm.kernel.records import Personal, record
from servicecrm.portfolio import Contact, Customer

__all__ = ["Card", "CardsRead", "Version", "cards_of"]

Version = Literal["2.1", "3.0", "4.0"]


@record
class Card:
    """Somebody to turn to, where they work (the organisation, then its units), and the categories of the address book.

    `company` says that it is the card of an organisation and of no person.
    """

    contact: Personal[Contact]
    organisation: Personal[tuple[str, ...]] = ()
    tags: Personal[frozenset[str]] = frozenset()
    company: bool = False


@attrs.frozen(kw_only=True)
class CardsRead:
    """The cards of a file, and what of it was not taken over: each with its line and, as far as known, its property."""

    cards: tuple[Card, ...]
    problems: tuple[ImportProblem, ...]


def cards_of(customer: Customer, *, at: datetime | None = None) -> Iterator[Card]:
    """The cards of all contacts of a customer, or of those that hold at a time."""
    for contact in customer.contacts:
        if at is None or contact.holds(at):
            yield Card(contact=contact, organisation=(customer.name,), tags=customer.tags)
