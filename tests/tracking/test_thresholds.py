"""Thresholds fire when they are reached: each once and in order, never in a pause, and again only for a new goal."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.tracking import BornLate, Firing, Goal, Moments, OnChange, Target, Targets, Threshold, on, timers
from servicecrm.tracking.thresholds import REPEATS, times
from tests.tracking.lives import ALWAYS, DAY, HOUR, MINUTE, OFFICE, T0, life

RECEIVED = life((0 * HOUR, "received"))


def a_target(*points: str | Threshold, **changes: Any) -> Target:
    thresholds = tuple(Threshold(at=each) if isinstance(each, str) else each for each in points)
    given = {
        "name": "t",
        "within": "8h business",
        "start": on("received"),
        "stop": on("answered"),
        "pause": on("waiting"),
    }
    return Target(**{**given, "resume": on("resumed"), "thresholds": thresholds, **changes})


def fired(target: Target, moments: Moments = RECEIVED, *, at: timedelta = 100 * DAY) -> tuple[Firing, ...]:
    calendars = {"default": OFFICE, "always": ALWAYS}
    return timers(moments, Targets(targets=(target,)), calendars, now=T0 + at).firings


def when(target: Target, moments: Moments = RECEIVED, *, at: timedelta = 100 * DAY) -> list[tuple[str, datetime]]:
    return [(firing.key.removeprefix("t:1:"), firing.at) for firing in fired(target, moments, at=at)]


@pytest.mark.parametrize(
    ("within", "point", "at"),
    [
        ("8h business", "75%", 6 * HOUR),
        ("8h business", "12.5%", HOUR),
        ("8h business", "150%", DAY + 4 * HOUR),
        ("16h business", "75%", DAY + 4 * HOUR),
        ("20h elapsed", "50%", 10 * HOUR),
        ("2 business days", "50%", 8 * HOUR),
        ("1 calendar day", "100%", DAY + 15 * HOUR),
        ("8h business", "30m business before", 7 * HOUR + 30 * MINUTE),
        ("9h business", "2h business before", 7 * HOUR),
        ("9h business", "30m elapsed before", DAY + 30 * MINUTE),
        ("3 business days", "1 business day before", DAY + 8 * HOUR),  # counted back, an opening is the closing before
        ("3 business days until close", "1h business before", 3 * DAY + 7 * HOUR),  # glpi#22678
        ("8h business", "1h business after", DAY + HOUR),
        ("8h business", "2h elapsed after", 10 * HOUR),
        ("8h business", "1 calendar week same clock after", 7 * DAY + 8 * HOUR),
    ],
)
def test_a_threshold_lies_where_its_text_says(within: str, point: str, at: timedelta) -> None:  # C037
    found = dict(when(a_target(point, within=within)))

    assert found[point] == T0 + at


def test_the_due_time_is_always_a_threshold() -> None:
    assert when(a_target()) == [("due", T0 + 8 * HOUR)]
    (firing,) = fired(a_target(Threshold(at="due", to=("handler", "sponsor"))))
    assert firing.threshold.to == ("handler", "sponsor")


def test_all_that_are_due_fire_in_order() -> None:  # glpi#5319
    target = a_target("1h business after", "75%", "due", "50%", "30m business before")

    assert [key for key, _ in when(target)] == ["50%", "75%", "30m business before", "due", "1h business after"]


def test_a_threshold_fires_at_its_time_and_a_miss_just_after_it() -> None:
    target = a_target("75%")

    assert when(target, at=6 * HOUR - MINUTE) == []
    assert [key for key, _ in when(target, at=6 * HOUR)] == ["75%"]
    assert [key for key, _ in when(target, at=8 * HOUR)] == ["75%"]
    assert [key for key, _ in when(target, at=8 * HOUR + timedelta(microseconds=1))] == ["75%", "due"]


@given(st.integers(1, 99), st.integers(1, 100))
def test_thresholds_lie_in_the_order_of_their_shares(one: int, other: int) -> None:
    low, high = sorted((one, other))
    found = dict(when(a_target(*{f"{low}%", f"{high}%"}, within="5 business days")))

    assert found[f"{low}%"] <= found[f"{high}%"] <= found["due"]


def test_nothing_fires_while_it_waits() -> None:  # glpi#24481
    moments = life((0 * HOUR, "received"), (5 * HOUR, "waiting"), (2 * DAY, "resumed"))
    target = a_target("75%")

    assert when(target, moments[:2]) == []
    assert when(target, moments) == [("75%", T0 + 2 * DAY + HOUR), ("due", T0 + 2 * DAY + 3 * HOUR)]


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 600)), max_size=60),
    st.sampled_from(["20m business", "2h business", "90m elapsed", "1 business day", "1 calendar week"]),
    st.sampled_from(["3h business", "9h elapsed"]),
)
def test_what_repeats_lies_as_often_as_long_after_the_due_time(
    waits: list[tuple[int, int]], each: str, within: str
) -> None:  # C037
    target = a_target(f"every {each}", within=within)
    lines = [
        (minute * MINUTE, kind)
        for since, long in waits
        for minute, kind in ((since, "waiting"), (since + long, "resumed"))
    ]
    told = sorted(lines, key=lambda line: line[0])
    moments = life((0 * HOUR, "received"), *told)
    calendars = {"default": OFFICE}

    (timer,) = timers(moments, Targets(targets=(target,)), calendars, now=T0 + 9 * DAY)

    assert timer.due is not None
    pauses = tuple(pause for pause in timer.pauses if pause[1] is not None)
    for firing in timer.firings:
        if firing.repeat:
            length = times(duration(each), firing.repeat)
            assert firing.at == OFFICE.due(timer.due.at, length, pauses=pauses).at


def test_what_would_fall_into_a_pause_fires_when_that_is_over() -> None:
    moments = life((0 * HOUR, "received"), (6 * HOUR, "waiting"), (7 * HOUR, "resumed"))

    found = dict(when(a_target("2h elapsed before"), moments))

    assert found["due"] == T0 + DAY + HOUR
    assert dict(when(a_target("18h elapsed before"), moments))["18h elapsed before"] == T0 + 7 * HOUR


def test_a_pause_after_the_due_time_puts_off_what_comes_after_it() -> None:
    moments = life((0 * HOUR, "received"), (DAY, "waiting"), (2 * DAY, "resumed"))

    assert dict(when(a_target("1h business after"), moments))["1h business after"] == T0 + 2 * DAY + HOUR


def test_nothing_fires_after_it_was_stopped() -> None:
    moments = life((0 * HOUR, "received"), (6 * HOUR, "answered"))

    assert [key for key, _ in when(a_target("50%", "80%", "every 1h business"), moments)] == ["50%"]


def test_reminders_repeat_until_somebody_acts() -> None:
    moments = life((0 * HOUR, "received"), (4 * DAY, "answered"))

    found = when(a_target("every 1 business day"), moments)

    assert found == [
        ("due", T0 + 8 * HOUR),
        ("every 1 business day:1", T0 + 2 * DAY),
        ("every 1 business day:2", T0 + 3 * DAY),
        ("every 1 business day:3", T0 + 4 * DAY),
    ]


def test_reminders_come_to_an_end() -> None:
    found = when(a_target("every 1m elapsed"), at=400 * DAY)

    assert len(found) == REPEATS + 1


@pytest.mark.parametrize(("born_late", "keys"), [(BornLate.SKIP, ["due"]), (BornLate.FIRE, ["warning", "due"])])
def test_a_warning_before_the_beginning_is_left_out_or_comes_at_once(  # glpi#15357, glpi#15429
    born_late: BornLate, keys: list[str]
) -> None:
    target = a_target(Threshold(at="1 business day before", born_late=born_late))

    found = when(target)

    assert [key.replace("1 business day before", "warning") for key, _ in found] == keys
    assert found[0][1] == (T0 if born_late is BornLate.FIRE else T0 + 8 * HOUR)


def test_a_warning_at_the_very_beginning_is_left_out_too() -> None:
    assert when(a_target("8h business before")) == [("due", T0 + 8 * HOUR)]


def test_what_was_passed_when_it_was_attached_fires_then_and_in_order() -> None:
    target = a_target("50%", start=on("attached"), origin="received")
    moments = life((0 * HOUR, "received"), (DAY, "attached"))

    assert when(target, moments) == [("50%", T0 + DAY), ("due", T0 + DAY)]


# -- another goal --------------------------------------------------------------------------------


def rated(*lines: tuple[timedelta, str], on_change: OnChange = OnChange.FROM_START) -> list[tuple[str, int]]:
    goals = (Goal(within="100m elapsed", priorities=("p1",)), Goal(within="200m elapsed", priorities=("p2",)))
    target = a_target("75%", within=None, goals=goals, on_change=on_change)
    moments = life((0 * MINUTE, "rated p1"), (0 * MINUTE, "received"), *lines)
    return [(key, (at - T0) // MINUTE) for key, at in when(target, moments)]


def test_a_goal_that_moves_them_into_the_future_arms_them_again() -> None:  # sla-39
    assert rated((81 * MINUTE, "rated p2")) == [("75%", 75), ("75%", 150), ("due", 200)]


def test_what_a_new_goal_leaves_in_the_past_does_not_fire_again() -> None:  # glpi#1996
    assert rated((160 * MINUTE, "rated p2")) == [("75%", 75), ("due", 100), ("due", 200)]


def test_what_a_new_goal_has_passed_fires_at_once_and_in_order() -> None:  # C035
    goals = (Goal(within="10h elapsed", priorities=("p1",)),)
    target = a_target("50%", "75%", within="100h elapsed", goals=goals)
    moments = life((0 * HOUR, "received"), (20 * HOUR, "rated p1"))

    assert when(target, moments, at=21 * HOUR) == [(key, T0 + 20 * HOUR) for key in ("50%", "75%", "due")]


def test_a_goal_that_comes_and_goes_fires_nothing_twice() -> None:
    assert rated((80 * MINUTE, "rated p2"), (90 * MINUTE, "rated p1")) == [("75%", 75), ("due", 100)]


def test_a_rating_that_changes_no_goal_is_no_other_goal() -> None:
    target = a_target("75%", goals=(Goal(within="8h business", priorities=("p1", "p2")),))
    moments = life((0 * HOUR, "rated p1"), (0 * HOUR, "received"), (7 * HOUR, "rated p2"))

    assert [firing.goal for firing in fired(target, moments)] == ["0", "0"]


def test_a_goal_that_changes_during_a_pause_fires_nothing_before_that_is_over() -> None:
    goals = (Goal(within="4h business", priorities=("p1",)),)
    lines = [(0 * HOUR, "received"), (5 * HOUR, "waiting"), (7 * HOUR, "rated p1"), (DAY, "resumed")]
    target = a_target("75%", goals=goals)

    assert when(target, life(*lines[:3])) == []
    assert when(target, life(*lines)) == [("75%", T0 + DAY), ("due", T0 + DAY)]


# -- texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "75", "75 %", "-5%", "0%", "1000%", "1h", "1h before", "0m business before"])
def test_a_threshold_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Threshold(at=text)


@pytest.mark.parametrize(
    "text", ["-1h business after", "every", "every day", "every 0s elapsed", "due after", "every 75%"]
)
def test_a_threshold_needs_some_time_and_a_unit(text: str) -> None:
    with pytest.raises(InvalidValue):
        Threshold(at=text)


@pytest.mark.parametrize("changes", [{"per_day": 0}, {"to": ("handler", " ")}])
def test_a_threshold_that_nobody_could_be_told_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=r"Threshold\."):
        evolve(Threshold(at="due"), **changes)
