"""Everything of a tenant out of one store and into another."""  # C128

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servicecrm.complaints import DEFAULT, Complaint
from servicecrm.desk import Desk, connect
from servicecrm.errors import IdempotencyMismatch, ImportProblem, NotFound, StoreError
from servicecrm.testing import FixedClock

Bring = Callable[..., Complaint]


@pytest.fixture
def full(crm: Desk, clock: FixedClock, bring: Bring) -> Desk:
    """A desk with complaints in every state, messages, commands and house rules."""
    for state in ("recorded", "waiting", "closed", "withdrawn"):
        bring(state, tags={"street"}, complainant="Ängström")
    crm.complaints.record(subject="Told once", channel="web", command="k-1")
    crm.policies.publish(DEFAULT, effective=clock())
    return crm


@pytest.fixture(params=["memory", "sqlite"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    """A desk on an empty store of either kind."""
    url = "memory:" if request.param == "memory" else str(tmp_path / "other.db")
    with connect(url, actor="bob@city.example", clock=clock) as empty:
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
    assert empty.policies.book() == full.policies.book()
    assert empty.store.verify(full.store.head()) == full.store.verify()
    again = io.StringIO()
    empty.export(again)
    assert again.getvalue() == (tmp_path / "all.jsonl").read_text("utf-8")


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
    assert empty.store.head().seal == 0
    with pytest.raises(NotFound):
        empty.history("CMP-2026-000001")
