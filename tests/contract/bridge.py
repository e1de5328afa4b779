"""An awaited store as one for threads, so that the contract can be told to it."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextvars import Context
from typing import Any, Self, TypeVar, cast

from servicecrm.kernel.kinds import Kind
from servicecrm.storage.aio import AsyncEngineStore, ThreadStore
from servicecrm.storage.awaited import AsyncUnit
from servicecrm.storage.ports import Command, Head, Program, Unit
from servicecrm.storage.work import Work

__all__ = ["Bridge", "Loop"]

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own; what a thread gives it to run shares one context, as in a task."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._of_thread = threading.local()
        self._thread.start()

    def __call__(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, from a thread that waits for it."""
        context = self.context()
        ended: Future[tuple[T | None, BaseException | None]] = Future()

        async def run() -> None:
            try:
                result = await coroutine
            except BaseException as error:  # in a task, KeyboardInterrupt would end the loop
                ended.set_result((None, error))
            else:
                ended.set_result((result, None))

        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(run(), context=context))
        result, error = ended.result()
        if error is not None:
            raise error
        return cast(T, result)

    def in_a_thread(self, function: Callable[[], T], context: Context) -> Awaitable[T]:
        """Call a function that uses this loop itself, in another thread and in a context."""

        def called() -> T:
            self._of_thread.__dict__["context"] = context
            return function()

        return self._loop.run_in_executor(None, called)

    def context(self) -> Context:
        """What the calling thread shares with the coroutines that it runs."""
        context: Context = self._of_thread.__dict__.setdefault("context", Context())
        return context

    def close(self) -> None:
        """End the loop and its threads."""
        self(self._loop.shutdown_asyncgens())
        self(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Bridge:
    """An awaited store with the names of `Store`. See `servicecrm.storage.ports`."""

    def __init__(self, store: AsyncEngineStore, loop: Loop) -> None:
        self.awaited: AsyncEngineStore = store
        self._run: Loop = loop

    @classmethod
    @contextlib.contextmanager
    def to(cls, opened: Callable[[], Awaitable[AsyncEngineStore]]) -> Iterator[Self]:
        """Open a store on a loop of its own, and close both at the end."""
        loop = Loop()

        async def open_it() -> AsyncEngineStore:
            return await opened()

        try:
            store = cls(loop(open_it()), loop)
            try:
                yield store
            finally:
                store.close()
        finally:
            loop.close()

    @property
    def behind(self) -> object:
        """The store that knows where the rows are."""
        return self.awaited.store if isinstance(self.awaited, ThreadStore) else self.awaited

    @property
    def kinds(self) -> Mapping[type, Kind[Any]]:
        return self.awaited.kinds

    @contextlib.contextmanager
    def unit(self, command: Command | None = None, *, readonly: bool = False, claiming: bool = False) -> Iterator[Unit]:
        manager = self.awaited.unit(command, readonly=readonly, claiming=claiming)
        unit = self._run(_entered(manager))
        try:
            yield cast(Unit, _Unit(unit, self._run))
        except BaseException as error:
            if not self._run(_left(manager, error)):
                raise
        else:
            self._run(_left(manager, None))

    def perform(
        self,
        program: Callable[[Work], Program[T]],
        *,
        readonly: bool = False,
        claiming: bool = False,
        glance: bool = False,
    ) -> T:
        return self._run(self.awaited.perform(program, readonly=readonly, claiming=claiming, glance=glance))

    def atomically(self, function: Callable[[Any], T], *, readonly: bool = False, claiming: bool = False) -> T:
        context = self._run.context()

        async def called(unit: AsyncUnit) -> T:
            return await self._run.in_a_thread(lambda: function(_Unit(unit, self._run)), context)

        return self._run(self.awaited.atomically(called, readonly=readonly, claiming=claiming))

    def tenant(self, name: str) -> "Bridge":
        return Bridge(self.awaited.tenant(name), self._run)

    def tenants(self) -> tuple[str, ...]:
        return self._run(self.awaited.tenants())

    def seal(self) -> int:
        return self._run(self.awaited.seal())

    def head(self) -> Head:
        return self._run(self.awaited.head())

    def verify(self, head: Head | None = None) -> int:
        return self._run(self.awaited.verify(head))

    def close(self) -> None:
        self._run(self.awaited.close())


class _Unit:
    """An awaited unit with the names of `Unit`, each of which waits."""

    def __init__(self, unit: AsyncUnit, run: Loop) -> None:
        self._unit = unit
        self._waited = run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._unit, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: self._waited(found(*arguments, **named))


async def _entered(manager: contextlib.AbstractAsyncContextManager[AsyncUnit]) -> AsyncUnit:
    return await manager.__aenter__()


async def _left(manager: contextlib.AbstractAsyncContextManager[AsyncUnit], error: BaseException | None) -> bool:
    if error is None:
        return bool(await manager.__aexit__(None, None, None))
    return bool(await manager.__aexit__(type(error), error, error.__traceback__))
