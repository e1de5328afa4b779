"""Whatever a desk is given, memory, SQLite and PostgreSQL take it or refuse it alike, with the same error and text.

Every argument of every call of the desk, and every filter, gets every value of a list that is hard to store. The calls
are made on each store in turn and undone again, so that each begins with the same records.
"""

import base64
import contextlib
import inspect
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce
from operator import attrgetter
from typing import Any, Final, NamedTuple

import pytest

from servicecrm import agreements
from servicecrm.calendars import Calendar
from servicecrm.cases import RequestType
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk import Desk, connect
from servicecrm.desk.invitations import Invited
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import ServiceCRMError, StoreError, StoreUnavailable
from servicecrm.kernel.filters import Filter, search, where
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import fields_of
from servicecrm.portfolio import PortfolioPolicy
from servicecrm.storage import MemoryStore
from servicecrm.storage.ports import Command, Entry, Notice, Op, Page, Queued
from servicecrm.storage.store import Answer, EngineStore, EngineUnit, Mode
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import complaint
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import CLOCK, MESSAGE, Clock, Ladder, Message, Rung, Targets, Timers, clock_id, usual
from tests.desk.calling import SLICES, WAYS, arguments_of, bring, call_of, looked_up, named_by, public
from tests.desk.calls.words import Found
from tests.desk.places import STORES, empty_store

LAST: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
COMPLAINTS: Final = Targets(
    targets=(usual("resolution", "10 business days", ladder=Ladder(rungs=(Rung(at="due", to="chief"),))),)
)


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


def deep(nested: Callable[[Any], Any]) -> Any:
    """What is too deep to be written out."""
    return reduce(lambda inner, _: nested(inner), range(sys.getrecursionlimit() * 3), nested("a"))


STRANGE: Final[dict[str, Any]] = {
    "nothing": None,
    "text": "a",
    "bytes": b"x",
    "5": 5,
    "1.5": 1.5,
    "NaN": Decimal("NaN"),
    "sNaN": Decimal("sNaN"),
    "the longest time": timedelta.max,
    "the shortest time": timedelta.min,
    "a time": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "an empty list": [],
    "numbers": [0, 1],
    "a list in a list": [["a"]],
    "a dict": {"a": 1},
    "a dict with a number as key": {1: 2},
    "any object": object(),
    "a very deep list": deep(lambda inner: [inner]),
    "a very deep dict": deep(lambda inner: {"a": inner}),
}
"""What no call expects somewhere, each told for every argument of every call."""
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


ALONE: Final = {"replay", "export", "import_", "backup", "perform", "close", "unit", "committed", "rolled_back"}
"""Calls that are no part of a unit, or take nothing of a user's; `test_transfer` and `test_replay` are about some."""

APART: Final = {"tenant", "save"}
"""Calls that have tests of their own below."""

ANONYMOUS: Final = Found(lambda crm, _: next(crm.campaigns.find(where("mode") == "anonymous", limit=1)).id)
OUTSIDE: Final = {"responses.cast"}
"""Refused inside a unit, where all others are tried; what a ballot may hold is decided before."""

OTHERWISE: Final[Mapping[str, Mapping[str, Any]]] = {
    "policies.publish, a calendar": {"policy": Calendar(zone="UTC", hours="mon-fri 09:00-17:00"), "name": "default"},
    "policies.publish, targets": {"policy": COMPLAINTS, "name": "complaint"},
    "policies.book, of a calendar": {"of": Calendar, "name": "default"},
    "policies.in_force, targets": {"of": Targets, "name": "complaint"},
    "policies.publish, for the portfolio": {"policy": PortfolioPolicy()},
    "policies.publish, for agreements": {"policy": agreements.DEFAULT},
    "complaints.assign_all, none": {"complaints": []},
    "campaigns.close, of an anonymous one": {"campaign": ANONYMOUS},
    "responses.of, of an anonymous campaign": {"campaign": ANONYMOUS},
    "evaluations.of, of an anonymous campaign": {"campaign": ANONYMOUS},
}
"""Calls that are tried with other arguments too."""


def methods() -> Iterator[str]:
    """Every call, by its name; what slices share is named at the first of them."""
    yield from sorted(name for name in public(Desk) if inspect.isfunction(getattr(Desk, name)))
    seen: set[object] = set()
    for part, of in sorted(SLICES.items()):
        for name in sorted(public(of)):
            method = getattr(of, name)
            if method not in seen:
                yield f"{part}.{name}"
            seen.add(method)


CALLS: Final = [*(name for name in methods() if name not in ALONE | APART | OUTSIDE), *OTHERWISE]

ALL: Final = {"", "actions", "cases", "complaints", "numbers", "outbox", "policies"}
"""The parts of which every argument gets every value."""
SOME: Final = 5
"""At the others so many values come again with an argument that another call has too."""


def chosen() -> dict[tuple[str, str], list[str]]:
    """Which values an argument gets: all of them once, and others of them each time when it comes again."""
    found: dict[tuple[str, str], list[str]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for name in CALLS:
        method = name.partition(",")[0]
        for argument, kind in arguments_of(method).items():
            values = [*VALUES, *CURSORS] if argument == "after" else [*VALUES]
            if method.rpartition(".")[0] not in ALL and (again := seen[argument, str(kind)]):
                start = (again - 1) * SOME % len(values)
                values = ["nothing", *(values * 2)[start : start + SOME]]
            seen[argument, str(kind)] += 1
            found[name, argument] = values
    return found


CHOSEN: Final = chosen()


def test_what_is_not_tried_here_is_there() -> None:
    assert public(Desk) >= ALONE | APART
    assert {name.partition(",")[0] for name in OTHERWISE} <= set(CALLS)


# -- the stores, and what they say -----------------------------------------------------------------


CHANGING: Final = {"claimed_until", "failed_at", "hash"}
"""What differs from run to run: the clock of the database, and hashes over salts made by chance."""


NUMBER: Final = re.compile(r"\b([A-Z]{3})-2026-\d{6}(?!\d)")
ALIAS: Final = re.compile("unnamed-[0-9a-f]{32}")
TOKEN: Final = re.compile(r"(?<![\w-])[\w-]{32}(?![\w-])")


class Undone(Exception):
    """Takes a unit back."""


class Refused(NamedTuple):
    """How a call ended that was not taken."""

    error: type[Exception]
    says: str


class Stand:
    """A desk with a record in each state, and a unit that is begun again when something was saved in it."""

    def __init__(self, crm: Desk) -> None:
        self.crm = crm
        crm.policies.publish(RequestType(code="leak"), effective=MONDAY)
        crm.policies.publish(COMPLAINTS, name="complaint", effective=MONDAY)
        self.ids = {(part, state): bring(crm, part, state).id for part, ways in WAYS.items() for state in ways}
        crm.store.atomically(with_a_failed_notice, claiming=True)
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

    def token(self, crm: Desk, state: str) -> str:
        """That of an invitation."""
        return crm.invitations.get(self.ids["invitations", state]).token

    def undo(self) -> None:
        if self._unit is not None:
            unit, self._unit = self._unit, None
            with contextlib.suppress(Undone), unit:
                raise Undone

    def _plain(self, given: object) -> object:
        kind = self.crm.store.kinds.get(type(given))
        if kind is not None:
            return _unnumbered(kind.schema.text(given)), self._written(kind, given)
        if isinstance(given, Entry | Queued):
            return _unnumbered(repr({name: value for name, value in fields_of(given).items() if name not in CHANGING}))
        if isinstance(given, Page):
            return self._plain(given.items), given.next
        if isinstance(given, Desk):
            return self._plain((given.actor.id, given.actor.on_behalf_of, given.complaints.count()))
        if isinstance(given, Invited):
            return self._plain(given.invitations), self._plain(given.refused)
        if isinstance(given, Mapping):
            return self._plain(list(given.items()))
        if isinstance(given, tuple | list | Iterator | Timers):
            return tuple(self._plain(each) for each in given)
        return _unnumbered(repr(given))

    def _written(self, kind: Kind[Any], record: Any) -> object:
        """The last that is written of a record: in its history, in a message and in its clock."""
        with self.crm.unit() as unit:
            facts = unit.history(type(record), record.id)[-1:]
            said = [unit.get(Message, str(fact.data["message"])) for fact in facts if "message" in fact.data]
            read = [unit.get(Clock, clock_id(kind.name, record.id))] if type(record) in TRACKED else []
        texts = [*map(MESSAGE.schema.text, said), *map(CLOCK.schema.text, read)]
        return self._plain(facts), texts


def with_a_failed_notice(unit: EngineUnit) -> None:
    unit.save(notices=[Notice(key="n-dead", topic="t", recipient="r", kind="complaint", id="c")])
    unit.settle(unit.claim("w", now=MONDAY), delivered=False, dead=True)


def _unnumbered(text: str) -> str:
    """Without human numbers, which may have gaps, and without tokens, which come by chance."""
    return ALIAS.sub("?", TOKEN.sub("?", NUMBER.sub(r"\1-2026-?", text)))


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
    stands: list[Stand],
    calls: Mapping[str, Callable[[Desk], object]],
    *,
    alone: bool = False,
) -> dict[str, list[str]]:
    """The calls that do not have the same outcome at every stand, or end in a raw error, with their outcomes."""
    found: dict[str, list[str]] = {}
    for name, call in calls.items():
        outcomes = [stand.alone(call) if alone else stand.outcome(call) for stand in stands]
        if _is_raw(outcomes[0]) or any(outcome != outcomes[0] for outcome in outcomes):
            found[name] = [_short(outcome) for outcome in outcomes]
    return found


def _is_raw(outcome: object) -> bool:
    """Is it an error without a name, other than that a value is of a wrong type, which a type checker tells?"""
    named = ServiceCRMError, TypeError, AttributeError
    return isinstance(outcome, Refused) and not issubclass(outcome.error, named)


def _short(outcome: object) -> str:
    return ascii(outcome)[:300]


def calls_of(name: str, stand: Stand) -> dict[str, Callable[[Desk], object]]:
    """The call as it is taken, and with every value for each of its arguments."""
    calls = {"as it is": told(name, stand)}
    for argument in arguments_of(name.partition(",")[0]):
        values = {each: (VALUES | CURSORS)[each] for each in CHOSEN.get((name, argument), VALUES)}
        calls |= {f"{argument}: {each}": told(name, stand, **{argument: value}) for each, value in values.items()}
    return calls


def told(name: str, stand: Stand, /, **value: object) -> Callable[[Desk], object]:
    """A call with the arguments with which it is taken, but for one of them."""
    method = name.partition(",")[0]
    about, part, state, taken = call_of(method)
    id = "" if about is None else stand.ids[part, str(state)]
    base: dict[str, Any] = {**taken, **OTHERWISE.get(name, {})}
    if about is not None and about not in base:
        base[about] = Found(lambda crm, id: named_by(str(about), getattr(crm, part).get(id)))
    return lambda crm: attrgetter(method)(crm)(**looked_up(crm, {**base, **value}, id))


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_of_a_call_is_taken_or_refused_alike(stands: list[Stand], name: str) -> None:
    calls = calls_of(name, stands[0])
    taken = stands[0].outcome(calls["as it is"])

    assert not isinstance(taken, Refused), taken
    assert differences(stands, calls) == {}


@pytest.fixture(scope="module")
def one() -> Iterator[Stand]:
    """A stand in memory: what is refused is refused before a store is asked."""
    with standing("memory:") as stand:
        yield stand


@pytest.mark.parametrize("name", CALLS)
def test_what_is_strange_is_refused_with_a_named_error(one: Stand, name: str) -> None:
    raw: dict[str, str] = {}
    method = name.partition(",")[0]
    for argument in arguments_of(method):
        for each, value in STRANGE.items():
            given = one.outcome(told(name, one, **{argument: value}))
            if isinstance(given, Refused) and not issubclass(given.error, ServiceCRMError):
                raw[f"{argument}: {each}"] = _short(given)
    assert raw == {}


ANSWERS: Final[dict[str, Callable[[Desk, Stand, Any], object]]] = {
    "record": lambda crm, stand, given: crm.responses.record(stand.ids["campaigns", "open"], given),
    "answer": lambda crm, stand, given: crm.responses.answer(stand.token(crm, "sent"), given),
    "ballot": lambda crm, stand, given: crm.responses.ballot(stand.ids["campaigns", "anonymous"], given),
    "take part": lambda crm, stand, given: crm.responses.take_part(stand.token(crm, "anonymous"), given),
}


@pytest.mark.parametrize("item", ["overall", "why"])
@pytest.mark.parametrize("way", ANSWERS)
def test_every_answer_to_a_survey_is_taken_or_refused_alike(stands: list[Stand], way: str, item: str) -> None:
    def answered(value: Any) -> Callable[[Desk], object]:
        return lambda crm: ANSWERS[way](crm, stands[0], {"overall": 3, item: value})

    assert not isinstance(stands[0].outcome(answered(3 if item == "overall" else "Nobody called.")), Refused)
    assert differences(stands, {each: answered(value) for each, value in VALUES.items()}) == {}


def test_every_name_of_a_tenant_is_taken_or_refused_alike(stands: list[Stand]) -> None:
    def used(value: Any) -> Callable[[Desk], object]:
        def call(crm: Desk) -> object:
            other = crm.tenant(value)
            return other.complaints.count(), other.store.verify(), other.complaints.search("water")

        return call

    for stand in stands:
        stand.undo()
    assert differences(stands, {name: used(value) for name, value in VALUES.items()}, alone=True) == {}


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
    "claim: worker": lambda unit, value: unit.claim(value, now=MONDAY),
    "claim: now": lambda unit, value: unit.claim("w", now=value),
    "claim: limit": lambda unit, value: unit.claim("w", now=MONDAY, limit=value),
    "claim: lease": lambda unit, value: unit.claim("w", now=MONDAY, lease=value),
    "settle: retry_at": lambda unit, value: unit.settle(unit.claim("w", now=MONDAY), delivered=False, retry_at=value),
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
        (
            lambda op: op.method == "insert" and len(ascii([*op.args[1]])) > 500_000,
            "complaints.record",
            "text: 1 MB",
        ),
        (
            lambda op: "9999-12-31" in ascii(op.args) or "253402300799999999" in ascii(op.args),
            "complaints.acknowledge",
            "expected_by: the last time",
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


def test_an_error_without_a_name_is_found() -> None:
    with standing("memory:") as one:
        calls = {"raw": lambda _: next(iter(())), "named": lambda crm: crm.complaints.get("none")}
        assert differences([one], calls).keys() == {"raw"}
