# ruff: noqa: T201, PT012 - a failure shows the seed; a unit of work is a block of its own
"""A process may be killed at any moment: what was acknowledged is there, and nothing is half there."""  # C123

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import BrokenJournal
from servicecrm.kernel.filters import where
from servicecrm.storage import SQLiteStore
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Message

SCRIPT = Path(__file__).with_name("crashing.py")
_spec = importlib.util.spec_from_file_location("crashing", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
crashing = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(crashing)


def killed(path: Path, first: int, after: float, *options: str) -> int:
    """Start the process, kill it `after` so many units; gives the number after the last one that it acknowledged."""
    process = subprocess.Popen([sys.executable, SCRIPT, path, str(first), *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        # Two units tell how long one takes here and now; so the kill lands in one, and not in the start of Python.
        begun = process.stdout.readline()
        start = time.perf_counter()
        begun += process.stdout.readline()
        time.sleep(after * (time.perf_counter() - start))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        lines = begun + process.stdout.read()
        process.stdout.close()
        process.wait()
    acknowledged = lines.split("\n")[:-1]  # the last line may be torn
    assert acknowledged == [str(n) for n in range(first, first + len(acknowledged))]
    return first + len(acknowledged)


def is_there(store: SQLiteStore, n: int) -> bool:
    """Is the n-th unit there, with all its parts? There are n others."""
    with store.unit(readonly=True) as unit:
        parts = {
            unit.count(Complaint) - n,
            unit.count(Complaint, where("tags").has("water")) - n,
            unit.count(Message) / crashing.MESSAGES - n,
            len(unit.history(Complaint, f"c-{n}")),
            len(unit.find(Message, where("about") == f"c-{n}")) / crashing.MESSAGES,
            *(len(unit.history(Message, f"m-{n}-{k}")) for k in range(crashing.MESSAGES)),
        }
    with store.unit(crashing.Command(id=f"k-{n}", fingerprint="record")) as unit:
        parts.add(int(unit.outcome is not None))
    assert parts in ({0}, {1}), "half a unit"
    return parts == {1}


def check(store: SQLiteStore, acknowledged: int) -> bool:
    """Does the store hold all acknowledged units and at most one more, whole? True if it holds one more."""
    try:
        entries = store.verify()
    except BrokenJournal:
        raise AssertionError("half a unit") from None
    more = is_there(store, acknowledged)
    assert entries == (1 + crashing.MESSAGES) * (acknowledged + more), "an acknowledged unit was lost"
    with pytest.raises(ZeroDivisionError), store.unit() as unit:
        notices = unit.claim("w-1", now=MONDAY, limit=10_000)
        assert [delivery.notice.key for delivery in notices] == [f"n-{n}" for n in range(acknowledged + more)]
        raise ZeroDivisionError  # give them back
    return more


def run(path: Path, kills: int) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    moments, n, unacknowledged = random.Random(seed), 0, 0
    for _ in range(kills):
        n = killed(path, n, moments.uniform(0, 2))
        with SQLiteStore(path) as store:
            unacknowledged += check(store, n)
            crashing.save(store, n)  # the client asks again
            n += 1
            assert not check(store, n)
            crashing.save(store, n - 1)  # and again
            assert not check(store, n)
    print("committed and not acknowledged", unacknowledged, "of", kills)


def test_a_killed_process_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    run(tmp_path / "crm.db", 30)


@pytest.mark.torture
def test_a_process_killed_300_times_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    run(tmp_path / "crm.db", 300)


def test_without_transactions_the_same_kills_leave_half_units(tmp_path: Path) -> None:
    moments, half = random.Random(7), 0
    for k in range(12):
        path = tmp_path / f"{k}.db"
        n = killed(path, 0, moments.uniform(0, 2), "autocommit")
        with SQLiteStore(path) as store:
            try:
                check(store, n)
            except AssertionError:
                half += 1
    print("half units", half, "of 12")
    assert half >= 4
