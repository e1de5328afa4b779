"""Statements that fail: the n-th one of a store on SQLite ends with an error, and so may its transaction."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import pytest

from tests.torture.contents import Held

__all__ = ["FAULTS", "Book", "Fault"]

Fault = Literal["refused", "rolled back", "answer lost"]
"""What a statement that fails has done: nothing; ended the whole transaction; or all that it was asked to."""
FAULTS: Final[tuple[Fault, ...]] = ("refused", "rolled back", "answer lost")


class Book:
    """Counts the statements of the stores that are opened from now on, and keeps what they `held`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.held: Held = Held(patch)
        self.hit: str | None = None
        """The statement that failed, if one has."""
        self._done, self._fail_at, self._fault = 0, 0, FAULTS[0]
        connect = sqlite3.connect

        def counting(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return connect(*arguments, factory=_Connection, **options)

        patch.setattr(sqlite3, "connect", counting)
        patch.setattr(_Cursor, "book", self, raising=False)

    def fail(self, at: int, fault: Fault) -> None:
        """From now on count anew, and let one statement fail."""
        self._done, self.hit, self._fail_at, self._fault = 0, None, at, fault

    def stop(self) -> None:
        """Let no statement fail any more."""
        self._fail_at = 0

    def before(self, cursor: sqlite3.Cursor, sql: str) -> None:
        self._done += 1
        if self._done != self._fail_at or self._fault == "answer lost":
            return
        self.hit = sql
        if self._fault == "rolled back" and cursor.connection.in_transaction:
            cursor.connection.rollback()
        raise _failed()

    def after(self, sql: str) -> None:
        if self._done == self._fail_at and self._fault == "answer lost":
            self.hit = sql
            raise _failed()


def _failed() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR"
    return error


class _Cursor(sqlite3.Cursor):
    book: Book

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        self.book.before(self, sql)
        super().execute(sql, parameters)
        self.book.after(sql)
        return self

    def executemany(self, sql: str, rows: Iterable[Any], /) -> "_Cursor":
        def counted() -> Iterator[Any]:
            for row in rows:
                self.book.before(self, sql)
                yield row

        super().executemany(sql, counted())
        self.book.after(sql)
        return self


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_Cursor)
