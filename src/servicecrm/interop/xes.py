"""The events of an XES log as rows, one by one; memory does not grow with the file.

A column of a map is the key of an attribute of the event, such as `time:timestamp`; `case:` and the key of one of its
trace, such as `case:concept:name`; or `classifier:` and the name of a classifier of the log, whose values are then
joined by `+`, such as `Accepted+Wait`. What is nested in an attribute, and attributes of the whole log, say nothing
about a case and are passed over. An attribute that an event has not is an empty cell.
"""

import re
from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Final, NoReturn
from xml.parsers import expat

from servicecrm.errors import ImportProblem
from servicecrm.interop.csvfile import Row
from servicecrm.interop.packed import opened

__all__ = ["is_xes", "names_in", "read_events"]

TRACE, CLASSIFIER = "case:", "classifier:"
"""How the name of a column begins that is no attribute of the event."""

MAX_TAG: Final = 2**20
"""Bytes that an element may have between its brackets."""

MAX_DEPTH: Final = 100
MAX_NAMES: Final = 100
"""Names of columns that are kept to be shown, besides those that are looked for."""

_CHUNK: Final = 2**16
_FILE: Final = "file"
_PLACES: Final = {
    (_FILE, "log"): "log",
    ("log", "global"): "global",
    ("log", "classifier"): "classifier",
    ("log", "trace"): "trace",
    ("log", "event"): "event",
    ("trace", "event"): "event",
}
"""What an element is by where it stands; any other is a value, or nothing that is read."""

_HOLDERS: Final = frozenset({"global", "trace", "event"})
_VALUES: Final = frozenset({"string", "date", "int", "float", "boolean", "id"})
_BEGINS: Final = re.compile(rb"\s*<(?:\?xml|!|log[\s>])")
_KEYS: Final = re.compile(r"'([^']*)'|(\S+)")

Path = str | PathLike[str]


def is_xes(path: Path) -> bool:
    """Does the file begin as an XML document does, and not as a table?

    Raises:
        ImportProblem: the file cannot be opened or decompressed.
    """
    with opened(path) as content:
        start = content.peek(_CHUNK)[:100]
    return _BEGINS.match(start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").replace(b"\0", b"")) is not None


def names_in(path: Path, wanted: Sequence[str]) -> list[str]:
    """Names of columns that a log has. It is read until all that are wanted were found, so at most once.

    Raises:
        ImportProblem: as `read_events` does, as far as it is read.
    """
    log = _Log(wanted)
    for _ in _fed(path, log):
        if log.names.keys() >= set(wanted):
            break
    return list(log.names)


def read_events(path: Path, names: Sequence[str]) -> Iterator[Row]:
    """The events of a log in their order, with a cell for each name; the number of a row is its line in the file.

    Raises:
        ImportProblem: the file cannot be opened, decompressed or decoded; it is not well-formed, not XES, or has a
            document type declaration, whose entities could grow without end or read other files.

    Source: IEEE 1849.
    """
    log = _Log(names)
    for rows in _fed(path, log):
        yield from rows


def _fed(path: Path, log: "_Log") -> Iterator[list[Row]]:
    """Feed a file to a log, a piece at a time, and take the rows that it gives."""
    parser = log.parser
    fed = 0
    with opened(path, lambda: parser.CurrentLineNumber) as content:
        more = True
        while more:
            piece = content.read(_CHUNK)
            fed, more = fed + len(piece), bool(piece)
            try:
                parser.Parse(piece, not more)
            except expat.ExpatError as error:
                says = f"the file is not well-formed XML: {expat.ErrorString(error.code)}"
                raise ImportProblem(says, row=error.lineno) from None
            except (LookupError, ValueError):
                raise ImportProblem("the file is in an encoding that cannot be read; save it as UTF-8") from None
            if fed - parser.CurrentByteIndex > MAX_TAG:
                raise ImportProblem(f"an element is longer than {MAX_TAG:,} bytes", row=parser.CurrentLineNumber)
            rows, log.rows = log.rows, []
            yield rows


Attributes = dict[str, str]
Cell = tuple[Attributes, tuple[str, ...]]
"""Where the value of a column is found: of these attributes the ones with these keys."""


class _Log:
    """What a parser tells of a log: names of columns, and the rows that have come together since they were taken.

    Only the values of columns that are wanted are kept, of one event and one trace at a time.
    """

    def __init__(self, wanted: Sequence[str]) -> None:
        self.wanted = wanted
        self.names: dict[str, None] = {}
        self.rows: list[Row] = []
        self._places: list[str] = []
        self._line = 0
        self._scope = ""
        self._event: Attributes = {}
        self._trace: Attributes = {}
        self._kept = {(TRACE, name.removeprefix(TRACE)) if name.startswith(TRACE) else ("", name) for name in wanted}
        self._classifiers: dict[str, Cell] = {}
        self._cells: list[Cell] | None = None
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, tag: str, attributes: Attributes) -> None:
        tag = tag.rpartition("}")[2]
        inside = self._places[-1] if self._places else _FILE
        place = _PLACES.get((inside, tag), "")
        if inside == _FILE and not place:
            self._problem("the file is XML, but not XES: the outermost element is not a log")
        if len(self._places) == MAX_DEPTH:
            self._problem(f"elements stand in each other more than {MAX_DEPTH} deep")
        self._places.append(place)
        if tag in _VALUES and inside in _HOLDERS:
            self._attribute(inside, attributes)
        elif place == "event":
            self._line = self.parser.CurrentLineNumber
            self._event.clear()
        elif place == "global":
            self._scope = attributes.get("scope", "event")
        elif place == "classifier":
            self._classifier(attributes)

    def _end(self, _: str) -> None:
        place = self._places.pop()
        if place == "event":
            if self._cells is None:
                self._cells = [self._cell(name) for name in self.wanted]
            self.rows.append(Row(self._line, [_joined(values, keys) for values, keys in self._cells]))
        elif place == "trace":
            self._trace.clear()

    def _attribute(self, inside: str, attributes: Attributes) -> None:
        key, value = attributes.get("key"), attributes.get("value")
        if key is None or value is None:
            return
        scope = TRACE if (self._scope if inside == "global" else inside) == "trace" else ""
        self._name(f"{scope}{key}")
        if inside != "global" and (scope, key) in self._kept:
            (self._trace if scope else self._event).setdefault(key, value)

    def _classifier(self, attributes: Attributes) -> None:
        name = f"{CLASSIFIER}{attributes.get('name')}"
        self._name(name)
        if name in self.wanted:
            scope = TRACE if attributes.get("scope") == "trace" else ""
            keys = tuple(quoted or plain for quoted, plain in _KEYS.findall(attributes.get("keys", "")))
            self._classifiers.setdefault(name, (self._trace if scope else self._event, keys))
            self._kept.update((scope, key) for key in keys)

    def _name(self, name: str) -> None:
        if name not in self.names and (name in self.wanted or len(self.names) < MAX_NAMES):
            self.names[name] = None

    def _cell(self, name: str) -> Cell:
        if name.startswith(TRACE):
            return self._trace, (name.removeprefix(TRACE),)
        return self._classifiers.get(name, (self._event, (name,)))

    def _refuse(self, *_: object) -> None:
        self._problem(
            "the file has a document type declaration (DTD), which XES has not; "
            "its entities could grow without end or read other files, so take it out"
        )

    def _problem(self, says: str) -> NoReturn:
        raise ImportProblem(says, row=self.parser.CurrentLineNumber)


def _joined(values: Attributes, keys: tuple[str, ...]) -> str:
    found = [values.get(key, "") for key in keys]
    return "+".join(found) if any(found) else ""
