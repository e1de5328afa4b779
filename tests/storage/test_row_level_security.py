"""PostgreSQL keeps tenants apart as well, for a role that may do only what the page about tenants grants."""  # C124

import asyncio
import contextlib
import io
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

import servicecrm
from servicecrm.calendars import Calendar
from servicecrm.cases import CasePolicy, RequestType, Router
from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.desk import Desk
from servicecrm.errors import NotFound, StoreUnavailable
from servicecrm.storage.ports import Notice
from servicecrm.storage.postgres import PostgresStore, install, opening
from servicecrm.storage.statements import SQLTables
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.tenants import Tenants, Transfer
from servicecrm.tracking import Targets, usual
from tests.servers import Postgres, Role

PAGE = Path(__file__).parents[2] / "docs/how-to/tenants.md"
BY = "ann@city.example"

Connection = psycopg.Connection[tuple[Any, ...]]


class House(NamedTuple):
    """A schema whose tables one ordinary role owns, and another one uses."""

    server: Postgres
    schema: str
    owner: Role
    app: Role

    def open(self, role: Role | None = None, *, tenants_apart: bool = True, **options: Any) -> PostgresStore:
        url = (role or self.app).url
        return PostgresStore(url, schema=self.schema, tenants_apart=tenants_apart, **options)

    @contextlib.contextmanager
    def connected(self, role: Role | None = None) -> Iterator[Connection]:
        """A plain connection of a role, by default of the superuser."""
        with psycopg.connect(role.url if role else self.server.url, autocommit=True) as connection:
            execute(connection, f"SET search_path TO {self.schema}")
            yield connection

    def alter(self, statement: str) -> None:
        with self.connected() as connection:
            execute(connection, statement)


def execute(connection: Connection, statement: str, *parameters: object) -> psycopg.Cursor[tuple[Any, ...]]:
    return connection.execute(statement.encode(), parameters or None)


def name_tenant(connection: Connection, tenant: str, *, local: bool = True) -> None:
    execute(connection, "SELECT set_config('servicecrm.tenant', %s, %s)", tenant, local)


def printed(title: str) -> str:
    """A fence of the page about tenants."""
    found = re.search(
        rf'^```sql title="{title}"\n(.*?)^```$', PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, f"no fence is titled {title}"
    return found[1]


@pytest.fixture(scope="module")
def roles(postgres: Postgres) -> tuple[Role, Role]:
    return postgres.role("owner"), postgres.role("app")


@contextlib.contextmanager
def built(postgres: Postgres, roles: tuple[Role, Role]) -> Iterator[House]:
    house = House(postgres, postgres.schema(), *roles)
    *_, schema = printed("roles").splitlines()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        execute(connection, told(house, schema))
    yield house
    postgres.drop(house.schema)


def furnished(house: House) -> House:
    house.open(house.owner, migrate=True).close()
    with house.connected(house.owner) as connection:
        execute(connection, told(house, printed("grants")))
    return house


@pytest.fixture
def bare(postgres: Postgres, roles: tuple[Role, Role]) -> Iterator[House]:
    """An empty schema of the owner's, as the page makes it."""
    with built(postgres, roles) as house:
        yield house


@pytest.fixture
def house(bare: House) -> House:
    """The tables, with the grants of the page."""
    return furnished(bare)


@pytest.fixture(scope="module")
def lasting(postgres: Postgres, roles: tuple[Role, Role]) -> Iterator[House]:
    """One for tests that change nothing but rows."""
    with built(postgres, roles) as house:
        yield furnished(house)


def told(house: House, statements: str) -> str:
    """Statements of the page, with the names of this house."""
    for name, ours in (("crm_owner", house.owner.name), ("crm_app", house.app.name), ("crm", house.schema)):
        statements = re.sub(rf"\b{name}\b", ours, statements)
    return statements


def desk_of(store: PostgresStore, tenant: str) -> Desk:
    return servicecrm.connect(store, actor=BY, tenant=tenant, clock=FixedClock())


def fill(store: PostgresStore, tenant: str) -> Complaint:
    """Put something into every table."""
    desk = desk_of(store, tenant)
    calendar = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")
    for rules in (ComplaintPolicy(), CasePolicy(), Router(), RequestType(code="pothole"), calendar):
        desk.policies.publish(rules, effective=desk.clock())
    desk.policies.publish(Targets(targets=(usual("accept", "4h business"),)), name="case", effective=desk.clock())
    complaint = desk.complaints.record(subject="No water", channel="phone", tags=["leak"], command="c-1")
    complaint = desk.complaints.note(complaint.id, "Called back")
    desk.cases.open(subject="No water", channel="phone", tags=["leak"])
    due = desk.clock() + timedelta(days=1)
    desk.actions.open("Look", source_kind="complaint", source=complaint.id, owner="w", due_at=due)
    with desk.unit() as unit:
        unit.save(notices=[Notice(key="n-1", topic="mail", recipient="w", kind="complaint", id=complaint.id)])
    desk.store.seal()
    return complaint


def tables(house: House) -> list[str]:
    """The tables whose rows belong to a tenant."""
    with house.connected() as connection:
        found = execute(
            connection,
            "SELECT table_name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'tenant'"
            " AND starts_with(table_name, 'servicecrm_') ORDER BY 1",
            house.schema,
        ).fetchall()
    names = [name for (name,) in found if name != "servicecrm_tenants"]
    assert len(names) >= 9
    return names


def columns_of(connection: Connection, table: str) -> str:
    """The columns after the tenant."""
    cursor = execute(connection, f"SELECT * FROM {table} LIMIT 0")
    return ", ".join(f'"{column.name}"' for column in cursor.description or () if column.name != "tenant")


def tenants_in(connection: Connection, table: str) -> set[str]:
    return {tenant for (tenant,) in execute(connection, f"SELECT tenant FROM {table}")}


# -- who is let in -------------------------------------------------------------------------------


def test_an_ordinary_role_needs_no_more_than_the_page_grants(house: House) -> None:
    with house.open() as store:
        assert (store.profile.tenants_apart, store.profile.schema) == (True, house.schema)
        for tenant in ("a", "b"):
            complaint = fill(store, tenant)
            desk = desk_of(store, tenant)
            desk.complaints.amend(complaint.id, tags=["gone"])
            with desk.store.unit(claiming=True) as unit:
                assert unit.settle(unit.claim("w", now=desk.clock())) == 1
                assert len(unit.take(Complaint)) == 1
            assert desk.export(io.StringIO()) > 5
            assert desk.store.verify(desk.store.head()) > 5
            assert complaint.number == "CMP-2026-000001"


def test_the_page_grants_no_more_than_is_needed(house: House) -> None:
    with house.connected(house.app) as connection:
        for table in tables(house):
            for refused in (f"TRUNCATE {table}", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"):
                with pytest.raises(errors.InsufficientPrivilege):
                    execute(connection, refused)
            with pytest.raises(errors.InsufficientPrivilege):
                execute(connection, f"DROP POLICY servicecrm_tenant ON {table}")


@pytest.mark.parametrize("attributes", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_is_not_bound_is_refused_and_changes_nothing(bare: House, attributes: LiteralString) -> None:
    role = bare.server.role("unbound", attributes=attributes)
    for migrate in (False, True):
        with pytest.raises(StoreUnavailable, match=f"does not bind the role {role.name}.*ordinary role"):
            bare.open(role, migrate=migrate)
    with bare.connected() as connection:
        assert execute(connection, "SELECT to_regclass('servicecrm_version')").fetchone() == (None,)


DAMAGES = {
    "not enabled": "ALTER TABLE servicecrm_message DISABLE ROW LEVEL SECURITY",
    "no policy": "DROP POLICY servicecrm_tenant ON servicecrm_journal",
    "a policy for reading alone": (
        "DROP POLICY servicecrm_tenant ON servicecrm_outbox; CREATE POLICY servicecrm_tenant ON servicecrm_outbox"
        " FOR SELECT USING (tenant = current_setting('servicecrm.tenant', true))"
    ),
    "another policy of that name": "ALTER POLICY servicecrm_tenant ON servicecrm_complaint USING (true)",
    "another check": "ALTER POLICY servicecrm_tenant ON servicecrm_complaint WITH CHECK (true)",
    "for some roles": "ALTER POLICY servicecrm_tenant ON servicecrm_seals TO pg_monitor",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_table_that_is_not_guarded_is_refused_until_its_owner_mends_it(house: House, damage: str) -> None:
    house.open().close()
    house.alter(DAMAGES[damage])
    with pytest.raises(StoreUnavailable, match=r"not kept apart in the table servicecrm_.*migrate=True"):
        house.open()
    with pytest.raises(StoreUnavailable):
        house.open(house.owner, migrate=True, readonly=True)  # who only reads mends nothing
    house.open(house.owner, migrate=True).close()
    house.open().close()


def test_a_second_policy_that_lets_more_rows_through_is_refused_and_one_that_lets_fewer_is_not(house: House) -> None:
    house.alter("CREATE POLICY fewer ON servicecrm_complaint AS RESTRICTIVE USING (revision < 1000)")
    house.open().close()
    house.alter("CREATE POLICY more ON servicecrm_complaint FOR SELECT USING (true)")
    with pytest.raises(StoreUnavailable, match=r"servicecrm_complaint.*another policy lets more rows through"):
        house.open()
    with pytest.raises(StoreUnavailable, match="drop that one"):  # it is somebody else's
        house.open(house.owner, migrate=True)


def test_tables_are_checked_where_the_search_path_finds_them(house: House) -> None:
    """The first schema of the path may be an empty one, such as the role's own."""
    first = house.server.schema()
    house.alter(f"CREATE SCHEMA {first} AUTHORIZATION {house.app.name}")
    url = make_conninfo(house.app.url, options=f"-csearch_path={first},{house.schema}")
    with PostgresStore(url, tenants_apart=True) as store:
        assert store.profile.schema == house.schema
    house.alter(DAMAGES["not enabled"])
    with pytest.raises(StoreUnavailable, match="servicecrm_message"):
        PostgresStore(url, tenants_apart=True)


def test_a_bound_role_does_not_take_hidden_rows_for_an_empty_store(house: House) -> None:
    with house.open() as store:
        fill(store, "default")
    with pytest.raises(StoreUnavailable, match="open it with tenants_apart=True"):
        house.open(tenants_apart=False)
    with house.open(Role("", house.server.url), tenants_apart=False) as store:  # who is not bound sees them
        assert desk_of(store, "default").complaints.count() == 1


# -- setting it up -------------------------------------------------------------------------------


def test_opening_again_changes_no_table_so_that_it_waits_for_nobody(house: House) -> None:
    impatient = Role("", make_conninfo(house.owner.url, options="-clock_timeout=100"))
    with house.connected(house.app) as connection, connection.transaction():
        name_tenant(connection, "a")
        for table in tables(house):
            execute(connection, f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        house.open(impatient, migrate=True).close()
        with pytest.raises(errors.LockNotAvailable), psycopg.connect(impatient.url) as control:
            execute(control, f"ALTER TABLE {house.schema}.servicecrm_message FORCE ROW LEVEL SECURITY")


def test_whoever_does_not_own_the_tables_is_told_who_has_to_change_them(house: House) -> None:
    house.open(migrate=True).close()  # there is nothing to change
    house.alter(DAMAGES["no policy"])
    with pytest.raises(StoreUnavailable, match="let the role that owns them"):
        house.open(migrate=True)


def test_whoever_may_not_make_tables_is_told_who_has_to_make_them(bare: House) -> None:
    bare.alter(f"GRANT USAGE ON SCHEMA {bare.schema} TO {bare.app.name}")
    with pytest.raises(StoreUnavailable, match="may not make or change the tables"):
        bare.open(migrate=True)


def test_an_owner_who_may_make_no_schema_uses_the_one_that_is_there(bare: House) -> None:
    with pytest.raises(StoreUnavailable, match="may not make"):
        PostgresStore(bare.owner.url, schema=f"{bare.schema}_other")
    bare.open(bare.owner).close()  # an empty schema gets its tables at once


def test_a_host_sets_it_up_in_its_own_migration(bare: House) -> None:
    with bare.connected(bare.owner) as connection:
        with contextlib.suppress(ZeroDivisionError), connection.transaction():
            install(connection, schema=bare.schema, tenants_apart=True)
            raise ZeroDivisionError
        assert execute(connection, "SELECT to_regclass('servicecrm_version')").fetchone() == (None,)
        with connection.transaction():
            install(connection, schema=bare.schema)
            install(connection, schema=bare.schema, tenants_apart=True)  # also later
            assert execute(connection, "SELECT current_setting('search_path')").fetchone() == (bare.schema,)
        execute(connection, told(bare, printed("grants")))
    with bare.open() as store:
        fill(store, "a")


def test_processes_that_open_at_once_find_it_set_up(bare: House) -> None:
    code = "import sys; from servicecrm.storage.postgres import PostgresStore as S; sys.stdin.readline();"
    code += f"S(sys.argv[1], schema={bare.schema!r}, tenants_apart=True, migrate=True).close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, bare.owner.url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate(b"now\n")[1] for process in processes] == [b""] * 2
    bare.open(bare.owner).close()


def test_tables_that_another_process_makes_meanwhile_are_taken_as_they_are(
    bare: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_meanwhile(function: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: Any) -> object:
            answer = function(*arguments)
            monkeypatch.undo()
            bare.open(bare.owner).close()
            return answer

        return wrapped

    for name in ("_is_empty", "version_of"):
        monkeypatch.setattr(opening, name, made_meanwhile(getattr(opening, name)))
        bare.open(bare.owner).close()
        bare.alter(f"DROP OWNED BY {bare.owner.name}; CREATE SCHEMA {bare.schema} AUTHORIZATION {bare.owner.name}")


# -- statements of others ------------------------------------------------------------------------


@pytest.fixture
def filled(house: House) -> House:
    with house.open() as store:
        fill(store, "a")
        fill(store, "b")
    return house


def with_rows(house: House) -> list[str]:
    """The tables that hold something; that all of them are guarded is looked at above."""
    with house.connected() as superuser:
        found = [table for table in tables(house) if tenants_in(superuser, table)]
    assert len(found) > 10
    return found


def test_without_a_tenant_there_are_no_rows(filled: House) -> None:
    with filled.connected(filled.app) as connection, filled.connected() as superuser:
        for table in with_rows(filled):
            assert tenants_in(connection, table) == set()
            assert tenants_in(superuser, table) == {"a", "b"}  # the control: they are there
            name_tenant(connection, "", local=False)
            assert tenants_in(connection, table) == set()


def test_with_a_tenant_there_are_only_its_own_rows(filled: House) -> None:
    with filled.connected(filled.app) as connection:
        for table in with_rows(filled):
            with connection.transaction():
                name_tenant(connection, "a")
                assert tenants_in(connection, table) == {"a"}
                for statement in (f"DELETE FROM {table} WHERE tenant = 'b'", f"UPDATE {table} SET tenant = tenant"):
                    assert "b" not in {row[0] for row in execute(connection, statement + " RETURNING tenant")}
    with filled.connected() as superuser:
        for table in with_rows(filled):
            assert tenants_in(superuser, table) == {"a", "b"}


def test_a_row_of_another_tenant_cannot_be_written(filled: House) -> None:
    with filled.connected(filled.app) as connection:
        name_tenant(connection, "a", local=False)
        for table in with_rows(filled):
            columns = columns_of(connection, table)
            for refused in (
                f"INSERT INTO {table} (tenant, {columns}) SELECT 'b', {columns} FROM {table}",
                f"INSERT INTO {table} (tenant, {columns}) SELECT 'new', {columns} FROM {table}",
                f"UPDATE {table} SET tenant = 'c'",
            ):
                with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
                    execute(connection, refused)
            copied = f"INSERT INTO {table} (tenant, {columns}) SELECT tenant, {columns} FROM {table}"
            with pytest.raises(errors.UniqueViolation):  # the control: that much is allowed
                execute(connection, copied)


def test_the_statements_of_the_page_see_one_tenant(filled: House) -> None:
    *first, count, commit = told(filled, printed("own statements")).replace("north", "a").splitlines()
    with filled.connected(filled.app) as connection:
        for statement in first:
            execute(connection, statement)
        assert execute(connection, count).fetchone() == (1,)
        execute(connection, commit)
        assert execute(connection, count).fetchone() == (0,)


def test_the_statistics_of_hidden_rows_are_hidden(filled: House) -> None:
    query = "SELECT count(*) FROM pg_stats WHERE schemaname = %s AND tablename = 'servicecrm_complaint'"
    with filled.connected() as superuser, filled.connected(filled.app) as connection:
        execute(superuser, "ANALYZE servicecrm_complaint")
        assert execute(superuser, query, filled.schema).fetchone() != (0,)
        assert execute(connection, query, filled.schema).fetchone() == (0,)


# -- the four ways round it ----------------------------------------------------------------------


def test_an_owner_without_force_sees_everything_and_is_refused(filled: House) -> None:
    with filled.connected(filled.owner) as connection:
        assert tenants_in(connection, "servicecrm_complaint") == set()
        filled.open(filled.owner).close()
        execute(connection, "ALTER TABLE servicecrm_complaint NO FORCE ROW LEVEL SECURITY")
        assert tenants_in(connection, "servicecrm_complaint") == {"a", "b"}
        with pytest.raises(StoreUnavailable, match=r"servicecrm_complaint.*does not bind its owner"):
            filled.open(filled.owner)
        member = filled.server.role("member")
        with filled.connected() as superuser:  # who belongs to the owner may do what it may
            execute(superuser, f"GRANT {filled.owner.name} TO {member.name}")
        with pytest.raises(StoreUnavailable, match="servicecrm_complaint"):
            filled.open(member)
        filled.open().close()


def test_a_view_shows_what_its_owner_sees_unless_the_invoker_is_asked(filled: House) -> None:
    for name, options in (("everything", ""), ("own", " WITH (security_invoker = true)")):
        with filled.connected() as superuser:
            if options and superuser.info.server_version < 150000:
                pytest.skip("PostgreSQL 15 has security_invoker")
            execute(superuser, f"CREATE VIEW {name}{options} AS SELECT * FROM servicecrm_complaint")
            execute(superuser, f"GRANT SELECT ON {name} TO {filled.app.name}")
    with filled.connected(filled.app) as connection:
        assert tenants_in(connection, "everything") == {"a", "b"}
        assert tenants_in(connection, "own") == set()
        name_tenant(connection, "a", local=False)
        assert tenants_in(connection, "everything") == {"a", "b"}
        assert tenants_in(connection, "own") == {"a"}


def test_what_is_set_for_a_session_leaks_to_the_next_borrower_and_what_is_set_for_a_transaction_does_not(
    filled: House,
) -> None:
    table = f"{filled.schema}.servicecrm_complaint"
    with ConnectionPool(filled.app.url, min_size=1, max_size=1, open=True) as pool:
        with pool.connection() as connection:
            name_tenant(connection, "a", local=True)
            assert tenants_in(connection, table) == {"a"}
        with pool.connection() as connection:
            assert tenants_in(connection, table) == set()
            name_tenant(connection, "a", local=False)
        with pool.connection() as connection:
            assert tenants_in(connection, table) == {"a"}


def test_a_unit_leaves_no_tenant_on_its_connection_however_it_ends(filled: House) -> None:
    def left_over(store: PostgresStore) -> None:
        pool: ConnectionPool[Connection] = store.engine._pool._pool  # type: ignore[attr-defined]  # as the next unit has it
        with pool.connection() as connection:
            for table in tables(filled):
                assert tenants_in(connection, f"{filled.schema}.{table}") == set()
            (tenant,) = execute(connection, "SELECT current_setting('servicecrm.tenant', true)").fetchone() or ("?",)
            assert not tenant

    with filled.open(connections=1) as store:
        desk = desk_of(store, "a")
        left_over(store)
        assert desk.complaints.count() == 1
        left_over(store)
        desk.complaints.record(subject="No gas", channel="phone")
        left_over(store)
        with pytest.raises(NotFound):
            desk.complaints.acknowledge("absent")
        left_over(store)
        with contextlib.suppress(ZeroDivisionError), desk.unit():
            desk.complaints.record(subject="No gas", channel="phone")
            raise ZeroDivisionError
        left_over(store)
        with desk.store.unit(claiming=True) as unit:
            unit.claim("w", now=desk.clock())
        left_over(store)


def test_a_unique_key_without_the_tenant_tells_that_a_row_exists_elsewhere_and_ours_do_not(filled: House) -> None:
    mine = "tenant = current_setting('servicecrm.tenant', true)"
    with filled.connected(filled.owner) as owner:
        execute(owner, "CREATE TABLE careless (tenant TEXT NOT NULL, number TEXT UNIQUE)")
        execute(owner, f"CREATE POLICY mine ON careless USING ({mine})")
        execute(owner, "ALTER TABLE careless ENABLE ROW LEVEL SECURITY")
        execute(owner, f"GRANT SELECT, INSERT ON careless TO {filled.app.name}")
    with filled.connected(filled.app) as connection:
        name_tenant(connection, "b", local=False)
        execute(connection, "INSERT INTO careless VALUES ('b', 'CMP-1')")
        name_tenant(connection, "a", local=False)
        assert tenants_in(connection, "careless") == set()
        with pytest.raises(errors.UniqueViolation):
            execute(connection, "INSERT INTO careless VALUES ('a', 'CMP-1')")
        for table in tables(filled):  # all that b has, word for word, in a new tenant
            columns = columns_of(connection, table)
            name_tenant(connection, "b", local=False)
            rows = execute(connection, f"SELECT {columns} FROM {table}").fetchall()
            name_tenant(connection, "new", local=False)
            for row in rows:
                marks = ", ".join("%s" for _ in row)
                execute(connection, f"INSERT INTO {table} (tenant, {columns}) VALUES ('new', {marks})", *row)


def test_a_statement_that_forgets_its_tenant_shows_nothing_of_others(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What row level security is for."""
    count = SQLTables.count

    def careless(self: SQLTables, *arguments: Any) -> Any:
        statement = count(self, *arguments)
        return statement._replace(sql=statement.sql.replace("tenant = ?", "CAST(? AS TEXT) IS NOT NULL"))

    monkeypatch.setattr(SQLTables, "count", careless)
    with filled.open() as store:
        assert desk_of(store, "a").complaints.count() == 1
    with filled.open(Role("", filled.server.url), tenants_apart=False) as store:
        assert desk_of(store, "a").complaints.count() == 2  # the control: that was one


# -- the whole store behind it -------------------------------------------------------------------


class TestTenantsApart(Tenants, Transfer):
    """Tenants, exports, imports, seals and claims, behind row level security."""

    @pytest.fixture
    def store(self, lasting: House) -> Iterator[PostgresStore]:
        with lasting.open() as store:
            yield store
        for table in (*tables(lasting), "servicecrm_tenants"):
            lasting.alter(f"DELETE FROM {table}")


@pytest.mark.parametrize("connections", [1, 2])
def test_threads_for_two_tenants_share_connections(house: House, connections: int) -> None:
    seen: dict[str, set[str | None]] = {}

    def work(desk: Desk, tenant: str) -> None:
        together.wait()
        for n in range(15):
            complaint = desk.complaints.record(subject=f"{tenant} {n}", channel="phone", customer=tenant)
            assert desk.complaints.get(complaint.id) == complaint
            assert {each.customer for each in desk.complaints.find()} == {tenant}
        seen[tenant] = {each.number for each in desk.complaints.find()}

    with house.open(connections=connections, timeout=60) as store:
        together = threading.Barrier(2)
        threads = [threading.Thread(target=work, args=(desk_of(store, tenant), tenant)) for tenant in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(seen[tenant]) for tenant in ("a", "b")] == [15, 15]
        assert store.tenants() == ("a", "b")
        assert [store.tenant(name).seal() for name in store.tenants()] == [30, 30]  # a complaint has a clock
        assert [store.tenant(name).verify() for name in store.tenants()] == [30, 30]


def test_the_list_of_tenants_is_told_to_each_of_them(filled: House) -> None:
    with filled.open() as store:
        assert store.tenants() == store.tenant("a").tenants() == store.tenant("nobody").tenants() == ("a", "b")


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1"])
@pytest.mark.parametrize("tenant", ["Ä", "a'b\\", "x'; DROP TABLE servicecrm_seals; --", "%s ?"])
def test_a_tenant_is_named_rightly_in_every_encoding(house: House, tenant: str, encoding: str) -> None:
    role = Role("", make_conninfo(house.app.url, client_encoding=encoding))
    with house.open(role) as store:
        assert fill(store, tenant).number == "CMP-2026-000001"
        assert desk_of(store, tenant).complaints.count() == 1
        assert store.tenants() == (tenant,)


def test_a_desk_that_is_awaited_is_guarded_too(house: House) -> None:
    async def work() -> None:
        crm = await servicecrm.aconnect(house.app.url, schema=house.schema, tenants_apart=True, actor=BY)
        async with crm:
            for tenant in ("a", "b"):
                await crm.tenant(tenant).complaints.record(subject="No water", channel="phone")
            assert await crm.tenant("a").complaints.count() == 1
            async with crm.store.engine._pool._pool.connection() as connection:  # type: ignore[attr-defined]
                found = await connection.execute(f"SELECT * FROM {house.schema}.servicecrm_complaint")
                assert await found.fetchall() == []
        with pytest.raises(StoreUnavailable, match="ordinary role"):
            await servicecrm.aconnect(house.server.url, schema=house.schema, tenants_apart=True)

    asyncio.run(work())


def test_a_large_import_is_inserted_because_copying_is_refused(house: House, tmp_path: Path) -> None:
    with servicecrm.connect("memory:", actor=BY) as source:
        with source.unit():
            for n in range(500):
                source.complaints.record(subject=f"No water {n}", channel="phone", tags=["leak"])
        lines = source.export(tmp_path / "all.jsonl")
    with house.open() as store:
        desk = desk_of(store, "a")
        assert desk.import_(tmp_path / "all.jsonl") == lines
        assert (desk.complaints.count(), desk.store.verify()) == (500, 1000)
        assert desk.export(tmp_path / "again.jsonl") == lines
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()
    with house.connected(house.app) as connection, connection.cursor() as cursor:
        name_tenant(connection, "a", local=False)
        with (
            pytest.raises(errors.FeatureNotSupported, match="row-level security"),
            cursor.copy("COPY servicecrm_seals FROM STDIN"),
        ):
            pass


def test_a_reader_is_guarded_too(filled: House) -> None:
    with filled.open(readonly=True, migrate=True) as store:
        assert desk_of(store, "a").complaints.count() == 1
        assert desk_of(store, "c").complaints.count() == 0


# -- in a host's transaction ---------------------------------------------------------------------


def test_a_host_that_is_bound_works_for_several_tenants_in_one_transaction(house: House) -> None:
    with house.connected(house.app) as connection:
        with connection.transaction():
            for tenant in ("a", "b", "a"):
                desk = servicecrm.connect(connection, schema=house.schema, actor=BY, tenant=tenant)
                desk.complaints.record(subject=tenant, channel="phone")
                assert {each.subject for each in desk.complaints.find()} == {tenant}
                assert tenants_in(connection, "servicecrm_complaint") == set()  # the host has named none
        assert tenants_in(connection, "servicecrm_complaint") == set()
        with contextlib.suppress(ZeroDivisionError), connection.transaction():
            desk = servicecrm.connect(connection, schema=house.schema, actor=BY, tenant="a")
            for n in range(20):  # more than are copied elsewhere
                desk.complaints.record(subject=f"No gas {n}", channel="phone")
            with pytest.raises(NotFound):
                desk.complaints.acknowledge("absent")
            assert desk.complaints.count() == 22
            raise ZeroDivisionError
        assert tenants_in(connection, "servicecrm_complaint") == set()
    with house.open() as store:
        assert [desk_of(store, tenant).complaints.count() for tenant in ("a", "b")] == [2, 1]


def test_a_host_that_may_name_any_tenant_sees_any(filled: House) -> None:
    """What `join` cannot guard, as the page says."""
    with filled.connected(filled.app) as connection, connection.transaction():
        name_tenant(connection, "b")
        assert servicecrm.connect(connection, schema=filled.schema, tenant="a").complaints.count() == 1
        assert tenants_in(connection, "servicecrm_complaint") == {"b"}


def test_a_claim_is_guarded_by_the_clock_and_by_the_tenant(filled: House) -> None:
    with filled.open() as store:
        now = FixedClock()() + timedelta(hours=1)
        (mine,) = store.tenant("a").atomically(lambda unit: unit.claim("w", now=now), claiming=True)
        assert store.tenant("b").atomically(lambda unit: unit.settle([mine]), claiming=True) == 0
        assert store.tenant("a").atomically(lambda unit: unit.settle([mine]), claiming=True) == 1
