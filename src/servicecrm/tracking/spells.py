"""From when to when a timer ran, and when it waited: what moments say, before any goal or calendar is asked.

What happened at the same time happened in the order in which it was told, so that a time which somebody typed to the
minute loses nothing. What alternates is taken to have alternated: of a moment that stops a timer which it also starts,
the stop comes first.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import attrs

from servicecrm.calendars import Pause
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.tracking.conditions import any_of
from servicecrm.tracking.moments import Moment, Moments, standing
from servicecrm.tracking.targets import Target, Targets

__all__ = ["Happened", "Spell", "ahead", "happened", "spells"]

Happened = tuple[datetime, Moment]
"""A moment that counts, and when it happened, in UTC."""


@attrs.frozen(kw_only=True)
class Spell:
    """One run of a timer, numbered from 1.

    It counts from `began` and was started at `born`, which is the same unless it has an earlier origin. It ended by
    being fulfilled or not. `pauses` are cut to it, in order and apart. While the last one goes on it has no end, or one
    that lies ahead. `taken_up` are the numbers of the moments that let it go on after it had ended.
    """

    n: int
    began: datetime
    born: datetime
    ended: datetime | None = None
    fulfilled: bool = False
    pauses: tuple[Pause, ...] = ()
    taken_up: tuple[int, ...] = ()


def happened(moments: Iterable[Moment], now: datetime) -> tuple[Happened, ...]:
    """The moments that count up to now, in the order in which they happened."""
    counting = ((_utc(moment.occurred_at), moment) for moment in standing(tuple(moments)))
    return tuple((at, moment) for at, moment in counting if at <= now)


def ahead(moments: Moments, now: datetime) -> datetime | None:
    """When the first moment comes that is told already, perhaps by a machine whose clock runs ahead."""
    since = micros(now)
    future = [moment for moment in moments if micros(moment.occurred_at) > since]
    voided = {moment.voids for moment in moments} if future else set()
    counting = (moment.occurred_at for moment in future if moment.voids is None and moment.n not in voided)
    return min(map(_utc, counting), default=None)


def spells(target: Target, targets: Targets, facts: Iterable[Happened]) -> tuple[Spell, ...]:
    """Every run of a timer, in order."""
    course = _Course(target, targets)
    told = _told(target, targets)
    for at, moment in facts:
        if moment.kind in told:
            course.pass_(at, moment)
    return tuple(course.spells())


def _utc(at: datetime) -> datetime:
    return from_micros(micros(at))


def _told(target: Target, targets: Targets) -> frozenset[str | None]:
    """The kinds of moments that say anything to a timer: most records tell much that is nothing to it."""
    conditions = [targets.ends, targets.reopens, *(conditions for _, conditions in target.conditions())]
    return frozenset({target.origin, *(each.kind for some in conditions for each in some)})


class _Course:
    """A timer on its way through the moments of its record."""

    def __init__(self, target: Target, targets: Targets) -> None:
        self.target, self.targets = target, targets
        self.runs: list[Spell] = []
        self.gaps: dict[int, list[Pause]] = {}
        self.pauses: list[Pause] = []
        self.wait: Pause | None = None
        self.origin: datetime | None = None
        self.over = False
        self.cut: str | None = None
        """The kind of the moment that ended the record, and the last run with it."""

    def running(self) -> bool:
        """Does it run now?"""
        return bool(self.runs) and self.runs[-1].ended is None

    def pass_(self, at: datetime, moment: Moment) -> None:
        """What a moment does to it."""
        target = self.target
        self.over = (self.over or any_of(self.targets.ends, moment)) and not any_of(self.targets.reopens, moment)
        if moment.kind == target.origin:
            self.origin = at
        if target.pause:
            self._wait(at, moment)
        if self.running():
            if any_of(target.stop, moment):
                self._end(at, fulfilled=True)
            elif self.over or any_of(target.cancel, moment):
                self._end(at)
                self.cut = moment.kind if self.over else None
            elif any_of(target.reset, moment):
                self._end(at)
                self._run(began=at, born=at)
        if not self.running() and not self.over:
            self._begin(at, moment)

    def spells(self) -> Iterator[Spell]:
        """The runs with their pauses."""
        waits = self.pauses if self.wait is None else [*self.pauses, self.wait]
        ends = [until for _, until in self.pauses if until is not None]  # all have one
        for run in self.runs:
            counts_from = run.began if self.target.retroactive_pause else run.born
            first = bisect_right(ends, counts_from)
            cut = (_clipped(wait, counts_from, run.ended) for wait in _begun_before(run.ended, waits, first))
            yield attrs.evolve(run, pauses=_apart([*filter(None, cut), *self.gaps.get(run.n, ())]))

    def _begin(self, at: datetime, moment: Moment) -> None:
        last = self.runs[-1] if self.runs else None
        taken_back = moment.kind == self.cut and any_of(self.targets.reopens, moment)
        if last is not None and last.ended is not None and (taken_back or any_of(self.target.reopen, moment)):
            if last.ended < at:
                self.gaps.setdefault(last.n, []).append((last.ended, at))
            taken_up = (*last.taken_up, moment.n)
            self.runs[-1] = attrs.evolve(last, ended=None, fulfilled=False, taken_up=taken_up)
        elif any_of(self.target.start, moment) and (self.target.each or last is None or not last.fulfilled):
            self._run(began=at if self.origin is None else self.origin, born=at)

    def _run(self, *, began: datetime, born: datetime) -> None:
        self.runs.append(Spell(n=len(self.runs) + 1, began=began, born=born))

    def _end(self, at: datetime, *, fulfilled: bool = False) -> None:
        self.cut = None
        self.runs[-1] = attrs.evolve(self.runs[-1], ended=at, fulfilled=fulfilled)

    def _wait(self, at: datetime, moment: Moment) -> None:
        if self.wait is not None and self.wait[1] is not None and self.wait[1] <= at:  # it ended by itself
            self._waited(*self.wait)
        if self.wait is not None and (self.over or self._resumes(moment)):
            self._waited(self.wait[0], at)
        elif not self.over and any_of(self.target.pause, moment):
            until = None if moment.until is None else _utc(moment.until)
            self.wait = (at if self.wait is None else self.wait[0], until)

    def _waited(self, since: datetime, until: datetime | None) -> None:
        if until is None or since < until:  # one that would end before it begins is none
            self.pauses.append((since, until))
        self.wait = None

    def _resumes(self, moment: Moment) -> bool:
        if self.target.resume:
            return any_of(self.target.resume, moment)
        return any(moment.kind == pause.kind for pause in self.target.pause) and not any_of(self.target.pause, moment)


def _begun_before(end: datetime | None, waits: Sequence[Pause], first: int) -> Iterator[Pause]:
    """The waits from the first one on that began before an instant: they are in order, and a record may have many."""
    for n in range(first, len(waits)):
        if end is not None and waits[n][0] >= end:
            return
        yield waits[n]


def _clipped(pause: Pause, since: datetime, until: datetime | None) -> Pause | None:
    start, end = max(pause[0], since), pause[1]
    if until is not None:
        end = until if end is None else min(end, until)
    return (start, end) if end is None or start < end else None


def _apart(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The pauses in order; those that overlap are one, so that no time is taken off twice."""
    found: list[Pause] = []
    for since, until in sorted(pauses, key=lambda pause: pause[0]):
        last = found[-1] if found else None
        if last is None or (last[1] is not None and last[1] <= since):
            found.append((since, until))
        elif last[1] is not None and (until is None or last[1] < until):
            found[-1] = (last[0], until)
    return tuple(found)
