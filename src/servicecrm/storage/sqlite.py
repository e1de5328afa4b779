"""A store in an SQLite file, with nothing but Python's own `sqlite3`."""

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from servicecrm.errors import (
    CommitOutcomeUnknown,
    ForkedStoreError,
    ReadOnlyStore,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.ports import Op
from servicecrm.storage.schema import CURRENT, migration
from servicecrm.storage.statements import SQLITE, Statement, Statements
from servicecrm.storage.store import Answer, EngineStore

if TYPE_CHECKING:
    from servicecrm.storage.joined import JoinedStore

__all__ = ["Profile", "SQLiteStore", "Writers", "has_wal_reset_bug", "install"]

Writers = Literal["many", "one"]

CONNECTIONS: Final = 8

PAUSE: Final = 0.002
"""How long to wait at most before asking again for a store that others hold, in seconds."""


@attrs.frozen
class Profile:
    """How SQLite keeps its promises here, read back from the database."""

    sqlite: str
    writers: Writers
    journal_mode: str
    synchronous: str
    locking_mode: str
    foreign_keys: bool
    secure_delete: bool
    busy_timeout: float


class SQLiteStore(EngineStore):
    """A store in one file.

    With `writers="many"` (the default), any number of processes may use the file; with `writers="one"` this store
    alone, which is faster. Both lose nothing that was acknowledged, also when the power fails. A new or empty
    file gets its tables at once; an older store waits for `migrate()`.

    Raises:
        StoreUnavailable: the file cannot be opened, or is no database.
        SchemaTooNew: a newer servicecrm wrote it.
        SchemaTooOld: it waits for `migrate()`; open it with `migrate=True` to do that at once.

    Source: C123.
    """

    engine: "SQLiteEngine"

    def __init__(
        self,
        path: str | os.PathLike[str],
        kinds: Sequence[Kind[Any]] = SHIPPED,
        *,
        writers: Writers = "many",
        readonly: bool = False,
        migrate: bool = False,
        timeout: float = 10.0,
    ) -> None:
        engine = SQLiteEngine(Path(path), writers=writers, readonly=readonly, timeout=timeout)
        super().__init__(engine, kinds)
        try:
            engine.prepare(migrate=migrate)
        except BaseException:
            engine.close()
            raise

    @property
    def path(self) -> Path:
        """The file."""
        return self.engine.path

    @property
    def profile(self) -> Profile:
        """How SQLite keeps its promises here."""
        return self.engine.profile

    @staticmethod
    def join(connection: sqlite3.Connection, kinds: Sequence[Kind[Any]] = SHIPPED) -> "JoinedStore":
        """Work inside the transaction that a host has open on its own connection, and never commit it.

        A unit that fails takes back what it did, and leaves the host's transaction as it was. The tables have to
        be there: see `install`. After its commit the host calls `committed()` on the store, and hooks run.

        Raises:
            NoTransaction: the host has not begun one.
            SchemaTooOld: the tables are missing, or wait for a migration.
        """
        from servicecrm.storage.joined import JoinedStore

        return JoinedStore(connection, kinds)

    def backup(self, to: str | os.PathLike[str]) -> Path:
        """A consistent copy in a new file, made while others go on writing, and verified. See `restore`."""
        from servicecrm.storage.backup import back_up

        return back_up(self, Path(to))


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Can this SQLite lose commits when two processes write in WAL mode at the same moment?

    Source: SQLite's own account of the WAL-reset bug: 3.7.0 to 3.51.2, mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    if (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51):
        return False
    return (3, 7, 0) <= version < (3, 51, 3)


class SQLiteEngine:
    """Transactions on the connections of one file."""

    def __init__(self, path: Path, *, writers: Writers, readonly: bool, timeout: float) -> None:
        if writers not in ("many", "one"):
            raise StoreError(f"writers is 'many' or 'one', not {writers!r}")
        self.path, self.readonly, self.writers = path, readonly, writers
        self._timeout = timeout
        self._process = os.getpid()
        self._closed = False
        self._idle: list[sqlite3.Connection] = []
        self._places = threading.Semaphore(1 if writers == "one" else CONNECTIONS)

    @contextlib.contextmanager
    def transaction(self, tenant: str, *, readonly: bool) -> Iterator[Answer]:
        """One transaction: `BEGIN IMMEDIATE` to write, so that it cannot fail half-way because of another writer."""
        statements = Statements(tenant, SQLITE)
        with self._connection() as connection:
            begin(connection, "BEGIN" if readonly or self.readonly else "BEGIN IMMEDIATE", self._timeout)
            try:
                yield lambda op: answer(connection, op, statements)
                commit(connection)
            except BaseException:
                rollback(connection)
                raise

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if not self._places.acquire(timeout=self._timeout):
            raise StoreBusy
        try:
            connection = self._idle.pop() if self._idle else self._opened()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or connection.in_transaction:
            connection.close()
        else:
            self._idle.append(connection)

    def _opened(self) -> sqlite3.Connection:
        mode = "ro" if self.readonly else "rwc"
        with named_errors():
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=self._timeout,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._set_profile(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _set_profile(self, connection: sqlite3.Connection) -> None:
        for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        if self.readonly:
            return
        wal = self.writers == "one" or not has_wal_reset_bug(sqlite3.sqlite_version_info)
        if self.writers == "one":
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        wanted = "wal" if wal else "truncate"
        (found,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
        if found != wanted:
            raise StoreUnavailable(f"{self.path.name}: SQLite keeps journal_mode={found}, this store needs {wanted}")
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        if synchronous != 2:
            raise StoreUnavailable(f"{self.path.name}: SQLite refuses synchronous=FULL")

    @property
    def profile(self) -> Profile:
        """The settings as SQLite tells them."""
        with self._connection() as connection, named_errors():

            def ask(pragma: str) -> Any:
                return connection.execute(f"PRAGMA {pragma}").fetchone()[0]

            return Profile(
                sqlite=sqlite3.sqlite_version,
                writers=self.writers,
                journal_mode=ask("journal_mode"),
                synchronous=("OFF", "NORMAL", "FULL", "EXTRA")[ask("synchronous")],
                locking_mode=ask("locking_mode"),
                foreign_keys=bool(ask("foreign_keys")),
                secure_delete=bool(ask("secure_delete")),
                busy_timeout=ask("busy_timeout") / 1000,
            )

    def prepare(self, *, migrate: bool) -> None:
        """Check the version of the tables; a new file gets them."""
        with self._connection() as connection:
            found = version_of(connection)
            if found == 0 and not self.readonly and (migrate or _is_empty(connection)):
                migrate = True
            elif found == 0:
                raise SchemaTooOld(found, CURRENT)
            if found > CURRENT:
                raise SchemaTooNew(f"the store {self.path.name}", found, CURRENT)
            if found < CURRENT and not migrate:
                raise SchemaTooOld(found, CURRENT)
            if found < CURRENT:
                begin(connection, "BEGIN IMMEDIATE", self._timeout)
                try:
                    install(connection)
                    commit(connection)
                except BaseException:
                    rollback(connection)
                    raise

    def close(self) -> None:
        """Close all connections that nobody uses; the others close when their units end."""
        self._closed = True
        if self._process == os.getpid():
            while self._idle:
                self._idle.pop().close()


# -- what every SQLite transaction does, ours or a host's ------------------------------------------


def answer(connection: sqlite3.Connection, op: Op, statements: Statements) -> Any:
    """Put one request to the database."""
    statement: Statement = op(statements)
    cursor = connection.cursor()
    cursor.row_factory = None
    try:
        if statement.many:
            cursor.executemany(statement.sql, statement.parameters)
            return None
        return statement.shape(cursor.execute(statement.sql, statement.parameters).fetchall())
    except sqlite3.Error as error:
        raise named(error) from error
    finally:
        cursor.close()


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 if there are none."""
    with named_errors(), contextlib.closing(connection.cursor()) as cursor:
        cursor.row_factory = None  # a host's rows may be anything
        found = cursor.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'servicecrm_version'"
        ).fetchone()
        return int(cursor.execute("SELECT version FROM servicecrm_version").fetchone()[0]) if found else 0


def _is_empty(connection: sqlite3.Connection) -> bool:
    with named_errors():
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def install(connection: sqlite3.Connection) -> None:
    """Make or update the tables inside the transaction that is open on a connection."""
    with named_errors():
        # Another process may have been faster since the version was read.
        for version in range(version_of(connection) + 1, CURRENT + 1):
            for statement in migration("sqlite", version):
                connection.execute(statement)
            connection.execute("DELETE FROM servicecrm_version")
            connection.execute("INSERT INTO servicecrm_version (version) VALUES (?)", (version,))


def begin(connection: sqlite3.Connection, how: str, timeout: float) -> None:
    """Begin a transaction, waiting for other writers up to the timeout."""
    # SQLite's own waiting sleeps longer and longer, so that the one who waits loses to whoever comes back at once.
    deadline = time.monotonic() + timeout
    with named_errors():
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    connection.execute(how)
                except sqlite3.OperationalError as error:
                    if not _is_busy(error) or time.monotonic() >= deadline:
                        raise
                    time.sleep(random.uniform(0, PAUSE))
                else:
                    return
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")


def commit(connection: sqlite3.Connection) -> None:
    """Commit. Only a busy database is known to have kept nothing; after any other error the outcome is unknown."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if _is_busy(error):
            raise StoreBusy from error
        raise CommitOutcomeUnknown(_name(error)) from error


def rollback(connection: sqlite3.Connection) -> None:
    """Roll back, if SQLite has not done it by itself."""
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


@contextlib.contextmanager
def named_errors() -> Iterator[None]:
    """Raise our own errors instead of the driver's."""
    try:
        yield
    except sqlite3.Error as error:
        raise named(error) from error


def named(error: sqlite3.Error) -> StoreError:
    """Our error for one of the driver's."""
    name = _name(error)
    if _is_busy(error):
        return StoreBusy()
    if name.startswith("SQLITE_FULL"):
        return StoreUnavailable("the disk is full; nothing of this unit was saved")
    if name.startswith("SQLITE_READONLY"):
        return ReadOnlyStore()
    if name.startswith("SQLITE_NOTADB"):
        return StoreUnavailable("the file is not an SQLite database")
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreUnavailable("the file cannot be opened: does its folder exist, and may it be written?")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreUnavailable("the database is damaged; restore a backup")
    return StoreUnavailable(f"SQLite says {name}")


def _name(error: sqlite3.Error) -> str:
    # The driver's own text may hold values; its name never does.
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _is_busy(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
