"""From when to when a timer ran, and when it waited: what moments say, before any goal or calendar is asked.

What happened at the same time happened in the order in which it was told, so that a time which somebody typed to the
minute loses nothing. What alternates is taken to have alternated: of a moment that stops a timer which it also starts,
the stop comes first.
"""

from collections.abc import Iterable
from datetime import datetime

import attrs

from servicecrm.calendars import Pause
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.tracking.conditions import any_of
from servicecrm.tracking.moments import Moment, standing
from servicecrm.tracking.targets import Target, Targets

__all__ = ["Happened", "Spell", "happened", "spells"]

Happened = tuple[datetime, Moment]
"""A moment that counts, and when it happened, in UTC."""


@attrs.frozen(kw_only=True)
class Spell:
    """One run of a timer, numbered from 1.

    It counts from `began` and was started at `born`, which is the same unless it has an earlier origin. It ended by
    being fulfilled or not. `pauses` are cut to it; the last one has no end while it goes on.
    """

    n: int
    began: datetime
    born: datetime
    ended: datetime | None = None
    fulfilled: bool = False
    pauses: tuple[Pause, ...] = ()


def happened(moments: Iterable[Moment], now: datetime) -> tuple[Happened, ...]:
    """The moments that count up to now, in the order in which they happened."""
    counting = ((from_micros(micros(moment.occurred_at)), moment) for moment in standing(tuple(moments)))
    return tuple((at, moment) for at, moment in counting if at <= now)


def spells(target: Target, targets: Targets, facts: Iterable[Happened]) -> tuple[Spell, ...]:
    """Every run of a timer, in order."""
    course = _Course(target, targets)
    told = _told(target, targets)
    for at, moment in facts:
        if moment.kind in told:
            course.pass_(at, moment)
    return tuple(course.spell(n) for n in range(len(course.runs)))


def _told(target: Target, targets: Targets) -> frozenset[str | None]:
    """The kinds of moments that say anything to a timer: most records tell much that is nothing to it."""
    conditions = [targets.ends, targets.reopens, *(conditions for _, conditions in target.conditions())]
    return frozenset({target.origin, *(each.kind for some in conditions for each in some)})


class _Course:
    """A timer on its way through the moments of its record."""

    def __init__(self, target: Target, targets: Targets) -> None:
        self.target, self.targets = target, targets
        self.runs: list[Spell] = []
        self.gaps: list[tuple[int, Pause]] = []
        self.pauses: list[Pause] = []
        self.waiting_since: datetime | None = None
        self.origin: datetime | None = None
        self.over = False

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
            elif any_of(target.reset, moment):
                self.runs[-1] = attrs.evolve(self.runs[-1], began=at, born=at)
        if not self.running() and not self.over:
            self._begin(at, moment)

    def spell(self, index: int) -> Spell:
        """A run with its pauses."""
        run = self.runs[index]
        counts_from = run.began if self.target.retroactive_pause else run.born
        open_ = [] if self.waiting_since is None else [(self.waiting_since, None)]
        cut = [_clipped(pause, counts_from, run.ended) for pause in (*self.pauses, *open_)]
        gaps = [gap for n, gap in self.gaps if n == index]
        return attrs.evolve(run, pauses=tuple(sorted([p for p in cut if p is not None] + gaps, key=lambda p: p[0])))

    def _begin(self, at: datetime, moment: Moment) -> None:
        last = self.runs[-1] if self.runs else None
        if last is not None and last.ended is not None and any_of(self.target.reopen, moment):
            if last.ended < at:
                self.gaps.append((len(self.runs) - 1, (last.ended, at)))
            self.runs[-1] = attrs.evolve(last, ended=None, fulfilled=False)
        elif any_of(self.target.start, moment) and (self.target.each or last is None):
            began = at if self.origin is None else self.origin
            self.runs.append(Spell(n=len(self.runs) + 1, began=began, born=at))

    def _end(self, at: datetime, *, fulfilled: bool = False) -> None:
        self.runs[-1] = attrs.evolve(self.runs[-1], ended=at, fulfilled=fulfilled)

    def _wait(self, at: datetime, moment: Moment) -> None:
        if self.waiting_since is not None and (self.over or self._resumes(moment)):
            self.pauses.append((self.waiting_since, at))
            self.waiting_since = None
        elif self.waiting_since is None and not self.over and any_of(self.target.pause, moment):
            self.waiting_since = at

    def _resumes(self, moment: Moment) -> bool:
        if self.target.resume:
            return any_of(self.target.resume, moment)
        return any(moment.kind == pause.kind for pause in self.target.pause) and not any_of(self.target.pause, moment)


def _clipped(pause: Pause, since: datetime, until: datetime | None) -> Pause | None:
    start, end = max(pause[0], since), pause[1]
    if until is not None:
        end = until if end is None else min(end, until)
    return (start, end) if end is None or start < end else None
