"""Transactions on PostgreSQL, awaited. `python tools/waited.py` makes the same ones for threads out of this module."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from servicecrm.errors import (
    CommitOutcomeUnknown,
    ForkedStoreError,
    NoTransaction,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.storage.aio import AsyncAnswer, finished
from servicecrm.storage.joined import AsyncPlace
from servicecrm.storage.ports import Op
from servicecrm.storage.postgres.dialect import (
    ADAPTERS,
    COPIES,
    POSTGRES,
    Isolation,
    begin,
    named,
    named_errors,
    placed,
    tenant_of,
)
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.statements import Rows, SQLTables, Statement, Statements
from servicecrm.storage.store import AskedMore, Mode

__all__ = ["AsyncJoinedPostgres", "AsyncOwnCursor", "AsyncPostgresEngine"]

Connection = psycopg.AsyncConnection[Any]
Cursor = psycopg.AsyncCursor[Any]

COPIED: Final = 10
"""From how many new rows on they are copied instead of inserted."""

APART: Final = frozenset({"next_number", "reserve_number"})
"""Requests that are committed at once and apart, so that units do not wait for each other's numbers."""

FEW: Final = 8
"""Up to how many statements are sent one by one, which takes hardly longer than sending them all at once."""


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
        self.holds: bool = isolation != "serializable"
        self.joined: bool = False
        # What serializable units see is for the server to judge, and who keeps tenants apart says in each whose it is.
        self.glances: bool = isolation != "serializable" and not tenants_apart
        self._schema = schema
        self._isolation: Isolation = isolation
        self._tenants_apart = tenants_apart
        self._readonly = readonly
        self._process = os.getpid()
        self._closed = False
        self._pool = _Pool(url, timeout=timeout, connections=connections)
        # Of its own, or units that hold every connection would wait for one more.
        self._apart = _Pool(url, timeout=timeout, connections=min(2, connections))

    async def open(self) -> None:
        """Open the first connection."""
        await self._pool.open()
        await self._apart.open()

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
        """One transaction on a connection of the pool."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if mode == "glance":
            async with self._glance(tenant) as once:
                yield once
            return
        start = begin("read" if self._readonly else mode, self._isolation, tenant if self._tenants_apart else None)
        cursor = await self._pool.begun(start)
        try:
            tables = SQLTables(tenant, POSTGRES)
            # Copying is refused where row level security keeps tenants apart.
            session = _Session(cursor, tables, self._schema, copies=not self._tenants_apart)

            numbered = False  # has the unit put numbers itself, which nobody else sees before its end?

            async def answer(op: Op) -> Any:
                nonlocal numbered
                method = getattr(op, "method", "")
                numbered = numbered or method == "put_numbers"
                if method in APART and not numbered:
                    return await self._at_once(op, tables)
                return await session.answer(op, tables)

            try:
                yield answer
                await session.send()
                await finished(_commit(cursor))
            except BaseException:
                await finished(_rollback(cursor))
                raise
        finally:
            await finished(self._pool.put_back(cursor))

    @contextlib.asynccontextmanager
    async def _glance(self, tenant: str) -> AsyncIterator[AsyncAnswer]:
        """One question without a transaction: its answer is of one moment anyway, and comes sooner."""
        cursor = await self._pool.taken()
        try:
            tables = SQLTables(tenant, POSTGRES)
            session = _Session(cursor, tables, self._schema, copies=False)
            asked = False

            async def answer(op: Op) -> Any:
                nonlocal asked
                if asked or getattr(op, "writes", True):
                    raise AskedMore
                asked = True
                return await session.answer(op, tables)

            yield answer
        finally:
            await finished(self._pool.put_back(cursor))

    async def _at_once(self, op: Op, tables: SQLTables) -> Any:
        """Put one request to the database, and commit.

        That does not wait for the disk: the unit that uses a number does, and what comes before it in the log of the
        server is on the disk by then too.
        """
        cursor = await self._apart.begun(
            b"BEGIN; SET LOCAL synchronous_commit TO off; " + tenant_of(tables.tenant, local=True)
        )
        try:
            session = _Session(cursor, tables, self._schema, copies=False)
            answer = await session.answer(op, tables)
            await finished(_commit(cursor))
        except BaseException:
            await finished(_rollback(cursor))
            raise
        finally:
            await finished(self._apart.put_back(cursor))
        return answer

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        if self._process == os.getpid():
            await self._apart.close()
            await self._pool.close()


class _Pool:
    """Connections to one server, and transactions begun on them."""

    def __init__(self, url: str, *, timeout: float, connections: int) -> None:
        self._url = url
        self._timeout = timeout
        self._pool = AsyncConnectionPool(
            url,
            # Transactions begin and end in statements of ours.
            kwargs={"autocommit": True, "client_encoding": "UTF8"},
            configure=self._configure,
            min_size=1,
            max_size=connections,
            timeout=timeout,
            reconnect_timeout=timeout,
            open=False,
        )

    async def open(self) -> None:
        """Open the first connection."""
        try:
            await self._pool.open(wait=True, timeout=self._timeout)
        except PoolTimeout as error:
            raise await self._why() from error

    async def _configure(self, connection: Connection) -> None:
        # 0 would be no limit at all.
        limit = str(max(1, int(self._timeout * 1000)))
        await connection.execute("SELECT set_config('lock_timeout', %s, false)", (limit,))
        await connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )

    async def taken(self) -> Cursor:
        """A cursor on a connection of its own; give it back."""
        try:
            return _cursor(await self._pool.getconn())
        except PoolTimeout as error:
            raise await self._why() from error
        except PoolClosed as error:
            raise StoreUnavailable("the store is closed") from error

    async def begun(self, start: bytes) -> Cursor:
        """A cursor in a new transaction; connections that the server has closed meanwhile are passed over."""
        for left in reversed(range(self._pool.max_size + 1)):
            cursor = await self.taken()
            try:
                await cursor.execute(start, prepare=False)
            except BaseException as error:
                await finished(_rollback(cursor))
                lost = cursor.connection.closed and left
                await finished(self.put_back(cursor))
                if not isinstance(error, psycopg.Error):
                    raise
                if not lost:
                    raise named(error) from error
            else:
                return cursor
        raise StoreUnavailable("the server has closed every connection")

    async def _why(self) -> StoreError:
        """Why was no connection to be had in time?"""
        try:
            connection = await psycopg.AsyncConnection.connect(self._url, connect_timeout=2)
        except psycopg.Error as error:
            return named(error)
        await finished(connection.close())
        return StoreBusy("every connection of this store is in use; try again, or give it more `connections`")

    async def put_back(self, cursor: Cursor) -> None:
        """Give a cursor's connection back; one that still holds a transaction is thrown away."""
        await self._pool.putconn(cursor.connection)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()


class AsyncJoinedPostgres:
    """Units as savepoints on a host's connection, inside the transaction that the host has open."""

    def __init__(self, connection: Connection, *, schema: str | None) -> None:
        self.timeout: float = 0.0  # the host's connection waits as the host has set it
        self.seals: bool = False
        self.holds: bool = True
        self.joined: bool = True
        self.glances: bool = False
        self.place: AsyncPlace = AsyncPlace.of(connection)
        self._connection = connection
        self.schema: str | None = schema
        self._closed = False
        self._process = os.getpid()

    async def version(self) -> int:
        """The version of the tables; 0 if there are none."""
        # Without autocommit, the driver begins the host's transaction with its first statement, which may be this one.
        self._in_transaction(begun=self._connection.autocommit)
        if self._connection.info.encoding != "utf-8":
            raise StoreError("your connection has to speak UTF-8: set its client_encoding to UTF8")
        if self.place.has_unit(self.schema):
            return CURRENT  # a unit that is open around us has found its tables
        cursor = _cursor(self._connection)
        async with self.place.turn(), self._savepoint(cursor, ""):
            return await self._version(cursor)

    async def _version(self, cursor: Cursor) -> int:
        with named_errors():
            there = "SELECT 1 WHERE to_regclass('servicecrm_version') IS NOT NULL"
            if not await _fetched(cursor, there, (), self.schema):
                return 0
            versions = await _fetched(cursor, "SELECT version FROM servicecrm_version", (), self.schema)
        if len(versions) != 1:
            raise StoreUnavailable("the table servicecrm_version does not hold a version; restore a backup")
        return int(versions[0][0])

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
        """One savepoint; the host's transaction goes on whatever happens in it."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        async with self.place.turn():
            self._in_transaction()
            cursor = _cursor(self._connection)
            tables = SQLTables(tenant, POSTGRES)
            session = _Session(cursor, tables, self.schema, copies=False)  # the host may keep tenants apart

            async def answer(op: Op) -> Any:
                self._not_ended()
                return await session.answer(op, tables)

            async with self._savepoint(cursor, tenant):
                yield answer
                await session.send()

    def _in_transaction(self, *, begun: bool = True) -> None:
        connection = self._connection
        if connection.closed:
            raise StoreUnavailable("the connection is closed")
        if connection.pgconn.pipeline_status != PipelineStatus.OFF:
            raise StoreError("end the pipeline of your connection first: in it, a failure would end your transaction")
        status = connection.info.transaction_status
        if status == TransactionStatus.INERROR:
            raise StoreUnavailable("your transaction has failed; roll it back, and begin another one")
        if status == TransactionStatus.IDLE and begun:
            raise NoTransaction

    def _not_ended(self) -> None:
        """Has the host left its transaction open, inside a unit of ours? Else what follows would be another one's."""
        if self._connection.info.transaction_status == TransactionStatus.IDLE:
            raise NoTransaction

    @contextlib.asynccontextmanager
    async def _savepoint(self, cursor: Cursor, tenant: str) -> AsyncIterator[None]:
        """Keeps what the block does, or takes it back. Then the host has the tenant again that it had set itself."""
        with named_errors():
            before = await finished(_begun(cursor, tenant))
        try:
            yield
            self._not_ended()
            with named_errors():
                end = tenant_of(before, local=True) + b"; RELEASE SAVEPOINT servicecrm"
                await finished(cursor.execute(end, prepare=False))
        except BaseException:
            if not self._connection.closed and self._connection.info.transaction_status != TransactionStatus.IDLE:
                end = b"ROLLBACK TO SAVEPOINT servicecrm; RELEASE SAVEPOINT servicecrm"
                with contextlib.suppress(psycopg.Error):
                    await finished(cursor.execute(end, prepare=False))
            raise

    async def close(self) -> None:
        """Refuse to work from now on; the connection is the host's."""
        self._closed = True


async def _begun(cursor: Cursor, tenant: str) -> str:
    """Make a savepoint and set the tenant; tells which tenant the host had set, if any."""
    start = b"SAVEPOINT servicecrm; SELECT current_setting('servicecrm.tenant', true); "
    await cursor.execute(start + tenant_of(tenant, local=True), prepare=False)
    cursor.nextset()
    return next(iter(await cursor.fetchall()))[0] or ""


class AsyncOwnCursor(psycopg.AsyncCursor[Any]):
    """Takes and gives values in our own way, whatever a host has registered with its connection."""

    @property
    def adapters(self) -> AdaptersMap:
        return ADAPTERS


class _CopyCursor(AsyncOwnCursor):
    @property
    def adapters(self) -> AdaptersMap:
        return COPIES


def _cursor(connection: Connection) -> Cursor:
    return AsyncOwnCursor(connection, row_factory=tuple_row)


class _Session:
    """Puts the requests of one transaction to the database.

    New rows that nobody waits for go there together, in one statement, before the next question or the end.
    """

    def __init__(self, cursor: Cursor, tables: SQLTables, schema: str | None, *, copies: bool) -> None:
        self._cursor, self._tables, self._schema, self._copies = cursor, tables, schema, copies
        self._waiting: dict[str, Sequence[Any]] = {}

    async def answer(self, op: Op, tables: SQLTables) -> Any:
        """Put one request to the database."""
        try:
            return await self._answer(op(tables))
        except psycopg.Error as error:
            raise named(error) from error

    async def _answer(self, asked: Statement | Statements | Rows) -> Any:
        if isinstance(asked, Rows):
            if self._copies and len(asked.rows) >= COPIED:
                await self._send()
                if await self._copied(asked):
                    return None if asked.each is None else [True] * len(asked.rows)
            asked = asked.statements
        if isinstance(asked, Statements) and asked.shape is None and len(asked.rows) == 1:
            return await self._put_off(asked)
        await self._send()
        if isinstance(asked, Statement):
            return asked.shape(await self._fetched(asked.sql, asked.parameters))
        return await self._each(*asked)

    async def send(self) -> None:
        """Send the rows that wait."""
        with named_errors():
            await self._send()

    async def _copied(self, new: Rows) -> bool:
        """Copy the rows; False if one of them was not free: then none is there, and each has to be asked for itself."""
        if new.each is None:
            await _copy(self._cursor, new, self._schema)
            return True
        await self._cursor.execute(b"SAVEPOINT servicecrm_copy", prepare=False)
        try:
            await _copy(self._cursor, new, self._schema)
        except psycopg.errors.UniqueViolation:
            await self._cursor.execute(b"ROLLBACK TO SAVEPOINT servicecrm_copy", prepare=False)
            return False
        finally:
            if self._cursor.connection.info.transaction_status == TransactionStatus.INTRANS:
                await self._cursor.execute(b"RELEASE SAVEPOINT servicecrm_copy", prepare=False)
        return True

    async def _put_off(self, new: Statements) -> None:
        # Parts of one statement do not see each other, so only rows for different tables go together.
        if new.sql in self._waiting or not new.sql.startswith("INSERT"):
            await self._send()
        if new.sql.startswith("INSERT"):
            self._waiting[new.sql] = new.rows[0]
        else:
            await self._fetched(new.sql, new.rows[0])

    async def _send(self) -> None:
        if self._waiting:
            together = _together(*self._waiting)
            values = [value for row in self._waiting.values() for value in row]
            self._waiting.clear()
            await self._fetched(together, values)

    async def _each(
        self, query: str, rows: Sequence[Sequence[Any]], shape: Callable[[list[Any]], Any] | None
    ) -> list[Any] | None:
        if len(rows) <= FEW:
            found = [await self._fetched(query, row) for row in rows]
            return None if shape is None else [shape(each) for each in found]
        await self._cursor.executemany(placed(query, self._schema), rows, returning=shape is not None)
        if shape is None:
            return None
        answers = [shape(await self._cursor.fetchall())]
        while self._cursor.nextset():
            answers.append(shape(await self._cursor.fetchall()))
        return answers

    async def _fetched(self, query: str, parameters: Sequence[Any]) -> list[Any]:
        return await _fetched(self._cursor, query, parameters, self._schema)


async def _fetched(cursor: Cursor, query: str, parameters: Sequence[Any], schema: str | None) -> list[Any]:
    await cursor.execute(placed(query, schema), parameters)
    return await cursor.fetchall() if cursor.rownumber is not None else []


@lru_cache(maxsize=1_000)
def _together(*statements: str) -> str:
    """Several statements as one; the last one says what comes back."""
    *first, last = statements
    parts = ", ".join(f"part_{n} AS ({each})" for n, each in enumerate(first))
    return f"WITH {parts} {last}" if first else last


async def _copy(cursor: Cursor, new: Rows, schema: str | None) -> None:
    columns = ", ".join(f'"{name}"' for name in new.columns)
    copying = _CopyCursor(cursor.connection)
    # As text: rows in the binary form would wait in the server until there are a thousand, and all its work with them.
    async with copying.copy(placed(f"COPY {new.table} ({columns}) FROM STDIN", schema)) as copy:
        for row in new.rows:
            await copy.write_row(row)


async def _commit(cursor: Cursor) -> None:
    """Commit. An error that the server tells is a refusal; after any other one the outcome is unknown."""
    try:
        await cursor.execute(b"COMMIT", prepare=False)
    except psycopg.Error as error:
        if cursor.connection.closed or error.sqlstate is None:
            raise CommitOutcomeUnknown(type(error).__name__) from error
        raise named(error) from error
    if cursor.statusmessage != "COMMIT":
        raise StoreUnavailable("PostgreSQL rolled this unit back after an error; nothing of it was saved")


async def _rollback(cursor: Cursor) -> None:
    """Roll back, if the connection still holds a transaction; the pool throws it away if that fails."""
    connection = cursor.connection
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        with contextlib.suppress(psycopg.Error):
            await connection.execute("ROLLBACK")
