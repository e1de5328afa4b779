"""How often customers are met and reviewed: a schedule for each customer and occasion.

Everything that can be done with a schedule: pure commands, each giving a decision to save.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from servicecrm.calendars import Cadence
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.reviews.cadencing import Roll, day_of, with_cadence
from servicecrm.reviews.lifecycle import CHANGE, END
from servicecrm.reviews.lifecycle import SCHEDULE as LIFECYCLE
from servicecrm.reviews.schedule_events import ScheduleChanged, ScheduleEnded, ScheduleStarted
from servicecrm.reviews.schedule_model import Schedule, ScheduleId

__all__ = ["LIFECYCLE", "change", "end", "start"]


def start(
    occasion: str,
    *,
    id: str,
    customer: str,
    every: str,
    first: date,
    roll: Roll = "as_is",
    owner: str,
    zone: str = "UTC",
    others: Iterable[Schedule] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Schedule]:
    """Hold something with a customer regularly, from a first day on: `every="quarter"`, written as a `Cadence` has it.

    `others` are the schedules that the customer has.

    Raises:
        InvalidValue: a text is blank, `every` has another form, or the zone is unknown.
        PolicyViolation: one of the others is for the same.

    Source: C084; FitSM PR7, reviews at planned intervals.
    """
    event = ScheduleStarted(**stamp(by, at, occurred_at))
    schedule = Schedule(
        id=ScheduleId(id),
        state=LIFECYCLE.initial,
        customer=customer,
        occasion=occasion,
        owner=owner,
        cadences=(Cadence(every=every, start=first, roll=roll),),
        zone=zone,
        started_at=event.occurred_at,
        extra=FrozenMap(extra),
    )
    rivals = ((each.customer, each.occasion) for each in others if each.state == LIFECYCLE.initial)
    if (customer, occasion) in rivals:
        raise PolicyViolation("schedule", "the customer has a schedule for it; change that one")
    return begin(schedule, event)


def change(
    schedule: Schedule,
    every: str,
    *,
    first: date,
    roll: Roll = "as_is",
    owner: str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Schedule]:
    """Hold it more or less often, from a first day on, as when the customer gets into another class.

    What was due before stays due.

    Raises:
        TransitionNotAllowed: it has ended.
        InvalidValue: `every` has another form.
        PolicyViolation: the first day lies in the past.

    Source: C084.
    """
    event = ScheduleChanged(**stamp(by, at, occurred_at), reason=reason)
    new = Cadence(every=every, start=first, roll=roll)
    cadences = with_cadence(schedule.cadences, new, event, schedule.zone)
    return LIFECYCLE.move(schedule, CHANGE, event, cadences=cadences, owner=schedule.owner if owner is None else owner)


def end(
    schedule: Schedule,
    reason: str | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Schedule]:
    """Hold it no longer. From this day on nothing is due; what was due before still counts, but is not asked for.

    Raises:
        TransitionNotAllowed: it has ended.
    """
    event = ScheduleEnded(**stamp(by, at, occurred_at), reason=reason)
    day = day_of(event.occurred_at, schedule.zone)
    return LIFECYCLE.move(schedule, END, event, ended_at=event.occurred_at, ended_on=day)
