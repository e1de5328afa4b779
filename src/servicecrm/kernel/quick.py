"""Documents, read and written as fast as Python can.

For each record two functions are made from its annotations. The one that reads is for documents that we wrote
ourselves, with every field: it takes what stands there, and leaves it to the record to check texts and numbers.
Whatever it cannot read, wrong or only unusual, makes it fail; then the strict reading has the last word.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin

import attrs

from servicecrm.kernel.checks import base_type

__all__ = ["Hooks", "field_writer", "reader", "time_text", "writer"]

Hooks = Callable[[Any], Callable[..., Any]]
"""Gives the function for a type that is not treated here."""

Names = dict[str, Any]
"""What a made function refers to."""


def reader(record: type, hooks: Hooks) -> Callable[..., Any]:
    """A function from a document, and perhaps a revision, to a record; it fails with any error."""
    names: Names = {"record": record}
    fields = [a for a in attrs.fields(record) if a.name != "revision"]
    values = [f"{a.name}={_reading(a.type, f'o[{a.name!r}]', names, hooks)}" for a in fields]
    if len(fields) < len(attrs.fields(record)):
        values.append("revision=revision")
    # With as many keys as fields, and every field among them, there is no unknown one.
    wrong = f"    if len(o) != {len(fields)}: raise ValueError"
    return _made(f"def made(o, revision=0):\n{wrong}\n    return record({', '.join(values)})", names)


def writer(record: type, hooks: Hooks) -> Callable[[Any], dict[str, Any]]:
    """A function from a record to its document; the revision is left out."""
    names: Names = {}
    fields = [a for a in attrs.fields(record) if a.name != "revision"]
    values = [f"{a.name!r}: {_writing(a.type, f'o.{a.name}', names, hooks)}" for a in fields]
    return _made(f"def made(o):\n    return {{{', '.join(values)}}}", names)


def field_writer(annotation: Any, hooks: Hooks) -> Callable[[Any], Any]:
    """A function from a value of this type to its place in a document."""
    names: Names = {}
    return _made(f"def made(o):\n    return {_writing(annotation, 'o', names, hooks)}", names)


def time_text(at: datetime) -> str:
    """A time in UTC, in ISO 8601."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()


def _made(text: str, names: Names) -> Callable[..., Any]:
    exec(text, names)
    made: Callable[..., Any] = names["made"]
    return made


def _reading(annotation: Any, value: str, names: Names, hooks: Hooks) -> str:
    annotation = base_type(annotation)
    if annotation in (str, int, float, bool):
        return value
    if annotation is datetime:
        return f"{_named(names, datetime.fromisoformat)}({value})"
    if _is_optional(annotation):
        return _optional(annotation, value, names, lambda inner, there: _reading(inner, there, names, hooks))
    if get_origin(annotation) in (tuple, frozenset):
        container, listed = _named(names, get_origin(annotation)), f"{_named(names, _listed)}({value})"
        item = _reading(get_args(annotation)[0], "v", names, hooks)
        return f"{container}({listed})" if item == "v" else f"{container}([{item} for v in {listed}])"
    if isinstance(annotation, type) and issubclass(annotation, Enum) and issubclass(annotation, str):
        return f"{_named(names, {member.value: member for member in annotation})}[{value}]"
    if isinstance(annotation, type) and attrs.has(annotation):
        return f"{_named(names, reader(annotation, hooks))}({value})"
    return f"{_named(names, hooks(annotation))}({value}, {_named(names, annotation)})"


def _writing(annotation: Any, value: str, names: Names, hooks: Hooks) -> str:
    annotation = base_type(annotation)
    if annotation in (str, int, float, bool):
        return value
    if annotation is datetime:
        return f"{_named(names, time_text)}({value})"
    if _is_optional(annotation):
        return _optional(annotation, value, names, lambda inner, there: _writing(inner, there, names, hooks))
    if get_origin(annotation) in (tuple, frozenset):
        item = _writing(get_args(annotation)[0], "v", names, hooks)
        items = f"[{item} for v in {value}]"
        return items if get_origin(annotation) is tuple else f"sorted({items})"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"{value}._value_"
    if isinstance(annotation, type) and attrs.has(annotation):
        return f"{_named(names, writer(annotation, hooks))}({value})"
    return f"{_named(names, hooks(annotation))}({value})"


def _is_optional(annotation: Any) -> bool:
    return NoneType in get_args(annotation) and len(get_args(annotation)) == 2


def _optional(annotation: Any, value: str, names: Names, part: Callable[[Any, str], str]) -> str:
    (inner,) = (one for one in get_args(annotation) if one is not NoneType)
    name = _named(names, None)
    there = part(inner, name)
    return value if there == name else f"(None if ({name} := {value}) is None else {there})"


def _named(names: Names, value: object) -> str:
    name = f"n{len(names)}"
    names[name] = value
    return name


def _listed(value: Any) -> Any:
    if type(value) is not list:
        raise TypeError
    return value
