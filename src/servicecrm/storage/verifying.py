"""Is the journal of a tenant whole? Every entry against the one before it, every seal against its entries."""

from typing import Final

from servicecrm.errors import BrokenJournal
from servicecrm.storage.journal import START, SealRow, checked, sealed
from servicecrm.storage.ports import Head, Program
from servicecrm.storage.rows import Tables, ask

__all__ = ["verified"]

CHUNK: Final = 2_000


def verified(head: Head | None = None) -> Program[int]:
    """Check the whole journal; tells how many entries it has.

    Raises:
        BrokenJournal: an entry was changed, moved, put in or left out; with `head`, also cut off at the end.
    """
    counted = yield from _chains_verified()
    yield from _seals_verified(head)
    return counted


def _chains_verified() -> Program[int]:
    counted, place, last = 0, ("", "", 0), START
    while True:
        rows = yield from ask(Tables.entries_after, place, CHUNK)
        for row in rows:
            last = checked(row, last if (row.kind, row.id) == place[:2] else START)
            place = (row.kind, row.id, row.n)
        counted += len(rows)
        if len(rows) < CHUNK:
            return counted


def _seals_verified(head: Head | None) -> Program[None]:
    last, met = SealRow(0, 0, ""), head is None or head.seal == 0
    while True:
        seals = yield from ask(Tables.seals_after, last.n, CHUNK)
        if not seals:
            break
        hashes: dict[int, list[str]] = {}
        found = yield from ask(Tables.sealed_hashes, seals[0].n, seals[-1].n)
        for n, hash in found:
            hashes.setdefault(n, []).append(hash)
        for seal in seals:
            if seal != sealed(last.n + 1, last.hash, hashes.pop(seal.n, ())):
                raise BrokenJournal(f"seal {seal.n} does not fit its entries or the seal before it")
            last = seal
            met = met or (head is not None and (seal.n, seal.hash) == (head.seal, head.hash))
    beyond = yield from ask(Tables.sealed_hashes, last.n + 1, 2**62)
    if beyond or not met:
        raise BrokenJournal("the journal was cut off: its last seals are missing")
