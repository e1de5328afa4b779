"""A worker delivers the notices of every tenant in turn, and loses none when it dies."""  # R17, C125

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from servicecrm import AsyncWorker, Desk, Worker, aconnect, connect
from servicecrm.errors import ServiceCRMError, StoreBusy, StoreUnavailable
from servicecrm.storage import Delivery, Notice
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY
from tests.servers import Postgres
from tests.stores import clean_schema


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    clock = FixedClock(MONDAY)
    if request.param == "memory":
        yield connect("memory:", actor="ann@city.example", clock=clock)
    elif request.param == "sqlite":
        with connect(tmp_path / "crm.db", actor="ann@city.example", clock=clock) as desk:
            yield desk
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with (
            clean_schema(server) as schema,
            connect(PostgresStore(server.url, schema=schema), actor="ann@city.example", clock=clock) as desk,
        ):
            yield desk


def enqueue(crm: Desk, *keys: str, tenant: str = "default") -> None:
    notices = [Notice(key=key, topic="t", recipient="r", kind="complaint", id=key) for key in keys]
    crm.store.tenant(tenant).atomically(lambda unit: unit.save(notices=notices))


class Sink:
    """Keeps what it is given, and refuses some of it."""

    def __init__(self, *refused: str) -> None:
        self.keys: list[str] = []
        self.refused = set(refused)

    def __call__(self, delivery: Delivery) -> None:
        if delivery.notice.key in self.refused:
            raise ConnectionError("the mail server is away")
        self.keys.append(delivery.notice.key)


def test_notices_are_delivered_once_in_the_order_in_which_they_came(crm: Desk) -> None:
    enqueue(crm, "b", "a", "c")
    sink = Sink()
    worker = Worker(crm, sink, batch=2)

    assert [worker.turn(), worker.turn(), worker.turn()] == [2, 1, 0]
    assert sink.keys == ["b", "a", "c"]


def test_a_busy_tenant_does_not_keep_the_others_waiting(crm: Desk) -> None:
    enqueue(crm, *(f"busy-{n}" for n in range(10)), tenant="busy")
    enqueue(crm, "quiet", tenant="quiet")
    sink = Sink()
    worker = Worker(crm, sink, batch=3)

    assert worker.turn() == 4
    assert sink.keys == ["busy-0", "busy-1", "busy-2", "quiet"]


def test_what_cannot_be_delivered_is_tried_again_later_and_holds_nothing_up(crm: Desk) -> None:
    clock = crm.clock
    assert isinstance(clock, FixedClock)
    enqueue(crm, "bad", "good")
    sink = Sink("bad")
    worker = Worker(crm, sink)

    assert worker.turn() == 1
    assert worker.turn() == 0  # not before its time
    clock.advance(seconds=61)
    assert worker.turn() == 0
    clock.advance(seconds=61)
    assert worker.turn() == 0  # two minutes now
    sink.refused.clear()
    clock.advance(seconds=60)
    assert worker.turn() == 1
    assert sink.keys == ["good", "bad"]


def test_what_a_dead_worker_had_claimed_is_delivered_by_another(crm: Desk) -> None:
    enqueue(crm, "one", "two")

    claim = partial(Work.claim, worker="dead", now=crm.clock(), lease=timedelta(0))
    assert len(crm.store.perform(claim, claiming=True)) == 2
    sink = Sink()
    assert Worker(crm, sink).turn() == 2
    assert sink.keys == ["one", "two"]


def test_a_notice_that_another_worker_took_over_is_not_settled_twice(crm: Desk) -> None:
    enqueue(crm, "slow")
    sink = Sink()

    def slowly(delivery: Delivery) -> None:
        give_back = partial(Work.settle, deliveries=[delivery], delivered=False)
        crm.store.perform(give_back, claiming=True)  # as if the lease had ended meanwhile
        Worker(crm, sink).turn()

    assert Worker(crm, slowly).turn() == 0
    assert sink.keys == ["slow"]


def test_what_is_still_to_be_delivered_when_the_lease_ends_is_left_to_others(crm: Desk) -> None:
    enqueue(crm, "one", "two")
    sink = Sink()

    assert Worker(crm, sink, lease=timedelta(0)).turn() == 0
    assert Worker(crm, sink).turn() == 2
    assert sink.keys == ["one", "two"]


def test_a_worker_outlives_a_store_that_is_away_for_a_while(crm: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueue(crm, "one")
    tenants, away = crm.store.tenants, [StoreUnavailable("the server cannot be reached"), StoreBusy()]

    def sometimes() -> tuple[str, ...]:
        if away:
            raise away.pop()
        return tenants()

    monkeypatch.setattr(crm.store, "tenants", sometimes)
    told: list[str] = []

    def once(delivery: Delivery) -> None:
        told.append(delivery.tenant)
        worker.stop()

    worker = Worker(crm, once)
    worker.run(pause=timedelta(0))
    assert told == ["default"]


def test_a_worker_that_is_stopped_gives_the_rest_back_at_once(crm: Desk) -> None:
    enqueue(crm, "one", "two", "three")

    def last(_: Delivery) -> None:
        stopping.stop()

    stopping = Worker(crm, last)
    stopping.run()
    sink = Sink()
    assert Worker(crm, sink).turn() == 2
    assert sink.keys == ["two", "three"]


def test_a_worker_seals_what_was_written_down(crm: Desk) -> None:
    crm.complaints.record(subject="No water", channel="phone")
    Worker(crm, Sink()).turn()

    head = crm.store.head()
    assert head.seal == 1
    assert crm.store.verify(head) == 1


def test_an_awaited_worker_does_the_same(tmp_path: Path) -> None:
    keys: list[str] = []

    async def send(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        if delivery.notice.key == "bad" and not keys:
            raise ConnectionError("the mail server is away")
        keys.append(delivery.notice.key)
        if len(keys) == 2:
            workers[0].stop()

    async def work() -> None:
        async with await aconnect(tmp_path / "crm.db") as crm:
            notices = [Notice(key=key, topic="t", recipient="r", kind="k", id=key) for key in ("bad", "one", "two")]
            await crm.store.atomically(lambda unit: unit.save(notices=notices))
            workers.append(AsyncWorker(crm, send))
            await workers[0].run()

    workers: list[AsyncWorker] = []
    asyncio.run(work())
    assert keys == ["one", "two"]


def test_workers_have_names_of_their_own(crm: Desk) -> None:
    assert Worker(crm, Sink()).name != Worker(crm, Sink()).name
    assert Worker(crm, Sink(), name="mailer").name == "mailer"
    enqueue(crm, "one")
    with pytest.raises(ServiceCRMError, match="500 bytes"):
        Worker(crm, Sink(), name="m" * 501).turn()
