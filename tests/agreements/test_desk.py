"""Services and agreements at the desk, on a store that keeps them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servicecrm.agreements import (
    Agreement,
    AgreementPolicies,
    AgreementPolicy,
    Line,
    Outage,
    Service,
    ServiceLevels,
    Support,
    TimeTarget,
    Violation,
    WindDownStep,
)
from servicecrm.complaints import Complaint
from servicecrm.complaints.targets import TARGETS
from servicecrm.desk import Desk, connect
from servicecrm.desk.agreed import agreed_basis
from servicecrm.desk.house import House
from servicecrm.desk.rules import basis_of
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import IdempotencyMismatch, InvalidValue, NotFound, PolicyViolation
from servicecrm.kernel.policies import publish
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Period
from servicecrm.notifications import MATRIX, Entry, Party
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking.books import TargetBook
from servicecrm.tracking.targets import Targets
from tests.agreements.making import APRIL, CAFE, DAY, LEVELS, a_definition, at


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    """A desk, where Ann works."""
    with connect(
        "memory:" if request.param == "memory" else tmp_path / "crm.db",
        actor="ann@city.example",
        clock=clock,
        ids=SeededIds(),
    ) as crm:
        yield crm


def live(crm: Desk, **fields: object) -> Service:
    services = crm.services
    service = services.define(a_definition(**fields), owner="water-works")
    services.plan(service.id)
    return services.release(service.number or service.id)


def concluded(crm: Desk, *lines: Line, **terms: object) -> Agreement:
    agreements = crm.agreements
    given = {"title": "Water", "first_day": crm.clock().date(), **terms}
    agreement = agreements.draft(customer=CAFE, lines=lines, **given)  # type: ignore[arg-type]
    agreements.propose(agreement.id)
    agreements.accept(agreement.id, "customer")
    agreements.sign(agreement.id, "customer", signer="rosa", place="Vienna")
    return agreements.sign(agreement.id, "provider")


def test_a_service_is_defined_released_and_seen_in_the_catalogue(crm: Desk) -> None:  # C025, C026
    service = live(crm)

    assert (service.number, service.state) == ("SRV-2026-000001", "live")
    assert [offer.service for offer in crm.services.catalogue()] == [service.id]
    crm.services.phase_out(service.id)
    assert crm.services.catalogue() == ()
    assert [entry.type for entry in crm.history(service.id)] == [
        "service.proposed",
        "service.planned",
        "service.released",
        "service.phased_out",
    ]


def test_a_cycle_over_several_services_is_found_in_the_store(crm: Desk) -> None:  # C025
    first, services = live(crm), crm.services
    second = live(crm, supports=(Support(service=first.id),))
    services.edit(first.id, a_definition(supports=(Support(service=second.id),)))

    with pytest.raises(PolicyViolation, match=f"{first.id} > {second.id} > {first.id}"):
        services.release(first.id)
    assert services.weaknesses(second.id) == ()


def test_an_agreement_is_concluded_and_comes_into_force_with_its_day(  # C028, C029, C030
    crm: Desk, clock: FixedClock
) -> None:
    line = crm.services.line(live(crm).id)
    agreement = concluded(crm, line, first_day=date(2026, 3, 10), last_day=date(2026, 3, 31))
    agreements = crm.agreements

    assert (agreement.number, agreement.state) == ("AGR-2026-000001", "signed")
    assert agreements.advance() == ()
    clock.advance(days=8)
    assert [each.state for each in agreements.advance()] == ["in_force"]
    assert agreements.advance() == ()
    clock.advance(days=30)
    assert [each.state for each in agreements.advance()] == ["expired"]
    assert agreements.get(agreement.id).ended_at == at(2026, 4, 1)


def test_a_line_about_a_service_that_is_not_offered_is_refused(crm: Desk) -> None:  # C028
    service = live(crm)

    with pytest.raises(InvalidValue, match="there is no version 7"):
        concluded(crm, Line(service=service.id, version=7))
    crm.services.phase_out(service.id)
    with pytest.raises(PolicyViolation, match="not offered"):
        concluded(crm, Line(service=service.id))
    assert concluded(crm, Line(service="a service of the host")).state == "signed"


def test_a_time_that_no_clock_would_measure_is_refused(crm: Desk, clock: FixedClock) -> None:  # C028, C031
    def draft(timer: str) -> Agreement:
        levels = ServiceLevels(times=(TimeTarget(timer=timer, within="8h business"),))
        return crm.agreements.draft(
            customer=CAFE, title="Water", first_day=APRIL, lines=[Line(service="x", levels=levels)]
        )

    agreement = draft("resolution")
    with pytest.raises(InvalidValue, match=r"the timer resolve; it can be .*resolution"):
        draft("resolve")
    with pytest.raises(InvalidValue, match="the timer call_back"):
        draft("call_back")
    own = evolve(TARGETS.targets[0], name="call_back")
    book = TargetBook(id="complaint")
    crm.save(publish(book, Targets(targets=(own,)), effective=clock() + 30 * DAY, by="ann", at=clock()))
    assert draft("call_back").lines != agreement.lines


def test_a_service_is_not_retired_while_an_agreement_is_about_it(crm: Desk) -> None:  # C025
    service = live(crm)
    concluded(crm, crm.services.line(service.id))
    crm.services.phase_out(service.id)

    with pytest.raises(PolicyViolation, match="AGR-2026-000001"):
        crm.services.retire(service.id)


def test_the_general_agreement_is_attached_in_its_present_version(crm: Desk) -> None:  # C027
    general = crm.general_agreements
    first = general.draft("We answer within a day.", customer=CAFE, first_day=crm.clock().date())
    general.sign(first.id, "customer")
    general.sign(first.id, "provider")
    agreement = crm.agreements.draft(customer=CAFE, title="Water", first_day=date(2026, 4, 1))

    assert [each.agreement for each in agreement.general] == [first.id]
    assert [each.id for each in general.dependents(first.id)] == [agreement.id]

    second = general.renew(first.id, terms="Within an hour.", first_day=crm.clock().date())
    general.sign(second.id, "customer")
    general.sign(second.id, "provider")
    assert general.get(first.id).state == "ended"
    assert [each.version for each in crm.agreements.attach(agreement.id).general] == [2]


def test_notice_leaves_action_items_and_ends_it_in_time(crm: Desk, clock: FixedClock) -> None:  # C006, C030
    policy = AgreementPolicy(
        default=ServiceLevels(times=(TimeTarget(timer="resolution", within="1 business day"),)),
        wind_down=(WindDownStep(title="Export the data", owner="it", days_before=14),),
    )
    with crm.store.unit() as unit:
        unit.save(publish(AgreementPolicies(), policy, effective=clock(), by="ann", at=clock()))
    agreement = concluded(crm, Line(service="water"))

    ended = crm.agreements.terminate(agreement.id, "customer", reason="Moving.")

    assert ended.final_day == date(2026, 6, 2)
    assert [(item.title, item.due_at) for item in crm.actions.of(agreement.id)] == [
        ("Export the data", at(2026, 5, 20))
    ]
    clock.advance(days=100)
    assert [each.state for each in crm.agreements.advance()] == ["terminated"]


def test_a_renewal_takes_the_place_of_what_still_runs(crm: Desk, clock: FixedClock) -> None:  # C030
    agreements = crm.agreements
    old = concluded(crm, Line(service="water"))
    agreements.advance()
    new = agreements.renew(old.id, first_day=date(2026, 4, 1), title="Better water")
    for command in (agreements.propose, lambda id: agreements.accept(id, "customer")):
        command(new.id)
    for party in ("customer", "provider"):
        agreements.sign(new.id, party)
    clock.advance(days=40)

    assert {each.id: each.state for each in agreements.advance()} == {new.id: "in_force", old.id: "superseded"}
    assert agreements.get(old.id).successor == new.id


def test_the_entitlement_follows_the_agreement(crm: Desk, clock: FixedClock) -> None:  # C031
    agreement = concluded(crm, Line(service="water", levels=LEVELS), last_day=date(2026, 3, 31))

    found = crm.services.entitlement(CAFE, "water").time("resolution")
    assert found is not None
    assert (found.source, found.of) == ("line", agreement.id)
    later = crm.services.entitlement(CAFE, "water", at=clock() + 60 * DAY).time("resolution")
    assert later is not None
    assert later.source == "default"


def test_an_evaluation_counts_what_was_done_and_keeps_each_violation_once(  # C032
    crm: Desk, clock: FixedClock
) -> None:
    agreement = concluded(crm, Line(service="water", levels=LEVELS))
    complaint = crm.complaints.record(subject="No water", channel="phone", customer=CAFE, service="water")
    crm.complaints.record(subject="No gas", channel="phone", customer=CAFE, service="gas")
    outage = Outage(service="water", period=Period(start=at(2026, 3, 5), end=at(2026, 3, 6)))
    early = crm.agreements.evaluate(agreement.id, "2026-03")
    assert (early.kept, early.until) == (None, crm.clock())
    clock.advance(days=40)
    crm.sweep()

    found, again = (crm.agreements.evaluate(agreement.number or "", "2026-03", outages=[outage]) for _ in range(2))

    time, level = found.results
    assert again.results == found.results
    assert found.until is None
    assert [each.record for each in time.missed] == [complaint.number]
    assert level.outcome == "missed"
    with crm.store.unit(readonly=True) as unit:
        kept = unit.find(Violation)
    assert sorted(each.target for each in kept) == ["availability", "resolution"]
    assert {each.value for each in kept} == {None, level.value}
    assert level.value is not None
    assert level.value < Decimal(100)


def test_the_customer_is_told_of_a_violation_once(clock: FixedClock) -> None:  # C032
    matrix = MATRIX.with_entries(Entry(event="violation.found", party=Party.REQUESTER, template="missed", duty=True))
    house = House(matrix=matrix)
    outage = Outage(service="water", period=Period(start=at(2026, 3, 5), end=at(2026, 3, 6)))
    with connect("memory:", actor="ann", clock=clock, ids=SeededIds(), house=house) as crm:
        agreement = concluded(crm, Line(service="water", levels=LEVELS))
        clock.advance(days=40)
        for _ in range(2):
            crm.agreements.evaluate(agreement.id, "2026-03", outages=[outage])

        assert [(queued.topic, queued.recipient) for queued in crm.outbox.pending()] == [("missed", CAFE)]


def test_the_clock_of_a_record_is_read_by_what_its_customer_was_promised(crm: Desk) -> None:  # C031, C036
    concluded(crm, Line(service="water", levels=LEVELS))
    tracked = TRACKED[Complaint]

    def due(**fields: Any) -> datetime | None:
        complaint = crm.complaints.record(subject="No water", channel="phone", **fields)

        def program(work: Work) -> Program[datetime | None]:
            rules = yield from basis_of(work, tracked, crm.clock())
            basis = yield from agreed_basis(work, tracked, complaint, rules, crm.clock())
            return basis.timers(tracked.facts(complaint), now=crm.clock())["resolution"].due_at

        return crm.perform(program, readonly=True)

    assert due(customer=CAFE, service="water") == at(2026, 3, 2, 17)
    assert due(customer=CAFE, service="gas") == due() != at(2026, 3, 2, 17)


def test_what_is_due_is_listed(crm: Desk, clock: FixedClock) -> None:  # C030, C033
    agreement = concluded(crm, Line(service="water"), last_day=date(2026, 5, 31), review_every="1 month")
    agreements = crm.agreements
    agreements.advance()

    assert [each.agreement for each in agreements.due_for_renewal()] == [agreement.id]
    assert agreements.reviews_due() == ()
    clock.advance(days=31)
    assert [each.id for each in agreements.reviews_due()] == [agreement.id]
    agreements.review(agreement.id, "All well.", decision="keep")
    assert agreements.reviews_due() == ()


def test_the_same_command_again_changes_nothing(crm: Desk) -> None:  # C125
    agreements = crm.agreements

    def twice() -> Agreement:
        drafted = agreements.draft(customer=CAFE, title="Water", first_day=date(2026, 4, 1), command="k-1")
        return agreements.edit(drafted.id, title="More water", command="k-2")

    agreement = twice()
    assert twice() == agreement
    assert agreements.count() == 1
    assert agreements.get(agreement.id).revision == 2
    with pytest.raises(IdempotencyMismatch):
        agreements.edit(agreement.id, title="Still more", command="k-2")
    with pytest.raises(NotFound):
        agreements.get("AGR-2026-000009")


def test_the_agreements_of_a_customer_are_those_that_are_not_over(crm: Desk) -> None:
    mine = concluded(crm, Line(service="water"))
    crm.agreements.abandon(crm.agreements.draft(customer=CAFE, title="x", first_day=date(2026, 4, 1)).id)

    assert [each.id for each in crm.agreements.worklist(CAFE)] == [mine.id]
