"""Rules that hold across records and facts hold when eight processes try to break them together. C012, C013, C028."""

import contextlib
import threading
from collections.abc import Callable
from datetime import date
from itertools import combinations, pairwise
from typing import Any

import pytest

from servicecrm import complaints, portfolio
from servicecrm.agreements import Agreement, actions
from servicecrm.agreements.lifecycle import BOUND
from servicecrm.complaints import Complaint, LinkKind
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision
from servicecrm.portfolio import Customer
from servicecrm.storage.statements import SQLTables
from servicecrm.storage.work import Work
from tests.storage import ruling
from tests.storage.racing import Place, together
from tests.storage.ruling import CUSTOMERS

PROCESSES = 8
ATTEMPTS = pytest.mark.parametrize("attempts", [200, pytest.param(2_000, marks=pytest.mark.torture)])


def tried(place: Place, attempt: Callable[[Place, int, int], int], attempts: int) -> int:
    """Let all processes share so many attempts; tells how many went well."""
    with place.open() as crm:
        for n in range(CUSTOMERS):
            crm.save(portfolio.add(id=f"c-{n}", name=f"Customer {n}", by="ann", at=crm.clock()))
    return sum(together(attempt, place, attempts // PROCESSES, processes=PROCESSES))


def customers(place: Place) -> tuple[Customer, ...]:
    with place.open() as crm:
        crm.store.seal()
        crm.store.verify()
        return tuple(crm.customers.find())


def gaps_and_doubles(customer: Customer) -> int:
    """How often an account manager does not follow the one before at once."""
    return sum(one.until != other.since for one, other in pairwise(customer.managers))


def rivals(agreements: tuple[Agreement, ...]) -> list[tuple[str, str]]:
    """Two agreements with one customer about one service at one time, found without the rule that is tried."""
    return [
        (one.id, other.id)
        for one, other in combinations(agreements, 2)
        if one.customer == other.customer
        and {line.service for line in one.lines} & {line.service for line in other.lines}
        and one.first_day <= (other.final_day or date.max)
        and other.first_day <= (one.final_day or date.max)
    ]


def concluded(place: Place) -> tuple[Agreement, ...]:
    with place.open() as crm:
        return tuple(each for each in crm.agreements.find() if each.state in BOUND)


@ATTEMPTS
def test_a_customer_has_one_account_manager_at_a_time(place: Place, attempts: int) -> None:  # C013
    done = tried(place, ruling.assign, attempts)
    found = customers(place)

    assert [gaps_and_doubles(each) for each in found] == [0] * CUSTOMERS
    assert done > attempts / 2
    # Nobody's change was lost: every one of them is told.
    with place.open() as crm:
        told = [entry.type for each in found for entry in crm.history(each.id)]
    assert told.count("customer.manager_assigned") == done


@ATTEMPTS
def test_one_contact_comes_first_for_a_purpose(place: Place, attempts: int) -> None:  # C012
    done = tried(place, ruling.name_primary, attempts)

    for customer in customers(place):
        first = [purpose for contact in customer.contacts for purpose in contact.primary]
        assert len(first) == len(set(first))
    assert done > attempts / 10


@ATTEMPTS
def test_no_two_agreements_are_about_one_service_at_one_time(place: Place, attempts: int) -> None:  # C028
    done = tried(place, ruling.conclude, attempts)
    found = concluded(place)

    assert len(found) == done > 0
    assert rivals(found) == []


@pytest.mark.parametrize("holding", [True, False])
def test_without_a_last_look_at_what_was_read_two_are_concluded_at_once(
    server: Place, monkeypatch: pytest.MonkeyPatch, *, holding: bool
) -> None:
    """The control: each signs when both have read, and neither has saved."""
    both_have_read, waited, sign = threading.Barrier(2), set[str](), actions.sign

    def sign_later(found: Agreement, *party: Any, **told: Any) -> Decision[Agreement]:
        if found.id not in waited:  # whoever came second tries again alone
            waited.add(found.id)
            both_have_read.wait(30)
        return sign(found, *party, **told)

    def sign_it(id: str) -> None:
        with server.open() as crm, contextlib.suppress(PolicyViolation):
            crm.agreements.sign(id, "provider")

    with server.open() as crm:
        agreed = [ruling.agreed(crm, "c-1", ["water"], date(2030, 1, 1)) for _ in range(2)]
    monkeypatch.setattr(actions, "sign", sign_later)
    if not holding:
        monkeypatch.setattr(Work, "_hold", lambda _: iter(()))
    threads = [threading.Thread(target=sign_it, args=(id,)) for id in agreed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(concluded(server)) == (1 if holding else 2)
    assert len(rivals(concluded(server))) == (0 if holding else 1)


@pytest.mark.parametrize("touching", [True, False])
def test_one_that_is_new_is_not_concluded_beside_one_that_was_being_signed_before(
    server: Place, monkeypatch: pytest.MonkeyPatch, *, touching: bool
) -> None:
    """The first one is read, a rival is agreed on and signed by both, and then the first one is saved."""
    has_read, may_save, sign = threading.Event(), threading.Event(), actions.sign

    def sign_later(found: Agreement, *party: Any, **told: Any) -> Decision[Agreement]:
        if found.id == first and not has_read.is_set():
            has_read.set()
            assert may_save.wait(30)
        return sign(found, *party, **told)

    def sign_it() -> None:
        with server.open() as crm, contextlib.suppress(PolicyViolation):
            crm.agreements.sign(first, "provider")

    with server.open() as crm:
        first = ruling.agreed(crm, "c-1", ["water"], date(2030, 1, 1))
        monkeypatch.setattr(actions, "sign", sign_later)
        if not touching:
            monkeypatch.setattr(SQLTables, "touch", SQLTables.hold)
        thread = threading.Thread(target=sign_it)
        thread.start()
        assert has_read.wait(30)
        crm.agreements.sign(ruling.agreed(crm, "c-1", ["water"], date(2030, 1, 1)), "provider")
        may_save.set()
        thread.join()

    assert len(rivals(concluded(server))) == (0 if touching else 1)


@pytest.mark.parametrize("named_by", ["id", "number"])
def test_no_two_complaints_are_linked_below_each_other_at_once(
    server: Place, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:  # C055
    """Each is linked when both have read the other one."""
    both_have_read, waited, link = threading.Barrier(2), set[str](), complaints.actions.link

    def link_later(found: Complaint, *args: Any, **told: Any) -> Decision[Complaint]:
        if found.id not in waited:  # whoever came second tries again alone
            waited.add(found.id)
            both_have_read.wait(30)
        return link(found, *args, **told)

    def link_it(pair: tuple[Complaint, Complaint]) -> None:
        with server.open() as crm, contextlib.suppress(PolicyViolation):
            crm.complaints.link(pair[0].id, getattr(pair[1], named_by), "child_of")

    with server.open() as crm:
        one, other = (crm.complaints.record(subject="No water", channel="phone") for _ in range(2))
    monkeypatch.setattr(complaints.actions, "link", link_later)
    threads = [threading.Thread(target=link_it, args=(pair,)) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with server.open() as crm:
        parents = [crm.complaints.get(each.id).linked(LinkKind.CHILD_OF) for each in (one, other)]
    assert sum(map(len, parents)) == 1
