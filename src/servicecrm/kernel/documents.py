"""Records as plain JSON documents and back, strictly: what does not fit is refused with every problem and its path.

Stored documents name a stable kind and a version, never a class path. `Schema` walks an old document up to the
current version, one step at a time.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Final, Generic, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from servicecrm.errors import InvalidValue, MalformedDocument, SchemaTooNew
from servicecrm.kernel.frozen import FrozenMap, thaw
from servicecrm.kernel.records import base_type

__all__ = ["Document", "Schema", "converter", "dump_fields", "from_text", "to_text"]

R = TypeVar("R")

Document = dict[str, Any]
"""JSON as `json` gives it: dicts, lists, texts, numbers, booleans and None."""

Upcast = Callable[[Document], Document]

_ISO_DURATION: Final = "P{days}DT{seconds}.{micros:06}S"


class Schema(Generic[R]):
    """The document form of a kind of record, with its versions.

    `upcasts[n]` turns a document of version n into one of version n + 1; every version below `current` has one.

    Raises:
        ValueError: a step is missing, or there is one too many.

    Source: C127.
    """

    def __init__(
        self, kind: str, record: type[R], *, current: int = 1, upcasts: Mapping[int, Upcast] | None = None
    ) -> None:
        steps = dict(upcasts or {})
        if sorted(steps) != list(range(1, current)):
            raise ValueError(f"{kind}: version {current} needs the upcasts 1 to {current - 1}, got {sorted(steps)}")
        self.kind, self.record, self.current = kind, record, current
        self._upcasts = steps

    def dump(self, record: R) -> Document:
        """The document of a record. Times are in UTC; the revision is left out: it counts saves, it is not content."""
        document: Document = converter().unstructure(record)
        return document

    def text(self, record: R) -> str:
        """The document of a record as JSON text."""
        return to_text(self.dump(record))

    def load(self, document: Document, *, version: int | None = None, revision: int = 0) -> R:
        """The record of a document.

        Raises:
            SchemaTooNew: a newer servicecrm wrote it.
            MalformedDocument: it does not fit; every problem, with its path.
        """
        document = self.upcast(document, self.current if version is None else version, self.current)
        if revision:
            document = {**document, "revision": revision}
        try:
            return _quick().structure(document, self.record)
        except Exception:  # whatever it is, the strict reading below says it with all paths
            return self._load_with_paths(document)

    def load_text(self, text: str, *, version: int, revision: int) -> R:
        """The record of a text that `text` wrote, in whatever version."""
        return self.load(json.loads(text), version=version, revision=revision)

    def upcast(self, document: Document, version: int, to: int) -> Document:
        """The document in a later version.

        Raises:
            SchemaTooNew: it is in a version that this servicecrm does not know.
        """
        if max(version, to) > self.current:
            raise SchemaTooNew(f"the document of a {self.kind}", max(version, to), self.current)
        for step in range(version, to):
            document = self._upcasts[step](dict(document))
        return document

    def _load_with_paths(self, document: Document) -> R:
        try:
            return converter().structure(document, self.record)
        except Exception as error:
            raise MalformedDocument(self.kind, tuple(_problems(error, "$"))) from None


def dump_fields(record: type, values: Mapping[str, object]) -> Document:
    """The document form of some fields of a record."""
    hooks = _field_hooks(record)
    return {name: hooks[name](value) for name, value in values.items() if name in hooks}


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
def converter() -> cattrs.Converter:
    """The converter between records and documents; refuses with every problem at once."""
    return _configured(cattrs.Converter(forbid_extra_keys=True, detailed_validation=True))


@cache
def _quick() -> cattrs.Converter:
    # Twice as fast, but it stops at the first problem; used first, because almost every document is good.
    return _configured(cattrs.Converter(forbid_extra_keys=True, detailed_validation=False))


@cache
def _field_hooks(record: type) -> dict[str, Callable[[Any], Any]]:
    c = converter()
    return {
        a.name: c.get_unstructure_hook(a.type, cache_result=False)
        for a in attrs.fields(record)
        if a.name != "revision" and a.type is not None
    }


def _configured(c: cattrs.Converter) -> cattrs.Converter:
    _configure_primitives(c)
    _configure_times(c)
    _configure_containers(c)
    _configure_records(c)
    return c


def _configure_primitives(c: cattrs.Converter) -> None:
    for cls, says in ((str, "text"), (int, "an integer"), (float, "a number"), (bool, "true or false")):
        c.register_structure_hook(cls, _exactly(cls, says))
    c.register_structure_hook(Decimal, _parsed(Decimal, "a decimal number as text"))
    c.register_unstructure_hook(Decimal, str)
    c.register_structure_hook(ZoneInfo, _parsed(ZoneInfo, "the name of a time zone"))
    c.register_unstructure_hook(ZoneInfo, lambda zone: zone.key)
    for kind in (Enum, StrEnum):  # an enum of texts is a text too: the nearest class decides
        c.register_structure_hook(kind, _enum)
        c.register_unstructure_hook(kind, lambda member: member.value)


def _configure_times(c: cattrs.Converter) -> None:
    c.register_unstructure_hook(datetime, lambda at: at.astimezone(UTC).isoformat())
    c.register_structure_hook(datetime, _datetime)
    for cls in (date, time):
        c.register_unstructure_hook(cls, lambda value: value.isoformat())
        c.register_structure_hook(cls, _parsed(cls.fromisoformat, f"a {cls.__name__} in ISO 8601"))
    c.register_unstructure_hook(timedelta, _duration_text)
    c.register_structure_hook(timedelta, _parsed(_duration, "a duration such as P1DT2H30M"))


def _configure_containers(c: cattrs.Converter) -> None:
    c.register_unstructure_hook(FrozenMap, thaw)
    c.register_structure_hook(FrozenMap, _frozen_map)
    for container, build in ((tuple, tuple), (frozenset, frozenset)):
        c.register_structure_hook_factory(
            lambda cls, container=container: get_origin(base_type(cls)) is container,
            lambda cls, build=build: _sequence(c, cls, build),
        )
        c.register_unstructure_hook_factory(
            lambda cls, container=container: get_origin(base_type(cls)) is container,
            lambda cls, container=container: _items(c, cls, ordered=container is tuple),
        )


def _configure_records(c: cattrs.Converter) -> None:
    def structure(cls: Any) -> Any:
        return make_dict_structure_fn(
            cls,
            c,
            _cattrs_forbid_extra_keys=True,
            _cattrs_detailed_validation=c.detailed_validation,
            _cattrs_use_alias=False,
        )

    def unstructure(cls: Any) -> Any:
        left_out = {"revision": override(omit=True)} if any(a.name == "revision" for a in attrs.fields(cls)) else {}
        return make_dict_unstructure_fn(cls, c, **left_out)

    c.register_structure_hook_factory(attrs.has, structure)
    c.register_unstructure_hook_factory(attrs.has, unstructure)


def _exactly(cls: type, says: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is cls or (cls is float and type(value) is int):
            return value
        raise InvalidValue("", f"expected {says}, got {type(value).__name__}")

    return structure


def _parsed(parse: Callable[[str], Any], says: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse(value)
            except (ValueError, KeyError, InvalidOperation, OverflowError, OSError):
                pass
        raise InvalidValue("", f"expected {says}")

    return structure


def _enum(value: Any, cls: Any) -> Any:
    try:
        return cls(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in cls)
        raise InvalidValue("", f"expected one of {known}") from None


def _datetime(value: Any, _: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidValue("", "expected a time in ISO 8601") from None
    if at.tzinfo is None:
        raise InvalidValue("", "a time needs a zone, such as +00:00")
    return at


def _duration_text(value: timedelta) -> str:
    days, rest = divmod(abs(value), timedelta(days=1))
    text = _ISO_DURATION.format(days=days, seconds=rest.seconds, micros=rest.microseconds)
    return f"-{text}" if value < timedelta(0) else text


def _duration(text: str) -> timedelta:
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    if not text.startswith("P"):
        raise ValueError
    days, _, clock = text[1:].partition("T")
    units = {**_amounts(days, "WD"), **_amounts(clock, "HMS")}
    if not units:
        raise ValueError
    return sign * sum((_UNITS[unit] * amount for unit, amount in units.items()), timedelta(0))


_UNITS: Final = {
    "W": timedelta(weeks=1),
    "D": timedelta(days=1),
    "H": timedelta(hours=1),
    "M": timedelta(minutes=1),
    "S": timedelta(seconds=1),
}


def _amounts(text: str, units: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for unit in units:
        amount, mark, rest = text.partition(unit)
        if mark:
            found[unit], text = float(amount) if "." in amount else int(amount), rest
    if text:
        raise ValueError
    return found


def _frozen_map(value: Any, _: Any) -> FrozenMap:
    if not isinstance(value, Mapping):
        raise InvalidValue("", f"expected an object, got {type(value).__name__}")
    return FrozenMap(value)


def _sequence(c: cattrs.Converter, cls: Any, build: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    item = get_args(base_type(cls))[0]
    hook = c.get_structure_hook(item)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise InvalidValue("", f"expected a list, got {type(value).__name__}")
        if not c.detailed_validation:
            return build([hook(one, item) for one in value])
        good, bad = [], []
        for n, one in enumerate(value):
            try:
                good.append(hook(one, item))
            except Exception as error:
                error.__notes__ = [*getattr(error, "__notes__", []), cattrs.IterableValidationNote("", n, item)]
                bad.append(error)
        if bad:
            raise cattrs.IterableValidationError("", bad, cls)
        return build(good)

    return structure


def _items(c: cattrs.Converter, cls: Any, *, ordered: bool) -> Callable[[Any], list[Any]]:
    hook = c.get_unstructure_hook(get_args(base_type(cls))[0])
    if ordered:
        return lambda value: [hook(one) for one in value]
    return lambda value: sorted(hook(one) for one in value)


def _problems(error: BaseException, path: str) -> list[str]:
    """Every problem of a failed reading with its path. Values are never shown."""
    if isinstance(error, cattrs.ClassValidationError):
        groups, others = error.group_exceptions()
        found = [line for inner, note in groups for line in _problems(inner, f"{path}.{note.name}")]
        return found + [line for inner in others for line in _problems(inner, path)]
    if isinstance(error, cattrs.IterableValidationError):
        groups, others = error.group_exceptions()
        found = [line for inner, note in groups for line in _problems(inner, f"{path}[{note.index}]")]
        return found + [line for inner in others for line in _problems(inner, path)]
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return [f"{path}.{name}: unknown field" for name in sorted(error.extra_fields)]
    if isinstance(error, InvalidValue):
        return [f"{path}: {error.says}"]
    if isinstance(error, KeyError):
        return [f"{path}: required field missing"]
    return [f"{path}: has not the expected shape"]
