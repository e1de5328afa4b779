"""A store in memory, for tests, notebooks and trials: it keeps what a database would, and forgets it at the end."""

import contextlib
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from servicecrm.errors import ForkedStoreError, StoreBusy, StoreUnavailable
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.kinds import Indexed, Kind, micros
from servicecrm.storage.journal import START, EntryRow, Link, SealRow
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.places import Places
from servicecrm.storage.ports import Command, Delivery, Notice, Outcome
from servicecrm.storage.rows import (
    Change,
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
from servicecrm.storage.scanning import Stored, found, passes, value_of
from servicecrm.storage.store import Answer, EngineStore, Mode

__all__ = ["MemoryStore"]


class MemoryStore(EngineStore):
    """A store in memory, safe to use from several threads, one unit after the other.

    Source: C122.
    """

    def __init__(self, kinds: Sequence[Kind[Any]] = SHIPPED, *, timeout: float = 10.0) -> None:
        super().__init__(MemoryEngine(timeout=timeout), kinds)


class MemoryEngine:
    """Transactions over dictionaries, one at a time, with an undo log instead of copies."""

    def __init__(self, *, timeout: float) -> None:
        self.seals: bool = True
        self.holds: bool = False
        self.joined: bool = False
        self.glances: bool = False
        self._data = _Data()
        self._lock = Places(1)
        self.timeout: float = timeout
        self._process = os.getpid()
        self._closed = False

    @contextlib.contextmanager
    def transaction(self, tenant: str, mode: Mode) -> Iterator[Answer]:
        """One transaction; what it wrote is undone on any exception."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if not self._lock.acquire(timeout=self.timeout):
            raise StoreBusy
        tables = MemoryTables(self._data, tenant)
        try:
            yield lambda op: op(tables)
        except BaseException:
            self._data.undo()
            raise
        finally:
            self._data.log.clear()
            self._lock.release()

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._data = _Data()


class _Data:
    """Tables by name, each a dictionary, and how to undo what was written to them."""

    def __init__(self) -> None:
        self.tables: dict[Hashable, dict[Any, Any]] = {}
        self.log: list[Callable[[], object]] = []

    def table(self, *name: Hashable) -> dict[Any, Any]:
        return self.tables.setdefault(name, {})

    def put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        if key in table:
            old = table[key]
            self.log.append(lambda: table.__setitem__(key, old))
        else:
            self.log.append(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: dict[Any, Any], key: Any) -> None:
        old = table.pop(key)
        self.log.append(lambda: table.__setitem__(key, old))

    def undo(self) -> None:
        for step in reversed(self.log):
            step()


class MemoryTables:
    """The requests of programs, done on dictionaries. See `servicecrm.storage.rows.Tables`."""

    def __init__(self, data: _Data, tenant: str) -> None:
        self._data, self._tenant = data, tenant

    # -- records ---------------------------------------------------------------------------------

    def fetch(self, kind: Kind[Any], ids: Sequence[str]) -> list[RecordRow | None]:
        records = self._records(kind)
        return [records[id].row if id in records else None for id in ids]

    def select(self, kind: Kind[Any], query: Query) -> list[tuple[RecordRow, Position]]:
        return [(stored.row, position) for stored, position in found(self._records(kind).values(), query)]

    def columns(
        self, kind: Kind[Any], names: Sequence[str], query: Query
    ) -> list[tuple[tuple[Indexed, ...], Position]]:
        rows = found(self._records(kind).values(), query)
        return [(tuple(value_of(stored, name) for name in names), position) for stored, position in rows]

    def count(self, kind: Kind[Any], filter: Filter) -> int:
        return sum(passes(stored, filter) for stored in self._records(kind).values())

    def hold(self, kind: Kind[Any], ids: Sequence[str]) -> dict[str, int]:
        records = self._records(kind)
        return {id: records[id].row.revision for id in ids if id in records}

    touch = hold

    def insert(self, kind: Kind[Any], changes: Sequence[Change]) -> list[bool]:
        return [self._insert(kind, change) for change in changes]

    def _insert(self, kind: Kind[Any], change: Change) -> bool:
        records, numbers = self._records(kind), self._table("numbered", kind.name)
        id, number = change.row.id, change.columns.get("number")
        if id in records or (number is not None and number in numbers):
            return False
        self._data.put(records, id, Stored(change.row, change.columns, frozenset()))
        if number is not None:
            self._data.put(numbers, number, id)
        return True

    def update(self, kind: Kind[Any], changes: Sequence[Change]) -> list[Link | None]:
        return [self._update(kind, change) for change in changes]

    def _update(self, kind: Kind[Any], change: Change) -> Link | None:
        records = self._records(kind)
        old = records.get(change.row.id)
        if old is None or old.row.revision != change.expected:
            return None
        if old.row.schema != change.row.schema and old.columns.keys() != change.columns.keys():
            return None
        self._data.put(records, change.row.id, Stored(change.row, {**old.columns, **change.columns}, old.terms))
        entries = self._table("journal", kind.name, change.row.id)
        return Link(len(entries), entries[len(entries)].hash) if entries else START

    def add_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> None:
        records = self._records(kind)
        for field, value, id in terms:
            self._data.put(records, id, records[id]._replace(terms=records[id].terms | {(field, value)}))

    def drop_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> None:
        records = self._records(kind)
        for field, value, id in terms:
            self._data.put(records, id, records[id]._replace(terms=records[id].terms - {(field, value)}))

    def terms(self, kind: Kind[Any], ids: Sequence[str]) -> list[Term]:
        records = self._records(kind)
        return [(field, value, id) for id in ids if id in records for field, value in records[id].terms]

    # -- journal ---------------------------------------------------------------------------------

    def append(self, rows: Sequence[EntryRow]) -> None:
        for row in rows:
            self._data.put(self._table("journal", row.kind, row.id), row.n, row)
            self._data.put(self._table("sealed", row.seal), (row.kind, row.id, row.n), row.hash)
            self._data.put(self._table("seal numbers"), row.seal, None)
            self._data.put(self._table("journals"), (row.kind, row.id), None)

    def entries(self, kind: str, ids: Sequence[str], *, type: str | None = None) -> list[EntryRow]:
        rows = (row for id in sorted(ids) for row in self._table("journal", kind, id).values())
        return [row for row in rows if type in (None, row.type)]

    def entries_after(self, after: EntryKey | None, limit: int) -> list[EntryRow]:
        found: list[EntryRow] = []
        for kind, id in sorted(self._table("journals")):
            if after is None or (kind, id) >= (after[0], after[1]):
                found += [row for row in self.entries(kind, [id]) if after is None or (kind, id, row.n) > after]
            if len(found) >= limit:
                break
        return found[:limit]

    def seal(self, n: int, limit: int) -> list[str]:
        waiting = self._table("sealed", None)
        hashes = []
        for kind, id, m in sorted(waiting)[:limit]:
            hashes.append(waiting[kind, id, m])
            journal = self._table("journal", kind, id)
            self._data.drop(waiting, (kind, id, m))
            self._data.put(journal, m, journal[m]._replace(seal=n))
            self._data.put(self._table("sealed", n), (kind, id, m), hashes[-1])
            self._data.put(self._table("seal numbers"), n, None)
        return hashes

    def erase_entries(self, kind: str, id: str, before: int) -> None:
        journal = self._table("journal", kind, id)
        for row in [row for row in journal.values() if row.n < before]:
            self._data.put(journal, row.n, row._replace(salt=None, personal=None))

    def last_seal(self) -> SealRow | None:
        last: SealRow | None = self._table("last seal").get("")
        return last

    def add_seal(self, seal: SealRow) -> None:
        last = self._table("last seal")
        self._data.put(self._table("seals"), seal.n, seal)
        if not last or seal.n > last[""].n:  # an import may bring them in any order
            self._data.put(last, "", seal)

    def seals_after(self, n: int | None, limit: int) -> list[SealRow]:
        return [seal for m, seal in sorted(self._table("seals").items()) if n is None or m > n][:limit]

    def sealed_hashes(self, first: int, last: int) -> list[tuple[int, str]]:
        numbers = [n for n in self._table("seal numbers") if n and first <= n <= last]
        return [(n, hash) for n in numbers for hash in self._table("sealed", n).values()]

    # -- commands and numbers --------------------------------------------------------------------

    def commands(self, ids: Sequence[str]) -> dict[str, tuple[str, Outcome]]:
        known: dict[str, CommandRow] = self._table("commands")
        return {id: (known[id].fingerprint, outcome_of(known[id])) for id in ids if id in known}

    def add_commands(self, outcomes: Sequence[tuple[Command, Outcome]], now: datetime) -> None:
        self.put_commands(command_rows(outcomes, now))

    def erase_commands(self, kind: str, id: str, instead: str) -> None:
        commands = self._table("commands")
        for name in {row.command for row in self.entries(kind, [id])} & commands.keys():
            self._data.put(commands, name, commands[name]._replace(fingerprint=instead))

    def next_number(self, kind: str, year: int, count: int) -> int:
        numbers = self._table("numbers")
        last: int = numbers.get((kind, year), 0) + count
        self._data.put(numbers, (kind, year), last)
        return last

    def reserve_number(self, kind: str, year: int, count: int) -> None:
        numbers = self._table("numbers")
        self._data.put(numbers, (kind, year), max(numbers.get((kind, year), 0), count))

    # -- outbox ----------------------------------------------------------------------------------

    def enqueue(self, notices: Sequence[Notice]) -> None:
        self.put_notices([notice_row(notice, 0) for notice in notices])

    def claim(self, worker: str, now: datetime, limit: int, lease: timedelta) -> list[Delivery]:
        clock, due = micros(datetime.now(UTC)), micros(now)
        free = [
            row
            for row in self._outbox()
            if _pending(row)
            and (row.not_before is None or row.not_before <= due)
            and (row.claimed_until is None or row.claimed_until <= clock)
        ]
        until = clock + lease // timedelta(microseconds=1)
        claimed = [row._replace(attempt=row.attempt + 1, worker=worker, claimed_until=until) for row in free[:limit]]
        self._keep(claimed)
        return [delivery_of(row) for row in claimed]

    def settle(
        self, delivery: Delivery, *, delivered: bool, dead: bool, retry_at: datetime | None, cause: str | None
    ) -> int:
        row: NoticeRow | None = self._table("outbox").get(delivery.notice.key)
        mine = (delivery.worker, delivery.attempt, micros(delivery.until))
        if row is None or not _pending(row) or (row.worker, row.attempt, row.claimed_until) != mine:
            return 0
        clock = micros(datetime.now(UTC))
        if delivered:
            row = row._replace(delivered_at=clock)
        elif dead:
            row = row._replace(failed_at=clock, cause=cause)
        else:
            not_before = None if retry_at is None else micros(retry_at)
            row = row._replace(worker=None, claimed_until=None, not_before=not_before)
        self._keep([row])
        return 1

    def queued(self, after: str | None, limit: int, *, failed: bool) -> list[QueuedRow]:
        outbox = self._table("outbox")
        # After a key that there is not comes nothing, as in SQL.
        place = 0 if after is None else outbox[after].place if after in outbox else len(outbox)
        wanted = _failed if failed else _pending
        return [_shown(row) for row in self._outbox() if wanted(row) and row.place > place][:limit]

    def erase_notices(self, kind: str, ids: Sequence[str], cause: str) -> None:
        clock = micros(datetime.now(UTC))
        for row in self._outbox():
            if row.kind == kind and row.record in ids:
                failed = row._replace(failed_at=clock, cause=cause) if _pending(row) else row
                self._keep([failed._replace(body="{}")])

    def queue_counts(self) -> QueueCounts:
        rows = self._outbox()
        shown = [_shown(row) for row in rows if _pending(row)]
        held = sum(row.claimed_until is not None for row in shown)
        return QueueCounts(len(rows), len(shown), held, sum(map(_failed, rows)))

    def revive(self, key: str) -> int:
        row: NoticeRow | None = self._table("outbox").get(key)
        if row is None or not _failed(row):
            return 0
        new = row._replace(failed_at=None, cause=None, not_before=None, attempt=0, worker=None, claimed_until=None)
        self._keep([new])
        return 1

    def _outbox(self) -> list[NoticeRow]:
        """All notices in the order in which they came."""
        return sorted(self._table("outbox").values(), key=lambda row: row.place)

    # -- moving a whole tenant -------------------------------------------------------------------

    def commands_after(self, id: str, limit: int) -> list[CommandRow]:
        return [row for key, row in sorted(self._table("commands").items()) if key > id][:limit]

    def numbers(self) -> list[NumberRow]:
        return [NumberRow(kind, year, last) for (kind, year), last in sorted(self._table("numbers").items())]

    def notices_after(self, place: int, limit: int) -> list[NoticeRow]:
        return [row for row in self._outbox() if row.place > place][:limit]

    def put_commands(self, rows: Sequence[CommandRow]) -> None:
        for row in rows:
            self._data.put(self._table("commands"), row.id, row)

    def put_numbers(self, rows: Sequence[NumberRow]) -> None:
        for row in rows:
            self.reserve_number(*row)

    def put_notices(self, rows: Sequence[NoticeRow]) -> None:
        outbox = self._table("outbox")
        for row in rows:
            if row.key not in outbox:
                self._keep([row._replace(place=len(outbox) + 1)])

    def _keep(self, rows: Sequence[NoticeRow]) -> None:
        for row in rows:
            self._data.put(self._table("outbox"), row.key, row)

    # -- tenants ---------------------------------------------------------------------------------

    def register(self) -> None:
        if self._tenant not in self._data.table("tenants"):
            self._data.put(self._data.table("tenants"), self._tenant, None)

    def tenants(self) -> tuple[str, ...]:
        return tuple(sorted(self._data.table("tenants")))

    def forget(self) -> None:
        """Nothing to do: there is no log."""

    # -- inside ----------------------------------------------------------------------------------

    def _table(self, *name: Hashable) -> dict[Any, Any]:
        return self._data.table(self._tenant, *name)

    def _records(self, kind: Kind[Any]) -> dict[str, Stored]:
        return self._table("records", kind.name)


def _pending(row: NoticeRow) -> bool:
    return row.delivered_at is None and row.failed_at is None


def _failed(row: NoticeRow) -> bool:
    return row.failed_at is not None


def _shown(row: NoticeRow) -> QueuedRow:
    held = row.claimed_until is not None and row.claimed_until > micros(datetime.now(UTC))
    shown = row._replace(claimed_until=row.claimed_until if held else None)._asdict()
    return QueuedRow(**{name: shown[name] for name in QueuedRow._fields})
