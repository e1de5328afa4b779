# ruff: noqa: PT012 - a unit of work is a block of its own
"""SQLite's own promises: the profile, the versions, and what happens when the file cannot be used."""  # C123

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import (
    CommitOutcomeUnknown,
    ReadOnlyStore,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from servicecrm.storage import Command, SQLiteStore, sqlite_engine
from servicecrm.storage.schema import CURRENT
from servicecrm.storage.store import EngineStore
from servicecrm.testing.makers import MONDAY

RECORDED = complaints.record(id="c-1", subject="No water", channel="phone", by="ann@city.example", at=MONDAY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one complaint."""
    path = tmp_path / "crm.db"
    with SQLiteStore(path) as store, store.unit() as unit:
        unit.save(RECORDED)
    return path


def count(store: EngineStore) -> int:
    with store.unit(readonly=True) as unit:
        return unit.count(Complaint)


# -- the profile -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 44, 9), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_that_can_lose_a_commit_in_wal_mode_are_known(version: tuple[int, ...], affected: bool) -> None:
    assert sqlite_engine.has_wal_reset_bug(version) is affected


@pytest.mark.parametrize(
    ("version", "writers", "journal_mode", "locking_mode"),
    [
        ((3, 40, 1), "many", "truncate", "normal"),
        ((3, 51, 2), "many", "truncate", "normal"),
        ((3, 51, 3), "many", "wal", "normal"),
        ((3, 40, 1), "one", "wal", "exclusive"),
        ((3, 51, 3), "one", "wal", "exclusive"),
    ],
)
def test_the_profile_fits_the_version_and_the_writers_and_is_read_back(  # noqa: PLR0917 - one for each column
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    writers: sqlite_engine.Writers,
    journal_mode: str,
    locking_mode: str,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with SQLiteStore(tmp_path / "crm.db", writers=writers, timeout=3) as store:
        profile = store.profile

    assert (profile.writers, profile.journal_mode, profile.locking_mode) == (writers, journal_mode, locking_mode)
    assert profile.synchronous == "FULL"
    assert profile.foreign_keys
    assert profile.secure_delete
    assert profile.busy_timeout == 3
    assert profile.sqlite == sqlite3.sqlite_version


class Forgetful(sqlite3.Connection):
    """A connection of an SQLite that was built to leave deleted content where it was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA secure_delete = OFF")


@pytest.mark.parametrize("writers", ["many", "one"])
def test_a_deleted_personal_text_is_not_left_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writers: sqlite_engine.Writers
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Forgetful, **kwargs))
    secret = "my secret illness "
    told = complaints.record(id="c-1", subject="x", text=secret * 500, channel="phone", by="ann", at=MONDAY)
    with SQLiteStore(tmp_path / "crm.db", writers=writers) as store:
        assert store.profile.secure_delete
        with store.unit() as unit:
            unit.save(told)
        with store.engine._connection() as connection:
            connection.execute("UPDATE servicecrm_journal SET personal = NULL")
            connection.execute("DELETE FROM servicecrm_complaint")

    assert [file.name for file in tmp_path.iterdir() if secret.encode() in file.read_bytes()] == []


def test_a_store_changes_its_profile_when_it_is_opened_in_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, mode in (((3, 51, 3), "wal"), ((3, 51, 2), "truncate"), ((3, 51, 3), "wal")):
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        with SQLiteStore(path) as store:
            assert store.profile.journal_mode == mode
            assert count(store) == 1


def test_never_pythons_default_profile(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    with SQLiteStore(path) as store:
        assert store.profile.journal_mode != "delete"


def test_a_profile_that_sqlite_refuses_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises((StoreBusy, StoreUnavailable)):
            SQLiteStore(path, timeout=0.05)


def test_a_second_store_waits_for_the_only_writer_and_is_told(path: Path) -> None:
    with SQLiteStore(path, writers="one") as store:
        assert count(store) == 1
        with pytest.raises(StoreBusy):
            SQLiteStore(path, writers="one", timeout=0.05)
    with SQLiteStore(path) as store:
        assert count(store) == 1


def test_an_unknown_number_of_writers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="'many' or 'one'"):
        SQLiteStore(tmp_path / "crm.db", writers="few")  # type: ignore[arg-type]  # that is the point


# -- files that are no store -----------------------------------------------------------------------


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(StoreUnavailable, match="not an SQLite database"):
        SQLiteStore(file)
    assert file.read_text() == "Dear Sir or Madam, " * 100


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="folder"):
        SQLiteStore(tmp_path / "nowhere" / "crm.db")
    with pytest.raises(StoreUnavailable, match="there is no file"):
        SQLiteStore(tmp_path / "crm.db", readonly=True)
    with pytest.raises(StoreUnavailable, match="is a folder"):
        SQLiteStore(tmp_path)


def test_a_damaged_file_is_told(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)

    with pytest.raises(StoreUnavailable), SQLiteStore(path) as store:
        store.verify()
        count(store)


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:  # C126
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE servicecrm_version SET version = 99")

    with pytest.raises(SchemaTooNew, match=r"crm\.db has version 99.*install a newer") as found:
        SQLiteStore(path)
    assert (found.value.found, found.value.known) == (99, CURRENT)
    with pytest.raises(SchemaTooNew):
        SQLiteStore(path, readonly=True)
    with pytest.raises(SchemaTooNew):
        SQLiteStore(path, migrate=True)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM servicecrm_version", "UPDATE servicecrm_version SET version = 'one'"], ids=["empty", "a text"]
)
def test_a_store_that_lost_its_version_is_told(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)

    for readonly, migrate in ((False, False), (True, False), (False, True)):
        with pytest.raises(StoreUnavailable, match="servicecrm_version"):
            SQLiteStore(path, readonly=readonly, migrate=migrate)


def test_a_new_file_that_another_process_fills_meanwhile_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.db"
    version_of = sqlite_engine.version_of  # type: ignore[attr-defined]  # the name that the engine uses

    def faster(connection: sqlite3.Connection) -> int:
        found: int = version_of(connection)
        monkeypatch.undo()
        SQLiteStore(path).close()
        return found

    monkeypatch.setattr(sqlite_engine, "version_of", faster)
    with SQLiteStore(path) as store:
        assert count(store) == 0


def test_a_database_of_somebody_else_gets_our_tables_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "host.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (text TEXT)")
        connection.execute("INSERT INTO theirs VALUES ('kept')")

    for readonly in (False, True):
        with pytest.raises(SchemaTooOld) as found:
            SQLiteStore(path, readonly=readonly)
        assert (found.value.found, found.value.known) == (0, CURRENT)
    with SQLiteStore(path, migrate=True) as store:
        assert count(store) == 0
    with SQLiteStore(path) as store:
        assert count(store) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT text FROM theirs").fetchall() == [("kept",)]


# -- reading only, closed, forked ------------------------------------------------------------------


def test_a_store_opened_for_reading_reads_and_refuses_to_write(path: Path) -> None:
    before = path.read_bytes()
    with SQLiteStore(path, readonly=True) as store:
        assert count(store) == 1
        assert store.verify() == 1
        with pytest.raises(ReadOnlyStore), store.unit() as unit:
            unit.save(complaints.record(id="c-2", subject="x", channel="phone", by="ann@city.example", at=MONDAY))
        assert count(store) == 1
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_the_right_to_write_is_told(path: Path) -> None:
    path.chmod(stat.S_IRUSR)
    with pytest.raises(StoreUnavailable), SQLiteStore(path) as store, store.unit() as unit:
        unit.save(RECORDED)


FORKING = """
import os, sys
from servicecrm.complaints import Complaint
from servicecrm.errors import ForkedStoreError
from servicecrm.storage import MemoryStore, SQLiteStore

store = SQLiteStore(sys.argv[1]) if sys.argv[1:] else MemoryStore()
with store.unit() as unit:
    before = unit.count(Complaint)
child = os.fork()
try:
    with store.unit() as unit:
        assert child and unit.count(Complaint) == before
except ForkedStoreError as error:
    store.close()
    os._exit(7 if not child and (error.opened_by, error.used_by) == (os.getppid(), os.getpid()) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_a_store_used_after_a_fork_refuses_and_the_parents_goes_on(path: Path) -> None:
    # In a process of its own, because a fork of one with threads is not safe.
    for arguments in ([], [path]):
        subprocess.run([sys.executable, "-c", FORKING, *arguments], check=True)
    with SQLiteStore(path) as store:
        assert count(store) == 1


def test_a_closed_store_closes_what_is_still_in_use_when_it_ends(path: Path) -> None:
    store = SQLiteStore(path)
    with store.unit() as unit:
        store.close()
        assert unit.count(Complaint) == 1
    with pytest.raises(StoreUnavailable, match="closed"):
        count(store)
    assert store.engine._idle == []


# -- a full disk, a failing commit ----------------------------------------------------------------


class Faulty(sqlite3.Connection):
    """A connection that can be told to fail at COMMIT, or to be full."""

    fail_before = fail_after = fail_rollback = False
    max_pages = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT" and Faulty.fail_before:
            raise sqlite3.OperationalError("disk I/O error")
        if sql == "ROLLBACK" and Faulty.fail_rollback:
            raise sqlite3.OperationalError("disk I/O error")
        if sql == "BEGIN IMMEDIATE" and Faulty.max_pages:
            super().execute(f"PRAGMA max_page_count = {Faulty.max_pages}")
        cursor = super().execute(sql, parameters)
        if sql == "COMMIT" and Faulty.fail_after:
            raise sqlite3.OperationalError("disk I/O error")
        return cursor


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Faulty, **kwargs))
    return monkeypatch


@pytest.mark.parametrize(("fault", "kept"), [("fail_before", 1), ("fail_after", 2)])
def test_after_a_failed_commit_the_outcome_is_unknown_and_the_same_command_tells_it(
    path: Path, faulty: pytest.MonkeyPatch, fault: str, kept: int
) -> None:
    command = Command(id="k-1", fingerprint="f")
    second = complaints.record(id="c-2", subject="x", channel="phone", by="ann@city.example", at=MONDAY)
    with SQLiteStore(path) as store:
        faulty.setattr(Faulty, fault, True)
        with pytest.raises(CommitOutcomeUnknown, match="repeat the same command"), store.unit(command) as unit:
            unit.save(second)
        faulty.setattr(Faulty, fault, False)

        assert count(store) == kept
        with store.unit(command) as unit:
            assert (unit.outcome is not None) == (kept == 2)
            if unit.outcome is None:
                unit.save(second)
        assert count(store) == 2
        assert store.verify() == 2


def test_a_connection_that_cannot_roll_back_is_never_used_again(path: Path, faulty: pytest.MonkeyPatch) -> None:
    second = complaints.record(id="c-2", subject="x", channel="phone", by="ann@city.example", at=MONDAY)
    with SQLiteStore(path) as store:
        faulty.setattr(Faulty, "fail_rollback", True)
        with pytest.raises(ZeroDivisionError), store.unit() as unit:
            unit.save(second)
            raise ZeroDivisionError
        assert store.engine._idle == []
        assert count(store) == 1
        with store.unit() as unit:
            unit.save(second)
        assert count(store) == 2


def test_a_full_disk_is_told_and_nothing_is_half_saved(path: Path, faulty: pytest.MonkeyPatch) -> None:
    big = complaints.record(id="c-2", subject="x" * 500_000, channel="phone", by="ann@city.example", at=MONDAY)
    with SQLiteStore(path) as store:
        faulty.setattr(Faulty, "max_pages", 50)
        with pytest.raises(StoreUnavailable, match="disk is full; nothing of this unit"), store.unit() as unit:
            unit.save(big)
        assert count(store) == 1
        assert store.verify() == 1
        faulty.setattr(Faulty, "max_pages", 1_000_000)
        with store.unit() as unit:
            unit.save(big)
        assert count(store) == 2


FILLING = """
import resource, signal, sys
from servicecrm import complaints
from servicecrm.errors import StoreError
from servicecrm.storage import SQLiteStore
from servicecrm.testing.makers import MONDAY

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SQLiteStore(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
saved = 1
try:
    while True:
        with store.unit() as unit:
            unit.save(complaints.record(id=f"f-{saved}", subject="x" * 5_000, channel="phone", by="ann", at=MONDAY))
        saved += 1
except StoreError as error:
    print(saved, error.code)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on the size of files")
def test_a_file_that_cannot_grow_keeps_what_was_acknowledged(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLING, path], check=True, capture_output=True, text=True)
    saved, code = done.stdout.split()

    assert code in ("store_unavailable", "commit_outcome_unknown")
    with SQLiteStore(path) as store:
        assert count(store) == int(saved) > 5
        assert store.verify() == int(saved)
