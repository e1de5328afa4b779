"""What happened to a proposal. An event holds only what is not simply a changed field."""

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import record

__all__ = [
    "ProposalAccepted",
    "ProposalCited",
    "ProposalEdited",
    "ProposalHandedOver",
    "ProposalRaised",
    "ProposalRejected",
]


@record
class ProposalRaised(Event):
    """Somebody proposed a change."""

    type = "proposal.raised"


@record
class ProposalEdited(Event):
    """What is proposed was changed."""

    type = "proposal.edited"


@record
class ProposalCited(Event):
    """More records were found that ask for the same."""

    type = "proposal.cited"


@record
class ProposalAccepted(Event):
    """It was accepted."""

    type = "proposal.accepted"


@record
class ProposalRejected(Event):
    """It was rejected, and answered."""

    type = "proposal.rejected"


@record
class ProposalHandedOver(Event):
    """It was handed over to whoever carries it out."""

    type = "proposal.handed_over"
