"""A unit of work on SQLite, beside the bare driver sent exactly the same statements.

The units are run once with a connection that writes down what it is told. Then two copies of the file get them: one
from us, again, and one from a loop over the statements, with ready-made parameters, under the same profile.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.rounds import ROUNDS, Comparison
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.storage import SQLiteStore

__all__ = ["Told", "Units", "recorded", "units"]

BATCH = 500


class Told(NamedTuple):
    """A statement as the driver was told it."""

    sql: str
    parameters: Any = ()
    many: bool = False


class Units:
    """Units of work, each with some changes: a complaint is read, forwarded, and saved with its journal."""

    def __init__(self, store: SQLiteStore, ids: list[str], changes: int) -> None:
        self.store, self._ids, self._changes = store, ids, changes
        self._next = 0

    def run(self, count: int) -> None:
        """Do the next units."""
        for _ in range(count):
            with self.store.unit() as unit:
                for _ in range(self._changes):
                    nth, place = divmod(self._next, len(self._ids))
                    self._next += 1
                    complaint = unit.get(Complaint, self._ids[place])
                    handler = "south" if nth % 2 else "north"
                    unit.save(complaints.forward(complaint, handler, by=BY, at=AT))


class Raw:
    """The same units, as the statements that they came to."""

    def __init__(self, store: SQLiteStore, told: list[list[Told]]) -> None:
        self.store, self._told = store, iter(told)

    def run(self, count: int) -> None:
        """Do the next units."""
        with self.store.engine._connection() as connection:  # so that the profile is the same
            for _ in range(count):
                for sql, parameters, many in next(self._told):
                    if many:
                        connection.executemany(sql, parameters)
                    else:
                        connection.execute(sql, parameters).fetchall()


def units(folder: str, *, counts: tuple[int, int] = (60, 2), rounds: int = ROUNDS) -> Iterator[Comparison]:
    """One change in a unit, which waits for the disk each time; and a batch of 500."""
    single, batch = "unit on SQLite: get, save, journal, seal", f"unit on SQLite: {BATCH} changes in one"
    with _comparison(Path(folder, "single"), single, counts[0], rounds, changes=1) as comparison:
        yield comparison
    with _comparison(Path(folder, "batch"), batch, counts[1], rounds, changes=BATCH) as comparison:
        yield comparison


@contextlib.contextmanager
def _comparison(folder: Path, title: str, count: int, rounds: int, *, changes: int) -> Iterator[Comparison]:
    folder.mkdir()
    ids = [f"complaint-{n:05}" for n in range(1_000)]
    with SQLiteStore(folder / "start.db") as store, store.unit() as unit:
        for n, id in enumerate(ids):
            unit.save(begin(open_complaint(id, f"CMP-2026-{n:06}"), ComplaintRecorded(**stamp(BY, AT))))
    told = recorded(folder, ids, count=count * (rounds + 1), changes=changes)
    with contextlib.closing(_copy(folder, "ours")) as ours, contextlib.closing(_copy(folder, "raw")) as raw:
        yield Comparison(
            title=title,
            count=count,
            per=changes,
            ours=Units(ours, ids, changes).run,
            others={"sqlite3, the same statements": Raw(raw, told).run},
            targets={"sqlite3, the same statements": 0.6} if changes == 1 else {},
        )


def recorded(folder: Path, ids: list[str], *, count: int, changes: int) -> list[list[Told]]:
    """The statements of each unit."""
    told: list[list[Told]] = []

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = ()) -> "Cursor":
            told[-1].append(Told(sql, parameters))
            super().execute(sql, parameters)
            return self

        def executemany(self, sql: str, parameters: Any) -> "Cursor":
            told[-1].append(Told(sql, list(parameters), many=True))
            super().executemany(sql, parameters)
            return self

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

        def execute(self, sql: str, parameters: Any = ()) -> Any:
            return self.cursor().execute(sql, parameters)

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        return Connection(*args, **options)

    told.append([])  # the profile, which is no part of a unit
    with patch.object(sqlite3, "connect", connect), contextlib.closing(_copy(folder, "recorded")) as store:
        work = Units(store, ids, changes)
        for _ in range(count):
            told.append([])
            work.run(1)
    return told[1:]


def _copy(folder: Path, name: str) -> SQLiteStore:
    path = folder / f"{name}.db"
    shutil.copyfile(folder / "start.db", path)
    return SQLiteStore(path)
