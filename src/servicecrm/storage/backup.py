"""Backups of an SQLite store that are proven before they are believed."""

import os
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from servicecrm.errors import BrokenJournal, StoreUnavailable
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.driver import named_errors
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.sqlite import SQLiteStore

__all__ = ["back_up", "check", "check_file", "restore"]


def back_up(store: SQLiteStore, to: Path) -> Path:
    """Copy a store as it is at one moment, check the copy, and only then give it its name.

    Raises:
        StoreBusy: others held the store until the deadline.
        StoreUnavailable: the file is there already, or the copy is not sound.
    """
    return _copied(store, to)


def restore(backup: str | os.PathLike[str], to: str | os.PathLike[str], kinds: Sequence[Kind[Any]] = SHIPPED) -> Path:
    """Make a store out of a backup; the backup is checked first and stays as it is.

    Raises:
        StoreUnavailable: the backup is not sound, or there is a file already where the store is to be.
        BrokenJournal: the history in it was tampered with.
    """
    check(Path(backup), kinds)
    with SQLiteStore(backup, kinds, readonly=True) as store:
        return _copied(store, Path(to))


def check(path: Path, kinds: Sequence[Kind[Any]] = SHIPPED) -> int:
    """Is this file sound: SQLite's own check, the version, and the journal of every tenant? Counts its entries.

    Raises:
        StoreUnavailable: it is damaged, or no store.
        BrokenJournal: its history was tampered with; the first break of each tenant.
    """
    check_file(path)
    counted, breaks = 0, []
    with SQLiteStore(path, kinds, readonly=True) as store:
        for name in store.tenants():
            try:
                counted += store.tenant(name).verify()
            except BrokenJournal as error:
                breaks.append(f"tenant {name}: {error}")
    if breaks:
        raise BrokenJournal(*breaks)
    return counted


def check_file(path: Path) -> None:
    """SQLite's own check of every page and index.

    Raises:
        StoreUnavailable: the file is damaged, or not there.
    """
    if not path.exists():
        raise StoreUnavailable(f"there is no file {path.name}")
    with named_errors(), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreUnavailable("the database is damaged; restore the last backup that is sound")


def _copied(store: SQLiteStore, to: Path) -> Path:
    try:
        if to.exists():
            raise FileExistsError
        # In a folder of its own, where nothing of others is in the way and nobody else looks.
        with tempfile.TemporaryDirectory(prefix="servicecrm-", suffix=".part", dir=to.parent) as folder:
            draft = Path(folder) / "draft.db"
            with named_errors(), closing(sqlite3.connect(draft)) as target:
                store.engine.copy_into(target)
                # One file is easier to carry away than a file and its log.
                target.execute("PRAGMA journal_mode = DELETE")
            check(draft, tuple(store.kinds.values()))
            _flush(draft)
            os.link(draft, to)  # unlike a rename, this never replaces a file that came in between
            _flush(to.parent)
    except FileExistsError:
        raise StoreUnavailable(f"{to.name} is there already; name a new file") from None
    except OSError as error:
        raise StoreUnavailable(
            f"{to.name} cannot be written ({type(error).__name__}): does its folder exist, and may it be written?"
        ) from error
    return to


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
