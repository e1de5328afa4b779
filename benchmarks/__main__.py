"""Measure, and print one table: `python -m benchmarks`, or some parts of it: `python -m benchmarks documents units`."""

import argparse
import platform
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Final

import servicecrm
from benchmarks.business_time import business_time
from benchmarks.commands import commands
from benchmarks.complaint_life import lives
from benchmarks.documents import documents
from benchmarks.imports import TARGET, import_time
from benchmarks.key_figures import ROUNDS as TABLES
from benchmarks.key_figures import key_figures_of_stores
from benchmarks.portfolio import grades, portfolio
from benchmarks.postgres import postgres
from benchmarks.rounds import ROUNDS, Comparison, Result, compare
from benchmarks.sharing import shared_commits
from benchmarks.surveys import ROUNDS as SURVEYS
from benchmarks.surveys import Figure, figures, surveys_beside_others
from benchmarks.sweeps import ROUNDS as SWEEPS
from benchmarks.sweeps import sweeps
from benchmarks.timers import clocks
from benchmarks.units import units

BESIDE: Final = (
    *("attrs", "cattrs", "msgspec", "transitions", "python-statemachine", "pydantic", "psycopg", "sqlalchemy"),
    *("django", "businesstimedelta", "business-duration", "pandas", "narwhals", "polars", "pingouin", "ipfn"),
    "statsmodels",
)

Line = Result | Figure | str


def compared(comparisons: Iterable[Comparison], rounds: int = ROUNDS) -> Iterator[Result]:
    """The comparisons, one after the other."""
    return (compare(comparison, rounds=rounds) for comparison in comparisons)


def imported() -> Iterator[str]:
    """How long it takes to import the complaint engine."""
    yield f"{'import servicecrm.complaints':58}{import_time() * 1_000:>7.0f} ms{'':8}{f'<{TARGET * 1_000:.0f} ms':>9}"


PARTS: Final[Mapping[str, Callable[[str], Iterable[Line]]]] = {
    "commands": lambda _: compared(commands()),
    "documents": lambda _: compared(documents()),
    "units": lambda folder: compared(units(folder)),
    "shared_commits": lambda folder: compared(shared_commits(folder)),
    "business_time": lambda _: compared(business_time()),
    "timers": lambda folder: compared(clocks(folder)),
    "complaint_life": lambda folder: compared(lives(folder)),
    "portfolio": lambda folder: compared([*portfolio(folder), *grades()]),
    "sweeps": lambda folder: compared(sweeps(folder), SWEEPS),
    "key_figures": lambda folder: compared(key_figures_of_stores(folder), TABLES),
    "surveys": lambda _: compared(surveys_beside_others(), SURVEYS),
    "survey_costs": lambda _: figures(),
    "postgres": lambda _: postgres(),
    "imports": lambda _: imported(),
}
"""What is measured, by name; each part may keep files in a folder."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print one table.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"all, or some of {', '.join(PARTS)}")
    parts = parser.parse_args().parts
    if unknown := ", ".join(part for part in parts if part not in PARTS):
        parser.error(f"there is no part {unknown}; there are {', '.join(PARTS)}")
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()}")
    print(", ".join((f"servicecrm {servicecrm.__version__}", *(f"{name} {version(name)}" for name in BESIDE))))
    print(f"Medians of {ROUNDS} rounds in which all take turns, after one to warm up. No check is left out,")
    print("but that msgspec, the extra `fast`, reads what a store wrote itself without asking its rules again.")
    print("A ratio above 1 says that servicecrm is the faster one.\n")
    print(f"{'':58}{'µs each':>10}{'ratio':>8}{'target':>9}")
    for part in parts or PARTS:
        with TemporaryDirectory() as folder:
            for line in PARTS[part](folder):
                for text in _lines(line) if isinstance(line, Result) else [line]:
                    print(text, flush=True)


def _lines(result: Result) -> Iterator[str]:
    yield f"{result.comparison.title:58}{result.ours:>10.1f}"
    for name, taken in result.others.items():
        target = result.comparison.targets.get(name)
        wanted = "" if target is None else f">={target:.2g}"
        missed = "  missed" if name in result.missed else ""
        yield f"{f'  {name}':58}{taken:>10.1f}{result.ratios[name]:>8.2f}{wanted:>9}{missed}"


if __name__ == "__main__":
    main()
