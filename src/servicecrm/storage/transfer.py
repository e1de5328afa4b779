"""A whole tenant as JSON Lines: records, journal, commands, numbers and outbox, out of any store and into any other."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import count, groupby, islice
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_type_hints

from servicecrm.errors import ImportProblem, ServiceCRMError, StoreError
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.filters import AllOf
from servicecrm.kernel.ids import parts_of_number
from servicecrm.kernel.kinds import KEY_LIMIT, Indexed, Kind, from_micros
from servicecrm.storage.journal import EntryRow, SealRow, entry_of
from servicecrm.storage.kinds import WITHOUT_HISTORY
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import (
    Change,
    CommandRow,
    NoticeRow,
    NumberRow,
    Position,
    Query,
    RecordRow,
    Tables,
    ask,
    checked_record,
    delivery_of,
    outcome_of,
)
from servicecrm.storage.verifying import verified

__all__ = ["exported", "imported"]

FORMAT: Final = 1
CHUNK: Final = 1_000

P = TypeVar("P")
Row = TypeVar("Row", bound=tuple[Any, ...])

Kinds = Mapping[type, Kind[Any]]
ByName = Mapping[str, Kind[Any]]


def exported(kinds: Kinds, write: Callable[[str], object]) -> Program[int]:
    """Write everything of a tenant, a line each; tells how many lines. Notices that are claimed are free again."""
    lines = 0
    places = count(1)  # dense, whatever numbers the store has given

    def put(what: str, row: tuple[Any, ...]) -> None:
        nonlocal lines
        write(to_text([what, *row]) + "\n")
        lines += 1

    def put_all(
        what: str,
        start: P,
        read: Callable[[P], Program[list[Row]]],
        place: Callable[[Row], P],
        told: Callable[[Row], Row] = lambda row: row,
    ) -> Program[None]:
        after = start
        while rows := (yield from read(after)):
            for row in rows:
                put(what, told(row))
            after = place(rows[-1])

    put("servicecrm", (FORMAT,))
    for kind in (*kinds.values(), *WITHOUT_HISTORY):
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
    yield from put_all(
        "notice",
        0,
        lambda place: ask(Tables.notices_after, place, CHUNK),
        lambda row: row.place,
        lambda row: row._replace(place=next(places), worker=None, claimed_until=None),
    )
    put("end", (lines,))
    return lines


def _records_after(kind: Kind[Any], after: Position | None) -> Program[list[tuple[Any, ...]]]:
    found = yield from ask(Tables.select, kind, Query(AllOf(), limit=CHUNK, after=after))
    return [(kind.name, *row) for row, _ in found[:CHUNK]]


def imported(kinds: Kinds, lines: Iterable[str], seal: Callable[[], Program[int]]) -> Program[int]:
    """Put an export into a tenant that holds nothing yet: all of it or nothing; tells how many lines.

    `seal` seals entries that were written where seals come later, and exported before that.

    Numbers go on after the highest one that the tenant's counters or its records tell.

    Raises:
        StoreError: the tenant holds something already.
        ImportProblem: a line is not what `exported` writes, or lines are missing.
        BrokenJournal: the history in it was tampered with.
    """
    if (
        (yield from ask(Tables.entries_after, ("", "", 0), 1))
        or (yield from ask(Tables.numbers))
        or (yield from ask(Tables.notices_after, 0, 1))
    ):
        raise StoreError("this tenant holds records already; import into an empty one")
    yield from ask(Tables.register)
    put_in = 0
    by_name = {kind.name: kind for kind in (*kinds.values(), *WITHOUT_HISTORY)}
    for put, rows in groupby(_rows(by_name, lines), key=itemgetter(0)):
        while chunk := [row for _, row in islice(rows, CHUNK)]:
            yield from put(chunk)
            put_in += len(chunk)
    while (yield from seal()):
        pass
    yield from verified(kinds)
    return put_in + 2  # the first line and the last


class _RecordLine(NamedTuple):
    kind: str
    id: str
    revision: int
    schema: int
    document: str


class _Record(NamedTuple):
    """A record that was read, with all that a table needs, and the number of its line."""

    kind: Kind[Any]
    row: RecordRow
    columns: Mapping[str, Indexed]
    terms: frozenset[tuple[str, str]]
    n: int


def _record(kinds: ByName, line: _RecordLine, n: int) -> _Record:
    name, row = line.kind, RecordRow(line.id, line.revision, line.schema, line.document)
    if name not in kinds:
        raise ImportProblem(f"this store keeps no such kind of record; it keeps {', '.join(sorted(kinds))}", row=n)
    kind = kinds[name]
    record = checked_record(kind, row)
    if record.id != row.id:
        raise ImportProblem("the id of the line is not the id in its document", row=n, column="id")
    return _Record(kind, row, kind.index_of(record), kind.terms_of(record), n)


# What will be read later is read once now, so that it is the import that fails.


def _entry(_kinds: ByName, row: EntryRow, _n: int) -> EntryRow:
    bytes.fromhex(row.salt or "")
    entry_of(row)
    return row


def _command(_kinds: ByName, row: CommandRow, _n: int) -> CommandRow:
    outcome_of(row)
    return row


def _notice(_kinds: ByName, row: NoticeRow, n: int) -> NoticeRow:
    delivery_of(row._replace(worker="anyone", claimed_until=0))
    from_micros(row.failed_at or 0)
    if None not in (row.delivered_at, row.failed_at):
        raise ImportProblem("a notice is delivered or has failed, not both", row=n, column="failed_at")
    return row


def _as_it_is(_kinds: ByName, row: Row, _n: int) -> Row:
    return row


def _put_records(records: list[_Record]) -> Program[None]:
    highest: dict[tuple[str, int], int] = {}
    for _, group in groupby(records, key=lambda record: record.kind.name):
        some = list(group)
        kind = some[0].kind
        inserted = yield from ask(Tables.insert, kind, [Change(record.row, record.columns) for record in some])
        if not all(inserted):
            n = some[inserted.index(False)].n
            raise ImportProblem("this record, or its number, stands in the file twice", row=n)
        if terms := [(*term, record.row.id) for record in some for term in sorted(record.terms)]:
            yield from ask(Tables.add_terms, kind, terms)
        for record in some:
            number = record.columns.get("number")
            parts = parts_of_number(kind.prefix, number) if kind.prefix and isinstance(number, str) else None
            if parts is not None:
                year, counted = parts
                highest[kind.name, year] = max(counted, highest.get((kind.name, year), 0))
    yield from _put_numbers([NumberRow(*key, last) for key, last in highest.items()])


def _put_entries(rows: list[EntryRow]) -> Program[None]:
    yield from ask(Tables.append, rows)


def _put_seals(rows: list[SealRow]) -> Program[None]:
    for row in rows:
        yield from ask(Tables.add_seal, row)


def _put_numbers(rows: list[NumberRow]) -> Program[None]:
    yield from ask(Tables.put_numbers, rows)


def _put_commands(rows: list[CommandRow]) -> Program[None]:
    yield from ask(Tables.put_commands, rows)


def _put_notices(rows: list[NoticeRow]) -> Program[None]:
    yield from ask(Tables.put_notices, rows)


class _Sort(NamedTuple):
    """A sort of lines: its shape, its order in an export (each place once), how it is read and how it is put."""

    shape: type[Any]
    place: Callable[[Any], Any] | None
    read: Callable[[ByName, Any, int], Any]
    put: Callable[[Any], Program[None]]


_SORTS: Final[Mapping[str, _Sort]] = {
    "record": _Sort(_RecordLine, None, _record, _put_records),  # the table itself refuses a second one
    "entry": _Sort(EntryRow, lambda row: (row.kind, row.id, row.n), _entry, _put_entries),
    "seal": _Sort(SealRow, lambda row: row.n, _as_it_is, _put_seals),
    "command": _Sort(CommandRow, lambda row: row.id, _command, _put_commands),
    "number": _Sort(NumberRow, lambda row: (row.kind, row.year), _as_it_is, _put_numbers),
    "notice": _Sort(NoticeRow, lambda row: row.place, _notice, _put_notices),
}


def _rows(kinds: ByName, lines: Iterable[str]) -> Iterator[tuple[Callable[[Any], Program[None]], Any]]:
    """What the lines hold, checked and read, each with how it is put."""
    last: dict[str, Any] = {}
    keys: set[str] = set()
    for n, what, values in _body(lines):
        if what == "end":
            continue
        if what not in _SORTS:
            raise ImportProblem(f"unknown kind of line; known: {', '.join(_SORTS)}, end", row=n)
        sort = _SORTS[what]
        row = sort.shape(*_checked(values, what, n))
        if sort.place is not None:
            place = sort.place(row)
            if what in last and place <= last[what]:
                raise ImportProblem(f"a {what} line stands twice, or out of order", row=n)
            last[what] = place
        if what == "notice":
            if row.key in keys:
                raise ImportProblem("a notice stands twice", row=n, column="key")
            keys.add(row.key)
        try:
            read = sort.read(kinds, row, n)
        except ImportProblem:
            raise
        except Exception as error:  # whatever it is, the line is at fault
            cause = error if isinstance(error, ServiceCRMError) else None  # others may show personal values
            raise ImportProblem(f"a {what} line has not its shape", row=n) from cause
        yield sort.put, read


_TAKES: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    what: {name: get_args(takes) or (takes,) for name, takes in get_type_hints(sort.shape).items()}
    for what, sort in _SORTS.items()
}
"""The types that each value of a line may have, by its name."""

_LEAST: Final = {"n": 1, "revision": 1, "schema": 1, "entries": 1, "last": 0, "place": 1, "attempt": 0}
_MIN, _MAX = -(2**63), 2**63 - 1
_MOST: Final = {"last": 10**12 - 1, **dict.fromkeys(("n", "revision", "place", "attempt"), 2**53)}
"""What is counted on from has to leave room; and no human number has more than twelve digits."""


def _checked(values: list[Any], what: str, n: int) -> list[Any]:
    takes = _TAKES[what]
    later = len(_SORTS[what].shape._field_defaults)  # an export from before them has them not
    if not len(takes) - later <= len(values) <= len(takes):
        raise ImportProblem(f"a {what} line has {len(takes)} values after its name, not {len(values)}", row=n)
    for (name, types), value in zip(takes.items(), values, strict=False):
        if type(value) not in types or not _storable(name, value):
            raise ImportProblem(f"a {what} line has not its shape", row=n, column=name)
    return values


def _storable(name: str, value: str | int | None) -> bool:
    if isinstance(value, int):
        return _LEAST.get(name, _MIN) <= value <= _MOST.get(name, _MAX)
    long = value is not None and name in ("id", "key") and len(value.encode("utf-8", "replace")) > KEY_LIMIT
    return value is None or (text_problem(value) is None and not long)


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


def _read(line: str, n: int) -> tuple[str, list[Any]]:
    try:
        what, *row = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        raise ImportProblem("not a line of JSON", row=n) from None
    return str(what), row
