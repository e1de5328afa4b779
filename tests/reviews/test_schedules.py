"""What is due with a customer follows from its schedule, and lateness from what was held."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Cadence
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from servicecrm.reviews import (
    DueStatus,
    Meeting,
    Regular,
    ReviewPolicies,
    ReviewPolicy,
    coverage,
    dues,
    held_on_time,
    meetings,
    next_due,
    overdue,
    schedules,
)
from tests.reviews.making import ANN, CAFE, DAY, MONDAY, OFFICE, a_meeting, a_review, a_schedule, held

YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def held_for(due: date, on: date, id: str = "m-1", customer: str = CAFE) -> Meeting:
    """A meeting for a day, held on another one."""
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return evolve(held(id, customer=customer, due_on=due), held_at=at, planned_for=at)


def test_a_month_after_the_31st_is_the_last_day_of_the_month_and_then_the_31st_again() -> None:  # C084
    schedule = a_schedule(every="month", first=date(2026, 1, 31))

    assert schedule.days(date(2026, 1, 1), date(2026, 5, 1)) == (
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    )
    assert schedule.next_after(None) == date(2026, 1, 31)
    assert schedule.next_after(date(2026, 2, 28)) == date(2026, 3, 31)
    assert schedule.next_after(date(2199, 12, 31)) is None


@given(
    every=st.sampled_from(["month", "quarter", "2 weeks", "1 year"]),
    later=st.sampled_from(["month", "6 months"]),
    gap=st.integers(1, 400),
)
def test_a_change_moves_only_what_is_due_from_its_first_day_on(every: str, later: str, gap: int) -> None:  # C084
    before = a_schedule(every=every)
    first = before.cadences[0].start + gap * DAY
    after = schedules.change(before, later, first=first, by=ANN, at=before.started_at).after

    start, end = date(2026, 1, 1), date(2028, 1, 1)
    assert [day for day in after.days(start, end) if day < first] == [
        day for day in before.days(start, end) if day < first
    ]
    new = Cadence(every=later, start=first)
    assert [day for day in after.days(start, end) if day >= first] == list(new.between(first, end))
    days = [*after.days(start, end)]
    assert [after.next_after(day) for day in days[:-1]] == days[1:]


def test_what_was_due_before_a_change_stays_due() -> None:  # C084
    changed = schedules.change(
        a_schedule(every="month"), "1 year", first=date(2026, 6, 1), by=ANN, at=datetime(2026, 5, 15, tzinfo=UTC)
    ).after

    late = overdue([changed], [], at=datetime(2026, 7, 1, tzinfo=UTC))
    assert [each.due.month for each in late] == [1, 2, 3, 4, 5, 6]


def test_a_new_cadence_does_not_begin_in_the_past() -> None:  # C084
    with pytest.raises(PolicyViolation, match="start"):
        schedules.change(a_schedule(), "month", first=date(2026, 2, 28), by=ANN, at=MONDAY)


@pytest.mark.parametrize(
    "cadences",
    [
        (),
        (Cadence(every="month", start=date(2026, 1, 1), counted_from="last"),),
        (Cadence(every="month", start=date(2026, 1, 2)), Cadence(every="week", start=date(2026, 1, 1))),
        (Cadence(every="month", start=date(2026, 1, 2)), Cadence(every="week", start=date(2026, 1, 2))),
    ],
)
def test_a_schedule_knows_beforehand_what_is_due(cadences: tuple[Cadence, ...]) -> None:  # C084
    with pytest.raises(InvalidValue, match="cadences"):
        evolve(a_schedule(), cadences=cadences)
    with pytest.raises(InvalidValue, match="zone"):
        evolve(a_schedule(), zone="Nowhere/Land")


def test_a_schedule_that_ended_asks_for_nothing_from_that_day_on() -> None:  # C084
    ended = schedules.end(a_schedule(), "Moved away.", by=ANN, at=datetime(2026, 4, 30, 8, tzinfo=UTC)).after

    assert ended.days(*YEAR) == (date(2026, 1, 31),)
    assert ended.next_after(date(2026, 2, 1)) is None
    assert [each.status.value for each in dues([ended], [], first=YEAR[0], end=YEAR[1], at=MONDAY)] == ["overdue"]
    assert overdue([ended], [], at=MONDAY) == ()
    with pytest.raises(TransitionNotAllowed):
        schedules.change(ended, "month", first=date(2026, 7, 1), by=ANN, at=MONDAY)


def test_a_customer_has_one_schedule_for_an_occasion() -> None:  # C084
    with pytest.raises(PolicyViolation, match="schedule"):
        a_schedule("s-2", others=[a_schedule()])
    ended = schedules.end(a_schedule(), by=ANN, at=MONDAY).after
    others = [ended, a_schedule("s-3", occasion="meeting"), a_schedule("s-4", customer="town-hall")]
    assert a_schedule("s-2", others=others).id == "s-2"


def test_days_that_are_moved_to_business_days_need_a_calendar() -> None:  # C084
    rolled = a_schedule(roll="next")  # 31 January 2026 is a Saturday

    with pytest.raises(InvalidValue, match="calendar"):
        rolled.days(*YEAR)
    assert rolled.days(*YEAR, calendar=OFFICE)[0] == rolled.next_after(None, calendar=OFFICE) == date(2026, 2, 2)
    before = a_schedule(roll="previous")
    assert before.days(*YEAR, calendar=OFFICE)[0] == before.next_after(None, calendar=OFFICE) == date(2026, 1, 30)
    (late,) = overdue([before], [], at=MONDAY, calendar=OFFICE)
    assert late.due == date(2026, 1, 30)


def test_each_day_that_is_due_says_how_it_stands_with_it() -> None:  # C084
    schedule = a_schedule(every="month", occasion="meeting")
    there = [
        held_for(date(2026, 2, 28), date(2026, 2, 28), "m-2"),
        held_for(date(2026, 3, 31), date(2026, 4, 2), "m-3"),
        a_meeting("m-5", due_on=date(2026, 5, 31), planned_for=datetime(2026, 6, 9, tzinfo=UTC)),
    ]

    found = dues([schedule], there, first=YEAR[0], end=date(2026, 8, 1), at=datetime(2026, 5, 15, tzinfo=UTC))
    assert [(each.due.month, each.status.value, each.record, each.days_late) for each in found] == [
        (1, "missed", None, 104),
        (2, "held", "m-2", 0),
        (3, "held_late", "m-3", 2),
        (4, "overdue", None, 15),
        (5, "planned", "m-5", 0),
        (6, "upcoming", None, 0),
        (7, "upcoming", None, 0),
    ]


def test_only_what_is_due_and_was_not_held_is_overdue() -> None:  # C084
    schedule = a_schedule(occasion="meeting")
    on_the_day = datetime(2026, 1, 31, 23, tzinfo=UTC)

    assert overdue([], [], at=on_the_day) == ()
    assert [each.status for each in overdue([schedule], [], at=on_the_day)] == [DueStatus.UPCOMING]
    (late,) = overdue([schedule], [], at=on_the_day + timedelta(hours=2))
    assert (late.status, late.days_late, late.owner) == (DueStatus.OVERDUE, 1, "ann")
    assert (late.schedule, late.customer, late.occasion) == ("s-1", CAFE, "meeting")
    assert overdue([schedule], [held_for(date(2026, 1, 31), date(2026, 2, 9))], at=MONDAY) == ()
    assert [each.due for each in overdue([schedule], [], at=MONDAY, ahead_days=59)] == [
        date(2026, 1, 31),
        date(2026, 4, 30),
    ]
    assert len(overdue([schedule], [], at=MONDAY, ahead_days=58)) == 1


def test_a_day_ends_when_it_ends_in_the_zone_of_the_schedule() -> None:  # C084
    auckland = a_schedule("s-2", customer="kiwi", zone="Pacific/Auckland")
    late_there = datetime(2026, 1, 31, 12, tzinfo=UTC)  # it is February in Auckland

    found = overdue([a_schedule(), auckland], [], at=late_there)
    assert [(each.customer, each.days_late) for each in found] == [(CAFE, 0), ("kiwi", 1)]


def test_what_was_put_off_is_late_by_the_day_on_which_it_was_due() -> None:  # C084
    meeting = a_meeting(due_on=date(2026, 1, 31), planned_for=datetime(2026, 1, 30, 9, tzinfo=UTC))
    later = meetings.reschedule(meeting, datetime(2026, 2, 20, 9, tzinfo=UTC), by=ANN, at=MONDAY).after

    assert (later.due_on, later.first_planned_for.day, later.reschedulings) == (date(2026, 1, 31), 30, 1)
    (late,) = overdue([a_schedule(occasion="meeting")], [later], at=MONDAY)
    assert (late.status, late.record, late.days_late) == (DueStatus.OVERDUE, "m-1", 30)
    assert late.planned_for == later.planned_for


def test_what_was_cancelled_does_not_count_as_held() -> None:  # C084
    meeting = meetings.cancel(a_meeting(due_on=date(2026, 1, 31)), "Nobody came.", by=ANN, at=MONDAY).after

    (late,) = overdue([a_schedule(occasion="meeting")], [meeting], at=MONDAY)
    assert (late.status, late.record) == (DueStatus.OVERDUE, None)
    assert next_due(a_schedule(occasion="meeting"), [meeting]) == date(2026, 1, 31)


def test_of_several_for_one_day_the_one_that_was_held_counts() -> None:  # C084
    schedule, due = a_schedule(occasion="meeting"), date(2026, 1, 31)
    planned = a_meeting("m-0", due_on=due)

    for there in ([planned, held_for(due, due)], [held_for(due, due), planned]):
        (found,) = dues([schedule], there, first=due, end=due + DAY, at=MONDAY)
        assert (found.record, found.status) == ("m-1", DueStatus.HELD)


def test_the_next_day_to_plan_for_is_the_one_after_those_that_are_taken() -> None:  # C084
    schedule = a_schedule()

    assert next_due(schedule, []) == date(2026, 1, 31)
    assert next_due(schedule, [a_review(due_on=date(2026, 1, 31))]) == date(2026, 4, 30)
    assert next_due(schedule, [a_meeting(due_on=date(2026, 1, 31))]) == date(2026, 1, 31)  # another occasion
    assert next_due(a_schedule(roll="next"), [], calendar=OFFICE) == date(2026, 2, 2)


def test_eight_of_ten_customers_that_were_reviewed_in_time_are_80_percent() -> None:  # K41, C084
    due = date(2026, 1, 31)
    customers = [f"c-{n}" for n in range(10)]
    plans = [a_schedule(f"s-{name}", customer=name, occasion="meeting") for name in customers]
    there = [held_for(due, due, f"m-{name}", name) for name in customers[:8]]
    there.append(held_for(due, due + DAY, "m-late", customers[8]))

    quarter = dues(plans, there, first=date(2026, 1, 1), end=date(2026, 4, 1), at=MONDAY)
    assert (coverage(quarter).value, coverage(quarter).n) == (80.0, 10)
    assert held_on_time(quarter).value == 80.0  # K42
    early = dues(plans, [], first=date(2026, 4, 1), end=date(2026, 7, 1), at=MONDAY)
    assert (coverage(early).value, coverage(early).reason) == (None, "no_values")


def test_a_customer_is_covered_if_all_that_was_due_was_held_in_time() -> None:  # K41
    schedule = a_schedule(every="month", occasion="meeting")
    there = [held_for(date(2026, 1, 31), date(2026, 1, 31), "m-1")]

    assert coverage(dues([schedule], there, first=YEAR[0], end=date(2026, 3, 1), at=MONDAY)).value == 0.0
    assert held_on_time(dues([schedule], there, first=YEAR[0], end=date(2026, 3, 1), at=MONDAY)).value == 50.0


def test_how_often_follows_from_the_class_of_a_customer() -> None:  # C084, S0-A2
    policy = ReviewPolicy(
        regular=(
            Regular(occasion="service_review", every="1 year"),
            Regular(occasion="service_review", every="quarter", classes=("gold",)),
        )
    )

    assert policy.every("service_review", "gold") == "quarter"
    assert policy.every("service_review") == policy.every("service_review", "silver") == "1 year"
    assert policy.every("lunch") is None
    assert ReviewPolicies().in_force(MONDAY)[1].every("meeting") == "6 months"
    with pytest.raises(InvalidValue, match="every"):
        Regular(occasion="lunch", every="now and then")
    with pytest.raises(InvalidValue, match="prepare_days"):
        ReviewPolicy(prepare_days=-1)
    with pytest.raises(InvalidValue, match="duration"):
        ReviewPolicy(distribute_within="soon")
