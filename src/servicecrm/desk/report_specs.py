"""Regular reports at the desk: specified, made, passed on, and missed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, start
from servicecrm.desk.review_schedules import calendar_of
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.kernel.years import day_told, later
from servicecrm.reviews import report_specs
from servicecrm.reviews.cadencing import Roll
from servicecrm.reviews.lifecycle import REPORT_SPEC as LIFECYCLE
from servicecrm.reviews.report_model import ReportSpec
from servicecrm.reviews.report_specs import DueReport, ReportDetails
from servicecrm.reviews.schema import REPORT_SPEC
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.books import DEFAULT_CALENDAR

__all__ = ["ReportSpecs"]


class ReportSpecs(Commands[ReportSpec]):
    """Say which reports there are, and see to it that they are made.

    Source: C089.
    """

    _kind: ClassVar = REPORT_SPEC
    _actions: ClassVar = report_specs
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "specified_at")

    def specify(
        self,
        name: str,
        *,
        purpose: str,
        audience: Iterable[str],
        every: str,
        first: date,
        roll: Roll = "as_is",
        content: Iterable[str],
        format: str,
        delivery: str,
        owner: str | None = None,
        customer: str | None = None,
        zone: str = "UTC",
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ReportSpec:
        """Say what a regular report is; gives it with its new id and number. See `report_specs.specify`.

        Without an `owner` it is whoever specifies it.
        """
        told: dict[str, Any] = {
            "name": name,
            "purpose": purpose,
            "audience": several("audience", audience),
            "every": every,
            "first": first,
            "roll": roll,
            "content": several("content", content),
            "format": format,
            "delivery": delivery,
            "owner": owner,
            "customer": customer,
            "zone": zone,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("specify", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[ReportSpec]:
            def decide() -> Program[Decided]:
                self._permit(order, "specify")
                known = yield from by_id(work, told)
                number = yield from work.number(ReportSpec, order.at.year)
                given = {**known, "owner": owner or order.by.id}
                return report_specs.specify(id=id, number=number, by=order.by, at=order.at, **given)

            return (yield from start(work, ReportSpec, decide, order))

        return self._desk.perform(program)

    def amend(
        self,
        spec: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[ReportDetails],
    ) -> ReportSpec:
        """Change what a report is to be; what was due before stays due. See `report_specs.amend`."""
        return self._do("amend", spec, command, occurred_at=occurred_at, **details)

    def produce(
        self,
        spec: str,
        due_on: date,
        *,
        cut_off: datetime,
        digest: str,
        document: Attachment | None = None,
        calendar: str = DEFAULT_CALENDAR,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ReportSpec:
        """Keep that the report for a day was made. See `report_specs.produce`.

        Raises:
            InvalidValue: the day or the cut-off leads out of the calendar.
        """

        def more(work: Work, _: ReportSpec, order: Order) -> Program[Mapping[str, Any]]:
            later("due_on", due_on, 1)
            return {"calendar": (yield from calendar_of(work, calendar, order.at))}

        told: dict[str, Any] = {"due_on": due_on, "cut_off": cut_off, "digest": digest, "document": document}
        asked = {**told, "calendar": calendar}
        return self._do("produce", spec, command, more=more, asked=asked, occurred_at=occurred_at, **told)

    def deliver(
        self,
        spec: str,
        due_on: date,
        to: Iterable[str] | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ReportSpec:
        """Keep that the report for a day was passed on. See `report_specs.deliver`."""
        people = None if to is None else several("to", to)
        return self._do("deliver", spec, command, due_on=due_on, to=people, occurred_at=occurred_at)

    def end(
        self,
        spec: str,
        reason: str | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ReportSpec:
        """Make a report no longer; those that were made are kept. See `report_specs.end`."""
        return self._do("end", spec, command, reason=reason, occurred_at=occurred_at)

    def due(self, first: date, end: date, *, calendar: str = DEFAULT_CALENDAR) -> tuple[DueReport, ...]:
        """The reports that are due from one day up to and without another. See `reviews.due_reports`."""
        begin, until = day_told("first", first), day_told("end", end)

        def program(work: Work) -> Program[tuple[DueReport, ...]]:
            at = self._desk.clock()
            hours = yield from calendar_of(work, calendar, at)
            specs = yield from work.find(ReportSpec)
            return report_specs.due_reports(specs.items, begin, until, at=at, calendar=hours)

        return self._desk.perform(program, readonly=True)
