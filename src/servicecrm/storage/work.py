"""A unit of work as programs: what is read, decided and written, without saying on which database or how it waits.

The programs speak to the tables of a store (`Tables` in memory, statements in SQL) through small requests.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from servicecrm.errors import (
    AlreadyExists,
    IdempotencyMismatch,
    InvalidValue,
    NotFound,
    StaleRevision,
    StoreBusy,
    StoreError,
)
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import Filter, encoded, everything, in_parts, where
from servicecrm.kernel.ids import human_number, parts_of_number
from servicecrm.kernel.kinds import Identified, Indexed, Kind, key_text
from servicecrm.kernel.records import ERASED, evolve
from servicecrm.storage import cursors
from servicecrm.storage.answers import FOLLOWING
from servicecrm.storage.journal import FIRST_SEAL, START, EntryRow, Link, SealRow, entry_of, linked, sealed
from servicecrm.storage.ports import Command, Entry, Fact, Notice, Outcome, Page, Program
from servicecrm.storage.queue import Queue
from servicecrm.storage.rows import Coming, Query, RecordRow, Tables, ask, fetched, loaded
from servicecrm.storage.saving import Save, grouped, index_terms, number_of, told_anew, unchanged

__all__ = ["BROKEN", "Work"]

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

SEALED = 10_000
"""How many entries one seal covers at most, where seals come later."""

BROKEN = "a part of this unit failed after it had written something, so nothing of it was saved; begin a new unit"


class Work(Queue):
    """The programs of one unit of work, and what the unit has to remember until it ends."""

    def __init__(
        self,
        kinds: Mapping[type, Kind[Any]],
        *,
        tenant: str = "default",
        readonly: bool = False,
        seals: bool = True,
        holds: bool = False,
        registered: bool = False,
    ) -> None:
        self._kinds = kinds
        self._tenant = tenant
        self._readonly = readonly
        self._seals = seals
        self._holds = holds
        self._seen: dict[str, tuple[Kind[Any], dict[str, int]]] = {}
        self._here: WeakValueDictionary[tuple[str, str], Any] = WeakValueDictionary()
        """The records as this unit has read or saved them: of these it is known what the tables hold."""
        self._rivals: set[tuple[str, str]] = set()
        self.registered: bool = registered
        """Is the tenant in the list of tenants?"""
        self.ended = False
        self._links: dict[tuple[str, str], Link] = {}
        self._hashes: list[str] = []
        self._last_seal: SealRow | None = None
        self._seal: int | None = None
        self._numbers: set[str] = set()
        self.writes: int = 0
        """How often something was written that would have to be taken back."""
        self.broken: bool = False
        """Did a part of the unit fail after it had written something? Then nothing of it may be kept."""
        self._saved: list[tuple[str, Any]] = []
        self._given: dict[str, tuple[str, Outcome]] = {}
        self.facts: list[Fact] = []
        """What was saved so far, for hooks that run after the commit."""

    # -- reading ---------------------------------------------------------------------------------

    def get(self, record: type[R], id: str, *, held: bool = True) -> Program[R]:
        """The record with this id.

        If the unit saves something, it is as it was read until the unit ends, unless it need not be `held`.
        """
        kind = self._kind(record)
        (row,) = yield from ask(Tables.fetch, kind, [key_text("id", id)])
        if row is None:
            raise NotFound(kind.name, id)
        if held:
            self._read(kind, row)
        return self._loaded(kind, row)

    def present(
        self, record: type[R], ids: Sequence[str], *, held: bool = True, rivals: bool = False
    ) -> Program[dict[str, R]]:
        """Those of the records with these ids that are there. See `get`.

        With `rivals`, a unit that saves one of them and began before this one ends is run again: it could not see what
        this one saves, even if that is new.
        """
        kind = self._kind(record)
        rows = yield from fetched(kind, [key_text("id", id) for id in ids])
        there = [row for row in rows if row is not None]
        for row in there if held else ():
            self._read(kind, row)
        if rivals:
            self._rivals.update((kind.name, row.id) for row in there)
        return {row.id: self._loaded(kind, row) for row in there}

    def _loaded(self, kind: Kind[R], row: RecordRow) -> R:
        record = loaded(kind, row)
        if not self._readonly:
            self._remember(kind, record)
        return record

    def _remember(self, kind: Kind[R], record: R) -> None:
        try:
            self._here[kind.name, record.id] = record
        except TypeError:  # a host's own class that nothing can refer to weakly; such a record is compared when saved
            return

    def _read(self, kind: Kind[Any], row: RecordRow) -> None:
        self._seen.setdefault(kind.name, (kind, {}))[1].setdefault(row.id, row.revision)

    def find(
        self,
        record: type[R],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
        held: bool = False,
    ) -> Program[Page[R]]:
        """Records that pass all filters, in order. See `get` for those that are `held`."""
        kind = self._kind(record)
        query = _query(kind, filters, order, limit, after)
        found = yield from ask(Tables.select, kind, query)
        kept, cursor = cursors.cut(found, query)
        for row, _ in kept if held else ():
            self._read(kind, row)
        return Page(tuple(self._loaded(kind, row) for row, _ in kept), cursor)

    def among(
        self, record: type[R], column: str, values: Iterable[object], *filters: Filter, order: str = "id"
    ) -> Program[list[R]]:
        """Records of which a column has one of any number of values; so many values at a time, each part in order."""
        found: list[R] = []
        for part in in_parts(values):
            found += (yield from self.find(record, where(column).one_of(part), *filters, order=order)).items
        return found

    def take(self, record: type[R], *filters: Filter, order: str = "id", limit: int = 20) -> Program[tuple[R, ...]]:
        """Records that pass all filters, for this unit alone until it ends; those that others hold are passed over."""
        self._writing()
        kind = self._kind(record)
        query = _query(kind, filters, order, limit, None)._replace(taking=True, limit=limit - 1)
        found = yield from ask(Tables.select, kind, query)
        return tuple(self._loaded(kind, row) for row, _ in found)

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
        rows = yield from ask(Tables.entries, kind.name, [key_text("id", id)])
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
        steps = sum(len(decision.steps) for decision in decisions)
        if commands and len(commands) != steps:
            raise ValueError(f"{steps} facts need as many commands, got {len(commands)}")
        names = iter([command.id if command else None for command in commands] or [None] * steps)
        yield from self._compare(decisions)
        same = unchanged(self._kind, decisions)
        saves = [self._prepared(decision, [next(names) for _ in decision.steps], same) for decision in decisions]
        for group in grouped(saves):
            kind = group[0].kind
            yield from self._insert(kind, group) if group[0].before is None else self._update(kind, group)
            yield from index_terms(kind, group)
        if saves or notices:
            yield from self._register()
        if saves:
            yield from self._write_down(saves)
            yield from self._erase(saves)
        if notices:
            yield from ask(Tables.enqueue, notices)
        for save in saves:
            self._remember(save.kind, save.saved)
            if save.kind.name in FOLLOWING:
                yield from FOLLOWING[save.kind.name](save.before, save.saved)
            self.facts += [Fact(save.kind.name, step.event, save.saved, self._tenant) for step in save.steps]
        self._saved += [(save.kind.name, save.saved) for save in saves]
        return tuple(save.saved for save in saves)

    def _compare(self, decisions: Iterable[Decision[Any]]) -> Program[None]:
        """What a host brings has to be what is stored: it may have it from a unit that was rolled back."""
        brought: dict[type, list[Any]] = {}
        for before, after in ((decision.before, decision.after) for decision in decisions):
            if before is not None and before is not after and type(before) is type(after):
                kind = self._kind(type(before))
                if self._here.get((kind.name, before.id)) is not before:
                    brought.setdefault(type(before), []).append(before)
        for record, befores in brought.items():
            kind = self._kind(record)
            rows = yield from fetched(kind, [key_text("id", before.id) for before in befores])
            for before, row in zip(befores, rows, strict=True):
                same = row is not None and row.revision == before.revision
                if row is not None and same and kind.schema.text(loaded(kind, row)) != kind.schema.text(before):
                    raise StaleRevision(kind.name, before.id, before.revision, row.revision)

    def _prepared(
        self, decision: Decision[Any], commands: Sequence[str | None], same: Mapping[type, frozenset[str]]
    ) -> Save:
        before, after = decision.before, decision.after
        kind = self._kind(type(after))
        if not decision.steps or (before is not None and (type(before), before.id) != (type(after), after.id)):
            raise InvalidValue(kind.name, "a decision tells at least one fact, of one record; a command gives such")
        saved = evolve(after, revision=1 if before is None else before.revision + 1)
        key_text("id", saved.id)
        steps = decision.steps
        if any(step.event.erases for step in steps):
            steps = (*steps[:-1], told_anew(saved, steps[-1]))
        columns = kind.index_of(saved) if before is None else kind.index_of(saved, without=same[type(saved)])
        return Save(kind, before, saved, columns, steps, commands)

    def _insert(self, kind: Kind[Any], saves: Sequence[Save]) -> Program[None]:
        inserted = yield from ask(Tables.insert, kind, Coming((save.change for save in saves), len(saves)))
        for save, done in zip(saves, inserted, strict=True):
            if not done:
                raise AlreadyExists(kind.name, save.saved.id)
        yield from self._reserve(kind, [number_of(save.saved) for save in saves])

    def _update(self, kind: Kind[Any], saves: Sequence[Save]) -> Program[None]:
        links = yield from ask(Tables.update, kind, [save.change for save in saves])
        for save, link in zip(saves, links, strict=True):
            self._links[kind.name, save.saved.id] = link or (yield from self._written_whole(save))

    def _written_whole(self, save: Save) -> Program[Link]:
        """A record that an older version saved: which of its columns that had, nobody knows."""
        kind, id, expected = save.kind, save.saved.id, save.before.revision
        (found,) = yield from ask(Tables.fetch, kind, [id])
        if found is not None and found.revision == expected and found.schema != kind.schema.current:
            (link,) = yield from ask(Tables.update, kind, [save.change._replace(columns=kind.index_of(save.saved))])
            if link is not None:
                return link
        raise StaleRevision(kind.name, id, expected, found and found.revision)

    def _reserve(self, kind: Kind[Any], numbers: Iterable[str | None]) -> Program[None]:
        """Numbers that a host chose itself are not given again; the highest one of a year speaks for all."""
        highest: dict[int, int] = {}
        for number in numbers:
            if kind.prefix is None or number is None or number in self._numbers:
                continue
            parts = parts_of_number(kind.prefix, number)
            if parts is not None:
                highest[parts[0]] = max(parts[1], highest.get(parts[0], 0))
        for year, last in highest.items():
            yield from ask(Tables.reserve_number, kind.name, year, last)

    def _write_down(self, saves: Sequence[Save]) -> Program[None]:
        if self._seals and self._last_seal is None:
            self._last_seal = (yield from ask(Tables.last_seal)) or FIRST_SEAL
            self._seal = self._last_seal.n + 1
        rows = Coming(self._entries(saves), sum(len(save.steps) for save in saves))
        yield from ask(Tables.append, rows)
        self._hashes += [row.hash for row in rows]

    def _erase(self, saves: Sequence[Save]) -> Program[None]:
        """What was personal of records of which something was erased stands in their last entries alone, and nowhere in
        the fingerprints of what was asked for, out of which it could be guessed."""
        for save in saves:
            if any(step.event.erases for step in save.steps):
                kind, id = save.kind.name, save.saved.id
                yield from ask(Tables.erase_entries, kind, id, self._links[kind, id].n)
                yield from ask(Tables.erase_commands, kind, id, ERASED)

    def _entries(self, saves: Sequence[Save]) -> Iterator[EntryRow]:
        for save in saves:
            key = (save.kind.name, save.saved.id)
            last = self._links.get(key, START)
            rows = linked(save.kind, save.saved, save.facts, text=save.text, last=last, seal=self._seal)
            self._links[key] = Link(rows[-1].n, rows[-1].hash)
            yield from rows

    def _register(self) -> Program[None]:
        if not self.registered:
            yield from ask(Tables.register)
            self.registered = True

    def finish(self) -> Program[None]:
        """The last step before the commit: seal what was written down, where units do that themselves."""
        if self.broken:
            raise StoreError(BROKEN)
        if self._holds and self._saved:
            yield from self._hold()
        if self._last_seal is not None:
            yield from ask(Tables.add_seal, sealed(self._last_seal, self._hashes))

    def _hold(self) -> Program[None]:
        """What was read and not saved has to be as it was read, or two units could each change what the other reads."""
        saved = {(name, record.id) for name, record in self._saved}
        for name in sorted(self._seen):
            kind, revisions = self._seen[name]
            read = {id: revisions[id] for id in sorted(revisions) if (name, id) not in saved}
            for how, ids in (
                (Tables.touch, tuple(id for id in read if (name, id) in self._rivals)),
                (Tables.hold, tuple(id for id in read if (name, id) not in self._rivals)),
            ):
                if ids and (yield from ask(how, kind, ids)) != {id: read[id] for id in ids}:
                    raise StoreBusy

    def seal(self, limit: int = SEALED) -> Program[int]:
        """Link entries that no seal covers yet into the tenant's chain; tells how many."""
        self._writing()
        last = (yield from ask(Tables.last_seal)) or FIRST_SEAL
        hashes = yield from ask(Tables.seal, last.n + 1, limit)
        if hashes:
            yield from ask(Tables.add_seal, sealed(last, hashes))
        return len(hashes)

    def number(self, record: type[Identified], year: int) -> Program[str]:
        """The next human number of a kind."""
        (number,) = yield from self.numbers(record, year, 1)
        return number

    def numbers(self, record: type[Identified], year: int, count: int) -> Program[tuple[str, ...]]:
        """The next human numbers of a kind."""
        self._writing()
        kind = self._kind(record)
        if kind.prefix is None:
            raise InvalidValue(kind.name, "this kind has no human numbers")
        if type(year) is not int or not MINYEAR <= year <= MAXYEAR:
            raise InvalidValue("year", f"expected a year from {MINYEAR} to {MAXYEAR}")
        last = yield from ask(Tables.next_number, kind.name, year, count)
        given = tuple(human_number(kind.prefix, year, n) for n in range(last - count + 1, last + 1))
        self._numbers.update(given)
        return given

    # -- commands --------------------------------------------------------------------------------

    def known(self, commands: Sequence[Command]) -> Program[dict[str, Outcome]]:
        """What those of these commands did that were given before.

        Of what was erased nobody knows any longer what was asked for, so that the name of the command is enough.

        Raises:
            IdempotencyMismatch: one was used for something else.
        """
        if not commands:
            return {}
        # Those of this unit first: the tables may be asked apart from it.
        found = {command.id: self._given[command.id] for command in commands if command.id in self._given}
        others = [key_text("command", command.id) for command in commands if command.id not in found]
        if others:
            found |= yield from ask(Tables.commands, others)
        for command in commands:
            if command.id in found and found[command.id][0] not in (command.fingerprint, ERASED):
                raise IdempotencyMismatch(command.id)
        return {id: outcome for id, (_, outcome) in found.items()}

    def remember(self, outcomes: Sequence[tuple[Command, Outcome]], *, now: datetime) -> Program[None]:
        """Keep what these commands did."""
        if outcomes:
            yield from ask(Tables.add_commands, outcomes, now)
            self._given |= {command.id: (command.fingerprint, outcome) for command, outcome in outcomes}

    def mark(self) -> int:
        """Where the saves of a command begin; see `outcome_since`."""
        return len(self._saved)

    def outcome_since(self, mark: int) -> Outcome | None:
        """The first record saved since the mark."""
        if len(self._saved) <= mark:
            return None
        name, record = self._saved[mark]
        return Outcome(kind=name, id=record.id, revision=record.revision, number=number_of(record))

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """A part of the unit that counts only as a whole: if it fails after it wrote something, the unit fails."""
        before = self.writes
        try:
            yield
        except BaseException:
            self.broken = self.broken or self.writes > before
            raise

    def keeps(self, record: type[Any]) -> bool:
        """Does the store keep such records? A host may have named the kinds that it wants."""
        return record in self._kinds

    def _kind(self, record: type[R]) -> Kind[R]:
        try:
            return self._kinds[record]
        except KeyError:
            known = ", ".join(sorted(kind.name for kind in self._kinds.values()))
        raise InvalidValue(record.__name__, f"this store keeps no such records; known kinds: {known}")


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
