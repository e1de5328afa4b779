"""Finding records in memory, with the meaning that filters and orders have in every store."""

from collections.abc import Callable, Iterable, Mapping
from functools import cmp_to_key
from typing import Any, NamedTuple

from servicecrm.kernel.filters import AllOf, AnyOf, Comparison, Filter, Has, Not, OneOf, Search
from servicecrm.kernel.kinds import Indexed
from servicecrm.storage.rows import Position, Query, RecordRow

__all__ = ["Stored", "found", "passes", "value_of"]


class Stored(NamedTuple):
    """A record in memory: its row, its columns and its terms."""

    row: RecordRow
    columns: Mapping[str, Indexed]
    terms: frozenset[tuple[str, str]]


def found(records: Iterable[Stored], query: Query) -> list[tuple[Stored, Position]]:
    """The records of a page, and where each of them stands."""
    passing = [
        (stored, Position(value_of(stored, query.order), stored.row.id))
        for stored in records
        if passes(stored, query.filter)
    ]
    before = _order(query)
    if query.after is not None:
        after = query.after
        passing = [(stored, position) for stored, position in passing if before(after, position) < 0]
    in_order = cmp_to_key(before)
    passing.sort(key=lambda each: in_order(each[1]))
    return passing if query.limit is None else passing[: query.limit + 1]


def value_of(stored: Stored, name: str) -> Indexed:
    """The value of a column, or the id."""
    return stored.row.id if name == "id" else stored.columns[name]


def _order(query: Query) -> Callable[[Position, Position], int]:
    sign = -1 if query.descending else 1

    def compare(one: Position, other: Position) -> int:
        if (one.value is None) != (other.value is None):
            return 1 if one.value is None else -1
        if one.value == other.value:
            return sign * ((one.id > other.id) - (one.id < other.id))
        greater: bool = one.value > other.value  # type: ignore[operator]  # one column holds one type
        return sign if greater else -sign

    return compare


def passes(stored: Stored, filter: Filter) -> bool:
    """Does a record pass an encoded filter?"""
    match filter:
        case Comparison(field=field, operator=operator, value=value):
            return _compares(value_of(stored, field), operator, value)
        case OneOf(field=field, values=values):
            return value_of(stored, field) in values
        case Has(field=field, value=value):
            return (field, value) in stored.terms
        case Search(text=text):
            return text in str(stored.columns["search"])
        case Not(inner=inner):
            return not passes(stored, inner)
        case AllOf(parts=parts):
            return all(passes(stored, part) for part in parts)
        case AnyOf(parts=parts):
            return any(passes(stored, part) for part in parts)
    raise TypeError(f"not a filter: {type(filter).__name__}")


def _compares(left: Any, operator: str, right: Any) -> bool:
    if operator == "==":
        return bool(left == right)
    if left is None:
        return False
    result: bool = {
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[operator]()
    return result
