"""A whole tenant as JSON Lines: records, journal, commands, numbers and outbox, out of any store and into any other."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from servicecrm.errors import ImportProblem, MalformedDocument, SchemaTooNew, StoreError
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.filters import All
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.journal import EntryRow, SealRow
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import CommandRow, NoticeRow, NumberRow, Position, Query, RecordRow, Tables, ask

__all__ = ["exported", "imported"]

FORMAT: Final = 1
CHUNK: Final = 1_000

Kinds = Mapping[type, Kind[Any]]


def exported(kinds: Kinds, write: Callable[[str], object]) -> Program[int]:
    """Write everything of a tenant, a line each; tells how many lines. Notices that are claimed are free again."""
    lines = 0

    def put(what: str, row: tuple[Any, ...]) -> None:
        nonlocal lines
        write(to_text([what, *row]) + "\n")
        lines += 1

    put("servicecrm", (FORMAT,))
    for kind in kinds.values():
        after: Position | None = None
        while found := (yield from ask(Tables.select, kind, Query(All(), limit=CHUNK, after=after))):
            for row, after in found[:CHUNK]:
                put("record", (kind.name, *row))
            if len(found) <= CHUNK:
                break
    place: tuple[str, str, int] = ("", "", 0)
    while entries := (yield from ask(Tables.entries_after, place, CHUNK)):
        for entry in entries:
            put("entry", entry)
        place = (entry.kind, entry.id, entry.n)
    last = 0
    while seals := (yield from ask(Tables.seals_after, last, CHUNK)):
        for seal in seals:
            put("seal", seal)
        last = seal.n
    command = ""
    while commands := (yield from ask(Tables.commands_after, command, CHUNK)):
        for row in commands:
            put("command", row)
        command = row.id
    for number in (yield from ask(Tables.numbers)):
        put("number", number)
    last = 0
    while notices := (yield from ask(Tables.notices_after, last, CHUNK)):
        for notice in notices:
            put("notice", notice._replace(worker=None, claimed_until=None))
        last = notice.place
    put("end", (lines,))
    return lines


_SHAPES: Final[Mapping[str, tuple[type[Any], Callable[[Tables, Any], None]]]] = {
    "entry": (EntryRow, Tables.append),
    "command": (CommandRow, Tables.put_commands),
    "number": (NumberRow, Tables.put_numbers),
    "notice": (NoticeRow, Tables.put_notices),
}


def imported(kinds: Kinds, lines: Iterable[str]) -> Program[int]:
    """Put an export into a tenant that holds nothing yet: all of it or nothing; tells how many lines.

    Raises:
        StoreError: the tenant holds records already.
        ImportProblem: a line is not what `exported` writes, or lines are missing.
    """
    if (yield from ask(Tables.last_seal)) is not None:
        raise StoreError("this tenant holds records already; import into an empty one")
    by_name = {kind.name: kind for kind in kinds.values()}
    waiting: list[Any] = []
    put: Callable[[Tables, Any], None] | None = None
    ended, n = False, 0
    yield from ask(Tables.register)
    for n, line in enumerate(lines, start=1):
        what, row = _read(line, n)
        if n == 1 and (what, row) != ("servicecrm", [FORMAT]):
            raise ImportProblem(f"not an export of servicecrm in format {FORMAT}", row=1)
        if ended:
            raise ImportProblem("a line after the end", row=n)
        shape, put_next = _SHAPES.get(what, (None, None))
        if put is not None and (put_next is not put or len(waiting) >= CHUNK):
            yield from ask(put, waiting)
            waiting = []
        put = put_next
        try:
            if shape is not None:
                waiting.append(shape._make(row))
            elif what == "record":
                yield from _record(by_name, row, n)
            elif what == "seal":
                yield from ask(Tables.add_seal, SealRow._make(row))
            elif what == "end":
                if row != [n - 1]:
                    raise ImportProblem("lines before this one are missing, or there are too many", row=n)
                ended = True
            elif n > 1:
                raise ImportProblem(f"unknown kind of line; known: record, {', '.join(_SHAPES)}, seal, end", row=n)
        except (TypeError, ValueError, MalformedDocument, SchemaTooNew) as error:
            raise ImportProblem(f"a {what} line has not its shape", row=n) from error
    if not ended:
        raise ImportProblem("the export is cut off: its last line is missing, or lines before it", row=n)
    return n


def _record(kinds: Mapping[str, Kind[Any]], row: list[Any], n: int) -> Program[None]:
    name, *rest = row
    if name not in kinds:
        raise ImportProblem(f"this store keeps no such kind of record; it keeps {', '.join(sorted(kinds))}", row=n)
    kind, stored = kinds[name], RecordRow(*rest)
    record = kind.schema.load_text(stored.document, version=stored.schema, revision=stored.revision)
    if not (yield from ask(Tables.insert, kind, stored, kind.index_of(record))):
        raise ImportProblem("this record, or its number, stands in the file twice", row=n)
    terms = kind.terms_of(record)
    if terms:
        yield from ask(Tables.add_terms, kind, stored.id, terms)


def _read(line: str, n: int) -> tuple[str, list[Any]]:
    try:
        what, *row = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        raise ImportProblem("not a line of JSON", row=n) from None
    return str(what), row
