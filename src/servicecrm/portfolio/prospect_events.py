"""What happened to a prospect. An event holds only what is not simply a changed field."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "OfferAnswered",
    "OfferPresented",
    "ProspectAdded",
    "ProspectContactErased",
    "ProspectContacted",
    "ProspectErased",
    "ProspectLost",
    "ProspectNegotiating",
    "ProspectParked",
    "ProspectResumed",
    "ProspectUpdated",
    "ProspectWon",
]


@record
class ProspectAdded(Event):
    """Somebody was found who may become a customer."""

    type = "prospect.added"


@record
class ProspectUpdated(Event):
    """What is known of it was brought up to date."""

    type = "prospect.updated"


@record
class ProspectContacted(Event):
    """We were in touch with it; `interaction` is the id of what was said."""

    type = "prospect.contacted"
    interaction: str | None = None


@record
class OfferPresented(Event):
    """An offer was presented; `offer` is its id."""

    type = "prospect.offer_presented"
    offer: str


@record
class OfferAnswered(Event):
    """An offer was accepted or declined, or ran out; `offer` is its id."""

    type = "prospect.offer_answered"
    offer: str


@record
class ProspectNegotiating(Event):
    """It wants to talk about the conditions."""

    type = "prospect.negotiating"


@record
class ProspectParked(Event):
    """It is not the time for it; `reason` says why."""

    type = "prospect.parked"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ProspectResumed(Event):
    """It was taken up again."""

    type = "prospect.resumed"


@record
class ProspectWon(Event):
    """It became a customer."""

    type = "prospect.won"


@record
class ProspectLost(Event):
    """It does not become a customer."""

    type = "prospect.lost"
    note: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ProspectContactErased(Event):
    """What is known of a person was erased; `contact` is the id."""

    type = "prospect.contact_erased"
    erases = True
    contact: str


@record
class ProspectErased(Event):
    """All that is personal about it was erased."""

    type = "prospect.erased"
    erases = True
    reason: str = attrs.field(validator=filled)
