"""A year of a company's service desk, replayed by the command line into an SQLite file: our counts are the log's own.

PostgreSQL comes to the same. The short form takes the first rows of the log; `make torture` takes all of it.
"""

import csv
import io
import itertools
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import attrs
import pytest

from servicecrm.complaints.model import Complaint
from servicecrm.desk import connect
from servicecrm.storage.journal import EntryRow
from servicecrm.storage.rows import CommandRow
from tests.desk.places import empty_tables
from tests.servers import Postgres

MAP = Path(__file__).parent.parent.parent / "examples" / "maps" / "incident_event_log.toml"
ALL = 141_712
SHORT = 14_000
SHORT_ON_BOTH = 2_000
NOW = "2018-01-01T00:00Z"
LOG = Path("data/cases/incident_event_log.zip")

MEASURED = """\
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(sys.argv[1], "w").write(str(peak if sys.platform == "darwin" else peak * 1024))
sys.exit(code)
"""
"""Runs a command and tells its peak memory in bytes. It is small itself: a child begins as a copy of its parent."""


@attrs.frozen
class Replayed:
    """A log that was replayed once, and how that went."""

    command: tuple[str, ...]
    store: str
    report: dict[str, Any]
    speed: str
    peak: int


def rows_of(log: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as member:
        yield from csv.DictReader(io.TextIOWrapper(member, "utf-8", newline=""))


def first_lines(shared: Path, folder: Path, count: int, config: pytest.Config) -> Path:
    """A log of the first events; all of it in the long form."""
    log, to = shared / LOG, folder / "incidents.csv"
    if config.getoption("torture"):
        return log
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as member:
        to.write_bytes(b"".join(itertools.islice(member, count + 1)))
    return to


@pytest.fixture(scope="module")
def replayed(shared: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Replayed:
    folder = tmp_path_factory.mktemp("incidents")
    log = first_lines(shared, folder, SHORT, pytestconfig)
    return measured(log, folder, str(folder / "crm.db"))


@pytest.fixture(scope="module")
def rows(shared: Path, replayed: Replayed) -> tuple[dict[str, str], ...]:
    """The rows of the log."""
    return tuple(
        {name: row[name] for name in ("number", "assignment_group", "reopen_count", "reassignment_count")}
        for row in itertools.islice(rows_of(shared / LOG), replayed.report["events"])
    )


def measured(log: Path, folder: Path, store: str) -> Replayed:
    """Replay a log by the command line."""
    report = folder / "report.json"
    options = ("--map", str(MAP), "--store", store, "--json", str(report), "--now", NOW)
    command = (sys.executable, "-m", "servicecrm", "replay", str(log), *options)
    done = subprocess.run(
        (sys.executable, "-c", MEASURED, str(folder / "peak"), *command), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return Replayed(
        command=command,
        store=store,
        report=json.loads(report.read_text("utf-8")),
        speed=done.stderr,
        peak=int((folder / "peak").read_text()),
    )


def counts_after_each_row(
    replayed: Replayed, all_rows: tuple[dict[str, str], ...]
) -> Iterator[tuple[dict[str, str], int, int]]:
    """Every row of the log, with the reopenings and forwards of its complaint just after it."""
    with connect(replayed.store, readonly=True) as desk, desk.store.unit(readonly=True) as unit:
        for case, some in itertools.groupby(all_rows, key=lambda row: row["number"]):
            id = f"incident_event_log:{case}"
            changes: dict[str | None, dict[str, Any]] = {}
            for entry in unit.history(Complaint, id):
                changes[entry.command] = {**changes.get(entry.command, {}), **entry.changes}
            counts = {"reopenings": 0, "forwards": 0}
            for ordinal, row in enumerate(some, start=1):
                changed = changes[f"{id}:{ordinal}"]
                counts = {name: changed.get(name, count) for name, count in counts.items()}
                yield row, counts["reopenings"], counts["forwards"]


def test_every_row_is_a_fact_and_none_is_refused(replayed: Replayed, rows: tuple[dict[str, str], ...]) -> None:
    sys.stdout.write(replayed.speed)
    report = replayed.report

    assert report["events"] == report["new"] == len(rows)
    assert report["refused_rows"] == 0
    assert report["cases"] == len({row["number"] for row in rows})


def test_reopenings_are_the_logs_own_after_every_row(replayed: Replayed, rows: tuple[dict[str, str], ...]) -> None:
    last: dict[str, int] = {}
    for row, reopenings, _ in counts_after_each_row(replayed, rows):
        last[row["number"]] = reopenings
        assert reopenings == int(row["reopen_count"]), row["number"]

    assert replayed.report["reopenings"] == sum(last.values()) > 0
    assert replayed.report["reopened_cases"] == sum(count > 0 for count in last.values())


def test_forwards_are_changes_of_the_group_after_every_row_and_the_logs_own_count_in_nearly_every_case(
    replayed: Replayed, rows: tuple[dict[str, str], ...]
) -> None:
    groups: dict[str, str] = {}
    changes: dict[str, int] = {}
    agrees: dict[str, bool] = {}
    for row, _, forwards in counts_after_each_row(replayed, rows):
        case, group = row["number"], row["assignment_group"]
        changes[case] = changes.get(case, 0) + (groups.get(case, group) != group)
        groups[case] = group
        assert forwards == changes[case], case
        agrees[case] = forwards == int(row["reassignment_count"])

    assert replayed.report["forwards"] == sum(changes.values()) > 0
    # The log's own count leaves out some changes of the group, more often at its start than later.
    share = sum(agrees.values()) / len(agrees)
    assert share >= (0.996 if len(rows) == ALL else 0.99)


def test_a_second_run_changes_nothing(replayed: Replayed) -> None:
    with connect(replayed.store, readonly=True) as desk:
        head = desk.store.head()
    subprocess.run(replayed.command, check=True, capture_output=True)

    again = json.loads(Path(replayed.command[replayed.command.index("--json") + 1]).read_text("utf-8"))
    assert (again["new"], again["findings"]) == (0, 0)
    first = replayed.report | {"new": 0, "findings": 0, "findings_by_kind": {}}
    assert again == first
    with connect(replayed.store, readonly=True) as desk:
        assert desk.store.head() == head


def test_the_report_has_what_its_readers_look_for_and_no_targets_that_the_log_does_not_name(replayed: Replayed) -> None:
    report = replayed.report

    assert {
        *("cases", "events", "open", "closed", "reopened_cases", "reopenings", "forwards", "findings", "refused_rows"),
        *("new", "findings_by_kind"),
    } <= report.keys()
    assert not {"on_time", "overdue", "open_on_time", "open_overdue"} & report.keys()
    assert report["findings"] == sum(kind["count"] for kind in report["findings_by_kind"].values())
    assert report["cases"] == report["open"] + report["closed"] + report["withdrawn"]


def test_memory_does_not_grow_with_the_log(replayed: Replayed) -> None:
    assert replayed.peak < 200_000_000


def test_the_speed_and_the_profile_of_sqlite_are_told_once_where_no_terminal_shows_progress(
    replayed: Replayed, rows: tuple[dict[str, str], ...]
) -> None:
    speed, profile = replayed.speed.splitlines()

    assert speed.startswith(f"{len(rows):,} events, ")
    assert profile.startswith("SQLite 3.")
    assert {"synchronous=FULL", "writers=many"} <= set(profile.split())
    assert "\r" not in replayed.speed


# -- on PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(
    shared: Path, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[tuple[Replayed, Replayed]]:
    """The same log in a file and in a database."""
    folder = tmp_path_factory.mktemp("both")
    log = first_lines(shared, folder, SHORT_ON_BOTH, pytestconfig)
    with empty_tables(postgres) as url:
        yield measured(log, folder, str(folder / "crm.db")), measured(log, folder, url)


def test_postgres_comes_to_the_same_summary(both: tuple[Replayed, Replayed]) -> None:
    file, database = both
    sys.stdout.write(f"{database.speed}peak memory {database.peak / 1e6:,.0f} MB\n")

    assert database.report == file.report
    assert database.report["events"] >= SHORT_ON_BOTH
    assert database.speed.splitlines()[1].startswith("PostgreSQL ")


def test_postgres_holds_the_same_lines_apart_from_times_of_recording_salts_and_hashes(
    both: tuple[Replayed, Replayed], tmp_path: Path
) -> None:
    exports = []
    for n, one in enumerate(both):
        exports.append(tmp_path / f"{n}.jsonl")
        with connect(one.store) as desk:
            assert desk.store.verify() > 0
            desk.export(exports[-1])
    with exports[0].open(encoding="utf-8") as file, exports[1].open(encoding="utf-8") as database:
        for line, same in zip(told(file), told(database), strict=True):
            assert line == same


SHAPES: dict[str, tuple[str, ...]] = {"entry": EntryRow._fields, "command": CommandRow._fields}
UNTOLD = {"recorded_at", "commitment", "document", "salt", "hash", "seal", "given_at"}


def told(lines: Iterable[str]) -> Iterator[list[Any]]:
    """What the lines of an export tell, apart from what is another in every run."""
    for line in lines:
        what, *values = json.loads(re.sub(r'("recorded_at\\*":\\*")[^"\\]*', r"\1", line))
        if what not in ("seal", "end") and values[0] != "clock":  # clocks tell when the log was replayed
            names = SHAPES.get(what, ())
            yield [what, *(v for name, v in zip_longest(names, values) if name not in UNTOLD)]


def test_the_memory_that_postgres_needs_does_not_grow_with_the_log(both: tuple[Replayed, Replayed]) -> None:
    _, database = both
    assert database.peak < 200_000_000


def test_a_second_run_changes_nothing_on_postgres(both: tuple[Replayed, Replayed]) -> None:
    _, database = both
    with connect(database.store, readonly=True) as desk:
        head = desk.store.head()
    subprocess.run(database.command, check=True, capture_output=True)

    assert json.loads(Path(database.command[database.command.index("--json") + 1]).read_text("utf-8"))["new"] == 0
    with connect(database.store, readonly=True) as desk:
        assert desk.store.head() == head
