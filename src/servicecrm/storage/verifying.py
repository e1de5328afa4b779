"""Is a tenant whole? Every entry against the one before it, every record against its last entry, every seal."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from servicecrm.errors import BrokenJournal, InvalidValue, MalformedDocument
from servicecrm.kernel.filters import AllOf, OneOf
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.journal import FIRST_SEAL, START, EntryRow, checked, digest_of, sealed
from servicecrm.storage.ports import Head, Program
from servicecrm.storage.rows import Position, Query, RecordRow, Tables, ask, checked_record, fetched

__all__ = ["verified"]

CHUNK: Final = 2_000

NOT_YET: Final = {(None, "figures")}
"""A column that came with an update is empty until its record is saved again."""


def verified(kinds: Mapping[type, Kind[Any]], head: Head | None = None, *, all_sealed: bool = True) -> Program[int]:
    """Check the journal and the records; tells how many entries there are.

    Commands, numbers and notices are not in any chain. Where seals come later than entries, not all are sealed yet.

    Raises:
        InvalidValue: `head` is none.
        BrokenJournal: an entry or a record was changed, moved, put in or left out; with `head`, also cut off at the
            end.
    """
    if not isinstance(head, Head | None):
        raise InvalidValue("head", "expected what `head` gave, such as Head(seal=45, hash='...')")
    try:
        counted, waiting = yield from _chains({kind.name: kind for kind in kinds.values()})
        yield from _seals(counted if all_sealed else counted - waiting, head)
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenJournal("there is a value that is never written there") from error
    return counted


def _chains(kinds: Mapping[str, Kind[Any]]) -> Program[tuple[int, int]]:
    """How many entries there are, and how many of them are under no seal."""
    counted, waiting, last, row = 0, 0, START, None
    records: Counter[str] = Counter()
    while rows := (yield from ask(Tables.entries_after, _place(row), CHUNK)):
        ends = []
        for following in rows:
            if row is not None and (row.kind, row.id) != (following.kind, following.id):
                ends.append(row)
                last = START
            last = checked(following, last)
            row = following
        yield from _records(kinds, ends, records)
        counted += len(rows)
        waiting += sum(following.seal is None for following in rows)
    if row is not None:
        yield from _records(kinds, [row], records)
    for kind in kinds.values():
        if (yield from ask(Tables.count, kind, AllOf())) != records[kind.name]:
            raise BrokenJournal((yield from _without_history(kind)))
    return counted, waiting


def _without_history(kind: Kind[Any]) -> Program[str]:
    """Names the first record that no entry tells of. It is looked for only when it is known to be there."""
    told: set[str] = set()
    after: tuple[str, str, int] = (kind.name, "", 0)
    while rows := (yield from ask(Tables.entries_after, after, CHUNK)):
        told |= {row.id for row in rows if row.kind == kind.name}
        if rows[-1].kind != kind.name:
            break
        after = (kind.name, rows[-1].id, rows[-1].n)
    place: Position | None = None
    while found := (yield from ask(Tables.select, kind, Query(AllOf(), limit=CHUNK, after=place))):
        ghost = next((row.id for row, _ in found if row.id not in told), None)
        if ghost is not None:
            return f"{kind.name} {ghost} is there without a history"
        _, place = found[-1]
    return f"there are records of the kind {kind.name} without a history"


def _place(row: EntryRow | None) -> tuple[str, str, int] | None:
    return None if row is None else (row.kind, row.id, row.n)


def _records(kinds: Mapping[str, Kind[Any]], ends: Sequence[EntryRow], records: Counter[str]) -> Program[None]:
    """Is each record as its last entry left it?"""
    for name, group in groupby(ends, key=attrgetter("kind")):
        if name not in kinds:  # of a host that does not keep this kind any longer
            continue
        last = list(group)
        there: list[RecordRow] = []
        for row, record in zip(last, (yield from fetched(kinds[name], [row.id for row in last])), strict=True):
            if record is None:
                raise BrokenJournal(f"{row.kind} {row.id} is gone, and its history is there")
            try:
                digest = digest_of(record.document)
            except (AttributeError, ValueError) as error:
                raise BrokenJournal(f"{row.kind} {row.id} holds a value that is never written there") from error
            if (row.revision, row.schema, row.document) != (record.revision, record.schema, digest):
                raise BrokenJournal(f"{row.kind} {row.id} is not as its last entry left it")
            there.append(record)
        yield from _found_by(kinds[name], [record for record in there if record.schema == kinds[name].schema.current])
        records[name] += len(last)


def _found_by(kind: Kind[Any], rows: Sequence[RecordRow]) -> Program[None]:
    """Is each record found, listed and swept by what its document says?"""
    names = (*(column.name for column in kind.columns), *(["search"] if kind.search else []))
    ids = [row.id for row in rows]
    columns = {
        at.id: values for values, at in (yield from ask(Tables.columns, kind, names, Query(OneOf("id", tuple(ids)))))
    }
    terms: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for field, value, id in (yield from ask(Tables.terms, kind, ids)) if kind.terms else ():
        terms[id].add((field, value))
    for row in rows:
        try:
            record = checked_record(kind, row)
        except MalformedDocument as error:
            raise BrokenJournal(f"{kind.name} {row.id} cannot be read: {'; '.join(error.problems)}") from None
        says, stored = kind.index_of(record), dict(zip(names, columns[row.id], strict=True))
        other = [name for name in names if stored[name] != says[name] and (stored[name], name) not in NOT_YET]
        other += ["its terms"] if terms[row.id] != kind.terms_of(record) else []
        if other:
            raise BrokenJournal(f"{kind.name} {row.id} is found by something else than it says: {', '.join(other)}")


def _seals(counted: int, head: Head | None) -> Program[None]:
    last, met, covered = FIRST_SEAL, head is None or head.seal == 0, 0
    place: int | None = None  # not 0: what somebody put before the first seal would not be read
    while seals := (yield from ask(Tables.seals_after, place, CHUNK)):
        hashes: dict[int, list[str]] = {}
        for n, hash in (yield from ask(Tables.sealed_hashes, seals[0].n, seals[-1].n)):
            hashes.setdefault(n, []).append(hash)
        for seal in seals:
            if seal != sealed(last, hashes.pop(seal.n, ())):
                raise BrokenJournal(f"seal {seal.n} does not fit its entries or the seal before it")
            last, place, covered = seal, seal.n, covered + seal.entries
            met = met or (head is not None and (seal.n, seal.hash) == (head.seal, head.hash))
    if covered != counted:
        raise BrokenJournal("there are entries under no seal: the journal was cut off, or something was put in")
    if not met:
        raise BrokenJournal("the journal was cut off: its last seals are missing")
