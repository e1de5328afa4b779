"""Two databases with our tables in them, and room for a host's own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from servicecrm.storage import SQLiteStore
from tests.servers import Postgres
from tests.stores import clean_schema


class Server(NamedTuple):
    """A PostgreSQL database in which the host's tables and ours have a schema each."""

    url: str
    host: str
    ours: str


@pytest.fixture
def server(postgres: Postgres) -> Iterator[Server]:
    host = postgres.schema()
    with clean_schema(postgres) as ours:
        with psycopg.connect(postgres.url) as connection:
            connection.execute(f"CREATE SCHEMA {host}".encode())
        yield Server(postgres.url, host, ours)
        postgres.drop(host)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite file with our tables."""
    path = tmp_path / "host.db"
    with closing(SQLiteStore(path)):
        return path
