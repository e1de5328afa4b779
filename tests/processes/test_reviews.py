"""What follows between slices around meetings and reviews: agendas, proposals, escalation, warnings, and the pack."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements, cases, complaints
from servicecrm.agreements import Line, Outage, TimerResult, evaluate
from servicecrm.complaints import Complaint, Feedback
from servicecrm.complaints.events import ComplaintClosed
from servicecrm.errors import InvalidValue, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision, decide, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Period
from servicecrm.processes.ended_agreement import warn_open
from servicecrm.processes.missed_review import MissedStep, escalate_missed
from servicecrm.processes.proposing import propose_decided, propose_from_complaint, propose_from_need
from servicecrm.processes.review_agenda import onto_agenda
from servicecrm.processes.review_pack import achieved_in, heard_in, measured_in, needed, open_at
from servicecrm.processes.words import TEXTS
from servicecrm.reviews import Resolution, ResolutionKind, Route, ServiceReview, meetings, overdue, service_reviews
from servicecrm.surveys.evaluation_model import SurveyEvaluation, SurveyEvaluationId
from servicecrm.testing.makers import a_complaint
from servicecrm.tracking import action_items
from servicecrm.tracking.moments import Side
from tests.agreements.making import LEVELS, at, in_force
from tests.reviews.making import ANN, CAFE, DAY, MONDAY, a_need, a_review, a_schedule, confirmed, held, prepared

# -- closed complaint -> agenda of the next review ------------------------------------------------


def closed(**changes: Any) -> Decision[Complaint]:
    """A complaint of the cafe about water that has just been closed."""
    complaint = a_complaint(**{"customer": CAFE, "service": "water", **changes})
    return decide(complaint, ComplaintClosed(**stamp(ANN, MONDAY)), state="closed", closed_at=MONDAY)


def test_a_closed_complaint_is_on_the_agenda_of_the_next_review() -> None:  # C053, C087
    later, next_, gone = (
        a_review("r-1", planned_for=MONDAY + 90 * DAY),
        a_review("r-2"),
        service_reviews.cancel(a_review("r-3", planned_for=MONDAY + DAY), "No.", by=ANN, at=MONDAY).after,
    )
    decision = onto_agenda(closed(), [later, gone, next_], by=ANN, at=MONDAY)

    assert decision is not None
    assert (decision.after.id, [topic.source for topic in decision.after.agenda]) == ("r-2", ["complaint-1"])
    assert onto_agenda(closed(), [decision.after], by=ANN, at=MONDAY) is None


@pytest.mark.parametrize(
    "review",
    [
        a_review(customer="town-hall"),
        a_review(services=("gas",)),
        evolve(prepared(), state="held"),
    ],
)
def test_a_review_that_does_not_look_at_it_is_left_alone(review: ServiceReview) -> None:  # C087
    assert onto_agenda(closed(), [review], by=ANN, at=MONDAY) is None


def test_what_was_not_closed_or_has_no_customer_is_on_no_agenda() -> None:  # C087
    acknowledged = complaints.acknowledge(a_complaint(customer=CAFE), by=ANN, at=MONDAY)

    assert onto_agenda(acknowledged, [a_review()], by=ANN, at=MONDAY) is None
    assert onto_agenda(closed(customer=None), [a_review()], by=ANN, at=MONDAY) is None
    everything = onto_agenda(closed(service=None), [a_review()], by=ANN, at=MONDAY)
    assert everything is not None
    assert onto_agenda(closed(), [a_review(services=())], by=ANN, at=MONDAY) is not None


# -- proposals -----------------------------------------------------------------------------------


def test_a_need_becomes_a_proposal_and_both_know_each_other() -> None:  # C086, C107
    proposed, routed = propose_from_need(confirmed(), id="p-1", owner="olga", by=ANN, at=MONDAY)

    assert (routed.after.route, routed.after.target) == (Route.IMPROVEMENT, "p-1")
    proposal = proposed.after
    assert (proposal.text, proposal.about, proposal.owner) == ("Water in the garden", "water", "olga")
    assert (proposal.raised_by, proposal.side) == (CAFE, Side.OUTSIDE)
    assert [origin.key for origin in proposal.raised_from] == ["need:n-1"]
    with pytest.raises(TransitionNotAllowed):
        propose_from_need(a_need(), id="p-1", by=ANN, at=MONDAY)


def test_a_complaint_that_shows_the_need_of_a_change_becomes_a_proposal() -> None:  # C107
    complaint = a_complaint(service="water")
    decision = complaints.propose_change(complaint, "Renew the valves", id="p-9", kind="service", by=ANN, at=MONDAY)
    proposed = propose_from_complaint(decision, by="system", at=MONDAY)

    assert proposed is not None
    assert (proposed.after.id, proposed.after.about, proposed.after.raised_by) == ("p-9", "water", ANN)
    assert [origin.key for origin in proposed.after.raised_from] == ["complaint:complaint-1"]
    process = complaints.propose_change(complaint, "Answer sooner", id="p-8", kind="process", by=ANN, at=MONDAY)
    other = propose_from_complaint(process, by="system", at=MONDAY)
    assert other is not None
    assert (other.after.kind, other.after.about) == ("process", None)
    assert propose_from_complaint(complaints.acknowledge(a_complaint(), by=ANN, at=MONDAY), by=ANN, at=MONDAY) is None


def test_what_a_meeting_decided_to_propose_is_proposed_once() -> None:  # C085, C107
    later = MONDAY + 2 * DAY
    given = [
        Resolution(text="A second line", kind=ResolutionKind.PROPOSAL, owner="olga"),
        Resolution(text="Renew the valve", owner="north", due_at=later + DAY),
    ]
    meeting = meetings.resolve(held(), given, ids=["p-1", "a-1"], by=ANN, at=later)[0].after

    (proposed,) = propose_decided(meeting, by=ANN, at=later)
    assert (proposed.after.id, proposed.after.owner) == ("p-1", "olga")
    assert proposed.after.raised_from[0].key == "meeting:m-1"
    assert propose_decided(meeting, known=frozenset({"p-1"}), by=ANN, at=later) == ()


# -- missed review -> escalation -----------------------------------------------------------------


@given(days=st.integers(0, 60), steps=st.sets(st.integers(1, 40), max_size=4))
def test_every_step_that_is_come_to_is_taken_once(days: int, steps: set[int]) -> None:  # C039, C084
    now = datetime(2026, 1, 31, 12, tzinfo=UTC) + days * DAY
    late = overdue([a_schedule()], [], at=now)
    rules = [MissedStep(after_days=each, to=f"level-{each}") for each in steps]

    found = escalate_missed(late, rules, by="system", at=now)
    assert {each.after.owner for each in found} == {f"level-{each}" for each in steps if each <= days}
    known = {each.after.id for each in found}
    assert len(known) == len(found)
    assert escalate_missed(late, rules, known=known, by="system", at=now + DAY) == ()


def test_whoever_sees_to_it_is_told_on_the_day_after() -> None:  # C084
    now = datetime(2026, 2, 1, 12, tzinfo=UTC)
    (action,) = escalate_missed(overdue([a_schedule()], [], at=now), language="de", by="system", at=now)

    item = action.after
    assert item.title == "Überfällig: Service-Review mit harbour-cafe, fällig am 2026-01-31"
    assert (item.owner, item.source_kind, item.source) == ("ann", "review_schedule", "s-1")
    assert item.due_at == now + timedelta(days=5)
    assert item.text.startswith("Tage im Verzug: 1.")
    own = overdue([a_schedule(occasion="quarterly lunch")], [], at=now)
    (lunch,) = escalate_missed(own, by="system", at=now)
    assert lunch.after.title == "Overdue: quarterly lunch with harbour-cafe, due on 2026-01-31"
    assert escalate_missed(overdue([a_schedule()], [], at=now - DAY), by="system", at=now) == ()
    for days in ({"after_days": 0}, {"within_days": 0}):
        with pytest.raises(InvalidValue):
            evolve(MissedStep(), **days)


# -- terminated agreement -> open cases warned ---------------------------------------------------


def a_case(id: str, **changes: Any) -> cases.Case:
    opened = cases.open(id=id, subject="No water", channel="phone", by=ANN, at=MONDAY).after
    return evolve(opened, **{"requester": CAFE, "service": "water", **changes})


def test_whoever_has_an_open_case_under_an_agreement_is_warned_when_notice_is_given() -> None:  # C030
    agreement = in_force(number="AGR-2026-000001")
    notice = agreements.terminate(agreement, "customer", by=ANN, at=MONDAY)
    open_: list[cases.Case | Complaint] = [
        a_case("k-1"),
        evolve(a_complaint(customer=CAFE, service="water")),
        evolve(a_complaint(agreement=agreement.id), id=complaints.ComplaintId("c-2")),
    ]
    others: list[cases.Case | Complaint] = [
        a_case("k-2", closed_at=MONDAY),
        a_case("k-3", service="gas"),
        a_case("k-4", requester="town-hall"),
        evolve(a_complaint(customer=CAFE, service="water", agreement="a-9"), id=complaints.ComplaintId("c-3")),
    ]

    found = warn_open(notice, [*open_, *others], by="system", at=MONDAY)
    notes = [each.after for each in found if each.events[0].type == "message.written"]
    assert [note.about for note in notes] == ["k-1", "complaint-1", "c-2"]
    assert (
        notes[0].text == "Agreement AGR-2026-000001 ends on 2026-06-02. What is open then is no longer covered by it."
    )
    assert {(note.klass, note.language) for note in notes} == {("internal_note", "en")}
    known = {note.id for note in notes}
    assert warn_open(notice, open_, known=known, by="system", at=MONDAY) == ()


def test_they_are_warned_again_when_it_has_ended() -> None:  # C030
    ending = agreements.terminate(in_force(), "customer", by=ANN, at=MONDAY)
    ended = agreements.advance(ending.after, by=ANN, at=at(2026, 7, 1))
    assert ended is not None

    notes = [
        warn_open(each, [a_case("k-1")], language="de", by="system", at=at(2026, 7, 1)) for each in (ending, ended)
    ]
    first, second = ({each.after.id for each in found} - {"k-1"} for found in notes)
    assert first.isdisjoint(second)
    assert "ist beendet" in notes[1][1].after.text
    suspended = agreements.suspend(in_force(), "Unpaid.", by=ANN, at=MONDAY)
    assert warn_open(suspended, [a_case("k-1")], by="system", at=MONDAY) == ()


# -- the pack ------------------------------------------------------------------------------------


def test_what_was_agreed_and_achieved_is_said_of_each_target() -> None:  # C032, C088
    agreement = in_force(lines=(Line(service="water", levels=LEVELS), Line(service="gas", levels=LEVELS)))
    month = Period(start=at(2026, 4, 1), end=at(2026, 5, 1))
    outage = Outage(service="water", period=Period(start=at(2026, 4, 5), end=at(2026, 4, 6)))
    timer = TimerResult(service="water", record="c-1", timer="resolution", due_at=at(2026, 4, 3), met=True)
    evaluation = evaluate(agreement, "2026-04", outages=[outage], timers=[timer])
    assert evaluation.period == month

    time, level = achieved_in([evaluation], ["water"])
    assert (time.target, time.agreed, time.achieved, time.outcome) == ("resolution", "8h business", "1/1", "met")
    assert (level.agreed, level.outcome) == ("≥ 99.5 percent", "missed")
    assert level.achieved is not None
    assert level.achieved.startswith("96.6")
    assert {each.outcome for each in achieved_in([evaluation]) if each.target == "resolution"} == {
        "met",
        "not_measured",
    }


def test_what_was_heard_in_the_period_is_told_complaints_and_praise_apart() -> None:  # C041, C087
    said = [
        a_complaint(id=complaints.ComplaintId("c-2"), number=None, received_at=MONDAY + DAY),
        a_complaint(),
        a_complaint(id=complaints.ComplaintId("c-3"), feedback=Feedback.COMPLIMENT),
        a_complaint(id=complaints.ComplaintId("c-4"), received_at=MONDAY - 90 * DAY),
    ]
    march = Period(start=at(2026, 3, 1), end=at(2026, 4, 1))

    assert [each.record for each in heard_in(said, march)] == ["CMP-2026-000001", "c-2"]
    assert len(heard_in(said, march, feedback=Feedback.COMPLIMENT)) == 1


def test_actions_that_are_not_done_are_told_with_their_delay() -> None:  # C006, C088
    late, soon, ended = (
        action_items.open(
            "Renew it", id=id, source_kind="complaint", source="c-1", owner="north", due_at=due, by=ANN, at=MONDAY
        ).after
        for id, due in (("a-2", MONDAY), ("a-1", MONDAY + 9 * DAY), ("a-3", MONDAY))
    )
    ended = action_items.cancel(ended, "Not needed.", by=ANN, at=MONDAY).after

    assert [(each.record, each.days_late) for each in open_at([soon, ended, late], MONDAY + 2 * DAY)] == [
        ("a-2", 2),
        ("a-1", 0),
    ]
    assert [each.title for each in needed([a_need()])] == ["Water in the garden"]


def test_satisfaction_is_what_an_evaluation_says_of_all() -> None:  # C082, C087
    figures: tuple[dict[str, object], ...] = (
        {"figure": "nps", "value": 25.0, "n": 8, "group": None, "hidden": None},
        {"figure": "csat_top_box", "value": 80.0, "n": 8, "group": None, "hidden": None},
        {"figure": "nps", "value": 50.0, "n": 4, "group": "north", "hidden": None},
        {"figure": "nps", "value": None, "n": 2, "group": None, "hidden": "few"},
        {"figure": "alpha", "value": 0.8, "n": 8, "group": None, "hidden": None},
    )
    evaluation = SurveyEvaluation(
        id=SurveyEvaluationId("e-1"),
        state="published",
        questionnaire="q-1",
        responses=8,
        min_n=5,
        figures=tuple(FrozenMap(each) for each in figures),
        digest="x",
        drafted_at=MONDAY,
    )

    assert [(each.measure, each.value, each.source) for each in measured_in([evaluation])] == [
        ("nps", Decimal("25.0"), "e-1"),
        ("csat_top_box", Decimal("80.0"), "e-1"),
    ]


def test_what_follows_by_itself_is_said_in_every_language() -> None:  # C093
    assert TEXTS.problems() == ()
    assert TEXTS.languages == ("de", "en", "zh")
