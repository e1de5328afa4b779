"""The outbox at the desk: what waits to be told, what could not be told, and a new try for it."""

from typing import TYPE_CHECKING

from servicecrm.storage.ports import OutboxCounts, Page, Queued

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Outbox"]


class Outbox:
    """See which notices are not delivered. A `Worker` delivers them.

    Source: C094.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def pending(self, *, limit: int = 50, after: str | None = None) -> Page[Queued]:
        """One page of the notices that wait or are claimed, in the order in which they came."""
        return self._desk.perform(lambda work: work.queued(limit=limit, after=after), glance=True)

    def failed(self, *, limit: int = 50, after: str | None = None) -> Page[Queued]:
        """One page of the notices that were given up, in the order in which they came."""
        return self._desk.perform(lambda work: work.queued(failed=True, limit=limit, after=after), glance=True)

    def counts(self) -> OutboxCounts:
        """How many notices are in which state, and the oldest one that is not delivered."""
        return self._desk.perform(lambda work: work.queue_counts(), readonly=True)

    def retry(self, key: str) -> None:
        """Let a failed notice wait again as if it were new, once its cause is gone.

        Raises:
            NotFound: no notice with this key has failed.
        """
        return self._desk.perform(lambda work: work.revive(key))
