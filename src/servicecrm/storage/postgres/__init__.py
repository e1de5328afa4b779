"""Where records live when many processes work on them: in PostgreSQL. Needs the extra `postgres`."""

from servicecrm.errors import MissingExtra

try:
    import psycopg  # noqa: F401
    import psycopg_pool  # noqa: F401
except ImportError as _error:
    raise MissingExtra("a store on PostgreSQL", "postgres") from _error

from servicecrm.storage.postgres.opening import PostgresProfile, install
from servicecrm.storage.postgres.stores import AsyncPostgresStore, PostgresStore

__all__ = ["AsyncPostgresStore", "PostgresProfile", "PostgresStore", "install"]
