"""Nobody can tell what another tenant has, or whether there is one: not by any method of a desk, a unit or a store.

Every method is called in two stores: in a crowded one, where another tenant holds what is asked for, and in a lonely
one, where nobody does. Whatever is answered, raised and saved has to be the same. What is called at the slices, which
are all alike, follows from the signatures.
"""  # C124

import contextlib
import inspect
import io
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.resources import files
from itertools import islice, takewhile
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import psycopg
import pytest

from servicecrm import cases, complaints
from servicecrm.calendars import Calendar
from servicecrm.cases import Case, CasePolicy, RequestType, Router, Routing
from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import ServiceCRMError
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import AllOf, Filter, search, where
from servicecrm.kernel.kinds import ColumnType, Kind
from servicecrm.kernel.records import evolve
from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage.journal import EntryRow, SealRow
from servicecrm.storage.ports import Command, Delivery, Head, Notice, Outcome, Page, Program, Queued
from servicecrm.storage.postgres import PostgresStore, install
from servicecrm.storage.postgres.dialect import POSTGRES
from servicecrm.storage.rows import (
    Change,
    CommandRow,
    NoticeRow,
    NumberRow,
    Position,
    Query,
    RecordRow,
    Tables,
    ask,
)
from servicecrm.storage.statements import SQLITE, Dialect, Rows, SQLTables, Statement, Statements
from servicecrm.storage.store import EngineStore, EngineUnit
from servicecrm.storage.transfer import exported
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import ActionItem, Ladder, Message, Rung, Targets, action_items, usual, write
from tests.desk.calling import (
    ABOUT,
    MAKES,
    REGISTERS,
    SLICES,
    WITH_CLOCKS,
    arguments_of,
    call_of,
    looked_up,
    public,
    slices_of,
)
from tests.desk.calls.records import further, token_of
from tests.servers import Postgres
from tests.stores import clean_schema, execute

BY = "ann@city.example"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
CANARY = "canary"
DEMO = Path(str(files("servicecrm"))) / "demo"
LOG_MAP = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
OTHER_MAP = evolve(LOG_MAP, fold=not LOG_MAP.fold)
LOG = list(islice(read_log(DEMO / "water_utility.csv", LOG_MAP), 5))


# -- what the two tenants have -------------------------------------------------------------------


class Foreign(NamedTuple):
    """What somebody here could have got hold of that belongs there."""

    cursors: Mapping[str, str]
    pending: str
    failed: str
    delivery: Delivery
    head: Head
    export: str


class World(NamedTuple):
    """A desk of the tenant here, and what it knows of the other one."""

    desk: Desk
    foreign: Foreign

    def in_unit(self, function: Callable[[EngineUnit], object], *, claiming: bool = False) -> object:
        with self.desk.store.unit(claiming=claiming) as unit:
            return function(unit)


def handled(id: str, subject: str, *, number: str | None = None, tags: Sequence[str] = ()) -> Decision[Complaint]:
    decision = complaints.record(
        id=id, number=number, subject=subject, channel="phone", tags=frozenset(tags), by=BY, at=AT
    )
    decision = decision.then(complaints.acknowledge, by=BY, at=AT)
    return decision.then(complaints.assign, "north", by=BY, at=AT)


def accepted(id: str, subject: str, *, number: str, tags: Sequence[str]) -> Decision[Case]:
    decision = cases.open(
        id=id, number=number, subject=subject, channel="phone", requester=id, tags=frozenset(tags), by=BY, at=AT
    )
    decision = decision.then(cases.route, Routing(queue="water", handler=BY), by=BY, at=AT)
    return decision.then(cases.accept, by=BY, at=AT)


def item(id: str, title: str, *, number: str) -> Decision[ActionItem]:
    return action_items.open(
        title, id=id, number=number, source_kind="case", source=id, owner=BY, due_at=AT + DAY, by=BY, at=AT
    )


def notice(key: str) -> Notice:
    return Notice(key=key, topic="mail", recipient="w", kind="complaint", id="same")


def furnish(desk: Desk, *, wholly: bool) -> None:
    """What the tenant here has; wholly, also what is not about complaints and cases."""
    with desk.unit() as unit:
        desk.save(
            handled("same", "Mine", number="CMP-2026-000001", tags=["mine"]),
            accepted("same", "Mine", number="CAS-2026-000001", tags=["mine"]),
            item("same", "Mine", number="ACT-2026-000001"),
        )
        if wholly:
            desk.save(*further("same", 1, "mine"))
        unit.save(notices=[notice("n-same")])


def crowd(store: EngineStore) -> Foreign:
    """What the tenant there has: the same ids and more, all of it marked."""
    desk = desk_of(store, "there", seed=9)
    desk.save(handled("first", CANARY))
    desk.store.seal()  # so that what follows stands in another seal than the first entries here
    for id, n in (("same", 6), ("theirs", 7)):
        complaint = handled(id, CANARY, number=f"CMP-2026-{n:06}", tags=[CANARY, "mine"])
        complaint = complaint.then(complaints.forward, CANARY, by=BY, at=AT)
        case = accepted(id, CANARY, number=f"CAS-2026-{n:06}", tags=[CANARY, "mine"])
        desk.save(
            complaint.then(complaints.amend, category=CANARY, by=BY, at=AT),
            case.then(cases.forward, CANARY, reason=CANARY, by=BY, at=AT),
            item(id, CANARY, number=f"ACT-2026-{n:06}").then(action_items.reassign, CANARY, by=BY, at=AT),
            message(f"m-{id}", id),
        )
        desk.save(*further(id, n, CANARY))
    for part, new in MAKES.items():
        if part in COMMANDED:
            about, _, _, told = call_of(f"{part}.{new}")
            named = {} if about is None else {about: "theirs"}
            attrgetter(f"{part}.{new}")(desk)(**looked_up(desk, {**told, **named}, ""), command=f"k-{part}")
    for policy, name in RULES:
        desk.policies.publish(policy, name=name, effective=AT)
    desk.replay(LOG, LOG_MAP)
    desk.store.atomically(lambda unit: unit.save(notices=[notice("n-theirs"), notice("n-same"), notice("n-more")]))
    claimed = desk.store.atomically(lambda unit: unit.claim("w", now=AT, limit=1), claiming=True)
    desk.store.atomically(lambda unit: unit.save(notices=[notice("n-dead"), notice("n-gone")]))
    bury(desk.store, skip=2)
    text = io.StringIO()
    desk.export(text)
    cursors = {part: getattr(desk, part).page(order=backwards(part), limit=1).next for part in REGISTERS}
    pending, failed = desk.outbox.pending(limit=1).next, desk.outbox.failed(limit=1).next
    assert all(cursors.values())
    assert pending
    assert failed
    return Foreign(cursors, pending, failed, claimed[0], desk.store.head(), text.getvalue())


def backwards(part: str) -> str:
    """An order in which what was made last comes first."""
    return "-number" if REGISTERS[part]._kind.prefix else "-id"


def bury(store: EngineStore, *, skip: int = 0) -> None:
    """Give up all notices that wait, except for the first ones."""

    def give_up(unit: EngineUnit) -> None:
        claimed = unit.claim("w", now=AT)
        unit.settle(claimed[:skip], delivered=False)
        unit.settle(claimed[skip:], delivered=False, dead=True)

    store.atomically(give_up, claiming=True)


def message(id: str, about: str) -> Decision[Message]:
    return write(CANARY, id=id, about_kind="complaint", about=about, side="outside", klass="substantive", by=BY, at=AT)


def desk_of(store: EngineStore, tenant: str, *, seed: int = 0, house: House | None = None) -> Desk:
    return connect(store, actor=BY, tenant=tenant, clock=FixedClock(AT), ids=SeededIds(seed), house=house)


# -- what can be called --------------------------------------------------------------------------

Call = Callable[[World], object]
CallById = Callable[[World, str, str | None], object]

LADDER = Ladder(rungs=(Rung(at="due", to="chief"),))
RULES: Sequence[tuple[Any, str | None]] = (
    (ComplaintPolicy(), None),
    (CasePolicy(), None),
    (Router(default=CANARY), None),
    (RequestType(code="leak"), None),
    (Calendar(zone="UTC", hours="mon-sun 00:00-24:00"), "default"),
    (Targets(targets=(usual("resolution", "1h elapsed", ladder=LADDER),)), "complaint"),
    (Targets(targets=(usual("accept", "1h elapsed", ladder=LADDER),)), "case"),
)
"""Rules of every type, with the names of those that have one."""

BY_ID: Mapping[str, Sequence[CallById]] = {
    "desk.history": [lambda w, id, _: w.desk.history(id)],
    "desk.save": [
        lambda w, id, k: w.desk.save(changed(id), command=named(k)),
        lambda w, id, k: w.desk.save(complaints.record(id=id, **NEW), command=named(k)),
        lambda w, id, k: w.desk.save(message("m-new", id), command=named(k)),
    ],
    "desk.status": [lambda w, id, _: w.desk.status(id), lambda w, id, _: w.desk.status(id, audience="handler")],
    "desk.timers": [lambda w, id, _: w.desk.timers(id)],
    "desk.escalate": [
        lambda w, id, k: w.desk.escalate(id, "chief", reason="a school", timer="resolution", command=k),
        lambda w, id, _: (by_rules(w, "complaint"), w.desk.escalate(id, "chief", reason="x", timer="resolution")),
    ],
    "actions.open": [
        lambda w, id, k: w.desk.actions.open("x", source_kind="case", source=id, owner="w", due_at=AT, command=k),
    ],
    "policies.publish": [lambda w, _, k: w.desk.policies.publish(ComplaintPolicy(), effective=AT + DAY, command=k)],
    "complaints.assign_all": [lambda w, id, k: w.desk.complaints.assign_all(["same", id], "south", command=k)],
    "unit.get": [
        lambda w, id, _: w.in_unit(lambda unit: unit.get(Complaint, id)),
        lambda w, id, _: w.in_unit(lambda unit: unit.get(Message, id)),
    ],
    "unit.history": [
        lambda w, id, _: w.in_unit(lambda unit: unit.history(Complaint, id)),
        lambda w, id, _: w.in_unit(lambda unit: unit.history(Message, id)),
    ],
    "unit.save": [
        lambda w, id, _: w.in_unit(lambda unit: unit.save(changed(id))),
        lambda w, id, _: w.in_unit(lambda unit: unit.save(complaints.record(id=id, **NEW), message("m-new", id))),
        lambda w, id, _: w.in_unit(lambda unit: unit.save(complaints.record(id="new", number=id, **NEW))),
        lambda w, id, _: w.in_unit(lambda unit: unit.save(notices=[notice(id), notice("n-theirs")])),
    ],
    "unit.outcome": [lambda w, _, k: outcome_of(w, k)],
    "store.unit": [lambda w, _, k: outcome_of(w, k)],
}
"""What takes an id, or the name of a command: each case is tried with those of the tenant there."""

NEW: Mapping[str, Any] = {"subject": "New", "channel": "web", "by": BY, "at": AT}
FILTERS = (
    AllOf(),
    where("customer") == "theirs",
    where("tags").has(CANARY),
    where("tags").has("mine"),
    ~where("tags").has("mine"),
    search(CANARY),
    ~search("nothing"),
    (where("id") == "theirs") | (where("handler") == "north"),
    ~(where("category") == "other"),
    where("number").one_of(["CMP-2026-000007", None]),
)


def filtered(call: Callable[[World, Filter], object]) -> list[Call]:
    """A case for each filter."""
    return [partial(lambda f, w: call(w, f), f) for f in FILTERS]


OTHERS: Mapping[str, Sequence[Call]] = {
    "desk.worklist": [lambda w: w.desk.worklist("north"), lambda w: w.desk.worklist(CANARY)],
    "desk.kpis": [lambda w: w.desk.kpis("2026-03").to_dicts(), lambda w: w.desk.kpis("2026", by="customer").to_dicts()],
    "numbers.kpis": [lambda w: w.desk.numbers.kpis("2026-03", of="case").to_dicts()],
    "numbers.board": [lambda w: w.desk.numbers.board(), lambda w: w.desk.numbers.board(of="case")],
    "numbers.customers": [lambda w: w.desk.numbers.customers("2026-03").to_dicts()],
    "numbers.follow_ups": [lambda w: w.desk.numbers.follow_ups()],
    "privacy.access": [lambda w: w.desk.privacy.access("mia"), lambda w: w.desk.privacy.access(CANARY)],
    "privacy.forget": [
        lambda w: w.desk.privacy.forget("max", "asked for"),
        lambda w: w.desk.privacy.forget(CANARY, "asked for"),
        lambda w: w.desk.privacy.forget("mine", "asked for", also=["same"]),
    ],
    "desk.sweep": [
        lambda w: w.desk.sweep(),
        lambda w: (w.desk.sweep(AT + 30 * DAY), w.desk.sweep(AT + 30 * DAY)),
        lambda w: (by_rules(w, "complaint"), w.desk.sweep(AT + 30 * DAY)),
    ],
    "desk.export": [lambda w: export(w.desk)],
    "desk.import_": [
        lambda w: w.desk.import_(io.StringIO(w.foreign.export)),
        lambda w: moved(w.desk.tenant(f"{w.desk.store.name} new"), w.foreign.export),
    ],
    "desk.replay": [
        lambda w: w.desk.replay(LOG, LOG_MAP),
        lambda w: w.desk.replay(LOG, OTHER_MAP),
    ],
    "desk.unit": [lambda w: (seen_in_unit(w), w.desk.complaints.count())],
    "desk.perform": [lambda w: w.desk.perform(lambda work: work.count(Complaint), readonly=True)],
    "desk.acting_as": [lambda w: list(w.desk.acting_as("bob").complaints.find())],
    "outbox.pending": [
        lambda w: w.desk.outbox.pending(),
        lambda w: w.desk.outbox.pending(limit=1, after=w.foreign.pending),
    ],
    "outbox.failed": [
        lambda w: w.desk.outbox.failed(),
        lambda w: (failed_of(w.desk), w.desk.outbox.failed(after=w.foreign.failed)),
    ],
    "outbox.counts": [lambda w: w.desk.outbox.counts()],
    "outbox.retry": [
        lambda w: w.desk.outbox.retry("n-dead"),
        lambda w: given_back(w.desk),
    ],
    "policies.book": [
        partial(lambda p, n, w: w.desk.policies.book(type(p), n or named_by(p)), *rule) for rule in RULES
    ],
    "policies.in_force": [
        partial(lambda p, n, w: w.desk.policies.in_force(type(p), n or named_by(p)), *rule) for rule in RULES
    ],
    "policies.publish": [
        partial(lambda p, n, w: w.desk.policies.publish(p, name=n, effective=AT - DAY), *rule) for rule in RULES
    ],
    "unit.find": [
        *filtered(lambda w, f: w.in_unit(lambda unit: unit.find(Complaint, f))),
        lambda w: w.in_unit(lambda unit: unit.find(Message, where("about") == "theirs")),
    ],
    "unit.count": [lambda w: w.in_unit(lambda unit: (unit.count(Complaint), unit.count(Message)))],
    "unit.rows": [
        lambda w: w.in_unit(lambda unit: unit.rows(Complaint, ["id", "number", "category"])),
        lambda w: w.in_unit(
            lambda unit: unit.rows(Complaint, ["id"], order="-number", after=w.foreign.cursors["complaints"], limit=1)
        ),
    ],
    "unit.number": [lambda w: w.in_unit(lambda unit: [unit.number(Complaint, year) for year in (2026, 2027)])],
    "unit.claim": [
        lambda w: w.in_unit(lambda unit: unit.claim("w", now=AT), claiming=True),
        lambda w: w.in_unit(lambda unit: (unit.claim("w", now=AT), unit.settle([w.foreign.delivery])), claiming=True),
    ],
    "unit.settle": [
        lambda w: w.in_unit(lambda unit: unit.settle([w.foreign.delivery]), claiming=True),
        lambda w: w.in_unit(lambda unit: unit.settle([w.foreign.delivery], delivered=False, retry_at=AT)),
        lambda w: w.in_unit(lambda unit: unit.settle([w.foreign.delivery], delivered=False, dead=True)),
        lambda w: w.in_unit(lambda unit: unit.settle(unit.claim("v", now=AT)), claiming=True),
    ],
    "unit.take": filtered(lambda w, f: w.in_unit(lambda unit: unit.take(Complaint, f), claiming=True)),
    "store.perform": [lambda w: w.desk.store.perform(lambda work: work.present(Complaint, ["theirs", "same"]))],
    "store.atomically": [lambda w: w.in_unit(lambda unit: unit.count(Complaint))],
    "store.seal": [lambda w: (w.desk.store.seal(), w.desk.store.head())],
    "store.head": [lambda w: w.desk.store.head()],
    "store.verify": [
        lambda w: w.desk.store.verify(),
        lambda w: w.desk.store.verify(w.foreign.head),
        lambda w: (w.desk.store.seal(), w.desk.store.verify(w.desk.store.head())),
    ],
}
"""What takes no id, or another thing that may be foreign."""

NOT_OF_ONE_TENANT = {
    "desk.tenant": "gives the desk of another tenant, to whoever may have it",
    "store.tenant": "gives the store of another tenant",
    "store.tenants": "lists the names of all tenants, for the operator",
    "desk.backup": "copies the whole file, for the operator",
    "store.backup": "copies the whole file, for the operator",
    "desk.on": "hears of the changes at every desk that came from the same one",
    "desk.hook_errors": "are those of every desk that came from the same one",
    "desk.committed": "tells what this desk did on a host's connection",
    "desk.rolled_back": "tells what this desk did on a host's connection",
    "store.committed": "tells what this store did on a host's connection",
    "store.rolled_back": "tells what this store did on a host's connection",
    "store.join": "takes a connection of the host's",
    "store.close": "reads and writes nothing",
    "desk.close": "reads and writes nothing",
    "desk.actor": "is this desk's own",
    "desk.profile": "says how the database is set up",
    "store.profile": "says how the database is set up",
    "store.path": "names the file",
    "store.kinds": "are the same for every tenant",
    "store.in_unit": "says whether a unit is open here",
}
"""What is no matter of a tenant, and why."""


def named_by(policy: object) -> str | None:
    """The name that rules tell themselves."""
    return policy.code if isinstance(policy, RequestType) else None


def by_rules(world: World, kind: str) -> object:
    """Publish targets for a kind of record, as the tenant there has them."""
    (targets,) = (policy for policy, name in RULES if name == kind)
    return world.desk.policies.publish(targets, name=kind, effective=AT - DAY)


def named(command: str | None) -> Command | None:
    return None if command is None else Command(id=command, fingerprint="save")


def changed(id: str) -> Decision[Complaint]:
    """A change of a record as somebody here could have it in hand."""
    found = evolve(handled(id, "Mine").after, revision=1)
    return complaints.amend(found, category="new", tags=frozenset({"new"}), by=BY, at=AT)


def outcome_of(world: World, command: str | None) -> object:
    with world.desk.store.unit(named(command or "k-new")) as unit:
        if unit.outcome is None:
            unit.save(complaints.record(id="new", **NEW))
        return unit.outcome


def seen_in_unit(world: World) -> object:
    with world.desk.unit() as unit:
        return unit.count(Complaint), world.desk.complaints.count()


def failed_of(desk: Desk) -> Page[Queued]:
    """The notices here, which were all given up."""
    bury(desk.store)
    return desk.outbox.failed()


def given_back(desk: Desk) -> Page[Queued]:
    """The notices here, which were all given up and then given back."""
    for queued in failed_of(desk):
        desk.outbox.retry(queued.key)
    return desk.outbox.pending()


def moved(desk: Desk, text: str) -> object:
    """An export of the tenant there, taken in by a tenant here, is a copy of its own."""
    lines = desk.import_(io.StringIO(text))
    desk.complaints.amend("theirs", category="new")
    return lines, list(desk.complaints.find()), desk.store.verify(), state(desk.store)


# -- what is seen --------------------------------------------------------------------------------


def outcome(call: Call, world: World) -> object:
    """Everything that a caller could see of a call: what it gives, or its error with text, attributes and notes."""
    try:
        return "gave", told(call(world))
    except ServiceCRMError as error:
        notes = getattr(error, "__notes__", [])
        return "raised", type(error).__name__, masked(str(error)), told(vars(error)), told(notes)


CHANGING = {"until", "claimed_until", "failed_at", "hash"}
"""What differs from run to run: the clock of the database, and hashes over salts made by chance."""


def told(value: object) -> object:
    kind = type(value)
    if attrs.has(kind):
        names = [field.name for field in attrs.fields(kind) if field.name not in CHANGING]
        return kind.__name__, {name: told(getattr(value, name)) for name in names}
    if callable(value):  # what is found out when somebody asks
        return told(value())
    if isinstance(value, Mapping):
        return {str(key): told(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return masked(str(value)) if isinstance(value, str) else value


def masked(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{32,}\b", "<hash>", re.sub(r"\b\d{16}\b", "<time>", text))
    return re.sub(r"(?<![\w-])[\w-]{32}(?![\w-])", "<token>", text)


def export(desk: Desk) -> list[str]:
    text = io.StringIO()
    desk.export(text)
    return text.getvalue().splitlines()


class Everything(NamedTuple):
    """All that is stored of a tenant."""

    lines: list[str]
    notices: list[NoticeRow]
    tagged: list[str]


def rows_of(store: EngineStore) -> Everything:
    lines: list[str] = []

    def program(work: Work) -> Program[Everything]:
        yield from exported(store.kinds, lines.append)
        notices = yield from ask(Tables.notices_after, 0, 1_000)
        tagged: list[str] = []
        for kind in (Complaint, Case):
            tagged += [record.id for record in (yield from work.find(kind, where("tags").has("mine")))]
        return Everything(lines, notices, tagged)

    return store.perform(program, readonly=True)


def state(store: EngineStore) -> object:
    """All that is stored of a tenant, apart from what differs from run to run."""
    lines, notices, tagged = rows_of(store)
    claimed = [(row.key, row.attempt, row.worker, row.claimed_until is None) for row in notices]
    return [masked(line) for line in lines], claimed, tagged


# -- the stores ----------------------------------------------------------------------------------


class Twins:
    """The two stores; the lonely one is a new one, or was emptied, for each method."""

    def __init__(self, crowded: EngineStore, lonely: Callable[[], AbstractContextManager[EngineStore]]) -> None:
        self.crowded, self.lonely = crowded, lonely
        self.foreign = crowd(crowded)
        self.there = rows_of(crowded.tenant("there"))
        self.n = 0

    def check(self, calls: Iterable[Call], *, wholly: bool = False) -> None:
        """Do all calls in both stores, for a new tenant after each that has changed something, and compare.

        The tenant has records of all kinds if it is `wholly` furnished.

        Raises:
            AssertionError: somebody could see a difference, or something of the tenant there has changed.
        """
        with self.lonely() as lonely:
            stores = {self.crowded: self.there, lonely: rows_of(lonely.tenant("there"))}
            desks: list[Desk] = []
            before: object = None
            for call in calls:
                if not desks:
                    self.n += 1
                    desks = [self.furnished(store, wholly=wholly) for store in stores]
                    before = state(desks[0].store)
                (seen, after), other = (self.seen(desk, call) for desk in desks)
                assert (seen, after) == other, "somebody can tell"
                desks = desks if after == before else []
            for store, there in stores.items():
                assert rows_of(store.tenant("there")) == there, "something of another tenant has changed"

    def furnished(self, store: EngineStore, *, wholly: bool) -> Desk:
        """The desk of a new tenant."""
        desk = desk_of(store, f"here {self.n}", house=House())
        furnish(desk, wholly=wholly)
        assert desk.store.name in store.tenants()
        return desk

    def seen(self, desk: Desk, call: Call) -> tuple[object, object]:
        """All that a tenant could see of a call, and all that is stored of it then."""
        return outcome(call, World(desk, self.foreign)), state(desk.store)


@contextlib.contextmanager
def apart(postgres: Postgres) -> Iterator[tuple[PostgresStore, str]]:
    """A store behind row level security, and its schema."""
    role, schema = postgres.role("app"), postgres.schema()
    with psycopg.connect(postgres.url) as connection:
        install(connection, schema=schema, tenants_apart=True)
    execute(
        postgres,
        f"GRANT USAGE ON SCHEMA {schema} TO {role.name};"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role.name};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role.name}",
    )
    with PostgresStore(role.url, schema=schema, tenants_apart=True) as store:
        yield store, schema


@contextlib.contextmanager
def plain(postgres: Postgres) -> Iterator[tuple[PostgresStore, str]]:
    with clean_schema(postgres) as schema, PostgresStore(postgres.url, schema=schema) as store:
        yield store, schema


@contextlib.contextmanager
def on_postgres(
    postgres: Postgres, opened: Callable[[Postgres], AbstractContextManager[tuple[PostgresStore, str]]]
) -> Iterator[Twins]:
    with opened(postgres) as (crowded, _), opened(postgres) as (empty, schema):

        @contextlib.contextmanager
        def lonely() -> Iterator[EngineStore]:
            yield empty
            with psycopg.connect(postgres.url) as connection:
                names = [name for (name,) in connection.execute(TABLES, (schema,))]
                connection.execute(f"TRUNCATE {', '.join(names)}".encode())

        yield Twins(crowded, lonely)


TABLES = (
    "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname = %s AND tablename <> 'servicecrm_version'"
)


@contextlib.contextmanager
def on_sqlite(folder: Path, *, seals: bool = True) -> Iterator[Twins]:
    names = (folder / f"{n}.db" for n in range(1_000))

    @contextlib.contextmanager
    def opened() -> Iterator[EngineStore]:
        with SQLiteStore(next(names)) as store:
            store.engine.seals = seals
            yield store

    with opened() as crowded:
        yield Twins(crowded, opened)


@contextlib.contextmanager
def in_memory() -> Iterator[Twins]:
    with MemoryStore() as crowded:
        yield Twins(crowded, MemoryStore)


@pytest.fixture(
    scope="module", params=["memory", "sqlite", "postgres", pytest.param("postgres apart", marks=pytest.mark.torture)]
)
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    if request.param == "memory":
        made = in_memory()
    elif request.param == "sqlite":
        made = on_sqlite(tmp_path_factory.mktemp("tenants"))
    else:
        made = on_postgres(request.getfixturevalue("postgres"), apart if request.param == "postgres apart" else plain)
    with made as twins:
        yield twins


# -- no method tells -----------------------------------------------------------------------------

IDS = ["theirs", "CMP-2026-000007", "CAS-2026-000007", "m-theirs", "same", "CMP-2026-000001"]


def calls(name: str) -> Iterator[Call]:
    """All cases of a method."""
    yield from OTHERS.get(name, ())
    for by_id in BY_ID.get(name, ()):
        for id in IDS:
            yield partial(by_id_of, by_id, id, None)
        yield partial(by_id_of, by_id, "same", "k-complaints")
    if name in OF_SLICES:
        yield from from_signature(name)


def by_id_of(call: CallById, id: str, command: str | None, world: World) -> object:
    return call(world, id, command)


COMMANDED = {part for part, new in MAKES.items() if "command" in arguments_of(f"{part}.{new}")}
"""The parts where a command makes a record."""

OF_SLICES = {f"{part}.{method}" for part, of in REGISTERS.items() for method in public(of)}
"""The methods of the slices that are all alike, whose cases follow from their signatures."""

FURTHER = {name for name in OF_SLICES if name.partition(".")[0] not in WITH_CLOCKS}
"""Those about records without clocks. They ask a store as the others do, so that one kind of store is enough."""


def from_signature(name: str) -> Iterator[Call]:
    """A method of a slice with every id, text, command, cursor and filter that somebody could have got hold of."""
    part, _, method = name.partition(".")
    about, kept_by, _, told = call_of(name)
    kind, prefix = REGISTERS[part]._kind, REGISTERS[kept_by]._kind.prefix
    ids = [token_of(id) if about == "token" else id for id in ("same", "theirs")]
    ids += [] if prefix is None else [f"{prefix}-2026-000001", f"{prefix}-2026-000007"]
    parameters = inspect.signature(getattr(REGISTERS[part], method)).parameters

    def called(*filters: Filter, **more: object) -> Call:
        return partial(asked, name, filters, {**told, **({about: ids[0]} if about else {}), **more})

    yield called()
    if about is not None:
        yield from (called(**{about: id}) for id in ids)
    # What a command is told is kept at most; what is asked for may be found.
    values = ("theirs",) if "command" in parameters else ("theirs", CANARY)
    yield from (called(**{text: value}) for text in texts(name) for value in values)
    if "command" in parameters:
        yield called(command=f"k-{part}")
    if "filters" in parameters:
        yield from (called(filter) for filter in filters_of(kind))
    if "after" in parameters:
        order = {"order": backwards(part)} if "order" in parameters else {}
        yield lambda world: called(**order, after=world.foreign.cursors[part])(world)


def asked(name: str, filters: Sequence[Filter], told: Mapping[str, Any], world: World) -> object:
    method = attrgetter(name)(world.desk)
    looked = looked_up(world.desk, told, "same")
    named = {argument: [value] if argument == "complaints" else value for argument, value in looked.items()}
    if filters:
        before = takewhile(lambda p: p.kind is not p.VAR_POSITIONAL, inspect.signature(method).parameters.values())
        method = partial(method, *[named.pop(parameter.name) for parameter in before])
    given = method(*filters, **named)
    return list(given) if isinstance(given, Iterator) else given


def texts(name: str) -> Iterator[str]:
    """The arguments of a call that may be any text."""
    apart = {"command", "after", "order", *ABOUT}
    yield from (
        argument for argument, kind in arguments_of(name).items() if kind in (str, str | None) and argument not in apart
    )


def filters_of(kind: Kind[Any]) -> Iterator[Filter]:
    """Filters that would find what the tenant there has, and some that find what is left."""
    yield from (AllOf(), search(CANARY), ~search("nothing"), where("id") == "theirs")
    if kind.prefix is not None:
        yield where("number").one_of([f"{kind.prefix}-2026-000007", None])
    for column in kind.columns:
        if column.type is ColumnType.TEXT:
            yield (where(column.name) == CANARY) | (where(column.name) == "theirs")
    for term in kind.terms:
        yield from (where(term.name).has(CANARY), ~where(term.name).has("mine"))


@pytest.mark.parametrize("name", sorted({*BY_ID, *OTHERS, *OF_SLICES} - FURTHER))
def test_nobody_can_tell_what_another_tenant_has_by(twins: Twins, name: str) -> None:
    twins.check(calls(name))


@pytest.fixture(scope="module")
def sqlite_twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    with on_sqlite(tmp_path_factory.mktemp("further")) as twins:
        yield twins


@pytest.mark.parametrize("name", sorted(FURTHER))
def test_nobody_can_tell_what_another_tenant_has_by_what_has_no_clock(sqlite_twins: Twins, name: str) -> None:
    sqlite_twins.check(calls(name), wholly=True)


def methods(desk: type[Desk], store: type[EngineStore], unit: type[EngineUnit]) -> set[str]:
    """What can be called at a desk, at each of its slices, at its store, and in a unit."""
    slices = slices_of(desk)
    found = {f"desk.{name}" for name in public(desk) - set(slices)}
    found |= {f"{name}.{method}" for name, slice in slices.items() for method in public(slice)}
    return found | {f"store.{name}" for name in public(store)} | {f"unit.{name}" for name in public(unit) | {"outcome"}}


def unknown(desk: type[Desk], store: type[EngineStore], unit: type[EngineUnit]) -> set[str]:
    return methods(desk, store, unit) - {*BY_ID, *OTHERS, *OF_SLICES, *NOT_OF_ONE_TENANT}


@pytest.mark.parametrize("store", [MemoryStore, SQLiteStore, PostgresStore])
def test_every_method_has_a_case_or_says_why_it_needs_none(store: type[EngineStore]) -> None:
    assert unknown(Desk, store, EngineUnit) == set()


def test_no_case_is_for_a_method_that_is_gone() -> None:
    there = {name for store in (MemoryStore, SQLiteStore, PostgresStore) for name in methods(Desk, store, EngineUnit)}
    assert {*BY_ID, *OTHERS, *NOT_OF_ONE_TENANT} - there == set()
    assert not {*BY_ID, *OTHERS} & set(NOT_OF_ONE_TENANT)


def test_what_takes_a_command_is_tried_with_one_of_another_tenant() -> None:
    for name, slice in SLICES.items():
        for method in public(slice):
            if "command" in inspect.signature(getattr(slice, method)).parameters:
                assert f"{name}.{method}" in {*BY_ID, *OF_SLICES}


def test_a_new_method_without_a_case_is_found() -> None:
    """The control of the reflection."""

    class NewSlice:
        def send(self) -> None: ...

    NewSlice.__module__ = "servicecrm.desk.surveys"

    class NewDesk(Desk):
        def purge(self) -> None: ...

        @property
        def surveys(self) -> NewSlice:
            return NewSlice()

    class NewStore(MemoryStore):
        def compact(self) -> None: ...

    class NewUnit(EngineUnit):
        def erase(self) -> None: ...

    assert unknown(NewDesk, NewStore, NewUnit) == {
        "desk.purge",
        "surveys.send",
        "store.compact",
        "unit.erase",
    }


# -- the control: a store that forgets the tenant somewhere is found out ----------------------------


def forgetting(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the statements of one method forget whose rows they are for."""
    right, calls = getattr(SQLTables, method), iter(range(500))

    def careless(self: SQLTables, *arguments: Any, **named: Any) -> Statement | Statements | Rows:
        if method == "seal":
            assert next(calls, None) is not None, "sealing what belongs to another tenant would never end"
        asked: Statement | Statements | Rows = right(self, *arguments, **named)
        if isinstance(asked, Rows):
            rows = [("there", *row[1:]) for row in asked.rows]
            return asked._replace(rows=rows, each=asked.each and asked.each._replace(rows=rows))
        if "INSERT" not in asked.sql:
            return asked._replace(sql=asked.sql.replace("tenant = ?", "CAST(? AS TEXT) IS NOT NULL"))
        if isinstance(asked, Statement):
            return asked._replace(parameters=("there", *asked.parameters[1:]))
        return asked._replace(rows=[("there", *row[1:]) for row in asked.rows])

    monkeypatch.setattr(SQLTables, method, careless)


TELLS_ALL = {"tenants", "forget"}
"""The list of tenants is for the operator; and how a log is cut off concerns the whole file."""


# Two are asked only where units do not follow each other, and nobody here has notices about a person who is forgotten,
# or gave a name to a command; that they name their tenant is looked at below.
NOT_HERE = {"hold", "touch", "erase_notices", "erase_commands"}


@pytest.mark.parametrize("method", sorted(public(SQLTables) - TELLS_ALL - NOT_HERE))
def test_a_statement_that_forgets_the_tenant_is_found(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_sqlite(tmp_path, seals=False) as twins:  # so that sealing is tried too
        forgetting(method, monkeypatch)
        assert any(tells(twins, name) for name in (*OTHERS, *BY_ID, *sorted(OF_SLICES - FURTHER)))


def tells(twins: Twins, name: str) -> bool:
    try:
        twins.check(calls(name), wholly=name == "privacy.forget")  # only customers and the like hold people
    except (AssertionError, ServiceCRMError):
        return True
    return False


# -- every statement names the tenant, and every key begins with it ---------------------------------

TENANT = "the tenant"
WHEN = datetime(2026, 3, 2, tzinfo=UTC)
ROW = RecordRow("c-1", 1, 1, "{}")
FILTER = where("tags").has("a") & ~where("tags").has("b") | (where("category") == "x")
QUERY = Query(FILTER, order="number", limit=5, after=Position("CMP-2026-000001", "c-1"))

SAMPLES: Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]] = {
    "fetch": ((COMPLAINT, ["c-1", "c-2"]), {}),
    "hold": ((COMPLAINT, ["c-1", "c-2"]), {}),
    "touch": ((COMPLAINT, ["c-1", "c-2"]), {}),
    "select": ((COMPLAINT, QUERY), {}),
    "columns": ((COMPLAINT, ["id", "number"], QUERY._replace(taking=True)), {}),
    "count": ((COMPLAINT, FILTER), {}),
    "insert": ((COMPLAINT, [Change(ROW, {"number": "CMP-2026-000001"})]), {}),
    "update": ((COMPLAINT, [Change(ROW, {"number": "CMP-2026-000001"}, 1)]), {}),
    "add_terms": ((COMPLAINT, [("tags", "a", "c-1")]), {}),
    "drop_terms": ((COMPLAINT, [("tags", "a", "c-1")]), {}),
    "terms": ((COMPLAINT, ["c-1"]), {}),
    "append": (([EntryRow(*range(len(EntryRow._fields)))],), {}),
    "entries": (("complaint", ["c-1"]), {"type": "complaint.recorded"}),
    "entries_after": ((("complaint", "c-1", 1), 5), {}),
    "seal": ((1, 5), {}),
    "last_seal": ((), {}),
    "add_seal": ((SealRow(1, 1, "hash"),), {}),
    "seals_after": ((1, 5), {}),
    "sealed_hashes": ((1, 2), {}),
    "commands": ((["k-1", "k-2"],), {}),
    "add_commands": (([(Command(id="k", fingerprint="f"), Outcome(kind="k", id="c", revision=1))], WHEN), {}),
    "next_number": (("complaint", 2026, 1), {}),
    "reserve_number": (("complaint", 2026, 1), {}),
    "enqueue": (([notice("n-1")],), {}),
    "claim": (("w", WHEN, 5, timedelta(minutes=5)), {}),
    "settle": (
        (Delivery(notice=notice("n-1"), worker="w", attempt=1, until=WHEN),),
        {"delivered": False, "dead": False, "retry_at": None, "cause": None},
    ),
    "queued": (("n-1", 5), {"failed": False}),
    "queue_counts": ((), {}),
    "erase_entries": (("complaint", "c-1", 2), {}),
    "erase_commands": (("complaint", "c-1", "erased"), {}),
    "erase_notices": (("complaint", ["c-1"], "erased"), {}),
    "revive": (("n-1",), {}),
    "commands_after": (("k-1", 5), {}),
    "numbers": ((), {}),
    "notices_after": ((1, 5), {}),
    "put_commands": (([CommandRow("k", "f", "complaint", "c-1", 1, None, 1)],), {}),
    "put_numbers": (([NumberRow("complaint", 2026, 1)],), {}),
    "put_notices": (([NoticeRow("n", 1, "t", "r", "k", "c", "{}", None, 0, None, None, None)],), {}),
    "register": ((), {}),
}


def samples_of(method: str) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    assert method in SAMPLES, f"give arguments for {method} here, so that its statements are looked at"
    return SAMPLES[method]


def statements(dialect: Dialect, method: str) -> list[tuple[str, Sequence[Any]]]:
    """The statements of one request, with their parameters."""
    arguments, named_arguments = samples_of(method)
    asked = getattr(SQLTables(TENANT, dialect), method)(*arguments, **named_arguments)
    if isinstance(asked, Rows):
        asked = asked.statements
    return [(asked.sql, asked.parameters)] if isinstance(asked, Statement) else [(asked.sql, row) for row in asked.rows]


REFERENCE = re.compile(r"\b(FROM|UPDATE|INTO|JOIN) (servicecrm_\w+)")


def check_statement(sql: str, parameters: Sequence[Any]) -> None:
    """Each mention of a table has a condition of its own for the tenant, or puts it first into a new row."""
    mentions = list(REFERENCE.finditer(sql))
    assert mentions
    for mention, after in zip(mentions, [*mentions[1:], None], strict=True):
        part = sql[mention.end() : after.start() if after else len(sql)]
        if mention[1] == "INTO":
            found = re.match(r' \("?tenant"?[,)][^()]*\)? VALUES \((\?)', part)
            assert found, f"the tenant does not come first in a new row: {sql}"
        else:
            found = re.search(r"WHERE tenant = (\?)(?= AND |\)| ORDER|$)", part)
            assert found, f"no condition for the tenant: {sql}"
            assert " OR " not in beside(sql[mention.end() + found.end() :]), f"an OR beside the tenant: {sql}"
        at = mention.end() + found.start(1)
        assert parameters[sql[:at].count("?")] == TENANT, f"another value than the tenant: {sql}"


def beside(text: str) -> str:
    """What stands in the same parentheses as the beginning of a text."""
    depth, kept = 0, []
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            break
        kept.append(sign if depth == 0 else "")
    return "".join(kept)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("method", sorted(public(SQLTables) - {"tenant"} - TELLS_ALL))
def test_every_statement_names_the_tenant(method: str, dialect: Dialect) -> None:
    for sql, parameters in statements(dialect, method):
        check_statement(sql, parameters)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT id FROM servicecrm_complaint WHERE id = ?", ["c-1"]),
        ("SELECT id FROM servicecrm_complaint WHERE tenant = ? AND id = ?", ["c-1", TENANT]),
        ("SELECT id FROM servicecrm_complaint WHERE tenant = ? OR id = ?", [TENANT, "c-1"]),
        ("SELECT id FROM servicecrm_complaint WHERE tenant = ? AND id = ? OR id = ?", [TENANT, "c-1", "c-2"]),
        ("SELECT id FROM servicecrm_complaint JOIN servicecrm_message WHERE tenant = ?", [TENANT]),
        ("UPDATE servicecrm_outbox SET worker = ? WHERE key = ?", ["w", "n-1"]),
        ("DELETE FROM servicecrm_outbox", []),
        (
            "SELECT 1 FROM servicecrm_complaint WHERE tenant = ? AND id IN (SELECT id FROM servicecrm_complaint_terms)",
            [TENANT],
        ),
        ("INSERT INTO servicecrm_tenants (tenant) VALUES (?)", ["other"]),
        ("INSERT INTO servicecrm_seals (n, tenant) VALUES (?, ?)", [1, TENANT]),
    ],
)
def test_a_statement_without_the_tenant_is_found(sql: str, parameters: Sequence[Any]) -> None:
    """The control of the test before it."""
    with pytest.raises(AssertionError):
        check_statement(sql, parameters)


NO_TENANT = {"servicecrm_version", "sqlite_stat1"}
"""Says how the tables of all tenants look, and what SQLite is to expect of their indexes."""


def check_tables(indexes: Mapping[str, Sequence[tuple[str, ...]]]) -> None:
    """Every index, which every key has, begins with the tenant."""
    assert len(indexes) >= 10
    for table, found in indexes.items():
        assert found or table in NO_TENANT, f"{table} has no key"
        for columns in found:
            assert columns[0] == "tenant", f"an index of {table} begins with {columns[0]}"


def test_every_key_of_a_table_on_sqlite_begins_with_the_tenant(tmp_path: Path) -> None:
    SQLiteStore(tmp_path / "crm.db").close()
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:

        def indexes() -> dict[str, list[tuple[str, ...]]]:
            return {
                table: [
                    tuple(name for _, _, name in connection.execute(f"PRAGMA index_info({index})"))
                    for _, index, *_ in connection.execute(f"PRAGMA index_list({table})")
                ]
                for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            }

        check_tables(indexes())
        connection.execute("CREATE UNIQUE INDEX careless ON servicecrm_complaint (number)")
        with pytest.raises(AssertionError, match="begins with number"):
            check_tables(indexes())


def test_every_key_of_a_table_on_postgresql_begins_with_the_tenant(postgres: Postgres) -> None:
    query = (
        "SELECT t.relname, coalesce(json_agg((SELECT json_agg(a.attname ORDER BY k.n)"
        " FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum))"
        " FILTER (WHERE i.indexrelid IS NOT NULL), '[]') FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid"
        " WHERE t.relkind = 'r' AND t.relnamespace = %s::regnamespace GROUP BY t.relname"
    )
    with clean_schema(postgres) as schema, psycopg.connect(postgres.url) as connection:
        check_tables(dict(connection.execute(query, (schema,)).fetchall()))
        connection.execute(f"CREATE UNIQUE INDEX careless ON {schema}.servicecrm_complaint (number)".encode())
        with pytest.raises(AssertionError, match="begins with number"):
            check_tables(dict(connection.execute(query, (schema,)).fetchall()))
        connection.rollback()


# -- hooks ---------------------------------------------------------------------------------------


def test_a_hook_is_told_whose_change_it_hears_of() -> None:
    heard: list[str] = []
    with connect("memory:", actor=BY) as desk:
        desk.tenant("here").on("complaint.recorded", lambda fact: heard.append(fact.tenant))
        desk.tenant("there").complaints.record(subject="No water", channel="phone")
    assert heard == ["there"]
