"""A sweep of what is due, in stores of 10,000 to a million clocks that run: it should cost what is due.

Each store is an SQLite file. A desk with a house records complaints under the targets that are shipped; then a thousand
of them are copied by SQL, with their clocks and their history, under other ids and numbers, until the store is full;
the hashes of the history stay those of the originals.
Those that come due are the desk's own. Each round finds others of them overdue: their acknowledgement was missed, which
is noted, and told to somebody by a notice.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rounds import Comparison, compare
from servicecrm import Desk, connect
from servicecrm.desk.house import House
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY

__all__ = ["DUE", "LARGE", "NEXT_DAY", "ROUNDS", "SIZES", "STEP", "desk_of", "fill", "record_waves", "sweeps"]

SIZES = (10_000, 100_000)
LARGE = (*SIZES, 1_000_000)
DUE = 1_000
ROUNDS = 5
"""Every round has clocks of its own that come due."""
FLAT = 1 / 1.5
"""A sweep of the largest store takes at most half as long again as one of the smallest."""

AFTERNOON = MONDAY + timedelta(hours=4)
NEXT_DAY = MONDAY + timedelta(days=1)
STEP = timedelta(minutes=5)


def sweeps(
    folder: str, *, sizes: tuple[int, ...] = SIZES, due: int = DUE, rounds: int = ROUNDS
) -> Iterator[Comparison]:
    """Some clocks are due, then none; the largest store first, the others beside it."""
    start = Path(folder, "start.db")
    record_waves(start, due=due, waves=rounds + 1)
    with contextlib.ExitStack() as stack:
        stores = {size: stack.enter_context(contextlib.closing(Sweeps(start, size, due))) for size in sizes}
        *others, largest = sizes
        yield Comparison(
            title=f"sweep: one of {due:,} due clocks, of {largest:,}",
            count=1,
            per=due,
            ours=stores[largest].run,
            others={f"of {size:,}": stores[size].run for size in others},
            targets={f"of {others[0]:,}": FLAT},
        )
        yield Comparison(
            title=f"sweep: nothing is due, of {largest:,}",
            count=20,
            ours=stores[largest].run_idle,
            others={f"of {size:,}": stores[size].run_idle for size in others},
            targets={f"of {others[0]:,}": FLAT},
        )


class Sweeps:
    """Sweeps of a store with so many clocks, each at a time when the next ones are due."""

    def __init__(self, start: Path, size: int, due: int) -> None:
        path = start.with_name(f"size{size}.db")
        shutil.copyfile(start, path)
        fill(path, size)
        self._due = due
        self._clock = FixedClock(NEXT_DAY - STEP)
        self._crm = desk_of(path, self._clock)

    def run(self, count: int) -> None:
        """Sweep what has come due since the last time."""
        for _ in range(count):
            self._clock.advance(minutes=10)
            swept = self._crm.sweep()
            assert swept.clocks == len(swept.events) == self._due

    def run_idle(self, count: int) -> None:
        """Sweep again, and find nothing."""
        for _ in range(count):
            assert not self._crm.sweep().clocks

    def close(self) -> None:
        """Give the file back."""
        self._crm.close()


def desk_of(path: Path, clock: FixedClock) -> Desk:
    house = House(roles=lambda _role, _record: ("wanda",))
    return connect(str(path), actor="ann@city.example", clock=clock, ids=SeededIds(), house=house)


def record_waves(path: Path, *, due: int, waves: int) -> None:
    """A store with complaints that come due in waves, the next day, and as many as are due at once that do not."""
    clock = FixedClock()
    with desk_of(path, clock) as crm, crm.unit():

        def record(at: datetime) -> str:
            clock.advance(seconds=(at - clock()).total_seconds())
            return crm.complaints.record(
                subject="No water since Monday",
                text="The tap has been dry for two days, and nobody answers the telephone.",
                channel="phone",
                customer="customer-7",
                category="water",
            ).id

        for wave in range(waves):
            for _ in range(due):
                record(MONDAY + 2 * wave * STEP)
        for n in range(due):
            crm.complaints.acknowledge(record(AFTERNOON + timedelta(seconds=n)))


def fill(path: Path, size: int) -> None:
    """Copy what does not come due until there are so many clocks."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute(_COPIES, (size, size))
        connection.execute("CREATE TEMP TABLE history AS SELECT * FROM servicecrm_journal")
        connection.execute("CREATE INDEX temp.history_id ON history (kind, id)")
        for table, source, whose in (
            ("complaint", "servicecrm_complaint", "of.id = old"),
            ("clock", "servicecrm_clock", "of.id = 'complaint:' || old"),
            ("journal", "history", "of.kind = 'clock' AND of.id = 'complaint:' || old"),
            ("journal", "history", "of.kind = 'complaint' AND of.id = old"),
        ):
            columns = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info(servicecrm_{table})")}
            listed = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(_RENAMED.format(name) if columns[name] == "TEXT" else f'of."{name}"' for name in columns)
            connection.execute(
                f"INSERT INTO servicecrm_{table} ({listed}) SELECT {values} FROM copies "
                f"CROSS JOIN {source} AS of WHERE of.tenant = 'default' AND {whose} ORDER BY copies.rowid"
            )
        connection.execute("COMMIT")


_COPIES = """
    CREATE TEMP TABLE copies AS
    WITH RECURSIVE waiting AS (
        SELECT id, number FROM servicecrm_complaint WHERE state = 'acknowledged'
    ), times (n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < ? / (SELECT count(*) FROM waiting) + 1
    )
    SELECT id AS old, printf('%08x', 0x019c0000 + n) || substr(id, 9) AS new,
        number AS old_number, printf('CMP-2025-%06d', row_number() OVER (ORDER BY n, id)) AS new_number
    FROM times CROSS JOIN waiting ORDER BY n, id LIMIT ? - (SELECT count(*) FROM servicecrm_clock)"""

_RENAMED = 'replace(replace(replace(of."{0}", old, new), old_number, new_number), lower(old_number), lower(new_number))'


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        for comparison in sweeps(folder, sizes=LARGE):
            result = compare(comparison, rounds=ROUNDS)
            print(f"{comparison.title:58}{result.ours * comparison.per / 1e6:>10.4f} s")
            for name, taken in result.others.items():
                print(f"  {name:56}{taken * comparison.per / 1e6:>10.4f} s", flush=True)
