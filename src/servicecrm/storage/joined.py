"""Work inside a host's own transaction: what both databases have in common, and the whole of it on SQLite."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakValueDictionary

from servicecrm.errors import ForkedStoreError, NoTransaction, SchemaTooNew, SchemaTooOld, StoreBusy, StoreUnavailable
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import driver
from servicecrm.storage.driver import answer, named_errors, version_of
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.ports import Op
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.statements import SQLITE, SQLTables
from servicecrm.storage.store import Answer, EngineStore, Here, Mode

if TYPE_CHECKING:
    import psycopg

__all__ = ["AsyncPlace", "JoinedEngine", "JoinedStore", "Place", "install"]

PATIENCE: Final = 10.0
"""How long a unit waits for the end of another one on the same connection, in seconds."""
BUSY: Final = "another unit on your connection does not end; end it first"


def install(
    connection: "sqlite3.Connection | psycopg.Connection[Any]",
    *,
    schema: str | None = None,
    tenants_apart: bool = False,
) -> None:
    """Make or update the tables, inside the transaction that is open on a connection, else in one of its own.

    PostgreSQL can have them in a `schema` of their own, and can keep tenants apart; see `PostgresStore`.
    """
    if not isinstance(connection, sqlite3.Connection):
        from servicecrm.storage.postgres import opening

        opening.install(connection, schema=schema, tenants_apart=tenants_apart)
    elif schema is not None or tenants_apart:
        raise TypeError("schema and tenants_apart are for PostgreSQL; SQLite takes the connection alone")
    else:
        driver.install(connection)


class BasePlace:
    """What all stores that are joined to one connection share.

    A unit that is begun inside another one on the same connection is the same unit, whichever store began it. Others,
    in other threads or tasks, wait for its end: a savepoint that is taken back takes along all that came after it.
    """

    _places: "WeakValueDictionary[int, Self]"

    def __init_subclass__(cls) -> None:
        cls._places = WeakValueDictionary()

    def __init__(self, connection: object) -> None:
        self.connection: object = connection  # kept, so that no other one gets its id meanwhile
        self._units: dict[str | None, Here] = {}

    @classmethod
    def of(cls, connection: object) -> Self:
        """The place of a connection."""
        return cls._places.setdefault(id(connection), cls(connection))

    def unit(self, schema: str | None = None) -> Here:
        """Holds the unit that is open on the tables of a schema."""
        return self._units.setdefault(schema, Here())

    def has_unit(self, schema: str | None) -> bool:
        """Is a unit open, and are we inside it?"""
        opened = self.unit(schema).get()
        return opened is not None and not opened.work.ended


class Place(BasePlace):
    """What all stores that are joined to one connection share. See `BasePlace`."""

    def __init__(self, connection: object) -> None:
        super().__init__(connection)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only unit on the connection.

        Raises:
            StoreBusy: another one does not end.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            raise StoreBusy(BUSY)
        try:
            yield
        finally:
            self._lock.release()


class AsyncPlace(BasePlace):
    """What all stores that are joined to one connection share, awaited. See `BasePlace`."""

    def __init__(self, connection: object) -> None:
        import asyncio  # heavy, and only for those who await

        super().__init__(connection)
        self._lock = asyncio.Lock()
        self._timeout = asyncio.timeout

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Be the only unit on the connection. See `Place.turn`."""
        try:
            async with self._timeout(PATIENCE):
                await self._lock.acquire()
        except TimeoutError:
            raise StoreBusy(BUSY) from None
        try:
            yield
        finally:
            self._lock.release()


class JoinedStore(EngineStore):
    """A store inside a host's transaction: it never commits, and a unit that fails takes back only its own work.

    Call `committed()` after the host's commit: then the hooks run. After its rollback call `rolled_back()`.
    """

    def __init__(self, connection: sqlite3.Connection, kinds: Sequence[Kind[Any]] = SHIPPED) -> None:
        engine = JoinedEngine(connection)
        super().__init__(engine, kinds)
        self._open = engine.place.unit()


class JoinedEngine:
    """Units as savepoints on a host's connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        if not connection.in_transaction:
            raise NoTransaction
        found = version_of(connection)
        if found < CURRENT:
            raise SchemaTooOld(found, CURRENT)
        if found > CURRENT:
            raise SchemaTooNew("the store", found, CURRENT)
        self.timeout: float = 0.0  # the host's connection waits as the host has set it
        self.seals: bool = True
        self.holds: bool = False
        self.joined: bool = True
        self.glances: bool = False
        self.place: Place = Place.of(connection)
        self._connection = connection
        self._closed = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def transaction(self, tenant: str, mode: Mode) -> Iterator[Answer]:
        """One savepoint; the host's transaction goes on whatever happens in it."""
        connection = self._connection
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        with self.place.turn():
            with named_errors():  # the host may have closed its connection
                if not connection.in_transaction:
                    raise NoTransaction
            tables = SQLTables(tenant, SQLITE)
            with named_errors(), closing_cursor(connection) as cursor:
                cursor.execute("SAVEPOINT servicecrm")
            try:
                yield lambda op: self._answer(op, tables)
            except BaseException:
                # A full disk makes SQLite roll back everything by itself; then there is no savepoint any longer.
                if connection.in_transaction:
                    with closing_cursor(connection) as cursor:
                        cursor.execute("ROLLBACK TO servicecrm")
                        cursor.execute("RELEASE servicecrm")
                raise
            with named_errors(), closing_cursor(connection) as cursor:
                cursor.execute("RELEASE servicecrm")

    def _answer(self, op: Op, tables: SQLTables) -> Any:
        with _plain_text(self._connection):
            return answer(self._connection, op, tables)

    def close(self) -> None:
        """Refuse to work from now on; the connection is the host's."""
        self._closed = True


def closing_cursor(connection: sqlite3.Connection) -> contextlib.closing[sqlite3.Cursor]:
    """A cursor of our own, so that the host's stay as they are."""
    return contextlib.closing(connection.cursor())


@contextlib.contextmanager
def _plain_text(connection: sqlite3.Connection) -> Iterator[None]:
    theirs: Callable[[bytes], Any] = connection.text_factory
    connection.text_factory = str
    try:
        yield
    finally:
        connection.text_factory = theirs
