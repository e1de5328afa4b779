"""What the days of agreements bring about."""

import logging
from collections.abc import Mapping, Sequence

from servicecrm.agreements import actions
from servicecrm.agreements.lifecycle import BOUND, SIGNED
from servicecrm.agreements.model import Agreement
from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.errors import DocumentError, ServiceCRMError, StoreError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.kernel.years import later
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["advanced"]

logger: logging.Logger = logging.getLogger("servicecrm")


def advanced(work: Work, order: Order) -> Program[Sequence[Decision[Agreement]]]:
    """Every agreement brought up to date with its days; what takes the place of another one ends that one.

    One that cannot be read is passed over. Gives what was decided and is saved now.
    """
    decisions: list[Decision[Agreement]] = []
    ids = yield from _due(work, order)
    known = yield from _known(work, ids)
    for id in ids:
        try:
            decision = yield from _advanced(work, id, known, order)
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
    latest = later("at", order.at.date(), 1)  # whatever the zone
    begins = where("state").one_of([SIGNED]) & (where("first_day") <= latest)
    ends = where("state").one_of(BOUND) & (where("final_day") <= latest)
    ids: list[str] = []
    for due, day in ((begins, "first_day"), (ends, "final_day")):  # in this order an index finds them
        found, _ = yield from work.rows(Agreement, ("predecessor", "id"), due, order=day)
        ids += [id for row in found for id in row if isinstance(id, str)]
    return tuple(dict.fromkeys(ids))


def _known(work: Work, ids: Sequence[str]) -> Program[Mapping[str, Agreement]]:
    """These agreements and their successors, read at once; none if one of them cannot be read."""
    try:
        found = yield from work.present(Agreement, ids, held=False)
        after = [each.successor for each in found.values() if each.successor is not None]
        return found | (yield from work.present(Agreement, after, held=False))
    except DocumentError:
        return {}


def _advanced(work: Work, id: str, known: Mapping[str, Agreement], order: Order) -> Program[Decision[Agreement] | None]:
    found = yield from _one(work, id, known)
    if found is None:
        return None
    successor = None if found.successor is None else (yield from _one(work, found.successor, known))
    return actions.advance(found, successor=successor, by=order.by, at=order.at)


def _one(work: Work, id: str, known: Mapping[str, Agreement]) -> Program[Agreement | None]:
    return known[id] if id in known else (yield from work.present(Agreement, [id], held=False)).get(id)
