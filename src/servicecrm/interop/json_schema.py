"""JSON Schema (draft 2020-12) of stored documents and of every other record, made from the annotations.

It says what the strict reading takes: which fields there are, which have to be there, and what a value looks like. What
values mean together, such as a period that ends before it starts, only the record itself can tell.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import base_type
from servicecrm.kernel.documents import Document, converter
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import is_personal

__all__ = ["of_kind", "of_record"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

PLAIN: Final[Mapping[Any, Document]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    FrozenMap: {"type": "object"},
    # A format is only a remark to most validators; the pattern makes them look.
    datetime: {"type": "string", "format": "date-time", "pattern": "([Zz]|[+-][0-9]{2}:[0-9]{2})$"},
    date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    time: {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}"},
    timedelta: {"type": "string", "pattern": "^-?P[0-9WDTHMS.]+$"},
    Decimal: {"type": "string", "pattern": "^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$"},
    ZoneInfo: {"type": "string"},
}
"""How plain values are written."""


def of_kind(kind: Kind[Any]) -> Document:
    """The JSON Schema of the documents of a kind, in the version that this servicecrm writes.

    `x-version` is that version. A field with `x-personal` holds personal data, or something that does.

    Source: C127.
    """
    version = kind.schema.current
    head = {"$id": f"urn:servicecrm:{kind.name}:{version}", "title": kind.name, "x-version": version}
    return _Schema().whole(kind.schema.record, head)


def of_record(record: type) -> Document:
    """The JSON Schema of any record, such as `Money` or `ComplaintPolicy`, as it stands inside documents.

    Raises:
        InvalidValue: this is no record.
    """
    if not attrs.has(record):
        raise InvalidValue("record", "expected a class of records, such as Complaint")
    return _Schema().whole(record, {"title": record.__name__})


class _Schema:
    """A schema with a definition for each record and each list of codes that it comes upon."""

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}
        self._definitions: dict[str, Document] = {}

    def whole(self, record: type, head: Document) -> Document:
        root = self._value(record)
        return {"$schema": DIALECT, **head, **root, "$defs": dict(sorted(self._definitions.items()))}

    def _value(self, annotation: Any, types: Mapping[Any, Any] = {}) -> Document:
        annotation = base_type(annotation)
        if isinstance(annotation, TypeVar):
            annotation = base_type(types[annotation])
        origin, parts = get_origin(annotation), get_args(annotation)
        if origin in (Union, UnionType):
            return {"anyOf": [self._value(part, types) for part in parts]}
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in (tuple, frozenset):
            apart = {"uniqueItems": True} if origin is frozenset else {}
            return {"type": "array", "items": self._value(parts[0], types), **apart}
        if annotation in PLAIN:
            return dict(PLAIN[annotation])
        return self._defined(annotation, self._codes if issubclass(origin or annotation, Enum) else self._object)

    def _defined(self, annotation: Any, define: Callable[[Any], Document]) -> Document:
        """A reference to a definition, which is made when it is needed first: a record may hold others of its kind."""
        if annotation not in self._names:
            name = self._names[annotation] = self._name(annotation)
            self._definitions[name] = {}
            self._definitions[name] = define(annotation)
        return {"$ref": f"#/$defs/{self._names[annotation]}"}

    def _name(self, annotation: Any) -> str:
        """A name of its own: several slices have a `LinkKind`."""
        cls = get_origin(annotation) or annotation
        name = "_".join(each.__name__ for each in (cls, *get_args(annotation)))
        return name if name not in self._definitions else f"{cls.__module__.split('.')[1]}.{name}"

    def _codes(self, codes: type[Enum]) -> Document:
        return {**_described(codes), "enum": [code.value for code in codes]}

    def _object(self, annotation: Any) -> Document:
        record = get_origin(annotation) or annotation
        types = dict(zip(getattr(record, "__parameters__", ()), get_args(annotation), strict=True))
        fields = [a for a in attrs.fields(record) if a.name != "revision"]  # it counts saves, beside the document
        return {
            **_described(record),
            "type": "object",
            "properties": {a.name: self._field(a, types) for a in fields},
            "required": [a.name for a in fields if a.default is attrs.NOTHING],
            "additionalProperties": False,
        }

    def _field(self, field: "attrs.Attribute[Any]", types: Mapping[Any, Any]) -> Document:
        found = self._value(field.type, types)
        if is_personal(field.type):
            found["x-personal"] = True
        if field.default is not attrs.NOTHING and not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            found["default"] = converter().unstructure(field.default, field.type)
        return found


def _described(cls: type) -> Document:
    """The first paragraph of what a class says of itself."""
    return {"description": " ".join((getdoc(cls) or "").partition("\n\n")[0].split())}
