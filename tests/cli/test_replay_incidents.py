"""A year of a company's service desk, replayed by the command line into an SQLite file: our counts are the log's own.

The short form takes the first rows of the log; `make torture` takes all of it.
"""

import csv
import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from servicecrm.complaints.model import Complaint
from servicecrm.desk import connect

MAP = Path(__file__).parent.parent.parent / "examples" / "maps" / "incident_event_log.toml"
ALL = 141_712
SHORT = 14_000
NOW = "2018-01-01T00:00Z"

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

    rows: tuple[dict[str, str], ...]
    command: tuple[str, ...]
    store: Path
    report: dict[str, Any]
    speed: str
    peak: int


def rows_of(log: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as member:
        yield from csv.DictReader(io.TextIOWrapper(member, "utf-8", newline=""))


def first_lines(log: Path, to: Path, count: int) -> Path:
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as member:
        to.write_bytes(b"".join(itertools.islice(member, count)))
    return to


@pytest.fixture(scope="module")
def replayed(shared: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Replayed:
    folder = tmp_path_factory.mktemp("incidents")
    source = log = shared / "data" / "cases" / "incident_event_log.zip"
    count = ALL if pytestconfig.getoption("torture") else SHORT
    if count != ALL:
        log = first_lines(source, folder / "incidents.csv", count + 1)
    store, report = folder / "crm.db", folder / "report.json"
    options = ("--map", str(MAP), "--store", str(store), "--json", str(report), "--now", NOW)
    command = (sys.executable, "-m", "servicecrm", "replay", str(log), *options)
    done = subprocess.run(
        (sys.executable, "-c", MEASURED, str(folder / "peak"), *command), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = tuple(
        {name: row[name] for name in ("number", "assignment_group", "reopen_count", "reassignment_count")}
        for row in itertools.islice(rows_of(source), count)
    )
    return Replayed(
        rows=rows,
        command=command,
        store=store,
        report=json.loads(report.read_text("utf-8")),
        speed=done.stderr,
        peak=int((folder / "peak").read_text()),
    )


def counts_after_each_row(replayed: Replayed) -> Iterator[tuple[dict[str, str], int, int]]:
    """Every row of the log, with the reopenings and forwards of its complaint just after it."""
    with connect(replayed.store, readonly=True) as desk, desk.store.unit(readonly=True) as unit:
        for case, rows in itertools.groupby(replayed.rows, key=lambda row: row["number"]):
            id = f"incident_event_log:{case}"
            changes: dict[str | None, dict[str, Any]] = {}
            for entry in unit.history(Complaint, id):
                changes[entry.command] = {**changes.get(entry.command, {}), **entry.changes}
            counts = {"reopenings": 0, "forwards": 0}
            for ordinal, row in enumerate(rows, start=1):
                changed = changes[f"{id}:{ordinal}"]
                counts = {name: changed.get(name, count) for name, count in counts.items()}
                yield row, counts["reopenings"], counts["forwards"]


def test_every_row_is_a_fact_and_none_is_refused(replayed: Replayed) -> None:
    sys.stdout.write(replayed.speed)
    report = replayed.report

    assert report["events"] == report["new"] == len(replayed.rows)
    assert report["refused_rows"] == 0
    assert report["cases"] == len({row["number"] for row in replayed.rows})


def test_reopenings_are_the_logs_own_after_every_row(replayed: Replayed) -> None:
    last: dict[str, int] = {}
    for row, reopenings, _ in counts_after_each_row(replayed):
        last[row["number"]] = reopenings
        assert reopenings == int(row["reopen_count"]), row["number"]

    assert replayed.report["reopenings"] == sum(last.values()) > 0
    assert replayed.report["reopened_cases"] == sum(count > 0 for count in last.values())


def test_forwards_are_changes_of_the_group_after_every_row_and_the_logs_own_count_in_nearly_every_case(
    replayed: Replayed,
) -> None:
    groups: dict[str, str] = {}
    changes: dict[str, int] = {}
    agrees: dict[str, bool] = {}
    for row, _, forwards in counts_after_each_row(replayed):
        case, group = row["number"], row["assignment_group"]
        changes[case] = changes.get(case, 0) + (groups.get(case, group) != group)
        groups[case] = group
        assert forwards == changes[case], case
        agrees[case] = forwards == int(row["reassignment_count"])

    assert replayed.report["forwards"] == sum(changes.values()) > 0
    # The log's own count leaves out some changes of the group, more often at its start than later.
    share = sum(agrees.values()) / len(agrees)
    assert share >= (0.996 if len(replayed.rows) == ALL else 0.99)


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
    replayed: Replayed,
) -> None:
    speed, profile = replayed.speed.splitlines()

    assert speed.startswith(f"{len(replayed.rows):,} events, ")
    assert profile.startswith("SQLite 3.")
    assert {"synchronous=FULL", "writers=many"} <= set(profile.split())
    assert "\r" not in replayed.speed
