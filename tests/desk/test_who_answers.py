"""A proposal that a complaint gives rise to belongs to somebody, as far as anybody is known."""  # C107

import pytest

from servicecrm.desk import Desk
from tests.desk.calling import bring


def owner_of(crm: Desk, **complaint: str) -> str | None:
    """Who has the proposal that is made because of a complaint that is in the hands of the north."""
    found = bring(crm, "complaints", "in_handling", **complaint)
    crm.complaints.propose_change(found.id, "Renew valves earlier.", kind="service")
    (proposal,) = crm.improvements.find()
    return proposal.owner


def test_it_is_the_account_manager_of_the_customer(crm: Desk) -> None:  # C013
    customer = crm.customers.add(name="Harbour Cafe", account_manager="mona")
    assert owner_of(crm, customer=customer.id) == "mona"


@pytest.mark.parametrize("known", [True, False])
def test_without_one_it_is_whoever_has_the_complaint(crm: Desk, known: bool) -> None:
    customer = crm.customers.add(name="Harbour Cafe").id if known else "one of the host's own"
    assert owner_of(crm, customer=customer) == "north"


def test_without_a_customer_too(crm: Desk) -> None:
    assert owner_of(crm) == "north"


def test_where_nobody_has_it_nobody_has_the_proposal(crm: Desk) -> None:
    complaint = crm.complaints.record(subject="No water", channel="phone")
    crm.complaints.propose_change(complaint.id, "Renew valves earlier.", kind="service")
    assert [each.owner for each in crm.improvements.find()] == [None]
