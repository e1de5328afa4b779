"""A change writes the columns in indexes that it changes, and no others: SQLite writes an index anew if it is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk import Desk, connect
from servicecrm.errors import StaleRevision
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import SQLiteStore
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Change, RecordRow, Tables, ask
from servicecrm.storage.saving import unchanged
from servicecrm.testing.contract.examples import amended, complaint, put
from tests.desk.places import STORES, empty_store

FRAME = 4096 + 24


@pytest.fixture(params=STORES)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with empty_store(request.param, tmp_path, request) as url, connect(url, actor="ann@city.example") as desk:
        yield desk


def frames(folder: Path) -> int:
    """How many pages one change of a handler writes, among complaints of many customers."""
    new = [complaint(f"c-{n:04}", customer=f"customer-{n * 7919 % 2_000:04}", handler="ann") for n in range(2_000)]
    with SQLiteStore(folder / "crm.db", writers="one") as store:
        put(store, *new)
    with SQLiteStore(folder / "crm.db", writers="one") as store:
        store.atomically(lambda unit: unit.save(amended(unit.get(Complaint, "c-1000"), handler="bea")))
        return (folder / "crm.db-wal").stat().st_size // FRAME


def test_a_change_writes_few_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # C123
    few = frames(tmp_path)
    (tmp_path / "control").mkdir()
    monkeypatch.setattr(Kind, "unchanged", lambda *_: frozenset())

    assert few <= 10
    assert frames(tmp_path / "control") >= few + 8


def test_a_column_counts_as_unchanged_only_if_its_value_is_the_very_same() -> None:
    before = complaint(customer="customer-7", handler="ann").after
    after = amended(before, handler="bea", forwards=1).after

    assert COMPLAINT.unchanged(before, after) == {
        *("number", "state", "open", "customer", "service", "category", "received_at", "closed_at", "due_at"),
        *("verdict", "duplicate_of"),
    }
    assert COMPLAINT.index_of(after, without={"customer"}).keys() == COMPLAINT.index_of(after).keys() - {"customer"}


def test_a_record_that_was_changed_in_place_is_written_whole() -> None:
    before = complaint(handler="ann").after
    change = amended(before, forwards=1)

    assert unchanged(lambda _: COMPLAINT, [change])[Complaint] >= {"handler"}
    assert unchanged(lambda _: COMPLAINT, [Decision(before, before, change.steps)])[Complaint] == frozenset()


def test_what_an_older_version_saved_is_written_whole(crm: Desk) -> None:  # C121
    old = crm.complaints.record(subject="No water", channel="phone", customer="customer-7")
    as_it_was(crm, old)
    mine = where("customer") == "customer-7"
    assert not list(crm.complaints.find(mine))

    crm.complaints.acknowledge(old.id)
    assert [each.id for each in crm.complaints.find(mine)] == [old.id]
    crm.store.verify()


def test_what_an_older_version_saved_and_another_changed_since_is_stale(crm: Desk) -> None:
    old = crm.complaints.record(subject="No water", channel="phone")
    crm.complaints.acknowledge(old.id)
    as_it_was(crm, crm.complaints.get(old.id))

    with pytest.raises(StaleRevision) as refused:
        put(crm.store, amended(old, handler="cem"))
    assert (refused.value.expected, refused.value.actual) == (1, 2)


def as_it_was(crm: Desk, complaint: Complaint) -> None:
    """Store a complaint as a version would have that knew no customers yet."""
    row = RecordRow(complaint.id, complaint.revision, 1, COMPLAINT.schema.text(complaint))
    change = Change(row, COMPLAINT.index_of(complaint) | {"customer": None}, expected=complaint.revision)

    def program() -> Program[None]:
        yield from ask(Tables.update, COMPLAINT, [change])

    crm.store.perform(lambda _: program())
