# ruff: noqa: PT012 - a unit of work is a block of its own
"""A store inside a host's PostgreSQL transaction keeps the contract, however the host has set up its connection."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.rows import dict_row, namedtuple_row

from servicecrm.complaints import Complaint
from servicecrm.errors import (
    AlreadyExists,
    NoTransaction,
    ReadOnlyStore,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.storage import install, joined
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.store import EngineStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Joining
from servicecrm.testing.contract.examples import amended, complaint, count, find, get, ids, put
from tests.servers import Postgres
from tests.stores import clean_schema

Connection = psycopg.Connection[Any]


class Shouted(Loader):
    """A host that reads every text in capitals."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode().upper()


class AsDecimal(Loader):
    def load(self, data: Buffer) -> Decimal:
        return Decimal(bytes(data).decode())


class Whispered(Dumper):
    """A host that writes every text in small letters."""

    def dump(self, obj: str) -> bytes:
        return obj.lower().encode()


class AsText(Dumper):
    oid = psycopg.adapters.types["text"].oid

    def dump(self, obj: int) -> bytes:
        return str(obj).encode()


def plain(connection: Connection) -> None:
    """As psycopg gives it."""


def dict_rows(connection: Connection) -> None:
    connection.row_factory = dict_row


def named_rows_in_its_own_schema(connection: Connection) -> None:
    connection.row_factory = namedtuple_row
    connection.execute("SET search_path TO pg_temp")


def client_cursors(connection: Connection) -> None:
    connection.cursor_factory = psycopg.ClientCursor


def raw_cursors(connection: Connection) -> None:
    connection.cursor_factory = psycopg.RawCursor


def all_prepared(connection: Connection) -> None:
    connection.prepare_threshold = 0


def none_prepared(connection: Connection) -> None:
    connection.prepare_threshold = None


def serializable(connection: Connection) -> None:
    connection.execute("SET default_transaction_isolation TO serializable")


def repeatable_read(connection: Connection) -> None:
    connection.execute("SET default_transaction_isolation TO 'repeatable read'")


def own_values(connection: Connection) -> None:
    for name in ("text", "varchar", "name"):
        connection.adapters.register_loader(name, Shouted)
    for name in ("int2", "int4", "int8"):
        connection.adapters.register_loader(name, AsDecimal)
    connection.adapters.register_dumper(str, Whispered)
    connection.adapters.register_dumper(int, AsText)


SET_UPS = [
    plain,
    dict_rows,
    named_rows_in_its_own_schema,
    client_cursors,
    raw_cursors,
    all_prepared,
    none_prepared,
    serializable,
    repeatable_read,
    own_values,
]


def set_up_of(connection: Connection) -> dict[str, object]:
    """All that a host may have set on its connection, and the server's settings in this session."""
    with psycopg.ClientCursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
        settings = cursor.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall()
        prepared = cursor.execute("SELECT name FROM pg_prepared_statements WHERE from_sql").fetchall()
    adapters = connection.adapters
    return {
        "row_factory": connection.row_factory,
        "cursor_factory": connection.cursor_factory,
        "prepare_threshold": connection.prepare_threshold,
        "autocommit": connection.autocommit,
        "isolation_level": connection.isolation_level,
        "loaders": [adapters.get_loader(oid, psycopg.pq.Format.TEXT) for oid in (16, 20, 23, 25)],
        "dumpers": [adapters.get_dumper(kind, psycopg.adapt.PyFormat.AUTO) for kind in (str, int, bool)],
        "settings": settings,
        "prepared": prepared,
    }


class Host:
    """An application with a table and a connection of its own, set up in its own way."""

    def __init__(self, url: str, schema: str, set_up: Callable[[Connection], None], *, autocommit: bool = True) -> None:
        self.connection: Connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("CREATE TEMP TABLE host (text TEXT)")
        set_up(self.connection)
        self.connection.autocommit = autocommit
        self.schema: str = schema

    def begin(self) -> None:
        self._does("BEGIN" if self.connection.autocommit else "SELECT 1")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def join(self) -> EngineStore:
        return PostgresStore.join(self.connection, schema=self.schema)

    def put(self, text: str) -> None:
        self._does(f"INSERT INTO host VALUES ('{text}')")

    def texts(self) -> list[str]:
        cursor = psycopg.ClientCursor(self.connection, row_factory=psycopg.rows.tuple_row)
        return [str(text).lower() for (text,) in cursor.execute("SELECT text FROM host")]

    def _does(self, statement: str) -> None:
        self.connection.execute(statement.encode())


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    with clean_schema(postgres) as schema:
        yield schema


@pytest.fixture
def host(request: pytest.FixtureRequest, postgres: Postgres, schema: str) -> Iterator[Host]:
    host = Host(postgres.url, schema, getattr(request, "param", plain))
    yield host
    host.connection.close()


@pytest.mark.parametrize("host", SET_UPS, indirect=True)
class TestJoining(Joining):
    """Each test with each host."""

    def test_the_host_finds_its_connection_as_it_was(self, host: Host) -> None:
        before = set_up_of(host.connection)
        host.begin()
        store = host.join()
        (saved,) = put(store, complaint("Kept", tags=frozenset({"Leak"})))
        with pytest.raises(AlreadyExists):
            put(store, complaint("Kept"))
        assert get(store, Complaint, "Kept") == saved
        assert ids(find(store)) == ["Kept"]
        assert store.seal() == store.verify() == 1
        host.commit()
        assert set_up_of(host.connection) == before

    def test_the_host_may_not_see_a_difference_inside_its_transaction_either(self, host: Host) -> None:
        host.begin()
        before = set_up_of(host.connection)
        put(host.join(), complaint())
        assert set_up_of(host.connection) == before
        host.rollback()


class TestBeginningLate(Joining):
    """Without autocommit, the driver begins the host's transaction with the first statement that the host sends."""

    @pytest.fixture
    def host(self, postgres: Postgres, schema: str) -> Iterator[Host]:
        host = Host(postgres.url, schema, plain, autocommit=False)
        yield host
        host.connection.close()

    def test_without_a_transaction_it_refuses(self, host: Host) -> None:  # type: ignore[override]
        store = host.join()  # the first statement of the host's transaction is ours
        put(store, complaint())
        host.put("mine")
        host.rollback()
        for _ in range(2):
            with pytest.raises(NoTransaction):  # that transaction has ended, and nobody has begun another one
                put(store, complaint())
        assert host.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

        host.begin()
        assert host.texts() == []
        assert count(host.join()) == 0
        host.rollback()


class TestJoinedStore(StoreContract, Faults):
    """All that a store of its own does, inside the transaction of a host."""

    @pytest.fixture
    def store(self, postgres: Postgres, schema: str) -> Iterator[EngineStore]:
        host = Host(postgres.url, schema, own_values)
        host.connection.row_factory = dict_row
        host.connection.prepare_threshold = 0
        host.begin()
        yield host.join()
        host.connection.close()


# -- the harness can fail --------------------------------------------------------------------------


def test_a_host_that_reads_texts_in_capitals_does_so(host: Host) -> None:
    own_values(host.connection)
    row = host.connection.execute("SELECT 'a'::text, 1::bigint, %s, %s", ("B", 2)).fetchone()
    assert row is not None
    assert [repr(value) for value in row] == ["'A'", "Decimal('1')", "'B'", "'2'"]


def test_a_changed_setting_is_noticed(host: Host) -> None:
    before = set_up_of(host.connection)
    host.connection.execute("SET search_path TO public")
    assert set_up_of(host.connection) != before


# -- failures --------------------------------------------------------------------------------------


def test_an_error_of_the_database_leaves_the_hosts_transaction_usable(host: Host) -> None:
    host.begin()
    host.put("mine")
    store = host.join()
    (old,) = put(store, complaint())
    host.connection.execute(f"ALTER TABLE {host.schema}.servicecrm_journal RENAME TO hidden".encode())
    for change in (complaint("c-2"), amended(old, category="water")):
        with pytest.raises(StoreUnavailable, match="tables are missing"):
            put(store, change)
    host.connection.execute(f"ALTER TABLE {host.schema}.hidden RENAME TO servicecrm_journal".encode())
    host.put("more")
    put(store, amended(old, category="roads"))
    assert host.texts() == ["mine", "more"]
    assert get(store, Complaint, "c-1").category == "roads"
    host.rollback()


def test_no_savepoint_of_ours_is_left_to_the_host(host: Host) -> None:
    host.begin()
    store = host.join()
    put(store, complaint())
    with pytest.raises(AlreadyExists):
        put(store, complaint())
    with pytest.raises(psycopg.errors.InvalidSavepointSpecification):
        host.connection.execute("RELEASE SAVEPOINT servicecrm")
    host.rollback()


def test_a_statement_that_is_stopped_leaves_the_hosts_transaction_usable(postgres: Postgres, host: Host) -> None:
    host.begin()
    put(host.join(), complaint())
    host.commit()
    with psycopg.connect(postgres.url) as other:
        other.execute(f"SELECT 1 FROM {host.schema}.servicecrm_complaint FOR UPDATE".encode())
        for setting, error in (("lock_timeout", StoreBusy), ("statement_timeout", StoreUnavailable)):
            host.begin()
            store = host.join()
            host.put(setting)
            host.connection.execute(f"SET LOCAL {setting} TO '20ms'".encode())
            with pytest.raises(error):
                put(store, amended(get(store, Complaint, "c-1"), category="water"))
            assert count(store) == 1
            host.commit()
    assert host.texts() == ["lock_timeout", "statement_timeout"]


def test_a_change_that_others_have_overtaken_is_told_and_the_host_goes_on(postgres: Postgres, host: Host) -> None:
    host.begin()
    put(host.join(), complaint())
    host.commit()
    host.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    store = host.join()
    old = get(store, Complaint, "c-1")
    with PostgresStore(postgres.url, schema=host.schema) as other:
        put(other, amended(old, category="water"))
    host.put("mine")
    with pytest.raises(StoreBusy):
        put(store, amended(old, category="roads"))
    assert get(store, Complaint, "c-1") == old
    host.commit()
    assert host.texts() == ["mine"]


def test_a_transaction_for_reading_reads(host: Host) -> None:
    host.connection.execute("BEGIN READ ONLY")
    store = host.join()
    assert count(store) == 0
    with pytest.raises(ReadOnlyStore):
        put(store, complaint())
    assert count(store) == 0
    host.rollback()


def test_a_transaction_that_has_failed_is_refused_and_can_be_rolled_back(host: Host) -> None:
    host.begin()
    store = host.join()
    with pytest.raises(psycopg.errors.DivisionByZero):
        host.connection.execute("SELECT 1 / 0")
    for use in (host.join, lambda: count(store)):
        with pytest.raises(StoreUnavailable, match="your transaction has failed; roll it back"):
            use()
    host.rollback()
    host.begin()
    assert count(store) == 0
    host.rollback()


def test_a_statement_of_the_hosts_that_fails_inside_a_unit_takes_back_the_unit_alone(host: Host) -> None:
    host.begin()
    host.put("mine")
    store = host.join()
    with pytest.raises(StoreUnavailable), store.unit() as unit:
        unit.save(complaint())
        with pytest.raises(psycopg.errors.DivisionByZero):
            host.connection.execute("SELECT 1 / 0")
    assert count(store) == 0
    host.commit()
    assert host.texts() == ["mine"]


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_host_that_ends_its_transaction_inside_a_unit_is_told(host: Host, end: str, autocommit: bool) -> None:
    host.connection.autocommit = autocommit
    host.begin()
    store = host.join()
    with pytest.raises(NoTransaction), store.unit() as unit:
        unit.save(complaint("a"))
        getattr(host, end)()
        unit.save(complaint("b"))
    assert host.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    host.begin()
    with pytest.raises(NoTransaction), store.unit():
        getattr(host, end)()
    assert host.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    host.begin()
    assert ids(find(host.join())) == (["a"] if end == "commit" else [])
    host.rollback()


def test_a_closed_connection_is_told(host: Host) -> None:
    host.begin()
    store = host.join()
    with pytest.raises(StoreUnavailable), store.unit() as unit:
        host.connection.close()
        unit.save(complaint())
    for use in (host.join, lambda: count(store)):
        with pytest.raises(StoreUnavailable, match="the connection is closed"):
            use()


def test_a_pipeline_is_refused(host: Host) -> None:
    with host.connection.pipeline():
        host.begin()
        with pytest.raises(StoreError, match="end the pipeline"):
            host.join()
        host.put("mine")
    store = host.join()
    with host.connection.pipeline(), pytest.raises(StoreError, match="end the pipeline"):
        put(store, complaint())
    put(store, complaint())
    host.commit()
    assert host.texts() == ["mine"]


def test_a_connection_that_does_not_speak_utf_8_is_refused(host: Host) -> None:
    host.connection.execute("SET client_encoding TO latin1")
    host.begin()
    with pytest.raises(StoreError, match="set its client_encoding to UTF8"):
        host.join()
    host.put("mine")
    host.commit()


# -- the tables ------------------------------------------------------------------------------------


def test_without_our_tables_it_is_refused_and_the_hosts_transaction_goes_on(postgres: Postgres, host: Host) -> None:
    host.schema = postgres.schema()
    host.begin()
    with pytest.raises(SchemaTooOld):
        host.join()
    install(host.connection, schema=host.schema)
    put(host.join(), complaint())
    host.rollback()
    host.begin()
    with pytest.raises(SchemaTooOld):  # the host's rollback has taken the tables back too
        host.join()
    host.put("mine")
    host.rollback()


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("DELETE FROM {}.servicecrm_version", StoreUnavailable),
        ("INSERT INTO {}.servicecrm_version VALUES (1)", StoreUnavailable),
        ("UPDATE {}.servicecrm_version SET version = version + 1", SchemaTooNew),
        ("ALTER TABLE {}.servicecrm_version RENAME version TO other", StoreUnavailable),
    ],
)
def test_a_damaged_version_is_told_and_the_hosts_transaction_goes_on(
    host: Host, damage: str, error: type[StoreError]
) -> None:
    host.begin()
    host.connection.execute(damage.format(host.schema).encode())
    with pytest.raises(error):
        host.join()
    host.put("mine")
    host.rollback()


def test_a_role_that_may_not_read_our_tables_is_told_and_its_transaction_goes_on(
    postgres: Postgres, schema: str
) -> None:
    with closing(psycopg.connect(postgres.role("host").url)) as connection:
        connection.execute("CREATE TEMP TABLE host (text TEXT)")
        with pytest.raises(StoreUnavailable):
            PostgresStore.join(connection, schema=schema)
        connection.execute("INSERT INTO host VALUES ('mine')")
        connection.rollback()


def test_a_schema_is_for_postgresql_and_its_name_is_checked(host: Host) -> None:
    host.begin()
    for name in ("Crm", "crm; DROP TABLE host", ""):
        with pytest.raises(StoreError, match="the name of a schema"):
            PostgresStore.join(host.connection, schema=name)
    host.rollback()


@pytest.mark.parametrize("set_up", [plain, dict_rows, raw_cursors, own_values])
@pytest.mark.parametrize("autocommit", [True, False])
def test_the_tables_are_made_in_a_transaction_of_their_own_if_none_is_open(
    postgres: Postgres, host: Host, set_up: Callable[[Connection], None], autocommit: bool
) -> None:
    set_up(host.connection)
    host.connection.commit()
    before = set_up_of(host.connection)
    host.connection.rollback()
    host.connection.autocommit = autocommit
    host.schema = postgres.schema()
    install(host.connection, schema=host.schema)
    assert host.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with PostgresStore(postgres.url, schema=host.schema) as store:
        assert count(store) == 0
    assert set_up_of(host.connection) == before | {"autocommit": autocommit}
    host.connection.rollback()


def test_sqlite_has_no_schema_and_keeps_no_tenants_apart() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for option in ({"schema": "crm"}, {"tenants_apart": True}):
            with pytest.raises(TypeError, match="are for PostgreSQL"):
                install(connection, **option)


def test_a_host_on_sqlite_needs_no_psycopg() -> None:
    code = (
        "import sqlite3, sys, servicecrm; from servicecrm.storage import install;"
        "db = sqlite3.connect(':memory:'); install(db); db.execute('BEGIN'); servicecrm.connect(db);"
        "sys.exit('psycopg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- tenants ---------------------------------------------------------------------------------------


def test_the_tenant_that_the_host_has_set_is_set_again_after_each_unit(host: Host) -> None:
    def tenant() -> str | None:
        row = host.connection.execute("SELECT current_setting('servicecrm.tenant', true)").fetchone()
        assert row is not None
        return row[0] or None

    host.connection.execute("SET servicecrm.tenant TO 'of the session'")
    host.begin()
    store = host.join().tenant("south")
    assert tenant() == "of the session"
    host.connection.execute("SET LOCAL servicecrm.tenant TO 'of the transaction'")
    with store.unit() as unit:
        unit.save(complaint())
        assert tenant() == "south"
    assert tenant() == "of the transaction"
    with pytest.raises(AlreadyExists):
        put(store, complaint())
    assert tenant() == "of the transaction"
    host.commit()
    assert tenant() == "of the session"


# -- several on one connection ---------------------------------------------------------------------


def test_a_unit_waits_for_the_end_of_one_in_another_thread(host: Host) -> None:
    host.begin()
    one, other = host.join(), host.join()
    begun, tried = threading.Event(), threading.Event()
    order: list[str] = []

    def second() -> None:
        begun.wait()
        tried.set()
        put(other, complaint("second"))
        order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with pytest.raises(KeyError), one.unit() as unit:
        unit.save(complaint("first"))
        begun.set()
        tried.wait()
        order.append("first")
        raise KeyError
    thread.join()
    assert order == ["first", "second"]
    assert ids(find(one)) == ["second"]
    host.rollback()


def test_a_unit_that_does_not_end_is_not_waited_for_without_end(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined, "PATIENCE", 0)
    host.begin()
    one, other = host.join(), host.join()
    found: list[BaseException] = []

    def second() -> None:
        try:
            put(other, complaint("second"))
        except StoreBusy as error:
            found.append(error)

    with one.unit() as unit:
        unit.save(complaint("first"))
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert [str(error) for error in found] == ["another unit on your connection does not end; end it first"]
    assert ids(find(one)) == ["first"]
    host.rollback()
