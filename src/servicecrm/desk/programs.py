"""What a desk does for every change, as programs: known command? load, decide, save, remember."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeVar

import attrs

from servicecrm.errors import NotFound
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.documents import converter, to_text
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Identified
from servicecrm.storage.ports import Command, Outcome, Program
from servicecrm.storage.work import Work

__all__ = ["Decided", "Order", "change", "fetch", "fingerprint", "start"]

R = TypeVar("R", bound=Identified)

Decided = Decision[Any] | tuple[Decision[Any], ...]


class Order(NamedTuple):
    """Who asks for a change, when, and under which command."""

    by: Actor
    at: datetime
    command: Command | None = None


def fingerprint(action: str, arguments: Mapping[str, object]) -> str:
    """What makes two calls the same: the action and the caller's own arguments, without times and new ids."""
    told = {name: _plain(value) for name, value in sorted(arguments.items()) if not _is_time(value)}
    return hashlib.sha256(to_text([action, told]).encode()).hexdigest()


def _is_time(value: object) -> bool:
    return value is None or isinstance(value, datetime | timedelta)


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if isinstance(value, Enum):
        return value.value
    if attrs.has(type(value)):
        return converter().unstructure(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float) else str(value)


def fetch(work: Work, record: type[R], id: str, prefix: str | None = None) -> Program[R]:
    """The record with this id, or with this human number."""
    if prefix is None or not id.startswith(f"{prefix}-"):
        return (yield from work.get(record, id))
    page = yield from work.find(record, where("number") == id, limit=1)
    if not page.items:
        raise NotFound(prefix, id)
    return page.items[0]


def start(work: Work, record: type[R], decide: Callable[[], Program[Decided]], order: Order) -> Program[R]:
    """Save a new record, or give the one that the same command made before."""
    done = yield from _before(work, order)
    if done is not None:
        return (yield from work.get(record, done.id))
    decided = yield from decide()
    saved = yield from _saved(work, decided, order)
    return saved[0]  # type: ignore[no-any-return]  # what was decided about is what was asked for


def change(
    work: Work,
    record: type[R],
    ids: Sequence[str],
    decide: Callable[[R], Program[Decided]],
    order: Order,
    *,
    prefix: str | None = None,
) -> Program[tuple[R, ...]]:
    """Load, decide and save some records; the same command again gives them as they are now."""
    done = yield from _before(work, order)
    records: list[R] = []
    for id in ids:
        records.append((yield from fetch(work, record, id, prefix)))
    if done is not None:
        return tuple(records)
    decisions: list[Decision[Any]] = []
    for before in records:
        decided = yield from decide(before)
        decisions += decided if isinstance(decided, tuple) else (decided,)
    saved = yield from _saved(work, tuple(decisions), order)
    return tuple(one for one in saved if isinstance(one, record))


def _before(work: Work, order: Order) -> Program[Outcome | None]:
    if order.command is None:
        return None
    known = yield from work.known([order.command])
    return known.get(order.command.id)


def _saved(work: Work, decided: Decided, order: Order) -> Program[tuple[Any, ...]]:
    decisions = decided if isinstance(decided, tuple) else (decided,)
    mark = work.mark()
    steps = sum(len(decision.steps) for decision in decisions)
    saved = yield from work.save(*decisions, commands=[order.command] * steps)
    outcome = work.outcome_since(mark)
    if order.command is not None and outcome is not None:
        yield from work.remember([(order.command, outcome)], now=order.at)
    return saved
