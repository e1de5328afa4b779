"""From the name of a store to a desk that is awaited."""

import os
import sqlite3
from asyncio import to_thread
from typing import TYPE_CHECKING, Any

from servicecrm.desk.adesk import AsyncDesk
from servicecrm.desk.base import Clock, now
from servicecrm.desk.house import House
from servicecrm.desk.ids import uuid7
from servicecrm.desk.opening import as_it_is, check_options, in_this_process, is_url, of_psycopg, place_of
from servicecrm.errors import StoreError
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.ids import Ids
from servicecrm.storage.aio import AsyncEngineStore, ThreadStore
from servicecrm.storage.store import EngineStore

if TYPE_CHECKING:
    import psycopg

__all__ = ["aconnect"]


async def aconnect(
    store: "str | os.PathLike[str] | EngineStore | AsyncEngineStore | psycopg.AsyncConnection[Any]",
    *,
    actor: Actor | str | None = None,
    tenant: str | None = None,
    clock: Clock = now,
    ids: Ids = uuid7,
    house: House | None = None,
    **options: Any,
) -> AsyncDesk:
    """Open a desk whose calls are awaited: `async with await aconnect(url) as crm:`.

    Takes and raises what `connect` does. PostgreSQL is awaited itself; memory and SQLite work in a thread of their own.
    """
    opened = await _opened(store, options)
    return AsyncDesk(
        opened if tenant is None else opened.tenant(tenant), actor=actor, clock=clock, ids=ids, house=house
    )


async def _opened(store: Any, options: dict[str, Any]) -> AsyncEngineStore:
    if isinstance(store, AsyncEngineStore):
        return as_it_is(store, options)
    if isinstance(store, EngineStore):
        return ThreadStore(as_it_is(store, options))
    if isinstance(store, sqlite3.Connection):
        raise StoreError("a connection of sqlite3 cannot be awaited; use connect() where the connection is")
    if of_psycopg(store):
        from servicecrm.storage.postgres import AsyncPostgresStore

        return await AsyncPostgresStore.join(store, **options)
    place = place_of(store)
    if is_url(place):
        from servicecrm.storage.postgres import AsyncPostgresStore

        check_options(options, AsyncPostgresStore.open)
        return await AsyncPostgresStore.open(place, **options)
    return ThreadStore(await to_thread(in_this_process, place, options))
