"""What SQLite's planner is told about our indexes: how many rows are alike in their first columns.

Without it SQLite takes every first column for one that tells rows apart. All rows of a store have the same tenant, so
that it would rather read all of them in the order that is asked for than find the few of one customer and sort those.
What is told is the same for every store, so no plan changes while a store grows. SQLite lets applications write it; who
runs ANALYZE gets what is counted instead. No index is to be skipped through: its first column is the tenant, and what
one tenant asks must not cost more the more others there are.

Source: SQLite, "The Query Planner Stability Guarantee" and "The sqlite_stat1 table".
"""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from typing import Final

from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.schema import tables

__all__ = ["estimate"]

ROWS: Final = 1_000_000
"""A store that is big enough for plans to matter."""

MANY: Final = frozenset({"about_kind"})
"""The columns of which one value may be that of nearly all rows: most clocks are those of complaints, say."""

FEW: Final = frozenset(
    {
        *("basis", "category", "delivered_at", "family", "field", "kind", "occasion", "open", "queue"),
        *("request_type", "route", "state", "value_class", "verdict", "version", "wave"),
    }
)
"""The columns that have one of a few values, of which most are seldom asked for: what is over is the most."""

SOME: Final = frozenset(
    {
        *("account_manager", "campaign", "handler", "item", "manager", "organizer", "owner", "questionnaire"),
        *("seller", "series", "service", "sponsor"),
    }
)
"""Those that have one of some hundred; any other one has few rows for each value."""

TIMES: Final = ("_at", "_by", "_day", "_end", "_for", "_on", "_until", "day", "horizon")
"""How the names of columns end that say when: what begins with such a one is mostly read along, from some time on."""

UNIQUE: Final = frozenset({"id", "key", "n", "number", "place", "token"})


def estimate(connection: sqlite3.Connection) -> None:
    """Tell the planner about the indexes of all our tables, inside the transaction that is open."""
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.row_factory = None  # a host's rows may be anything
        cursor.execute("ANALYZE servicecrm_version")  # it makes the table where there is none
        for table in re.findall(r"CREATE TABLE (\w+)", tables(SHIPPED)):
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table,))
            cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", [*_told(cursor, table)])
        cursor.execute("ANALYZE sqlite_schema")  # this connection uses it from now on; others when they are opened


def _told(cursor: sqlite3.Cursor, table: str) -> Iterator[tuple[str, str, str]]:
    for _, index, _, _, partial in cursor.execute(f"PRAGMA index_list({table})").fetchall():
        if not partial:
            columns = [name for _, _, name in cursor.execute(f'PRAGMA index_info("{index}")').fetchall()]
            yield table, index, " ".join((*map(str, (ROWS, *_alike(columns))), "noskipscan"))


def _alike(columns: list[str]) -> Iterator[int]:
    """How many rows are alike in the first column, in the first two, and so on."""
    rows = ROWS // 10 if columns[1:] and columns[1].endswith(TIMES) else ROWS
    for column in columns:
        if column in UNIQUE:
            rows = 1
        elif column != "tenant":
            alike = 2 if column in MANY else 100 if column in FEW else 500 if column in SOME else 10_000
            rows = max(1, rows // alike)
        yield rows
