"""A page of a list, from 10,000 complaints to a million: it should not matter how many there are.

The documents are those of a real complaint; 20 handlers share them, one in five is open, and the pages hold 50. The
rows are copied in, then the indexes are made, as a restored backup does it.
"""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.postgres_tables import installed
from benchmarks.rounds import Comparison, repeated
from servicecrm import complaints
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.storage import cursors
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.rows import Position
from tests.servers import Postgres

__all__ = ["FLAT", "SIZES", "filled", "lists"]

SIZES = (10_000, 100_000, 1_000_000)
HANDLERS, PAGE = 20, 50
FLAT = 1 / 1.5
"""A page of the largest list takes at most half as long again as one of the smallest."""

OPEN = where("open").is_(True)
MINE = (where("handler") == "handler-7") & OPEN


def lists(server: Postgres, *, sizes: tuple[int, ...] = SIZES) -> Iterator[Comparison]:
    """The first page of two lists and a later one; the largest store first, the others beside it."""
    stores = {}
    try:
        for size in sizes:
            stores[size] = PostgresStore(server.url, schema=filled(server, size))
        *others, largest = sizes
        for title, filters, depth in (
            ("open complaints by due date, first page", OPEN, 0.0),
            ("a handler's worklist, first page", MINE, 0.0),
            ("a handler's worklist, half way", MINE, 0.5),
            ("open complaints by due date, half way", OPEN, 0.5),
        ):
            pages = {size: _page(stores[size], filters, depth) for size in sizes}
            yield Comparison(
                title=f"{title}, of {largest:,}",
                count=20 if depth == 0.0 else 3,
                ours=repeated(pages[largest]),
                others={f"of {size:,}": repeated(pages[size]) for size in others},
                targets={f"of {others[0]:,}": FLAT} if depth == 0.0 else {},
            )
    finally:
        for store in stores.values():
            store.close()


def _page(store: PostgresStore, filters: Filter, depth: float) -> Callable[[], object]:
    """Reads one page, that far into the list."""
    after = None
    if depth:
        # The cursor that the page before would have given.
        query = _nth(store.profile.schema, mine=filters is MINE)
        with psycopg.connect(store.engine._pool._pool.conninfo) as connection:  # type: ignore[attr-defined]
            total = store.atomically(lambda unit: unit.count(Complaint, filters), readonly=True)
            ((due, id),) = connection.execute(query, ("default", int(total * depth))).fetchall()
        after = cursors.write("due_at", Position(due, id))

    def read() -> None:
        page = store.atomically(
            lambda unit: unit.find(Complaint, filters, order="due_at", limit=PAGE, after=after), readonly=True
        )
        assert page.items

    return read


def _nth(schema: str, *, mine: bool) -> bytes:
    whose = "AND handler = 'handler-7' " if mine else ""
    return (
        f"SELECT due_at, id FROM {schema}.servicecrm_complaint WHERE tenant = %s {whose}AND open = 1 "
        "ORDER BY due_at, id LIMIT 1 OFFSET %s"
    ).encode()


def filled(server: Postgres, size: int) -> str:
    """A schema with that many complaints, the same ones every time."""
    schema = installed(server, f"size{size}")
    table = f"{schema}.servicecrm_complaint"
    with psycopg.connect(server.url) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = 'servicecrm_complaint'"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
            (schema,),
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {schema}.{name}".encode())
        columns = ("tenant", "id", "revision", "schema", "document", *COMPLAINT.index_of(open_complaint()))
        listed = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor().copy(f"COPY {table} ({listed}) FROM STDIN".encode()) as copy:
            for row in _rows(size):
                copy.write_row(row)
        for _, definition in indexes:
            connection.execute(definition.encode())
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {table}".encode())
    return schema


def _rows(size: int) -> Iterator[tuple[Any, ...]]:
    """Rows as a store writes them; only what differs is put into a text that was made once."""
    chance = random.Random(size)
    for_all = open_complaint("@id@", "CMP-2026-@n@")
    kinds = {
        state: evolve(for_all, handler="@handler@", due_at=AT)
        if state == "open"
        else evolve(complaints.withdraw(for_all, reason="solved", by=BY, at=AT).after, handler="@handler@", due_at=AT)
        for state in ("open", "closed")
    }
    made = {state: (COMPLAINT.schema.text(each), COMPLAINT.index_of(each)) for state, each in kinds.items()}
    for n in range(size):
        text, columns = made["open" if chance.random() < 0.2 else "closed"]
        id, number, handler = f"complaint-{n:07}", f"CMP-2026-{n:07}", f"handler-{chance.randrange(HANDLERS)}"
        due = AT + timedelta(minutes=chance.randrange(525_600))
        received = due - timedelta(days=14)
        document = (
            text.replace("@id@", id)
            .replace("CMP-2026-@n@", number)
            .replace("@handler@", handler)
            .replace(f'"due_at":"{AT.isoformat()}"', f'"due_at":"{due.isoformat()}"')
        )
        own = {**columns, "number": number, "handler": handler, "due_at": micros(due), "received_at": micros(received)}
        own["customer"] = f"customer-{chance.randrange(size // 10 + 1)}"
        own["search"] = str(columns["search"]).replace("cmp-2026-@n@", number.lower())
        yield ("default", id, 1, 1, document, *own.values())
