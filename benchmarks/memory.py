"""The memory that a sweep, an export and a replay take, of 10,000 records to a million: `python -m benchmarks.memory`.

Each work has a process of its own, which has done the same with a small store before, so that what is loaded once is
not counted. Told is by how much it grew at the most since the store was open. It is Linux that tells that.

A sweep is measured twice: with 1,000 clocks due in every store, as when sweeps are regular; and by `servicecrm sweep`
with a tenth of all clocks due, as when there was none for days. (`crm.sweep()` tells all that happened, so its answer
grows with that.) The stores are those of `benchmarks.sweeps`: what the library recorded, then copied by SQL with its
clocks and its history. An export writes all of it to a file. A replay reads a log that has a row for each case, one in
ten of them still open, into a new store. For comparison, one work keeps all that it reads.

All sizes take up to an hour and 25 GB of a disk; `python -m benchmarks.memory 10000 100000` takes these two.
"""

import argparse
import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, redirect_stdout
from datetime import timedelta
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

import servicecrm
from benchmarks.sweeps import DUE, LARGE, NEXT_DAY, STEP, desk_of, fill, record_waves
from servicecrm.cli.sweep import Sweeper
from servicecrm.desk.row_counts import RowCounts
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import from_micros
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Clock

__all__ = ["CONTROL", "WORKS", "Figure", "figures", "is_flat"]

SMALL: Final = 100
"""Records of the store that is worked on before."""
SHARE: Final = 10
"""One clock in so many is due, and one case in so many is still open."""
CONTROL: Final = "for comparison: a log in a list"

MOST: Final = 200_000
"""Facts of a log that are kept at the most: those of more than 100,000 rows need not fit in memory."""

RATIO: Final = 1.5
"""The largest store may take half as much again as the smallest: what a batch holds differs."""
SLACK: Final = 16.0
"""And so many MiB more: an allocator does not use all that it was given, and SQLite keeps 2 MB of pages for each
connection, which a small store does not fill. Who keeps 30 bytes of each of a million records is found all the same."""

MAP: Final = """
    [log]
    name = "requests"
    shape = "cases"
    zone = "UTC"

    [columns]
    case = "Case"
    received_at = "Received"
    closed_at = "Closed"
    word = "Status"
    handler = "Team"

    [words]
    Open = { state = "recorded" }
    Closed = { state = "closed" }
    """

Work = Callable[[], int]
"""Does it, and tells of how much."""


class Figure(NamedTuple):
    """What a work took with so many records: MiB and seconds, and how much it did with them."""

    work: str
    size: int
    grown: float
    seconds: float
    done: int


# -- what is done --------------------------------------------------------------------------------


@contextmanager
def _sweep(folder: Path) -> Iterator[Work]:
    with desk_of(folder / "crm.db", FixedClock(NEXT_DAY + STEP)) as crm:
        yield lambda: crm.sweep().clocks


@contextmanager
def _sweep_share(folder: Path) -> Iterator[Work]:
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        share = "LIMIT 1 OFFSET (SELECT count(*) FROM servicecrm_clock) / ?"
        query = f"SELECT next_at FROM servicecrm_clock WHERE next_at IS NOT NULL ORDER BY next_at {share}"
        (micros,) = connection.execute(query, (SHARE,)).fetchone()
    with desk_of(folder / "crm.db", FixedClock(from_micros(micros))) as crm:

        def turn() -> int:
            due = crm.store.perform(lambda work: work.count(Clock, where("next_at") <= crm.clock()), readonly=True)
            with redirect_stdout(io.StringIO()):
                Sweeper(crm, None).turn()
            return due

        yield turn


@contextmanager
def _export(folder: Path) -> Iterator[Work]:
    with servicecrm.connect(str(folder / "crm.db")) as crm, (folder / "all.jsonl").open("w", encoding="utf-8") as file:
        yield lambda: crm.export(file)


@contextmanager
def _replay(folder: Path) -> Iterator[Work]:
    log_map = LogMap.from_toml(MAP, COMPLAINT_WORDS)
    with servicecrm.connect(str(folder / "replayed.db"), actor="import") as crm, RowCounts() as count:
        yield lambda: crm.replay(read_log(folder / "log.csv", log_map, count=count), log_map).events


@contextmanager
def _keep(folder: Path) -> Iterator[Work]:
    log_map = LogMap.from_toml(MAP, COMPLAINT_WORDS)
    yield lambda: len(list(islice(read_log(folder / "log.csv", log_map), MOST)))


WORKS: Final[Mapping[str, Callable[[Path], AbstractContextManager[Work]]]] = {
    "sweep, as many due in each": _sweep,
    "sweep, a tenth due": _sweep_share,
    "export": _export,
    "replay": _replay,
    CONTROL: _keep,
}
"""Opens a store in a folder and gives what is to be done with it; in this order, as sweeps change the store."""


# -- how it is measured --------------------------------------------------------------------------


def figures(
    folder: Path, sizes: Sequence[int] = LARGE, *, due: int = DUE, works: Iterable[str] = WORKS
) -> Iterator[Figure]:
    """What the works take, size by size; what a size needs on the disk is given back after it."""
    for size in sizes:
        with TemporaryDirectory(dir=folder) as whole, TemporaryDirectory(dir=folder) as small:
            _prepare(Path(whole), size, due=due)
            _prepare(Path(small), SMALL, due=SMALL // 4)
            for work in works:
                yield _measured(work, size, Path(whole), Path(small))


def _prepare(folder: Path, size: int, *, due: int) -> None:
    """A store with so many clocks, and a log with so many cases."""
    record_waves(folder / "crm.db", due=due, waves=1)
    fill(folder / "crm.db", size)
    with (folder / "log.csv").open("w") as log:
        log.write("Case,Received,Closed,Status,Team\n")
        for n in range(size):
            received = MONDAY + timedelta(seconds=n)
            rest = f"{received + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ},Closed" if n % SHARE else ",Open"
            log.write(f"R-{n:07},{received:%Y-%m-%dT%H:%M:%SZ},{rest},south\n")


def _measured(work: str, size: int, whole: Path, small: Path) -> Figure:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_measure, args=(work, whole, small, there), daemon=True)
    process.start()
    there.close()  # so that a process that fails is not waited for
    try:
        return Figure(work, size, *here.recv())
    finally:
        process.join()


def _measure(work: str, whole: Path, small: Path, told: Connection) -> None:
    opened = WORKS[work]
    with opened(small) as do:
        do()
    with opened(whole) as do:
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        before, start = _peak(), perf_counter()
        done = do()
        told.send((_peak() - before, perf_counter() - start, done))


def _peak() -> float:
    """The most MiB of memory that this process has had, as Linux tells it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def is_flat(found: Sequence[Figure]) -> bool:
    """Does the memory of a work not grow with the records?"""
    smallest, largest = min(found, key=lambda each: each.size), max(found, key=lambda each: each.size)
    return largest.grown <= RATIO * smallest.grown + SLACK


def main() -> None:
    """Measure, print one table, and tell what is flat."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description="Measure, and print one table.")
    parser.add_argument("sizes", nargs="*", type=int, metavar="size", default=LARGE, help="how many records")
    sizes: Sequence[int] = parser.parse_args().sizes
    if min(sizes) < 2 * DUE:
        parser.error(f"a store has at least {2 * DUE:,} records")
    print(f"{'':32}{'records':>12}{'MiB more':>12}{'s':>10}{'done':>12}")
    found: dict[str, list[Figure]] = {work: [] for work in WORKS}
    with TemporaryDirectory() as folder:
        for each in figures(Path(folder), sizes):
            found[each.work].append(each)
            print(f"{each.work:32}{each.size:>12,}{each.grown:>12.1f}{each.seconds:>10.1f}{each.done:>12,}", flush=True)
    few, many = min(sizes), max(sizes)
    if few == many:
        return
    print(f"\nFlat is what takes at most {RATIO} times as much for {many:,} as for {few:,}, and {SLACK:.0f} MiB more.")
    for work, those in found.items():
        print(f"{work:32}{'flat' if is_flat(those) else 'NOT flat':>12}")


if __name__ == "__main__":
    main()
