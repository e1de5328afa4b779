"""Responses out of a table, such as a CSV file of another survey tool: one row each, one column for each answer.

```python
import csv

with open("answers.csv", newline="") as file:
    for row in read_rows(csv.DictReader(file), questionnaire, missing=("", "NA")):
        print(row.n, row.answers, row.problems)
```
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from math import isnan
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from servicecrm.errors import ImportProblem, InvalidValue
from servicecrm.kernel.spreadsheet import neutral, original
from servicecrm.surveys.answers import Answer, Status
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.model import Questionnaire

__all__ = ["ReadRow", "read_rows"]

NO_ROWS: Final = "expected a mapping for each row, such as csv.DictReader(file) or frame.to_dicts() have"
_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})


class ReadRow(NamedTuple):
    """One row. `n` counts from 1 as a spreadsheet does, the header too; `others` has the cells of other columns.

    What is wrong in a row does not keep it out: its answer is invalid, and counted as that.
    """

    n: int
    answers: tuple[Answer, ...]
    finished: bool
    day: date | None
    others: Mapping[str, str]
    problems: tuple[ImportProblem, ...]


def read_rows(
    rows: Iterable[Mapping[str, object]],
    questionnaire: Questionnaire,
    *,
    columns: Mapping[str, str] = _NO_WORDS,
    words: Mapping[str, str] = _NO_WORDS,
    missing: Collection[str] = ("",),
    separator: str = ";",
    day: str | None = None,
) -> Iterator[ReadRow]:
    """The responses of a table, read as answers to a questionnaire. `csv.DictReader` gives such rows, and so does
    `to_dicts()` of a data frame of polars: a cell is a text, or the number or the day that it means.

    A column has the key of its answer, `overall` or `aspects/price`, or the name that `columns` has for it. `words` say
    which code or number is meant by a cell, such as `{"very good": "5", "n/a": "not_applicable"}`, but not in free
    texts. An apostrophe that `write_wide` put before what could be a formula is taken off. Several choices stand in one
    cell, with a `separator`. `day` names the column of the day, in ISO 8601.

    Raises:
        InvalidValue: it is no table of such rows.
        ImportProblem: no column is one of the questionnaire's, or one that `columns` names is missing.

    Source: C077.
    """
    parts = {_key(item, part): (item, part) for item in questionnaire.items for part in item.parts}
    names = {key: columns.get(key, key) for key in parts}
    if unknown := sorted(columns.keys() - parts.keys()):
        raise ImportProblem(f"the questionnaire asks nothing with the key {', '.join(unknown)}")
    if not isinstance(rows, Iterable):
        raise InvalidValue("rows", NO_ROWS)
    for n, row in enumerate(rows, start=2):
        if not isinstance(row, Mapping):
            raise InvalidValue("rows", NO_ROWS)
        if n == 2:
            quoted = {key: neutral(name) for key, name in names.items() if name not in row}
            names |= {key: name for key, name in quoted.items() if name in row}
            _check_header(row, names, columns, day)
        given: dict[str, Any] = {}
        for key, (item, part) in parts.items():
            value = _value(item, _cell(row, names[key], missing), words, separator)
            if part is None:
                given[item.id] = value
            else:
                given.setdefault(item.id, {})[part] = value
        reading = questionnaire.read(given, partial=True)
        problems = [_problem(n, told, names) for told in reading.problems]
        try:
            on = _day(_cell(row, day, missing)) if day else None
        except ValueError:
            on = None
            problems.append(ImportProblem("expected a day such as 2026-03-02", row=n, column=day))
        yield ReadRow(
            n=n,
            answers=reading.answers,
            finished=not any(questionnaire.item(answer.item).required for answer in reading.answers if _lacks(answer)),
            day=on,
            others={name: str(cell) for name, cell in row.items() if cell is not None and name not in names.values()},
            problems=tuple(problems),
        )


def _key(item: Item, part: str | None) -> str:
    return item.id if part is None else f"{item.id}/{part}"


def _check_header(
    row: Mapping[str, object], names: Mapping[str, str], columns: Mapping[str, str], day: str | None
) -> None:
    for name in (*columns.values(), *filter(None, (day,))):
        if name not in row:
            raise ImportProblem("there is no such column", row=1, column=name)
    if not row.keys() & set(names.values()):
        raise ImportProblem(f"no column is an answer; expected some of {', '.join(names.values())}", row=1)


def _cell(row: Mapping[str, object], name: str, missing: Collection[str]) -> object:
    """What stands in a cell; None if nothing does, or what a data frame has for that."""
    cell = row.get(name)
    if isinstance(cell, str):
        cell = original(cell)
        return None if cell in missing or not cell.strip() else cell
    return None if isinstance(cell, float) and isnan(cell) else cell


def _day(cell: object) -> date | None:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    return None if cell is None else date.fromisoformat(str(cell).strip())


def _lacks(answer: Answer) -> bool:
    return answer.status in (Status.MISSING, Status.INVALID)


def _problem(n: int, told: str, names: Mapping[str, str]) -> ImportProblem:
    """What `Questionnaire.read` says of a path, as what is wrong with a cell."""
    path, _, says = told.partition(": ")
    return ImportProblem(says, row=n, column=names.get(path.removeprefix("$.").replace(".", "/", 1), path))


def _value(item: Item, cell: object, words: Mapping[str, str], separator: str) -> object:
    if not isinstance(cell, str) or item.kind is ItemKind.TEXT:
        return cell
    if item.kind in (ItemKind.MULTIPLE, ItemKind.RANKING):
        codes = [words.get(code.strip(), code.strip()) for code in cell.split(separator) if code.strip()]
        return codes[0] if len(codes) == 1 and codes[0] in item.apart else codes
    told = words.get(cell.strip(), cell.strip())
    if item.codes or item.kind is ItemKind.DATE:
        return told
    try:
        return float(told)
    except ValueError:  # a code that is said instead, or else it is refused as an answer
        return told
