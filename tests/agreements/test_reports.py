"""The key figures of agreements."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import availability_of, compliance, evaluate, movement, renewals
from servicecrm.agreements.reports import KPIS
from servicecrm.kernel.records import evolve
from servicecrm.measures.kpis import kpi_period
from tests.agreements.making import ANN, MONDAY, at, in_force, signed
from tests.agreements.test_evaluating import about, at_least, down, timer

YEAR = kpi_period("2026", zone="UTC")


def ended(id: str, *, notice: bool) -> agreements.Agreement:
    agreement = in_force(id, last_day=date(2026, 6, 30))
    if notice:
        agreement = agreements.terminate(agreement, "customer", by=ANN, at=MONDAY).after
    decision = agreements.advance(agreement, by=ANN, at=at(2027, 1, 1))
    assert decision is not None
    return decision.after


def test_what_was_signed_and_terminated_is_counted() -> None:  # K07, C116
    every = [signed("a-1"), ended("a-2", notice=True), ended("a-3", notice=False)]

    assert [each.value for each in movement(every, YEAR)] == [3, 1, 2]
    assert [each.value for each in movement(every, kpi_period("2026-06", zone="UTC"))] == [0, 1, -1]
    assert [each.value for each in movement(every, kpi_period("2025", zone="UTC"))] == [0, 0, 0]


@given(st.lists(st.integers(1, 12), max_size=6))
def test_months_sum_to_the_year(months: list[int]) -> None:  # K07, C113
    every = [evolve(signed(f"a-{n}"), signed_at=at(2026, month, 28)) for n, month in enumerate(months)]

    parts = [movement(every, kpi_period(f"2026-{month:02}", zone="UTC"))[0].value for month in range(1, 13)]
    assert sum(part or 0 for part in parts) == movement(every, YEAR)[0].value == len(months)


def test_a_term_is_renewed_by_a_signed_successor_or_by_an_extension() -> None:  # K08
    followed = evolve(ended("a-1", notice=False), successor="a-9")
    drafted = evolve(ended("a-2", notice=False), successor="a-8")
    extended = in_force("a-3", last_day=date(2026, 6, 30), extension="12 calendar months")
    decision = agreements.advance(extended, by=ANN, at=at(2026, 8, 1))
    assert decision is not None
    every = [followed, drafted, decision.after, ended("a-4", notice=True), signed("a-9", first_day=date(2026, 7, 1))]

    found = renewals(every, YEAR)

    assert (found.value, found.n) == (50.0, 4)
    assert renewals(every, kpi_period("2025", zone="UTC")).value is None
    assert renewals([signed()], YEAR).n == 0


def test_targets_count_one_by_one_and_what_nobody_measured_does_not() -> None:  # K11
    timers = [timer(f"c-{n}", at(2026, 4, 2), met=n > 0) for n in range(3)]
    evaluations = [
        evaluate(in_force(), "2026-04", timers=timers),  # availability was never interrupted
        evaluate(about(at_least("99")), "2026-04", outages=[down(2, 0, 24)]),
        evaluate(about(at_least("99")), "2026-04", watched=[]),
    ]

    found = compliance(evaluations)

    assert (found.value, found.n) == (60.0, 5)
    assert compliance([]).value is None


def test_availability_is_that_of_a_service() -> None:  # K12
    evaluation = evaluate(about(at_least("99")), "2026-04", outages=[down(2, 0, 72)])

    assert availability_of(evaluation, "water").value == pytest.approx(90)
    assert availability_of(evaluation, "gas").value is None


def test_every_figure_says_what_it_means() -> None:  # C113
    assert set(KPIS) == {"K07", "K07.signed", "K07.terminated", "K08", "K11", "K12"}
