"""Replaying a log into a store: every fact once, in batches, whatever happens in between."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from servicecrm.complaints.model import Complaint
from servicecrm.desk import Desk, connect
from servicecrm.desk.replay import Replay, replay
from servicecrm.errors import ImportProblem
from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, RefusedRow, read_log
from servicecrm.kernel.records import evolve, fields_of
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head

DEMO = Path(str(files("servicecrm"))) / "demo"
MAP = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BAD = RefusedRow(99, "Status", "is no word that the map knows")


@pytest.fixture(scope="module")
def facts() -> list[Fact | RefusedRow]:
    return list(islice(read_log(DEMO / "water_utility.csv", MAP), 300))


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    with connect(url, clock=FixedClock(NOW)) as desk:
        yield desk


def stored(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """Every complaint with its history, apart from revisions and hashes, which say how it was saved."""

    def told(record: Complaint) -> tuple[Any, ...]:
        entries = [fields_of(entry) for entry in desk.history(record.id)]
        for entry in entries:
            del entry["revision"], entry["hash"]
        return record, entries

    with desk.store.unit(readonly=True) as unit:
        return {record.id: told(record) for record in unit.find(Complaint)}


def everything(desk: Desk) -> list[str]:
    text = StringIO()
    desk.export(text)
    return text.getvalue().splitlines()


# -- once ----------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    first = replay(desk, facts, MAP)
    before = everything(desk)

    second = replay(desk, facts, MAP, batch=7)
    assert everything(desk) == before
    assert (first.events, first.new) == (second.events, 300) == (300, 300)
    assert (second.new, second.findings) == (0, 0)
    desk.store.verify()


def test_a_later_extract_only_adds(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    replay(desk, facts[:200], MAP)
    assert replay(desk, facts, MAP).new == 100

    with connect("memory:", clock=FixedClock(NOW)) as other:
        replay(other, facts, MAP)
        assert stored(desk) == stored(other)


def test_a_case_has_the_id_of_its_log_and_a_number_of_the_year_in_which_it_began(
    desk: Desk, facts: list[Fact | RefusedRow]
) -> None:
    replay(desk, facts, MAP)

    complaint = desk.complaints.get("CMP-2025-000001")
    assert complaint.id == "water_utility:C-0001"
    ordinals = [str(entry.command).removeprefix("water_utility:C-0001:") for entry in desk.history(complaint.id)]
    assert ordinals[:4] == ["1", "2", "3", "3"]  # the third fact assigns and assesses


def test_another_map_for_the_same_log_is_refused_and_changes_nothing(
    desk: Desk, facts: list[Fact | RefusedRow]
) -> None:
    replay(desk, facts, MAP)
    head = sealed_head(desk.store)

    with pytest.raises(ImportProblem, match="holds the log 'water_utility' under another map; use the map"):
        replay(desk, facts, evolve(MAP, fold=not MAP.fold))
    assert sealed_head(desk.store) == head


def test_two_tenants_may_have_the_same_log(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    assert replay(desk, facts, MAP).new == replay(desk.tenant("harbour"), facts, MAP).new == 300


# -- bad rows ------------------------------------------------------------------------------------


def test_a_bad_row_is_counted_and_shown_and_the_rest_goes_on(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    result = replay(desk, [*facts[:5], BAD, *facts[5:10]], MAP, batch=2)

    assert (result.events, result.refused_rows, result.refused) == (10, 1, [BAD])


def test_only_the_first_of_many_bad_rows_are_shown(desk: Desk) -> None:
    result = replay(desk, [BAD._replace(row=row) for row in range(100)], MAP, batch=3)

    assert (result.refused_rows, [row.row for row in result.refused]) == (100, list(range(10)))


def future(of: Fact | RefusedRow) -> Fact:
    assert isinstance(of, Fact)
    return of._replace(occurred_at=NOW + timedelta(days=1))


def test_a_fact_that_no_complaint_can_follow_is_refused_again_and_again_and_uses_nothing_up(
    desk: Desk, facts: list[Fact | RefusedRow]
) -> None:
    log = [future(facts[0]), facts[1]]

    first = replay(desk, log, MAP)
    before = everything(desk)
    assert (first.events, first.new, first.refused_rows) == (1, 1, 1)
    assert "future" in first.refused[0].says
    assert replay(desk, log, MAP).refused == first.refused
    assert everything(desk) == before
    assert desk.complaints.get("CMP-2025-000001").id == "water_utility:C-0002"


@pytest.mark.parametrize("make", [lambda _: BAD, future], ids=["unreadable", "impossible"])
def test_a_strict_replay_stops_at_the_first_bad_row_and_keeps_the_batches_before(
    desk: Desk, facts: list[Fact | RefusedRow], make: Callable[[Fact | RefusedRow], Fact | RefusedRow]
) -> None:
    bad = make(facts[25])

    with pytest.raises(ImportProblem, match=rf"row {bad.row}\b") as raised:
        replay(desk, [*facts[:25], bad, *facts[26:]], MAP, batch=10, strict=True)
    assert raised.value.row == bad.row
    assert replay(desk, facts, MAP).new == 300 - 20


# -- findings ------------------------------------------------------------------------------------


def test_findings_are_counted_by_kind_with_the_first_row_of_each(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    result = replay(desk, facts, MAP, batch=11)

    assert result.findings == sum(result.kinds.values()) > 0
    assert result.first.keys() == result.kinds.keys()
    assert result.first["recorded to closed is no move of the lifecycle"] == 74
    with desk.store.unit(readonly=True) as unit:
        complaints = [record.id for record in unit.find(Complaint)]
    adopted = {e.command for id in complaints for e in desk.history(id) if e.type == "complaint.adopted"}
    assert len(adopted) >= result.findings


# -- batches and stores --------------------------------------------------------------------------


def test_batches_of_any_size_give_the_same_complaints(facts: list[Fact | RefusedRow]) -> None:
    results = []
    for batch in (1, 7, 1_000):
        with connect("memory:", clock=FixedClock(NOW)) as desk:
            results.append((replay(desk, facts, MAP, batch=batch), stored(desk)))

    assert results[0] == results[1] == results[2]


def test_every_store_gives_the_same_complaints(desk: Desk, facts: list[Fact | RefusedRow], tmp_path: Path) -> None:
    with connect(tmp_path / "other.db", clock=FixedClock(NOW)) as other:
        assert replay(desk, facts, MAP) == replay(other, facts, MAP, batch=50)
        assert stored(desk) == stored(other)
        for each in (other, desk):  # how often a clock was read depends on the batches
            assert each.store.verify() > 300


class Crash(BaseException):
    """The process ends here."""


def test_a_replay_that_was_cut_off_between_batches_goes_on_from_there(url: str, facts: list[Fact | RefusedRow]) -> None:
    if url == "memory:":
        pytest.skip("memory forgets")

    def crash(result: Replay) -> None:
        if result.events >= 120:
            raise Crash

    with connect(url, clock=FixedClock(NOW)) as desk, pytest.raises(Crash):
        replay(desk, facts, MAP, batch=40, progress=crash)
    with connect(url, clock=FixedClock(NOW)) as desk, connect("memory:", clock=FixedClock(NOW)) as other:
        assert replay(desk, facts, MAP, batch=40).new == 300 - 120
        replay(other, facts, MAP)
        assert stored(desk) == stored(other)


def test_a_batch_that_fails_half_way_leaves_nothing_of_itself(
    desk: Desk, facts: list[Fact | RefusedRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    replay(desk, facts[:100], MAP)
    head = sealed_head(desk.store)

    def broken(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr("servicecrm.storage.work.Work.remember", broken)  # the last thing that a batch does
        with pytest.raises(Crash):
            replay(desk, facts, MAP)
    assert sealed_head(desk.store) == head
    assert replay(desk, facts, MAP).new == 200


def test_a_complaint_that_somebody_changes_meanwhile_is_followed_further(
    desk: Desk, facts: list[Fact | RefusedRow]
) -> None:
    replay(desk, facts[:1], MAP)
    desk.acting_as("ann@city.example").complaints.note("water_utility:C-0001", "Called back.")

    replay(desk, facts, MAP)
    types = [entry.type for entry in desk.history("water_utility:C-0001")]
    assert types[:3] == ["complaint.recorded", "complaint.note_added", "complaint.acknowledged"]
