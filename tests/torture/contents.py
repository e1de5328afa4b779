"""All that a store on SQLite holds, to be compared."""

import hashlib
import sqlite3
from collections.abc import Callable

import pytest

from servicecrm.storage import SQLiteStore, sqlite_engine

__all__ = ["Held", "contents", "contents_of", "sound"]


def contents(connection: sqlite3.Connection) -> str:
    """A name for all that a database holds: with the same one, all rows of all tables are the same."""
    cursor = sqlite3.Cursor(connection)  # a plain one, whatever the connection gives
    digest = hashlib.blake2b(digest_size=12)
    made = cursor.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name").fetchall()
    for name, type, sql in made:
        digest.update(repr((name, sql)).encode())
        if type == "table":
            digest.update(repr(cursor.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()).encode())
    return digest.hexdigest()


def contents_of(store: object) -> str:
    """The same of a store that is open."""
    assert isinstance(store, SQLiteStore)
    with store.engine._connection() as connection:
        return contents(connection)


def sound(store: SQLiteStore) -> bool:
    """Does SQLite find nothing wrong with the file, and we with the journal?"""
    store.verify()
    with store.engine._connection() as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


class Held:
    """What the store that is open here held after its last commit, and what after the one that is at work."""

    def __init__(self, patch: pytest.MonkeyPatch, committed: Callable[[str], object] = lambda _: None) -> None:
        self.now: str = ""
        self.next: str = ""
        commit = sqlite_engine.commit  # type: ignore[attr-defined]  # the name that the engine uses

        def told(connection: sqlite3.Connection) -> None:
            self.next = contents(connection)
            commit(connection)
            self.now = self.next
            committed(self.now)

        patch.setattr(sqlite_engine, "commit", told)
