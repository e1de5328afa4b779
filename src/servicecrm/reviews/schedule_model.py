"""What a schedule is: how often something is held with a customer."""

from datetime import date, datetime
from typing import NewType

import attrs

from servicecrm.calendars import BusinessHours, Cadence
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.reviews.cadencing import check_cadences, due_days, next_due

__all__ = ["Schedule", "ScheduleId"]

ScheduleId = NewType("ScheduleId", str)


@record
class Schedule:
    """How often something is held with a customer. `owner` sees to it that it is.

    Each of the `cadences` holds from its start until the next one starts. Days are days in the `zone`; on `ended_on`
    nothing is due any more.

    Raises:
        InvalidValue: there is no cadence, one counts from when it was done last, or the zone is unknown.

    Source: C084; FitSM PR7, reviews at planned intervals.
    """

    id: ScheduleId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    occasion: str = attrs.field(validator=filled)
    owner: str = attrs.field(validator=filled)
    cadences: tuple[Cadence, ...]
    zone: str = "UTC"
    started_at: datetime
    ended_at: datetime | None = None
    ended_on: date | None = None
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        check_cadences("Schedule.cadences", self.cadences, self.zone)

    def days(self, first: date, end: date, *, calendar: BusinessHours | None = None) -> tuple[date, ...]:
        """The days on which it is due, from one day up to and without another."""
        return due_days(self.cadences, first, end, ended_on=self.ended_on, calendar=calendar)

    def next_after(self, day: date | None, *, calendar: BusinessHours | None = None) -> date | None:
        """The first day after this one on which it is due, or the very first; None if it never is again."""
        return next_due(self.cadences, day, ended_on=self.ended_on, calendar=calendar)
