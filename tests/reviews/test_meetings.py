"""Meetings are held by both sides, and their minutes are approved by both and passed on in time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from servicecrm.errors import GuardNotMet, InvalidValue, NaiveDatetime, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.values import Period
from servicecrm.reviews import (
    Attendee,
    Resolution,
    ResolutionKind,
    Topic,
    late_minutes,
    meetings,
    meetings_held,
    minutes_on_time,
)
from servicecrm.reviews.checklist import MEETING as CHECKLIST
from servicecrm.reviews.policy import ReviewPolicy
from servicecrm.tracking.moments import Side
from tests.reviews.making import (
    ANN,
    BOTH,
    DAY,
    HOUR,
    MONDAY,
    OFFICE,
    TALKED,
    a_meeting,
    approved,
    drafted,
    held,
)

LATER = MONDAY + 2 * DAY
MARCH = Period(start=datetime(2026, 3, 1, tzinfo=UTC), end=datetime(2026, 4, 1, tzinfo=UTC))


def test_a_meeting_goes_from_the_plan_to_minutes_that_are_passed_on() -> None:  # C085, S3-P5, S3-O7
    meeting = meetings.distribute(approved(), by=ANN, at=LATER).after

    assert meeting.state == "distributed"
    assert meeting.distributed_to == ("rosa", "ann")
    assert meeting.distributed_at == LATER
    assert not CHECKLIST.check(meeting).missing


@pytest.mark.parametrize("side", Side)
def test_a_meeting_with_one_side_absent_was_not_held(side: Side) -> None:  # C085
    with pytest.raises(GuardNotMet) as refused:
        meetings.hold(a_meeting(), [Attendee(person="x", side=side)], calendar=OFFICE, by=ANN, at=LATER)
    assert refused.value.guards == ("both_sides",)


def test_nobody_takes_part_twice() -> None:  # C085
    twice = Attendee(person="ann", side=Side.OUTSIDE)
    with pytest.raises(InvalidValue, match="twice"):
        meetings.hold(a_meeting(), [*BOTH, twice], calendar=OFFICE, by=ANN, at=LATER)


def test_minutes_are_due_two_business_days_after_the_meeting_unless_the_house_says_otherwise() -> None:  # C085
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)

    meeting = meetings.hold(a_meeting(), BOTH, calendar=OFFICE, by=ANN, at=friday).after
    assert meeting.distribute_by == OFFICE.due(friday, "2 business days").at
    assert meeting.distribute_by is not None
    assert meeting.distribute_by.date() >= date(2026, 3, 10)
    soon = ReviewPolicy(distribute_within="1h elapsed")
    assert (
        meetings.hold(a_meeting(), BOTH, calendar=OFFICE, by=ANN, at=friday, policy=soon).after.distribute_by
        == friday + HOUR
    )


def test_minutes_need_something_that_was_talked_about() -> None:  # C085
    with pytest.raises(GuardNotMet, match="topics"):
        meetings.draft(held(), [], by=ANN, at=LATER)
    with pytest.raises(GuardNotMet, match="topics"):
        meetings.edit(drafted(), topics=[], by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="nothing is given"):
        meetings.edit(drafted(), by=ANN, at=LATER)


def test_minutes_are_approved_by_both_sides() -> None:  # C085
    half = meetings.approve(drafted(), "inside", by="ann", at=LATER)
    assert [event.type for event in half.events] == ["meeting.approved"]
    assert half.after.state == "drafted"

    whole = meetings.approve(half.after, "outside", signer="rosa", by=ANN, at=LATER + HOUR)
    assert [event.type for event in whole.events] == ["meeting.concluded"]
    assert (whole.after.state, whole.after.approved_at) == ("approved", LATER + HOUR)
    assert [(each.party, each.signer) for each in whole.after.approvals] == [("inside", "ann"), ("outside", "rosa")]
    with pytest.raises(TransitionNotAllowed):
        meetings.edit(whole.after, topics=TALKED, by=ANN, at=LATER)


def test_one_side_alone_does_not_approve_for_both() -> None:  # C085
    again = meetings.approve(
        meetings.approve(drafted(), "inside", by="ann", at=LATER).after, "inside", by="bob", at=LATER
    ).after

    assert (again.state, [each.signer for each in again.approvals]) == ("drafted", ["bob"])
    with pytest.raises(PolicyViolation, match="signer"):
        meetings.approve(again, "outside", by="ann", at=LATER)


def test_a_change_of_the_draft_voids_what_was_approved() -> None:  # C085
    half = meetings.approve(drafted(), "inside", by="ann", at=LATER).after
    shown = half.digest
    changed = meetings.edit(half, next_on=date(2026, 9, 1), by=ANN, at=LATER).after

    assert (changed.approvals, changed.topics) == ((), half.topics)
    with pytest.raises(PolicyViolation, match="signature"):
        meetings.approve(changed, "outside", digest=shown, by="rosa", at=LATER)
    decided, _ = meetings.resolve(
        half, [Resolution(text="Renew it", owner="north", due_at=LATER + DAY)], ids=["a-1"], by=ANN, at=LATER
    )
    assert decided.after.approvals == ()


def test_an_addendum_leaves_the_minutes_as_they_were() -> None:  # C085
    before = approved()
    after = meetings.add(before, "It was the second valve.", by="rosa", at=LATER).after

    assert (after.topics, after.digest, after.state) == (before.topics, before.digest, "approved")
    assert [(each.text, each.by, each.at) for each in after.addenda] == [("It was the second valve.", "rosa", LATER)]
    passed_on = meetings.distribute(after, by=ANN, at=LATER).after
    again = meetings.add(passed_on, "And the third.", by="rosa", at=LATER).after
    assert (len(again.addenda), again.state) == (2, "distributed")
    with pytest.raises(TransitionNotAllowed):
        meetings.add(drafted(), "Too early.", by=ANN, at=LATER)


def test_passing_on_again_adds_readers_and_does_not_move_the_time() -> None:  # C085
    first = meetings.distribute(approved(), ["rosa"], by=ANN, at=LATER).after
    more = meetings.distribute(first, ["vera", "rosa"], by=ANN, at=LATER + DAY).after

    assert (more.distributed_to, more.distributed_at) == (("rosa", "vera"), LATER)
    with pytest.raises(GuardNotMet, match="distributed to"):
        meetings.distribute(approved(), [], by=ANN, at=LATER)


def test_what_is_decided_becomes_action_items() -> None:  # C006, C085
    due = LATER + 7 * DAY
    given = [
        Resolution(text="Renew the valve", owner="north", due_at=due),
        Resolution(text="A second line", kind=ResolutionKind.PROPOSAL),
        Resolution(text="All is well", kind=ResolutionKind.NONE),
    ]
    meeting, action = meetings.resolve(held(), given, ids=["a-1", "p-1"], numbers=["ACT-1"], by=ANN, at=LATER)

    assert [each.record for each in meeting.after.resolutions] == ["a-1", "p-1", None]
    assert meeting.events[0].actions == ("a-1",)  # type: ignore[attr-defined]
    item = action.after
    assert (item.id, item.number, item.source_kind, item.source) == ("a-1", "ACT-1", "meeting", "m-1")
    assert (item.owner, item.due_at, item.title) == ("north", due, "Renew the valve")


def test_what_is_decided_is_whole_or_not_at_all() -> None:  # C006
    action = Resolution(text="Renew it", owner="north", due_at=LATER + DAY)

    with pytest.raises(InvalidValue, match="ids"):
        meetings.resolve(held(), [action, action], ids=["a-1"], by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="ids"):
        meetings.resolve(held(), [action], ids=["a-1"], numbers=[], by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="nothing is given"):
        meetings.resolve(held(), [], ids=[], by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="Resolution"):
        Resolution(text="Somebody should")
    with pytest.raises(TransitionNotAllowed):
        meetings.resolve(approved(), [action], ids=["a-1"], by=ANN, at=LATER)
    with pytest.raises(PolicyViolation, match="meeting"):
        meetings.resolve(held(), [action], ids=["a-1"], by=ANN, at=LATER, occurred_at=MONDAY)


def test_what_comes_from_a_record_is_put_on_the_agenda_once() -> None:  # C085
    topic = Topic(title="No water", source_kind="complaint", source="c-1")
    meeting = meetings.add_topics(a_meeting(agenda=[topic]), [topic, topic, TALKED[0], TALKED[0]], by=ANN, at=MONDAY)

    assert meeting.after.agenda == (topic, TALKED[0], TALKED[0])
    with pytest.raises(InvalidValue, match="Topic"):
        Topic(title="No water", source="c-1")
    with pytest.raises(TransitionNotAllowed):
        meetings.add_topics(held(), [topic], by=ANN, at=LATER)


def test_a_meeting_is_put_off_and_cancelled_only_before_it_is_held() -> None:  # C084
    with pytest.raises(GuardNotMet, match="another one"):
        meetings.reschedule(a_meeting(), MONDAY + DAY, by=ANN, at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        meetings.reschedule(held(), LATER, by=ANN, at=LATER)
    with pytest.raises(TransitionNotAllowed):
        meetings.cancel(held(), "Rain.", by=ANN, at=LATER)
    moved = meetings.reschedule(a_meeting(place="Town hall"), LATER, reason="Rain.", by=ANN, at=MONDAY).after
    assert (moved.planned_for, moved.place) == (LATER, "Town hall")
    assert meetings.cancel(moved, "Rain.", by=ANN, at=MONDAY).after.cancelled_at == MONDAY


def test_times_have_zones_and_an_order() -> None:
    with pytest.raises(NaiveDatetime):
        a_meeting(planned_for=datetime(2026, 3, 3, 9))
    with pytest.raises(InvalidValue, match="planned_until"):
        a_meeting(planned_until=MONDAY + DAY)
    with pytest.raises(PolicyViolation, match="the meeting"):
        meetings.draft(held(), TALKED, by=ANN, at=LATER, occurred_at=MONDAY)
    with pytest.raises(PolicyViolation, match="the meeting"):
        meetings.approve(drafted(), "inside", by="ann", at=LATER, occurred_at=MONDAY)
    for late in (meetings.distribute, lambda meeting, **told: meetings.add(meeting, "x", **told)):
        with pytest.raises(PolicyViolation, match="approved"):
            late(approved(), by=ANN, at=LATER, occurred_at=MONDAY + DAY)


def test_minutes_that_come_late_are_told() -> None:  # C085, K42
    meeting = approved()
    assert meeting.distribute_by is not None
    in_time = meetings.distribute(meeting, by=ANN, at=meeting.distribute_by).after
    late = meetings.distribute(approved("m-2"), by=ANN, at=meeting.distribute_by + timedelta(seconds=1)).after
    open_ = held("m-3")
    every, soon = [in_time, late, open_, a_meeting("m-4")], meeting.distribute_by

    assert late_minutes(every, at=soon) == (late,)
    assert late_minutes(every, at=soon + HOUR) == (late, open_)
    assert (minutes_on_time(every, MARCH, at=soon).value, minutes_on_time(every, MARCH, at=soon).n) == (50.0, 2)
    assert round(minutes_on_time(every, MARCH, at=soon + HOUR).value or 0) == 33
    assert minutes_on_time([open_], MARCH, at=MONDAY).value is None
    assert (meetings_held(every, MARCH).value, meetings_held([], MARCH).value) == (3, 0)


def test_a_meeting_shows_nothing_personal() -> None:
    meeting = meetings.add(approved(place="Rosa's kitchen"), "Secret.", by=ANN, at=LATER).after

    for secret in ("Spring talk", "before summer", "Secret", "kitchen"):
        assert secret not in repr(meeting)
