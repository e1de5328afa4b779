"""What was agreed with a customer moves the clocks of its complaints and cases, when it is agreed and when it ends."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from servicecrm.agreements import Agreement, AgreementPolicy, Line, Promised, ServiceLevels, TimeTarget
from servicecrm.calendars import Calendar, Holiday
from servicecrm.desk import Desk, connect
from servicecrm.errors import NotFound
from servicecrm.kernel.filters import where
from servicecrm.storage import MemoryStore
from servicecrm.storage.kinds import SHIPPED
from servicecrm.testing import FixedClock
from servicecrm.tracking import Clock, Targets
from tests.agreements.making import CAFE, a_definition

NIGHT = Calendar(zone="UTC", hours="mon-sun 00:00-24:00")
HOLIDAY = Calendar(
    zone="UTC", hours="mon-sun 00:00-24:00", holidays=(Holiday(date=date(2026, 3, 2), name="Water day"),)
)


def within(time: str, calendar: str | None = None) -> ServiceLevels:
    return ServiceLevels(times=(TimeTarget(timer="resolution", within=time, calendar=calendar),))


def agreed(crm: Desk, time: str, *, calendar: str | None = None, **terms: object) -> Agreement:
    """An agreement about water that both have signed today."""
    line = Line(service="water", levels=within(time, calendar))
    given = {"title": "Water", "customer": CAFE, "lines": (line,), "first_day": crm.clock().date(), **terms}
    drafted = crm.agreements.draft(**given)  # type: ignore[arg-type]
    crm.agreements.propose(drafted.id)
    crm.agreements.accept(drafted.id, "customer")
    crm.agreements.sign(drafted.id, "customer")
    return crm.agreements.sign(drafted.id, "provider")


@pytest.fixture
def due(crm: Desk) -> Callable[[str], datetime | None]:
    """When a complaint is due: its timer now, which has to be what its clock was last read as."""

    def due(id: str) -> datetime | None:
        now: datetime | None = crm.timers(id)["resolution"].due_at
        with crm.store.unit(readonly=True) as unit:
            (clock,) = unit.find(Clock, where("about") == id)
        (read,) = (each.due_at for each in clock.timers if each.name == "resolution")
        assert read == now
        return now

    return due


def complain(crm: Desk, **fields: object) -> str:
    told = {"subject": "No water", "channel": "phone", "customer": CAFE, "service": "water", **fields}
    return str(crm.complaints.record(**told).id)  # type: ignore[arg-type]


Due = Callable[[str], datetime | None]


def test_a_complaint_is_due_by_what_was_agreed_about_its_service(crm: Desk, due: Due) -> None:  # C031, C036
    usual = due(complain(crm))
    agreed(crm, "2h elapsed")
    mine = complain(crm)

    assert due(mine) == crm.clock() + timedelta(hours=2)
    assert due(complain(crm, service="gas")) == due(complain(crm, customer="mill")) == usual
    crm.complaints.acknowledge(mine)
    assert due(mine) == crm.clock() + timedelta(hours=2)


def test_what_was_agreed_when_it_came_in_counts_to_the_end(  # C031, C036
    crm: Desk, due: Due, clock: FixedClock
) -> None:
    before = complain(crm)
    usual = due(before)
    agreement = agreed(crm, "30h elapsed", last_day=date(2026, 3, 2))
    mine, began = complain(crm), crm.clock()
    assert (due(before), due(mine)) == (usual, began + timedelta(hours=30))

    clock.advance(days=2)  # its last day is over
    crm.sweep()
    assert crm.agreements.get(agreement.id).state == "expired"
    assert (due(before), due(mine)) == (usual, began + timedelta(hours=30))
    assert crm.timers(mine)["resolution"].late
    crm.complaints.acknowledge(mine)
    assert crm.timers(mine)["resolution"].late
    assert due(complain(crm)) not in (usual, began + timedelta(hours=30))


def test_a_complaint_that_turns_out_to_be_about_another_service_has_its_times(crm: Desk, due: Due) -> None:  # C031
    agreed(crm, "2h elapsed")
    mine = complain(crm, service="gas")
    usual = due(mine)

    crm.complaints.amend(mine, service="water")
    assert due(mine) == crm.clock() + timedelta(hours=2)
    crm.complaints.amend(mine, service="gas")
    assert due(mine) == usual


def test_a_promise_to_everybody_holds_from_its_date(crm: Desk, due: Due, clock: FixedClock) -> None:  # C031, C036
    mine, stranger = complain(crm), complain(crm, customer="mill")
    usual = due(mine)
    promised = AgreementPolicy(default=within("9 business days"), corporate=(Promised(levels=within("30h elapsed")),))
    crm.policies.publish(promised, effective=crm.clock() + timedelta(hours=10))

    assert {due(mine), due(stranger)} == {usual}
    clock.advance(hours=11)
    crm.sweep()
    assert {due(mine), due(stranger)} == {clock() + timedelta(hours=19)}
    assert crm.sweep().clocks == 0


def test_a_calendar_that_only_an_agreement_names_moves_its_clocks_when_it_changes(  # C036
    crm: Desk, due: Due, clock: FixedClock
) -> None:
    crm.policies.publish(NIGHT, name="night", effective=crm.clock())
    agreed(crm, "2h business", calendar="night")
    mine, other = complain(crm), complain(crm, service="gas")
    assert due(mine) == crm.clock() + timedelta(hours=2)
    usual = due(other)

    clock.advance(minutes=1)
    crm.policies.publish(HOLIDAY, name="night", effective=crm.clock())
    crm.sweep()

    assert due(mine) == datetime(2026, 3, 3, 2, tzinfo=clock().tzinfo)
    assert due(other) == usual
    assert crm.sweep().clocks == 0


def test_a_store_that_a_host_wants_without_agreements_goes_by_the_targets_of_the_house() -> None:
    kinds = tuple(
        kind
        for kind in SHIPPED
        if kind.name in ("complaint", "complaint_policies", "clock", "targets", "calendar", "message")
    )
    with connect(MemoryStore(kinds=kinds), actor="ann", clock=FixedClock()) as crm:
        mine = crm.complaints.record(subject="No water", channel="phone", customer=CAFE, service="water").id
        assert crm.timers(mine)["resolution"].due_at is not None
        assert crm.sweep().failed == ()


def test_a_customer_and_a_service_may_be_named_by_their_numbers(crm: Desk) -> None:  # C009, C025, C031
    cafe = crm.customers.add(name="Harbour Cafe")
    water = crm.services.define(a_definition(), owner="water-works")
    assert cafe.number is not None
    assert water.number is not None
    named: dict[str, Any] = {"customer": cafe.number, "service": water.number}

    complaint = crm.complaints.record(subject="No water", channel="phone", **named)
    case = crm.cases.open(subject="A meter", channel="phone", requester=cafe.number)
    need = crm.needs.capture(
        "A second meter",
        kind="need",
        customer=cafe.number,
        service=water.number,
        source_kind="complaint",
        source=complaint.id,
    )
    found = crm.services.entitlement(cafe.number, water.number)
    agreement = crm.agreements.draft(customer=cafe.number, title="Water", first_day=crm.clock().date())

    kept = [(each.customer, each.service) for each in (complaint, need, found)]
    assert kept == [(cafe.id, water.id)] * 3
    assert (case.requester, agreement.customer) == (cafe.id, cafe.id)
    assert crm.complaints.amend(complaint.id, service=water.number).service == water.id
    with pytest.raises(NotFound):
        crm.complaints.record(subject="No water", channel="phone", customer="CUS-2026-000099")
    assert crm.complaints.record(subject="No water", channel="phone", customer="of the host").customer == "of the host"


def test_why_it_was_late_by_what_was_agreed_is_told_by_the_calendar_of_then(  # C031, C035
    crm: Desk, clock: FixedClock
) -> None:
    crm.policies.publish(NIGHT, name="night", effective=clock())
    soon = ServiceLevels(times=(TimeTarget(timer="acknowledge", within="2h business", calendar="night"),))
    agreed(crm, "2h business", lines=(Line(service="water", levels=soon),))
    mine = complain(crm)
    clock.advance(hours=3)
    crm.complaints.acknowledge(mine)
    then = crm.timers(mine)["acknowledge"].explain()
    assert then.splitlines()[1:-1] == [
        "2h business from Mon 2026-03-02 09:00:00+0000",
        "  open    Mon 2026-03-02 09:00:00+0000 to Mon 2026-03-02 11:00:00+0000  2:00:00",
        "due Mon 2026-03-02 11:00:00+0000",
        "  open    Mon 2026-03-02 11:00:00+0000 to Mon 2026-03-02 12:00:00+0000  1:00:00",
        "stopped Mon 2026-03-02 12:00:00+0000, late by 1:00:00 of open time",
    ]

    clock.advance(days=1)
    crm.policies.publish(HOLIDAY, name="night", effective=clock())
    crm.sweep()
    assert crm.timers(mine)["acknowledge"].explain() == then

    clock.advance(days=1)
    crm.policies.publish(crm.policies.in_force(Targets, "complaint"), name="complaint", effective=clock())
    crm.sweep()  # its clock knows what was agreed by the targets of today alone
    assert crm.timers(mine)["acknowledge"].explain().splitlines()[1:] == [
        "from Mon 2026-03-02 09:00:00+0000",
        "due Mon 2026-03-02 11:00:00+0000",
        "stopped Mon 2026-03-02 12:00:00+0000, late by 1:00:00",
        then.splitlines()[-1],
    ]
