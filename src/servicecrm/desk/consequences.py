"""What one decision leads to elsewhere, in the same unit of work: the processes between the slices."""

from collections.abc import Sequence
from typing import Any

from servicecrm.complaints.model import Complaint
from servicecrm.kernel.decisions import Decision
from servicecrm.processes.steps import ended_step_of, step_ended
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem

__all__ = ["with_consequences"]


def with_consequences(work: Work, decisions: Sequence[Decision[Any]]) -> Program[tuple[Decision[Any], ...]]:
    """What is about to be saved, and what else has to be decided because of it, which comes last.

    An action that ends is a step of its complaint that ends, about which something may be decided at the same time.

    Rights are asked about what somebody does, and not about what follows: whoever may finish an action finishes the
    step by that, and need not be the handler of the complaint. Whoever may not is refused before anything follows.
    """
    every = list(decisions)
    done = [
        (id, decision)
        for decision in decisions
        if isinstance(decision.after, ActionItem) and (id := ended_step_of(decision)) is not None
    ]
    places: dict[str, int] = {each.after.id: n for n, each in enumerate(every) if isinstance(each.after, Complaint)}
    unread = dict.fromkeys(id for id, _ in done if id not in places)
    found = yield from work.present(Complaint, list(unread))
    for id, decision in done:
        n = places.get(id)
        complaint = found.get(id) if n is None else every[n].after
        event = decision.events[-1]
        step = complaint and step_ended(complaint, decision.after, by=event.by, at=event.recorded_at)
        if step and n is None:
            places[id] = len(every)
            every.append(step)
        elif step and n is not None:  # a record is saved once
            every[n] = Decision(every[n].before, step.after, every[n].steps + step.steps)
    return tuple(every)
