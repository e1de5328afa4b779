"""Is a tenant whole? Every entry against the one before it, every record against its last entry, every seal."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from servicecrm.errors import BrokenJournal
from servicecrm.kernel.filters import AllOf
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.journal import START, EntryRow, SealRow, checked, digest_of, sealed
from servicecrm.storage.ports import Head, Program
from servicecrm.storage.rows import Tables, ask

__all__ = ["verified"]

CHUNK: Final = 2_000


def verified(kinds: Mapping[type, Kind[Any]], head: Head | None = None) -> Program[int]:
    """Check the journal and the records; tells how many entries there are.

    Commands, numbers and notices are not in any chain.

    Raises:
        BrokenJournal: an entry or a record was changed, moved, put in or left out; with `head`, also cut off at the
            end.
    """
    counted = yield from _chains({kind.name: kind for kind in kinds.values()})
    yield from _seals(counted, head)
    return counted


def _chains(kinds: Mapping[str, Kind[Any]]) -> Program[int]:
    counted, last, row = 0, START, None
    records: Counter[str] = Counter()
    while rows := (yield from ask(Tables.entries_after, _place(row), CHUNK)):
        for following in rows:
            if row is not None and (row.kind, row.id) != (following.kind, following.id):
                yield from _record(kinds, row, records)
                last = START
            last = checked(following, last)
            row = following
        counted += len(rows)
    if row is not None:
        yield from _record(kinds, row, records)
    for kind in kinds.values():
        if (yield from ask(Tables.count, kind, AllOf())) != records[kind.name]:
            raise BrokenJournal(f"there are records of the kind {kind.name} without a history")
    return counted


def _place(row: EntryRow | None) -> tuple[str, str, int]:
    return ("", "", 0) if row is None else (row.kind, row.id, row.n)


def _record(kinds: Mapping[str, Kind[Any]], last: EntryRow, records: Counter[str]) -> Program[None]:
    """Is the record as its last entry left it?"""
    kind = kinds.get(last.kind)
    if kind is None:  # of a host that does not keep this kind any longer
        return
    records[last.kind] += 1
    found = yield from ask(Tables.fetch, kind, last.id)
    if found is None or (found.revision, digest_of(found.document)) != (last.revision, last.document):
        raise BrokenJournal(f"{last.kind} {last.id} is not as its last entry left it")


def _seals(counted: int, head: Head | None) -> Program[None]:
    last, met, covered = SealRow(0, 0, ""), head is None or head.seal == 0, 0
    while seals := (yield from ask(Tables.seals_after, last.n, CHUNK)):
        hashes: dict[int, list[str]] = {}
        for n, hash in (yield from ask(Tables.sealed_hashes, seals[0].n, seals[-1].n)):
            hashes.setdefault(n, []).append(hash)
        for seal in seals:
            if seal != sealed(last.n + 1, last.hash, hashes.pop(seal.n, ())):
                raise BrokenJournal(f"seal {seal.n} does not fit its entries or the seal before it")
            last, covered = seal, covered + seal.entries
            met = met or (head is not None and (seal.n, seal.hash) == (head.seal, head.hash))
    if covered != counted:
        raise BrokenJournal("there are entries under no seal: the journal was cut off, or something was put in")
    if not met:
        raise BrokenJournal("the journal was cut off: its last seals are missing")
