"""An export that was changed is told, and memory, SQLite and PostgreSQL take and refuse the same."""  # C128

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import Complaint
from servicecrm.desk import connect
from servicecrm.errors import BrokenJournal, ImportProblem, MalformedDocument, StoreError
from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.store import EngineStore
from servicecrm.storage.transfer import exported, imported
from servicecrm.testing.contract.examples import amended, command, complaint, get, message, notice, put
from tests.desk.places import STORES, empty_store
from tests.servers import Postgres
from tests.stores import clean_schema

Line = list[Any]


@cache
def lines() -> tuple[str, ...]:
    """A real export, with every sort of line."""
    with MemoryStore() as store:
        for n in range(3):
            with store.unit(command(f"k-{n}")) as unit:
                number = unit.number(Complaint, 2026)
                decision = complaint(f"c-{2 - n}", number=number, complainant="Ann", tags=frozenset("ab"))
                unit.save(decision, notices=[notice(f"n-{n}")])
        put(store, amended(get(store, Complaint, "c-1"), category="water"), message())
        return tuple(export(store))


def export(store: EngineStore) -> list[str]:
    written: list[str] = []
    store.perform(lambda _: exported(store.kinds, written.append))
    return written


def take(store: EngineStore, changed: Sequence[Line]) -> list[str] | tuple[type[Exception], int | None]:
    """Import lines: what the store exports then, or what went wrong, and where; never anything else."""
    try:
        store.perform(lambda work: imported(store.kinds, [json.dumps(line) for line in changed], work.seal))
    except (ImportProblem, BrokenJournal) as problem:
        assert export(store) == export(MemoryStore())  # nothing of it is kept
        return type(problem), getattr(problem, "row", None)
    store.verify()
    return export(store)


def body() -> list[Line]:
    return [json.loads(line) for line in lines()]


@pytest.fixture(scope="module")
def databases(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EngineStore, ...]]:
    """A file and a schema with many tenants, so that each import finds an empty one."""
    with (
        SQLiteStore(tmp_path_factory.mktemp("transfer") / "crm.db") as sqlite,
        clean_schema(postgres) as schema,
        PostgresStore(postgres.url, schema=schema) as database,
    ):
        database.tenants()  # the pool has its connection: it uses chance for that, which Hypothesis forbids
        yield sqlite, database


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineStore]:
    with empty_store(request.param, tmp_path, request) as url, connect(url) as crm:
        yield crm.store


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 9),
    st.sampled_from([2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**70, 10**4000, 253402300800000000]),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["", "zz", "\0", "\ud800", "{}", "[]", "null", "{", '{"a":1}', "[" * 100_000, "complaint", "Ä"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
TENANTS = iter(range(10**6))


@given(st.data())
def test_one_changed_value_is_refused_or_kept_alike_by_every_store(
    databases: tuple[EngineStore, ...], data: st.DataObject
) -> None:
    changed = body()
    row = data.draw(st.integers(0, len(changed) - 1), label="row")
    line = changed[row]
    column = data.draw(st.integers(0, len(line) - 1), label="column")
    others = [other[column] for other in body() if len(other) > column]
    line[column] = data.draw(ODD | st.sampled_from(others), label="value")

    with MemoryStore() as memory:
        found = take(memory, changed)
    for store in databases:
        assert take(store.tenant(f"t-{next(TENANTS)}"), changed) == found


@given(st.data())
def test_lines_left_out_or_repeated_are_refused_or_kept_alike(
    databases: tuple[EngineStore, ...], data: st.DataObject
) -> None:
    first, *middle, _ = body()
    order = data.draw(st.lists(st.integers(0, len(middle) - 1), min_size=len(middle) - 2), label="lines")
    changed = [first, *(middle[n] for n in order), ["end", len(order) + 1]]

    with MemoryStore() as memory:
        found = take(memory, changed)
    for store in databases:
        assert take(store.tenant(f"t-{next(TENANTS)}"), changed) == found


FORGED = [
    ("record", 2, "somebody-else", "id"),
    ("record", 3, 0, "revision"),
    ("record", 3, True, "revision"),
    ("record", 4, 0, "schema"),
    ("record", 4, 99, None),
    ("record", 5, "[]", None),
    ("record", 5, "[" * 100_000, None),
    ("record", 5, None, "document"),
    ("entry", 3, 0, "n"),
    ("entry", 3, 2**70, "n"),
    ("entry", 7, {"a": 1}, "by"),
    ("entry", 9, 2**62, None),
    ("entry", 12, "{", None),
    ("entry", 15, "zz", None),
    ("seal", 1, "1", "n"),
    ("command", 1, None, "id"),
    ("number", 3, "abc", "last"),
    ("number", 3, 2**63, "last"),
    ("number", 3, 10**12, "last"),  # no number follows that could be told
    ("notice", 2, 0, "place"),
    ("notice", 2, 2**53 + 1, "place"),
    ("notice", 7, "not JSON", None),
    ("notice", 7, "[]", None),
    ("notice", 8, -(2**62), None),
    ("notice", 13, -(2**62), None),
    ("notice", 13, "1", "failed_at"),
    ("notice", 1, "\ud800", "key"),
]


@pytest.mark.parametrize(("what", "place", "value", "column"), FORGED)
def test_a_value_of_the_wrong_shape_is_told_with_its_row(
    store: EngineStore, what: str, place: int, value: Any, column: str | None
) -> None:
    changed = body()
    row = next(n for n, line in enumerate(changed, start=1) if line[0] == what)
    changed[row - 1][place] = value
    with pytest.raises(ImportProblem) as found:
        store.perform(lambda work: imported(store.kinds, [json.dumps(line) for line in changed], work.seal))

    assert (found.value.row, found.value.column) == (row, column)
    assert export(store) == export(MemoryStore())


@pytest.mark.parametrize("what", ["record", "entry", "seal", "command", "number", "notice"])
def test_a_line_that_stands_twice_or_is_too_long_is_told(store: EngineStore, what: str) -> None:
    row = next(n for n, line in enumerate(body()) if line[0] == what)
    twice, longer = body(), body()
    twice[row + 1 : row + 1] = [twice[row]]
    twice[-1][1] += 1
    longer[row].append(None)
    for changed, place in ((twice, row + 2), (longer, row + 1)):
        assert take(store, changed) == (ImportProblem, place)


def test_an_export_from_before_notices_could_fail_is_taken_as_it_was(store: EngineStore) -> None:
    before = [line[:-1] if line[0] == "notice" else line for line in body()]
    assert before != body()
    assert take(store, before) == list(lines())


def test_a_notice_has_not_been_delivered_if_it_has_failed(store: EngineStore) -> None:
    changed = body()
    row = next(n for n, line in enumerate(changed) if line[0] == "notice")
    changed[row][12:] = [1, 1]
    assert take(store, changed) == (ImportProblem, row + 1)


def test_two_notices_never_share_their_key(store: EngineStore) -> None:
    changed = body()
    first, second = [n for n, line in enumerate(changed) if line[0] == "notice"][:2]
    changed[second][1] = changed[first][1]
    assert take(store, changed) == (ImportProblem, second + 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line[0] == "seal" and line.__setitem__(3, "x"),
        lambda line: line[0] == "entry" and line.__setitem__(7, "eve"),
        lambda line: line[0] == "record" and line.__setitem__(5, line[5].replace("No water", "All is well")),
    ],
    ids=["seal", "entry", "record"],
)
def test_a_history_that_was_tampered_with_is_not_taken(store: EngineStore, change: Callable[[Line], object]) -> None:
    changed = body()
    for line in changed:
        change(line)
    assert changed != body()
    assert take(store, changed) == (BrokenJournal, None)


def test_numbers_go_on_after_those_of_the_records(store: EngineStore) -> None:
    changed = [line for line in body() if line[0] != "number"]
    changed[-1][1] = len(changed) - 1
    take(store, changed)

    with store.unit() as unit:
        assert unit.number(Complaint, 2026) == "CMP-2026-000004"
        assert unit.number(Complaint, 2027) == "CMP-2027-000001"


@pytest.mark.parametrize(
    ("told", "following"), [(1, "CMP-2026-000004"), (41, "CMP-2026-000042"), (10**12 - 1, "CMP-2026-1000000000000")]
)
def test_numbers_go_on_after_the_highest_that_is_told(store: EngineStore, told: int, following: str) -> None:
    changed = body()
    for line in changed:
        if line[0] == "number":
            line[3] = told
    take(store, changed)

    with store.unit() as unit:
        assert unit.number(Complaint, 2026) == following


def test_a_tenant_that_has_only_given_a_number_or_a_notice_takes_no_import(store: EngineStore) -> None:
    with store.tenant("numbers").unit() as unit:
        unit.number(Complaint, 2026)
    put(store.tenant("notices"), notices=[notice()])
    for name in ("numbers", "notices"):
        with pytest.raises(StoreError, match="import into an empty one"):
            store.tenant(name).perform(lambda work: imported(store.kinds, lines(), work.seal))


@pytest.mark.parametrize("version", [0, -1])
def test_a_document_of_a_version_that_never_was_is_malformed(store: EngineStore, version: int) -> None:
    schema = store.kinds[Complaint].schema
    with pytest.raises(MalformedDocument, match="versions start at 1"):
        schema.load(schema.dump(complaint().after), version=version)
