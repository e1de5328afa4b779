"""A store inside a host's SQLite transaction keeps the contract, however the host has set up its connection."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from servicecrm.errors import StoreUnavailable
from servicecrm.storage import SQLiteStore, install
from servicecrm.storage.joined import JoinedStore
from servicecrm.storage.store import EngineStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Joining


def plain(connection: sqlite3.Connection) -> None:
    """As Python gives it."""


def odd_factories(connection: sqlite3.Connection) -> None:
    connection.row_factory = lambda cursor, row: {column[0]: row[n] for n, column in enumerate(cursor.description)}
    connection.text_factory = bytes


def named_rows(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.isolation_level = None


def foreign_keys(connection: sqlite3.Connection) -> None:
    connection.isolation_level = "EXCLUSIVE"
    connection.execute("PRAGMA foreign_keys = ON")


class Host:
    """An application with a table and a connection of its own, set up in its own way."""

    def __init__(self, path: Path, set_up: Callable[[sqlite3.Connection], None]) -> None:
        SQLiteStore(path).close()
        self.connection = sqlite3.connect(path)
        self.connection.execute("CREATE TABLE host (text TEXT)")
        self.connection.commit()
        set_up(self.connection)

    def begin(self) -> None:
        self.connection.execute("BEGIN")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def join(self) -> EngineStore:
        return SQLiteStore.join(self.connection)

    def put(self, text: str) -> None:
        self.connection.execute("INSERT INTO host VALUES (?)", (text,))

    def texts(self) -> list[str]:
        cursor = self.connection.cursor()
        cursor.row_factory = None
        texts = [text for (text,) in cursor.execute("SELECT text FROM host")]
        return [text.decode() if isinstance(text, bytes) else text for text in texts]


@pytest.fixture(params=[plain, odd_factories, named_rows, foreign_keys])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "host.db", request.param)
    yield host
    host.connection.close()


class TestJoining(Joining):
    """Each test with each host."""

    def test_the_hosts_factories_stay_as_they_are(self, host: Host) -> None:
        before = (host.connection.row_factory, host.connection.text_factory, host.connection.isolation_level)
        host.begin()
        host.join().tenants()
        assert (host.connection.row_factory, host.connection.text_factory, host.connection.isolation_level) == before
        host.rollback()


class TestJoinedStore(StoreContract, Faults):
    """All that a store of its own does, inside the transaction of a host."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[JoinedStore]:
        host = Host(tmp_path / "host.db", odd_factories)
        host.begin()
        yield SQLiteStore.join(host.connection)
        host.connection.close()


@pytest.mark.parametrize("damage", ["DELETE FROM servicecrm_version", "UPDATE servicecrm_version SET version = 'one'"])
def test_a_host_whose_version_table_is_damaged_is_told(tmp_path: Path, damage: str) -> None:
    with closing(sqlite3.connect(tmp_path / "host.db")) as connection:
        install(connection)
        connection.execute("BEGIN")
        connection.execute(damage)
        with pytest.raises(StoreUnavailable, match="does not hold a version"):
            SQLiteStore.join(connection)
