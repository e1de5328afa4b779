# ruff: noqa: T201 - it speaks to the process that kills it
"""A process that saves units until it is killed: `python crashing.py FILE FIRST [autocommit]`.

A unit saves a complaint, some messages about it and a notice, under a command. After each commit the command is
acknowledged on a line of its own. With `autocommit` the store has no transactions, so that a kill shows.
"""

import sys

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.storage import Command, Notice, SQLiteStore, driver, sqlite
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import write

BY = "ann@city.example"
MESSAGES = 5


def save(store: SQLiteStore, n: int) -> None:
    """The n-th unit, or nothing if its command was given before."""
    with store.unit(Command(id=f"k-{n}", fingerprint="record")) as unit:
        if unit.outcome is not None:
            return
        number = unit.number(Complaint, 2026)
        unit.save(
            complaints.record(
                id=f"c-{n}",
                number=number,
                subject="No water",
                channel="phone",
                tags=frozenset({"water", "night"}),
                by=BY,
                at=MONDAY,
            ),
            *(
                write(
                    "Any news?",
                    id=f"m-{n}-{k}",
                    about_kind="complaint",
                    about=f"c-{n}",
                    side="outside",
                    klass="substantive",
                    by=BY,
                    at=MONDAY,
                )
                for k in range(MESSAGES)
            ),
            notices=[Notice(key=f"n-{n}", topic="recorded", recipient="water", kind="complaint", id=f"c-{n}")],
        )


def main(path: str, first: str, *options: str) -> None:
    if "autocommit" in options:
        sqlite.begin = lambda *_: None  # type: ignore[attr-defined]  # the names that the engine uses
        sqlite.commit = lambda *_: None  # type: ignore[attr-defined]
        driver.in_unit = lambda *_: True
    with SQLiteStore(path) as store:
        n = int(first)
        while True:
            save(store, n)
            print(n, flush=True)
            n += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
