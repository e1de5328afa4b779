"""What every record is: frozen, keyword-only, compared by value, with its shape checked.

The shape of a field follows from its annotation: `@record` gives each field a validator for it, so a slice
says a type once and gets the check, the repr rule and the document hook from it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import (
    Annotated,
    Any,
    Final,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs

from servicecrm.kernel.checks import base_type, shape_validator
from servicecrm.kernel.frozen import FrozenMap, frozen_map

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

    For a field that is a `FrozenMap` it takes any mapping. `evolve` does not.

    Raises:
        TypeError: a field is annotated with something mutable, such as `list` or `dict`.
    """
    return attrs.frozen(cls, kw_only=True, field_transformer=_shape_fields)


def evolve(old: T, **changes: object) -> T:
    """A new record with some fields changed; every validator runs. Several times as fast as `attrs.evolve`.

    Raises:
        TypeError: there is no such field.
    """
    cls: type = type(old)
    new: T = _evolver(cls)(old, changes)
    return new


@cache
def _evolver(cls: type) -> Callable[[Any, dict[str, object]], Any]:
    """Copies the fields into an object that may still be changed, and freezes it before the validators run.

    A call of `__init__` with every field would do the same, in three times the time.
    """
    # Both methods, or else Python would not take its fast way to set an attribute.
    free = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    thawed = type(cls.__name__, (cls,), free)
    names: dict[str, Any] = {"blank": object.__new__, "thawed": thawed}
    copied = "".join(f"    new.{name} = old.{name}\n" for name in field_names(cls))
    exec(f"def copy(old):\n    new = blank(thawed)\n{copied}    return new", names)
    copy, known = names["copy"], frozenset(field_names(cls))
    validators = [(a.validator, a) for a in attrs.fields(cls) if a.validator is not None]
    post_init = getattr(cls, "__attrs_post_init__", None)

    def evolved(old: Any, changes: dict[str, object]) -> Any:
        new = copy(old)
        for name, value in changes.items():
            if name not in known:
                raise TypeError(f"a {cls.__name__} has no field {name!r}")
            setattr(new, name, value)
        new.__class__ = cls
        for validator, a in validators:
            validator(new, a, getattr(new, a.name))
        if post_init is not None:
            post_init(new)
        return new

    return evolved


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


def field_names(cls: type) -> tuple[str, ...]:
    """The names of a record's fields, in order."""
    return tuple(a.name for a in attrs.fields(cls))


def is_personal(annotation: object) -> bool:
    """Does this annotation, or a part of it, carry the personal mark?"""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return PERSONAL in marks or is_personal(inner)
    return any(is_personal(part) for part in get_args(annotation))


def personal_fields(cls: type) -> frozenset[str]:
    """The names of the fields that hold personal data, themselves or in a record inside them.

    Also in what a record is generic about: in `PolicyVersion[P]` and what extends `PolicyBook[P]` those of the policy.
    """
    found = _PERSONAL.get(cls)
    if found is None:
        found = _PERSONAL[cls] = frozenset(_personal(cls))
    return found


def _personal(cls: type) -> Iterator[str]:
    origin = get_origin(cls) or cls
    bound = dict(zip(getattr(origin, "__parameters__", ()), get_args(cls), strict=False))
    own = {a.name: _with(bound, a.type) for a in vars(origin).get("__attrs_attrs__", ()) if not a.inherited}
    yield from (name for name, type in own.items() if is_personal(type) or _nests_personal(type))
    for base in vars(origin).get("__orig_bases__", origin.__bases__):
        if attrs.has(base):
            yield from personal_fields(_with(bound, base)) - own.keys()


_PERSONAL: Final[dict[type, frozenset[str]]] = {}
"""What was found: it is asked for each event that is told."""


def _nests_personal(annotation: Any) -> bool:
    if attrs.has(base_type(annotation)):
        return bool(personal_fields(base_type(annotation)))
    return any(_nests_personal(part) for part in get_args(annotation))


def _with(bound: Mapping[Any, Any], annotation: Any) -> Any:
    """An annotation with what stands for its type variables."""
    if isinstance(annotation, TypeVar):
        return bound.get(annotation, annotation)
    variables = getattr(annotation, "__parameters__", ())
    return annotation[tuple(bound.get(each, each) for each in variables)] if variables and bound else annotation


def _shape_fields(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    if not fields:
        return fields
    first, *others = [
        a.evolve(
            repr=a.repr and not is_personal(a.type),
            converter=a.converter or (frozen_map if base_type(a.type) is FrozenMap else None),
        )
        for a in fields
    ]
    return [first.evolve(validator=shape_validator(cls, fields)), *others]
