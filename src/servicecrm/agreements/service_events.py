"""What happened to a service. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "ServiceEdited",
    "ServicePhasedOut",
    "ServicePlanned",
    "ServiceProposed",
    "ServiceReinstated",
    "ServiceReleased",
    "ServiceRetired",
]


@record
class ServiceProposed(Event):
    """A service was proposed."""

    type = "service.proposed"


@record
class ServiceEdited(Event):
    """What is to be released of it was changed."""

    type = "service.edited"


@record
class ServicePlanned(Event):
    """It is going to be offered."""

    type = "service.planned"


@record
class ServiceReleased(Event):
    """A version of its definition was released, and never changes; `version` is its number."""

    type = "service.released"
    version: int
    digest: str


@record
class ServicePhasedOut(Event):
    """It is offered to nobody new."""

    type = "service.phased_out"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ServiceReinstated(Event):
    """It is offered again."""

    type = "service.reinstated"


@record
class ServiceRetired(Event):
    """It is no more."""

    type = "service.retired"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
