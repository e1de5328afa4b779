"""Key figures are computed from columns, and are those that whole documents would give."""  # K13-K32, C113

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count, product
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.analytics.kpis import KpiTable
from servicecrm.analytics.kpis_rows import GROUPS, ExchangeRate, KpiRows, KpiRules
from servicecrm.cases.figures import COUNTED as OF_CASES
from servicecrm.complaints.figures import COUNTED as OF_COMPLAINTS
from servicecrm.desk import Desk, connect, number_rows, numbers
from servicecrm.errors import ServiceCRMError
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Money
from servicecrm.storage.ports import Program
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Ladder, Moment, Rung, Side, Targets, usual
from servicecrm.tracking.figures import told
from tests.desk import whole_documents
from tests.desk.calling import bring
from tests.desk.places import STORES, empty_store

PERIODS = ("2026-03", "2026-Q1", "2026-Q2")
STEPS = 60
DOLLARS = (ExchangeRate(currency="USD", rate=Decimal("0.9")),)
RULES = {"complaint": KpiRules(currency="EUR", rates=DOLLARS), "case": None}
TARGETS = Targets(
    targets=(
        usual("acknowledge", "2h business"),
        usual("first_response", "9h elapsed"),
        usual("resolution", "12h business", ladder=Ladder(rungs=(Rung(at="due", to="supervisor"),))),
    )
)


class Walk(NamedTuple):
    """A desk at which anything is done."""

    crm: Desk
    clock: FixedClock
    chance: Random


Step = Callable[[Walk, str, Mapping[str, Any]], object]

COMPLAINTS: tuple[Step, ...] = (
    *[lambda walk, id, when: walk.crm.complaints.acknowledge(id, **when)],
    *[lambda walk, id, _: walk.crm.complaints.assess(id, severity=walk.chance.choice(("low", "high")))] * 2,
    *[lambda walk, id, when: walk.crm.complaints.assign(id, "south", **when)] * 3,
    *[lambda walk, id, when: walk.crm.complaints.forward(id, "north", **when)],
    *[lambda walk, id, when: walk.crm.complaints.message(id, "Any news?", side="outside", **when)] * 2,
    *[lambda walk, id, when: walk.crm.complaints.judge(id, verdict(walk), grounds="Dry.", **when)] * 3,
    *[lambda walk, id, when: walk.crm.complaints.offer(id, "refund", amount=amount(walk), **when)],
    *[lambda walk, id, when: walk.crm.complaints.accept_remedy(id, 1, **when)],
    *[lambda walk, id, when: walk.crm.complaints.provide_remedy(id, 1, **when)],
    *[lambda walk, id, when: walk.crm.complaints.answer(id, "It runs again.", **when)] * 3,
    *[lambda walk, id, when: walk.crm.complaints.close(id, "resolved", **when)] * 4,
    *[lambda walk, id, when: walk.crm.complaints.reopen(id, "It is dry again.", **when)] * 2,
    *[lambda walk, id, when: walk.crm.complaints.raise_stage(id, "west", **when)],
    *[lambda walk, id, when: walk.crm.complaints.refer(id, "the office", whole=walk.chance.random() < 0.5, **when)],
    *[lambda walk, id, when: walk.crm.complaints.merge(id, "CMP-2026-000001", **when)],
    *[lambda walk, id, when: walk.crm.complaints.reclassify(id, "request", reason="He asks.", **when)],
    *[lambda walk, id, _: walk.crm.complaints.void(id, void(walk, walk.crm.complaints.get(id)), reason="no")] * 2,
    *[lambda walk, id, _: walk.crm.escalate(id, "supervisor", reason="It burns.", timer="resolution")],
    *[lambda walk, id, _: walk.crm.actions.open("Valve", source_kind="complaint", source=id, **due(walk))],
)
CASES: tuple[Step, ...] = (
    *[lambda walk, id, when: walk.crm.cases.route(id, "desk", **when)] * 2,
    *[lambda walk, id, when: walk.crm.cases.accept(id, **when)] * 3,
    *[lambda walk, id, when: walk.crm.cases.start(id, **when)] * 2,
    *[lambda walk, id, when: walk.crm.cases.forward(id, "back office", reason="theirs", **when)],
    *[lambda walk, id, when: walk.crm.cases.contact(id, outcome(walk), note="Rang.", **when)] * 3,
    *[lambda walk, id, when: walk.crm.cases.message(id, "Any news?", side="outside", **when)] * 2,
    *[lambda walk, id, when: walk.crm.cases.answer(id, "In room 4.", **when)] * 2,
    *[lambda walk, id, when: walk.crm.cases.close(id, "resolved", **when)] * 2,
    *[lambda walk, id, when: walk.crm.cases.reopen(id, "It was not there.", **when)],
    *[lambda walk, id, when: walk.crm.cases.link(id, "CAS-2026-000001", kind="duplicate_of", **when)],
    *[lambda walk, id, _: walk.crm.cases.void(id, void(walk, walk.crm.cases.get(id)), reason="no")] * 2,
)


def verdict(walk: Walk) -> str:
    return walk.chance.choice(("justified", "partly", "unjustified"))


def outcome(walk: Walk) -> str:
    return walk.chance.choice(("reached", "reached", "no_answer"))


def amount(walk: Walk) -> Money | None:
    euros, dollars = (Money(amount=Decimal("1.50"), currency=currency) for currency in ("EUR", "USD"))
    return walk.chance.choice((None, euros, dollars))


def due(walk: Walk) -> dict[str, Any]:
    return {"owner": "north", "due_at": walk.clock() + timedelta(days=walk.chance.randint(1, 9))}


def void(walk: Walk, record: Any) -> int:
    return walk.chance.randint(1, len(record.moments))


def walked(crm: Desk, clock: FixedClock, chance: Random) -> list[datetime]:
    """Do anything with some complaints and cases, all in one unit; tells the times at which something was done."""
    with crm.unit():
        return _walked(crm, clock, chance)


def _walked(crm: Desk, clock: FixedClock, chance: Random) -> list[datetime]:
    walk, times = Walk(crm, clock, chance), []
    crm.policies.publish(TARGETS, name="complaint", effective=clock())
    told: dict[str, Any] = {"subject": "No water", "channel": "phone", "service": "water"}
    mine = {"customer": "mill", "category": "leak", "agreement": "gold"}
    complaints = [bring(crm, "complaints", state, **told, **mine).id for state in ("recorded", *["in_handling"] * 3)]
    cases = [bring(crm, "cases", state, **told, requester="mill").id for state in ("new", "in_work")]
    for _ in range(STEPS):
        clock.advance(hours=chance.choice((0, 1, 1, 9, 48)))
        ago = chance.choice((None, None, None, 1, 30))
        when = {} if ago is None else {"occurred_at": clock() - timedelta(hours=ago)}
        steps, ids = chance.choice(((COMPLAINTS, complaints), (COMPLAINTS, complaints), (CASES, cases)))
        for step in chance.sample(steps, 4):  # the first one that is not refused
            with contextlib.suppress(ServiceCRMError):
                step(walk, chance.choice(ids), when)
                break
        if chance.random() < 0.2:
            crm.sweep()
        times.append(clock())
    return times


def tables(crm: Desk, chance: Random, times: list[datetime]) -> list[KpiTable]:
    """Some tables of a store: of each kind, as it was known now and then."""
    asked: list[dict[str, Any]] = [
        {"period": chance.choice(PERIODS), "of": of, "by": by, "as_of": as_of, "rules": RULES[of]}
        for of in RULES
        for by in (None, chance.choice(GROUPS))
        for as_of in (None, chance.choice(times))
    ]
    return [numbers.Numbers(crm).kpis(**each) for each in asked]


@pytest.fixture(scope="module", params=STORES)
def tenants(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Desk]]:
    """Desks on a kind of store, each of a tenant of its own, with clocks of their own."""
    with empty_store(request.param, tmp_path_factory.mktemp("numbers"), request) as url, connect(url, actor="x") as crm:
        stores = (crm.store.tenant(f"house {n}") for n in count())
        yield (connect(store, actor="ann", clock=FixedClock(), ids=SeededIds()) for store in stores)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=settings().max_examples // 15, deadline=None)
def test_whatever_was_done_the_figures_are_those_of_the_whole_documents(tenants: Iterator[Desk], seed: int) -> None:
    crm, chance = next(tenants), Random(seed)
    times = walked(crm, crm.clock, chance)  # type: ignore[arg-type]  # it is a fixed one
    for of, as_of in product(RULES, (crm.clock(), *chance.sample(times, 3))):
        assert rows(crm, numbers._rows, of, as_of) == rows(crm, whole_documents.rows, of, as_of)
    state = chance.getstate()
    found = tables(crm, chance, times)
    chance.setstate(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "_rows", whole_documents.rows)
        assert found == tables(crm, chance, times)


def rows(crm: Desk, read: Callable[..., Program[KpiRows]], of: str, as_of: datetime) -> list[list[list[Any]]]:
    """All rows of a store in plain values, in order, as they were known at a time."""
    kind = number_rows.numbered(of)
    found = crm.perform(lambda work: read(work, kind, micros(as_of)), readonly=True)
    each = (found.complaints, found.moves, found.timers, found.actions, found.remedies)
    return [sorted(([plain(value) for value in row] for row in part), key=repr) for part in each]


def plain(value: object) -> object:
    """A value as columns have it."""
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return str(value) if isinstance(value, str) else value


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The kinds of records of which a document was read."""
    found: set[str] = set()
    load = Schema.load_text

    def loaded(schema: Schema[Any], text: str, *, version: int, revision: int) -> Any:
        found.add(schema.kind)
        return load(schema, text, version=version, revision=revision)

    monkeypatch.setattr(Schema, "load_text", loaded)
    return found


def test_no_document_of_a_record_or_a_clock_is_read(crm: Desk, clock: FixedClock, unread: set[str]) -> None:
    walked(crm, clock, Random(1))
    unread.clear()
    tables(crm, Random(2), [clock()] * 3)

    assert unread.isdisjoint({"complaint", "case", "clock"})


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_saved_before_there_was_such_a_column_is_counted_too(
    crm: Desk, clock: FixedClock, url: str, unread: set[str]
) -> None:
    times = walked(crm, clock, Random(3))
    new = tables(crm, Random(4), times)
    forget(url)
    unread.clear()

    assert tables(crm, Random(4), times) == new
    assert unread >= {"complaint", "case", "clock"}


def forget(url: str) -> None:
    """Leave every second record as an older version has stored it."""
    statements = [
        f"UPDATE servicecrm_{kind} SET figures = NULL WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
        f"(ORDER BY id) AS n FROM servicecrm_{kind}) AS numbered WHERE n % 2 = 0)"
        for kind in ("complaint", "case", "clock")
    ]
    connected = psycopg.connect(url) if url.startswith("postgres") else contextlib.closing(sqlite3.connect(url))
    with connected as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_record_has_any_number_of_facts_that_count(crm: Desk, clock: FixedClock) -> None:  # K29
    complaint = bring(crm, "complaints", "in_handling", subject="No water", channel="phone", customer="mill")
    for _ in range(30):
        clock.advance(hours=1)
        crm.complaints.message(complaint.id, "Any news?", side="outside")

    assert crm.kpis("2026-03")["K24"].ids == (complaint.id,)


def test_all_that_a_slice_keeps_for_figures_is_counted() -> None:
    assert set(number_rows._MOVES) == OF_COMPLAINTS | OF_CASES


def test_what_they_wrote_after_the_receipt_counts_in_the_order_in_which_it_happened() -> None:  # K29
    def wrote(n: int, hours: int, side: Side = Side.OUTSIDE) -> Moment:
        at = MONDAY + timedelta(hours=hours)
        return Moment(n=n, kind="message", occurred_at=at, recorded_at=at, side=side, code="substantive")

    found, _ = told((wrote(1, 0), wrote(2, 3), wrote(3, 1), wrote(4, 2, Side.INSIDE)), {"message"}, MONDAY)
    assert [each.n for each in found] == [3, 2]
