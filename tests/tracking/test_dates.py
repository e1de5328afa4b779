"""A date that somebody gives holds from then on: it moves what is due, and undoes nothing that was missed before."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, NaiveDatetime, NoBusinessTime
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.tracking import (
    Clock,
    Facts,
    Goal,
    Moments,
    Target,
    Targets,
    Threshold,
    Timer,
    TimerMissed,
    Timers,
    TimerState,
    on,
    refresh,
    start,
    timers,
    usual,
)
from servicecrm.tracking.stretches import Given
from tests.tracking.lives import DAY, HOUR, OFFICE, T0, a_basis, known, life

LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)
RESOLUTION = usual("resolution", "8h business")
RECEIVED = life((0 * HOUR, "received"))
ACTION = usual("action_due", thresholds=(Threshold(at="1h elapsed before"),))


def dates(*told: tuple[timedelta, timedelta]) -> tuple[Given, ...]:
    """Dates: since when each holds, and when it is."""
    return tuple(Given(at=T0 + at, since=T0 + since) for since, at in told)


def read(moments: Moments, target: Target, at: timedelta, *told: tuple[timedelta, timedelta]) -> Timers:
    return timers(
        moments, Targets(targets=(target,)), {"default": OFFICE}, now=T0 + at, given={target.name: dates(*told)}
    )


def one(moments: Moments, target: Target, at: timedelta, *told: tuple[timedelta, timedelta]) -> Timer:
    return read(moments, target, at, *told)[target.name]


# -- since it was given --------------------------------------------------------------------------


def test_a_date_that_comes_in_time_is_due_instead_of_the_goal() -> None:  # C060, glpi#17186
    timer = one(RECEIVED, RESOLUTION, 3 * DAY, (4 * HOUR, 5 * DAY))

    assert (timer.state, timer.late, timer.due_at) == (TimerState.RUNNING, False, T0 + 5 * DAY)


def test_a_date_that_comes_too_late_does_not_undo_what_nobody_had_seen() -> None:  # osTicket#5160
    timer = one(RECEIVED, RESOLUTION, 3 * DAY, (DAY, 5 * DAY))

    assert (timer.late, timer.due_at) == (True, T0 + 5 * DAY)
    assert [(firing.at - T0, firing.goal) for firing in timer.firings] == [(8 * HOUR, "0")]


def test_a_date_that_was_missed_is_not_undone_by_the_next_one_either() -> None:  # C060
    timer = one(RECEIVED, RESOLUTION, 6 * DAY, (1 * HOUR, 2 * DAY), (3 * DAY, 5 * DAY))

    assert [firing.at - T0 for firing in timer.firings] == [2 * DAY, 5 * DAY]
    assert timer.result == "missed"


def test_an_extension_that_comes_in_time_is_no_miss() -> None:  # C060
    timer = one(RECEIVED, RESOLUTION, 4 * DAY, (1 * HOUR, 2 * DAY), (DAY, 5 * DAY))

    assert (timer.late, timer.due_at, timer.firings) == (False, T0 + 5 * DAY, ())


def test_a_date_is_not_known_before_it_is_given() -> None:
    told = ((4 * HOUR, 5 * DAY),)

    assert one(RECEIVED, RESOLUTION, 2 * HOUR, *told).due_at == T0 + 8 * HOUR
    assert one(RECEIVED, RESOLUTION, 4 * HOUR, *told).due_at == T0 + 5 * DAY


def test_nothing_is_asked_before_a_date_that_is_given_ahead_of_the_clock() -> None:
    found = read(life((0 * HOUR, "opened")), ACTION, HOUR, (2 * HOUR, DAY))

    assert (found["action_due"].state, found.next_at) == (TimerState.IDLE, T0 + 2 * HOUR)


def test_a_date_is_due_although_it_waits_and_the_wait_moved_only_the_goal() -> None:  # glpi#17186
    moments = life((0 * HOUR, "received"), (HOUR, "waiting customer"), (2 * DAY, "resumed customer"))

    waiting = one(moments, RESOLUTION, DAY, (10 * HOUR, 3 * DAY))
    later = one(moments, RESOLUTION, 4 * DAY, (10 * HOUR, 3 * DAY))

    assert (waiting.state, waiting.late, waiting.due_at) == (TimerState.PAUSED, False, T0 + 3 * DAY)
    assert [firing.at - T0 for firing in later.firings] == [3 * DAY]


def test_a_new_priority_does_not_move_a_date() -> None:
    target = evolve(RESOLUTION, goals=(Goal(within="1h business", priorities=("p1",)),))
    moments = life((0 * HOUR, "received"), (3 * HOUR, "rated p1"))

    assert not one(moments, target, DAY, (2 * HOUR, 2 * DAY)).late
    assert one(moments, target, DAY, (4 * HOUR, 2 * DAY)).late


# -- instances -----------------------------------------------------------------------------------

REOPENED = life((0 * HOUR, "received"), (DAY, "answered"), (3 * DAY, "reopened"))


def test_a_date_that_was_over_at_the_reopening_counts_no_longer() -> None:
    first, second = read(REOPENED, RESOLUTION, 3 * DAY + HOUR, (HOUR, 2 * DAY)).each("resolution")

    assert (first.state, first.due_at) == (TimerState.MET, T0 + 2 * DAY)
    assert (second.late, second.due_at) == (False, T0 + 3 * DAY + 8 * HOUR)


def test_a_date_that_still_lies_ahead_at_the_reopening_holds() -> None:
    first, second = read(REOPENED, RESOLUTION, 4 * DAY, (HOUR, 7 * DAY)).each("resolution")

    assert (first.due_at, second.due_at) == (T0 + 7 * DAY, T0 + 7 * DAY)


def test_each_request_for_an_update_has_a_date_of_its_own() -> None:  # C063
    moments = life(
        (0 * HOUR, "update_requested"),
        (2 * HOUR, "update_given"),
        (DAY, "update_requested"),
        (DAY + 6 * HOUR, "update_given"),
    )
    target = usual("demanded_update", "1 business day")

    found = read(moments, target, 2 * DAY, (0 * HOUR, 3 * HOUR), (DAY, DAY + 4 * HOUR))

    assert [(timer.due_at, timer.state) for timer in found] == [
        (T0 + 3 * HOUR, TimerState.MET),
        (T0 + DAY + 4 * HOUR, TimerState.MISSED),
    ]


def test_what_is_due_at_once_is_given_a_date_all_the_same() -> None:
    timer = one(life((0 * HOUR, "opened")), ACTION, HOUR, (0 * HOUR, 0 * HOUR))

    assert (timer.due_at, timer.late) == (T0, True)


# -- clocks --------------------------------------------------------------------------------------


def test_a_breach_that_no_sweep_has_seen_is_told_when_the_promise_comes_too_late() -> None:  # C060, C037
    basis = a_basis(RESOLUTION)
    clock = start("case", "c-1", Facts(moments=RECEIVED), basis, by="system", at=T0).after
    promised = Facts(moments=RECEIVED, given={"resolution": dates((DAY, 5 * DAY))})

    decision = refresh(clock, promised, basis, by="ann", at=T0 + DAY)

    assert decision is not None
    (missed,) = decision.events
    assert isinstance(missed, TimerMissed)
    assert (missed.occurred_at, missed.due_at) == (T0 + 8 * HOUR, T0 + 8 * HOUR)
    assert decision.after.due_at == T0 + 5 * DAY
    assert decision.after.timers[0].late


RULES = a_basis(
    evolve(
        RESOLUTION,
        goals=(Goal(within="2 calendar days", priorities=("p3",)),),
        thresholds=(Threshold(at="50%"), Threshold(at="every 1 business day")),
    )
)
LINES = ("waiting customer", "resumed customer", "rated p3", "rated p1", "answered", "reopened", "message inside")


def fired(clock: Clock) -> list[tuple[str, str, datetime]]:
    return sorted((each.key, each.goal, each.at) for each in clock.fired)


def told_by(at: datetime, moments: Moments, told: tuple[Given, ...]) -> Facts:
    return Facts(moments=known(moments, at), given={"resolution": tuple(date for date in told if date.since <= at)})


def read_at(moments: Moments, told: tuple[Given, ...], times: list[datetime], *, steady: bool = False) -> Clock:
    """The clock after readings at these times, each of what was told by then; or whenever it asks for one, too."""
    clock = start("case", "c-1", told_by(T0, moments, told), RULES, by="system", at=T0).after
    for until in times:
        asked = True
        while asked:
            asked = steady and clock.next_at is not None and clock.next_at < until
            at = clock.next_at if asked and clock.next_at is not None else until
            decision = refresh(clock, told_by(at, moments, told), RULES, by="system", at=at)
            clock = clock if decision is None else decision.after
    return clock


@pytest.mark.parametrize("seed", range(5))
def test_dates_or_not_whoever_looks_late_finds_what_whoever_always_looked_has_found(seed: int) -> None:  # C037
    chance = Random(seed)
    for _ in range(30):
        hours = sorted(chance.randint(1, 100) for _ in range(chance.randint(0, 5)))
        moments = life((0 * HOUR, "received"), *((hour * HOUR, chance.choice(LINES)) for hour in hours))
        since = sorted(chance.sample(range(1, 110), chance.randint(1, 3)))
        told = dates(*((hour * HOUR, (hour + chance.randint(-9, 60)) * HOUR) for hour in since))
        end = T0 + 200 * HOUR
        changes = sorted({*(moment.occurred_at for moment in moments), *(date.since for date in told), end})
        now_and_then = sorted(T0 + chance.random() * (end - T0) for _ in range(3))

        steady = read_at(moments, told, changes, steady=True)
        late = read_at(moments, told, [*now_and_then, end])
        once = read_at(moments, told, [end])

        assert fired(steady) == fired(late) == fired(once), (moments, told)
        assert (steady.due_at, steady.next_at) == (late.due_at, late.next_at) == (once.due_at, once.next_at)


# -- as far as calendars reach -------------------------------------------------------------------


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=14))])
@pytest.mark.parametrize("far", [LAST, datetime(9999, 12, 1), datetime(2200, 1, 1), datetime(1899, 12, 31)])
def test_a_date_beyond_every_calendar_is_refused_by_name(far: datetime, zone: timezone) -> None:
    at = far.replace(tzinfo=zone)
    targets = Targets(targets=(RESOLUTION,))

    for told in (at, (Given(at=at, since=T0),)):
        with pytest.raises(InvalidValue, match="a date lies in the years 1900 to 2199"):
            timers(RECEIVED, targets, {"default": OFFICE}, now=T0, given={"resolution": told})


@given(
    st.datetimes(datetime(1899, 12, 1), LAST, timezones=st.timezones()),
    st.sampled_from(["75%", "30 business days before", "every 1 business day", "5 calendar months after"]),
    st.sampled_from(["8h business", "8h elapsed", "3 calendar days"]),
)
def test_any_date_is_read_or_refused_by_name(at: datetime, threshold: str, within: str) -> None:
    target = usual("resolution", within, thresholds=(Threshold(at=threshold),))
    try:
        timer = timers(RECEIVED, Targets(targets=(target,)), {"default": OFFICE}, now=T0, given={"resolution": at})
    except (InvalidValue, NoBusinessTime):
        assert not 1901 <= at.year <= 2190
    else:
        due_at = timer["resolution"].due_at
        assert due_at is not None
        assert micros(due_at) == micros(at)


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        timers(RECEIVED, Targets(), {}, now=T0, given={"resolution": datetime(2026, 3, 9)})


# -- one date for all ----------------------------------------------------------------------------


def test_one_date_alone_is_what_the_last_instance_has_had_from_the_start() -> None:
    target = evolve(RESOLUTION, start=on("received", "reopened"), each=True)

    found = timers(
        REOPENED, Targets(targets=(target,)), {"default": OFFICE}, now=T0 + 4 * DAY, given={"resolution": T0 + 9 * DAY}
    )

    assert [timer.due_at for timer in found] == [T0 + 8 * HOUR, T0 + 9 * DAY]
