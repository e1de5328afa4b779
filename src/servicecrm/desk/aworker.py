"""The worker, awaited. `python tools/waited.py` makes the one for threads out of this module."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from servicecrm.desk.adesk import AsyncDesk
from servicecrm.desk.following import Following
from servicecrm.errors import CommitOutcomeUnknown, InvalidValue, StoreBusy, StoreUnavailable
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.notices import Notice
from servicecrm.notifications import NotDelivered
from servicecrm.storage.ports import Delivery, Program
from servicecrm.storage.queue import LEASE
from servicecrm.storage.work import Work

__all__ = ["AsyncWorker"]

logger: logging.Logger = logging.getLogger("servicecrm")

BATCH: Final = 20
LONGEST: Final = timedelta(days=1)
NOBODY: Final = Actor(id="worker")
LONGEST_CAUSE: Final = 500
ATTEMPTS: Final = 20
"""Tries that last for more than nine days: a mail server that is away over the holidays comes back in time."""

SORTS: Final = "Worker is for a desk of connect(), the awaited worker for one of aconnect()"


class _Turn(NamedTuple):
    """How many notices were handed over, and how many of them arrived."""

    tried: int
    delivered: int


class AsyncWorker:
    """Delivers the notices of every tenant in turn, and seals what units have written down.

    Any number of workers may run, in any number of processes: a notice is one worker's alone until its lease ends.
    One that dies loses nothing: after the lease others deliver what it had not settled, with the same key. So a notice
    is delivered at least once, and whoever gets it twice can tell by `delivery.notice.key`.

    `deliver` hands a notice over, and raises when it cannot: then it is tried again, later from time to time. It is
    given up after so many `attempts`, or at once when the error has the `code` "undeliverable", as
    `notifications.Undeliverable` has. Then the outbox lists it as failed, and notices that tell others of it are saved
    with that: those of the desk's house, and those that `failed` gives. If they cannot be, it is tried again too.

    Raises:
        InvalidValue: the desk is of the other sort, awaited or not.

    Source: C094.
    """

    def __init__(
        self,
        desk: AsyncDesk,
        deliver: Callable[[Delivery], Awaitable[object]],
        *,
        name: str | None = None,
        batch: int = BATCH,
        lease: timedelta = LEASE,
        attempts: int = ATTEMPTS,
        failed: Callable[[Delivery], Sequence[Notice]] | None = None,
    ) -> None:
        if not isinstance(desk, AsyncDesk):
            raise InvalidValue("desk", f"expected {AsyncDesk.__name__}; {SORTS}")
        self.name: str = name or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._desk: AsyncDesk = desk
        self._deliver: Callable[[Delivery], Awaitable[object]] = deliver
        self._batch: int = batch
        self._lease: timedelta = lease
        self._attempts: int = attempts
        self._failed: Callable[[Delivery], Sequence[Notice]] = failed or (lambda _: ())
        self._stopped: asyncio.Event = asyncio.Event()

    async def turn(self) -> int:
        """One batch of each tenant; tells how many notices were delivered. More may wait: see `drain`."""
        return (await self._turn()).delivered

    async def drain(self) -> int:
        """Take turns until every notice that is due was tried, as a nightly job does; tells how many were delivered."""
        delivered = 0
        while (taken := await self._turn()).tried:
            delivered += taken.delivered
        return delivered

    async def run(self, *, pause: timedelta = timedelta(seconds=1)) -> None:
        """Take turns until `stop` is called, with a pause when there was nothing to deliver, or the store is away."""
        while not self._stopped.is_set():
            try:
                delivered = await self.turn()
            except (StoreBusy, StoreUnavailable, CommitOutcomeUnknown) as error:
                logger.warning("a worker pauses: %s", error)
                delivered = 0
            if not delivered:
                await _wait(self._stopped, pause.total_seconds())

    def stop(self) -> None:
        """End after the notice that is being delivered."""
        self._stopped.set()

    async def _turn(self) -> _Turn:
        whole = _Turn(0, 0)
        for tenant in await self._desk.store.tenants():
            if self._stopped.is_set():
                break
            part = await self._turn_of(self._desk.tenant(tenant))
            whole = _Turn(whole.tried + part.tried, whole.delivered + part.delivered)
        return whole

    async def _turn_of(self, desk: AsyncDesk) -> _Turn:
        now, claimed_at = desk.clock(), time.monotonic()
        claimed = await desk.store.atomically(
            lambda unit: unit.claim(self.name, now=now, limit=self._batch, lease=self._lease), claiming=True
        )
        tried = delivered = 0
        for delivery in claimed:
            if time.monotonic() - claimed_at >= self._lease.total_seconds():
                break  # by now others may have claimed the rest
            if self._stopped.is_set():  # the rest goes back at once, not when the lease ends
                await self._settle(desk, delivery, delivered=False)
                continue
            tried += 1
            delivered += await self._hand_over(desk, delivery)
        await desk.store.seal()
        return _Turn(tried, delivered)

    async def _hand_over(self, desk: AsyncDesk, delivery: Delivery) -> bool:
        try:
            await self._deliver(delivery)
        except Exception as error:  # whatever it is, the other notices are delivered
            dead = delivery.attempt >= self._attempts or getattr(error, "code", None) == "undeliverable"
            _log("given up" if dead else "not delivered", delivery, error)
            if not (dead and await self._give_up(desk, delivery, error)):
                await self._settle(desk, delivery, delivered=False)
            return False
        return await self._settle(desk, delivery, delivered=True)

    async def _give_up(self, desk: AsyncDesk, delivery: Delivery, cause: Exception) -> bool:
        """Settle a notice as dead, and let others be told; tells whether that could be."""
        try:
            notices = tuple(self._failed(delivery))

            def program(work: Work) -> Program[None]:
                if (yield from work.settle([delivery], delivered=False, dead=True, cause=_told(cause))):
                    following = Following(desk.house, work, NOBODY, desk.clock())
                    told = yield from following.undelivered(delivery.notice)
                    yield from work.save(notices=(*notices, *told))

            await desk.store.perform(program, claiming=True)
        except (StoreBusy, StoreUnavailable, CommitOutcomeUnknown):
            raise
        except Exception as error:
            _log("not given up, because others could not be told", delivery, error)
            return False
        return True

    async def _settle(self, desk: AsyncDesk, delivery: Delivery, *, delivered: bool) -> bool:
        retry_at = None
        if not delivered and not self._stopped.is_set():
            retry_at = desk.clock() + min(timedelta(minutes=2 ** min(delivery.attempt - 1, 20)), LONGEST)
        settled = await desk.store.atomically(
            lambda unit: unit.settle([delivery], delivered=delivered, retry_at=retry_at), claiming=True
        )
        return settled == 1


def _log(what: str, delivery: Delivery, error: Exception) -> None:
    """Say what became of a notice and why, but not to whom it was: a key ends in that, and what others say may too."""
    tenant, notice = delivery.tenant, delivery.notice
    named = notice.topic, notice.kind, notice.id
    logger.warning("a notice of tenant %s, topic %s about %s %s was %s: %s", tenant, *named, what, _told(error))


def _told(error: Exception) -> str:
    """What an error says of itself, as far as everybody may know it, and every store can keep it."""
    name = type(error).__name__
    told = f"{name}: {error.says}"[:LONGEST_CAUSE] if isinstance(error, NotDelivered) else name
    return name if text_problem(told) else told


async def _wait(stopped: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        return
