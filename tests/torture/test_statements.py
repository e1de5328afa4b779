"""Whatever a desk is asked for, and whichever statement fails: all is done or nothing, and it goes on."""  # C123

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from servicecrm import Desk, connect
from servicecrm.errors import CommitOutcomeUnknown, StoreUnavailable
from servicecrm.storage import driver, sqlite_engine
from servicecrm.testing import FixedClock, SeededIds
from tests.torture.calls import CALLS, Call, furnish, outcome, prepared
from tests.torture.contents import contents_of
from tests.torture.statements import FAULTS, Book, Fault

LONG: Final = {"import_"}
"""Calls of so many statements that not each of them is tried."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with what has to be there before anything is asked for."""
    path = tmp_path_factory.mktemp("furnished") / "crm.db"
    with connect(path, actor="ann@city.example", clock=FixedClock(), ids=SeededIds()) as crm:
        furnish(crm)
    return path


@contextlib.contextmanager
def copied(path: Path, folder: Path) -> Iterator[tuple[Desk, Book]]:
    """A desk at a copy of a store, and the book of its statements."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir=folder) as name:
        book = Book(patch)
        copy = shutil.copy(path, Path(name) / "crm.db")
        with connect(copy, actor="ann@city.example", clock=FixedClock(), ids=SeededIds(2)) as crm:
            yield crm, book


def fail_each_statement(crm: Desk, call: Call, book: Book, fault: Fault, *, step: int = 1) -> None:
    """Let the first statement of a call fail, then the second one, until none is left that could."""
    book.held.now = contents_of(crm.store)
    for n in itertools.count(1, step):
        book.fail(n, fault)
        told = outcome(call)
        book.stop()
        now = contents_of(crm.store)
        if book.hit is None:
            assert told is None
            return
        if book.hit != "COMMIT":
            assert type(told) is StoreUnavailable
            assert now == book.held.now, f"half done after a fault at {book.hit}"
        else:
            assert type(told) is CommitOutcomeUnknown
            assert now == (book.held.next if fault == "answer lost" else book.held.now)
            if now != book.held.now:  # it is done, and not everything can be done twice
                return


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_done_or_not_whichever_statement_fails(
    furnished: Path, tmp_path: Path, name: str, pytestconfig: pytest.Config
) -> None:
    faults = list(FAULTS)
    if not pytestconfig.getoption("--torture"):  # the calls take turns; together they meet every fault
        faults = [faults[CALLS.index(name) % len(faults)]]
    for fault in faults:
        with copied(furnished, tmp_path) as (crm, book):
            fail_each_statement(crm, prepared(crm, name), book, fault, step=17 if name in LONG else 1)
            crm.store.verify()


def test_without_transactions_the_same_faults_leave_something_half_done(furnished: Path, tmp_path: Path) -> None:
    with copied(furnished, tmp_path) as (crm, book), pytest.MonkeyPatch.context() as patch:
        # Taken back before what `copied` has patched: else its commit would come back, and stay for all other tests.
        patch.setattr(sqlite_engine, "begin", lambda *_: None)
        patch.setattr(sqlite_engine, "commit", lambda *_: None)
        patch.setattr(driver, "in_unit", lambda _: True)
        with pytest.raises(AssertionError, match="half done after a fault at"):
            fail_each_statement(crm, prepared(crm, "complaints.record"), book, "refused")
