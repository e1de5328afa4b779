"""Schedules at the desk: how often customers are met and reviewed, and what is overdue."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple

from servicecrm.calendars import Calendar
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, fetch, saved_with_all, start
from servicecrm.errors import ServiceCRMError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import from_micros
from servicecrm.kernel.shapes import whole
from servicecrm.kernel.years import day_told, later
from servicecrm.processes.missed_review import escalate_missed
from servicecrm.reviews import schedules
from servicecrm.reviews.cadencing import Roll
from servicecrm.reviews.lifecycle import CANCELLED
from servicecrm.reviews.lifecycle import SCHEDULE as LIFECYCLE
from servicecrm.reviews.model import Meeting, ServiceReview
from servicecrm.reviews.monitor import Due, Gathering, dues, next_due, overdue
from servicecrm.reviews.schedule_model import Schedule
from servicecrm.reviews.schema import SCHEDULE
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import DEFAULT_CALENDAR, CalendarBook

__all__ = ["Schedules", "calendar_of", "missed"]

logger: logging.Logger = logging.getLogger("servicecrm")

ZONES: Final = timedelta(days=2)
"""In no zone is today later than so long after today in another one, and the day after it."""


def calendar_of(work: Work, name: str, at: datetime) -> Program[Calendar]:
    """The published calendar of this name that is in force."""
    book = yield from book_of(work, partial(CalendarBook, id=name))
    return book.numbered(book.in_force(at)[0])


class Schedules(Commands[Schedule]):
    """See to it that customers are met and reviewed as often as they should be.

    Source: C084.
    """

    _kind: ClassVar = SCHEDULE
    _actions: ClassVar = schedules
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "started_at")

    def start(
        self,
        occasion: str,
        *,
        customer: str,
        every: str,
        first: date,
        roll: Roll = "as_is",
        owner: str,
        zone: str = "UTC",
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Schedule:
        """Hold something with a customer regularly; gives the schedule with its new id. See `schedules.start`."""
        told: dict[str, Any] = {
            "occasion": occasion,
            "customer": customer,
            "every": every,
            "first": first,
            "roll": roll,
            "owner": owner,
            "zone": zone,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("start", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Schedule]:
            def decide() -> Program[Decided]:
                self._permit(order, "start")
                known = yield from by_id(work, told)
                others = yield from work.find(Schedule, where("customer") == customer, where("occasion") == occasion)
                return schedules.start(id=id, others=others.items, by=order.by, at=order.at, **known)

            return (yield from start(work, Schedule, decide, order))

        return self._desk.perform(program)

    def change(
        self,
        schedule: str,
        every: str,
        *,
        first: date,
        roll: Roll = "as_is",
        owner: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Schedule:
        """Hold it more or less often, from a first day on. See `schedules.change`."""
        told = {"every": every, "first": first, "roll": roll, "owner": owner, "reason": reason}
        return self._do("change", schedule, command, occurred_at=occurred_at, **told)

    def end(
        self,
        schedule: str,
        reason: str | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Schedule:
        """Hold it no longer. See `schedules.end`."""
        return self._do("end", schedule, command, reason=reason, occurred_at=occurred_at)

    def overdue(
        self, *, customer: str | None = None, ahead_days: int = 0, calendar: str = DEFAULT_CALENDAR
    ) -> tuple[Due, ...]:
        """What is overdue, or due within so many days, with one customer or with all. See `reviews.overdue`.

        Raises:
            InvalidValue: so many days lead out of the calendar.
        """
        at = self._desk.clock()
        later("ahead_days", at.date(), ZONES.days + whole("ahead_days", ahead_days))

        def program(work: Work) -> Program[tuple[Due, ...]]:
            mine = () if customer is None else (where("customer") == customer,)
            found = yield from work.find(Schedule, where("open").is_(True), *mine)
            there = yield from _gatherings(work, customer)
            hours = yield from calendar_of(work, calendar, at)
            return overdue(found.items, there, at=at, ahead_days=ahead_days, calendar=hours)

        return self._desk.perform(program, readonly=True)

    def dues(
        self, first: date, end: date, *, occasion: str | None = None, calendar: str = DEFAULT_CALENDAR
    ) -> tuple[Due, ...]:
        """What is due from one day up to and without another: for `reviews.coverage` and `reviews.held_on_time`."""
        begin, until = day_told("first", first), day_told("end", end)

        def program(work: Work) -> Program[tuple[Due, ...]]:
            at = self._desk.clock()
            meant = () if occasion is None else (where("occasion") == occasion,)
            found = yield from work.find(Schedule, *meant)
            there = yield from _gatherings(work, None)
            hours = yield from calendar_of(work, calendar, at)
            return dues(found.items, there, first=begin, end=until, at=at, calendar=hours)

        return self._desk.perform(program, readonly=True)

    def next_due(self, schedule: str, *, calendar: str = DEFAULT_CALENDAR) -> date | None:
        """The first day for which nothing is planned or held yet. See `reviews.next_due`."""

        def program(work: Work) -> Program[date | None]:
            found = yield from fetch(work, SCHEDULE, schedule)
            there = yield from _gatherings(work, found.customer)
            hours = yield from calendar_of(work, calendar, self._desk.clock())
            return next_due(found, there, calendar=hours)

        return self._desk.perform(program, readonly=True)


def missed(work: Work, order: Order) -> Program[Sequence[Decision[ActionItem]]]:
    """An action item for everything that is overdue, opened once; gives what was decided and is saved now.

    A schedule that cannot be read is passed over.
    """
    found = yield from work.find(Schedule, where("open").is_(True))
    if not found.items:
        return ()
    of: dict[str, list[Gathering]] = {}
    for each in (yield from _gatherings(work, None)):
        of.setdefault(each.customer, []).append(each)
    hours = yield from calendar_of(work, DEFAULT_CALENDAR, order.at)
    dues: list[Due] = []
    for schedule in found:
        try:
            dues += overdue([schedule], of.get(schedule.customer, ()), at=order.at, calendar=hours)
        except ServiceCRMError as error:
            logger.warning("it cannot be told what is due by the schedule %s: %s", schedule.id, error)
    dues.sort(key=lambda due: due.due)
    escalate = partial(escalate_missed, dues, by=order.by, at=order.at)
    every = [each.after.id for each in escalate()]
    known = yield from work.present(ActionItem, every, held=False)
    new = len(every) - len(known)
    if not new:
        return ()
    numbers = yield from work.numbers(ActionItem, order.at.year, new)
    decisions = escalate(known=known, numbers=numbers)
    yield from saved_with_all(work, decisions, order)
    return decisions


def _gatherings(work: Work, customer: str | None) -> Program[list[Gathering]]:
    """The meetings and reviews that are for a day of a schedule, but for those that were cancelled.

    There are the more of them the longer customers are met, so that no more is read of each than is looked at.
    """
    meant = [where("due_on") != None, where("state") != CANCELLED]  # noqa: E711
    meant += [] if customer is None else [where("customer") == customer]
    found: list[Gathering] = []
    for record in (Meeting, ServiceReview):
        rows, _ = yield from work.rows(record, _Gathered._fields[:6], *meant)
        found += map(_gathered, rows)
    return found


class _Gathered(NamedTuple):
    id: str
    customer: str
    occasion: str
    due_on: date
    planned_for: datetime
    held_at: datetime | None
    cancelled_at: datetime | None = None


def _gathered(row: Sequence[Any]) -> _Gathered:
    id, customer, occasion, due_on, planned_for, held_at = row
    held = None if held_at is None else from_micros(held_at)
    return _Gathered(id, customer, occasion, date.fromisoformat(due_on), from_micros(planned_for), held)
