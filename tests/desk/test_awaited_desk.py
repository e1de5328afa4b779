"""The desk that is awaited has the names of the other one, and gives what it gives, on every kind of store."""  # C121

import asyncio
import contextlib
import contextvars
import inspect
import io
import os
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from datetime import timedelta
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from servicecrm.calendars import Calendar
from servicecrm.cases import RequestType, Router
from servicecrm.complaints import DEFAULT, Complaint, ComplaintPolicy
from servicecrm.desk import AsyncDesk, Desk, aconnect, connect
from servicecrm.desk.house import House
from servicecrm.errors import (
    ForkedStoreError,
    GuardNotMet,
    InvalidValue,
    NotFound,
    ReadOnlyStore,
    ServiceCRMError,
    StoreError,
    StoreUnavailable,
)
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.storage import MemoryStore, SQLiteStore
from servicecrm.storage.aio import AsyncEngineStore, ThreadStore
from servicecrm.storage.ports import Command, Entry, Fact
from servicecrm.storage.postgres import AsyncPostgresStore
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import complaint as decided
from servicecrm.tracking import Ladder, Rung, Targets, usual

ANN, BOB = "ann@city.example", "bob@city.example"
DEMO = Path(str(files("servicecrm"))) / "demo"
MAP = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)

DAY = timedelta(days=1)
HOUSE = House(roles=lambda role, _: (f"{role}@city.example",))
HOURS = Calendar(zone="Europe/Vienna", hours="mon-fri 07:00-15:00")
PROMISES = Targets(
    targets=(
        usual("accept", "1h business"),
        usual(
            "resolution",
            "5 business days",
            ladder=Ladder(rungs=(Rung(at="due", to="lead"), Rung(at="2 business days after", to="chief"))),
        ),
        usual("demanded_update", "1 business day"),
    )
)

Step = Callable[[Any], Any]
Story = Generator[Step, Any, None]


async def opened(url: str, **options: Any) -> AsyncDesk:
    """A desk where Ann works, as the other tests have it."""
    told: dict[str, Any] = {"actor": ANN, "clock": FixedClock(), "ids": SeededIds(), **options}
    return await aconnect(url, **told)


# -- the same story --------------------------------------------------------------------------------


def a_life() -> Story:
    """A complaint from its first word to its end, with what can be asked about it, and what is refused."""
    told = yield lambda crm: crm.complaints.record(
        subject="No water since Monday", channel="phone", customer="harbour-cafe", complainant="Ängström", command="k-1"
    )
    id, number = told.id, str(told.number)
    yield lambda crm: crm.complaints.record(subject="No gas", channel="web", tags={"street"}, command="k-1")
    yield lambda crm: crm.complaints.close(id, "resolved")
    yield lambda crm: crm.complaints.acknowledge(number)
    yield lambda crm: crm.complaints.assess(id, severity="high", impact="medium", command="k-2")
    yield lambda crm: crm.complaints.assess(id, severity="high", impact="medium", command="k-2")
    yield lambda crm: crm.complaints.assign(id, "water")
    yield lambda crm: crm.acting_as(BOB, on_behalf_of="water").complaints.note(id, "Called back.")
    yield lambda crm: crm.complaints.message(id, "Any news?", side="outside")
    yield lambda crm: crm.worklist("water")
    yield lambda crm: crm.complaints.wait(id, for_="customer", reason="photos")
    yield lambda crm: crm.complaints.resume(id)
    yield lambda crm: crm.complaints.amend(id, category="outage")
    yield lambda crm: crm.complaints.forward(id, "north")
    yield lambda crm: crm.complaints.assign_all([id, "unknown"], "south")
    yield lambda crm: crm.complaints.answer(id, text="It runs again.")
    yield lambda crm: crm.complaints.plan(id, ["Measure the pressure"])
    yield lambda crm: crm.actions.done("ACT-2026-000001", "3 bar")
    yield lambda crm: crm.complaints.judge(id, "justified", grounds="The valve leaked.")
    yield lambda crm: crm.complaints.answer(id, text="It runs again.", recourse=["ombudsman"])
    yield lambda crm: crm.complaints.close(id, "resolved")
    yield lambda crm: crm.complaints.reopen(id, "It stopped again.")
    yield lambda crm: crm.complaints.withdraw(id)
    yield lambda crm: crm.save(decided("c-1", subject="Saved"), command=Command(id="k-3", fingerprint="f"))
    yield lambda crm: crm.save(decided("c-2", subject="Saved"), command=Command(id="k-3", fingerprint="f"))
    yield lambda crm: crm.complaints.get(id)
    yield lambda crm: crm.complaints.messages(number)
    yield lambda crm: crm.history(number)
    yield lambda crm: crm.history("unknown")
    yield lambda crm: crm.complaints.find(order="-subject")
    yield lambda crm: crm.complaints.find(where("state") == "withdrawn", limit=1)
    yield lambda crm: crm.complaints.find(limit=-1)
    yield lambda crm: crm.complaints.page(limit=1)
    yield lambda crm: crm.complaints.count(where("category") == "outage")
    yield lambda crm: crm.complaints.search("ÄNGSTRÖM")
    yield lambda crm: crm.policies.publish(DEFAULT, effective=crm.clock() + DAY)
    yield lambda crm: crm.policies.book(ComplaintPolicy)
    yield lambda crm: crm.policies.in_force(ComplaintPolicy)
    yield lambda crm: crm.tenant("south").complaints.get(id)
    yield lambda crm: crm.tenant("south").complaints.record(subject="No gas", channel="web")
    yield lambda crm: crm.tenant("").complaints.count()
    yield lambda crm: crm.on("complaint.flown", print)
    yield lambda crm: crm.committed()
    yield lambda crm: crm.rolled_back()
    yield lambda crm: crm.store.tenants()
    yield lambda crm: crm.store.verify()


def a_request() -> Story:
    """A request from its first word to its end, by the rules of a house: what is due, what is done, who is told."""
    yield from rules_of_a_house()
    id, number = yield from a_case_that_is_taken_on()
    yield from its_handling(id)
    yield from what_is_due(id, number)
    yield from its_end(id)
    yield from an_action(id)
    yield lambda crm: crm.history(number)
    yield lambda crm: crm.outbox.pending(limit=3)
    yield lambda crm: crm.outbox.failed()
    yield lambda crm: crm.outbox.counts()
    yield lambda crm: crm.outbox.retry("unknown")


def rules_of_a_house() -> Story:
    yield lambda crm: crm.policies.publish(Router(default="intake"), effective=crm.clock())
    yield lambda crm: crm.policies.publish(RequestType(code="leak"), effective=crm.clock())
    yield lambda crm: crm.policies.publish(HOURS, name="default", effective=crm.clock())
    yield lambda crm: crm.policies.publish(PROMISES, name="case", effective=crm.clock())
    yield lambda crm: crm.policies.publish(PROMISES, name="flight", effective=crm.clock())
    yield lambda crm: crm.policies.in_force(Targets, "case")
    yield lambda crm: crm.policies.book(RequestType, "leak")
    yield lambda crm: crm.policies.book(RequestType)


def a_case_that_is_taken_on() -> Generator[Step, Any, tuple[str, str]]:
    told = {"subject": "A leak", "channel": "phone", "requester": "c-7", "request_type": "leak", "command": "k-1"}
    case = yield lambda crm: crm.cases.open(**told)
    id, number = case.id, str(case.number)
    yield lambda crm: crm.cases.open(**told)
    yield lambda crm: crm.cases.accept(id)
    yield lambda crm: crm.cases.classify(id, "leak", attributes={"depth": 3})
    yield lambda crm: crm.cases.amend(id, service="water", requester_name=None)
    yield lambda crm: crm.cases.rate(id, "p1")
    yield lambda crm: crm.cases.route(number, command="k-2")
    yield lambda crm: crm.cases.route(number, command="k-2")
    yield lambda crm: crm.cases.assign(id, BOB)
    yield lambda crm: crm.acting_as(BOB).cases.accept(id, expected_by=crm.clock() + 9 * DAY)
    return id, number


def its_handling(id: str) -> Story:
    yield lambda crm: crm.cases.start(id)
    yield lambda crm: crm.cases.promise(id, crm.clock() + DAY)
    yield lambda crm: crm.cases.extend(id, crm.clock() + 10 * DAY, reason="frost")
    yield lambda crm: crm.cases.request_update(id)
    yield lambda crm: crm.cases.give_update(id, "The pump is ordered.")
    yield lambda crm: crm.cases.wait(id, "third_party")
    yield lambda crm: crm.cases.resume(id)
    yield lambda crm: crm.cases.refer(id, "roads", reference="R-1")
    yield lambda crm: crm.cases.partner_update(id, "done")
    yield lambda crm: crm.cases.message(id, "Any news?", side="outside")
    yield lambda crm: crm.cases.note(id, "Called the depot.")
    yield lambda crm: crm.cases.contact(id, "voicemail", note="Rang.")


def what_is_due(id: str, number: str) -> Story:
    yield lambda crm: crm.worklist(BOB)
    yield lambda crm: crm.cases.worklist(BOB)
    yield lambda crm: crm.timers(number)
    yield lambda crm: crm.timers(id, at=crm.clock() + DAY)
    yield lambda crm: crm.timers("unknown")
    yield lambda crm: crm.escalate(number, "chief", reason="a school", timer="resolution")
    yield lambda crm: crm.escalate(number, "chief", reason="a school", timer="accept")
    yield lambda crm: crm.escalate("unknown", "chief", reason="a school", timer="resolution")
    yield lambda crm: crm.sweep(crm.clock() + 30 * DAY)
    yield lambda crm: crm.sweep(crm.clock() + 30 * DAY)
    yield lambda crm: crm.sweep()


def its_end(id: str) -> Story:
    yield lambda crm: crm.cases.forward(id, ANN, reason="knows the pipes")
    yield lambda crm: crm.cases.accept(id)
    yield lambda crm: crm.cases.answer(id, "It runs again.")
    yield lambda crm: crm.cases.close(id, "answered")
    yield lambda crm: crm.cases.give_update(id, "It is answered.")
    yield lambda crm: crm.cases.close(id, "answered")
    yield lambda crm: crm.cases.reopen(id, "It stopped again.")
    yield lambda crm: crm.cases.hand_back(id, "It is a gas pipe.")
    yield lambda crm: crm.cases.void(id, 3, reason="a mistake")
    yield lambda crm: crm.cases.link(id, "another")
    yield lambda crm: crm.cases.withdraw(id)
    yield lambda crm: crm.cases.dossier("c-7")
    yield lambda crm: crm.cases.find(where("requester") == "c-7")
    yield lambda crm: crm.cases.messages(id)


def an_action(source: str) -> Story:
    item = yield lambda crm: crm.actions.open(
        "Call back", source_kind="case", source=source, owner=BOB, due_at=crm.clock() + DAY
    )
    id, number = item.id, str(item.number)
    yield lambda crm: crm.actions.take_up(id)
    yield lambda crm: crm.actions.reassign(id, ANN)
    yield lambda crm: crm.actions.postpone(id, crm.clock() + 2 * DAY, reason="ill")
    yield lambda crm: crm.actions.done(id, "Called.")
    yield lambda crm: crm.actions.verify(id, "No answer.", effective=False)
    yield lambda crm: crm.actions.worklist(ANN)
    yield lambda crm: crm.actions.overdue()
    yield lambda crm: crm.actions.of(source)
    yield lambda crm: crm.actions.cancel(number, "moved away")
    yield lambda crm: crm.timers(id)


def by_waiting(crm: Desk, story: Story) -> list[object]:
    """What each step of a story gives, or how it is refused."""
    results: list[object] = []
    with contextlib.suppress(StopIteration):
        step = next(story)
        while True:
            try:
                result = step(crm)
                if inspect.isgenerator(result):
                    result = list(result)
            except ServiceCRMError as error:
                result = (type(error), str(error))
            results.append(result)
            step = story.send(result)
    return results


async def by_awaiting(crm: AsyncDesk, story: Story) -> list[object]:
    """The same at a desk that is awaited."""
    results: list[object] = []
    with contextlib.suppress(StopIteration):
        step = next(story)
        while True:
            try:
                result = step(crm)
                if inspect.isasyncgen(result):
                    result = [each async for each in result]
                elif inspect.isawaitable(result):
                    result = await result
            except ServiceCRMError as error:
                result = (type(error), str(error))
            results.append(result)
            step = story.send(result)
    return results


def without_hashes(result: Any) -> Any:
    """Entries without their hashes, which hold something random."""
    if isinstance(result, tuple) and result and isinstance(result[0], Entry):
        return [evolve(entry, hash="") for entry in result]
    return result


@pytest.mark.parametrize(("story", "not_found"), [(a_life, 3), (a_request, 3)])
def test_a_record_has_the_same_life_at_either_desk(url: str, story: Callable[[], Story], not_found: int) -> None:
    async def live() -> list[object]:
        async with await opened(url, house=HOUSE) as crm:
            return await by_awaiting(crm, story())

    with connect("memory:", actor=ANN, clock=FixedClock(), ids=SeededIds(), house=HOUSE) as crm:
        expected = by_waiting(crm, story())
    found = asyncio.run(live())

    assert sum(isinstance(result, tuple) and result[:1] == (NotFound,) for result in expected) == not_found
    for step, (one, other) in enumerate(zip(found, expected, strict=True), start=1):
        assert without_hashes(one) == without_hashes(other), step


def test_a_story_that_differs_is_told_from_another() -> None:
    with connect("memory:", actor=ANN) as one, connect("memory:", actor=ANN) as other:
        assert by_waiting(one, a_life()) != by_waiting(other, a_life())  # ids and times of their own


def arguments(method: Callable[..., Any]) -> list[tuple[object, ...]]:
    parameters = inspect.signature(method).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


def test_the_two_desks_have_the_same_names_and_arguments() -> None:
    def public(desk: type) -> dict[str, Any]:
        return {name: getattr(desk, name) for name in dir(desk) if not name.startswith("_")}

    one, other = public(Desk), public(AsyncDesk)
    assert one.keys() == other.keys()
    for name, method in one.items():
        if callable(method):
            assert arguments(method) == arguments(other[name]), name


# -- units and hooks -------------------------------------------------------------------------------


def run(url: str, test: Callable[[AsyncDesk], Coroutine[Any, Any, object]]) -> None:
    async def tested() -> None:
        async with await opened(url) as crm:
            await test(crm)

    asyncio.run(tested())


async def record(crm: AsyncDesk, subject: str = "No water") -> Complaint:
    return await crm.complaints.record(subject=subject, channel="phone")


def test_calls_gathered_inside_a_unit_are_one_commit(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        heard: list[str] = []
        crm.on("complaint.recorded", lambda fact: heard.append(fact.record.id))
        async with crm.unit() as unit:
            made = await asyncio.gather(*(record(crm, f"{n}") for n in range(5)), crm.complaints.count())
            assert await unit.count(Complaint) == 5
            assert heard == []
        assert sorted(heard) == sorted(each.id for each in made if isinstance(each, Complaint))

        with contextlib.suppress(ZeroDivisionError):
            async with crm.unit():
                await asyncio.gather(*(record(crm) for _ in range(5)))
                raise ZeroDivisionError
        assert (await crm.complaints.count(), len(heard)) == (5, 5)
        await crm.store.seal()
        assert (await crm.store.head()).seal == 1

    run(url, test)


def test_calls_gathered_inside_a_unit_change_one_complaint_one_after_the_other(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        async with crm.unit():
            complaint = await record(crm)
            await asyncio.gather(*(crm.complaints.note(complaint.id, f"Note {n}.") for n in range(10)))
        assert (await crm.complaints.get(complaint.id)).revision == 11

    run(url, test)


def test_calls_gathered_outside_of_a_unit_are_units_of_their_own(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        first = await record(crm)
        results = await asyncio.gather(
            *(crm.complaints.note(first.id, f"Note {n}.") for n in range(10)),
            *(record(crm, f"{n}") for n in range(10)),
            crm.complaints.acknowledge("unknown"),
            return_exceptions=True,
        )
        assert [type(each) for each in results] == [*[Complaint] * 20, NotFound]
        assert len({each.number for each in results[10:20] if isinstance(each, Complaint)}) == 10
        assert (await crm.complaints.get(first.id)).revision == 11
        assert len(await crm.complaints.messages(first.id)) == 10
        await crm.store.seal()
        assert await crm.store.verify() == 31 + 11  # and the clock of each complaint

    run(url, test)


def test_one_that_is_refused_does_not_spoil_what_others_do_in_the_same_unit(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        complaint = await crm.complaints.acknowledge((await record(crm)).id)
        async with crm.unit():
            results = await asyncio.gather(
                crm.complaints.assign(complaint.id, ""),
                record(crm, "Another"),
                crm.complaints.assign(complaint.id, ""),
                return_exceptions=True,
            )
            assert [type(each) for each in results] == [GuardNotMet, Complaint, GuardNotMet]
        assert await crm.complaints.count() == 2

    run(url, test)


def test_a_task_that_outlives_its_unit_works_in_units_of_its_own(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        ended = asyncio.Event()

        async def later() -> Complaint:
            await ended.wait()
            return await record(crm, "Later")

        with contextlib.suppress(ZeroDivisionError):
            async with crm.unit():
                task = asyncio.create_task(later())
                await record(crm)
                raise ZeroDivisionError
        ended.set()
        later_told = await task
        assert [each.id async for each in crm.complaints.find()] == [later_told.id]

    run(url, test)


def test_hooks_of_both_kinds_hear_in_order_and_their_failures_undo_nothing(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        heard: list[str] = []

        async def awaited(fact: Fact) -> None:
            assert isinstance(fact.record, Complaint)
            await asyncio.sleep(0)
            heard.append(f"awaited {(await crm.complaints.get(fact.record.id)).state}")  # may use the desk

        async def failing(fact: Fact) -> None:
            await asyncio.sleep(0)
            raise KeyError(fact.kind)

        crm.on("complaint.recorded", failing)
        crm.on("complaint.recorded", awaited)
        crm.on("complaint.recorded", lambda _: 1 // 0)
        crm.on("*", lambda fact: heard.append(fact.event.type))
        crm.acting_as(BOB).on("complaint.acknowledged", lambda _: record(crm, "Made by a hook"))
        complaint = await record(crm)
        recorded = ["awaited recorded", "complaint.recorded", "clock.started"]
        assert heard == recorded
        assert [type(failed.error) for failed in crm.hook_errors] == [KeyError, ZeroDivisionError]

        await crm.acting_as(BOB).complaints.acknowledge(complaint.id)
        assert heard == [*recorded, *recorded, "complaint.acknowledged", "timer.met"]
        assert await crm.complaints.count() == 2

    run(url, test)


def test_a_hook_whose_own_work_was_cancelled_is_one_that_failed(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        async def cancelled(_: Fact) -> None:
            work = asyncio.ensure_future(asyncio.Event().wait())
            work.cancel()
            await work

        heard: list[str] = []
        crm.on("complaint.recorded", cancelled)
        crm.on("complaint.recorded", lambda fact: heard.append(fact.kind))
        await record(crm)
        assert heard == ["complaint"]
        assert len(crm.hook_errors) == 1

    run(url, test)


# -- moving, replaying, copying --------------------------------------------------------------------


def test_an_export_makes_the_same_store_again(url: str, tmp_path: Path) -> None:
    async def test(crm: AsyncDesk) -> None:
        await by_awaiting(crm, a_life())
        lines = await crm.export(tmp_path / "all.jsonl")
        with pytest.raises(StoreUnavailable, match=r"all\.jsonl is there already; name a new file"):
            await crm.export(tmp_path / "all.jsonl")
        back = crm.tenant("back")
        assert await back.import_(tmp_path / "all.jsonl") == lines
        with pytest.raises(StoreError, match="holds records already"):
            await back.import_(tmp_path / "all.jsonl")
        text = io.StringIO()
        assert await back.export(text) == lines
        assert text.getvalue() == (tmp_path / "all.jsonl").read_text("utf-8")
        assert await back.tenant("again").import_(io.StringIO(text.getvalue())) == lines
        with connect("memory:") as memory:
            assert memory.import_(tmp_path / "all.jsonl") == lines

    run(url, test)


def test_an_export_that_fails_leaves_no_file(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(crm: AsyncDesk) -> None:
        await record(crm)
        perform = crm.store.perform

        async def cancelled(*arguments: Any, **named: Any) -> Any:
            if named.get("readonly"):
                raise asyncio.CancelledError
            return await perform(*arguments, **named)

        monkeypatch.setattr(crm.store, "perform", cancelled)
        with pytest.raises(asyncio.CancelledError):
            await crm.export(tmp_path / "all.jsonl")
        assert list(tmp_path.glob("*.jsonl")) == []

    run(url, test)


WHOLE_CASES = """
[log]
name = "requests"
shape = "cases"
zone = "UTC"
[columns]
case = "Key"
received_at = "Opened"
closed_at = "Closed"
word = "Status"
[words]
Open = { state = "recorded" }
Closed = { state = "closed" }
"""
ROWS = """Key,Opened,Closed,Status
a,2025-03-01,2025-03-02,Closed
b,2025-03-01,9000-01-01,Closed
a,2025-03-01,2025-03-02,Closed
c,2025-03-01,,Open
"""


@pytest.mark.parametrize(("shape", "batch", "parts"), [("events", 64, 4), ("cases", 1, 4)])
def test_a_replay_gives_what_it_gives_at_the_other_desk(
    url: str, shape: str, batch: int, parts: int, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(ROWS)
    cases = LogMap.from_toml(WHOLE_CASES, COMPLAINT_WORDS)
    log, log_map = (DEMO / "water_utility.csv", MAP) if shape == "events" else (tmp_path / "log.csv", cases)
    facts = list(islice(read_log(log, log_map), 200))

    async def test(crm: AsyncDesk) -> None:
        seen: list[int] = []
        result = await crm.replay(iter(facts), log_map, batch=batch, progress=lambda so_far: seen.append(so_far.events))
        again = await crm.replay(facts, log_map)
        with connect("memory:", clock=FixedClock(), ids=SeededIds()) as memory:
            expected = memory.replay(facts, log_map, batch=batch)
            assert memory.replay(facts, log_map) == again
            assert result == expected
            assert result.refused_rows == (0 if shape == "events" else 2)
            assert len(seen) == parts
            assert [each async for each in crm.complaints.find()] == list(memory.complaints.find())

    async def tested() -> None:
        async with await opened(url, actor=None) as crm:
            await test(crm)

    asyncio.run(tested())


def test_profile_and_backup_are_those_of_the_database(url: str, kind: str, tmp_path: Path) -> None:
    async def test(crm: AsyncDesk) -> None:
        complaint = await record(crm)
        if kind == "memory":
            with pytest.raises(StoreError, match="only a store in a database of ours"):
                _ = crm.profile
        else:
            with connect(url) as other:
                assert crm.profile == crm.tenant("south").profile == other.profile
        if kind != "sqlite":
            with pytest.raises(StoreError, match="not an SQLite file"):
                await crm.backup(tmp_path / "copy.db")
            return
        assert await crm.backup(tmp_path / "copy.db") == tmp_path / "copy.db"
        with pytest.raises(StoreUnavailable, match="there already"):
            await crm.backup(tmp_path / "copy.db")
        with connect(tmp_path / "copy.db") as copy:
            assert copy.complaints.get(complaint.id) == complaint

    run(url, test)


def test_the_profile_of_a_file_for_one_writer_is_told_while_a_unit_is_open(tmp_path: Path) -> None:
    async def test() -> None:
        async with await opened(str(tmp_path / "crm.db"), writers="one", timeout=3) as crm, crm.unit():
            assert crm.profile.writers == "one"  # type: ignore[union-attr]

    asyncio.run(test())


# -- opening and closing ---------------------------------------------------------------------------


def test_each_name_of_a_store_opens_that_store(url: str, kind: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        assert isinstance(crm, AsyncDesk)
        if isinstance(crm.store, ThreadStore):
            assert isinstance(crm.store.store, MemoryStore if kind == "memory" else SQLiteStore)
        else:
            assert isinstance(crm.store, AsyncPostgresStore)
        async with await aconnect(crm.store, actor=BOB, tenant="south") as second:
            await record(second)
        with pytest.raises(StoreUnavailable, match="closed"):  # who closes a desk closes the store that it was given
            await crm.complaints.count()

    run(url, test)


def test_a_store_for_threads_is_awaited_in_a_thread(tmp_path: Path) -> None:
    async def test() -> None:
        async with await aconnect(SQLiteStore(tmp_path / "crm.db").tenant("south"), actor=ANN) as crm:
            assert isinstance(crm.store, ThreadStore)
            await record(crm)
        with connect(tmp_path / "crm.db") as file:
            assert file.store.tenants() == ("south",)

    asyncio.run(test())


def test_options_go_to_the_store_and_an_open_store_takes_none(url: str, kind: str) -> None:
    async def test() -> None:
        async with await opened(url, timeout=3) as crm:
            assert crm.store.engine.timeout == 3
            with pytest.raises(TypeError, match="a store that is open takes no options; make it with readonly"):
                await aconnect(crm.store, readonly=True)
            complaint = await record(crm)
        if kind == "memory":
            return
        async with await opened(url, readonly=True) as reader:
            assert await reader.complaints.get(complaint.id) == complaint
            with pytest.raises(ReadOnlyStore):
                await record(reader)

    asyncio.run(test())


@pytest.mark.parametrize("name", ["mysql://ann:secret@db/crm", "sqlite:///crm.db", ":memory:"])
def test_an_unknown_kind_of_store_is_told_without_the_rest_of_its_name(name: str) -> None:
    with pytest.raises(StoreUnavailable, match="known: 'memory:', 'postgresql://' and the path of a file") as refused:
        asyncio.run(aconnect(name))
    assert "secret" not in str(refused.value)


def test_what_cannot_be_awaited_is_told(tmp_path: Path) -> None:
    SQLiteStore(tmp_path / "host.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "host.db")) as host:
        host.execute("BEGIN")
        with pytest.raises(StoreError, match="cannot be awaited; use connect"):
            asyncio.run(aconnect(host))  # type: ignore[arg-type]
        with pytest.raises(StoreError, match="cannot be awaited; use connect"):
            asyncio.run(aconnect(SQLiteStore.join(host)))


def test_a_closed_desk_refuses_to_work(url: str) -> None:
    async def test(crm: AsyncDesk) -> None:
        await crm.acting_as(BOB).close()  # that leaves the store open
        await record(crm)
        await crm.close()
        await crm.close()
        for use in (
            record(crm),
            crm.complaints.count(),
            crm.history("c-1"),
            crm.policies.book(ComplaintPolicy),
            crm.store.head(),
        ):
            with pytest.raises(StoreUnavailable):
                await use
        with pytest.raises(StoreUnavailable):
            async with crm.unit():
                pass
        with pytest.raises(StoreUnavailable):
            async for _ in crm.complaints.find():
                pass

    run(url, test)


def test_nobody_is_no_actor(url: str) -> None:
    async def test() -> None:
        async with await opened(url, actor=None) as crm:
            with pytest.raises(InvalidValue, match="who does this"):
                await record(crm)
            await record(crm.acting_as(BOB))
            assert await crm.complaints.count() == 1

    asyncio.run(test())


def test_loops_one_after_the_other_each_with_a_desk_of_its_own(url: str, kind: str) -> None:
    for n in range(3):

        async def test(crm: AsyncDesk, n: int = n) -> None:
            await asyncio.gather(*(record(crm, f"{n}-{m}") for m in range(4)))
            assert await crm.complaints.count() == (4 if kind == "memory" else 4 * (n + 1))

        async def tested(test: Callable[[AsyncDesk], Coroutine[Any, Any, None]] = test) -> None:
            async with await aconnect(url, actor=ANN) as crm:
                await test(crm)

        asyncio.run(tested())


def test_a_desk_used_after_a_fork_says_so(url: str) -> None:
    async def used(store: AsyncEngineStore) -> int:
        try:
            async with store.unit():
                return 1
        except ForkedStoreError as error:
            await store.close()
            return 7 if error.opened_by == os.getppid() else 1

    async def test(crm: AsyncDesk) -> None:
        await record(crm)
        child = os.fork()
        if not child:  # the child must not run the rest of the tests
            try:
                asyncio.events._set_running_loop(None)
                os._exit(contextvars.Context().run(asyncio.new_event_loop().run_until_complete, used(crm.store)))
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert await crm.complaints.count() == 1

    run(url, test)
