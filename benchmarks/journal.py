"""What the journal costs on PostgreSQL: `python -m benchmarks.journal`.

Eight processes save units, each on records of its own, with the journal and without it, while another process seals.
The server waits for the disk. Without the journal nothing is read of it or written to it, and the rest is the same.
"""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from statistics import median
from time import perf_counter
from typing import Any, Final
from unittest.mock import patch

import psycopg

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.rounds import ROUNDS, Comparison, Contender, Result, compare
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.journal import START
from servicecrm.storage.ports import Program
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.rows import Change
from servicecrm.storage.statements import SQLTables, Statements
from servicecrm.storage.store import EngineStore
from servicecrm.storage.work import Work
from tests.servers import Postgres

__all__ = ["TARGET", "measured", "statements"]

TARGET: Final = 0.8
WRITERS: Final = 8
RECORDS: Final = 50
"""How many records each writer has."""
SEALED, UNSEALED, WITHOUT = "journal, sealed meanwhile", "journal, never sealed", "no journal"
"""The contenders, which are tenants of one store."""
PAUSE: Final = 0.1
"""Seconds from one sealing to the next."""


def nothing(_self: Work, _saves: object) -> Program[None]:
    """What is written down without a journal."""
    yield from ()


@contextmanager
def without_journal() -> Iterator[None]:
    """Nothing is written down, and the update does not tell where the chain of a record ends."""
    asking = SQLTables.update

    def update(self: SQLTables, kind: Kind[Any], changes: Sequence[Change]) -> Statements:
        sql, rows, _ = asking(self, kind, changes)
        return Statements(sql[: sql.index(" RETURNING")] + " RETURNING 1", [row[:-6] for row in rows], lambda _: START)

    with patch.object(Work, "_write_down", nothing), patch.object(SQLTables, "update", update):
        yield


def step(id: str) -> Callable[[Work], Program[None]]:
    """A unit: a complaint is read, forwarded, and saved."""

    def forwarded(work: Work) -> Program[None]:
        complaint = yield from work.get(Complaint, id)
        handler = "north" if complaint.handler == "south" else "south"
        yield from work.save(complaints.forward(complaint, handler, by=BY, at=AT))

    return forwarded


def write(url: str, n: int, orders: Connection) -> None:
    """A writer: gets orders, says how often a unit had to be run again."""
    ids = [f"{n}-{k}" for k in range(RECORDS)]
    with PostgresStore(url, connections=1, timeout=600) as store:
        for tenant in (SEALED, UNSEALED, WITHOUT):
            with store.tenant(tenant).unit() as unit:
                unit.save(*(begin(open_complaint(id, f"CMP-{id}"), ComplaintRecorded(**stamp(BY, AT))) for id in ids))
        orders.send(0)
        while order := orders.recv():
            tenant, count = order
            orders.send(_units(store.tenant(tenant), ids, count))


def _units(store: EngineStore, ids: list[str], count: int) -> int:
    runs = 0

    def counted(program: Callable[[Work], Program[None]]) -> Callable[[Work], Program[None]]:
        def run(work: Work) -> Program[None]:
            nonlocal runs
            runs += 1
            return program(work)

        return run

    with without_journal() if store.name == WITHOUT else ExitStack():
        for n in range(count):
            store.perform(counted(step(ids[n % len(ids)])))
    return runs - count


def seal(url: str, wanted: Event, over: Event) -> None:
    """Seal now and then, as a worker does."""
    with PostgresStore(url, connections=1, timeout=600) as store:
        while not over.wait(PAUSE):
            if wanted.is_set():
                store.tenant(SEALED).seal()


@contextmanager
def writers(url: str) -> Iterator[tuple[dict[str, Contender], Counter[str]]]:
    """Processes that are ready to write: a contender for each tenant, and how often units had to be run again."""
    context = get_context("spawn")
    wanted, over = context.Event(), context.Event()
    pipes = [context.Pipe() for _ in range(WRITERS)]
    processes = [context.Process(target=write, args=(url, n, there), daemon=True) for n, (_, there) in enumerate(pipes)]
    processes.append(context.Process(target=seal, args=(url, wanted, over), daemon=True))
    again: Counter[str] = Counter()

    def contender(tenant: str) -> Contender:
        def work(count: int) -> None:
            if tenant != UNSEALED:  # beside the other one it runs too, and finds nothing
                wanted.set()
            for here, _ in pipes:
                here.send((tenant, count // WRITERS))
            again[tenant] += sum(here.recv() for here, _ in pipes)
            wanted.clear()

        return work

    for process in processes:
        process.start()
    try:
        for here, _ in pipes:
            here.recv()
        yield {tenant: contender(tenant) for tenant in (SEALED, UNSEALED, WITHOUT)}, again
    finally:
        for here, _ in pipes:
            here.send(None)
        over.set()
        for process in processes:
            process.join()


def measured(url: str, *, count: int = 2_400, rounds: int = ROUNDS) -> tuple[Result, Counter[str]]:
    """The journal beside none: so many units in a round, of all writers together."""
    with PostgresStore(url) as store, writers(url) as (contenders, again):
        ours = contenders.pop(SEALED)
        result = compare(
            Comparison(title=SEALED, count=count, ours=ours, others=contenders, targets={WITHOUT: TARGET}),
            rounds=rounds,
        )
        journal = store.tenant(SEALED)
        journal.seal()
        entries = WRITERS * (RECORDS + (rounds + 1) * (count // WRITERS))
        assert journal.verify(journal.head()) == entries, "something was not written"
    return result, again


def statements(url: str, tenant: str, *, units: int = 200) -> list[tuple[str, float]]:
    """What one writer tells the server in a unit, and the median microseconds for each."""
    told: list[tuple[str, float]] = []
    taken: list[list[tuple[str, float]]] = []
    execute: Any = psycopg.Cursor.execute

    def timed(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        start = perf_counter()
        try:
            return execute(cursor, query, *arguments, **options)
        finally:
            told.append((_short(query), (perf_counter() - start) * 1e6))

    with PostgresStore(url, connections=1) as store, patch.object(psycopg.Cursor, "execute", timed):
        for n in range(units):
            told.clear()
            _units(store.tenant(tenant), [f"0-{n % RECORDS}"], 1)
            taken.append([*told])
    taken = [each for each in taken if len(each) == len(taken[-1])]
    return [(steps[0][0], median(time for _, time in steps)) for steps in zip(*taken, strict=True)]


def _short(query: str | bytes) -> str:
    words = (query.decode() if isinstance(query, bytes) else query).split()
    tables = [word for word in words if "servicecrm_" in word]
    return " ".join([words[0], *tables[:1]])


def main() -> None:
    with Postgres(own=True, durable=True) as server:
        with closing(psycopg.connect(server.url)) as connection:
            version = connection.info.server_version // 10_000
        print(f"Python {platform.python_version()}, psycopg {psycopg.__version__}, PostgreSQL {version}, fsync on")
        print(f"{WRITERS} processes, each on {RECORDS} complaints of its own: one is read, forwarded and saved.")
        print(f"Medians of {ROUNDS} rounds in which all take turns, after one to warm up; sealed every {PAUSE} s.\n")
        result, again = measured(server.url)
        print(f"{'':30}{'units/s':>10}{'ratio':>8}{'target':>9}{'run again':>12}")
        print(f"{SEALED:30}{1e6 / result.ours:>10.0f}{'':17}{again[SEALED]:>12}")
        for name, taken in result.others.items():
            target = f">={TARGET:g}" if name == WITHOUT else ""
            missed = "  missed" if name in result.missed else ""
            print(f"{name:30}{1e6 / taken:>10.0f}{result.ratios[name]:>8.2f}{target:>9}{again[name]:>12}{missed}")
        for tenant in (SEALED, WITHOUT):
            print(f"\n{tenant}: what one writer alone tells the server in a unit, µs")
            for statement, time in statements(server.url, tenant):
                print(f"  {statement:56}{time:>10.0f}")


if __name__ == "__main__":
    main()
