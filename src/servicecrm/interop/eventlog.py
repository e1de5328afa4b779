"""The journal of one kind of record as a CSV event log, with the names of XES: for tools of process mining.

What is written is read back by `read`, with the map that `read_back` gives.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from types import MappingProxyType
from typing import IO, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from servicecrm.errors import InvalidValue
from servicecrm.interop.csvfile import check_cells
from servicecrm.interop.entries import JournalEntry, open_part
from servicecrm.interop.logs import Fact, RefusedRow, read_log
from servicecrm.interop.maps import FIELDS, Column, LogMap, Vocabulary, Word
from servicecrm.interop.vocabulary import COMPLAINT_WORDS
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.frozen import Plain, thaw
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.quick import time_text
from servicecrm.kernel.records import field_names
from servicecrm.kernel.spreadsheet import neutral, original

__all__ = ["ACTIVITY", "CASE", "LIFECYCLE", "RESOURCE", "STATE", "TIME", "read", "read_back", "rows", "write"]

V = TypeVar("V")

CASE: Final = "case:concept:name"
ACTIVITY: Final = "concept:name"
TIME: Final = "time:timestamp"
RESOURCE: Final = "org:resource"
LIFECYCLE: Final = "lifecycle:transition"
STATE: Final = "state"

COMPLETE: Final = "complete"
"""A fact tells what has been done, so that each activity of the log is complete at once."""

_OURS: Final = (CASE, ACTIVITY, TIME, RESOURCE, LIFECYCLE, STATE)


def rows(
    entries: Iterable[JournalEntry], *, kind: Kind[Any], columns: Sequence[str] = (), personal: bool = False
) -> Iterator[dict[str, str]]:
    """The rows of a log, one for each entry, in their order.

    A row has the case, the activity, the time in UTC, who did it, and the state of the record from then on. `columns`
    are fields of the record that are told where they change; a field that became empty is blank there, as one that
    stayed.

    Raises:
        InvalidValue: an entry is of another kind; the record has no such field; or the field is personal, and
            `personal` does not ask for it.
    """
    known, open_ = field_names(kind.schema.record), open_part([kind])[kind.name]
    for name in columns:
        if name not in known or name in _OURS:
            raise InvalidValue("columns", f"a {kind.name} has no field {name!r} to tell besides")
        if name not in open_ and not personal:
            raise InvalidValue("columns", f"{name} of a {kind.name} is personal; ask for it with personal=True")
    return _rows(entries, kind.name, columns)


def write(
    entries: Iterable[JournalEntry],
    to: IO[str],
    *,
    kind: Kind[Any],
    columns: Sequence[str] = (),
    personal: bool = False,
) -> int:
    """Write a log as CSV to a file that was opened with `newline=""`; tells how many rows. See `rows`.

    What a spreadsheet would take for a formula begins with an apostrophe in the file, which `read` takes off again.

    Raises what `rows` raises, and:
        InvalidValue: a cell is longer than `read` takes. What was written before it stays in the file.
    """
    found = rows(entries, kind=kind, columns=columns, personal=personal)
    writer = csv.DictWriter(to, (*_OURS, *columns))
    writer.writeheader()
    count = 0
    for row in found:
        cells = {name: neutral(cell) for name, cell in row.items()}
        check_cells(cells)
        writer.writerow(cells)
        count += 1
    return count


def read_back(name: str, *, columns: Sequence[str] = (), words: Vocabulary = COMPLAINT_WORDS) -> LogMap:
    """The map by which `read` reads a log that was written here; `name` is the name of the log.

    Each fact is in the state that the record had, its values are the `columns`, and the activity is among what it keeps
    besides.
    """
    fields = {"case": CASE, "time": TIME, "word": STATE, "by": RESOURCE}
    told = {column: column for column in columns if column in FIELDS}
    more = {"activity": ACTIVITY, **{column: column for column in columns if column not in FIELDS}}
    return LogMap(
        name=name,
        shape="events",
        zone=ZoneInfo("UTC"),
        time_formats=(),
        delimiter=",",
        encoding="utf-8",
        missing=(),
        fold=False,
        columns=tuple(Column(field=field, name=column) for field, column in {**fields, **told}.items()),
        extra=tuple(Column(field=field, name=column) for field, column in more.items()),
        words=tuple(Word(text=state, state=state) for state in words.states),
        values=(),
        vocabulary=words,
    )


def read(path: str | PathLike[str], log_map: LogMap) -> Iterator[Fact | RefusedRow]:
    """The facts of a log that was written here, as `read_log` gives them, each cell as it was.

    Raises what `read_log` raises.
    """
    return map(_plain_fact, read_log(path, log_map))


def _plain_fact(fact: Fact | RefusedRow) -> Fact | RefusedRow:
    if isinstance(fact, RefusedRow):
        return fact
    return fact._replace(
        case=_plain(fact.case), by=_plain(fact.by), values=_all_plain(fact.values), extra=_all_plain(fact.extra)
    )


def _all_plain(cells: Mapping[str, V]) -> Mapping[str, V]:
    return MappingProxyType({name: _plain(cell) for name, cell in cells.items()})


def _plain(cell: V) -> V:
    return original(cell) if isinstance(cell, str) else cell  # type: ignore[return-value]  # a text stays one


def _rows(entries: Iterable[JournalEntry], kind: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    states: dict[str, str] = {}
    for entry in entries:
        if entry.kind != kind:
            raise InvalidValue("entries", f"this is a log of {kind}, not of {entry.kind}; write that one apart")
        state = entry.changes.get("state")
        if isinstance(state, str):
            states[entry.id] = state
        yield {
            CASE: entry.id,
            ACTIVITY: entry.type,
            TIME: time_text(entry.occurred_at),
            RESOURCE: entry.by,
            LIFECYCLE: COMPLETE,
            STATE: states.get(entry.id, ""),
            **{name: _cell(entry.changes.get(name)) for name in columns},
        }


def _cell(value: Plain) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return to_text(thaw(value))
