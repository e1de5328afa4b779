"""Whatever is done with complaints, in whatever order: the store holds what an account of its own says."""  # C123

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import STEPS, Machine
from tests.machine.rules import TABLE


def take(steps: int) -> None:
    """Take so many steps, or a few more."""
    Machine.steps = 0
    Machine.done.clear()
    how = settings(
        max_examples=steps // STEPS + 3,  # a run may be shorter
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],  # what went wrong is told as it was; with Phase.shrink it takes minutes
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(Machine, settings=how)
    assert Machine.steps >= steps


def test_after_3000_steps_the_store_holds_what_was_done_and_nothing_else() -> None:
    take(3_000)


@pytest.mark.torture
def test_after_20000_steps_too_and_every_command_was_among_them() -> None:
    take(20_000)

    assert set(TABLE) <= set(Machine.done)
