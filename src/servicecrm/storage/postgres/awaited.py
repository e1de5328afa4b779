"""Transactions on PostgreSQL, awaited. `python tools/waited.py` makes the same ones for threads out of this module."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from servicecrm.errors import CommitOutcomeUnknown, ForkedStoreError, NoTransaction, StoreBusy, StoreUnavailable
from servicecrm.storage.aio import AsyncAnswer, finished
from servicecrm.storage.ports import Op
from servicecrm.storage.postgres.dialect import (
    POSTGRES,
    Isolation,
    begin,
    named,
    named_errors,
    placed,
    tenant_of,
)
from servicecrm.storage.statements import Rows, SQLTables, Statement, Statements
from servicecrm.storage.store import Mode

__all__ = ["AsyncJoinedPostgres", "AsyncPostgresEngine"]

Connection = psycopg.AsyncConnection[Any]

COPIED: Final = 10
"""From how many new rows on they are copied instead of inserted."""

APART: Final = frozenset({"next_number", "reserve_number"})
"""Requests that are committed at once and apart, so that units do not wait for each other's numbers."""


class AsyncPostgresEngine:
    """Transactions on pooled connections."""

    def __init__(
        self,
        url: str,
        *,
        schema: str | None,
        isolation: Isolation,
        tenants_apart: bool,
        readonly: bool,
        timeout: float,
        connections: int,
    ) -> None:
        self.timeout: float = timeout
        self.seals: bool = False
        self.joined: bool = False
        self._schema = schema
        self._isolation: Isolation = isolation
        self._tenants_apart = tenants_apart
        self._readonly = readonly
        self._process = os.getpid()
        self._closed = False
        self._apart = _Apart(url, schema, tenants_apart=tenants_apart, timeout=timeout)
        self._pool = AsyncConnectionPool(
            url,
            kwargs={"autocommit": True},  # transactions begin and end below, each in one statement
            configure=self._configure,
            min_size=1,
            max_size=connections,
            timeout=timeout,
            open=False,
        )

    async def open(self) -> None:
        """Open the first connection."""
        await self._pool.open()

    async def _configure(self, connection: Connection) -> None:
        await connection.execute("SELECT set_config('lock_timeout', %s, false)", (str(int(self.timeout * 1000)),))
        await connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
        """One transaction on a connection of the pool."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        start = begin("read" if self._readonly else mode, self._isolation, tenant if self._tenants_apart else None)
        connection = await self._begun(start)
        try:
            cursor = _cursor(connection)
            tables = SQLTables(tenant, POSTGRES)

            async def answer(op: Op) -> Any:
                if getattr(op, "method", "") in APART:
                    return await self._apart.answer(op, tables)
                return await _answer(cursor, op, tables, self._schema, copies=not self._tenants_apart)

            try:
                yield answer
                await finished(_commit(connection))
            except BaseException:
                await finished(_rollback(connection))
                raise
        finally:
            await finished(self._pool.putconn(connection))

    async def _begun(self, start: bytes) -> Connection:
        """A connection with a transaction; those that the server has closed meanwhile are passed over."""
        for left in reversed(range(self._pool.max_size + 1)):
            try:
                connection = await self._pool.getconn()
            except PoolTimeout as error:
                raise StoreBusy from error
            try:
                await connection.execute(start)
            except BaseException as error:
                await finished(_rollback(connection))
                lost = connection.closed and left
                await finished(self._pool.putconn(connection))
                if not isinstance(error, psycopg.Error):
                    raise
                if not lost:
                    raise named(error) from error
            else:
                return connection
        raise StoreUnavailable("the server has closed every connection")

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        if self._process == os.getpid():
            await self._apart.close()
            await self._pool.close()


class AsyncJoinedPostgres:
    """Units as savepoints on a host's connection, inside the transaction that the host has open."""

    def __init__(self, connection: Connection, *, schema: str | None) -> None:
        self.timeout: float = 0.0  # the host's connection waits as the host has set it
        self.seals: bool = False
        self.joined: bool = True
        self._connection = connection
        self._schema = schema
        self._closed = False
        self._process = os.getpid()
        self._in_transaction()

    def _in_transaction(self) -> None:
        if self._connection.closed:
            raise StoreUnavailable("the connection is closed")
        status = self._connection.info.transaction_status
        if status == psycopg.pq.TransactionStatus.INERROR:
            raise StoreUnavailable("your transaction has failed; roll it back, and begin another one")
        if status != psycopg.pq.TransactionStatus.INTRANS:
            raise NoTransaction

    async def version(self) -> int:
        """The version of the tables; 0 if there are none."""
        cursor = _cursor(self._connection)
        with named_errors():
            there = "SELECT 1 WHERE to_regclass('servicecrm_version') IS NOT NULL"
            if not await _fetched(cursor, there, (), self._schema):
                return 0
            ((version,),) = await _fetched(cursor, "SELECT max(version) FROM servicecrm_version", (), self._schema)
            return int(version or 0)

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
        """One savepoint; the host's transaction goes on whatever happens in it."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._in_transaction()
        cursor = _cursor(self._connection)
        tables = SQLTables(tenant, POSTGRES)
        with named_errors():
            await cursor.execute(b"SAVEPOINT servicecrm; " + tenant_of(tenant, local=True))
        try:
            # Copying would be refused where the host keeps tenants apart by row level security.
            yield lambda op: _answer(cursor, op, tables, self._schema, copies=False)
        except BaseException:
            if not self._connection.closed:
                with contextlib.suppress(psycopg.Error):
                    await finished(cursor.execute(b"ROLLBACK TO SAVEPOINT servicecrm; RELEASE SAVEPOINT servicecrm"))
            raise
        with named_errors():
            await finished(cursor.execute(b"RELEASE SAVEPOINT servicecrm"))

    async def close(self) -> None:
        """Refuse to work from now on; the connection is the host's."""
        self._closed = True


class _Apart:
    """One connection for what is committed at once.

    Its commits do not wait for the disk: the unit that uses a number does, and what comes before it in the log of the
    server is on the disk by then too.
    """

    def __init__(self, url: str, schema: str | None, *, tenants_apart: bool, timeout: float) -> None:
        self._url, self._schema, self._tenants_apart, self._timeout = url, schema, tenants_apart, timeout
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()

    async def answer(self, op: Op, tables: SQLTables) -> Any:
        """Put one request to the database, and commit."""
        async with self._lock:
            try:
                connection = await self._opened()
                cursor = _cursor(connection)
                if self._tenants_apart:
                    await cursor.execute(tenant_of(tables.tenant, local=False))
                return await _answer(cursor, op, tables, self._schema, copies=False)
            except BaseException:
                await self._given_up()
                raise

    async def _opened(self) -> Connection:
        if self._connection is None or self._connection.closed:
            with named_errors():
                self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                await self._connection.execute("SET synchronous_commit TO off")
                await self._connection.execute(
                    "SELECT set_config('lock_timeout', %s, false)", (str(int(self._timeout * 1000)),)
                )
        return self._connection

    async def _given_up(self) -> None:
        if self._connection is not None:
            await finished(self._connection.close())
            self._connection = None

    async def close(self) -> None:
        async with self._lock:
            await self._given_up()


def _cursor(connection: Connection) -> "psycopg.AsyncCursor[Any]":
    """A cursor of our own kind, however a host has set up its connection."""
    cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
    cursor.adapters.register_dumper(int, Int8Dumper)  # one prepared statement, not one for each size of numbers
    return cursor


async def _answer(
    cursor: "psycopg.AsyncCursor[Any]", op: Op, tables: SQLTables, schema: str | None, *, copies: bool
) -> Any:
    """Put one request to the database."""
    asked: Statement | Statements | Rows = op(tables)
    with named_errors():
        if isinstance(asked, Statement):
            return asked.shape(await _fetched(cursor, asked.sql, asked.parameters, schema))
        if isinstance(asked, Rows):
            if copies and len(asked.rows) >= COPIED:
                return await _copy(cursor, asked, schema)
            asked = asked.statements
        query, rows, shape = asked
        if len(rows) == 1:
            found = await _fetched(cursor, query, rows[0], schema)
            return None if shape is None else [shape(found)]
        if not rows:
            return None if shape is None else []
        await cursor.executemany(placed(query, schema), rows, returning=shape is not None)
        if shape is None:
            return None
        answers = [shape(await cursor.fetchall())]
        while cursor.nextset():
            answers.append(shape(await cursor.fetchall()))
        return answers


async def _fetched(
    cursor: "psycopg.AsyncCursor[Any]", query: str, parameters: Sequence[Any], schema: str | None
) -> list[Any]:
    await cursor.execute(placed(query, schema), parameters)
    return await cursor.fetchall() if cursor.description is not None else []


async def _copy(cursor: "psycopg.AsyncCursor[Any]", new: Rows, schema: str | None) -> None:
    columns = ", ".join(f'"{name}"' for name in new.columns)
    async with cursor.copy(placed(f"COPY {new.table} ({columns}) FROM STDIN", schema)) as copy:
        for row in new.rows:
            await copy.write_row(row)


async def _commit(connection: Connection) -> None:
    """Commit. An error that the server tells is a refusal; after any other one the outcome is unknown."""
    try:
        cursor = await connection.execute("COMMIT")
    except psycopg.Error as error:
        if connection.closed or error.sqlstate is None:
            raise CommitOutcomeUnknown(type(error).__name__) from error
        raise named(error) from error
    if cursor.statusmessage != "COMMIT":
        raise StoreUnavailable("PostgreSQL rolled this unit back after an error; nothing of it was saved")


async def _rollback(connection: Connection) -> None:
    """Roll back, if the connection still holds a transaction; the pool throws it away if that fails."""
    if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        with contextlib.suppress(psycopg.Error):
            await connection.execute("ROLLBACK")
