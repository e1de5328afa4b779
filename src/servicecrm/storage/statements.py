"""The requests of programs as SQL statements, and the dialects in which databases want them."""

from collections.abc import Callable, Sequence, Sized
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final, NamedTuple

from servicecrm.kernel.filters import Filter
from servicecrm.kernel.kinds import Indexed, Kind, micros
from servicecrm.storage.journal import START, EntryRow, Link, SealRow
from servicecrm.storage.ports import Command, Delivery, Notice, Outcome
from servicecrm.storage.rows import (
    Change,
    Coming,
    CommandRow,
    EntryKey,
    NoticeRow,
    NumberRow,
    Position,
    Query,
    QueueCounts,
    QueuedRow,
    RecordRow,
    Term,
    command_rows,
    delivery_of,
    notice_row,
    outcome_of,
)
from servicecrm.storage.where import condition, pages

__all__ = ["SQLITE", "Dialect", "Rows", "SQLTables", "Statement", "Statements", "table_of"]

Row = tuple[Any, ...]


class Statement(NamedTuple):
    """One statement, its parameters, and what its rows mean."""

    sql: str
    parameters: Sequence[Any]
    shape: Callable[[list[Row]], Any]


class Statements(NamedTuple):
    """One statement for each of many rows of parameters; with a shape, each of them has an answer."""

    sql: str
    rows: Sequence[Sequence[Any]]
    shape: Callable[[list[Row]], Any] | None = None


class Rows(NamedTuple):
    """New rows for a table. `each` puts them one by one and tells of each whether it was free to be put."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    each: Statements | None = None

    @property
    def statements(self) -> Statements:
        """The rows as statements, for a database that has no faster way."""
        if self.each is not None:
            return self.each
        return Statements(_new_sql(self.table, self.columns), self.rows)


class Dialect(NamedTuple):
    """Where databases differ."""

    name: str
    contains: str
    """The test for a part of a text; `{column}` and one parameter."""
    clock: str
    """The database's clock, in microseconds since 1970."""
    place: str
    """The next place in the outbox; a parameter is the tenant."""
    hold: str
    """How rows are kept from being changed until the transaction ends."""
    skip_locked: str
    """How rows are kept from others until the transaction ends, passing over those that others hold."""


SQLITE: Final = Dialect(
    name="sqlite",
    contains="instr({column}, ?) > 0",
    clock="CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    place="(SELECT coalesce(max(place), 0) + 1 FROM servicecrm_outbox WHERE tenant = ?)",
    hold="",
    skip_locked="",
)


def table_of(kind: Kind[Any]) -> str:
    """The table of a kind of records."""
    return f"servicecrm_{kind.name}"


def _nothing(_: list[Row]) -> None:
    return None


def _first(rows: list[Row]) -> Any:
    return rows[0][0]


def _link(rows: list[Row]) -> Link | None:
    """The end of the chain of a record that was there; None if it was not."""
    if not rows:
        return None
    n, hash = rows[0]
    return START if n is None else Link(n, hash)


def _marks(values: Sized) -> str:
    return ", ".join("?" * len(values))


class SQLTables:
    """The requests of programs for one tenant. See `servicecrm.storage.rows.Tables`."""

    def __init__(self, tenant: str, dialect: Dialect) -> None:
        self.tenant: str = tenant
        self.forgets: bool = False
        """Is what was overwritten to be nowhere after the commit?"""
        self._dialect = dialect

    # -- records ---------------------------------------------------------------------------------

    def fetch(self, kind: Kind[Any], ids: Sequence[str]) -> Statement:
        sql = f"SELECT id, revision, schema, document FROM {table_of(kind)} WHERE tenant = ? AND id IN ({_marks(ids)})"
        return Statement(sql, (self.tenant, *ids), partial(_in_order, ids))

    def hold(self, kind: Kind[Any], ids: Sequence[str]) -> Statement:
        sql = (
            f"SELECT id, revision FROM {table_of(kind)} WHERE tenant = ? AND id IN ({_marks(ids)}) "
            f"ORDER BY id{self._dialect.hold}"
        )
        return Statement(sql, (self.tenant, *ids), dict)

    def touch(self, kind: Kind[Any], ids: Sequence[str]) -> Statement:
        sql = (
            f"UPDATE {table_of(kind)} SET revision = revision WHERE tenant = ? AND id IN ({_marks(ids)}) "
            "RETURNING id, revision"
        )
        return Statement(sql, (self.tenant, *ids), dict)

    def select(self, kind: Kind[Any], query: Query) -> Statement:
        return self._selected(kind, ("id", "revision", "schema", "document"), query, lambda values: RecordRow(*values))

    def columns(self, kind: Kind[Any], names: Sequence[str], query: Query) -> Statement:
        return self._selected(kind, names, query, tuple)

    def _selected(self, kind: Kind[Any], names: Sequence[str], query: Query, make: Callable[[Row], Any]) -> Statement:
        where, values = self._condition(kind, query.filter)
        listed = ", ".join(f'"{name}"' for name in (query.order, "id", *names))
        base = f"SELECT {listed} FROM {table_of(kind)} WHERE tenant = ? AND {where}"
        parts = pages(query)
        if len(parts) == 1:
            text = base + parts[0][0] + (self._dialect.skip_locked if query.taking else "")
        else:
            way = "DESC" if query.descending else "ASC"
            text = " UNION ALL ".join(f"SELECT * FROM ({base}{rest}) AS part" for rest, _ in parts)
            text += f" ORDER BY 1 {way} NULLS LAST, 2 {way}"
        given = [value for _, more in parts for value in (self.tenant, *values, *more)]
        if len(parts) > 1 and query.limit is not None:
            text += " LIMIT ?"
            given.append(query.limit + 1)
        return Statement(text, given, lambda rows: [(make(row[2:]), Position(row[0], row[1])) for row in rows])

    def _condition(self, kind: Kind[Any], filter: Filter) -> tuple[str, list[Indexed]]:
        return condition(filter, f"{table_of(kind)}_terms", self.tenant, contains=self._dialect.contains)

    def count(self, kind: Kind[Any], filter: Filter) -> Statement:
        where, values = self._condition(kind, filter)
        sql = f"SELECT count(*) FROM {table_of(kind)} WHERE tenant = ? AND {where}"
        return Statement(sql, (self.tenant, *values), _first)

    def insert(self, kind: Kind[Any], changes: Sequence[Change]) -> Rows:
        table, names = table_of(kind), ("tenant", *RecordRow._fields, *changes[0].columns)
        rows = Coming(((self.tenant, *row, *columns.values()) for row, columns, _ in changes), len(changes))
        return Rows(table, names, rows, Statements(_insert_sql(table, names), rows, bool))

    def update(self, kind: Kind[Any], changes: Sequence[Change]) -> Statements:
        columns = tuple(changes[0].columns)
        # Columns that are left out are right if what is stored was written by the same rules.
        whole = len(columns) == len(kind.columns) + (kind.search is not None)
        rows = []
        for row, given, expected in changes:
            there = (self.tenant, row.id, expected) if whole else (self.tenant, row.id, expected, row.schema)
            chain = (self.tenant, kind.name, row.id)
            rows.append((*row[1:], *given.values(), *there, *chain, *chain))
        return Statements(_update_sql(table_of(kind), columns, "" if whole else " AND schema = ?"), rows, _link)

    def add_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> Rows:
        return self._new(f"{table_of(kind)}_terms", ("field", "value", "id"), terms)

    def drop_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> Statements:
        sql = f"DELETE FROM {table_of(kind)}_terms WHERE tenant = ? AND field = ? AND value = ? AND id = ?"
        return Statements(sql, [(self.tenant, *term) for term in terms])

    def terms(self, kind: Kind[Any], ids: Sequence[str]) -> Statement:
        sql = f"SELECT field, value, id FROM {table_of(kind)}_terms WHERE tenant = ? AND id IN ({_marks(ids)})"
        return Statement(sql, (self.tenant, *ids), list)

    # -- journal ---------------------------------------------------------------------------------

    def append(self, rows: Sequence[EntryRow]) -> Rows:
        return self._new("servicecrm_journal", EntryRow._fields, rows)

    def entries(self, kind: str, ids: Sequence[str], *, type: str | None = None) -> Statement:
        of_type = "" if type is None else "AND type = ? "
        sql = (
            f"SELECT {_ENTRY} FROM servicecrm_journal WHERE tenant = ? AND kind = ? AND id IN ({_marks(ids)}) "
            f"{of_type}ORDER BY id, n"
        )
        return Statement(sql, (self.tenant, kind, *ids, *([] if type is None else [type])), _entries)

    def entries_after(self, after: EntryKey | None, limit: int) -> Statement:
        rest = "" if after is None else "AND (kind, id, n) > (?, ?, ?) "
        sql = f"SELECT {_ENTRY} FROM servicecrm_journal WHERE tenant = ? {rest}ORDER BY kind, id, n LIMIT ?"
        return Statement(sql, (self.tenant, *(after or ()), limit), _entries)

    def seal(self, n: int, limit: int) -> Statement:
        sql = (
            "UPDATE servicecrm_journal SET seal = ? WHERE tenant = ? AND (kind, id, n) IN (SELECT kind, id, n "
            "FROM servicecrm_journal WHERE tenant = ? AND seal IS NULL LIMIT ?) AND seal IS NULL RETURNING hash"
        )
        return Statement(sql, (n, self.tenant, self.tenant, limit), lambda rows: [hash for (hash,) in rows])

    def erase_entries(self, kind: str, id: str, before: int) -> Statement:
        sql = (
            "UPDATE servicecrm_journal SET salt = NULL, personal = NULL "
            "WHERE tenant = ? AND kind = ? AND id = ? AND n < ? AND personal IS NOT NULL"
        )
        return Statement(sql, (self.tenant, kind, id, before), _nothing)

    def last_seal(self) -> Statement:
        sql = "SELECT n, entries, hash FROM servicecrm_seals WHERE tenant = ? ORDER BY n DESC LIMIT 1"
        return Statement(sql, (self.tenant,), lambda rows: SealRow(*rows[0]) if rows else None)

    def add_seal(self, seal: SealRow) -> Rows:
        return self._new("servicecrm_seals", SealRow._fields, [seal])

    def seals_after(self, n: int | None, limit: int) -> Statement:
        rest, values = ("", ()) if n is None else ("AND n > ? ", (n,))
        sql = f"SELECT n, entries, hash FROM servicecrm_seals WHERE tenant = ? {rest}ORDER BY n LIMIT ?"
        return Statement(sql, (self.tenant, *values, limit), lambda rows: [SealRow(*row) for row in rows])

    def sealed_hashes(self, first: int, last: int) -> Statement:
        sql = "SELECT seal, hash FROM servicecrm_journal WHERE tenant = ? AND seal BETWEEN ? AND ?"
        return Statement(sql, (self.tenant, first, last), lambda rows: rows)

    # -- commands and numbers --------------------------------------------------------------------

    def commands(self, ids: Sequence[str]) -> Statement:
        sql = f"SELECT {_COMMAND} FROM servicecrm_commands WHERE tenant = ? AND id IN ({_marks(ids)})"
        return Statement(sql, (self.tenant, *ids), _outcomes)

    def add_commands(self, outcomes: Sequence[tuple[Command, Outcome]], now: datetime) -> Rows:
        return self.put_commands(command_rows(outcomes, now))

    def erase_commands(self, kind: str, id: str, instead: str) -> Statement:
        sql = (
            "UPDATE servicecrm_commands SET fingerprint = ? WHERE tenant = ? AND id IN "
            "(SELECT command FROM servicecrm_journal WHERE tenant = ? AND kind = ? AND id = ?)"
        )
        return Statement(sql, (instead, self.tenant, self.tenant, kind, id), _nothing)

    def next_number(self, kind: str, year: int, count: int) -> Statement:
        sql = (
            "INSERT INTO servicecrm_numbers (tenant, kind, year, last) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (tenant, kind, year) DO UPDATE SET last = servicecrm_numbers.last + excluded.last "
            "RETURNING last"
        )
        return Statement(sql, (self.tenant, kind, year, count), _first)

    def reserve_number(self, kind: str, year: int, count: int) -> Statement:
        return Statement(_RESERVE, (self.tenant, kind, year, count), _nothing)

    # -- outbox ----------------------------------------------------------------------------------

    def enqueue(self, notices: Sequence[Notice]) -> Statements:
        return self.put_notices([notice_row(notice, 0) for notice in notices])

    def claim(self, worker: str, now: datetime, limit: int, lease: timedelta) -> Statement:
        clock = self._dialect.clock
        # Apart and first, or a database may look for free notices again for each one that it claims.
        sql = (
            f"WITH free AS MATERIALIZED (SELECT key FROM servicecrm_outbox WHERE tenant = ? AND {_PENDING} "
            f"AND (not_before IS NULL OR not_before <= ?) AND (claimed_until IS NULL OR claimed_until <= {clock}) "
            f"ORDER BY place LIMIT ?{self._dialect.skip_locked}) "
            f"UPDATE servicecrm_outbox SET worker = ?, attempt = attempt + 1, claimed_until = {clock} + ? "
            f"WHERE tenant = ? AND key IN (SELECT key FROM free) RETURNING {_NOTICE}"
        )
        length = lease // timedelta(microseconds=1)
        return Statement(sql, (self.tenant, micros(now), limit, worker, length, self.tenant), _deliveries)

    def settle(
        self, delivery: Delivery, *, delivered: bool, dead: bool, retry_at: datetime | None, cause: str | None
    ) -> Statement:
        values: list[str | int | None] = []
        if delivered:
            change = f"delivered_at = {self._dialect.clock}"
        elif dead:
            change, values = f"failed_at = {self._dialect.clock}, cause = ?", [cause]
        else:
            change, values = "claimed_until = NULL, worker = NULL, not_before = ?", [_at(retry_at)]
        # The lease too: a failed notice that somebody gives back is counted from one again.
        mine = f"worker = ? AND attempt = ? AND claimed_until = ? AND {_PENDING}"
        sql = f"UPDATE servicecrm_outbox SET {change} WHERE tenant = ? AND key = ? AND {mine} RETURNING key"
        claim = (delivery.notice.key, delivery.worker, delivery.attempt, micros(delivery.until))
        return Statement(sql, (*values, self.tenant, *claim), len)

    def queued(self, after: str | None, limit: int, *, failed: bool) -> Statement:
        place = "AND place > (SELECT place FROM servicecrm_outbox WHERE tenant = ? AND key = ?) "
        rest, start = ("", ()) if after is None else (place, (self.tenant, after))
        shown = _QUEUED.replace('"claimed_until"', f"CASE WHEN {self._held} THEN claimed_until END")
        sql = (
            f"SELECT {shown} FROM servicecrm_outbox WHERE tenant = ? "
            f"AND {_FAILED if failed else _PENDING} {rest}ORDER BY place LIMIT ?"
        )
        return Statement(sql, (self.tenant, *start, limit), lambda rows: [QueuedRow(*row) for row in rows])

    def erase_notices(self, kind: str, ids: Sequence[str], cause: str) -> Statement:
        failed, caused = (
            f"{name} = CASE WHEN {_PENDING} THEN {value} ELSE {name} END"
            for name, value in (("failed_at", self._dialect.clock), ("cause", "?"))
        )
        sql = (
            f"UPDATE servicecrm_outbox SET body = '{{}}', {failed}, {caused} "
            f"WHERE tenant = ? AND kind = ? AND record IN ({_marks(ids)})"
        )
        return Statement(sql, (cause, self.tenant, kind, *ids), _nothing)

    def queue_counts(self) -> Statement:
        # Each is counted in an index of its own; what is delivered is the rest.
        ends = ("", f" AND {_PENDING}", f" AND {_PENDING} AND {self._held}", f" AND {_FAILED}")
        counts = ", ".join(f"(SELECT count(*) FROM servicecrm_outbox WHERE tenant = ?{end})" for end in ends)
        return Statement(f"SELECT {counts}", [self.tenant] * len(ends), lambda rows: QueueCounts(*rows[0]))

    def revive(self, key: str) -> Statement:
        new = "failed_at = NULL, cause = NULL, not_before = NULL, attempt = 0, worker = NULL, claimed_until = NULL"
        sql = f"UPDATE servicecrm_outbox SET {new} WHERE tenant = ? AND key = ? AND {_FAILED} RETURNING key"
        return Statement(sql, (self.tenant, key), len)

    @property
    def _held(self) -> str:
        """The test for a notice that a worker has."""
        return f"claimed_until > {self._dialect.clock}"

    # -- moving a whole tenant -------------------------------------------------------------------

    def commands_after(self, id: str, limit: int) -> Statement:
        sql = f"SELECT {_COMMAND} FROM servicecrm_commands WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?"
        return Statement(sql, (self.tenant, id, limit), lambda rows: [CommandRow(*row) for row in rows])

    def numbers(self) -> Statement:
        sql = f"SELECT {_NUMBER} FROM servicecrm_numbers WHERE tenant = ? ORDER BY kind, year"
        return Statement(sql, (self.tenant,), lambda rows: [NumberRow(*row) for row in rows])

    def notices_after(self, place: int, limit: int) -> Statement:
        sql = f"SELECT {_NOTICE} FROM servicecrm_outbox WHERE tenant = ? AND place > ? ORDER BY place LIMIT ?"
        return Statement(sql, (self.tenant, place, limit), lambda rows: [NoticeRow(*row) for row in rows])

    def put_commands(self, rows: Sequence[CommandRow]) -> Rows:
        return self._new("servicecrm_commands", CommandRow._fields, rows)

    def put_numbers(self, rows: Sequence[NumberRow]) -> Statements:
        return Statements(_RESERVE, [(self.tenant, *row) for row in rows])

    def put_notices(self, rows: Sequence[NoticeRow]) -> Statements:
        names = NoticeRow._fields
        marks = ", ".join(self._dialect.place if name == "place" else "?" for name in names)
        sql = (
            f"INSERT INTO servicecrm_outbox (tenant, {_NOTICE}) VALUES (?, {marks}) "
            "ON CONFLICT (tenant, key) DO NOTHING"
        )
        n, own = names.index("place"), (self.tenant,) * self._dialect.place.count("?")
        return Statements(sql, [(self.tenant, *row[:n], *own, *row[n + 1 :]) for row in rows])

    def _new(self, table: str, columns: tuple[str, ...], rows: Sequence[Row]) -> Rows:
        return Rows(table, ("tenant", *columns), Coming(((self.tenant, *row) for row in rows), len(rows)))

    # -- tenants ---------------------------------------------------------------------------------

    def register(self) -> Statement:
        sql = "INSERT INTO servicecrm_tenants (tenant) VALUES (?) ON CONFLICT (tenant) DO NOTHING"
        return Statement(sql, (self.tenant,), _nothing)

    def tenants(self) -> Statement:
        # From one tenant to the next: there is a seal for every unit that ever was.
        sql = (
            "WITH RECURSIVE sealed (tenant) AS (SELECT min(tenant) FROM servicecrm_seals UNION ALL "
            "SELECT (SELECT min(tenant) FROM servicecrm_seals WHERE tenant > sealed.tenant) FROM sealed "
            "WHERE tenant IS NOT NULL) SELECT tenant FROM servicecrm_tenants UNION "
            "SELECT tenant FROM sealed WHERE tenant IS NOT NULL ORDER BY tenant"
        )
        return Statement(sql, (), lambda rows: tuple(tenant for (tenant,) in rows))

    def forget(self) -> Statement:
        self.forgets = True
        return Statement("SELECT 1", (), _nothing)


@cache
def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


_ENTRY: Final = _listed(EntryRow._fields)
_COMMAND: Final = _listed(CommandRow._fields)
_NUMBER: Final = _listed(NumberRow._fields)
_NOTICE: Final = _listed(NoticeRow._fields)
_QUEUED: Final = _listed(QueuedRow._fields)
_PENDING: Final = "delivered_at IS NULL AND failed_at IS NULL"
_FAILED: Final = "failed_at IS NOT NULL"
_RESERVE: Final = (
    "INSERT INTO servicecrm_numbers (tenant, kind, year, last) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (tenant, kind, year) DO UPDATE SET last = excluded.last "
    "WHERE excluded.last > servicecrm_numbers.last"
)


@cache
def _new_sql(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({_listed(names)}) VALUES ({_marks(names)})"


@cache
def _insert_sql(table: str, names: tuple[str, ...]) -> str:
    return f"{_new_sql(table, names)} ON CONFLICT DO NOTHING RETURNING revision"


@cache
def _update_sql(table: str, columns: tuple[str, ...], also: str) -> str:
    changes = ", ".join(f'"{name}" = ?' for name in ("revision", "schema", "document", *columns))
    # What is asked next is told at once: where the record's chain ends.
    n, hash = (
        f"(SELECT {name} FROM servicecrm_journal WHERE tenant = ? AND kind = ? AND id = ? ORDER BY n DESC LIMIT 1)"
        for name in ("n", "hash")
    )
    return f"UPDATE {table} SET {changes} WHERE tenant = ? AND id = ? AND revision = ?{also} RETURNING {n}, {hash}"


def _in_order(ids: Sequence[str], rows: list[Row]) -> list[RecordRow | None]:
    found = {row[0]: RecordRow(*row) for row in rows}
    return [found.get(id) for id in ids]


def _entries(rows: list[Row]) -> list[EntryRow]:
    return [EntryRow(*row) for row in rows]


def _outcomes(rows: list[Row]) -> dict[str, tuple[str, Outcome]]:
    return {row.id: (row.fingerprint, outcome_of(row)) for row in map(CommandRow._make, rows)}


def _deliveries(rows: list[Row]) -> list[Delivery]:
    return [delivery_of(row) for row in sorted(map(NoticeRow._make, rows), key=lambda row: row.place)]


def _at(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
