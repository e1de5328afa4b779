"""A clock is an index that is read again: however seldom, it fires the same, each thing once, and keeps its results."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Final

import attrs
import pytest

from servicecrm.calendars import answers
from servicecrm.cases.targets import TARGETS as FOR_CASES
from servicecrm.complaints.targets import TARGETS as FOR_COMPLAINTS
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import from_text
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, personal_fields
from servicecrm.kernel.texts import Texts
from servicecrm.tracking import (
    CLOCK,
    Basis,
    BornLate,
    Clock,
    Facts,
    Goal,
    Ladder,
    Moments,
    OnChange,
    Reading,
    RecordEscalated,
    Rung,
    Target,
    Targets,
    Threshold,
    TimerCancelled,
    TimerCorrected,
    TimerMet,
    TimerMissed,
    Timers,
    TimerState,
    TimerWarned,
    clock_events,
    clock_reading,
    on,
    refresh,
    spells,
    start,
    usual,
)
from servicecrm.tracking.clock_model import Escalated
from servicecrm.tracking.ready_made import USUAL
from tests.tracking.lives import (
    ALWAYS,
    DAY,
    HOUR,
    MINUTE,
    OFFICE,
    T0,
    a_basis,
    happened,
    keys,
    known,
    life,
    seen,
    started,
    voided,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "clock"
TEXTS = Texts("servicecrm.tracking")
RECEIVED = life((0 * HOUR, "received"))
ACKNOWLEDGE = usual("acknowledge", "4h business", thresholds=(Threshold(at="75%"),))
RESOLUTION = usual("resolution", "8h business", thresholds=(Threshold(at="75%"),))
BASIS = a_basis(ACKNOWLEDGE)


def events(clock: Clock, moments: Moments, basis: Basis, at: timedelta) -> list[Event]:
    decision = refresh(clock, Facts(moments=moments), basis, by="system", at=T0 + at)
    return [] if decision is None else list(decision.events)


def types(found: list[Event]) -> list[str]:
    return [event.type for event in found]


# -- starting and reading ------------------------------------------------------------------------


def test_a_clock_says_when_it_has_to_be_read_next() -> None:
    decision = start("complaint", "c-1", Facts(moments=RECEIVED, handler="north"), BASIS, by="ann", at=T0)

    clock = decision.after
    assert types(list(decision.events)) == ["clock.started"]
    assert (clock.id, clock.about_kind, clock.about, clock.handler) == ("complaint:c-1", "complaint", "c-1", "north")
    assert (clock.next_at, clock.due_at) == (T0 + 3 * HOUR, T0 + 4 * HOUR)
    assert clock.basis == "policy 0; default@1"


def test_a_record_that_was_told_late_is_warned_of_and_missed_at_once() -> None:
    decision = start("complaint", "c-1", Facts(moments=RECEIVED), BASIS, by="ann", at=T0 + DAY)

    assert types(list(decision.events)) == ["clock.started", "timer.warned", "timer.missed"]
    assert [event.occurred_at for event in decision.events] == [T0 + DAY, T0 + 3 * HOUR, T0 + 4 * HOUR]


def test_three_sweeps_with_outages_give_one_warning_and_one_miss() -> None:  # C037, K15, glpi#2408
    clock, found = started(RECEIVED, BASIS), []

    for at in (3 * HOUR, 3 * HOUR, 5 * HOUR, 5 * HOUR, 30 * DAY):
        found += types(events(clock, RECEIVED, BASIS, at))
        clock = seen(clock, RECEIVED, BASIS, T0 + at)

    assert found == ["timer.warned", "timer.missed"]


def test_an_event_names_the_timer_and_when_it_should_have_fired() -> None:
    warned, missed = events(started(RECEIVED, BASIS), RECEIVED, BASIS, 2 * DAY)

    assert isinstance(warned, TimerWarned)
    assert isinstance(missed, TimerMissed)
    assert (missed.timer, missed.n, missed.threshold, missed.due_at) == ("acknowledge", 1, "due", T0 + 4 * HOUR)
    assert (missed.occurred_at, missed.recorded_at) == (T0 + 4 * HOUR, T0 + 2 * DAY)
    assert (warned.threshold, warned.to) == ("75%", ("handler",))


def test_nothing_new_is_no_decision() -> None:
    clock = started(RECEIVED, BASIS)

    assert refresh(clock, Facts(moments=RECEIVED), BASIS, by="system", at=T0 + HOUR) is None


def test_only_another_time_is_a_decision_without_a_fact_about_a_timer() -> None:
    moments = (*RECEIVED, happened("waiting customer", T0 + HOUR, 2), happened("resumed customer", T0 + 2 * HOUR, 3))
    clock = started(RECEIVED, a_basis(RESOLUTION))

    decision = refresh(clock, Facts(moments=moments), a_basis(RESOLUTION), by="ann", at=T0 + 2 * HOUR)

    assert decision is not None
    assert types(list(decision.events)) == ["clock.refreshed"]
    assert decision.after.due_at == T0 + DAY + HOUR
    assert set(decision.steps[0].changes) == {"next_at", "due_at", "timers"}


def test_a_paused_clock_is_not_swept() -> None:
    moments = (*RECEIVED, happened("waiting customer", T0 + HOUR, 2))

    clock = seen(started(RECEIVED, a_basis(RESOLUTION)), moments, a_basis(RESOLUTION), T0 + HOUR)

    assert (clock.next_at, clock.due_at) == (None, None)


def test_what_is_fulfilled_in_time_is_met() -> None:
    moments = (*RECEIVED, happened("acknowledged", T0 + HOUR, 2))

    (met,) = events(started(RECEIVED, BASIS), moments, BASIS, 2 * HOUR)

    assert isinstance(met, TimerMet)
    assert (met.timer, met.n, met.due_at, met.occurred_at) == ("acknowledge", 1, T0 + 4 * HOUR, T0 + HOUR)


def test_a_late_stop_fires_what_was_missed_before_it() -> None:  # sla-28
    moments = (*RECEIVED, happened("acknowledged", T0 + 5 * HOUR, 2))

    found = events(started(RECEIVED, BASIS), moments, BASIS, 6 * HOUR)

    assert types(found) == ["timer.warned", "timer.missed"]
    (result,) = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 6 * HOUR).results
    assert (result.state, result.remaining, result.elapsed) == (TimerState.MISSED, -HOUR, 5 * HOUR)


def test_an_ended_record_cancels_what_still_runs() -> None:
    moments = (*RECEIVED, happened("withdrawn", T0 + HOUR, 2))

    (cancelled,) = events(started(RECEIVED, BASIS), moments, BASIS, 2 * HOUR)

    assert isinstance(cancelled, TimerCancelled)
    assert (cancelled.timer, cancelled.occurred_at) == ("acknowledge", T0 + HOUR)


# -- results stand -------------------------------------------------------------------------------


def test_a_result_stands_when_the_rules_change() -> None:
    moments = life((0 * HOUR, "received"), (3 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 3 * HOUR)
    stricter = a_basis(usual("acknowledge", "1h business"), policy=2)

    later = seen(clock, moments, stricter, T0 + DAY)

    assert later.results == clock.results
    assert later.fired == clock.fired
    assert later.basis == "policy 2; default@1"
    timer = stricter.timers(Facts(moments=moments), now=T0 + DAY, settled=later.results)["acknowledge"]
    assert (timer.state, timer.result) == (TimerState.MET, "met")
    assert timer.explain().splitlines() == [
        "acknowledge 1: met",
        "from Mon 2026-03-02 09:00:00+0000",
        "due Mon 2026-03-02 13:00:00+0000",
        "stopped Mon 2026-03-02 12:00:00+0000, with 1:00:00 left",
        "settled under policy 0; default@1",
    ]


def test_a_result_is_explained_by_the_rules_of_then_as_long_as_they_lead_to_it() -> None:  # C035
    moments = life((0 * HOUR, "received"), (5 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 5 * HOUR)
    stricter = a_basis(usual("acknowledge", "1h business"), policy=2)
    now, facts = T0 + DAY, Facts(moments=moments)

    for basis, earlier in ((BASIS, {}), (stricter, {str(BASIS): BASIS})):
        timer = basis.timers(facts, now=now, settled=clock.results, earlier=earlier)["acknowledge"]
        assert timer.explain().splitlines() == [
            "acknowledge 1: missed",
            "4h business from Mon 2026-03-02 09:00:00+0000",
            "  open    Mon 2026-03-02 09:00:00+0000 to Mon 2026-03-02 13:00:00+0000  4:00:00",
            "due Mon 2026-03-02 13:00:00+0000",
            "  open    Mon 2026-03-02 13:00:00+0000 to Mon 2026-03-02 14:00:00+0000  1:00:00",
            "stopped Mon 2026-03-02 14:00:00+0000, late by 1:00:00 of open time",
            "settled under policy 0; default@1",
        ]
    other = stricter.timers(facts, now=now, settled=clock.results, earlier={str(BASIS): stricter})["acknowledge"]
    assert other.explain().splitlines()[1:3] == [
        "from Mon 2026-03-02 09:00:00+0000",
        "due Mon 2026-03-02 13:00:00+0000",
    ]
    unnamed = [evolve(each, basis=None) for each in clock.results]
    assert "rules without a name" in BASIS.timers(facts, now=now, settled=unnamed)["acknowledge"].explain()


def test_to_read_a_result_that_stands_computes_nothing_of_it_anew() -> None:  # C037
    moments = life((0 * HOUR, "received"), (5 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 5 * HOUR)
    with_nothing = attrs.evolve(BASIS, calendars={})  # none is asked

    timer = with_nothing.timers(Facts(moments=moments), now=T0 + DAY, settled=clock.results)["acknowledge"]

    assert (timer.state, timer.due_at) == (TimerState.MISSED, T0 + 4 * HOUR)


def test_a_corrected_fact_gives_another_result_and_tells_the_old_one() -> None:
    moments = life((0 * HOUR, "received"), (3 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 3 * HOUR)
    corrected = voided(moments, 2, T0 + 5 * HOUR)

    missed, told = events(clock, corrected, BASIS, 5 * HOUR)

    assert isinstance(missed, TimerMissed)
    assert isinstance(told, TimerCorrected)
    assert (told.was, told.was_late, told.was_stopped_at) == (TimerState.MET, False, T0 + 3 * HOUR)
    assert (told.state, told.late) == (TimerState.RUNNING, True)
    assert seen(clock, corrected, BASIS, T0 + 5 * HOUR).results == ()


def test_what_was_told_late_undoes_a_miss_and_says_so() -> None:
    clock = seen(started(RECEIVED, BASIS), RECEIVED, BASIS, T0 + DAY)
    late = (*RECEIVED, happened("acknowledged", T0 + HOUR, 2, recorded_at=T0 + DAY))

    (told,) = events(clock, late, BASIS, DAY)

    assert isinstance(told, TimerCorrected)
    assert (told.was, told.was_late, told.state, told.late) == (TimerState.RUNNING, True, TimerState.MET, False)


def test_what_was_told_late_changes_a_result_whatever_was_told_before_it() -> None:
    moments = life((0 * HOUR, "received"), (3 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 3 * HOUR)
    late = (*moments, happened("message inside", T0 + 5 * HOUR, 3), happened("acknowledged", T0 + HOUR, 4))

    (told,) = events(clock, late, BASIS, 6 * HOUR)

    assert isinstance(told, TimerCorrected)
    assert (told.was_stopped_at, told.state) == (T0 + 3 * HOUR, TimerState.MET)


def test_after_a_corrected_time_of_receipt_the_real_miss_is_told_too() -> None:
    clock = seen(started(RECEIVED, BASIS), RECEIVED, BASIS, T0 + DAY)
    corrected = (*voided(RECEIVED, 1, T0 + DAY), happened("received", T0 + DAY, 3))
    clock = seen(clock, corrected, BASIS, T0 + DAY)

    assert [reading.late for reading in clock.timers] == [False]
    assert keys(clock) == ["acknowledge:1:75%", "acknowledge:1:due"]
    assert types(events(clock, corrected, BASIS, 3 * DAY)) == ["timer.missed"]


@pytest.mark.parametrize("ended", [False, True])
def test_a_miss_that_comes_back_is_told_too(*, ended: bool) -> None:
    basis, at = a_basis(RESOLUTION), T0 + DAY
    clock = seen(started(RECEIVED, basis), RECEIVED, basis, at)
    waited = (
        *RECEIVED,
        happened("waiting customer", T0 + HOUR, 2, recorded_at=at),
        happened("resumed customer", T0 + 3 * HOUR, 3, recorded_at=at),
    )
    (undone,) = events(clock, waited, basis, DAY)
    clock = seen(clock, waited, basis, at)
    back = voided(waited, 2, at)
    if ended:
        back = (*back, happened("answered", at + MINUTE, 5))

    (told,) = events(clock, back, basis, DAY + MINUTE)

    assert isinstance(undone, TimerCorrected)
    assert isinstance(told, TimerCorrected)
    assert (undone.late, told.was_late, told.late) == (False, False, True)
    assert told.state == (TimerState.MISSED if ended else TimerState.RUNNING)
    assert keys(seen(clock, back, basis, T0 + 9 * DAY)) == ["resolution:1:75%", "resolution:1:due"]


# -- resets --------------------------------------------------------------------------------------

ACCEPT = usual(
    "accept", "4h business", thresholds=(Threshold(at="75%"),), ladder=Ladder(rungs=(Rung(at="due", to="boss"),))
)
HANDED_ON = life((0 * HOUR, "assigned"), (DAY, "forwarded"), (DAY + 4 * HOUR, "accepted"))


@pytest.mark.parametrize("often", [(), (3 * HOUR, 5 * HOUR, DAY, DAY + 3 * HOUR)], ids=["read once", "swept"])
def test_what_was_missed_before_a_reset_stays_missed_and_all_is_told_of_the_new_run(
    often: tuple[timedelta, ...],
) -> None:  # C037, C063
    basis, found = a_basis(ACCEPT), []
    clock = started(HANDED_ON[:1], basis)
    for at in (*often, 2 * DAY):
        moments = known(HANDED_ON, T0 + at)
        found += [e for e in events(clock, moments, basis, at) if e.type != "clock.refreshed"]
        clock = seen(clock, moments, basis, T0 + at)

    assert [(event.type, getattr(event, "n", None), event.occurred_at - T0) for event in found] == [
        ("timer.warned", 1, 3 * HOUR),
        ("timer.missed", 1, 4 * HOUR),
        ("record.escalated", 1, 4 * HOUR),
        ("timer.warned", 2, DAY + 3 * HOUR),
        ("timer.met", 2, DAY + 4 * HOUR),
    ]
    assert [(each.n, each.state, each.late) for each in clock.results] == [
        (1, TimerState.MISSED, True),
        (2, TimerState.MET, False),
    ]


def test_what_is_reset_in_time_came_to_nothing() -> None:
    basis = a_basis(ACCEPT)
    moments = life((0 * HOUR, "assigned"), (HOUR, "forwarded"))

    (cancelled,) = events(started(moments[:1], basis), moments, basis, HOUR)

    assert isinstance(cancelled, TimerCancelled)
    assert (cancelled.n, cancelled.occurred_at) == (1, T0 + HOUR)
    assert seen(started(moments[:1], basis), moments, basis, T0 + HOUR).due_at == T0 + 5 * HOUR


@pytest.mark.parametrize(("clock", "runs"), [("reset", ["missed", None]), ("keep", ["missed"])])
def test_a_case_whose_clock_is_reset_has_missed_what_it_missed(clock: str, runs: list[str | None]) -> None:  # C063
    basis = attrs.evolve(BASIS, targets=FOR_CASES)
    moments = life((0 * HOUR, "routed"), (0 * HOUR, "accepted"), (4 * DAY, f"forwarded {clock}"))

    found = basis.timers(Facts(moments=moments), now=T0 + 4 * DAY + HOUR)

    assert [timer.result for timer in found.each("answer_or_contact")] == runs


def test_a_start_that_never_was_takes_its_result_with_it() -> None:
    target = usual("next_response", "1h business")
    moments = life((0 * HOUR, "received"), (HOUR, "message outside"), (2 * HOUR, "message inside"))
    clock = seen(started(RECEIVED, a_basis(target)), moments, a_basis(target), T0 + 2 * HOUR)

    (told,) = events(clock, voided(moments, 2, T0 + 3 * HOUR), a_basis(target), 3 * HOUR)

    assert isinstance(told, TimerCorrected)
    assert (told.timer, told.n, told.was, told.state) == ("next_response", 1, TimerState.MET, None)


def test_a_correction_of_something_else_leaves_a_result_as_it_was_found() -> None:
    moments = life((0 * HOUR, "received"), (HOUR, "message inside"), (3 * HOUR, "acknowledged"))
    clock = seen(started(RECEIVED, BASIS), moments, BASIS, T0 + 3 * HOUR)
    stricter = a_basis(usual("acknowledge", "1h business"), policy=2)

    later = seen(clock, voided(moments, 2, T0 + DAY), stricter, T0 + DAY)

    assert [evolve(result, read=3) for result in later.results] == list(clock.results)


def test_a_target_that_was_given_up_is_cancelled_and_stays_so() -> None:  # zammad#4353
    clock = started(RECEIVED, BASIS)
    without = a_basis(RESOLUTION, policy=1)

    (cancelled,) = events(clock, RECEIVED, without, HOUR)
    after = seen(clock, RECEIVED, without, T0 + HOUR)

    assert isinstance(cancelled, TimerCancelled)
    assert (cancelled.timer, cancelled.due_at) == ("acknowledge", T0 + 4 * HOUR)
    assert keys(seen(after, RECEIVED, without, T0 + 30 * DAY), of="acknowledge") == []
    assert types(events(after, RECEIVED, without, 2 * HOUR)) == []
    assert keys(seen(after, RECEIVED, BASIS, T0 + DAY), of="acknowledge") == ["acknowledge:1:75%", "acknowledge:1:due"]


def test_what_waits_when_its_target_is_given_up_is_cancelled_too() -> None:
    moments = (*RECEIVED, happened("waiting customer", T0 + HOUR, 2))
    clock = started(moments, a_basis(RESOLUTION), T0 + 2 * HOUR)

    assert types(events(clock, moments, a_basis(ACKNOWLEDGE, policy=1), 2 * HOUR)) == ["timer.cancelled"]


def test_what_was_never_promised_comes_to_nothing_without_a_word() -> None:
    basis = a_basis(evolve(RESOLUTION, within=None, goals=(Goal(within="1h business", priorities=("p1",)),)))
    moments = (*RECEIVED, happened("closed", T0 + HOUR, 2))

    decision = refresh(started(RECEIVED, basis), Facts(moments=moments), basis, by="system", at=T0 + HOUR)

    assert decision is not None
    assert types(list(decision.events)) == ["clock.refreshed"]
    assert [result.state for result in decision.after.results] == [TimerState.CANCELLED]


def test_an_instance_that_is_taken_up_again_is_no_correction() -> None:
    target = Target(name="whole", within="8h business", start=on("received"), stop=on("closed"), reopen=on("reopened"))
    basis = a_basis(target)
    moments = life((0 * HOUR, "received"), (1 * HOUR, "closed"), (2 * HOUR, "reopened"), (3 * HOUR, "closed"))
    clock = seen(started(RECEIVED, basis), moments[:2], basis, T0 + HOUR)

    reopened = seen(clock, moments[:3], basis, T0 + 2 * HOUR)
    (met,) = events(reopened, moments, basis, 3 * HOUR)

    assert reopened.results == ()
    assert reopened.due_at == T0 + DAY + HOUR
    assert isinstance(met, TimerMet)
    assert types(events(clock, moments, basis, 3 * HOUR)) == ["timer.met"]


# -- other rules ---------------------------------------------------------------------------------


def test_a_new_policy_arms_again_only_what_it_moves_into_the_future() -> None:  # sla-39
    short = a_basis(usual("resolution", "100m elapsed", thresholds=(Threshold(at="75%"),)), policy=1)
    long = a_basis(usual("resolution", "200m elapsed", thresholds=(Threshold(at="75%"),)), policy=2)
    clock = seen(started(RECEIVED, short), RECEIVED, short, T0 + 80 * MINUTE)

    clock = seen(clock, RECEIVED, long, T0 + 81 * MINUTE)
    assert keys(clock) == ["resolution:1:75%"]
    assert clock.next_at == T0 + 150 * MINUTE

    clock = seen(clock, RECEIVED, long, T0 + 10 * DAY)
    assert [(fired.key, fired.at - T0, fired.policy) for fired in clock.fired] == [
        ("resolution:1:75%", 75 * MINUTE, 1),
        ("resolution:1:75%", 150 * MINUTE, 2),
        ("resolution:1:due", 200 * MINUTE, 2),
    ]


def test_a_new_policy_that_moves_nothing_fires_nothing_again() -> None:  # glpi#1996
    other = evolve_policy(BASIS, 1)
    clock = seen(started(RECEIVED, BASIS), RECEIVED, BASIS, T0 + DAY)

    later = seen(clock, RECEIVED, other, T0 + 2 * DAY)

    assert later.fired == clock.fired
    assert (later.policy, later.policy_since) == (1, T0 + 2 * DAY)


def test_another_version_of_a_calendar_moves_what_is_due_and_fires_nothing_twice() -> None:  # zammad#534
    longer = evolve(OFFICE, version=2, hours="mon-fri 12:00-17:00")
    clock = seen(started(RECEIVED, BASIS), RECEIVED, BASIS, T0 + 3 * HOUR)

    later = seen(clock, RECEIVED, a_basis(ACKNOWLEDGE, calendar=longer), T0 + 3 * HOUR)

    assert keys(clock) == ["acknowledge:1:75%"]
    assert later.due_at == T0 + 7 * HOUR
    assert later.basis == "policy 0; default@2"
    assert keys(seen(later, RECEIVED, a_basis(ACKNOWLEDGE, calendar=longer), T0 + DAY)) == [
        "acknowledge:1:75%",
        "acknowledge:1:due",
    ]


def test_a_date_that_is_given_anew_arms_again_what_it_moves_into_the_future() -> None:
    basis = a_basis(usual("action_due", thresholds=(Threshold(at="1h elapsed before"),)))
    moments = life((0 * HOUR, "opened"))
    clock = started(moments, basis)
    for at, due in ((5 * HOUR, 5 * HOUR), (6 * HOUR, 5 * HOUR), (7 * HOUR, 9 * HOUR), (8 * HOUR, 9 * HOUR)):
        facts = Facts(moments=moments, given={"action_due": T0 + due})
        decision = refresh(clock, facts, basis, by="system", at=T0 + at)
        clock = clock if decision is None else decision.after

    assert [(fired.series, fired.at - T0) for fired in clock.fired] == [
        ("action_due:1:1h elapsed before", 4 * HOUR),
        ("action_due:1:due", 5 * HOUR),
        ("action_due:1:1h elapsed before", 8 * HOUR),
    ]


def test_the_basis_names_the_policy_every_calendar_and_the_zones() -> None:
    both = OFFICE | evolve(ALWAYS, version=3)

    basis = Basis(targets=Targets(), calendars={"default": OFFICE, "both": both}, policy=4, zones="2026a")

    assert str(basis) == "policy 4; always@3, default@1; zones 2026a"
    assert str(Basis(targets=Targets(), calendars={})) == "policy 0; no calendar"


def test_a_calendar_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidValue, match="there is no calendar 'night'; known: default"):
        started(RECEIVED, a_basis(usual("acknowledge", "1h business", calendar="night")))


# -- telling -------------------------------------------------------------------------------------


def test_people_are_told_in_hours_unless_it_is_urgent() -> None:  # zammad#2157, glpi#15569
    points = (Threshold(at="50%"), Threshold(at="75%", urgent=True))
    basis = a_basis(usual("acknowledge", "20h elapsed", thresholds=points))

    half, most, missed = events(started(RECEIVED, basis), RECEIVED, basis, 21 * HOUR)

    assert isinstance(half, TimerWarned)
    assert isinstance(most, TimerWarned)
    assert isinstance(missed, TimerMissed)
    assert (half.not_before, most.not_before, missed.not_before) == (T0 + DAY, None, T0 + DAY)


def test_what_is_missed_is_told_even_if_the_house_never_opens_again() -> None:
    closing = evolve(OFFICE, valid_until=(T0 + DAY).date())
    target = usual("acknowledge", "4h business", thresholds=(Threshold(at="1 business day after"),))
    basis = a_basis(target, calendar=closing)

    (missed,) = events(started(RECEIVED, basis), RECEIVED, basis, 2 * DAY)

    assert isinstance(missed, TimerMissed)
    assert (missed.due_at, missed.not_before, missed.quiet) == (T0 + 4 * HOUR, None, False)


def test_of_many_reminders_at_once_only_the_last_is_told() -> None:
    basis = a_basis(usual("acknowledge", "1h business", thresholds=(Threshold(at="every 1h elapsed"),)))

    found = events(started(RECEIVED, basis), RECEIVED, basis, 5 * HOUR)

    assert [event.quiet for event in found if isinstance(event, TimerWarned)] == [True, True, True, False]
    assert [event.quiet for event in found if isinstance(event, TimerMissed)] == [False]


def test_a_reminder_is_told_so_often_a_day_and_no_more() -> None:  # sla-17
    basis = a_basis(usual("acknowledge", "1h business", thresholds=(Threshold(at="every 1h elapsed", per_day=2),)))
    clock, quiet = started(RECEIVED, basis), []

    for hour in range(1, 30):
        found = events(clock, RECEIVED, basis, hour * HOUR)
        quiet += [event.quiet for event in found if isinstance(event, TimerWarned)]
        clock = seen(clock, RECEIVED, basis, T0 + hour * HOUR)

    told = [n for n, silent in enumerate(quiet) if not silent]
    assert len(quiet) == 28
    assert told == [0, 1, 6, 7]  # two on Monday, and two that were put off to Tuesday morning


# -- however seldom ------------------------------------------------------------------------------

LINES: Final = (
    "message outside",
    "message inside",
    "message outside auto_reply",
    "waiting customer",
    "resumed customer",
    "rated p1",
    "rated p2",
    "rated p3",
    "answered inside",
    "closed",
    "reopened",
)
RULES = a_basis(
    ACKNOWLEDGE,
    usual(
        "next_response",
        "2h business",
        thresholds=(Threshold(at="50%"),),
        ladder=Ladder(rungs=(Rung(at="75%", to="handler"), Rung(at="2h business after", to="supervisor"))),
    ),
    usual(
        "resolution",
        "2 business days",
        goals=(Goal(within="8h business", priorities=("p1",)), Goal(within="5 calendar days", priorities=("p3",))),
        thresholds=(Threshold(at="50%"), Threshold(at="every 1 business day")),
        ladder=Ladder(rungs=(Rung(at="due", to="supervisor"), Rung(at="1 business day after", to="manager"))),
    ),
    Target(
        name="share",
        within="20h elapsed",
        start=on("received"),
        stop=on("closed"),
        reopen=on("reopened"),
        pause=on("waiting"),
        resume=on("resumed"),
        goals=(Goal(within="5h elapsed", priorities=("p1",)),),
        on_change=OnChange.REMAINING_SHARE,
        thresholds=(Threshold(at="1h elapsed before", born_late=BornLate.FIRE),),
    ),
)


def a_life(chance: Random) -> tuple[Moments, datetime]:
    at, lines = timedelta(0), [(timedelta(0), "received outside")]
    for _ in range(chance.randint(0, 7)):
        at += chance.choice([MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, DAY, 2 * DAY]) * chance.randint(1, 2)
        lines.append((at, chance.choice(LINES)))
    return life(*lines), T0 + at + 9 * DAY


def never_stopped(moments: Moments, end: datetime) -> Clock:
    """Read whenever something happens, and whenever it asks to be."""
    clock = started(known(moments, T0), RULES)
    for at in [*(moment.recorded_at for moment in moments), end]:
        while clock.next_at is not None and clock.next_at < at:
            before = clock
            clock = seen(clock, known(moments, clock.next_at), RULES, clock.next_at)
            assert clock != before
        clock = seen(clock, known(moments, at), RULES, at)
    return clock


def with_outages(moments: Moments, end: datetime, chance: Random) -> Clock:
    """Read now and then: at once again, or after up to thirty days."""
    at = T0 + chance.random() * 3 * DAY
    clock = started(known(moments, at), RULES, at)
    while at < end:
        pause = chance.choice([0, 3600, 12 * 3600, 86400, 30 * 86400]) * chance.random()
        at = min(at + timedelta(seconds=pause), end)
        clock = seen(clock, known(moments, at), RULES, at)
    return clock


def outcome(clock: Clock) -> tuple[object, ...]:
    readings = [evolve(reading, read=None) for reading in clock.timers]
    fired = sorted((fired.key, fired.goal, micros(fired.at)) for fired in clock.fired)
    return fired, readings, clock.escalated, clock.next_at, clock.due_at


def schedules(lives: int, each: int, seed: int) -> Iterator[tuple[Moments, Clock, Clock]]:
    chance = Random(seed)
    for _ in range(lives):
        moments, end = a_life(chance)
        steady = never_stopped(moments, end)
        for _ in range(each):
            yield moments, steady, with_outages(moments, end, chance)


@pytest.mark.parametrize("seed", range(4))
def test_a_process_with_outages_fires_what_one_that_never_stopped_does(seed: int) -> None:  # C037
    for moments, steady, other in schedules(lives=25, each=10, seed=seed):
        assert outcome(other) == outcome(steady), moments


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousand_schedules_with_outages_fire_the_same(seed: int) -> None:  # C037
    for moments, steady, other in schedules(lives=200, each=5, seed=seed):
        assert outcome(other) == outcome(steady), moments


def test_nothing_fires_twice_under_one_goal() -> None:
    for _, steady, _ in schedules(lives=40, each=1, seed=7):
        fired = [(fired.key, fired.goal, fired.policy) for fired in steady.fired]
        assert len(set(fired)) == len(fired)


# -- ahead of the clock --------------------------------------------------------------------------


def test_what_another_machine_tells_too_early_is_read_when_its_time_has_come() -> None:
    ahead = (*RECEIVED, happened("acknowledged", T0 + 2 * HOUR, 2))
    clock = started(ahead, BASIS, T0 + HOUR)

    assert (clock.next_at, clock.results) == (T0 + 2 * HOUR, ())
    assert types(events(clock, ahead, BASIS, 2 * HOUR)) == ["timer.met"]


def test_a_record_that_ended_and_is_taken_up_too_early_is_not_forgotten() -> None:
    whole = Target(name="whole", within="8h business", start=on("received"), stop=on("closed"), reopen=on("reopened"))
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (3 * HOUR, "reopened"))
    clock = started(moments, a_basis(whole), T0 + 2 * HOUR)

    assert (clock.next_at, len(clock.results)) == (T0 + 3 * HOUR, 1)
    again = seen(clock, moments, a_basis(whole), T0 + 3 * HOUR)
    assert (again.results, again.timers[0].state) == ((), TimerState.RUNNING)


WHOLE = Target(
    name="whole",
    within="8h business",
    start=on("received", "assigned"),
    stop=on("answered"),
    cancel=on("handed_back"),
    reopen=on("reopened"),
)


@pytest.mark.parametrize(
    ("targets", "lines"),
    [
        (Targets(targets=(WHOLE,)), ((HOUR, "answered"), (3 * HOUR, "reopened"))),
        (FOR_COMPLAINTS, ((HOUR, "reclassified request"), (3 * HOUR, "reclassified complaint"))),
    ],
    ids=["reopened", "taken for a complaint again"],
)
def test_what_is_taken_up_too_early_is_told_nothing_of_until_then(
    targets: Targets, lines: tuple[tuple[timedelta, str], ...]
) -> None:  # C037
    basis = attrs.evolve(BASIS, targets=targets)
    moments = life((0 * HOUR, "received"), *lines)
    clock = started(moments[:2], basis, T0 + HOUR)

    told = seen(clock, moments, basis, T0 + 2 * HOUR)

    assert types(events(clock, moments, basis, 2 * HOUR)) == ["clock.refreshed"]
    assert told.next_at == T0 + 3 * HOUR
    assert [result.key for result in told.results] == [result.key for result in clock.results] != []
    assert refresh(told, Facts(moments=moments), basis, by="system", at=T0 + 2 * HOUR + MINUTE) is None
    assert types(events(told, moments, basis, 3 * HOUR)) == ["clock.refreshed"]
    again = seen(told, moments, basis, T0 + 3 * HOUR)
    assert (again.results, {reading.state for reading in again.timers}) == ((), {TimerState.RUNNING})
    assert refresh(again, Facts(moments=moments), basis, by="system", at=T0 + 3 * HOUR + MINUTE) is None


def test_a_result_stands_though_something_was_told_before_it_that_lies_ahead() -> None:
    moments = life((0 * HOUR, "received"), (9 * DAY, "noted"), (2 * HOUR, "acknowledged"))
    clock = started(moments, BASIS, T0 + 3 * HOUR)
    stricter = a_basis(usual("acknowledge", "1h business"), policy=2)

    for at in (4 * HOUR, 9 * DAY, 10 * DAY):
        assert seen(clock, moments, stricter, T0 + at).results == clock.results
        assert types(events(clock, moments, stricter, at)) == ["clock.refreshed"]


def test_only_the_last_instance_is_taken_up_again() -> None:
    basis, stricter = a_basis(WHOLE), a_basis(evolve(WHOLE, within="1h business"), policy=2)
    moments = life(
        (0 * HOUR, "assigned"),
        (2 * HOUR, "handed_back"),
        (3 * HOUR, "assigned"),
        (4 * HOUR, "answered"),
        (5 * HOUR, "reopened"),
    )
    clock = started(moments[:4], basis, T0 + 4 * HOUR)

    assert types(events(clock, moments, basis, 5 * HOUR)) == ["clock.refreshed"]
    assert [event.n for event in events(clock, moments, stricter, 5 * HOUR) if isinstance(event, TimerMissed)] == [2]
    for rules in (basis, stricter):
        first, last = seen(clock, moments, rules, T0 + 5 * HOUR).timers
        assert (first.state, first.late, last.state) == (TimerState.CANCELLED, False, TimerState.RUNNING)


def test_what_is_taken_up_and_ends_in_one_instant_is_told_once() -> None:
    moments = life((0 * HOUR, "received"), (HOUR, "answered"), (HOUR, "reopened"), (HOUR, "answered"))
    clock = started(moments[:2], a_basis(WHOLE), T0 + HOUR)

    assert types(events(clock, moments, a_basis(WHOLE), HOUR)) == ["timer.met"]
    again = seen(clock, moments, a_basis(WHOLE), T0 + HOUR)
    assert refresh(again, Facts(moments=moments), a_basis(WHOLE), by="system", at=T0 + 2 * HOUR) is None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_told_of_any_time_a_second_reading_changes_nothing(seed: int) -> None:  # C037
    chance = Random(seed)
    for _ in range(40):
        moments, _ = a_life(chance)
        rules = [RULES, evolve_policy(RULES, 1, targets=FOR_COMPLAINTS), evolve_policy(RULES, 2)]
        told, at = moments[:1], T0
        clock = started(told, RULES)
        while len(told) < len(moments):
            at += chance.choice([0, 1, 5, 24, 100]) * HOUR * chance.random()
            more = moments[len(told)]
            about = at + chance.choice([-9, -1, 0, 0, 1, 3, 200]) * HOUR * chance.random()
            told = (*told, evolve(more, occurred_at=about, recorded_at=at))
            basis = chance.choice(rules)
            clock = seen(clock, told, basis, at)
            again = refresh(clock, Facts(moments=told), basis, by="system", at=at)
            assert again is None, told


def test_a_new_priority_is_read_at_the_very_instant_at_which_it_is_told() -> None:  # C035
    basis = a_basis(usual("resolution", "20h elapsed", goals=(Goal(within="4h elapsed", priorities=("p1",)),)))
    moments = (*RECEIVED, happened("rated p1", T0 + HOUR, 2))

    assert seen(started(RECEIVED, basis), moments, basis, T0 + HOUR).due_at == T0 + 4 * HOUR


# -- long lives ----------------------------------------------------------------------------------


def test_what_was_told_late_and_changes_nothing_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    basis, moments = a_basis(usual("next_response", "2h business")), RECEIVED
    clock = started(moments, basis)
    for n in range(2, 42, 2):
        at = T0 + n * HOUR
        moments = (*moments, happened("message outside", at, n), happened("message inside", at + HOUR, n + 1))
        clock = seen(clock, moments, basis, at + HOUR)
    asked: list[datetime] = []
    fold = Basis.timers

    def counted(basis: Basis, facts: Facts, *, now: datetime, settled: Iterable[Reading] = ()) -> Timers:
        asked.append(now)
        return fold(basis, facts, now=now, settled=settled)

    monkeypatch.setattr(Basis, "timers", counted)

    late = (*moments, happened("message outside auto_reply", T0, len(moments) + 1))
    told = seen(clock, late, basis, T0 + 50 * HOUR)
    assert len(asked) == 3  # with it, without it, and the reading itself: not twice for each of twenty results
    more = (*late, happened("message outside", T0 + 51 * HOUR, len(late) + 1))
    seen(told, more, basis, T0 + 51 * HOUR)

    assert len(asked) == 4
    assert [evolve(reading, read=None) for reading in told.timers] == [
        evolve(reading, read=None) for reading in clock.timers
    ]


@pytest.mark.parametrize("of", ["runs", "one run that waits"])
def test_to_read_a_record_twice_as_long_takes_twice_as_long(of: str, monkeypatch: pytest.MonkeyPatch) -> None:  # C037
    reminded = usual("resolution", "8h business", thresholds=(Threshold(at="every 1h business"),))
    basis = a_basis(reminded)
    looked = 0

    def counted(module: ModuleType, name: str, many: Callable[..., int] = lambda *_: 1) -> None:
        honest = getattr(module, name)

        def counting(*args: Any, **told: Any) -> Any:
            nonlocal looked
            looked += many(*args)
            return honest(*args, **told)

        monkeypatch.setattr(module, name, counting)

    for module in (spells, clock_reading):
        counted(module, "any_of")
    counted(spells, "_clipped")
    counted(answers, "_merged", lambda pauses, *_: len(pauses))

    def costs(n: int) -> int:
        nonlocal looked
        steps = ["waiting customer", "resumed customer", *(["answered", "reopened"] if of == "runs" else [])]
        moments = life((0 * HOUR, "received"), *((k * 15 * MINUTE, steps[(k - 1) % len(steps)]) for k in range(1, n)))
        clock = started(moments[:-1], basis, T0 + n * 15 * MINUTE)
        late = (*moments, happened("noted", T0, n + 1))
        looked = 0
        seen(clock, late, basis, T0 + n * 15 * MINUTE)
        return looked

    few, many = costs(601), costs(1201)
    assert 0 < many < 2.5 * few


# -- storing -------------------------------------------------------------------------------------


def the_clock() -> Clock:
    moments = life((0 * HOUR, "received"), (HOUR, "acknowledged"), (2 * HOUR, "waiting customer"))
    basis = a_basis(ACKNOWLEDGE, RESOLUTION, usual("first_response", "1h business"), policy=3)
    facts = Facts(moments=moments, handler="north")
    clock = start("complaint", "complaint-1", facts, basis, by="ann@city.example", at=T0 + 3 * HOUR).after
    return evolve(clock, escalated=(Escalated(timer="first_response", n=1, level=2),))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_clock(path: Path) -> None:  # C127
    document = from_text(path.read_text(encoding="utf-8"))
    found = CLOCK.schema.load(document, version=int(path.stem.removeprefix("v")))

    # When version 1 was written, nothing was escalated.
    assert found == (evolve(the_clock(), escalated=()) if path.stem == "v1" else the_clock())


def test_the_current_version_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{CLOCK.schema.current}.json").read_text(encoding="utf-8")

    assert from_text(stored) == from_text(CLOCK.schema.text(the_clock()))


def test_in_the_first_version_all_that_had_begun_came_to_the_level_of_the_record() -> None:
    document = from_text((GOLDEN / "v1.json").read_text(encoding="utf-8"))

    clock = CLOCK.schema.load({**document, "level": 2}, version=1)

    assert clock.level == 2
    assert {(each.timer, each.n): each.level for each in clock.escalated} == {
        ("acknowledge", 1): 2,
        ("resolution", 1): 2,
        ("first_response", 1): 2,
    }


def test_clocks_survive_being_stored() -> None:
    for _, steady, _ in schedules(lives=20, each=1, seed=3):
        assert CLOCK.schema.load(from_text(CLOCK.schema.text(steady))) == steady


def test_a_clock_can_be_found_by_what_a_sweep_and_a_worklist_ask_for() -> None:
    index = CLOCK.index_of(the_clock())

    assert index["next_at"] is None
    assert index["due_at"] == micros(datetime(2026, 3, 2, 10, tzinfo=UTC))
    assert (index["handler"], index["about"], index["about_kind"]) == ("north", "complaint-1", "complaint")
    assert (index["basis"], index["level"]) == ("policy 3; default@1", 2)


def test_a_clock_holds_no_personal_data_but_a_reason_is_some() -> None:
    assert personal_fields(Clock) == frozenset()
    assert personal_fields(RecordEscalated) == {"reason"}


# -- words ---------------------------------------------------------------------------------------


def codes() -> Iterator[str]:
    yield from (f"state.timer.{state}" for state in TimerState)
    yield from (f"timer.{name}" for name in USUAL)
    yield from (f"on_change.timer.{each}" for each in OnChange)
    yield from (f"born_late.timer.{each}" for each in BornLate)
    yield from (f"event.{getattr(clock_events, name).type}" for name in clock_events.__all__)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:
    assert set(codes()) <= set(TEXTS.keys(language))


def evolve_policy(basis: Basis, policy: int, **changes: Any) -> Basis:
    return Basis(**{"targets": basis.targets, "calendars": basis.calendars, "policy": policy, **changes})
