"""The journal: what is written for a fact, and how tampering shows.

Each record chains its own entries, because its revision lock puts them in order; a seal then links entries into the
chain of the tenant: those of a unit at its end where units follow each other, else whatever is there by then.
Personal values stand apart and enter the chain only as a salted commitment, so that they can be erased and the chain
stays valid.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import attrs

from servicecrm.errors import BrokenJournal
from servicecrm.kernel.decisions import Event, Step
from servicecrm.kernel.documents import Document, Members, Schema, members_but, members_of, to_text
from servicecrm.kernel.frozen import FrozenMap, Plain, thaw
from servicecrm.kernel.kinds import Identified, Kind, from_micros, micros
from servicecrm.kernel.records import ERASED, base_type, field_names, is_personal, personal_fields
from servicecrm.storage.ports import Entry

__all__ = [
    "FIRST_SEAL",
    "START",
    "EntryRow",
    "Link",
    "SealRow",
    "Told",
    "chained",
    "checked",
    "digest_of",
    "entry_of",
    "hash_of",
    "linked",
    "replayed",
    "sealed",
    "told",
]


class EntryRow(NamedTuple):
    """A journal entry as it is stored. Instants are microseconds."""

    kind: str
    id: str
    n: int
    revision: int
    schema: int
    type: str
    by: str
    on_behalf_of: str | None
    occurred_at: int
    recorded_at: int
    command: str | None
    body: str
    commitment: str | None
    document: str | None
    salt: str | None
    personal: str | None
    hash: str
    seal: int | None


class Link(NamedTuple):
    """The end of a record's chain."""

    n: int
    hash: str


class SealRow(NamedTuple):
    """A link of the tenant's chain, over the entries that carry its number."""

    n: int
    entries: int
    hash: str


START = Link(0, "")
FIRST_SEAL = SealRow(0, 0, "")
"""What the first seal follows."""


class Told(NamedTuple):
    """What an entry tells of a fact, before it has its place in a chain."""

    event: Event
    command: str | None
    body: str
    commitment: str | None
    salt: str | None
    personal: str | None


def told(record: object, steps: Iterable[tuple[Step, str | None]], members: Members) -> list[Told]:
    """What is told of a record's new facts, each with its command; the members are those of its document."""
    found = []
    for step, command in steps:
        body, personal = _split(record, members, step)
        salt = secrets.token_hex(16) if personal is not None else None
        found.append(Told(step.event, command, body, _commitment(salt, personal), salt, personal))
    return found


def linked(
    kind: Kind[Any], record: Identified, facts: Sequence[Told], *, text: str, last: Link, seal: int | None
) -> list[EntryRow]:
    """The entries that tell this of a record, linked to its last one.

    The last entry of a save also vouches for the text of the document that was saved.
    """
    rows = []
    for n, fact in enumerate(facts, start=1):
        event = fact.event
        hashed = (  # what `EntryRow` begins with
            kind.name,
            record.id,
            last.n + 1,
            record.revision,
            kind.schema.current,
            event.type,
            event.by.id,
            event.by.on_behalf_of,
            micros(event.occurred_at),
            micros(event.recorded_at),
            fact.command,
            fact.body,
            fact.commitment,
            digest_of(text) if n == len(facts) else None,
        )
        last = Link(last.n + 1, _hash(last.hash, hashed))
        rows.append(EntryRow(*hashed, fact.salt, fact.personal, last.hash, seal))
    return rows


def chained(
    kind: Kind[Any],
    record: Identified,
    steps: Iterable[tuple[Step, str | None]],
    *,
    text: str,
    last: Link,
    seal: int | None,
    members: Members,
) -> list[EntryRow]:
    """The entries of a record's new facts. See `told` and `linked`."""
    return linked(kind, record, told(record, steps, members), text=text, last=last, seal=seal)


def sealed(last: SealRow, hashes: Iterable[str]) -> SealRow:
    """The seal after the last one, over entries with these hashes."""
    n, ordered = last.n + 1, sorted(hashes)
    digest = hashlib.sha256("\n".join((last.hash, str(n), *ordered)).encode()).hexdigest()
    return SealRow(n, len(ordered), digest)


def entry_of(row: EntryRow) -> Entry:
    """The entry of a stored row; the personal part is put back where it was."""
    body = json.loads(row.body)
    if row.personal is not None:
        apart = json.loads(row.personal)
        body = {part: {**body[part], **apart.get(part, {})} for part in body}
    return Entry(
        kind=row.kind,
        id=row.id,
        n=row.n,
        revision=row.revision,
        type=row.type,
        by=row.by,
        on_behalf_of=row.on_behalf_of,
        occurred_at=from_micros(row.occurred_at),
        recorded_at=from_micros(row.recorded_at),
        command=row.command,
        schema=row.schema,
        data=FrozenMap(body["data"]),
        changes=FrozenMap(body["changes"]),
        appended=FrozenMap(body["appended"]),
        erased=row.commitment is not None and row.personal is None,
        hash=row.hash,
    )


def replayed(schema: Schema[Any], entries: Iterable[Entry]) -> Any:
    """The record that these facts lead to, from the first one on. What was erased of it reads so, or is not there.

    Source: C004.
    """
    document: Document = {}
    cls: type = schema.record
    version, revision = schema.current, 0
    for entry in entries:
        if document and entry.schema != version:
            document = schema.upcast(document, version, entry.schema)
        document.update({name: thaw(value) for name, value in entry.changes.items()})
        document.update({name: [*document.get(name, ()), *map(thaw, tail)] for name, tail in _tails(entry)})
        version, revision = entry.schema, entry.revision
        if entry.erased:
            document = {**_erased(cls), **document}
    return schema.load(document, version=version, revision=revision)


@cache
def _erased(record: type) -> Document:
    """How the personal fields read that every record has, once they are erased."""
    needed = (a for a in attrs.fields(record) if is_personal(a.type) and a.default is attrs.NOTHING)
    return {a.name: ERASED if base_type(a.type) is str else [] for a in needed}


def _tails(entry: Entry) -> Iterator[tuple[str, tuple[Plain, ...]]]:
    return ((name, tail) for name, tail in entry.appended.items() if isinstance(tail, tuple))


def digest_of(document: str) -> str:
    """What an entry keeps of the document that was saved with it."""
    return hashlib.sha256(document.encode()).hexdigest()


def checked(row: EntryRow, last: Link) -> Link:
    """Check that a row follows the last one of its record unchanged.

    Raises:
        BrokenJournal: it does not.
    """
    where = f"entry {row.n} of {row.kind} {row.id}"
    try:
        if row.n != last.n + 1:
            raise BrokenJournal(f"{where} follows entry {last.n}: entries are missing or out of order")
        erased = row.salt is None and row.personal is None
        if not erased and (row.commitment is None or _commitment(row.salt, row.personal) != row.commitment):
            raise BrokenJournal(f"{where}: the personal part does not fit its commitment")
        if row.hash != hash_of(last.hash, row):
            raise BrokenJournal(f"{where} was changed")
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenJournal(f"{where} holds a value that is never written there") from error
    return Link(row.n, row.hash)


def _split(record: object, members: Members, step: Step) -> tuple[str, str | None]:
    told, saved = type(step.event), type(record)
    parts = {
        "data": _parted(told, members_but(step.event, _COMMON)),
        "changes": _parted(saved, members_of(record, members, step.changes)),
        "appended": _parted(saved, members_of(record, members, step.appended)),
    }
    body = [f'"{part}":{{{",".join(others)}}}' for part, (others, _) in parts.items()]
    personal = [f'"{part}":{{{",".join(apart)}}}' for part, (_, apart) in parts.items() if apart]
    return f"{{{','.join(body)}}}", f"{{{','.join(personal)}}}" if personal else None


def _parted(record: type, members: Members) -> tuple[Iterable[str], list[str]]:
    """The members that are not personal, and those that are."""
    others = dict(members)
    # Nothing is not personal, and would only cost a commitment.
    apart = [name for name in _personal(record) if others and not others.get(name, ":null").endswith(":null")]
    return others.values(), [others.pop(name) for name in apart]


_COMMON = frozenset(field_names(Event))


@cache
def _personal(record: type) -> tuple[str, ...]:
    personal = personal_fields(record)
    return tuple(name for name in field_names(record) if name in personal)


def _commitment(salt: str | None, personal: str | None) -> str | None:
    if salt is None or personal is None:
        return None
    return hmac.digest(bytes.fromhex(salt), personal.encode(), "sha256").hex()


def hash_of(previous: str, row: EntryRow) -> str:
    """The hash of an entry that follows one with the previous hash."""
    # Everything but the erasable part, the hash itself and the seal, which on some stores is set later.
    return _hash(previous, row[:14])


def _hash(previous: str, values: tuple[str | int | None, ...]) -> str:
    return hashlib.sha256(to_text((previous, *values)).encode()).hexdigest()
