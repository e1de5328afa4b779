"""Was an agreement kept? Values by hand, what nobody measured, and each violation once."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import (
    Agreement,
    AgreementPolicy,
    Figure,
    LevelTarget,
    Line,
    Outage,
    Outcome,
    ServiceLevels,
    TimeTarget,
    Watched,
    availability,
    evaluate,
    violations,
)
from servicecrm.agreements.policy import DEFAULT
from servicecrm.calendars import Calendar
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Period
from tests.agreements.making import ANN, CAFE, HOUR, MONDAY, at, in_force, signed

APRIL = Period(start=at(2026, 4, 1), end=at(2026, 5, 1))


def span(day: int, hour: int, hours: float) -> Period:
    """Some hours in April."""
    start = at(2026, 4, day, hour)
    return Period(start=start, end=start + timedelta(hours=hours))


def down(day: int, hour: int, hours: float, *, planned: bool = False, service: str = "water") -> Outage:
    return Outage(service=service, period=span(day, hour, hours), planned=planned)


def seen_but(*dark: Period) -> list[Watched]:
    """Watched all of April but for these stretches."""
    edges = [APRIL.start, *(edge for period in dark for edge in (period.start, period.end)), APRIL.end]
    return [
        Watched(service="water", period=Period(start=start, end=end))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if start is not None and start != end
    ]


def about(*levels: LevelTarget, calendar: str | None = None, **terms: Any) -> Agreement:
    line = Line(service="water", levels=ServiceLevels(levels=levels), calendar=calendar)
    return in_force(lines=(line,), **terms)


def at_least(percent: str, **more: Any) -> LevelTarget:
    return LevelTarget(measure="availability", at_least=Decimal(percent), **more)


# -- availability ----------------------------------------------------------------------------------


def test_availability_with_planned_downtime_and_unmeasured_hours_is_that_by_hand() -> None:  # C032, K12
    found = availability(
        APRIL,
        outages=[down(3, 0, 3), down(10, 22, 4, planned=True), down(10, 23, 1)],  # an hour of it lies in the planned
        watched=seen_but(span(20, 0, 10)),
    )

    # April has 720 hours, of which 4 are planned: 716 agreed, 10 of them dark, 3 down.
    assert found.value == Decimal(100) * 703 / 706
    assert found.low == Decimal(100) * 703 / 716
    assert found.high == Decimal(100) * 713 / 716
    assert found.measured == Decimal(100) * 706 / 716
    assert found.excluded == (span(10, 22, 4),)
    assert found.unmeasured == (span(20, 0, 10),)


def test_maintenance_counts_if_that_was_agreed() -> None:  # C032
    found = availability(APRIL, outages=[down(10, 22, 4, planned=True)], planned_counts=True)

    assert found.value == Decimal(100) * 716 / 720
    assert found.excluded == ()


def test_only_the_agreed_hours_count() -> None:  # C032, K12
    office = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")

    found = availability(APRIL, outages=[down(4, 0, 24), down(7, 8, 2)], hours=office)  # a Saturday; a Tuesday

    assert found.value == Decimal(100) * (22 * 8 - 1) / (22 * 8)


STRETCHES = st.lists(st.tuples(st.integers(0, 719), st.integers(1, 48)), max_size=5)


@given(STRETCHES, STRETCHES, STRETCHES)
def test_availability_is_counted_hour_by_hour(  # K12
    unplanned: list[tuple[int, int]], planned: list[tuple[int, int]], dark: list[tuple[int, int]]
) -> None:
    def hours(stretches: list[tuple[int, int]]) -> set[int]:
        return {hour for start, length in stretches for hour in range(start, min(720, start + length))}

    def periods(stretches: list[tuple[int, int]]) -> list[Period]:
        begin = APRIL.start
        return [Period(start=begin + n * HOUR, end=begin + (n + length) * HOUR) for n, length in stretches]

    watched_hours = set(range(720)) - hours(dark)
    found = availability(
        APRIL,
        outages=[
            *(Outage(service="water", period=each) for each in periods(unplanned)),
            *(Outage(service="water", period=each, planned=True) for each in periods(planned)),
        ],
        watched=[Watched(service="water", period=each) for each in periods([(hour, 1) for hour in watched_hours])],
    )

    agreed = set(range(720)) - hours(planned)
    lost = agreed & hours(unplanned)
    blind = agreed - watched_hours - lost
    if agreed - blind:
        assert found.value == Decimal(100) * len(agreed - blind - lost) / len(agreed - blind)
    else:
        assert found.value is None
    if agreed:
        assert found.low == Decimal(100) * len(agreed - blind - lost) / len(agreed)
        assert found.high == Decimal(100) * len(agreed - lost) / len(agreed)


# -- levels ----------------------------------------------------------------------------------------


def outcome(agreement: Agreement, **measured: Any) -> Outcome:
    (result,) = evaluate(agreement, "2026-04", **measured).results
    return result.outcome


@pytest.mark.parametrize(
    ("hours_down", "hours_dark", "expected"),
    [
        (0, 0, Outcome.MET),
        (7.2, 0, Outcome.MET),  # one percent of April, exactly
        (7.25, 0, Outcome.MISSED),
        (7.25, 100, Outcome.MISSED),  # whatever happened in the dark
        (2, 5, Outcome.MET),  # even if it was down in the dark
        (2, 6, Outcome.NOT_MEASURABLE),
        (7.2, 1, Outcome.NOT_MEASURABLE),  # only if it was up in the dark
        (0, 720, Outcome.NOT_MEASURABLE),
    ],
)
def test_what_nobody_measured_is_neither_met_nor_missed(  # C032
    hours_down: float, hours_dark: float, expected: Outcome
) -> None:
    outages = [down(2, 0, hours_down)] if hours_down else []
    watched = seen_but(*([span(1, 0, hours_dark)] if hours_dark else []))

    assert outcome(about(at_least("99")), outages=outages, watched=watched) == expected


def test_a_house_may_say_how_much_has_to_be_measured() -> None:  # C032
    lenient = evolve(DEFAULT, enough=Decimal("0.9"))
    watched = seen_but(span(5, 0, 72))  # one tenth of April

    assert outcome(about(at_least("99")), watched=watched) == Outcome.NOT_MEASURABLE
    assert outcome(about(at_least("99")), watched=watched, policy=lenient) == Outcome.MET
    with pytest.raises(InvalidValue):
        AgreementPolicy(default=DEFAULT.default, enough=Decimal(2))


def test_another_measure_is_what_somebody_told() -> None:  # C032
    target = LevelTarget(measure="calls_lost", at_most=Decimal(5))
    figure = Figure(service="water", measure="calls_lost", period=APRIL, value=Decimal(7))
    agreement = about(target)

    assert outcome(agreement) == Outcome.NOT_MEASURABLE
    assert outcome(agreement, figures=[figure]) == Outcome.MISSED
    assert outcome(agreement, figures=[figure, evolve(figure, value=Decimal(5))]) == Outcome.MET  # corrected
    assert outcome(agreement, figures=[evolve(figure, service="gas")]) == Outcome.NOT_MEASURABLE
    (result,) = evaluate(agreement, "2026-04", figures=[figure]).results
    assert (result.value, result.margin) == (Decimal(7), Decimal(-2))


def test_two_services_are_evaluated_apart() -> None:  # C028
    lines = [Line(service=name, levels=ServiceLevels(levels=(at_least("99"),))) for name in ("water", "gas")]

    found = evaluate(in_force(lines=tuple(lines)), "2026-04", outages=[down(2, 0, 24, service="gas")])

    assert [(each.service, each.outcome) for each in found.results] == [("water", "met"), ("gas", "missed")]
    assert found.kept is False


def test_a_level_counts_in_periods_of_its_own_length() -> None:
    agreement = about(at_least("99"), at_least("98", per="year"))

    assert len(evaluate(agreement, "2026-04").results) == 1
    (yearly,) = evaluate(agreement, "2026").results
    assert yearly.target == at_least("98", per="year")
    with pytest.raises(InvalidValue):
        evaluate(agreement, "April")


def test_only_the_part_counts_in_which_it_was_in_force() -> None:
    agreement = about(at_least("99"), last_day=date(2026, 4, 10))

    found = evaluate(agreement, "2026-04", outages=[down(20, 0, 24)])

    assert found.period == Period(start=at(2026, 4, 1), end=at(2026, 4, 11))
    assert found.kept is True
    assert evaluate(agreement, "2026-05").period is None
    assert evaluate(agreement, "2026-05").kept is None
    assert evaluate(signed(first_day=date(2027, 1, 1)), "2026-04").period is None


def test_the_time_in_which_it_was_suspended_does_not_count() -> None:
    agreement = about(at_least("99"))
    suspended = agreements.suspend(agreement, "Unpaid.", by=ANN, at=at(2026, 4, 2)).after
    agreement = agreements.resume(suspended, by=ANN, at=at(2026, 4, 5)).after

    assert outcome(agreement, outages=[down(2, 0, 72)]) == Outcome.MET
    assert outcome(agreement, outages=[down(5, 0, 72)]) == Outcome.MISSED


def test_the_agreed_hours_need_their_calendar() -> None:
    with pytest.raises(InvalidValue, match="there is no calendar 'office'"):
        evaluate(about(at_least("99"), calendar="office"), "2026-04")


# -- times -----------------------------------------------------------------------------------------


def timer(record: str, due_at: datetime, *, met: bool, **more: Any) -> agreements.TimerResult:
    given = {"service": "water", "timer": "resolution", **more}
    return agreements.TimerResult(record=record, due_at=due_at, met=met, **given)


def test_a_time_is_missed_by_each_timer_that_was_not_met() -> None:  # C032, K11
    levels = ServiceLevels(
        times=(
            TimeTarget(timer="resolution", within="4h business", priorities=("p1",)),
            TimeTarget(timer="resolution", within="8h business"),
        )
    )
    agreement = in_force(lines=(Line(service="water", levels=levels),))
    agreement = agreements.suspend(agreement, "Unpaid.", by=ANN, at=at(2026, 4, 19)).after
    timers = [
        timer("c-1", at(2026, 4, 1), met=True, priority="p1"),
        timer("c-2", at(2026, 4, 2), met=False, priority="p2"),
        timer("c-3", at(2026, 4, 2), met=True),
        timer("c-4", at(2026, 5, 1), met=False),  # due in May
        timer("c-5", at(2026, 4, 2), met=False, service="gas"),
        timer("c-6", at(2026, 4, 2), met=False, timer="acknowledge"),
        timer("c-7", at(2026, 4, 20), met=False),  # it was suspended then
    ]

    urgent, others = evaluate(agreement, "2026-04", timers=timers).results

    assert (urgent.outcome, urgent.met, urgent.n) == (Outcome.MET, 1, 1)
    assert (others.outcome, others.met, others.n) == (Outcome.MISSED, 1, 2)
    assert [each.record for each in others.missed] == ["c-2"]
    assert {each.outcome for each in evaluate(agreement, "2026-04").results} == {Outcome.NOT_MEASURABLE}


# -- violations ------------------------------------------------------------------------------------


def test_a_violation_is_found_once_however_often_anybody_looks() -> None:  # C032
    levels = ServiceLevels(times=(TimeTarget(timer="resolution", within="8h business"),), levels=(at_least("99"),))
    agreement = in_force(lines=(Line(service="water", levels=levels),))
    measured: dict[str, Any] = {
        "outages": [down(2, 0, 24)],
        "timers": [timer("c:1", at(2026, 4, 2), met=False), timer("c", at(2026, 4, 2), met=False, n=2)],
    }

    first = violations(evaluate(agreement, "2026-04", **measured), by=ANN, at=at(2026, 5, 2))
    again = violations(
        evaluate(agreement, "2026-04", **measured), known={each.after.id for each in first}, by=ANN, at=MONDAY
    )

    assert sorted(each.after.id for each in first) == [
        "a-1:water:availability:2026-04",
        "a-1:water:resolution:c%3A1:1",
        "a-1:water:resolution:c:2",
    ]
    assert {each.after.customer for each in first} == {CAFE}
    assert [event.type for each in first for event in each.events] == ["violation.found"] * 3
    assert again == ()
    level = next(each.after for each in first if each.after.record is None)
    assert (level.value, level.limit) == (Decimal(100) * 696 / 720, Decimal(99))


def test_no_two_violations_have_one_id() -> None:  # C032
    timers = [timer(record, at(2026, 4, 2), met=False) for record in ("c:1", "c%3A1", "c%253A1")]

    found = violations(evaluate(in_force(), "2026-04", timers=timers), by=ANN, at=MONDAY)
    assert len({each.after.id for each in found}) == 3


def test_what_cannot_be_measured_violates_nothing() -> None:  # C032
    evaluation = evaluate(about(at_least("99")), "2026-04", watched=[])

    assert violations(evaluation, by=ANN, at=MONDAY) == ()
    assert evaluation.kept is None


# -- so far --------------------------------------------------------------------------------------


def test_an_evaluation_of_a_period_that_goes_on_says_so() -> None:  # C032
    agreement, end = about(at_least("99")), at(2026, 5, 1)
    first, last = at(2026, 4, 1), end - timedelta(microseconds=1)

    for now in (first, last):
        found = evaluate(agreement, "2026-04", at=now)
        assert (found.kept, found.until) == (True, now)
        assert f"until={now!r}" in repr(found)
    for over in (end, None):
        assert evaluate(agreement, "2026-04", at=over).until is None


def test_what_ended_within_a_period_is_judged_for_good_at_its_end() -> None:  # C032
    agreement = about(at_least("99"), last_day=date(2026, 4, 10))

    assert evaluate(agreement, "2026-04", at=at(2026, 4, 10)).until == at(2026, 4, 10)
    assert evaluate(agreement, "2026-04", at=at(2026, 4, 11)).until is None
    assert evaluate(agreement, "2026-05", at=at(2026, 4, 1)).until is None  # there is nothing to wait for
