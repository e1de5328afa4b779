"""The worker, awaited. `python tools/waited.py` makes the one for threads out of this module."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from servicecrm.desk.adesk import AsyncDesk
from servicecrm.errors import StoreBusy, StoreUnavailable
from servicecrm.storage.ports import Delivery
from servicecrm.storage.work import LEASE

__all__ = ["AsyncWorker"]

logger: logging.Logger = logging.getLogger("servicecrm")

BATCH: Final = 20
LONGEST: Final = timedelta(days=1)


class AsyncWorker:
    """Delivers the notices of every tenant in turn, and seals what units have written down.

    Any number of workers may run, in any number of processes: a notice is one worker's alone until its lease ends.
    One that dies loses nothing: after the lease others deliver what it had not settled, with the same key. So a notice
    is delivered at least once, and whoever gets it twice can tell by `delivery.notice.key`.

    `deliver` hands a notice over, and raises when it cannot: then it is tried again, later from time to time.
    """

    def __init__(
        self,
        desk: AsyncDesk,
        deliver: Callable[[Delivery], Awaitable[object]],
        *,
        name: str | None = None,
        batch: int = BATCH,
        lease: timedelta = LEASE,
    ) -> None:
        self.name: str = name or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._desk: AsyncDesk = desk
        self._deliver: Callable[[Delivery], Awaitable[object]] = deliver
        self._batch: int = batch
        self._lease: timedelta = lease
        self._stopped: asyncio.Event = asyncio.Event()

    async def turn(self) -> int:
        """One batch of each tenant; tells how many notices were delivered."""
        delivered = 0
        for tenant in await self._desk.store.tenants():
            if self._stopped.is_set():
                break
            delivered += await self._turn_of(self._desk.tenant(tenant))
        return delivered

    async def run(self, *, pause: timedelta = timedelta(seconds=1)) -> None:
        """Take turns until `stop` is called, with a pause when there was nothing to deliver, or the store is away."""
        while not self._stopped.is_set():
            try:
                delivered = await self.turn()
            except (StoreBusy, StoreUnavailable) as error:
                logger.warning("a worker pauses: %s", error)
                delivered = 0
            if not delivered:
                await _wait(self._stopped, pause.total_seconds())

    def stop(self) -> None:
        """End after the notice that is being delivered."""
        self._stopped.set()

    async def _turn_of(self, desk: AsyncDesk) -> int:
        now, claimed_at = desk.clock(), time.monotonic()
        claimed = await desk.store.atomically(
            lambda unit: unit.claim(self.name, now=now, limit=self._batch, lease=self._lease), claiming=True
        )
        delivered = 0
        for delivery in claimed:
            if time.monotonic() - claimed_at >= self._lease.total_seconds():
                break  # by now others may have claimed the rest
            if self._stopped.is_set():  # the rest goes back at once, not when the lease ends
                await self._settle(desk, delivery, delivered=False)
                continue
            delivered += await self._hand_over(desk, delivery)
        await desk.store.seal()
        return delivered

    async def _hand_over(self, desk: AsyncDesk, delivery: Delivery) -> bool:
        try:
            await self._deliver(delivery)
        except Exception as error:  # whatever it is, the other notices are delivered
            logger.warning(
                "a notice of tenant %s, topic %s was not delivered: %s",
                delivery.tenant,
                delivery.notice.topic,
                type(error).__name__,
            )
            await self._settle(desk, delivery, delivered=False)
            return False
        return await self._settle(desk, delivery, delivered=True)

    async def _settle(self, desk: AsyncDesk, delivery: Delivery, *, delivered: bool) -> bool:
        retry_at = None
        if not delivered and not self._stopped.is_set():
            retry_at = desk.clock() + min(timedelta(minutes=2 ** min(delivery.attempt - 1, 20)), LONGEST)
        settled = await desk.store.atomically(
            lambda unit: unit.settle([delivery], delivered=delivered, retry_at=retry_at), claiming=True
        )
        return settled == 1


async def _wait(stopped: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        return
