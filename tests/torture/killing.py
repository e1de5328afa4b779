"""A process that saves units until it is killed."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from servicecrm.storage import driver, sqlite_engine
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.store import EngineStore
from tests.torture.profiles import PROFILES
from tests.torture.units import save

__all__ = ["Place", "saving"]

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", "servicecrm.desk", "servicecrm.storage.postgres"])  # what takes long


class Place(NamedTuple):
    """Where a store is, for every process to open it: a file and its profile, or a server and a schema."""

    where: str
    what: str

    @contextlib.contextmanager
    def opened(self) -> Iterator[EngineStore]:
        if self.what in PROFILES:
            with PROFILES[self.what].opened(Path(self.where)) as file:
                yield file
        else:
            with PostgresStore(self.where, schema=self.what, connections=1) as server:
                yield server


class Saving:
    """Another process that saves one unit after the other, from the first one on, until it is killed."""

    def __init__(self, told: Connection, kill: Callable[[], None], first: int) -> None:
        self._told, self._kill, self._next = told, kill, first

    def wait(self) -> int:
        """Wait for the next unit that is acknowledged; tells how many are by then."""
        assert self._told.recv() == self._next
        self._next += 1
        return self._next

    def acknowledged(self) -> int:
        """How many units are acknowledged by now."""
        while self._told.poll():
            self.wait()
        return self._next

    def kill(self) -> int:
        """Kill it now; tells how many units were acknowledged."""
        self._kill()
        with contextlib.suppress(EOFError):
            while True:
                self.wait()
        return self._next


@contextlib.contextmanager
def saving(place: Place, first: int = 0, *, transactions: bool = True) -> Iterator[Saving]:
    """Let another process save units. Without transactions SQLite keeps each statement of them at once."""
    told, tell = PROCESSES.Pipe(duplex=False)
    with told:
        process = PROCESSES.Process(target=_save, args=(place, first, tell, transactions))
        process.start()
        tell.close()

        def kill() -> None:
            process.kill()
            process.join()

        try:
            yield Saving(told, kill, first)
        finally:
            kill()


def _save(place: Place, first: int, tell: Connection, transactions: bool) -> None:
    if not transactions:
        sqlite_engine.begin = lambda *_: None  # type: ignore[attr-defined]  # the names that the engine uses
        sqlite_engine.commit = lambda *_: None  # type: ignore[attr-defined]
        driver.in_unit = lambda *_: True
    with place.opened() as store:
        for n in itertools.count(first):
            save(store, n)
            tell.send(n)
