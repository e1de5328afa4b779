"""The outbox of a unit of work, as programs: claimed, settled, counted, looked at, revived."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from servicecrm.errors import InvalidValue, NotFound, ReadOnlyStore
from servicecrm.kernel.filters import AllOf
from servicecrm.kernel.kinds import key_text, storable
from servicecrm.kernel.records import evolve
from servicecrm.storage import cursors
from servicecrm.storage.ports import Delivery, OutboxCounts, Page, Program, Queued
from servicecrm.storage.rows import Position, Query, Tables, ask, queued_of

__all__ = ["LEASE", "Queue"]

LEASE = timedelta(minutes=5)

LONGEST_LEASE = timedelta(days=366)


class Queue:
    """The programs of the outbox, for one tenant."""

    _tenant: str
    _readonly: bool

    def claim(
        self, worker: str, *, now: datetime, limit: int = 20, lease: timedelta = LEASE
    ) -> Program[tuple[Delivery, ...]]:
        """Notices for this worker to deliver."""
        self._writing()
        cursors.check_limit(limit)
        if not timedelta(0) <= lease <= LONGEST_LEASE:
            raise InvalidValue("lease", "a lease is from nothing to a year long")
        claimed = yield from ask(Tables.claim, key_text("worker", worker), now, limit, lease)
        return tuple(evolve(delivery, tenant=self._tenant) for delivery in claimed)

    def settle(
        self,
        deliveries: Sequence[Delivery],
        *,
        delivered: bool = True,
        dead: bool = False,
        retry_at: datetime | None = None,
        cause: str | None = None,
    ) -> Program[int]:
        """Mark claimed notices as delivered or as dead, for a cause, or give them back."""
        self._writing()
        if delivered and dead:
            raise InvalidValue("dead", "a notice that is delivered is not dead; give delivered=False with it")
        if cause is not None and not dead:
            raise InvalidValue("cause", "only a notice that is dead has one; give dead=True with it")
        told = None if cause is None else storable("cause", cause)
        settled = 0
        for delivery in deliveries:
            settled += yield from ask(
                Tables.settle, delivery, delivered=delivered, dead=dead, retry_at=retry_at, cause=told
            )
        return settled

    def queued(self, *, failed: bool = False, limit: int = 50, after: str | None = None) -> Program[Page[Queued]]:
        """Notices that wait or are claimed, or those that have failed, in the order in which they came."""
        cursors.check_limit(limit)
        query = Query(AllOf(), "failed" if failed else "pending", limit=limit)
        # A key is never freed, so it is a place that stays.
        key = None if after is None else cursors.read(after, query.order, None).id
        rows = yield from ask(Tables.queued, key, limit + 1, failed=failed)
        kept, cursor = cursors.cut([(queued_of(row), Position(row.key, row.key)) for row in rows], query)
        return Page(tuple(queued for queued, _ in kept), cursor)

    def queue_counts(self) -> Program[OutboxCounts]:
        """How many notices are in which state."""
        counts = yield from ask(Tables.queue_counts)
        page = yield from self.queued(limit=1)
        return OutboxCounts(
            waiting=counts.pending - counts.claimed,
            claimed=counts.claimed,
            delivered=counts.all - counts.pending - counts.failed,
            failed=counts.failed,
            oldest=next(iter(page), None),
        )

    def revive(self, key: str) -> Program[None]:
        """Let a failed notice wait again, as a new one."""
        self._writing()
        if not (yield from ask(Tables.revive, key_text("key", key))):
            raise NotFound("failed notice", key)

    def _writing(self) -> None:
        if self._readonly:
            raise ReadOnlyStore
