"""The benchmark runs, and its contenders give the same answers."""

import pytest

pytest.importorskip("businesstimedelta")
pytest.importorskip("business_duration")

from benchmarks import business_time
from benchmarks.business_time import OFFICE, PAIRS, TARGETS
from benchmarks.rounds import compare


def test_every_comparison_runs_and_tells_how_many_times_as_fast_we_are() -> None:
    for comparison in business_time.business_time():
        result = compare(comparison, rounds=1, count=2)

        assert result.ours > 0
        assert set(result.ratios) == set(comparison.others)
        assert comparison.targets.keys() <= comparison.others.keys()


def test_the_contenders_find_the_same_times() -> None:
    rules, others = business_time._businesstimedelta()
    duration = business_time._business_duration()
    aware, local = business_time._for_others()

    for pair, theirs, shown in zip(PAIRS, aware, local, strict=True):
        between = OFFICE.between(*pair)
        assert rules.difference(*theirs).timedelta == between
        assert duration(*shown) == between.total_seconds()
        for target, other in zip(TARGETS, others, strict=True):
            assert theirs[0] + other == OFFICE.add(pair[0], target)
