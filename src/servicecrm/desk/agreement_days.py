"""What the days of agreements bring about."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from servicecrm.agreements import actions
from servicecrm.agreements.lifecycle import BOUND, SIGNED
from servicecrm.agreements.model import Agreement
from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.errors import ServiceCRMError, StoreError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["advanced"]

logger: logging.Logger = logging.getLogger("servicecrm")

DAY: Final = timedelta(days=1)


def advanced(work: Work, order: Order) -> Program[Sequence[Decision[Agreement]]]:
    """Every agreement brought up to date with its days; what takes the place of another one ends that one.

    One that cannot be read is passed over. Gives what was decided and is saved now.
    """
    decisions: list[Decision[Agreement]] = []
    for id in (yield from _due(work, order)):
        try:
            decision = yield from _advanced(work, id, order)
        except StoreError:
            raise
        except ServiceCRMError as error:
            # The others are brought up to date all the same.
            logger.warning("the agreement %s cannot be brought up to date: %s", id, error)
            continue
        decisions += [] if decision is None else [decision]
    saved = (yield from saved_with_all(work, decisions, order)) if decisions else ()
    return [evolve(decision, after=after) for decision, after in zip(decisions, saved, strict=True)]


def _due(work: Work, order: Order) -> Program[Sequence[str]]:
    """The ids of those whose day has perhaps come, and of those before them, which they take the place of."""
    latest = order.at.date() + DAY  # whatever the zone
    begins = where("state").one_of([SIGNED]) & (where("first_day") <= latest)
    ends = where("state").one_of(BOUND) & (where("final_day") <= latest)
    ids: list[str] = []
    for due, day in ((begins, "first_day"), (ends, "final_day")):  # in this order an index finds them
        found, _ = yield from work.rows(Agreement, ("predecessor", "id"), due, order=day)
        ids += [id for row in found for id in row if isinstance(id, str)]
    return tuple(dict.fromkeys(ids))


def _advanced(work: Work, id: str, order: Order) -> Program[Decision[Agreement] | None]:
    found = (yield from work.present(Agreement, [id], held=False)).get(id)
    if found is None:
        return None
    after = found.successor
    successor = None if after is None else (yield from work.present(Agreement, [after], held=False)).get(after)
    return actions.advance(found, successor=successor, by=order.by, at=order.at)
