"""The contract is proven too: each of these broken stores fails it, in the area that is broken."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from servicecrm.kernel.kinds import Kind
from servicecrm.storage import joined, memory, statements, store, verifying, work
from servicecrm.storage.joined import JoinedEngine
from servicecrm.storage.memory import MemoryTables
from servicecrm.storage.rows import Change, Tables, ask
from servicecrm.storage.statements import SQLTables, Statement, Statements
from servicecrm.storage.store import Mode
from servicecrm.storage.work import Work

CONTRACT = Path(__file__).parent.parent / "contract"
MEMORY, SQLITE, JOINED = (
    f"{CONTRACT}/test_memory.py::TestMemoryStore",
    f"{CONTRACT}/test_sqlite.py::TestSQLiteStore",
    f"{CONTRACT}/test_joined.py::TestJoining",
)

Break = Callable[[pytest.MonkeyPatch], None]


class Area:
    """Runs only the tests of one area, and counts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.passed, self.failed = 0, 0

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        items[:] = [item for item in items if item.function.__qualname__.startswith(f"{self._name}.")]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed
        self.failed += report.failed


def contract(tests: str, area: str, *options: str) -> Area:
    """Runs one area of the contract in a pytest of its own."""
    found = Area(area)
    plain = ("-o", "addopts=", "--import-mode=importlib", "-p", "no:xdist", "-p", "no:cacheprovider")
    pytest.main([tests, "-q", "--capture=no", "--tb=line", *plain, *options], plugins=[found])
    return found


def around(patch: pytest.MonkeyPatch, of: Any, name: str, change: Callable[..., Any]) -> None:
    """Replaces a function by one that is given the function first."""
    honest = getattr(of, name)
    patch.setattr(of, name, lambda *args, **kwargs: change(honest, *args, **kwargs))


def rewritten(method: str, old: str, new: str) -> Break:
    """Statements of a request that say something else."""

    def change(honest: Callable[..., Statement | Statements], *args: Any, **kwargs: Any) -> Statement | Statements:
        statement = honest(*args, **kwargs)
        assert re.search(old, statement.sql)
        return statement._replace(sql=re.sub(old, new, statement.sql))

    def break_(patch: pytest.MonkeyPatch) -> None:
        around(patch, SQLTables, method, change)

    break_.__name__ = f"{method}_says_something_else"
    return break_


def stale_is_overwritten(patch: pytest.MonkeyPatch) -> None:
    def update(honest: Any, tables: MemoryTables, kind: Any, change: Change) -> Any:
        (found,) = tables.fetch(kind, [change.row.id])
        return honest(tables, kind, change._replace(expected=found.revision) if found else change)

    around(patch, MemoryTables, "_update", update)


def taken_id_is_overwritten(patch: pytest.MonkeyPatch) -> None:
    def insert(honest: Any, tables: MemoryTables, kind: Any, change: Change) -> bool:
        (found,) = tables.fetch(kind, [change.row.id])
        if found is None:
            return bool(honest(tables, kind, change))
        return tables._update(kind, change._replace(expected=found.revision)) is not None

    around(patch, MemoryTables, "_insert", insert)


def edited(edit: Callable[[str], str]) -> Callable[..., Any]:
    """An insert that keeps another document than it was given."""

    def insert(honest: Any, tables: Any, kind: Any, change: Change) -> Any:
        row = change.row
        return honest(tables, kind, change._replace(row=row._replace(document=edit(row.document))))

    return insert


def microseconds_are_lost(patch: pytest.MonkeyPatch) -> None:
    around(patch, MemoryTables, "_insert", edited(lambda document: re.sub(r"\.\d{6}\+", "+", document)))


def invisible_characters_are_cleaned_up(patch: pytest.MonkeyPatch) -> None:
    around(patch, MemoryTables, "_insert", edited(lambda document: re.sub("[\u200b-\u202f]", "", document)))


def nothing_is_rolled_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory._Data, "undo", lambda *_: None)


def only_new_rows_are_rolled_back(patch: pytest.MonkeyPatch) -> None:
    def put(honest: Any, data: Any, table: Any, key: Any, value: Any) -> None:
        if key in table:
            table[key] = value
        else:
            honest(data, table, key, value)

    around(patch, memory._Data, "put", put)


def an_ended_unit_goes_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "while_open", lambda _, answer: answer)


def a_unit_for_reading_writes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Work, "_writing", lambda *_: None)


def a_failed_save_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Work, "whole", lambda _: contextlib.nullcontext())


def paged(old: str, new: str) -> Break:
    def change(honest: Any, query: Any) -> Any:
        return [(text.replace(old, new), values) for text, values in honest(query)]

    def break_(patch: pytest.MonkeyPatch) -> None:
        around(patch, statements, "pages", change)

    break_.__name__ = f"pages_have_{new}"
    return break_


def negation_knows_three_values(patch: pytest.MonkeyPatch) -> None:
    def condition(honest: Any, *args: Any, **kwargs: Any) -> Any:
        text, values = honest(*args, **kwargs)
        return re.sub(r' OR "\w+" IS NULL\)', ")", text), values

    around(patch, statements, "condition", condition)


def search_minds_the_case(patch: pytest.MonkeyPatch) -> None:
    def index_of(honest: Any, kind: Kind[Any], record: Any) -> Any:
        searched = {"search": "\n".join(kind.search(record))} if kind.search else {}
        return honest(kind, record) | searched

    around(patch, Kind, "index_of", index_of)


def indexes_stay_as_they_were(patch: pytest.MonkeyPatch) -> None:
    around(patch, Kind, "unchanged", lambda _, kind, *__: frozenset(column.name for column in kind._indexed))


def old_terms_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryTables, "drop_terms", lambda *_: None)


def facts_are_not_written_down(patch: pytest.MonkeyPatch) -> None:
    around(patch, MemoryTables, "append", lambda honest, tables, rows: honest(tables, rows[1:]))


def seals_are_not_chained(patch: pytest.MonkeyPatch) -> None:
    from servicecrm.testing.contract import history

    for module in (work, verifying, history):
        around(patch, module, "sealed", lambda honest, last, hashes: honest(last._replace(hash=""), hashes))


def the_last_notice_is_lost(patch: pytest.MonkeyPatch) -> None:
    around(patch, MemoryTables, "enqueue", lambda honest, tables, notices: honest(tables, notices[:-1]))


def the_newest_notice_comes_first(patch: pytest.MonkeyPatch) -> None:
    def keep(honest: Any, tables: Any, rows: Any) -> None:
        honest(tables, [row._replace(place=-abs(row.place)) for row in rows])

    around(patch, MemoryTables, "_keep", keep)


def a_key_is_free_after_its_delivery(patch: pytest.MonkeyPatch) -> None:
    def settle(honest: Any, tables: Any, delivery: Any, *, delivered: bool, **rest: Any) -> Any:
        settled = honest(tables, delivery, delivered=delivered, **rest)
        if settled and delivered:
            del tables._table("outbox")[delivery.notice.key]
        return settled

    around(patch, MemoryTables, "settle", settle)


def a_command_outlives_its_rollback(patch: pytest.MonkeyPatch) -> None:
    def add_commands(honest: Any, tables: MemoryTables, outcomes: Any, now: Any) -> None:
        before = len(tables._data.log)
        honest(tables, outcomes, now)
        del tables._data.log[before:]

    around(patch, MemoryTables, "add_commands", add_commands)


def fingerprints_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    def known(_honest: Any, _work: Work, commands: Any) -> Any:
        found = yield from ask(Tables.commands, [command.id for command in commands])
        return {id: outcome for id, (_, outcome) in found.items()}

    around(patch, Work, "known", known)


def numbers_are_given_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryTables, "next_number", lambda *_: 1)


def an_export_leaves_the_numbers_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryTables, "numbers", lambda *_: [])


class OneForAll:
    """A variable that every thread sees."""

    def __init__(self, name: str, *, default: Any) -> None:
        self._value = default

    def get(self) -> Any:
        return self._value

    def set(self, value: Any) -> Any:
        before, self._value = self._value, value
        return before

    reset = set


def threads_share_their_units(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "_OPEN", OneForAll("servicecrm_units", default=()))


def the_hosts_transaction_is_committed(patch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def transaction(honest: Any, engine: JoinedEngine, tenant: str, mode: Mode) -> Iterator[Any]:
        with honest(engine, tenant, mode) as answer:
            yield answer
        engine._connection.commit()

    around(patch, joined.JoinedEngine, "transaction", transaction)


MUTANTS: tuple[tuple[str, str, Break], ...] = (
    (MEMORY, "RoundTrip", microseconds_are_lost),
    (MEMORY, "Hostile", invisible_characters_are_cleaned_up),
    (MEMORY, "Locking", stale_is_overwritten),
    (MEMORY, "Locking", taken_id_is_overwritten),
    (MEMORY, "Atomicity", nothing_is_rolled_back),
    (MEMORY, "Atomicity", a_failed_save_is_forgotten),
    (MEMORY, "Faults", only_new_rows_are_rolled_back),
    (MEMORY, "Units", an_ended_unit_goes_on),
    (MEMORY, "Units", a_unit_for_reading_writes),
    (SQLITE, "Paging", paged("id > ?", "id >= ?")),
    (SQLITE, "Paging", paged("NULLS LAST", "NULLS FIRST")),
    (SQLITE, "Paging", paged("DESC, id DESC", "DESC, id ASC")),
    (SQLITE, "Filters", negation_knows_three_values),
    (MEMORY, "Filters", search_minds_the_case),
    (SQLITE, "Filters", indexes_stay_as_they_were),
    (MEMORY, "Terms", old_terms_stay),
    (MEMORY, "History", facts_are_not_written_down),
    (MEMORY, "Tampering", seals_are_not_chained),
    (MEMORY, "Outbox", the_last_notice_is_lost),
    (MEMORY, "Outbox", the_newest_notice_comes_first),
    (MEMORY, "Outbox", a_key_is_free_after_its_delivery),
    (SQLITE, "Outbox", rewritten("claim", r" AND failed_at IS NULL", "")),
    (SQLITE, "Outbox", rewritten("claim", r" AND \(claimed_until IS NULL OR claimed_until <= .*?\)(?= ORDER)", "")),
    (SQLITE, "Outbox", rewritten("settle", r"worker = \? AND attempt = \?", "? <> '' AND ? > 0")),
    (MEMORY, "Commands", a_command_outlives_its_rollback),
    (MEMORY, "Commands", fingerprints_are_not_compared),
    (MEMORY, "Numbers", numbers_are_given_again),
    (SQLITE, "Tenants", rewritten("count", r"WHERE tenant = \?", "WHERE ? <> ''")),
    (SQLITE, "Tenants", rewritten("entries", r"WHERE tenant = \?", "WHERE ? <> ''")),
    (MEMORY, "Transfer", an_export_leaves_the_numbers_out),
    (SQLITE, "Threads", threads_share_their_units),
    (JOINED, "Joining", the_hosts_transaction_is_committed),
)


@pytest.mark.parametrize(("tests", "area", "break_"), MUTANTS, ids=[f"{area}-{b.__name__}" for _, area, b in MUTANTS])
def test_a_broken_store_fails_in_the_area_that_is_broken(
    monkeypatch: pytest.MonkeyPatch, tests: str, area: str, break_: Break
) -> None:
    with monkeypatch.context() as patch:
        break_(patch)
        assert contract(tests, area, "-x").failed


SELECTIONS = sorted({(area, tests) for tests, area, _ in MUTANTS})


@pytest.mark.parametrize(("area", "tests"), SELECTIONS, ids=[f"{a}-{t.rpartition(':')[2]}" for a, t in SELECTIONS])
def test_the_same_area_of_a_sound_store_passes(area: str, tests: str) -> None:
    found = contract(tests, area)

    assert found.passed > 0
    assert found.failed == 0
