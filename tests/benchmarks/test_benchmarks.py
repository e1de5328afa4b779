"""The benchmarks run, and their contenders do the same work."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("pydantic")
pytest.importorskip("statemachine")
pytest.importorskip("transitions")

from benchmarks.commands import AT, BY, a_ticket, assign, commands, release
from benchmarks.documents import a_full_complaint, documents, model_of
from benchmarks.imports import import_time
from benchmarks.rounds import Comparison, compare
from benchmarks.sharing import SINGLE, shared_commits
from benchmarks.units import units
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.kernel.records import field_names
from servicecrm.storage import sqlite_engine


def all_comparisons(folder: Path) -> Iterator[Comparison]:
    yield from commands()
    yield from documents()
    yield from units(str(folder), counts=(2, 1), rounds=1)


def test_every_comparison_runs_and_tells_how_many_times_as_fast_we_are(tmp_path: Path) -> None:
    for comparison in all_comparisons(tmp_path):
        result = compare(comparison, rounds=1, count=min(comparison.count, 2))

        assert result.ours > 0
        assert set(result.ratios) == set(result.others) == set(comparison.others)
        assert comparison.targets.keys() <= comparison.others.keys()


def test_a_ratio_above_one_means_that_we_are_faster() -> None:
    slow = Comparison(title="", count=1, ours=lambda _: None, others={"slow": lambda _: sum(range(100_000))})

    assert compare(slow, rounds=3).ratios["slow"] > 1


def test_the_measured_record_has_25_fields_and_really_moves() -> None:
    assigned = assign(a_ticket(), "north", by=BY, at=AT)

    assert len(field_names(type(a_ticket()))) == 25
    assert (assigned.after.state, assigned.events[0].type) == ("in_handling", "ticket.assigned")
    assert release(assigned.after, by=BY, at=AT).after == a_ticket()


def test_pydantic_reads_the_same_document_as_strictly() -> None:
    text = COMPLAINT.schema.text(a_full_complaint())
    found = model_of(Complaint).model_validate_json(text)

    assert 2_200 < len(text) < 3_000
    assert set(type(found).model_fields) == set(field_names(Complaint))
    assert len(found.moments) == len(a_full_complaint().moments)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="bogus"):
        model_of(Complaint).model_validate_json(text[:-1] + ',"bogus":1}')


def test_the_bare_driver_leaves_the_same_rows(tmp_path: Path) -> None:
    for comparison in units(str(tmp_path), counts=(2, 1), rounds=1):
        compare(comparison, rounds=1)

    for folder in ("single", "batch"):
        assert _rows(tmp_path / folder / "ours.db") == _rows(tmp_path / folder / "raw.db")


def test_callers_that_share_commits_do_the_same_with_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = sqlite_engine.commit  # type: ignore[attr-defined]  # the name that the engine uses
    commits: list[int] = []

    def counted(connection: sqlite3.Connection) -> None:
        commits.append(1)
        commit(connection)

    monkeypatch.setattr(sqlite_engine, "commit", counted)
    for comparison in shared_commits(str(tmp_path)):
        taken = []
        for contender in (comparison.ours, comparison.others[SINGLE]):
            commits.clear()
            contender(80)
            taken.append(len(commits))
        assert taken[1] == 80
        assert taken[0] < 80


def _rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        complaints = connection.execute("SELECT id, revision, document FROM servicecrm_complaint ORDER BY id")
        journal = connection.execute("SELECT id, n, body FROM servicecrm_journal ORDER BY id, n")
        return [*complaints.fetchall(), *journal.fetchall()]


def test_the_import_is_measured_in_seconds() -> None:
    assert 0 < import_time(rounds=1) < 5
