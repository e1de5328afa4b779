"""Many records at once into PostgreSQL, beside COPY of the rows that come out.

COPY is given rows that are ready, for the same tables with the same indexes, in one transaction; it checks and
computes nothing. Every round is for a tenant of its own, so that both sides' tables grow alike.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.postgres_tables import Table, copy_in, installed, stored
from benchmarks.rounds import Comparison
from servicecrm import connect
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import Decision, begin, stamp
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.store import EngineStore
from tests.servers import Postgres

__all__ = ["COPY", "decisions", "loads"]

COPY = "COPY of the same rows"


def decisions(records: int) -> list[Decision[Complaint]]:
    """New complaints, decided and not saved yet."""
    started = ComplaintRecorded(**stamp(BY, AT))
    return [begin(open_complaint(f"complaint-{n:06}", f"CMP-2026-{n:06}"), started) for n in range(records)]


def loads(server: Postgres, *, records: int = 1_000) -> Iterator[Comparison]:
    """Decisions saved in one unit; and a whole export read, checked, put in, sealed and verified."""
    new = decisions(records)

    def saved(store: EngineStore) -> None:
        store.atomically(lambda unit: unit.save(*new))

    with PostgresStore(server.url, schema=installed(server, "start")) as store:
        saved(store)
        exported = io.StringIO()
        connect(store).export(exported)

    def imported(store: EngineStore) -> None:
        connect(store).import_(io.StringIO(exported.getvalue()))

    yield from _comparison(server, f"{records:,} decisions saved in a unit", saved, records)
    yield from _comparison(server, f"import of {records:,} complaints, verified", imported, records)


def _comparison(
    server: Postgres, title: str, load: Callable[[EngineStore], None], records: int
) -> Iterator[Comparison]:
    schemas = installed(server, "ours"), installed(server, "copied")
    with (
        PostgresStore(server.url, schema=schemas[0]) as store,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        load(store.tenant("first"))
        rows = stored(server, schemas[0], "first")
        with connection.transaction():
            copy_in(connection.cursor(), schemas[1], "first", rows)
        tenants = (f"tenant-{n}" for n in range(1_000_000))
        others = (f"tenant-{n}" for n in range(1_000_000))

        def ours(count: int) -> None:
            for _ in range(count):
                load(store.tenant(next(tenants)))

        def copy(count: int) -> None:
            for _ in range(count):
                _copied(connection, schemas[1], next(others), rows)

        yield Comparison(
            title=f"PostgreSQL: {title}, each",
            count=1,
            per=records,
            ours=ours,
            others={COPY: copy},
            targets={COPY: 0.6},
        )


def _copied(connection: psycopg.Connection[Any], schema: str, tenant: str, rows: list[Table]) -> None:
    with connection.transaction():
        copy_in(connection.cursor(), schema, tenant, rows)
