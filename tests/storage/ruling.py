"""Rules across records, which processes try to break together; functions that a process of its own can be given."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from servicecrm.agreements import Line
from servicecrm.desk import Desk
from servicecrm.errors import RuleError, StaleRevision, StoreBusy
from tests.storage.racing import Place

__all__ = ["CUSTOMERS", "agreed", "assign", "conclude", "name_primary"]

CUSTOMERS = 4
SERVICES = ("water", "gas", "power")
PURPOSES = ("escalation", "emergency")
YEAR = timedelta(days=365)


def _attempts(place: Place, attempts: int, n: int, attempt: Any) -> int:
    """Try something as often as that; tells how often it went well. Who is told that the store is busy goes on."""
    chance, done = random.Random(n), 0
    with place.open(timeout=600) as crm:
        for k in range(attempts):
            try:
                attempt(crm, chance, f"{n}-{k}")
            except (RuleError, StoreBusy, StaleRevision):
                continue
            done += 1
    return done


def assign(place: Place, attempts: int, n: int) -> int:
    """Give customers other account managers, now or from a later day on."""

    def attempt(crm: Desk, chance: random.Random, name: str) -> None:
        since = None if chance.random() < 0.7 else crm.clock() + timedelta(days=chance.randrange(1, 30))
        crm.customers.assign_manager(f"c-{chance.randrange(CUSTOMERS)}", f"manager-{name}", since=since)

    return _attempts(place, attempts, n, attempt)


def name_primary(place: Place, attempts: int, n: int) -> int:
    """Let people come first for a purpose at customers, or end that."""

    def attempt(crm: Desk, chance: random.Random, name: str) -> None:
        customer = f"c-{chance.randrange(CUSTOMERS)}"
        there = crm.customers.get(customer).contacts
        if len(there) > 4 or (there and chance.random() < 0.3):
            crm.customers.erase_contact(customer, chance.choice(there).id)
        else:
            crm.customers.add_contact(customer, "Mia Holt", person=f"p-{name}", primary={chance.choice(PURPOSES)})

    return _attempts(place, attempts, n, attempt)


def agreed(crm: Desk, customer: str, services: Sequence[str], first_day: date) -> str:
    """The id of an agreement for half a year that only we still have to sign."""
    lines = [Line(service=each) for each in services]
    last_day = first_day + YEAR / 2
    id = crm.agreements.draft(customer=customer, title="Supply", lines=lines, first_day=first_day, last_day=last_day).id
    crm.agreements.propose(id)
    crm.agreements.accept(id, "customer")
    crm.agreements.sign(id, "customer")
    return id


def conclude(place: Place, attempts: int, n: int) -> int:
    """Come to agreements with customers about services; all processes want the same years, one after the other."""

    def attempt(crm: Desk, chance: random.Random, name: str) -> None:
        k = int(name.partition("-")[2])
        id = agreed(crm, f"c-{k % CUSTOMERS}", chance.sample(SERVICES, 2), date(2030, 1, 1) + k * YEAR)
        crm.agreements.sign(id, "provider")

    return _attempts(place, attempts, n, attempt)
