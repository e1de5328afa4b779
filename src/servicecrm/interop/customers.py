"""Customers as a CSV file: for people who open it in a spreadsheet, or for another program that takes it in whole."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from os import PathLike
from typing import IO, Any, Final, Literal, cast, get_origin

import attrs

from servicecrm.errors import ImportProblem, InvalidValue, MalformedDocument
from servicecrm.interop.csvfile import check_cells, read_rows
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import base_type, field_names
from servicecrm.kernel.spreadsheet import neutral
from servicecrm.kernel.values import ContactKind
from servicecrm.portfolio import CUSTOMER, Customer

__all__ = ["MODES", "Mode", "read_back", "write_customers"]

Mode = Literal["spreadsheet", "interchange"]
MODES: Final = ("spreadsheet", "interchange")


def write_customers(customers: Iterable[Customer], to: IO[str], *, mode: Mode) -> int:
    """Write customers as CSV to a file that was opened with `newline=""`; tells how many.

    `spreadsheet` is for people: a column for each thing that they look for, and nothing in it is a formula. Open the
    file with `encoding="utf-8-sig"`, as some spreadsheets take it for something else without a mark.

    `interchange` is for programs: a column for each field of a customer, and every cell is what the field holds, texts
    as they are and all else as JSON. `read_back` gives the same customers. Never open it in a spreadsheet.

    Raises:
        InvalidValue: there is no such mode, or a customer has more for `interchange` than a cell holds that is read
            back; the file lacks that one and those after it, so take `desk.export` instead.

    Source: C009, C130.
    """
    if mode not in MODES:
        raise InvalidValue("mode", f"expected one of {', '.join(MODES)}")
    sheet = mode == "spreadsheet"
    columns = tuple(_SHEET) if sheet else _FIELDS
    writer = csv.writer(to, quoting=csv.QUOTE_ALL if sheet else csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    count = 0
    for customer in customers:
        cells = dict(zip(columns, _sheet_row(customer) if sheet else _exact_row(customer), strict=True))
        if not sheet:
            check_cells(cells)
        writer.writerow(cells.values())
        count += 1
    return count


# -- for people ----------------------------------------------------------------------------------


def _listed(texts: Iterable[str | None]) -> str:
    return "; ".join(text for text in texts if text)


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _reached(kind: ContactKind) -> Callable[[Customer], str]:
    return lambda customer: _listed(
        point.value for contact in customer.contacts for point in contact.points if point.kind is kind
    )


_SHEET: Final[Mapping[str, Callable[[Customer], str | None]]] = {
    "number": lambda customer: customer.number or customer.id,
    "name": lambda customer: customer.name,
    "kind": lambda customer: customer.kind,
    "state": lambda customer: customer.state,
    "account_manager": lambda customer: customer.account_manager,
    "deputy": lambda customer: customer.deputy,
    "parent": lambda customer: customer.parent,
    "language": lambda customer: customer.language,
    "services": lambda customer: _listed(sorted(customer.services)),
    "references": lambda customer: _listed(sorted(customer.references)),
    "tags": lambda customer: _listed(sorted(customer.tags)),
    "contacts": lambda customer: _listed(contact.name for contact in customer.contacts),
    "functions": lambda customer: _listed(contact.function for contact in customer.contacts),
    "phones": _reached(ContactKind.PHONE),
    "emails": _reached(ContactKind.EMAIL),
    "addresses": _reached(ContactKind.POST),
    "profile": lambda customer: _listed(f"{each.field}: {each.value} ({each.source})" for each in customer.profile),
    "value_class": lambda customer: customer.classes[-1].value_class if customer.classes else None,
    "added_at": lambda customer: _time(customer.added_at),
    "activated_at": lambda customer: _time(customer.activated_at),
    "verified_at": lambda customer: _time(customer.verified_at),
    "ended_at": lambda customer: _time(customer.ended_at),
    "leaving_reason": lambda customer: customer.leaving_reason,
}
"""The columns for people. Times are in UTC."""


def _sheet_row(customer: Customer) -> Iterator[str]:
    return (neutral(cell(customer) or "") for cell in _SHEET.values())


# -- for programs --------------------------------------------------------------------------------

_FIELDS: Final = tuple(name for name in field_names(Customer) if name != "revision")
_OF_CUSTOMERS: Any = attrs.fields(cast("type[Any]", Customer))
_LISTS: Final = frozenset(
    attribute.name
    for attribute in _OF_CUSTOMERS
    if get_origin(base_type(attribute.type)) in (tuple, frozenset) or base_type(attribute.type) is FrozenMap
)
"""The fields that JSON has as lists or objects; all others are texts."""


def _exact_row(customer: Customer) -> Iterator[str]:
    document = CUSTOMER.schema.dump(customer)
    return (to_text(document[name]) if name in _LISTS else document[name] or "" for name in _FIELDS)


def read_back(path: str | PathLike[str]) -> Iterator[Customer]:
    """The customers of a file that was written for `interchange`, each as it was, but never saved.

    Raises:
        ImportProblem: the file cannot be read, has other columns, or a row is no customer.
    """
    rows = read_rows(path)
    header = next(rows, None)
    if header is None or tuple(header.cells) != _FIELDS:
        raise ImportProblem("the file was not written for interchange; its columns are others", row=1)
    for row in rows:
        if row.flaw is not None or len(row.cells) != len(_FIELDS):
            raise ImportProblem(row.flaw or f"has {len(row.cells)} cells, the header has {len(_FIELDS)}", row=row.n)
        told = {name: cell for name, cell in zip(_FIELDS, row.cells, strict=True) if cell}
        try:
            document = {name: from_text(cell) if name in _LISTS else cell for name, cell in told.items()}
            yield CUSTOMER.schema.load(document)
        except MalformedDocument as error:
            raise ImportProblem(f"is no customer: {'; '.join(error.problems)}", row=row.n) from None
