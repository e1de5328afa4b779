"""What every transaction on SQLite does, on our own connections and on a host's."""

import contextlib
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from servicecrm.errors import (
    CommitOutcomeUnknown,
    ReadOnlyStore,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.storage.estimates import estimate
from servicecrm.storage.ports import Op
from servicecrm.storage.schema import CURRENT, migration
from servicecrm.storage.statements import Rows, SQLTables, Statement, Statements

__all__ = [
    "answer",
    "begin",
    "commit",
    "in_unit",
    "install",
    "is_empty",
    "named",
    "named_errors",
    "rollback",
    "version_of",
]

PAUSE: Final = 0.002
"""How long to wait at most before asking again for a store that others hold, in seconds."""


def answer(connection: sqlite3.Connection, op: Op, tables: SQLTables) -> Any:
    """Put one request to the database."""
    if not in_unit(connection):
        raise StoreUnavailable("SQLite rolled this unit back after an error; nothing of it was saved")
    asked: Statement | Statements | Rows = op(tables)
    cursor = connection.cursor()
    cursor.row_factory = None
    try:
        if isinstance(asked, Statement):
            return asked.shape(cursor.execute(asked.sql, asked.parameters).fetchall())
        sql, rows, shape = asked.statements if isinstance(asked, Rows) else asked
        if shape is not None:
            return [shape(cursor.execute(sql, row).fetchall()) for row in rows]
        cursor.executemany(sql, rows)
        return None
    except sqlite3.Error as error:
        raise named(error) from error
    finally:
        cursor.close()


def in_unit(connection: sqlite3.Connection) -> bool:
    """Is the transaction still there? After some errors SQLite ends it, and would commit what follows at once."""
    return connection.in_transaction


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 if there are none.

    Raises:
        StoreUnavailable: the table that holds it is damaged.
    """
    with named_errors(), contextlib.closing(connection.cursor()) as cursor:
        cursor.row_factory = None  # a host's rows may be anything
        found = cursor.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'servicecrm_version'"
        ).fetchone()
        versions = cursor.execute("SELECT version FROM servicecrm_version").fetchall() if found else [(0,)]
    if len(versions) != 1 or not isinstance(versions[0][0], int):
        raise StoreUnavailable("the table servicecrm_version does not hold a version; restore a backup")
    return versions[0][0]


def is_empty(connection: sqlite3.Connection) -> bool:
    """Is there nothing at all in this database?"""
    with named_errors():
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def install(connection: sqlite3.Connection) -> None:
    """Make or update the tables, inside the transaction that is open on a connection, else in one of its own."""
    own = not connection.in_transaction
    with named_errors(), connection if own else contextlib.nullcontext():
        if own:
            connection.execute("BEGIN IMMEDIATE")
        # Another process may have been faster since the version was read.
        found = version_of(connection)
        for version in range(found + 1, CURRENT + 1):
            for statement in migration("sqlite", version):
                connection.execute(statement)
            connection.execute("DELETE FROM servicecrm_version")
            connection.execute("INSERT INTO servicecrm_version (version) VALUES (?)", (version,))
        if found < CURRENT:
            estimate(connection)


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
    if not in_unit(connection):
        raise StoreUnavailable("SQLite rolled this unit back after an error; nothing of it was saved")
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
def named_errors(file: Path | None = None) -> Iterator[None]:
    """Raise our own errors instead of the driver's; `file` is the one that is opened."""
    try:
        yield
    except sqlite3.Error as error:
        raise named(error, file) from error


def named(error: sqlite3.Error, file: Path | None = None) -> StoreError:
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
        which = "the file" if file is None else file.name
        folder = "its folder" if file is None else f"the folder {file.absolute().parent.name}"
        return StoreUnavailable(f"{which} cannot be opened: does {folder} exist, and may it be written?")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreUnavailable("the database is damaged; restore a backup")
    return StoreUnavailable(f"SQLite says {name}")


def _name(error: sqlite3.Error) -> str:
    # The driver's own text may hold values; its name never does.
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _is_busy(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
