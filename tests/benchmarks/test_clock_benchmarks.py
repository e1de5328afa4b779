"""The benchmarks of timers and sweeps run, and what they measure is what they say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.rounds import compare
from benchmarks.sweeps import NEXT_DAY, sweeps
from benchmarks.timers import FIVE, MOMENTS, clocks, moments
from servicecrm import Desk, connect
from servicecrm.calendars import Calendar
from servicecrm.complaints import MomentKind
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.testing import FixedClock
from servicecrm.tracking import timers

DUE, SMALL, LARGE = 3, 12, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two stores were swept, in one round after another one."""
    folder = tmp_path_factory.mktemp("sweeps")
    for comparison in sweeps(str(folder), sizes=(SMALL, LARGE), due=DUE, rounds=1):
        result = compare(comparison, rounds=1)
        assert set(result.ratios) == set(comparison.targets) == {f"of {SMALL:,}"}
    return folder


@pytest.fixture
def crm(folder: Path) -> Iterator[Desk]:
    """The larger store."""
    with connect(str(folder / f"size{LARGE}.db"), actor="ann", clock=FixedClock(NEXT_DAY)) as crm:
        yield crm


def test_a_store_has_as_many_clocks_as_it_says_and_all_of_them_run(crm: Desk) -> None:
    open_ones = list(crm.complaints.find())

    assert len(open_ones) == LARGE
    assert all(crm.timers(complaint.id).due_at for complaint in open_ones)


def test_a_sweep_misses_each_clock_that_is_due_and_tells_of_it(crm: Desk) -> None:
    missed = [c.id for c in crm.complaints.find() if "timer.missed" in told(crm, c.id)]

    assert len(missed) == 2 * DUE
    assert {queued.id for queued in crm.outbox.pending(limit=100) if queued.topic == "missed"} == set(missed)


def told(crm: Desk, id: str) -> list[str]:
    """The types of what is noted of the clock of a complaint."""
    return [entry.type for entry in crm.history(f"complaint:{id}")]


def test_a_copy_is_what_the_library_would_have_written(crm: Desk) -> None:
    waiting = list(crm.complaints.find(where("state") == "acknowledged"))
    originals = {complaint.received_at: complaint for complaint in waiting[:DUE]}

    assert len(waiting) == LARGE - 2 * DUE
    for copy in waiting[DUE:]:
        original = originals[copy.received_at]
        assert copy.id != original.id
        assert crm.complaints.get(copy.number or "") == copy
        assert evolve(copy, id=original.id, number=original.number) == original
        assert crm.timers(copy.id) == crm.timers(original.id)
        assert told(crm, copy.id) == told(crm, original.id)
        assert len(crm.history(copy.id)) == len(crm.history(original.id))


def test_every_comparison_of_timers_runs(tmp_path: Path) -> None:
    for comparison in clocks(str(tmp_path)):
        result = compare(comparison, rounds=1, count=1)

        assert result.ours > 0
        assert comparison.targets.keys() <= set(result.ratios)


def test_many_moments_make_many_timers() -> None:
    calendars = {"default": Calendar(zone="UTC", hours="mon-fri 09:00-17:00")}
    for number in MOMENTS:
        told = moments(number)

        assert [moment.n for moment in told] == list(range(1, number + 1))
        assert {moment.kind for moment in told} <= {kind.value for kind in MomentKind}
        assert len(timers(told, FIVE, calendars, now=told[-1].occurred_at)) >= number / 4
