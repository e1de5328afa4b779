"""Customers from the table of another system: one row each, by a map of its columns."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from os import PathLike
from types import MappingProxyType
from typing import Any, Final

import attrs

from servicecrm.errors import ImportProblem, InvalidValue, RuleError
from servicecrm.interop.csvfile import Row, read_rows
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import DEFAULT, Contact, Customer, PortfolioPolicy, actions, contact

__all__ = ["FIELDS", "CustomerMap", "CustomersRead", "import_customers"]

FIELDS: Final = (
    "reference",
    "name",
    "kind",
    "language",
    "account_manager",
    "services",
    "tags",
    "contact",
    "function",
    "phone",
    "email",
    "post",
    "web",
)
"""What a column may hold. The reference is the key of the customer in the other system; `contact` is the name of
somebody there, whose the function, the numbers and the addresses are. Where nobody is named, the customer is."""

NEEDED: Final = ("reference", "name")
_POINTS: Final = tuple(kind for kind in ContactKind if kind.value in FIELDS)
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class CustomerMap:
    """Which column of a table holds what: `columns` names one for each field, `profile` one for a field of a profile.

    `source` is the name of the other system. In a cell with several values they are parted by `separator`.

    Raises:
        InvalidValue: a field is unknown, or the reference or the name is in no column.
    """

    source: str
    columns: Mapping[str, str]
    profile: Mapping[str, str] = _NOTHING
    separator: str = ";"
    delimiter: str = ","
    encoding: str = "utf-8"

    def __attrs_post_init__(self) -> None:
        unknown = sorted(self.columns.keys() - set(FIELDS))
        if unknown:
            raise InvalidValue("columns", f"there is no field {', '.join(unknown)}; known: {', '.join(FIELDS)}")
        missing = [field for field in NEEDED if field not in self.columns]
        if missing:
            raise InvalidValue("columns", f"name the column of the {' and of the '.join(missing)}")


@attrs.frozen(kw_only=True)
class CustomersRead:
    """What became of a table: customers to save, and what is wrong in it, by row and column."""

    decisions: tuple[Decision[Customer], ...]
    problems: tuple[ImportProblem, ...]


def import_customers(
    path: str | PathLike[str],
    by_map: CustomerMap,
    *,
    by: Actor | str,
    at: datetime,
    policy: PortfolioPolicy = DEFAULT,
) -> CustomersRead:
    """Take in the customers of a CSV file, plain or inside a .zip or .gz.

    The id of each follows from the source and its reference, so that none is taken in twice. A customer is left out if
    its row cannot be read, or something but its profile and its numbers and addresses is wrong; of these what is wrong,
    and a field of the profile that is blank, is told and left out alone. Look for those who are there already under
    another name with `portfolio.duplicates`.

    Raises:
        ImportProblem: the file cannot be read, or has not the columns of the map.

    Source: C009, C018.
    """
    rows = read_rows(path, delimiter=by_map.delimiter, encoding=by_map.encoding)
    header = _header(next(rows, None), by_map)
    decisions: dict[str, Decision[Customer]] = {}
    problems = list(_twice(header, by_map))
    for row in rows:
        try:
            cells = _Cells(row, header, by_map)
            decision = cells.customer(problems.append, by=by, at=at)
            if decision.after.id in decisions:
                raise ImportProblem(
                    "that reference stands above already", row=row.n, column=by_map.columns["reference"]
                )
            collect = partial(actions.collect, source=by_map.source, by=by, at=at, policy=policy)
            decisions[decision.after.id] = cells.with_profile(decision, collect, problems.append)
        except ImportProblem as problem:
            problems.append(problem)
    return CustomersRead(decisions=tuple(decisions.values()), problems=tuple(problems))


def _header(row: Row | None, by_map: CustomerMap) -> list[str]:
    """The names of the columns."""
    if row is None or row.flaw:
        raise ImportProblem("the file has no header" if row is None else f"the header {row.flaw}", row=1)
    names = [name.strip() for name in row.cells]
    missing = sorted({*by_map.columns.values(), *by_map.profile.values()} - set(names))
    if missing:
        raise ImportProblem(f"the map names columns that the file has not: {', '.join(missing)}", row=1)
    return names


def _twice(header: list[str], by_map: CustomerMap) -> Iterator[ImportProblem]:
    for column in sorted({*by_map.columns.values(), *by_map.profile.values()}):
        if header.count(column) > 1:
            yield ImportProblem("several columns have this name; the first one is read", row=1, column=column)


class _Cells:
    """One row, which says where it is wrong."""

    def __init__(self, row: Row, header: list[str], by_map: CustomerMap) -> None:
        if row.flaw is not None or len(row.cells) != len(header):
            raise ImportProblem(row.flaw or f"has {len(row.cells)} cells, the header has {len(header)}", row=row.n)
        self._n, self._map = row.n, by_map
        # Of several columns of one name the first is read.
        self._cells = dict(zip(reversed(header), reversed(row.cells), strict=True))

    def customer(self, tell: Callable[[ImportProblem], None], *, by: Actor | str, at: datetime) -> Decision[Customer]:
        """The decision to add the customer."""
        reference, name = (self._needed(field) for field in NEEDED)
        id = f"{self._map.source}:{reference}"
        told: dict[str, Any] = {field: self._field(field) for field in ("kind", "language", "account_manager")}
        told |= {field: tuple(self._several(field)) for field in ("services", "tags")}
        given = {field: value for field, value in told.items() if value}
        try:
            people = tuple(self._people(id, name, tell))
            return actions.add(id=id, name=name, references=[id], contacts=people, by=by, at=at, **given)
        except RuleError as error:
            raise ImportProblem(f"the customer is left out: {error}", row=self._n) from None

    def with_profile(
        self,
        added: Decision[Customer],
        collect: Callable[..., Decision[Customer]],
        tell: Callable[[ImportProblem], None],
    ) -> Decision[Customer]:
        """The same decision with what is known of the customer."""
        for field, column in self._map.profile.items():
            cell = self._cell(column)
            try:
                if cell is None:
                    raise InvalidValue(field, "is empty")
                added = added.then(collect, field, cell)
            except RuleError as error:
                says = error.says if isinstance(error, InvalidValue) else str(error)
                tell(ImportProblem(says, row=self._n, column=column))
        return added

    def _people(self, id: str, customer: str, tell: Callable[[ImportProblem], None]) -> Iterator[Contact]:
        name, function, points = self._field("contact"), self._field("function"), tuple(self._points(tell))
        if name or function or points:
            yield contact(name or customer, id=f"{id}:contact", function=function, points=points)

    def _points(self, tell: Callable[[ImportProblem], None]) -> Iterator[ContactPoint]:
        for kind in _POINTS:
            for value in self._several(kind.value):
                try:
                    yield ContactPoint(kind=kind, value=value)
                except InvalidValue as error:
                    tell(ImportProblem(error.says, row=self._n, column=self._map.columns[kind.value]))

    def _cell(self, column: str) -> str | None:
        return self._cells[column].strip() or None

    def _field(self, field: str) -> str | None:
        column = self._map.columns.get(field)
        return None if column is None else self._cell(column)

    def _needed(self, field: str) -> str:
        found = self._field(field)
        if found is None:
            raise ImportProblem("something has to be here", row=self._n, column=self._map.columns[field])
        return found

    def _several(self, field: str) -> Iterator[str]:
        return filter(None, map(str.strip, (self._field(field) or "").split(self._map.separator)))
