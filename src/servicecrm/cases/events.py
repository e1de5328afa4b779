"""What happened to a case. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "CaseAccepted",
    "CaseAmended",
    "CaseAnswered",
    "CaseAssigned",
    "CaseClassified",
    "CaseClosed",
    "CaseForwarded",
    "CaseHandedBack",
    "CaseLinked",
    "CaseOpened",
    "CaseRated",
    "CaseReferred",
    "CaseReopened",
    "CaseRouted",
    "CaseWithdrawn",
    "ContactMade",
    "ForwardLimitPassed",
    "MessageReceived",
    "MessageSent",
    "MomentVoided",
    "NoteAdded",
    "PartnerUpdated",
    "PromiseExtended",
    "PromiseGiven",
    "Resumed",
    "UpdateGiven",
    "UpdateRequested",
    "WaitingStarted",
    "WorkStarted",
]


@record
class CaseOpened(Event):
    """A request was received, and logged."""

    type = "case.opened"


@record
class CaseRouted(Event):
    """It was sent to the queue or person responsible.

    `rule` names what decided it, and is missing where a person did; `deputy_for` is whoever was absent.
    """

    type = "case.routed"
    rule: str | None = None
    deputy_for: str | None = None


@record
class CaseAssigned(Event):
    """A queue gave it to one of its people."""

    type = "case.assigned"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CaseAccepted(Event):
    """Its handler took it on; `deputy_for` is the handler in whose place a deputy did."""

    type = "case.accepted"
    deputy_for: str | None = None


@record
class WorkStarted(Event):
    """Its handler began to work on it."""

    type = "case.work_started"


@record
class CaseForwarded(Event):
    """It was handed on to somebody who knows more about it."""

    type = "case.forwarded"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ForwardLimitPassed(Event):
    """It was forwarded more often than the house allows without a look from above."""

    type = "case.forward_limit_passed"
    forwards: int
    limit: int


@record
class CaseHandedBack(Event):
    """It had been sent to the wrong place, and went back to be routed anew."""

    type = "case.handed_back"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class PromiseGiven(Event):
    """The requester was told when to expect an answer."""

    type = "case.promise_given"


@record
class PromiseExtended(Event):
    """The answer was promised for a later time."""

    type = "case.promise_extended"


@record
class UpdateRequested(Event):
    """Somebody asked how it stands."""

    type = "case.update_requested"


@record
class UpdateGiven(Event):
    """Its handler told how it stands; `message` is the id of the note."""

    type = "case.update_given"
    message: str


@record
class ContactMade(Event):
    """Somebody tried to reach the requester; `message` is the id of the note about it."""

    type = "case.contact_made"
    message: str


@record
class CaseReferred(Event):
    """An outside partner was asked to do it."""

    type = "case.referred"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class PartnerUpdated(Event):
    """The partner told how it stands there."""

    type = "case.partner_updated"


@record
class WaitingStarted(Event):
    """Handling came to a stop until somebody else has done something."""

    type = "case.waiting_started"


@record
class Resumed(Event):
    """Handling went on after a wait."""

    type = "case.resumed"


@record
class CaseAnswered(Event):
    """The requester got the answer; `message` is its id."""

    type = "case.answered"
    message: str


@record
class CaseClosed(Event):
    """It was closed."""

    type = "case.closed"


@record
class CaseReopened(Event):
    """It was taken up again."""

    type = "case.reopened"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class CaseWithdrawn(Event):
    """The requester took it back."""

    type = "case.withdrawn"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CaseRated(Event):
    """It was given a priority."""

    type = "case.rated"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CaseClassified(Event):
    """It was given another type, or other attributes."""

    type = "case.classified"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CaseLinked(Event):
    """It was found to belong to another case."""

    type = "case.linked"


@record
class CaseAmended(Event):
    """What is recorded of it was put right."""

    type = "case.amended"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class MessageReceived(Event):
    """A message about it came in; `message` is its id."""

    type = "case.message_received"
    message: str


@record
class MessageSent(Event):
    """A message about it went out; `message` is its id."""

    type = "case.message_sent"
    message: str


@record
class NoteAdded(Event):
    """Something was noted for ourselves; `message` is the id of the note."""

    type = "case.note_added"
    message: str


@record
class MomentVoided(Event):
    """A moment turned out to be entered by mistake."""

    type = "case.moment_voided"
    reason: Personal[str] = attrs.field(validator=filled)
