"""A timer is a fold over moments: whatever becomes of them, it reads what it would have read from the start."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import BusinessHours, Calendar, DayHours, Holiday, holidays
from servicecrm.cases.targets import TARGETS as FOR_CASES
from servicecrm.complaints.targets import TARGETS as FOR_COMPLAINTS
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.records import evolve
from servicecrm.tracking import (
    TEXTS,
    Goal,
    Moment,
    Moments,
    OnChange,
    Target,
    Targets,
    Timer,
    Timers,
    TimerState,
    on,
    timer_name,
    timers,
    usual,
)
from servicecrm.tracking.spells import Spell, spells
from servicecrm.tracking.spells import happened as happened_by
from servicecrm.tracking.stretches import Given
from tests.tracking.lives import ALWAYS, DAY, HOUR, MINUTE, OFFICE, T0, happened, life, voided

WAITS = {"pause": on("waiting"), "resume": on("resumed")}
RESOLUTION = Target(
    name="resolution",
    within="8h business",
    start=on("received", "reopened"),
    stop=on("answered", "closed"),
    each=True,
    **WAITS,  # type: ignore[arg-type]
)
KINDS = (
    "message outside",
    "message inside",
    "waiting customer",
    "resumed customer",
    "rated p1",
    "rated p3",
    "answered inside",
    "closed",
    "reopened",
    "forwarded",
)
INSTANT = timedelta(microseconds=1)
EVERY = (
    usual("acknowledge", "4h business"),
    usual("accept", "1 business day"),
    usual("first_response", "1 business day until close"),
    usual("next_response", "2h elapsed"),
    usual("periodic_update", "2 business days"),
    evolve(RESOLUTION, goals=(Goal(within="3 calendar days", priorities=("p1",)),)),
    Target(name="whole", within="20h business", start=on("received"), stop=on("closed"), reopen=on("reopened")),
)


def read(
    moments: Moments, *targets: Target, at: timedelta = 60 * DAY, calendar: BusinessHours = OFFICE, **others: object
) -> Timers:
    return timers(moments, Targets(targets=targets), {"default": calendar}, now=T0 + at, **others)  # type: ignore[arg-type]


def one(moments: Moments, target: Target, at: timedelta, **others: object) -> Timer:
    return read(moments, target, at=at, **others)[target.name]  # type: ignore[arg-type]


def lives(*, max_size: int = 8) -> st.SearchStrategy[Moments]:
    """Lives of a record: received, then anything, at most three days apart, some of it at the same time."""
    steps = st.lists(
        st.tuples(st.sampled_from([0, 1, 30, 60, 240, 1440, 4320]), st.sampled_from(KINDS)), max_size=max_size
    )

    def build(drawn: list[tuple[int, str]]) -> Moments:
        at, lines = timedelta(0), [(timedelta(0), "received outside")]
        for minutes, kind in drawn:
            at += minutes * MINUTE
            lines.append((at, kind))
        return life(*lines)

    return steps.map(build)


# -- states --------------------------------------------------------------------------------------


def test_nothing_runs_before_anything_has_happened() -> None:
    found = read((), RESOLUTION)

    assert len(found) == 0
    assert found.next_at is None
    assert found.due_at is None
    with pytest.raises(InvalidValue, match="none has started"):
        found["resolution"]


def test_a_timer_runs_from_its_start_until_it_is_stopped() -> None:  # C035
    moments = life((0 * HOUR, "received"), (3 * HOUR, "answered"))

    running, met = one(moments, RESOLUTION, 2 * HOUR), one(moments, RESOLUTION, 4 * HOUR)

    assert (running.state, running.elapsed, running.remaining) == (TimerState.RUNNING, 2 * HOUR, 6 * HOUR)
    assert running.due_at == T0 + 8 * HOUR
    assert running.result is None
    assert (met.state, met.elapsed, met.remaining) == (TimerState.MET, 3 * HOUR, 5 * HOUR)
    assert met.stopped_at == T0 + 3 * HOUR
    assert met.result == "met"


def test_what_is_done_at_the_very_time_at_which_it_is_due_is_in_time() -> None:  # K22
    assert one(life((0 * HOUR, "received"), (8 * HOUR, "answered")), RESOLUTION, DAY).state == "met"
    assert one(life((0 * HOUR, "received")), RESOLUTION, 8 * HOUR).late is False


def test_what_is_a_moment_too_late_is_missed_and_stays_missed() -> None:  # osTicket#6346, osTicket#4078
    late = life((0 * HOUR, "received"), (DAY + MINUTE, "answered"))

    assert one(late, RESOLUTION, 9 * HOUR).state == "running"
    assert one(late, RESOLUTION, 9 * HOUR).result == "missed"
    missed = one(late, RESOLUTION, 20 * DAY)
    assert (missed.state, missed.late, missed.overrun) == (TimerState.MISSED, True, MINUTE)
    assert missed.remaining == -MINUTE


def test_elapsed_excludes_two_pauses() -> None:  # C035, K14
    moments = life(
        (0 * HOUR, "received"),
        (1 * HOUR, "waiting customer"),
        (2 * HOUR, "resumed customer"),
        (4 * HOUR, "waiting customer"),
        (4 * HOUR + 30 * MINUTE, "resumed customer"),
        (6 * HOUR, "answered"),
    )

    timer = one(moments, RESOLUTION, DAY)

    assert timer.elapsed == 4 * HOUR + 30 * MINUTE
    assert timer.due_at == T0 + DAY + HOUR + 30 * MINUTE


def test_nothing_is_due_while_it_waits_and_what_is_left_stays_what_it_was() -> None:
    moments = life((0 * HOUR, "received"), (2 * HOUR, "waiting customer"))

    for at in (3 * HOUR, 30 * DAY):
        timer = one(moments, RESOLUTION, at)
        assert (timer.state, timer.due_at, timer.next_at, timer.late) == (TimerState.PAUSED, None, None, False)
        assert (timer.elapsed, timer.remaining) == (2 * HOUR, 6 * HOUR)


def test_what_was_late_before_it_waited_is_late_while_it_waits() -> None:
    moments = life((0 * HOUR, "received"), (DAY + HOUR, "waiting customer"))

    timer = one(moments, RESOLUTION, 3 * DAY)

    assert (timer.state, timer.late, timer.due_at, timer.overrun) == ("paused", True, T0 + 8 * HOUR, HOUR)


@pytest.mark.parametrize("kind", ["elapsed", "business"])
def test_time_is_counted_as_the_target_counts(kind: str) -> None:
    target = evolve(RESOLUTION, within=f"30h {kind}")

    timer = one(life((0 * HOUR, "received")), target, DAY)

    assert timer.elapsed == {"elapsed": DAY, "business": 8 * HOUR}[kind]
    assert timer.remaining == {"elapsed": 6 * HOUR, "business": 22 * HOUR}[kind]


def test_a_wait_that_was_on_when_it_started_counts_too() -> None:
    target = Target(name="reply", within="2h business", start=on("message"), stop=on("answered"), **WAITS)  # type: ignore[arg-type]
    moments = life(
        (0 * HOUR, "waiting customer"),
        (1 * HOUR, "message outside"),
        (2 * HOUR, "resumed customer"),
        (3 * HOUR, "answered"),
    )

    assert one(moments, target, DAY).elapsed == HOUR


def test_a_reset_ends_it_and_lets_the_next_one_begin() -> None:
    target = evolve(RESOLUTION, reset=on("forwarded"), each=False)
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"), (2 * HOUR, "resumed"), (4 * HOUR, "forwarded"))

    found = read(moments, target, at=5 * HOUR)

    assert [(timer.n, timer.state, timer.started_at - T0, timer.elapsed) for timer in found] == [
        (1, TimerState.CANCELLED, 0 * HOUR, 3 * HOUR),
        (2, TimerState.RUNNING, 4 * HOUR, HOUR),
    ]


def test_what_was_missed_before_a_reset_stays_missed() -> None:  # C063
    target = evolve(RESOLUTION, reset=on("forwarded"))
    moments = life((0 * HOUR, "received"), (DAY + HOUR, "forwarded"), (DAY + 2 * HOUR, "answered"))

    assert [timer.result for timer in read(moments, target)] == ["missed", "met"]


def test_a_wait_goes_on_through_a_reset() -> None:
    target = evolve(RESOLUTION, reset=on("forwarded"))
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"), (2 * HOUR, "forwarded"), (4 * HOUR, "resumed"))

    first, last = read(moments, target, at=5 * HOUR)

    assert (first.pauses, last.pauses) == (((T0 + HOUR, T0 + 2 * HOUR),), ((T0 + 2 * HOUR, T0 + 4 * HOUR),))
    assert read(moments[:3], target, at=3 * HOUR)["resolution"].state == TimerState.PAUSED


def test_a_cancelled_timer_comes_to_nothing() -> None:
    target = evolve(RESOLUTION, cancel=on("handed_back"))

    timer = one(life((0 * HOUR, "received"), (1 * HOUR, "handed_back")), target, DAY)

    assert (timer.state, timer.result, timer.late) == (TimerState.CANCELLED, "cancelled", False)


def test_what_came_to_nothing_begins_again_and_what_was_fulfilled_once_does_not() -> None:  # C059
    (target,) = (target for target in FOR_CASES.targets if target.name == "answer_or_contact")
    moments = life(
        (0 * HOUR, "accepted"),
        (1 * HOUR, "handed_back"),
        (2 * HOUR, "accepted"),
        (3 * HOUR, "contact reached"),
        (4 * HOUR, "forwarded keep"),
        (5 * HOUR, "accepted"),
    )

    assert [(t.n, t.started_at - T0, t.state) for t in read(moments, target)] == [
        (1, 0 * HOUR, TimerState.CANCELLED),
        (2, 2 * HOUR, TimerState.MET),
    ]
    assert read(moments[:3], target, at=3 * HOUR)[target.name].state == TimerState.RUNNING


def test_a_record_that_was_taken_up_again_is_due_a_final_response_again() -> None:
    found = read(REOPENED, usual("final_response", "8h business")).each("final_response")

    assert [(timer.n, timer.state) for timer in found] == [(1, TimerState.MET), (2, TimerState.MET)]


def test_what_ends_unfulfilled_at_the_very_time_at_which_it_is_due_is_missed() -> None:
    target = evolve(RESOLUTION, cancel=on("handed_back"))

    assert one(life((0 * HOUR, "received"), (8 * HOUR, "handed_back")), target, DAY).state == TimerState.MISSED


# -- origins, dates, goals -----------------------------------------------------------------------


def test_a_target_counts_from_its_origin_and_so_do_its_pauses() -> None:
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"), (2 * HOUR, "resumed"), (3 * HOUR, "attached"))
    target = Target(name="x", within="4h business", start=on("attached"), stop=on("closed"), origin="received", **WAITS)  # type: ignore[arg-type]

    retroactive = one(moments, target, 3 * HOUR)
    not_so = one(moments, evolve(target, retroactive_pause=False), 3 * HOUR)
    from_attached = one(moments, evolve(target, origin=None), 3 * HOUR)

    assert retroactive.due_at == T0 + 5 * HOUR
    assert not_so.due_at == T0 + 4 * HOUR
    assert from_attached.due_at == T0 + 7 * HOUR


def test_what_was_due_before_it_was_attached_is_missed_when_it_is() -> None:
    moments = life((0 * HOUR, "received"), (6 * HOUR, "attached"))
    target = Target(name="x", within="4h business", start=on("attached"), stop=on("closed"), origin="received")

    (firing,) = one(moments, target, 7 * HOUR).firings

    assert (firing.at, firing.due_at) == (T0 + 6 * HOUR, T0 + 4 * HOUR)


def test_a_date_that_was_given_is_due_whatever_is_waited_for() -> None:  # glpi#17186
    target = usual("action_due")
    moments = life((0 * HOUR, "opened"), (1 * HOUR, "waiting"))

    idle = one(moments, target, 2 * HOUR)
    dated = one(moments, target, 2 * HOUR, given={"action_due": T0 + 5 * DAY})
    late = one(moments, target, 6 * DAY, given={"action_due": T0 + 5 * DAY})

    assert (idle.state, idle.due_at) == (TimerState.IDLE, None)
    assert (dated.state, dated.due_at, dated.remaining) == (TimerState.RUNNING, T0 + 5 * DAY, 5 * DAY - 2 * HOUR)
    assert late.late


def test_a_fixed_due_is_not_moved_by_pauses() -> None:  # glpi#17186
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"), (3 * HOUR, "resumed"))
    fixed = evolve(RESOLUTION, fixed_due=True)

    assert one(moments, fixed, 4 * HOUR).due_at == T0 + 8 * HOUR
    assert one(moments, fixed, 2 * HOUR).due_at == T0 + 8 * HOUR
    assert one(moments, RESOLUTION, 4 * HOUR).due_at == T0 + DAY + 2 * HOUR


def rated(on_change: OnChange, *lines: tuple[timedelta, str], at: timedelta) -> Timer:
    goals = (Goal(within="4h elapsed", priorities=("p1",)), Goal(within="40h elapsed", priorities=("p4",)))
    target = evolve(RESOLUTION, within="20h elapsed", goals=goals, on_change=on_change)
    return one(life((0 * HOUR, "received"), *lines), target, at)


def test_a_new_priority_counts_from_the_very_instant_at_which_it_is_told() -> None:  # C035
    assert rated(OnChange.FROM_START, (5 * HOUR, "rated p4"), at=5 * HOUR).due_at == T0 + 40 * HOUR
    assert rated(OnChange.FROM_START, (5 * HOUR, "answered"), (5 * HOUR, "rated p1"), at=9 * HOUR).late is False


@pytest.mark.parametrize(
    ("on_change", "due"),
    [
        (OnChange.FROM_START, 40 * HOUR),
        (OnChange.REMAINING_SHARE, 35 * HOUR),  # three quarters of 20 hours were left, so three quarters of 40 are
        (OnChange.FREEZE, 20 * HOUR),
    ],
)
def test_a_new_priority_changes_the_goal_as_the_target_says(on_change: OnChange, due: timedelta) -> None:  # C035
    assert rated(on_change, (5 * HOUR, "rated p4"), at=6 * HOUR).due_at == T0 + due


@pytest.mark.parametrize("share", [OnChange.REMAINING_SHARE, OnChange.FROM_START])
def test_what_is_left_when_it_is_rated_while_it_waits_is_left_when_it_goes_on(share: OnChange) -> None:  # C035
    goals = (Goal(within="8h business", priorities=("p3",)), Goal(within="4h business", priorities=("p1",)))
    target = evolve(RESOLUTION, within=None, goals=goals, on_change=share)
    moments = life(
        (0 * HOUR, "received"),
        (0 * HOUR, "rated p3"),
        (2 * HOUR, "waiting"),
        (6 * HOUR, "rated p1"),
        (7 * HOUR, "resumed"),
    )
    left = {OnChange.REMAINING_SHARE: 3 * HOUR, OnChange.FROM_START: 2 * HOUR}[share]

    assert one(moments[:3], target, 3 * HOUR).remaining == 6 * HOUR
    for now in (6 * HOUR, 6 * HOUR + 30 * MINUTE, 7 * HOUR):
        told = moments[: 5 if now == 7 * HOUR else 4]
        assert one(told, target, now).remaining == left
    assert one(moments, target, 7 * HOUR).due_at == {3 * HOUR: T0 + DAY + 2 * HOUR, 2 * HOUR: T0 + DAY + HOUR}[left]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["p1", "p2", "p3"])), max_size=6),
    st.integers(0, 30),
    st.sampled_from(OnChange),
)
def test_what_is_left_while_it_waits_is_what_is_left_when_it_goes_on(
    ratings: list[tuple[int, str]], since: int, on_change: OnChange
) -> None:  # C035
    goals = (Goal(within="30h elapsed", priorities=("p3",)), Goal(within="7h business", priorities=("p1",)))
    target = evolve(RESOLUTION, within="16h business", goals=goals, on_change=on_change)
    lines = [(since * HOUR, "waiting"), *((hour * HOUR, f"rated {code}") for hour, code in ratings)]
    moments = life((0 * HOUR, "received"), *sorted(lines, key=lambda line: line[0]))
    resumed = (*moments, happened("resumed", T0 + 60 * HOUR, len(moments) + 1))

    waits, goes_on = (one(told, target, 60 * HOUR) for told in (moments, resumed))

    assert (waits.remaining, waits.elapsed) == (goes_on.remaining, goes_on.elapsed)


@pytest.mark.parametrize("kind", ["elapsed", "business"])
def test_what_has_no_goal_any_more_is_counted_as_it_was(kind: str) -> None:  # C035
    target = evolve(RESOLUTION, within=None, goals=(Goal(within=f"4h {kind}", priorities=("p1",)),))
    moments = life((7 * HOUR, "received"), (7 * HOUR, "rated p1"), (17 * HOUR, "rated p3"))
    spent = {"elapsed": 10 * HOUR, "business": HOUR}[kind]

    for told in (moments[:2], moments):
        assert one(told, target, 17 * HOUR).elapsed == spent
    assert one(moments, target, 17 * HOUR).state == TimerState.IDLE
    assert one((moments[0],), target, 17 * HOUR).elapsed == spent


def test_what_has_no_business_time_has_no_share_of_it_left_either() -> None:
    goals = (Goal(within="4h business", priorities=("p1",)),)
    tonight = "0 business days until midnight"
    target = evolve(RESOLUTION, within=tonight, goals=goals, on_change=OnChange.REMAINING_SHARE)
    moments = life((9 * HOUR, "received"), (10 * HOUR, "rated p1"))

    assert one(moments, target, 9 * HOUR).due_at == T0 + 15 * HOUR
    assert one(moments, target, 11 * HOUR).due_at == T0 + DAY + 4 * HOUR


def test_what_is_overdue_has_no_share_left_and_counts_from_the_start() -> None:
    assert rated(OnChange.REMAINING_SHARE, (21 * HOUR, "rated p4"), at=22 * HOUR).due_at == T0 + 40 * HOUR


def test_the_priority_when_it_was_attached_counts() -> None:
    target = evolve(
        RESOLUTION,
        start=on("attached"),
        origin="received",
        goals=(Goal(within="4h business", priorities=("p1",)),),
    )
    moments = life((0 * HOUR, "received"), (1 * HOUR, "rated p1"), (2 * HOUR, "attached"))

    assert one(moments, target, 3 * HOUR).due_at == T0 + 4 * HOUR


def test_a_raised_priority_may_be_missed_at_once() -> None:  # C035
    timer = rated(OnChange.FROM_START, (5 * HOUR, "rated p1"), at=6 * HOUR)

    assert timer.late
    assert [(firing.at, firing.due_at) for firing in timer.firings] == [(T0 + 5 * HOUR, T0 + 4 * HOUR)]


def test_a_lowered_priority_does_not_undo_a_miss() -> None:  # osTicket#5160
    timer = rated(OnChange.FROM_START, (21 * HOUR, "rated p4"), (22 * HOUR, "answered"), at=30 * HOUR)

    assert (timer.state, timer.due_at) == (TimerState.MISSED, T0 + 40 * HOUR)


def test_without_a_goal_for_its_priority_nothing_is_due_until_there_is_one() -> None:
    target = evolve(RESOLUTION, within=None, goals=(Goal(within="4h business", priorities=("p1",)),))
    moments = life((0 * HOUR, "received"), (1 * HOUR, "rated p1"), (2 * HOUR, "rated p2"), (3 * HOUR, "rated p1"))

    states = [(one(moments, target, at).state, one(moments, target, at).due_at) for at in (0 * HOUR, 90 * MINUTE)]
    later = [(one(moments, target, at).state, one(moments, target, at).due_at) for at in (150 * MINUTE, 4 * HOUR)]

    assert states == [(TimerState.IDLE, None), (TimerState.RUNNING, T0 + 4 * HOUR)]
    assert later == [(TimerState.IDLE, None), (TimerState.RUNNING, T0 + 4 * HOUR)]


def test_the_priority_of_a_record_without_ratings_is_taken_as_it_is() -> None:
    target = evolve(RESOLUTION, goals=(Goal(within="4h business", priorities=("p1",), types=("water",)),))
    moments = life((0 * HOUR, "received"))

    assert one(moments, target, HOUR, priority="p1", type="water").due_at == T0 + 4 * HOUR
    assert one(moments, target, HOUR, priority="p1", type="roads").due_at == T0 + 8 * HOUR


def test_the_season_of_a_goal_is_that_of_the_start() -> None:  # C036
    target = evolve(RESOLUTION, goals=(Goal(within="16h business", season="11-01 to 03-02"),))

    assert one(life((0 * HOUR, "received")), target, HOUR).due_at == T0 + DAY + 8 * HOUR
    assert one(life((DAY, "received")), target, DAY).due_at == T0 + DAY + 8 * HOUR


def test_a_goal_may_have_a_calendar_of_its_own() -> None:
    target = evolve(RESOLUTION, goals=(Goal(within="10h business", priorities=("p1",), calendar="always"),))

    found = timers(
        life((0 * HOUR, "received")),
        Targets(targets=(target,)),
        {"default": OFFICE, "always": ALWAYS},
        now=T0,
        priority="p1",
    )

    assert found["resolution"].due_at == T0 + 10 * HOUR
    with pytest.raises(InvalidValue, match="there is no calendar 'always'; known: default"):
        one(life((0 * HOUR, "received")), target, HOUR, priority="p1")


# -- reopening -----------------------------------------------------------------------------------

REOPENED = life(
    (0 * HOUR, "received"),
    (2 * HOUR, "answered"),
    (3 * HOUR, "closed"),
    (30 * DAY, "reopened"),
    (30 * DAY + 3 * HOUR, "answered"),
)


def test_a_reopening_starts_another_instance_and_both_results_are_told() -> None:  # C050, erpnext#28550
    found = read(REOPENED, RESOLUTION)
    first, second = found.each("resolution")

    assert (first.n, first.state, first.elapsed) == (1, TimerState.MET, 2 * HOUR)
    assert (second.n, second.started_at, second.state) == (2, T0 + 30 * DAY, TimerState.MET)
    assert found["resolution"] == second
    assert found.total("resolution") == 5 * HOUR


def test_a_reopening_may_take_up_the_same_instance() -> None:
    target = evolve(RESOLUTION, start=on("received"), each=False, reopen=on("reopened"))

    (timer,) = read(REOPENED, target).each("resolution")

    assert (timer.state, timer.elapsed, timer.remaining) == (TimerState.MET, 5 * HOUR, 3 * HOUR)


def test_a_wait_and_the_time_until_it_is_taken_up_are_counted_once() -> None:
    target = evolve(RESOLUTION, within="8h elapsed", start=on("received"), each=False, reopen=on("reopened"))
    moments = life(
        (0 * HOUR, "received"),
        (1 * HOUR, "waiting"),
        (2 * HOUR, "answered"),
        (5 * HOUR, "reopened"),
        (6 * HOUR, "resumed"),
    )

    assert one(moments, target, 7 * HOUR).elapsed == 2 * HOUR


def test_nobody_waits_for_anything_in_a_record_that_has_ended() -> None:
    moments = life((0 * HOUR, "received"), (1 * HOUR, "closed"), (2 * HOUR, "waiting"), (3 * HOUR, "reopened"))

    assert one(moments, RESOLUTION, 4 * HOUR).state == TimerState.RUNNING


def test_nothing_starts_once_the_record_has_ended_until_it_is_reopened() -> None:  # chatwoot#10178
    moments = life((0 * HOUR, "received"), (1 * HOUR, "closed"), (2 * HOUR, "message outside"), (3 * HOUR, "reopened"))
    target = usual("next_response", "2h business")

    assert "next_response" not in read(moments, target)
    moments = (*moments, happened("message outside", T0 + 4 * HOUR, 5))
    assert read(moments, target, at=5 * HOUR)["next_response"].started_at == T0 + 4 * HOUR


# -- asking --------------------------------------------------------------------------------------


def test_all_timers_of_a_record_can_be_asked_for() -> None:
    found = read(life((0 * HOUR, "received")), usual("acknowledge", "4h business"), RESOLUTION, at=HOUR)

    assert [timer.name for timer in found] == ["acknowledge", "resolution"]
    assert found.due_at == T0 + 4 * HOUR
    assert repr(found) == "<Timers acknowledge 1: running, resolution 1: running>"
    with pytest.raises(InvalidValue, match="it has: acknowledge, resolution"):
        found["resolved"]


def test_a_timer_explains_itself() -> None:
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"), (2 * HOUR, "resumed"))

    text = one(moments, evolve(RESOLUTION, within="2h business"), DAY).explain()

    assert text.splitlines() == [
        "resolution 1: running (late)",
        "2h business from Mon 2026-03-02 09:00:00+0000",
        "  open    Mon 2026-03-02 09:00:00+0000 to Mon 2026-03-02 10:00:00+0000  1:00:00",
        "  paused  Mon 2026-03-02 10:00:00+0000 to Mon 2026-03-02 11:00:00+0000  1:00:00",
        "  open    Mon 2026-03-02 11:00:00+0000 to Mon 2026-03-02 12:00:00+0000  1:00:00",
        "due Mon 2026-03-02 12:00:00+0000",
    ]
    paused = one(moments[:2], RESOLUTION, DAY).explain().splitlines()
    assert paused[-1] == "paused: nothing is due until it goes on"
    assert not any(line.startswith("due") for line in paused)
    assert "no goal holds" in one(life((0 * HOUR, "opened")), usual("action_due"), DAY).explain()


def test_a_timer_names_the_holidays_that_put_it_off() -> None:  # C034
    easter = holidays({"2026-04-03": "Good Friday", "2026-04-06": "Easter Monday", "2026-05-01": "Labour Day"})
    moments = life((datetime(2026, 4, 2, 13, tzinfo=UTC), "received"))
    target, now = evolve(RESOLUTION, within="8h business"), 40 * DAY

    for calendar in (evolve(OFFICE, holidays=easter), evolve(OFFICE, holidays=easter) & OFFICE):
        text = read(moments, target, at=now, calendar=calendar)["resolution"].explain()
        assert text.splitlines()[2:] == [
            "  open    Thu 2026-04-02 13:00:00+0000 to Thu 2026-04-02 17:00:00+0000  4:00:00",
            "  closed  Fri 2026-04-03  Good Friday",
            "  closed  Mon 2026-04-06  Easter Monday",
            "  open    Tue 2026-04-07 09:00:00+0000 to Tue 2026-04-07 13:00:00+0000  4:00:00",
            "due Tue 2026-04-07 13:00:00+0000",
        ]
    either = read(moments, target, at=now, calendar=evolve(OFFICE, holidays=easter) | OFFICE)["resolution"]
    assert "closed" not in either.explain()  # the other one is open


def test_a_timer_that_has_ended_tells_when_and_by_how_much_it_was_late() -> None:
    moments = life((0 * HOUR, "received"), (2 * HOUR, "waiting"), (3 * HOUR, "resumed"), (26 * HOUR, "answered"))
    for within, ends in (
        (
            "2h business",
            [
                "due Mon 2026-03-02 11:00:00+0000",
                "  paused  Mon 2026-03-02 11:00:00+0000 to Mon 2026-03-02 12:00:00+0000  1:00:00",
                "  open    Mon 2026-03-02 12:00:00+0000 to Mon 2026-03-02 17:00:00+0000  5:00:00",
                "  open    Tue 2026-03-03 09:00:00+0000 to Tue 2026-03-03 11:00:00+0000  2:00:00",
                "stopped Tue 2026-03-03 11:00:00+0000, late by 7:00:00 of open time",
            ],
        ),
        (
            "24h elapsed",
            [
                "due Tue 2026-03-03 10:00:00+0000",
                "stopped Tue 2026-03-03 11:00:00+0000, late by 1:00:00",
            ],
        ),
        (
            "9h business",
            [
                "due Tue 2026-03-03 11:00:00+0000",
                "stopped Tue 2026-03-03 11:00:00+0000, with 0:00:00 of open time left",
            ],
        ),
        (
            "2 business days",
            [
                "due Wed 2026-03-04 10:00:00+0000",
                "stopped Tue 2026-03-03 11:00:00+0000, with 7:00:00 of open time left",
            ],
        ),
        (
            "26h elapsed",
            ["due Tue 2026-03-03 12:00:00+0000", "stopped Tue 2026-03-03 11:00:00+0000, with 1:00:00 left"],
        ),
    ):
        text = one(moments, evolve(RESOLUTION, within=within), DAY * 3).explain()
        assert text.splitlines()[-len(ends) :] == ends
    idle = one(life((0 * HOUR, "opened"), (HOUR, "done")), usual("action_due"), DAY).explain()
    assert idle.splitlines()[1:] == [
        "no goal holds for this record, so nothing is due",
        "stopped Mon 2026-03-02 10:00:00+0000",
    ]


def test_a_given_time_is_told_as_such_whatever_the_goal_says() -> None:
    moments = life((0 * HOUR, "received"), (1 * HOUR, "waiting"))
    given = {"resolution": T0 + 2 * DAY}

    def told(*more: Moment, by: Calendar = OFFICE, goal: str | None = "8h business") -> list[str]:
        every, target = {"default": OFFICE, "own": by}, usual("resolution", calendar="own", within=goal)
        now, told = T0 + 5 * DAY, (*moments, *more)
        return (
            timers(told, Targets(targets=(target,)), every, now=now, given=given)["resolution"].explain().splitlines()
        )

    assert told() == [
        "resolution 1: paused (late)",
        "from Mon 2026-03-02 09:00:00+0000",
        "due at a given time, Wed 2026-03-04 09:00:00+0000",
    ]
    answered = happened("answered", T0 + 3 * DAY + HOUR, 3)
    assert told(answered)[3:] == [
        "  open    Wed 2026-03-04 09:00:00+0000 to Wed 2026-03-04 17:00:00+0000  8:00:00",
        "  open    Thu 2026-03-05 09:00:00+0000 to Thu 2026-03-05 10:00:00+0000  1:00:00",
        "stopped Thu 2026-03-05 10:00:00+0000, late by 9:00:00 of open time",
    ]
    for goal in ("8h elapsed", None):
        assert told(answered, goal=goal)[3:] == ["stopped Thu 2026-03-05 10:00:00+0000, late by 1 day, 1:00:00"]


def test_what_counts_after_a_given_time_is_counted_by_the_calendar_of_the_goal() -> None:
    moments = life((0 * HOUR, "received"), (27 * HOUR, "answered"))
    goals = (Goal(within="2h business", types=("night",), calendar="night"),)
    night = Calendar(zone="UTC", hours="mon-sun 11:00-12:00")

    found = timers(
        moments,
        Targets(targets=(usual("resolution", "8h business", goals=goals),)),
        {"default": OFFICE, "night": night},
        now=T0 + 5 * DAY,
        type="night",
        given={"resolution": T0 + HOUR},
    )["resolution"]

    assert found.explain().splitlines()[3:] == [
        "  open    Mon 2026-03-02 11:00:00+0000 to Mon 2026-03-02 12:00:00+0000  1:00:00",
        "  open    Tue 2026-03-03 11:00:00+0000 to Tue 2026-03-03 12:00:00+0000  1:00:00",
        "stopped Tue 2026-03-03 12:00:00+0000, late by 2:00:00 of open time",
    ]


def test_what_was_missed_before_a_later_date_was_given_is_told() -> None:
    moments = life((0 * HOUR, "received"), (4 * DAY, "answered"))
    later = Given(at=T0 + 5 * DAY, since=T0 + 3 * DAY)

    found = timers(
        moments,
        Targets(targets=(evolve(RESOLUTION, within="2h elapsed"),)),
        {"default": OFFICE},
        now=T0 + 5 * DAY,
        given={"resolution": (later,)},
    )["resolution"]

    told = "stopped Fri 2026-03-06 09:00:00+0000, with 1 day, 0:00:00 left; an earlier due time was missed"
    assert found.explain().splitlines()[-1] == told


def test_timers_are_called_what_people_call_them_and_those_of_a_house_what_it_calls_them() -> None:  # C093
    for language, name in (("en", "first response"), ("de-AT", "erste Antwort"), ("zh", "首次回复")):
        assert timer_name("first_response", language=language) == name
        assert timer_name("pothole_gone", language=language) == "pothole_gone"
    shipped = {each.name for book in (FOR_CASES, FOR_COMPLAINTS) for each in book.targets}
    for language in TEXTS.languages:
        assert {f"timer.{name}" for name in shipped} <= TEXTS.keys(language)


def test_what_is_told_of_the_time_to_come_is_looked_at_when_it_has_come() -> None:
    moments = life((0 * HOUR, "received"), (2 * HOUR, "answered"), (5 * HOUR, "reopened"))

    assert read(moments, RESOLUTION, at=HOUR).next_at == T0 + 2 * HOUR
    assert read(moments, RESOLUTION, at=2 * HOUR).next_at == T0 + 5 * HOUR  # whose own timers have all ended
    assert read(moments[:2], RESOLUTION, at=2 * HOUR).next_at is None
    assert read(voided(moments, 2, T0), RESOLUTION, at=HOUR).next_at == T0 + 5 * HOUR


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        timers((), Targets(), {}, now=datetime(2026, 3, 2, 9))


# -- properties ----------------------------------------------------------------------------------


@given(lives())
def test_what_happened_at_the_same_time_happened_in_the_order_in_which_it_was_told(moments: Moments) -> None:
    apart = tuple(evolve(moment, occurred_at=moment.occurred_at + moment.n * INSTANT) for moment in moments)
    was = {new.occurred_at: old.occurred_at for old, new in zip(moments, apart, strict=True)}

    for target in EVERY:
        expected = [
            attrs.evolve(
                spell,
                began=was[spell.began],
                born=was[spell.born],
                ended=spell.ended and was[spell.ended],
                pauses=tuple(
                    (was[since], until and was[until])
                    for since, until in spell.pauses
                    if until is None or was[since] < was[until]
                ),
            )
            for spell in runs(apart, target)
        ]
        assert list(runs(moments, target)) == expected


def runs(moments: Moments, target: Target) -> tuple[Spell, ...]:
    return spells(target, Targets(targets=(target,)), happened_by(moments, T0 + 60 * DAY))


@pytest.mark.parametrize("minutes", [0, 60])
def test_who_gets_it_in_the_minute_in_which_another_one_took_it_on_has_to_take_it_on_too(minutes: int) -> None:
    accept = usual("accept", "4h business")
    at = minutes * MINUTE
    handed_on = life((0 * HOUR, "routed"), (at, "accepted"), (at, "forwarded"))
    first, second = read(handed_on, accept, at=3 * DAY).each("accept")

    assert (first.state, second.started_at, second.late) == ("met", T0 + at, True)
    assert [firing.n for firing in read(handed_on, accept, at=3 * DAY).firings] == [2]
    taken = (*handed_on, happened("accepted", T0 + at, 4))
    assert [timer.state for timer in read(taken, accept, at=3 * DAY)] == ["met", "met"]


def test_what_is_closed_and_reopened_in_one_minute_runs_again() -> None:
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (HOUR, "reopened"))

    assert [timer.state for timer in read(moments, RESOLUTION, at=2 * HOUR)] == ["met", "running"]


def test_of_two_priorities_at_one_time_the_last_one_counts_and_the_first_is_never_late() -> None:
    timer = rated(OnChange.FROM_START, (5 * HOUR, "rated p1"), (5 * HOUR, "rated p4"), at=6 * HOUR)

    assert (timer.due_at, timer.late) == (T0 + 40 * HOUR, False)


def test_any_order_of_an_import_by_the_day_gives_one_answer() -> None:
    lines = ["waiting customer", "resumed customer", "answered"]

    found = {
        one(life((0 * HOUR, "received"), *((0 * HOUR, line) for line in order)), RESOLUTION, DAY).state
        for order in permutations(lines)
    }

    assert found == {TimerState.MET}


@given(lives(), st.integers(-14, 14))
def test_the_zone_in_which_a_time_was_told_does_not_matter(moments: Moments, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    moved = tuple(evolve(moment, occurred_at=moment.occurred_at.astimezone(zone)) for moment in moments)

    assert read(moments, *EVERY) == read(moved, *EVERY)


@given(lives(), st.data())
def test_a_voided_moment_is_as_if_it_had_never_been_told(moments: Moments, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(moments)))
    without = tuple(moment for moment in moments if moment.n != n)

    assert read(voided(moments, n, T0 + 50 * DAY), *EVERY) == read(without, *EVERY)


@given(lives())
def test_whatever_has_ended_leaves_nothing_running(moments: Moments) -> None:  # zammad#377, OCA/helpdesk#157
    end = moments[-1].occurred_at + MINUTE
    ended = (*moments, happened("closed", end, len(moments) + 1))

    found = read(ended, *EVERY)

    assert all(timer.done for timer in found)
    assert found.next_at is None
    assert found.due_at is None


@given(lives(), st.integers(0, 40 * 24 * 60))
def test_what_is_late_is_late_for_ever(moments: Moments, minutes: int) -> None:
    at = T0 + minutes * MINUTE
    earlier = {(timer.name, timer.n): timer.late for timer in read(moments, *EVERY, at=at - T0)}

    later = {(timer.name, timer.n): timer.late for timer in read(moments, *EVERY)}

    assert all(later[key] for key, late in earlier.items() if late)


@given(lives(), st.integers(0, 30 * 24 * 60), st.integers(0, 10 * 24 * 60))
def test_one_more_pause_makes_nothing_due_earlier(moments: Moments, begin: int, length: int) -> None:
    quiet = tuple(moment for moment in moments if moment.kind not in ("waiting", "resumed", "rated"))
    since, until = T0 + begin * MINUTE, T0 + (begin + length) * MINUTE
    paused = (*quiet, happened("waiting customer", since, 100), happened("resumed customer", until, 101))

    for before, after in zip(read(quiet, *EVERY), read(paused, *EVERY), strict=True):
        assert before.due_at is not None
        assert after.due_at is not None
        assert before.due_at <= after.due_at
        assert after.elapsed <= before.elapsed


@given(lives(), st.integers(0, 6))
def test_a_pause_out_of_hours_changes_nothing_for_business_time(moments: Moments, day: int) -> None:  # erpnext#47029
    quiet = tuple(moment for moment in moments if moment.kind not in ("waiting", "resumed", "rated"))
    close = (T0 + day * DAY).replace(hour=17)
    night = (happened("waiting customer", close, 100), happened("resumed customer", close + 16 * HOUR, 101))

    found, paused = read(quiet, RESOLUTION), read((*quiet, *night), RESOLUTION)

    assert [(t.due_at, t.elapsed, t.state) for t in found] == [(t.due_at, t.elapsed, t.state) for t in paused]


@given(lives(), st.integers(0, 20))
def test_one_more_holiday_makes_nothing_due_earlier(moments: Moments, day: int) -> None:
    holiday = evolve(OFFICE, holidays=(Holiday(date=(T0 + day * DAY).date()),))
    without_ratings = tuple(moment for moment in moments if moment.kind != "rated")

    for before, after in zip(
        read(without_ratings, *EVERY), read(without_ratings, *EVERY, calendar=holiday), strict=True
    ):
        # On a day that is closed a pause costs nothing, so what it added may be gone.
        assert before.due_at is None or after.due_at is None or before.pauses or before.due_at <= after.due_at


@given(lives())
def test_other_rules_and_then_the_same_again_give_the_same_again(moments: Moments) -> None:
    other = evolve(OFFICE, extra_days=(DayHours(date=(T0 + 5 * DAY).date(), hours="08:00-20:00"),))
    first = read(moments, *EVERY)

    read(moments, *EVERY, calendar=other)

    assert read(moments, *EVERY) == first


@given(lives())
def test_what_was_spent_and_what_is_left_are_the_whole(moments: Moments) -> None:
    unrated = tuple(moment for moment in moments if moment.kind != "rated")

    for timer in read(unrated, RESOLUTION):
        assert timer.remaining is not None
        assert timer.elapsed + timer.remaining == 8 * HOUR


@given(lives())
def test_a_calendar_of_elapsed_time_needs_no_hours(moments: Moments) -> None:
    night = Calendar(zone="UTC", hours="sun 02:00-03:00")
    elapsed = evolve(RESOLUTION, within="8h elapsed")

    assert [(t.due_at, t.state) for t in read(moments, elapsed)] == [
        (t.due_at, t.state) for t in read(moments, elapsed, calendar=night)
    ]
