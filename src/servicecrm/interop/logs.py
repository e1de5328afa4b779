"""Another system's log as a stream of facts about its cases; what its rows mean is said by a `LogMap`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation
from servicecrm.interop.cells import Refused, extra_readers, readers
from servicecrm.interop.csvfile import Row, read_rows
from servicecrm.interop.maps import OUTCOME, LogMap, Word
from servicecrm.interop.xes import is_xes, names_in, read_events
from servicecrm.kernel.shapes import printable

__all__ = ["Fact", "RefusedRow", "UnknownWords", "read_log"]

LONGEST_WORD: Final = 40
"""Characters of a word that are shown."""

MAX_WORDS: Final = 1_000
"""Words that are counted one by one."""

RECORDED, HANDLED, ANSWERED, ENDED = range(1, 5)
"""The facts that a row about a whole case can become, and their numbers."""

TIME_OF: Final = {RECORDED: "received_at", HANDLED: "received_at", ANSWERED: "answered_at", ENDED: "closed_at"}

Value = str | datetime

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Fact(NamedTuple):
    """One thing that the log says about a case: it is in a state from now on, or an action was taken.

    `ordinal` numbers the facts of a case and stays the same when the log is read again. In a log of events it is the
    number of the row among those of its case, those that were refused or ignored counted too. A row about a whole
    case has the numbers 1 to 4 for recorded, handled, answered and ended, with gaps, so that a later extract only adds;
    a log has one such row for each case.

    `values` are our other fields that the row fills, by name (times in UTC); `extra` what the map keeps besides.
    Of a whole case, the last fact has closing_code and reason, the one that says "answered" (without one, the last)
    has the answer, and the first one has all else.
    """

    row: int
    case: str
    ordinal: int
    occurred_at: datetime
    state: str | None
    waiting: str | None
    action: str | None
    by: str | None
    values: Mapping[str, Value]
    extra: Mapping[str, str]

    def __repr__(self) -> str:
        # The values of a log may be personal.
        return f"<Fact {self.ordinal} of a case, row {self.row}: {self.state or self.action}>"


class RefusedRow(NamedTuple):
    """A row that could not be taken, why, and in which column of the log.

    Its values may be personal and are not shown, but for a `word` that [words] of the map has not, as it can be printed
    and at most 40 characters long: words name what happened, and nobody.
    """

    row: int
    column: str | None
    says: str
    word: str | None = None

    def __repr__(self) -> str:
        # Nobody can know what a house keeps in that column.
        return f"RefusedRow({self.row}, {self.column!r}: {self.says})"


class UnknownWords:
    """Counts the rows of a log that have a word which its map has not: `first` is the first row of each word.

    Of a column that has no words but texts, only so many are counted one by one.
    """

    def __init__(self, log_map: LogMap) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, RefusedRow] = {}
        self._same = log_map.same
        self._spelled: dict[str, str] = {}

    def watch(self, facts: Iterable[Fact | RefusedRow]) -> Iterator[Fact | RefusedRow]:
        """The same facts, counted as they pass."""
        for fact in facts:
            if isinstance(fact, RefusedRow) and fact.word is not None:
                self._count(self._spelled.setdefault(self._same(fact.word), fact.word), fact)
            yield fact

    def _count(self, word: str, row: RefusedRow) -> None:
        if word in self.first or len(self.first) < MAX_WORDS:
            self.counts[word] += 1
            self.first.setdefault(word, row)


def read_log(
    path: str | PathLike[str], log_map: LogMap, *, count: Callable[[str], int] | None = None
) -> Iterator[Fact | RefusedRow]:
    """The facts of a log, in the order of its rows; a bad row comes as a `RefusedRow`, and reading goes on.

    Takes CSV or XES, also inside a .zip or .gz, and holds one row at a time. How the columns of XES are named:
    `servicecrm.interop.xes`. `count` tells how many rows a case has had with this one; without it the number of rows of
    each case is kept in memory, 0.1 KiB for a case. `servicecrm.desk.row_counts.RowCounts` keeps them in a file.
    Where a row is about a whole case, those that become facts are counted, and the first one is taken: a log that has
    several does not say which of them holds.
    A time without a zone is wall time in the map's zone: one that a change of clocks skips is shifted forward, one
    that comes twice is the first.

    Raises:
        ImportProblem: the file cannot be read, or lacks a column that the map names (at once); the rest of it is
            damaged (when reading gets there).
    """
    wanted = list(dict.fromkeys(c.name for c in (*log_map.columns, *log_map.extra) if c.name is not None))
    if is_xes(path):
        _check_columns(wanted, names_in(path, wanted), row=None)
        return _facts(read_events(path, wanted), log_map, wanted, count or _Counts())
    rows = read_rows(path, delimiter=log_map.delimiter, encoding=log_map.encoding)
    header = next(rows, None)
    if header is None or header.flaw:
        raise ImportProblem("the file has no header" if header is None else f"the header {header.flaw}", row=1)
    names = [cell.strip() for cell in header.cells]
    _check_columns(wanted, names, row=1)
    return _facts(rows, log_map, names, count or _Counts())


def _check_columns(wanted: list[str], names: list[str], *, row: int | None) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        found = ", ".join(repr(name[:60]) for name in names[:100])
        says = f"the map names columns that the file has not: {', '.join(missing)}; it has: {found}"
        raise ImportProblem(says, row=row)


class _Counts(dict[str, int]):
    def __call__(self, case: str) -> int:
        self[case] = count = self.get(case, 0) + 1
        return count


def _facts(
    rows: Iterator[Row], log_map: LogMap, names: list[str], count: Callable[[str], int]
) -> Iterator[Fact | RefusedRow]:
    (_, case_at, read_case), *plan = readers(log_map, names)
    more = extra_readers(log_map, names)
    constants = {c.field: c.value for c in log_map.columns if c.value is not None}
    unknown = _unknown(log_map, names)
    whole = log_map.shape == "cases"
    facts_of = _facts_of_case if whole else _facts_of_event
    width = len(names)
    for n, cells, flaw in rows:
        if flaw is not None or len(cells) != width:
            yield RefusedRow(n, None, flaw or f"has {len(cells)} cells, the header has {width}")
            continue
        values: dict[str, Any] = constants.copy()
        extra: dict[str, str] = {}
        try:
            case = read_case(cells[case_at])
            nth = 1 if whole else count(case)  # at once, so that the numbers stay when a bad row is mended
            for field, at, read in plan:
                value = read(cells[at])
                if value is not None:
                    values[field] = value
            for field, at, read in more:
                value = read(cells[at])
                if value is not None:
                    extra[field] = value
            facts = facts_of(log_map, (n, case, nth), values, MappingProxyType(extra))
            if whole and facts and count(case) > 1:
                raise Refused(names[case_at], "a row about this case stands above already")
        except Refused as refused:
            yield RefusedRow(n, refused.column, refused.says, unknown(refused.column, cells))
        else:
            yield from facts


def _unknown(log_map: LogMap, names: list[str]) -> Callable[[str | None, Sequence[str]], str | None]:
    """Tells the word because of which a row was refused, if that is why."""
    column = next((c.name for c in log_map.columns if c.field == "word"), None)
    known = {log_map.same(word.text) for word in log_map.words}

    def unknown(refused: str | None, cells: Sequence[str]) -> str | None:
        if column is None or refused != column:
            return None
        word = cells[names.index(column)]
        return None if log_map.same(word) in known else _shown(word)

    return unknown


def _shown(word: str) -> str:
    # Blanks stay, as they count, and a mark stands for what cannot be printed.
    text = printable(word[: LONGEST_WORD + 1])
    return text if len(text) <= LONGEST_WORD else f"{text[: LONGEST_WORD - 1]}…"


# -- from a row to facts -------------------------------------------------------------------------

Where = tuple[int, str, int]
"""A row, its case, and which of the rows of that case it is."""


def _facts_of_event(_: LogMap, where: Where, values: dict[str, Any], extra: Mapping[str, str]) -> tuple[Fact, ...]:
    word: Word = values.pop("word")
    if word.ignored:
        return ()
    n, case, nth = where
    at, by = values.pop("time"), values.pop("by", None)
    return (Fact(n, case, nth, at, word.state, word.waiting, word.action, by, MappingProxyType(values), extra),)


def _facts_of_case(log_map: LogMap, where: Where, values: dict[str, Any], extra: Mapping[str, str]) -> tuple[Fact, ...]:
    n, case, _ = where
    ours = log_map.vocabulary
    by, received = values.pop("by", None), values["received_at"]
    answered, closed = values.pop("answered_at", None), values.pop("closed_at", None)
    word: Word | None = values.pop("word", None)
    if word is None:  # a log without states: its times tell
        word = Word(text="", state=ours.closed if closed else ours.answered if answered else ours.recorded)
    if word.ignored:
        return ()
    steps: list[tuple[int, datetime, str | None, str | None]] = [(RECORDED, received, ours.recorded, None)]
    over = word.state in ours.ended
    if over or word.state == ours.answered:
        if answered or not over:
            steps.append((ANSWERED, _given(answered, log_map, "answered_at"), ours.answered, None))
        if over:
            steps.append((ENDED, _given(closed, log_map, "closed_at"), word.state, None))
    elif word.state != ours.recorded or word.waiting:
        steps.append((HANDLED, received, word.state, word.waiting))
    told: dict[int, dict[str, Value]] = {step: {} for step, *_ in steps}
    told[RECORDED], last = values, steps[-1][0]
    for field in OUTCOME:
        if field in values:
            told[ANSWERED if field == "answer" and ANSWERED in told else last][field] = values.pop(field)
    return tuple(
        Fact(
            *(n, case, step, at, state, waiting, None, by),
            *(MappingProxyType(told[step]), extra if step == RECORDED else _NOTHING),
        )
        for step, at, state, waiting in steps
    )


def _given(time: datetime | None, log_map: LogMap, field: str) -> datetime:
    if time is None:
        raise Refused(_column_of(field, log_map), "is empty, but the state of the case needs this time")
    return time


def _column_of(field: str, log_map: LogMap) -> str | None:
    return next((column.name for column in log_map.columns if column.field == field), None)


# -- a fact that nothing can follow --------------------------------------------------------------


def refused_fact(fact: Fact, error: InvalidValue | PolicyViolation, log_map: LogMap) -> RefusedRow:
    """The row of a fact that no record can follow, with the column whose value is to blame, if it is one's."""
    if isinstance(error, InvalidValue):
        field, says = error.where.removeprefix("Complaint."), error.says
        field = _latest_time(fact, log_map) if field == "occurred_at" else field
    elif error.rule == "occurred_at":
        field, says = _latest_time(fact, log_map), "lies in the future"
    else:
        field, says = error.rule, error.says
    column = _column_of(field, log_map)
    return RefusedRow(fact.row, column, says if column is not None else str(error))


def _latest_time(fact: Fact, log_map: LogMap) -> str:
    if log_map.shape == "cases":
        return TIME_OF[fact.ordinal]
    received = fact.values.get("received_at")
    return "received_at" if isinstance(received, datetime) and received > fact.occurred_at else "time"
