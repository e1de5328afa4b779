"""Programs that wait for each other share one commit: none is acknowledged before it, and each stands for itself."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import CommitOutcomeUnknown, StoreBusy, StoreError, StoreUnavailable
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.storage import SQLiteStore, sharing, sqlite_engine
from servicecrm.storage.ports import Program
from servicecrm.storage.sqlite_engine import Writers
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY
from tests.storage.queueing import Queue, Wrong, fails, recorded, there

Commit = Callable[[Any], None]


@pytest.fixture(params=["many", "one"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteStore]:
    writers: Writers = request.param
    with SQLiteStore(tmp_path / "crm.db", writers=writers) as opened:
        yield opened


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each commit."""
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]  # the name that the engine uses
    seen: list[int] = []

    def counted(connection: Any) -> None:
        honest(connection)
        seen.append(1)

    monkeypatch.setattr(sqlite_engine, "commit", counted)
    return seen


def test_programs_that_wait_share_a_commit(store: SQLiteStore, commits: list[int]) -> None:
    queue = Queue(store)
    futures = [queue.save(f"c-{n}") for n in range(5)]
    queue.go()

    assert [queue.first.result(), *(future.result()[0].id for future in futures)] == [
        "first",
        *(f"c-{n}" for n in range(5)),
    ]
    assert sum(commits) == 1
    assert there(store) == {"first", *(f"c-{n}" for n in range(5))}
    assert store.verify() == 6


def test_one_that_fails_is_taken_back_alone(store: SQLiteStore, commits: list[int]) -> None:
    queue = Queue(store)
    before, wrong, after = queue.save("before"), queue.add(lambda: store.perform(fails)), queue.save("after")
    last = queue.add(lambda: store.perform(fails))
    queue.go()

    assert [future.exception() for future in (queue.first, before, after)] == [None] * 3
    assert isinstance(wrong.exception(), Wrong)
    assert isinstance(last.exception(), Wrong)
    assert sum(commits) == 1
    assert there(store) == {"first", "before", "after"}
    assert store.verify() == 3


def test_a_block_of_a_host_shares_with_nobody(store: SQLiteStore, commits: list[int]) -> None:
    """It may wait for anything, so that nobody's commit waits for it; and it is not tried again, whatever others do."""

    def block() -> None:
        with store.unit() as unit:
            unit.save(recorded("block"))

    queue = Queue(store)
    futures = [queue.save("c-1"), queue.add(block), queue.save("c-2")]
    queue.go()

    assert [future.exception() for future in futures] == [None] * 3
    assert sum(commits) == 3
    assert store.verify() == 4


def test_who_reads_in_between_sees_nothing_that_could_still_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]
    with SQLiteStore(tmp_path / "crm.db", writers="one") as store:
        queue = Queue(store)
        saved = queue.save("c-1")
        reading = queue.add(lambda: there(store))

        def busy_once(_: Any) -> None:
            monkeypatch.setattr(sqlite_engine, "commit", honest)
            raise StoreBusy

        monkeypatch.setattr(sqlite_engine, "commit", busy_once)
        queue.go()
        assert reading.result() == set()  # it came between the commit that failed and the next try
        assert saved.exception() is None
        assert there(store) == {"first", "c-1"}


def test_none_is_acknowledged_before_the_commit(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert acknowledged_early(store, monkeypatch) == 0


def test_who_does_not_wait_for_the_commit_is_found_out(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(sharing.Group, "wait", lambda *_: None)
    assert acknowledged_early(store, monkeypatch) > 0


def acknowledged_early(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many programs are told that they are saved while the commit is still to come."""
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]
    early: list[bool] = []
    queue = Queue(store)
    futures = [queue.first, *(queue.save(f"c-{n}") for n in range(3))]

    def slow(connection: Any) -> None:
        time.sleep(0.05)
        early.extend(future.done() for future in futures)
        honest(connection)

    monkeypatch.setattr(sqlite_engine, "commit", slow)
    queue.go()
    assert [future.exception() for future in futures] == [None] * 4
    return sum(early)


def test_a_commit_that_fails_is_unknown_to_all_of_them(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]
    queue = Queue(store)
    futures = [queue.first, *(queue.save(f"c-{n}") for n in range(3))]

    def fails(_: Any) -> None:
        raise CommitOutcomeUnknown("SQLITE_IOERR")

    monkeypatch.setattr(sqlite_engine, "commit", fails)
    queue.go()
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [CommitOutcomeUnknown] * 4
    assert len({id(error) for error in errors}) == 4  # each has a traceback of its own
    assert len({str(error) for error in errors}) == 1
    monkeypatch.setattr(sqlite_engine, "commit", honest)
    assert there(store) == set()


def test_what_a_busy_file_kept_nothing_of_is_tried_again(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]
    busy = [StoreBusy(), StoreBusy()]

    def sometimes(connection: Any) -> None:
        if busy:
            raise busy.pop()
        honest(connection)

    queue = Queue(store)
    futures = [queue.first, *(queue.save(f"c-{n}") for n in range(3))]
    monkeypatch.setattr(sqlite_engine, "commit", sometimes)
    queue.go()
    assert [future.exception() for future in futures] == [None] * 4
    assert there(store) == {"first", "c-0", "c-1", "c-2"}


def test_what_sqlite_rolled_back_because_of_another_one_is_tried_again(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some errors, as of a full disk, SQLite ends the whole transaction."""
    begin: Callable[..., None] = sqlite_engine.begin  # type: ignore[attr-defined]  # the name that the engine uses
    connections: list[sqlite3.Connection] = []

    def seen(connection: sqlite3.Connection, *arguments: Any) -> None:
        connections.append(connection)
        begin(connection, *arguments)

    def full(work: Work) -> Program[None]:
        yield from work.save(recorded("too large"))
        connections[-1].execute("ROLLBACK")
        yield from work.save(recorded("more"))

    monkeypatch.setattr(sqlite_engine, "begin", seen)
    queue = Queue(store)
    before, wrong, after = queue.save("before"), queue.add(lambda: store.perform(full)), queue.save("after")
    queue.go()
    assert isinstance(wrong.exception(), StoreUnavailable)
    assert [future.exception() for future in (queue.first, before, after)] == [None] * 3
    assert there(store) == {"first", "before", "after"}
    assert store.verify() == 3


@pytest.mark.parametrize("statement", ["SAVEPOINT", "ROLLBACK TO"])
def test_a_statement_that_keeps_units_apart_and_fails_costs_nobody_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    failing = [statement]

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if failing and sql.startswith(failing[0]):
                failing.clear()
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *arguments)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **told: connect(*args, factory=Connection, **told))
    with SQLiteStore(tmp_path / "crm.db") as store:
        queue = Queue(store)
        before, wrong, after = queue.save("before"), queue.add(lambda: store.perform(fails)), queue.save("after")
        queue.go()
        assert not failing
        unsaved = statement == "SAVEPOINT"  # it could not even begin, and says so by name
        assert isinstance(before.exception(), StoreUnavailable) == unsaved
        assert isinstance(wrong.exception(), Wrong)
        assert [queue.first.exception(), after.exception()] == [None, None]
        assert there(store) == {"first", "after"} | (set() if unsaved else {"before"})
        store.verify()


def test_conflicting_programs_of_many_threads_end_with_the_exact_sum(store: SQLiteStore, commits: list[int]) -> None:
    with store.unit() as unit:
        unit.save(recorded("counter", extra=FrozenMap({"total": 0})))
    commits.clear()

    def add(work: Work) -> Program[None]:
        old = yield from work.get(Complaint, "counter")
        total = FrozenMap({"total": cast(int, old.extra["total"]) + 1})
        yield from work.save(complaints.amend(old, extra=total, by="ann", at=MONDAY))

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(store.perform, add) for _ in range(200)]:
            future.result()
    with store.unit(readonly=True) as unit:
        assert unit.get(Complaint, "counter").extra["total"] == 200
    assert sum(commits) < 200
    assert store.verify() == 201


def test_who_gives_up_waiting_leaves_the_turn_to_others(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "crm.db", timeout=0.2) as store:
        queue = Queue(store)
        late = queue.save("late")
        assert isinstance(late.exception(10), StoreBusy)
        after = queue.save("after")
        queue.go()
        assert after.exception() is None
        assert there(store) == {"first", "after"}


def test_who_shares_with_one_that_takes_for_ever_is_told_that_the_outcome_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "YOUNG", 1_000)
    go = threading.Event()

    def hangs(work: Work) -> Program[None]:
        yield from work.save(recorded("slow"))
        assert go.wait(10)

    with SQLiteStore(tmp_path / "crm.db") as store:
        queue = Queue(store)
        slow = queue.add(lambda: store.perform(hangs))
        store.engine._turn._timeout = 0.05
        queue._go.set()
        assert isinstance(queue.first.exception(10), CommitOutcomeUnknown)
        go.set()
        assert slow.result(10) is None
        assert there(store) == {"first", "slow"}


def test_what_is_refused_because_of_others_is_not_refused_when_they_are_not_kept(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest: Commit = sqlite_engine.commit  # type: ignore[attr-defined]

    def lost(_: Any) -> None:
        raise CommitOutcomeUnknown("SQLITE_IOERR")

    queue = Queue(store)
    saved, again = queue.save("x"), queue.save("x")
    monkeypatch.setattr(sqlite_engine, "commit", lost)
    queue.go()
    assert isinstance(saved.exception(), CommitOutcomeUnknown)
    assert isinstance(again.exception(), CommitOutcomeUnknown)  # and not that it is there already
    monkeypatch.setattr(sqlite_engine, "commit", honest)
    assert there(store) == set()


def test_a_commit_that_others_hold_up_is_busy_for_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: Any) -> None:
        time.sleep(0.3)  # longer than anybody waits for the turn
        raise StoreBusy

    with SQLiteStore(tmp_path / "crm.db", timeout=0.2) as store:
        monkeypatch.setattr(sharing, "YOUNG", 1_000)
        queue = Queue(store)
        futures = [queue.first, *(queue.save(f"c-{n}") for n in range(3))]
        monkeypatch.setattr(sqlite_engine, "commit", busy)
        queue.go()
        assert {type(future.exception()) for future in futures} == {StoreBusy}


def test_a_transaction_that_has_been_open_for_long_is_not_handed_over(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, commits: list[int]
) -> None:
    monkeypatch.setattr(sharing, "YOUNG", 0)
    queue = Queue(store)
    futures = [queue.save(f"c-{n}") for n in range(3)]
    queue.go()
    assert [future.exception() for future in futures] == [None] * 3
    assert sum(commits) == 4


def test_a_store_that_is_closed_meanwhile_lets_its_programs_end(store: SQLiteStore) -> None:
    queue = Queue(store)
    saved = queue.save("c-1")
    store.close()
    queue.go()
    assert saved.exception() is None
    with pytest.raises(StoreError):
        store.tenants()
    with SQLiteStore(store.path) as again:
        assert there(again) == {"first", "c-1"}
