"""What is due with which customer, and what of it was not done in time."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, Protocol

from servicecrm.calendars import BusinessHours
from servicecrm.kernel.kinds import micros
from servicecrm.reviews.cadencing import begins, day_of
from servicecrm.reviews.codes import DueStatus
from servicecrm.reviews.schedule_model import Schedule

__all__ = ["Due", "Gathering", "dues", "next_due", "overdue"]

_DAY: Final = timedelta(days=1)


class Gathering(Protocol):
    """What has to be known of a meeting or a review."""

    @property
    def id(self) -> str: ...
    @property
    def customer(self) -> str: ...
    @property
    def occasion(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def planned_for(self) -> datetime: ...
    @property
    def held_at(self) -> datetime | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...


class Due(NamedTuple):
    """Something that is due with a customer on a day, and how it stands with it.

    `record` is the meeting or the review that is planned or held for it. `days_late` counts whole days after that day.
    """

    schedule: str
    customer: str
    occasion: str
    owner: str
    due: date
    status: DueStatus
    days_late: int
    record: str | None = None
    planned_for: datetime | None = None


def dues(
    schedules: Iterable[Schedule],
    gatherings: Iterable[Gathering],
    *,
    first: date,
    end: date,
    at: datetime,
    calendar: BusinessHours | None = None,
) -> tuple[Due, ...]:
    """What is due from one day up to and without another, in the order of the days.

    A meeting or a review is for the day that it names as `due_on`; one that was cancelled does not count.

    Raises:
        InvalidValue: a cadence is moved to business days, and there is no calendar.

    Source: C084.
    """
    taken: dict[tuple[str, str], dict[date, Gathering]] = {}
    for each in gatherings:
        if each.due_on is not None and each.cancelled_at is None:
            of = taken.setdefault((each.customer, each.occasion), {})
            of[each.due_on] = _better(of.get(each.due_on), each)
    found: list[Due] = []
    for schedule in schedules:
        days = schedule.days(first, end, calendar=calendar)
        found += _dues(schedule, taken.get((schedule.customer, schedule.occasion), {}), days, at)
    return tuple(sorted(found, key=lambda each: (each.due, each.customer, each.occasion)))


def overdue(
    schedules: Iterable[Schedule],
    gatherings: Iterable[Gathering],
    *,
    at: datetime,
    ahead_days: int = 0,
    calendar: BusinessHours | None = None,
) -> tuple[Due, ...]:
    """What is overdue, or due within so many days, and not yet held; what has been due for the longest comes first.

    A schedule that has ended asks for nothing any more.

    Source: C084.
    """
    every = [each for each in schedules if each.ended_at is None]
    if not every:
        return ()
    first = min(begins(schedule.cadences) for schedule in every)
    todays: dict[str, date] = {schedule.id: day_of(at, schedule.zone) for schedule in every}
    last = max(todays.values()) + ahead_days * _DAY
    found = dues(every, gatherings, first=first, end=last + _DAY, at=at, calendar=calendar)
    return tuple(
        each for each in found if each.status in _OPEN and each.due <= todays[each.schedule] + ahead_days * _DAY
    )


def next_due(
    schedule: Schedule, gatherings: Iterable[Gathering], *, calendar: BusinessHours | None = None
) -> date | None:
    """The first day after those for which something is planned or held; None if nothing is due any more.

    Source: C084.
    """
    days = [
        each.due_on
        for each in gatherings
        if each.due_on is not None
        and each.cancelled_at is None
        and (each.customer, each.occasion) == (schedule.customer, schedule.occasion)
    ]
    return schedule.next_after(max(days, default=None), calendar=calendar)


_OPEN: Final = frozenset({DueStatus.OVERDUE, DueStatus.PLANNED, DueStatus.UPCOMING})


def _dues(schedule: Schedule, taken: dict[date, Gathering], days: Iterable[date], at: datetime) -> Iterator[Due]:
    last_held = max((day for day, each in taken.items() if each.held_at is not None), default=date.min)
    for due in days:
        each = taken.get(due)
        held = None if each is None else each.held_at
        late = max(0, (day_of(at if held is None else held, schedule.zone) - due).days)
        if held is not None:
            status = DueStatus.HELD_LATE if late else DueStatus.HELD
        elif due < last_held:
            status = DueStatus.MISSED
        elif late:
            status = DueStatus.OVERDUE
        else:
            status = DueStatus.UPCOMING if each is None else DueStatus.PLANNED
        yield Due(
            schedule=schedule.id,
            customer=schedule.customer,
            occasion=schedule.occasion,
            owner=schedule.owner,
            due=due,
            status=status,
            days_late=late,
            record=None if each is None else each.id,
            planned_for=None if each is None else each.planned_for,
        )


def _better(one: Gathering | None, other: Gathering) -> Gathering:
    """Of two for the same day the one that was held first, or else the one that is planned first."""
    if one is None:
        return other
    return min(one, other, key=lambda each: (each.held_at is None, micros(each.held_at or each.planned_for)))
