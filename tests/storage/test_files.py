"""An SQLite file under load: its tables and indexes, its backups, and several processes at once."""  # C123

import random
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from servicecrm import complaints, connect
from servicecrm.complaints import Complaint
from servicecrm.errors import ImportProblem, StoreError, StoreUnavailable
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import MemoryStore, SQLiteStore, restore
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.schema import CURRENT, migration, tables
from servicecrm.storage.statements import Rows, Statement
from servicecrm.storage.transfer import exported, imported
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Message

BY = "ann@city.example"


def recorded(id: str, **fields: Any) -> Any:
    return complaints.record(id=id, subject="No water", channel="phone", by=BY, at=MONDAY, **fields)


def fill(store: SQLiteStore, units: int, prefix: str = "c") -> None:
    for n in range(units):
        with store.unit() as unit:
            unit.save(recorded(f"{prefix}-{n}", tags=frozenset({"water"}), category="supply"))


def count(store: SQLiteStore) -> int:
    with store.unit(readonly=True) as unit:
        return unit.count(Complaint)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "crm.db") as store:
        yield store


# -- tables and indexes ----------------------------------------------------------------------------


def test_the_migrations_lead_to_the_tables_of_the_shipped_kinds() -> None:
    """The same columns, in whatever order, and the same indexes; those on PostgreSQL are compared in its own test."""

    def made(statements: list[str]) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(":memory:")) as connection:
            for statement in statements:
                connection.executescript(statement)
            columns = (
                "SELECT t.name, c.name, c.type, c.'notnull', c.pk FROM sqlite_master t, pragma_table_info(t.name) c"
            )
            indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
            return [row for query in (columns, indexes) for row in connection.execute(f"{query} ORDER BY 1, 2")]

    migrated = [f"{statement};" for version in range(1, CURRENT + 1) for statement in migration("sqlite", version)]
    found = made(migrated)
    assert len(found) > 100
    assert found == made([tables(SHIPPED)])


@pytest.mark.parametrize(
    ("filters", "order", "way"),
    [
        ((where("handler") == "water", where("open").is_(True)), "due_at", "(tenant=? AND handler=? AND open=?)"),
        ((where("state") == "recorded",), "id", "(tenant=? AND state=?)"),
        ((where("number") == "CMP-2026-000001",), "id", "(tenant=? AND number=?)"),
        ((where("customer") == "c-7",), "received_at", "(tenant=? AND customer=?)"),
        ((where("tags").has("water"),), "id", "(tenant=? AND field=? AND value=?"),
        ((), "received_at", "INDEX servicecrm_complaint_received_at"),
        ((), "id", "(tenant=?)"),
    ],
    ids=["handler", "state", "number", "customer", "tags", "by received_at", "by id"],
)
def test_what_is_asked_often_uses_an_index(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, filters: tuple[Any, ...], order: str, way: str
) -> None:
    fill(store, 3)
    plans = plans_of(monkeypatch)
    with store.unit(readonly=True) as unit:
        unit.find(Complaint, *filters, order=order, limit=20)
        unit.history(Complaint, "c-1")
        unit.get(Complaint, "c-1")
        unit.find(Message, where("about") == "c-1", order="occurred_at", limit=20)

    assert any(way in step for step in plans)
    for other in ("(tenant=? AND kind=? AND id=?)", "(tenant=? AND id=?)", "(tenant=? AND about=?)"):
        assert any(other in step for step in plans)
    assert [step for step in plans if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


def test_changes_and_claims_use_an_index(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = plans_of(monkeypatch)
    with store.unit() as unit:
        (saved,) = unit.save(recorded("c-1", tags=frozenset({"a"})))
        (saved,) = unit.save(complaints.acknowledge(saved, by=BY, at=MONDAY))
        unit.save(complaints.amend(saved, tags=frozenset({"b"}), by=BY, at=MONDAY))
        unit.claim("w-1", now=MONDAY)

    assert len(plans) >= 4
    # "free" is the short list that a claim has made for itself.
    assert [step for step in plans if step.startswith("SCAN") and "CONSTANT" not in step and step != "SCAN free"] == []


def test_a_view_of_the_portfolio_begins_with_its_customers_and_not_with_all_that_is_open(  # C024
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(str(tmp_path / "crm.db"), actor=BY) as crm:
        for n in range(3):
            crm.customers.add(name=f"Cafe {n}", account_manager=BY)
        plans = plans_of(monkeypatch)
        assert len(crm.customers.view()) == 3

    of_others = [step for step in plans if re.search(r"servicecrm_(complaint|agreement)_(open|state)", step)]
    assert of_others == []
    assert any("servicecrm_complaint_customer" in step for step in plans)


def plans_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects how SQLite goes about every statement from now on."""
    from servicecrm.storage import sqlite_engine

    plans: list[str] = []
    answer = sqlite_engine.answer  # type: ignore[attr-defined]  # the name that the engine uses

    def explained(connection: sqlite3.Connection, op: Any, statements: Any) -> Any:
        asked = op(statements)
        asked = asked.statements if isinstance(asked, Rows) else asked
        for parameters in [asked.parameters] if isinstance(asked, Statement) else asked.rows[:1]:
            rows = connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", parameters)
            plans.extend(step for *_, step in rows)
        return answer(connection, op, statements)

    monkeypatch.setattr(sqlite_engine, "answer", explained)
    return plans


# -- backup and restore ----------------------------------------------------------------------------


def test_a_backup_under_writers_holds_everything_acknowledged_before_it_began(
    store: SQLiteStore, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            with store.unit() as unit:
                unit.save(recorded(f"w-{n}"))
            n += 1

    fill(store, 20)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            before = count(store)
            backup = store.backup(tmp_path / f"{n}.backup")
            copy = restore(backup, tmp_path / f"{n}.db")
            with SQLiteStore(copy) as restored:
                assert count(restored) >= before
                assert restored.verify() == count(restored)
                fill(restored, 1, "after")
    finally:
        stop.set()
        writer.join()
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_never_replaces_a_file(store: SQLiteStore, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("something else")

    with pytest.raises(StoreUnavailable, match="is there already"):
        store.backup(taken)
    good = store.backup(tmp_path / "good")
    with pytest.raises(StoreUnavailable, match="is there already"):
        restore(good, taken)
    with pytest.raises(StoreUnavailable):
        store.backup(tmp_path / "nowhere" / "good")
    assert taken.read_text() == "something else"


TAMPERED = (
    "UPDATE servicecrm_journal SET body = replace(body, 'phone', 'email') WHERE id = 'c-3'",
    "UPDATE servicecrm_journal SET \"by\" = 'eve' WHERE id = 'c-3'",
    "UPDATE servicecrm_journal SET personal = '{}' WHERE id = 'c-3'",
    "DELETE FROM servicecrm_journal WHERE id = 'c-3'",
    "DELETE FROM servicecrm_journal",
    "UPDATE servicecrm_seals SET hash = 'x' WHERE n = 2",
    "DELETE FROM servicecrm_seals WHERE n = 2",
    "DELETE FROM servicecrm_seals",
    "UPDATE servicecrm_version SET version = 99",
    "UPDATE servicecrm_version SET version = 0",
    "DROP TABLE servicecrm_version",
    "DROP TABLE servicecrm_journal",
)


@pytest.mark.parametrize("n", range(20))
def test_a_corrupted_backup_is_refused_and_leaves_nothing(store: SQLiteStore, tmp_path: Path, n: int) -> None:
    fill(store, 30)
    backup = store.backup(tmp_path / "backup")
    if n < len(TAMPERED):
        with closing(sqlite3.connect(backup)) as connection, connection:
            connection.execute(TAMPERED[n])
    else:
        damage(backup, n)

    with pytest.raises(StoreError):
        restore(backup, tmp_path / "restored.db")
    assert not (tmp_path / "restored.db").exists()
    assert not list(tmp_path.glob("*.part"))


def damage(file: Path, n: int) -> None:
    """Damage a file in one of several ways."""
    content = bytearray(file.read_bytes())
    if n == 12:
        content = bytearray()
    elif n == 13:
        content = content[: len(content) // 2]
    elif n == 14:
        content = bytearray(b"not a database at all" * 1_000)
    elif n == 15:
        content[:16] = bytes(16)
    else:
        page = 4096 * (n - 14)
        content[page : page + 4096] = random.Random(n).randbytes(4096)
    file.write_bytes(content)


# -- export and import -----------------------------------------------------------------------------


def test_a_second_import_and_a_strange_kind_leave_the_file_as_it_was(store: SQLiteStore) -> None:
    fill(store, 3)
    lines: list[str] = []
    store.perform(lambda _: exported(store.kinds, lines.append))

    with pytest.raises(StoreError, match="holds records already"):
        store.perform(lambda work: imported(store.kinds, lines, work.seal))
    others: tuple[Kind[Any], ...] = tuple(kind for kind in SHIPPED if kind.schema.record is Message)
    with MemoryStore(others) as other, pytest.raises(ImportProblem) as found:
        other.perform(lambda work: imported(other.kinds, lines, work.seal))
    assert found.value.row == 2
    assert "message" in str(found.value)
    assert count(store) == 3
    assert store.verify() == 3


def test_an_import_that_is_cut_off_leaves_the_file_empty(store: SQLiteStore, tmp_path: Path) -> None:
    fill(store, 3)
    lines: list[str] = []
    store.perform(lambda _: exported(store.kinds, lines.append))
    with SQLiteStore(tmp_path / "other.db") as other:
        with pytest.raises(ImportProblem):
            other.perform(lambda work: imported(other.kinds, lines[:-1], work.seal))
        assert count(other) == 0
        assert other.tenants() == ()
        other.perform(lambda work: imported(other.kinds, lines, work.seal))
        assert count(other) == 3


# -- several processes -----------------------------------------------------------------------------

WRITING = """
import sys
from servicecrm import complaints
from servicecrm.storage import SQLiteStore
from servicecrm.testing.makers import MONDAY

path, name, units = sys.argv[1:]
with SQLiteStore(path) as store:
    for n in range(int(units)):
        with store.unit() as unit:
            unit.save(complaints.record(id=f"{name}-{n}", subject="x", channel="phone", by="ann", at=MONDAY))
"""

ADDING = """
import sys
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import StaleRevision
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.storage import SQLiteStore
from servicecrm.testing.makers import MONDAY

path, _, units = sys.argv[1:]
conflicts = 0
with SQLiteStore(path) as store:
    for _ in range(int(units)):
        while True:
            with store.unit(readonly=True) as unit:
                old = unit.get(Complaint, "counter-0")
            total = FrozenMap({"total": old.extra["total"] + 1})
            try:
                with store.unit() as unit:
                    unit.save(complaints.amend(old, extra=total, by="ann", at=MONDAY))
                break
            except StaleRevision:
                conflicts += 1
print(conflicts)
"""


def together(script: str, path: Path, *, processes: int, units: int) -> list[str]:
    """Run a script in several processes at once; gives what they print."""
    running = [
        subprocess.Popen([sys.executable, "-c", script, path, f"p{n}", str(units)], stdout=subprocess.PIPE, text=True)
        for n in range(processes)
    ]
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return printed


@pytest.mark.parametrize("units", [100, pytest.param(1_000, marks=pytest.mark.torture)])
def test_two_processes_that_write_to_one_file_lose_nothing(store: SQLiteStore, units: int) -> None:
    together(WRITING, store.path, processes=2, units=units)

    assert count(store) == 2 * units
    assert store.verify() == 2 * units
    assert store.head().seal == 2 * units


@pytest.mark.parametrize("units", [50, pytest.param(1_000, marks=pytest.mark.torture)])
def test_conflicting_updates_of_eight_processes_end_with_the_exact_sum(store: SQLiteStore, units: int) -> None:
    from servicecrm.kernel.frozen import FrozenMap

    with store.unit() as unit:
        unit.save(recorded("counter-0", extra=FrozenMap({"total": 0})))
    conflicts = sum(map(int, together(ADDING, store.path, processes=8, units=units)))

    with store.unit(readonly=True) as unit:
        counter = unit.get(Complaint, "counter-0")
    assert counter.extra["total"] == 8 * units
    assert counter.revision == 8 * units + 1
    assert store.verify() == 8 * units + 1
    assert conflicts > 0
