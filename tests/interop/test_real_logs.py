"""The example maps on the logs that they are made for: our counts are the ones that others published."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from servicecrm.analytics import CaseRow, Summary, summarise
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.errors import ImportProblem
from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, read_log

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "maps"


def facts(log: Path, map_name: str) -> Iterator[Fact]:
    log_map = LogMap.from_toml((EXAMPLES / f"{map_name}.toml").read_text("utf-8"), COMPLAINT_WORDS)
    for each in read_log(log, log_map):
        assert isinstance(each, Fact), each
        yield each


class Case:
    """A case as its facts tell it, without a store."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.handler: object = None
        self.reopenings = self.forwards = 0

    def take(self, fact: Fact) -> None:
        left_rest = self.state in ("responded", "closed") and fact.state not in ("responded", "closed", "withdrawn")
        self.reopenings += left_rest
        handler = fact.values.get("handler", self.handler)
        self.forwards += self.handler is not None and handler != self.handler
        self.state, self.handler = fact.state, handler


def incident_rows(log: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as member:
        yield from csv.DictReader(io.TextIOWrapper(member, "utf-8", newline=""))


def test_reopenings_of_the_incident_log_are_its_own_on_every_row_and_reassignments_on_996_of_1000_cases(
    shared: Path,
) -> None:
    log = shared / "data" / "cases" / "incident_event_log.zip"
    cases: dict[str, Case] = {}
    reassignments: dict[str, int] = {}
    rows = 0
    for fact, row in zip(facts(log, "incident_event_log"), incident_rows(log), strict=True):
        case = cases.setdefault(fact.case, Case())
        case.take(fact)
        rows += 1
        assert (fact.case, case.reopenings) == (row["number"], int(row["reopen_count"])), fact.row
        reassignments[fact.case] = int(row["reassignment_count"])

    assert (rows, len(cases)) == (141_712, 24_918)
    assert sum(cases[name].forwards == count for name, count in reassignments.items()) / len(cases) >= 0.996


def test_the_incident_log_is_read_fast(shared: Path) -> None:
    start = perf_counter()
    rows = sum(1 for _ in facts(shared / "data" / "cases" / "incident_event_log.zip", "incident_event_log"))

    assert rows / (perf_counter() - start) > 20_000  # 60,000 on an idle machine; others may be at work here


def nyc_summary(log: Path) -> Summary:
    found: dict[str, CaseRow] = {}
    for fact in facts(log, "nyc311"):
        due = fact.values.get("due_at")
        row = found.get(fact.case) or CaseRow(state="", open=True, received_at=fact.occurred_at)
        is_open = fact.state in LIFECYCLE.open
        found[fact.case] = row._replace(
            state=fact.state or row.state,
            open=is_open,
            closed_at=None if is_open else fact.occurred_at,
            due_at=due if isinstance(due, datetime) else row.due_at,
        )
    return summarise(found.values(), now=datetime(2021, 1, 1, tzinfo=UTC))


def test_8_of_41_closed_requests_of_new_york_with_a_target_are_late(shared: Path) -> None:
    summary = nyc_summary(shared / "data" / "cases" / "nyc311_100_qsv.csv")

    assert (summary.cases, summary.open, summary.closed) == (100, 2, 98)
    assert (summary.on_time, summary.overdue) == (33, 8)
    assert (summary.open_on_time, summary.open_overdue) == (0, 1)


def test_the_italian_help_desk_is_read_whole(shared: Path) -> None:
    cases: dict[str, Case] = {}
    for fact in facts(shared / "data" / "cases" / "helpdesk_italian_full.csv", "helpdesk_italian"):
        cases.setdefault(fact.case, Case()).take(fact)

    assert len(cases) == 4_580
    assert sum(case.state == "closed" for case in cases.values()) == 4_557 + 1  # one ends with the ignored VERIFIED


@pytest.mark.parametrize("name", ["incident_event_log.zip", "helpdesk_italian_full.csv"])
def test_a_map_of_another_log_names_the_columns_that_are_not_there(shared: Path, name: str) -> None:
    with pytest.raises(ImportProblem, match=r"columns that the file has not: Unique Key, .*Created Date"):
        next(facts(shared / "data" / "cases" / name, "nyc311"))
