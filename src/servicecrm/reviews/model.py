"""What a meeting with a customer is, and what a review of its services is."""

from datetime import date, datetime
from typing import Final, NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Attachment, Period
from servicecrm.measures.kpis import kpi_period
from servicecrm.reviews.data_pack import DataPack
from servicecrm.reviews.parts import Addendum, Attendee, Resolution, Topic
from servicecrm.tracking.signatures import Signature, signed_digest

__all__ = ["Followed", "Meeting", "MeetingId", "ServiceReview", "ServiceReviewId"]

MeetingId = NewType("MeetingId", str)
ServiceReviewId = NewType("ServiceReviewId", str)

MINUTES: Final = ("customer", "title", "place", "held_at", "attendees", "topics", "resolutions", "next_on")
"""What both sides approve."""

REPORT: Final = (
    *("customer", "services", "period", "zone", "held_at", "attendees", "pack", "followed", "exceptional"),
    *("customer_view", "provider_view", "resolutions", "next_on"),
)
"""What a report says."""


@record
class Meeting:
    """A meeting with a customer, and its minutes.

    Customers and people are opaque ids of the host. `occasion` is what it is held for, such as `meeting` or a word of
    the house, and `due_on` the day on which that is due by a schedule: it stays as it is when the meeting is put off.
    `topics`, `resolutions` and `next_on` are what the minutes say. `approvals` are of the minutes as they are now.
    `policy` is the number of the house rules that it was planned under, 0 for those that are shipped.

    Raises:
        InvalidValue: it ends before it begins.

    Source: C085; YaSM SP3.5 and its meeting minutes.
    """

    id: MeetingId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    occasion: str = attrs.field(default="meeting", validator=filled)
    title: Personal[str] = attrs.field(validator=filled)
    place: Personal[str] | None = attrs.field(default=None, validator=filled)
    organizer: str = attrs.field(validator=filled)
    agenda: Personal[tuple[Topic, ...]] = ()

    planned_for: datetime
    planned_until: datetime | None = None
    first_planned_for: datetime
    reschedulings: int = 0
    due_on: date | None = None

    held_at: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    topics: Personal[tuple[Topic, ...]] = ()
    resolutions: Personal[tuple[Resolution, ...]] = ()
    next_on: date | None = None
    approvals: Personal[tuple[Signature, ...]] = ()
    approved_at: datetime | None = None
    distribute_by: datetime | None = None
    distributed_at: datetime | None = None
    distributed_to: tuple[str, ...] = ()
    addenda: Personal[tuple[Addendum, ...]] = ()
    cancelled_at: datetime | None = None

    policy: int = 0
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        _check_times("Meeting", self.planned_for, self.planned_until)

    @property
    def digest(self) -> str:
        """The digest of its minutes, which is what both sides approve."""
        return signed_digest(self, MINUTES)


@record
class Followed:
    """What became of an action that was open when the review was prepared."""

    action: str = attrs.field(validator=filled)
    note: Personal[str] = attrs.field(validator=filled)


@record
class ServiceReview:
    """A look at the services of a customer over a period, together with the customer, and the report of it.

    `period` is written like `2026-Q1`, in the time of the `zone`. `pack` is what it looks at, and `pack_digest` the
    digest of that when it was collected; it is to be there on the day `prepare_by`. `exceptional` are the situations
    that were out of the ordinary; both sides say what could be better. `sign_offs` are those who stand by the report.

    Raises:
        InvalidValue: there is no such period or zone, or it ends before it begins.

    Source: C087, C088; FitSM PR7, service reviews.
    """

    id: ServiceReviewId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    services: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    period: str
    zone: str = "UTC"
    occasion: str = attrs.field(default="service_review", validator=filled)
    title: Personal[str] = attrs.field(validator=filled)
    place: Personal[str] | None = attrs.field(default=None, validator=filled)
    organizer: str = attrs.field(validator=filled)
    agenda: Personal[tuple[Topic, ...]] = ()

    planned_for: datetime
    planned_until: datetime | None = None
    first_planned_for: datetime
    reschedulings: int = 0
    due_on: date | None = None
    prepare_by: date | None = None

    pack: Personal[DataPack] | None = None
    pack_digest: str | None = None
    prepared_at: datetime | None = None
    held_at: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    followed: Personal[tuple[Followed, ...]] = ()
    exceptional: Personal[str] = ""
    customer_view: Personal[tuple[str, ...]] = ()
    provider_view: Personal[tuple[str, ...]] = ()
    resolutions: Personal[tuple[Resolution, ...]] = ()
    next_on: date | None = None
    published_at: datetime | None = None
    document: Personal[Attachment] | None = None
    sign_offs: Personal[tuple[Signature, ...]] = ()
    addenda: Personal[tuple[Addendum, ...]] = ()
    cancelled_at: datetime | None = None

    policy: int = 0
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        kpi_period(self.period, zone=self.zone)  # refuses another form
        _check_times("ServiceReview", self.planned_for, self.planned_until)

    @property
    def span(self) -> Period:
        """The period that it looks at."""
        return kpi_period(self.period, zone=self.zone)

    @property
    def digest(self) -> str:
        """The digest of what the report says, which is what is signed off."""
        return signed_digest(self, REPORT)

    @property
    def unfollowed(self) -> tuple[str, ...]:
        """The actions of its pack that nobody has looked at yet."""
        told = {each.action for each in self.followed}
        actions = () if self.pack is None else self.pack.actions
        return tuple(each.record for each in actions if each.record not in told)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The services of which its pack does not say what was agreed and achieved."""
        told = set() if self.pack is None else {each.service for each in self.pack.results}
        return tuple(each for each in self.services if each not in told)


def _check_times(where: str, begins: datetime, ends: datetime | None) -> None:
    """Refuses an end that does not lie after the beginning.

    Raises:
        InvalidValue: it does not.
    """
    if ends is not None and micros(ends) <= micros(begins):
        raise InvalidValue(f"{where}.planned_until", "it ends after it begins")
