"""How much of the work waits, as figures for whatever an application watches itself with."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import attrs

from servicecrm.desk.desk import Desk
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Program, Queued
from servicecrm.storage.work import Work
from servicecrm.tracking import Clock

__all__ = ["Figures", "Meter", "Waiting", "Watch", "waiting"]

LOOKED_AT: Final = 50
"""So many notices of the queue are looked at; those that others have, or that are for later, are passed over."""


@attrs.frozen(kw_only=True)
class Figures:
    """What waits in one tenant at one moment.

    `waiting` and `claimed` notices will be delivered, `failed` ones were given up. `lag` is how long the first notice
    that could be delivered is known to wait: where it grows, no worker comes by. `due` clocks wait for a sweep, the
    first of them for as long as `late` says.
    """

    waiting: int
    claimed: int
    failed: int
    lag: timedelta
    due: int
    late: timedelta

    def by_name(self) -> Mapping[str, float]:
        """The figures by the names of their gauges; times in seconds."""
        return {
            "servicecrm_outbox_waiting": self.waiting,
            "servicecrm_outbox_claimed": self.claimed,
            "servicecrm_outbox_failed": self.failed,
            "servicecrm_outbox_lag_seconds": self.lag.total_seconds(),
            "servicecrm_clocks_due": self.due,
            "servicecrm_clocks_late_seconds": self.late.total_seconds(),
        }


class Meter(Protocol):
    """Where figures go, such as to a gauge of Prometheus or StatsD."""

    def __call__(self, name: str, value: float, *, tenant: str) -> object:
        """Take the value that a gauge of a tenant has now."""
        ...


class Waiting(NamedTuple):
    """What waits, for somebody who has not looked before, and the first notice that could be delivered."""

    figures: Figures
    first: Queued | None


def waiting(now: datetime) -> Callable[[Work], Program[Waiting]]:
    """A program that reads what waits in a tenant."""

    def program(work: Work) -> Program[Waiting]:
        counts = yield from work.queue_counts()
        queue = yield from work.queued(limit=LOOKED_AT)
        first = next((each for each in queue if each.state == "waiting" and _since(each, now) <= now), None)
        due, since = 0, now
        for tracked in TRACKED.values():
            # Of each kind apart, as a sweep asks: there is an index for that.
            fires = where("about_kind") == tracked.kind.name, where("next_at") <= now
            due += yield from work.count(Clock, *fires)
            clocks = yield from work.find(Clock, *fires, order="next_at", limit=1)
            since = min([since, *(clock.next_at for clock in clocks if clock.next_at is not None)])
        figures = Figures(
            waiting=counts.waiting,
            claimed=counts.claimed,
            failed=counts.failed,
            lag=timedelta(0) if first is None else now - _since(first, now),
            due=due,
            late=now - since,
        )
        return Waiting(figures, first)

    return program


def _since(queued: Queued, now: datetime) -> datetime:
    """Since when a notice can be delivered, as far as it says so itself."""
    return now if queued.not_before is None else queued.not_before


class Watch:
    """Reads the figures of every tenant again and again: `Watch(crm).tell(meter)`, from time to time.

    It only reads. Keep one as long as the process lives, because it remembers since when each queue stands still.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._first: dict[str, tuple[str, datetime]] = {}

    def look(self) -> Mapping[str, Figures]:
        """What waits now, by tenant."""
        return {name: self._of(name, self._desk.tenant(name)) for name in self._desk.store.tenants()}

    def tell(self, meter: Meter) -> None:
        """Look, and tell a meter."""
        for tenant, figures in self.look().items():
            for name, value in figures.by_name().items():
                meter(name, value, tenant=tenant)

    def _of(self, tenant: str, desk: Desk) -> Figures:
        now = desk.clock()
        figures, first = desk.perform(waiting(now), readonly=True)
        if first is None:
            self._first.pop(tenant, None)
            return figures
        key, since = self._first.get(tenant, (first.key, now))
        if key != first.key:
            since = now
        self._first[tenant] = first.key, since
        return attrs.evolve(figures, lag=max(figures.lag, now - since))
