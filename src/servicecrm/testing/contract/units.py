# ruff: noqa: PT012 - a unit of work is a block of its own
"""A unit of work is saved as a whole or not at all, and says no when it should."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import AlreadyExists, ReadOnlyStore, StaleRevision, StoreError, StoreUnavailable
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Store
from servicecrm.testing.contract.examples import (
    amended,
    claim,
    command,
    complaint,
    count,
    find,
    get,
    lines,
    message,
    notice,
    put,
    sealed_head,
)
from servicecrm.tracking import Message

__all__ = ["Atomicity", "Faults", "Threads", "Units"]


class Stop(Exception):
    """What goes wrong in a test."""


class Atomicity:
    """All of a unit is saved, or nothing."""

    def test_an_exception_in_the_block_takes_everything_back(self, store: Store) -> None:
        (old,) = put(store, complaint("old", tags=frozenset({"kept"})))
        with pytest.raises(Stop), store.unit(command()) as unit:
            unit.save(complaint("new"), message("m-1"), notices=[notice()])
            unit.save(amended(old, category="water", tags=frozenset({"lost"})))
            unit.number(Complaint, 2026)
            raise Stop

        assert [found.id for found in find(store)] == ["old"]
        assert get(store, Complaint, "old") == old
        assert get(store, Complaint, "old").revision == 1
        assert count(store, where("tags").has("kept")) == 1
        assert count(store, where("tags").has("lost")) == 0
        assert lines(store, "new") == 0
        assert lines(store, "old") == 1
        assert claim(store) == ()
        assert sealed_head(store).seal == 1
        assert store.verify() == 1
        with store.unit(command()) as unit:
            assert unit.outcome is None
            assert unit.count(Message) == 0

    def test_also_what_python_itself_raises_takes_everything_back(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt), store.unit() as unit:
            unit.save(complaint())
            raise KeyboardInterrupt
        assert count(store) == 0
        assert put(store, complaint())[0].revision == 1

    def test_a_failed_save_spoils_its_unit_even_if_the_error_is_swallowed(self, store: Store) -> None:
        put(store, complaint("taken"))
        with pytest.raises(StoreError, match="nothing of it was saved"), store.unit() as unit:
            unit.save(complaint("first"))
            with contextlib.suppress(AlreadyExists):
                unit.save(complaint("second"), complaint("taken"))
        assert [found.id for found in find(store)] == ["taken"]
        assert store.verify() == 1

    def test_of_many_new_records_the_one_whose_id_is_taken_is_named(self, store: Store) -> None:
        put(store, complaint("c-17"))
        many = [complaint(f"c-{n}") for n in range(40)]
        with pytest.raises(AlreadyExists) as failure:
            put(store, *many)
        assert failure.value.id == "c-17"
        put(store, *many[:17])
        assert (count(store), store.verify()) == (18, 18)

    def test_a_failed_save_spoils_its_unit_even_if_a_later_one_succeeds(self, store: Store) -> None:
        put(store, complaint("taken"))
        with pytest.raises(StoreError, match="nothing of it was saved"), store.unit() as unit:
            with contextlib.suppress(AlreadyExists):
                unit.save(complaint("second"), complaint("taken"))
            unit.save(complaint("later"))
        assert [found.id for found in find(store)] == ["taken"]

    def test_a_nested_unit_that_failed_spoils_the_outer_one(self, store: Store) -> None:
        with pytest.raises(StoreError, match="nothing of it was saved"), store.unit() as outer:
            with contextlib.suppress(Stop), store.unit() as inner:
                inner.save(complaint("nested"), notices=[notice()])
                raise Stop
            outer.save(complaint("later"))
        assert count(store) == 0
        assert claim(store) == ()

    def test_a_nested_unit_that_failed_before_it_wrote_spoils_nothing(self, store: Store) -> None:
        with store.unit() as outer:
            with contextlib.suppress(Stop), store.unit() as inner:
                assert inner.count(Complaint) == 0
                raise Stop
            outer.save(complaint("later"))
        assert count(store) == 1

    def test_of_several_decisions_none_is_saved_when_one_is_stale(self, store: Store) -> None:
        (old,) = put(store, complaint("old"))
        put(store, amended(old, forwards=1))
        with pytest.raises(StaleRevision):
            put(store, complaint("new"), amended(old, forwards=2), notices=[notice()])
        assert count(store) == 1
        assert claim(store) == ()

    def test_a_unit_works_again_after_one_that_failed(self, store: Store) -> None:
        for _ in range(3):
            with pytest.raises(Stop), store.unit() as unit:
                unit.save(complaint())
                raise Stop
        (saved,) = put(store, complaint())
        assert saved.revision == 1
        assert store.verify() == 1


class Units:
    """Units join, end, and can be for reading only."""

    def test_a_unit_inside_a_unit_is_the_same_unit(self, store: Store) -> None:
        with pytest.raises(Stop), store.unit() as outer:
            outer.save(complaint("a"))
            with store.unit() as inner:
                inner.save(complaint("b"))
                assert inner.count(Complaint) == 2
            assert outer.get(Complaint, "b").id == "b"
            raise Stop
        assert count(store) == 0

        with store.unit() as outer:
            outer.save(complaint("a"))
            put(store, complaint("b"))
            assert count(store) == 2
        assert [found.id for found in find(store)] == ["a", "b"]
        assert sealed_head(store).seal == 1

    def test_a_program_joins_the_unit_that_is_open(self, store: Store) -> None:
        with pytest.raises(Stop), store.unit():
            store.perform(lambda work: work.save(complaint()))
            raise Stop
        assert count(store) == 0

        (saved,) = store.perform(lambda work: work.save(complaint()))
        assert get(store, Complaint, "c-1") == saved

    def test_a_glance_sees_what_is_there_and_may_ask_more(self, store: Store) -> None:
        put(store, complaint("a"), complaint("b"))

        def program(work):  # type: ignore[no-untyped-def]
            there = yield from work.count(Complaint)
            return there, (yield from work.get(Complaint, "b")).id

        assert store.perform(lambda work: work.count(Complaint), glance=True) == 2
        assert store.perform(program, glance=True) == (2, "b")
        with store.unit() as unit:
            unit.save(complaint("c"))
            assert store.perform(lambda work: work.count(Complaint), glance=True) == 3

    def test_a_glance_writes_nothing(self, store: Store) -> None:
        with pytest.raises(ReadOnlyStore):
            store.perform(lambda work: work.save(complaint()), glance=True)
        with pytest.raises(ReadOnlyStore):
            store.perform(lambda work: work.numbers(Complaint, 2026, 1), glance=True)
        assert count(store) == 0

    def test_a_stale_program_inside_a_unit_is_not_repeated(self, store: Store) -> None:
        (old,) = put(store, complaint())
        put(store, amended(old, forwards=1))
        runs: list[int] = []

        def program(work):  # type: ignore[no-untyped-def]
            runs.append(1)
            return (yield from work.save(amended(old, forwards=2)))

        with pytest.raises(StaleRevision), store.unit():
            store.perform(program)
        assert len(runs) == 1

    def test_a_unit_that_has_ended_refuses_to_work(self, store: Store) -> None:
        with store.unit() as unit:
            unit.save(complaint())
        with pytest.raises(StoreError, match="ended"):
            unit.get(Complaint, "c-1")
        with pytest.raises(StoreError, match="ended"):
            unit.save(complaint("late"))
        assert count(store) == 1

    def test_a_unit_for_reading_refuses_to_write(self, store: Store) -> None:
        (saved,) = put(store, complaint(), notices=[notice()])
        with store.unit(readonly=True) as unit:
            assert unit.get(Complaint, "c-1") == saved
            with pytest.raises(ReadOnlyStore):
                unit.save(complaint("new"))
            with pytest.raises(ReadOnlyStore):
                unit.number(Complaint, 2026)
            with pytest.raises(ReadOnlyStore):
                unit.claim("w-1", now=saved.recorded_at)
            with pytest.raises(ReadOnlyStore):
                unit.settle([])
        assert count(store) == 1
        assert len(claim(store)) == 1

    def test_a_unit_that_only_read_leaves_no_trace(self, store: Store) -> None:
        with store.unit() as unit:
            assert unit.count(Complaint) == 0
        assert sealed_head(store).seal == 0
        assert store.tenants() == ()

    def test_a_closed_store_refuses_to_work(self, store: Store) -> None:
        put(store, complaint())
        store.close()

        with pytest.raises(StoreUnavailable), store.unit():
            pass
        with pytest.raises(StoreUnavailable):
            store.head()
        store.close()


class Threads:
    """For stores that several threads may use at once."""

    def test_every_thread_has_units_of_its_own(self, store: Store) -> None:
        def work(worker: int) -> int:
            for n in range(10):
                put(store, complaint(f"{worker}-{n}"), notices=[notice(f"{worker}-{n}")])
            return count(store, where("state") == "recorded")

        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(work, range(4)))
        assert max(seen) == 40
        assert min(seen) >= 10
        assert count(store) == 40
        assert store.head().seal in (0, 40)  # none yet, where seals come later
        store.seal()
        assert store.verify() == 40
        assert len(claim(store, limit=100)) == 40

    def test_what_one_thread_has_not_committed_no_other_one_sees(self, store: Store) -> None:
        seen: list[int] = []
        reader = Thread(target=lambda: seen.append(count(store)))
        with pytest.raises(Stop), store.unit() as unit:
            unit.save(complaint())
            reader.start()
            reader.join(0.5)  # some stores let it read meanwhile, with others it waits for the end of the unit
            raise Stop
        reader.join()
        assert seen == [0]

    def test_no_change_of_several_threads_is_lost(self, store: Store) -> None:
        put(store, complaint())

        def step(work):  # type: ignore[no-untyped-def]
            old = yield from work.get(Complaint, "c-1")
            return (yield from work.save(amended(old, forwards=old.forwards + 1)))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: store.perform(step), range(60)))
        assert get(store, Complaint, "c-1").forwards == 60
        assert get(store, Complaint, "c-1").revision == 61

    def test_two_threads_never_get_the_same_number(self, store: Store) -> None:
        def take(_: int) -> list[str]:
            return [store.atomically(lambda unit: unit.number(Complaint, 2026)) for _ in range(500)]

        with ThreadPoolExecutor(2) as pool:
            mine, theirs = pool.map(take, range(2))
        assert len({*mine, *theirs}) == 1_000
        assert mine == sorted(mine)
        assert max(mine[-1], theirs[-1]) == "CMP-2026-001000"

    def test_two_threads_never_claim_the_same_notice(self, store: Store) -> None:
        put(store, notices=[notice(f"{n:03}") for n in range(40)])

        def take(worker: str) -> list[str]:
            taken: list[str] = []
            while claimed := claim(store, worker, limit=1):
                taken += [delivery.notice.key for delivery in claimed]
            return taken

        with ThreadPoolExecutor(2) as pool:
            mine, theirs = pool.map(take, ("w-1", "w-2"))
        assert sorted(mine + theirs) == [f"{n:03}" for n in range(40)]


class Faults:
    """For stores whose requests can be made to fail.

    The fixture `fail_at` gives a function: `with fail_at(k):` makes the k-th request to the tables raise, counted
    from 1, and everything after it work again.
    """

    def test_whichever_request_fails_nothing_of_the_unit_is_saved(
        self, store: Store, fail_at: Callable[[int], AbstractContextManager[object]]
    ) -> None:
        (old,) = put(store, complaint("old", tags=frozenset({"before"})))
        head = sealed_head(store)

        def change() -> None:
            with store.unit(command()) as unit:
                number = unit.number(Complaint, 2026)
                unit.save(complaint("new", number=number, tags=frozenset({"new"})), message(), notices=[notice()])
                unit.save(amended(old, tags=frozenset({"after"})))
                unit.claim("w-1", now=old.recorded_at)

        failures = 0
        while self._fails(fail_at(failures + 1), change):
            failures += 1
            assert [found.id for found in find(store)] == ["old"]
            assert find(store, where("tags").has("before")).items == (old,)
            assert (lines(store, "old"), lines(store, "new")) == (1, 0)
            assert sealed_head(store) == head
            assert store.verify(head) == 1
        assert failures >= 10
        assert [found.id for found in find(store)] == ["new", "old"]
        assert get(store, Complaint, "new").number in {f"CMP-2026-{n:06}" for n in range(1, failures + 2)}
        assert get(store, Complaint, "old").tags == {"after"}
        assert store.verify(head) == 4

    @staticmethod
    def _fails(fault: AbstractContextManager[object], change: Callable[[], Any]) -> bool:
        with fault:
            try:
                change()
            except Exception:  # whatever the store makes of it
                return True
        return False
