"""The key figures of a quarter, in stores of 20,000 and 100,000 complaints: `python -m benchmarks.key_figures`.

Each store is an SQLite file. A desk with a house lives 250 lives of complaints, one a day: most are closed, some after
they were forwarded, reopened or escalated, and some stay open. Then they are copied by SQL, with their clocks and the
history of these, under other ids and numbers, until the store is full; the hashes of the history stay those of the
originals.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.rounds import Comparison, Contender, compare
from servicecrm import Desk, connect
from servicecrm.desk.house import House
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import Ladder, Rung, Targets, usual

__all__ = ["ROUNDS", "SIZES", "key_figures_of_stores"]

SIZES: Final = (20_000, 100_000)
LIVES: Final = 250
ROUNDS: Final = 2
FLAT: Final = 1 / 1.5
"""A complaint costs little more in a large store than in a small one."""
LESS: Final = 3.0
"""And much less than reading its document and that of its clock."""
PERIOD: Final = "2026-Q3"

Step = Callable[[Desk, str], object]

EUROS: Final = Money(amount=Decimal(20), currency="EUR")
STEPS: Final[Mapping[str, Step]] = {
    "acknowledge": lambda crm, id: crm.complaints.acknowledge(id, expected_by=crm.clock() + timedelta(days=10)),
    "assess": lambda crm, id: crm.complaints.assess(id, severity="high", impact="medium"),
    "assign": lambda crm, id: crm.complaints.assign(id, "south"),
    "forward": lambda crm, id: crm.complaints.forward(id, "north"),
    "hear": lambda crm, id: crm.complaints.message(id, "It is dry on the second floor too.", side="outside"),
    "ask": lambda crm, id: crm.complaints.message(id, "May we come on Tuesday?", side="inside"),
    "wait": lambda crm, id: crm.complaints.wait(id, "customer", reason="a date"),
    "resume": lambda crm, id: crm.complaints.resume(id),
    "judge": lambda crm, id: crm.complaints.judge(id, "justified", grounds="The valve leaked."),
    "offer": lambda crm, id: crm.complaints.offer(id, "compensation", amount=EUROS),
    "accept": lambda crm, id: crm.complaints.accept_remedy(id, 1),
    "answer": lambda crm, id: crm.complaints.answer(id, "The water runs again.", kind="accepted"),
    "close": lambda crm, id: crm.complaints.close(id, "resolved"),
    "reopen": lambda crm, id: crm.complaints.reopen(id, "It is dry again."),
    "act": lambda crm, id: crm.actions.open(
        "Replace the valve", source_kind="complaint", source=id, owner="north", due_at=crm.clock() + timedelta(days=9)
    ),
    "escalate": lambda crm, id: crm.escalate(id, "supervisor", reason="It burns.", timer="resolution"),
}
_BEGIN: Final = "acknowledge assess assign hear ask"
_END: Final = "judge answer close"
COURSES: Final = (
    f"{_BEGIN} wait resume judge offer accept answer close",
    f"{_BEGIN} forward {_END}",
    f"{_BEGIN} {_END} reopen {_END}",
    f"{_BEGIN} {_END}",
    f"{_BEGIN} act {_END}",
    f"{_BEGIN} {_END}",
    f"{_BEGIN} {_END}",
    f"{_BEGIN} {_END}",
    f"{_BEGIN} escalate {_END}",
    "acknowledge",
)
"""What happens to the first complaint, to the second, and so on; then again."""
LADDER: Final = Ladder(rungs=(Rung(at="due", to="supervisor"),))
TARGETS: Final = Targets(
    targets=(
        usual("acknowledge", "4h business"),
        usual("first_response", "1 business days"),
        usual("resolution", "10 business days", ladder=LADDER),
    )
)


def key_figures_of_stores(folder: str, *, sizes: tuple[int, ...] = SIZES) -> Iterator[Comparison]:
    """The whole table with the records behind each figure, of the largest store; the smallest beside it, as it is and
    as one that was filled before there were columns for figures."""
    start = Path(folder, "figures.db")
    clock = FixedClock()
    with closing(_desk(start, clock)) as crm:
        _live(crm, clock)
    smallest, largest = min(sizes), max(sizes)
    with ExitStack() as stack:

        def asked(size: int, *, old: bool = False) -> Contender:
            crm = stack.enter_context(closing(_desk(_filled(start, size, old=old), clock)))
            assert crm.complaints.count() == size
            return lambda _: [crm.kpis(PERIOD) for _ in range(largest // size)]

        yield Comparison(
            title=f"key figures: one of {largest:,} complaints",
            count=1,
            per=largest,
            ours=asked(largest),
            others={f"of {smallest:,}": asked(smallest), "from documents": asked(smallest, old=True)},
            targets={f"of {smallest:,}": FLAT, "from documents": LESS},
        )


def _desk(path: Path, clock: FixedClock) -> Desk:
    house = House(roles=lambda _role, _record: ("wanda",))
    return connect(path, actor="ann@city.example", clock=clock, ids=SeededIds(), house=house)


def _live(crm: Desk, clock: FixedClock) -> None:
    with crm.unit():
        crm.policies.publish(TARGETS, name="complaint", effective=clock())
        for n in range(LIVES):
            complaint = crm.complaints.record(
                subject="No water since Monday",
                text="The tap has been dry for two days, and nobody answers the telephone.",
                channel="phone",
                customer=f"customer-{n}",
                category="water",
            )
            for step in COURSES[n % len(COURSES)].split():
                clock.advance(hours=1)
                STEPS[step](crm, complaint.id)
            crm.sweep()
            clock.advance(hours=23)


def _filled(start: Path, size: int, *, old: bool) -> Path:
    """A copy of a store, in which its complaints are copied until there are so many."""
    path = start.with_name(f"figures{size}{'old' * old}.db")
    shutil.copyfile(start, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute(_COPIES, (size, size))
        for table, source, condition in (
            ("history", "journal", "WHERE kind = 'clock'"),
            ("actions", "action_item", ""),
        ):
            connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM servicecrm_{source} {condition}")
        connection.execute("CREATE INDEX temp.history_id ON history (id)")
        connection.execute("CREATE INDEX temp.actions_source ON actions (source)")
        for table, source, whose in (
            ("complaint", "servicecrm_complaint", "of.id = old"),
            ("clock", "servicecrm_clock", "of.id = 'complaint:' || old"),
            ("action_item", "actions", "of.source = old"),
            ("journal", "history", "of.id = 'complaint:' || old"),
        ):
            columns = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info(servicecrm_{table})")}
            listed = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(_renamed(table, name, columns[name]) for name in columns)
            connection.execute(
                f"INSERT INTO servicecrm_{table} ({listed}) SELECT {values} FROM copies "
                f"CROSS JOIN {source} AS of WHERE of.tenant = 'default' AND {whose} ORDER BY copies.rowid"
            )
        for table in ("complaint", "clock") if old else ():
            connection.execute(f"UPDATE servicecrm_{table} SET figures = NULL")
        connection.execute("COMMIT")
    return path


def _renamed(table: str, name: str, type: str) -> str:
    if table == "action_item" and name in ("id", "number"):
        return f'of."{name}" || new_number'
    return _RENAMED.format(name) if type == "TEXT" else f'of."{name}"'


_COPIES: Final = """
    CREATE TEMP TABLE copies AS
    WITH RECURSIVE lives AS (
        SELECT id, number FROM servicecrm_complaint
    ), times (n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < ? / (SELECT count(*) FROM lives) + 1
    )
    SELECT id AS old, printf('%08x', 0x019c0000 + n) || substr(id, 9) AS new,
        number AS old_number, printf('CMP-2025-%06d', row_number() OVER (ORDER BY n, id)) AS new_number
    FROM times CROSS JOIN lives ORDER BY n, id LIMIT ? - (SELECT count(*) FROM lives)"""

_RENAMED: Final = (
    'replace(replace(replace(of."{0}", old, new), old_number, new_number), lower(old_number), lower(new_number))'
)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        for comparison in key_figures_of_stores(folder):
            result = compare(comparison, rounds=ROUNDS)
            print(f"{comparison.title:58}{result.ours * comparison.per / 1e6:>10.4f} s")
            for name, taken in result.others.items():
                print(f"  {name:56}{taken * comparison.per / 1e6:>10.4f} s", flush=True)
