"""How many changes a second a store takes from several processes at once: `python -m benchmarks.growing`.

Each process has a complaint of its own at a desk of its own, and forwards it to and fro; every change is a unit that
waits for the disk. The standby of the last line is another server on the same disk, for which each unit waits too.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import servicecrm
from benchmarks.commands import BY
from tests.servers import Postgres
from tests.torture.standby import Standby, administer

__all__ = ["changes_a_second", "places"]

PROCESSES: Final = (1, 4)
SECONDS: Final = 2.0
ROUNDS: Final = 3


def changes_a_second(place: str, processes: int, seconds: float = SECONDS) -> float:
    """The changes of all processes together."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    workers = [context.Process(target=_forward, args=(place, seconds, there), daemon=True) for _, there in pipes]
    for worker in workers:
        worker.start()
    for here, _ in pipes:
        here.recv()  # it is ready
    for here, _ in pipes:
        here.send("go")
    rates: list[float] = [here.recv() for here, _ in pipes]
    for worker in workers:
        worker.join()
    return sum(rates)


def _forward(place: str, seconds: float, told: Connection) -> None:
    with servicecrm.connect(place, actor=BY) as crm:
        id = crm.complaints.record(subject="No water since Monday", channel="phone").id
        crm.complaints.acknowledge(id)
        crm.complaints.assign(id, handler="south")
        told.send("ready")
        told.recv()
        begin, times = perf_counter(), 0
        while perf_counter() - begin < seconds:
            crm.complaints.forward(id, ("north", "south")[times % 2])
            times += 1
        told.send(times / (perf_counter() - begin))


@contextmanager
def places(folder: Path) -> Iterator[dict[str, str]]:
    """The stores by their names."""
    found = {"SQLite": str(folder / "crm.db")}
    if missing := Postgres.available(own=True):
        print(f"NOT RUN: {missing}")
        yield found
        return
    with ExitStack() as stack:
        alone, primary = (stack.enter_context(Postgres(own=True, durable=True)) for _ in range(2))
        standby = Standby(primary)
        standby._durable = True
        stack.enter_context(standby)
        administer(primary, synchronous_standby_names="*")
        stack.callback(administer, primary, synchronous_standby_names="")  # or it would wait for one that has gone
        yield {**found, "PostgreSQL": alone.url, "PostgreSQL and a standby": primary.url}


def main() -> None:
    """Measure all stores in turn, round by round, and print one table."""
    with TemporaryDirectory() as folder, places(Path(folder)) as stores:
        rounds = [
            {(name, n): changes_a_second(place, n) for n in PROCESSES for name, place in stores.items()}
            for _ in range(ROUNDS)
        ]
        print(f"{'changes a second, by processes':32}", *(f"{n:>8}" for n in PROCESSES))
        for name in stores:
            found = (median(each[name, n] for each in rounds) for n in PROCESSES)
            print(f"{name:32}", *(f"{rate:>8.0f}" for rate in found))


if __name__ == "__main__":
    main()
