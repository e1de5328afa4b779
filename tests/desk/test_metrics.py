"""What waits is told in figures, for whatever an application watches itself with."""  # C094, R17

from datetime import timedelta

from servicecrm.desk import Desk
from servicecrm.desk.metrics import Figures, Watch
from servicecrm.storage import Notice
from servicecrm.testing import FixedClock
from servicecrm.tracking import Targets, usual

MINUTES = timedelta(minutes=1)


def enqueue(crm: Desk, *keys: str) -> None:
    notices = [Notice(key=key, topic="mail", recipient="w", kind="complaint", id="c-1") for key in keys]
    crm.store.atomically(lambda unit: unit.save(notices=notices))


def figures_of(watch: Watch) -> Figures:
    (figures,) = watch.look().values()
    return figures


def deliver(crm: Desk, clock: FixedClock, *, dead: bool = False) -> None:
    """What a worker does with the first notice of the queue."""
    with crm.store.unit(claiming=True) as unit:
        unit.settle(unit.claim("w", now=clock(), limit=1), delivered=not dead, dead=dead)


def test_a_queue_that_stands_still_lags_and_one_that_moves_does_not(crm: Desk, clock: FixedClock) -> None:
    watch = Watch(crm)
    enqueue(crm, "1", "2", "3")
    assert figures_of(watch).lag == timedelta(0)
    clock.advance(minutes=7)
    assert figures_of(watch).lag == 7 * MINUTES
    deliver(crm, clock)
    assert figures_of(watch).lag == timedelta(0)
    clock.advance(minutes=2)
    deliver(crm, clock, dead=True)
    told = figures_of(watch)
    assert (told.waiting, told.claimed, told.failed, told.lag) == (1, 0, 1, timedelta(0))
    deliver(crm, clock)
    clock.advance(minutes=9)
    assert figures_of(watch).lag == timedelta(0)


def test_what_is_for_later_or_in_somebodys_hands_does_not_lag(crm: Desk, clock: FixedClock) -> None:
    watch = Watch(crm)
    enqueue(crm, "later", "claimed")
    with crm.store.unit(claiming=True) as unit:
        later, _ = unit.claim("w", now=clock())
        unit.settle([later], delivered=False, retry_at=clock() + 10 * MINUTES)
    figures_of(watch)
    clock.advance(minutes=4)
    assert figures_of(watch).lag == timedelta(0)
    clock.advance(minutes=9)  # by itself it says since when it waits
    assert figures_of(Watch(crm)).lag == 3 * MINUTES


def test_clocks_that_are_due_wait_for_a_sweep(crm: Desk, clock: FixedClock) -> None:
    crm.policies.publish(Targets(targets=(usual("resolution", "4h elapsed"),)), name="complaint", effective=clock())
    crm.complaints.record(subject="No water", channel="phone")
    assert figures_of(Watch(crm)).due == 0
    clock.advance(hours=6)
    told = figures_of(Watch(crm))
    assert told.due == 1
    assert timedelta(hours=2) - told.late < timedelta(seconds=1)  # a promise is broken once its time is over
    crm.sweep()
    assert figures_of(Watch(crm)).due == 0


def test_a_meter_is_told_every_figure_of_every_tenant(crm: Desk) -> None:
    enqueue(crm, "1")
    enqueue(crm.tenant("south"), "1", "2")
    gauges: dict[tuple[str, str], float] = {}

    def meter(name: str, value: float, *, tenant: str) -> None:
        gauges[name, tenant] = value

    Watch(crm).tell(meter)
    assert gauges["servicecrm_outbox_waiting", "default"] == 1
    assert gauges["servicecrm_outbox_waiting", "south"] == 2
    assert len(gauges) == 12
