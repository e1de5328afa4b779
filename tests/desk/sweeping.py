"""A store full of promises that were broken, and what processes do that sweep it and deliver, until they are killed."""

import os
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from itertools import count
from json import loads
from pathlib import Path
from threading import Barrier
from uuid import uuid4

from servicecrm import Desk, Worker, connect
from servicecrm.calendars import Calendar
from servicecrm.desk.house import House
from servicecrm.kernel.filters import where
from servicecrm.storage import Notice
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Clock, Targets, Threshold
from servicecrm.tracking.ready_made import usual
from tests.storage.racing import BY, Place

__all__ = ["END", "broken_promises", "by_looking", "by_sweeping", "notice_keys", "sweep_and_deliver"]

HOUR = timedelta(hours=1)
END = MONDAY + 12 * HOUR
"""By now every promise is broken."""


def house() -> House:
    """A house where everything is told to Wanda."""
    return House(roles=lambda _role, _record: ("wanda",))


def broken_promises(breaches: int, to: Path) -> list[str]:
    """Export complaints of eight hours that had to be answered in four, and were not.

    Gives the keys of the notices that a process makes of it which never stops.
    """
    clock, yesterday = FixedClock(MONDAY), MONDAY - timedelta(days=1)
    with connect("memory:", actor=BY, clock=clock, ids=SeededIds()) as crm:
        always = Calendar(zone="UTC", hours="mon-sun 00:00-24:00")
        crm.policies.publish(always, name="default", effective=yesterday)
        promise = usual("resolution", "4h elapsed", thresholds=(Threshold(at="due", to=("manager",)),))
        crm.policies.publish(Targets(targets=(promise,)), name="complaint", effective=yesterday)
        for _ in range(breaches):
            crm.complaints.record(subject="No water", channel="phone")
            clock.advance(hours=8 / breaches)
        crm.export(to)
        with connect(crm.store, actor=BY, clock=clock, house=house()) as never_stopped:
            while clock() < END:
                clock.advance(minutes=20)
                never_stopped.sweep()
            return notice_keys(never_stopped)


def notice_keys(crm: Desk) -> list[str]:
    """The keys of all notices there are, delivered or not."""
    lines = StringIO()
    crm.export(lines)
    rows = (loads(line) for line in lines.getvalue().splitlines())
    return [row[1] for row in rows if row[0] == "notice"]


def sweep_and_deliver(place: Place, sink: Path, seed: int) -> None:
    """Sweep and deliver into a file, a line for each notice, by a clock that jumps, until nothing is left to do."""
    times, now = _jumping(random.Random(seed)), [MONDAY]
    file = os.open(sink, os.O_WRONLY | os.O_APPEND)
    with place.open(clock=lambda: now[0], house=house()) as crm:
        worker = Worker(
            crm,
            lambda delivery: os.write(file, f"{delivery.notice.key}\n".encode()),
            lease=timedelta(seconds=1),  # what a killed one had claimed is free again soon
        )
        for now[0] in times:
            swept, delivered = crm.sweep(), worker.turn()
            if now[0] >= END and not (swept.clocks or delivered or len(crm.outbox.pending(limit=1))):
                return
            if not (swept.clocks or delivered):
                time.sleep(0.02)  # or those who work would have to wait for whoever looks


def _jumping(chance: random.Random) -> Iterator[datetime]:
    """Times that go on by half an hour, up to an hour off, until two hours after the end."""
    for step in count():
        yield min(MONDAY + step * HOUR / 2, END + 2 * HOUR) + HOUR * chance.uniform(-1, 1)


def by_looking(crm: Desk, together: Barrier) -> None:
    """Tell of what is due, unless a notice is there already: with a clock not taken, and a key that tells nothing.

    All who do so at the same time look, before one of them tells.
    """
    with crm.store.unit(readonly=True) as unit:
        due = unit.find(Clock, where("next_at") <= END)
    for clock in due:
        is_told = clock.about in {queued.id for queued in crm.outbox.pending()}
        together.wait(timeout=60)
        if not is_told:
            told = Notice(key=str(uuid4()), topic="missed", recipient="wanda", kind="complaint", id=clock.about)
            crm.store.perform(partial(Work.save, notices=[told]))


def by_sweeping(crm: Desk, together: Barrier) -> None:
    """Tell of what is due as the library does, at the same time as others."""
    together.wait(timeout=60)
    crm.sweep()
