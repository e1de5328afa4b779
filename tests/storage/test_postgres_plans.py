"""Each frequent query names the index that PostgreSQL reads it from, planned the first time and after many."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from servicecrm.complaints import COMPLAINT
from servicecrm.kernel.filters import Filter, encoded, everything, where
from servicecrm.kernel.kinds import Kind, micros
from servicecrm.storage.postgres.dialect import POSTGRES, placed
from servicecrm.storage.rows import Position, Query
from servicecrm.storage.statements import SQLTables, Statement
from servicecrm.tracking import MESSAGE
from tests.servers import Postgres
from tests.stores import clean_schema

ROWS = 10_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
COPIES = {
    "servicecrm_complaint": """
        id = 'c-' || lpad(n::text, 6, '0'); revision = 1; schema = 1; document = repeat('x', 800);
        number = 'CMP-2026-' || lpad(n::text, 6, '0'); search = 'water ' || n; channel = 'phone';
        state = CASE WHEN n % 5 = 0 THEN 'in_handling' ELSE 'closed' END; open = CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END;
        customer = 'customer-' || n % 997; service = 'service-' || n % 53; category = 'category-' || n % 51;
        handler = 'handler-' || n % 7; received_at = {first} + n * 60000000; forwards = 0; reopenings = 0;
        closed_at = CASE WHEN n % 5 = 0 THEN NULL ELSE {first} + n * 70000000 END;
        due_at = CASE WHEN n % 3 = 0 THEN NULL ELSE {first} + (n * 7919 % 10000) * 60000000 END""",
    "servicecrm_complaint_terms": "field = 'tags'; value = 'tag-' || n % 101; id = 'c-' || lpad(n::text, 6, '0')",
    "servicecrm_message": """
        id = 'm-' || n; revision = 1; schema = 1; document = repeat('x', 400); about_kind = 'complaint';
        about = 'c-' || lpad((n % 2000)::text, 6, '0'); side = 'outside'; klass = 'substantive'; channel = 'phone';
        author = 'ann'; occurred_at = {first} + n""",
    "servicecrm_journal": """
        kind = 'complaint'; id = 'c-' || lpad((n / 4)::text, 6, '0'); n = n % 4 + 1; revision = 1; schema = 1;
        type = 'complaint.recorded'; by = 'ann'; occurred_at = {first}; recorded_at = {first};
        body = repeat('x', 300); hash = md5(n::text); seal = CASE WHEN n > 9900 THEN NULL ELSE n / 100 END""",
    "servicecrm_seals": "n = n; entries = 1; hash = md5(n::text)",
    "servicecrm_commands": """
        id = 'command-' || n; fingerprint = md5(n::text); kind = 'complaint'; record = 'c-' || n; revision = 1;
        given_at = {first}""",
    "servicecrm_outbox": """
        key = 'notice-' || n; place = n; topic = 'acknowledge'; recipient = 'south'; kind = 'complaint';
        record = 'c-' || n; body = '{{}}'; attempt = 0;
        delivered_at = CASE WHEN n > 9000 OR n % 100 = 0 THEN NULL ELSE {first} END;
        failed_at = CASE WHEN n % 100 = 0 THEN {first} END""",
}
"""What the columns of row n hold, table by table."""


class Plan(NamedTuple):
    """How PostgreSQL reads: which indexes, which tables as a whole, and whether it has to sort."""

    indexes: frozenset[str]
    scanned: frozenset[str]
    sorts: bool


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:
    """Tables of 10,000 rows each, for two tenants, with statistics."""
    with clean_schema(postgres) as schema, psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema}".encode())
        for table, text in COPIES.items():
            columns = dict(each.strip().split(" = ", 1) for each in text.format(first=micros(FIRST)).split(";"))
            listed = ", ".join(f'"{name}"' for name in columns)
            rows = f"FROM generate_series(1::bigint, {ROWS}) AS n, unnest(ARRAY['default', 'other']) AS tenant"
            statement = f"INSERT INTO {table} (tenant, {listed}) SELECT tenant, {', '.join(columns.values())} {rows}"
            connection.execute(statement.encode())
            connection.execute(f"ANALYZE {table}".encode())
        yield connection


def found(*filters: Filter, order: str = "id", limit: int | None = 50, after: Position | None = None) -> Statement:
    """The statement that reads a page of complaints."""
    return page_of(COMPLAINT, *filters, order=order, limit=limit, after=after)


def page_of(
    kind: Kind[Any], *filters: Filter, order: str = "id", limit: int | None = 50, after: Position | None = None
) -> Statement:
    """The statement that reads a page of a kind."""
    name = order.removeprefix("-")
    asked = Query(encoded(everything(*filters), kind), name, order.startswith("-"), limit, after)
    return tables().select(kind, asked)


def tables() -> SQLTables:
    return SQLTables("default", POSTGRES)


def plans(connection: psycopg.Connection[Any], asked: Statement) -> Iterator[Plan]:
    """The plan for these values, and the one that the server has settled for when the statement was often asked."""
    text = placed(asked.sql, None)
    marks = iter(range(1, len(asked.parameters) + 1))
    prepared = re.sub(rb"%s", lambda _: f"${next(marks)}".encode(), text)
    types = ", ".join("bigint" if isinstance(value, int) else "text" for value in asked.parameters)
    values = sql.SQL(", ").join(map(sql.Literal, asked.parameters))
    connection.execute(f"PREPARE asked ({types}) AS ".encode() + prepared)
    for n in range(8):  # from the sixth time on it may take one plan for all values
        explained = sql.SQL("EXPLAIN (FORMAT JSON) EXECUTE asked ({})").format(values)
        ((plan,),) = connection.execute(explained).fetchall()
        if n in (0, 7):
            yield plan_of(plan)
    connection.execute("DEALLOCATE asked")


def plan_of(explained: list[dict[str, Any]]) -> Plan:
    """What stands in a plan."""
    nodes = list(_nodes(explained[0]["Plan"]))
    return Plan(
        frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
        frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
        any("Sort" in node["Node Type"] for node in nodes),
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)


OPEN = where("open").is_(True)
MINE = (where("handler") == "handler-3") & OPEN
DUE = Position(micros(FIRST + timedelta(minutes=9_000)), "c-000500")
LATE = Position(micros(FIRST + timedelta(minutes=5_000)), "c-005000")
LATER = FIRST + timedelta(days=30)

FREQUENT: dict[str, tuple[Callable[[], Statement], str]] = {
    "a handler's worklist": (lambda: found(MINE, order="due_at"), "complaint_handler_open_due_at"),
    "open complaints by due date": (lambda: found(OPEN, order="due_at"), "complaint_open_due_at"),
    "open complaints that are due": (
        lambda: found(OPEN, where("due_at") <= FIRST + timedelta(days=1), order="due_at"),
        "complaint_open_due_at",
    ),
    "due complaints to take": (
        lambda: tables().select(
            COMPLAINT,
            Query(encoded(OPEN & (where("due_at") <= LATER), COMPLAINT), "due_at", limit=20, taking=True),
        ),
        "complaint_open_due_at",
    ),
    "complaints in a state": (lambda: found(where("state") == "in_handling"), "complaint_state"),
    "complaints of a customer": (lambda: found(where("customer") == "customer-7"), "complaint_customer_received_at"),
    "complaints of a service": (lambda: found(where("service") == "service-7"), "complaint_service"),
    "complaints of a category": (lambda: found(where("category") == "category-7"), "complaint_category"),
    "a complaint by its number": (
        lambda: found(where("number") == "CMP-2026-000007", limit=1),
        "complaint_tenant_number_key",
    ),
    "complaints with a tag": (lambda: found(where("tags").has("tag-7")), "complaint_terms_pkey"),
    "the oldest complaints": (lambda: found(order="received_at"), "complaint_received_at"),
    "a page of all complaints": (lambda: found(after=Position("c-005000", "c-005000")), "complaint_pkey"),
    "a complaint": (lambda: tables().fetch(COMPLAINT, ["c-000007"]), "complaint_pkey"),
    "some complaints": (lambda: tables().fetch(COMPLAINT, ["c-000007", "c-000009", "c-000700"]), "complaint_pkey"),
    "the messages of a complaint": (
        lambda: page_of(MESSAGE, where("about") == "c-000007", order="occurred_at", limit=None),
        "message_about_occurred_at",
    ),
    "the history of a complaint": (lambda: tables().entries("complaint", ["c-000007"]), "journal_pkey"),
    "the next entries to verify": (lambda: tables().entries_after(("complaint", "c-000007", 2), 100), "journal_pkey"),
    "entries that no seal covers": (lambda: tables().seal(1, 50), "journal_seal"),
    "the entries of some seals": (lambda: tables().sealed_hashes(10, 12), "journal_seal"),
    "the last seal": (lambda: tables().last_seal(), "seals_pkey"),
    "notices to deliver": (
        lambda: tables().claim("worker", FIRST + timedelta(days=1), 20, timedelta(minutes=5)),
        "outbox_waiting",
    ),
    "notices that wait": (lambda: tables().queued("notice-9100", 50, failed=False), "outbox_waiting"),
    "notices that have failed": (lambda: tables().queued("notice-9100", 50, failed=True), "outbox_failed"),
    "known commands": (lambda: tables().commands(["command-7", "command-8"]), "commands_pkey"),
    "commands to export": (lambda: tables().commands_after("command-7", 100), "commands_pkey"),
    "notices to export": (lambda: tables().notices_after(7, 100), "outbox_place"),
}


@pytest.mark.parametrize("name", FREQUENT)
def test_a_frequent_query_reads_its_index(filled: psycopg.Connection[Any], name: str) -> None:
    asked, index = FREQUENT[name]

    for plan in plans(filled, asked()):
        assert f"servicecrm_{index}" in plan.indexes
        assert not plan.scanned


@pytest.mark.parametrize("name", ["a handler's worklist", "open complaints by due date", "the oldest complaints"])
def test_the_first_page_of_a_list_comes_out_of_its_index_in_order(filled: psycopg.Connection[Any], name: str) -> None:
    for plan in plans(filled, FREQUENT[name][0]()):
        assert not plan.sorts


def test_what_no_index_helps_is_seen_to_be_scanned(filled: psycopg.Connection[Any]) -> None:
    for plan in plans(filled, found(where("channel") == "phone", order="forwards")):
        assert plan.scanned == {"servicecrm_complaint"}
        assert plan.sorts


PAGES = [
    pytest.param(MINE, "due_at", None, id="a handler's worklist"),
    pytest.param(MINE, "due_at", DUE, id="a later page of a worklist"),
    pytest.param(OPEN, "due_at", DUE, id="a later page of the open complaints"),
    pytest.param(OPEN, "due_at", Position(None, "c-006000"), id="open complaints without a due date"),
    pytest.param(OPEN, "-due_at", None, id="open complaints, the last one to be due first"),
    pytest.param(everything(), "received_at", None, id="the oldest complaints"),
    pytest.param(everything(), "received_at", LATE, id="the complaints after one"),
    pytest.param(everything(), "-received_at", None, id="the newest complaints"),
    pytest.param(everything(), "-received_at", LATE, id="the complaints before one"),
    pytest.param(everything(), "-id", Position("c-005000", "c-005000"), id="the complaints before an id"),
]


@pytest.mark.parametrize(("filter", "order", "after"), PAGES)
def test_a_page_reads_little_more_than_it_shows(
    filled: psycopg.Connection[Any], filter: Filter, order: str, after: Position | None
) -> None:
    assert read_by(filled, found(filter, order=order, after=after)) <= 2 * 51


def test_a_page_that_has_to_be_sorted_is_seen_to_read_everything(filled: psycopg.Connection[Any]) -> None:
    assert read_by(filled, found(order="forwards")) >= ROWS


def read_by(connection: psycopg.Connection[Any], asked: Statement) -> int:
    """How many rows are read from the tables, those among them that are not wanted."""
    explain = b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + placed(asked.sql, None)
    ((plan,),) = connection.execute(explain, asked.parameters).fetchall()
    scans = [node for node in _nodes(plan[0]["Plan"]) if "Relation Name" in node]
    return sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans)
