"""One reading of a clock: which results stand, what has fired since the last one, and what is due next."""

from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import attrs

from servicecrm.calendars import BusinessHours
from servicecrm.errors import NoBusinessTime
from servicecrm.kernel.decisions import Actor, Event, stamp
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.kernel.records import evolve
from servicecrm.tracking.clock_events import (
    RecordEscalated,
    TimerCancelled,
    TimerCorrected,
    TimerMet,
    TimerMissed,
    TimerWarned,
)
from servicecrm.tracking.clock_model import Basis, Clock, Escalated, Facts, Fired
from servicecrm.tracking.conditions import any_of
from servicecrm.tracking.ladders import People, addressee
from servicecrm.tracking.moments import Moment, Moments
from servicecrm.tracking.readings import Reading, reading
from servicecrm.tracking.runs import Timer, TimerState
from servicecrm.tracking.spells import Spell, happened, spells
from servicecrm.tracking.thresholds import DUE, Firing, point

__all__ = ["ClockReading"]


class _Shot(NamedTuple):
    """A firing that is new, and when it may be told; at once if there is no such time."""

    firing: Firing
    not_before: datetime | None
    quiet: bool


class ClockReading:
    """A clock as it is after a reading, and what happened since the last one."""

    def __init__(
        self,
        clock: Clock,
        facts: Facts,
        basis: Basis,
        *,
        by: Actor,
        at: datetime,
        people: People,
        absent: Container[str],
        quiet: bool,
    ) -> None:
        self._old, self._facts, self._basis = clock, facts, basis
        self._by, self._at, self._people, self._absent, self._quiet = by, at, people, absent, quiet
        self._rules = str(basis)
        self._policy_since = clock.policy_since if clock.policy == basis.policy else at
        self._levels = {(each.timer, each.n): each.level for each in clock.escalated}
        self._fired_before = _by_key(clock.fired)
        self._told_before = _told_at(clock.fired)
        self._read = len(facts.moments)
        self._taken_up = frozenset(self._resumptions())
        kept = {each.key: each for each in chain(self._standing(), self._without_target())}
        self._kept = frozenset(kept)
        self._timers = basis.timers(facts, now=at, settled=kept.values())
        self._readings = self._up_to_date(
            kept.get((timer.name, timer.n)) or reading(timer, read=self._read, basis=self._rules)
            for timer in self._timers
        )
        self._shots = tuple(self._new_shots())
        happened = sorted(chain(self._firing_events(), self._result_events()), key=lambda e: micros(e.occurred_at))
        self.events: tuple[Event, ...] = tuple(happened)
        self.clock: Clock = evolve(
            clock,
            handler=facts.handler,
            next_at=self._timers.next_at,
            due_at=self._timers.due_at,
            basis=self._rules,
            policy=basis.policy,
            policy_since=self._policy_since,
            agreed=None if basis.house is None else basis.targets,
            # By their names: in whichever order they were seen to come.
            escalated=tuple(
                Escalated(timer=timer, n=n, level=level) for (timer, n), level in sorted(self._levels.items())
            ),
            fired=clock.fired + tuple(self._fired(shot) for shot in self._shots),
            timers=self._readings,
        )

    # -- results ---------------------------------------------------------------------------------

    def _standing(self) -> Iterator[Reading]:
        """The results that no later fact has changed."""
        earliest = _earliest(self._facts.moments)
        by_today = cache(self._by_today)
        for result in self._old.timers:
            if result.stopped_at is None or result.read is None or result.key in self._taken_up:
                continue
            if earliest[min(result.read, len(earliest) - 1)] > micros(result.stopped_at):
                yield result
            # Both by the rules of today: what differs then are the facts.
            elif by_today(result.read).get(result.key) == by_today(None).get(result.key):
                yield evolve(result, read=max(result.read, self._read))  # so that this is not asked again and again

    def _up_to_date(self, readings: Iterable[Reading]) -> tuple[Reading, ...]:
        """These readings. If they are written anew, all results say how far was read: then they are asked together."""
        found = tuple(readings)
        if found == self._old.timers:
            return found
        return tuple(
            each if each.read is None or each.read >= self._read else evolve(each, read=self._read) for each in found
        )

    def _by_today(self, read: int | None) -> dict[tuple[str, int], Timer]:
        """The timers by what was read so far, or by all that was told."""
        known = attrs.evolve(self._facts, moments=self._facts.moments[:read])
        return {(timer.name, timer.n): timer for timer in self._basis.timers(known, now=self._at)}

    def _resumptions(self) -> Iterator[tuple[str, int]]:
        """Timers that had ended, and that the record's being taken up again since lets go on."""
        targets, moments = self._basis.targets, self._facts.moments
        results: dict[str, list[Reading]] = {}
        for old in self._old.timers:
            if old.read is not None:
                results.setdefault(old.name, []).append(old)
        facts = cache(lambda: happened(moments, from_micros(micros(self._at))))
        for target in targets.targets:
            mine = results.get(target.name, [])
            read = min((old.read for old in mine if old.read is not None), default=self._read)
            if any(self._is_news(m, read) and any_of(target.reopen + targets.reopens, m) for m in moments):
                runs = {run.n: run for run in spells(target, targets, facts())}
                yield from (old.key for old in mine if old.n in runs and self._goes_on(old, runs[old.n]))

    def _goes_on(self, result: Reading, run: Spell) -> bool:
        """Was a run taken up again after it had come to this result?"""
        if result.read is None or result.stopped_at is None:
            return False
        stopped, read = micros(result.stopped_at), result.read
        taken_up = (self._facts.moments[n - 1] for n in run.taken_up)
        return any(micros(m.occurred_at) >= stopped and self._is_news(m, read) for m in taken_up)

    def _is_news(self, moment: Moment, read: int) -> bool:
        """Was it told after so many were, or has its time come since the last reading? It asked to be read then."""
        next_at = self._old.next_at
        return moment.n > read or (next_at is not None and micros(moment.occurred_at) >= micros(next_at))

    def _without_target(self) -> Iterator[Reading]:
        """Timers that ran, or came to nothing, because the house has given up their target."""
        names = {target.name for target in self._basis.targets.targets}
        for old in self._old.timers:
            if old.name not in names and old.read is None:
                state = TimerState.MISSED if old.late else TimerState.CANCELLED
                yield old if old.done else evolve(old, state=state, stopped_at=self._at, basis=self._rules)

    def _result_events(self) -> Iterator[Event]:
        before = {old.key: old for old in self._old.timers if old.key not in self._taken_up}
        missed = {(s.firing.timer, s.firing.n) for s in self._shots if s.firing.threshold.at == DUE}
        for new in self._readings:
            old = before.pop(new.key, None)
            if old is not None and _is_corrected(old, new, told=new.key in missed) and new.key not in self._kept:
                yield self._corrected(old, new)
            elif new.state in _RESULTS and (old is None or not old.done) and _had_a_goal(old, new):
                facts = stamp(self._by, self._at, new.stopped_at)
                yield _RESULTS[new.state](**facts, timer=new.name, n=new.n, due_at=new.due_at)
        yield from (self._corrected(old, None) for old in before.values())

    def _corrected(self, old: Reading, new: Reading | None) -> TimerCorrected:
        return TimerCorrected(
            **stamp(self._by, self._at),
            timer=old.name,
            n=old.n,
            was=old.state,
            was_late=old.late,
            was_due_at=old.due_at,
            was_stopped_at=old.stopped_at,
            state=None if new is None else new.state,
            late=new is not None and new.late,
        )

    # -- thresholds ------------------------------------------------------------------------------

    def _new_shots(self) -> Iterator[_Shot]:
        new = [firing for firing in self._timers.firings if self._is_new(firing)]
        # Of what repeats only the last one is told, if several come at once.
        last = {firing.series: firing for firing in new}
        for firing in new:
            threshold = firing.threshold
            calendar = self._basis.calendars[firing.calendar]
            not_before = None if threshold.urgent else self._next_open(calendar)
            local = (not_before or self._at).astimezone(calendar.tz())
            often = threshold.per_day is not None and self._told_on(local, firing) >= threshold.per_day
            yield _Shot(firing, not_before, quiet=self._quiet or often or firing is not last[firing.series])

    def _is_new(self, firing: Firing) -> bool:
        """Has it not fired yet, or has a changed goal put it into the future again?"""
        same = self._fired_before.get(firing.key)
        if same is None:
            return True
        last = same[-1]
        if any(fired.policy == self._basis.policy and fired.goal == firing.goal for fired in same):
            # A corrected fact may have undone a miss; then the next one is another. A warning was given.
            return firing.at > last.at and not point(firing.threshold.at).is_warning
        return firing.at > (last.at if last.policy == self._basis.policy else self._policy_since)

    def _next_open(self, calendar: BusinessHours) -> datetime | None:
        try:
            return calendar.next_open(self._at)
        except NoBusinessTime:  # rather at any time than never
            return None

    def _told_on(self, local: datetime, firing: Firing) -> int:
        """How often this threshold was told on the day of a local time."""
        told = self._told_before.get(firing.series, ())
        return sum(at.astimezone(local.tzinfo).date() == local.date() for at in told)

    def _fired(self, shot: _Shot) -> Fired:
        firing = shot.firing
        told_at = None if shot.quiet else shot.not_before or self._at
        return Fired(
            series=firing.series,
            key=firing.key,
            policy=self._basis.policy,
            goal=firing.goal,
            at=firing.at,
            told_at=told_at,
        )

    def _firing_events(self) -> Iterator[Event]:
        for firing, not_before, quiet in self._shots:
            facts = stamp(self._by, self._at, firing.at)
            if firing.level:
                if not self._quiet and firing.level > self._levels.get((firing.timer, firing.n), 0):
                    yield self._escalated(firing, not_before)
                continue
            event = TimerMissed if firing.threshold.at == DUE else TimerWarned
            yield event(
                **facts,
                timer=firing.timer,
                n=firing.n,
                threshold=firing.threshold.at,
                due_at=firing.due_at,
                to=firing.threshold.to,
                not_before=not_before,
                quiet=quiet,
            )

    def _escalated(self, firing: Firing, not_before: datetime | None) -> RecordEscalated:
        ladder = next(each.ladder for each in self._basis.targets.targets if each.name == firing.timer)
        assert ladder is not None
        role, person = addressee(ladder, firing.level, self._people, absent=self._absent)
        self._levels[firing.timer, firing.n] = level = ladder.level(role)
        return RecordEscalated(
            **stamp(self._by, self._at, firing.at),
            level=level,
            to=role,
            person=person,
            timer=firing.timer,
            n=firing.n,
            threshold=firing.threshold.at,
            due_at=firing.due_at,
            not_before=not_before,
        )


_RESULTS: Final = {TimerState.MET: TimerMet, TimerState.CANCELLED: TimerCancelled}


def _by_key(fired: tuple[Fired, ...]) -> dict[str, list[Fired]]:
    found: dict[str, list[Fired]] = {}
    for each in fired:
        found.setdefault(each.key, []).append(each)
    return found


def _told_at(fired: tuple[Fired, ...]) -> dict[str, list[datetime]]:
    """When each series was told."""
    found: dict[str, list[datetime]] = {}
    for each in fired:
        if each.told_at is not None:
            found.setdefault(each.series, []).append(each.told_at)
    return found


def _earliest(moments: Moments) -> list[int]:
    """For each moment and for what comes after the last: how far back those from there on reach."""
    found = [micros(datetime.max.replace(tzinfo=UTC))]
    for moment in reversed(moments):
        # To void something is to say something about its time.
        about = moment if moment.voids is None else moments[moment.voids - 1]
        found.append(min(found[-1], micros(about.occurred_at)))
    return found[::-1]


def _had_a_goal(old: Reading | None, new: Reading) -> bool:
    """Was anything promised? What came to nothing without that is not worth a word."""
    return new.due_at is not None or (old is not None and old.state is not TimerState.IDLE)


def _is_corrected(old: Reading, new: Reading, *, told: bool) -> bool:
    """Does another result stand where there was one, is no longer late what was, or late again what no longer was?

    What is late, and was told to be missed just now, needs no other word.
    """
    if old.read is None:
        return old.late != new.late and not (new.late and told)
    return (old.state, old.late, old.started_at, old.due_at, old.stopped_at) != (
        new.state,
        new.late,
        new.started_at,
        new.due_at,
        new.stopped_at,
    )
