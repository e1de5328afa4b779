"""What every record is: frozen, keyword-only, compared by value, with its shape checked.

The shape of a field follows from its annotation: `@record` gives each field a validator for it, so a slice
says a type once and gets the check, the repr rule and the document hook from it.
"""

import types
from collections.abc import Callable, Mapping, MutableMapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs

from servicecrm.errors import InvalidValue, NaiveDatetime

__all__ = [
    "ERASED",
    "Personal",
    "base_type",
    "evolve",
    "field_names",
    "fields_of",
    "is_personal",
    "personal_fields",
    "record",
    "text_problem",
]

T = TypeVar("T")

ERASED = "[erased]"
"""What a personal text reads after its erasure."""


class _PersonalMark:
    """The mark of a field that holds personal data."""

    def __repr__(self) -> str:
        return "personal"


PERSONAL = _PersonalMark()

Personal = Annotated[T, PERSONAL]
"""Marks a field that holds personal data: `subject: Personal[str]`.

The mark keeps the value out of `repr`, logs and error texts, splits the journal entry, and finds the value
again for an access export or an erasure.
"""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a record: frozen, keyword-only, with slots and a checked shape.

    Raises:
        TypeError: a field is annotated with something mutable, such as `list` or `dict`.
    """
    return attrs.frozen(cls, kw_only=True, field_transformer=_shape_fields)


def evolve(old: T, **changes: object) -> T:
    """A new record with some fields changed; every validator runs. Faster than `attrs.evolve`."""
    return type(old)(**{**fields_of(old), **changes})


def fields_of(of: object) -> dict[str, object]:
    """The values of a record by field name, in order; nested records stay records."""
    cls: type = type(of)
    return _values_of(cls)(of)


@cache
def _values_of(cls: type) -> Callable[[Any], dict[str, object]]:
    # A quarter faster than any way to do it without a text.
    values = ", ".join(f"{name!r}: record.{name}" for name in field_names(cls))
    read: Callable[[Any], dict[str, object]] = eval(f"lambda record: {{{values}}}")
    return read


@cache
def field_names(cls: type) -> tuple[str, ...]:
    """The names of a record's fields, in order."""
    return tuple(a.name for a in attrs.fields(cls))


def is_personal(annotation: object) -> bool:
    """Does this annotation, or a part of it, carry the personal mark?"""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return PERSONAL in marks or is_personal(inner)
    return any(is_personal(part) for part in get_args(annotation))


@cache
def personal_fields(cls: type) -> frozenset[str]:
    """The names of the fields that hold personal data, themselves or in a record inside them."""
    return frozenset(a.name for a in attrs.fields(cls) if is_personal(a.type) or _nests_personal(a.type))


def _nests_personal(annotation: Any) -> bool:
    if attrs.has(base_type(annotation)):
        return bool(personal_fields(base_type(annotation)))
    return any(_nests_personal(part) for part in get_args(annotation))


def base_type(annotation: Any) -> Any:
    """The annotation without `Annotated` and `NewType` around it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


# -- shapes --------------------------------------------------------------------------------------

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""


class _Shape(NamedTuple):
    """What values a field takes.

    `exact` has the last word. `quick`, an expression over `v`, is true only for values that are certainly right:
    almost all are, so that a record seldom has to ask further.
    """

    quick: str
    exact: Check


class _Shaped:
    """Checks the shape of a whole record, as the first validator that attrs runs; then what the first field asks."""

    def __init__(self, shape: Callable[[Any], None], own: Callable[[Any, Any, Any], Any] | None) -> None:
        self.shape, self.own = shape, own

    def __call__(self, instance: Any, attribute: Any, value: Any) -> None:
        self.shape(instance)
        if self.own is not None:
            self.own(instance, attribute, value)


_MIN, _MAX = -(2**63), 2**63 - 1
_NAIVE = "naive"


def _shape_fields(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    if not fields:
        return fields
    shape = _compiled(cls, fields)
    first, *others = [a.evolve(repr=a.repr and not is_personal(a.type)) for a in fields]
    own = first.validator.own if isinstance(first.validator, _Shaped) else first.validator
    return [first.evolve(validator=_Shaped(shape, own)), *others]


def _compiled(cls: type, fields: list["attrs.Attribute[Any]"]) -> Callable[[Any], None]:
    """One function that checks all fields, because a call for each would cost more than making the record."""
    exact: dict[str, Check] = {}

    def look(name: str, value: Any) -> None:
        problem = exact[name](value)
        if problem is not None:
            where = f"{cls.__name__}.{name}"
            raise NaiveDatetime(where) if problem is _NAIVE else InvalidValue(where, problem)

    names: dict[str, Any] = {"look": look, "datetime": datetime, "UTC": UTC}
    lines = ["def shape(record):"]
    for a in fields:
        found = _shape_of(a.type, f"{cls.__name__}.{a.name}", names)
        if found is not None:
            exact[a.name] = found.exact
            lines += [f"    v = record.{a.name}", f"    ({found.quick}) or look({a.name!r}, v)"]
    exec("\n".join([*lines, "    return"]), names)  # field names, and the expressions below
    shape: Callable[[Any], None] = names["shape"]
    return shape


def _shape_of(annotation: Any, where: str, names: dict[str, Any]) -> _Shape | None:
    """The shape of an annotation; None if it says nothing, as a type variable does."""
    annotation = base_type(annotation)
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, str):
        raise TypeError(f"{where}: a record needs types as annotations, not their names as text")
    if origin in (Union, types.UnionType):
        return _union([_shape_of(part, where, names) for part in parts])
    if origin is Literal:
        return _Shape("False", lambda value: None if value in parts else f"expected one of {parts}")
    if origin in (tuple, frozenset):
        if parts[1:] not in ((), (...,)):
            raise TypeError(f"{where}: a tuple holds any number of the same, such as tuple[str, ...]")
        return _items(origin, _shape_of(parts[0], where, names), names)
    cls = origin or annotation
    if not isinstance(cls, type):
        return None
    if cls in _SIMPLE:
        return _SIMPLE[cls]
    if issubclass(cls, list | dict | set | bytearray) or cls.__module__ == "collections.abc":
        raise TypeError(f"{where}: a {cls.__name__} can be changed; a record holds only immutable values")
    return _instance(cls, names)


def _union(parts: list[_Shape | None]) -> _Shape | None:
    shapes = [part for part in parts if part is not None]
    if len(shapes) < len(parts):
        return None

    def exact(value: Any) -> str | None:
        problems = [shape.exact(value) for shape in shapes]
        return None if None in problems else [problem for problem in problems if problem][-1]

    return _Shape(" or ".join(f"({shape.quick})" for shape in shapes), exact)


def _items(container: type, item: _Shape | None, names: dict[str, Any]) -> _Shape:
    whole = _instance(container, names)
    if item is None:
        return whole

    def exact(value: Any) -> str | None:
        problems = (item.exact(one) for one in value)
        return whole.exact(value) or next(filter(None, problems), None)

    return _Shape(f"{whole.quick} and (not v or all([{item.quick} for v in v]))", exact)


def _instance(cls: type, names: dict[str, Any]) -> _Shape:
    name = f"class_{len(names)}"
    names[name] = cls
    return _Shape(
        f"type(v) is {name}", lambda value: None if isinstance(value, cls) else _expected(cls.__name__, value)
    )


def text_problem(value: object) -> str | None:
    """What is wrong with a text that every store is to keep, or None."""
    if not isinstance(value, str):
        return _expected("text", value)
    if "\x00" in value:
        return "text must not hold the character NUL"
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "text must not hold lone surrogates"
    return None


def _integer(value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return _expected("an integer", value)
    return None if _MIN <= value <= _MAX else "an integer must fit in 64 bits"


def _float(value: Any) -> str | None:
    if not isinstance(value, float):
        return _expected("a float", value)
    return None if isfinite(value) else "a float must be a finite number"


def _decimal(value: Any) -> str | None:
    if not isinstance(value, Decimal):
        return _expected("a Decimal", value)
    return None if value.is_finite() else "a Decimal must be a finite number"


def _aware(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return _expected("a datetime", value)
    if value.utcoffset() is None:
        return _NAIVE
    if value.year in (MINYEAR, MAXYEAR):
        try:
            value.astimezone(UTC)
        except OverflowError:
            return "a time must lie between the years 1 and 9999 in UTC too"
    return None


def _date(value: Any) -> str | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    return _expected("a date", value)


def _mapping(value: Any) -> str | None:
    if isinstance(value, Mapping) and not isinstance(value, MutableMapping):
        return None
    return _expected("a frozen mapping", value)


def _expected(what: str, value: object) -> str:
    return f"expected {what}, got {type(value).__name__}"


_SIMPLE: dict[type, _Shape] = {
    # Missing is never the mistake in "a text or nothing", so that it has no words of its own.
    types.NoneType: _Shape("v is None", lambda value: None if value is None else ""),
    str: _Shape("type(v) is str and v.isascii() and '\\0' not in v", text_problem),
    int: _Shape(f"type(v) is int and {_MIN} <= v <= {_MAX}", _integer),
    float: _Shape("type(v) is float and v - v == 0", _float),
    Decimal: _Shape("False", _decimal),
    datetime: _Shape("type(v) is datetime and v.tzinfo is UTC", _aware),
    date: _Shape("False", _date),
    Mapping: _Shape("False", _mapping),
}
