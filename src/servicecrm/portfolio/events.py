"""What happened to a customer. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.portfolio.codes import Purpose

__all__ = [
    "ChannelSet",
    "ConsentStated",
    "ContactAdded",
    "ContactChanged",
    "ContactErased",
    "CustomerActivated",
    "CustomerAdded",
    "CustomerArchived",
    "CustomerClassified",
    "CustomerEnded",
    "CustomerErased",
    "CustomerHandedOver",
    "CustomerLapsed",
    "CustomerMerged",
    "CustomerPlaced",
    "CustomerReactivated",
    "CustomerUnmerged",
    "CustomerUpdated",
    "DuplicateGivenBack",
    "DuplicateTakenIn",
    "HoldPlaced",
    "HoldReleased",
    "ManagerAssigned",
    "ObservationCollected",
    "ScoreTaken",
]


@record
class CustomerAdded(Event):
    """A customer was added to the portfolio."""

    type = "customer.added"


@record
class CustomerActivated(Event):
    """We began to serve it."""

    type = "customer.activated"


@record
class CustomerUpdated(Event):
    """What is known of it was brought up to date; `source` is where that comes from."""

    type = "customer.updated"
    source: Personal[str] | None = attrs.field(default=None, validator=filled)
    verified: bool = False


@record
class CustomerPlaced(Event):
    """It became a part of another customer, or no longer is one."""

    type = "customer.placed"


@record
class ContactAdded(Event):
    """Somebody was named to turn to; `contact` is the id of the person."""

    type = "customer.contact_added"
    contact: str


@record
class ContactChanged(Event):
    """What is known of a contact was brought up to date, or its time ended."""

    type = "customer.contact_changed"
    contact: str


@record
class ContactErased(Event):
    """What is known of a person was erased."""

    type = "customer.contact_erased"
    erases = True
    contact: str


@record
class ManagerAssigned(Event):
    """An account manager was named."""

    type = "customer.manager_assigned"


@record
class CustomerHandedOver(Event):
    """The account manager who was to come on looks after it now."""

    type = "customer.handed_over"


@record
class ChannelSet(Event):
    """It was agreed how to be in touch for a purpose."""

    type = "customer.channel_set"
    purpose: Purpose


@record
class ObservationCollected(Event):
    """A source told something about it."""

    type = "customer.observation_collected"
    field: str


@record
class ConsentStated(Event):
    """Somebody gave or withdrew a consent."""

    type = "customer.consent_stated"


@record
class CustomerClassified(Event):
    """It was put into a class."""

    type = "customer.classified"


@record
class ScoreTaken(Event):
    """A score came from elsewhere."""

    type = "customer.score_taken"
    source: str


@record
class HoldPlaced(Event):
    """Nothing of it may be erased for now."""

    type = "customer.hold_placed"


@record
class HoldReleased(Event):
    """A reason not to erase anything ended."""

    type = "customer.hold_released"
    name: str


@record
class CustomerLapsed(Event):
    """Nothing was heard of it for a long time."""

    type = "customer.lapsed"


@record
class CustomerReactivated(Event):
    """We serve it again."""

    type = "customer.reactivated"


@record
class CustomerEnded(Event):
    """We stopped serving it."""

    type = "customer.ended"
    note: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CustomerArchived(Event):
    """It was put out of the way."""

    type = "customer.archived"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class CustomerErased(Event):
    """All that is personal about it was erased; `reason` says why, and is not personal."""

    type = "customer.erased"
    erases = True
    reason: str = attrs.field(validator=filled)


@record
class CustomerMerged(Event):
    """It turned out to be another customer, `into`, and goes on there."""

    type = "customer.merged"
    into: str


@record
class DuplicateTakenIn(Event):
    """Another customer turned out to be this one: `duplicate`."""

    type = "customer.duplicate_taken_in"
    duplicate: str


@record
class CustomerUnmerged(Event):
    """It turned out not to be the customer that it was merged into."""

    type = "customer.unmerged"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class DuplicateGivenBack(Event):
    """Another customer turned out not to be this one after all: `duplicate`."""

    type = "customer.duplicate_given_back"
    duplicate: str
