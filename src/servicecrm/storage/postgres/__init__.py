"""Where records live when many processes work on them: in PostgreSQL. Needs the extra `postgres`."""

from servicecrm.storage.postgres.opening import PostgresProfile, install
from servicecrm.storage.postgres.stores import AsyncPostgresStore, PostgresStore

__all__ = ["AsyncPostgresStore", "PostgresProfile", "PostgresStore", "install"]
