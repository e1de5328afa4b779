"""Replaying a log into a store: every fact once, in batches, whatever happens in between."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from servicecrm.analytics.clocks import TimerCount
from servicecrm.cli.report import courses_of
from servicecrm.complaints.model import Complaint
from servicecrm.desk import Desk, connect
from servicecrm.desk.replay import Replay, replay
from servicecrm.errors import ImportProblem
from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, RefusedRow, read_log
from servicecrm.kernel.records import evolve, fields_of
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.tracking import Clock, Ladder, Rung

DEMO = Path(str(files("servicecrm"))) / "demo"
MAP = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
START, NOW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
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


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "each fact in a batch of its own"])
@pytest.mark.parametrize("mended", [0, 1, 2])
def test_a_row_that_is_mended_after_what_follows_it_was_taken_is_refused(
    desk: Desk, facts: list[Fact | RefusedRow], mended: int, *, apart: bool
) -> None:
    case = [each for each in facts if isinstance(each, Fact) and each.case == facts_of_one(facts)]
    assert len(case) > mended + 1
    replay(desk, [each for each in case if each is not case[mended]], MAP)
    before = everything(desk)

    again = replay(desk, case, MAP, batch=1 if apart else 100)
    assert (again.new, again.refused_rows) == (0, 1)
    assert "comes before what was taken of its case already" in again.refused[0].says
    assert everything(desk) == before


def facts_of_one(facts: list[Fact | RefusedRow]) -> str:
    """The case with the most facts."""
    return Counter(each.case for each in facts if isinstance(each, Fact)).most_common(1)[0][0]


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


def test_refused_rows_are_counted_by_column_and_reason_whatever_the_batches(desk: Desk) -> None:
    log = [BAD._replace(row=row, says=f"reason {row % 3}") for row in range(2, 22)]
    log += [BAD._replace(row=row, column=None, says=f"has {row} cells") for row in range(22, 200)]
    log += [BAD._replace(row=200, says="reason 0")]

    results = [replay(desk, log, MAP, batch=batch) for batch in (1, 7, 1_000)]
    assert results[0] == results[1] == results[2]
    result = results[0]
    assert [(r.column, r.says, r.count, r.first_row) for r in result.refused_by_reason[:4]] == [
        ("Status", "reason 0", 8, 3),
        ("Status", "reason 2", 7, 2),
        ("Status", "reason 1", 6, 4),
        (None, "has 22 cells", 1, 22),
    ]
    assert len(result.refused_by_reason) == 100  # a file that is no table has as many kinds as rows
    assert result.refused_rows == len(log)


# -- rows about whole cases ----------------------------------------------------------------------

CASES = """
[log]
name = "requests"
shape = "cases"
zone = "UTC"

[columns]
case = "Key"
received_at = "Opened"
answered_at = "Replied"
closed_at = "Closed"
due_at = "Due"
word = "Status"
handler = "Team"

[words]
Open = { state = "recorded" }
Active = { state = "in_handling" }
Answered = { state = "responded" }
Closed = { state = "closed" }
"""
CASE_MAP = LogMap.from_toml(CASES, COMPLAINT_WORDS)
HEAD = "Key,Opened,Replied,Closed,Due,Status,Team\n"
GOOD = "a,2025-03-01,2025-03-02,2025-03-03,,Closed,Pipes\n"
FUTURE = "lies in the future"
YEARS = "a time in a log lies in the years 1901 to 2198"
LONG = "a text to be found by has at most 500 bytes in UTF-8"


def read(folder: Path, rows: str, log_map: LogMap = CASE_MAP) -> list[Fact | RefusedRow]:
    (folder / "log.csv").write_text(HEAD + rows, "utf-8")
    return list(read_log(folder / "log.csv", log_map))


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("b,2025-03-01,2025-03-02,2026-01-02,,Closed,Pipes\n", ("Closed", FUTURE)),
        ("b,2025-03-01,2026-01-02,,,Answered,Pipes\n", ("Replied", FUTURE)),
        ("b,2026-01-02,2026-01-03,2026-01-04,,Closed,Pipes\n", ("Opened", FUTURE)),
        ("b,2026-01-02,,,,Active,Pipes\n", ("Opened", FUTURE)),
        (f"b,2025-03-01,2025-03-02,2025-03-03,,Closed,{'x' * 501}\n", ("Team", LONG)),
        # What other systems write for "none".
        ("b,2025-03-01,2025-03-02,2025-03-03,9999-12-31,Closed,Pipes\n", ("Due", YEARS)),
        ("b,1900-01-01,2025-03-02,2025-03-03,,Closed,Pipes\n", ("Opened", YEARS)),
        ("b,0001-01-01,,,,Active,Pipes\n", ("Opened", YEARS)),
    ],
)
@pytest.mark.parametrize("batch", [1, 2, 1_000])
def test_a_row_about_a_case_is_taken_as_a_whole_or_refused_once_with_its_column(
    desk: Desk, tmp_path: Path, row: str, refused: tuple[str, str], batch: int
) -> None:
    result = replay(desk, read(tmp_path, GOOD + row + GOOD.replace("a,", "c,")), CASE_MAP, batch=batch)

    assert result.refused == [RefusedRow(3, *refused)]
    assert (result.refused_rows, result.events, result.new) == (1, 6, 6)
    assert set(stored(desk)) == {"requests:a", "requests:c"}


def test_a_row_that_is_refused_strictly_names_its_column(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match=r"^row 2, column 'Closed': lies in the future$"):
        replay(desk, read(tmp_path, GOOD.replace("2025-03-03", "2026-01-02")), CASE_MAP, strict=True)


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 1_000])
def test_what_is_known_of_a_row_stays_known_when_the_rest_of_it_is_refused(
    desk: Desk, tmp_path: Path, batch: int
) -> None:
    replay(desk, read(tmp_path, "a,2025-03-01,2025-03-02,,,Answered,Pipes\n"), CASE_MAP)
    before = everything(desk)

    later = read(tmp_path, GOOD.replace("2025-03-03", "2026-01-02"))
    result = replay(desk, later, CASE_MAP, batch=batch)
    assert (result.events, result.new, result.refused) == (2, 0, [RefusedRow(2, "Closed", FUTURE)])
    assert everything(desk) == before

    mended = replay(desk, read(tmp_path, GOOD), CASE_MAP, batch=batch)
    assert (mended.events, mended.new) == (3, 1)
    assert desk.complaints.get("requests:a").state == "closed"


def test_a_case_that_was_closed_before_it_was_received_is_taken_and_told(desk: Desk, tmp_path: Path) -> None:
    result = replay(desk, read(tmp_path, "a,2025-03-03,,2025-03-01,,Closed,\n"), CASE_MAP)

    assert (result.new, result.kinds) == (2, {"closed before it was received": 1})
    assert desk.complaints.get("requests:a").state == "closed"


def test_events_that_stand_on_one_line_are_rows_of_their_own(desk: Desk, facts: list[Fact | RefusedRow]) -> None:
    first = facts[0]
    assert isinstance(first, Fact)
    line = [
        first._replace(row=1, ordinal=n, occurred_at=first.occurred_at + timedelta(days=1_000 * (n == 2)))
        for n in (1, 2, 3)
    ]
    parts: list[int] = []

    result = replay(desk, line, MAP, batch=1, progress=lambda so_far: parts.append(so_far.events))
    assert (result.new, result.refused) == (2, [RefusedRow(1, "Changed at", FUTURE)])
    assert parts == [1, 1, 2]


def test_cases_that_stand_on_one_line_are_rows_of_their_own(desk: Desk, tmp_path: Path) -> None:
    told = read(tmp_path, GOOD + GOOD.replace("a,", "b,").replace("2025-03-03", "2026-01-02"))
    line = [fact._replace(row=1) for fact in told if isinstance(fact, Fact)]

    result = replay(desk, line, CASE_MAP)
    assert (result.new, result.refused) == (3, [RefusedRow(1, "Closed", FUTURE)])


def test_a_field_that_cannot_be_kept_is_named_by_its_column(desk: Desk, tmp_path: Path) -> None:
    subject = LogMap.from_toml(CASES.replace("handler", "subject"), COMPLAINT_WORDS)
    fact = read(tmp_path, GOOD, subject)[0]
    assert isinstance(fact, Fact)

    result = replay(desk, [fact._replace(values={**fact.values, "subject": "\ud800"})], subject)
    assert result.refused == [RefusedRow(2, "Team", "text must not hold lone surrogates")]


def test_of_an_event_the_column_that_lies_in_the_future_is_named(desk: Desk, tmp_path: Path) -> None:
    events = CASES.replace('"cases"', '"events"').replace("answered_at", "time").replace('closed_at = "Closed"\n', "")
    log_map = LogMap.from_toml(events, COMPLAINT_WORDS)
    rows = "a,2026-01-02,2025-03-01,,,Open,\nb,2025-03-01,2026-01-02,,,Open,\n"

    result = replay(desk, read(tmp_path, rows, log_map), log_map)
    assert result.refused == [RefusedRow(2, "Opened", FUTURE), RefusedRow(3, "Replied", FUTURE)]


def test_what_is_wrong_with_a_constant_of_the_map_has_no_column(desk: Desk, tmp_path: Path) -> None:
    log_map = LogMap.from_toml(CASES.replace('handler = "Team"', 'subject = { value = " " }'), COMPLAINT_WORDS)

    (refused,) = replay(desk, read(tmp_path, GOOD, log_map), log_map).refused
    assert (refused.column, refused.says) == (None, "Complaint.subject: a text must not be blank")


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


def test_what_ended_elsewhere_was_in_time_or_late_whatever_the_batches(facts: list[Fact | RefusedRow]) -> None:
    every, counts = [], tuple[TimerCount, ...]()
    for batch in (1, 7, 1_000):
        with connect("memory:", actor="ann", clock=FixedClock(NOW)) as desk:
            ladder = Ladder(rungs=(Rung(at="80%", to="supervisor"), Rung(at="due", to="manager")))
            targets = [evolve(target, ladder=ladder) for target in MAP.targets.targets]
            desk.policies.publish(evolve(MAP.targets, targets=tuple(targets)), name="complaint", effective=START)
            for calendar in MAP.calendars:
                desk.policies.publish(calendar, name=calendar.id, effective=START)
            replay(desk, facts, MAP, batch=batch)
            with desk.store.unit(readonly=True) as unit:
                clocks = {clock.about: clock for clock in unit.find(Clock)}
            assert clocks.keys() == {complaint.id for complaint in desk.complaints.find()}
            assert not any(clock.escalated for clock in clocks.values())
            assert desk.outbox.pending().items == ()
            results = {id: [evolve(timer, read=None) for timer in clock.timers] for id, clock in clocks.items()}
            every.append((results, desk.kpis("2025").only("K14", "K15", "K23", "K26")))
            counts = courses_of(desk, MAP, now=NOW).timers

    assert every[0] == every[1] == every[2]
    late = Counter(timer.name for timers in every[0][0].values() for timer in timers if timer.late)
    del late["resolution"]  # its due dates stand in the log
    assert late == {count.name: count.missed + count.late for count in counts if count.name != "resolution"}
    assert min(late.values()) > 10


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
