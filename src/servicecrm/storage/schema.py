"""The tables of a store, and the numbered migrations that lead to them."""

import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any, Final

from servicecrm.kernel.kinds import ColumnType, Kind
from servicecrm.storage.kinds import WITHOUT_HISTORY
from servicecrm.storage.statements import table_of

__all__ = ["CURRENT", "migration", "tables"]

CURRENT: Final = 5
"""The newest version of the tables that this servicecrm knows."""

_COMMON: Final = """\
CREATE TABLE servicecrm_version (version INTEGER NOT NULL);

CREATE TABLE servicecrm_tenants (tenant TEXT NOT NULL PRIMARY KEY);

CREATE TABLE servicecrm_journal (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    n BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    type TEXT NOT NULL,
    "by" TEXT NOT NULL,
    on_behalf_of TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    command TEXT,
    body TEXT NOT NULL,
    commitment TEXT,
    document TEXT,
    salt TEXT,
    personal TEXT,
    hash TEXT NOT NULL,
    seal BIGINT,
    PRIMARY KEY (tenant, kind, id, n)
);
CREATE INDEX servicecrm_journal_seal ON servicecrm_journal (tenant, seal);

CREATE TABLE servicecrm_seals (
    tenant TEXT NOT NULL,
    n BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, n)
);

CREATE TABLE servicecrm_commands (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    revision BIGINT NOT NULL,
    number TEXT,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_numbers (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, year)
);

CREATE TABLE servicecrm_outbox (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    place BIGINT NOT NULL,
    topic TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    body TEXT NOT NULL,
    not_before BIGINT,
    attempt BIGINT NOT NULL,
    worker TEXT,
    claimed_until BIGINT,
    delivered_at BIGINT,
    failed_at BIGINT,
    cause TEXT,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX servicecrm_outbox_place ON servicecrm_outbox (tenant, place);
CREATE INDEX servicecrm_outbox_waiting ON servicecrm_outbox (tenant, place)
    WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX servicecrm_outbox_failed ON servicecrm_outbox (tenant, place) WHERE failed_at IS NOT NULL;
"""


_POSTGRES: Final = "CREATE SEQUENCE servicecrm_outbox_places;\n"


def tables(kinds: Sequence[Kind[Any]], dialect: str = "sqlite") -> str:
    """The SQL that makes all tables for these kinds."""
    text = "\n".join((_COMMON, *(_table(kind) for kind in (*WITHOUT_HISTORY, *kinds))))
    if dialect != "postgres":
        return text
    # Texts are compared by their code points everywhere, whatever the language of the database.
    return _POSTGRES + re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', text)


def _table(kind: Kind[Any]) -> str:
    name = table_of(kind)
    columns = [(column.name, _type(column.type)) for column in kind.columns]
    columns += [("search", "TEXT NOT NULL")] if kind.search is not None else []
    lines = [
        "    tenant TEXT NOT NULL",
        "    id TEXT NOT NULL",
        "    revision BIGINT NOT NULL",
        "    schema BIGINT NOT NULL",
        "    document TEXT NOT NULL",
        *(f'    "{column}" {type}' for column, type in columns),
        "    PRIMARY KEY (tenant, id)",
    ]
    if kind.prefix is not None:
        lines.append('    UNIQUE (tenant, "number")')
    parts = [f"CREATE TABLE {name} (\n" + ",\n".join(lines) + "\n);"]
    for index in kind.indexes:
        listed = ", ".join(f'"{column}"' for column in index)
        parts.append(f"CREATE INDEX {name}_{'_'.join(index)} ON {name} (tenant, {listed}, id);")
    if kind.terms:
        parts.append(
            f"CREATE TABLE {name}_terms (\n"
            "    tenant TEXT NOT NULL,\n    field TEXT NOT NULL,\n    value TEXT NOT NULL,\n    id TEXT NOT NULL,\n"
            "    PRIMARY KEY (tenant, field, value, id)\n);"
        )
        parts.append(f"CREATE INDEX {name}_terms_id ON {name}_terms (tenant, id);")
    return "\n".join(parts) + "\n"


def _type(of: ColumnType) -> str:
    return "TEXT" if of in (ColumnType.TEXT, ColumnType.DATE) else "BIGINT"


def migration(dialect: str, version: int) -> Iterator[str]:
    """The statements that lead from the version before to this one."""
    folder = resources.files("servicecrm.storage") / "migrations" / dialect
    (file,) = (file for file in folder.iterdir() if file.name.startswith(f"{version:04}_"))
    for statement in file.read_text("utf-8").split(";\n"):
        if statement.strip():
            yield statement
