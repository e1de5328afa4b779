"""A request for an update is measured by its own date, also when it is answered."""  # C063

from datetime import timedelta

import pytest

import servicecrm
from servicecrm.calendars import Calendar
from servicecrm.cases import Case
from servicecrm.desk import Desk
from servicecrm.errors import InvalidValue
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import Targets

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(clock: FixedClock) -> Desk:
    return servicecrm.connect("memory:", actor="wanda", clock=clock, ids=SeededIds(), house=servicecrm.House())


@pytest.fixture
def case(crm: Desk, clock: FixedClock) -> Case:
    case = crm.cases.open(subject="No water", channel="phone")
    crm.cases.route(case.id, "water", handler="wanda")
    clock.advance(minutes=1)
    return crm.cases.accept(case.id)


def test_one_that_was_answered_late_stays_missed(crm: Desk, case: Case, clock: FixedClock) -> None:
    crm.cases.request_update(case.id, clock() + HOUR)
    clock.advance(minutes=90)
    crm.sweep()
    clock.advance(minutes=30)
    crm.cases.give_update(case.id, "The digger has come.")

    assert crm.timers(case.id)["demanded_update"].state == "missed"


def test_one_that_was_answered_in_time_is_met_however_long_it_took(crm: Desk, case: Case, clock: FixedClock) -> None:
    crm.cases.request_update(case.id, clock() + 120 * HOUR)
    clock.advance(hours=100)
    crm.cases.give_update(case.id, "The digger has come.")

    assert crm.timers(case.id)["demanded_update"].state == "met"


def test_a_later_request_does_not_put_off_an_earlier_one(crm: Desk, case: Case, clock: FixedClock) -> None:
    crm.cases.request_update(case.id, clock() + 3 * HOUR)
    clock.advance(minutes=1)
    crm.cases.request_update(case.id, clock() + 1_000 * HOUR)
    clock.advance(hours=4)

    assert "demanded_update" in [getattr(each.event, "timer", None) for each in crm.sweep().events]


def test_timers_at_an_earlier_time_know_nothing_of_later_results(crm: Desk, case: Case, clock: FixedClock) -> None:
    before = clock()
    clock.advance(days=4)
    crm.cases.contact(case.id, "reached", note="Told her.", answered=True)

    assert crm.timers(case.id)["answer_or_contact"].state == "missed"
    assert crm.timers(case.id, at=before)["answer_or_contact"].state == "running"


def test_what_clocks_are_read_by_has_no_end(crm: Desk, clock: FixedClock) -> None:
    end = clock() + HOUR
    with pytest.raises(InvalidValue, match="publish what follows"):
        crm.policies.publish(Targets(), name="case", effective=clock(), until=end)
    with pytest.raises(InvalidValue, match="publish what follows"):
        crm.policies.publish(Calendar(zone="UTC", hours="mon 09:00-10:00"), effective=clock(), until=end)
