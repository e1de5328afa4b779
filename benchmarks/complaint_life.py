"""The whole life of a complaint on SQLite, beside the same rows by hand and by Django's ORM: `python -m
benchmarks.complaint_life`.

Twelve commands, each a transaction that waits for the disk: record, acknowledge, assess, assign, a message from outside
and one from inside, wait, resume, judge, offer, answer, close. With each come its entry in the journal, the clock of
the complaint and the notices of it.

One life is lived first, to learn which rows it comes to. The others get to the same rows as a plain application would:
see `life_peers`.
"""

import importlib.util
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.life_peers import ByDjango, ByHand, Plain, Values, Written
from benchmarks.rounds import ROUNDS, Comparison, compare
from servicecrm import Desk, connect
from servicecrm.desk.house import House
from servicecrm.storage import SQLiteStore
from servicecrm.testing import FixedClock, SeededIds

__all__ = ["COMMANDS", "DJANGO", "RAW", "lives"]

RAW, DJANGO = "sqlite3, the same rows", "Django ORM, the same rows"
TARGETS: Final = {RAW: 0.5, DJANGO: 2.0}
COUNT: Final = 4
"""So many lives in a round."""

Step = Callable[[Desk, str], object]

COMMANDS: Final[tuple[Step, ...]] = (
    lambda crm, id: crm.complaints.acknowledge(id, expected_by=crm.clock() + timedelta(days=10)),
    lambda crm, id: crm.complaints.assess(id, severity="high", impact="medium"),
    lambda crm, id: crm.complaints.assign(id, "south"),
    lambda crm, id: crm.complaints.message(id, "It is dry on the second floor too.", side="outside"),
    lambda crm, id: crm.complaints.message(id, "May we come on Tuesday?", side="inside"),
    lambda crm, id: crm.complaints.wait(id, "customer", reason="a date"),
    lambda crm, id: crm.complaints.resume(id),
    lambda crm, id: crm.complaints.judge(id, "justified", grounds="The valve leaked."),
    lambda crm, id: crm.complaints.offer(id, "apology", text="We are sorry."),
    lambda crm, id: crm.complaints.answer(id, "The valve is mended, and the water runs again.", kind="accepted"),
    lambda crm, id: crm.complaints.close(id, "resolved"),
)
"""All but the first one, which records the complaint."""


def record(crm: Desk) -> str:
    """The first command."""
    text = "The tap has been dry for two days, and nobody answers the telephone."
    told: Values = {"subject": "No water since Monday", "text": text, "category": "water", "customer": "customer-7"}
    return crm.complaints.record(channel="phone", tags={"water", "outage"}, **told).id


class Lives:
    """Ours: an hour passes from each command to the next."""

    def __init__(self, path: Path) -> None:
        self.clock = FixedClock()
        self.crm = connect(path, actor="ann@city.example", clock=self.clock, ids=SeededIds(), house=House())

    def run(self, count: int) -> None:
        """Live so many lives."""
        for _ in range(count):
            self.live(lambda _: None)

    def live(self, look: Callable[[str], object]) -> None:
        """Live one life, and let somebody look after each command."""
        id = record(self.crm)
        look(id)
        for command in COMMANDS:
            self.clock.advance(hours=1)
            command(self.crm, id)
            look(id)


# -- what a life comes to ------------------------------------------------------------------------

NEW: Final = ("complaint_terms", "message", "journal", "outbox")
"""The tables that only grow here."""


def learned(path: Path) -> list[Written]:
    """What each command of one life writes."""
    lives, life = Lives(path), []
    with closing(lives.crm), closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        seen = dict.fromkeys(NEW, 0)
        clock: Values | None = None

        def rows(table: str, after: int = 0) -> list[Values]:
            found = connection.execute(f"SELECT * FROM servicecrm_{table} WHERE rowid > ? ORDER BY rowid", (after,))
            return [dict(row) for row in found]

        def look(_: str) -> None:
            nonlocal clock
            new = {table: rows(table, seen[table]) for table in NEW}
            seen.update({table: seen[table] + len(found) for table, found in new.items()})
            (complaint,), (read,) = rows("complaint"), rows("clock")
            life.append(Written(complaint, None if read == clock else read, new))
            clock = read

        lives.live(look)
    return life


def renamed(life: Sequence[Written], n: int) -> list[Written]:
    """The same life of another complaint, the n-th: under its own ids and number."""
    own = [life[0].complaint["id"], *(row["id"] for written in life for row in written.new["message"])]
    names = {id: f"{id[:-6]}{n:06}" for id in own} | {life[0].complaint["number"]: f"CMP-2026-{n:06}"}
    names |= {name.casefold(): new.casefold() for name, new in names.items()}  # as it is searched
    found = re.compile("|".join(names))

    def mine(row: Values) -> Values:
        return {
            name: found.sub(lambda match: names[match[0]], value) if isinstance(value, str) else value
            for name, value in row.items()
        }

    return [
        Written(
            mine(written.complaint),
            None if written.clock is None else mine(written.clock),
            {table: [mine(row) for row in rows] for table, rows in written.new.items()},
        )
        for written in life
    ]


# -- side by side --------------------------------------------------------------------------------


def lives(folder: str, *, count: int = COUNT, rounds: int = ROUNDS) -> Iterator[Comparison]:
    """Whole lives, each command of which waits for the disk."""
    place = Path(folder, "lives")
    place.mkdir()
    life = learned(place / "learned.db")
    told = [renamed(life, n) for n in range(1, count * (rounds + 1) + 1)]
    files = [place / f"{name}.db" for name in ("ours", "raw", "django")]
    for file in files:
        SQLiteStore(file).close()
    with ExitStack() as stack:
        ours = Lives(files[0])
        stack.enter_context(closing(ours.crm))
        raw = stack.enter_context(closing(SQLiteStore(files[1])))
        others = {RAW: Plain(told, ByHand(stack.enter_context(raw.engine._connection())).begin).run}
        if importlib.util.find_spec("django") is not None:
            django = stack.enter_context(closing(ByDjango(files[2])))
            others[DJANGO] = Plain(told, django.begin).run
        yield Comparison(
            title="life of a complaint: 12 commands, clock, notices",
            count=count,
            per=1 + len(COMMANDS),
            ours=ours.run,
            others=others,
            targets={name: target for name, target in TARGETS.items() if name in others},
        )


def main() -> None:
    with TemporaryDirectory() as folder:
        for comparison in lives(folder):
            result = compare(comparison)
            print(f"{comparison.title:58}{result.ours:>10.1f} µs")
            for name in TARGETS.keys() - result.others.keys():
                print(f"  {name}: not there")
            for name, taken in result.others.items():
                missed = "  missed" if name in result.missed else ""
                print(f"  {name:56}{taken:>10.1f} µs{result.ratios[name]:>8.2f} x{missed}")


if __name__ == "__main__":
    main()
