"""What happened to a meeting or a service review. An event holds only what is not simply a changed field."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.moments import Side

__all__ = [
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingPlanned",
    "MeetingRescheduled",
    "MeetingResolved",
    "MeetingTopicsAdded",
    "MinutesAdded",
    "MinutesApproved",
    "MinutesConcluded",
    "MinutesDistributed",
    "MinutesDrafted",
    "MinutesEdited",
    "ReviewAdded",
    "ReviewCancelled",
    "ReviewEdited",
    "ReviewHeld",
    "ReviewPlanned",
    "ReviewPrepared",
    "ReviewPublished",
    "ReviewRescheduled",
    "ReviewResolved",
    "ReviewSignedOff",
    "ReviewTopicsAdded",
]


@record
class MeetingPlanned(Event):
    """A meeting was planned."""

    type = "meeting.planned"


@record
class MeetingTopicsAdded(Event):
    """Something was put on its agenda."""

    type = "meeting.topics_added"


@record
class MeetingRescheduled(Event):
    """It is held at another time."""

    type = "meeting.rescheduled"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class MeetingHeld(Event):
    """It took place."""

    type = "meeting.held"


@record
class MeetingResolved(Event):
    """Something was decided; `actions` are the action items that follow."""

    type = "meeting.resolved"
    actions: tuple[str, ...] = ()


@record
class MinutesDrafted(Event):
    """Its minutes were written."""

    type = "meeting.drafted"


@record
class MinutesEdited(Event):
    """The draft of its minutes was changed."""

    type = "meeting.edited"


@record
class MinutesApproved(Event):
    """One side has approved its minutes, as the digest names them."""

    type = "meeting.approved"
    side: Side
    digest: str


@record
class MinutesConcluded(Event):
    """Both sides have approved its minutes."""

    type = "meeting.concluded"
    side: Side
    digest: str


@record
class MinutesDistributed(Event):
    """Its minutes were passed on."""

    type = "meeting.distributed"


@record
class MinutesAdded(Event):
    """Something was added to its minutes after they were approved."""

    type = "meeting.added"


@record
class MeetingCancelled(Event):
    """It does not take place."""

    type = "meeting.cancelled"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ReviewPlanned(Event):
    """A service review was planned."""

    type = "service_review.planned"


@record
class ReviewTopicsAdded(Event):
    """Something was put on its agenda."""

    type = "service_review.topics_added"


@record
class ReviewRescheduled(Event):
    """It is held at another time."""

    type = "service_review.rescheduled"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ReviewPrepared(Event):
    """What it looks at was collected; the digest names it."""

    type = "service_review.prepared"
    digest: str


@record
class ReviewHeld(Event):
    """It took place."""

    type = "service_review.held"


@record
class ReviewResolved(Event):
    """Something was decided; `actions` are the action items that follow."""

    type = "service_review.resolved"
    actions: tuple[str, ...] = ()


@record
class ReviewEdited(Event):
    """What is recorded of it was changed."""

    type = "service_review.edited"


@record
class ReviewPublished(Event):
    """Its report was published, as the digest names it."""

    type = "service_review.published"
    digest: str


@record
class ReviewSignedOff(Event):
    """One side stands by its report."""

    type = "service_review.signed_off"
    side: Side
    digest: str


@record
class ReviewAdded(Event):
    """Something was added to its report after it was published."""

    type = "service_review.added"


@record
class ReviewCancelled(Event):
    """It does not take place."""

    type = "service_review.cancelled"
    reason: Personal[str] = attrs.field(validator=filled)
