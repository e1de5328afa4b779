"""What cannot be is refused by a named error, and nothing is lost: the unit is not kept, all that was there is."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servicecrm.agreements import Line, Price, Support
from servicecrm.desk import Desk, connect
from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation, ServiceCRMError
from servicecrm.interop import vcards
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock, SeededIds
from tests.agreements.making import ANN, CAFE, a_definition

Refused = Callable[[], object]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    """A desk, where Ann works."""
    with connect(tmp_path / "crm.db", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        yield crm


def in_one_unit(crm: Desk, refused: Refused) -> None:
    """The command that is refused, after one that is not."""
    with crm.unit():
        crm.customers.add(name="Somebody else")
        refused()


def everything(crm: Desk) -> dict[str, tuple[Any, ...]]:
    """All records by kind, each with its revision and how many facts its history has."""
    crm.store.verify()
    with crm.store.unit(readonly=True) as unit:
        return {
            name: tuple((each, each.revision, len(unit.history(type(each), each.id))) for each in unit.find(kind))
            for name, kind in ((kind.name, kind.schema.record) for kind in crm.store.kinds.values())
        }


def agreed(crm: Desk, last_day: date) -> str:
    """An agreement until a day that both have accepted, and the customer has signed."""
    drafted = crm.agreements.draft(
        customer=CAFE, title="Water", lines=[Line(service="water")], first_day=crm.clock().date(), last_day=last_day
    )
    crm.agreements.propose(drafted.id)
    crm.agreements.accept(drafted.id, "customer")
    return crm.agreements.sign(drafted.id, "customer").id


def live(crm: Desk, **fields: Any) -> str:
    service = crm.services.define(a_definition(**fields), owner="water-works")
    crm.services.plan(service.id)
    return crm.services.release(service.id).id


def a_tree_in_a_circle(crm: Desk) -> Refused:
    top = crm.customers.add(name="Top").id
    low = crm.customers.add(name="Low", parent=crm.customers.add(name="Middle", parent=top).id).id
    return lambda: crm.customers.place(top, low)


def services_that_rest_on_each_other(crm: Desk) -> Refused:
    first = live(crm)
    crm.services.edit(first, a_definition(supports=(Support(service=live(crm, supports=(Support(service=first),))),)))
    return lambda: crm.services.release(first)


def two_account_managers_at_a_time(crm: Desk) -> Refused:
    customer, since = crm.customers.add(name="Cafe", account_manager="bob").id, crm.clock() - timedelta(seconds=1)
    return lambda: crm.customers.assign_manager(customer, "cem", since=since)


def a_signature_under_what_is_over(crm: Desk) -> Refused:
    agreement = agreed(crm, crm.clock().date())
    return lambda: crm.agreements.sign(agreement, "provider")


def a_signature_under_other_terms(crm: Desk) -> Refused:
    agreement = agreed(crm, date(2027, 3, 1))
    shown = crm.agreements.get(agreement).digest
    crm.agreements.counter(agreement, "provider", title="More water")
    crm.agreements.accept(agreement, "customer")
    return lambda: crm.agreements.sign(agreement, "customer", digest=shown)


def two_currencies_in_one_sum(crm: Desk) -> Refused:
    for currency in ("EUR", "CHF"):
        live(crm, price=Price(amount=Money(amount=Decimal(9), currency=currency)))
    first, second = (offer.price.amount for offer in crm.services.catalogue() if offer.price is not None)
    return lambda: first + second


def cards_in_cards_in_cards(crm: Desk) -> Refused:
    bomb = b"BEGIN:VCARD\nVERSION:2.1\nFN:Mia\nAGENT:\n" * 100_000
    return lambda: [crm.customers.add(name=card.contact.name) for card in vcards.read_cards(bomb, source="mail").cards]


CASES: dict[Callable[[Desk], Refused], tuple[type[ServiceCRMError], str]] = {
    a_tree_in_a_circle: (PolicyViolation, "itself a part of this one"),
    services_that_rest_on_each_other: (PolicyViolation, " > "),
    two_account_managers_at_a_time: (PolicyViolation, "before the present account manager began"),
    a_signature_under_what_is_over: (PolicyViolation, "it was over on"),
    a_signature_under_other_terms: (PolicyViolation, "not what it says now"),
    two_currencies_in_one_sum: (InvalidValue, "EUR and CHF do not mix"),
    cards_in_cards_in_cards: (ImportProblem, "more than 3 deep"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_lost(  # C012, C013, C016, C025, C029, C125
    crm: Desk, clock: FixedClock, case: Callable[[Desk], Refused]
) -> None:
    error, says = CASES[case]
    refused = case(crm)
    clock.advance(days=1)
    before = everything(crm)

    with pytest.raises(error, match=says) as caught:
        in_one_unit(crm, refused)

    assert caught.value.code
    assert everything(crm) == before
    assert crm.customers.add(name="Somebody else").revision == 1
