"""Which complaints an agreement is judged by: those that came in under it, and whose clocks go by it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from servicecrm import agreements
from servicecrm.agreements import Agreement, Line, ServiceLevels, TimeTarget
from servicecrm.complaints import Complaint
from servicecrm.desk import Desk, connect
from servicecrm.testing import FixedClock, SeededIds
from tests.agreements.making import ANN, CAFE


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(clock: FixedClock) -> Iterator[Desk]:
    """A desk, where Ann works."""
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        yield crm


def agreed(crm: Desk, *times: TimeTarget, **terms: object) -> Agreement:
    line = Line(service="water", levels=ServiceLevels(times=times))
    given = {"title": "Water", "lines": [line], "first_day": crm.clock().date(), **terms}
    agreement = crm.agreements.draft(customer=CAFE, **given)  # type: ignore[arg-type]
    crm.agreements.propose(agreement.id)
    crm.agreements.accept(agreement.id, "customer")
    crm.agreements.sign(agreement.id, "customer")
    return crm.agreements.sign(agreement.id, "provider")


def within(time: str, *priorities: str) -> TimeTarget:
    return TimeTarget(timer="resolution", within=time, priorities=priorities)


def complained(crm: Desk) -> Complaint:
    return crm.complaints.record(subject="No water", channel="phone", customer=CAFE, service="water")


def judged(crm: Desk, agreement: Agreement) -> list[str]:
    """The records that have broken an agreement in March."""
    (result,) = crm.agreements.evaluate(agreement.id, "2026-03").results
    assert result.n == len(result.missed)
    return sorted(each.record for each in result.missed)


def test_what_came_in_before_it_was_signed_is_not_judged(crm: Desk, clock: FixedClock) -> None:  # C032
    complained(crm)
    clock.advance(hours=1)
    agreement = agreed(crm, within("24h elapsed"))
    under = complained(crm)
    clock.advance(days=25)
    crm.sweep()

    assert judged(crm, agreement) == [under.number]


def test_what_came_in_before_its_first_day_or_while_it_was_suspended_is_not_judged(
    crm: Desk, clock: FixedClock
) -> None:  # C032
    agreement = agreed(crm, within("24h elapsed"), first_day=date(2026, 3, 3))
    complained(crm)
    clock.advance(days=1)
    crm.sweep()
    under = complained(crm)
    clock.advance(hours=1)
    crm.agreements.suspend(agreement.id, "The bill is open.")
    clock.advance(hours=1)
    complained(crm)
    clock.advance(hours=1)
    crm.agreements.resume(agreement.id)
    clock.advance(days=25)
    crm.sweep()

    assert judged(crm, agreement) == [under.number]


def test_of_two_agreements_the_one_is_judged_that_the_clock_goes_by(crm: Desk, clock: FixedClock) -> None:  # C031, C032
    first = agreed(crm, within("24h elapsed"))
    early = complained(crm)
    clock.advance(days=1)
    line = Line(service="water", levels=ServiceLevels(times=(within("30h elapsed"),)))
    today = clock().date()
    told: dict[str, Any] = {"title": "Water", "lines": [line], "first_day": today, "signed_on": today}
    (second,) = crm.save(agreements.adopt(id="a-2", customer=CAFE, source="erp", by="ann", at=clock(), **told))
    late = complained(crm)
    clock.advance(days=25)
    crm.sweep()

    assert judged(crm, first) == [early.number]
    assert judged(crm, second) == [late.number]


def test_a_time_that_is_agreed_for_other_priorities_judges_nothing(crm: Desk, clock: FixedClock) -> None:  # C031, C032
    agreement = agreed(crm, within("24h elapsed", "p1"))
    complained(crm)
    clock.advance(days=25)
    crm.sweep()

    assert judged(crm, agreement) == []


def test_what_is_open_past_its_time_is_judged_before_any_sweep_and_what_was_withdrawn_in_time_is_not(
    crm: Desk, clock: FixedClock
) -> None:  # C032
    agreement = agreed(crm, within("24h elapsed"))
    open_, withdrawn = complained(crm), complained(crm)
    clock.advance(hours=1)
    crm.complaints.withdraw(withdrawn.id)
    assert judged(crm, agreement) == []
    clock.advance(hours=24)

    assert judged(crm, agreement) == [open_.number]
