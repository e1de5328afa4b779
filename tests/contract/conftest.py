"""What the contract needs of our own stores to make them fail, to edit their rows, and to play their host."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from servicecrm.storage import SQLiteStore
from servicecrm.storage.aio import AsyncAnswer, AsyncEngineStore
from servicecrm.storage.journal import EntryRow, SealRow
from servicecrm.storage.memory import MemoryTables
from servicecrm.storage.ports import Op
from servicecrm.storage.postgres import AsyncPostgresStore, PostgresStore
from servicecrm.storage.store import Answer, EngineStore, Mode
from tests.contract.bridge import Bridge


@pytest.fixture
def fail_at(
    store: EngineStore | Bridge, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], AbstractContextManager[object]]:
    """Makes the k-th request to the tables of a store fail."""
    if isinstance(store, Bridge):
        return _fail_at_awaited(store.awaited, monkeypatch)
    transaction = store.engine.transaction

    @contextlib.contextmanager
    def fail_at(k: int) -> Iterator[None]:
        requests = iter(range(1, 1_000))

        @contextlib.contextmanager
        def failing(tenant: str, mode: Mode) -> Iterator[Answer]:
            with transaction(tenant, mode) as answer:

                def counted(op: Op) -> Any:
                    if next(requests) == k:
                        raise OSError("the k-th request fails")
                    return answer(op)

                yield counted

        with monkeypatch.context() as patch:
            patch.setattr(store.engine, "transaction", failing)
            yield

    return fail_at


def _fail_at_awaited(
    store: AsyncEngineStore, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], AbstractContextManager[object]]:
    transaction = store.engine.transaction

    @contextlib.contextmanager
    def fail_at(k: int) -> Iterator[None]:
        requests = iter(range(1, 1_000))

        @contextlib.asynccontextmanager
        async def failing(tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
            async with transaction(tenant, mode) as answer:

                async def counted(op: Op) -> Any:
                    if next(requests) == k:
                        raise OSError("the k-th request fails")
                    return await answer(op)

                yield counted

        with monkeypatch.context() as patch:
            patch.setattr(store.engine, "transaction", failing)
            yield

    return fail_at


@pytest.fixture
def raw(store: EngineStore | Bridge, request: pytest.FixtureRequest) -> "MemoryJournal | SQLJournal":
    """The rows of the journal, behind the store."""
    behind = store.behind if isinstance(store, Bridge) else store
    if isinstance(behind, SQLiteStore):
        return SQLJournal(lambda: sqlite3.connect(behind.path), "?")
    if isinstance(behind, PostgresStore | AsyncPostgresStore):
        url, path = request.getfixturevalue("postgres").url, f"-c search_path={behind.profile.schema}"
        return SQLJournal(lambda: psycopg.connect(url, options=path), "%s")
    assert isinstance(behind, EngineStore)
    return MemoryJournal(behind)


class MemoryJournal:
    """The rows of a memory store's journal."""

    def __init__(self, store: EngineStore) -> None:
        self._store = store

    def _tables(self) -> MemoryTables:
        return MemoryTables(self._store.engine._data, "default")  # type: ignore[attr-defined]

    def read(self) -> tuple[list[EntryRow], list[SealRow]]:
        tables = self._tables()
        return tables.entries_after(("", "", 0), 1_000), tables.seals_after(0, 1_000)

    def write(self, entries: Sequence[EntryRow], seals: Sequence[SealRow]) -> None:
        data = self._store.engine._data  # type: ignore[attr-defined]
        for name, table in data.tables.items():
            if name[:2] in {("default", part) for part in ("journal", "journals", "sealed", "seals", "last seal")}:
                table.clear()
        tables = self._tables()
        tables.append(sorted(entries, key=lambda row: (row.kind, row.id, row.n)))
        for seal in seals:
            tables.add_seal(seal)


class SQLJournal:
    """The rows of the journal of a store in a database."""

    def __init__(self, connect: Callable[[], Any], mark: str) -> None:
        self._connect, self._mark = connect, mark

    def read(self) -> tuple[list[EntryRow], list[SealRow]]:
        with contextlib.closing(self._connect()) as connection:
            entries = connection.execute(f"SELECT {_names(EntryRow)} FROM servicecrm_journal ORDER BY kind, id, n")
            entries = [EntryRow(*row) for row in entries]
            seals = connection.execute(f"SELECT {_names(SealRow)} FROM servicecrm_seals ORDER BY n")
            return entries, [SealRow(*row) for row in seals]

    def write(self, entries: Sequence[EntryRow], seals: Sequence[SealRow]) -> None:
        with contextlib.closing(self._connect()) as connection, connection:
            for table, shape, rows in (
                ("servicecrm_journal", EntryRow, entries),
                ("servicecrm_seals", SealRow, seals),
            ):
                connection.execute(f"DELETE FROM {table}")
                marks = ", ".join(self._mark for _ in shape._fields)
                connection.cursor().executemany(
                    f"INSERT INTO {table} (tenant, {_names(shape)}) VALUES ('default', {marks})", rows
                )


def _names(shape: type[Any]) -> str:
    return ", ".join(f'"{name}"' for name in shape._fields)
