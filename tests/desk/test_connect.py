"""From the name of a store to a desk."""  # C123

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy

from servicecrm.desk import Desk, aconnect, connect
from servicecrm.errors import NaiveDatetime, NoTransaction, ReadOnlyStore, SchemaTooOld, StoreUnavailable
from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage.joined import JoinedStore
from servicecrm.storage.postgres import PostgresStore
from tests.desk.places import STORES, empty_store, empty_tables
from tests.servers import Postgres

ANN = "ann@city.example"


@pytest.fixture(params=STORES[1:])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What to connect to again and again."""
    with empty_store(request.param, tmp_path, request) as url:
        yield url


def test_memory_is_new_every_time() -> None:
    with connect("memory:", actor=ANN) as one, connect("memory:", actor=ANN) as other:
        one.complaints.record(subject="No water", channel="phone")

        assert isinstance(one.store, MemoryStore)
        assert (one.complaints.count(), other.complaints.count()) == (1, 0)


@pytest.mark.parametrize("form", [str, Path])
def test_a_path_is_a_file_that_is_made_and_kept(tmp_path: Path, form: type[str] | type[Path]) -> None:
    path = form(tmp_path / "crm.db")
    with connect(path, actor=ANN) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
    with connect(path) as crm:
        assert isinstance(crm.store, SQLiteStore)
        assert crm.complaints.get(str(complaint.number)) == complaint


def test_options_go_to_the_store_that_is_opened(tmp_path: Path) -> None:
    with connect(tmp_path / "crm.db", writers="one", timeout=3) as crm:
        assert isinstance(crm.store, SQLiteStore)
        assert (crm.store.profile.writers, crm.store.profile.busy_timeout) == ("one", 3)
    with MemoryStore() as store, pytest.raises(TypeError, match="a store that is open takes no options"):
        connect(store, readonly=True)


def test_what_is_no_store_is_refused_with_what_would_be_one(postgres: Postgres) -> None:
    with pytest.raises(StoreUnavailable, match=r"Engine is no store; .* connection of the driver"):
        connect(sqlalchemy.create_engine("sqlite://"))  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable, match="postgresql://user@host/database"):
        connect("host=db.example dbname=crm")
    for place in ("memory:", postgres.url):
        with pytest.raises(TypeError, match=r"has no option colour; it has: .*"):
            connect(place, colour="red")


def test_a_url_is_a_database_that_keeps(postgres: Postgres) -> None:
    with empty_tables(postgres) as url:
        with connect(url, actor=ANN) as crm:
            assert isinstance(crm.store, PostgresStore)
            complaint = crm.complaints.record(subject="No water", channel="phone")
        with connect(url.replace("postgresql://", "postgres://")) as crm:
            assert crm.complaints.get(str(complaint.number)) == complaint


def test_a_schema_may_be_named_and_its_tables_are_made(postgres: Postgres) -> None:
    schema = postgres.schema()
    for _ in range(2):
        with connect(postgres.url, actor=ANN, schema=schema) as crm:
            crm.complaints.record(subject="No water", channel="phone", command="k-1")
            assert isinstance(crm.store, PostgresStore)
            assert (crm.store.profile.schema, crm.complaints.count()) == (schema, 1)


def test_a_desk_for_reading_reads_and_refuses_to_write(kept: str) -> None:
    with connect(kept, actor=ANN) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
    with connect(kept, actor=ANN, readonly=True) as reader:
        assert reader.complaints.get(complaint.id) == complaint
        with pytest.raises(ReadOnlyStore, match="open it without readonly=True"):
            reader.complaints.acknowledge(complaint.id)
        with pytest.raises(ReadOnlyStore):
            reader.complaints.record(subject="No gas", channel="web")
        assert reader.complaints.count() == 1


def test_a_file_that_was_opened_for_reading_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with connect(path, actor=ANN) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
    before = path.read_bytes()
    with connect(path, actor=ANN, readonly=True) as reader:
        assert reader.complaints.get(complaint.id) == complaint
        with pytest.raises(ReadOnlyStore):
            reader.complaints.acknowledge(complaint.id)
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["mysql://ann:secret@db/crm", "sqlite:///crm.db", ":memory:"])
def test_an_unknown_kind_of_store_is_told_without_the_rest_of_its_name(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="known: 'memory:', 'postgresql://' and the path of a file") as refused:
        connect(url)
    assert "secret" not in str(refused.value)


def test_a_store_in_memory_and_a_file_called_memory_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"'memory:' is a store in memory, './memory' a file"):
        connect("memory")
    with pytest.raises(StoreUnavailable, match="'memory:'"):
        asyncio.run(aconnect("memory"))
    assert list(tmp_path.iterdir()) == []

    for place in ("./memory", Path("memory")):
        with connect(place) as crm:
            assert crm.complaints.count() == 0
    assert (tmp_path / "memory").is_file()


def test_a_tenant_may_be_named(kept: str) -> None:
    with connect(kept, actor=ANN, tenant="south") as south:
        south.complaints.record(subject="No gas", channel="web")
    with connect(kept) as crm:
        assert crm.store.tenants() == ("south",)
        assert (crm.complaints.count(), crm.tenant("south").complaints.count()) == (0, 1)


def test_a_clock_without_a_zone_is_refused_when_something_is_recorded() -> None:  # C002
    with connect("memory:", actor=ANN, clock=lambda: datetime(2026, 3, 2, 9)) as crm:
        with pytest.raises(NaiveDatetime):
            crm.complaints.record(subject="No water", channel="phone")
        assert crm.complaints.count() == 0


# -- inside a host's transaction -----------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A host's own database, with its table and ours, and a row factory of its own."""
    path = tmp_path / "host.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tickets (id TEXT)")
    SQLiteStore(path, migrate=True).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def count(connection: sqlite3.Connection) -> tuple[int, int]:
    """The rows of the host, and our complaints."""
    (tickets,) = connection.execute("SELECT count(*) FROM tickets").fetchone()
    (ours,) = connection.execute("SELECT count(*) FROM servicecrm_complaint").fetchone()
    return tickets, ours


def test_the_hosts_rows_and_ours_are_committed_together(host: sqlite3.Connection) -> None:
    with connect(host, actor=ANN) as crm:
        host.execute("INSERT INTO tickets VALUES ('T-1')")
        crm.complaints.record(subject="No water", channel="phone", command="k-1")
        assert host.in_transaction
    host.commit()

    assert count(host) == (1, 1)


def test_the_hosts_rows_and_ours_are_rolled_back_together(host: sqlite3.Connection) -> None:
    crm = connect(host, actor=ANN)
    host.execute("INSERT INTO tickets VALUES ('T-1')")
    crm.complaints.record(subject="No water", channel="phone")
    host.rollback()

    assert count(host) == (0, 0)
    with pytest.raises(NoTransaction, match="begin a transaction on it first"):
        crm.complaints.count()


def test_a_unit_that_fails_leaves_what_the_host_did(host: sqlite3.Connection) -> None:
    crm = connect(host, actor=ANN)
    host.execute("INSERT INTO tickets VALUES ('T-1')")
    kept = crm.complaints.record(subject="No water", channel="phone")
    with pytest.raises(LookupError):
        crm.complaints.assign_all([kept.id, "unknown"], "north")
    host.commit()

    assert count(host) == (1, 1)


def test_hooks_wait_until_the_host_has_committed(host: sqlite3.Connection) -> None:
    store = SQLiteStore.join(host)
    crm = connect(store, actor=ANN)
    heard: list[str] = []
    crm.on("*", lambda fact: heard.append(fact.event.type) if fact.kind != "clock" else None)
    crm.complaints.acknowledge(crm.complaints.record(subject="No water", channel="phone").id)
    crm.tenant("south").complaints.record(subject="No gas", channel="web")
    assert heard == []

    host.commit()
    store.committed()
    assert heard == ["complaint.recorded", "complaint.acknowledged", "complaint.recorded"]
    store.committed()
    assert len(heard) == 3


def test_a_connection_without_a_transaction_or_without_our_tables_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "host.db")) as connection:
        with pytest.raises(NoTransaction):
            connect(connection)
        connection.execute("BEGIN")
        with pytest.raises(SchemaTooOld):
            connect(connection)


def test_a_connection_gives_a_desk_on_a_joined_store(host: sqlite3.Connection) -> None:
    crm = connect(host)

    assert isinstance(crm, Desk)
    assert isinstance(crm.store, JoinedStore)
