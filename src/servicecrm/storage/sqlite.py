"""A store in an SQLite file, with nothing but Python's own `sqlite3`."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servicecrm.kernel.kinds import Kind
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.sqlite_engine import Profile, SQLiteEngine, Writers
from servicecrm.storage.store import EngineStore

if TYPE_CHECKING:
    from servicecrm.storage.joined import JoinedStore

__all__ = ["Profile", "SQLiteStore"]


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

    engine: SQLiteEngine

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
        """A consistent copy in a new file, of one moment, and verified. See `restore`.

        Others may go on reading. Who wants to write waits while the pages are copied, unless the file is in WAL mode.
        Units of this store wait too when it has one writer.

        Raises:
            StoreBusy: others held the file until the deadline.
            StoreUnavailable: the new file is there already or cannot be written, or the copy is not sound.
        """
        from servicecrm.storage.backup import back_up

        return back_up(self, Path(to))
