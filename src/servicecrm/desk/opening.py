"""From the name of a store to a desk."""

import os
import sqlite3
from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from servicecrm.desk.base import Clock, now
from servicecrm.desk.desk import Desk
from servicecrm.desk.house import House
from servicecrm.desk.ids import uuid7
from servicecrm.errors import StoreUnavailable
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.ids import Ids
from servicecrm.storage.memory import MemoryStore
from servicecrm.storage.sqlite import SQLiteStore
from servicecrm.storage.store import EngineStore

if TYPE_CHECKING:
    import psycopg

__all__ = ["as_it_is", "check_options", "connect", "in_this_process", "is_url", "of_psycopg", "place_of"]

S = TypeVar("S")


def connect(
    store: "str | os.PathLike[str] | EngineStore | sqlite3.Connection | psycopg.Connection[Any]",
    *,
    actor: Actor | str | None = None,
    tenant: str | None = None,
    clock: Clock = now,
    ids: Ids = uuid7,
    house: House | None = None,
    **options: Any,
) -> Desk:
    """Open a desk on a store.

    That is `"memory:"`, the path of an SQLite file, a `postgresql://` URL, a store, or a connection of yours. A file
    that is not there yet is made. With a connection, the desk works inside the transaction that you have open on it,
    and never commits. Further options go to the store, such as `writers="one"`, `schema="crm"` or `readonly=True`; a
    store that you give has them already, and its tenant, unless another is named. With a `house`, a notice is kept for
    whoever has to be told of a change.

    Raises:
        StoreUnavailable: the store cannot be opened.
        SchemaTooNew: a newer servicecrm wrote it.
        SchemaTooOld: it waits for a migration: `connect(path, migrate=True)`.
    """
    opened = _opened(store, options)
    return Desk(opened if tenant is None else opened.tenant(tenant), actor=actor, clock=clock, ids=ids, house=house)


def _opened(store: Any, options: dict[str, Any]) -> EngineStore:
    if isinstance(store, EngineStore):
        return as_it_is(store, options)
    if isinstance(store, sqlite3.Connection):
        return SQLiteStore.join(store, **options)
    if of_psycopg(store):
        from servicecrm.storage.postgres import PostgresStore

        return PostgresStore.join(store, **options)
    place = place_of(store)
    if is_url(place):
        from servicecrm.storage.postgres import PostgresStore

        check_options(options, PostgresStore)
        return PostgresStore(place, **options)
    return in_this_process(place, options)


def place_of(store: "str | os.PathLike[str]") -> str:
    """The name of a store.

    Raises:
        StoreUnavailable: it is none, and neither is what was given a store or a connection of a driver.
    """
    if store == "memory":
        raise StoreUnavailable("'memory' can be meant in two ways: 'memory:' is a store in memory, './memory' a file")
    try:
        place = os.fspath(store)
    except TypeError:
        raise StoreUnavailable(
            f"a {type(store).__name__} is no store; give a path, a URL, or the connection of the driver itself, "
            "as SQLAlchemy's `connection.connection.driver_connection` and Django's `connection.connection` are"
        ) from None
    if any(part.partition("=")[0] in ("dbname", "host", "service") for part in place.split() if "=" in part):
        raise StoreUnavailable("connect to PostgreSQL by a URL: postgresql://user@host/database")
    return place


def check_options(options: dict[str, Any], store: Callable[..., object]) -> None:
    """Refuses options that a store does not have.

    Raises:
        TypeError: names those that it has.
    """
    known = [name for name, each in signature(store).parameters.items() if each.kind is each.KEYWORD_ONLY]
    if unknown := sorted(options.keys() - {*known, "kinds"}):
        has = ", ".join(known) or "none"
        raise TypeError(f"this store has no option {', '.join(unknown)}; it has: {has}")


def as_it_is(store: S, options: dict[str, Any]) -> S:
    """A store that a host has opened."""
    if options:
        raise TypeError(f"a store that is open takes no options; make it with {', '.join(options)}")
    return store


def of_psycopg(store: object) -> TypeGuard[Any]:
    """Is this a connection of psycopg, or of a class made from it? Without loading psycopg to see it."""
    return any(base.__module__.partition(".")[0] == "psycopg" for base in type(store).__mro__)


def is_url(place: str) -> bool:
    """Does this name a database on a server?"""
    return place.startswith(("postgresql://", "postgres://"))


def in_this_process(place: str, options: dict[str, Any]) -> EngineStore:
    """A store without a server."""
    if place == "memory:":
        check_options(options, MemoryStore)
        return MemoryStore(**options)
    if "://" in place or place == ":memory:":
        scheme = place.split("://", maxsplit=1)[0]
        raise StoreUnavailable(
            f"no store answers to {scheme!r}; known: 'memory:', 'postgresql://' and the path of a file"
        )
    check_options(options, SQLiteStore)
    return SQLiteStore(place, **options)
