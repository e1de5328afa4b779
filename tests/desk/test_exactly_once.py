"""What is due is told once: whoever sweeps, however often it is killed, whatever its clock says, and however late."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from struct import pack
from threading import Barrier
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm import Desk, connect
from servicecrm.calendars import Calendar, Holiday
from servicecrm.complaints import MomentKind
from servicecrm.desk.sweeping import Sweep
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Clock, Ladder, Rung, Targets, Threshold, TimerMissed, clock_id
from servicecrm.tracking.ready_made import usual
from tests.desk import sweeping
from tests.desk.conftest import Bring
from tests.servers import Postgres
from tests.storage.racing import Place
from tests.stores import clean_schema

PROCESSES = 4
SPAWN = get_context("spawn")


class Promises(NamedTuple):
    """Promises that were broken, as an export, and what has to be told of them."""

    export: Path
    keys: list[str]


MakePromises = Callable[[int], Promises]


@pytest.fixture(scope="module")
def promises(tmp_path_factory: pytest.TempPathFactory) -> MakePromises:
    """Makes so many, once for all kinds of stores."""
    made: dict[int, Promises] = {}

    def make(breaches: int) -> Promises:
        if breaches not in made:
            export = tmp_path_factory.mktemp("promises") / "promises.jsonl"
            made[breaches] = Promises(export, sweeping.broken_promises(breaches, export))
        return made[breaches]

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place(str(tmp_path / "crm.db"))
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with clean_schema(server) as schema:
            yield Place(server.url, (("schema", schema), ("connections", 2)))


# -- killed, and with clocks that jump --------------------------------------------------------------


@pytest.mark.parametrize(("breaches", "kills"), [(500, 4), pytest.param(5_000, 40, marks=pytest.mark.torture)])
def test_killed_sweepers_with_jumping_clocks_tell_of_every_breach_once(
    breaches: int, kills: int, place: Place, promises: MakePromises, tmp_path: Path
) -> None:  # C037, C094, R17
    made, sink = promises(breaches), tmp_path / "sink"
    sink.touch()
    with place.open() as crm:
        crm.import_(made.export)

    killed = run_and_kill(place, sink, breaches=breaches, kills=kills)

    assert killed == kills
    with place.open() as crm:
        keys = sweeping.notice_keys(crm)
        assert len(keys) == len(set(keys)) == breaches
        assert set(keys) == set(made.keys)
        crm.store.seal()
        crm.store.verify()
        told = Counter(
            entry.type for id in crm.complaints.find() for entry in crm.history(clock_id("complaint", id.id))
        )
        assert told[TimerMissed.type] == breaches
    delivered = sink.read_text().splitlines()
    print(f"{place.url.split(':')[0]}: {len(delivered) - breaches} delivered twice")  # noqa: T201
    assert set(delivered) == set(keys)


def run_and_kill(place: Place, sink: Path, *, breaches: int, kills: int) -> int:
    """Let processes sweep and deliver to the end, and put others into the places of those killed; tells how many."""
    seed = random.randrange(10**6)
    print("seed", seed)  # noqa: T201
    chance, killed = random.Random(seed), 0

    def start(n: int) -> SpawnProcess:
        process = SPAWN.Process(target=sweeping.sweep_and_deliver, args=(place, sink, seed + n))
        process.start()
        return process

    running = [start(n) for n in range(PROCESSES)]
    try:
        for lines in sorted(chance.randrange(breaches * 3 // 4) for _ in range(kills)):
            wait_for(sink, lines, running)
            victim = chance.randrange(PROCESSES)
            running[victim].kill()
            running[victim].join()
            killed += running[victim].exitcode == -signal.SIGKILL
            running[victim] = start(PROCESSES + killed)
        for process in running:
            process.join()
            assert process.exitcode == 0
    finally:
        for process in running:
            process.kill()
    return killed


def wait_for(sink: Path, lines: int, running: Collection[SpawnProcess]) -> None:
    deadline = time.monotonic() + 300
    while sink.read_bytes().count(b"\n") < lines:
        assert not any(process.exitcode for process in running), "a sweeper failed"
        assert time.monotonic() < deadline, "nothing is delivered any longer"
        time.sleep(0.005)


@pytest.mark.parametrize(("sweep", "notices"), [(sweeping.by_looking, 10 * PROCESSES), (sweeping.by_sweeping, 10)])
def test_sweepers_that_look_before_they_tell_all_tell(
    sweep: Callable[[Desk, Barrier], object], notices: int, place: Place, promises: MakePromises
) -> None:
    """Why a sweep takes the clock, and a notice is named after what it tells."""
    with place.open(clock=lambda: sweeping.END, house=sweeping.house()) as crm:
        crm.import_(promises(10).export)
        together = Barrier(PROCESSES)
        with ThreadPoolExecutor(PROCESSES) as pool:
            for part in [pool.submit(sweep, crm, together) for _ in range(PROCESSES)]:
                part.result()

        assert len(sweeping.notice_keys(crm)) == notices


# -- however late ----------------------------------------------------------------------------------

HOURS = 24 * 28
LADDER = Ladder(
    rungs=(Rung(at="1 business day after", to="supervisor"), Rung(at="3 business days after", to="director"))
)
RULES = Targets(
    targets=(
        usual("acknowledge", "4h business", kinds=frozenset(MomentKind), thresholds=(Threshold(at="75%"),)),
        usual("resolution", "3 business days", thresholds=(Threshold(at="50%"), Threshold(at="75%")), ladder=LADDER),
    )
)


def told_of(sweeps: Collection[int]) -> list[str]:
    """The keys of the notices of four weeks in which complaints are handled, badly, and swept at some hours."""
    clock = FixedClock(MONDAY)
    with connect("memory:", actor="ann", clock=clock, ids=SeededIds(), house=sweeping.house()) as crm:
        crm.policies.publish(RULES, name="complaint", effective=MONDAY)
        slow, forgotten = (crm.complaints.record(subject="No water", channel="phone").id for _ in range(2))
        deeds: dict[int, Callable[[], object]] = {
            7: lambda: crm.complaints.acknowledge(slow),
            8: lambda: crm.complaints.assign(slow, handler="otto"),
            30: lambda: crm.complaints.wait(slow, for_="customer", reason="photos"),
            130: lambda: crm.complaints.resume(slow),
            289: lambda: crm.complaints.judge(slow, "justified", grounds="It was dry."),
            290: lambda: crm.complaints.answer(slow, text="It runs again."),
            291: lambda: crm.complaints.close(slow, code="resolved"),
            400: lambda: crm.complaints.reopen(slow, reason="It stopped again."),
            500: lambda: crm.complaints.acknowledge(forgotten),
        }
        for hour in sorted({*deeds, *sweeps, HOURS}):
            clock.advance(hours=hour - (clock() - MONDAY) / timedelta(hours=1))
            deeds.get(hour, lambda: None)()
            if hour in sweeps or hour == HOURS:
                crm.sweep()
        return sorted(sweeping.notice_keys(crm))


@pytest.fixture(scope="module")
def never_stopped() -> list[str]:
    keys = told_of(range(HOURS))
    assert {key.split(":")[-2] for key in keys} >= {"timer.warned", "timer.missed", "record.escalated"}
    return keys


schedules = st.sets(st.integers(1, HOURS), max_size=8)


@given(sweeps=schedules)
@settings(max_examples=100)
def test_a_process_with_outages_tells_what_one_that_never_stopped_does(
    never_stopped: list[str], sweeps: set[int]
) -> None:  # C037
    assert told_of(sweeps) == never_stopped


@pytest.mark.torture
@given(sweeps=schedules)
@settings(max_examples=10_000)
def test_ten_thousand_schedules_with_outages_tell_the_same(never_stopped: list[str], sweeps: set[int]) -> None:  # C037
    assert told_of(sweeps) == never_stopped


def test_who_is_told_is_whoever_has_it_when_it_is_told(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    with connect(crm.store, actor="ann", clock=clock, house=sweeping.house()) as with_house:
        complaint = bring("acknowledged")
        clock.advance(days=3)
        with_house.complaints.assign(complaint.id, handler="otto")  # before any sweep, which would have told Wanda

        (missed,) = [key for key in sweeping.notice_keys(with_house) if "timer.missed" in key]
    assert missed.endswith(":otto")


# -- when the rules change -------------------------------------------------------------------------


class Moved(NamedTuple):
    """What a sweep read again, and for which records something is due at another time by now."""

    read: int
    due: set[str]


def swept(crm: Desk) -> Moved:
    before = clocks_of(crm)
    found = crm.sweep()
    after = clocks_of(crm)
    changed = {id for id in after if after[id].revision != before[id].revision}
    assert len(changed) == found.clocks
    return Moved(found.clocks, {after[id].about for id in after if after[id].due_at != before[id].due_at})


def clocks_of(crm: Desk) -> dict[str, Clock]:
    with crm.store.unit(readonly=True) as unit:
        return {clock.id: clock for clock in unit.find(Clock)}


@pytest.fixture
def on_wednesday(crm: Desk, clock: FixedClock, bring: Bring) -> dict[str, str]:
    """Complaints with two business days each, of Monday and Wednesday, one that is closed, and a case."""
    crm.policies.publish(promised("2 business days"), name="complaint", effective=MONDAY)
    made: dict[str, str] = {"monday": bring("in_handling").id, "closed": bring("closed").id}
    clock.advance(days=2)
    made |= {"wednesday": bring("in_handling").id, "withdrawn": bring("withdrawn").id}
    made["case"] = crm.cases.open(subject="A hole in the road", channel="phone").id
    crm.sweep()
    assert swept(crm) == Moved(0, set())
    return made


def promised(within: str) -> Targets:
    return Targets(targets=(usual("resolution", within),))


def test_a_published_holiday_moves_what_spans_it_at_the_next_sweep(
    crm: Desk, clock: FixedClock, on_wednesday: dict[str, str]
) -> None:  # C037
    holiday = Calendar(zone="UTC", hours="mon-fri 09:00-17:00", holidays=(Holiday(date=date(2026, 3, 5)),))
    crm.policies.publish(holiday, name="default", effective=clock())

    assert swept(crm) == Moved(3, {on_wednesday["wednesday"], on_wednesday["case"]})
    assert swept(crm) == Moved(0, set())


def test_another_policy_moves_what_it_is_for_at_the_next_sweep(
    crm: Desk, clock: FixedClock, on_wednesday: dict[str, str]
) -> None:  # C036, C037
    for n in range(10):  # until the number has two digits, and would come before others in a list of words
        tighter_or_not = promised("1 business day" if n % 2 == 0 else "2 business days")
        crm.policies.publish(tighter_or_not, name="complaint", effective=clock())

        assert swept(crm) == Moved(2, {on_wednesday["monday"], on_wednesday["wednesday"]})
        assert swept(crm) == Moved(0, set())
        clock.advance(seconds=1)


def test_newer_time_zones_are_a_reason_to_read_all_clocks_that_run_and_older_ones_are_none(
    crm: Desk, on_wednesday: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicecrm.desk.rules.zones", lambda: "2099z")

    assert swept(crm) == Moved(3, set())
    assert {on_wednesday["monday"], on_wednesday["wednesday"], on_wednesday["case"]} == {
        clock.about for clock in clocks_of(crm).values() if clock.basis.endswith("zones 2099z")
    }
    monkeypatch.setattr("servicecrm.desk.rules.zones", lambda: "2099a")  # a machine that lags behind
    assert swept(crm) == Moved(0, set())


def test_newer_time_zones_move_what_is_due_under_another_rule_at_the_next_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # C037
    place, clock = Place(str(tmp_path / "crm.db")), FixedClock(MONDAY)
    with place.open(clock=clock) as crm:
        berlin = Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00")
        crm.policies.publish(berlin, name="default", effective=MONDAY)
        crm.policies.publish(promised("15 business days"), name="complaint", effective=MONDAY)
        for days in (1, 1, 1, 1, 3, 1, 1, 1, 1, 3):  # five are due before the clocks change, and five after
            crm.complaints.record(subject="No water", channel="phone")
            clock.advance(days=days)
    before = due_when_swept(place)

    winter_for_ever(tmp_path / "zones", release="2099a")
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path / "zones"))  # is read when a process begins
    with ProcessPoolExecutor(1, SPAWN) as another:
        after = another.submit(due_when_swept, place).result()

    summer = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert sum(due > summer for due in before.values()) == len(before) / 2 == 5
    assert after == {id: due + timedelta(hours=due > summer) for id, due in before.items()}
    assert due_when_swept(place) == after  # by a machine that lags behind


def due_when_swept(place: Place) -> dict[str, datetime]:
    """When each complaint of the first two weeks is due, once it was swept in the third one."""
    with place.open(clock=lambda: MONDAY + timedelta(days=14)) as crm:
        crm.sweep()
        return {clock.about: clock.due_at for clock in clocks_of(crm).values() if clock.due_at}


def winter_for_ever(folder: Path, *, release: str) -> None:
    """A database of time zones in which there is no summer time in Berlin."""
    (folder / "Europe").mkdir(parents=True)
    counts, only_one = pack(">6l", 0, 0, 0, 0, 1, 4), pack(">lbb", 3600, 0, 0) + b"CET\0"
    (folder / "Europe" / "Berlin").write_bytes((b"TZif2" + bytes(15) + counts + only_one) * 2 + b"\nCET-1\n")
    (folder / "+VERSION").write_text(release)


def test_sweepers_whose_clocks_disagree_about_the_rules_come_to_an_end(
    crm: Desk, clock: FixedClock, on_wednesday: dict[str, str]
) -> None:
    crm.policies.publish(promised("1 business day"), name="complaint", effective=clock() + timedelta(minutes=1))
    sweeps = [Sweep(None, crm.actor, clock() + timedelta(hours=skew)) for skew in (-1, 1)]
    more, read = True, 0
    while more:
        parts = [crm.store.perform(sweep.some, claiming=True) for sweep in sweeps]
        more = sum(sweep.goes_on(part) for sweep, part in zip(sweeps, parts, strict=True)) > 0
        read += sum(part.clocks for part in parts)
        assert read < 20

    clock.advance(hours=1)
    crm.sweep()
    assert {read.policy for id, read in clocks_of(crm).items() if on_wednesday["wednesday"] in id} == {2}
