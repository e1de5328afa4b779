"""However big a store is, SQLite finds records by the index that begins with what is asked for."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from servicecrm.complaints import COMPLAINT
from servicecrm.kernel.filters import Filter, encoded, everything, where
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.storage import driver
from servicecrm.storage.driver import install
from servicecrm.storage.estimates import MANY
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.rows import Query
from servicecrm.storage.statements import SQLITE, SQLTables, table_of
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking.schema import CLOCK

VALUES = {ColumnType.TEXT: "x", ColumnType.BOOLEAN: True, ColumnType.INTEGER: 1}
RANGES = (ColumnType.INSTANT, ColumnType.DATE)


def begun_with() -> Iterator[tuple[Kind[Any], Column[Any]]]:
    """Every column that an index begins with, and that is asked for by a value."""
    for kind in SHIPPED:
        for name in dict.fromkeys(index[0] for index in kind.indexes):
            if kind.column(name).type not in RANGES and name not in MANY:
                yield kind, kind.column(name)


ASKED = [*begun_with()]
ABOUT = [(kind, column) for kind, column in ASKED if column.name in ("customer", "requester", "source", "campaign")]


def named(value: Any) -> str:
    return str(value.name)


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    install(connection)
    yield connection
    connection.close()


def index_of(connection: sqlite3.Connection, kind: Kind[Any], *columns: Column[Any]) -> list[str]:
    """The columns of the index by which records with some values are found."""
    filter = everything(*(where(column.name) == VALUES[column.type] for column in columns))
    asked = SQLTables("default", SQLITE).select(kind, Query(encoded(filter, kind)))
    (plan, *_) = [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", asked.parameters)]
    assert plan.startswith(f"SEARCH {table_of(kind)} "), plan
    name = plan.partition(" INDEX ")[2].partition(" ")[0]
    return [column for _, _, column in connection.execute(f'PRAGMA index_info("{name}")')]


@pytest.mark.parametrize(("kind", "column"), ASKED, ids=named)
def test_what_is_asked_by_a_value_is_found_by_an_index_that_begins_with_it(
    connection: sqlite3.Connection, kind: Kind[Any], column: Column[Any]
) -> None:
    assert index_of(connection, kind, column)[:2] == ["tenant", column.name]


@pytest.mark.parametrize(("kind", "column"), ABOUT, ids=named)
def test_what_is_open_of_somebody_is_found_by_whose_it_is(
    connection: sqlite3.Connection, kind: Kind[Any], column: Column[Any]
) -> None:
    also = [each for each in kind.columns if each.name in ("open", "state")]

    assert index_of(connection, kind, column, *also[:1])[:2] == ["tenant", column.name]


def test_what_nearly_all_have_is_read_along_the_ids_and_not_sorted_for_every_page(
    connection: sqlite3.Connection,
) -> None:
    assert index_of(connection, CLOCK, CLOCK.column("about_kind"))[:2] == ["tenant", "id"]


NEWEST = {"order": "received_at", "descending": True, "limit": 50}


@pytest.mark.parametrize(
    ("filter", "asked", "index"),
    [
        (everything(), {"limit": 50}, "sqlite_autoindex_servicecrm_complaint_1"),
        (everything(), NEWEST, "servicecrm_complaint_received_at"),
        (where("open").is_(False), NEWEST, "servicecrm_complaint_received_at"),
        (where("received_at") >= MONDAY, {"limit": 50}, "servicecrm_complaint_received_at"),
        (where("closed_at") >= MONDAY, {"limit": 50}, "servicecrm_complaint_closed_at"),
    ],
    ids=["all", "newest", "newest of what is closed", "since some time", "closed since some time"],
)
def test_a_page_is_read_along_the_index_of_its_order_or_of_the_time_that_is_asked_for(
    connection: sqlite3.Connection, filter: Filter, asked: dict[str, Any], index: str
) -> None:
    statement = SQLTables("default", SQLITE).select(COMPLAINT, Query(encoded(filter, COMPLAINT), **asked))
    plan = [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)]

    assert {step.split()[4] for step in plan if step.startswith("SEARCH")} == {index}


def test_without_estimates_all_records_would_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "estimate", lambda _: None)
    connection = sqlite3.connect(":memory:")
    install(connection)
    found = [index_of(connection, *each)[:2] == ["tenant", "id"] for each in ABOUT]
    connection.close()

    assert any(found)
