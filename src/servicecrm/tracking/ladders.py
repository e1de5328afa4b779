"""Who is asked next when a record is not getting on: from role to role, upwards, to an end."""

from collections.abc import Callable, Container, Mapping
from itertools import pairwise
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.thresholds import Point, point

__all__ = ["Ladder", "People", "Rung", "addressee"]

People = Mapping[str, tuple[str, ...]] | Callable[[str], tuple[str, ...]]
"""Who has a role: the person, then the deputies."""


@record
class Rung:
    """When a record is escalated, and to which role: `Rung(at="2 business days after", to="supervisor")`."""

    at: str
    to: str = attrs.field(validator=filled)
    urgent: bool = False

    def __attrs_post_init__(self) -> None:
        if point(self.at).how == "every":
            raise InvalidValue("Rung.at", "a rung is stepped on once; reminders that repeat are thresholds")


@record
class Ladder:
    """Rungs from the lowest to the highest; the first one is level 1. The last role is where it ends.

    Raises:
        InvalidValue: there is no rung, a role stands on two of them, or a rung would be reached before a lower one.

    Source: C039.
    """

    rungs: tuple[Rung, ...]

    def __attrs_post_init__(self) -> None:
        if not self.rungs:
            raise InvalidValue("Ladder.rungs", "a ladder has a rung or more")
        roles = [rung.to for rung in self.rungs]
        if len(set(roles)) < len(roles):
            raise InvalidValue("Ladder.rungs", "a role stands on two rungs, so that it would lead in a circle")
        for lower, higher in pairwise(self.rungs):
            if _order(point(lower.at)) > _order(point(higher.at)):
                raise InvalidValue("Ladder.rungs", f"{higher.to} is reached before {lower.to}; put it on a lower rung")

    def level(self, role: str) -> int:
        """The level of a role.

        Raises:
            PolicyViolation: it is not on this ladder; names those that are.
        """
        for level, rung in enumerate(self.rungs, 1):
            if rung.to == role:
                return level
        known = ", ".join(rung.to for rung in self.rungs)
        raise PolicyViolation("ladder", f"there is no such role on this ladder; it leads to {known}")


def addressee(ladder: Ladder, level: int, people: People, *, absent: Container[str] = ()) -> tuple[str, str | None]:
    """The role and the person that an escalation reaches: the first one who is there, the deputies in their order.

    Where all are away the next rung is asked. A role of which nobody is known, such as a team with a list of its own,
    is reached as it is, and so is the last one: an escalation always ends somewhere.

    Source: C039.
    """
    for rung in ladder.rungs[level - 1 :]:
        holders = people(rung.to) if callable(people) else people.get(rung.to, ())
        present = next((person for person in holders if person not in absent), None)
        if present is not None or not holders:
            return rung.to, present
    return ladder.rungs[-1].to, None


_HOW: Final = {"before": 0, "share": 1, "due": 2, "after": 3}


def _order(at: Point) -> tuple[int, float]:
    """Where a point lies, as far as its text alone can say."""
    if at.how == "share" and at.share >= 100:
        return (2, 0) if at.share == 100 else (3, 0)
    return _HOW[at.how], float(at.share)
