"""Responses out of a table, such as a CSV file of another survey tool: one row each, one column for each answer.

```python
import csv

with open("answers.csv", newline="") as file:
    for row in read_rows(csv.DictReader(file), questionnaire, missing=("", "NA")):
        print(row.n, row.answers, row.problems)
```
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from servicecrm.errors import ImportProblem
from servicecrm.surveys.answers import Answer, Status
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.model import Questionnaire

__all__ = ["ReadRow", "read_rows"]

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
    rows: Iterable[Mapping[str, str | None]],
    questionnaire: Questionnaire,
    *,
    columns: Mapping[str, str] = _NO_WORDS,
    words: Mapping[str, str] = _NO_WORDS,
    missing: Collection[str] = ("",),
    separator: str = ";",
    day: str | None = None,
) -> Iterator[ReadRow]:
    """The responses of a table, read as answers to a questionnaire; `csv.DictReader` gives such rows.

    A column has the key of its answer, `overall` or `aspects/price`, or the name that `columns` has for it. `words` say
    which code or number is meant by a cell, such as `{"very good": "5", "n/a": "not_applicable"}`, but not in free
    texts. Several choices stand in one cell, with a `separator`. `day` names the column of the day, in ISO 8601.

    Raises:
        ImportProblem: no column is one of the questionnaire's, or one that `columns` names is missing.

    Source: C077.
    """
    parts = {_key(item, part): (item, part) for item in questionnaire.items for part in item.parts}
    names = {key: columns.get(key, key) for key in parts}
    if unknown := sorted(columns.keys() - parts.keys()):
        raise ImportProblem(f"the questionnaire asks nothing with the key {', '.join(unknown)}")
    for n, row in enumerate(rows, start=2):
        if n == 2:
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
            on = _day(row.get(day)) if day else None
        except ValueError:
            on = None
            problems.append(ImportProblem("expected a day such as 2026-03-02", row=n, column=day))
        yield ReadRow(
            n=n,
            answers=reading.answers,
            finished=not any(questionnaire.item(answer.item).required for answer in reading.answers if _lacks(answer)),
            day=on,
            others={name: cell for name, cell in row.items() if isinstance(cell, str) and name not in names.values()},
            problems=tuple(problems),
        )


def _key(item: Item, part: str | None) -> str:
    return item.id if part is None else f"{item.id}/{part}"


def _check_header(
    row: Mapping[str, str | None], names: Mapping[str, str], columns: Mapping[str, str], day: str | None
) -> None:
    for name in (*columns.values(), *filter(None, (day,))):
        if name not in row:
            raise ImportProblem("there is no such column", row=1, column=name)
    if not row.keys() & set(names.values()):
        raise ImportProblem(f"no column is an answer; expected some of {', '.join(names.values())}", row=1)


def _cell(row: Mapping[str, str | None], name: str, missing: Collection[str]) -> str | None:
    cell = row.get(name)
    return None if cell is None or cell in missing or not cell.strip() else cell


def _day(cell: str | None) -> date | None:
    return date.fromisoformat(cell.strip()) if cell and cell.strip() else None


def _lacks(answer: Answer) -> bool:
    return answer.status in (Status.MISSING, Status.INVALID)


def _problem(n: int, told: str, names: Mapping[str, str]) -> ImportProblem:
    """What `Questionnaire.read` says of a path, as what is wrong with a cell."""
    path, _, says = told.partition(": ")
    return ImportProblem(says, row=n, column=names.get(path.removeprefix("$.").replace(".", "/", 1), path))


def _value(item: Item, cell: str | None, words: Mapping[str, str], separator: str) -> object:
    if cell is None or item.kind is ItemKind.TEXT:
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
