"""The machine is proven too: it finds what somebody may break."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.bugs import BUGS, WITHIN, Bug
from tests.machine.machine import STEPS, Machine


def is_found(bug: Bug, steps: int) -> bool:
    """Does the machine find this within so many steps? They are the same each time."""
    how = settings(
        max_examples=steps // STEPS,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        try:
            run_state_machine_as_test(Machine, settings=how)
        except Exception:  # what is broken fails in many ways
            return True
        return False


def sound(_: pytest.MonkeyPatch) -> None:
    """Nothing is broken."""


def test_where_nothing_is_broken_nothing_is_found() -> None:
    assert not is_found(sound, WITHIN)


def test_of_all_planted_bugs_at_most_one_is_not_found() -> None:
    missed = [bug.__name__ for bug in BUGS if not is_found(bug, WITHIN)]

    assert len(BUGS) >= 20
    assert len(missed) <= 1, missed
