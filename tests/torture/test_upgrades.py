# ruff: noqa: T201 - a failure shows the seed
"""A store of an earlier version is brought up to date as a whole or not at all; older code refuses it."""  # C123

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from servicecrm.errors import SchemaTooNew, SchemaTooOld, StoreError
from servicecrm.storage import SQLiteStore, driver, sqlite_engine
from servicecrm.storage.schema import CURRENT, migration
from tests.torture.contents import Held, contents
from tests.torture.disk import Change, Create, Sync, Write, watched
from tests.torture.power import Committed, outages
from tests.torture.units import save

Log = list[Change | Committed]

EARLIER: Final = range(1, CURRENT)
FILL: Final = (
    "INSERT INTO servicecrm_tenants VALUES ('default')",
    "INSERT INTO servicecrm_numbers VALUES ('default', 'complaint', 2025, 77)",
    "INSERT INTO servicecrm_commands VALUES ('default', 'k', 'f', 'complaint', 'c-1', 1, 'CMP-2025-000077', 1)",
    *(
        "INSERT INTO servicecrm_outbox (tenant, key, place, topic, recipient, kind, record, body, attempt)"
        f" VALUES ('default', 'n-{n}', {n}, 'mail', 'water', 'complaint', 'c-1', '{{}}', 0)"
        for n in range(200)
    ),
)


def make(path: Path, version: int) -> None:
    """A store as the code of an earlier version has made and filled it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(1, version + 1):
            for statement in migration("sqlite", number):
                connection.execute(statement)
        connection.execute("INSERT INTO servicecrm_version VALUES (?)", (version,))
        for statement in FILL:
            connection.execute(statement)


def found(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return contents(connection)


@pytest.mark.parametrize("version", EARLIER)
def test_a_store_of_each_version_is_brought_up_to_date_with_all_that_it_holds(tmp_path: Path, version: int) -> None:
    make(path := tmp_path / "crm.db", version)
    with pytest.raises(SchemaTooOld):
        SQLiteStore(path)
    with SQLiteStore(path, migrate=True) as store:
        assert store.perform(lambda work: work.queue_counts(), readonly=True).waiting == 200
        save(store, 0)
        assert store.verify() > 0
    SQLiteStore(path).close()


def upgraded(folder: Path, version: int) -> Log:
    """What happens to the files of a store while it is brought up to date; before that it is safe on the disk."""
    make(path := folder / "crm.db", version)
    log: Log = [Create(path.name), Write(path.name, 0, path.read_bytes()), Sync(path.name), Committed(found(path))]

    def written(change: Change) -> bool:
        log.append(change)
        return True

    with watched(folder, written), pytest.MonkeyPatch.context() as patch:
        Held(patch, lambda held: log.append(Committed(held)))
        SQLiteStore(path, migrate=True).close()
    return log


def halves(folder: Path, version: int, points: int, seed: int) -> int:
    """After how many power failures in its upgrade a store is neither what it was nor what it is to be."""
    log, half = upgraded(folder, version), 0
    (again := folder / "again").mkdir()
    for outage in outages(log, points, seed=seed):
        if not outage.before:
            continue  # before there was a store
        outage.leave(again)
        try:
            now = found(again / "crm.db")
            with SQLiteStore(again / "crm.db", migrate=True) as store:
                save(store, 0)
        except (AssertionError, StoreError, sqlite3.Error):
            now = "damaged"
        half += now not in {outage.before[-1], outage.next}
    return half


@pytest.mark.parametrize("points", [100, pytest.param(2_000, marks=pytest.mark.torture)])
@pytest.mark.parametrize("version", EARLIER)
def test_an_upgrade_in_which_the_power_fails_is_done_or_not(  # C126
    tmp_path: Path, version: int, points: int
) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)

    assert halves(tmp_path, version, points, seed) == 0


def test_an_upgrade_without_a_transaction_is_found_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_engine, "begin", lambda *_: None)
    monkeypatch.setattr(sqlite_engine, "install", install_in_parts)

    assert halves(tmp_path, 1, 100, seed=7) > 20


def install_in_parts(connection: sqlite3.Connection) -> None:
    """The same migrations, each statement by itself."""
    for version in range(driver.version_of(connection) + 1, CURRENT + 1):
        for statement in migration("sqlite", version):
            connection.execute(statement)
    connection.execute("UPDATE servicecrm_version SET version = ?", (CURRENT,))
    connection.execute("BEGIN")  # which the engine ends


@pytest.mark.parametrize("version", EARLIER)
def test_older_code_refuses_a_newer_store_by_name_and_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    SQLiteStore(path := tmp_path / "crm.db").close()
    before = found(path)
    monkeypatch.setattr(sqlite_engine, "CURRENT", version)
    for readonly, migrate in ((False, False), (True, False), (False, True)):
        with pytest.raises(SchemaTooNew, match=rf"crm\.db has version {CURRENT}"):
            SQLiteStore(path, readonly=readonly, migrate=migrate)
    assert found(path) == before
