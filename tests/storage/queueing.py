"""Programs that stand in line for the one writing connection of a file."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.storage import SQLiteStore
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY

__all__ = ["Queue", "Wrong", "fails", "recorded", "there"]


def recorded(id: str, **fields: Any) -> Any:
    return complaints.record(id=id, subject="No water", channel="phone", by="ann@city.example", at=MONDAY, **fields)


class Queue:
    """Programs that wait behind one that goes on when it is told to."""

    def __init__(self, store: SQLiteStore, name: str = "first") -> None:
        self._store, self._go = store, threading.Event()
        self._threads = ThreadPoolExecutor(16)
        begun = threading.Event()

        def first(work: Work) -> Program[str]:
            yield from work.save(recorded(name))
            begun.set()
            assert self._go.wait(10)
            return name

        self.first: Future[str] = self._threads.submit(store.perform, first)
        assert begun.wait(10)
        self._added: list[Future[Any]] = []

    def add(self, doing: Callable[[], Any]) -> "Future[Any]":
        future = self._threads.submit(doing)
        self._added.append(future)
        deadline = time.monotonic() + 10
        while len(self._store.engine._turn._waiting) < sum(not each.done() for each in self._added):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return future

    def save(self, id: str) -> "Future[Any]":
        return self.add(lambda: self._store.perform(lambda work: work.save(recorded(id))))

    def go(self) -> None:
        self._go.set()
        self._threads.shutdown(wait=True)


class Wrong(Exception):
    """What a program raises."""


def fails(work: Work) -> Program[None]:
    yield from work.save(recorded("wrong"))
    raise Wrong


def there(store: SQLiteStore) -> set[str]:
    with store.unit(readonly=True) as unit:
        rows, _ = unit.rows(Complaint, ["id"])
        return {str(id) for (id,) in rows}
