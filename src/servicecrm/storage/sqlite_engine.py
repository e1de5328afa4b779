"""Transactions on an SQLite file: its connections, how it keeps its promises, and whose turn it is to write."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from servicecrm.errors import (
    CommitOutcomeUnknown,
    ForkedStoreError,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.storage.driver import (
    answer,
    begin,
    commit,
    install,
    is_empty,
    named_errors,
    rollback,
    version_of,
)
from servicecrm.storage.places import Places
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.sharing import Asked, Group, Turn
from servicecrm.storage.statements import SQLITE, SQLTables
from servicecrm.storage.store import Answer, Mode

__all__ = ["Profile", "SQLiteEngine", "Writers", "has_wal_reset_bug", "writing_mode"]

Writers = Literal["many", "one"]

CONNECTIONS: Final = 8


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


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Can this SQLite lose commits when two processes write in WAL mode at the same moment?

    Source: SQLite's own account of the WAL-reset bug: 3.7.0 to 3.51.2, mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    if (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51):
        return False
    return (3, 7, 0) <= version < (3, 51, 3)


def writing_mode(writers: Writers) -> Literal["wal", "truncate"]:
    """The `journal_mode` that connections set which write; those that only read leave the file as it is."""
    return "wal" if writers == "one" or not has_wal_reset_bug(sqlite3.sqlite_version_info) else "truncate"


class SQLiteEngine:
    """Transactions on the connections of one file."""

    def __init__(self, path: Path, *, writers: Writers, readonly: bool, timeout: float) -> None:
        if writers not in ("many", "one"):
            raise StoreError(f"writers is 'many' or 'one', not {writers!r}")
        self.path = path
        self.readonly = readonly
        self.writers = writers
        self.timeout: float = timeout
        self.seals: bool = True
        self.holds: bool = False
        self.joined: bool = False
        self.glances: bool = False
        self._process = os.getpid()
        self._closed = False
        self._idle: list[sqlite3.Connection] = []
        self._turn = Turn(self._settle, self._give_back, timeout)
        self._places: Places | Turn = self._turn if writers == "one" else Places(CONNECTIONS)

    @contextlib.contextmanager
    def transaction(self, tenant: str, mode: Mode) -> Iterator[Answer]:
        """One transaction: `BEGIN IMMEDIATE` to write, so that it cannot fail half-way because of another writer.

        Programs of this store that wait for each other share one, and its commit.
        """
        tables = SQLTables(tenant, SQLITE)
        if mode == "read" or self.readonly:
            with self._connection() as connection:
                begin(connection, "BEGIN", self.timeout)
                try:
                    yield lambda op: answer(connection, op, tables)
                    commit(connection)
                except BaseException:
                    rollback(connection)
                    raise
            return
        asked = Asked(program=mode == "program")
        try:
            group = self._writing(asked)
            alone = not group.done
            try:
                with group.unit():
                    yield lambda op: answer(group.connection, op, tables)
                    group.forgets |= tables.forgets
            except BaseException as error:
                try:
                    self._turn.leave(asked)
                except StoreError:
                    # What it was refused for may be what others did, and that is not kept: then it is not refused.
                    if not alone and isinstance(error, Exception):
                        raise
                raise
            self._turn.leave(asked)
        except BaseException:
            self._turn.give_up(asked)
            raise

    def _writing(self, asked: Asked) -> Group:
        """Wait for the turn to write, and for the other processes."""
        self._check()
        self._turn.take(asked, timeout=self.timeout)
        if self._turn.group is not None:
            return self._turn.group
        connection = self._any()
        try:
            begin(connection, "BEGIN IMMEDIATE", self.timeout)
            self._turn.group = group = Group(connection)
        except BaseException:
            self._turn.group = None
            self._give_back(connection)
            raise
        return group

    def _settle(self, group: Group) -> None:
        """Commit what units did together; take all of it back if one of them is left half done."""
        connection = group.connection
        error: StoreError | None = StoreBusy()
        try:
            if group.done and group.whole:
                group.committing, error = True, CommitOutcomeUnknown("interrupted")
                commit(connection)
                error = None
            else:
                rollback(connection)
        except StoreError as failed:
            # Nothing is kept where SQLite took it back because of the last one: no fault of the others.
            error = StoreBusy() if isinstance(failed, StoreUnavailable) else failed
            rollback(connection)
            raise
        finally:
            group.end(error)
            if group.forgets and error is None:
                # The log of WAL mode keeps what was overwritten, and in which order, until it is cut off.
                with contextlib.suppress(sqlite3.Error):  # what was saved is saved
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self._check()
        with self._places.place(timeout=self.timeout):
            connection = self._any()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _check(self) -> None:
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _any(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._opened()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or connection.in_transaction:
            connection.close()
        elif connection not in self._idle:  # who was interrupted gives it back again
            self._idle.append(connection)

    def _opened(self) -> sqlite3.Connection:
        if self.path.is_dir():
            raise StoreUnavailable(f"{self.path.name} is a folder; name a file in it")
        if self.readonly and not self.path.exists():
            raise StoreUnavailable(f"there is no file {self.path.name} to read")
        mode = "ro" if self.readonly else "rwc"
        with named_errors(self.path):
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=self.timeout,
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
        # What a statement may have to take back stays in memory: a file for it may be slow, and hold what is erased.
        for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        if self.readonly:
            return
        if self.writers == "one":
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        wanted = writing_mode(self.writers)
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
            if found < CURRENT and not self.readonly:
                found = self._updated(connection, migrate=migrate)
            if found > CURRENT:
                raise SchemaTooNew(f"the store {self.path.name}", found, CURRENT)
            if found < CURRENT:
                raise SchemaTooOld(found, CURRENT)

    def _updated(self, connection: sqlite3.Connection, *, migrate: bool) -> int:
        """Make or update the tables if that is wanted; tells their version."""
        connection.execute("PRAGMA temp_store = FILE")  # an index over many rows is sorted, and may not fit in memory
        try:
            return self._installed(connection, migrate=migrate)
        finally:
            connection.execute("PRAGMA temp_store = MEMORY")

    def _installed(self, connection: sqlite3.Connection, *, migrate: bool) -> int:
        begin(connection, "BEGIN IMMEDIATE", self.timeout)
        try:
            # Another process may have been faster since the version was read.
            found = version_of(connection)
            if found < CURRENT and (migrate or is_empty(connection)):
                install(connection)
                found = CURRENT
            commit(connection)
        except BaseException:
            rollback(connection)
            raise
        return found

    def copy_into(self, target: sqlite3.Connection) -> None:
        """Copy the whole database, as it is at one moment, into another one.

        Raises:
            StoreBusy: others held the file until the deadline, before the copy could begin.
        """
        with self._connection() as connection:
            begin(connection, "BEGIN", self.timeout)
            try:
                # The first read takes the lock. While it is held nobody changes a page, so the copy is made once.
                begin(connection, "SELECT count(*) FROM sqlite_master", self.timeout)
                with named_errors():
                    connection.backup(target)
            finally:
                rollback(connection)

    def close(self) -> None:
        """Close all connections that nobody uses; the others close when their units end."""
        self._closed = True
        if self._process == os.getpid():
            while self._idle:
                self._idle.pop().close()
