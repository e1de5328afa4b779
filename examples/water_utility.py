"""Makes the demonstration log: a year of complaints of a water utility that does not exist.

    python examples/water_utility.py

writes `src/servicecrm/demo/water_utility.csv`, always the same: only `Random.random` is used, and its numbers are the
same in every version of Python.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")

TARGET = Path(__file__).parent.parent / "src" / "servicecrm" / "demo" / "water_utility.csv"
HEADER = (
    *("Complaint", "Changed at", "Status", "Department", "Customer", "Subject"),
    *("Category", "Channel", "Severity", "Due", "Closing code"),
)
CASES = 390
START, END = datetime(2025, 1, 2, 8), datetime(2025, 12, 31, 18)  # noqa: DTZ001 - a log tells wall times
DAYS = {"critical": 2, "high": 5, "medium": 10, "low": 20}
CHANNELS = ("Phone", "Phone", "Phone", "Web form", "Web form", "E-mail", "E-mail", "Letter", "Counter", "Social media")
WAITS = ("Waiting for customer", "Waiting for customer", "Waiting for contractor", "Works scheduled")
CODES = ("resolved", "resolved", "resolved", "explained", "explained", "goodwill", "no_action")

PACES = (*(3,) * 10, *(5,) * 6, 9, 14, 40, 160)
"""Hours that a step may take, for each day of the target."""


class Kind(NamedTuple):
    category: str
    department: str
    others: tuple[str, ...]
    severities: tuple[str, ...]
    subjects: tuple[str, ...]


KINDS = (
    Kind(
        *("Billing", "Billing", ("Metering", "Customer Service"), ("low", "low", "medium")),
        (
            "Bill is twice as high as last year",
            "Estimated reading although I sent mine",
            "Charged for a flat I left in spring",
            "Direct debit was taken twice",
            "Refund has not arrived",
            "Sewerage charge for garden water",
        ),
    ),
    Kind(
        *("Supply", "Network Operations", ("Leakage", "Customer Service"), ("medium", "high", "high", "critical")),
        (
            "No water since Monday",
            "Pressure too low on the third floor",
            "Supply cut without notice",
            "No water at night",
            "Water came back, but only hot",
            "Planned works took two days longer",
        ),
    ),
    Kind(
        *("Leak", "Leakage", ("Network Operations", "Roads and Works"), ("medium", "high")),
        (
            "Leak in front of the house",
            "Water runs down the street",
            "Wet cellar wall since the main was repaired",
            "Hydrant drips day and night",
            "Leak was reported three weeks ago",
        ),
    ),
    Kind(
        *("Water quality", "Laboratory", ("Network Operations",), ("medium", "high", "critical")),
        (
            "Brown water in the morning",
            "Water tastes of chlorine",
            "White flakes in the kettle",
            "Smell of bad eggs from the cold tap",
        ),
    ),
    Kind(
        *("Metering", "Metering", ("Billing",), ("low", "medium")),
        (
            "Meter was swapped and the reading is wrong",
            "Nobody came to read the meter",
            "Meter shows use although the house is empty",
            "Smart meter sends nothing",
        ),
    ),
    Kind(
        *("Works", "Roads and Works", ("Network Operations",), ("low", "medium", "high")),
        (
            "Trench was left open over the weekend",
            "Pavement not restored after the works",
            "Noise of the pump after ten at night",
            "Driveway blocked without notice",
        ),
    ),
    Kind(
        *("Service", "Customer Service", ("Billing",), ("low", "low", "medium")),
        (
            "Forty minutes on hold",
            "No answer to two letters",
            "Technician did not keep the appointment",
            "Counter closed during opening hours",
        ),
    ),
)
BUSY = (0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6)
"""How often the kinds come up."""


class Dice(Random):
    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def chance(self, of: float) -> bool:
        return self.random() < of

    def hours(self, low: float, high: float) -> timedelta:
        return timedelta(minutes=int(60 * (low + (high - low) * self.random())))


def at_work(moment: datetime) -> datetime:
    """The moment, moved into the next office hours if need be."""
    if moment.hour >= 18:
        moment = moment.replace(hour=8) + timedelta(days=1)
    elif moment.hour < 8:
        moment = moment.replace(hour=8)
    return moment + timedelta(days=max(0, 7 - moment.weekday()) if moment.weekday() >= 5 else 0)


def story(dice: Dice) -> Iterator[tuple[str, bool]]:
    """The statuses that a case goes through after its receipt, and whether another department takes over."""
    luck = dice.random()
    if luck < 0.05:
        yield from (("Acknowledged", False), ("Withdrawn", False))
        return
    if luck < 0.07:  # settled on the telephone: closed without an answer, which our table does not know
        yield "Closed", False
        return
    if luck < 0.98:  # in the others, work began before anybody acknowledged
        yield "Acknowledged", False
        if dice.chance(0.1):
            yield "Assessed", False
    yield "In progress", False
    if dice.chance(0.18):
        yield "In progress", True
    if dice.chance(0.15):
        yield from ((dice.pick(WAITS), False), ("In progress", False))
    yield from (("Answered", False), ("Closed", False))
    if dice.chance(0.07):
        yield from (("In progress", dice.chance(0.4)), ("Answered", False), ("Closed", False))


def case(number: int, received: datetime, dice: Dice) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    """The rows of a case; what does not change stands in the first one only."""
    kind = KINDS[dice.pick(BUSY)]
    severity = dice.pick(kind.severities)
    name, department, due = f"C-{number:04}", kind.department, received + timedelta(days=DAYS[severity])
    customer = f"K{10000 + int(dice.random() * 2600)}"
    yield (
        received,
        (
            *(name, f"{received:%Y-%m-%d %H:%M}", "New", department, customer, dice.pick(kind.subjects)),
            *(kind.category, dice.pick(CHANNELS), severity.capitalize(), f"{due:%Y-%m-%d %H:%M}", ""),
        ),
    )
    moment, pace = received, dice.pick(PACES)
    code = dice.pick(CODES)
    for status, moved in story(dice):
        moment = at_work(moment + dice.hours(0.5, pace * DAYS[severity]))
        if moment > END:
            return
        if moved:
            department = dice.pick([each for each in (kind.department, *kind.others) if each != department])
        closing = code if status == "Closed" else ""
        yield moment, (name, f"{moment:%Y-%m-%d %H:%M}", status, department, "", "", "", "", "", "", closing)


def log() -> str:
    """The whole log, as CSV."""
    dice = Dice(2025)
    span = (END - START) / timedelta(minutes=1)
    received = sorted(at_work(START + timedelta(minutes=int(dice.random() * span))) for _ in range(CASES))
    rows = [row for number, moment in enumerate(received, start=1) for row in case(number, moment, dice)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(cells for _, cells in sorted(rows, key=lambda row: row[0]))
    return text.getvalue()


if __name__ == "__main__":
    TARGET.write_text(log(), encoding="utf-8", newline="")
