"""Ready-made records for tests: name only what the test is about, the rest is filled in."""

from datetime import UTC, datetime
from typing import Final

from servicecrm import complaints
from servicecrm.complaints import Complaint, Judgement, Verdict
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.records import evolve
from servicecrm.tracking import Message, write

__all__ = ["MONDAY", "a_complaint", "a_judgement", "a_message", "an_actor"]

MONDAY: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 9 in the morning: when records made here begin."""


def an_actor(id: str = "ann@city.example", *, on_behalf_of: str | None = None) -> Actor:
    """Somebody who acts."""
    return Actor(id=id, on_behalf_of=on_behalf_of)


def a_complaint(**changes: object) -> Complaint:
    """A complaint, just recorded, with some fields as the test needs them: `a_complaint(state="closed")`."""
    recorded = complaints.record(
        id="complaint-1",
        number="CMP-2026-000001",
        subject="No water since Monday",
        channel="phone",
        by=an_actor(),
        at=MONDAY,
    )
    return evolve(recorded.after, **changes)


def a_judgement(**changes: object) -> Judgement:
    """What lets a complaint be answered: `a_complaint(state="in_handling", judgements=(a_judgement(),))`."""
    judgement = Judgement(verdict=Verdict.JUSTIFIED, grounds="The valve leaked.", by="ann@city.example", at=MONDAY)
    return evolve(judgement, **changes)


def a_message(**changes: object) -> Message:
    """A message from the complainant's side, with some fields as the test needs them."""
    written = write(
        "Any news?",
        id="message-1",
        about_kind="complaint",
        about="complaint-1",
        side="outside",
        klass="substantive",
        by=an_actor(),
        at=MONDAY,
    )
    return evolve(written.after, **changes)
