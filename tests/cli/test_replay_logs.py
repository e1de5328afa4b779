"""Two logs of real help desks, replayed by the command line: the key figures are those of an independent count.

The count reads the logs with other readers and knows nothing of lifecycles, moments or timers. The short form takes
the first cases of each log; `make torture` takes all of them.
"""  # K14, K16, K17, K24, K25, K31

import contextlib
import csv
import gzip
import io
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import attrs
import pytest

from servicecrm.cli import main

MAPS = Path(__file__).parent.parent.parent / "examples" / "maps"
SHORT = 300
NOW = datetime.fromisoformat("2014-06-01T00:00+00:00")


class Row(NamedTuple):
    case: str
    time: datetime
    word: str
    group: str


@attrs.frozen(kw_only=True)
class Log:
    """A log, and what its words mean in the plainest terms."""

    name: str
    map: str
    zone: str
    cases: int
    answered: frozenset[str]
    closed: frozenset[str]
    withdrawn: frozenset[str] = frozenset()
    paused: frozenset[str]
    ignored: frozenset[str] = frozenset()
    assessed: frozenset[str] = frozenset()
    """Whoever takes a case in hand after this is the first that has it, and not one to whom it was passed on."""
    no_group: str = ""


ITALIAN = Log(
    name="helpdesk_italian_full.csv",
    map="helpdesk_italian",
    zone="Europe/Rome",
    cases=4_580,
    answered=frozenset({"Resolve ticket", "RESOLVED", "INVALID", "DUPLICATE"}),
    closed=frozenset({"Closed"}),
    paused=frozenset({"Wait", "Schedule intervention", "Require upgrade"}),
    ignored=frozenset({"VERIFIED"}),
    assessed=frozenset({"Assign seriousness"}),
)
CARS = Log(
    name="bpic2013_incidents.xes.gz",
    map="bpi2013_incidents",
    zone="Europe/Stockholm",
    cases=7_554,
    answered=frozenset({"Completed/Resolved"}),
    closed=frozenset({"Completed/Closed", "Completed/In Call"}),
    withdrawn=frozenset({"Completed/Cancelled"}),
    paused=frozenset(
        f"Accepted/Wait{whom}" for whom in ("", " - User", " - Customer", " - Vendor", " - Implementation")
    ),
    no_group="UNKNOWN",
)


# -- the logs, and their first cases ---------------------------------------------------------------


def table_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            time = datetime.fromisoformat(row["time:timestamp"])
            yield Row(row["case:concept:name"], time, row["Activity"], row["Resource"])


def xes_rows(path: Path) -> Iterator[Row]:
    x = "{http://www.xes-standard.org/}"
    with gzip.open(path) as file:
        for _, trace in ET.iterparse(file):
            if trace.tag == f"{x}trace":
                case = next(each.get("value", "") for each in trace if each.get("key") == "concept:name")
                for each in trace.iter(f"{x}event"):
                    told = {part.get("key"): part.get("value", "") for part in each}
                    word = f"{told['concept:name']}/{told['lifecycle:transition']}"
                    yield Row(case, datetime.fromisoformat(told["time:timestamp"]), word, told["org:group"])
                trace.clear()


def first_cases(path: Path, to: Path, count: int) -> Path:
    """A log with some cases only, in the same form."""
    to = to / path.name
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file, to.open("w", encoding="utf-8") as short:
            short.write(next(file))
            seen: set[str] = set()
            for line in file:
                seen.add(line.split(",")[6])
                if len(seen) > count:
                    break
                short.write(line)
    else:
        with gzip.open(path, "rt", encoding="utf-8") as log, gzip.open(to, "wt", encoding="utf-8") as part:
            for line in log:
                part.write(line)
                count -= "</trace>" in line
                if not count:
                    break
            part.write("</log>\n")
    return to


@attrs.frozen
class Replayed:
    log: Log
    rows: list[Row]
    report: dict[str, Any]
    page: str
    printed: str


@pytest.fixture(scope="module", params=[ITALIAN, CARS], ids=lambda log: log.map)
def replayed(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Replayed:
    log: Log = request.param
    folder = tmp_path_factory.mktemp(log.map)
    path = shared / "data" / "cases" / log.name
    if not pytestconfig.getoption("torture"):
        path = first_cases(path, folder, SHORT)
    report, page = folder / "report.json", folder / "report.html"
    command = ["replay", str(path), "--map", str(MAPS / f"{log.map}.toml"), "--now", NOW.isoformat()]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main([*command, "--json", str(report), "--report", str(page)]) == 0
    rows = list(table_rows(path) if path.suffix == ".csv" else xes_rows(path))
    told = json.loads(report.read_text("utf-8"))
    return Replayed(log, rows, told, page.read_text("utf-8"), printed.getvalue())


# -- the independent count -------------------------------------------------------------------------


@attrs.define
class Counted:
    """What a case comes to, counted by its rows alone."""

    received: datetime
    resolved_after: timedelta | None = None
    open: bool = True
    closings: int = 0
    ends: int = 0
    reopened: int = 0
    forwards: int = 0
    forwards_when_closed: int = 0


def counted(log: Log, rows: Sequence[Row]) -> Counted:
    rows = [row for row in rows if row.word not in log.ignored]
    case = Counted(rows[0].time)
    group, paused_since, paused = "", None, timedelta(0)
    ended = log.answered | log.closed | log.withdrawn
    for before, row in zip([None, *rows], rows, strict=False):
        if row.group != log.no_group:
            first = before is not None and before.word in log.assessed and row.word not in ended | log.assessed
            case.forwards += bool(group) and row.group != group and not first
            group = row.group
        if paused_since is not None and row.word not in log.paused:
            paused, paused_since = paused + (row.time - paused_since), None
        elif paused_since is None and row.word in log.paused:
            paused_since = row.time
        over = row.word in log.closed | log.withdrawn
        if case.resolved_after is None and row.word in log.answered | log.closed:
            case.resolved_after = row.time - case.received - paused
        if over and case.open:
            case.open = False
            case.ends += 1
            if row.word in log.closed:
                case.closings += 1
                case.forwards_when_closed = case.forwards
        elif not over and not case.open:
            case.open = True
            case.reopened += 1
    return case


@pytest.fixture(scope="module")
def cases(replayed: Replayed) -> list[Counted]:
    by_case = groupby(sorted(replayed.rows, key=lambda row: row.case), key=lambda row: row.case)  # keeps their order
    return [counted(replayed.log, list(rows)) for _, rows in by_case]


# -- the figures -----------------------------------------------------------------------------------


def test_every_row_is_taken(replayed: Replayed, cases: list[Counted], pytestconfig: pytest.Config) -> None:
    taken = sum(row.word not in replayed.log.ignored for row in replayed.rows)

    assert (replayed.report["events"], replayed.report["refused_rows"]) == (taken, 0)
    assert replayed.report["cases"] == len(cases)
    assert len(cases) == (replayed.log.cases if pytestconfig.getoption("torture") else SHORT)


def test_the_time_to_resolve_is_that_of_the_rows_without_the_waits(replayed: Replayed, cases: list[Counted]) -> None:
    hours = sorted(case.resolved_after / timedelta(hours=1) for case in cases if case.resolved_after is not None)
    figures = replayed.report["kpis"]

    assert any(row.word in replayed.log.paused for row in replayed.rows)  # or else this proves nothing about waits
    assert figures["K14"] == {"value": pytest.approx(fmean(hours)), "unit": "hours", "n": len(hours)}
    assert figures["K14.median"]["value"] == pytest.approx(median(hours))
    assert figures["K14.p90"]["value"] == pytest.approx(hours[math.ceil(0.9 * len(hours)) - 1])


def test_forwards_are_counted_up_to_the_closing(replayed: Replayed, cases: list[Counted]) -> None:
    forwards = [case.forwards_when_closed for case in cases if case.closings]
    figures = replayed.report["kpis"]

    assert figures["K16"] == {"value": pytest.approx(fmean(forwards)), "unit": "count", "n": len(forwards)}
    assert figures["K17"]["value"] == pytest.approx(100 * sum(map(bool, forwards)) / len(forwards))


def test_the_backlog_is_what_came_in_and_did_not_go_out(replayed: Replayed, cases: list[Counted]) -> None:
    open_, received, reopened, ended = (
        replayed.report["kpis"][kpi]["value"] for kpi in ("K24", "K24.received", "K24.reopened", "K24.ended")
    )

    assert open_ == received + reopened - ended == replayed.report["open"]
    assert (received, open_) == (len(cases), sum(case.open for case in cases))
    assert (reopened, ended) == (sum(case.reopened for case in cases), sum(case.ends for case in cases))


def test_reopenings_are_a_share_of_the_closings(replayed: Replayed, cases: list[Counted]) -> None:
    closings = sum(case.closings for case in cases)

    assert replayed.report["kpis"]["K25"] == {
        "value": pytest.approx(100 * sum(case.reopened for case in cases) / closings),
        "unit": "percent",
        "n": closings,
    }


def test_the_age_of_what_is_open_is_in_days_of_the_zone_of_the_log(replayed: Replayed, cases: list[Counted]) -> None:
    zone = ZoneInfo(replayed.log.zone)
    today = NOW.astimezone(zone).date()
    ages = [(today - case.received.astimezone(zone).date()).days for case in cases if case.open]
    figures = replayed.report["kpis"]

    assert figures["K31"]["n"] == len(ages)
    assert figures["K31"]["value"] == (pytest.approx(fmean(ages)) if ages else None)
    assert sum(figures["K31.open"]["parts"].values()) == len(ages)


def test_the_print_ends_with_the_figures_and_the_page_has_them_too(replayed: Replayed) -> None:
    *_, last = replayed.printed.split("\n\n")
    mean = f"{replayed.report['kpis']['K14']['value']:,.1f}"

    assert last.splitlines()[0].startswith("Key figures of ")
    assert {"K14", "K16", "K17", "K24", "K25", "K31"} <= {line.split()[0] for line in last.splitlines()[2:]}
    assert mean in last
    assert f"<td>{mean}</td>" in replayed.page
