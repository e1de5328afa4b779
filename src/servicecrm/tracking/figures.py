"""What key figures need of a record, in a short text beside its document: nobody reads whole documents to count.

Instants and durations are in microseconds. The text follows from the record alone, so that a record without one, from a
store of before there were such texts, is counted from its document. Whoever changes what a text holds lets a migration
put NULL in the place of those that are there.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import attrs

from servicecrm.kernel.documents import to_text
from servicecrm.kernel.kinds import Column, ColumnType, Identified, Indexed, micros, storable
from servicecrm.tracking.clock_model import Clock
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Moment, Moments, Side

__all__ = [
    "FIGURES",
    "Figures",
    "Happened",
    "Later",
    "Result",
    "column",
    "read",
    "timed",
    "told",
]

R = TypeVar("R", bound=Identified)

FIGURES: Final = "figures"
"""The name of the column."""

Later = tuple[int, int, int]
"""A moment that was told later than it happened: its number, when it happened, when it was told."""

_MICRO: Final = timedelta(microseconds=1)


class Happened(NamedTuple):
    """A moment that counts. It was told so much `late`, and taken back at `voided_at`."""

    kind: str
    n: int
    at: int
    late: int
    voided_at: int | None


class Figures(NamedTuple):
    """What counts of a record, as far as no other column has it.

    `happened` is in the order of time. `judged` are the judgements: when it was told, the verdict, when it was made.
    `remedies` are those that were taken or given: the kind, when, the amount and its currency. `referrals` are what was
    passed on to others: when, and when that was told if it is known.
    """

    recorded_at: int
    happened: Sequence[Happened]
    later: Sequence[Later]
    duplicate_of: str | None = None
    agreement: str | None = None
    judged: Sequence[tuple[int, str, int]] = ()
    remedies: Sequence[tuple[str, int, str | None, str | None]] = ()
    referrals: Sequence[tuple[int, int | None]] = ()


class Result(NamedTuple):
    """A timer as its clock read it. See `Reading`."""

    name: str
    n: int
    state: str
    late: bool
    due_at: int | None
    stopped_at: int | None
    elapsed: int | None
    read: int | None


# -- in a store ----------------------------------------------------------------------------------


@attrs.frozen
class _Text(Column[R]):
    """A text that nobody finds records by, so that it is as long as it has to be."""

    def encode(self, value: object) -> Indexed:
        return storable(self.name, value) if isinstance(value, str) else super().encode(value)


def column(of: Callable[[R], Sequence[object]]) -> Column[R]:
    """The column for what counts of a record."""
    return _Text(FIGURES, ColumnType.TEXT, lambda record: to_text(of(record)))


def read(texts: Iterable[str]) -> list[list[Any]]:
    """What many records hold in the column: of each the values of `Figures`, of a clock those of its results."""
    found: list[list[Any]] = json.loads(f"[{','.join(texts)}]")
    return found


# -- from records --------------------------------------------------------------------------------


def told(moments: Moments, counted: Collection[str], since: datetime) -> tuple[list[Happened], list[Later]]:
    """The moments of some kinds that count, in the order of time, and those of any kind that were told later.

    A message counts if they wrote it after what it began with, and a contact if somebody was reached.
    """
    found: dict[int, Happened] = {}
    later: list[Later] = []
    for moment in moments:
        if moment.recorded_at != moment.occurred_at:
            later.append((moment.n, micros(moment.occurred_at), micros(moment.recorded_at)))
        if moment.voids is not None:
            taken_back = found.get(moment.voids)
            if taken_back is not None and taken_back.voided_at is None:
                found[moment.voids] = taken_back._replace(voided_at=micros(moment.recorded_at))
        elif moment.kind in counted and (moment.kind not in _SOME or _SOME[moment.kind](moment, since)):
            at = micros(moment.occurred_at)
            found[moment.n] = Happened(moment.kind, moment.n, at, micros(moment.recorded_at) - at, None)
    return sorted(found.values(), key=_in_time), later


_in_time: Final = attrgetter("at", "n")


def _wrote_again(moment: Moment, since: datetime) -> bool:
    return (
        moment.side is Side.OUTSIDE
        and moment.code == MessageClass.SUBSTANTIVE
        and micros(moment.occurred_at) > micros(since)
    )


_SOME: Final[Mapping[str, Callable[[Moment, datetime], bool]]] = {
    "message": _wrote_again,
    "contact": lambda moment, _: moment.code == "reached",
}
"""The kinds of moments of which only some count."""


def timed(clock: Clock) -> list[Result]:
    """The timers of a record."""
    return [
        Result(
            each.name,
            each.n,
            each.state,
            each.late,
            None if each.due_at is None else micros(each.due_at),
            None if each.stopped_at is None else micros(each.stopped_at),
            None if each.elapsed is None else each.elapsed // _MICRO,
            each.read,
        )
        for each in clock.timers
    ]
