"""What happened to a schedule or a regular report."""

from datetime import date

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "ReportAmended",
    "ReportDelivered",
    "ReportEnded",
    "ReportProduced",
    "ReportSpecified",
    "ScheduleChanged",
    "ScheduleEnded",
    "ScheduleStarted",
]


@record
class ScheduleStarted(Event):
    """Something is held with a customer regularly."""

    type = "review_schedule.started"


@record
class ScheduleChanged(Event):
    """It is held more or less often than before."""

    type = "review_schedule.changed"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ScheduleEnded(Event):
    """It is not held regularly any more."""

    type = "review_schedule.ended"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ReportSpecified(Event):
    """A regular report was specified."""

    type = "report_spec.specified"


@record
class ReportAmended(Event):
    """What the report is to be was changed."""

    type = "report_spec.amended"


@record
class ReportProduced(Event):
    """The report for a day was made."""

    type = "report_spec.produced"
    due_on: date


@record
class ReportDelivered(Event):
    """The report for a day was passed on to its readers."""

    type = "report_spec.delivered"
    due_on: date


@record
class ReportEnded(Event):
    """The report is not made any more."""

    type = "report_spec.ended"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
