"""What follows a change, in the same unit: the clock of the record is read again, and whoever has to know is told."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.cases.model import Case, Promise
from servicecrm.complaints.events import ComplaintAnswered, ComplaintClosed, ComplaintReopened
from servicecrm.complaints.model import Complaint
from servicecrm.desk.agreed import agreed_basis
from servicecrm.desk.house import OF_A_RECORD, House
from servicecrm.desk.merged import merged_into
from servicecrm.desk.rules import basis_of
from servicecrm.desk.tracked import TRACKED, Tracked
from servicecrm.errors import NoBusinessTime, NotFound
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import evolve
from servicecrm.notifications import Fact, Party, facts_of, notices, undelivered
from servicecrm.notifications.facts import UNDELIVERABLE
from servicecrm.processes import demand_update, update_due
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import (
    Basis,
    Clock,
    MessageClass,
    Moments,
    RecordEscalated,
    Side,
    TimerMissed,
    TimerWarned,
    clock_id,
    clocks,
)
from servicecrm.tracking.conditions import UNSAID

__all__ = ["SWEEPER", "Following", "clock_of", "told_from"]

logger: logging.Logger = logging.getLogger("servicecrm")

OF_THE_HOUSE: Final = (Party.MANAGER, Party.SUPERVISOR, Party.FOLLOWER)
"""The parties that the house names, and no record."""

ALONE: Final[Mapping[Party, Any]] = dict.fromkeys(OF_THE_HOUSE, ())
"""Nobody else."""

FOR_ALL: Final = (ComplaintAnswered, ComplaintClosed, ComplaintReopened)
"""What everybody is told whose complaint goes on as this one."""

SWEEPER: Final = Actor(id="servicecrm")
"""Whoever happens to look has not done what comes due, so that nobody is left out of the notices."""

NOBODY: Final = ""
"""Who has done what nobody did, such as to let a time pass."""

MESSAGE: Final = "message"
"""The kind of the moments at which something was said."""


def clock_of(work: Work, kind: str, id: str) -> Program[Clock | None]:
    """The clock of a record; None if it has none."""
    try:
        return (yield from work.get(Clock, clock_id(kind, id), held=False))
    except NotFound:
        return None


class Followed(NamedTuple):
    """Decisions with what follows from them, which comes last, and notices."""

    decisions: Sequence[Decision[Any]]
    notices: Sequence[Notice]


class Following:
    """What follows in a unit of work from what somebody does at a time, or did long ago elsewhere."""

    def __init__(self, house: House | None, work: Work, by: Actor, at: datetime, *, elsewhere: bool = False) -> None:
        self._house, self._work, self._by, self._at, self._elsewhere = house, work, by, at, elsewhere

    def followed(self, decisions: Iterable[Decision[Any]]) -> Program[Followed]:
        """Decisions that are about to be saved, with what follows from each."""
        rules: dict[type, Basis] = {}
        every = list(decisions)
        more: list[Decision[Any]] = []
        told: list[Notice] = []
        followed = [(n, TRACKED[cls]) for n, decision in enumerate(every) if (cls := type(decision.after)) in TRACKED]
        ids = [clock_id(tracked.kind.name, every[n].after.id) for n, tracked in followed]
        clocks = yield from self._work.present(Clock, ids, held=False)
        for (n, tracked), id in zip(followed, ids, strict=True):
            decision, record = every[n], every[n].after
            if type(record) not in rules:
                rules[type(record)] = yield from basis_of(self._work, tracked, self._at)
            told += self.notices(tracked, record, decision)
            told += yield from self._told_to_merged(tracked, decision)
            try:
                clock = clocks.get(id)
                basis = yield from agreed_basis(
                    self._work,
                    tracked,
                    record,
                    rules[type(record)],
                    self._at,
                    clock=clock,
                    before=decision.before,
                )
                # Whoever has just done something about it has not dropped the ball.
                read, demanded = (
                    (self.read(tracked, record, clock, basis), None)
                    if _acted(decision)
                    else self.came_due(tracked, record, clock, basis)
                )
            except NoBusinessTime as error:  # a calendar that has run out must not keep anybody from working
                logger.warning("the clock %s cannot be read: %s", id, error)
                continue
            opens = None if read is None else told_from(read)
            if demanded is not None:  # a record is saved once
                every[n] = Decision(decision.before, demanded.after, decision.steps + demanded.steps)
                told += self.notices(tracked, record, demanded, not_before=opens)
            if read is not None:
                more.append(read)
                told += self.notices(tracked, record, read)
        return Followed((*every, *more), told)

    def _told_to_merged(self, tracked: Tracked[Any], decision: Decision[Any]) -> Program[Sequence[Notice]]:
        """Those whose complaints go on as this one are told of its answer and its end, each under their own number."""
        if self._house is None or not any(isinstance(event, FOR_ALL) for event in decision.events):
            return ()
        merged = yield from merged_into(self._work, decision.after)
        of = decision.after.id.replace(":", "%3A")  # it may go on as another one later, at the same revision
        return [
            notice
            for each in merged
            for fact in facts_of(decision, kind=tracked.kind.name, id=each.id, number=each.number)
            for notice in self._told(tracked, evolve(each, handler=None), [evolve(fact, key=f"{fact.key}:{of}")], ALONE)
        ]

    def came_due(
        self, tracked: Tracked[Any], record: Any, clock: Clock | None, basis: Basis
    ) -> tuple[Decision[Clock] | None, Decision[Any] | None]:
        """The clock of a record, read now, and the update that is demanded if something was missed."""
        read = self.read(tracked, record, clock, basis)
        if read is None or not isinstance(record, Case):
            return read, None
        due = update_due(basis, tracked.facts(record), self._at)
        demanded = demand_update(record, read.events, due_at=due, by=SWEEPER, at=self._at)
        if demanded is None:
            return read, None
        return self.read(tracked, demanded.after, clock, basis) or read, demanded

    def read(self, tracked: Tracked[Any], record: Any, clock: Clock | None, basis: Basis) -> Decision[Clock] | None:
        """The clock of a record, started or read again; None if nothing of it changes."""
        facts = tracked.facts(record)
        if not tracked.open(record):  # nobody has it on a list any longer
            facts = attrs.evolve(facts, handler=None)
        absent = () if self._house is None else self._house.deputies

        def people(role: str) -> tuple[str, ...]:
            return self.people(tracked, record, role)

        by, at, quiet = self._by, self._at, self._elsewhere
        if clock is not None:
            return clocks.refresh(clock, facts, basis, by=by, at=at, people=people, absent=absent, quiet=quiet)
        # What came and went elsewhere was in time or late as well.
        if not basis.targets.targets or not (tracked.open(record) or self._elsewhere):
            return None
        kind, id = tracked.kind.name, record.id
        return clocks.start(kind, id, facts, basis, by=by, at=at, people=people, absent=absent, quiet=quiet)

    def notices(
        self, tracked: Tracked[Any], record: Any, decision: Decision[Any], *, not_before: datetime | None = None
    ) -> Iterator[Notice]:
        """Who is told of a decision about a record, after `not_before`, or about its clock."""
        if self._house is None:
            return
        if not isinstance(decision.after, Clock):
            facts = facts_of(decision, kind=tracked.kind.name, **self._new_promise(decision))
            told = filter(None, (_worth_telling(fact, decision) for fact in facts))
            yield from self._told(tracked, record, told, _previous(tracked, decision), not_before=not_before)
            return
        for event in decision.events:
            match event:
                case RecordEscalated():
                    person = () if event.person is None else (event.person,)
                    others = {Party.SUPERVISOR: person or self._reached(tracked, record, event.to)}
                case TimerWarned(quiet=False) | TimerMissed(quiet=False):
                    # Whoever a threshold is addressed to is told as a handler is.
                    people = (person for role in event.to for person in self._reached(tracked, record, role))
                    others = {Party.HANDLER: tuple(people)}
                case _:
                    continue
            fact = _fact_of(event, tracked.kind.name, record)
            yield from self._told(tracked, record, [fact], others, not_before=event.not_before)

    def undelivered(self, notice: Notice) -> Program[Sequence[Notice]]:
        """Who is told that a notice could not be delivered: whoever has its record."""
        fact = undelivered(notice, at=self._at)
        tracked = next((tracked for tracked in TRACKED.values() if tracked.kind.name == notice.kind), None)
        if fact is None or tracked is None or self._house is None:
            return ()
        found = yield from self._work.present(tracked.kind.schema.record, [notice.id])
        return [each for record in found.values() for each in self._told(tracked, record, [fact], {})]

    def _told(
        self,
        tracked: Tracked[Any],
        record: Any,
        facts: Iterable[Fact],
        others: Mapping[Party, Any],
        *,
        not_before: datetime | None = None,
    ) -> Sequence[Notice]:
        house = self._house
        if house is None:
            return ()
        named = {party: house.roles(party, record) for party in OF_THE_HOUSE}
        parties = {**tracked.people(record), **named, **others}
        handler = parties.get(Party.HANDLER)
        if isinstance(handler, str) and handler in house.deputies:  # who is away finds it later; somebody is there now
            parties[Party.HANDLER] = (handler, house.deputies[handler])
        return notices(
            facts,
            house.matrix,
            parties=parties,
            preferences=house.preferences,
            switches=house.switches,
            not_before=not_before,
        )

    def people(self, tracked: Tracked[Any], record: Any, role: str) -> tuple[str, ...]:
        """Who has a role: a party of the record, or whom the house names."""
        person = tracked.people(record).get(Party(role)) if role in tuple(Party) else None
        if person:
            return (person,)
        return () if self._house is None else self._house.roles(role, record)

    def _reached(self, tracked: Tracked[Any], record: Any, role: str) -> tuple[str, ...]:
        """Who hears of what is told to a role. Without anybody it is told to the role: the directory may know it, and
        if not, that is noticed."""
        return self.people(tracked, record, role) or (() if role in OF_A_RECORD else (role,))

    def _new_promise(self, decision: Decision[Any]) -> Mapping[str, Any]:
        """Until when an answer is promised, if that was decided now and lies ahead."""
        before, until = (None if record is None else _promised(record) for record in (decision.before, decision.after))
        return {} if until is None or until == before or until <= self._at else {"promised_by": until}


def told_from(*decisions: Decision[Any]) -> datetime | None:
    """From when on what was missed may be told: nobody is asked for an update before."""
    events = (event for decision in decisions for event in decision.events)
    times = (event.not_before for event in events if isinstance(event, TimerMissed) and not event.quiet)
    return max((time for time in times if time is not None), key=micros, default=None)


def _promised(record: Any) -> datetime | None:
    match record:
        case Complaint():
            return record.promised_by
        case Case(promise=Promise() as promise):
            return promise.until
    return None


def _acted(decision: Decision[Any]) -> bool:
    """Did somebody on our side do something?"""
    return any(moment.side is Side.INSIDE for moment in _new_moments(decision))


def _new_moments(decision: Decision[Any]) -> Moments:
    before = () if decision.before is None else decision.before.moments
    moments: Moments = decision.after.moments[len(before) :]
    return moments


def _worth_telling(fact: Fact, decision: Decision[Any]) -> Fact | None:
    """The fact, unless it is that a machine wrote, or somebody said thanks. A mail that came back reached nobody."""
    if decision.before is None:  # what a part takes over of the whole was said before
        return fact
    said = {moment.code for moment in _new_moments(decision) if moment.kind == MESSAGE}
    if MessageClass.BOUNCE in said:
        return evolve(fact, event=UNDELIVERABLE)
    return None if said & UNSAID else fact


def _previous(tracked: Tracked[Any], decision: Decision[Any]) -> Mapping[Party, str | None]:
    """Who had the record before this decision gave it to somebody else."""
    if decision.before is None:
        return {}
    before, after = (tracked.people(record).get(Party.HANDLER) for record in (decision.before, decision.after))
    return {} if before == after else {Party.PREVIOUS_HANDLER: before}


def _fact_of(event: TimerWarned | TimerMissed | RecordEscalated, kind: str, record: Any) -> Fact:
    level = event.level if isinstance(event, RecordEscalated) else 0
    due = event.due_at
    # What was reached when: however late and however often anybody looks, it is told once.
    reached = (event.timer, event.n, event.threshold, level, due and micros(due), micros(event.occurred_at))
    values = {"timer": event.timer, "threshold": event.threshold, "due_at": due}
    return Fact(
        event=event.type,
        kind=kind,
        id=record.id,
        number=getattr(record, "number", None),
        key=":".join(map(str, (kind, record.id.replace(":", "%3A"), *reached))),
        by=NOBODY,
        at=event.occurred_at,
        values=FrozenMap({name: _plain(value) for name, value in values.items() if value is not None}),
    )


def _plain(value: str | datetime) -> str:
    return value if isinstance(value, str) else value.isoformat()
