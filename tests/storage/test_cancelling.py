"""Whatever is cancelled, and wherever it waits just then: an awaited store has all of it or nothing, and goes on."""

import asyncio
import contextlib
import contextvars
import gc
import itertools
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import psycopg
import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import StoreError, StoreUnavailable
from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage import aio as aio_module
from servicecrm.storage.aio import AsyncEngineStore, ThreadStore
from servicecrm.storage.ports import Fact, Program
from servicecrm.storage.postgres import AsyncPostgresStore
from servicecrm.storage.postgres import awaited as postgres_module
from servicecrm.storage.postgres.awaited import AsyncPostgresEngine
from servicecrm.storage.work import Work
from servicecrm.testing.contract.examples import NOW, command, complaint, message, notice
from servicecrm.tracking import Message
from tests.servers import Postgres
from tests.stores import clean_schema

T = TypeVar("T")

Open = Callable[[], Awaitable[AsyncEngineStore]]
Doing = Callable[[AsyncEngineStore], Coroutine[Any, Any, object]]
How = Literal["while it waits", "when it has what it waited for", "twice", "again and again"]

HOWS: tuple[How, ...] = ("when it has what it waited for", "while it waits", "twice", "again and again")


# -- the harness -----------------------------------------------------------------------------------


class Disturbed(Coroutine[Any, Any, T]):
    """A coroutine that is disturbed at the k-th point where it waits, counted from 1."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], k: int, how: How, disturb: Callable[[], object] | None = None
    ) -> None:
        self.disturbed = False
        self._coroutine, self._k, self._how = coroutine, k, how
        self._disturb: Callable[[], object] = disturb or self._cancel
        self._waits = 0
        self._task: asyncio.Task[Any] | None = None

    def send(self, value: Any) -> Any:
        return self._waiting_for(self._coroutine.send(value))

    def throw(self, *error: Any) -> Any:
        return self._waiting_for(self._coroutine.throw(*error))

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        raise TypeError("make a task of it")

    def _waiting_for(self, future: "asyncio.Future[Any] | None") -> "asyncio.Future[Any] | None":
        self._waits += 1
        self._task = asyncio.current_task()
        now = {"twice": self._waits in (self._k, self._k + 1), "again and again": self._waits >= self._k}
        if now.get(self._how, self._waits == self._k):
            self.disturbed = True
            if self._how == "when it has what it waited for" and future is not None:
                future.add_done_callback(lambda _: self._disturb())  # comes before the task hears of it
            else:
                self._disturb()
        return future

    def _cancel(self) -> None:
        assert self._task is not None
        self._task.cancel()


class Points(Iterator[int]):
    """Each k, until there is surely no k-th point: how often a task waits for a server varies by a few."""

    def __init__(self, first: int = 1) -> None:
        self.missed = 0
        self._next = itertools.count(first)

    def __next__(self) -> int:
        if self.missed == 5:
            raise StopIteration
        return next(self._next)


class Heard:
    """Hooks that wait themselves, and what they heard."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []

    async def __call__(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self.begun.append(fact.kind)
            for _ in range(3):
                await asyncio.sleep(0)
            self.ended.append(fact.kind)


async def sound(store: AsyncEngineStore, heard: Heard) -> bool:
    """Is all there, or nothing? Fails on anything between."""
    async with store.unit(command()) as unit:
        found = [
            unit.outcome is not None,
            await unit.count(Complaint) == 1,
            await unit.count(Message) == 1,
        ]
        assert await unit.count(Complaint) <= 1
    async with store.unit(claiming=True) as unit:
        found.append(len(await unit.claim("w-1", now=NOW, lease=timedelta(0))) == 1)
    assert all(found) or not any(found), found
    assert heard.begun == heard.ended == (["complaint", "message"] if found[0] else [])
    await store.seal()
    assert await store.verify() == (2 if found[0] else 0)
    return found[0]


async def whole(store: AsyncEngineStore) -> None:
    """Is every connection back, and everybody's turn over? Opens as many units at once as there may be."""
    engine = store.engine
    places = engine._pool._pool.max_size if isinstance(engine, AsyncPostgresEngine) else 1
    together = asyncio.Barrier(places)

    async def use(_: int) -> None:
        async with store.unit(readonly=True) as unit:
            await together.wait()
            await unit.count(Complaint)

    await asyncio.gather(*map(use, range(places)))
    if isinstance(engine, AsyncPostgresEngine):
        stats = engine._pool._pool.get_stats()
        assert (stats["pool_size"], stats["pool_available"]) == (places, places)
        assert not stats.get("requests_waiting")


async def sweep(store: AsyncEngineStore, doing: Doing, hows: Sequence[How] = HOWS, first: int = 1) -> list[bool]:
    """Cancel something at each point where it waits, in every way; tells for each whether all of it was saved."""
    found: list[bool] = []
    for how in hows:
        for k in (points := Points(first)):
            mine = store.tenant(f"{how} {k}")
            mine.on_facts = heard = Heard()
            disturbed = Disturbed(doing(mine), k, how)
            task = asyncio.create_task(disturbed)
            await asyncio.wait([task])
            if not disturbed.disturbed:
                assert k > 3
                assert task.exception() is None
                points.missed += 1
                continue
            assert task.cancelled()
            found.append(await sound(mine, heard))
            await whole(store)
            await doing(mine)  # once more: the command gives the one record
            assert await sound(mine, heard)
    for n in range(20):
        async with store.tenant(f"after {n}").unit() as unit:
            await unit.save(complaint())
    return found


# -- what is cancelled -----------------------------------------------------------------------------


async def a_unit(store: AsyncEngineStore) -> None:
    async with store.unit(command()) as unit:
        if unit.outcome is None:
            number = await unit.number(Complaint, 2026)
            await unit.save(complaint(number=number, tags=frozenset("ab")), message(), notices=[notice()])


async def a_program(store: AsyncEngineStore) -> None:
    def program(work: Work) -> Program[None]:
        if not (yield from work.known([command()])):
            number = yield from work.number(Complaint, 2026)
            yield from work.save(complaint(number=number), message(), notices=[notice()])
            outcome = work.outcome_since(0)
            assert outcome is not None
            yield from work.remember([(command(), outcome)], now=datetime.now(UTC))

    await store.perform(program)


async def nested_units(store: AsyncEngineStore) -> None:
    async with store.unit(), store.unit(command()) as unit:
        if unit.outcome is None:
            number = await store.perform(lambda work: work.number(Complaint, 2026))
            async with store.unit() as inner:
                await inner.save(complaint(number=number), notices=[notice()])
            await store.atomically(lambda inner: inner.save(message()))


async def a_unit_of_tasks(store: AsyncEngineStore) -> None:
    async with store.unit(command()) as unit:
        if unit.outcome is None:
            await asyncio.gather(
                unit.save(complaint()), unit.number(Complaint, 2026), unit.save(message(), notices=[notice()])
            )


# -- the stores ------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens an empty store on the event loop that runs."""
    if request.param != "postgres":

        async def in_a_thread() -> AsyncEngineStore:
            return ThreadStore(MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "crm.db"))

        yield in_a_thread
        return
    server: Postgres = request.getfixturevalue("postgres")
    with clean_schema(server) as schema:
        yield lambda: AsyncPostgresStore.open(server.url, schema=schema, connections=2)


def run(opened: Open, test: Callable[[AsyncEngineStore], Awaitable[T]]) -> T:
    async def tested() -> T:
        async with await opened() as store:
            return await test(store)

    return asyncio.run(tested())


# -- cancelled at every point ----------------------------------------------------------------------


@pytest.mark.parametrize("doing", [a_unit, a_program, nested_units, a_unit_of_tasks])
def test_wherever_it_is_cancelled_all_of_it_is_saved_or_nothing(opened: Open, doing: Doing) -> None:
    found = run(opened, lambda store: sweep(store, doing))

    assert {*found} == {False, True}  # some were cancelled too early, and some too late


async def left_half_done(awaitable: Awaitable[T]) -> T:
    """What `finished` would be if it cared for nothing."""
    return await awaitable


def test_a_store_that_leaves_its_commit_half_done_is_found_out(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (aio_module, postgres_module):
        monkeypatch.setattr(module, "finished", left_half_done)
    with pytest.raises((AssertionError, StoreError)):
        run(opened, lambda store: sweep(store, a_unit, first=2))


# -- timeouts and groups ---------------------------------------------------------------------------


async def goes_on() -> None:
    """Nothing of a cancellation that is over may hit what the task does next."""
    for _ in range(3):
        await asyncio.sleep(0)
    here = asyncio.current_task()
    assert here is not None
    assert here.cancelling() == 0


async def disturbed_at_every_point(
    store: AsyncEngineStore, attempt: Callable[[AsyncEngineStore, int, How], Awaitable[bool]]
) -> list[bool]:
    """Try with each k until there is none; tells for each whether all was saved."""
    found: list[bool] = []
    hows: tuple[How, ...] = ("when it has what it waited for", "while it waits")
    for how in hows:
        for k in (points := Points()):
            mine = store.tenant(f"{how} {k}")
            mine.on_facts = heard = Heard()
            if not await attempt(mine, k, how):
                assert k > 3
                points.missed += 1
                continue
            found.append(await sound(mine, heard))
            await whole(store)
    assert {*found} == {False, True}
    return found


def test_a_timeout_ends_with_its_block_wherever_it_comes(opened: Open) -> None:
    async def attempt(store: AsyncEngineStore, k: int, how: How) -> bool:
        scopes: list[asyncio.Timeout] = []

        async def timed() -> bool:
            try:
                async with asyncio.timeout(None) as scope:
                    scopes.append(scope)
                    await a_unit(store)
                    scopes.clear()  # left: too late for a timeout
            except TimeoutError:
                await goes_on()
                return True
            await goes_on()
            return False

        def expire() -> None:
            for scope in scopes:
                scope._on_timeout()  # type: ignore[attr-defined]  # now, and not when the clock says so

        disturbed = Disturbed(timed(), k, how, expire)
        return await asyncio.create_task(disturbed)

    run(opened, lambda store: disturbed_at_every_point(store, attempt))


def test_a_timeout_that_comes_late_is_found_out(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio_module, "_cancellable", contextlib.nullcontext)
    with pytest.raises((AssertionError, asyncio.CancelledError)):
        test_a_timeout_ends_with_its_block_wherever_it_comes(opened)


class Failed(Exception):
    """What goes wrong in a sibling."""


async def fails(when: asyncio.Event) -> None:
    await when.wait()
    raise Failed


def test_a_sibling_that_fails_cancels_a_unit_as_a_whole(opened: Open) -> None:
    async def attempt(store: AsyncEngineStore, k: int, how: How) -> bool:
        failing = asyncio.Event()
        disturbed = Disturbed(a_unit(store), k, how, failing.set)
        try:
            async with asyncio.TaskGroup() as group:
                sibling = group.create_task(fails(failing))
                await asyncio.sleep(0)
                unit = group.create_task(disturbed)
                await asyncio.wait([unit])
                sibling.cancel()
        except ExceptionGroup:
            await goes_on()
            return True
        await goes_on()
        return False

    run(opened, lambda store: disturbed_at_every_point(store, attempt))


def test_a_child_that_fails_cancels_the_unit_around_its_group(opened: Open) -> None:
    async def attempt(store: AsyncEngineStore, k: int, how: How) -> bool:
        failing = asyncio.Event()

        async def grouped() -> bool:
            try:
                async with asyncio.TaskGroup() as group:
                    child = group.create_task(fails(failing))
                    await a_unit(store)
                    child.cancel()
            except ExceptionGroup:
                await goes_on()
                return True
            await goes_on()
            return False

        failed: bool = await asyncio.create_task(Disturbed(grouped(), k, how, failing.set))
        return failed

    run(opened, lambda store: disturbed_at_every_point(store, attempt))


# -- on a host's connection ------------------------------------------------------------------------


def test_a_unit_on_a_hosts_connection_that_is_cancelled_leaves_what_the_host_did(postgres: Postgres) -> None:
    async def at(connection: psycopg.AsyncConnection[Any], schema: str, k: int, how: How) -> bool:
        """Was it cancelled? If not, all of it is there."""
        await connection.execute("INSERT INTO host VALUES ('T-1')")
        store = await AsyncPostgresStore.join(connection, schema=schema)
        store.on_facts = heard = Heard()
        disturbed = Disturbed(a_unit(store), k, how)
        task = asyncio.create_task(disturbed)
        await asyncio.wait([task])
        assert task.cancelled() == disturbed.disturbed
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        rows = await (await connection.execute("SELECT count(*) FROM host")).fetchall()
        assert rows == [(1,)]
        await store.committed()
        assert await sound(store, heard) or disturbed.disturbed
        await connection.rollback()
        return disturbed.disturbed

    async def test(schema: str) -> None:
        async with await psycopg.AsyncConnection.connect(postgres.url) as connection:
            await connection.execute("CREATE TEMPORARY TABLE host (text TEXT)")
            await connection.commit()
            for how in HOWS[:2]:
                for k in (points := Points()):
                    if not await at(connection, schema, k, how):
                        assert k > 3
                        points.missed += 1

    with clean_schema(postgres) as schema:
        asyncio.run(test(schema))


# -- in a queue ------------------------------------------------------------------------------------


def test_who_is_cancelled_while_others_hold_the_store_leaves_the_queue(opened: Open) -> None:
    """For a connection of the pool, or for the turn on the thread."""

    async def attempt(store: AsyncEngineStore, k: int, how: How) -> bool:
        engine = store.engine
        places = engine._pool._pool.max_size if isinstance(engine, AsyncPostgresEngine) else 1
        release = asyncio.Event()
        held = asyncio.Barrier(places + 1)

        async def hold() -> None:
            async with store.unit(readonly=True):
                await held.wait()
                await release.wait()

        holding = [asyncio.create_task(hold()) for _ in range(places)]
        await held.wait()
        disturbed = Disturbed(a_unit(store), k, how)
        task = asyncio.create_task(disturbed)
        for _ in range(20):
            await asyncio.sleep(0)
        release.set()
        await asyncio.wait([task, *holding])
        assert task.cancelled() == disturbed.disturbed
        return disturbed.disturbed

    run(opened, lambda store: disturbed_at_every_point(store, attempt))


# -- hooks -----------------------------------------------------------------------------------------


def test_a_hook_that_is_waited_for_comes_to_its_end_and_then_the_task_is_cancelled(opened: Open) -> None:
    async def test(store: AsyncEngineStore) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()
        heard: list[str] = []

        async def hook(facts: Sequence[Fact]) -> None:
            begun.set()
            await go_on.wait()
            heard.extend(fact.kind for fact in facts)

        store.on_facts = hook
        task = asyncio.create_task(a_unit(store))
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        await asyncio.wait([task])
        assert task.cancelled()
        assert heard == ["complaint", "message"]

    run(opened, test)


# -- loops -----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_ends_with_an_open_unit_saves_nothing_of_it(opened: Open) -> None:
    """As when a program is interrupted: `asyncio.run` cancels what still runs, and nobody closes the store."""
    left: list[asyncio.Task[None]] = []

    async def interrupted() -> None:
        store = await opened()
        await whole(store)  # a pool that is still growing when it is cancelled does not hear it, and waits for ever
        inside = asyncio.Event()

        async def never_ends() -> None:
            async with store.unit() as unit:
                await unit.save(complaint(number=await unit.number(Complaint, 2026)))
                inside.set()
                await asyncio.Event().wait()

        left.append(asyncio.create_task(never_ends()))
        await inside.wait()

    asyncio.run(interrupted())
    assert left.pop().cancelled()
    gc.collect()  # Python and psycopg may warn of what was left open: here, and not in another test

    async def again() -> None:
        async with await opened() as store:
            assert await store.tenants() == ()
            assert await store.perform(lambda work: work.save(complaint()))

    asyncio.run(again())


def test_one_store_serves_several_loops_one_after_the_other(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "crm.db") as file:
        store = ThreadStore(file)

        async def use(n: int) -> None:
            async def save(m: int) -> None:
                async with store.unit() as unit:
                    await unit.save(complaint(f"{n}-{m}"))

            await asyncio.gather(*map(save, range(5)))  # some have to wait for others

        threads = threading.enumerate()
        for n in range(3):
            asyncio.run(use(n))
        with file.unit() as unit:
            assert unit.count(Complaint) == 15
        asyncio.run(store.close())
        assert threading.enumerate() == threads


def test_two_loops_at_once_are_told_to_open_a_store_each() -> None:
    store = ThreadStore(MemoryStore())

    async def other() -> None:
        async with store.unit():
            pass

    async def one() -> None:
        async with store.unit():
            with pytest.raises(StoreError, match="another event loop"):
                await asyncio.to_thread(contextvars.Context().run, asyncio.run, other())
        await store.close()

    asyncio.run(one())


def test_a_store_that_is_closed_while_units_run_lets_them_end_and_no_other_begin(tmp_path: Path) -> None:
    threads = threading.enumerate()

    async def test() -> None:
        store = ThreadStore(SQLiteStore(tmp_path / "crm.db"))
        async with store.unit() as unit:
            late = asyncio.create_task(store.tenants(), context=contextvars.Context())
            await asyncio.sleep(0)
            await unit.save(complaint())
            await store.close()
            await unit.save(message())
        with pytest.raises(StoreUnavailable, match="closed"):
            await late
        await store.close()
        assert threading.enumerate() == threads

    asyncio.run(test())
    with SQLiteStore(tmp_path / "crm.db") as file, file.unit() as unit:
        assert (unit.count(Complaint), unit.count(Message)) == (1, 1)


def test_a_store_that_is_cancelled_while_it_closes_is_closed(opened: Open) -> None:
    async def test() -> None:
        for how in HOWS:
            for k in (points := Points()):
                store = await opened()
                disturbed = Disturbed(store.close(), k, how)
                task = asyncio.create_task(disturbed)
                await asyncio.wait([task])
                assert task.cancelled() == disturbed.disturbed
                with pytest.raises(StoreUnavailable):
                    await store.tenants()
                await store.close()
                points.missed += not disturbed.disturbed

    asyncio.run(test())
