"""What happened to the record of an interaction."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "InteractionAmended",
    "InteractionErased",
    "InteractionRecorded",
    "InteractionRepointed",
    "InteractionVoided",
]


@record
class InteractionRecorded(Event):
    """It was recorded that we and a customer were in touch."""

    type = "interaction.recorded"


@record
class InteractionAmended(Event):
    """What is recorded of it was put right."""

    type = "interaction.amended"


@record
class InteractionVoided(Event):
    """It turned out to be entered by mistake."""

    type = "interaction.voided"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class InteractionRepointed(Event):
    """It belongs to another customer, because two turned out to be one, or not to be."""

    type = "interaction.repointed"


@record
class InteractionErased(Event):
    """All that is personal about it was erased."""

    type = "interaction.erased"
    erases = True
    reason: str = attrs.field(validator=filled)
