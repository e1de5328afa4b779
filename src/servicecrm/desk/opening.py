"""From the name of a store to a desk."""

import os
import sqlite3
from typing import Any

from servicecrm.desk.desk import Clock, Desk, _now
from servicecrm.desk.ids import uuid7
from servicecrm.errors import StoreUnavailable
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.ids import Ids
from servicecrm.storage.joined import JoinedStore
from servicecrm.storage.memory import MemoryStore
from servicecrm.storage.sqlite import SQLiteStore
from servicecrm.storage.store import EngineStore

__all__ = ["connect"]


def connect(
    store: str | os.PathLike[str] | EngineStore | sqlite3.Connection,
    *,
    actor: Actor | str | None = None,
    tenant: str | None = None,
    clock: Clock = _now,
    ids: Ids = uuid7,
    **options: Any,
) -> Desk:
    """Open a desk on a store: `"memory:"`, the path of an SQLite file, a store, or a connection of yours.

    A file that is not there yet is made. With a connection, the desk works inside the transaction that you have
    open on it, and never commits. Further options go to the store, such as `writers="one"` or `readonly=True`;
    a store that you give has them already, and its tenant, unless another is named.

    Raises:
        StoreUnavailable: the store cannot be opened.
        SchemaTooNew: a newer servicecrm wrote it.
        SchemaTooOld: it waits for a migration: `connect(path, migrate=True)`.
    """
    opened = _opened(store, options)
    return Desk(opened if tenant is None else opened.tenant(tenant), actor=actor, clock=clock, ids=ids)


def _opened(store: str | os.PathLike[str] | EngineStore | sqlite3.Connection, options: dict[str, Any]) -> EngineStore:
    if isinstance(store, EngineStore):
        if options:
            raise TypeError(f"a store that is open takes no options; make it with {', '.join(options)}")
        return store
    if isinstance(store, sqlite3.Connection):
        return JoinedStore(store, **options)
    path = os.fspath(store)
    if path == "memory:":
        return MemoryStore(**options)
    if "://" in path or path == ":memory:":
        raise StoreUnavailable(f"no store answers to {path.split('://')[0]!r}; known: 'memory:' and the path of a file")
    return SQLiteStore(path, **options)
