"""What a desk does for every change, as programs: known command? load, decide, save, remember."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple, TypeVar

import attrs

from servicecrm.agreements.schema import SERVICE
from servicecrm.desk.consequences import with_consequences
from servicecrm.desk.following import Following
from servicecrm.desk.house import House
from servicecrm.errors import IdempotencyMismatch, NotFound, RuleError
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.documents import converter
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Identified, Kind, storable
from servicecrm.kernel.notices import Notice
from servicecrm.portfolio.schema import CUSTOMER
from servicecrm.storage.ports import Command, Entry, Outcome, Program
from servicecrm.storage.work import Work

__all__ = [
    "Decided",
    "Order",
    "by_id",
    "change",
    "commanded",
    "fetch",
    "fingerprint",
    "history_of",
    "is_number",
    "outcome_before",
    "saved_once",
    "saved_with_all",
    "start",
]

R = TypeVar("R", bound=Identified)

Decided = Decision[Any] | tuple[Decision[Any], ...]
"""What a pure command comes to."""


class Order(NamedTuple):
    """Who asks for a change, when, and under which command; and the house that tells others of it."""

    by: Actor
    at: datetime
    command: Command | None = None
    house: House | None = None


def fingerprint(action: str, arguments: Mapping[str, object]) -> str:
    """What makes two calls the same: the action and the caller's own arguments, without times and new ids.

    A value of few possibilities could be guessed out of it, so a store erases it with what it is about: it is kept no
    longer than the value itself.
    """
    told = {name: _plain(value) for name, value in sorted(arguments.items()) if not _is_time(value)}
    # Takes whatever it is given: what no store could keep is refused when the change is decided.
    return hashlib.sha256(json.dumps([action, told]).encode()).hexdigest()


def commanded(id: str | None, action: str, arguments: Mapping[str, object]) -> Command | None:
    """The command that a caller gives under an id; None without one."""
    return None if id is None else Command(id=id, fingerprint=fingerprint(action, arguments))


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
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float) else str(value)


def is_number(kind: Kind[Any], id: str) -> bool:
    """Is this a human number of a kind, and no id?"""
    return kind.prefix is not None and storable("id", id).startswith(f"{kind.prefix}-")


def fetch(work: Work, kind: Kind[R], id: str) -> Program[R]:
    """The record with this id, or with this human number."""
    if not is_number(kind, id):
        return (yield from work.get(kind.schema.record, id))
    page = yield from work.find(kind.schema.record, where("number") == id, limit=1, held=True)
    if not page.items:
        raise NotFound(kind.name, id)
    return page.items[0]


def by_id(work: Work, told: Mapping[str, Any]) -> Program[dict[str, Any]]:
    """The same, with the ids of customers and services that were named by their numbers.

    Raises:
        NotFound: there is no such number.
        InvalidValue: one is no text.
    """
    found = dict(told)
    for name, kind in _NAMED.items():
        value = told.get(name)
        if value is not None and is_number(kind, storable(name, value)) and work.keeps(kind.schema.record):
            found[name] = (yield from fetch(work, kind, value)).id
    return found


_NAMED: Final[Mapping[str, Kind[Any]]] = {"customer": CUSTOMER, "requester": CUSTOMER, "service": SERVICE}
"""The arguments that name a customer or a service of ours, or one of a host's own, whose ids are left as they are."""


def history_of(work: Work, kinds: Mapping[type, Kind[Any]], id: str) -> Program[tuple[Entry, ...]]:
    """What happened to the record with this id, or with this human number."""
    for record, kind in kinds.items():
        key = (yield from fetch(work, kind, id)).id if is_number(kind, id) else id
        entries = yield from work.history(record, key)
        if entries:
            return entries
    raise NotFound("record", id)


def start(work: Work, record: type[R], decide: Callable[[], Program[Decided]], order: Order) -> Program[R]:
    """Save a new record, or one of its own kind; or give it as it is now, if the same command has done so before."""
    done = yield from outcome_before(work, order)
    if done is not None:
        found = yield from work.present(record, [done.id])
        if done.id not in found and order.command is not None:  # it has made something else, of which that was erased
            raise IdempotencyMismatch(order.command.id)
        return found[done.id]
    decided = yield from decide()
    saved = yield from saved_with_all(work, decided if isinstance(decided, tuple) else (decided,), order)
    return saved[0]  # type: ignore[no-any-return]  # what was decided about is what was asked for


def change(
    work: Work,
    kind: Kind[R],
    ids: Sequence[str],
    decide: Callable[[R], Program[Decided | None]],
    order: Order,
    *,
    instead: Callable[[R], str | None] = lambda _: None,
) -> Program[tuple[R, ...]]:
    """Load, decide and save some records, each once; the same command again gives them as they are now.

    Where nothing is decided, nothing changes. `instead` names the record that is meant when another one is.
    """
    done = yield from outcome_before(work, order)
    records: dict[str, R] = {}
    for id in ids:
        found = yield from fetch(work, kind, id)
        seen: set[str] = set()  # what was imported or adopted may go on as each other
        while (other := instead(found)) is not None and found.id not in seen:
            seen.add(found.id)
            found = yield from fetch(work, kind, other)
        records[found.id] = found
    if done is not None:
        return tuple(records.values())
    decisions: list[Decision[Any]] = []
    for before in records.values():
        try:
            decided = yield from decide(before)
        except RuleError as error:
            if len(records) > 1:
                error.add_note(f"{kind.name}: {getattr(before, 'number', None) or before.id}")  # which one of them
            raise
        if decided is not None:
            decisions += decided if isinstance(decided, tuple) else (decided,)
    saved = yield from saved_with_all(work, decisions, order)
    records |= {one.id: one for one in saved if isinstance(one, kind.schema.record)}
    return tuple(records.values())


def outcome_before(work: Work, order: Order) -> Program[Outcome | None]:
    """What the same command came to before; None if it is new, or has no id."""
    if order.command is None:
        return None
    known = yield from work.known([order.command])
    return known.get(order.command.id)


def saved_once(work: Work, decisions: Sequence[Decision[Any]], order: Order) -> Program[tuple[Any, ...]]:
    """Save what a host has decided, or give the first of the records if the same command has saved it before."""
    done = yield from outcome_before(work, order)
    if done is not None:
        return ((yield from work.get(type(decisions[0].after), done.id)),)
    return (yield from saved_with_all(work, decisions, order))


def saved_with_all(
    work: Work, decisions: Sequence[Decision[Any]], order: Order, *, notices: Sequence[Notice] = ()
) -> Program[tuple[Any, ...]]:
    """Save decisions with these notices and all that follows; gives the records that were decided about."""
    decided = yield from with_consequences(work, decisions, by=order.by, at=order.at)
    following = yield from Following(order.house, work, order.by, order.at).followed(decided)
    every = following.decisions
    mark = work.mark()
    steps = sum(len(decision.steps) for decision in every)
    saved = yield from work.save(*every, notices=(*notices, *following.notices), commands=[order.command] * steps)
    outcome = work.outcome_since(mark)
    if order.command is not None and outcome is not None:
        yield from work.remember([(order.command, outcome)], now=order.at)
    return saved[: len(decisions)]
