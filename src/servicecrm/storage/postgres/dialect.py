"""How PostgreSQL wants its statements, and what its errors mean."""

import contextlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.types.bool import BoolDumper, BoolLoader
from psycopg.types.none import NoneDumper
from psycopg.types.numeric import Int8Dumper, IntLoader
from psycopg.types.string import StrDumperUnknown, TextLoader

from servicecrm.errors import ReadOnlyStore, StoreBusy, StoreError, StoreUnavailable
from servicecrm.storage.statements import Dialect
from servicecrm.storage.store import Mode

__all__ = [
    "ADAPTERS",
    "COPIES",
    "POSTGRES",
    "Isolation",
    "begin",
    "checked_schema",
    "named",
    "named_errors",
    "placed",
    "tenant_of",
]

Isolation = Literal["serializable", "repeatable read", "read committed"]
"""What units see of each other.

At every level a record that a unit got by its id and did not save has to be unchanged at its end. Serializable units
also see to it that nothing new would be found by what they looked for, at the price of more units that are run again.
"""

POSTGRES: Final = Dialect(
    name="postgres",
    contains="strpos({column}, ?) > 0",
    clock="(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    place="nextval('servicecrm_outbox_places')",
    hold=" FOR SHARE",
    skip_locked=" FOR UPDATE SKIP LOCKED",
)


class Number(Int8Dumper):
    """A number whose type the server finds out, as it does for texts and for nothing.

    So a statement has one prepared form whatever its values are. Had it several, then a failure in the middle of many
    rows would leave the driver with the name of one that the server was never told.
    """

    oid = 0


ADAPTERS: Final = AdaptersMap(psycopg.adapters)
"""How values go to the server and come back, whatever a host has registered with its connection or with psycopg."""
for _type, _dumper in ((str, StrDumperUnknown), (int, Number), (bool, BoolDumper), (type(None), NoneDumper)):
    ADAPTERS.register_dumper(_type, _dumper)
for _name, _loader in (("text", TextLoader), ("int4", IntLoader), ("int8", IntLoader), ("bool", BoolLoader)):
    ADAPTERS.register_loader(_name, _loader)

COPIES: Final = AdaptersMap(ADAPTERS)
"""The same for rows that are copied, where nobody asks for the type of a number, and the driver's own way is faster."""
COPIES.register_dumper(int, Int8Dumper)

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def checked_schema(name: str | None) -> str | None:
    """The name of a schema, which goes into statements as it is.

    Raises:
        StoreError: it would have to be quoted.
    """
    if name is not None and (not _NAME.fullmatch(name) or name.startswith("pg_")):
        raise StoreError(
            "the name of a schema has up to 63 of a-z, 0-9 and _, and begins with a letter, but not with pg_"
        )
    return name


@lru_cache(maxsize=1_000)
def placed(text: str, schema: str | None) -> bytes:
    """A statement with the driver's marks, and its tables in their schema; it holds no values."""
    text = text.replace("?", "%s")
    return (text if schema is None else re.sub(r"\bservicecrm_", f'"{schema}".servicecrm_', text)).encode()


def begin(mode: Mode, isolation: Isolation, tenant: str | None) -> bytes:
    """How a transaction begins; with a tenant, row level security shows only what is this tenant's."""
    level = "read committed" if mode == "claim" else isolation
    if mode == "read" and level == "read committed":
        level = "repeatable read"  # or a long reading would see several moments
    access = "READ ONLY" if mode == "read" else "READ WRITE"
    text = f"BEGIN ISOLATION LEVEL {level.upper()} {access}".encode()
    return text if tenant is None else text + b"; " + tenant_of(tenant, local=True)


def tenant_of(tenant: str, *, local: bool) -> bytes:
    """Tells row level security whose rows are wanted: until the transaction ends, or from now on."""
    name = f"convert_from(decode('{tenant.encode().hex()}', 'hex'), 'UTF8')"  # in any encoding of the connection
    return f"SELECT set_config('servicecrm.tenant', {name}, {local})".encode()


@contextlib.contextmanager
def named_errors() -> Iterator[None]:
    """Raise our own errors instead of the driver's."""
    try:
        yield
    except psycopg.Error as error:
        raise named(error) from error


_BUSY: Final = frozenset(
    {
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # a lock was not to be had in time
        "23505",  # somebody put the same key in at the same moment
        "53300",  # too many connections
    }
)
_SAYS: Final = {
    "25P02": "PostgreSQL rolled this unit back after an error; nothing of it was saved",
    "3D000": "there is no database of that name",
    "3F000": "there is no schema of that name",
    "42501": "this role may not do that; grant it the tables of servicecrm",
    "42P01": "tables are missing; restore a backup",
    "57014": "the statement was cancelled, or took longer than the server lets it",
}
_CLASSES: Final = {
    "28": "the server does not let this role in",
    "53": "the server has no room left; nothing of this unit was saved",
    "57": "the server is shutting down, or has ended the connection",
}


_REFUSED: Final = (
    (re.compile(r'FATAL:  database ".*" does not exist'), "3D000"),
    (re.compile(r'FATAL:  role ".*" (does not exist|is not permitted to log in)'), "28000"),
    (re.compile(r"FATAL:  (\S+ authentication failed|no pg_hba\.conf entry|permission denied for database)"), "28000"),
)
"""How a server begins to say why it lets nobody in, in English, and the SQLSTATE of it, which the driver leaves out."""


def _state_of(error: psycopg.Error) -> str | None:
    if error.sqlstate is not None:
        return error.sqlstate
    return next((state for says, state in _REFUSED if says.search(str(error))), None)


def named(error: psycopg.Error) -> StoreError:
    """Our error for one of the driver's, whose own text may hold values."""
    state = _state_of(error)
    if state is None or state.startswith("08"):
        return StoreUnavailable(
            "the server cannot be reached, does not let this role into this database, or has closed the connection"
        )
    if state in _BUSY:
        return StoreBusy()
    if state == "25006":
        return ReadOnlyStore()
    says = _SAYS.get(state) or _CLASSES.get(state[:2])
    return StoreUnavailable(says or f"PostgreSQL says {type(error).__name__}")
