"""What happened to a need of a customer. An event holds only what is not simply a changed field."""

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import record

__all__ = [
    "NeedCaptured",
    "NeedConfirmed",
    "NeedDeclined",
    "NeedEdited",
    "NeedLinked",
    "NeedRouted",
    "NeedSatisfied",
]


@record
class NeedCaptured(Event):
    """A customer said what it needs, or plans."""

    type = "need.captured"


@record
class NeedEdited(Event):
    """What is known of it was changed."""

    type = "need.edited"


@record
class NeedConfirmed(Event):
    """It was confirmed that this is what the customer needs."""

    type = "need.confirmed"


@record
class NeedLinked(Event):
    """It says the same as another one, or no longer does."""

    type = "need.linked"


@record
class NeedRouted(Event):
    """Somebody goes on with it."""

    type = "need.routed"


@record
class NeedSatisfied(Event):
    """The customer has what it needs."""

    type = "need.satisfied"


@record
class NeedDeclined(Event):
    """Nothing comes of it, and the customer was told so."""

    type = "need.declined"
