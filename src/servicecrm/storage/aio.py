"""Stores that are awaited: the same units and programs, without keeping a thread waiting."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from typing import Any, Protocol, Self, TypeVar, cast

from servicecrm.errors import ForkedStoreError, StaleRevision, StoreBusy, StoreError, StoreUnavailable
from servicecrm.storage.awaited import AsyncUnit
from servicecrm.storage.ports import Command, Fact, Head, Op, Program
from servicecrm.storage.rows import Tables, ask
from servicecrm.storage.store import (
    Answer,
    AskedMore,
    BaseStore,
    Engine,
    EngineStore,
    EngineUnit,
    Mode,
    Opened,
    Run,
    Settings,
    Tries,
    head_of,
    mode_of,
    while_open,
)
from servicecrm.storage.verifying import verified
from servicecrm.storage.work import Work

__all__ = ["AsyncAnswer", "AsyncEngine", "AsyncEngineStore", "ThreadEngine", "ThreadStore", "arun", "finished"]

T = TypeVar("T")

AsyncAnswer = Callable[[Op], Awaitable[Any]]
"""Puts a request to the tables of a transaction."""


class AsyncEngine(Settings, Protocol):
    """What an awaited store runs on."""

    def transaction(self, tenant: str, mode: Mode) -> contextlib.AbstractAsyncContextManager[AsyncAnswer]:
        """A transaction for one tenant: commits at the end of the block, rolls back on any exception."""
        ...

    async def close(self) -> None: ...


class _AsyncRun(Protocol):
    """Runs a program of a unit to its end."""

    def __call__(self, program: Program[T]) -> Awaitable[T]: ...


async def arun(program: Program[T], answer: AsyncAnswer) -> T:
    """Run a program to its end, awaiting each answer."""
    try:
        request = next(program)
        while True:
            try:
                value = await answer(request)
            except BaseException as error:
                request = program.throw(error)
            else:
                request = program.send(value)
    except StopIteration as stop:
        return cast(T, stop.value)


async def finished(awaitable: Awaitable[T]) -> T:
    """Wait for the end of something that must not be left half done.

    A cancellation that comes meanwhile is delivered where the task waits next; see `_cancellable`.
    """
    task = asyncio.ensure_future(awaitable)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    here = asyncio.current_task()
    if cancelled and here is not None:
        here.uncancel()
        here.cancel()
    return task.result()


@contextlib.asynccontextmanager
async def _cancellable() -> AsyncIterator[None]:
    """Delivers at the end of the block what `finished` has put off in it.

    Later it would hit whatever the task does next, when the timeout or the group that wanted it is left already.
    """
    try:
        yield
    finally:
        if _cancellations():
            await asyncio.sleep(0)


def _cancellations() -> int:
    """How often it was asked for that this task ends."""
    here = asyncio.current_task()
    return 0 if here is None else here.cancelling()


class AsyncEngineStore(BaseStore[AsyncEngine]):
    """A store that is awaited. See `servicecrm.storage.store.EngineStore`, whose names it has.

    Cancelling leaves everything as it was before, or as it is after.
    """

    @contextlib.asynccontextmanager
    async def unit(
        self, command: Command | None = None, *, readonly: bool = False, claiming: bool = False
    ) -> AsyncIterator[AsyncUnit]:
        """Begin a unit of work; inside another unit of this store it joins that one.

        Tasks that are started inside a unit work in it too, one request after the other.
        """
        async with self._working(mode_of(readonly=readonly, claiming=claiming)) as (work, run):
            # A unit hands back what its runner gives, here something to await; its façade says so to type checkers.
            unit = EngineUnit(work, cast(Run, run), command)
            mark = work.mark()
            if command is not None:
                unit.outcome = (await run(work.known([command]))).get(command.id)
            yield AsyncUnit(unit)
            outcome = work.outcome_since(mark)
            if command is not None and unit.outcome is None and outcome is not None:
                await run(work.remember([(command, outcome)], now=datetime.now(UTC)))

    async def perform(
        self,
        program: Callable[[Work], Program[T]],
        *,
        readonly: bool = False,
        claiming: bool = False,
        glance: bool = False,
    ) -> T:
        """Run a program in a unit of work of its own, or in the one that is open.

        A unit of its own is run again when others came in between. A `glance` only reads, and most likely asks one
        question; if it asks more, it is run again in a transaction.
        """
        joined = self._joined()
        if joined is not None:
            # Not through `_working`, which would take what other tasks write in the unit meanwhile for ours.
            return await cast(_AsyncRun, joined.run)(program(joined.work))

        async def once(mode: Mode) -> T:
            async with self._working(mode) as (work, run):
                return await run(program(work))

        if glance and self.engine.glances:
            with contextlib.suppress(AskedMore, StoreUnavailable):
                return await once("glance")
        return await self._again(partial(once, mode_of(readonly=readonly or glance, claiming=claiming)))

    async def atomically(
        self, function: Callable[[AsyncUnit], Awaitable[T]], *, readonly: bool = False, claiming: bool = False
    ) -> T:
        """Call a function with a unit of its own, and again with a new one when others came in between."""

        async def once() -> T:
            async with self.unit(readonly=readonly, claiming=claiming) as unit:
                return await function(unit)

        return await self._again(once)

    async def _again(self, once: Callable[[], Awaitable[T]]) -> T:
        if self._joined() is not None:  # only the whole of the unit that is open can be done again
            return await once()
        tries = Tries(self.engine.timeout)
        while True:
            try:
                return await once()
            except (StaleRevision, StoreBusy) as error:
                await asyncio.sleep(tries.pause(error))

    @contextlib.asynccontextmanager
    async def _working(self, mode: Mode) -> AsyncIterator[tuple[Work, _AsyncRun]]:
        joined = self._joined()
        if joined is not None:
            with joined.work.whole():
                yield joined.work, cast(_AsyncRun, joined.run)
            return
        before = _cancellations()
        async with _cancellable():
            async with self.engine.transaction(self.name, mode) as answer:
                if _cancellations() > before:  # before Python 3.12, what waits for a connection may lose one
                    raise asyncio.CancelledError
                work = self._work(mode)
                guarded = while_open(work, answer)
                one_at_a_time = asyncio.Lock()

                async def run(program: Program[T]) -> T:
                    async with one_at_a_time:
                        with work.whole():
                            return await arun(program, guarded)

                self._open.set(Opened(self.name, work, cast(Run, run)))
                try:
                    yield work, run
                    await arun(work.finish(), guarded)
                finally:
                    work.ended = True
                    self._open.set(None)
            await self._tell(self._committed(work))

    async def _tell(self, facts: Sequence[Fact]) -> None:
        if facts and self.on_facts is not None:
            told = self.on_facts(facts)
            if isawaitable(told):
                await finished(told)

    async def tenants(self) -> tuple[str, ...]:
        """The tenants that have saved something."""
        return await self.perform(lambda _: ask(Tables.tenants), readonly=True)

    async def seal(self) -> int:
        """Link what no seal covers yet into this tenant's chain; tells how many entries."""
        if self.engine.seals:
            return 0
        sealed = 0
        while some := await self.perform(lambda work: work.seal(), claiming=True):
            sealed += some
        return sealed

    async def head(self) -> Head:
        """The end of this tenant's journal; keep it elsewhere to prove later that nothing was cut off."""
        return await self.perform(lambda _: head_of(), readonly=True)

    async def verify(self, head: Head | None = None) -> int:
        """Check every entry and seal of this tenant's journal; tells how many entries there are."""
        return await self.perform(lambda _: verified(self._kinds, head, all_sealed=self.engine.seals), readonly=True)

    async def committed(self) -> None:
        """The host has committed: run the hooks for what happened in its transaction."""
        facts = list(self._waiting)
        self._waiting.clear()
        async with _cancellable():
            await self._tell(facts)

    def rolled_back(self) -> None:
        """The host has rolled back: what happened in its transaction has not happened."""
        self._waiting.clear()

    async def close(self) -> None:
        """Give everything back. A closed store refuses to work."""
        async with _cancellable():
            await finished(self.engine.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class ThreadEngine:
    """An engine for threads, worked by one thread of its own, so that the event loop goes on."""

    def __init__(self, engine: Engine) -> None:
        self.timeout: float = engine.timeout
        self.seals: bool = engine.seals
        self.holds: bool = engine.holds
        self.joined: bool = engine.joined
        self.glances: bool = False
        self.engine: Engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="servicecrm")
        self._process = os.getpid()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: str, mode: Mode) -> AsyncIterator[AsyncAnswer]:
        """One transaction; the next one waits for its end."""
        async with self._my_turn():
            transaction = self.engine.transaction(tenant, mode)
            answer: Answer = await finished(self._do(transaction.__enter__))
            try:
                yield lambda op: self._do(answer, op)
            except BaseException as error:
                # What was cancelled may still be going on in the thread; leaving the transaction comes after it.
                await finished(self._do(transaction.__exit__, type(error), error, error.__traceback__))
                raise
            await finished(self._do(transaction.__exit__, None, None, None))

    @contextlib.asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        turn = self._turn_here()
        try:
            async with asyncio.timeout(self.timeout):
                await turn.acquire()
        except TimeoutError:
            raise StoreBusy from None
        try:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            yield
        finally:
            turn.release()
            if self._closed:
                self._thread.shutdown()

    def _turn_here(self) -> asyncio.Lock:
        """Whose turn it is on the event loop that runs. Several loops may use a store, one after the other."""
        if self._process != os.getpid():
            raise ForkedStoreError(self._process, os.getpid())
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and self._loop.is_running():
                raise StoreError("another event loop uses this store; open one for each")
            self._loop, self._turn = loop, asyncio.Lock()
        return self._turn

    def _do(self, function: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def close(self) -> None:
        """Close the engine, and end the thread; a unit that is open may come to its end."""
        if self._closed or self._process != os.getpid():
            return
        self._closed = True
        await self._do(self.engine.close)
        if not self._turn.locked():
            self._thread.shutdown()


class ThreadStore(AsyncEngineStore):
    """A store for threads, awaited: one thread of its own works on it, one unit after the other."""

    def __init__(self, store: EngineStore) -> None:
        if store.engine.joined:
            raise StoreError("a store inside a host's transaction cannot be awaited; use connect() where the host is")
        super().__init__(ThreadEngine(store.engine), tuple(store.kinds.values()), tenant=store.name)
        self.store: EngineStore = store
        # Read now: later it could have to wait for the unit of another task, and the event loop with it.
        self.profile: object = getattr(store, "profile", None)
