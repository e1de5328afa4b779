"""`servicecrm doctor`: what is installed, and whether a store is in order."""

import platform
import sqlite3
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from servicecrm.agreements import lifecycle as agreements
from servicecrm.cases import lifecycle as cases
from servicecrm.cli.replay import profile_line
from servicecrm.cli.stores import opened
from servicecrm.cli.versions import extras, installed
from servicecrm.complaints import lifecycle as complaints
from servicecrm.desk.desk import Desk
from servicecrm.desk.metrics import waiting
from servicecrm.desk.rules import zones
from servicecrm.errors import BrokenJournal, StoreUnavailable
from servicecrm.improvements import lifecycle as improvements
from servicecrm.kernel.filters import where
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.portfolio import interaction_lifecycle, partner_lifecycle, prospect_lifecycle
from servicecrm.portfolio import lifecycle as customers
from servicecrm.reviews import lifecycle as reviews
from servicecrm.storage.backup import check_file
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.sqlite import SQLiteStore
from servicecrm.storage.sqlite_engine import has_wal_reset_bug, writing_mode
from servicecrm.storage.store import EngineUnit
from servicecrm.surveys import campaign_lifecycle, evaluation_lifecycle
from servicecrm.surveys import lifecycle as questionnaires
from servicecrm.tracking import action_lifecycle

__all__ = ["examine"]

WHERE: Final = (
    agreements,
    cases,
    complaints,
    improvements,
    customers,
    interaction_lifecycle,
    partner_lifecycle,
    prospect_lifecycle,
    reviews,
    questionnaires,
    campaign_lifecycle,
    evaluation_lifecycle,
    action_lifecycle,
)
LIFECYCLES: Final[Mapping[str, Lifecycle[Any]]] = {
    found.name: found for module in WHERE for found in vars(module).values() if isinstance(found, Lifecycle)
}
"""How records of each kind move as shipped. What is in no state of theirs is in one that a house has added, or was
changed outside the library, or by a newer one: the doctor is not told the tables of a house."""


def examine(args: Namespace) -> None:
    """Print what is installed and, with a store, whether it is in order."""
    for line in _installation():
        print(line)
    if args.store is None:
        return
    if args.store == "memory:":
        raise StoreUnavailable("a store in memory begins empty, so there is nothing to check; name a file")
    with opened(args, readonly=True) as desk:
        for line in _store(desk):
            print(line, flush=True)


def _installation() -> Iterator[str]:
    yield _package("servicecrm")
    yield f"Python {platform.python_version()} ({platform.python_implementation()})"
    yield f"SQLite {sqlite3.sqlite_version}"
    if has_wal_reset_bug(sqlite3.sqlite_version_info):
        yield "  It has a bug in WAL with several writers, so such a store uses TRUNCATE instead, which is safe."
    yield from map(_package, ("attrs", "cattrs", "python-dateutil", "tzdata"))
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        yield "time zones: none are found; pip install tzdata"
    else:
        yield f"time zones: {zones() or 'found'}"  # those of this machine come before those of tzdata
    yield from extras()


def _package(name: str) -> str:
    return f"{name} {installed(name) or '(not installed)'}"


def _store(desk: Desk) -> Iterator[str]:
    yield profile_line(desk)
    yield f"store version {CURRENT}"  # any other is refused when it is opened
    if isinstance(desk.store, SQLiteStore):
        many, one = writing_mode("many"), writing_mode("one")
        if desk.store.profile.journal_mode != many:
            yield "  That is a connection that only reads, such as this one; those that write set"
            yield f"  journal_mode={many}, or {one} with writers=one."
        check_file(desk.store.path)
        yield "every page of the file is sound"
    tenants = desk.store.tenants()
    yield f"tenants: {len(tenants)}"
    breaks = []
    for name in tenants:
        yield f"tenant {name}"
        try:
            yield from (f"  {line}" for line in _tenant(desk.tenant(name)))
        except BrokenJournal as error:
            yield f"  journal: broken; {error}"
            breaks.append(f"tenant {name}: {error}")
    if breaks:
        raise BrokenJournal(*breaks)


def _tenant(desk: Desk) -> Iterator[str]:
    yield from desk.store.atomically(lambda unit: list(_records(desk, unit)), readonly=True)
    yield from _waiting(desk)
    yield f"journal: {desk.store.verify():,} entries, verified"
    head = desk.store.head()
    yield f"seal {head.seal}: {head.hash}" if head.seal else "no seal yet"


def _records(desk: Desk, unit: EngineUnit) -> Iterator[str]:
    """What there is, and what is strange about it; what is not there has no line."""
    counted = [(record, kind.name, unit.count(record)) for record, kind in desk.store.kinds.items()]
    yield from (f"{name}: {count:,}" for _, name, count in counted if count)
    for record, name, there in counted:
        if there and name in LIFECYCLES:
            strange = ~where("state").one_of(LIFECYCLES[name].states)
            if count := unit.count(record, strange):
                yield f"{name.replace('_', ' ')}s in a state that the shipped lifecycle has not: {count:,}"
                rows, _ = unit.rows(record, ("id", "state"), strange, limit=10)
                yield from (f"  {id}: {state}" for id, state in rows)
                yield "  That is in order if the house has added the state; ask a desk that has the table of the house."


def _waiting(desk: Desk) -> Iterator[str]:
    """What a worker and a sweep would find to do; if they come by, it is not much, and not for long."""
    figures, _ = desk.perform(waiting(desk.clock()), readonly=True)
    told = f"outbox: {figures.waiting:,} waiting, {figures.claimed:,} claimed, {figures.failed:,} failed"
    yield told + (f"; the first could have been delivered {_span(figures.lag)} ago" if figures.lag else "")
    told = f"clocks due: {figures.due:,}"
    yield told + (f"; the first for {_span(figures.late)}" if figures.due else "")


def _span(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
