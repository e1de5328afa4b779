"""The table of answers to surveys: rows without a history, so that those of an anonymous campaign lead to nobody.

There are no entries of a journal, no commands and no times for them: each program here speaks to the tables alone. What
is known of a person is saved by another unit of work, and never by the one that puts answers in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import SystemRandom
from typing import Any, Final

from servicecrm.errors import AlreadyExists
from servicecrm.kernel.filters import encoded, where
from servicecrm.kernel.kinds import Indexed
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Change, Position, Query, RecordRow, Tables, ask, fetched
from servicecrm.surveys.campaign_model import Campaign, Mode
from servicecrm.surveys.response_model import GivenAnswer
from servicecrm.surveys.schema import ANSWER, CAMPAIGN, MILLION

__all__ = ["COLUMNS", "FOLLOWING", "answers_of", "columns_of", "put", "replaced", "shuffled"]

CHUNK: Final = 1_000

COLUMNS: Final = ("response", "day", "item", "row", "status", "code", "value")
"""What `columns_of` gives of each answer that counts."""


def put(given: Iterable[GivenAnswer]) -> Program[None]:
    """Put answers in.

    Raises:
        AlreadyExists: they are there already.
    """
    changes = [_change(each) for each in given]
    if changes and not all((yield from ask(Tables.insert, ANSWER, changes))):
        raise AlreadyExists(ANSWER.name, changes[0].row.id)


def replaced(given: Iterable[GivenAnswer]) -> Program[None]:
    """Put answers in the places of those with the same ids."""
    new = list(given)
    rows = yield from fetched(ANSWER, [each.id for each in new])
    yield from _update([(row, each) for row, each in zip(rows, new, strict=True) if row is not None])
    yield from put(each for row, each in zip(rows, new, strict=True) if row is None)


def answers_of(campaign: str) -> Program[list[GivenAnswer]]:
    """All answers to a campaign, those of a response together."""
    rows = yield from _rows(campaign)
    return [_read(row) for row in rows]


def columns_of(campaign: str) -> Program[dict[str, list[Any]]]:
    """The answers to a campaign that count, by column, as a data frame takes them. No document is read.

    Where several codes were chosen the column has none of them, and a text is not in it.
    """
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    filter = encoded((where("campaign") == campaign) & where("counts").is_(True), ANSWER)
    after: Position | None = None
    while True:
        query = Query(filter, order="response", limit=CHUNK, after=after)
        rows = yield from ask(Tables.columns, ANSWER, COLUMNS, query)
        for values, _ in rows[:CHUNK]:
            for name, value in zip(COLUMNS, values, strict=True):
                found[name].append(_number(value) if name == "value" else value)
        if len(rows) <= CHUNK:
            return found
        after = rows[CHUNK - 1][1]


_SHUFFLE: Final[Callable[[list[Any]], None]] = SystemRandom().shuffle


def shuffled(campaign: str, shuffle: Callable[[list[Any]], None] = _SHUFFLE) -> Program[int]:
    """Exchange all answers to a campaign among their places, by chance; tells how many there are.

    A database knows in which order places were taken, and the journal in which order people took part. After this the
    first order says nothing about the second one.
    """
    rows = yield from _rows(campaign)
    answers = [_read(row) for row in rows]
    shuffle(answers)
    for start in range(0, len(rows), CHUNK):
        places = rows[start : start + CHUNK]
        yield from _update(list(zip(places, answers[start : start + CHUNK], strict=True)))
    yield from ask(Tables.forget)
    return len(rows)


def _ended(before: Campaign | None, after: Campaign) -> Program[None]:
    """When an anonymous campaign ends, its answers change places."""
    ends = after.closed_at is not None and (before is None or before.closed_at is None)
    if ends and after.mode is Mode.ANONYMOUS:
        yield from shuffled(after.id)


FOLLOWING: Final[Mapping[str, Callable[[Any, Any], Program[None]]]] = {CAMPAIGN.name: _ended}
"""What a unit does by itself when it saves a record of a kind, whoever decided that: given as it was, and as it is."""


def _rows(campaign: str) -> Program[list[RecordRow]]:
    found: list[RecordRow] = []
    filter = encoded(where("campaign") == campaign, ANSWER)
    after: Position | None = None
    while True:
        rows = yield from ask(Tables.select, ANSWER, Query(filter, order="response", limit=CHUNK, after=after))
        found += [row for row, _ in rows[:CHUNK]]
        if len(rows) <= CHUNK:
            return found
        after = rows[CHUNK - 1][1]


def _update(places: Sequence[tuple[RecordRow, GivenAnswer]]) -> Program[None]:
    changes = [_change(evolve(answer, id=row.id), expected=row.revision) for row, answer in places]
    if changes:
        yield from ask(Tables.update, ANSWER, changes)


def _change(given: GivenAnswer, *, expected: int = 0) -> Change:
    row = RecordRow(given.id, expected + 1, ANSWER.schema.current, ANSWER.schema.text(given))
    return Change(row, ANSWER.index_of(given), expected)


def _read(row: RecordRow) -> GivenAnswer:
    return ANSWER.schema.load_text(row.document, version=row.schema, revision=row.revision)


def _number(value: Indexed) -> float | None:
    return value / MILLION if isinstance(value, int) else None
