"""The life of a complaint as a plain application writes it: by hand, and by Django's ORM.

It knows what to write. In each transaction it reads the complaint, its clock and the ends of the chains, changes the
documents (JSON read, changed, written), hashes, and writes. No rule is judged, no timer is read, and no value is
validated.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from servicecrm.storage import SQLiteStore
from servicecrm.storage.journal import EntryRow, hash_of

__all__ = ["ByDjango", "ByHand", "Plain", "Values", "Written"]

Values = dict[str, Any]
"""A row, by the names of its columns."""


class Written(NamedTuple):
    """What one command has written: rows that were changed, and rows that are new."""

    complaint: Values
    clock: Values | None
    new: Mapping[str, Sequence[Values]]
    """By table: terms, messages, entries of the journal, notices."""


class Rows(Protocol):
    """How a plain application speaks to its tables, inside a transaction."""

    def get(self, table: str, id: str) -> tuple[int, str]:
        """The revision and the document of a record."""
        ...

    def update(self, table: str, id: str, revision: int, values: Values) -> None:
        """Change a record, if its revision is still this one."""
        ...

    def insert(self, table: str, rows: Sequence[Values]) -> None:
        """Add rows."""
        ...

    def last_entry(self, kind: str, id: str) -> tuple[int, str]:
        """The end of the journal of a record: its number and its hash."""
        ...

    def last_seal(self) -> tuple[int, str]:
        """The end of the chain of all."""
        ...

    def next_place(self) -> int:
        """The next place among the notices."""
        ...

    def next_number(self) -> int:
        """The next number of a complaint."""
        ...


class Plain:
    """Lives that were learned, one after the other."""

    def __init__(self, lives: Sequence[Sequence[Written]], begin: Callable[[], AbstractContextManager[Rows]]) -> None:
        self._lives, self._begin = iter(lives), begin

    def run(self, count: int) -> None:
        """Live so many lives."""
        for _ in range(count):
            complaint: Values | None = None
            clock: Values | None = None
            for written in next(self._lives):
                with self._begin() as rows:
                    _write(rows, complaint, clock, written)
                complaint, clock = written.complaint, written.clock or clock


def _write(rows: Rows, complaint: Values | None, clock: Values | None, written: Written) -> None:
    """One command."""
    if complaint is None:
        rows.next_number()
    texts = {"complaint": _save(rows, "complaint", complaint, written.complaint)}
    if written.clock is not None:
        texts["clock"] = _save(rows, "clock", clock, written.clock)
    texts.update(("message", message["document"]) for message in written.new["message"])
    sealed, seal = rows.last_seal()
    entries: list[Values] = []
    for told in written.new["journal"]:
        before = entries[-1] if entries else {}
        if before.get("kind") == told["kind"] and before["id"] == told["id"]:
            n, hash = before["n"], before["hash"]
        else:
            n, hash = rows.last_entry(told["kind"], told["id"]) if told["n"] > 1 else (0, "")
        entry = {**told, "n": n + 1, "seal": sealed + 1}
        if entry["document"] is not None:
            entry["document"] = _digest(texts[entry["kind"]])
        entry["hash"] = hash_of(hash, EntryRow(**{name: entry[name] for name in EntryRow._fields}))
        entries.append(entry)
    rows.insert("journal", entries)
    for table in ("complaint_terms", "message"):
        if written.new[table]:
            rows.insert(table, written.new[table])
    if written.new["outbox"]:
        place = rows.next_place()
        rows.insert("outbox", [{**notice, "place": place + n} for n, notice in enumerate(written.new["outbox"])])
    digest = _digest("\n".join((seal, str(sealed + 1), *sorted(entry["hash"] for entry in entries))))
    rows.insert("seals", [{"tenant": "default", "n": sealed + 1, "entries": len(entries), "hash": digest}])


def _save(rows: Rows, table: str, before: Values | None, after: Values) -> str:
    """Write a record as it is to be: its document is read, changed and written."""
    if before is None:
        rows.insert(table, [after])
        return str(after["document"])
    revision, text = rows.get(table, after["id"])
    document = json.loads(text)
    document.update(json.loads(after["document"]))
    changed = {name: value for name, value in after.items() if value != before[name]}
    changed["document"] = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    rows.update(table, after["id"], revision, changed)
    return str(changed["document"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# -- by hand -------------------------------------------------------------------------------------


class ByHand:
    """SQL that somebody wrote, on a connection with our profile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator["ByHand"]:
        """A transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def get(self, table: str, id: str) -> Any:
        return self._one(f"SELECT revision, document FROM servicecrm_{table} WHERE tenant = 'default' AND id = ?", id)

    def update(self, table: str, id: str, revision: int, values: Values) -> None:
        changes = ", ".join(f'"{name}" = ?' for name in values)
        sql = f"UPDATE servicecrm_{table} SET {changes} WHERE tenant = 'default' AND id = ? AND revision = ?"
        assert self._connection.execute(sql, (*values.values(), id, revision)).rowcount == 1

    def insert(self, table: str, rows: Sequence[Values]) -> None:
        names, marks = ", ".join(f'"{name}"' for name in rows[0]), ", ".join("?" for _ in rows[0])
        sql = f"INSERT INTO servicecrm_{table} ({names}) VALUES ({marks})"
        self._connection.executemany(sql, [tuple(row.values()) for row in rows])

    def last_entry(self, kind: str, id: str) -> Any:
        mine = "tenant = 'default' AND kind = ? AND id = ?"
        return self._one(f"SELECT n, hash FROM servicecrm_journal WHERE {mine} ORDER BY n DESC LIMIT 1", kind, id)

    def last_seal(self) -> Any:
        sql = "SELECT n, hash FROM servicecrm_seals WHERE tenant = 'default' ORDER BY n DESC LIMIT 1"
        return self._one(sql) or (0, "")

    def next_place(self) -> int:
        (place,) = self._one("SELECT coalesce(max(place), 0) + 1 FROM servicecrm_outbox WHERE tenant = 'default'")
        return int(place)

    def next_number(self) -> int:
        (number,) = self._one(
            "INSERT INTO servicecrm_numbers (tenant, kind, year, last) VALUES ('default', 'complaint', 2026, 1) "
            "ON CONFLICT (tenant, kind, year) DO UPDATE SET last = last + 1 RETURNING last"
        )
        return int(number)

    def _one(self, sql: str, *values: object) -> Any:
        return self._connection.execute(sql, values).fetchone()


# -- by Django -----------------------------------------------------------------------------------


class ByDjango:
    """Models for the tables, in `transaction.atomic`."""

    _models: ClassVar[Values] = {}

    def __init__(self, path: Path) -> None:
        import django
        from django.conf import settings
        from django.db import connections

        if not settings.configured:
            settings.configure(DATABASES={}, USE_TZ=True)
            django.setup()
        pragmas = ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL", f"journal_mode = {_journal(path)}")
        options = {"transaction_mode": "IMMEDIATE", "init_command": "".join(f"PRAGMA {each};" for each in pragmas)}
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}
        connections.settings = connections.configure_settings({"default": database})
        if hasattr(connections._connections, "default"):
            del connections["default"]
        if not ByDjango._models:
            ByDjango._models.update(_models(path))

    @contextmanager
    def begin(self) -> Iterator["ByDjango"]:
        """A transaction."""
        from django.db import transaction

        with transaction.atomic():
            yield self

    def close(self) -> None:
        """Give the file back."""
        from django.db import connections

        connections["default"].close()

    def get(self, table: str, id: str) -> tuple[int, str]:
        found = self._models[table].objects.get(pk=("default", id))
        return found.revision, found.document

    def update(self, table: str, id: str, revision: int, values: Values) -> None:
        mine = self._models[table].objects.filter(pk=("default", id), revision=revision)
        assert mine.update(**values) == 1

    def insert(self, table: str, rows: Sequence[Values]) -> None:
        of = self._models[table]
        if len(rows) == 1:
            of.objects.create(**rows[0])
        else:
            of.objects.bulk_create([of(**row) for row in rows])

    def last_entry(self, kind: str, id: str) -> tuple[int, str]:
        mine = self._models["journal"].objects.filter(tenant="default", kind=kind, id=id)
        n, hash = mine.order_by("-n").values_list("n", "hash")[0]
        return n, hash

    def last_seal(self) -> Any:
        mine = self._models["seals"].objects.filter(tenant="default")
        return mine.order_by("-n").values_list("n", "hash").first() or (0, "")

    def next_place(self) -> int:
        from django.db.models import Max

        last = self._models["outbox"].objects.filter(tenant="default").aggregate(last=Max("place"))["last"]
        return (last or 0) + 1

    def next_number(self) -> int:
        from django.db.models import F

        mine = {"tenant": "default", "kind": "complaint", "year": 2026}
        if not self._models["numbers"].objects.filter(**mine).update(last=F("last") + 1):
            self._models["numbers"].objects.create(**mine, last=1)
        return int(self._models["numbers"].objects.filter(**mine).values_list("last", flat=True)[0])


KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint": ("tenant", "id"),
    "complaint_terms": ("tenant", "field", "value", "id"),
    "clock": ("tenant", "id"),
    "message": ("tenant", "id"),
    "journal": ("tenant", "kind", "id", "n"),
    "seals": ("tenant", "n"),
    "outbox": ("tenant", "key"),
    "numbers": ("tenant", "kind", "year"),
}


def _models(path: Path) -> Iterator[tuple[str, Any]]:
    """A model for each table, by its name."""
    from django.db import models

    with closing(sqlite3.connect(path)) as connection:
        for name, key in KEYS.items():
            columns = connection.execute(f"SELECT name, type FROM pragma_table_info('servicecrm_{name}')").fetchall()
            fields: Values = {
                column: models.BigIntegerField(null=True) if type == "BIGINT" else models.TextField(null=True)
                for column, type in columns
            }
            meta = type("Meta", (), {"app_label": "complaint_life", "db_table": f"servicecrm_{name}", "managed": False})
            body = {**fields, "pk": models.CompositePrimaryKey(*key), "Meta": meta, "__module__": __name__}
            yield name, type(f"{name.title().replace('_', '')}Row", (models.Model,), body)


def _journal(path: Path) -> str:
    with closing(SQLiteStore(path)) as store:
        return store.profile.journal_mode
