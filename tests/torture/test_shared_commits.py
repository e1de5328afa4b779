"""A process whose threads share their commits may be killed at any moment, and loses nothing acknowledged."""  # C123

import contextlib
import itertools
import random
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.storage import sharing
from servicecrm.storage.ports import Program
from servicecrm.storage.store import EngineStore
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Message, write
from tests.torture.killing import PROCESSES, Place
from tests.torture.profiles import PROFILES

CALLERS, KILLS = 8, 50
BY = "ann@city.example"


def save(store: EngineStore, n: int) -> None:
    def program(work: Work) -> Program[None]:
        about = f"c-{n}"
        yield from work.save(complaints.record(id=about, subject="No water", channel="phone", by=BY, at=MONDAY))
        message = write(
            "Any news?",
            id=f"m-{n}",
            about_kind="complaint",
            about=about,
            side="outside",
            klass="substantive",
            by=BY,
            at=MONDAY,
        )
        yield from work.save(message)

    store.perform(program)


def _save(place: Place, first: int, tell: Connection, honest: bool) -> None:
    if not honest:
        sharing.Group.wait = lambda *_: None  # type: ignore[method-assign]
    numbers, telling = itertools.count(first), threading.Lock()
    with place.opened() as store:

        def call() -> None:
            for n in numbers:
                save(store, n)
                with telling:
                    tell.send(n)

        threads = [threading.Thread(target=call) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def killed(place: Place, first: int, after: float, *, honest: bool = True) -> set[int]:
    """Let eight threads of a process save from a number on, and kill it; gives the numbers that it acknowledged."""
    told, tell = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_save, args=(place, first, tell, honest))
    process.start()
    tell.close()
    acknowledged: set[int] = set()
    try:
        acknowledged.add(told.recv())
        time.sleep(after)
    finally:
        process.kill()
        process.join()
        with told, contextlib.suppress(EOFError):
            while True:
                acknowledged.add(told.recv())
    return acknowledged


def there(store: EngineStore) -> set[int]:
    """The numbers of all units that are there as a whole; the others make it fail."""
    with store.unit(readonly=True) as unit:
        found = [{int(each.id[2:]) for each in unit.find(kind, limit=10_000)} for kind in (Complaint, Message)]
    assert found[0] == found[1], "half a unit"
    assert store.verify() == 2 * len(found[0])
    return found[0]


@pytest.mark.parametrize("kills", [12, pytest.param(1_000, marks=pytest.mark.torture)])
@pytest.mark.parametrize("profile", PROFILES)
def test_threads_that_share_commits_lose_nothing_when_they_are_killed(tmp_path: Path, profile: str, kills: int) -> None:
    moments = random.Random()
    for k in range(0, kills, KILLS):
        place, saved = Place(str(tmp_path / f"{k}.db"), profile), set[int]()
        for _ in range(min(kills, KILLS)):
            acknowledged = killed(place, max(saved, default=-1) + 1, moments.uniform(0, 0.02))
            with place.opened() as store:
                found = there(store)
            assert saved | acknowledged <= found, "an acknowledged unit was lost"
            assert len(found - saved - acknowledged) <= CALLERS
            saved = found


def test_threads_that_do_not_wait_for_the_commit_lose_what_they_acknowledged(tmp_path: Path) -> None:
    """The control."""
    moments = random.Random(7)
    for k in range(KILLS):
        place = Place(str(tmp_path / f"{k}.db"), "truncate")
        acknowledged = killed(place, 0, moments.uniform(0, 0.02), honest=False)
        with place.opened() as store:
            if acknowledged - there(store):
                return
    pytest.fail("nothing was lost")
