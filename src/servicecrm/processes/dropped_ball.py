"""When the ball is dropped, whoever has the case is asked how it stands."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from servicecrm import cases
from servicecrm.cases import Asker, Case
from servicecrm.kernel.decisions import Actor, Decision, Event
from servicecrm.tracking import Basis, Facts, TimerMissed

__all__ = ["demand_update", "update_due"]

DEMANDED: Final = "demanded_update"
"""The target that says within what time an update has to be given."""


def update_due(basis: Basis, facts: Facts, at: datetime) -> datetime | None:
    """By when an update is due that is asked for now; None if no target says so."""
    target = next((target for target in basis.targets.targets if target.name == DEMANDED), None)
    if target is None:
        return None
    calendar = basis.calendars[target.calendar]
    goal = target.goal(facts.priority, facts.type, at.astimezone(calendar.tz()).date())
    if goal is None:
        return None
    return basis.calendars[goal.calendar or target.calendar].due(at, goal.within).at


def demand_update(
    case: Case, events: Iterable[Event], *, due_at: datetime | None, by: Actor | str, at: datetime
) -> Decision[Case] | None:
    """Ask for an update because a timer was missed; None if none was, if one is waited for, or without a due time.

    Source: C063.
    """
    missed = any(isinstance(event, TimerMissed) and event.timer != DEMANDED for event in events)
    asked = any(request.asker is Asker.SYSTEM for request in case.open_updates)
    if not missed or asked or due_at is None or "request_update" not in cases.LIFECYCLE.allowed(case):
        return None
    return cases.request_update(case, due_at, asker=Asker.SYSTEM, by=by, at=at)
