"""A complaint is recorded, acknowledged, assessed and put right."""

from datetime import datetime, timedelta

import pytest

from servicecrm import complaints
from servicecrm.complaints import AccessNeed, Complaint, ComplaintPolicy, Feedback, Needs, Priority, Severity
from servicecrm.complaints.events import ComplaintAmended, ComplaintAssessed
from servicecrm.errors import GuardNotMet, InvalidValue, NaiveDatetime, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY, a_complaint, an_actor
from servicecrm.tracking import Side

HOUR = timedelta(hours=1)
ANN = an_actor()
WATER_ONLY = ComplaintPolicy(categories=("water",))


def recorded(**given: object) -> Complaint:
    minimal = {"id": "c-1", "subject": "No water", "channel": "phone", "by": ANN, "at": MONDAY}
    return complaints.record(**{**minimal, **given}).after  # type: ignore[arg-type]


# -- recording -----------------------------------------------------------------------------------


def test_a_subject_and_a_channel_are_enough() -> None:  # C040
    decision = complaints.record(id="c-1", subject="No water", channel="phone", by=ANN, at=MONDAY)

    assert decision.before is None
    assert [event.type for event in decision.events] == ["complaint.recorded"]
    complaint = decision.after
    assert complaint.state == "recorded"
    assert complaint.channel is complaints.Channel.PHONE
    assert complaint.received_at == complaint.recorded_at == MONDAY
    assert (complaint.revision, complaint.policy, complaint.priority) == (0, 0, None)


def test_everything_that_is_told_is_kept() -> None:  # C040, S0-I5, S3-O3
    contact = ContactPoint(kind=ContactKind.EMAIL, value="cara@home.example")
    complaint = recorded(
        number="CMP-2026-000007",
        text="Since Monday morning.",
        remedy_sought="Water, and a refund",
        language="DE-at",
        customer="customer-7",
        complainant="the landlady",
        contact=contact,
        on_behalf_of="tenant-3",
        service="water",
        agreement="sla-2",
        category="outage",
        severity="high",
        due_at=MONDAY + 48 * HOUR,
        tags=frozenset({"media"}),
        received_at=MONDAY - HOUR,
        policy_version=3,
    )

    assert complaint.number == "CMP-2026-000007"
    assert complaint.remedy_sought == "Water, and a refund"
    assert complaint.language == "de-AT"
    assert complaint.severity is Severity.HIGH
    assert complaint.contact == contact
    assert complaint.tags == {"media"}
    assert complaint.policy == 3
    assert (complaint.received_at, complaint.recorded_at) == (MONDAY - HOUR, MONDAY)


def test_an_anonymous_complaint_is_taken_but_cannot_be_replied_to() -> None:  # C040
    assert not recorded().can_reply
    assert recorded(contact=ContactPoint(kind=ContactKind.PHONE, value="555-0100")).can_reply
    assert recorded(customer="customer-7").can_reply


def test_a_complaint_begins_with_the_moment_of_its_receipt() -> None:
    (moment,) = recorded(received_at=MONDAY - HOUR).moments

    assert (moment.kind, moment.side) == ("received", Side.OUTSIDE)
    assert (moment.occurred_at, moment.recorded_at) == (MONDAY - HOUR, MONDAY)


def test_a_complaint_cannot_be_received_in_the_future() -> None:  # C040
    with pytest.raises(PolicyViolation, match="cannot lie in the future"):
        recorded(received_at=MONDAY + HOUR)


@pytest.mark.parametrize("field", ["id", "subject", "complainant", "remedy_sought"])
def test_a_blank_text_is_refused(field: str) -> None:
    with pytest.raises(InvalidValue, match=f"Complaint.{field}: a text must not be blank"):
        recorded(**{field: " "})


def test_a_code_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidValue, match="channel: expected one of phone, email, letter"):
        recorded(channel="pigeon")
    with pytest.raises(InvalidValue, match="severity: expected one of low, medium, high, critical"):
        recorded(severity="awful")


def test_a_text_is_not_taken_for_a_set_of_tags() -> None:
    with pytest.raises(InvalidValue, match=r"Complaint.tags"):
        recorded(tags="media")


@pytest.mark.parametrize("field", ["at", "received_at", "due_at"])
def test_a_time_without_a_zone_is_refused(field: str) -> None:
    with pytest.raises(NaiveDatetime):
        recorded(**{field: datetime(2026, 3, 2, 9)})


def test_a_house_with_categories_takes_no_others() -> None:
    assert recorded(category="water", policy=WATER_ONLY).category == "water"
    with pytest.raises(PolicyViolation, match="not a category of this house; known: water"):
        recorded(category="roads", policy=WATER_ONLY)


def test_more_can_be_told_of_what_it_is_about_and_who_needs_what() -> None:  # C040, C044
    needs = Needs(access=frozenset({AccessNeed.INTERPRETER}))
    complaint = recorded(issues=["billing", "delay"], complained_about="south@city.example", needs=needs)

    assert complaint.issues == {"billing", "delay"}
    assert (complaint.complained_about, complaint.needs) == ("south@city.example", needs)
    with pytest.raises(InvalidValue, match=r"Complaint.issues"):
        recorded(issues="billing")
    with pytest.raises(PolicyViolation, match="not a category of this house"):
        recorded(category="water", issues=["roads"], policy=WATER_ONLY)


@pytest.mark.parametrize("feedback", Feedback)
def test_what_is_recorded_may_be_no_complaint_and_clocks_are_told(feedback: Feedback) -> None:  # C041, S2-V8
    other = recorded(feedback=feedback)

    assert other.feedback is feedback
    assert [moment.code for moment in other.moments] == [None if feedback is Feedback.COMPLAINT else feedback]


def test_a_risk_to_safety_comes_first_from_its_receipt_on() -> None:  # C043
    unsafe = recorded(safety=True, severity="low", received_at=MONDAY - HOUR)

    assert unsafe.safety
    assert unsafe.priority is unsafe.computed_priority is Priority.P1
    rated = unsafe.moments[-1]
    assert (rated.kind, rated.code, rated.occurred_at) == ("rated", "p1", MONDAY - HOUR)


def test_a_complaint_does_not_show_what_is_personal() -> None:
    shown = repr(recorded(complainant="the landlady", text="Since Monday morning."))

    assert "landlady" not in shown
    assert "Monday" not in shown
    assert "No water" not in shown


# -- acknowledging -------------------------------------------------------------------------------


def test_acknowledging_keeps_the_time_and_the_promise() -> None:  # C042
    decision = complaints.acknowledge(a_complaint(), expected_by=MONDAY + 24 * HOUR, by=ANN, at=MONDAY + HOUR)

    assert decision.after.state == "acknowledged"
    assert decision.after.acknowledged_at == MONDAY + HOUR
    assert decision.after.promised_by == MONDAY + 24 * HOUR
    assert [moment.kind for moment in decision.after.moments] == ["received", "acknowledged"]


def test_an_acknowledgement_entered_later_counts_from_when_it_was_given() -> None:  # C042
    decision = complaints.acknowledge(a_complaint(), by=ANN, at=MONDAY + 3 * HOUR, occurred_at=MONDAY + HOUR)

    assert decision.after.acknowledged_at == MONDAY + HOUR
    assert decision.events[0].recorded_at == MONDAY + 3 * HOUR


def test_a_promise_cannot_lie_before_it_is_given() -> None:
    with pytest.raises(PolicyViolation, match="expected_by: a promise cannot lie before it is given"):
        complaints.acknowledge(a_complaint(), expected_by=MONDAY - HOUR, by=ANN, at=MONDAY)


def test_a_complaint_is_acknowledged_once() -> None:
    with pytest.raises(TransitionNotAllowed, match="cannot acknowledge while acknowledged"):
        complaints.acknowledge(a_complaint(state="acknowledged"), by=ANN, at=MONDAY)


def test_a_risk_to_safety_is_handled_before_it_is_acknowledged() -> None:  # C042, C043
    with pytest.raises(GuardNotMet, match="receipt is acknowledged, or there is a risk to safety, or nobody whom to"):
        complaints.assign(recorded(customer="c-7"), "north", by=ANN, at=MONDAY)
    assert complaints.assign(recorded(), "north", by=ANN, at=MONDAY).after.state == "in_handling"  # nobody to write to

    handled = complaints.assign(recorded(safety=True), "north", by=ANN, at=MONDAY).after
    after = complaints.acknowledge(handled, expected_by=MONDAY + 24 * HOUR, by=ANN, at=MONDAY + HOUR).after
    assert (after.state, after.acknowledged_at) == ("in_handling", MONDAY + HOUR)
    assert after.promised_by == MONDAY + 24 * HOUR
    assert (after.moments[-1].kind, after.moments[-1].side) == ("acknowledged", Side.INSIDE)
    with pytest.raises(GuardNotMet, match="its receipt is not confirmed yet"):
        complaints.acknowledge(after, by=ANN, at=MONDAY + HOUR)


def test_a_wrong_state_is_told_before_a_wrong_promise() -> None:
    with pytest.raises(TransitionNotAllowed):
        complaints.acknowledge(a_complaint(state="closed"), expected_by=MONDAY - HOUR, by=ANN, at=MONDAY)


# -- assessing -----------------------------------------------------------------------------------


def assessed(complaint: Complaint | None = None, **given: object) -> Complaint:
    complaint = a_complaint(state="acknowledged") if complaint is None else complaint
    return complaints.assess(complaint, **{"by": ANN, "at": MONDAY, **given}).after  # type: ignore[arg-type]


def test_the_priority_follows_from_severity_and_impact() -> None:  # C043
    complaint = assessed(severity="high", impact="critical")

    assert complaint.state == "assessed"
    assert (complaint.severity, complaint.impact) == (Severity.HIGH, Severity.CRITICAL)
    assert complaint.priority is complaint.computed_priority is Priority.P1


def test_a_rating_that_is_not_given_stays_as_it_was() -> None:
    complaint = assessed(a_complaint(state="acknowledged", severity=Severity.CRITICAL), impact="high")
    again = assessed(complaint, impact="low")

    assert complaint.priority is Priority.P1
    assert (again.severity, again.impact, again.priority) == (Severity.CRITICAL, Severity.LOW, Priority.P3)


def test_without_both_ratings_the_priority_is_not_known() -> None:
    with pytest.raises(GuardNotMet, match="severity and impact are rated, so that the priority is known"):
        assessed(severity="high")


@pytest.mark.parametrize("severity", [None, *Severity])
@pytest.mark.parametrize("impact", [None, *Severity])
def test_a_risk_to_safety_always_comes_first(severity: Severity | None, impact: Severity | None) -> None:  # C043
    assert assessed(severity=severity, impact=impact, safety=True).priority is Priority.P1


def test_an_override_keeps_the_computed_priority_and_the_reason() -> None:  # C043
    decision = complaints.assess(
        a_complaint(state="acknowledged"),
        severity="low",
        impact="low",
        priority="p1",
        reason="a hospital",
        by=ANN,
        at=MONDAY,
    )

    assert (decision.after.computed_priority, decision.after.priority) == (Priority.P4, Priority.P1)
    (event,) = decision.events
    assert isinstance(event, ComplaintAssessed)
    assert event.reason == "a hospital"
    assert "hospital" not in repr(event)


def test_an_override_needs_a_reason() -> None:
    with pytest.raises(PolicyViolation, match="another priority than the computed one needs a reason"):
        assessed(severity="low", impact="low", priority="p1")


def test_nothing_overrides_a_risk_to_safety() -> None:
    with pytest.raises(PolicyViolation, match="a risk to safety always has priority p1"):
        assessed(safety=True, priority="p2", reason="we are busy")


def test_an_override_ends_with_the_next_assessment() -> None:
    complaint = assessed(severity="low", impact="low", priority="p1", reason="a hospital")

    assert assessed(complaint).priority is Priority.P4


@pytest.mark.parametrize("state", ["assessed", "in_handling"])
def test_a_complaint_can_be_assessed_again_where_it_stands(state: str) -> None:
    assert assessed(a_complaint(state=state), severity="low", impact="high").state == state


@pytest.mark.parametrize("state", ["recorded", "responded", "closed", "withdrawn"])
def test_only_what_is_acknowledged_and_not_yet_answered_is_assessed(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot assess while {state}"):
        assessed(a_complaint(state=state), severity="low", impact="high")


# -- amending ------------------------------------------------------------------------------------


def test_what_was_recorded_can_be_put_right() -> None:
    decision = complaints.amend(
        a_complaint(service="roads"),
        subject="No warm water",
        channel="email",
        language="DE",
        service=None,
        reason="misheard",
        by=ANN,
        at=MONDAY,
    )

    assert decision.after.subject == "No warm water"
    assert decision.after.channel is complaints.Channel.EMAIL
    assert decision.after.language == "de"
    assert decision.after.service is None
    assert decision.after.state == "recorded"
    assert isinstance(decision.events[0], ComplaintAmended)


def test_what_it_is_about_and_who_needs_what_can_be_put_right() -> None:  # C044
    needs = Needs(access=frozenset({AccessNeed.LARGE_PRINT}))
    before = a_complaint(issues=frozenset({"billing"}), complained_about="south")
    after = complaints.amend(before, issues=["delay"], complained_about="north", needs=needs, by=ANN, at=MONDAY).after

    assert (after.issues, after.complained_about, after.needs) == (frozenset({"delay"}), "north", needs)
    assert complaints.amend(after, issues=None, needs=None, by=ANN, at=MONDAY).after.issues == frozenset()
    with pytest.raises(PolicyViolation, match="not a category of this house"):
        complaints.amend(before, issues=["roads"], policy=WATER_ONLY, by=ANN, at=MONDAY)


def test_only_what_is_amended_is_journaled_as_changed() -> None:
    (step,) = complaints.amend(a_complaint(), category="water", by=ANN, at=MONDAY).steps

    assert step.changes == {"category": "water"}


@pytest.mark.parametrize("field", ["state", "revision", "priority", "moments", "nonsense"])
def test_what_a_process_decides_cannot_be_amended(field: str) -> None:
    with pytest.raises(InvalidValue, match=f"cannot amend {field}; it can change subject, text"):
        complaints.amend(a_complaint(), by=ANN, at=MONDAY, **{field: "closed"})  # type: ignore[arg-type]


def test_an_amendment_amends_something() -> None:
    with pytest.raises(InvalidValue, match="nothing to amend"):
        complaints.amend(a_complaint(), reason="just so", by=ANN, at=MONDAY)


def test_an_amendment_is_held_to_the_shapes_and_to_the_house() -> None:
    with pytest.raises(InvalidValue, match=r"Complaint.subject: a text must not be blank"):
        complaints.amend(a_complaint(), subject="", by=ANN, at=MONDAY)
    with pytest.raises(PolicyViolation, match="not a category of this house"):
        complaints.amend(a_complaint(), category="roads", policy=WATER_ONLY, by=ANN, at=MONDAY)


def test_a_withdrawn_complaint_stays_as_it_is() -> None:
    with pytest.raises(TransitionNotAllowed, match="cannot amend while withdrawn; allowed: message, note, void"):
        complaints.amend(a_complaint(state="withdrawn"), category="water", by=ANN, at=MONDAY)


@pytest.mark.parametrize(
    "by",
    ["south", Actor(id="south", on_behalf_of="the head"), Actor(id="a clerk", on_behalf_of="south")],
    ids=["themselves", "for somebody else", "by somebody else"],
)
@pytest.mark.parametrize("other", [None, "north"])
def test_whoever_it_is_about_does_not_change_that(by: Actor | str, other: str | None) -> None:  # C044
    about = a_complaint(complained_about="south")

    with pytest.raises(PolicyViolation, match="complained_about: whoever it is about does not change that"):
        complaints.amend(about, complained_about=other, by=by, at=MONDAY)
    assert complaints.amend(about, complained_about=other, by="the head", at=MONDAY).after.complained_about == other
    assert complaints.amend(about, complained_about="south", tags=["late"], by=by, at=MONDAY).after.tags == {"late"}
