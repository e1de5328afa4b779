"""Tenants can be put on machines of their own: every key begins with the tenant, and no statement leaves it.

That is what a distributed PostgreSQL asks of tables that it spreads by tenant. The tables of an open store and each
request are looked at in `test_tenants.py`; here it is every version of the tables, every filter and page, and every SQL
text of the package.
"""  # C124

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import servicecrm
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.kernel.filters import AllOf, AnyOf, Filter, Not, search, where
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.postgres.dialect import POSTGRES
from servicecrm.storage.rows import Position, Query
from servicecrm.storage.schema import CURRENT, migration, tables
from servicecrm.storage.statements import SQLITE, Dialect, SQLTables
from tests.storage.test_tenants import TENANT, check_statement

# -- every version of the tables -----------------------------------------------------------------

NO_TENANT = {"servicecrm_version"}
"""Says how the tables of all tenants look; a distributed database has a copy of it on each machine."""

TABLE = re.compile(r"CREATE TABLE (\w+) \((.*)\)", re.DOTALL)
INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX \w+ ON \w+ \((\w+)")
KEY = re.compile(r"(PRIMARY KEY|UNIQUE|REFERENCES|FOREIGN KEY|EXCLUDE)(?: \((\w+))?")


def check_schema(statement: str) -> None:
    """Every table has a key, every key and index begins with the tenant, and none refers to another table."""
    if table := TABLE.search(statement):
        name, columns = table.groups()
        keys = KEY.findall(columns)
        if name in NO_TENANT:
            assert not keys
        elif name == "servicecrm_tenants":
            assert keys == [("PRIMARY KEY", "")]
            assert re.fullmatch(r'tenant TEXT( COLLATE "C")? NOT NULL PRIMARY KEY', columns)
        else:
            assert re.match(r'\s*tenant TEXT( COLLATE "C")? NOT NULL,', columns), f"{name} does not begin with tenant"
            assert "PRIMARY KEY" in dict(keys), f"{name} has no key"
            assert {first for _, first in keys} == {"tenant"}, f"a key of {name} does not begin with tenant"
    elif " INDEX " in statement and "DROP" not in statement:
        index = INDEX.search(statement)
        assert index is not None
        assert index[1] == "tenant", f"an index does not begin with tenant: {statement}"
    else:
        what = r"ALTER TABLE \w+ ADD COLUMN|DROP INDEX|CREATE SEQUENCE servicecrm_outbox_places|UPDATE|INSERT"
        assert re.match(what, statement.strip()), f"look at this too: {statement}"
        assert not KEY.search(statement), f"a column is a key by itself: {statement}"


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
@pytest.mark.parametrize("version", [*range(1, CURRENT + 1), "shipped"])
def test_every_key_of_every_version_begins_with_the_tenant(dialect: str, version: int | str) -> None:
    made = tables(SHIPPED, dialect).split(";\n") if version == "shipped" else migration(dialect, int(version))
    statements = [statement for statement in made if statement.strip()]

    assert statements
    for statement in statements:
        check_schema(statement)


@pytest.mark.parametrize(
    "careless",
    [
        "CREATE TABLE x (\n    tenant TEXT NOT NULL,\n    id TEXT NOT NULL\n)",
        "CREATE TABLE x (\n    id TEXT NOT NULL,\n    PRIMARY KEY (id)\n)",
        "CREATE TABLE x (\n    tenant TEXT NOT NULL,\n    id TEXT,\n    PRIMARY KEY (id, tenant)\n)",
        "CREATE TABLE x (\n    tenant TEXT NOT NULL,\n    id TEXT,\n    PRIMARY KEY (tenant, id),\n    UNIQUE (id)\n)",
        "CREATE TABLE x (\n    tenant TEXT NOT NULL,\n    id TEXT UNIQUE,\n    PRIMARY KEY (tenant, id)\n)",
        "CREATE TABLE x (\n    tenant TEXT NOT NULL,\n    y TEXT REFERENCES y,\n    PRIMARY KEY (tenant, y)\n)",
        'CREATE UNIQUE INDEX x_number ON x ("number")',
        "CREATE INDEX x_id ON x (id)",
        "ALTER TABLE x ADD COLUMN y TEXT UNIQUE",
        "CREATE VIEW x AS SELECT 1",
    ],
)
def test_a_key_without_the_tenant_is_found(careless: str) -> None:
    """The control."""
    with pytest.raises(AssertionError):
        check_schema(careless)


# -- every filter and every page -----------------------------------------------------------------

leaves = st.sampled_from(
    [
        where("category") == "x",
        where("category").is_(None),
        where("number") >= "CMP",
        where("category").one_of(["x", None]),
        where("tags").has("a"),
        search("water"),
    ]
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)
queries = st.builds(
    Query,
    filters,
    order=st.sampled_from(["id", "number", "category"]),
    descending=st.booleans(),
    limit=st.none() | st.just(5),
    after=st.none() | st.builds(Position, st.none() | st.just("x"), st.just("c-1")),
    taking=st.booleans(),
)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=lambda dialect: dialect.name)
@given(query=queries)
def test_no_filter_and_no_page_leaves_the_tenant(dialect: Dialect, query: Query) -> None:
    asked = SQLTables(TENANT, dialect)
    for statement in (
        asked.select(COMPLAINT, query),
        asked.columns(COMPLAINT, ["id", "state"], query),
        asked.count(COMPLAINT, query.filter),
    ):
        check_statement(statement.sql, statement.parameters)


# -- every SQL text ------------------------------------------------------------------------------

PACKAGE = Path(servicecrm.__file__).parent
MENTION = re.compile(r'\b(?:FROM|JOIN|UPDATE|INTO|COPY|USING) "?(servicecrm_\w*|…)')
NAMES = re.compile(r"WHERE tenant = |INTO \w+ \(tenant\b")

TENANTS = SQLTables("default", SQLITE).tenants().sql
NEW_ROWS = "INSERT INTO … (…) VALUES (…)"
COPIED = "COPY … (…) FROM STDIN"

WITHOUT = {
    ("statements.py", TENANTS): "the list of tenants is for the operator",
    ("statements.py", NEW_ROWS): "its rows begin with the tenant, as `test_tenants.py` sees",
    ("waited.py", COPIED): "the same rows",
    ("awaited.py", COPIED): "the same rows",
    ("opening.py", "SELECT version FROM …"): "the version is that of the tables",
}
"""Texts that name no tenant, and why."""


def sql_texts(source: str) -> Iterator[str]:
    """The texts of a module that mention a table of ours, or one that is put in."""
    tree = ast.parse(source)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            parts: list[Any] = [getattr(part, "value", None) for part in node.values]
            text = "".join(part if isinstance(part, str) else "…" for part in parts)
        elif isinstance(node, ast.Constant) and id(node) not in inside:
            text = node.value.decode("ascii", "replace") if isinstance(node.value, bytes) else str(node.value)
        if set(MENTION.findall(text)) - NO_TENANT:
            yield text


def careless(source: str) -> list[str]:
    """The texts that do not name the tenant once for each table."""
    return [text for text in sql_texts(source) if len(NAMES.findall(text)) < len(MENTION.findall(text))]


def test_every_sql_text_of_the_package_names_the_tenant() -> None:
    sources = {path: path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    found = {(path.name, text) for path, source in sources.items() for text in careless(source)}

    assert sum(len([*sql_texts(source)]) for source in sources.values()) > 30
    assert found == WITHOUT.keys()


@pytest.mark.parametrize(
    "source",
    [
        '"SELECT id FROM servicecrm_complaint WHERE id = ?"',
        'f"SELECT id FROM {table} WHERE id = ?"',
        'b"DELETE FROM servicecrm_outbox"',
        'f"UPDATE {table} SET {changes}"',
        '"SELECT 1 FROM pg_class JOIN servicecrm_complaint ON true"',
        '"SELECT 1 FROM servicecrm_case WHERE tenant = ? AND id IN (SELECT id FROM servicecrm_case_terms)"',
    ],
)
def test_a_text_without_the_tenant_is_found(source: str) -> None:
    """The control."""
    assert len(careless(source)) == 1
