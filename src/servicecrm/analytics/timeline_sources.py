"""What is in the timeline of a customer, and what is told of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, Final

import attrs

from servicecrm.agreements.schema import AGREEMENT, VIOLATION
from servicecrm.cases.schema import CASE
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.kernel.kinds import ColumnType, Indexed, Kind, from_micros, micros
from servicecrm.kernel.records import Personal, record
from servicecrm.portfolio import INTERACTION, PROSPECT
from servicecrm.reviews.schema import MEETING, NEED, SERVICE_REVIEW
from servicecrm.surveys.schema import RESPONSE
from servicecrm.tracking.action_schema import ACTION_ITEM

__all__ = ["SOURCES", "Source", "TimelineEntry"]


@record
class TimelineEntry:
    """Something that happened with a customer: a record, when it began, and where it stands now.

    `what` is a code that says more, such as `call`. Of an answer to a survey only the day is known, which counts from
    its midnight in UTC, and nothing of what was answered is told.
    """

    kind: str
    id: str
    at: datetime
    number: str | None = None
    title: Personal[str] | None = None
    what: str | None = None
    state: str | None = None


@attrs.frozen(kw_only=True)
class Source:
    """A kind of record that is in a timeline: whose it is, when it began, and what is told of it."""

    kind: Kind[Any]
    at: str
    """The column, an instant or a day."""
    whose: str = "customer"
    title: Callable[[Any], str | None] = lambda _: None
    what: Callable[[Any], str | None] = lambda _: None
    causes: bool = False
    """Do actions follow from it?"""

    def entry(self, of: Any, at: int) -> TimelineEntry:
        """What is told of a record."""
        return TimelineEntry(
            kind=self.kind.name,
            id=of.id,
            at=from_micros(at),
            number=getattr(of, "number", None),
            title=self.title(of),
            what=self.what(of),
            state=getattr(of, "state", None),
        )

    @property
    def ordered(self) -> bool:
        """Is there an index that has the records of a customer in the order of time?"""
        return (self.whose, self.at) in self.kind.indexes

    @property
    def daily(self) -> bool:
        """Is only the day known?"""
        return self.kind.column(self.at).type is ColumnType.DATE

    def instant(self, value: Indexed) -> int:
        """When that is, in microseconds."""
        if self.daily:
            return micros(datetime.combine(date.fromisoformat(str(value)), time(), UTC))
        return int(value or 0)

    def stored(self, at: int) -> Indexed:
        """The value of the column at an instant, or on its day."""
        return from_micros(at).date().isoformat() if self.daily else at


SOURCES: Final = (
    Source(
        kind=INTERACTION,
        at="occurred_at",
        title=lambda interaction: interaction.subject,
        what=lambda interaction: interaction.kind.value,
    ),
    Source(
        kind=COMPLAINT,
        at="received_at",
        title=lambda complaint: complaint.subject,
        what=lambda complaint: complaint.feedback.value,
        causes=True,
    ),
    Source(
        kind=CASE,
        at="received_at",
        whose="requester",
        title=lambda case: case.subject,
        what=lambda case: case.request_type,
        causes=True,
    ),
    Source(kind=ACTION_ITEM, at="opened_at", whose="source", title=lambda action: action.title),
    Source(kind=AGREEMENT, at="signed_at", title=lambda agreement: agreement.title, causes=True),
    Source(kind=VIOLATION, at="found_at", title=lambda violation: violation.target, causes=True),
    Source(kind=MEETING, at="held_at", title=lambda meeting: meeting.title, causes=True),
    Source(kind=SERVICE_REVIEW, at="held_at", title=lambda review: review.title, causes=True),
    Source(kind=NEED, at="captured_at", title=lambda need: need.text, causes=True),
    Source(kind=RESPONSE, at="day", what=lambda response: response.extent.value),
    Source(kind=PROSPECT, at="added_at", title=lambda prospect: prospect.name),
)
"""What is in a timeline. Of two that began at the same instant, the one that stands here first comes first.

An agreement is in it from its signature on, a meeting once it was held. An answer that is anonymous is not: nothing
says whose it is.
"""
