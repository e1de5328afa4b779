"""The customers at a glance: a page of lines with what stands beside each customer."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from servicecrm import complaints
from servicecrm.agreements.lifecycle import IN_FORCE
from servicecrm.analytics.portfolio_view import PortfolioView, portfolio_view
from servicecrm.desk import Desk, connect
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.portfolio import Customer
from servicecrm.reviews import service_reviews
from servicecrm.testing import SeededIds
from servicecrm.testing.makers import MONDAY
from tests.analytics.test_timeline import an_agreement, an_interaction, on, save, taken
from tests.portfolio.making import DAY, a_customer

KINDS = {"customer", "complaint", "agreement", "interaction", "service_review"}


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    place = "memory:" if request.param == "memory" else tmp_path / "crm.db"
    with connect(place, actor="ann", ids=SeededIds()) as crm:
        yield crm


def view(crm: Desk, **asked: Any) -> PortfolioView:
    kinds = KINDS & {kind.name for kind in crm.store.kinds.values()}
    return crm.perform(lambda work: portfolio_view(work, at=MONDAY, kinds=kinds, **asked), readonly=True)


def customers(crm: Desk, *more: Customer) -> None:
    for n in range(3):
        save(crm, taken(a_customer(id=f"c-{n}", at=MONDAY + n * DAY, account_manager="bob" if n == 2 else "ann")))
    save(crm, *map(taken, more))


def test_a_line_tells_what_stands_beside_a_customer(crm: Desk) -> None:  # C024, S3-O5
    customers(crm, a_customer(id="c-9", number="CUS-9", deputy="dan", services=["gas", "water"], verified=True))
    open_, closed = (
        complaints.record(id=f"k-{n}", subject="Dry", channel="phone", customer="c-9", by="a", at=MONDAY) for n in "12"
    )
    in_force = an_agreement(1, on(1)).after
    save(
        crm,
        open_,
        taken(evolve(closed.after, closed_at=on(2))),
        taken(evolve(in_force, customer="c-9", state=IN_FORCE)),
        taken(evolve(in_force, id="g-2", customer="c-9")),
        an_interaction(1, on(1), customer="c-9"),
        an_interaction(2, on(3), customer="c-9"),
    )
    (line,) = (line for line in view(crm, satisfaction={"c-9": 4.5}) if line.id == "c-9")

    assert (line.number, line.account_manager, line.deputy) == ("CUS-9", "ann", "dan")
    assert (line.services, line.agreements, line.open_complaints, line.satisfaction) == (("gas", "water"), 1, 1, 4.5)
    assert (line.heard_at, line.verified_at, line.next_review) == (on(3), MONDAY, None)
    assert "Customer" not in repr(line)


def test_the_last_that_were_added_come_first_page_by_page_and_those_who_left_are_not_there(crm: Desk) -> None:  # K01
    gone = evolve(a_customer(id="c-8"), state="former")
    merged = evolve(a_customer(id="c-7"), merged_into="c-1")
    customers(crm, gone, merged)

    first = view(crm, size=2)
    assert [line.id for line in first] == ["c-2", "c-1"]
    assert [line.id for line in view(crm, size=2, after=first.next)] == ["c-0"]


def test_a_manager_sees_own_customers_those_that_wait_longest_for_a_look_first(crm: Desk) -> None:  # C013
    looked_at = evolve(a_customer(id="c-5"), verified_at=on(-100))
    customers(crm, looked_at, evolve(a_customer(id="c-6"), verified_at=on(-200)))
    assert [line.id for line in view(crm, manager="ann")] == ["c-6", "c-5", "c-0", "c-1"]
    assert [line.id for line in view(crm, manager="bob")] == ["c-2"]


def test_the_first_day_of_an_open_review_is_the_next_one(crm: Desk) -> None:
    customers(crm)
    told: dict[str, Any] = {"customer": "c-1", "period": "2026-Q1", "planned_for": on(9), "organizer": "ann"}
    for n, day in enumerate((9, 3, 5, 1)):
        due_on = date(2026, 4, day)
        planned = service_reviews.plan("Review", id=f"r-{n}", due_on=due_on, **told, by="ann", at=MONDAY).after
        save(crm, taken(evolve(planned, state="cancelled") if day == 1 else planned))

    assert {line.id: line.next_review for line in view(crm)} == {"c-0": None, "c-1": date(2026, 4, 3), "c-2": None}


def test_a_view_is_plain_for_other_programs_and_has_a_limit(crm: Desk) -> None:
    customers(crm)
    (row, *_) = view(crm).to_dicts()
    assert (row["id"], row["services"], row["heard_at"]) == ("c-2", [], None)
    with pytest.raises(InvalidValue, match="500"):
        view(crm, size=501)
    with pytest.raises(InvalidValue, match="column"):
        view(crm, order="colour")


def test_with_another_order_it_is_that_of_the_column(crm: Desk) -> None:
    customers(crm)
    assert [line.id for line in view(crm, order="-account_manager")] == ["c-2", "c-1", "c-0"]
