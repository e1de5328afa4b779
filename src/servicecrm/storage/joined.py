"""Work inside a host's own SQLite transaction."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from servicecrm.errors import ForkedStoreError, NoTransaction, SchemaTooNew, SchemaTooOld, StoreUnavailable
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.driver import answer, named_errors, version_of
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.ports import Op
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.statements import SQLITE, SQLTables
from servicecrm.storage.store import Answer, EngineStore, Mode

__all__ = ["JoinedEngine", "JoinedStore"]


class JoinedStore(EngineStore):
    """A store inside a host's transaction: it never commits, and a unit that fails takes back only its own work.

    Call `committed()` after the host's commit: then the hooks run. After its rollback call `rolled_back()`.
    """

    def __init__(self, connection: sqlite3.Connection, kinds: Sequence[Kind[Any]] = SHIPPED) -> None:
        super().__init__(JoinedEngine(connection), kinds)


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
        self.joined: bool = True
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
