"""Measure, and print one table."""

import platform
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain
from tempfile import TemporaryDirectory

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
from benchmarks.rounds import ROUNDS, Result, compare
from benchmarks.surveys import ROUNDS as SURVEYS
from benchmarks.surveys import figures, surveys_beside_others
from benchmarks.sweeps import ROUNDS as SWEEPS
from benchmarks.sweeps import sweeps
from benchmarks.timers import clocks
from benchmarks.units import units


def main() -> None:
    named = ["attrs", "cattrs", "msgspec", "transitions", "python-statemachine", "pydantic", "psycopg", "sqlalchemy"]
    named += ["django", "businesstimedelta", "business-duration", "pandas", "narwhals", "polars", "pingouin", "ipfn"]
    named += ["statsmodels"]
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()}")
    print(", ".join((f"servicecrm {servicecrm.__version__}", *(f"{name} {version(name)}" for name in named))))
    print(f"Medians of {ROUNDS} rounds in which all take turns, after one to warm up. No check is left out,")
    print("but that msgspec, the extra `fast`, reads what a store wrote itself without asking its rules again.")
    print("A ratio above 1 says that servicecrm is the faster one.\n")
    print(f"{'':58}{'µs each':>10}{'ratio':>8}{'target':>9}")
    with TemporaryDirectory() as folder:
        small = (commands(), documents(), units(folder), business_time(), clocks(folder), lives(folder))
        for comparison in chain(*small, portfolio(folder), grades()):
            for line in _lines(compare(comparison)):
                print(line, flush=True)
        for comparison in sweeps(folder):
            for line in _lines(compare(comparison, rounds=SWEEPS)):
                print(line, flush=True)
        for comparison in key_figures_of_stores(folder):
            for line in _lines(compare(comparison, rounds=TABLES)):
                print(line, flush=True)
    for comparison in surveys_beside_others():
        for line in _lines(compare(comparison, rounds=SURVEYS)):
            print(line, flush=True)
    for figure in figures():
        print(figure, flush=True)
    for result in postgres():
        for line in [result] if isinstance(result, str) else _lines(result):
            print(line, flush=True)
    milliseconds = import_time() * 1_000
    print(f"{'import servicecrm.complaints':58}{milliseconds:>7.0f} ms{'':8}{f'<{TARGET * 1_000:.0f} ms':>9}")


def _lines(result: Result) -> Iterator[str]:
    yield f"{result.comparison.title:58}{result.ours:>10.1f}"
    for name, taken in result.others.items():
        target = result.comparison.targets.get(name)
        wanted = "" if target is None else f">={target:.2g}"
        missed = "  missed" if name in result.missed else ""
        yield f"{f'  {name}':58}{taken:>10.1f}{result.ratios[name]:>8.2f}{wanted:>9}{missed}"


if __name__ == "__main__":
    main()
