"""A worker delivers the notices of every tenant in turn, and loses none when it dies."""  # R17, C125

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from servicecrm import AsyncWorker, Desk, Worker, aconnect, connect
from servicecrm.errors import NotFound, ServiceCRMError, StoreBusy, StoreUnavailable
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.notifications import NotDelivered, Undeliverable
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


def test_whoever_drains_the_outbox_tries_everything_that_is_due_once(crm: Desk) -> None:  # C094
    enqueue(crm, *(f"bad-{n}" for n in range(5)), *(f"n-{n}" for n in range(9)))
    enqueue(crm, "quiet", tenant="quiet")
    sink = Sink(*(f"bad-{n}" for n in range(5)))  # more than a batch of them come first
    worker = Worker(crm, sink, batch=2)

    assert worker.drain() == 10
    assert sorted(sink.keys) == [*(f"n-{n}" for n in range(9)), "quiet"]
    assert [(queued.key, queued.attempts) for queued in crm.outbox.pending()] == [(f"bad-{n}", 1) for n in range(5)]
    assert worker.drain() == 0


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


def refuse(delivery: Delivery) -> None:
    raise Undeliverable(delivery.notice.key, "its recipient has no address; add one to the directory")


def told(delivery: Delivery) -> tuple[Notice, ...]:
    """Tells the supervisor of a notice that was given up."""
    notice = delivery.notice
    body = FrozenMap({"attempts": delivery.attempt})
    key = f"{notice.key}:undeliverable"
    return (Notice(key=key, topic="failed", recipient="supervisor", kind=notice.kind, id=notice.id, body=body),)


def failed(crm: Desk) -> list[tuple[str, int]]:
    return [(queued.key, queued.attempts) for queued in crm.outbox.failed()]


def test_what_can_never_be_delivered_is_given_up_at_once_and_others_are_told(crm: Desk) -> None:  # C094
    enqueue(crm, "bad", "good")
    sink = Sink()

    def send(delivery: Delivery) -> None:
        (refuse if delivery.notice.key == "bad" else sink)(delivery)

    worker = Worker(crm, send, failed=told)
    assert worker.turn() == 1
    assert failed(crm) == [("bad", 1)]
    assert worker.turn() == 1
    assert worker.turn() == 0
    assert sink.keys == ["good", "bad:undeliverable"]


def test_what_fails_again_and_again_is_given_up_after_so_many_attempts(crm: Desk) -> None:  # C094
    clock = crm.clock
    assert isinstance(clock, FixedClock)
    enqueue(crm, "bad")
    worker = Worker(crm, Sink("bad"), attempts=3, failed=told)
    for attempt in (1, 2, 3):
        assert failed(crm) == []
        assert worker.turn() == 0
        clock.advance(minutes=2**attempt)

    assert failed(crm) == [("bad", 3)]
    (told_of_it,) = crm.outbox.pending()
    assert (told_of_it.key, told_of_it.recipient) == ("bad:undeliverable", "supervisor")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectionError("550 ann@private.example"), "ConnectionError"),
        (NotDelivered("n-1", "the server is away"), "NotDelivered: the server is away"),
        (Undeliverable("n-1", "refused\0for good"), "Undeliverable"),  # no store could keep what it says
        (Undeliverable("n-1", "x" * 1_000), f"Undeliverable: {'x' * 485}"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_was_given_up_tells_why_and_nothing_personal(crm: Desk, error: Exception, cause: str) -> None:  # C094
    def send(_: Delivery) -> None:
        raise error

    enqueue(crm, "n-1")
    Worker(crm, send, attempts=1).turn()
    assert [queued.cause for queued in crm.outbox.failed()] == [cause]

    crm.outbox.retry("n-1")
    assert [queued.cause for queued in crm.outbox.pending()] == [None]


def test_a_notice_is_tried_for_more_than_a_week(crm: Desk) -> None:
    clock = crm.clock
    assert isinstance(clock, FixedClock)
    enqueue(crm, "bad")
    worker = Worker(crm, Sink("bad"))
    worker.turn()
    while waiting := crm.outbox.counts().oldest:
        assert waiting.not_before is not None
        clock.advance(seconds=(waiting.not_before - clock()).total_seconds())
        worker.turn()

    assert failed(crm) == [("bad", 20)]
    assert clock() - MONDAY > timedelta(days=9)


def test_what_was_given_up_is_delivered_once_it_is_given_back(crm: Desk) -> None:
    enqueue(crm, "n-1")
    Worker(crm, refuse).turn()
    sink = Sink()
    worker = Worker(crm, sink, attempts=1)
    assert worker.turn() == 0
    crm.outbox.retry("n-1")

    assert worker.turn() == 1
    assert sink.keys == ["n-1"]
    assert failed(crm) == []


TOO_LONG = Notice(key="n" * 501, topic="failed", recipient="supervisor", kind="complaint", id="c-1")


@pytest.mark.parametrize("problem", [NotFound("complaint", "c-1"), ZeroDivisionError(), TOO_LONG], ids=repr)
def test_a_notice_is_not_given_up_while_others_cannot_be_told(crm: Desk, problem: Notice | Exception) -> None:
    def tell(_: Delivery) -> tuple[Notice, ...]:
        if isinstance(problem, Exception):
            raise problem
        return (problem,)

    clock = crm.clock
    assert isinstance(clock, FixedClock)
    enqueue(crm, "bad", "good")
    worker = Worker(crm, lambda delivery: refuse(delivery) if delivery.notice.key == "bad" else None, failed=tell)
    assert worker.turn() == 1
    assert failed(crm) == []
    assert [(queued.key, queued.state) for queued in crm.outbox.pending()] == [("bad", "waiting")]
    assert Worker(crm, refuse, failed=told).turn() == 0  # not before its time
    clock.advance(minutes=1)
    Worker(crm, refuse, failed=told).turn()
    assert failed(crm) == [("bad", 2)]


def test_a_worker_that_lost_its_claim_gives_nothing_up(crm: Desk) -> None:
    enqueue(crm, "slow")

    def slowly(delivery: Delivery) -> None:
        crm.store.perform(partial(Work.settle, deliveries=[delivery], delivered=False), claiming=True)
        refuse(delivery)

    assert Worker(crm, slowly, failed=told).turn() == 0
    assert failed(crm) == []
    assert [queued.key for queued in crm.outbox.pending()] == ["slow"]


def test_the_log_tells_what_was_given_up_and_no_more(crm: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def secretly(delivery: Delivery) -> None:
        if delivery.notice.key == "n-1":
            raise ConnectionError("550 ann@private.example")
        raise NotDelivered(delivery.notice.key, "the server does not know us")

    enqueue(crm, "n-1", "n-2")
    with caplog.at_level(logging.WARNING, "servicecrm"):
        Worker(crm, secretly, attempts=1).turn()
    assert caplog.messages == [
        f"a notice of tenant default, topic t about complaint {id} was given up: {why}"
        for id, why in (("n-1", "ConnectionError"), ("n-2", "NotDelivered: the server does not know us"))
    ]


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
    assert crm.store.verify(head) == crm.store.verify() > 0


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


def test_an_awaited_worker_gives_up_too(tmp_path: Path) -> None:
    async def send(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        refuse(delivery)

    async def work() -> None:
        async with await aconnect(tmp_path / "crm.db") as crm:
            notices = [Notice(key="n-1", topic="t", recipient="r", kind="k", id="n-1")]
            await crm.store.atomically(lambda unit: unit.save(notices=notices))
            assert await AsyncWorker(crm, send, failed=told).turn() == 0

    asyncio.run(work())
    with connect(tmp_path / "crm.db") as crm:
        assert failed(crm) == [("n-1", 1)]
        assert [queued.key for queued in crm.outbox.pending()] == ["n-1:undeliverable"]


def test_workers_have_names_of_their_own(crm: Desk) -> None:
    assert Worker(crm, Sink()).name != Worker(crm, Sink()).name
    assert Worker(crm, Sink(), name="mailer").name == "mailer"
    enqueue(crm, "one")
    with pytest.raises(ServiceCRMError, match="500 bytes"):
        Worker(crm, Sink(), name="m" * 501).turn()
