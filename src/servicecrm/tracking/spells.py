"""From when to when a timer ran, and when it waited: what moments say, before any goal or calendar is asked.

Moments at the same instant are taken together, so that the order in which they were told does not matter. What
alternates is taken to have alternated: a timer that runs when it is both stopped and started was stopped first.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

import attrs

from servicecrm.calendars import Pause
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.tracking.conditions import On, any_of
from servicecrm.tracking.moments import Moment, Moments, standing
from servicecrm.tracking.targets import Target, Targets

__all__ = ["Instant", "Spell", "instants_of", "spells"]

Instant = tuple[datetime, Moments]
"""What happened at one time."""


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


def instants_of(moments: Iterable[Moment], now: datetime) -> tuple[Instant, ...]:
    """The moments that count up to now, by the time at which they happened."""
    counting = standing(tuple(moments))
    groups = ((from_micros(at), tuple(group)) for at, group in groupby(counting, lambda m: micros(m.occurred_at)))
    return tuple((at, group) for at, group in groups if at <= now)


def spells(target: Target, targets: Targets, instants: Iterable[Instant]) -> tuple[Spell, ...]:
    """Every run of a timer, in order."""
    course = _Course(target, targets)
    told = _told(target, targets)
    for at, group in instants:
        moments = tuple(moment for moment in group if moment.kind in told)
        if moments:
            course.pass_(at, moments)
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

    def pass_(self, at: datetime, moments: Moments) -> None:
        """What happened at an instant, taken together."""
        target = self.target
        ends, reopens = self._any(self.targets.ends, moments), self._any(self.targets.reopens, moments)
        was_over, self.over = self.over, (self.over and ends) if reopens else (self.over or ends)
        if any(moment.kind == target.origin for moment in moments):
            self.origin = at
        if target.pause:
            self._wait(at, moments, over=ends or (was_over and not reopens))
        if self.running():
            if self._any(target.stop, moments):
                self._end(at, fulfilled=True)
            elif self._any(target.reset, moments):
                self.runs[-1] = attrs.evolve(self.runs[-1], began=at, born=at)
            elif self._any(target.cancel, moments) or ends:
                self._end(at)
            if not self.running() and not self.over:
                self._begin(at, moments)
        elif not was_over or reopens:
            self._begin(at, moments)
            others = (moment for moment in moments if not any_of(target.start, moment))
            if self.running() and self._any(target.stop, others):
                self._end(at, fulfilled=True)
        if self.over and self.running():
            self._end(at)

    def spell(self, index: int) -> Spell:
        """A run with its pauses."""
        run = self.runs[index]
        counts_from = run.began if self.target.retroactive_pause else run.born
        open_ = [] if self.waiting_since is None else [(self.waiting_since, None)]
        cut = [_clipped(pause, counts_from, run.ended) for pause in (*self.pauses, *open_)]
        gaps = [gap for n, gap in self.gaps if n == index]
        return attrs.evolve(run, pauses=tuple(sorted([p for p in cut if p is not None] + gaps, key=lambda p: p[0])))

    def _begin(self, at: datetime, moments: Moments) -> None:
        last = self.runs[-1] if self.runs else None
        if last is not None and last.ended is not None and self._any(self.target.reopen, moments):
            self.gaps.append((len(self.runs) - 1, (last.ended, at)))
            self.runs[-1] = attrs.evolve(last, ended=None, fulfilled=False)
        elif self._any(self.target.start, moments) and (self.target.each or last is None):
            began = at if self.origin is None else self.origin
            self.runs.append(Spell(n=len(self.runs) + 1, began=began, born=at))

    def _end(self, at: datetime, *, fulfilled: bool = False) -> None:
        self.runs[-1] = attrs.evolve(self.runs[-1], ended=at, fulfilled=fulfilled)

    def _wait(self, at: datetime, moments: Moments, *, over: bool) -> None:
        pausing = sum(any_of(self.target.pause, moment) for moment in moments)
        resuming = sum(self._resumes(moment) for moment in moments)
        waits = not over and (self.waiting_since is not None) + pausing - resuming > 0
        if waits and self.waiting_since is None:
            self.waiting_since = at
        elif not waits and self.waiting_since is not None:
            self.pauses.append((self.waiting_since, at))
            self.waiting_since = None

    def _resumes(self, moment: Moment) -> bool:
        if self.target.resume:
            return any_of(self.target.resume, moment)
        return any(moment.kind == pause.kind for pause in self.target.pause) and not any_of(self.target.pause, moment)

    @staticmethod
    def _any(conditions: tuple[On, ...], moments: Iterable[Moment]) -> bool:
        return any(condition.holds(moment) for moment in moments for condition in conditions)


def _clipped(pause: Pause, since: datetime, until: datetime | None) -> Pause | None:
    start, end = max(pause[0], since), pause[1]
    if until is not None:
        end = until if end is None else min(end, until)
    return (start, end) if end is None or start < end else None
