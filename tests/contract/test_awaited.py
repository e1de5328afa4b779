"""Stores that are awaited keep the contract too: in memory, on SQLite and on PostgreSQL."""  # C122, C123, C124

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage.aio import ThreadStore
from servicecrm.storage.memory import _Data
from servicecrm.storage.postgres import AsyncPostgresStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Tampering, Threads
from tests.contract.bridge import Bridge
from tests.servers import Postgres
from tests.stores import clean_schema


async def in_a_thread(store: MemoryStore | SQLiteStore) -> ThreadStore:
    return ThreadStore(store)


class TestAwaitedMemoryStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self) -> Iterator[Bridge]:
        with Bridge.to(lambda: in_a_thread(MemoryStore())) as store:
            yield store


class TestAwaitedSQLiteStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Bridge]:
        with Bridge.to(lambda: in_a_thread(SQLiteStore(tmp_path / "crm.db"))) as store:
            yield store


class TestAwaitedPostgresStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self, postgres: Postgres) -> Iterator[Bridge]:
        with (
            clean_schema(postgres) as schema,
            Bridge.to(lambda: AsyncPostgresStore.open(postgres.url, schema=schema)) as store,
        ):
            yield store


def test_the_bridge_shows_what_its_store_does_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    test = StoreContract().test_an_exception_in_the_block_takes_everything_back
    with Bridge.to(lambda: in_a_thread(MemoryStore())) as store:
        test(store)
    monkeypatch.setattr(_Data, "undo", lambda _: None)
    with Bridge.to(lambda: in_a_thread(MemoryStore())) as store, pytest.raises(AssertionError):
        test(store)
