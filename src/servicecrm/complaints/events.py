"""What happened to a complaint. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "ComplaintAcknowledged",
    "ComplaintAdopted",
    "ComplaintAmended",
    "ComplaintAnswered",
    "ComplaintAssessed",
    "ComplaintAssigned",
    "ComplaintClosed",
    "ComplaintForwarded",
    "ComplaintRecorded",
    "ComplaintReopened",
    "ComplaintWithdrawn",
    "MessageReceived",
    "MessageSent",
    "MomentVoided",
    "NoteAdded",
    "Resumed",
    "WaitingStarted",
]


@record
class ComplaintRecorded(Event):
    """A complaint was received, and recorded."""

    type = "complaint.recorded"


@record
class ComplaintAcknowledged(Event):
    """Its receipt was confirmed to the complainant."""

    type = "complaint.acknowledged"


@record
class ComplaintAssessed(Event):
    """It was rated. `reason` says why the priority is another one than the policy makes of the ratings."""

    type = "complaint.assessed"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ComplaintAssigned(Event):
    """It was given to its first handler."""

    type = "complaint.assigned"


@record
class ComplaintForwarded(Event):
    """It was handed on to another handler."""

    type = "complaint.forwarded"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class WaitingStarted(Event):
    """Handling came to a stop until somebody else has done something."""

    type = "complaint.waiting_started"


@record
class Resumed(Event):
    """Handling went on after a wait."""

    type = "complaint.resumed"


@record
class MessageReceived(Event):
    """A message about it came in; `message` is its id."""

    type = "complaint.message_received"
    message: str


@record
class MessageSent(Event):
    """A message about it went out; `message` is its id."""

    type = "complaint.message_sent"
    message: str


@record
class NoteAdded(Event):
    """Something was noted for ourselves; `message` is the id of the note."""

    type = "complaint.note_added"
    message: str


@record
class ComplaintAmended(Event):
    """What is recorded of it was put right."""

    type = "complaint.amended"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ComplaintAnswered(Event):
    """The complainant was given the final response; `message` is its id."""

    type = "complaint.answered"
    message: str


@record
class ComplaintClosed(Event):
    """It was closed."""

    type = "complaint.closed"


@record
class ComplaintReopened(Event):
    """It was taken up again."""

    type = "complaint.reopened"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ComplaintWithdrawn(Event):
    """The complainant took it back."""

    type = "complaint.withdrawn"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class MomentVoided(Event):
    """A moment turned out to be entered by mistake."""

    type = "complaint.moment_voided"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ComplaintAdopted(Event):
    """Its state was taken over from another system; `source` names that system."""

    type = "complaint.adopted"
    source: str = attrs.field(validator=filled)
