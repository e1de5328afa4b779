"""A backup is of one moment, ends in time whoever writes, and touches nothing of others."""  # C123

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import BrokenJournal, StoreBusy, StoreUnavailable
from servicecrm.storage import SQLiteStore, backup, restore
from servicecrm.storage.sqlite_engine import SQLiteEngine, Writers
from servicecrm.testing.makers import MONDAY


def fill(store: SQLiteStore, units: int, prefix: str = "c") -> None:
    for n in range(units):
        with store.unit() as unit:
            unit.save(complaints.record(id=f"{prefix}-{n}", subject="x", channel="phone", by="ann", at=MONDAY))


def count(store: SQLiteStore) -> int:
    with store.unit(readonly=True) as unit:
        return unit.count(Complaint)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "crm.db") as store:
        fill(store, 20)
        yield store


WRITING = """
import itertools, sys
from servicecrm import complaints
from servicecrm.storage import SQLiteStore
from servicecrm.testing.makers import MONDAY

store = SQLiteStore(sys.argv[1])
for n in itertools.count():
    with store.unit() as unit:
        unit.save(complaints.record(id=f"w-{n}", subject="x" * 3_000, channel="phone", by="ann", at=MONDAY))
    print(n, flush=True)
"""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Another process writes to the file all the time."""
    with subprocess.Popen([sys.executable, "-c", WRITING, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        reader = threading.Thread(target=process.stdout.read)  # a full pipe would be a pause
        reader.start()
        try:
            yield
            assert process.poll() is None, "the writer has stopped"
        finally:
            process.kill()
            reader.join()


def test_a_backup_ends_while_another_process_never_pauses(store: SQLiteStore, tmp_path: Path) -> None:
    fill(store, 400, "more")  # more than one step's pages would be restarted by every commit
    with writing(store.path):
        for n in range(3):
            before = count(store)
            start = time.monotonic()
            with SQLiteStore(store.backup(tmp_path / f"{n}.backup"), readonly=True) as copy:
                assert count(copy) >= before
            assert time.monotonic() - start < 10
    assert store.verify() == count(store)


def test_a_backup_ends_while_another_thread_never_pauses(tmp_path: Path) -> None:
    stop = threading.Event()
    with SQLiteStore(tmp_path / "crm.db", writers="one") as store:

        def write() -> None:
            n = 0
            while not stop.is_set():
                fill(store, 1, f"w-{(n := n + 1)}")

        fill(store, 5)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for n in range(3):
                before = count(store)
                with SQLiteStore(store.backup(tmp_path / f"{n}.backup"), readonly=True) as copy:
                    assert count(copy) >= before
        finally:
            stop.set()
            writer.join()
        assert store.verify() == count(store)


@pytest.mark.parametrize("writers", ["many", "one"])
def test_a_backup_of_either_profile_is_a_store_in_one_file(tmp_path: Path, writers: Writers) -> None:
    with SQLiteStore(tmp_path / "crm.db", writers=writers, timeout=1) as store:
        fill(store, 5)
        copy = store.backup(tmp_path / "copy.db")
        assert len(store.engine._idle) == 1  # its connection goes on as it was
        fill(store, 1, "after")
        assert count(store) == 6
    # An empty journal may stay beside the store; the copy is one file.
    assert {path.name for path in tmp_path.iterdir()} - {"crm.db-journal"} == {"copy.db", "crm.db"}
    for kept in (copy, restore(copy, tmp_path / "restored.db")):
        with SQLiteStore(kept, writers=writers) as again:
            assert count(again) == again.verify() == 5


def test_a_backup_of_a_store_opened_for_reading_is_made_too(store: SQLiteStore, tmp_path: Path) -> None:
    with SQLiteStore(store.path, readonly=True) as reading:
        reading.backup(tmp_path / "copy.db")
    with SQLiteStore(tmp_path / "copy.db", readonly=True) as copy:
        assert count(copy) == 20


def test_a_backup_waits_for_others_until_its_deadline_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))  # without WAL, where others can keep readers out
    with SQLiteStore(tmp_path / "crm.db", timeout=0.05) as store:
        fill(store, 1)
        with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreBusy):
                store.backup(tmp_path / "copy.db")
            other.execute("ROLLBACK")
        with SQLiteStore(store.backup(tmp_path / "copy.db")) as copy:
            assert count(copy) == 1
    # Its one connection is in use:


def test_a_backup_waits_for_the_one_connection_of_its_store(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "crm.db", writers="one", timeout=0.05) as store:
        with store.unit(), pytest.raises(StoreBusy):
            store.backup(tmp_path / "copy.db")
        assert not (tmp_path / "copy.db").exists()
        assert store.backup(tmp_path / "copy.db").exists()


def test_a_backup_with_several_broken_tenants_names_each(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with SQLiteStore(path) as store:
        for name in ("east", "north", "south"):
            with store.tenant(name).unit() as unit:
                unit.save(complaints.record(id=f"{name}-1", subject="No water", channel="phone", by="ann", at=MONDAY))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM servicecrm_complaint WHERE id = 'east-1'")
        connection.execute("UPDATE servicecrm_journal SET type = 'other' WHERE id = 'south-1'")

    with pytest.raises(BrokenJournal) as refused:
        restore(path, tmp_path / "restored.db")
    assert refused.value.breaks == (
        "tenant east: complaint east-1 is gone, and its history is there",
        "tenant south: entry 1 of complaint south-1 was changed",
    )


def test_what_others_keep_beside_it_is_left_alone(store: SQLiteStore, tmp_path: Path) -> None:
    notes = [tmp_path / f"copy.db{ending}" for ending in (".part", "-journal", "-wal", ".tmp")]
    for note in notes:
        note.write_text("my notes")
    before = set(tmp_path.iterdir())

    copy = store.backup(tmp_path / "copy.db")
    assert {note.read_text() for note in notes} == {"my notes"}
    assert set(tmp_path.iterdir()) == before | {copy}


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("DELETE FROM servicecrm_journal WHERE id = 'c-3'", BrokenJournal),
        ("UPDATE servicecrm_journal SET body = replace(body, 'phone', 'email') WHERE id = 'c-3'", BrokenJournal),
        ("DELETE FROM servicecrm_version", StoreUnavailable),
        ("DROP TABLE servicecrm_seals", StoreUnavailable),
    ],
)
def test_a_copy_that_came_out_damaged_never_gets_the_name(
    store: SQLiteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, error: type[Exception]
) -> None:
    copy_into = SQLiteEngine.copy_into

    def damaged(engine: SQLiteEngine, target: sqlite3.Connection) -> None:
        copy_into(engine, target)
        with target:
            target.execute(damage)

    monkeypatch.setattr(SQLiteEngine, "copy_into", damaged)
    with pytest.raises(error):
        store.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_came_in_between_is_never_replaced(
    store: SQLiteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = backup.check

    def slow(*arguments: object) -> int:
        (tmp_path / "copy.db").write_text("somebody else's")
        return check(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(backup, "check", slow)
    with pytest.raises(StoreUnavailable, match="is there already"):
        store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "somebody else's"


def test_a_place_that_cannot_be_written_is_told(store: SQLiteStore, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere" / "copy.db", tmp_path / "crm.db" / "copy.db", tmp_path / ("x" * 300)):
        with pytest.raises(StoreUnavailable):
            store.backup(place)
