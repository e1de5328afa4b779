"""One desk serves many threads, refuses to work after a fork, and after its end."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from servicecrm.complaints import ComplaintPolicy
from servicecrm.desk import Desk, connect
from servicecrm.errors import ForkedStoreError, StoreUnavailable
from servicecrm.testing import FixedClock
from tests.desk.places import gaps

THREADS, EACH = 16, 50


def in_threads(work: Callable[[int], None]) -> None:
    """Do it in all threads at the same moment."""
    start = threading.Barrier(THREADS)

    def begin(n: int) -> None:
        start.wait()
        work(n)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(begin, range(THREADS)))


def test_no_command_of_many_threads_is_lost(url: str) -> None:
    with connect(url, actor="ann@city.example") as crm:
        ids = [crm.complaints.record(subject="No water", channel="phone").id for _ in range(4)]
        heard: list[str] = []
        crm.on("message.written", lambda fact: heard.append(fact.record.id))

        def work(n: int) -> None:
            mine = crm.acting_as(f"clerk-{n}")
            for k in range(EACH):
                mine.complaints.note(ids[(n + k) % 4], f"note {n}/{k}")

        in_threads(work)

        assert [crm.complaints.get(id).revision for id in ids] == [1 + THREADS * EACH // 4] * 4
        said = [(message.author, message.text) for id in ids for message in crm.complaints.messages(id)]
        assert sorted(said) == sorted((f"clerk-{n}", f"note {n}/{k}") for n in range(THREADS) for k in range(EACH))
        assert len(set(heard)) == len(heard) == THREADS * EACH
        assert crm.hook_errors == ()
        assert crm.store.verify() == 2 * 4 + 2 * THREADS * EACH  # a complaint has a clock, a note is a message


def test_many_threads_get_different_ids_and_numbers(url: str, clock: FixedClock) -> None:  # C001
    with connect(url, actor="ann@city.example", clock=clock) as crm:

        def work(_: int) -> None:
            for _ in range(5):
                crm.complaints.record(subject="No water", channel="phone")

        in_threads(work)

        found = list(crm.complaints.find(order="number"))
        numbers = [c.number for c in found]
        assert len(set(numbers)) == THREADS * 5
        assert numbers == [f"CMP-2026-{n:06}" for n in range(1, THREADS * 5 + 1)] or gaps(crm)
        assert len({c.id for c in found}) == THREADS * 5


def test_the_unit_of_one_thread_is_not_that_of_another(url: str) -> None:
    with connect(url, actor="ann@city.example") as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
        seen: list[str] = []

        def read() -> None:
            seen.append(crm.complaints.get(complaint.id).state)

        with crm.unit():
            crm.complaints.acknowledge(complaint.id)
            reader = threading.Thread(target=read)
            reader.start()
            if url != "memory:":  # memory lets one unit in at a time
                reader.join()
        reader.join()

        assert seen == ["acknowledged" if url == "memory:" else "recorded"]


@pytest.mark.parametrize("use", ["read", "write", "unit"])
def test_a_desk_used_after_a_fork_says_so_and_the_parents_goes_on(crm: Desk, use: str) -> None:
    complaint = crm.complaints.record(subject="No water", channel="phone")
    child = os.fork()
    if not child:  # the child must not run the rest of the tests
        try:
            if use == "read":
                crm.complaints.get(complaint.id)
            elif use == "write":
                crm.complaints.acknowledge(complaint.id)
            else:
                with crm.unit():
                    pass
        except ForkedStoreError as error:
            crm.close()
            os._exit(7 if error.opened_by == os.getppid() else 1)
        finally:
            os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert crm.complaints.get(complaint.id) == complaint


def test_a_closed_desk_refuses_to_work(crm: Desk) -> None:
    crm.close()
    crm.close()
    for use in (
        lambda: crm.complaints.record(subject="No water", channel="phone"),
        crm.complaints.count,
        lambda: list(crm.complaints.find()),
        lambda: crm.history("c-1"),
        lambda: crm.policies.book(ComplaintPolicy),
        lambda: crm.unit().__enter__(),
        crm.tenant("south").complaints.count,
    ):
        with pytest.raises(StoreUnavailable, match="the store is closed"):
            use()
