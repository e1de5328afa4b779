"""The cells of a table of answers: what each holds, and how plain values are read into them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.measures.scales import Scale, is_missing
from servicecrm.surveys.answers import Answer, Status, coded, read
from servicecrm.surveys.items import Item, Row
from servicecrm.surveys.logic import asked, holds
from servicecrm.surveys.model import Questionnaire

__all__ = ["Cell", "Part", "across", "cell_of", "cells_of", "parts"]

Cell = float | str | tuple[str, ...] | None
"""What a column holds: a number (turned, if it is reverse-coded), the codes of what was chosen, None for what is
missing, or else the code of a status. Of dates and texts it only says that there is an answer."""


class Part(NamedTuple):
    """What is answered one by one: an item as a whole, or a row of a matrix."""

    key: str
    item: Item
    row: Row | None

    @property
    def service(self) -> str | None:
        """The service that it is about."""
        return (self.row and self.row.service) or self.item.service

    @property
    def dimension(self) -> str | None:
        """What it measures together with others."""
        return (self.row and self.row.dimension) or self.item.dimension

    @property
    def scale(self) -> Scale | None:
        """The scale that it is counted on."""
        return self.item.measured


def parts(questionnaire: Questionnaire) -> tuple[Part, ...]:
    """Everything that is answered one by one, in order."""
    return tuple(part for item in questionnaire.items for part in _parts(item))


def _parts(item: Item) -> Iterator[Part]:
    if not item.rows:
        yield Part(item.id, item, None)
    yield from (Part(f"{item.id}/{row.code}", item, row) for row in item.rows)


def cell_of(item: Item, answer: Answer) -> Cell:
    """The cell that an answer makes."""
    if answer.status is Status.MISSING:
        return None
    if answer.status is not Status.ANSWERED:
        return answer.status.value
    if answer.number is not None:
        return answer.number if item.scale is None else coded(item, answer)
    return answer.codes or Status.ANSWERED.value


# -- plain values --------------------------------------------------------------------------------


def across(questionnaire: Questionnaire, lists: Mapping[str, Sequence[object]]) -> dict[str, Sequence[object]]:
    """The lists, with one for each row in place of a matrix that is a mapping by row."""
    matrices = {item.id: item for item in questionnaire.items if item.rows}
    found: dict[str, Sequence[object]] = {}
    for name, values in lists.items():
        if name in matrices:
            codes = matrices[name].parts
            found |= {f"{name}/{code}": [_of_row(value, code) for value in values] for code in codes}
        else:
            found[name] = values
    return found


def _of_row(value: object, code: str | None) -> object:
    if isinstance(value, Mapping):
        return value.get(code)
    return None if is_missing(value) else _NOTHING


_NOTHING: Final = object()
"""Stands for what is no answer to anything."""


def cells_of(questionnaire: Questionnaire, lists: Mapping[str, Sequence[object]], n: int) -> dict[str, list[Cell]]:
    """The cells of plain values, of which there are `n` in each list. What cannot be an answer is invalid.

    The skip logic is followed: what was not to be asked is not shown, whatever stands there.

    Source: C077.
    """
    nothing = [None] * n
    answers: dict[str, list[Answer]] = {}
    cells: dict[str, list[Cell]] = {}
    for part in parts(questionnaire):
        found = _read(part, lists.get(part.key, nothing), _shown(part.item, answers, n))
        known = {id(answer): cell_of(part.item, answer) for answer in found}
        answers[part.key] = found
        cells[part.key] = [known[id(answer)] for answer in found]
    return cells


def _read(part: Part, values: Sequence[object], shown: Sequence[bool] | None) -> list[Answer]:
    """The answers of a column. Equal values are read once, and share their answer."""
    row = None if part.row is None else part.row.code
    missing, hidden, invalid = (
        Answer(item=part.item.id, row=row, status=status)
        for status in (Status.MISSING, Status.NOT_SHOWN, Status.INVALID)
    )
    known: dict[tuple[type, object], Answer] = {}

    def answer(value: object) -> Answer:
        try:
            return read(part.item, value, row=row)
        except InvalidValue:
            return invalid

    found = []
    for place, value in enumerate(values):
        if shown is not None and not shown[place]:
            found.append(hidden)
        elif is_missing(value):
            found.append(missing)
        else:
            try:
                same = (type(value), value)
                if same not in known:
                    known[same] = answer(value)
                found.append(known[same])
            except TypeError:  # a list cannot be looked up
                found.append(answer(value))
    return found


def _shown(item: Item, answers: Mapping[str, Sequence[Answer]], n: int) -> list[bool] | None:
    """In which responses an item was to be asked; None if it always is."""
    if not item.shown_if:
        return None
    keys = [key for key in dict.fromkeys(asks.key for asks in asked(item.shown_if)) if key in answers]
    found: dict[tuple[int, ...], bool] = {}
    shown = []
    for place in range(n):
        given = {key: answers[key][place] for key in keys}
        same = tuple(map(id, given.values()))  # answers are shared, and hashing them would take longer
        if same not in found:
            found[same] = holds(item.shown_if, given)
        shown.append(found[same])
    return shown
