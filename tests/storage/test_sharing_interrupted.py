"""An interrupt at any line of a store whose programs share a commit leaves all of a unit or nothing."""

import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from linecache import getline
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import BrokenJournal, CommitOutcomeUnknown
from servicecrm.storage import SQLiteStore, sharing
from servicecrm.storage.ports import Program
from servicecrm.storage.sqlite_engine import Writers
from servicecrm.storage.work import Work
from tests.storage.queueing import Queue, Wrong, recorded, there


@pytest.fixture(params=["many", "one"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteStore]:
    writers: Writers = request.param
    with SQLiteStore(tmp_path / "crm.db", writers=writers) as opened:
        yield opened


class Interrupted(BaseException):
    """What somebody sends to a thread."""


def interrupting(at: int, doing: Callable[[], Any]) -> tuple[bool, Any]:
    """Do something, and be interrupted at that line of the store, counted from 1; tells whether it has so many."""
    left = at

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(LINES):
            return None
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith(NOWHERE):
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise Interrupted
        return trace

    sys.settrace(trace)
    try:
        return left <= 0, doing()
    except (Interrupted, Wrong) as error:
        return left <= 0, type(error)  # without its frames, which hold what is open
    finally:
        sys.settrace(None)


NOWHERE = ("with ", "try:")
"""At these lines Python never looks for signals."""

LINES = ("sharing.py", "storage/sqlite_engine.py", "driver.py", "places.py", "store.py", "contextlib.py")


def both(id: str, *, fails: bool = False) -> Callable[[Work], Program[str]]:
    """Two records, of which there is never one alone."""

    def program(work: Work) -> Program[str]:
        yield from work.save(recorded(id))
        yield from work.save(recorded(f"{id}-too"))
        if fails:
            raise Wrong
        return id

    return program


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("last", [False, True])  # then it is the one that commits
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.torture)])  # another tenth each time
def test_an_interrupt_anywhere_leaves_all_or_nothing_and_a_store_that_works(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, last: bool, fails: bool, step: int
) -> None:
    monkeypatch.setattr(store.engine, "timeout", 1.0)
    hit, lines = True, -random.randrange(step)
    while hit:
        lines += step
        queue = Queue(store, f"first-{lines}")
        others = {f"first-{lines}": queue.first}
        names = [f"before-{lines}", f"victim-{lines}", f"after-{lines}"]
        others[names[0]] = queue.add(partial(store.perform, both(names[0])))
        victim = queue.add(partial(interrupting, lines, partial(store.perform, both(names[1], fails=fails))))
        if not last:
            others[names[2]] = queue.add(partial(store.perform, both(names[2])))
        queue.go()

        asked = [*others, *names, *(f"{name}-too" for name in names)]
        found = {*store.perform(partial(Work.present, record=Complaint, ids=asked), readonly=True)}
        for name in names:
            assert len({name, f"{name}-too"} & found) in (0, 2), (lines, "half a unit")
        hit, came = victim.result()
        assert names[1] in found or came != names[1], (lines, "acknowledged, and not there")
        for name, future in others.items():
            error = future.exception()
            assert error is None or isinstance(error, CommitOutcomeUnknown), (lines, name, error)
            assert error is not None or name in found, (lines, name, "acknowledged, and not there")
    assert lines > 100
    assert store.perform(both("later")) == "later"
    assert store.verify() == len(there(store))


def test_a_store_that_forgets_that_a_unit_is_half_done_is_found_out(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(sharing.Group, "whole", property(lambda _: True, lambda *_: None), raising=False)
    with pytest.raises((AssertionError, BrokenJournal)):
        test_an_interrupt_anywhere_leaves_all_or_nothing_and_a_store_that_works(
            store, monkeypatch, last=False, fails=True, step=1
        )
