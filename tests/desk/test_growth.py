"""What a call costs does not grow with what lies around: records of strangers, and those of other tenants.

Every call of a desk is made in the same world among few neighbours and among ten times as many, and taken back. What is
counted is the instructions that SQLite runs for it: the same in every run.
"""

import contextlib
import inspect
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from servicecrm.cases import RequestType
from servicecrm.desk import Desk, connect
from servicecrm.errors import PolicyViolation
from servicecrm.storage.sqlite_engine import SQLiteEngine
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from tests.desk.calling import (
    MAKES,
    REGISTERS,
    SLICES,
    WAYS,
    arguments_of,
    bring,
    call_of,
    looked_up,
    named_by,
    public,
)
from tests.desk.neighbours import add_strangers, add_tenants
from tests.desk.test_hostile import ALONE, APART, COMPLAINTS, OUTSIDE, Undone, with_a_failed_notice

FEW: Final = 10
MANY: Final = 100
"""How many strangers there are for each record, or other tenants; among the few, pages are full already."""
LIMIT: Final = 5
"""How many records are asked for, where a call can be told that."""

ALL: Final = "asks about all records of the kind"
DUE: Final = "reads all that may be due, to tell what is"
GROWING: Final[Mapping[str, str]] = {
    **{f"{part}.count": "counts all records of the kind" for part in REGISTERS},
    **{
        f"{part}.search": "reads all texts of the kind until enough are found, here to the end"
        for part, of in REGISTERS.items()
        if of._kind.search is not None
    },
    "agreements.advance": "reads all whose day may have come, and each copy begins tomorrow, as the original does",
    "customers.duplicates": "compares all customers with each other",
    "customers.gaps": ALL,
    "kpis": ALL,
    "needs.wanted": ALL,
    "numbers.board": "lists all that is open",
    "numbers.customers": ALL,
    "numbers.follow_ups": ALL,
    "numbers.kpis": ALL,
    "outbox.counts": "counts all notices, those that were delivered too",
    "portfolio_snapshots.take": "writes down a line for every customer",
    "report_specs.due": DUE,
    "review_schedules.dues": DUE,
    "review_schedules.overdue": DUE,
    "services.catalogue": "lists all that are live",
    "sweep": "reads all open schedules and all gatherings that a schedule asked for, to find what was missed",
}
"""The calls that cost more the more records there are, and why. Where one is mended, its line goes."""


class World(NamedTuple):
    """A desk with a record in each state, and what lies around."""

    crm: Desk
    ids: Mapping[tuple[str, str], str]
    connection: sqlite3.Connection
    """The only one that the store has opened."""

    def steps(self, call: Callable[[Desk], object], *, undo: bool = True) -> int:
        """How many instructions SQLite runs for a call, of which nothing is kept."""
        done: list[None] = []
        with contextlib.suppress(Undone), self.crm.unit() if undo else contextlib.nullcontext():
            self.connection.set_progress_handler(partial(done.append, None), 1)
            try:
                given = call(self.crm)
                for _ in given if isinstance(given, Iterator) else ():
                    pass
            finally:
                self.connection.set_progress_handler(None, 1)
            raise Undone
        return len(done)

    def steps_of(self, name: str) -> int:
        """The same of a public call, as it is taken."""
        about, part, state, told = call_of(name)
        id = "" if about is None else self.ids[part, str(state)]
        named = {} if about is None else {about: named_by(about, getattr(self.crm, part).get(id))}
        limited = {"limit": LIMIT} if "limit" in arguments_of(name) else {}
        absent = {"text": "stands nowhere"} if name.endswith(".search") else {}
        arguments = looked_up(self.crm, {**named, **told, **limited, **absent}, id)
        return self.steps(lambda crm: attrgetter(name)(crm)(**arguments), undo=name not in OUTSIDE)


@contextlib.contextmanager
def desk_on(file: Path, seed: int) -> Iterator[Desk]:
    with connect(file, actor="ann@city.example", clock=FixedClock(), ids=SeededIds(seed)) as crm:
        yield crm


def populated(crm: Desk) -> dict[tuple[str, str], str]:
    """The ids of a record in each state. What can be about a customer, or a service, is about one and the same."""
    crm.policies.publish(RequestType(code="leak"), effective=MONDAY)
    crm.policies.publish(COMPLAINTS, name="complaint", effective=MONDAY)
    first = ("customers", "services")
    ids = {(part, state): bring(crm, part, state).id for part in first for state in WAYS[part]}
    customer, service = ids["customers", "active"], ids["services", "live"]
    hub = {"customer": customer, "requester": customer, "service": service}
    for part, ways in WAYS.items():
        if part not in first:
            about = {name: hub[name] for name in arguments_of(f"{part}.{MAKES[part]}").keys() & hub}
            ids |= {(part, state): brought(crm, part, state, about) for state in ways}
    crm.store.atomically(with_a_failed_notice, claiming=True)
    return ids


def brought(crm: Desk, part: str, state: str, about: Mapping[str, str]) -> str:
    """A record about somebody, or about somebody else if a customer can have only one of these."""
    try:
        record = bring(crm, part, state, **about)
    except PolicyViolation:
        record = bring(crm, part, state)
    return str(record.id)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., World]]:
    """Gives the world as it is, or with so many neighbours."""
    folder = tmp_path_factory.mktemp("growth")
    with desk_on(folder / "0.db", 0) as crm:
        ids = populated(crm)
    made: dict[object, World] = {}
    with contextlib.ExitStack() as opened:

        def among(add: Callable[[Path, int], None], number: int) -> World:
            if (add, number) not in made:
                file = Path(shutil.copy(folder / "0.db", folder / f"{len(made) + 1}.db"))
                add(file, number)
                crm = opened.enter_context(desk_on(file, 1))
                made[add, number] = World(crm, ids, connection_of(crm))
            return made[add, number]

        yield among


def connection_of(crm: Desk) -> sqlite3.Connection:
    engine = crm.store.engine
    assert isinstance(engine, SQLiteEngine)
    with crm.unit():
        assert engine._turn.group is not None
        return engine._turn.group.connection


def names(of: str) -> list[str]:
    """All public calls of a part, or of the desk itself, that can be made in a unit; those that slices share too."""
    if not of:
        own = {name for name in public(Desk) if inspect.isfunction(getattr(Desk, name))}
        return sorted(own - ALONE - APART)
    left_out = set()
    if of in REGISTERS:
        kind = REGISTERS[of]._kind
        if kind.search is None:
            left_out.add("search")
        if REGISTERS[of]._work[0] not in {column.name for column in kind.columns}:
            left_out.add("worklist")
    return [f"{of}.{name}" for name in sorted(public(SLICES[of]) - left_out)]


def grows(few: int, many: int) -> bool:
    return many > 1.1 * few + 10


def growing(few: World, many: World, calls: list[str]) -> dict[str, tuple[int, int]]:
    """The calls that cost more among more neighbours, with the instructions that they take."""
    steps = {name: (few.steps_of(name), many.steps_of(name)) for name in calls}
    return {name: both for name, both in steps.items() if grows(*both)}


every_part = pytest.mark.parametrize("part", ["", *sorted(SLICES)], ids=lambda part: part or "desk")


@every_part
def test_a_call_costs_the_same_among_ten_times_as_many_strangers(world: Callable[..., World], part: str) -> None:
    found = growing(world(add_strangers, FEW), world(add_strangers, MANY), names(part))
    known = GROWING.keys() & {*names(part)}

    assert {name: both for name, both in found.items() if name not in known} == {}
    assert known - found.keys() == set(), "they do not grow any more; strike them from the table"


@every_part
def test_a_call_costs_the_same_among_a_hundred_other_tenants(world: Callable[..., World], part: str) -> None:
    assert growing(world(add_tenants, 1), world(add_tenants, MANY), names(part)) == {}


def test_only_calls_that_are_there_may_grow() -> None:
    assert GROWING.keys() <= {name for part in ("", *SLICES) for name in names(part)}


# -- controls ----------------------------------------------------------------------------------------


def test_a_call_that_misses_an_index_is_found(world: Callable[..., World]) -> None:
    few, many = (world(add_strangers, number) for number in (FEW // 5, MANY // 5))  # worlds of its own
    before = growing(few, many, names("customers"))
    for each in few, many:
        indexes = each.connection.execute("SELECT name FROM sqlite_master WHERE name GLOB 'servicecrm_complaint_cust*'")
        for (index,) in indexes.fetchall():
            each.connection.execute(f"DROP INDEX {index}")

    found = growing(few, many, names("customers")).keys() - before.keys()
    assert found >= {"customers.access", "customers.forget"}


def test_a_call_that_asks_about_all_tenants_is_found(world: Callable[..., World]) -> None:
    one, many = (world(add_tenants, number).steps(lambda crm: crm.store.tenants()) for number in (1, MANY))

    assert grows(one, many)
