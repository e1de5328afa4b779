"""Eight threads that save on one SQLite file: with commits that are shared, and with one for each unit.

Both do the same by the same store; only how many units may share a commit differs. The file is on a disk that is waited
for, as it has to be.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from unittest.mock import patch
from uuid import uuid4

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.rounds import Comparison, Contender
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.storage import SQLiteStore, sharing
from servicecrm.storage.ports import Program
from servicecrm.storage.sqlite_engine import Writers
from servicecrm.storage.work import Work
from servicecrm.tracking import write

__all__ = ["shared_commits"]

CALLERS: Final = 8
RECORDS: Final = 50
SINGLE: Final = "a commit for each unit"
TARGET: Final = 1.7


def shared_commits(folder: str, *, count: int = 400) -> Iterator[Comparison]:
    """What one of the callers does: a note is added, or a complaint is read, forwarded and saved: more is computed.

    With `writers="one"` a commit waits for the disk once and not three times, so that there is less to share.
    """
    every: tuple[Writers, ...] = ("many", "one")
    for writers in every:
        with ExitStack() as stack:
            threads = stack.enter_context(ThreadPoolExecutor(CALLERS))
            ours, theirs = (
                stack.enter_context(SQLiteStore(_filled(Path(folder, f"{writers}-{name}.db")), writers=writers))
                for name in ("ours", "theirs")
            )
            for title, step in (("a note", _noted), ("a change", _forwarded)):
                yield Comparison(
                    title=f"SQLite, writers={writers!r}: {title} by one of {CALLERS} threads",
                    count=count,
                    ours=_callers(ours, threads, step),
                    others={SINGLE: _alone(_callers(theirs, threads, step))},
                    targets={SINGLE: TARGET} if writers == "many" else {},
                )
            for store in (ours, theirs):
                assert store.verify() % CALLERS == 0, "something was not written"


def _filled(path: Path) -> Path:
    start = path.with_name("start.db")
    if not start.exists():
        with SQLiteStore(start) as store, store.unit() as unit:
            for n in range(CALLERS):
                for k in range(RECORDS):
                    recorded = ComplaintRecorded(**stamp(BY, AT))
                    unit.save(begin(open_complaint(f"{n}-{k}", f"CMP-2026-{n * RECORDS + k:06}"), recorded))
    shutil.copyfile(start, path)
    return path


Step = Callable[[str], Callable[[Work], Program[None]]]
"""What is done about a complaint."""


def _noted(about: str) -> Callable[[Work], Program[None]]:
    def noted(work: Work) -> Program[None]:
        note = write(
            "It is dry on the second floor too.",
            id=uuid4().hex,
            about_kind="complaint",
            about=about,
            side="inside",
            klass="internal_note",
            by=BY,
            at=AT,
        )
        yield from work.save(note)

    return noted


def _forwarded(id: str) -> Callable[[Work], Program[None]]:
    def forwarded(work: Work) -> Program[None]:
        complaint = yield from work.get(Complaint, id)
        handler = "north" if complaint.handler == "south" else "south"
        yield from work.save(complaints.forward(complaint, handler, by=BY, at=AT))

    return forwarded


def _callers(store: SQLiteStore, threads: ThreadPoolExecutor, step: Step) -> Contender:
    def call(n: int, count: int) -> None:
        for k in range(count):
            store.perform(step(f"{n}-{k % RECORDS}"))

    def work(count: int) -> None:
        for _ in threads.map(lambda n: call(n, count // CALLERS), range(CALLERS)):
            pass

    return work


def _alone(work: Contender) -> Contender:
    def alone(count: int) -> None:
        with patch.object(sharing, "MOST", 1):
            work(count)

    return alone
