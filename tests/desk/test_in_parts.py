"""Databases take so many values at once; of more than that, records are asked for in parts."""

from datetime import date, timedelta

import pytest

from servicecrm.desk import Desk
from servicecrm.errors import GuardNotMet, InvalidValue
from servicecrm.kernel import filters
from servicecrm.kernel.filters import where
from servicecrm.testing import FixedClock
from tests.agreements.making import CAFE
from tests.desk.calling import bring
from tests.desk.test_agreed_times import agreed, complain

DAY = timedelta(days=1)
MANY = range(20)


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a filter took so few values."""
    monkeypatch.setattr(filters, "PART", 3)
    monkeypatch.setattr(filters, "MAX_VALUES", 12)


def test_a_filter_takes_no_more(crm: Desk) -> None:
    with pytest.raises(InvalidValue, match="at most 12 values"):
        list(crm.complaints.find(where("customer").one_of(map(str, MANY))))


def test_whoever_has_an_open_complaint_is_warned_when_many_agreements_end(crm: Desk, clock: FixedClock) -> None:  # C030
    for n in MANY:
        agreed(crm, "30h elapsed", last_day=date(2026, 3, 2), customer=f"c-{n}")
    complaints = [complain(crm, customer=f"c-{n}") for n in MANY]
    clock.advance(days=1)

    assert len(crm.sweep().events) >= len(MANY)
    assert [len(crm.complaints.messages(id)) for id in complaints] == [1] * len(MANY)


def test_many_complaints_that_are_closed_at_once_are_on_the_agendas_of_their_customers(crm: Desk) -> None:  # C053, C087
    closing = [bring(crm, "complaints", "responded", customer=f"c-{n}") for n in MANY]
    reviews = [
        crm.service_reviews.plan(
            title="Water", customer=f"c-{n}", planned_for=crm.clock() + 20 * DAY, services=["water"], period="2026-Q1"
        )
        for n in MANY
    ]
    with crm.unit():
        for each in closing:
            crm.complaints.close(each.id, "resolved")

    assert [topic.source for each in reviews for topic in crm.service_reviews.get(each.id).agenda] == [
        each.id for each in closing
    ]


def test_a_review_looks_at_the_open_actions_of_many_complaints(crm: Desk) -> None:  # C087, C088
    for _ in MANY:
        crm.actions.open(
            "Renew it", source_kind="complaint", source=complain(crm), owner="north", due_at=crm.clock() + DAY
        )
    review = crm.service_reviews.plan(
        title="Water", customer=CAFE, planned_for=crm.clock() + 20 * DAY, services=["water"], period="2026-Q1"
    )

    pack = crm.service_reviews.prepare(review.id, evaluations=[]).pack
    assert pack is not None
    assert len(pack.actions or ()) == len(pack.complaints or ()) == len(MANY)


def test_a_customer_that_many_were_merged_into_is_served_as_any_other(crm: Desk) -> None:  # C019, C031, C115
    first, *twins = (crm.customers.add(name="Water Café", account_manager="ann") for _ in MANY)
    for twin in twins:
        crm.customers.merge(twin.id, first.id)
    agreement = agreed(crm, "30h elapsed", customer=first.id)

    assert agreement.id in {tier.of for tier in crm.services.entitlement(first.id, "water").tiers}
    mine = complain(crm, customer=first.id)
    with pytest.raises(GuardNotMet, match=mine):
        crm.customers.remove(first.id, "They moved away.")
    assert len(crm.privacy.access(first.id)["customers"]) == len(MANY)
