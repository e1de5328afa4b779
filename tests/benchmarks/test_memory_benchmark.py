"""The measure of memory finds what keeps everything, and what it measures was done."""

import sys
from pathlib import Path

import pytest

from benchmarks.memory import CONTROL, SHARE, WORKS, Figure, figures, is_flat

DUE, FEW, MANY = 30, 300, 1_500

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a process")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Figure]:
    """What every work took with few records."""
    return list(figures(tmp_path_factory.mktemp("few"), (FEW,), due=DUE))


def test_every_work_is_measured_and_does_what_it_says(found: list[Figure]) -> None:
    assert [each.work for each in found] == [*WORKS]
    assert all(each.grown >= 0 and each.seconds > 0 for each in found)

    fixed, share, export, replay, control = (each.done for each in found)
    assert fixed == DUE
    assert share == pytest.approx(FEW / SHARE, abs=FEW / DUE)  # copies of a record come due together
    assert export > 2 * FEW  # complaints and their clocks, and more
    assert replay == control == 2 * FEW - FEW // SHARE  # what is still open was not closed


def test_what_keeps_everything_grows_and_nothing_is_left_behind(found: list[Figure], tmp_path: Path) -> None:
    (many,) = figures(tmp_path, (MANY,), due=DUE, works=[CONTROL])

    assert many.grown > found[-1].grown
    assert not list(tmp_path.iterdir())


def test_flat_is_what_does_not_grow_with_the_records() -> None:
    def told(*grown: float) -> list[Figure]:
        return [Figure("", size, each, seconds=1, done=size) for size, each in zip((10, 1_000), grown, strict=True)]

    assert is_flat(told(5, 4))
    assert is_flat(told(10, 31))
    assert not is_flat(told(10, 32))
    assert not is_flat(told(10, 32)[::-1])
