"""Records that lie beside those of a test and have nothing to do with them: copies, made in an SQLite file."""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

__all__ = ["add_strangers", "add_tenants"]

NAMES: Final = frozenset(
    {
        *("about", "account_manager", "author", "by", "campaign", "command", "contact", "customer", "digest"),
        *("duplicate_of", "family", "handler", "id", "invitation", "key", "logged_by", "manager", "merged_into"),
        *("number", "on_behalf_of", "organizer", "origin", "owner", "parent", "partner", "partner_reference"),
        *("predecessor", "prospect", "questionnaire", "queue", "raised_by", "recipient", "record", "requester"),
        *("response", "seller", "series", "service", "source", "sponsor", "successor", "token", "topic", "value"),
    }
)
"""The columns that name a record, or somebody: a stranger has others there."""
CODES: Final = frozenset({"source", "topic", "value"})
"""Those of them that hold words of the library too, which are not to be changed in a document."""
RULES: Final = {"tenant", "id", "revision", "schema", "document"}
"""The columns of a table of rules: they hold for everybody, and nobody looks for them."""
JOURNAL: Final = "servicecrm_journal"
APART: Final = {"servicecrm_numbers", "servicecrm_seals", "servicecrm_tenants", "servicecrm_version"}
"""Tables that are about a tenant, not about its records."""
WORD: Final = re.compile(r'(?<=")[^"\\]+(?="(?!:))')
"""A text in a document that is not the name of a field."""


def add_strangers(file: Path, times: int) -> None:
    """Copy every record so often, with its history and its notices, each time under names of its own.

    What a copy is about, who is named in it and who works on it are copies too, so that nothing of it concerns the
    records that were there. When something happened, and in which state it is, stays.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        tables = {table: columns for table, columns in _tables(connection).items() if table not in APART}
        tables = {table: columns for table, columns in tables.items() if {*columns} != RULES}
        known = {
            value
            for table, columns in tables.items()
            if table != JOURNAL
            for column in (NAMES - CODES).intersection(columns)
            for (value,) in connection.execute(f'SELECT DISTINCT "{column}" FROM {table}')
        }

        def renamed(document: str | None, copy: int) -> str | None:
            return document and WORD.sub(lambda word: word[0] + f"~{copy}" * (word[0] in known), document)

        def copied(column: str) -> str:
            if column in NAMES:
                return f""""{column}" || '~' || copy"""
            changed = {"document": "renamed(document, copy)", "place": "place + 1000000 * copy"}
            return changed.get(column, f'"{column}"')

        connection.create_function("renamed", 2, renamed, deterministic=True)
        _copy(connection, tables, times, copied)


def add_tenants(file: Path, times: int) -> None:
    """Copy everything for so many other tenants, under the names that it has."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        tables = {table: columns for table, columns in _tables(connection).items() if "tenant" in columns}
        _copy(connection, tables, times, lambda column: "'t-' || copy" if column == "tenant" else f'"{column}"')


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'servicecrm%'")
    return {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for (table,) in found}


def _copy(
    connection: sqlite3.Connection, tables: Mapping[str, Sequence[str]], times: int, copied: Callable[[str], str]
) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for table, columns in tables.items():
        connection.execute(
            "WITH RECURSIVE copies (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ?) "
            f"INSERT INTO {table} SELECT {', '.join(map(copied, columns))} FROM {table} CROSS JOIN copies",
            (times,),
        )
    connection.execute("COMMIT")
