"""Answers as a table: a column for each item or row of a matrix, and in each a place for every response.

It is filled from responses, from rows or columns of plain values, and from a data frame of any library whose columns
have `to_list`: pandas, polars, narwhals. Histograms are taken from it, and every score from these.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar, cast, runtime_checkable

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import several
from servicecrm.measures.histograms import Histogram, tally
from servicecrm.measures.scales import is_missing
from servicecrm.surveys.answers import Answer, Status
from servicecrm.surveys.cells import Cell, across, cell_of, cells_of, parts
from servicecrm.surveys.items import ItemKind
from servicecrm.surveys.logic import holds
from servicecrm.surveys.model import Questionnaire

__all__ = ["Answered", "Columns", "Frame", "Given", "Responses", "tabulate"]

T = TypeVar("T")


@runtime_checkable
class Answered(Protocol):
    """A response: it has the answers that `Questionnaire.validated` or `Questionnaire.read` gave.

    One whose `counts` is false, because it is late or was left out, does not count here either.
    """

    @property
    def answers(self) -> tuple[Answer, ...]: ...


@runtime_checkable
class Given(Protocol):
    """One answer of a table of answers; those of one `response` belong together."""

    @property
    def response(self) -> str: ...
    @property
    def counts(self) -> bool: ...
    @property
    def answer(self) -> Answer: ...


@runtime_checkable
class Frame(Protocol):
    """A data frame, of whichever library: its names, and a column by name that has `to_list`."""

    @property
    def columns(self) -> Any: ...
    def __getitem__(self, name: Any, /) -> Any: ...


@attrs.frozen(repr=False)
class Columns:
    """The answers of `n` responses to a questionnaire by key, with the other columns that came with them.

    `kept` are the places of these among all that were given, of which some may not count. `apart` are the free texts
    that lead to no response: it is known how many there are, and of nobody whether theirs is among them.
    """

    questionnaire: Questionnaire
    n: int
    cells: Mapping[str, Sequence[Cell]]
    others: Mapping[str, Sequence[object]] = attrs.field(factory=dict)
    given: int = attrs.field(default=attrs.Factory(lambda self: self.n, takes_self=True))
    kept: Sequence[int] = attrs.field(default=attrs.Factory(lambda self: range(self.n), takes_self=True))
    apart: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Columns of {self.questionnaire.id}: {self.n} responses>"

    def __getitem__(self, key: str) -> Sequence[Cell]:
        """A column by its key.

        Raises:
            InvalidValue: there is no such column.
        """
        if key not in self.cells:
            raise InvalidValue("key", f"there is no column {key!r}; known: {', '.join(self.cells)}")
        return self.cells[key]

    def histogram(
        self, key: str, *, places: Iterable[int] | None = None, weights: Sequence[float] | None = None
    ) -> Histogram:
        """How many gave each answer to a rating; what was not asked is left out.

        `places` are those of some responses, and `weights` the weights of all of them.

        Raises:
            InvalidValue: there is no such column, or it is no rating.

        Source: C078.
        """
        column, item = self[key], self.questionnaire.item(key.partition("/")[0])
        if item.measured is None:
            raise InvalidValue(key, f"{item.kind} has no scale, so that there is nothing to count on")
        where = range(self.n) if places is None else places
        there = [place for place in where if column[place] != Status.NOT_SHOWN]
        weighed = None if weights is None else [weights[place] for place in there]
        return tally([column[place] for place in there], scale=item.measured, weights=weighed)

    def beside(self, values: Iterable[T], name: str) -> list[T]:
        """Values of the responses that count, from one for each that was given.

        Raises:
            InvalidValue: there is not one for each.
        """
        listed = several(name, values)
        if len(listed) != self.given:
            raise InvalidValue(name, f"expected one for each of {self.given} responses, got {len(listed)}")
        return [listed[place] for place in self.kept]

    def only(self, places: Sequence[int]) -> "Columns":
        """The same of some of the responses alone."""
        return attrs.evolve(
            self,
            n=len(places),
            cells={key: [column[place] for place in places] for key, column in self.cells.items()},
            others={name: [column[place] for place in places] for name, column in self.others.items()},
            kept=[self.kept[place] for place in places],
        )

    def numbers(self, key: str) -> list[float | None]:
        """The numbers of a column; None for whatever is none."""
        return [cell if isinstance(cell, float) else None for cell in self[key]]

    def groups(self, name: str) -> tuple[str, ...]:
        """Which group each response is in, by another column or by what was chosen; blank if that is not known.

        Raises:
            InvalidValue: there is no such column, several things may be chosen there, or it is a text that is apart.
        """
        if name in self.others:
            return tuple(map(_label, self.others[name]))
        if not self.n:
            return ()
        if name in self.apart:
            raise InvalidValue("by", f"nobody knows who wrote something at {name}, so that there are no groups")
        if name not in self.cells:
            known = ", ".join((*self.others, *self.cells))
            raise InvalidValue("by", f"there is no column {name!r}; known: {known}")
        found = self.cells[name]
        if any(isinstance(cell, tuple) and len(cell) > 1 for cell in found):
            raise InvalidValue("by", f"in {name} several are chosen, so that there are no groups")
        return tuple(_group(cell) for cell in found)


Responses = Columns | Frame | Mapping[str, object] | Iterable[object]
"""Answers in any form: responses, the answers of each, or a table of answers; mappings by item, such as the rows of a
file; lists by item; a data frame. A row of a matrix is `aspects/price` there, or in a row a mapping in a mapping."""


def tabulate(questionnaire: Questionnaire, responses: Responses, *, keep: Iterable[str] = ()) -> Columns:
    """The table of answers in any form, see `Responses`.

    What cannot be an answer is invalid, and counted as that. In plain values the skip logic is followed: what was not
    to be asked is not shown, whatever stands there. `keep` names attributes of responses to go by, such as `customer`;
    of mappings and frames every other column is kept.

    Raises:
        InvalidValue: nothing of it belongs to the questionnaire, or the lists have different lengths.

    Source: C077, C078.
    """
    if isinstance(responses, Columns):
        if responses.questionnaire != questionnaire:
            raise InvalidValue("responses", f"these are answers to questionnaire {responses.questionnaire.id}")
        return responses
    if isinstance(responses, Mapping):
        return _of_lists(
            questionnaire, {name: several(name, cast(Iterable[object], values)) for name, values in responses.items()}
        )
    if isinstance(responses, Frame):
        return _of_lists(questionnaire, {str(name): responses[name].to_list() for name in responses.columns})
    listed = list(responses)
    if listed and all(isinstance(each, Mapping) for each in listed):
        rows = cast(Sequence[Mapping[str, object]], listed)
        names = dict.fromkeys(name for row in rows for name in row)
        return _of_lists(questionnaire, {name: [row.get(name) for row in rows] for name in names})
    if listed and all(isinstance(each, Given) for each in listed):
        return _of_table(questionnaire, cast(Sequence[Given], listed))
    return _of_responses(questionnaire, listed, tuple(keep))


def _label(value: object) -> str:
    """The name of a group. Whole numbers are floats where one of the column is missing, and are still the same ones."""
    if is_missing(value):
        return ""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return str(int(value)) if whole and isinstance(value, float) else str(value)


_EXACT: Final = 2.0**53


def _group(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return cell[0]
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else cell


def _of_lists(questionnaire: Questionnaire, lists: Mapping[str, Sequence[object]]) -> Columns:
    lists = across(questionnaire, lists)
    sizes = {len(values) for values in lists.values()}
    if len(sizes) > 1:
        raise InvalidValue("responses", "the columns have different lengths")
    n, keys = sizes.pop() if sizes else 0, [part.key for part in parts(questionnaire)]
    if lists and not any(key in lists for key in keys):
        raise InvalidValue("responses", f"no column is an item; expected some of {', '.join(keys)}")
    others = {name: values for name, values in lists.items() if name not in keys}
    return Columns(questionnaire, n, cells_of(questionnaire, lists, n), others)


# -- responses -----------------------------------------------------------------------------------


def _of_responses(questionnaire: Questionnaire, responses: Sequence[object], keep: Sequence[str]) -> Columns:
    kept = [place for place, response in enumerate(responses) if getattr(response, "counts", True)]
    counted = [responses[place] for place in kept]
    if any(getattr(response, "questionnaire", questionnaire.id) != questionnaire.id for response in counted):
        raise InvalidValue("responses", f"one does not answer questionnaire {questionnaire.id}; evaluate it by itself")
    cells = _cells(questionnaire, [_answers(response) for response in counted])
    others = {name: [_attribute(response, name) for response in counted] for name in keep if name not in cells}
    # A name that no response has is a mistake; one that has no value anywhere is not.
    known = {n: v for n, v in others.items() if any(x is not None for x in v) or any(hasattr(r, n) for r in counted)}
    return Columns(questionnaire, len(counted), cells, known, len(responses), kept)


def _attribute(response: object, name: str) -> object:
    context = getattr(response, "context", None)
    found: object = getattr(response, name, None)
    return context.get(name) if found is None and isinstance(context, Mapping) else found


def _answers(response: object) -> Iterable[Answer]:
    found = response.answers if isinstance(response, Answered) else response
    if not isinstance(found, tuple | list) or not all(isinstance(answer, Answer) for answer in found):
        raise InvalidValue("responses", "expected responses, their answers, mappings by item, or a data frame")
    return found


def _of_table(questionnaire: Questionnaire, table: Sequence[Given]) -> Columns:
    """In a table of anonymous answers a text leads to no response: which of its cells say that there is one means
    nothing, only how many do."""
    together: dict[str, list[Answer]] = {}
    for given in table:
        if given.counts:
            together.setdefault(given.response, []).append(given.answer)
    free = {item.id for item in questionnaire.items if item.kind is ItemKind.TEXT}
    items = {response: {answer.item for answer in answers} for response, answers in together.items()}
    marked = [answers for response, answers in together.items() if items[response] - free]
    cells = _cells(questionnaire, marked)
    apart = frozenset(id for id in free if any(id not in asked for asked in items.values() if asked - free))
    for id in apart:
        written = sum(asked == {id} for asked in items.values())
        condition = questionnaire.item(id).shown_if
        shown = sum(holds(condition, {answer.key: answer for answer in answers}) for answers in marked)
        many: list[Cell] = [Status.ANSWERED.value] * written + [None] * (shown - written)
        cells[id] = (many + [Status.NOT_SHOWN.value] * (len(marked) - shown))[: len(marked)]
    return Columns(questionnaire, len(marked), cells, apart=apart)


def _cells(questionnaire: Questionnaire, responses: Iterable[Iterable[Answer]]) -> dict[str, list[Cell]]:
    known = parts(questionnaire)
    cells: dict[str, list[Cell]] = {part.key: [] for part in known}
    for answers in responses:
        given = {answer.key: answer for answer in answers}
        if given.keys() - cells.keys():
            raise InvalidValue("responses", f"there is an answer to nothing in questionnaire {questionnaire.id}")
        for part in known:
            answer = given.get(part.key)
            cells[part.key].append(None if answer is None else cell_of(part.item, answer))
    return cells
