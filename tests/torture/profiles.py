"""The ways in which SQLite is set up to keep its promises, whichever version is here."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from servicecrm.storage import SQLiteStore
from servicecrm.storage.sqlite_engine import SQLiteEngine, Writers

__all__ = ["PROFILES", "Profile"]


class Profile(NamedTuple):
    """A version of SQLite, and how many may write."""

    version: tuple[int, int, int]
    writers: Writers

    @contextlib.contextmanager
    def opened(self, path: Path, *pragmas: str) -> Iterator[SQLiteStore]:
        """A store of this profile, with other settings on top of it."""
        set_profile = SQLiteEngine._set_profile

        def adapted(engine: SQLiteEngine, connection: sqlite3.Connection) -> None:
            set_profile(engine, connection)
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").fetchall()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "sqlite_version_info", self.version)
            patch.setattr(SQLiteEngine, "_set_profile", adapted)
            with SQLiteStore(path, writers=self.writers) as store:
                yield store


PROFILES: Final = {
    "wal": Profile((3, 51, 3), "many"),
    "truncate": Profile((3, 40, 1), "many"),
    "alone": Profile((3, 51, 3), "one"),
}
