"""Everything of a tenant out of one store and into another."""  # C128

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servicecrm.complaints import DEFAULT, Complaint, ComplaintPolicy
from servicecrm.desk import Desk, connect
from servicecrm.errors import IdempotencyMismatch, ImportProblem, NotFound, StoreBusy, StoreError
from servicecrm.storage.store import Answer, Mode
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from tests.desk.places import STORES, empty_store

Bring = Callable[..., Complaint]


@pytest.fixture
def full(crm: Desk, clock: FixedClock, bring: Bring) -> Desk:
    """A desk with complaints in every state, messages, commands and house rules."""
    for state in ("recorded", "waiting", "closed", "withdrawn"):
        bring(state, tags={"street"}, complainant="Ängström")
    crm.complaints.record(subject="Told once", channel="web", command="k-1")
    crm.policies.publish(DEFAULT, effective=clock())
    return crm


NEXT = dict(zip(STORES, (*STORES[1:], STORES[0]), strict=True))
"""Where to move to: once around."""


@pytest.fixture
def empty(kind: str, tmp_path: Path, request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Desk]:
    """A desk on an empty store of another kind."""
    (folder := tmp_path / "other").mkdir()
    with empty_store(NEXT[kind], folder, request) as url, connect(url, actor="bob@city.example", clock=clock) as empty:
        yield empty


def test_an_export_makes_the_same_store_again(full: Desk, empty: Desk, tmp_path: Path) -> None:
    lines = full.export(tmp_path / "all.jsonl")
    assert empty.import_(tmp_path / "all.jsonl") == lines

    assert list(empty.complaints.find()) == list(full.complaints.find())
    for complaint in full.complaints.find():
        assert empty.complaints.get(complaint.id).revision == complaint.revision
        assert empty.history(complaint.id) == full.history(complaint.id)
        assert empty.complaints.messages(complaint.id) == full.complaints.messages(complaint.id)
    assert empty.complaints.search("ÄNGSTRÖM") == full.complaints.search("ängström") != ()
    assert empty.policies.book(ComplaintPolicy) == full.policies.book(ComplaintPolicy)
    assert empty.store.verify(sealed_head(full.store)) == full.store.verify()
    again = io.StringIO()
    empty.export(again)
    assert again.getvalue() == (tmp_path / "all.jsonl").read_text("utf-8")


@pytest.mark.parametrize("kept", STORES[1:])
def test_a_desk_for_reading_exports_too(kept: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with empty_store(kept, tmp_path, request) as url:
        with connect(url, actor="ann@city.example") as crm:
            crm.complaints.record(subject="No water", channel="phone")
        with connect(url, readonly=True) as reader, connect("memory:") as other:
            reader.export(tmp_path / "all.jsonl")
            other.import_(tmp_path / "all.jsonl")
            assert list(other.complaints.find()) == list(reader.complaints.find())


@pytest.fixture
def busy_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[Desk, Mode], None]:
    """Makes the commit of the next unit fail, as PostgreSQL does when others came in between."""

    def busy_once(crm: Desk, mode: Mode) -> None:
        transaction, busy = crm.store.engine.transaction, iter([mode])

        @contextlib.contextmanager
        def failing(tenant: str, mode: Mode) -> Iterator[Answer]:
            with transaction(tenant, mode) as answer:
                yield answer
                if mode == expected and next(busy, None):
                    raise StoreBusy

        expected = mode
        monkeypatch.setattr(crm.store.engine, "transaction", failing)

    return busy_once


def test_an_export_that_had_to_begin_again_holds_every_line_once(
    full: Desk, tmp_path: Path, busy_once: Callable[[Desk, Mode], None]
) -> None:
    lines = full.export(tmp_path / "before.jsonl")
    busy_once(full, "read")

    assert full.export(tmp_path / "after.jsonl") == lines
    assert (tmp_path / "after.jsonl").read_bytes() == (tmp_path / "before.jsonl").read_bytes()


def test_an_import_that_had_to_begin_again_reads_every_line_again(
    full: Desk, empty: Desk, tmp_path: Path, busy_once: Callable[[Desk, Mode], None]
) -> None:
    lines = full.export(tmp_path / "all.jsonl")
    busy_once(empty, "write")

    assert empty.import_(tmp_path / "all.jsonl") == lines
    assert list(empty.complaints.find()) == list(full.complaints.find())


def test_commands_and_numbers_go_on_where_they_were(full: Desk, empty: Desk) -> None:
    moved = io.StringIO()
    full.export(moved)
    moved.seek(0)
    empty.import_(moved)

    assert empty.complaints.record(subject="Told once", channel="web", command="k-1").number == "CMP-2026-000005"
    with pytest.raises(IdempotencyMismatch):
        empty.complaints.record(subject="Something else", channel="web", command="k-1")
    assert empty.complaints.record(subject="New", channel="web").number == "CMP-2026-000006"


def test_one_tenant_is_moved_without_the_others(full: Desk, empty: Desk) -> None:
    full.tenant("south").complaints.record(subject="No gas", channel="web")
    moved = io.StringIO()
    full.tenant("south").export(moved)
    moved.seek(0)
    empty.tenant("west").import_(moved)

    assert empty.complaints.count() == 0
    assert [c.subject for c in empty.tenant("west").complaints.find()] == ["No gas"]


def test_an_import_calls_no_hooks(full: Desk, empty: Desk) -> None:
    heard: list[object] = []
    empty.on("*", heard.append)
    moved = io.StringIO()
    full.export(moved)
    moved.seek(0)
    empty.import_(moved)

    assert heard == []


def test_a_store_that_holds_something_takes_no_import(full: Desk, empty: Desk, tmp_path: Path) -> None:
    full.export(tmp_path / "all.jsonl")
    kept = empty.complaints.record(subject="No gas", channel="web")
    with pytest.raises(StoreError, match="import into an empty one"):
        empty.import_(tmp_path / "all.jsonl")

    assert list(empty.complaints.find()) == [kept]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"Dear Sir or Madam\n",
        lambda content: content[: len(content) // 2],
        lambda content: content.rsplit(b"\n", 2)[0] + b"\n",
        lambda content: content + b"[]\n",
        lambda content: content.replace(b'"record"', b'"letter"', 1),
        lambda content: content[:200] + b"\xff\xfe" + content[200:],
    ],
    ids=["empty", "a letter", "half", "no end", "too much", "unknown", "not utf-8"],
)
def test_a_spoilt_export_is_told_and_nothing_of_it_is_kept(
    full: Desk, empty: Desk, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "all.jsonl"
    full.export(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ImportProblem):
        empty.import_(path)

    assert empty.complaints.count() == 0
    assert sealed_head(empty.store).seal == 0
    with pytest.raises(NotFound):
        empty.history("CMP-2026-000001")
