"""Keeping the clock of a record: started with it, read again after every change, and whenever something is due.

Reading is idempotent. Whether it is done every minute or once after a month of silence, the same thresholds fire, each
once and in order, at the times at which they were reached.
"""

from collections.abc import Container, Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Final

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, Step, acting, begin, decide, stamp
from servicecrm.kernel.records import field_names
from servicecrm.tracking.clock_events import ClockRefreshed, ClockStarted, RecordEscalated
from servicecrm.tracking.clock_model import Basis, Clock, Escalated, Facts, clock_id
from servicecrm.tracking.clock_reading import ClockReading
from servicecrm.tracking.ladders import Ladder, People, addressee

__all__ = ["escalate", "refresh", "start"]

NOBODY: Final[People] = MappingProxyType({})


def start(
    about_kind: str,
    about: str,
    facts: Facts,
    basis: Basis,
    *,
    by: Actor | str,
    at: datetime,
    people: People = NOBODY,
    absent: Container[str] = (),
    quiet: bool = False,
) -> Decision[Clock]:
    """Give a record its clock, and fire what is due already; see `refresh`.

    Raises:
        InvalidValue: a target needs a calendar that is not there.
        NoBusinessTime: a calendar is not open for as long as a target allows.
    """
    bare = Clock(
        id=clock_id(about_kind, about),
        about_kind=about_kind,
        about=about,
        basis=str(basis),
        policy=basis.policy,
        policy_since=at,
    )
    read = ClockReading(bare, facts, basis, by=acting(by), at=at, people=people, absent=absent, quiet=quiet)
    return _with(begin(read.clock, ClockStarted(**stamp(by, at))), read.events)


def refresh(
    clock: Clock,
    facts: Facts,
    basis: Basis,
    *,
    by: Actor | str,
    at: datetime,
    people: People = NOBODY,
    absent: Container[str] = (),
    quiet: bool = False,
) -> Decision[Clock] | None:
    """Read the clock of a record again, and fire what has come due; None if there is nothing to change.

    To be called in the unit that changes the record, and for every clock whose `next_at` has come, or whose basis is
    no longer the present one. `people` says who has a role, and `absent` who is away, for escalations. What fires while
    it is `quiet` is told to nobody and escalates nothing: it is long past, and comes from elsewhere.

    A result stands, whatever becomes of policies and calendars. Only a fact that was told later and changes what
    happened before leads to another one; what it was before is told by the event.

    Raises:
        InvalidValue: a target needs a calendar that is not there.
        NoBusinessTime: a calendar is not open for as long as a target allows.

    Source: C035, C037, C039.
    """
    read = ClockReading(clock, facts, basis, by=acting(by), at=at, people=people, absent=absent, quiet=quiet)
    changes = {name: value for name in _FIELDS if (value := getattr(read.clock, name)) != getattr(clock, name)}
    if not changes and not read.events:
        return None
    first, *others = read.events or (ClockRefreshed(**stamp(by, at)),)
    return _with(decide(clock, first, **changes), others)


def escalate(
    clock: Clock,
    role: str,
    *,
    timer: str,
    reason: str,
    ladder: Ladder,
    by: Actor | str,
    at: datetime,
    people: People = NOBODY,
    absent: Container[str] = (),
) -> Decision[Clock]:
    """Put a record before a higher role at once, because somebody asks for it. Lower rungs are passed over.

    The ladder is that of a timer. Its last instance has come to this level then, or its first one that is yet to begin.

    Raises:
        PolicyViolation: the role is not on the ladder, or no higher than this timer has come already.
        InvalidValue: there is no reason.

    Source: C039.
    """
    n = max((reading.n for reading in clock.timers if reading.name == timer), default=1)
    levels = {(each.timer, each.n): each for each in clock.escalated}
    level, so_far = ladder.level(role), levels[timer, n].level if (timer, n) in levels else 0
    if level <= so_far:
        raise PolicyViolation("escalate", f"it has come to level {so_far} already, and levels only rise")
    to, person = addressee(ladder, level, people, absent=absent)
    event = RecordEscalated(
        **stamp(by, at), level=ladder.level(to), to=to, person=person, timer=timer, n=n, reason=reason
    )
    levels[timer, n] = Escalated(timer=timer, n=n, level=event.level)
    return decide(clock, event, escalated=tuple(levels[key] for key in sorted(levels)))


_FIELDS: Final = tuple(name for name in field_names(Clock) if name != "revision")


def _with(decision: Decision[Clock], events: Iterable[Event]) -> Decision[Clock]:
    """A decision and more facts, which need no further change."""
    return Decision(decision.before, decision.after, decision.steps + tuple(Step(event, {}) for event in events))
