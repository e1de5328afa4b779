"""What a store has to know of a kind of record: its document, and what it can be found by.

Columns and terms are declared once, in a slice's `schema.py`, and mean the same in memory and in SQL.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar
from unicodedata import normalize

import attrs

from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.shapes import named

__all__ = [
    "Column",
    "ColumnType",
    "Identified",
    "Indexed",
    "Kind",
    "Term",
    "folded",
    "from_micros",
    "key_text",
    "micros",
    "storable",
]

Indexed = str | int | None
"""What a column holds in every store: text, or an integer of 64 bits, or nothing."""


class Identified(Protocol):
    """What a store needs of every record."""

    @property
    def id(self) -> str: ...

    @property
    def revision(self) -> int: ...


R = TypeVar("R", bound=Identified)
Q = TypeVar("Q", bound=Identified)


class ColumnType(Enum):
    """What a column holds; both an instant and a decimal are stored as integers, so that they sort alike everywhere."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    DATE = "date"
    DECIMAL = "decimal"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_LIMIT: Final = 2**63


def micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC.

    Raises:
        InvalidValue: it is no time.
        NaiveDatetime: the time has no zone.
    """
    try:
        zone = at.tzinfo
    except AttributeError:
        raise InvalidValue("instant", f"expected a datetime, got {type(at).__name__}") from None
    if zone is None:
        raise NaiveDatetime("instant")
    return (at - _EPOCH) // _MICRO


def from_micros(value: int) -> datetime:
    """The time in UTC that many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)


@attrs.frozen
class Column(Generic[R]):
    """A value of a record that filters and orders can name.

    `of` takes it from the record; by default it is the field of that name. A decimal is kept with `scale` digits
    after the point.
    """

    name: str
    type: ColumnType
    of: Callable[[R], Any] = attrs.field(
        default=attrs.Factory(lambda self: attrgetter(self.name), takes_self=True), eq=False
    )
    scale: int = attrs.field(default=0, kw_only=True)
    _stored: Callable[["Column[R]", Any], Indexed] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: _STORED[self.type], takes_self=True)
    )

    def encode(self, value: object) -> Indexed:
        """The stored form of a value.

        Raises:
            InvalidValue: the value is not of this column's type.
        """
        if value is None:
            return None
        try:
            return self._stored(self, value)
        except (TypeError, AttributeError):
            raise InvalidValue(self.name, f"expected {self.type.value}, got {type(value).__name__}") from None

    def holds(self, value: object) -> bool:
        """Could this be a value of the column, in its stored form?"""
        if value is None:
            return True
        if self.type in (ColumnType.TEXT, ColumnType.DATE):
            return text_problem(value) is None
        return isinstance(value, int) and not isinstance(value, bool) and -_LIMIT <= value < _LIMIT


def storable(where: str, text: str) -> str:
    """The text itself, which every store can keep and compare.

    Raises:
        InvalidValue: it is no text, or holds NUL or a lone surrogate.
    """
    problem = text_problem(text)
    if problem is not None:
        raise InvalidValue(where, problem)
    return text


KEY_LIMIT: Final = 500
"""How many bytes a text to be found by may have: several of them have to fit into one row of any index."""


def key_text(where: str, text: str) -> str:
    """The text itself, which every store can keep in an index.

    Raises:
        InvalidValue: it is no text, holds NUL or a lone surrogate, or is too long.
    """
    if type(text) is str and len(text) * 4 <= KEY_LIMIT and text.isascii() and "\0" not in text:
        return text  # almost all are
    if len(storable(where, text)) * 4 > KEY_LIMIT and len(text.encode()) > KEY_LIMIT:
        raise InvalidValue(where, f"a text to be found by has at most {KEY_LIMIT} bytes in UTF-8")
    return text


def folded(text: str) -> str:
    """A text as searches compare it: whatever the case, and however its characters are composed."""
    return text.casefold() if text.isascii() else normalize("NFKC", normalize("NFKC", text).casefold())


def _text(column: Column[Any], value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    return key_text(column.name, value)


def _integer(column: Column[Any], value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    if not -_LIMIT <= value < _LIMIT:
        raise InvalidValue(column.name, "an integer must fit in 64 bits")
    return value


def _boolean(_: Column[Any], value: Any) -> int:
    if not isinstance(value, bool):
        raise TypeError
    return int(value)


def _instant(column: Column[Any], value: Any) -> int:
    if not isinstance(value, datetime):
        raise TypeError
    if value.tzinfo is None:
        raise NaiveDatetime(column.name)
    return micros(value)


def _date(_: Column[Any], value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError
    return value.isoformat()


def _decimal(column: Column[Any], value: Any) -> int:
    if not isinstance(value, Decimal | int) or isinstance(value, bool) or not Decimal(value).is_finite():
        raise TypeError
    scaled = Decimal(value).scaleb(column.scale)
    if scaled != scaled.to_integral_value():
        raise InvalidValue(column.name, f"a decimal has at most {column.scale} digits after the point here")
    return _integer(column, int(scaled))


_STORED: Final[dict[ColumnType, Callable[[Column[Any], Any], Indexed]]] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.INSTANT: _instant,
    ColumnType.DATE: _date,
    ColumnType.DECIMAL: _decimal,
}


@attrs.frozen
class Term(Generic[R]):
    """A key of which a record has several, such as tags or addresses."""

    name: str
    of: Callable[[R], Iterable[str]] = attrs.field(
        default=attrs.Factory(lambda self: attrgetter(self.name), takes_self=True), eq=False
    )


def _in_indexes(kind: "Kind[R]") -> list[Column[R]]:
    """The columns that stand in an index, that of the human numbers included."""
    named = {kind.column(name).name for index in kind.indexes for name in index}
    numbers = set() if kind.prefix is None else {"number"}
    return [column for column in kind.columns if column.name in named | numbers]


@attrs.frozen
class Kind(Generic[R]):
    """A kind of record: its stable name, its document, its columns and terms, and the texts that a search looks at.

    `indexes` names the columns that SQL stores find records by, such as `("handler", "due_at")`: equal to the first
    ones, in the order of the last, then of the id. `prefix` begins its human numbers ("CMP-2026-000042"); a kind
    without one has none.

    Raises:
        InvalidValue: an index names a column that is not there.
    """

    name: str
    schema: Schema[R] = attrs.field(eq=False)
    columns: tuple[Column[R], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    terms: tuple[Term[R], ...] = ()
    search: Callable[[R], Iterable[str]] | None = attrs.field(default=None, eq=False)
    prefix: str | None = None
    _by_name: Mapping[str, Column[R]] = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: {c.name: c for c in self.columns}, takes_self=True)
    )
    _indexed: Sequence[Column[R]] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_in_indexes, takes_self=True)
    )

    def column(self, name: str) -> Column[R]:
        """The column of this name.

        Raises:
            InvalidValue: there is none; names those that there are.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name))
        if any(term.name == name for term in self.terms):
            raise InvalidValue(self.name, f"a record has several {name}; ask where({name!r}).has(...)")
        raise InvalidValue(self.name, f"there is no {named('column', name)}; known: {known}")

    def term(self, name: str) -> Term[R]:
        """The term of this name.

        Raises:
            InvalidValue: there is none; names those that there are.
        """
        for term in self.terms:
            if term.name == name:
                return term
        known = ", ".join(term.name for term in self.terms) or "none"
        raise InvalidValue(self.name, f"there is no {named('term', name)}; known: {known}")

    def unchanged(self, before: R, after: R) -> frozenset[str]:
        """The columns in indexes that hold the very same in both: to write them would write their indexes anew."""
        return frozenset([column.name for column in self._indexed if column.of(before) is column.of(after)])

    def index_of(self, record: R, without: Collection[str] = ()) -> dict[str, Indexed]:
        """The stored columns of a record, the search text among them."""
        index: dict[str, Indexed] = {}
        for column in self.columns:
            if column.name in without:
                continue
            value = column.of(record)
            index[column.name] = None if value is None else column.encode(value)
        if self.search is not None:
            index["search"] = folded("\n".join(self.search(record)))
        return index

    def terms_of(self, record: R) -> frozenset[tuple[str, str]]:
        """The terms of a record, as (name, value)."""
        return frozenset((term.name, key_text(term.name, value)) for term in self.terms for value in term.of(record))
