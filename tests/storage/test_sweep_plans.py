"""What a sweep and a worklist ask is read from the indexes that are made for it: what they read follows what is due."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import psycopg
import pytest

from servicecrm.agreements.schema import AGREEMENT
from servicecrm.desk.rules import zones
from servicecrm.desk.sweeping import BATCH, Sweep, Swept
from servicecrm.desk.timers import worklist_of
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.filters import encoded, where
from servicecrm.kernel.kinds import Kind, micros
from servicecrm.storage import cursors
from servicecrm.storage.driver import install
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.ports import Op, Program
from servicecrm.storage.postgres.dialect import POSTGRES
from servicecrm.storage.rows import Position, Query, Request
from servicecrm.storage.statements import SQLITE, Dialect, SQLTables, Statement
from servicecrm.storage.store import run
from servicecrm.storage.work import Work
from servicecrm.tracking import CLOCK
from tests.servers import Postgres
from tests.storage.test_postgres_plans import plans, read_by
from tests.stores import clean_schema

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
NOW = FIRST + timedelta(minutes=60)
ROWS = 10_000
KINDS = [tracked.kind.name for tracked in TRACKED.values()]
INDEXED = ("about_kind", "about", "handler", "next_at", "due_at", "basis", "level")
COLUMNS = ("tenant", "id", "revision", "schema", "document", *INDEXED)
INTO = ", ".join(COLUMNS)
BASIS = f"policy 0; default@0; zones {zones()}"


class Question(NamedTuple):
    """Something that is asked about clocks, and the index that answers it."""

    asked: Request
    answer: str

    def of(self, dialect: Dialect) -> Statement:
        """The statement that asks a database."""
        statement: Statement = self.asked(SQLTables("default", dialect))
        return statement


def asked_by(program: Callable[[Work], Program[Any]], of: Kind[Any] = CLOCK) -> list[Request]:
    """What a program asks about clocks, or other records, if it finds nothing."""
    asked: list[Request] = []

    def answer(request: Op) -> list[None]:
        assert isinstance(request, Request)
        asked.append(request)
        return [None] if request.method == "fetch" else []

    run(program(Work({kind.schema.record: kind for kind in SHIPPED})), answer)
    return [request for request in asked if request.method in ("select", "columns") and request.args[0] is of]


def sweep(*failed: str) -> Sweep:
    """A sweep that could not read some clocks before."""
    sweep = Sweep(None, Actor(id="ann"), NOW)
    sweep.goes_on(Swept(1, failed=failed))
    return sweep


def questions() -> Iterator[Any]:
    """All that is asked: each kind of record has its own targets, and so its own clocks to be read again."""
    reasons = ("what was agreed", "due", "older rules", "newer rules")
    wanted = [(kind, reason) for kind in KINDS for reason in reasons]
    for title, failed in (("", ()), (", some of which could not be read", ("about-000007", "about-000008"))):
        for asked, (kind, reason) in zip(asked_by(sweep(*failed).some), wanted, strict=True):
            index = "about_kind_next_at" if reason == "due" else "about_kind_basis"
            yield pytest.param(Question(asked, index), id=f"clocks of a {kind} to be read, {reason}{title}")
    (asked,) = asked_by(worklist_of("handler-3", limit=50, after=None))
    yield pytest.param(Question(asked, "handler_due_at"), id="a worklist")


every_question = pytest.mark.parametrize("question", [*questions()])


def later_page() -> Question:
    """A later page of a worklist, which puts together what has a due time and what has none."""
    after = cursors.write("due_at", Position(micros(NOW), "complaint:about-000060"))
    (asked,) = asked_by(worklist_of("handler-3", limit=50, after=after))
    return Question(asked, "handler_due_at")


def rows(number: int) -> Iterator[tuple[Any, ...]]:
    """Clocks of two tenants, of every kind of record; one in four has come to its end, and the first ones are due."""
    for tenant in ("default", "other"):
        for n in range(number):
            kind, runs = KINDS[n % len(KINDS)], n % 4 > 0
            index = {
                "about_kind": kind,
                "about": f"about-{n:06}",
                "handler": f"handler-{n % 7}",
                "next_at": micros(FIRST + timedelta(minutes=n)) if runs else None,
                "due_at": micros(FIRST + timedelta(minutes=n + 30)) if runs else None,
                "basis": BASIS if runs else None,
                "level": 0,
            }
            yield tenant, f"{kind}:about-{n:06}", 1, 1, "x" * 800, *(index[name] for name in INDEXED)


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Callable[[int], sqlite3.Connection]]:
    """Gives tables with so many clocks of each tenant, as a store leaves them: without statistics."""
    made: dict[int, sqlite3.Connection] = {}

    def filled(number: int) -> sqlite3.Connection:
        if number not in made:
            made[number] = connection = sqlite3.connect(":memory:", isolation_level=None)
            install(connection)
            connection.execute("BEGIN")
            places = ", ".join("?" * len(COLUMNS))
            connection.executemany(f"INSERT INTO servicecrm_clock ({INTO}) VALUES ({places})", rows(number))
            connection.execute("COMMIT")
        return made[number]

    yield filled
    for connection in made.values():
        connection.close()


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:
    """The same tables, with statistics."""
    with clean_schema(postgres) as schema, psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema}".encode())
        with connection.cursor().copy(f"COPY servicecrm_clock ({INTO}) FROM STDIN".encode()) as copy:
            for row in rows(ROWS):
                copy.write_row(row)
        connection.execute("ANALYZE servicecrm_clock")
        yield connection


@every_question
def test_sqlite_reads_the_index_in_its_order(
    sqlite: Callable[[int], sqlite3.Connection], question: Question
) -> None:  # C037, C034
    (step,) = explained(sqlite(ROWS), question.of(SQLITE))

    assert step.startswith(f"SEARCH servicecrm_clock USING INDEX servicecrm_clock_{question.answer} (tenant=?")


def test_sqlite_reads_a_later_page_of_a_worklist_from_its_index(sqlite: Callable[[int], sqlite3.Connection]) -> None:
    question = later_page()
    steps = [step for step in explained(sqlite(ROWS), question.of(SQLITE)) if "servicecrm_clock" in step]

    assert len(steps) == 2
    assert all(f"SEARCH servicecrm_clock USING INDEX servicecrm_clock_{question.answer}" in step for step in steps)


def test_sqlite_reads_agreements_by_the_days_on_which_they_begin_and_end(
    sqlite: Callable[[int], sqlite3.Connection],
) -> None:  # C029, C030
    asked = asked_by(Sweep(None, Actor(id="ann"), NOW).some, AGREEMENT)
    for request, index in zip(asked, ("state_first_day", "state_final_day"), strict=True):
        step, *_ = explained(sqlite(ROWS // 10), request(SQLTables("default", SQLITE)))
        assert f"USING INDEX servicecrm_agreement_{index} (tenant=? AND state=? AND " in step


def explained(connection: sqlite3.Connection, asked: Statement) -> list[str]:
    found = connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", asked.parameters)
    return [detail for *_, detail in found]


def test_what_no_index_helps_is_seen_to_be_sorted(sqlite: Callable[[int], sqlite3.Connection]) -> None:
    assert "USE TEMP B-TREE FOR ORDER BY" in explained(sqlite(ROWS), by_level())


def by_level() -> Statement:
    """A question for which there is no index."""
    return SQLTables("default", SQLITE).select(CLOCK, Query(encoded(where("level") >= 1, CLOCK), "level", limit=50))


@every_question
def test_a_store_ten_times_as_large_costs_sqlite_no_step_more(
    sqlite: Callable[[int], sqlite3.Connection], question: Question
) -> None:
    small, large = (steps(sqlite(number), question.of(SQLITE)) for number in (ROWS // 10, ROWS))

    assert large <= 1.1 * small


def test_a_question_that_reads_everything_is_seen_to_cost_more(sqlite: Callable[[int], sqlite3.Connection]) -> None:
    assert steps(sqlite(ROWS), by_level()) > 5 * steps(sqlite(ROWS // 10), by_level())


def steps(connection: sqlite3.Connection, asked: Statement) -> int:
    """How many instructions SQLite runs for a statement."""
    done: list[None] = []
    connection.set_progress_handler(partial(done.append, None), 1)
    try:
        connection.execute(asked.sql, asked.parameters).fetchall()
    finally:
        connection.set_progress_handler(None, 1)
    return len(done)


@every_question
def test_postgres_reads_the_index_and_little_more_than_it_takes(
    filled: psycopg.Connection[Any], question: Question
) -> None:  # C037, C034
    assert_read_from_its_index(filled, question)


def test_postgres_reads_a_later_page_of_a_worklist_from_its_index(filled: psycopg.Connection[Any]) -> None:
    assert_read_from_its_index(filled, later_page())


def assert_read_from_its_index(filled: psycopg.Connection[Any], question: Question) -> None:
    asked = question.of(POSTGRES)
    for plan in plans(filled, asked):
        assert f"servicecrm_clock_{question.answer}" in plan.indexes
        assert not plan.scanned
        assert not plan.sorts
    assert read_by(filled, asked) <= 2 * (BATCH + 1)
