"""A line of the portfolio also tells of the customers that were merged into it, and of reviews that are only due."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from servicecrm.calendars import Calendar
from servicecrm.desk import Desk, connect
from servicecrm.portfolio import Customer
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY

DAY = timedelta(days=1)
TODAY = MONDAY.date()


@pytest.fixture
def crm() -> Iterator[Desk]:
    with connect("memory:", actor="ann", clock=FixedClock(), ids=SeededIds()) as crm:
        yield crm


def a_customer(crm: Desk, name: str = "Harbour Cafe") -> Customer:
    return crm.customers.add(name=name, account_manager="ann")


def plan(crm: Desk, customer: Customer, due_on: date, *, occasion: str = "service_review") -> str:
    told = {"services": ["water"], "period": "2026-Q1", "planned_for": crm.clock() + DAY}
    return crm.service_reviews.plan("Review", customer=customer.id, due_on=due_on, occasion=occasion, **told).id  # type: ignore[arg-type]  # as it takes them


def regularly(crm: Desk, customer: Customer, first: date, *, occasion: str = "service_review", **told: str) -> str:
    return crm.review_schedules.start(
        occasion,
        customer=customer.id,
        every="1 month",
        first=first,
        owner="ann",
        **told,  # type: ignore[arg-type]  # as it takes them
    ).id


def next_review(crm: Desk) -> date | None:
    (line,) = crm.customers.view()
    return line.next_review


def test_open_complaints_of_those_that_were_merged_count_for_the_one_that_goes_on(crm: Desk) -> None:  # C020, C024
    cafe, bar, inn = (a_customer(crm, name) for name in ("Cafe", "Bar", "Inn"))
    for customer, n in ((cafe, 1), (bar, 2), (inn, 3)):
        for _ in range(n):
            crm.complaints.record(subject="Dry", channel="phone", customer=customer.id)
    other = a_customer(crm, "Mill")
    crm.customers.merge(inn.id, bar.id)
    crm.customers.merge(bar.id, cafe.id)

    assert {line.id: line.open_complaints for line in crm.customers.view()} == {cafe.id: 6, other.id: 0}
    crm.customers.unmerge(bar.id, "two after all")
    assert {line.id: line.open_complaints for line in crm.customers.view()} == {cafe.id: 1, bar.id: 5, other.id: 0}


def test_the_next_review_is_the_next_day_of_a_schedule_if_none_is_planned_before(crm: Desk) -> None:  # C024, C084
    cafe = a_customer(crm)
    schedule = regularly(crm, cafe, TODAY + 10 * DAY)
    assert next_review(crm) == TODAY + 10 * DAY

    plan(crm, cafe, TODAY + 30 * DAY, occasion="another")
    assert next_review(crm) == TODAY + 10 * DAY
    plan(crm, cafe, TODAY + 5 * DAY, occasion="another")
    assert next_review(crm) == TODAY + 5 * DAY
    crm.review_schedules.end(schedule)
    assert next_review(crm) == TODAY + 5 * DAY


def test_what_a_review_is_planned_or_was_held_for_is_not_due_again(crm: Desk) -> None:
    cafe = a_customer(crm)
    regularly(crm, cafe, TODAY)
    review = plan(crm, cafe, TODAY)
    assert next_review(crm) == TODAY

    crm.clock.advance(days=1)  # type: ignore[attr-defined]  # a FixedClock
    crm.service_reviews.cancel(review, "Nobody has time.")
    assert next_review(crm) == TODAY
    plan(crm, cafe, TODAY)
    plan(crm, cafe, date(2026, 4, 2))
    assert next_review(crm) == TODAY


def test_a_schedule_of_meetings_is_none_of_reviews_and_one_of_a_merged_customer_counts(crm: Desk) -> None:
    cafe, bar = a_customer(crm), a_customer(crm, "Bar")
    regularly(crm, cafe, TODAY, occasion="meeting")
    regularly(crm, bar, TODAY + 9 * DAY)
    crm.customers.merge(bar.id, cafe.id)

    assert next_review(crm) == TODAY + 9 * DAY


def test_days_are_moved_to_business_days_of_the_house(crm: Desk) -> None:
    crm.policies.publish(Calendar(zone="UTC", hours="mon-fri 09:00-17:00"), name="default", effective=MONDAY)
    cafe = a_customer(crm)
    regularly(crm, cafe, date(2026, 3, 7), roll="next")
    assert next_review(crm) == date(2026, 3, 9)


def test_a_schedule_that_cannot_be_read_hides_no_customer(crm: Desk) -> None:
    regularly(crm, a_customer(crm), date(1900, 1, 1), roll="previous")
    assert next_review(crm) is None
