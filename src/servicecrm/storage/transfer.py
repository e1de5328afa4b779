"""A whole tenant as JSON Lines: records, journal, commands, numbers and outbox, out of any store and into any other."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from servicecrm.errors import ImportProblem, MalformedDocument, SchemaTooNew, StoreError
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.filters import AllOf
from servicecrm.kernel.kinds import Kind
from servicecrm.storage.journal import EntryRow, SealRow
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import CommandRow, NoticeRow, NumberRow, Position, Query, RecordRow, Tables, ask
from servicecrm.storage.verifying import verified

__all__ = ["exported", "imported"]

FORMAT: Final = 1
CHUNK: Final = 1_000

P = TypeVar("P")
Row = TypeVar("Row", bound=tuple[Any, ...])

Kinds = Mapping[type, Kind[Any]]


def exported(kinds: Kinds, write: Callable[[str], object]) -> Program[int]:
    """Write everything of a tenant, a line each; tells how many lines. Notices that are claimed are free again."""
    lines = 0

    def put(what: str, row: tuple[Any, ...]) -> None:
        nonlocal lines
        write(to_text([what, *row]) + "\n")
        lines += 1

    def put_all(
        what: str, start: P, read: Callable[[P], Program[list[Row]]], place: Callable[[Row], P]
    ) -> Program[None]:
        after = start
        while rows := (yield from read(after)):
            for row in rows:
                put(what, row)
            after = place(rows[-1])

    put("servicecrm", (FORMAT,))
    for kind in kinds.values():
        yield from put_all("record", None, partial(_records_after, kind), lambda row: Position(row[1], row[1]))
    yield from put_all(
        "entry",
        ("", "", 0),
        lambda after: ask(Tables.entries_after, after, CHUNK),
        lambda row: (row.kind, row.id, row.n),
    )
    yield from put_all("seal", 0, lambda n: ask(Tables.seals_after, n, CHUNK), lambda row: row.n)
    yield from put_all("command", "", lambda id: ask(Tables.commands_after, id, CHUNK), lambda row: row.id)
    for number in (yield from ask(Tables.numbers)):
        put("number", number)
    yield from put_all("notice", 0, _notices_after, lambda row: row.place)
    put("end", (lines,))
    return lines


def _records_after(kind: Kind[Any], after: Position | None) -> Program[list[tuple[Any, ...]]]:
    found = yield from ask(Tables.select, kind, Query(AllOf(), limit=CHUNK, after=after))
    return [(kind.name, *row) for row, _ in found[:CHUNK]]


def _notices_after(place: int) -> Program[list[NoticeRow]]:
    found = yield from ask(Tables.notices_after, place, CHUNK)
    return [notice._replace(worker=None, claimed_until=None) for notice in found]


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
        BrokenJournal: the history in it was tampered with.
    """
    if (yield from ask(Tables.last_seal)) is not None:
        raise StoreError("this tenant holds records already; import into an empty one")
    by_name = {kind.name: kind for kind in kinds.values()}
    waiting: list[Any] = []
    put: Callable[[Tables, Any], None] | None = None
    n = 0
    yield from ask(Tables.register)
    for n, what, row in _body(lines):
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
            elif what != "end":
                raise ImportProblem(f"unknown kind of line; known: record, seal, {', '.join(_SHAPES)}, end", row=n)
        except (TypeError, ValueError, MalformedDocument, SchemaTooNew) as error:
            raise ImportProblem(f"a {what} line has not its shape", row=n) from error
    yield from verified(kinds)
    return n


def _body(lines: Iterable[str]) -> Iterator[tuple[int, str, list[Any]]]:
    """The lines after the first one, read, with their numbers; the last one is the end."""
    n, what = 0, ""
    row: list[Any] = []
    for n, line in enumerate(lines, start=1):
        if what == "end":
            raise ImportProblem("a line after the end", row=n)
        what, row = _read(line, n)
        if n == 1 and (what, row) != ("servicecrm", [FORMAT]):
            raise ImportProblem(f"not an export of servicecrm in format {FORMAT}", row=1)
        if n > 1:
            yield n, what, row
    if what != "end" or row != [n - 1]:
        raise ImportProblem("the export is cut off: its last line is missing, or lines before it", row=n)


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
