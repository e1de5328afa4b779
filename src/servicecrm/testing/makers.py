"""Ready-made records for tests: name only what the test is about, the rest is filled in."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.records import evolve
from servicecrm.tracking import Message, Moments, standing, write

__all__ = ["MONDAY", "a_complaint", "a_message", "an_actor", "feasible", "take"]

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


def feasible(complaint: Complaint) -> tuple[str, ...]:
    """The actions that the lifecycle allows and that `take` can satisfy."""
    impossible = set()
    if complaint.waiting is None:
        impossible.add("resume")
    else:
        impossible.add("wait")
    if not _voidable(complaint):
        impossible.add("void")
    return tuple(action for action in complaints.LIFECYCLE.allowed(complaint) if action not in impossible)


def take(complaint: Complaint, action: str, *, by: Actor | str, at: datetime) -> Decision[Complaint]:
    """Take an action of the lifecycle by its name, with arguments that will do if the complaint lets any do."""
    return _TAKE[action](complaint, by, at)


_Take = Callable[[Complaint, Actor | str, datetime], Decision[Complaint]]


def _voidable(complaint: Complaint) -> Moments:
    """The moments that nothing rests on."""
    ends = ("answered", "closed", "withdrawn")
    return tuple(moment for moment in standing(complaint.moments) if moment.kind not in ends)


def _void(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.void(complaint, _voidable(complaint)[-1].n, reason="a mistake", by=by, at=at)


def _forward(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.forward(complaint, "north" if complaint.handler == "south" else "south", by=by, at=at)


_TAKE: Mapping[str, _Take] = {
    "acknowledge": lambda complaint, by, at: complaints.acknowledge(complaint, expected_by=at, by=by, at=at),
    "assess": lambda complaint, by, at: complaints.assess(complaint, severity="high", impact="low", by=by, at=at),
    "assign": lambda complaint, by, at: complaints.assign(complaint, "north", by=by, at=at),
    "forward": _forward,
    "wait": lambda complaint, by, at: complaints.wait(complaint, "customer", reason="photos", by=by, at=at),
    "resume": lambda complaint, by, at: complaints.resume(complaint, by=by, at=at),
    "message": lambda complaint, by, at: complaints.message(complaint, "News?", id="m", side="outside", by=by, at=at)[
        0
    ],
    "note": lambda complaint, by, at: complaints.note(complaint, "Called back.", id="n", by=by, at=at)[0],
    "amend": lambda complaint, by, at: complaints.amend(complaint, category="water", by=by, at=at),
    "answer": lambda complaint, by, at: complaints.answer(complaint, "It runs again.", id="a", by=by, at=at)[0],
    "close": lambda complaint, by, at: complaints.close(complaint, "resolved", by=by, at=at),
    "reopen": lambda complaint, by, at: complaints.reopen(complaint, "It stopped again.", by=by, at=at),
    "withdraw": lambda complaint, by, at: complaints.withdraw(complaint, by=by, at=at),
    "void": _void,
}
