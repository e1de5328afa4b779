"""Workers in processes of their own, who share one queue: SKIP LOCKED as we have it, beside plain FOR UPDATE.

Both sides run our programs; on the other one, rows that somebody else has locked are waited for. The first pair claims
notices; the second one takes complaints that are due and withdraws them, all in one unit. Every round empties the queue
of a tenant of its own, until nothing is left; at the end each notice must have been claimed exactly once, and each
complaint withdrawn once.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

import psycopg

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.postgres_tables import Table, copy_in, execute, installed, stored
from benchmarks.rounds import Comparison
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Notice
from servicecrm.storage.postgres import PostgresStore, waited
from servicecrm.storage.postgres.dialect import POSTGRES
from servicecrm.storage.store import EngineStore
from tests.servers import Postgres

__all__ = ["PLAIN", "claims"]

PLAIN = "plain FOR UPDATE"
BATCH, WORKERS = 20, 4
LATER = AT + timedelta(days=1)

Work = Callable[[EngineStore, str], int]


def claims(
    server: Postgres, *, rounds: int, notices: int = 20_000, due: int = 2_000, workers: int = WORKERS
) -> Iterator[Comparison]:
    """20,000 notices, then complaints that are due."""
    queued = [
        Notice(key=f"complaint:{n}:acknowledge:1", topic="acknowledge", recipient="south", kind="complaint", id=f"{n}")
        for n in range(notices)
    ]
    started = ComplaintRecorded(**stamp(BY, AT))
    new = [
        begin(evolve(open_complaint(f"complaint-{n:06}", f"CMP-2026-{n:06}"), due_at=AT), started) for n in range(due)
    ]
    with PostgresStore(server.url, schema=installed(server, "start")) as store:
        store.tenant("notices").atomically(lambda unit: unit.save(new[0], notices=queued))
        store.tenant("due").atomically(lambda unit: unit.save(*new))
        outbox = [table for table in stored(server, store.profile.schema, "notices") if table.name.endswith("outbox")]
        waiting = stored(server, store.profile.schema, "due")
    title = f"PostgreSQL: {workers} workers {{}} {BATCH} at once, each"
    yield from _comparison(
        server, title.format("claim notices"), _claim, outbox, count=notices, rounds=rounds, workers=workers
    )
    yield from _comparison(
        server, title.format("take due complaints"), _take, waiting, count=due, rounds=rounds, workers=workers
    )


def _claim(store: EngineStore, worker: str) -> int:
    return len(store.atomically(lambda unit: unit.claim(worker, now=LATER, limit=BATCH), claiming=True))


def _take(store: EngineStore, _: str) -> int:
    def withdraw(unit: Any) -> int:
        found = unit.take(Complaint, where("open").is_(True), where("due_at") <= LATER, order="due_at", limit=BATCH)
        unit.save(*(complaints.withdraw(each, reason="no longer wanted", by=BY, at=AT) for each in found))
        return len(found)

    return store.atomically(withdraw, claiming=True)


def _comparison(
    server: Postgres, title: str, work: Work, rows: list[Table], *, count: int, rounds: int, workers: int
) -> Iterator[Comparison]:
    with contextlib.ExitStack() as open:
        runs: dict[str, Callable[[int], object]] = {}
        schemas = []
        for name, skips in (("ours", True), ("plain", False)):
            schema = installed(server, name)
            schemas.append(schema)
            with psycopg.connect(server.url) as connection:
                for n in range(rounds + 1):
                    copy_in(connection.cursor(), schema, f"tenant-{n}", rows)
            execute(server, "VACUUM ANALYZE")
            runs[name] = open.enter_context(_team(server.url, schema, work, workers, skips=skips))
        yield Comparison(
            title=title, count=count, ours=runs["ours"], others={PLAIN: runs["plain"]}, targets={PLAIN: 1.3}
        )
        for schema in schemas:
            _check(server, schema, work)


def _check(server: Postgres, schema: str, work: Work) -> None:
    wrong = (
        f"SELECT count(*) FROM {schema}.servicecrm_outbox WHERE attempt <> 1"
        if work is _claim
        else f"SELECT count(*) FROM {schema}.servicecrm_complaint WHERE revision <> 2 OR state <> 'withdrawn'"
    )
    with psycopg.connect(server.url) as connection:
        ((left,),) = connection.execute(wrong.encode()).fetchall()
    assert left == 0, f"{left} rows were claimed twice, or not at all"


@contextlib.contextmanager
def _team(url: str, schema: str, work: Work, workers: int, *, skips: bool) -> Iterator[Callable[[int], object]]:
    """Processes that wait for the word to empty the next tenant's queue."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    try:
        for n in range(workers):
            mine, theirs = context.Pipe()
            asked = {"work": work, "worker": f"worker-{n}", "skips": skips}
            process = context.Process(target=_member, args=(theirs, url, schema), kwargs=asked)
            process.start()
            theirs.close()
            pipes.append(mine)
            processes.append(process)
        for pipe in pipes:
            pipe.recv()
        tenants = (f"tenant-{n}" for n in range(1_000_000))

        def empty(count: int) -> None:
            tenant = next(tenants)
            for pipe in pipes:
                pipe.send(tenant)
            done = sum(pipe.recv() for pipe in pipes)
            assert done == count, f"{done} of {count} were claimed"

        yield empty
    finally:
        for pipe in pipes:
            pipe.close()  # and they end
        for process in processes:
            process.join()


def _member(pipe: Connection, url: str, schema: str, *, work: Work, worker: str, skips: bool) -> None:
    with (
        patch.object(waited, "POSTGRES", POSTGRES if skips else POSTGRES._replace(skip_locked=" FOR UPDATE")),
        PostgresStore(url, schema=schema, connections=1) as store,
        contextlib.suppress(EOFError),
    ):
        store.tenants()
        pipe.send("ready")
        while True:
            pipe.send(_emptied(store.tenant(pipe.recv()), work, worker))


def _emptied(store: EngineStore, work: Work, worker: str) -> int:
    """Claim until there is nothing left. One that waited for a lock may come back with nothing while others are free,
    so it asks again."""
    claimed, empty = 0, 0
    while empty < 2:
        found = work(store, worker)
        claimed += found
        empty = 0 if found else empty + 1
    return claimed
