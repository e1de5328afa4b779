"""The timers of a complaint: read from few moments and from many, and what they add to the work of a desk."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count, islice
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.business_time import OFFICE
from benchmarks.commands import AT
from benchmarks.rounds import Comparison, Contender, compare, repeated
from servicecrm import Desk, connect
from servicecrm.complaints import MomentKind
from servicecrm.complaints.targets import TARGETS as THREE  # those that are shipped
from servicecrm.testing import SeededIds
from servicecrm.tracking import Moment, Moments, Side, Targets, Threshold, timers, usual

__all__ = ["FIVE", "MOMENTS", "clocks", "moments"]

MOMENTS: Final = (3, 10, 100, 1_000)
LINEAR: Final = 1 / 1.5
"""A moment among a thousand costs at most half as much again as one of ten."""

FIVE: Final = Targets(
    targets=(
        *THREE.targets,
        usual("next_response", "4h business", kinds=frozenset(MomentKind), thresholds=(Threshold(at="50%"),)),
        usual("periodic_update", "2 business days", kinds=frozenset(MomentKind)),
    )
)
"""Two more, which begin again and again: a thousand moments make some hundreds of timers of them."""

_OPENING: Final = (("received", Side.OUTSIDE, None), ("acknowledged", Side.INSIDE, None))
_TURNS: Final = (
    ("message", Side.OUTSIDE, "substantive"),
    ("waiting", Side.INSIDE, "customer"),
    ("message", Side.OUTSIDE, "substantive"),
    ("resumed", Side.INSIDE, "customer"),
    ("message", Side.INSIDE, "substantive"),
    ("forwarded", Side.INSIDE, None),
)


def moments(number: int) -> Moments:
    """The moments of a complaint that goes to and fro, one an hour."""
    told = islice((*_OPENING, *_TURNS * (number // len(_TURNS) + 1)), number)
    times = (AT + n * timedelta(hours=1) for n in count())
    return tuple(
        Moment(n=n, kind=kind, side=side, code=code, occurred_at=at, recorded_at=at)
        for n, ((kind, side, code), at) in enumerate(zip(told, times, strict=False), 1)
    )


def clocks(folder: str) -> Iterator[Comparison]:
    """Timers read from moments, and a desk with and without clocks."""
    yield from _folds("3 timers", THREE)
    yield from _folds("5, two of them again and again", FIVE)
    for where, url in (("in memory", "memory:"), ("on SQLite", f"{folder}/{{}}.db")):
        with _desk(THREE, url.format("clocks")) as crm, _desk(Targets(), url.format("none")) as bare:
            yield Comparison(
                title=f"desk {where}: record, acknowledge, assign; 3 timers",
                count=20,
                per=3,
                ours=repeated(partial(_three_commands, crm)),
                others={"no target, so no clock": repeated(partial(_three_commands, bare))},
            )
    with _desk(THREE) as crm:
        id = _three_commands(crm)
        yield Comparison(
            title="desk in memory: timers(id)",
            count=100,
            ours=repeated(lambda: crm.timers(id)),
            others={"complaints.get(id)": repeated(lambda: crm.complaints.get(id))},
        )


def _folds(name: str, targets: Targets) -> Iterator[Comparison]:
    """Timers of complaints with few moments and many; the same number of moments in complaints of ten beside them."""
    for number in MOMENTS:
        tens = number // 10 if number > 10 else 0
        yield Comparison(
            title=f"timers: {name}, of {number:,} moments",
            count=max(1, 500 // number),
            ours=_fold(targets, number),
            others={"the same in complaints of 10": _fold(targets, 10, tens)} if tens else {},
            targets={"the same in complaints of 10": LINEAR} if tens else {},
        )


def _fold(targets: Targets, number: int, times: int = 1) -> Contender:
    told = moments(number)
    now = told[-1].occurred_at + timedelta(hours=1)
    calendars = {"default": OFFICE}

    def fold() -> None:
        for _ in range(times):
            timers(told, targets, calendars, now=now)

    return repeated(fold)


def _desk(targets: Targets, url: str = "memory:") -> Desk:
    """A desk whose clock goes on by a minute whenever it is asked."""
    minutes = count()

    def clock() -> datetime:
        return AT + timedelta(minutes=next(minutes))

    crm = connect(url, actor="ann@city.example", clock=clock, ids=SeededIds())
    crm.policies.publish(OFFICE, name="default", effective=AT)
    crm.policies.publish(targets, name="complaint", effective=AT)
    return crm


def _three_commands(crm: Desk) -> str:
    complaint = crm.complaints.record(subject="No water since Monday", channel="phone")
    crm.complaints.acknowledge(complaint.id)
    return crm.complaints.assign(complaint.id, handler="south").id


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        for comparison in clocks(folder):
            result = compare(comparison)
            print(f"{comparison.title:58}{result.ours:>10.1f} µs")
            for name, taken in result.others.items():
                print(f"  {name:56}{taken:>10.1f} µs{result.ratios[name]:>8.2f} x")
