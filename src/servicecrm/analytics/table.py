"""A list of records as a table: to look at in a notebook, and to go on with in a data frame."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from servicecrm.analytics.printing import data_frame, html_table
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import base_type, fields_of

__all__ = ["Table"]

_PLAIN: Final = (str, bool, int, float, Decimal, date, Enum)


class Table:
    """Records as rows: `Table(crm.complaints.find(), columns=("number", "state", "subject"))`.

    Without `columns` they are all fields that hold a plain value in any of the records: a text, a number, a day, a time
    or a code. It shows what is personal, as the records do if they are asked.

    Raises:
        InvalidValue: a record has no such field, or the records are of several kinds.
    """

    def __init__(self, records: Iterable[Any], *, columns: Sequence[str] = ()) -> None:
        every = list(records)
        if len({type(each) for each in every}) > 1:
            raise InvalidValue("records", "expected records of one kind")
        rows = [fields_of(each) if attrs.has(type(each)) else dict(each._asdict()) for each in every]
        known = list(rows[0]) if rows else list(columns)
        if unknown := [name for name in columns if name not in known]:
            raise InvalidValue("columns", f"there is no {', '.join(unknown)}; known: {', '.join(known)}")
        self.columns: tuple[str, ...] = tuple(columns) or tuple(
            name for name in known if any(isinstance(row[name], _PLAIN) for row in rows)
        )
        self._rows = [[_value(row[name]) for name in self.columns] for row in rows]
        self._plain = _plain_types(type(every[0])) if every else {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_dicts())

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dict for each record, in JSON types; amounts, days and times are texts."""
        return [dict(zip(self.columns, map(_text, row), strict=True)) for row in self._rows]

    def to_pandas(self) -> Any:  # pandas is not there for everybody, nor are its types
        """The same as a data frame of pandas; times are times in UTC, and days are days.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return self._frame("pandas")

    def to_polars(self) -> Any:
        """The same as a data frame of polars; times are times in UTC, and days are days.

        Raises:
            MissingExtra: polars is not installed.
        """
        return self._frame("polars")

    def _repr_html_(self) -> str:
        rows = [["" if cell is None else f"{_text(cell)}" for cell in row] for row in self._rows]
        return html_table(f"{len(self):,}", self.columns, rows)

    def _frame(self, library: Literal["pandas", "polars"]) -> Any:
        types = self._types()
        rows = [
            {name: _text(cell) if types[name] is str else cell for name, cell in zip(self.columns, row, strict=True)}
            for row in self._rows
        ]
        return data_frame(library, rows, types)

    def _types(self) -> dict[str, type]:
        """What each column holds: that of its values; if it has none what its field is for; texts if it has several."""
        kinds = {
            name: {type(row[n]) for row in self._rows if row[n] is not None} for n, name in enumerate(self.columns)
        }
        return {
            name: self._plain.get(name, str) if not found else found.pop() if len(found) == 1 else str
            for name, found in kinds.items()
        }


def _plain_types(record: type) -> dict[str, type]:
    """The fields that hold a number, a day or a time, if anything, and which of them."""
    if not attrs.has(record):
        return {}
    found: dict[str, type] = {}
    for field in attrs.fields(record):
        whole = base_type(field.type)
        parts = get_args(whole) if get_origin(whole) in (Union, UnionType) else (whole,)
        kinds = {base_type(part) for part in parts} & {bool, int, float, date, datetime}
        if len(kinds) == 1:
            found[field.name] = kinds.pop()
    return found


_Cell = str | int | float | bool | date | None


def _value(value: object) -> _Cell:
    """What a data frame can hold of a value."""
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str() | date():  # a time is a date as well
            return value
    return str(value)


def _text(cell: _Cell) -> str | int | float | bool | None:
    return cell.isoformat() if isinstance(cell, date) else cell
