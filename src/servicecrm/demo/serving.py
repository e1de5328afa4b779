"""Who is served with what: services are released, customers taken over, agreements concluded, renewed and ended."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from servicecrm.agreements import (
    Duty,
    EndOf,
    LevelTarget,
    Line,
    Party,
    Price,
    ServiceDefinition,
    ServiceLevels,
    Termination,
    TimeTarget,
)
from servicecrm.agreements.negotiating import Terms
from servicecrm.demo.cast import CUSTOMERS, HEAD, MANAGERS, SERVICES, Plays
from servicecrm.demo.stage import YEAR, ZONE, Stage, Story, on
from servicecrm.kernel.values import ContactKind, ContactPoint, Money
from servicecrm.portfolio import contact

__all__ = ["TAG", "agreed", "customers", "leaving", "passing", "prospect", "services", "touches"]

TAG: Final = "demo"
"""What the customers of the story are known by."""

FIRST: Final = date(YEAR, 1, 2)
LEVELS: Final = ServiceLevels(
    times=(TimeTarget(timer="resolution", within="8 business days"),),
    levels=(LevelTarget(measure="supply", at_least=Decimal("99.0"), per="quarter"),),
)
"""What is promised of water: complaints answered in eight days, and so much of each quarter with full pressure."""


def services(stage: Stage) -> Story:
    """The services are defined and released on the first morning."""
    yield on(FIRST, 8)
    for key, name in SERVICES.items():
        definition = ServiceDefinition(name=name, levels=LEVELS if key == "water" else ServiceLevels())
        service = stage.crm.services.define(definition, owner=HEAD)
        stage.crm.services.plan(service.id)
        stage.services[key] = stage.crm.services.release(service.id).id


def customers(stage: Stage) -> Story:
    """The customers of old are taken over into the new system, each with somebody to turn to and a manager."""
    for n, (key, plays) in enumerate(CUSTOMERS.items()):
        yield on(FIRST, 9, 2 * n)
        stage.customers[key] = _added(stage, key, plays, MANAGERS[n % len(MANAGERS)])


def _added(stage: Stage, key: str, plays: Plays, manager: str) -> str:
    mail = ContactPoint(kind=ContactKind.EMAIL, value=f"{key}@customer.example")
    person = contact(plays.contact, id=f"{key}-contact", function=plays.function, points=(mail,), primary={"general"})
    added = stage.crm.customers.add(
        name=plays.name,
        contacts=(person,),
        account_manager=manager,
        deputy=HEAD,
        services=[stage.services[each] for each in plays.services],
        tags=(TAG,),
        verified=True,
    )
    return added.id


def agreed(stage: Stage, key: str) -> Story:
    """An agreement with a customer: proposed, accepted, signed by both, and in force."""
    plays = CUSTOMERS[key]
    yield on(FIRST + timedelta(days=4), 10, list(CUSTOMERS).index(key))
    crm = stage.crm
    draft = crm.agreements.draft(customer=stage.customers[key], **_terms(stage, plays))
    stage.agreements[key] = draft.id
    crm.agreements.propose(draft.id)
    yield on(FIRST + timedelta(days=11), 11)
    crm.agreements.accept(draft.id, "customer")
    crm.agreements.sign(draft.id, "customer", signer=f"{key}-contact")
    crm.agreements.sign(draft.id, "provider", signer=HEAD)


def _terms(stage: Stage, plays: Plays) -> Terms:
    lines = [
        Line(
            service=stage.services[each],
            levels=LEVELS if each == "water" else ServiceLevels(),
            price=Price(amount=Money(amount=Decimal(plays.turnover) / 12 / len(plays.services), currency="GBP")),
        )
        for each in plays.services
    ]
    return {
        "title": f"Services for {plays.name}",
        "lines": lines,
        "duties": (Duty(party=Party.CUSTOMER, text="Keep the meter within reach."),),
        "termination": Termination(notice="3 calendar months", to=EndOf.QUARTER),
        "review_every": "year",
        "zone": ZONE.key,
        "first_day": FIRST + timedelta(days=19),
        "last_day": plays.ends,
    }


def leaving(stage: Stage, key: str) -> Story:
    """A customer gives notice in autumn; the house could not keep what was agreed."""
    yield on(date(YEAR, 10, 6))
    stage.crm.agreements.terminate(stage.agreements[key], "customer", reason="Three interruptions in one year.")
    yield on(date(YEAR, 10, 7))
    stage.crm.interactions.record(
        "What would keep you",
        kind="call",
        direction="outbound",
        customer=stage.customers[key],
        summary="They look at a well of their own, and decide in January.",
    )


def passing(stage: Stage) -> Story:
    """With the days agreements come into force and to their ends."""
    for month in (1, 4, 7, 10):
        yield on(date(YEAR, month, 1) if month > 1 else FIRST + timedelta(days=19), 0)
        stage.crm.agreements.advance()


def prospect(stage: Stage) -> Story:
    """Somebody new is heard of, gets an offer, and becomes a customer."""
    crm = stage.crm
    yield on(date(YEAR, 2, 3))
    person = contact("Gus Wade", id="marina-contact", function="Harbour master", primary={"general"})
    found = crm.prospects.add("Fen Marina", contacts=(person,), seller=MANAGERS[0], source="trade fair")
    yield on(date(YEAR, 2, 10))
    crm.prospects.contact(found.id)
    yield on(date(YEAR, 3, 4))
    price = Money(amount=Decimal(2500), currency="GBP")
    water = stage.services["water"]
    presented = crm.prospects.present(found.id, "Water for 60 berths", service=water, price=price)
    yield on(date(YEAR, 3, 25))
    crm.prospects.answer(found.id, presented.offers[-1].id, "accepted")
    yield on(date(YEAR, 4, 1))
    customer = crm.prospects.convert(found.id, account_manager=MANAGERS[0], services=[water])
    stage.customers["marina"] = customer.id


def touches(stage: Stage, key: str, days: Iterable[date]) -> Story:
    """Calls with a customer during the year."""
    for day in days:
        yield on(day, 14)
        stage.crm.interactions.record("How it goes", kind="call", direction="outbound", customer=stage.customers[key])
