"""What was decided in a meeting or a review becomes an action item, or is to become a proposal."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Final, NamedTuple, TypeVar

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision, Stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.reviews.codes import ResolutionKind
from servicecrm.reviews.parts import Resolution
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = ["Resolved", "resolved"]

T = TypeVar("T")

_ACTION: Final = ResolutionKind.ACTION


class Resolved(NamedTuple):
    """What was decided, each with the id of what comes of it, and the action items."""

    resolutions: tuple[Resolution, ...]
    actions: tuple[Decision[ActionItem], ...]


def resolved(
    resolutions: Iterable[Resolution],
    told: Stamp,
    *,
    source_kind: str,
    source: str,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
) -> Resolved:
    """Give each action and each proposal one of the `ids`, and open the actions, each with one of the `numbers`.

    Raises:
        InvalidValue: nothing is given; or there are fewer ids than actions and proposals, or numbers than actions.
        PolicyViolation: an action would be due before it is decided on.
    """
    given = several("resolutions", resolutions, Resolution)
    if not given:
        raise InvalidValue("resolutions", "nothing is given; say what was decided")
    new_ids, new_numbers = iter(ids), iter(numbers)
    kept: list[Resolution] = []
    actions: list[Decision[ActionItem]] = []
    for each in given:
        id = None if each.kind is ResolutionKind.NONE else _next(new_ids)
        kept.append(evolve(each, record=id))
        if id is not None and each.owner is not None and each.due_at is not None and each.kind is _ACTION:
            opened = action_items.open(
                each.text,
                id=id,
                number=_next(new_numbers),
                source_kind=source_kind,
                source=source,
                owner=each.owner,
                due_at=each.due_at,
                by=told["by"],
                at=told["recorded_at"],
                occurred_at=told["occurred_at"],
            )
            actions.append(opened)
    return Resolved(tuple(kept), tuple(actions))


def _next(values: Iterator[T]) -> T:
    try:
        return next(values)
    except StopIteration:
        raise InvalidValue("ids", "every action and proposal needs an id, and every action a number") from None
