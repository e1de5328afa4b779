"""Stores on PostgreSQL for tests, quickly: the tables of one schema serve many tests, one after the other."""

import contextlib
from collections.abc import Iterator

import psycopg

from servicecrm.storage.postgres.opening import install
from tests.servers import Postgres

__all__ = ["clean_schema", "execute"]

_free: dict[str, list[str]] = {}


@contextlib.contextmanager
def clean_schema(server: Postgres) -> Iterator[str]:
    """The name of a schema that holds the tables of servicecrm and no rows."""
    free = _free.setdefault(server.url, [])
    if free:
        name = free.pop()
    else:
        name = server.schema()
        with psycopg.connect(server.url) as connection:
            install(connection, schema=name)
    yield name
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'servicecrm_version'"
    with psycopg.connect(server.url) as connection:
        for (table,) in connection.execute(tables, (name,)).fetchall():
            connection.execute(f"DELETE FROM {name}.{table}".encode())
        connection.execute(f"ALTER SEQUENCE {name}.servicecrm_outbox_places RESTART".encode())
    free.append(name)


def execute(server: Postgres, statement: str) -> None:
    """Run a statement as the owner of everything."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())
