"""What is stored of the timers of a record, and what they are read from."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, NewType

import attrs

from servicecrm.calendars import BusinessHours, Calendar, CombinedCalendar
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.moments import Moments
from servicecrm.tracking.readings import Reading, reading
from servicecrm.tracking.runs import Timer
from servicecrm.tracking.stretches import Dates
from servicecrm.tracking.targets import Targets
from servicecrm.tracking.timing import Timers, timers

__all__ = ["AGREED", "Basis", "Clock", "ClockId", "Escalated", "Facts", "Fired", "clock_id"]

ClockId = NewType("ClockId", str)


def clock_id(about_kind: str, about: str) -> ClockId:
    """The id of the clock of a record: there is one for each."""
    return ClockId(f"{about_kind}:{about}")


AGREED: Final = "; agreed "
"""Begins what the name of a basis says of a record whose customer was promised something else."""


@record
class Fired:
    """A threshold that was reached, under which policy and goal, and when it was told if it was.

    `key` is its series and, of what repeats, the number of the repetition.
    """

    series: str
    key: str
    policy: int
    goal: str
    at: datetime
    told_at: datetime | None = None


@record
class Escalated:
    """How far an instance of a timer has come on its ladder. It only rises; another instance starts at the bottom."""

    timer: str
    n: int
    level: int


@record
class Clock:
    """The timers of a record as they were last read: an index to find what is due by, and never the truth itself.

    `next_at` is when something is reached next, and `due_at` the first due time of what still runs. `basis` names the
    rules that both follow from; where it is not the present one the clock has to be read again. `policy` is the number
    of the policy, in force for this record since `policy_since`. `agreed` are the targets that an agreement gives this
    record instead of those of its kind.
    """

    id: ClockId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    about_kind: str
    about: str
    handler: str | None = None
    next_at: datetime | None = None
    due_at: datetime | None = None
    basis: str
    policy: int
    policy_since: datetime
    agreed: Targets | None = attrs.field(default=None, repr=False)
    escalated: tuple[Escalated, ...] = ()
    fired: tuple[Fired, ...] = attrs.field(default=(), repr=False)
    timers: tuple[Reading, ...] = attrs.field(default=(), repr=False)

    @property
    def level(self) -> int:
        """How far the record was escalated: the highest level that any of its timers came to."""
        return max((each.level for each in self.escalated), default=0)

    @property
    def results(self) -> tuple[Reading, ...]:
        """The results that stand, whatever the rules of today would make of them."""
        return tuple(reading for reading in self.timers if reading.done)


@attrs.frozen(kw_only=True)
class Facts:
    """What a record tells its clock. `given` are the dates that were fixed by hand, by the names of timers."""

    moments: Moments
    handler: str | None = None
    priority: str | None = None
    type: str | None = None
    given: Mapping[str, Dates] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Basis:
    """The rules by which a clock is read: the targets of a policy, the calendars, and the version of the time zones.

    `promises` counts the versions of what the house promises to everybody. `house` are the rules from which these
    differ by what was agreed for one record.
    """

    targets: Targets
    calendars: Mapping[str, BusinessHours]
    policy: int = 0
    promises: int = 0
    zones: str = ""
    house: "Basis | None" = None

    def __str__(self) -> str:
        if self.house is not None:
            own = (calendar for name, calendar in self.calendars.items() if name not in self.house.calendars)
            return f"{self.house}{AGREED}{_named(own) or 'times'}"
        promises = f"; promises {self.promises}" if self.promises else ""
        zones = f"; zones {self.zones}" if self.zones else ""
        return f"policy {self.policy}{promises}; {_named(self.calendars.values()) or 'no calendar'}{zones}"

    def agreeing(self, targets: Targets, calendars: Mapping[str, BusinessHours]) -> "Basis":
        """These rules with the targets that were agreed for one record, and the calendars that they name."""
        return attrs.evolve(self, targets=targets, calendars={**self.calendars, **calendars}, house=self)

    def timers(
        self,
        facts: Facts,
        *,
        now: datetime,
        settled: Iterable[Reading] = (),
        earlier: Mapping[str, "Basis"] = MappingProxyType({}),
    ) -> Timers:
        """The timers of a record by these rules; see `timers`.

        `earlier` are other rules by their names: a result that was kept under them is explained by them.
        """
        return timers(
            facts.moments,
            self.targets,
            self.calendars,
            now=now,
            priority=facts.priority,
            type=facts.type,
            given=facts.given,
            settled=settled,
            counted=partial(_counted, facts=facts, now=now, today=self, earlier=earlier),
        )


def _counted(kept: Reading, *, facts: Facts, now: datetime, today: Basis, earlier: Mapping[str, Basis]) -> Timer | None:
    """The timer of a result by the rules under which it was kept, if they are there and it comes out the same."""
    if kept.read is None or kept.basis is None:
        return None
    rules = today if kept.basis == str(today) else earlier.get(kept.basis)
    found = () if rules is None else rules.timers(facts, now=now)
    return next((timer for timer in found if reading(timer, read=kept.read, basis=kept.basis) == kept), None)


def _named(calendars: Iterable[BusinessHours]) -> str:
    return ", ".join(sorted({version for calendar in calendars for version in _versions(calendar)}))


def _versions(calendar: BusinessHours) -> Iterable[str]:
    if isinstance(calendar, Calendar):
        yield f"{calendar.id}@{calendar.version}"
    elif isinstance(calendar, CombinedCalendar):
        for part in calendar.parts:
            yield from _versions(part)
