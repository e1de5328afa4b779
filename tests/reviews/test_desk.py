"""Schedules, meetings, reviews, needs, reports and proposals at the desk, on a store that keeps them."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from servicecrm.agreements import Line
from servicecrm.desk import Desk, connect
from servicecrm.desk.improvements import Improvements
from servicecrm.desk.meetings import Meetings
from servicecrm.desk.needs import Needs
from servicecrm.desk.report_specs import ReportSpecs
from servicecrm.desk.review_schedules import Schedules
from servicecrm.desk.service_reviews import ServiceReviews
from servicecrm.errors import GuardNotMet, IdempotencyMismatch, NotFound, PolicyViolation
from servicecrm.improvements import PROPOSAL, Origin
from servicecrm.kernel.policies import publish
from servicecrm.reviews import (
    MEETING,
    NEED,
    REPORT_SPEC,
    SCHEDULE,
    SERVICE_REVIEW,
    DueStatus,
    Followed,
    PackSource,
    Resolution,
    ReviewPolicies,
    ReviewPolicy,
    coverage,
)
from servicecrm.reviews.schema import POLICIES
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.schema import tables
from servicecrm.testing import FixedClock, SeededIds
from tests.agreements.making import LEVELS
from tests.reviews.making import BOTH, CAFE, DAY, TALKED

OURS = (MEETING, SERVICE_REVIEW, NEED, SCHEDULE, REPORT_SPEC, POLICIES, PROPOSAL)
IN_BOTH = pytest.mark.parametrize("crm", ["memory", "sqlite"], indirect=True)
KINDS = tuple({kind.name: kind for kind in (*SHIPPED, *OURS)}.values())


def in_a_file(place: Path) -> Path:
    """A file with the tables that the shipped ones lack."""
    connect(place).close()
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.executescript(tables(KINDS[len(SHIPPED) :]).removeprefix(tables(())))
    return place


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path) -> Iterator[Desk]:
    """A desk on an empty store that keeps all this."""
    place = "memory:" if getattr(request, "param", "memory") == "memory" else in_a_file(tmp_path / "crm.db")
    with connect(place, actor="ann", clock=clock, ids=SeededIds(), kinds=KINDS) as crm:
        yield crm
        crm.store.verify()


@IN_BOTH
def test_a_meeting_is_planned_for_what_is_overdue_held_and_written_down(crm: Desk, clock: FixedClock) -> None:
    # C084, C085, S3-P5
    schedules, meetings = Schedules(crm), Meetings(crm)
    schedule = schedules.start("meeting", customer=CAFE, every="quarter", first=date(2026, 2, 1), owner="ann")
    (due,) = schedules.overdue()
    assert (due.status, due.days_late) == (DueStatus.OVERDUE, 29)

    meeting = meetings.plan(
        "Spring talk", customer=CAFE, planned_for=clock() + DAY, due_on=schedules.next_due(schedule.id)
    )
    assert (meeting.number, meeting.organizer, meeting.due_on) == ("MTG-2026-000001", "ann", due.due)
    assert schedules.overdue()[0].record == meeting.id
    assert [each.id for each in meetings.worklist("ann")] == [meeting.id]
    clock.advance(days=1)
    meetings.hold("MTG-2026-000001", BOTH)
    assert schedules.overdue() == ()
    assert coverage(schedules.dues(date(2026, 1, 1), date(2026, 4, 1), occasion="meeting")).value == 0.0  # K41
    decided = meetings.resolve(
        meeting.id, [Resolution(text="Renew the valve", owner="north", due_at=clock() + DAY)], command="k-1"
    )
    assert [item.id for item in crm.actions.of(meeting.id)] == [each.record for each in decided.resolutions]
    meetings.draft(meeting.id, TALKED)
    meetings.approve(meeting.id, "inside")
    approved = meetings.approve(meeting.id, "outside", signer="rosa")
    clock.advance(days=9)
    assert [each.id for each in meetings.late_minutes()] == [meeting.id]
    assert meetings.distribute(meeting.id).state == "distributed"
    assert meetings.late_minutes().items == ()
    assert meetings.add(meeting.id, "It was the second valve.").digest == approved.digest
    assert [entry.type for entry in crm.history(meeting.id)][-3:] == [
        "meeting.concluded",
        "meeting.distributed",
        "meeting.added",
    ]


def test_minutes_are_due_by_the_rules_that_the_meeting_was_planned_under(crm: Desk, clock: FixedClock) -> None:
    # C008, C085
    meetings = Meetings(crm)
    before = meetings.plan("Talk", customer=CAFE, planned_for=clock() + DAY)
    with crm.unit() as unit:
        rules = ReviewPolicy(distribute_within="1h elapsed")
        unit.save(publish(ReviewPolicies(), rules, effective=clock(), by="ann", at=clock()))
    after = meetings.plan("Talk", customer=CAFE, planned_for=clock() + DAY)

    assert (before.policy, after.policy) == (0, 1)
    assert meetings.hold(after.id, BOTH).distribute_by == clock() + timedelta(hours=1)
    assert meetings.hold(before.id, BOTH).distribute_by == datetime.fromisoformat("2026-03-04T09:00+00:00")


@IN_BOTH
def test_a_review_is_prepared_out_of_what_the_store_knows(crm: Desk, clock: FixedClock) -> None:  # C087, C088
    # S0-A17, S0-A18
    reviews, needs = ServiceReviews(crm), Needs(crm)
    complaint = crm.complaints.record(subject="No water", channel="phone", customer=CAFE)
    crm.complaints.record(subject="Thanks", channel="phone", customer=CAFE, feedback="compliment")
    crm.complaints.record(subject="Not mine", channel="phone", customer="town-hall")
    action = crm.actions.open(
        "Renew it", source_kind="complaint", source=complaint.id, owner="north", due_at=clock() + DAY
    )
    needs.capture("Water in the garden", customer=CAFE, source_kind="complaint", source=complaint.id)
    review = reviews.plan(
        "First quarter",
        customer=CAFE,
        services=["water"],
        period="2026-Q1",
        planned_for=clock() + 7 * DAY,
    )
    assert [each.id for each in reviews.to_prepare(date(2026, 3, 4))] == [review.id]

    pack = reviews.prepare(review.id, changes=[]).pack
    assert pack is not None
    assert [each.title for each in (*pack.complaints, *pack.praise, *pack.needs)] == [
        "No water",
        "Thanks",
        "Water in the garden",
    ]
    assert [each.record for each in pack.actions] == [action.number]
    assert pack.missing == (PackSource.RESULTS, PackSource.SATISFACTION, PackSource.RISKS)
    assert [each.outcome for each in pack.results] == ["not_measured"]

    clock.advance(days=7)
    with pytest.raises(GuardNotMet, match="open have been looked at"):
        reviews.hold(review.id, BOTH)
    followed = [Followed(action=str(action.number), note="Ordered.")]
    reviews.hold(review.id, BOTH, followed=followed, customer_view=["Faster."])
    reviews.resolve(review.id, [Resolution(text="A second line", owner="north", due_at=clock() + DAY)])
    report = reviews.publish(review.id, next_on=date(2026, 6, 9))
    assert (report.number, report.state) == ("REV-2026-000001", "published")
    assert reviews.sign_off(review.id, "outside", signer="rosa").sign_offs[0].digest == report.digest
    assert len(crm.actions.of("REV-2026-000001")) == 1


@IN_BOTH
def test_a_need_becomes_a_proposal_and_both_know_each_other(crm: Desk) -> None:  # C086, C107
    needs, improvements = Needs(crm), Improvements(crm)
    first = needs.capture("Water in the garden", customer=CAFE, source_kind="meeting", source="m-1", service="water")
    second = needs.capture("A garden tap", customer="town-hall", source_kind="meeting", source="m-2")
    needs.link(second.id, first.id)
    needs.confirm(first.id)
    routed = needs.propose(str(first.number), owner="olga", command="k-1")

    assert (routed.state, routed.route) == ("routed", "improvement")
    assert needs.propose(str(first.number), owner="olga", command="k-1").target == routed.target
    proposal = improvements.get(str(routed.target))
    assert (proposal.number, proposal.raised_by, proposal.about) == ("IMP-2026-000001", CAFE, "water")
    assert improvements.told_from("need", first.id)[0].state == "proposed"
    (wanted,) = needs.wanted("improvement")
    assert wanted.customers == (CAFE, "town-hall")
    assert needs.satisfy(first.id, "There is a tap.").state == "satisfied"
    assert needs.decline(second.id, "Not in your street.").answer == "Not in your street."
    assert [each.id for each in improvements.worklist("olga")] == [proposal.id]


@IN_BOTH
def test_a_proposal_is_seen_from_each_complaint_that_raised_it(crm: Desk) -> None:  # C107
    improvements = Improvements(crm)
    origins = [Origin(kind="complaint", id=f"c-{n}") for n in range(2)]
    proposal = improvements.propose("Renew the valves", kind="service", raised_from=origins[:1], command="k-1")
    improvements.cite(proposal.id, origins[1:])
    improvements.accept(proposal.id, "We will.")

    assert [each.state for n in range(2) for each in improvements.told_from("complaint", f"c-{n}")] == ["accepted"] * 2
    assert improvements.told(str(proposal.number)).answer == "We will."
    assert improvements.hand_over(proposal.id, "change", target="CHG-1").state == "handed_over"
    with pytest.raises(IdempotencyMismatch):
        improvements.propose("Something else", kind="service", command="k-1")
    with pytest.raises(NotFound):
        improvements.told("IMP-2026-000099")


@IN_BOTH
def test_a_report_is_made_and_passed_on_for_its_days(crm: Desk, clock: FixedClock) -> None:  # C089
    reports = ReportSpecs(crm)
    spec = reports.specify(
        "Service levels",
        purpose="to see whether the targets are met",
        audience=["rosa"],
        every="month",
        first=date(2026, 3, 1),
        roll="next",
        content=["targets"],
        format="PDF",
        delivery="e-mail",
    )
    due = date(2026, 3, 2)
    reports.produce(spec.id, due, cut_off=clock(), digest="a" * 64)
    assert (spec.number, spec.owner) == ("RPT-2026-000001", "ann")
    assert [(each.due, each.status.value) for each in reports.due(due, date(2026, 5, 1))] == [
        (due, "produced"),
        (date(2026, 4, 1), "upcoming"),
    ]
    reports.deliver(spec.id, due)
    assert reports.due(due, due + DAY)[0].status == "delivered"
    assert reports.amend(spec.id, format="HTML").format == "HTML"
    assert reports.end(spec.id, "Nobody reads it.").state == "ended"


def test_a_schedule_is_changed_and_ended_and_there_is_one_for_an_occasion(crm: Desk) -> None:  # C084
    schedules = Schedules(crm)
    schedule = schedules.start("meeting", customer=CAFE, every="quarter", first=date(2026, 6, 1), owner="ann")
    with pytest.raises(PolicyViolation, match="schedule"):
        schedules.start("meeting", customer=CAFE, every="month", first=date(2026, 6, 1), owner="ann")
    assert schedules.overdue(customer=CAFE) == ()
    assert len(schedules.overdue(customer=CAFE, ahead_days=100)) == 1
    assert len(schedules.change(schedule.id, "month", first=date(2026, 9, 1), owner="bob").cadences) == 2
    assert schedules.end(schedule.id).state == "ended"
    assert schedules.next_due(schedule.id) is None


def test_what_was_planned_is_changed_put_off_and_called_off(crm: Desk, clock: FixedClock) -> None:  # C084, C085, C087
    meetings, reviews, later = Meetings(crm), ServiceReviews(crm), clock() + 9 * DAY
    meeting = meetings.plan("Talk", customer=CAFE, planned_for=clock() + DAY)
    review = reviews.plan("Review", customer=CAFE, period="2026-Q1", planned_for=clock() + DAY)

    assert meetings.add_topics(meeting.id, TALKED).agenda == reviews.add_topics(review.id, TALKED).agenda == TALKED
    assert meetings.reschedule(meeting.id, later, reason="Rain.").planned_for == later
    assert reviews.reschedule(review.id, later).prepare_by == date(2026, 3, 6)
    for register, record in ((meetings, meeting), (reviews, review)):
        assert register.cancel(record.id, "They left.").state == "cancelled"


def test_what_is_written_is_put_right_until_it_stands(crm: Desk, clock: FixedClock) -> None:  # C085, C088, C107
    meetings, reviews = Meetings(crm), ServiceReviews(crm)
    meeting = meetings.plan("Talk", customer=CAFE, planned_for=clock())
    meetings.hold(meeting.id, BOTH)
    meetings.draft(meeting.id, TALKED)
    assert meetings.edit(meeting.id, next_on=date(2026, 9, 1)).next_on == date(2026, 9, 1)
    review = reviews.plan("Review", customer=CAFE, period="2026-Q1", planned_for=clock())
    reviews.prepare(review.id)
    reviews.hold(review.id, BOTH)
    assert reviews.edit(review.id, exceptional="A flood.", next_on=date(2026, 6, 1)).exceptional == "A flood."
    reviews.publish(review.id)
    assert reviews.add(review.id, "Two floods.").state == "published"
    need = Needs(crm).capture("A tap", customer=CAFE, source_kind="meeting", source=meeting.id)
    assert Needs(crm).edit(need.id, service="water", horizon=None).service == "water"
    Needs(crm).confirm(need.id)
    assert Needs(crm).route(need.id, "agreements", target="AGR-1").target == "AGR-1"
    proposal = Improvements(crm).propose("Renew it", kind="service")
    assert Improvements(crm).edit(proposal.id, owner="olga").owner == "olga"
    assert Improvements(crm).reject(proposal.id, "Too dear.").answer == "Too dear."


def test_what_agreements_came_to_is_part_of_a_review(crm: Desk, clock: FixedClock) -> None:  # C032, C087
    agreement = crm.agreements.draft(
        customer=CAFE, title="Water", lines=[Line(service="water", levels=LEVELS)], first_day=date(2026, 3, 1)
    )
    crm.agreements.propose(agreement.id)
    crm.agreements.accept(agreement.id, "customer")
    for party in ("customer", "provider"):
        crm.agreements.sign(agreement.id, party)
    clock.advance(days=40)
    evaluation = crm.agreements.evaluate(agreement.id, "2026-03")
    reviews = ServiceReviews(crm)
    review = reviews.plan("Review", customer=CAFE, services=["water"], period="2026-03", planned_for=clock())

    pack = reviews.prepare(review.id, evaluations=[evaluation]).pack
    assert pack is not None
    assert {each.target for each in pack.results} == {"resolution", "availability"}
    assert PackSource.RESULTS not in pack.missing


def test_the_same_command_again_changes_nothing(crm: Desk, clock: FixedClock) -> None:  # C125
    meetings = Meetings(crm)

    def twice() -> str:
        meeting = meetings.plan("Talk", customer=CAFE, planned_for=clock() + DAY, command="k-1")
        meetings.hold(meeting.id, BOTH, command="k-2")
        action = Resolution(text="Renew the valve", owner="north", due_at=clock() + DAY)
        return meetings.resolve(meeting.id, [action], command="k-3").id

    assert twice() == twice()
    assert crm.actions.count() == meetings.count() == 1
    with pytest.raises(IdempotencyMismatch):
        meetings.plan("Another talk", customer=CAFE, planned_for=clock() + DAY, command="k-1")
