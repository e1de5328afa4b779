"""Everything of a tenant goes from memory to SQLite to PostgreSQL and back to memory, and is what it was."""  # C128

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.desk import connect
from servicecrm.desk.replay import replay
from servicecrm.errors import BrokenJournal
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Command, Notice, Outcome, Page
from servicecrm.storage.store import EngineStore, EngineUnit
from servicecrm.storage.transfer import exported, imported
from servicecrm.testing import FixedClock
from servicecrm.testing import strategies as some
from servicecrm.testing.makers import MONDAY, a_complaint
from servicecrm.testing.taking import begun, feasible, take
from servicecrm.tracking import write
from tests.desk.places import STORES, empty_store

DEMO = Path(str(files("servicecrm"))) / "demo"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BY = "ann@city.example"
NAMES = map("t-{}".format, count())
"""Tenants that hold nothing yet."""


@pytest.fixture(scope="module")
def ring(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EngineStore]]:
    """A store of each kind."""
    with contextlib.ExitStack() as opened:
        stores = {}
        for kind in STORES:
            url = opened.enter_context(empty_store(kind, tmp_path_factory.mktemp(kind), request))
            stores[kind] = opened.enter_context(connect(url)).store
            stores[kind].tenants()  # the pool has its connection: it uses chance for that, which Hypothesis forbids
        yield stores


def text_of(store: EngineStore) -> str:
    """An export, without sealing what is not sealed."""
    written: list[str] = []
    store.perform(lambda _: exported(store.kinds, written.append), readonly=True)
    return "".join(written)


def moved(text: str, store: EngineStore) -> EngineStore:
    """A new tenant that holds an export."""
    other = store.tenant(next(NAMES))
    other.perform(lambda work: imported(other.kinds, io.StringIO(text), work.seal))
    return other


def around(ring: Mapping[str, EngineStore], first: EngineStore, start: str) -> Iterator[EngineStore]:
    """Tenants that were made of each other, once round and back to the kind of store at the start."""
    kinds = [*STORES, *STORES]
    for kind in kinds[kinds.index(start) + 1 :][: len(STORES)]:
        first = moved(text_of(first), ring[kind])
        yield first


# -- what is moved ---------------------------------------------------------------------------------

SHAPE = a_complaint(id="c-1", number=None)
LATER = MONDAY + timedelta(days=400)
END = datetime(9999, 12, 31, tzinfo=UTC)

NOTICES = st.builds(
    Notice,
    key=some.texts(),
    topic=some.texts(),
    recipient=some.texts(),
    kind=st.sampled_from(["complaint", "message"]),
    id=some.texts(),
    body=st.dictionaries(some.texts(), some.texts() | st.integers(0, 9), max_size=2).map(FrozenMap),
    not_before=st.none() | some.instants(),
)
COMMANDS = st.none() | st.builds(Command, id=some.texts(), fingerprint=some.texts())


def populate(store: EngineStore, data: st.DataObject) -> list[Command]:
    """Fill a tenant with all that there can be; gives the commands under which something was saved."""
    commands: dict[str, Command] = {}

    def do(step: Callable[[EngineUnit], object]) -> None:
        command = data.draw(COMMANDS)
        if command is not None and command.id in commands:
            command = None
        with store.unit(command) as unit:
            step(unit)
        if command is not None:
            commands[command.id] = command

    shapes = data.draw(st.lists(some.complaints(), max_size=3, unique_by=(lambda c: c.id, lambda c: c.number or c.id)))
    for shape in shapes:
        if data.draw(st.booleans()):
            do(lambda unit, shape=shape: _record(unit, evolve(begun(shape), number=unit.number(Complaint, 2026))))  # type: ignore[misc]
            for minute in range(data.draw(st.integers(0, 4))):
                action = data.draw(st.integers(0, 20))
                do(lambda unit, id=shape.id, n=action, at=MONDAY + timedelta(minutes=minute): _act(unit, id, n, at))  # type: ignore[misc]
        else:
            do(lambda unit, shape=shape: _record(unit, shape))  # type: ignore[misc]
    for message in data.draw(st.lists(some.messages(), max_size=2, unique_by=lambda m: m.id)):
        do(lambda unit, message=message: unit.save(begin(message, WRITTEN)))  # type: ignore[misc]
    do(lambda unit: unit.save(notices=data.draw(st.lists(NOTICES, max_size=4))))
    for delivered in data.draw(st.lists(st.sampled_from([True, False, None]), max_size=3)):
        do(lambda unit, delivered=delivered: _handle(unit, delivered=delivered))  # type: ignore[misc]
    return list(commands.values())


WRITTEN = write(
    "?", id="m", about_kind="complaint", about="c", side="inside", klass="courtesy", by=BY, at=MONDAY
).events[0]


def _record(unit: EngineUnit, complaint: Complaint) -> None:
    unit.save(begin(complaint, ComplaintRecorded(**stamp(BY, MONDAY))))


def _act(unit: EngineUnit, id: str, n: int, at: datetime) -> None:
    complaint = unit.get(Complaint, id)
    actions = feasible(complaint)
    unit.save(take(complaint, actions[n % len(actions)], by=BY, at=at))


def _handle(unit: EngineUnit, *, delivered: bool | None) -> None:
    """Claim a notice, and deliver it, give it back, or forget it."""
    claimed = unit.claim("w-1", now=END, limit=1)
    if delivered is not None:
        unit.settle(claimed, delivered=delivered, retry_at=None if delivered else LATER)


# -- what is there afterwards ----------------------------------------------------------------------


def rows_of(store: EngineStore) -> object:
    """Every record with its revision and its history."""

    def read(unit: EngineUnit) -> object:
        told: dict[str, object] = {}
        for of, kind in store.kinds.items():
            found: Page[Any] = unit.find(of)
            told[kind.name] = [(record, record.revision, unit.history(of, record.id)) for record in found]
        return told

    return store.atomically(read, readonly=True)


def rest_of(store: EngineStore, commands: list[Command]) -> tuple[list[object], list[tuple[Notice, int]], list[str]]:
    """What the commands did, which notices wait, and the numbers that come next; uses them up."""
    outcomes: list[object] = []
    for command in commands:
        with store.unit(command) as unit:
            outcomes.append(unit.outcome)
    with store.unit(claiming=True) as unit:
        waiting = [(claimed.notice, claimed.attempt) for claimed in unit.claim("w-2", now=END, limit=100)]
    with store.unit() as unit:
        numbers = [unit.number(Complaint, year) for year in (2025, 2026)]
    return outcomes, waiting, numbers


def is_sealed(store: EngineStore) -> bool:
    return not any(line.startswith('["entry"') and line.endswith("null]\n") for line in io.StringIO(text_of(store)))


@given(data=st.data(), start=st.sampled_from(STORES), seals=st.booleans())
@settings(max_examples=settings().max_examples // 4)
def test_what_goes_once_around_all_stores_comes_back_as_it_was(
    ring: dict[str, EngineStore], data: st.DataObject, start: str, *, seals: bool
) -> None:
    tenants = [ring[start].tenant(next(NAMES)) for _ in range(2)]
    commands = [populate(tenant, data) for tenant in tenants]
    if seals:
        for tenant in tenants:
            tenant.seal()
    event(f"{start}, sealed: {all(map(is_sealed, tenants))}")
    for tenant, told in zip(tenants, commands, strict=True):
        rows = rows_of(tenant)
        copies = list(around(ring, tenant, start))
        tenant.seal()  # as an import does with what is not sealed yet

        assert {text_of(copy) for copy in copies} == {text_of(tenant)}
        assert all(rows_of(copy) == rows for copy in copies)
        assert {copy.verify(tenant.head()) for copy in copies} == {tenant.verify()}
        first, *others = [rest_of(copy, told) for copy in copies]
        assert all(other == first for other in others)


def test_every_sort_of_row_goes_around(ring: dict[str, EngineStore]) -> None:
    """The property above draws all of these sooner or later; here they are for sure."""
    store = ring["postgres"].tenant(next(NAMES))
    south = ring["postgres"].tenant(next(NAMES))
    command = Command(id="k-1", fingerprint="f")
    with store.unit(command) as unit:
        _record(unit, evolve(SHAPE, number=unit.number(Complaint, 2026)))
        unit.save(notices=[Notice(key=f"n-{n}", topic="t", recipient="r", kind="complaint", id="c") for n in range(4)])
    with south.unit() as unit:
        _record(unit, evolve(SHAPE, subject="No gas"))
    for delivered in (True, False, None):
        with store.unit(claiming=True) as unit:
            _handle(unit, delivered=delivered)
    assert not is_sealed(store)
    before = text_of(store)

    sorts = {line.split('"')[1] for line in before.splitlines()}
    assert sorts == {"servicecrm", "record", "entry", "command", "number", "notice", "end"}
    copies = list(around(ring, store, "postgres"))
    assert all(is_sealed(copy) for copy in copies)
    assert {text_of(copy) for copy in copies} != {before}
    store.seal()
    assert {text_of(copy) for copy in copies} == {text_of(store)}
    for copy in copies:
        (outcome,), waiting, numbers = rest_of(copy, [command])
        assert outcome == Outcome(kind="complaint", id="c-1", revision=1, number="CMP-2026-000001")
        assert [(notice.key, attempt) for notice, attempt in waiting] == [("n-1", 3), ("n-2", 1), ("n-3", 1)]
        assert numbers == ["CMP-2025-000001", "CMP-2026-000002"]
        with copy.unit(readonly=True) as unit:
            assert [c.subject for c in unit.find(Complaint)] == [SHAPE.subject]


def test_a_copy_that_was_changed_on_the_way_is_found(ring: dict[str, EngineStore]) -> None:
    store = ring["memory"].tenant(next(NAMES))
    with store.unit() as unit:
        _record(unit, SHAPE)
    text = text_of(store)
    for kind in STORES:
        assert text_of(moved(text, ring[kind])) == text
        with pytest.raises(BrokenJournal):
            moved(text.replace(SHAPE.subject, "All is well"), ring[kind])


def test_the_demonstration_goes_around(ring: dict[str, EngineStore]) -> None:
    log_map = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
    store = ring["memory"].tenant(next(NAMES))
    crm = connect(store, clock=FixedClock(NOW))
    replay(crm, read_log(DEMO / "water_utility.csv", log_map), log_map)
    text = text_of(store)

    for copy in around(ring, store, "memory"):
        assert text_of(copy) == text
        again = replay(connect(copy, clock=FixedClock(NOW)), read_log(DEMO / "water_utility.csv", log_map), log_map)
        assert (again.events, again.new) == (2_111, 0)
