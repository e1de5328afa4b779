"""Empty stores of every kind, by what `connect` and the command line take."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from servicecrm.desk import Desk
from tests.servers import Postgres
from tests.stores import clean_schema

__all__ = ["STORES", "empty_store", "empty_tables", "gaps", "url_of"]

STORES = ("memory", "sqlite", "postgres")


def url_of(server: Postgres, schema: str) -> str:
    """The URL of one schema of a server."""
    return f"{server.url}{'&' if '?' in server.url else '?'}options={quote(f'-csearch_path={schema}')}"


@contextlib.contextmanager
def empty_tables(server: Postgres) -> Iterator[str]:
    """The URL of a schema that holds the tables of servicecrm and no rows."""
    with clean_schema(server) as schema:
        yield url_of(server, schema)


@contextlib.contextmanager
def empty_store(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """What to connect to for an empty store of a kind."""
    if kind == "postgres":
        with empty_tables(request.getfixturevalue("postgres")) as url:
            yield url
    else:
        yield "memory:" if kind == "memory" else str(folder / "crm.db")


def gaps(crm: Desk) -> bool:
    """May a unit that was not saved have used up a number? On PostgreSQL, where units do not wait for each other."""
    return not crm.store.engine.seals
