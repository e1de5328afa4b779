"""Documents, read and written as fast as Python can.

For each record two functions are made from its annotations. The one that reads is for documents that we wrote
ourselves, with every field: it takes what stands there, and leaves it to the record to check texts and numbers.
Whatever it cannot read, wrong or only unusual, makes it fail; then the strict reading has the last word.

The one that writes makes JSON text at once, field by field, so that a journal can tell some fields of a record with
the texts that are in its document already. The texts are those that `json` would make.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring
from types import NoneType
from typing import Any, Final, get_args, get_origin

import attrs

from servicecrm.kernel.checks import base_type

__all__ = [
    "Hooks",
    "Members",
    "Names",
    "is_optional",
    "made",
    "member_writer",
    "named",
    "optional",
    "reader",
    "reading",
    "time_text",
    "writer",
]

Hooks = Callable[[Any], Callable[..., Any]]
"""Gives the function for a type that is not treated here."""

Members = Mapping[str, str]
"""The members of a JSON object by their names, each as text: `{"subject": '"subject":"No water"'}`."""

Names = dict[str, Any]
"""What a made function refers to."""


def reader(record: type, hooks: Hooks) -> Callable[..., Any]:
    """A function from a document, and perhaps a revision, to a record; it fails with any error."""
    names: Names = {"record": record}
    fields = [a for a in attrs.fields(record) if a.name != "revision"]
    values = [f"{a.name}={reading(a.type, f'o[{a.name!r}]', names, hooks)}" for a in fields]
    if len(fields) < len(attrs.fields(record)):
        values.append("revision=revision")
    # With as many keys as fields, and every field among them, there is no unknown one.
    wrong = f"    if len(o) != {len(fields)}: raise ValueError"
    return made(f"def made(o, revision=0):\n{wrong}\n    return record({', '.join(values)})", names)


def writer(record: type, hooks: Hooks, without: frozenset[str]) -> Callable[[Any], Members]:
    """A function from a record to the members of its document, but for some fields; hooks give JSON text."""
    names: Names = {}
    fields = [a for a in attrs.fields(record) if a.name not in without]
    members = [f"{a.name!r}: {_member(a, f'o.{a.name}', names, hooks)}" for a in fields]
    return made(f"def made(o):\n    return {{{', '.join(members)}}}", names)


def member_writer(field: "attrs.Attribute[Any]", hooks: Hooks) -> Callable[[Any], str]:
    """A function from a value of this field to its member of a document."""
    names: Names = {}
    return made(f"def made(o):\n    return {_member(field, 'o', names, hooks)}", names)


def time_text(at: datetime) -> str:
    """A time in UTC, in ISO 8601."""
    return _iso(at if at.tzinfo is UTC else at.astimezone(UTC))


_iso: Final = lru_cache(maxsize=256, typed=True)(datetime.isoformat)
"""A record tells the same few times in its fields, its moments and its history, and at each change again."""


def made(text: str, names: Names) -> Callable[..., Any]:
    """The function `made` that a text defines."""
    exec(text, names)
    function: Callable[..., Any] = names["made"]
    return function


def reading(annotation: Any, value: str, names: Names, hooks: Hooks) -> str:
    """An expression for what a value of JSON means."""
    annotation = base_type(annotation)
    if annotation in (str, int, float, bool):
        return value
    if annotation is datetime:
        return f"{named(names, datetime.fromisoformat)}({value})"
    if is_optional(annotation):
        return optional(annotation, value, names, lambda inner, there: reading(inner, there, names, hooks))
    if get_origin(annotation) in (tuple, frozenset):
        container, listed = named(names, get_origin(annotation)), f"{named(names, _listed)}({value})"
        item = reading(get_args(annotation)[0], "v", names, hooks)
        return f"{container}({listed})" if item == "v" else f"{container}([{item} for v in {listed}])"
    if isinstance(annotation, type) and issubclass(annotation, Enum) and issubclass(annotation, str):
        return f"{named(names, {member.value: member for member in annotation})}[{value}]"
    if isinstance(annotation, type) and attrs.has(annotation):
        return f"{named(names, reader(annotation, hooks))}({value})"
    return f"{named(names, hooks(annotation))}({value}, {named(names, annotation)})"


def _member(field: "attrs.Attribute[Any]", value: str, names: Names, hooks: Hooks) -> str:
    return _writing(field.type, value, names, hooks, f'"{field.name}":')


def _writing(annotation: Any, value: str, names: Names, hooks: Hooks, start: str = "") -> str:
    """An expression for the JSON text of a value; what is to stand before it is put together with what is always so."""
    annotation = base_type(annotation)
    if annotation is bool:
        return f"({start + 'true'!r} if {value} else {start + 'false'!r})"
    if annotation is datetime:
        return f"{start + QUOTE!r} + {named(names, time_text)}({value}) + {QUOTE!r}"
    if is_optional(annotation):
        return optional(
            annotation, value, names, lambda inner, there: _writing(inner, there, names, hooks, start), start + "null"
        )
    if get_origin(annotation) is tuple or annotation == frozenset[str]:
        items = value if get_origin(annotation) is tuple else f"sorted({value})"
        item = _writing(get_args(annotation)[0], "v", names, hooks)
        return f"({start + '['!r} + ','.join([{item} for v in {items}]) + ']' if {value} else {start + '[]'!r})"
    if annotation in _PLAIN:
        text = f"{named(names, _PLAIN[annotation])}({value})"
    elif isinstance(annotation, type) and issubclass(annotation, Enum) and issubclass(annotation, str):
        text = f"{named(names, encode_basestring)}({value}._value_)"
    elif isinstance(annotation, type) and attrs.has(annotation):
        text = f"{named(names, _object_writer(annotation, hooks))}({value})"
    else:
        text = f"{named(names, hooks(annotation))}({value})"
    return f"{start!r} + {text}" if start else text


QUOTE: Final = '"'

_PLAIN: Final = {str: encode_basestring, int: int.__repr__, float: float.__repr__}


def _object_writer(record: type, hooks: Hooks) -> Callable[[Any], str]:
    """A function from a record inside another one to its JSON text."""
    names: Names = {}
    fields = [a for a in attrs.fields(record) if a.name != "revision"]
    members = [_member(a, f"o.{a.name}", names, hooks) for a in fields]
    return made(f"def made(o):\n    return '{{' + ','.join(({', '.join(members)},)) + '}}'", names)


def is_optional(annotation: Any) -> bool:
    """Is it one type, or nothing?"""
    return NoneType in get_args(annotation) and len(get_args(annotation)) == 2


def optional(annotation: Any, value: str, names: Names, part: Callable[[Any, str], str], nothing: object = None) -> str:
    """An expression for a value that may be nothing; `part` gives that for the type inside and what is there."""
    (inner,) = (one for one in get_args(annotation) if one is not NoneType)
    name = named(names, None)
    there = part(inner, name)
    return value if there == name else f"({nothing!r} if ({name} := {value}) is None else {there})"


def named(names: Names, value: object) -> str:
    """A name by which a made function can refer to a value."""
    name = f"n{len(names)}"
    names[name] = value
    return name


def _listed(value: Any) -> Any:
    if type(value) is not list:
        raise TypeError
    return value
