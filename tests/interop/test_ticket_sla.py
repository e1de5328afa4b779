"""The example of tickets and their targets comes to the results that others published for the same tables."""  # C035

import runpy
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import servicecrm
from servicecrm.desk.desk import Desk
from servicecrm.desk.replay import replay
from servicecrm.interop import Fact, read_log
from servicecrm.kernel.filters import where
from servicecrm.tracking import timers

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "ticket_sla.py"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "cases" / "tickets_sla_prepbench"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE))


def published(folder: Path, n: int) -> str:
    return (folder / f"output_{n:02}.csv").read_text("utf-8-sig").strip()


def test_status_targets_and_ranking_are_the_published_ones(folder: Path, example: dict[str, Any]) -> None:
    assert example["report"](folder).strip().split("\n\n") == [published(folder, n) for n in (1, 2, 3)]


def days_by_hand(start: datetime, end: datetime) -> float:
    """Workdays as the published solution counts them: a weekend is Monday's first second, or Friday's last one."""
    if start.weekday() > 4:
        start = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=7 - start.weekday())
    if end.weekday() > 4:
        friday = end - timedelta(days=end.weekday() - 4)
        end = friday.replace(hour=23, minute=59, second=59)
    weekdays = sum((start + timedelta(days=n)).weekday() < 5 for n in range((end.date() - start.date()).days))
    clock = timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute, seconds=end.second - start.second)
    return weekdays + clock / timedelta(days=1)


def test_business_time_is_what_the_published_solution_counts_by_hand(folder: Path, example: dict[str, Any]) -> None:
    facts: dict[str, list[Fact]] = {}
    for n in (2, 3, 4):
        for fact in read_log(folder / f"input_{n:02}.csv", example["MAP"]):
            assert isinstance(fact, Fact)
            facts.setdefault(fact.case, []).append(fact)
    ends = {fact.case: fact.occurred_at for each in facts.values() for fact in each if fact.state == "closed"}

    assert len(ends) == 103
    for case, end in ends.items():
        start = min(fact.occurred_at for fact in facts[case])
        ours = example["WORKDAYS"].between(start, end) / timedelta(days=1)
        assert ours == pytest.approx(days_by_hand(start, end), abs=1.01 / 86_400)  # the last second of a Friday


@pytest.fixture(scope="module")
def replayed(folder: Path, example: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The tables as one log, replayed into a store."""
    tables = [(folder / f"input_{n:02}.csv").read_text("utf-8-sig") for n in (2, 3, 4)]
    log = tmp_path_factory.mktemp("tickets") / "tickets.csv"
    log.write_text(tables[0] + "".join(table.partition("\n")[2] for table in tables[1:]), "utf-8")
    crm = servicecrm.connect("memory:")
    result = replay(crm, read_log(log, example["MAP"]), example["MAP"])
    assert (result.events, result.refused_rows) == (2_542, 0)
    return crm


def test_the_replayed_tickets_stand_in_the_published_states(
    folder: Path, example: dict[str, Any], replayed: Desk
) -> None:
    words = {(word.state, word.waiting): word.text for word in example["MAP"].words}
    found = Counter(words[each.state, each.waiting and each.waiting.for_] for each in replayed.complaints.find())

    lines = [f"{status},{count}" for status, count in sorted(found.items())]
    assert ["Current Status,Ticket Count", *lines] == published(folder, 1).splitlines()


def test_the_timers_of_the_replayed_tickets_come_to_the_published_results(  # C036
    folder: Path, example: dict[str, Any], replayed: Desk
) -> None:
    days, log_map = example["agreed"](folder), example["MAP"]
    calendars = {calendar.id: calendar for calendar in log_map.calendars}
    results: Counter[str] = Counter()
    for each in replayed.complaints.find(where("state") == "closed"):
        measured = timers(each.moments, log_map.targets, calendars, now=datetime(2020, 6, 1, tzinfo=UTC))
        _, department, _ = each.id.split(" / ")
        results[measured[f"within_{days[department]}_days"].state] += 1

    assert results == {"missed": 32, "met": 71}
    assert published(folder, 2).splitlines()[1:] == ["Missed SLA,32", "On Track to Meet SLA,71"]
