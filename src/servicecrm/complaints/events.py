"""What happened to a complaint. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.complaints.codes import ChangeOf
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "ChangeProposed",
    "ComplaintAcknowledged",
    "ComplaintAdopted",
    "ComplaintAmended",
    "ComplaintAnswered",
    "ComplaintAssessed",
    "ComplaintAssigned",
    "ComplaintClosed",
    "ComplaintForwarded",
    "ComplaintLapsed",
    "ComplaintLinked",
    "ComplaintMerged",
    "ComplaintRecorded",
    "ComplaintReferred",
    "ComplaintReopened",
    "ComplaintSplit",
    "ComplaintWithdrawn",
    "DuplicateTakenIn",
    "MessageReceived",
    "MessageSent",
    "MomentVoided",
    "NoteAdded",
    "PartReferred",
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


@record
class ComplaintLapsed(Event):
    """It ended, because the complainant did not answer any more."""

    type = "complaint.lapsed"


@record
class PartReferred(Event):
    """A part of it was passed `to` an authority or a partner."""

    type = "complaint.part_referred"
    to: str


@record
class ComplaintReferred(Event):
    """The whole of it was passed `to` an authority or a partner."""

    type = "complaint.referred"
    to: str


@record
class ComplaintMerged(Event):
    """It says the same as another complaint, `into`, and goes on there."""

    type = "complaint.merged"
    into: str


@record
class DuplicateTakenIn(Event):
    """Another complaint says the same: `duplicate`."""

    type = "complaint.duplicate_taken_in"
    duplicate: str


@record
class ComplaintSplit(Event):
    """A part of it became a complaint of its own: `part`."""

    type = "complaint.split"
    part: str


@record
class ComplaintLinked(Event):
    """It belongs to another complaint."""

    type = "complaint.linked"


@record
class ChangeProposed(Event):
    """It shows that a service or a process has to change; `proposal` is the id of the proposal."""

    type = "complaint.change_proposed"
    proposal: str
    kind: ChangeOf
    text: Personal[str] = attrs.field(validator=filled)
