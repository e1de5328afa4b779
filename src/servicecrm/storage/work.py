"""A unit of work as programs: what is read, decided and written, without saying on which database or how it waits.

The programs speak to the tables of a store (`Tables` in memory, statements in SQL) through small requests.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from servicecrm.errors import (
    AlreadyExists,
    IdempotencyMismatch,
    InvalidValue,
    NotFound,
    ReadOnlyStore,
    StaleRevision,
    StoreError,
)
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import Filter, encoded, everything
from servicecrm.kernel.ids import human_number, parts_of_number
from servicecrm.kernel.kinds import Identified, Indexed, Kind, storable
from servicecrm.kernel.records import evolve
from servicecrm.storage import cursors
from servicecrm.storage.journal import START, Link, SealRow, chained, entry_of, sealed
from servicecrm.storage.ports import Command, Delivery, Entry, Fact, Notice, Outcome, Page, Program
from servicecrm.storage.rows import Query, RecordRow, Tables, ask

__all__ = ["BROKEN", "LEASE", "Work"]

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

LEASE = timedelta(minutes=5)

BROKEN = "a part of this unit failed after it had written something, so nothing of it was saved; begin a new unit"


class Work:
    """The programs of one unit of work, and what the unit has to remember until it ends."""

    def __init__(self, kinds: Mapping[type, Kind[Any]], *, readonly: bool = False) -> None:
        self._kinds = kinds
        self._readonly = readonly
        self.ended = False
        self._links: dict[tuple[str, str], Link] = {}
        self._hashes: list[str] = []
        self._seal: SealRow | None = None
        self._numbers: set[str] = set()
        self.writes: int = 0
        """How often something was written that would have to be taken back."""
        self.broken: bool = False
        """Did a part of the unit fail after it had written something? Then nothing of it may be kept."""
        self._saved: list[Outcome] = []
        self.facts: list[Fact] = []
        """What was saved so far, for hooks that run after the commit."""

    # -- reading ---------------------------------------------------------------------------------

    def get(self, record: type[R], id: str) -> Program[R]:
        """The record with this id."""
        kind = self._kind(record)
        row = yield from ask(Tables.fetch, kind, storable("id", id))
        if row is None:
            raise NotFound(kind.name, id)
        return _loaded(kind, row)

    def find(
        self,
        record: type[R],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> Program[Page[R]]:
        """Records that pass all filters, in order."""
        kind = self._kind(record)
        query = _query(kind, filters, order, limit, after)
        found = yield from ask(Tables.select, kind, query)
        kept, cursor = cursors.cut(found, query)
        return Page(tuple(_loaded(kind, row) for row, _ in kept), cursor)

    def rows(
        self,
        record: type[Identified],
        columns: Sequence[str],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> Program[tuple[list[tuple[Indexed, ...]], str | None]]:
        """Stored column values of records that pass all filters."""
        kind = self._kind(record)
        names = tuple("id" if name == "id" else kind.column(name).name for name in columns)
        query = _query(kind, filters, order, limit, after)
        found = yield from ask(Tables.columns, kind, names, query)
        kept, cursor = cursors.cut(found, query)
        return [values for values, _ in kept], cursor

    def count(self, record: type[Identified], *filters: Filter) -> Program[int]:
        """How many records pass all filters."""
        kind = self._kind(record)
        filter = encoded(everything(*filters), kind)
        return (yield from ask(Tables.count, kind, filter))

    def history(self, record: type[Identified], id: str) -> Program[tuple[Entry, ...]]:
        """The facts of one record, oldest first."""
        kind = self._kind(record)
        rows = yield from ask(Tables.entries, kind.name, storable("id", id))
        return tuple(entry_of(row) for row in rows)

    # -- writing ---------------------------------------------------------------------------------

    def save(
        self,
        *decisions: Decision[Any],
        notices: Sequence[Notice] = (),
        commands: Sequence[Command | None] = (),
    ) -> Program[tuple[Any, ...]]:
        """Save decisions, their facts and notices. `commands` names the facts' commands, one for each step in order."""
        self._writing()
        names = [command.id if command else None for command in commands]
        steps = [step for decision in decisions for step in decision.steps]
        if commands and len(commands) != len(steps):
            raise ValueError(f"{len(steps)} facts need as many commands, got {len(commands)}")
        saved = []
        for decision in decisions:
            ours, names = names[: len(decision.steps)], names[len(decision.steps) :]
            saved.append((yield from self._save(decision, ours or [None] * len(decision.steps))))
        if notices:
            yield from ask(Tables.enqueue, notices)
        return tuple(saved)

    def _save(self, decision: Decision[Any], commands: Sequence[str | None]) -> Program[Any]:
        before, after = decision.before, decision.after
        kind = self._kind(type(after))
        if not decision.steps or (before is not None and (type(before), before.id) != (type(after), after.id)):
            raise InvalidValue(kind.name, "a decision tells at least one fact, of one record; a command gives such")
        expected = before.revision if before is not None else 0
        saved = evolve(after, revision=expected + 1)
        index = kind.index_of(saved)
        row = RecordRow(after.id, saved.revision, kind.schema.current, kind.schema.text(saved))
        if before is None:
            if not (yield from ask(Tables.insert, kind, row, index)):
                raise AlreadyExists(kind.name, after.id)
            yield from self._reserve(kind, _number(saved))
        elif not (yield from ask(Tables.update, kind, row, index, expected)):
            found = yield from ask(Tables.fetch, kind, after.id)
            raise StaleRevision(kind.name, after.id, expected, found and found.revision)
        if kind.terms:
            old = kind.terms_of(before) if before is not None else frozenset()
            new = kind.terms_of(saved)
            if old - new:
                yield from ask(Tables.drop_terms, kind, after.id, old - new)
            if new - old:
                yield from ask(Tables.add_terms, kind, after.id, new - old)
        steps = zip(decision.steps, commands, strict=True)
        yield from self._write_down(kind, saved, steps, document=row.document, new=before is None)
        self.facts += [Fact(kind.name, step.event, saved) for step in decision.steps]
        self._saved.append(Outcome(kind=kind.name, id=saved.id, revision=saved.revision, number=_number(saved)))
        return saved

    def _reserve(self, kind: Kind[Any], number: str | None) -> Program[None]:
        """A number that a host chose itself is not given again."""
        if kind.prefix is None or number is None or number in self._numbers:
            return
        parts = parts_of_number(kind.prefix, number)
        if parts is not None:
            yield from ask(Tables.reserve_number, kind.name, *parts)

    def _write_down(self, kind: Kind[Any], saved: Any, steps: Any, *, document: str, new: bool) -> Program[None]:
        key = (kind.name, saved.id)
        last = self._links.get(key, START if new else None)
        if last is None:
            last = yield from ask(Tables.last_link, *key)
        if self._seal is None:
            yield from ask(Tables.register)
            self._seal = (yield from ask(Tables.last_seal)) or SealRow(0, 0, "")
        rows = chained(kind, saved, steps, document=document, last=last or START, seal=self._seal.n + 1)
        yield from ask(Tables.append, rows)
        self._links[key] = Link(rows[-1].n, rows[-1].hash)
        self._hashes += [row.hash for row in rows]

    def finish(self) -> Program[None]:
        """The last step before the commit: seal what was written down."""
        if self.broken:
            raise StoreError(BROKEN)
        if self._seal is not None:
            seal = sealed(self._seal.n + 1, self._seal.hash, self._hashes)
            yield from ask(Tables.add_seal, seal)

    def number(self, record: type[Identified], year: int) -> Program[str]:
        """The next human number of a kind."""
        self._writing()
        kind = self._kind(record)
        if kind.prefix is None:
            raise InvalidValue(kind.name, "this kind has no human numbers")
        prefix = kind.prefix
        count = yield from ask(Tables.next_number, kind.name, year)
        number = human_number(prefix, year, count)
        self._numbers.add(number)
        return number

    # -- commands --------------------------------------------------------------------------------

    def known(self, commands: Sequence[Command]) -> Program[dict[str, Outcome]]:
        """What those of these commands did that were given before.

        Raises:
            IdempotencyMismatch: one was used for something else.
        """
        if not commands:
            return {}
        found = yield from ask(Tables.commands, [c.id for c in commands])
        for command in commands:
            if command.id in found and found[command.id][0] != command.fingerprint:
                raise IdempotencyMismatch(command.id)
        return {id: outcome for id, (_, outcome) in found.items()}

    def remember(self, outcomes: Sequence[tuple[Command, Outcome]], *, now: datetime) -> Program[None]:
        """Keep what these commands did."""
        if outcomes:
            yield from ask(Tables.add_commands, outcomes, now)

    def mark(self) -> int:
        """Where the saves of a command begin; see `outcome_since`."""
        return len(self._saved)

    def outcome_since(self, mark: int) -> Outcome | None:
        """The first record saved since the mark."""
        return self._saved[mark] if len(self._saved) > mark else None

    # -- outbox ----------------------------------------------------------------------------------

    def claim(
        self, worker: str, *, now: datetime, limit: int = 20, lease: timedelta = LEASE
    ) -> Program[tuple[Delivery, ...]]:
        """Notices for this worker to deliver."""
        self._writing()
        claimed = yield from ask(Tables.claim, storable("worker", worker), now, limit, lease)
        return tuple(claimed)

    def settle(
        self, deliveries: Sequence[Delivery], *, delivered: bool = True, retry_at: datetime | None = None
    ) -> Program[int]:
        """Mark claimed notices as delivered, or give them back."""
        self._writing()
        settled = 0
        for delivery in deliveries:
            settled += yield from ask(Tables.settle, delivery, delivered=delivered, retry_at=retry_at)
        return settled

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """A part of the unit that counts only as a whole: if it fails after it wrote something, the unit fails."""
        before = self.writes
        try:
            yield
        except BaseException:
            self.broken = self.broken or self.writes > before
            raise

    def _writing(self) -> None:
        if self._readonly:
            raise ReadOnlyStore

    def _kind(self, record: type[R]) -> Kind[R]:
        try:
            return self._kinds[record]
        except KeyError:
            known = ", ".join(sorted(kind.name for kind in self._kinds.values()))
        raise InvalidValue(record.__name__, f"this store keeps no such records; known kinds: {known}")


def _loaded(kind: Kind[R], row: RecordRow) -> R:
    return kind.schema.load_text(row.document, version=row.schema, revision=row.revision)


def _query(kind: Kind[Any], filters: Sequence[Filter], order: str, limit: int | None, after: str | None) -> Query:
    cursors.check_page(order, limit)
    name = order.removeprefix("-")
    column = None if name == "id" else kind.column(name)
    return Query(
        filter=encoded(everything(*filters), kind),
        order=name,
        descending=order.startswith("-"),
        limit=limit,
        after=None if after is None else cursors.read(after, order, column),
    )


def _number(record: Any) -> str | None:
    return getattr(record, "number", None)
