"""Customers and what goes with them, for the tests: name only what a test is about."""

from datetime import timedelta
from typing import Any, Final

from servicecrm import portfolio
from servicecrm.portfolio import (
    Contact,
    Customer,
    Interaction,
    Partner,
    PortfolioSnapshot,
    Prospect,
    SnapshotLine,
    interactions,
    partners,
    prospects,
    snapshots,
)
from servicecrm.testing.makers import MONDAY

__all__ = [
    "BY",
    "DAY",
    "a_contact",
    "a_customer",
    "a_line",
    "a_partner",
    "a_prospect",
    "a_snapshot",
    "an_interaction",
]

DAY: Final = timedelta(days=1)
BY: Final[dict[str, Any]] = {"by": "ann", "at": MONDAY}


def a_contact(id: str = "mia", **changes: Any) -> Contact:
    return portfolio.contact(**{"name": f"{id.title()} Holt", "id": id, **changes})


def a_customer(id: str = "c-1", **changes: Any) -> Customer:
    """A customer that is served."""
    given = {"name": f"Customer {id}", "contacts": [a_contact()], "account_manager": "ann", **BY}
    return portfolio.add(**{**given, "id": id, **changes}).after


def a_prospect(id: str = "p-1", **changes: Any) -> Prospect:
    return prospects.add(**{"name": f"Prospect {id}", "id": id, "seller": "sam", **BY, **changes}).after


def a_partner(id: str = "q-1", **changes: Any) -> Partner:
    given = {"name": f"Partner {id}", "role": "reseller", "contacts": [a_contact()], **BY}
    return partners.add(**{**given, "id": id, **changes}).after


def an_interaction(id: str = "i-1", **changes: Any) -> Interaction:
    whose = {} if {"prospect", "partner"} & changes.keys() else {"customer": "c-1"}
    given = {"subject": "About the bill", "kind": "call", "direction": "inbound", **whose, **BY}
    return interactions.record(**{**given, "id": id, **changes}).after


def a_line(customer: str = "c-1", **changes: Any) -> SnapshotLine:
    return SnapshotLine(**{"customer": customer, "state": "active", "account_manager": "ann", **changes})


def a_snapshot(*lines: SnapshotLine, **changes: Any) -> PortfolioSnapshot:
    return snapshots.take(lines, **{"id": "s-1", **BY, **changes}).after
