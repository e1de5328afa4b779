"""Many records in one unit, and the texts that are stored of them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import COMPLAINT, Complaint, record
from servicecrm.complaints.events import ComplaintForwarded
from servicecrm.errors import AlreadyExists
from servicecrm.kernel.decisions import Decision, begin, decide, stamp
from servicecrm.kernel.documents import Document, Members, Schema, converter, dump_fields
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, evolve, field_names, personal_fields
from servicecrm.kernel.records import record as a_record
from servicecrm.storage import SQLiteStore
from servicecrm.storage.journal import START, chained
from servicecrm.storage.memory import MemoryStore
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.rows import Coming, fetched
from servicecrm.storage.store import EngineStore
from servicecrm.testing.makers import a_complaint
from servicecrm.testing.strategies import complaints, instants, moments, texts
from tests.stores import clean_schema

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Shade(Enum):
    DARK = 1
    LIGHT = "light"


class Level(IntEnum):
    LOW = 1


@a_record
class Part:
    name: Personal[str] | None = None
    at: datetime = MONDAY
    yes: bool | None = None


@a_record
class Odd:
    """Fields whose texts are easily got wrong."""

    text: str = ""
    number: float = 0.0
    whole: int = 0
    amount: Decimal | None = None
    day: date | None = None
    shade: Shade = Shade.DARK
    level: Level | None = None
    names: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()
    part: Part | None = None
    extra: FrozenMap = EMPTY


_awkward = texts() | st.text('a!"\\/\n\t\x7f\u2028é😀', max_size=4)
_parts = st.builds(Part, name=st.none() | _awkward, at=instants(), yes=st.none() | st.booleans())
_odd = st.builds(
    Odd,
    text=_awkward,
    number=st.floats(allow_nan=False, allow_infinity=False),
    whole=st.integers(-(2**63), 2**63 - 1),
    amount=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    day=st.none() | st.dates(),
    shade=st.sampled_from(Shade),
    level=st.none() | st.sampled_from(Level),
    names=st.frozensets(_awkward, max_size=3),
    parts=st.lists(_parts, max_size=2).map(tuple),
    part=st.none() | _parts,
    extra=st.dictionaries(_awkward, _awkward | st.floats(-9, 9) | st.none(), max_size=2).map(FrozenMap),
)


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(_odd)
def test_the_text_of_a_document_is_the_one_that_json_makes(odd: Odd) -> None:
    assert Schema("odd", Odd).text(odd) == as_json(converter().unstructure(odd))


@given(complaints())
def test_the_text_of_a_complaint_is_the_one_that_json_makes(complaint: Complaint) -> None:
    assert COMPLAINT.schema.text(complaint) == as_json(converter().unstructure(complaint))


_filled = _awkward.filter(str.strip)
_changes = st.fixed_dictionaries(
    {},
    optional={
        "subject": _filled,
        "text": _awkward,
        "complainant": st.none() | _filled,
        "category": st.none() | _filled,
        "tags": st.frozensets(_filled, max_size=3),
        "due_at": st.none() | instants(),
        "moments": moments(max_size=2).map(lambda more: (*a_complaint().moments, *more)),
        "extra": st.dictionaries(_awkward, _awkward, max_size=2).map(FrozenMap),
    },
)


@given(_changes, _changes, st.sampled_from([None, "closer"]))
def test_a_journal_tells_each_change_in_the_words_that_json_would_use(
    first: dict[str, object], then: dict[str, object], reason: str | None
) -> None:
    event = ComplaintForwarded(**stamp("ann@city.example", MONDAY), reason=reason)
    begun = begin(evolve(a_complaint(), **first), event)
    decision = begun.then(decide, event, **then) if then else begun

    steps, members = [(step, None) for step in decision.steps], COMPLAINT.schema.members(decision.after)
    rows = chained(COMPLAINT, decision.after, steps, members=members, text="", last=START, seal=None)

    for row, step in zip(rows, decision.steps, strict=True):
        told = {
            "data": _parted(type(event), {"reason": reason}),
            "changes": _parted(Complaint, dump_fields(Complaint, step.changes)),
            "appended": _parted(Complaint, dump_fields(Complaint, step.appended)),
        }
        apart = {part: values for part, (_, values) in told.items() if values}
        assert row.body == as_json({part: values for part, (values, _) in told.items()})
        assert row.personal == (as_json(apart) if apart else None)


def _parted(of: type, values: Document) -> tuple[Document, Document]:
    """What is not personal, and what is: nothing is not."""
    in_order = [name for name in field_names(of) if name in personal_fields(of)]
    apart = {name: values[name] for name in in_order if values.get(name) is not None}
    return {name: value for name, value in values.items() if name not in apart}, apart


def test_rows_are_made_once_in_order_and_only_when_they_are_asked_for() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for n in range(4):
            made.append(n)
            yield n

    rows = Coming(making(), 4)

    assert (len(rows), made) == (4, [])
    assert (rows[0], made) == (0, [0])
    assert (next(iter(rows)), made) == (0, [0])
    assert (rows[2], made) == (2, [0, 1, 2])
    assert (rows[1:], made) == ([1, 2, 3], [0, 1, 2, 3])
    assert [*rows] == [0, 1, 2, 3] == made


# -- in stores -------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineStore]:
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "sqlite":
        with SQLiteStore(tmp_path / "crm.db") as store:
            yield store
    else:
        server = request.getfixturevalue("postgres")
        with clean_schema(server) as schema, PostgresStore(server.url, schema=schema) as store:
            yield store


def new(n: int, subject: str = "No water") -> Decision[Complaint]:
    tags = frozenset({"water", f"tag-{n % 3}"})
    return record(id=f"c-{n:05}", subject=subject, channel="phone", tags=tags, by="ann@city.example", at=MONDAY)


def saved(store: EngineStore) -> list[str]:
    with store.unit(readonly=True) as unit:
        return [complaint.id for complaint in unit.find(Complaint)]


def test_what_many_records_hold_comes_back_as_it_was(store: EngineStore) -> None:
    subjects = ["a\t", "\\N", "\\.", "a\nb\r\n", '"', "é\u2028😀", "a\x01\x7f", "%s ?", "x" * 70_000, "$1", "'", "{}"]

    with store.unit() as unit:
        unit.save(*(new(n, subject) for n, subject in enumerate(subjects)))

    with store.unit(readonly=True) as unit:
        assert [complaint.subject for complaint in unit.find(Complaint)] == subjects
        assert [unit.history(Complaint, f"c-{n:05}")[0].changes["subject"] for n in range(12)] == subjects
    store.seal()
    assert store.verify() == len(subjects)


def test_of_many_new_records_one_that_is_there_already_refuses_all(store: EngineStore) -> None:
    with store.unit() as unit:
        unit.save(new(7))

    with pytest.raises(AlreadyExists) as refused, store.unit() as unit:
        unit.save(*map(new, range(20)))

    assert refused.value.id == "c-00007"
    assert saved(store) == ["c-00007"]


def test_a_record_that_cannot_be_written_among_many_leaves_nothing_of_the_unit(
    store: EngineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = COMPLAINT.schema.members

    def failing(complaint: Complaint) -> Members:
        if complaint.id == "c-00015":
            raise RuntimeError("a field that nobody can write")
        return written(complaint)

    with monkeypatch.context() as patch:
        patch.setattr(COMPLAINT.schema, "members", failing)
        with pytest.raises(RuntimeError, match="nobody can write"):
            store.atomically(lambda unit: (unit.save(new(100)), unit.save(*map(new, range(20)))))

    assert saved(store) == []
    with store.unit() as unit:
        unit.save(*map(new, range(20)))
    assert len(saved(store)) == 20


def test_more_records_than_fit_into_one_question_are_there_in_the_order_asked_for(store: EngineStore) -> None:
    with store.unit() as unit:
        unit.save(*map(new, range(501)))
    ids = [f"c-{n:05}" for n in (500, 3, 9_999, *range(499, 3, -1), 0, 1, 2, 3, 501)]

    rows = store.perform(lambda _: fetched(COMPLAINT, ids), readonly=True)

    assert [row and row.id for row in rows] == [id if id < "c-00501" else None for id in ids]
    store.seal()
    assert store.verify() == 501
