"""Whoever changes the file behind our back is found out."""

import contextlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servicecrm import complaints
from servicecrm.errors import BrokenJournal, StoreError, StoreUnavailable
from servicecrm.storage import SQLiteStore
from servicecrm.storage.ports import Program
from servicecrm.storage.statements import Statement

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    with SQLiteStore(path) as store, store.unit() as unit:
        for n in range(3):
            decision = complaints.record(id=f"c-{n}", subject="No water", channel="phone", by="ann", at=NOW)
            unit.save(decision.then(complaints.acknowledge, by="ann", at=NOW))
    return path


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE servicecrm_complaint SET document = replace(document, 'No water', 'All is well') WHERE id = 'c-1'",
        "UPDATE servicecrm_complaint SET revision = 7 WHERE id = 'c-1'",
        "DELETE FROM servicecrm_complaint WHERE id = 'c-1'",
        "DELETE FROM servicecrm_complaint",
        """INSERT INTO servicecrm_complaint (tenant, id, revision, schema, document, search)
        SELECT tenant, 'ghost', revision, schema, document, search FROM servicecrm_complaint LIMIT 1""",
        "DELETE FROM servicecrm_journal WHERE id = 'c-2'",
        "DELETE FROM servicecrm_journal",
        "UPDATE servicecrm_journal SET seal = NULL WHERE id = 'c-2'",
        "DELETE FROM servicecrm_seals",
    ],
)
def test_a_record_that_is_not_as_its_history_left_it_is_found(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()

    with SQLiteStore(path) as store, pytest.raises(BrokenJournal):
        store.verify()


def test_a_tenant_is_checked_even_if_it_was_struck_off_the_register(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM servicecrm_tenants")
        connection.commit()

    with SQLiteStore(path) as store:
        assert store.tenants() == ("default",)


def test_what_nobody_touched_is_sound(path: Path) -> None:
    with SQLiteStore(path) as store:
        assert store.verify() == 6


def rolled_back_by_sqlite() -> Program[None]:
    yield lambda _: Statement("ROLLBACK", (), lambda rows: rows)


def test_a_unit_that_sqlite_rolled_back_is_over(path: Path) -> None:
    """After some errors SQLite ends the transaction by itself; what follows must not be committed alone."""
    with SQLiteStore(path) as store:
        with contextlib.ExitStack() as stack:
            unit = stack.enter_context(store.unit())
            unit.save(complaints.record(id="first", subject="No gas", channel="phone", by="ann", at=NOW))
            unit._run(rolled_back_by_sqlite())
            with pytest.raises(StoreUnavailable, match="rolled this unit back"):
                unit.save(complaints.record(id="after", subject="No gas", channel="phone", by="ann", at=NOW))
            with pytest.raises(StoreError, match="nothing of it was saved"):
                stack.close()
        with store.unit(readonly=True) as unit:
            assert unit.count(complaints.Complaint) == 3
        assert store.verify() == 6
