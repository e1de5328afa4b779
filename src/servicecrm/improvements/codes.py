"""The codes that only proposals have."""

from servicecrm.kernel.shapes import Code

__all__ = ["HandedTo", "ProposalKind"]


class ProposalKind(Code):
    """What is to change: a service, or the way in which services are managed.

    Source: C107; YaSM, service-change and process-change proposals.
    """

    SERVICE = "service"
    PROCESS = "process"


class HandedTo(Code):
    """Who carries out what was accepted: as a change, or as an improvement."""

    CHANGE = "change"
    IMPROVEMENT = "improvement"
