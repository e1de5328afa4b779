"""Which tickets missed their target? Status logs, read with a map and measured in business time.

    python examples/ticket_sla.py FOLDER

FOLDER holds `input_01.csv`, the business days that each department agreed to, and the status changes of tickets in
`input_02.csv`, `input_03.csv` and `input_04.csv`. Prints how many tickets are in each status, how many of the closed
ones missed their target, and which departments with the longest target meet it most often.
"""

import sys
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, read_log
from servicecrm.interop.csvfile import read_rows

MAP = LogMap.from_toml(Path(__file__).with_name("maps").joinpath("ticket_sla.toml").read_text("utf-8"), COMPLAINT_WORDS)
WORKDAYS = MAP.calendars[0]
TARGETS = {target.name: str(target.within) for target in MAP.targets.targets}
LONGEST = 18


class Ticket(NamedTuple):
    """A ticket as its facts tell it."""

    department: str
    status: str
    met: bool | None
    """Was it closed in time? None while it is not closed."""


def agreed(folder: Path) -> dict[str, int]:
    """The business days of each department."""
    _, *rows = read_rows(folder / "input_01.csv")
    return {department: int(days) for department, days in (row.cells for row in rows)}


def tickets(folder: Path, days: dict[str, int]) -> list[Ticket]:
    """The tickets, each with where it stands and whether it was closed in time."""
    facts: dict[str, list[Fact]] = {}
    for fact in chain.from_iterable(read_log(folder / f"input_{n:02}.csv", MAP) for n in (2, 3, 4)):
        if not isinstance(fact, Fact):
            raise SystemExit(f"row {fact.row}: {fact.says}")
        facts.setdefault(fact.case, []).append(fact)
    return [ticket(case, of_case, days) for case, of_case in facts.items()]


def ticket(case: str, facts: list[Fact], days: dict[str, int]) -> Ticket:
    """What the facts about one case come to."""
    _, department, _ = case.split(" / ")
    words = {(word.state, word.waiting): word.text for word in MAP.words}
    last = max(facts, key=lambda fact: int(fact.extra["place"]))
    closed = max((fact.occurred_at for fact in facts if fact.state == "closed"), default=None)
    opened = min(fact.occurred_at for fact in facts)
    due = WORKDAYS.due(opened, TARGETS[f"within_{days[department]}_days"])
    return Ticket(
        department,
        status=words[last.state, last.waiting],
        met=None if closed is None else closed <= due.at,
    )


def ranking(found: list[Ticket], departments: set[str]) -> list[tuple[str, float]]:
    """The share of closed tickets that met their target, in percent, the best department first."""
    closed = Counter(each.department for each in found if each.met is not None and each.department in departments)
    met = Counter(each.department for each in found if each.met)
    shares = [(name, round(100 * met[name] / closed[name], 2)) for name in closed if met[name]]
    return sorted(shares, key=lambda share: (-share[1], share[0]))


def report(folder: Path) -> str:
    """The three tables."""
    days = agreed(folder)
    found = tickets(folder, days)
    results = Counter(each.met for each in found)
    lines = ["Current Status,Ticket Count"]
    lines += [f"{status},{count}" for status, count in sorted(Counter(each.status for each in found).items())]
    lines += ["", "Metric,Total", f"Missed SLA,{results[False]}", f"On Track to Meet SLA,{results[True]}"]
    lines += ["", "Department Rank,Department,Achieved %"]
    best = ranking(found, {name for name, agreed_days in days.items() if agreed_days == LONGEST})
    lines += [f"{rank},{name},{share}" for rank, (name, share) in enumerate(best, start=1)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(report(Path(sys.argv[1])), end="")  # noqa: T201 - it prints its results
