"""What is done once, when a store on PostgreSQL is opened: its tables, its settings, and who may see what."""

from typing import Final

import attrs
import psycopg
from psycopg.rows import tuple_row

from servicecrm.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from servicecrm.storage.postgres.dialect import Isolation, checked_schema, named_errors
from servicecrm.storage.schema import CURRENT, migration

__all__ = ["Connection", "PostgresProfile", "checked_version", "install", "prepare"]

Connection = psycopg.Connection[tuple[object, ...]]

OLDEST: Final = 130000
"""The oldest server that is known to work."""


@attrs.frozen
class PostgresProfile:
    """How PostgreSQL keeps its promises here, read back from the server."""

    server: str
    role: str
    schema: str
    isolation: Isolation
    tenants_apart: bool
    """Does row level security keep the tenants apart?"""
    standby: bool
    synchronous_commit: str
    fsync: bool

    @property
    def durable(self) -> bool:
        """Is a unit on disk when it is acknowledged?"""
        return self.fsync and self.synchronous_commit != "off"


def prepare(
    url: str,
    *,
    schema: str | None,
    isolation: Isolation,
    readonly: bool,
    migrate: bool,
    tenants_apart: bool,
    timeout: float,
) -> PostgresProfile:
    """Check a database and make its tables, where that is wanted.

    An empty schema gets the tables at once.

    Raises:
        StoreUnavailable: the server cannot be used, or does not keep tenants apart although that is asked for.
        SchemaTooNew: a newer servicecrm wrote it.
        SchemaTooOld: it waits for `migrate=True`.
    """
    checked_schema(schema)
    with named_errors(), psycopg.connect(url, autocommit=True, connect_timeout=max(2, int(timeout))) as connection:
        (number, encoding, standby) = _row(
            connection,
            "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),"
            " pg_is_in_recovery()",
        )
        if int(str(number)) < OLDEST:
            raise StoreUnavailable("PostgreSQL 13 or newer is needed")
        if encoding != "UTF8":
            raise StoreUnavailable(f"a database with the encoding UTF8 is needed, this one has {encoding}")
        if standby and not readonly:
            raise StoreUnavailable("this server is a standby; open it with readonly=True")
        found = version_of(connection, schema)
        if found < CURRENT and not readonly and (migrate or (found == 0 and _is_empty(connection, schema))):
            install(connection, schema=schema, tenants_apart=tenants_apart)
            found = CURRENT
        checked_version(found)
        if tenants_apart:
            if migrate:
                _keep_apart(connection, schema)
            _check_apart(connection, schema)
        return _profile(connection, schema, isolation, tenants_apart=tenants_apart)


def checked_version(found: int) -> None:
    """Are the tables of the version that this servicecrm knows?"""
    if found < CURRENT:
        raise SchemaTooOld(found, CURRENT)
    if found > CURRENT:
        raise SchemaTooNew("the store", found, CURRENT)


def version_of(connection: Connection, schema: str | None) -> int:
    """The version of the tables; 0 if there are none."""
    table = _table("servicecrm_version", schema)
    (there,) = _row(connection, "SELECT to_regclass(%s) IS NOT NULL", table)
    if not there:
        return 0
    with connection.cursor(row_factory=tuple_row) as cursor:
        versions = cursor.execute(f"SELECT version FROM {table}".encode()).fetchall()
    if len(versions) != 1:
        raise StoreUnavailable("the table servicecrm_version does not hold a version; restore a backup")
    return int(str(versions[0][0]))


def install(connection: Connection, *, schema: str | None = None, tenants_apart: bool = False) -> None:
    """Make or update the tables, inside the transaction that is open on a connection, else in one of its own.

    With `tenants_apart`, row level security is set up too; see `PostgresStore`.
    """
    with named_errors(), connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('servicecrm', 0))")
        before = _row(connection, "SELECT current_setting('search_path')")
        if checked_schema(schema) is not None:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
            cursor.execute(f"SET LOCAL search_path TO {schema}".encode())
        # Another process may have been faster since the version was read.
        for version in range(version_of(connection, schema) + 1, CURRENT + 1):
            for statement in migration("postgres", version):
                cursor.execute(statement.encode())
            cursor.execute("DELETE FROM servicecrm_version")
            cursor.execute("INSERT INTO servicecrm_version (version) VALUES (%s)", (version,))
        cursor.execute("SELECT set_config('search_path', %s, true)", before)  # the transaction may be a host's
        if tenants_apart:
            _keep_apart(connection, schema)


def _is_empty(connection: Connection, schema: str | None) -> bool:
    (tables,) = _row(
        connection,
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = coalesce(%s, current_schema())",
        schema,
    )
    return tables == 0


# -- tenants ---------------------------------------------------------------------------------------


def _tables_of_tenants(connection: Connection, schema: str | None) -> list[tuple[object, ...]]:
    """Every table of ours with a tenant, whether its rows are kept apart, and whether that binds its owner too."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
            " EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'servicecrm_tenant'),"
            " pg_has_role(c.relowner, 'USAGE')"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'"
            " WHERE n.nspname = coalesce(%s, current_schema()) AND c.relkind IN ('r', 'p')"
            " AND starts_with(c.relname, 'servicecrm_') AND c.relname <> 'servicecrm_tenants' ORDER BY c.relname",
            (schema,),
        ).fetchall()


def _keep_apart(connection: Connection, schema: str | None) -> None:
    mine = "tenant = current_setting('servicecrm.tenant', true)"
    with connection.transaction(), connection.cursor() as cursor:
        for name, *_ in _tables_of_tenants(connection, schema):
            table = _table(str(name), schema)
            for statement in (
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
                f"DROP POLICY IF EXISTS servicecrm_tenant ON {table}",
                f"CREATE POLICY servicecrm_tenant ON {table} USING ({mine}) WITH CHECK ({mine})",
            ):
                cursor.execute(statement.encode())


def _check_apart(connection: Connection, schema: str | None) -> None:
    (role, unbound) = _row(
        connection, "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if unbound:
        raise StoreUnavailable(
            f"tenants are not kept apart: row level security does not bind the role {role}, "
            "which is a superuser or has BYPASSRLS; connect as an ordinary role"
        )
    for name, enabled, forced, policy, owner in _tables_of_tenants(connection, schema):
        if not (enabled and policy) or (owner and not forced):
            raise StoreUnavailable(
                f"tenants are not kept apart in the table {name}: row level security is not set up, or does not bind "
                "its owner; let the owner of the tables open the store once with tenants_apart=True, migrate=True"
            )


def _profile(
    connection: Connection, schema: str | None, isolation: Isolation, *, tenants_apart: bool
) -> PostgresProfile:
    server, role, current, standby, synchronous, fsync = _row(
        connection,
        "SELECT current_setting('server_version'), current_user, coalesce(%s, current_schema()), pg_is_in_recovery(),"
        " current_setting('synchronous_commit'), current_setting('fsync')",
        schema,
    )
    return PostgresProfile(
        server=str(server),
        role=str(role),
        schema=str(current),
        isolation="repeatable read" if standby and isolation == "serializable" else isolation,
        tenants_apart=tenants_apart,
        standby=bool(standby),
        synchronous_commit=str(synchronous),
        fsync=fsync == "on",
    )


def _row(connection: Connection, query: str, *parameters: object) -> tuple[object, ...]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row


def _table(name: str, schema: str | None) -> str:
    return name if schema is None else f"{schema}.{name}"
