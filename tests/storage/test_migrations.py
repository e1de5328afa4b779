"""A store of version 1 is brought up to date on request, with everything that it holds."""  # C123, C094

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from servicecrm.errors import SchemaTooOld
from servicecrm.storage import SQLiteStore
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.postgres import PostgresStore, install
from servicecrm.storage.schema import migration, tables
from servicecrm.storage.store import EngineStore
from servicecrm.testing.makers import MONDAY
from tests.servers import Postgres
from tests.stores import execute

FILL = """
INSERT INTO servicecrm_version VALUES (1);
INSERT INTO servicecrm_tenants VALUES ('default');
INSERT INTO servicecrm_outbox (tenant, key, place, topic, recipient, kind, record, body, attempt, delivered_at)
VALUES ('default', 'told', 1, 'mail', 'water', 'complaint', 'c-1', '{}', 1, 7),
       ('default', 'waits', 2, 'mail', 'water', 'complaint', 'c-1', '{}', 3, NULL)
"""

Open = Callable[..., EngineStore]


@pytest.fixture(params=["sqlite", "postgres"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a store that version 1 has made."""
    if request.param == "sqlite":
        path = tmp_path / "crm.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in (*migration("sqlite", 1), *FILL.split(";")):
                connection.execute(statement)
        yield lambda **options: SQLiteStore(path, **options)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        schema = server.schema()
        execute(
            server,
            ";\n".join((f"CREATE SCHEMA {schema}; SET search_path TO {schema}", *migration("postgres", 1), FILL)),
        )
        yield lambda **options: PostgresStore(server.url, schema=schema, **options)


def test_it_is_refused_until_it_is_brought_up_to_date(old: Open) -> None:
    for readonly in (False, True):
        with pytest.raises(SchemaTooOld, match="migrate=True"):
            old(readonly=readonly)
    old(migrate=True).close()
    old().close()


def test_its_notices_wait_and_can_fail(old: Open) -> None:
    with old(migrate=True) as store:
        (held,) = store.atomically(lambda unit: unit.claim("w", now=MONDAY), claiming=True)
        assert (held.notice.key, held.attempt) == ("waits", 4)
        store.atomically(lambda unit: unit.settle([held], delivered=False, dead=True), claiming=True)
    with old(migrate=True) as store:
        counts = store.perform(lambda work: work.queue_counts(), readonly=True)
        assert (counts.delivered, counts.failed, counts.oldest) == (1, 1, None)


def test_the_migrations_lead_to_the_tables_of_the_shipped_kinds_on_postgresql(postgres: Postgres) -> None:
    """Those for SQLite are compared in `test_files`."""
    migrated, declared = postgres.schema(), postgres.schema()
    with psycopg.connect(postgres.url) as connection:
        install(connection, schema=migrated)
        connection.execute(f"CREATE SCHEMA {declared}; SET search_path TO {declared}".encode())
        connection.execute(tables(SHIPPED, "postgres").encode())
        found = made(connection, migrated)
        assert len(found) > 100
        assert found == made(connection, declared)


def made(connection: psycopg.Connection[Any], schema: str) -> list[tuple[Any, ...]]:
    """The columns, in whatever order, the indexes and the sequences of a schema."""
    columns = (
        "SELECT table_name, column_name, data_type, collation_name, is_nullable"
        " FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2"
    )
    indexes = "SELECT replace(indexdef, schemaname, '') FROM pg_indexes WHERE schemaname = %s ORDER BY 1"
    sequences = "SELECT sequencename FROM pg_sequences WHERE schemaname = %s ORDER BY 1"
    return [row for query in (columns, indexes, sequences) for row in connection.execute(query, (schema,))]
