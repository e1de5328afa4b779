"""Whatever a desk is given, memory, SQLite and PostgreSQL take it or refuse it alike, with the same error and text.

Every argument of every call of the desk, and every filter, gets every value of a list that is hard to store. The calls
are made on each store in turn and undone again, so that each begins with the same records.
"""

import base64
import contextlib
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

import pytest

from servicecrm.complaints import COMPLAINT, DEFAULT, Complaint
from servicecrm.complaints.actions import Amendment
from servicecrm.desk import Desk, connect
from servicecrm.desk.complaints import Complaints
from servicecrm.desk.policies import Policies
from servicecrm.errors import StoreError, StoreUnavailable
from servicecrm.kernel.filters import Filter, search, where
from servicecrm.kernel.records import fields_of
from servicecrm.storage import MemoryStore
from servicecrm.storage.ports import Command, Entry, Notice, Op, Page
from servicecrm.storage.store import Answer, EngineStore, EngineUnit, Mode
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import complaint
from servicecrm.tracking import Message
from servicecrm.tracking.schema import MESSAGE
from tests.desk.places import STORES, empty_store

LAST: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


VALUES: Final[dict[str, Any]] = {
    "nothing": None,
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "a lone surrogate": "\ud800",
    "a surrogate inside": "a\udfffb",
    "an empty text": "",
    "blanks": " \t\n",
    "right to left": "\u202eabc\u202c \u200b\ufeff",
    "controls": "\x01\x07\x1b[31m\x7f\x85\u2028",
    "no characters": "\ufffe\uffff\U0010ffff",
    "composed": "e\u0301 \ufb01 \u0130 \u1e9e",
    "a statement": "'; DROP TABLE servicecrm_complaint; -- %s ?1 :name $1 \\",
    "500 bytes": "x" * 500,
    "501 bytes": "x" * 501,
    "502 bytes in 251 characters": "\u00e9" * 251,
    "1 MB": "x" * 1_000_000,
    "a number with NUL": "CMP-2026-000001\x00",
    "a number that is long": "CMP-" + "9" * 600,
    "an order": "-due_at",
    "a time as text": "2026-03-02T09:00:00+00:00",
    "2**63": 2**63,
    "-2**63 - 1": -(2**63) - 1,
    "2**63 - 1": 2**63 - 1,
    "10**40": 10**40,
    "0": 0,
    "-1": -1,
    "true": True,
    "1.5": 1.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": -float("inf"),
    "bytes": b"a\x00b",
    "naive": datetime(2026, 3, 2, 9),
    "the last time": LAST,
    "the first time": FIRST,
    "after the last time": LAST.replace(tzinfo=timezone(timedelta(hours=-14))),
    "before the first time": FIRST.replace(tzinfo=timezone(timedelta(hours=14))),
    "seconds of offset": datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(seconds=1))),
    "texts": ("a", "b"),
    "bad texts": ("a\x00b", "\ud800"),
    "a long one of texts": ("x" * 501,),
    "numbers": (2**63, float("nan")),
    "a dict": {"k": 1},
    "a dict with NUL": {"k": "a\x00b"},
    "a dict with a surrogate": {"\ud800": 1},
    "a dict with nan": {"k": [float("nan")]},
    "a dict with 2**63": {"k": {"in": 2**63}},
    "a dict with 1 MB": {"k": "x" * 1_000_000},
    "deep": json.loads("[" * 400 + "]" * 400),
}
CURSORS: Final[dict[str, Any]] = {
    "a cursor": cursor("id", "c", "c"),
    "a cursor of due_at": cursor("due_at", 1, "c"),
    "a cursor with a surrogate": cursor("id", "\ud800", "\ud800"),
    "a cursor with NUL": cursor("id", "\x00", "\x00"),
    "a cursor with 1 MB": cursor("id", "x" * 1_000_000, "x" * 1_000_000),
    "a cursor with 2**63": cursor("due_at", 2**63, "c"),
    "a cursor with nan": cursor("due_at", float("nan"), "c"),
    "a cursor with true": cursor("due_at", True, "c"),
    "a cursor of nothing": cursor("due_at", None, "c"),
    "a cursor that is short": cursor("id"),
}


class Call(NamedTuple):
    """A call of the desk that is taken, by the state of the complaint that it is about."""

    state: str | None = None
    arguments: Mapping[str, Any] = {}


TEXT: Final = {"text": "It runs again."}
CALLS: Final[dict[str, Call]] = {
    "complaints.record": Call(None, {"subject": "No water", "channel": "phone"}),
    "complaints.acknowledge": Call("recorded"),
    "complaints.assess": Call("acknowledged", {"severity": "high", "impact": "low"}),
    "complaints.amend": Call("recorded", {"remedy_sought": "a refund"}),
    "complaints.assign": Call("acknowledged", {"handler": "north"}),
    "complaints.assign_all": Call("acknowledged", {"handler": "north"}),
    "complaints.forward": Call("in_handling", {"handler": "south"}),
    "complaints.wait": Call("in_handling", {"for_": "customer", "reason": "photos"}),
    "complaints.resume": Call("waiting"),
    "complaints.close": Call("responded", {"code": "resolved"}),
    "complaints.reopen": Call("closed", {"reason": "It stopped again."}),
    "complaints.withdraw": Call("recorded"),
    "complaints.void": Call("acknowledged", {"n": 2, "reason": "another complaint"}),
    "complaints.message": Call("recorded", {**TEXT, "side": "outside"}),
    "complaints.note": Call("recorded", TEXT),
    "complaints.answer": Call("in_handling", TEXT),
    "complaints.get": Call("recorded"),
    "complaints.messages": Call("responded"),
    "complaints.find": Call(),
    "complaints.page": Call(),
    "complaints.count": Call(),
    "complaints.search": Call(None, {"text": "water"}),
    "complaints.worklist": Call(None, {"handler": "north"}),
    "policies.publish": Call(None, {"policy": DEFAULT, "effective": datetime(2026, 4, 1, tzinfo=UTC)}),
    "policies.book": Call(),
    "policies.in_force": Call(),
    "history": Call("closed"),
    "worklist": Call(None, {"handler": "north"}),
    "acting_as": Call(None, {"actor": "bob@city.example"}),
    "on": Call(None, {"type": "complaint.closed", "hook": print}),
    "tenant": Call(None, {"name": "south"}),
    "save": Call(),
}
ALONE: Final = {"replay", "export", "import_", "backup", "perform", "close", "unit", "committed", "rolled_back"}
"""Calls that are no part of a unit, or take nothing of a user's; `test_transfer` and `test_replay` are about some."""


APART: Final = {"tenant", "save"}
"""Calls that have tests of their own below."""


def public(of: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")}


def test_every_call_of_the_desk_is_tried_here() -> None:
    named = {
        *(f"complaints.{name}" for name in public(Complaints)),
        *(f"policies.{name}" for name in public(Policies)),
        *public(Desk),
    }
    assert named == CALLS.keys() | ALONE


def arguments_of(name: str) -> tuple[str, ...]:
    """The names of what a call takes, filters apart."""
    slice, _, method = name.rpartition(".")
    of = {"complaints": Complaints, "policies": Policies, "": Desk}[slice]
    names = [p.name for p in inspect.signature(getattr(of, method)).parameters.values() if p.kind != p.VAR_POSITIONAL]
    return tuple(n for n in names if n not in ("self", "changes")) + (
        tuple(Amendment.__annotations__) if method == "amend" else ()
    )


# -- the stores, and what they say -----------------------------------------------------------------


WITH_MESSAGE: Final = {"complaint.message_received", "complaint.note_added", "complaint.answered"}


class Undone(Exception):
    """Takes a unit back."""


class Refused(NamedTuple):
    """How a call ended that was not taken."""

    error: type[Exception]
    says: str


class Stand:
    """A desk with a complaint in each state, and a unit that is begun again when something was saved in it."""

    def __init__(self, crm: Desk) -> None:
        self.crm = crm
        self.ids = {state: _bring(crm, way) for state, way in WAYS.items()}
        self._unit: contextlib.ExitStack | None = None

    def outcome(self, call: Callable[[Desk], object]) -> object:
        """What a call gives, in a form that can be compared, or which error it ends with; nothing of it is kept."""
        if self._unit is None:
            self._unit = contextlib.ExitStack()
            self._unit.enter_context(self.crm.unit())
        opened = self.crm.store._open.get()
        assert opened is not None
        before = opened.work.writes
        self.crm.ids = SeededIds(2)  # the same new ids at every stand
        given = self.alone(call)
        if opened.work.writes > before or (isinstance(given, Refused) and issubclass(given.error, StoreError)):
            self.undo()
        return given

    def alone(self, call: Callable[[Desk], object]) -> object:
        """The same of a call that changes nothing."""
        try:
            return self._plain(call(self.crm))
        except Exception as error:
            return Refused(type(error), _unnumbered(str(error)))

    def undo(self) -> None:
        if self._unit is not None:
            unit, self._unit = self._unit, None
            with contextlib.suppress(Undone), unit:
                raise Undone

    def _plain(self, given: object) -> object:
        if isinstance(given, Complaint):
            *_, fact = self.crm.history(given.id)
            said = self.crm.complaints.messages(given.id)[-1:] if fact.type in WITH_MESSAGE else ()
            return _unnumbered(COMPLAINT.schema.text(given)), self._plain(fact), self._plain(said)
        if isinstance(given, Message):
            return MESSAGE.schema.text(given)
        if isinstance(given, Entry):
            fields = fields_of(given)
            del fields["hash"]  # holds a salt
            return _unnumbered(repr(fields))
        if isinstance(given, Page):
            return self._plain(given.items), given.next
        if isinstance(given, Desk):
            return self._plain((given.actor.id, given.actor.on_behalf_of, given.complaints.count()))
        if isinstance(given, tuple | list | Iterator):
            return tuple(self._plain(each) for each in given)
        return repr(given)


def _unnumbered(text: str) -> str:
    """Without human numbers, which may have gaps."""
    return re.sub(r"CMP-2026-\d{6}(?!\d)", "CMP-2026-?", text)


WAYS: Final[dict[str, tuple[tuple[str, Mapping[str, Any]], ...]]] = {
    "recorded": (),
    "acknowledged": (("acknowledge", {}),),
    "in_handling": (("acknowledge", {}), ("assign", {"handler": "north"})),
    "waiting": (("acknowledge", {}), ("assign", {"handler": "north"}), ("wait", {"for_": "customer", "reason": "?"})),
    "responded": (("acknowledge", {}), ("assign", {"handler": "north"}), ("answer", TEXT)),
    "closed": (
        ("acknowledge", {}),
        ("assign", {"handler": "north"}),
        ("answer", TEXT),
        ("close", {"code": "resolved"}),
    ),
}


def _bring(crm: Desk, way: tuple[tuple[str, Mapping[str, Any]], ...]) -> str:
    id = crm.complaints.record(subject="No water", channel="phone", tags=["street"], command=None).id
    for action, arguments in way:
        getattr(crm.complaints, action)(id, **arguments)
    return id


@contextlib.contextmanager
def standing(url: str | EngineStore) -> Iterator[Stand]:
    with connect(url, actor="ann@city.example", clock=FixedClock(), ids=SeededIds()) as crm:
        stand = Stand(crm)
        yield stand
        stand.undo()


@pytest.fixture(scope="module")
def stands(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stand]]:
    """A stand of each kind."""
    with contextlib.ExitStack() as opened:
        urls = [opened.enter_context(empty_store(kind, tmp_path_factory.mktemp(kind), request)) for kind in STORES]
        yield [opened.enter_context(standing(url)) for url in urls]


def differences(
    stands: list[Stand], calls: Mapping[str, Callable[[Desk], object]], *, alone: bool = False
) -> dict[str, list[str]]:
    """The calls that do not have the same outcome at every stand, with their outcomes."""
    found: dict[str, list[str]] = {}
    for name, call in calls.items():
        outcomes = [stand.alone(call) if alone else stand.outcome(call) for stand in stands]
        if any(outcome != outcomes[0] for outcome in outcomes):
            found[name] = [_short(outcome) for outcome in outcomes]
    return found


def _short(outcome: object) -> str:
    return ascii(outcome)[:300]


def calls_of(name: str, stand: Stand) -> dict[str, Callable[[Desk], object]]:
    """The call as it is taken, and with every value for each of its arguments."""
    state, given = CALLS[name]
    base: dict[str, Any] = dict(given)
    takes = arguments_of(name)
    if state is not None:
        by_id = dict.fromkeys(("history", "complaints.get", "complaints.messages"), "id")
        key = {"complaints.assign_all": "complaints", **by_id}.get(name, "complaint")
        base[key] = [stand.ids[state]] if key == "complaints" else stand.ids[state]

    def with_value(argument: str | None, value: object = None) -> Callable[[Desk], object]:
        told = base if argument is None else base | {argument: value}

        def call(crm: Desk) -> object:
            method: Any = crm
            for part in name.split("."):
                method = getattr(method, part)
            kwargs = dict(told)
            positional = [kwargs.pop(takes[0])] if takes and takes[0] in ("id", "complaint", "complaints") else []
            return method(*positional, **kwargs)

        return call

    calls = {"as it is": with_value(None)}
    for argument in takes:
        values = VALUES | CURSORS if argument == "after" else VALUES
        calls |= {f"{argument}: {name}": with_value(argument, value) for name, value in values.items()}
    return calls


@pytest.mark.parametrize("name", [name for name in CALLS if name not in APART])
def test_every_argument_of_a_call_is_taken_or_refused_alike(stands: list[Stand], name: str) -> None:
    calls = calls_of(name, stands[0])
    taken = stands[0].outcome(calls["as it is"])

    assert not isinstance(taken, Refused), taken
    assert differences(stands, calls) == {}


def test_every_name_of_a_tenant_is_taken_or_refused_alike(stands: list[Stand]) -> None:
    def used(value: Any) -> Callable[[Desk], object]:
        def call(crm: Desk) -> object:
            other = crm.tenant(value)
            return other.complaints.count(), other.store.verify(), other.complaints.search("water")

        return call

    for stand in stands:
        stand.undo()
    assert differences(stands, {name: used(value) for name, value in VALUES.items()}, alone=True) == {}


NOW: Final = FixedClock()()
UNITS: Final[dict[str, Callable[[EngineUnit, Any], object]]] = {
    "get": lambda unit, value: unit.get(Complaint, value),
    "history": lambda unit, value: unit.history(Complaint, value),
    "number": lambda unit, value: unit.number(Complaint, value),
    "find: order": lambda unit, value: unit.find(Complaint, order=value),
    "find: limit": lambda unit, value: unit.find(Complaint, limit=value),
    "find: after": lambda unit, value: unit.find(Complaint, after=value),
    "rows: columns": lambda unit, value: unit.rows(Complaint, value),
    "rows: a column": lambda unit, value: unit.rows(Complaint, (value,)),
    "rows: order": lambda unit, value: unit.rows(Complaint, ("state",), order=value),
    "rows: limit": lambda unit, value: unit.rows(Complaint, ("state",), limit=value),
    "rows: after": lambda unit, value: unit.rows(Complaint, ("state",), after=value),
    "take: order": lambda unit, value: unit.take(Complaint, order=value),
    "take: limit": lambda unit, value: unit.take(Complaint, limit=value),
    "claim: worker": lambda unit, value: unit.claim(value, now=NOW),
    "claim: now": lambda unit, value: unit.claim("w", now=value),
    "claim: limit": lambda unit, value: unit.claim("w", now=NOW, limit=value),
    "claim: lease": lambda unit, value: unit.claim("w", now=NOW, lease=value),
    "settle: retry_at": lambda unit, value: unit.settle(unit.claim("w", now=NOW), delivered=False, retry_at=value),
    "notice: key": lambda unit, value: noticed(unit, key=value),
    "notice: topic": lambda unit, value: noticed(unit, topic=value),
    "notice: recipient": lambda unit, value: noticed(unit, recipient=value),
    "notice: kind": lambda unit, value: noticed(unit, kind=value),
    "notice: id": lambda unit, value: noticed(unit, id=value),
    "notice: body": lambda unit, value: noticed(unit, body=value),
    "notice: not_before": lambda unit, value: noticed(unit, not_before=value),
}


def noticed(unit: EngineUnit, **told: Any) -> object:
    """A notice that is kept and claimed at the end of time."""
    given: dict[str, Any] = {"key": "n-2", "topic": "t", "recipient": "r", "kind": "complaint", "id": "c"}
    unit.save(notices=[Notice(**(given | told))])
    return [delivery.notice for delivery in unit.claim("w", now=LAST)]


@pytest.mark.parametrize("name", UNITS)
def test_every_argument_of_a_unit_is_taken_or_refused_alike(stands: list[Stand], name: str) -> None:
    def called(value: Any) -> Callable[[Desk], object]:
        def call(crm: Desk) -> object:
            with crm.unit() as unit:
                return UNITS[name](unit, value)

        return call

    values = VALUES | CURSORS if "after" in name else VALUES
    assert differences(stands, {each: called(value) for each, value in values.items()}) == {}


@pytest.mark.parametrize("part", ["id", "fingerprint"])
def test_every_command_is_taken_or_refused_alike(stands: list[Stand], part: str) -> None:
    def saved(value: Any) -> Callable[[Desk], object]:
        def call(crm: Desk) -> object:
            told = {"id": "k-1", "fingerprint": "f"} | {part: value}
            with crm.store.unit(Command(**told)) as unit:
                first = unit.save(complaint("c-new"))[0]
            with crm.store.unit(Command(**told)) as unit:
                return first, unit.outcome

        return call

    assert differences(stands, {name: saved(value) for name, value in VALUES.items()}) == {}


@pytest.mark.parametrize("name", ["id", "number", "customer", "text", "extra", "forwards", "received_at", "tags"])
def test_every_record_of_a_host_is_taken_or_refused_alike(stands: list[Stand], name: str) -> None:
    def saved(value: Any) -> Callable[[Desk], object]:
        return lambda crm: crm.save(complaint(**({"id": "c-new"} | {name: value})))

    assert differences(stands, {each: saved(value) for each, value in VALUES.items()}) == {}


# -- filters -----------------------------------------------------------------------------------------

FILTERS: Final[dict[str, Callable[[str, Any], Filter]]] = {
    "==": lambda name, value: where(name) == value,
    "<": lambda name, value: where(name) < value,
    ">=": lambda name, value: where(name) >= value,
    "one_of": lambda name, value: where(name).one_of(value),
    "one_of one": lambda name, value: where(name).one_of([value, value]),
    "is_": lambda name, value: where(name).is_(value),
    "not": lambda name, value: ~(where(name) == value),
}
COLUMNS: Final = (*(column.name for column in COMPLAINT.columns), "id", "tags")


@pytest.mark.parametrize("column", COLUMNS)
def test_every_comparison_is_answered_or_refused_alike(stands: list[Stand], column: str) -> None:
    def asked(filter: Callable[[str, Any], Filter], value: Any) -> Callable[[Desk], object]:
        return lambda crm: crm.complaints.count(filter(column, value))

    calls = {f"{name} {each}": asked(FILTERS[name], value) for name in FILTERS for each, value in VALUES.items()}
    assert differences(stands, calls) == {}


def test_every_other_filter_is_answered_or_refused_alike(stands: list[Stand]) -> None:
    def asked(filter: Callable[[Any], Any], value: Any) -> Callable[[Desk], object]:
        return lambda crm: [found.id for found in crm.complaints.find(filter(value))]

    filters: dict[str, Callable[[Any], Any]] = {
        "has": lambda value: where("tags").has(value),
        "has in a column": lambda value: where("state").has(value),
        "search": search,
        "a name": lambda value: where(value) == "a",
        "a term": lambda value: where(value).has("a"),
        "no filter": lambda value: value,
    }
    calls = {f"{name} {each}": asked(filters[name], value) for name in filters for each, value in VALUES.items()}
    assert differences(stands, calls) == {}


# -- controls ----------------------------------------------------------------------------------------


def small(store: EngineStore, refuse: Callable[[Op], bool]) -> EngineStore:
    """A store that refuses what others take."""
    transaction = store.engine.transaction

    @contextlib.contextmanager
    def refusing(tenant: str, mode: Mode) -> Iterator[Answer]:
        with transaction(tenant, mode) as answer:

            def checked(op: Op) -> Any:
                if refuse(op):
                    raise StoreUnavailable("this is too large")
                return answer(op)

            yield checked

    store.engine.transaction = refusing  # type: ignore[method-assign]
    return store


@pytest.mark.parametrize(
    ("refuse", "call", "value"),
    [
        (lambda op: len(ascii(op.args)) > 500_000, "complaints.record", "text: 1 MB"),
        (
            lambda op: "9999" in ascii(op.args) or "253402300799999999" in ascii(op.args),
            "complaints.amend",
            "due_at: the last time",
        ),
        (lambda op: "fetch" in op.method and "x" * 500 in op.args[1], "complaints.get", "id: 500 bytes"),
    ],
)
def test_a_store_that_differs_is_found(refuse: Callable[[Any], bool], call: str, value: str) -> None:
    with (
        standing("memory:") as one,
        standing("memory:") as other,
        standing(small(MemoryStore(), refuse)) as odd,
    ):
        calls = {value: calls_of(call, one)[value]}
        assert differences([one, other], calls) == {}
        assert differences([one, other, odd], calls).keys() == {value}
