"""What is done once, when a store on PostgreSQL is opened: its tables, its settings, and who may see what."""

import contextlib
from collections.abc import Iterator
from typing import Final, NamedTuple, get_args

import attrs
import psycopg
from psycopg.rows import args_row, tuple_row

from servicecrm.errors import SchemaTooNew, SchemaTooOld, StoreError, StoreUnavailable
from servicecrm.storage.postgres.dialect import Isolation, checked_schema, named_errors
from servicecrm.storage.postgres.waited import OwnCursor
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
    if isolation not in get_args(Isolation):
        raise StoreError(f"isolation is one of {', '.join(get_args(Isolation))}")
    with named_errors(), _connected(url, timeout) as connection:
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
        if tenants_apart:
            _check_role(connection)
        if readonly and _is_missing(connection, schema):
            raise StoreUnavailable(f"there is no store there: the database has no schema {schema}")
        empty = _is_empty(connection, schema)  # asked first: another process may make the tables in between
        found = version_of(connection, schema)
        if not readonly and found <= CURRENT and (migrate or (found == 0 and empty)):
            install(connection, schema=schema, tenants_apart=tenants_apart)
            found = CURRENT
        checked_version(found)
        _check_apart(connection, schema, tenants_apart=tenants_apart)
        return _profile(connection, schema, isolation, tenants_apart=tenants_apart)


def _connected(url: str, timeout: float) -> Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=max(2, int(timeout)))
    except UnicodeError:  # its text or repr may hold the whole URL
        raise StoreUnavailable("the server cannot be reached: the URL holds characters that none may have") from None


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
    with OwnCursor(connection, row_factory=tuple_row) as cursor:
        versions = cursor.execute(f"SELECT version FROM {table}".encode()).fetchall()
    if len(versions) != 1:
        raise StoreUnavailable("the table servicecrm_version does not hold a version; restore a backup")
    return int(str(versions[0][0]))


def install(connection: Connection, *, schema: str | None = None, tenants_apart: bool = False) -> None:
    """Make or update the tables, inside the transaction that is open on a connection, else in one of its own.

    With `tenants_apart`, row level security is set up too; see `PostgresStore`.

    Raises:
        StoreUnavailable: this role may not make the tables, or does not own those that are there.
    """
    with (
        named_errors(),
        _as_owner(),
        connection.transaction(),
        OwnCursor(connection, row_factory=tuple_row) as cursor,
    ):
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('servicecrm', 0))")
        before = _row(connection, "SELECT current_setting('search_path')")
        if checked_schema(schema) is not None:
            if _is_missing(connection, schema):
                cursor.execute(f'CREATE SCHEMA "{schema}"'.encode())
            cursor.execute(f'SET LOCAL search_path TO "{schema}"'.encode())
        # Another process may have been faster since the version was read.
        for version in range(version_of(connection, schema) + 1, CURRENT + 1):
            for statement in migration("postgres", version):
                cursor.execute(statement.encode())
            cursor.execute("DELETE FROM servicecrm_version")
            cursor.execute("INSERT INTO servicecrm_version (version) VALUES (%s)", (version,))
        cursor.execute("SELECT set_config('search_path', %s, true)", before)  # the transaction may be a host's
        if tenants_apart:
            _keep_apart(connection, schema)


@contextlib.contextmanager
def _as_owner() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            "this role may not make or change the tables; let the role that owns them, or their schema, "
            "open the store once with migrate=True"
        ) from error


def _is_missing(connection: Connection, schema: str | None) -> bool:
    return _row(connection, "SELECT to_regnamespace(%s) IS NULL AND %s::text IS NOT NULL", schema, schema) == (True,)


def _is_empty(connection: Connection, schema: str | None) -> bool:
    (tables,) = _row(
        connection,
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = coalesce(%s, current_schema())",
        schema,
    )
    return tables == 0


# -- tenants ---------------------------------------------------------------------------------------


_MINE: Final = "tenant = pg_catalog.current_setting('servicecrm.tenant', true)"
_MINE_READ_BACK: Final = "(tenant = current_setting('servicecrm.tenant'::text, true))"


class _Table(NamedTuple):
    """How the rows of one table are kept apart."""

    name: str
    guarded: bool
    """Do policies let the rows of the tenant through, and no others?"""
    forced: bool
    """Is it in force, for the owner of the table too?"""
    binds: bool
    """Does it bind this role?"""


def _tables_of_tenants(connection: Connection, schema: str | None) -> list[_Table]:
    """Every table of ours that has a tenant; the list of tenants is read by all of them."""
    query = """
        SELECT c.relname,
               (SELECT coalesce(bool_and(
                           p.polroles = '{0}'
                           AND pg_get_expr(p.polqual, c.oid) = %(mine)s
                           AND pg_get_expr(p.polwithcheck, c.oid) = %(mine)s), false)
                FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive),
               c.relrowsecurity AND c.relforcerowsecurity,
               row_security_active(c.oid)
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
        WHERE CASE WHEN %(schema)s::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = %(schema)s END
          AND c.relkind IN ('r', 'p') AND starts_with(c.relname, 'servicecrm_') AND c.relname <> 'servicecrm_tenants'
        ORDER BY c.relname
        """
    with OwnCursor(connection, row_factory=args_row(_Table)) as cursor:
        return cursor.execute(query, {"schema": schema, "mine": _MINE_READ_BACK}).fetchall()


def _keep_apart(connection: Connection, schema: str | None) -> None:
    """Set up row level security where it is not: changing a table waits for all who use it."""
    with OwnCursor(connection) as cursor:
        for name, guarded, forced, _ in _tables_of_tenants(connection, schema):
            table = _table(name, schema)
            if not forced:
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY".encode())
            if not guarded:
                cursor.execute(f"DROP POLICY IF EXISTS servicecrm_tenant ON {table}".encode())
                cursor.execute(
                    f"CREATE POLICY servicecrm_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE})".encode()
                )


def _check_role(connection: Connection) -> None:
    (role, unbound) = _row(
        connection, "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if unbound:
        raise StoreUnavailable(
            f"tenants are not kept apart: row level security does not bind the role {role}, "
            "which is a superuser or has BYPASSRLS; connect as an ordinary role"
        )


def _check_apart(connection: Connection, schema: str | None, *, tenants_apart: bool) -> None:
    for name, guarded, _, binds in _tables_of_tenants(connection, schema):
        if tenants_apart and not binds:
            raise StoreUnavailable(
                f"tenants are not kept apart in the table {name}: row level security is not set up, or does not bind "
                "its owner; let the owner of the tables open the store once with tenants_apart=True, migrate=True"
            )
        if tenants_apart and not guarded:
            raise StoreUnavailable(
                f"tenants are not kept apart in the table {name}: its policy servicecrm_tenant is missing or was "
                "changed, or another policy lets more rows through; drop that one, and let the owner of the tables "
                "open the store once with tenants_apart=True, migrate=True"
            )
        if binds and guarded and not tenants_apart:
            raise StoreUnavailable(
                f"row level security hides the rows of the table {name} from this store; "
                "open it with tenants_apart=True"
            )


def _profile(
    connection: Connection, schema: str | None, isolation: Isolation, *, tenants_apart: bool
) -> PostgresProfile:
    server, role, current, standby, synchronous, fsync = _row(
        connection,
        "SELECT current_setting('server_version'), current_user, n.nspname, pg_is_in_recovery(),"
        " current_setting('synchronous_commit'), current_setting('fsync')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)",
        _table("servicecrm_version", schema),
    )
    return PostgresProfile(
        server=str(server),
        role=str(role),
        schema=str(current),
        isolation="repeatable read" if standby and isolation == "serializable" else isolation,
        tenants_apart=tenants_apart,
        standby=bool(standby),
        synchronous_commit="on" if synchronous == "off" else str(synchronous),  # our connections switch it on again
        fsync=fsync == "on",
    )


def _row(connection: Connection, query: str, *parameters: object) -> tuple[object, ...]:
    with OwnCursor(connection, row_factory=tuple_row) as cursor:
        row: tuple[object, ...] | None = cursor.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row


def _table(name: str, schema: str | None) -> str:
    return name if schema is None else f'"{schema}".{name}'
