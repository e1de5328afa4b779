"""Schemas with the tables of a store, and their rows: read, copied in, copied over."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import psycopg

from servicecrm.storage.postgres.opening import install
from tests.servers import Postgres

__all__ = ["Table", "copied", "copy_in", "execute", "installed", "placed_tables", "stored"]


class Table(NamedTuple):
    """A table of a tenant's rows; each begins with the tenant, which is not in `rows`."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def installed(server: Postgres, name: str) -> str:
    """A new schema with the tables of servicecrm; the name only begins like that."""
    schema = f"{name}_{server.schema()}"
    with psycopg.connect(server.url) as connection:
        install(connection, schema=schema)
    return schema


def execute(server: Postgres, statement: str) -> None:
    """Run a statement as the owner of everything."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def placed_tables(connection: psycopg.Connection[Any], schema: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables of a schema that hold tenants' rows, with their columns, the tenant first."""
    names = connection.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name <> 'servicecrm_version' GROUP BY table_name ORDER BY table_name",
        (schema,),
    ).fetchall()
    for table, columns in names:
        assert columns[0] == "tenant"
        yield table, tuple(columns)


def stored(server: Postgres, schema: str, tenant: str) -> list[Table]:
    """All rows of a tenant."""
    with psycopg.connect(server.url) as connection:
        found = []
        for table, columns in placed_tables(connection, schema):
            listed = ", ".join(f'"{column}"' for column in columns[1:])
            query = f"SELECT {listed or 'NULL'} FROM {schema}.{table} WHERE tenant = %s"
            rows = connection.execute(query.encode(), (tenant,)).fetchall()
            found.append(Table(table, columns, rows if listed else [() for _ in rows]))
        return [table for table in found if table.rows]


def copy_in(cursor: psycopg.Cursor[Any], schema: str, tenant: str, tables: Iterable[Table]) -> None:
    """COPY rows into the tables of a schema, for a tenant."""
    for table in tables:
        listed = ", ".join(f'"{column}"' for column in table.columns)
        with cursor.copy(f"COPY {schema}.{table.name} ({listed}) FROM STDIN".encode()) as copy:
            for row in table.rows:
                copy.write_row((tenant, *row))


def copied(server: Postgres, source: str, target: str) -> None:
    """Put all rows of a schema into the empty tables of another one."""
    with psycopg.connect(server.url) as connection:
        for table, columns in placed_tables(connection, source):
            listed = ", ".join(f'"{column}"' for column in columns)
            statement = f"INSERT INTO {target}.{table} ({listed}) SELECT {listed} FROM {source}.{table}"
            connection.execute(statement.encode())
