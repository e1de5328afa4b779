"""Which records? Filters that mean the same in memory and in every database.

```python
open_water = (where("category") == "water") & (where("state") != "closed")
```

Logic is two-valued: a comparison with a missing value is false, its negation true. Texts compare by code point,
instants as instants. `search` looks for a part of the folded search text.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import Kind, folded, key_text, storable

__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Field",
    "Filter",
    "Has",
    "Not",
    "OneOf",
    "Search",
    "asked_of",
    "everything",
    "in_parts",
    "search",
    "where",
]

T = TypeVar("T")

# What every database can take.
MAX_PARTS: Final = 500
MAX_DEPTH: Final = 50
MAX_VALUES: Final = 1_000

PART: Final = 50
"""How many of many values are asked for at once: from some hundred on, SQLite rather reads all that is open."""


class Filter:
    """A condition on a record; combine with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: "Filter") -> "Filter":
        return AllOf((*self.parts, other) if isinstance(self, AllOf) else (self, other))

    def __or__(self, other: "Filter") -> "Filter":
        return AnyOf((*self.parts, other) if isinstance(self, AnyOf) else (self, other))

    def __invert__(self) -> "Filter":
        return Not(self)

    def __bool__(self) -> bool:
        # `a == 1 and b == 2` would silently drop a part.
        raise TypeError("combine filters with &, | and ~, not with and, or, not")


def _parts(parts: Iterable[Filter]) -> tuple[Filter, ...]:
    return tuple(parts)


def _values(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(values)


@attrs.frozen
class Comparison(Filter):
    """A column against a value; `operator` is one of `==`, `<`, `<=`, `>`, `>=`."""

    field: str
    operator: str
    value: object


@attrs.frozen
class OneOf(Filter):
    """A column that equals one of these values; without any, false."""

    field: str
    values: tuple[object, ...] = attrs.field(converter=_values)


@attrs.frozen
class Has(Filter):
    """A term with this value."""

    field: str
    value: str


@attrs.frozen
class Search(Filter):
    """A part of the search text, whatever the case."""

    text: str = attrs.field(repr=False)  # people search for names


@attrs.frozen
class Not(Filter):
    """The opposite."""

    inner: Filter


@attrs.frozen
class AllOf(Filter):
    """Every one of these; without any, true."""

    parts: tuple[Filter, ...] = attrs.field(default=(), converter=_parts)


@attrs.frozen
class AnyOf(Filter):
    """At least one of these; without any, false."""

    parts: tuple[Filter, ...] = attrs.field(default=(), converter=_parts)


def everything(*filters: Filter) -> Filter:
    """All of these filters as one."""
    return filters[0] if len(filters) == 1 else AllOf(filters)


def asked_of(field: str, filter: Filter) -> Iterator[object]:
    """The values that a column has to equal, or must not, somewhere in a filter in stored form."""
    parts = [filter]
    while parts:
        part = parts.pop()
        if isinstance(part, Not):
            parts.append(part.inner)
        elif isinstance(part, AllOf | AnyOf):
            parts += part.parts
        elif isinstance(part, OneOf) and part.field == field:
            yield from part.values
        elif isinstance(part, Comparison) and part.field == field and part.operator == "==":
            yield part.value


def search(text: str) -> Filter:
    """Records whose search text holds this, whatever the case."""
    if not isinstance(text, str):
        raise InvalidValue("search", f"expected text, got {type(text).__name__}")
    return Search(folded(text))


class Field:
    """A column or term to compare; see `where`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    if TYPE_CHECKING:

        def __hash__(self) -> int: ...

    else:
        __hash__ = None

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]  # a filter, as every query language does
        return Comparison(self._name, "==", value)

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]  # likewise
        return Not(Comparison(self._name, "==", value))

    def __lt__(self, value: object) -> Filter:
        return Comparison(self._name, "<", value)

    def __le__(self, value: object) -> Filter:
        return Comparison(self._name, "<=", value)

    def __gt__(self, value: object) -> Filter:
        return Comparison(self._name, ">", value)

    def __ge__(self, value: object) -> Filter:
        return Comparison(self._name, ">=", value)

    def is_(self, value: Literal[True, False] | None) -> Filter:
        """The column is True, False or, with None, missing; for where `== None` would be frowned upon."""
        return Comparison(self._name, "==", value)

    def one_of(self, values: Iterable[object]) -> Filter:
        """The column equals one of these, 1,000 at most."""
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise InvalidValue(self._name, "expected several values, such as one_of(['closed'])")
        return OneOf(self._name, tuple(values))

    def has(self, value: str) -> Filter:
        """The record has this value among its terms of that name."""
        return Has(self._name, value)

    def __repr__(self) -> str:
        return f"where({self._name!r})"


def where(field: str) -> Field:
    """A column of the kind that is searched; compare it with a value to get a filter.

    `where("closed_at") == None` asks for records without the value.
    """
    return Field(field)


def in_parts(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Any number of values for `one_of`, some at a time."""
    rest = iter(values)
    while part := tuple(islice(rest, PART)):
        yield part


def encoded(filter: Filter, kind: Kind[Any]) -> Filter:
    """The same filter with its values in stored form, checked against a kind.

    Raises:
        InvalidValue: an unknown column or term, a value of another type, or a comparison that makes no sense; or the
            filter has more than 500 parts or 1,000 values for `one_of`, or nests deeper than 50.
    """
    return _Encoding(kind).of(filter, MAX_DEPTH)


class _Encoding:
    """Puts a filter in stored form, and counts what it is made of."""

    def __init__(self, kind: Kind[Any]) -> None:
        self._kind = kind
        self._parts = self._values = 0

    def of(self, filter: Filter, depth: int) -> Filter:
        self._parts += 1
        if self._parts > MAX_PARTS or depth == 0:
            raise InvalidValue(
                "filter",
                f"a filter has at most {MAX_PARTS} parts and is at most {MAX_DEPTH} deep; "
                "one_of takes many values as one part",
            )
        if isinstance(filter, Not):
            return Not(self.of(filter.inner, depth - 1))
        if isinstance(filter, AllOf | AnyOf):
            return type(filter)(tuple(self.of(part, depth - 1) for part in filter.parts))
        if isinstance(filter, OneOf):
            return self._one_of(filter)
        return _leaf(filter, self._kind)

    def _one_of(self, filter: OneOf) -> OneOf:
        self._values += len(filter.values)
        if self._values > MAX_VALUES:
            raise InvalidValue(filter.field, f"one_of takes at most {MAX_VALUES:,} values; ask for them in parts")
        column = self._kind.column(filter.field)
        return OneOf(filter.field, tuple(column.encode(value) for value in filter.values))


def _leaf(filter: Filter, kind: Kind[Any]) -> Filter:
    if isinstance(filter, Comparison):
        value = kind.column(filter.field).encode(filter.value)
        if value is None and filter.operator != "==":
            raise InvalidValue(filter.field, "only == and != can be asked of a missing value")
        return Comparison(filter.field, filter.operator, value)
    if isinstance(filter, Has):
        return Has(kind.term(filter.field).name, key_text(filter.field, filter.value))
    if isinstance(filter, Search):
        if kind.search is None:
            raise InvalidValue(kind.name, "this kind has no search text")
        return Search(storable("search", filter.text))
    raise TypeError(f"expected a filter such as where('state') == 'closed', got {type(filter).__name__}")
