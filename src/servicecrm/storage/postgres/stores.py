"""Stores on PostgreSQL: for threads, and awaited."""

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import psycopg

from servicecrm.kernel.kinds import Kind
from servicecrm.storage.aio import AsyncEngineStore
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.postgres.awaited import AsyncJoinedPostgres, AsyncPostgresEngine
from servicecrm.storage.postgres.dialect import Isolation, checked_schema
from servicecrm.storage.postgres.opening import PostgresProfile, checked_version, prepare
from servicecrm.storage.postgres.waited import JoinedPostgres, PostgresEngine
from servicecrm.storage.store import EngineStore

__all__ = ["AsyncPostgresStore", "PostgresStore"]

CONNECTIONS = 8


class PostgresStore(EngineStore):
    """A store in a PostgreSQL database, for any number of processes and threads.

    A unit sees one moment. What it got by id, and what it saves, has to be unchanged at its end; else it is run again
    where it is a program, as every call of a desk is, and a block of your own gets `StoreBusy`. With
    `isolation="serializable"` that holds for whatever it looked for too.

    `schema` names the schema of the tables, else the search path of the role decides. With `tenants_apart`, row level
    security lets the database itself keep tenants apart. Entries are sealed by `seal`, which a worker calls.

    Raises:
        StoreUnavailable: the server cannot be used, or does not keep tenants apart although that is asked for.
        SchemaTooNew: a newer servicecrm wrote it.
        SchemaTooOld: it waits for `migrate=True`.
        MissingExtra: psycopg is not installed.

    Source: C124.
    """

    def __init__(
        self,
        url: str,
        kinds: Sequence[Kind[Any]] = SHIPPED,
        *,
        schema: str | None = None,
        isolation: Isolation = "repeatable read",
        tenants_apart: bool = False,
        readonly: bool = False,
        migrate: bool = False,
        timeout: float = 10.0,
        connections: int = CONNECTIONS,
    ) -> None:
        self.profile: PostgresProfile = prepare(
            url,
            schema=schema,
            isolation=isolation,
            tenants_apart=tenants_apart,
            readonly=readonly,
            migrate=migrate,
            timeout=timeout,
        )
        engine = PostgresEngine(
            url,
            schema=schema,
            isolation=self.profile.isolation,
            tenants_apart=tenants_apart,
            readonly=readonly,
            timeout=timeout,
            connections=connections,
        )
        super().__init__(engine, kinds)
        engine.open()

    @staticmethod
    def join(
        connection: psycopg.Connection[Any], kinds: Sequence[Kind[Any]] = SHIPPED, *, schema: str | None = None
    ) -> "JoinedPostgresStore":
        """Work inside the transaction that a host has open on its own connection, and never commit it.

        A unit that fails takes back what it did, and leaves the host's transaction as it was. The tables have to be
        there: see `install`. After its commit the host calls `committed()` on the store, and hooks run.

        Raises:
            NoTransaction: the host has not begun one.
            SchemaTooOld: the tables are missing, or wait for a migration.
        """
        engine = JoinedPostgres(connection, schema=checked_schema(schema))
        checked_version(engine.version())
        return JoinedPostgresStore(engine, kinds)


class JoinedPostgresStore(EngineStore):
    """A store inside a host's transaction. See `servicecrm.storage.joined.JoinedStore`."""

    def __init__(self, engine: JoinedPostgres, kinds: Sequence[Kind[Any]]) -> None:
        super().__init__(engine, kinds)
        self._open = engine.place.unit(engine.schema)


class AsyncPostgresStore(AsyncEngineStore):
    """A store in a PostgreSQL database, awaited: `await AsyncPostgresStore.open(url)`. See `PostgresStore`."""

    profile: PostgresProfile

    @classmethod
    async def open(
        cls,
        url: str,
        kinds: Sequence[Kind[Any]] = SHIPPED,
        *,
        schema: str | None = None,
        isolation: Isolation = "repeatable read",
        tenants_apart: bool = False,
        readonly: bool = False,
        migrate: bool = False,
        timeout: float = 10.0,
        connections: int = CONNECTIONS,
    ) -> Self:
        """Open a database; takes and raises what `PostgresStore` does."""
        profile = await asyncio.to_thread(
            prepare,
            url,
            schema=schema,
            isolation=isolation,
            tenants_apart=tenants_apart,
            readonly=readonly,
            migrate=migrate,
            timeout=timeout,
        )
        engine = AsyncPostgresEngine(
            url,
            schema=schema,
            isolation=profile.isolation,
            tenants_apart=tenants_apart,
            readonly=readonly,
            timeout=timeout,
            connections=connections,
        )
        store = cls(engine, kinds)
        store.profile = profile
        await engine.open()
        return store

    @staticmethod
    async def join(
        connection: psycopg.AsyncConnection[Any], kinds: Sequence[Kind[Any]] = SHIPPED, *, schema: str | None = None
    ) -> "AsyncJoinedPostgresStore":
        """Work inside the transaction that a host has open on its own connection. See `PostgresStore.join`."""
        engine = AsyncJoinedPostgres(connection, schema=checked_schema(schema))
        checked_version(await engine.version())
        return AsyncJoinedPostgresStore(engine, kinds)


class AsyncJoinedPostgresStore(AsyncEngineStore):
    """A store inside a host's transaction, awaited. See `servicecrm.storage.joined.JoinedStore`."""

    def __init__(self, engine: AsyncJoinedPostgres, kinds: Sequence[Kind[Any]]) -> None:
        super().__init__(engine, kinds)
        self._open = engine.place.unit(engine.schema)
