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
    *("Category", "Channel", "Severity", "Impact", "Due", "Answer", "Closing code", "Reason"),
)
CASES = 390
START, END = datetime(2025, 1, 2, 8), datetime(2025, 12, 31, 18)  # noqa: DTZ001 - a log tells wall times
DAYS = {"critical": 2, "high": 5, "medium": 10, "low": 20}
CHANNELS = ("Phone", "Phone", "Phone", "Web form", "Web form", "E-mail", "E-mail", "Letter", "Counter", "Social media")
WAITS = ("Waiting for customer", "Waiting for customer", "Waiting for contractor", "Works scheduled")
IMPACTS = ("Low", "Low", "Low", "Low", "Medium", "Medium", "Medium", "High", "High", "Critical")
CODES = ("resolved", "resolved", "resolved", "explained", "explained", "goodwill", "no_action")

OUTCOMES = {
    "resolved": "We have put it right.",
    "explained": "The cause is known and has ended; the sheet enclosed explains it.",
    "goodwill": "As a goodwill gesture we credit 20 pounds to your account.",
    "no_action": "We found nothing that we could change about it.",
}
"""What an answer comes to, by closing code."""

WITHDRAWN = ("Solved by itself", "Reported by a neighbour already", "Customer does not pursue it")
FORWARDED = ("Cause lies in their area", "Needs their visit on site", "Sent to us by mistake")
REOPENED = (*("Same trouble again", "Customer does not accept the answer", "What was promised did not happen") * 3, "")
"""Why a case was taken up again; sometimes nobody notes it."""

PACES = (*(3,) * 10, *(5,) * 6, 9, 14, 40, 160)
"""Hours that a step may take, for each day of the target."""


class Kind(NamedTuple):
    category: str
    department: str
    others: tuple[str, ...]
    severities: tuple[str, ...]
    answers: tuple[str, ...]
    subjects: tuple[str, ...]


KINDS = (
    Kind(
        *("Billing", "Billing", ("Metering", "Customer Service"), ("low", "low", "medium")),
        ("We checked your bill line by line.", "We compared your account with the last two years."),
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
            "Our crew measured the pressure at your house.",
            "We went through the valve and pressure records of your street.",
        ),
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
        ("Our crew searched the main with listening sticks.", "We inspected the pipe and its joints on site."),
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
        ("The laboratory tested a sample from your tap.", "We flushed the main and took samples in your street."),
        (
            "Brown water in the morning",
            "Water tastes of chlorine",
            "White flakes in the kettle",
            "Smell of bad eggs from the cold tap",
        ),
    ),
    Kind(
        *("Metering", "Metering", ("Billing",), ("low", "medium")),
        ("A technician checked your meter on site.", "We compared the readings of the last twelve months."),
        (
            "Meter was swapped and the reading is wrong",
            "Nobody came to read the meter",
            "Meter shows use although the house is empty",
            "Smart meter sends nothing",
        ),
    ),
    Kind(
        *("Works", "Roads and Works", ("Network Operations",), ("low", "medium", "high")),
        ("Our site inspector met the contractor.", "We inspected the site after the works."),
        (
            "Trench was left open over the weekend",
            "Pavement not restored after the works",
            "Noise of the pump after ten at night",
            "Driveway blocked without notice",
        ),
    ),
    Kind(
        *("Service", "Customer Service", ("Billing",), ("low", "low", "medium")),
        ("We looked into what happened on that day.", "We spoke with the team that was on duty."),
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


class Step(NamedTuple):
    """A status that a case comes to, whether another department takes over, and the reasons that one may note."""

    status: str
    moved: bool = False
    reasons: tuple[str, ...] = ("",)


def story(dice: Dice) -> Iterator[Step]:
    """What becomes of a case after its receipt."""
    luck = dice.random()
    if luck < 0.05:
        yield from (Step("Acknowledged"), Step("Withdrawn", reasons=WITHDRAWN))
        return
    if luck < 0.07:  # settled on the telephone: closed without an answer, which our table does not know
        yield Step("Closed")
        return
    if luck < 0.98:  # in the others, work began before anybody acknowledged
        yield Step("Acknowledged")
        if dice.chance(0.1):
            yield Step("Assessed")
    yield Step("In progress")
    if dice.chance(0.18):
        yield Step("In progress", moved=True, reasons=FORWARDED)
    if dice.chance(0.15):
        yield from (Step(dice.pick(WAITS)), Step("In progress"))
    yield from (Step("Answered"), Step("Closed"))
    if dice.chance(0.07):
        yield from (Step("In progress", dice.chance(0.4), REOPENED), Step("Answered"), Step("Closed"))


def case(number: int, received: datetime, dice: Dice) -> Iterator[dict[str, str]]:
    """The rows of a case; what does not change stands in one of them only."""
    kind = KINDS[dice.pick(BUSY)]
    severity = dice.pick(kind.severities)
    name, due = f"C-{number:04}", received + timedelta(days=DAYS[severity])
    yield {
        "Complaint": name,
        "Changed at": f"{received:%Y-%m-%d %H:%M}",
        "Status": "New",
        "Customer": f"K{10000 + int(dice.random() * 2600)}",
        "Subject": dice.pick(kind.subjects),
        "Category": kind.category,
        "Channel": dice.pick(CHANNELS),
        "Severity": severity.capitalize(),
        "Due": f"{due:%Y-%m-%d %H:%M}",
    }
    moment, pace = received, dice.pick(PACES)
    code, impact, department = dice.pick(CODES), dice.pick(IMPACTS), ""
    for status, moved, reasons in story(dice):
        moment = at_work(moment + dice.hours(0.5, pace * DAYS[severity]))
        if moment > END:
            return
        if moved:
            department = dice.pick([each for each in (kind.department, *kind.others) if each != department])
        elif status == "In progress":
            department = department or kind.department
        row = {"Complaint": name, "Changed at": f"{moment:%Y-%m-%d %H:%M}", "Status": status, "Department": department}
        if status in ("Assessed", "In progress"):  # whoever looks into it first says how far it reaches
            row["Impact"], impact = impact, ""
        if status == "Answered":
            row["Answer"] = f"{dice.pick(kind.answers)} {OUTCOMES[code]}"
        if status == "Closed":
            row["Closing code"] = code
        yield {**row, "Reason": dice.pick(reasons)}


def log() -> str:
    """The whole log, as CSV."""
    dice = Dice(2018)
    span = (END - START) / timedelta(minutes=1)
    received = sorted(at_work(START + timedelta(minutes=int(dice.random() * span))) for _ in range(CASES))
    rows = [row for number, moment in enumerate(received, start=1) for row in case(number, moment, dice)]
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["Changed at"]))
    return text.getvalue()


if __name__ == "__main__":
    TARGET.write_text(log(), encoding="utf-8", newline="")
