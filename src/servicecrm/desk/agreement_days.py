"""What the days of agreements bring about."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from servicecrm.agreements import actions
from servicecrm.agreements.lifecycle import BOUND, SIGNED
from servicecrm.agreements.model import Agreement
from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["advanced"]

DAY: Final = timedelta(days=1)


def advanced(work: Work, order: Order) -> Program[Sequence[Decision[Agreement]]]:
    """Every agreement brought up to date with its days; what takes the place of another one ends that one.

    Gives what was decided and is saved now.
    """
    latest = order.at.date() + DAY  # whatever the zone
    begins = where("state").one_of([SIGNED]) & (where("first_day") <= latest)
    ends = where("state").one_of(BOUND) & (where("final_day") <= latest)
    found: dict[str, Agreement] = {}
    for due in (begins, ends):
        found |= {each.id: each for each in (yield from work.find(Agreement, due)).items}
    decisions: list[Decision[Agreement]] = []
    for each in found.values():
        decision = actions.advance(each, by=order.by, at=order.at)
        if decision is None:
            continue
        decisions.append(decision)
        if decision.after.predecessor is not None and decision.after.predecessor not in found:
            before = yield from work.get(Agreement, decision.after.predecessor)
            ended = actions.supersede(before, decision.after, by=order.by, at=order.at)
            decisions += [] if ended is None else [ended]
    saved = (yield from saved_with_all(work, decisions, order)) if decisions else ()
    return [evolve(decision, after=after) for decision, after in zip(decisions, saved, strict=True)]
