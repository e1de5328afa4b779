"""One run of a timer under the goals and dates that held meanwhile: when it is due, and what came of it."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final, NamedTuple

import attrs

from servicecrm.calendars import BusinessHours, Due, ElapsedTime, Pause, duration
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.shapes import Code
from servicecrm.tracking.explaining import explained
from servicecrm.tracking.spells import Spell
from servicecrm.tracking.stretches import Given, Measure, Stretch, before_and_since
from servicecrm.tracking.targets import Goal, OnChange, Target
from servicecrm.tracking.thresholds import DUE, BornLate, Firing, Threshold, instants, point

__all__ = ["Context", "Timer", "TimerState", "timer"]

_ZERO: Final = timedelta(0)
_INSTANT: Final = timedelta(microseconds=1)


class TimerState(Code):
    """Where a timer stands.

    What is overdue still runs, and is `late`, until it is stopped: then it was missed. A timer without a goal is idle:
    its record has no priority yet, or one for which the house promises nothing.
    """

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Timer:
    """A timer of a record: the n-th instance of a target.

    `elapsed`, `remaining` and `overrun` are counted as the target counts: open time, or all time; without pauses; up to
    now, or to the end. `remaining` is below zero by the overrun. While it is paused nothing is due, unless it was
    before, or is fixed. `late` says that it was overdue at some time, which nothing but a corrected fact undoes.
    `given` says that it is due at a time that somebody gave, and not by a goal. `settled` names the rules under which
    the result of a clock was kept, and `counted` is the same timer by these rules, as far as they are known.
    """

    name: str
    n: int
    state: TimerState
    late: bool
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    elapsed: timedelta
    remaining: timedelta | None
    pauses: tuple[Pause, ...]
    firings: tuple[Firing, ...] = ()
    next_at: datetime | None = None
    goal: Goal | None = None
    due: Due | None = None
    given: bool = False
    settled: str | None = None
    counted: "Callable[[], Timer | None] | None" = attrs.field(default=None, eq=False, repr=False)

    @property
    def overrun(self) -> timedelta:
        """By how much it is overdue, or was at its end."""
        return _ZERO if self.remaining is None else max(_ZERO, -self.remaining)

    @property
    def done(self) -> bool:
        """Has it come to its end?"""
        return self.stopped_at is not None

    @property
    def result(self) -> str | None:
        """`missed` as soon as it is late, `met` or `cancelled` at its end, before that None."""
        if self.late:
            return TimerState.MISSED.value
        return self.state.value if self.done else None

    def explain(self) -> str:
        """Why it is due when it is: the goal, what counts, what pauses cut out of it, holidays, and how it ended."""
        return explained(self)


@attrs.frozen(kw_only=True)
class Context:
    """What the timers of a record share."""

    now: datetime
    calendars: Mapping[str, BusinessHours]
    ratings: tuple[tuple[datetime, str | None], ...]
    type: str | None

    def calendar(self, name: str) -> BusinessHours:
        """The calendar of this name."""
        try:
            return self.calendars[name]
        except KeyError:
            known = ", ".join(sorted(self.calendars)) or "none"
        raise InvalidValue("calendars", f"there is no calendar {name!r}; known: {known}")

    def priority(self, at: datetime) -> str | None:
        """The priority at an instant."""
        n = self._after(at)
        return self.ratings[n - 1][1] if n else None

    def rated_after(self, at: datetime) -> Iterator[tuple[datetime, str | None]]:
        """The priorities that were given after an instant, in order."""
        return (self.ratings[n] for n in range(self._after(at), len(self.ratings)))

    def _after(self, at: datetime) -> int:
        return bisect_right(self.ratings, at, key=itemgetter(0))


def timer(target: Target, spell: Spell, context: Context, *, dates: Iterable[Given] = ()) -> Timer:
    """What a run of a timer comes to."""
    return _Run(target, spell, context, dates).timer()


class _Held(NamedTuple):
    """What held since when: a goal, or a date. Only how it counts is taken from a goal then."""

    since: datetime
    goal: Goal | None
    date: datetime | None = None


class _Run:
    """A run with all that is worked out of it."""

    def __init__(self, target: Target, spell: Spell, context: Context, dates: Iterable[Given]) -> None:
        self.target, self.spell, self.context = target, spell, context
        self.end = spell.ended or context.now
        self.calendar = context.calendar(target.calendar)
        self.course = tuple(self._course(dates))
        over = () if target.fixed_due else spell.pauses
        self.wait = next((pause for pause in spell.pauses if pause[1] is None or pause[1] > self.end), None)
        self.pauses = tuple(pause for pause in over if pause is not self.wait)
        # Up to when a goal ran: a wait that goes on holds it up at its beginning.
        self.reached = self.end if self.wait is None or target.fixed_due else self.wait[0]
        self.held_up = self.wait is not None and not target.fixed_due and self.course[-1].date is None
        self.stretches = tuple(self._stretches())

    def timer(self) -> Timer:
        held = self.course[-1]
        last = None if held.goal is None and held.date is None else self.stretches[-1][1]
        measure = last.measure if last else self._idle_measure()
        firings, next_at = self._fired()
        late = any(firing.threshold.at == DUE and not firing.level for firing in firings)
        return Timer(
            name=self.target.name,
            n=self.spell.n,
            state=self._state(holds=last is not None, late=late),
            late=late,
            started_at=self.spell.began,
            due_at=last.due.at if last and (not self.held_up or last.due.at < last.until) else None,
            stopped_at=self.spell.ended,
            elapsed=measure.spent(self.spell.began, self.end, self.spell.pauses),
            remaining=measure.left(last.until, last.due.at, last.pauses) if last else None,
            pauses=self.spell.pauses,
            firings=firings,
            next_at=next_at if last and self.spell.ended is None else None,
            goal=held.goal,
            due=last.due if last else None,
            given=held.date is not None,
        )

    def _state(self, *, holds: bool, late: bool) -> TimerState:
        if self.spell.ended is not None:
            if late:
                return TimerState.MISSED
            return TimerState.MET if self.spell.fulfilled and holds else TimerState.CANCELLED
        if not holds:
            return TimerState.IDLE
        return TimerState.RUNNING if self.wait is None else TimerState.PAUSED

    # -- goals and dates -------------------------------------------------------------------------

    def _course(self, dates: Iterable[Given]) -> Iterator[_Held]:
        """What held from when on. Once there is a date, only another one changes anything."""
        target, born = self.target, self.spell.born
        first, later = before_and_since(dates, born)
        day = self.spell.began.astimezone(self.calendar.tz()).date()
        goal = target.goal(self.context.priority(born), self.context.type, day)
        held = _Held(self.spell.began, goal, None if first is None else first.at)
        yield held
        dated = first or next(iter(later), None)
        for at, priority in self.context.rated_after(born):
            if not self._within(at) or (dated is not None and at >= dated.since):
                break
            goal = target.goal(priority, self.context.type, day)
            frozen = held.goal is not None and target.on_change is OnChange.FREEZE
            if goal != held.goal and not frozen:
                held = _Held(at, goal)
                yield held
        for date in later:
            if self._within(date.since):
                yield _Held(date.since, held.goal, date.at)

    def _within(self, at: datetime) -> bool:
        """Does what happens then still change anything? While it runs, now is not too late."""
        return at < self.end or (at == self.end and self.spell.ended is None)

    def _stretches(self) -> Iterator[tuple[str, Stretch]]:
        """The stretches in which a goal or a date held, each with what tells it apart."""
        before: Stretch | None = None
        ends = [held.since for held in self.course[1:]]
        for n, (held, until) in enumerate(zip(self.course, [*ends, self.end], strict=True)):
            if held.date is not None:
                yield f"given {held.date.isoformat()}", self._stretch(held, until, self._on(held.date, held.goal), ())
            elif held.goal is not None:
                due = self._due(held.goal, held.since, before)
                before = self._stretch(held, min(until, self.reached), due, self.pauses)
                yield str(n), before

    def _stretch(self, held: _Held, until: datetime, due: Due, pauses: tuple[Pause, ...]) -> Stretch:
        return Stretch(
            began=self.spell.began,
            since=held.since,
            until=until,
            due=due,
            measure=self._measure(held.goal),
            pauses=pauses,
            fulfilled=self.spell.fulfilled or until != self.spell.ended,
        )

    def _measure(self, goal: Goal | None) -> Measure:
        if goal is None:
            return Measure(calendar=self.calendar, business=False)
        calendar = self.calendar if goal.calendar is None else self.context.calendar(goal.calendar)
        return Measure.of(duration(goal.within), calendar)

    def _idle_measure(self) -> Measure:
        """How time counts while no goal holds: as it did under the last one, or would under any."""
        if self.stretches:
            return self.stretches[-1][1].measure
        goals = [Measure.of(duration(goal.within), self.calendar) for goal in self.target.goals]
        return Measure(calendar=self.calendar, business=not goals or any(each.business for each in goals))

    def _on(self, date: datetime, goal: Goal | None) -> Due:
        """Due on a date, whatever is waited for."""
        length = ElapsedTime(seconds=(date - self.spell.began) // timedelta(seconds=1))
        calendar = self._measure(goal).calendar
        return Due(at=date, waiting=_ZERO, begin=self.spell.began, duration=length, pauses=(), calendar=calendar)

    def _due(self, goal: Goal, since: datetime, before: Stretch | None) -> Due:
        measure = self._measure(goal)
        whole = measure.calendar.due(self.spell.began, goal.within, pauses=self.pauses)
        # Of a wait that goes on nobody knows how long it will be: the share is that which was left when it began.
        since = min(since, self.reached)
        if before is None or self.target.on_change is not OnChange.REMAINING_SHARE or before.due.at <= since:
            return whole
        left = before.measure.spent(since, before.due.at, self.pauses)
        total = before.measure.spent(before.began, before.due.at, self.pauses)
        if not total:  # it was due before business began
            return whole
        allowed = measure.spent(self.spell.began, whole.at, self.pauses)
        share = (allowed // _INSTANT) * (left // _INSTANT) // (total // _INSTANT)
        return measure.due(since, share * _INSTANT, self.pauses)

    # -- thresholds ------------------------------------------------------------------------------

    def _fired(self) -> tuple[tuple[Firing, ...], datetime | None]:
        """What was reached, in order, and when something will be next if it runs on."""
        fired: dict[str, None] = {}
        found: list[Firing] = []
        ahead: datetime | None = None
        for goal, stretch in self.stretches:
            reached, ahead = self._reached(goal, stretch)
            # What was reached under an earlier goal happens again only if the new one has put it into the future.
            new = [firing for firing, passed in reached if not (passed and firing.key in fired)]
            found += new
            fired.update(dict.fromkeys(firing.key for firing in new))
        wakes = None if self.wait is None else self.wait[1]
        return tuple(found), min(filter(None, (None if self.held_up else ahead, wakes)), default=None)

    def _reached(self, goal: str, stretch: Stretch) -> tuple[list[tuple[Firing, bool]], datetime | None]:
        """What was reached while a goal held, and whether it had been when it began to hold; and what is next."""
        first = stretch.not_paused(max(stretch.since, self.spell.born))
        reached: list[tuple[datetime, datetime, Firing]] = []
        ahead: list[datetime] = []
        for threshold, level in self.target.points():
            for instant, repeat in self._instants(threshold, stretch):
                when, due = max(instant, first), threshold.at == DUE
                if when > stretch.until or (due and not stretch.misses(instant)):
                    ahead.append(when + _INSTANT if due else when)
                    break
                firing = Firing(
                    timer=self.target.name,
                    n=self.spell.n,
                    threshold=threshold,
                    at=when,
                    due_at=stretch.due.at,
                    goal=goal,
                    calendar=self.target.calendar,
                    repeat=repeat,
                    level=level,
                )
                reached.append((when, instant, firing))
        reached.sort(key=lambda each: each[:2])
        return [(firing, instant <= first) for _, instant, firing in reached], min(ahead, default=None)

    def _instants(self, threshold: Threshold, stretch: Stretch) -> Iterator[tuple[datetime, int]]:
        """When a threshold is reached. What the calendar has no time for is not: the due time itself still is."""
        at = point(threshold.at)
        try:
            for instant, repeat in instants(at, stretch):
                if at.is_warning and instant <= stretch.began and threshold.born_late is BornLate.SKIP:
                    return
                yield instant, repeat
        except NoBusinessTime:
            return
