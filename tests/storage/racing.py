"""What processes do to one store at the same time; functions that a process of its own can be given."""

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from attrs import frozen

from servicecrm import Worker, complaints, connect
from servicecrm.complaints import Complaint
from servicecrm.desk import Desk
from servicecrm.errors import CommitOutcomeUnknown, ServiceCRMError, StaleRevision, StoreBusy
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.storage import Command, Notice
from servicecrm.storage.journal import Link
from servicecrm.storage.ports import Program
from servicecrm.storage.statements import SQLTables, Statements
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY
from tests.histories import Aborted, Append, Op, Read, Unknown

BY = "ann@city.example"

T = TypeVar("T")


@frozen
class Place:
    """Where a store is, for every process to open it."""

    url: str
    options: tuple[tuple[str, Any], ...] = ()

    def open(self, **options: Any) -> Desk:
        return connect(self.url, actor=BY, **dict(self.options) | options)


def together(function: Callable[..., T], *arguments: object, processes: int) -> list[T]:
    """Call a function in several processes at once, with its number as the last argument."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        return [part.result() for part in [pool.submit(function, *arguments, n) for n in range(processes)]]


def recorded(id: str, **fields: Any) -> Any:
    return complaints.record(id=id, subject="No water", channel="phone", by=BY, at=MONDAY, **fields)


# -- lists, for histories --------------------------------------------------------------------------


class Lists:
    """Lists as complaints, each in a field of its own, appended to and read in units."""

    def __init__(self, crm: Desk) -> None:
        self._store = crm.store

    def transaction(self, ops: Sequence[Op]) -> list[Sequence[int]]:
        seen: list[Sequence[int]] = []
        try:
            with self._store.unit() as unit:
                for op in ops:
                    found = unit.get(Complaint, op.key)
                    items = found.extra["items"]
                    assert isinstance(items, tuple)
                    if isinstance(op, Append):
                        extra = FrozenMap({"items": [*items, op.value]})
                        unit.save(complaints.amend(found, extra=extra, by=BY, at=MONDAY))
                    else:
                        seen.append(items)  # type: ignore[arg-type]  # nothing but numbers was put in
        except (StoreBusy, StaleRevision):
            raise Aborted from None
        except CommitOutcomeUnknown:
            raise Unknown from None
        return seen


@contextlib.contextmanager
def lists(place: Place) -> Iterator[Lists]:
    with place.open() as crm:
        yield Lists(crm)


@contextlib.contextmanager
def lists_without_holding(place: Place) -> Iterator[Lists]:
    """The same with a store that does not look once more at what was only read."""
    # Taken back at the end: it is also called once in the process of the test itself, where others follow.
    with patch.object(Work, "_hold", lambda _: iter(())), lists(place) as client:
        yield client


# -- counters --------------------------------------------------------------------------------------

COUNTERS = 4


def add(place: Place, updates: int, n: int) -> int:
    """Count up the counters at random, so many times; tells how often the unit had to be run again."""
    chosen, runs = random.Random(n), 0
    with place.open(timeout=600) as crm:
        for _ in range(updates):
            id = f"counter-{chosen.randrange(COUNTERS)}"

            def step(work: Work, id: str = id) -> Program[None]:
                nonlocal runs
                runs += 1
                old = yield from work.get(Complaint, id)
                total = old.extra["total"]
                assert isinstance(total, int)
                extra = FrozenMap({"total": total + 1})
                yield from work.save(complaints.amend(old, extra=extra, by=BY, at=MONDAY))

            crm.store.perform(step)
    return runs - updates


def without_revision(sql: str, rows: Sequence[Sequence[Any]]) -> tuple[str, Sequence[Sequence[Any]]]:
    """An update that does not ask which revision it replaces."""
    place = sql[: sql.index(" AND revision = ?")].count("?")
    return sql.replace(" AND revision = ?", ""), [[*row[:place], *row[place + 1 :]] for row in rows]


def add_without_looking(place: Place, updates: int, n: int) -> int:
    """The same with a store that does not compare revisions."""
    honest = SQLTables.update

    def blind(self: SQLTables, *arguments: Any) -> Statements:
        sql, rows, _ = honest(self, *arguments)
        # Two blind writers would give two entries one number; what is tried here is the record, not the journal.
        fresh = Link(time.time_ns(), "")
        return Statements(*without_revision(sql, rows), lambda found: fresh if found else None)

    SQLTables.update = blind  # type: ignore[assignment, method-assign]
    return add(place, updates, n)


def work_apart(place: Place, units: int, n: int) -> int:
    """Change complaints that nobody else changes, in blocks of units; tells how many blocks were refused."""
    refused = 0
    with place.open() as crm:
        for k in range(units):
            try:
                with crm.unit():
                    crm.complaints.note(f"own-{n}-{k % 5}", text="looked into it")
                    crm.complaints.amend(f"own-{n}-{k % 5}", category=f"{k}")
                    crm.complaints.record(subject="No water", channel="phone", command=f"{n}-{k}")
            except StoreBusy:
                refused += 1
    return refused


# -- notices ---------------------------------------------------------------------------------------


def enqueue(place: Place, notices: int, n: int) -> None:
    """Save so many notices, each in a unit of its own."""
    with place.open() as crm:
        for k in range(notices):
            notice = Notice(key=f"{n}-{k}", topic="t", recipient="r", kind="complaint", id=f"c-{n}")
            again = True
            while again:  # whoever is told that the store is busy tries again
                again = False
                try:
                    crm.store.perform(partial(Work.save, notices=[notice]))
                except StoreBusy:
                    again = True


def deliver(place: Place, sink: Path, until: int, n: int) -> int:
    """Deliver into a file, a line for each notice, until it holds so many different ones; tells how many were ours."""
    with place.open() as crm:
        file = os.open(sink, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            worker = Worker(crm, lambda delivery: os.write(file, f"{delivery.notice.key}\n".encode()), name=f"w-{n}")
            delivered = 0
            while len(set(sink.read_text().splitlines())) < until:
                more = worker.turn()
                delivered += more
                if not more:
                    time.sleep(0.02)  # or those who write would have to wait for whoever looks
        finally:
            os.close(file)
    return delivered


# -- everything at once ----------------------------------------------------------------------------


def bustle(place: Place, seconds: float, n: int) -> dict[str, int]:
    """Do whatever a desk can do, at random, for a while; counts what came of it, by the names of errors of ours.

    An error that is not ours ends the process with it.
    """
    chance, counted = random.Random(n), dict[str, int]()
    deadline = time.monotonic() + seconds
    with place.open() as crm:
        while time.monotonic() < deadline:
            try:
                _anything(crm, chance)
                name = "done"
            except ServiceCRMError as error:
                name = type(error).__name__
            counted[name] = counted.get(name, 0) + 1
    return counted


def _anything(crm: Desk, chance: random.Random) -> None:
    ids = [f"shared-{n}" for n in range(6)]
    id = chance.choice(ids)
    match chance.randrange(9):
        case 0:
            crm.complaints.record(subject="No water", channel="phone", tags={"t"}, command=f"k-{chance.randrange(500)}")
        case 1 | 2:
            crm.complaints.amend(id, category=chance.choice(["water", "gas"]))
        case 3:
            crm.complaints.note(id, text="looked into it")
        case 4:
            with crm.unit() as unit:
                found = [unit.get(Complaint, each) for each in chance.sample(ids, 2)]
                unit.save(complaints.amend(found[0], category=found[1].category or "gas", by=BY, at=MONDAY))
                key = f"{id}:{chance.randrange(1_000)}"
                unit.save(notices=[Notice(key=key, topic="t", recipient="r", kind="complaint", id=id)])
        case 5:
            with crm.store.unit(claiming=True) as unit:
                unit.settle(unit.claim("w", now=MONDAY, limit=5))
        case 6:
            with crm.store.unit(claiming=True) as unit:
                for taken in unit.take(Complaint, where("category") == "water", limit=2):
                    unit.save(complaints.amend(taken, category="gas", by=BY, at=MONDAY))
        case 7:
            list(crm.complaints.find(where("category") == "water", limit=10))
            crm.store.seal()
        case _:
            with crm.store.unit(Command(id=f"u-{chance.randrange(300)}", fingerprint="f")) as unit:
                if unit.outcome is None:
                    unit.save(recorded(f"r-{chance.getrandbits(60)}"))


__all__ = [
    "COUNTERS",
    "Lists",
    "Place",
    "Read",
    "add",
    "add_without_looking",
    "bustle",
    "deliver",
    "enqueue",
    "lists",
    "lists_without_holding",
    "recorded",
    "together",
    "without_revision",
    "work_apart",
]
