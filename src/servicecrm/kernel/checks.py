"""The shape that a field takes from its annotation, as one check for a whole class.

A record checks itself whenever it is made, so the check is compiled: almost all values are right, and to see that
must cost next to nothing.
"""

import types
from collections.abc import Callable, Mapping, MutableMapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal, NamedTuple, NewType, Union, get_args, get_origin

import attrs

from servicecrm.errors import InvalidValue, NaiveDatetime

__all__ = ["base_type", "shape_validator", "text_problem"]


def base_type(annotation: Any) -> Any:
    """The annotation without `Annotated` and `NewType` around it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""


class _Shape(NamedTuple):
    """What values a field takes.

    `exact` has the last word. `quick`, an expression over `v`, is true only for values that are certainly right:
    almost all are, so that a record seldom has to ask further.
    """

    quick: str
    exact: Check


_MIN, _MAX = -(2**63), 2**63 - 1
_NAIVE = "naive"


def shape_validator(cls: type, fields: list["attrs.Attribute[Any]"]) -> Callable[..., None]:
    """The validator of the first field, which attrs runs first: it checks all fields, then what this one asks itself.

    It is one function, because a call for each field would cost more than making the record.
    """
    exact: dict[str, Check] = {}

    def look(name: str, value: Any) -> None:
        problem = exact[name](value)
        if problem is not None:
            where = f"{cls.__name__}.{name}"
            raise NaiveDatetime(where) if problem is _NAIVE else InvalidValue(where, problem)

    own = getattr(fields[0].validator, "own", fields[0].validator)  # without the check of a class that this one extends
    names: dict[str, Any] = {"look": look, "own": own, "datetime": datetime, "UTC": UTC}
    lines = ["def shape(record, attribute, value):"]
    for a in fields:
        found = _shape_of(a.type, f"{cls.__name__}.{a.name}", names)
        if found is not None:
            exact[a.name] = found.exact
            lines += [f"    v = record.{a.name}", f"    {found.quick} or look({a.name!r}, v)"]
    lines.append("    own(record, attribute, value)" if own else "    return")
    exec("\n".join(lines), names)
    shape: Callable[..., None] = names["shape"]
    vars(shape)["own"] = own
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
        return _items(origin, parts[0], _shape_of(parts[0], where, names), names)
    cls = origin or annotation
    if not isinstance(cls, type):
        return None
    if cls in _SIMPLE:
        return _SIMPLE[cls]
    if issubclass(cls, list | dict | set | bytearray) or cls.__module__ == "collections.abc":
        raise TypeError(f"{where}: a {cls.__name__} can be changed; a record holds only immutable values")
    return _instance(cls, names)


def _union(parts: list[_Shape | None]) -> _Shape | None:
    if None in parts:
        return None
    # To see that something is missing is the quickest.
    shapes = sorted(filter(None, parts), key=lambda shape: shape.quick != "v is None")

    def exact(value: Any) -> str | None:
        problems = [shape.exact(value) for shape in shapes]
        return None if None in problems else [problem for problem in problems if problem][-1]

    return _Shape(" or ".join(shape.quick for shape in shapes), exact)


def _items(container: type, of: Any, item: _Shape | None, names: dict[str, Any]) -> _Shape:
    each = "texts" if base_type(of) is str else getattr(base_type(of), "__name__", "values")
    whole = _instance(container, names, _MANY[container].format(each))
    if item is None:
        return whole

    def exact(value: Any) -> str | None:
        return whole.exact(value) or next(filter(None, map(item.exact, value)), None)

    return _Shape(f"{whole.quick} and (not v or all([{item.quick} for v in v]))", exact)


_MANY: dict[type, str] = {
    tuple: "a tuple of {}, such as (one, another) or (one,)",
    frozenset: "a frozenset of {}, such as frozenset({{one, another}})",
}
"""How values that are several are written; whoever gives a list or one alone learns it from here."""
_NAMED = {"FrozenMap": "a mapping"}
"""What a field takes whose record makes something else of it."""


def _instance(cls: type, names: dict[str, Any], says: str | None = None) -> _Shape:
    name = f"class_{len(names)}"
    names[name] = cls
    what = says or _NAMED.get(cls.__name__, cls.__name__)
    return _Shape(f"type(v) is {name}", lambda value: None if isinstance(value, cls) else _expected(what, value))


def text_problem(value: object) -> str | None:
    """What is wrong with a text that every store is to keep, or None."""
    if not isinstance(value, str):
        problem = _expected("text", value)
        return f"{problem}; give its id" if isinstance(getattr(value, "id", None), str) else problem
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
