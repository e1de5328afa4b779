"""What users of other systems reported as broken, thread by thread: none of it may happen here."""

from datetime import timedelta
from typing import Any

import pytest

from servicecrm.calendars import BusinessHours, DayHours
from servicecrm.kernel.records import evolve
from servicecrm.tracking import (
    Facts,
    Goal,
    Moments,
    Target,
    Targets,
    Threshold,
    Timer,
    TimerCorrected,
    TimerMissed,
    Timers,
    TimerState,
    TimerWarned,
    on,
    refresh,
    timers,
    usual,
)
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
    life,
    seen,
    started,
    voided,
)

RECEIVED = life((0 * HOUR, "received"))
RESOLUTION = usual("resolution", "8h business")
BY_STATE = Target(
    name="resolution",
    within="8h business",
    start=on("received"),
    stop=on("state", codes=("resolved",)),
    pause=on("state", codes=("pending reminder", "pending close", "our own hold")),
)


def read(moments: Moments, *targets: Target, at: timedelta = 60 * DAY, calendar: BusinessHours = OFFICE) -> Timers:
    return timers(moments, Targets(targets=targets), {"default": calendar}, now=T0 + at)


def one(moments: Moments, target: Target, **asked: Any) -> Timer:
    return read(moments, target, **asked)[target.name]


def states(*lines: tuple[timedelta, str]) -> Moments:
    """A life in which only the state changes, as other systems log it."""
    return tuple(
        evolve(happened("state", T0 + at, n), code=state) if state != "received" else happened("received", T0 + at, n)
        for n, (at, state) in enumerate(lines, 1)
    )


# -- pause and resume ----------------------------------------------------------------------------


def test_every_waiting_state_is_a_pause_and_one_after_another_too() -> None:  # zammad#188
    moments = states(
        (0 * HOUR, "received"),
        (1 * HOUR, "pending reminder"),
        (2 * HOUR, "pending close"),
        (3 * HOUR, "open"),
        (4 * HOUR, "resolved"),
    )

    assert one(moments, BY_STATE).elapsed == 2 * HOUR


def test_a_wait_that_ends_by_a_resolution_is_not_lost() -> None:  # frappe/helpdesk#1554, PR #2449, PR #3776
    moments = states((0 * HOUR, "received"), (2 * HOUR, "pending close"), (7 * DAY, "resolved"))

    timer = one(moments, BY_STATE)

    assert (timer.elapsed, timer.state) == (2 * HOUR, TimerState.MET)


def test_a_house_may_have_waiting_states_of_its_own() -> None:  # erpnext#16729, #22349, #22476
    moments = states((0 * HOUR, "received"), (2 * HOUR, "our own hold"), (DAY, "open"), (DAY + HOUR, "resolved"))

    assert one(moments, BY_STATE).elapsed == 3 * HOUR


def test_a_wait_counts_once_and_only_in_hours() -> None:  # erpnext#47029, #47172, #47884, #49414
    moments = states((0 * HOUR, "received"), (7 * HOUR, "pending close"), (DAY + HOUR, "open"))

    assert one(moments, BY_STATE, at=DAY + HOUR).due_at == T0 + DAY + 2 * HOUR  # two hours were open of the wait


def test_another_agreement_keeps_the_waits_so_far() -> None:  # glpi#6902, #15605
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"), (3 * HOUR, "open"))
    clock = seen(started(RECEIVED, a_basis(BY_STATE)), moments, a_basis(BY_STATE), T0 + 4 * HOUR)

    longer = seen(clock, moments, a_basis(evolve(BY_STATE, within="16h business"), policy=1), T0 + 4 * HOUR)

    assert clock.due_at == T0 + DAY + 2 * HOUR
    assert longer.due_at == T0 + 2 * DAY + 2 * HOUR


@pytest.mark.parametrize("state", ["new", "open", "assigned", "what nobody has thought of"])
def test_a_wait_ends_with_any_other_state(state: str) -> None:  # glpi#14148
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"), (2 * HOUR, state))

    timer = one(moments, BY_STATE, at=3 * HOUR)

    assert (timer.state, timer.elapsed) == (TimerState.RUNNING, 2 * HOUR)


def test_nothing_is_escalated_while_it_waits() -> None:  # glpi#24481
    basis = a_basis(evolve(BY_STATE, thresholds=(Threshold(at="50%"),)))
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"))

    assert keys(seen(started(moments[:1], basis), moments, basis, T0 + 90 * DAY)) == []


def test_the_time_between_resolved_and_closed_is_not_waited() -> None:  # glpi#23359
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"), (2 * HOUR, "resolved"), (9 * DAY, "closed"))

    timer = one(moments, BY_STATE)

    assert (timer.elapsed, timer.pauses) == (HOUR, ((T0 + HOUR, T0 + 2 * HOUR),))


def test_after_a_wait_over_the_weekend_days_are_due_in_hours() -> None:  # glpi#9082, #10594, PR #10600, PR #14937
    target = evolve(BY_STATE, within="2 business days")
    moments = states((3 * DAY, "received"), (4 * DAY, "pending close"), (7 * DAY + HOUR, "open"))

    timer = one(moments, target, at=7 * DAY + HOUR)

    assert timer.due_at is not None
    assert OFFICE.is_open(timer.due_at)
    assert timer.due_at == T0 + 8 * DAY + HOUR  # Friday's eight hours and one of Monday were waited


def test_a_due_time_that_somebody_set_is_not_moved_by_a_wait() -> None:  # glpi#17186
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"), (3 * HOUR, "open"))

    found = timers(
        moments, Targets(targets=(BY_STATE,)), {"default": OFFICE}, now=T0 + 4 * HOUR, given={"resolution": T0 + DAY}
    )

    assert found["resolution"].due_at == T0 + DAY


def test_a_clock_can_be_halted_at_all() -> None:  # osTicket#3034, faveo#218
    assert one((*RECEIVED, happened("waiting customer", T0 + HOUR, 2)), RESOLUTION).state == TimerState.PAUSED


def test_reading_everything_anew_gives_what_reading_step_by_step_gave() -> None:  # otobo PR #370, #507, #600, znuny#855
    basis = a_basis(BY_STATE)
    moments = states((0 * HOUR, "received"), (1 * HOUR, "pending close"), (2 * HOUR, "open"), (DAY, "pending reminder"))
    clock = started(moments[:1], basis)
    for n in range(2, 5):
        clock = seen(clock, moments[:n], basis, moments[n - 1].occurred_at)

    anew = started(moments, basis, moments[-1].occurred_at)

    assert (anew.timers, anew.next_at, anew.due_at) == (clock.timers, clock.next_at, clock.due_at)


# -- start and stop ------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["message outside", "message outside substantive", "contact outside"])
def test_whatever_a_customer_says_wants_an_answer(line: str) -> None:  # zammad#1322
    moments = (*RECEIVED, happened(line, T0 + HOUR, 2))

    assert one(moments, usual("next_response", "2h business"), at=2 * HOUR).due_at == T0 + 3 * HOUR


def test_a_reply_stops_the_update_timer_and_another_one_does_not_start_it() -> None:  # zammad#2082, #3140
    moments = life(
        (0 * HOUR, "received"),
        (1 * HOUR, "message outside"),
        (2 * HOUR, "message inside"),
        (3 * HOUR, "message inside"),
    )

    (timer,) = read(moments, usual("next_response", "2h business")).each("next_response")

    assert (timer.state, timer.stopped_at) == (TimerState.MET, T0 + 2 * HOUR)


def test_a_short_update_target_does_not_overrule_the_first_response() -> None:  # zammad#5177
    moments = (*RECEIVED, happened("message outside", T0, 2))

    found = read(moments, usual("first_response", "4h business"), usual("next_response", "1h business"), at=MINUTE)

    assert (found["first_response"].due_at, found["next_response"].due_at) == (T0 + 4 * HOUR, T0 + HOUR)


def test_the_first_and_the_last_closing_are_both_kept() -> None:  # zammad#1937, #2579
    moments = life((0 * HOUR, "received"), (1 * HOUR, "closed"), (DAY, "reopened"), (DAY + 2 * HOUR, "closed"))

    found = read(moments, RESOLUTION).each("resolution")

    assert [timer.stopped_at for timer in found] == [T0 + HOUR, T0 + DAY + 2 * HOUR]


def test_every_timer_stops_when_the_record_ends() -> None:  # chatwoot#10178
    moments = life((0 * HOUR, "received"), (1 * HOUR, "message outside"), (2 * HOUR, "closed"))

    found = read(moments, usual("next_response", "8h business"), usual("first_response", "8h business"), RESOLUTION)

    assert [timer.state for timer in found] == ["cancelled", "cancelled", "met"]
    assert found.next_at is None


def test_nothing_is_missed_after_the_resolution() -> None:  # chatwoot#15024
    basis = a_basis(RESOLUTION, usual("next_response", "1h business"))
    moments = life((0 * HOUR, "received"), (1 * HOUR, "answered"), (2 * HOUR, "closed"), (3 * HOUR, "message outside"))

    clock = seen(started(RECEIVED, basis), moments, basis, T0 + 90 * DAY)

    assert clock.fired == ()


def test_a_part_that_was_split_off_keeps_its_origin_and_a_reset_is_a_fact() -> None:  # erpnext#18112, #18244
    target = evolve(RESOLUTION, start=on("split"), origin="received", reset=on("reset"))
    moments = life((0 * HOUR, "received"), (3 * HOUR, "split"), (4 * HOUR, "reset"))

    assert one(moments[:2], target, at=3 * HOUR).due_at == T0 + 8 * HOUR
    assert one(moments, target, at=4 * HOUR).started_at == T0 + 4 * HOUR


def test_who_waits_for_the_customer_is_not_overdue() -> None:  # osTicket#1684, #1279, #657
    moments = life((0 * HOUR, "received"), (1 * HOUR, "message inside"), (1 * HOUR, "waiting customer"))

    found = read(moments, usual("first_response", "2h business"), RESOLUTION)

    assert [timer.late for timer in found] == [False, False]


def test_closing_does_not_clear_what_was_missed() -> None:  # osTicket#6346, #4078, #4144
    moments = life((0 * HOUR, "received"), (2 * DAY, "closed"), (3 * DAY, "reopened"))

    assert [timer.result for timer in read(moments, RESOLUTION, at=3 * DAY + HOUR)] == ["missed", None]


def test_whether_it_is_overdue_follows_and_is_never_a_flag() -> None:  # osTicket#5160, osTicket-1.7#686, PR #518, #767
    clock = seen(started(RECEIVED, a_basis(RESOLUTION)), RECEIVED, a_basis(RESOLUTION), T0 + 9 * HOUR)
    longer = a_basis(usual("resolution", "80h business"), policy=1)

    decision = refresh(clock, Facts(moments=RECEIVED), longer, by="ann", at=T0 + 9 * HOUR)

    assert decision is not None
    (told,) = decision.events
    assert isinstance(told, TimerCorrected)
    assert (told.was_late, told.late) == (True, False)
    assert (decision.after.timers[0].late, decision.after.due_at) == (False, T0 + 11 * DAY + 8 * HOUR)


def test_each_instance_has_a_number_and_what_is_unanswered_is_told_too() -> None:  # dbt_zendesk#108, #131, #116, #51
    moments = life((0 * HOUR, "received"), (20 * HOUR, "message outside"), (DAY, "message inside"))
    moments = (*moments, happened("message outside", T0 + 2 * DAY, 4))

    found = read(moments, usual("next_response", "2h business"), at=2 * DAY + HOUR)

    assert [(timer.n, timer.result) for timer in found] == [(1, "met"), (2, None)]


# -- reopening and merging -----------------------------------------------------------------------


def test_what_was_solved_in_time_is_not_failed_by_a_late_reopening() -> None:  # erpnext#28550, #28752
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (200 * DAY, "reopened"))

    found = read(moments, RESOLUTION, at=200 * DAY + HOUR).each("resolution")

    assert [timer.result for timer in found] == ["met", None]


@pytest.mark.parametrize("line", ["message outside", "message inside", "contact outside", "rated p1"])
def test_a_merged_record_is_not_brought_back_by_a_reply(line: str) -> None:  # zammad#377, #983, #904, helpdesk#2539
    targets = Targets(targets=(usual("next_response", "1h business"), RESOLUTION), ends=on("merged"))
    moments = life((0 * HOUR, "received"), (HOUR, "merged"), (DAY, line))

    found = timers(moments, targets, {"default": OFFICE}, now=T0 + 9 * DAY)

    assert [timer.state for timer in found] == [TimerState.CANCELLED]


def test_a_closed_record_that_another_is_merged_into_runs_again_once_it_is_reopened() -> None:  # zammad#2467
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (DAY, "merged_into"), (DAY, "reopened"))

    assert one(moments, RESOLUTION, at=DAY + HOUR).due_at == T0 + DAY + 8 * HOUR


def test_a_house_may_have_several_ways_to_end_and_to_come_back() -> None:  # zammad#5332, #4386, #4161
    targets = Targets(
        targets=(evolve(RESOLUTION, start=on("received", "revived")),),
        ends=on("state", codes=("closed", "our own end")),
        reopens=on("revived"),
    )
    moments = (*states((0 * HOUR, "received"), (HOUR, "our own end")), happened("revived", T0 + DAY, 3))

    found = timers(moments, targets, {"default": OFFICE}, now=T0 + DAY + HOUR)

    assert [timer.state for timer in found] == [TimerState.CANCELLED, TimerState.RUNNING]


def test_only_an_explicit_reopening_reopens() -> None:  # fixmystreet#2357, #1148
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (DAY, "message outside"), (DAY, "questionnaire"))

    assert [timer.state for timer in read(moments, RESOLUTION)] == [TimerState.MET]


@pytest.mark.parametrize("klass", ["auto_reply", "bounce", "own_notice", "courtesy"])
def test_a_message_that_says_nothing_starts_and_stops_nothing(
    klass: str,
) -> None:  # freescout#3670, #2626, #3049, #5005
    targets = usual("next_response", "2h business"), usual("first_response", "8h business")
    thanks = life((0 * HOUR, "received"), (HOUR, f"message outside {klass}"), (HOUR, f"message inside {klass}"))

    found = read(thanks, *targets, at=2 * HOUR)

    assert [(timer.name, timer.state) for timer in found] == [("first_response", TimerState.RUNNING)]


def test_every_closing_counts_and_not_only_the_first() -> None:  # freescout#3295, #5078
    basis = a_basis(RESOLUTION)
    moments = life((0 * HOUR, "received"), (HOUR, "closed"), (DAY, "reopened"), (DAY + HOUR, "closed"))

    clock = seen(started(RECEIVED, basis), moments, basis, T0 + 2 * DAY)

    assert [(result.n, result.stopped_at) for result in clock.results] == [(1, T0 + HOUR), (2, T0 + DAY + HOUR)]


# -- escalation ----------------------------------------------------------------------------------

LEVELS = usual("resolution", "8h business", thresholds=(Threshold(at="50%"), Threshold(at="75%"), Threshold(at="90%")))


def test_no_level_fires_again_with_every_run() -> None:  # glpi#1996, #2408
    basis = a_basis(LEVELS)
    clock = started(RECEIVED, basis)

    for minutes in range(0, 3 * 24 * 60, 20):
        clock = seen(clock, RECEIVED, basis, T0 + minutes * MINUTE)

    assert keys(clock) == [f"resolution:1:{at}" for at in ("50%", "75%", "90%", "due")]


def test_every_level_fires_and_not_only_the_first() -> None:  # glpi#5319
    basis = a_basis(LEVELS)

    clock = seen(started(RECEIVED, basis), RECEIVED, basis, T0 + 30 * DAY)

    assert keys(clock) == [f"resolution:1:{at}" for at in ("50%", "75%", "90%", "due")]


def test_a_level_before_the_due_time_fires_neither_at_the_beginning_nor_never() -> None:  # glpi#15357, #15429
    split = evolve(OFFICE, hours="mon-fri 09:00-12:00, 13:00-17:00")
    target = evolve(LEVELS, thresholds=(Threshold(at="2h business before"),), within="4h business")

    assert [firing.at for firing in one(RECEIVED, target, calendar=split).firings] == [T0 + 2 * HOUR, T0 + 5 * HOUR]


def test_an_hour_before_the_due_time_is_an_hour_of_business() -> None:  # glpi#22678
    target = evolve(LEVELS, thresholds=(Threshold(at="1h business before"),), within="8h30m business")

    warned, missed = one(RECEIVED, target).firings

    assert (warned.at, missed.at) == (T0 + 7 * HOUR + 30 * MINUTE, T0 + DAY + 30 * MINUTE)


def test_nobody_is_told_at_night_or_on_a_closed_day() -> None:  # zammad#2157, #4432, glpi#15569
    basis = a_basis(usual("resolution", "110h elapsed"))

    decision = refresh(started(RECEIVED, basis), Facts(moments=RECEIVED), basis, by="system", at=T0 + 5 * DAY)

    assert decision is not None
    (missed,) = decision.events
    assert isinstance(missed, TimerMissed)
    assert (missed.occurred_at, missed.not_before) == (T0 + 110 * HOUR, T0 + 7 * DAY)


def test_a_target_that_was_given_up_does_not_go_on_escalating() -> None:  # zammad#4353
    clock = started(RECEIVED, a_basis(LEVELS))
    without = a_basis(policy=1)

    clock = seen(clock, RECEIVED, without, T0 + HOUR)

    assert (clock.timers[0].state, clock.next_at, clock.due_at) == (TimerState.CANCELLED, None, None)
    assert keys(seen(clock, RECEIVED, without, T0 + 30 * DAY)) == []


def test_a_day_that_is_left_out_makes_it_later_and_not_sooner() -> None:  # django-helpdesk#8, #1235, #1283, PR #1340
    broken = evolve(OFFICE, breaks=(DayHours(date=(T0 + DAY).date(), hours="00:00-24:00"),))
    target = evolve(LEVELS, within="3 business days")

    plain, later = one(RECEIVED, target, at=HOUR), one(RECEIVED, target, at=HOUR, calendar=broken)

    assert (plain.due_at, later.due_at) == (T0 + 3 * DAY, T0 + 4 * DAY)
    assert plain.firings == later.firings == ()


def test_what_has_ended_is_left_alone_by_a_sweep() -> None:  # OCA/helpdesk#157
    basis = a_basis(LEVELS)
    moments = life((0 * HOUR, "received"), (HOUR, "closed"))
    clock = seen(started(RECEIVED, basis), moments, basis, T0 + HOUR)

    assert refresh(clock, Facts(moments=moments), basis, by="system", at=T0 + 90 * DAY) is None


# -- the whole story -----------------------------------------------------------------------------


def test_the_ball_of_a_public_office_is_never_dropped() -> None:  # C037, C059, the official's call
    accept = usual("accept", "2h business", thresholds=(Threshold(at="due", to=("handler", "sponsor")),))
    progress = Target(
        name="progress",
        within="2 business days",
        start=on("accepted"),
        stop=on("answered"),
        reset=on("update_given"),
        thresholds=(Threshold(at="due", to=("handler", "sponsor")),),
    )
    demanded = usual("demanded_update", "1 business day")
    basis = a_basis(accept, progress, demanded, RESOLUTION)
    lines = [
        (0 * HOUR, "received"),
        (0 * HOUR, "routed"),
        (HOUR, "accepted"),
        (DAY, "forwarded"),
        (DAY + HOUR, "accepted"),
    ]
    moments = life(*lines)
    clock = seen(started(moments[:2], basis), moments, basis, T0 + DAY + HOUR)

    dropped = refresh(clock, Facts(moments=moments), basis, by="system", at=T0 + 3 * DAY)
    assert dropped is not None
    missed = [event for event in dropped.events if isinstance(event, TimerMissed) and event.timer == "progress"]
    assert [event.to for event in missed] == [("handler", "sponsor")]

    moments = (
        *moments,
        happened("update_requested", T0 + 3 * DAY, 6),
        happened("update_given", T0 + 3 * DAY + HOUR, 7),
    )
    found = basis.timers(Facts(moments=moments), now=T0 + 4 * DAY)
    assert [(timer.n, timer.state) for timer in found.each("accept")] == [(1, "met"), (2, "met")]
    assert found["demanded_update"].state == TimerState.MET
    assert found["progress"].started_at == T0 + 3 * DAY + HOUR


def test_two_warnings_about_two_timers_are_two() -> None:  # C037
    basis = a_basis(usual("acknowledge", "8h business", thresholds=(Threshold(at="50%"),)), LEVELS, calendar=ALWAYS)

    decision = refresh(started(RECEIVED, basis), Facts(moments=RECEIVED), basis, by="system", at=T0 + 4 * HOUR)

    assert decision is not None
    assert [(e.timer, e.occurred_at) for e in decision.events if isinstance(e, TimerWarned)] == [
        ("acknowledge", T0 + 4 * HOUR),
        ("resolution", T0 + 4 * HOUR),
    ]


def test_a_wrong_time_of_receipt_is_put_right_and_everything_follows() -> None:  # erpnext#18244, C035
    moments = life((2 * DAY, "received"))
    corrected = (*voided(moments, 1, T0 + 3 * DAY), happened("received", T0, 3, recorded_at=T0 + 3 * DAY))
    target = evolve(RESOLUTION, goals=(Goal(within="16h business", priorities=("p1",)),))

    assert one(moments, target, at=2 * DAY).due_at == T0 + 2 * DAY + 8 * HOUR
    assert one(corrected, target, at=3 * DAY).late
