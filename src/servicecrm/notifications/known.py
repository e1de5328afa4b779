"""Which events a matrix can tell of: those of the library, and those that a host has made."""

from collections.abc import Iterator

from servicecrm.kernel.decisions import Event
from servicecrm.notifications.facts import UNDELIVERABLE
from servicecrm.notifications.matrix import Matrix

__all__ = ["unknown_events"]


def unknown_events(matrix: Matrix) -> Iterator[str]:
    """Every entry for an event that never happens, with those that do.

    An event of a host's own is a class of events, or is named in the `values` of the matrix.
    """
    _load_events()
    known = {*Event.types, UNDELIVERABLE, *matrix.values}
    for entry in matrix.entries:
        if entry.event not in known:
            kind = entry.event.partition(".")[0]
            alike = sorted(event for event in known if event.partition(".")[0] == kind)
            says = f"events of a {kind} are {', '.join(alike)}" if alike else f"nothing is told of a {kind}"
            yield f"{entry.event}/{entry.party}: there is no such event; {says}"


def _load_events() -> None:
    """Event classes are known once they are loaded, which whoever only makes notices does not need."""
    import servicecrm.agreements.events
    import servicecrm.agreements.service_events
    import servicecrm.cases.events
    import servicecrm.complaints.deciding_events
    import servicecrm.complaints.events
    import servicecrm.portfolio.events
    import servicecrm.portfolio.interaction_events
    import servicecrm.portfolio.partner_events
    import servicecrm.portfolio.prospect_events
    import servicecrm.portfolio.snapshot_events
    import servicecrm.surveys.campaign_events
    import servicecrm.surveys.evaluation_events
    import servicecrm.surveys.events
    import servicecrm.tracking.action_events
    import servicecrm.tracking.clock_events  # noqa: F401
