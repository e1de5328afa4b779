"""Waiting stops a clock for as long as it lasts, in whatever order it was told, and for ever only if it has no end."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY, an_actor
from servicecrm.tracking import (
    Ladder,
    Moments,
    Rung,
    Target,
    Targets,
    Timer,
    Timers,
    TimerState,
    on,
    timers,
    usual,
    with_moment,
)
from servicecrm.tracking.moments import with_ends
from tests.tracking.lives import DAY, HOUR, OFFICE, T0, a_basis, happened, life, seen, started, voided

INSTANT = timedelta(microseconds=1)
RESOLUTION = usual("resolution", "8h business")
WHOLE = Target(
    name="whole",
    within="20h elapsed",
    start=on("received"),
    stop=on("answered", "closed"),
    reopen=on("reopened"),
    pause=on("waiting"),
    resume=on("resumed"),
)
EVERY = (
    RESOLUTION,
    WHOLE,
    usual("periodic_update", "2 business days"),
    evolve(RESOLUTION, name="from_the_beginning", start=on("forwarded"), origin="received", reset=on("handed_back")),
    evolve(RESOLUTION, name="by_kind", resume=(), pause=on("waiting", codes=("customer",))),
)


def read(moments: Moments, *targets: Target, at: timedelta = 60 * DAY) -> Timers:
    return timers(moments, Targets(targets=targets), {"default": OFFICE}, now=T0 + at)


def one(moments: Moments, target: Target, at: timedelta) -> Timer:
    return read(moments, target, at=at)[target.name]


def waiting(until: timedelta | None, *, since: timedelta = HOUR) -> Moments:
    """A record that waits from one hour on, until some time."""
    received, wait = life((0 * HOUR, "received"), (since, "waiting customer"))
    return received, evolve(wait, until=None if until is None else T0 + until)


# -- a wait that has an end ----------------------------------------------------------------------


def test_a_wait_that_has_an_end_ends_by_itself() -> None:
    moments = waiting(3 * HOUR)

    states = {hours: one(moments, RESOLUTION, hours * HOUR) for hours in (2, 3, 4)}

    assert [timer.state for timer in states.values()] == [TimerState.PAUSED, TimerState.RUNNING, TimerState.RUNNING]
    assert [timer.elapsed for timer in states.values()] == [HOUR, HOUR, 2 * HOUR]
    assert [timer.due_at for timer in states.values()] == [None, T0 + DAY + 2 * HOUR, T0 + DAY + 2 * HOUR]


def test_what_waits_is_looked_at_again_when_the_wait_ends() -> None:
    basis = a_basis(evolve(RESOLUTION, ladder=Ladder(rungs=(Rung(at="due", to="supervisor"),))))
    moments = waiting(3 * HOUR)
    clock = started(moments, basis, T0 + HOUR)

    assert (clock.next_at, clock.due_at) == (T0 + 3 * HOUR, None)
    awake = seen(clock, moments, basis, T0 + 3 * HOUR)
    assert (awake.next_at, awake.timers[0].state) == (T0 + DAY + 2 * HOUR + INSTANT, TimerState.RUNNING)
    assert [fired.at - T0 for fired in seen(awake, moments, basis, T0 + 9 * DAY).fired] == [DAY + 2 * HOUR] * 2


def test_nothing_is_due_while_it_waits_and_what_is_due_whatever_it_waits_for_is() -> None:
    fixed = evolve(RESOLUTION, fixed_due=True)

    timer = one(waiting(30 * HOUR), fixed, 2 * HOUR)

    assert (timer.state, timer.due_at, timer.next_at) == (TimerState.PAUSED, T0 + 8 * HOUR, T0 + 8 * HOUR + INSTANT)
    assert one(waiting(3 * HOUR), fixed, 2 * HOUR).next_at == T0 + 3 * HOUR


def test_who_goes_on_before_the_end_does_not_wait_for_it() -> None:
    moments = (*waiting(6 * HOUR), happened("resumed customer", T0 + 2 * HOUR, 3))

    timer = one(moments, RESOLUTION, 4 * HOUR)

    assert (timer.pauses, timer.elapsed) == (((T0 + HOUR, T0 + 2 * HOUR),), 3 * HOUR)


def test_who_goes_on_after_the_end_has_waited_no_longer_for_that() -> None:
    moments = (*waiting(2 * HOUR), happened("resumed customer", T0 + 6 * HOUR, 3))

    assert one(moments, RESOLUTION, 7 * HOUR).pauses == ((T0 + HOUR, T0 + 2 * HOUR),)


def test_the_end_of_a_wait_that_is_over_does_not_end_the_next_one() -> None:
    moments = (
        *waiting(4 * HOUR),
        happened("resumed customer", T0 + 2 * HOUR, 3),
        happened("waiting customer", T0 + 3 * HOUR, 4),
    )

    timer = one(moments, RESOLUTION, 9 * HOUR)

    assert timer.pauses == ((T0 + HOUR, T0 + 2 * HOUR), (T0 + 3 * HOUR, None))


@pytest.mark.parametrize(("until", "ends"), [(6 * HOUR, T0 + 6 * HOUR), (None, None)])
def test_of_a_wait_that_is_told_anew_the_last_end_counts(until: timedelta | None, ends: datetime | None) -> None:
    later = evolve(happened("waiting third_party", T0 + 2 * HOUR, 3), until=until and T0 + until)

    assert one((*waiting(3 * HOUR), later), RESOLUTION, 7 * HOUR).pauses == ((T0 + HOUR, ends),)


def test_the_end_of_the_record_ends_a_wait_before_its_time() -> None:
    moments = (*waiting(9 * DAY), happened("closed", T0 + 2 * HOUR, 3), happened("reopened", T0 + DAY, 4))

    first, second = read(moments, RESOLUTION, at=DAY + HOUR).each("resolution")

    assert first.pauses == ((T0 + HOUR, T0 + 2 * HOUR),)
    assert (second.pauses, second.state) == ((), TimerState.RUNNING)


def test_a_voided_wait_has_no_end_either() -> None:
    timer = one(voided(waiting(3 * HOUR), 2, T0 + 2 * HOUR), RESOLUTION, 2 * HOUR)

    assert (timer.state, timer.pauses, timer.next_at) == (TimerState.RUNNING, (), T0 + 8 * HOUR + INSTANT)


def test_a_wait_that_would_end_before_it_begins_is_none() -> None:
    timer = one(waiting(0 * HOUR), RESOLUTION, 5 * HOUR)

    assert (timer.state, timer.pauses, timer.elapsed) == (TimerState.RUNNING, (), 5 * HOUR)


def test_a_moment_keeps_until_when() -> None:
    event = Event(**stamp(an_actor(), MONDAY))
    (moment,) = with_moment((), "waiting", event, code="customer", until=MONDAY + DAY)

    assert moment.until == MONDAY + DAY
    assert with_moment((), "resumed", event)[0].until is None


def test_documents_from_before_waits_had_an_end_are_read_with_none() -> None:
    old = {"n": 1, "kind": "waiting", "code": "customer"}
    document = {"id": "c-1", "moments": [old]}

    assert with_ends(document) == {"id": "c-1", "moments": [{**old, "until": None}]}
    assert document["moments"] == [old]


# -- out of order --------------------------------------------------------------------------------

KINDS = (
    "waiting customer",
    "waiting customer",
    "waiting third_party",
    "waiting internal",
    "resumed customer",
    "resumed third_party",
    "answered",
    "closed",
    "reopened",
    "message inside",
    "forwarded",
    "handed_back",
)


@st.composite
def told_in_any_order(draw: st.DrawFn) -> Moments:
    """A life whose waits and resumes were told whenever somebody came to it, some of them with an end."""
    lines = draw(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(KINDS), st.integers(-5, 40)), max_size=12))
    moments = life((0 * HOUR, "received outside"), *((hour * HOUR, kind) for hour, kind, _ in lines))
    ends = [None, *(T0 + (hour + more) * HOUR if more < 20 else None for hour, _, more in lines)]
    return tuple(
        evolve(moment, until=end if moment.kind == "waiting" else None)
        for moment, end in zip(moments, ends, strict=True)
    )


@given(told_in_any_order(), st.integers(0, 90))
def test_what_was_waited_lies_within_what_has_passed_in_whatever_order_it_was_told(moments: Moments, hour: int) -> None:
    now = T0 + hour * HOUR
    for timer in read(moments, *EVERY, at=hour * HOUR):
        end = timer.stopped_at or now
        for since, until in timer.pauses:
            assert timer.started_at <= since <= end
            assert until is None or since < until
            assert timer.stopped_at is None or (until is not None and until <= timer.stopped_at)
        for (_, until), (since, _) in pairwise(timer.pauses):
            assert until is not None
            assert until <= since
        waited = sum((min(until or end, end) - since for since, until in timer.pauses), timedelta(0))
        assert timedelta(0) <= waited <= end - timer.started_at
        assert timedelta(0) <= timer.elapsed <= end - timer.started_at
        if timer.name == "whole":
            assert timer.elapsed == end - timer.started_at - waited


@given(told_in_any_order(), st.randoms(use_true_random=False))
def test_told_in_another_order_it_waited_as_long(moments: Moments, chance: object) -> None:
    apart = [evolve(moment, occurred_at=moment.occurred_at + moment.n * HOUR / 60) for moment in moments]
    order = list(range(len(apart)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # a Random that hypothesis shrinks
    others = tuple(evolve(apart[i], n=n) for n, i in enumerate(order, 1))

    assert read(tuple(apart), *EVERY) == read(others, *EVERY)


def test_a_wait_told_for_a_time_before_an_earlier_resume_is_part_of_what_was_waited_then() -> None:
    moments = life(
        (0 * HOUR, "received"),
        (2 * HOUR, "waiting customer"),
        (5 * HOUR, "resumed customer"),
        (3 * HOUR, "waiting customer"),
    )

    timer = one(moments, RESOLUTION, 6 * HOUR)

    assert (timer.pauses, timer.elapsed) == (((T0 + 2 * HOUR, T0 + 5 * HOUR),), 3 * HOUR)


def test_what_was_waited_between_the_answer_and_the_reopening_is_not_taken_off_twice() -> None:
    moments = life(
        (0 * HOUR, "received"),
        (2 * HOUR, "answered"),
        (3 * HOUR, "waiting customer"),
        (5 * HOUR, "reopened"),
        (7 * HOUR, "resumed customer"),
    )

    timer = one(moments, WHOLE, 10 * HOUR)

    assert (timer.pauses, timer.elapsed) == (((T0 + 2 * HOUR, T0 + 7 * HOUR),), 5 * HOUR)
