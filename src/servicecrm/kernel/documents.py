"""Records as plain JSON documents and back, strictly: what does not fit is refused with every problem and its path.

Stored documents name a stable kind and a version, never a class path. `Schema` walks an old document up to the
current version, one step at a time.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from servicecrm.errors import MalformedDocument, SchemaTooNew
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.quick import Hooks, Members, member_writer, reader, writer
from servicecrm.kernel.records import base_type, fields_of

if TYPE_CHECKING:
    import cattrs

__all__ = [
    "Document",
    "Members",
    "Schema",
    "converter",
    "dump_fields",
    "from_text",
    "joined",
    "members_but",
    "members_of",
    "to_text",
]

R = TypeVar("R")

Document = dict[str, Any]
"""JSON as `json` gives it: dicts, lists, texts, numbers, booleans and None."""

Upcast = Callable[[Document], Document]


class Schema(Generic[R]):
    """The document form of a kind of record, with its versions.

    `upcasts[n]` turns a document of version n into one of version n + 1; every version below `current` has one. With
    `kept`, records that were read lately are not read again from the same text: for a few that are needed all the time.

    Raises:
        ValueError: a step is missing, or there is one too many.

    Source: C127.
    """

    def __init__(
        self,
        kind: str,
        record: type[R],
        *,
        current: int = 1,
        upcasts: Mapping[int, Upcast] | None = None,
        kept: bool = False,
    ) -> None:
        steps = dict(upcasts or {})
        if sorted(steps) != list(range(1, current)):
            raise ValueError(f"{kind}: version {current} needs the upcasts 1 to {current - 1}, got {sorted(steps)}")
        self.kind: str = kind
        self.record: type[R] = record
        self.current: int = current
        self._upcasts = steps
        self._of_text: Callable[[str, int, int], R] = lru_cache(maxsize=64)(self._parsed) if kept else self._parsed

    def members(self, record: R) -> Members:
        """The members of the record's document. Times are in UTC; the revision is left out: it counts saves."""
        return self._write(record)

    def text(self, record: R) -> str:
        """The document of a record as JSON text."""
        return joined(self._write(record))

    def dump(self, record: R) -> Document:
        """The document of a record as values."""
        document: Document = json.loads(self.text(record))
        return document

    def load(self, document: Document, *, version: int | None = None, revision: int = 0) -> R:
        """The record of a document.

        Raises:
            SchemaTooNew: a newer servicecrm wrote it.
            MalformedDocument: it does not fit; every problem, with its path.
        """
        document = self.upcast(document, self.current if version is None else version, self.current)
        try:
            return self._read(document, revision)
        except Exception:  # whatever it is, the strict reading says it with all paths
            counted = revision and isinstance(document, dict)
            return self._load_with_paths({**document, "revision": revision} if counted else document)

    def load_text(self, text: str, *, version: int, revision: int) -> R:
        """The record of a text that `text` wrote, in whatever version.

        With the extra `fast` msgspec reads records of this library, several times as fast, and their checks do not run
        again; whatever msgspec refuses, and the record of a host, is read as `check_text` does.
        """
        return self._of_text(text, version, revision)

    def _parsed(self, text: str, version: int, revision: int) -> R:
        if version == self.current and self._fast is not None:
            try:
                return self._fast(text, revision)
            except Exception:  # whatever it is, the reading with every check has the last word
                pass
        return self.check_text(text, version=version, revision=revision)

    def check_text(self, text: str, *, version: int, revision: int) -> R:
        """The record of a text, whoever wrote it, with every check.

        Raises:
            SchemaTooNew: a newer servicecrm wrote it.
            MalformedDocument: it is not JSON, or does not fit; every problem, with its path.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):  # it holds the text, so it must not be shown
            raise MalformedDocument(self.kind, ("$: not JSON",)) from None
        return self.load(document, version=version, revision=revision)

    def upcast(self, document: Document, version: int, to: int) -> Document:
        """The document in a later version.

        Raises:
            SchemaTooNew: it is in a version that this servicecrm does not know.
            MalformedDocument: there never was such a version.
        """
        if min(version, to) < 1:
            raise MalformedDocument(self.kind, ("$: versions start at 1",))
        if max(version, to) > self.current:
            raise SchemaTooNew(f"the document of a {self.kind}", max(version, to), self.current)
        for step in range(version, to):
            document = self._upcasts[step](dict(document))
        return document

    @cached_property
    def _read(self) -> Callable[[Document, int], R]:
        return reader(self.record, converter().get_structure_hook)

    @cached_property
    def _fast(self) -> Callable[[str, int], R] | None:
        # What the classes of a host do when they are made, nobody but them knows.
        made = _fast_reader() if self.record.__module__.startswith("servicecrm.") else None
        return made and made(self.record, converter().get_structure_hook)

    @cached_property
    def _write(self) -> Callable[[R], Members]:
        return writer(self.record, _text_hook, frozenset({"revision"}))

    def _load_with_paths(self, document: Document) -> R:
        try:
            return converter().structure(document, self.record)
        except Exception as error:
            from servicecrm.kernel.strict import problems

            raise MalformedDocument(self.kind, tuple(problems(error))) from None


def joined(members: Members) -> str:
    """The JSON object that has these members."""
    return f"{{{','.join(members.values())}}}"


def members_but(record: object, without: frozenset[str]) -> Members:
    """The members of a record's document, but for some fields."""
    cls: type = type(record)
    return _writer(cls, without)(record)


def members_of(record: object, members: Members, values: Mapping[str, object]) -> Members:
    """The members for some values of fields, mostly those of a record: what its own members hold is not made again."""
    if not values:
        return {}
    held = fields_of(record)
    held["revision"] = values.get("revision")  # it is no part of a document
    if held == values:
        return members
    cls: type = type(record)
    writers = _member_writers(cls)
    return {
        name: members[name] if held[name] is value else writers[name](value)
        for name, value in values.items()
        if name in members
    }


def dump_fields(record: type, values: Mapping[str, object]) -> Document:
    """The document form of some fields of a record."""
    writers = _member_writers(record)
    members = {name: writers[name](value) for name, value in values.items() if name in writers and name != "revision"}
    document: Document = json.loads(joined(members))
    return document


def to_text(document: object) -> str:
    """JSON text, compact, in the order of the fields."""
    return _encode(document)


# One for all: `json.dumps` would make an encoder for every call.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def from_text(text: str | bytes, kind: str = "document") -> Any:
    """The JSON value of a text.

    Raises:
        MalformedDocument: it is not JSON, repeats a key, holds NaN, or nests too deep.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        says = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise MalformedDocument(kind, (f"not JSON: {says}",)) from None


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


@cache
def converter() -> "cattrs.Converter":
    """The strict converter between records and documents; refuses with every problem at once."""
    from servicecrm.kernel.strict import strict_converter

    return strict_converter()


@cache
def _fast_reader() -> Callable[[type, Hooks], Callable[[str, int], Any]] | None:
    """What makes the reading with msgspec, if that is installed."""
    try:
        from servicecrm.kernel.fast import fast_reader
    except Exception:  # it is not installed, or it is and does not work
        return None
    return fast_reader


@cache
def _writer(record: type, without: frozenset[str]) -> Callable[[Any], Members]:
    return writer(record, _text_hook, without)


@cache
def _member_writers(record: type) -> dict[str, Callable[[Any], str]]:
    return {a.name: member_writer(a, _text_hook) for a in attrs.fields(record)}


def _text_hook(annotation: Any) -> Callable[[Any], str]:
    hook = converter().get_unstructure_hook(annotation, cache_result=False)
    if base_type(annotation) is FrozenMap:  # most hosts keep nothing there
        return lambda value: to_text(hook(value)) if value else "{}"
    return lambda value: to_text(hook(value))
