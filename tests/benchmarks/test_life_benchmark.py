"""The life of a complaint is the same for all who live it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("django")

from benchmarks.complaint_life import COMMANDS, DJANGO, RAW, lives
from benchmarks.rounds import compare
from servicecrm.complaints import Complaint
from servicecrm.storage import SQLiteStore

TABLES = ("complaint", "complaint_terms", "clock", "message", "journal", "outbox", "seals", "numbers")


def counts(path: Path) -> Iterator[int]:
    with closing(sqlite3.connect(path)) as connection:
        for table in TABLES:
            yield connection.execute(f"SELECT count(*) FROM servicecrm_{table}").fetchone()[0]


def test_all_contenders_come_to_the_same_rows_in_sound_journals(tmp_path: Path) -> None:
    for comparison in lives(str(tmp_path), count=2, rounds=1):
        assert set(compare(comparison, rounds=1).ratios) == {RAW, DJANGO}

    ours, *others = (tmp_path / "lives" / f"{name}.db" for name in ("ours", "raw", "django"))
    for file in others:
        assert list(counts(file)) == list(counts(ours))
    for file in (ours, *others):
        with SQLiteStore(file) as store, store.unit(readonly=True) as unit:
            assert store.verify() > 4 * len(COMMANDS)
            assert {complaint.state for complaint in unit.find(Complaint)} == {"closed"}
