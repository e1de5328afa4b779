"""Threads that save units on PostgreSQL while its server comes and goes, and remember what was acknowledged."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Final

from servicecrm.errors import StoreError
from servicecrm.storage.postgres import PostgresStore
from tests.torture.units import save

__all__ = ["WRITERS", "Writers"]

WRITERS: Final = 4


class Writers:
    """Each saves one unit after the other; one that was not acknowledged is sent again, with its command."""

    def __init__(self, url: str, schema: str) -> None:
        self.acknowledged: set[int] = set()
        self._place = url, schema
        self._numbers = [iter(range(n, 10**9, WRITERS)) for n in range(WRITERS)]
        self._open: list[int | None] = [None] * WRITERS

    @contextlib.contextmanager
    def at_work(self, url: str | None = None) -> Iterator[None]:
        """Let them write in the meantime; they end their work when the store is away, or with the block."""
        done = threading.Event()
        url, schema = url or self._place[0], self._place[1]

        def write(writer: int) -> None:
            with contextlib.suppress(StoreError), PostgresStore(url, schema=schema, timeout=2, connections=1) as store:
                while not done.is_set():
                    n = self._open[writer]
                    self._open[writer] = n = next(self._numbers[writer]) if n is None else n
                    save(store, n)
                    self.acknowledged.add(n)
                    self._open[writer] = None

        threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more units are acknowledged."""
        enough, deadline = len(self.acknowledged) + more, time.monotonic() + 60
        while len(self.acknowledged) < enough:
            assert time.monotonic() < deadline, "nothing is written any more"
            time.sleep(0.002)
