"""What happened to a partner. An event holds only what is not simply a changed field."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "PartnerActivated",
    "PartnerAdded",
    "PartnerContactErased",
    "PartnerEnded",
    "PartnerErased",
    "PartnerEvaluated",
    "PartnerUpdated",
]


@record
class PartnerAdded(Event):
    """Somebody was found who may work with us."""

    type = "partner.added"


@record
class PartnerActivated(Event):
    """We began to work together."""

    type = "partner.activated"


@record
class PartnerUpdated(Event):
    """What is known of it was brought up to date."""

    type = "partner.updated"


@record
class PartnerEvaluated(Event):
    """Its work was evaluated."""

    type = "partner.evaluated"


@record
class PartnerEnded(Event):
    """We stopped working together."""

    type = "partner.ended"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class PartnerContactErased(Event):
    """What is known of a person was erased; `contact` is the id."""

    type = "partner.contact_erased"
    erases = True
    contact: str


@record
class PartnerErased(Event):
    """All that is personal about it was erased."""

    type = "partner.erased"
    erases = True
    reason: str = attrs.field(validator=filled)
