# ruff: noqa: PT012 - a transaction is a block of its own
"""An application on psycopg that awaits its database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any

import psycopg
import pytest
from psycopg.abc import RV, PQGen

import servicecrm
from servicecrm import AsyncDesk
from servicecrm.complaints import Complaint
from servicecrm.errors import (
    AlreadyExists,
    InvalidValue,
    NoTransaction,
    StaleRevision,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    TransitionNotAllowed,
)
from servicecrm.storage import joined
from servicecrm.storage.aio import finished
from servicecrm.storage.postgres import awaited
from servicecrm.testing.contract.examples import BY, amended, complaint
from tests.hosts.conftest import Server


class Stop(Exception):
    """What goes wrong in a test."""


class AwaitedApplication:
    """An application with one connection."""

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", ours: str) -> None:
        self.connection: psycopg.AsyncConnection[Any] = connection
        self.ours: str = ours
        self.heard: list[str] = []

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncDesk]:
        """A transaction, or a savepoint in it, with a desk that is told how it ends."""
        outermost = self.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if outermost:
            self.desks: list[AsyncDesk] = []
        first = len(self.desks)
        try:
            async with self.connection.transaction():
                desk = await self.joined()
                self.desks.append(desk)
                yield desk
        except BaseException:
            for each in self.desks[first:]:
                each.rolled_back()
            raise
        for each in self.desks if outermost else []:
            await each.committed()

    async def joined(self, **options: Any) -> AsyncDesk:
        desk = await servicecrm.aconnect(self.connection, actor=BY, schema=self.ours, **options)

        async def hear(fact: Any) -> None:
            self.heard.append(fact.record.subject)

        desk.on("complaint.recorded", hear)
        return desk

    async def put(self, text: str) -> None:
        await self.connection.execute("INSERT INTO host VALUES (%s)", (text,))

    async def texts(self) -> list[str]:
        return [text async for (text,) in await self.connection.execute("SELECT text FROM host")]


@contextlib.asynccontextmanager
async def opened(
    server: Server, *, autocommit: bool = True, kind: type[psycopg.AsyncConnection[Any]] = psycopg.AsyncConnection
) -> AsyncIterator[AwaitedApplication]:
    options = f"-c search_path={server.host}"
    connecting = kind.connect(server.url, options=options, autocommit=autocommit)
    async with await connecting as connection:
        async with connection.transaction():
            await connection.execute("CREATE TABLE IF NOT EXISTS host (text TEXT)")
        yield AwaitedApplication(connection, server.ours)


async def recorded(desk: AsyncDesk, subject: str) -> Complaint:
    return await desk.complaints.record(subject=subject, channel="web")


async def subjects(desk: AsyncDesk) -> list[str]:
    return sorted([complaint.subject async for complaint in desk.complaints.find()])


def does(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


@pytest.mark.parametrize("autocommit", [True, False])
def test_the_commit_keeps_both_and_then_hooks_hear_of_it(server: Server, *, autocommit: bool) -> None:
    async def test() -> None:
        async with opened(server, autocommit=autocommit) as app, opened(server) as other:
            async with app.transaction() as desk:
                await app.put("mine")
                await recorded(desk, "ours")
                async with other.transaction() as seen:
                    assert (await other.texts(), await subjects(seen)) == ([], [])
                assert app.heard == []
            assert app.heard == ["ours"]
            async with other.transaction() as seen:
                assert (await other.texts(), await subjects(seen)) == (["mine"], ["ours"])
                await seen.store.seal()
                assert await seen.store.verify() == 2

    does(test())


def test_the_rollback_takes_both_back_and_hooks_hear_nothing(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app:
            with pytest.raises(Stop):
                async with app.transaction() as desk:
                    await app.put("mine")
                    await recorded(desk, "ours")
                    async with desk.unit():
                        await recorded(desk, "more of ours")
                    raise Stop
            async with app.transaction() as desk:
                assert (await app.texts(), await subjects(desk)) == ([], [])
            assert app.heard == []

    does(test())


def test_an_error_leaves_the_hosts_transaction_usable(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app, app.transaction() as desk:
            await app.put("mine")
            await desk.save(complaint("c-1"))
            old = await desk.complaints.get("c-1")
            await desk.save(amended(old, category="water"))
            with pytest.raises(AlreadyExists):
                await desk.save(complaint("lost"), complaint("c-1"))
            with pytest.raises(StaleRevision):
                await desk.save(complaint("lost"), amended(old, category="roads"))
            with pytest.raises(InvalidValue):
                await recorded(desk, "")
            with pytest.raises(TransitionNotAllowed):
                await desk.complaints.close("c-1", "resolved")
            await app.connection.execute(f"ALTER TABLE {app.ours}.servicecrm_journal RENAME TO hidden".encode())
            with pytest.raises(StoreUnavailable):
                await recorded(desk, "lost")
            await app.connection.execute(f"ALTER TABLE {app.ours}.hidden RENAME TO servicecrm_journal".encode())
            await recorded(desk, "kept")
            assert await app.texts() == ["mine"]
            assert await subjects(desk) == ["No water", "kept"]

    does(test())


def test_a_savepoint_of_the_hosts_takes_back_what_was_done_in_it(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app:
            async with app.transaction() as desk:
                await recorded(desk, "outside")
                with pytest.raises(Stop):
                    async with app.transaction() as inner:
                        await recorded(inner, "lost")
                        raise Stop
                async with app.transaction() as inner:
                    await recorded(inner, "kept")
                assert await subjects(desk) == ["kept", "outside"]
                assert app.heard == []
            assert app.heard == ["outside", "kept"]

    does(test())


def test_without_a_transaction_it_refuses(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app:
            with pytest.raises(NoTransaction):
                await app.joined()
            async with app.transaction() as desk:
                await recorded(desk, "kept")
            with pytest.raises(NoTransaction):
                await recorded(desk, "lost")

    does(test())


def test_desks_of_one_connection_share_the_unit_that_is_open(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app, app.transaction() as desk:
            with pytest.raises(Stop):
                async with desk.unit():
                    await recorded(await app.joined(), "lost")
                    raise Stop
            async with desk.unit():
                await recorded(await app.joined(), "kept")
                with pytest.raises(StoreError, match="end it before work for tenant 'north'"):
                    await recorded(await app.joined(tenant="north"), "lost")
            await recorded(await app.joined(tenant="north"), "from the north")
            assert await subjects(desk) == ["kept"]
            assert await subjects(desk.tenant("north")) == ["from the north"]

    does(test())


def test_calls_at_the_same_time_wait_for_each_other(server: Server) -> None:
    async def test() -> None:
        async with opened(server) as app, app.transaction() as desk:
            other = await app.joined()
            done = await asyncio.gather(
                *(recorded(each, f"{n}") for n in range(10) for each in (desk, other)),
                *(desk.complaints.close("nowhere", "resolved") for _ in range(10)),
                return_exceptions=True,
            )
            assert sum(isinstance(each, Complaint) for each in done) == 20
            assert await desk.complaints.count() == 20
            await desk.store.seal()
            assert await desk.store.verify() == 2 * 20

    does(test())


def test_a_unit_that_does_not_end_is_not_waited_for_without_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joined, "PATIENCE", 0)

    async def test() -> None:
        async with opened(server) as app, app.transaction() as desk:
            other = asyncio.create_task(recorded(desk, "lost"))  # knows nothing of the unit
            async with desk.unit():
                await recorded(desk, "kept")
                with pytest.raises(StoreBusy, match="another unit on your connection does not end"):
                    await other
            assert await subjects(desk) == ["kept"]

    does(test())


class Cancelling(psycopg.AsyncConnection[Any]):
    """Cancels a task when it, or what it waits for, turns to the server for the k-th time."""

    victim: "asyncio.Task[Any] | None" = None
    left: int = 0

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if self.victim is not None:
            self.left -= 1
            if self.left == 0:
                self.victim.cancel()
        return await super().wait(gen, interval, timeout)


async def cancelled_at(k: int, server: Server) -> tuple[bool, list[str]]:
    """Was a task cancelled at its k-th turn, and what is there then?"""
    async with opened(server, kind=Cancelling) as app:
        assert isinstance(app.connection, Cancelling)
        with contextlib.suppress(Stop):
            async with app.transaction() as desk:
                await app.put("mine")
                task = asyncio.create_task(recorded(desk, "ours"))
                app.connection.victim, app.connection.left = task, k
                await asyncio.wait([task])
                app.connection.victim = None
                await app.put("more")
                await recorded(desk, "after all")
                assert await app.texts() == ["mine", "more"]
                kept = await subjects(desk)
                await desk.store.seal()
                assert await desk.store.verify() == 2 * len(kept)
                await desk.committed()
                assert sorted(app.heard) == kept
                raise Stop
        return task.cancelled(), kept


def test_cancelling_takes_back_the_unit_alone(server: Server) -> None:
    async def test() -> None:
        outcomes: list[tuple[bool, list[str]]] = []
        while not outcomes or outcomes[-1][0]:
            outcomes.append(await cancelled_at(len(outcomes) + 1, server))
        assert len(outcomes) > 5
        assert outcomes[0] == (True, ["after all"])
        assert outcomes[-1] == (False, ["after all", "ours"])

    does(test())


def test_a_cancellation_that_comes_between_the_end_of_a_unit_and_its_answer_would_be_noticed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told_at_once(awaitable: Awaitable[RV]) -> RV:
        value = await finished(awaitable)
        await asyncio.sleep(0)  # here a cancellation arrives, although the work is done
        return value

    async def test() -> None:
        for k in range(1, 60):
            await cancelled_at(k, server)

    monkeypatch.setattr(awaited, "finished", told_at_once)
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        asyncio.run(test())
