"""The words in which it is written down how calls are taken, and how records come to a state."""

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from servicecrm.desk import Desk

__all__ = ["Found", "Step", "Told", "Way", "looked_up", "ways"]

Told = Mapping[str, Any]
Step = Callable[[Desk, Any], Any]
"""Does something with a record at a desk, and gives the record as it is then, or another one instead of it."""
Way = tuple[Step, ...]


class Found(NamedTuple):
    """Something to be told that only the desk knows: it looks for it, by the id of the record that a call is about."""

    look: Callable[[Desk, str], object]


def looked_up(crm: Desk, told: Told, id: str = "") -> dict[str, Any]:
    """What is told, as it is at a desk."""
    return {name: value.look(crm, id) if isinstance(value, Found) else value for name, value in told.items()}


def ways(part: str, first: str, /, **steps: tuple[str, str, Told] | tuple[str, Step]) -> dict[str, Way]:
    """The way to each state of a part: from which other one, by which command, and what that is told."""
    found: dict[str, Way] = {first: ()}
    for state, step in steps.items():
        does = step[1] if len(step) == 2 else partial(_command, f"{part}.{step[1]}", step[2])
        found[state] = (*found[step[0]], does)
    return found


def _command(name: str, told: Told, crm: Desk, record: Any) -> Any:
    return attrgetter(name)(crm)(record.id, **looked_up(crm, told, record.id))
