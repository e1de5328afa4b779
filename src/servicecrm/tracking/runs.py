"""One run of a timer under the goals that held meanwhile: when it is due, what it reached, and what came of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from servicecrm.calendars import BusinessHours, Due, ElapsedTime, Pause, duration
from servicecrm.errors import InvalidValue, NoBusinessTime
from servicecrm.kernel.shapes import Code
from servicecrm.tracking.explaining import explained
from servicecrm.tracking.spells import Spell
from servicecrm.tracking.stretches import Measure, Stretch
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
    `settled` names the rules under which the result of a clock was kept.
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
    settled: str | None = None

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
        """Why it is due when it is: the goal, the open spans that count, what pauses cut out of them, and holidays."""
        head = f"{self.name} {self.n}: {self.state}{' (late)' if self.late and not self.done else ''}"
        if self.settled is not None:
            return f"{head}\nsettled under {self.settled}"
        if self.due is None:
            return f"{head}\nno goal holds for this record, so nothing is due"
        return f"{head}\n{explained(self.due, paused=self.due_at is None)}"


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
        return next((code for since, code in reversed(self.ratings) if since <= at), None)


def timer(target: Target, spell: Spell, context: Context, *, given: datetime | None) -> Timer:
    """What a run of a timer comes to."""
    return _Run(target, spell, context, given).timer()


class _Run:
    """A run with all that is worked out of it."""

    def __init__(self, target: Target, spell: Spell, context: Context, given: datetime | None) -> None:
        self.target, self.spell, self.context = target, spell, context
        self.given = None if given is None else given.astimezone(UTC)
        self.fixed = target.fixed_due or given is not None
        self.paused_since = next((since for since, until in spell.pauses if until is None), None)
        self.end = spell.ended or context.now
        # Up to when it ran: a pause that goes on holds it up at its beginning.
        self.held_up = self.paused_since is not None and not self.fixed
        self.reached = self.paused_since if self.paused_since and self.held_up else self.end
        self.pauses = () if self.fixed else tuple(pause for pause in spell.pauses if pause[1] is not None)
        self.calendar = context.calendar(target.calendar)
        self.course = tuple(self._course())
        self.stretches = tuple(self._stretches())

    def timer(self) -> Timer:
        goal = self.course[-1][1]
        last = self.stretches[-1][1] if self.stretches and (goal or self.given) else None
        measure = last.measure if last else Measure(calendar=self.calendar, business=True)
        firings, next_at = self._fired()
        late = any(firing.threshold.at == DUE and not firing.level for firing in firings)
        state = self._state(holds=last is not None, late=late)
        return Timer(
            name=self.target.name,
            n=self.spell.n,
            state=state,
            late=late,
            started_at=self.spell.began,
            due_at=last.due.at if last and (not self.held_up or last.due.at < self.reached) else None,
            stopped_at=self.spell.ended,
            elapsed=measure.spent(self.spell.began, self.end, self.spell.pauses),
            remaining=measure.left(self.reached, last.due.at, self.pauses) if last else None,
            pauses=self.spell.pauses,
            firings=firings,
            next_at=next_at if last and self.spell.ended is None and not self.held_up else None,
            goal=goal,
            due=last.due if last else None,
        )

    def _state(self, *, holds: bool, late: bool) -> TimerState:
        if self.spell.ended is not None:
            if late:
                return TimerState.MISSED
            return TimerState.MET if self.spell.fulfilled and holds else TimerState.CANCELLED
        if not holds:
            return TimerState.IDLE
        return TimerState.RUNNING if self.paused_since is None else TimerState.PAUSED

    # -- goals -----------------------------------------------------------------------------------

    def _course(self) -> Iterator[tuple[datetime, Goal | None]]:
        """Which goal held from when on."""
        day = self.spell.began.astimezone(self.calendar.tz()).date()
        held = self.target.goal(self.context.priority(self.spell.born), self.context.type, day)
        yield self.spell.began, held
        for at, priority in self.context.ratings:
            if self.spell.born < at < self.end:
                goal = self.target.goal(priority, self.context.type, day)
                frozen = held is not None and self.target.on_change is OnChange.FREEZE
                if goal != held and not frozen:
                    yield at, goal
                    held = goal

    def _stretches(self) -> Iterator[tuple[str, Stretch]]:
        """The stretches in which a goal held, each with what tells it apart."""
        if self.given is not None:
            # Only how it counts is taken from a goal.
            goal = self.course[-1][1]
            measure = self._measure(goal)
            length = ElapsedTime(seconds=(self.given - self.spell.began) // timedelta(seconds=1))
            due = Due(
                at=self.given, waiting=_ZERO, begin=self.spell.began, duration=length, pauses=(), calendar=self.calendar
            )
            yield f"given {self.given.isoformat()}", self._stretch(self.spell.began, self.reached, due, measure)
            return
        before: Stretch | None = None
        ends = [at for at, _ in self.course[1:]]
        for n, ((since, goal), until) in enumerate(zip(self.course, [*ends, self.reached], strict=True)):
            if goal is not None:
                measure = self._measure(goal)
                due = self._due(goal, measure, since, before)
                before = self._stretch(since, min(until, self.reached), due, measure)
                yield str(n), before

    def _stretch(self, since: datetime, until: datetime, due: Due, measure: Measure) -> Stretch:
        return Stretch(
            began=self.spell.began,
            since=since,
            until=until,
            due=due,
            measure=measure,
            pauses=self.pauses,
            fulfilled=self.spell.fulfilled or until != self.spell.ended,
        )

    def _measure(self, goal: Goal | None) -> Measure:
        if goal is None:
            return Measure(calendar=self.calendar, business=False)
        calendar = self.calendar if goal.calendar is None else self.context.calendar(goal.calendar)
        return Measure.of(duration(goal.within), calendar)

    def _due(self, goal: Goal, measure: Measure, since: datetime, before: Stretch | None) -> Due:
        whole = measure.calendar.due(self.spell.began, goal.within, pauses=self.pauses)
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
        return tuple(found), ahead

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
