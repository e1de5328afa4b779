"""What every record is: frozen, keyword-only, compared by value, with its shape checked.

The shape of a field follows from its annotation: `@record` gives each field a validator for it, so a slice
says a type once and gets the check, the repr rule and the document hook from it.
"""

import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Annotated, Any, NewType, TypeVar, Union, dataclass_transform, get_args, get_origin

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
    names, values_of = _fields_of(type(of))
    return dict(zip(names, values_of(of), strict=True))


def field_names(cls: type) -> tuple[str, ...]:
    """The names of a record's fields, in order."""
    return _fields_of(cls)[0]


def is_personal(annotation: object) -> bool:
    """Does this annotation, or a part of it, carry the personal mark?"""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return PERSONAL in marks or is_personal(inner)
    return any(is_personal(part) for part in get_args(annotation))


def personal_fields(cls: type) -> frozenset[str]:
    """The names of the fields that hold personal data."""
    found = _personal_of.get(cls)
    if found is None:
        found = _personal_of[cls] = frozenset(a.name for a in attrs.fields(cls) if is_personal(a.type))
    return found


def base_type(annotation: Any) -> Any:
    """The annotation without `Annotated` and `NewType` around it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


_personal_of: dict[type, frozenset[str]] = {}
_fields: dict[type, tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]] = {}


def _fields_of(cls: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    found = _fields.get(cls)
    if found is None:
        names = tuple(a.name for a in attrs.fields(cls))
        # attrgetter of one name gives the bare value, so a second one keeps the answer a tuple.
        getter = attrgetter(*names) if len(names) != 1 else lambda old: (getattr(old, names[0]),)
        found = _fields[cls] = (names, getter)
    return found


# -- shapes --------------------------------------------------------------------------------------

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""

_MIN, _MAX = -(2**63), 2**63 - 1
_NAIVE = "naive"


def _shape_fields(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    shaped = []
    for a in fields:
        if a.inherited:
            shaped.append(a)
            continue
        where = f"{cls.__name__}.{a.name}"
        changes: dict[str, Any] = {"repr": a.repr and not is_personal(a.type)}
        check = _check_for(a.type, where)
        if check is not None:
            shape = _validator(where, check)
            changes["validator"] = shape if a.validator is None else attrs.validators.and_(shape, a.validator)
        shaped.append(a.evolve(**changes))
    return shaped


def _validator(where: str, check: Check) -> Callable[[Any, Any, Any], None]:
    def shape(_instance: Any, _attribute: Any, value: Any) -> None:
        problem = check(value)
        if problem is not None:
            raise NaiveDatetime(where) if problem is _NAIVE else InvalidValue(where, problem)

    return shape


def _check_for(annotation: Any, where: str) -> Check | None:
    annotation = base_type(annotation)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _optional(annotation, where)
    if origin is tuple:
        item, *rest = get_args(annotation)
        if rest == [Ellipsis]:
            return _items(tuple, _check_for(item, where))
        return _instance(tuple)
    if origin is frozenset:
        return _items(frozenset, _check_for(get_args(annotation)[0], where))
    if origin is not None:
        annotation = origin
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, list | dict | set | bytearray):
        raise TypeError(f"{where}: {annotation.__name__} can be changed; a record holds only immutable values")
    if issubclass(annotation, str) and not issubclass(annotation, Enum):
        return _text
    simple: dict[type, Check] = {datetime: _aware, int: _integer, Decimal: _decimal, date: _date}
    return simple.get(annotation) or _instance(annotation)


def _optional(annotation: Any, where: str) -> Check | None:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if len(parts) != 1:
        return None
    check = _check_for(parts[0], where)
    if check is None:
        return None
    return lambda value: None if value is None else check(value)


def _items(container: type, check: Check | None) -> Check:
    def items(value: Any) -> str | None:
        if not isinstance(value, container):
            return _expected(container.__name__, value)
        for item in value if check else ():
            problem = check(item)  # type: ignore[misc]  # an empty loop when there is no check
            if problem is not None:
                return problem
        return None

    return items


def _instance(cls: type) -> Check:
    expected = cls.__name__
    if cls is Mapping:  # a plain dict would be mutable
        expected = "a frozen mapping"
    return lambda value: None if isinstance(value, cls) else _expected(expected, value)


def _text(value: Any) -> str | None:
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


def _decimal(value: Any) -> str | None:
    if not isinstance(value, Decimal):
        return _expected("a Decimal", value)
    return None if value.is_finite() else "a Decimal must be a finite number"


def _aware(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return _expected("a datetime", value)
    return _NAIVE if value.utcoffset() is None else None


def _date(value: Any) -> str | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    return _expected("a date", value)


def _expected(what: str, value: object) -> str:
    return f"expected {what}, got {type(value).__name__}"
