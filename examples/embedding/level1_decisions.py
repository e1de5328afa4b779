"""Level 1, decisions: the commands decide, and you keep records and facts in whatever you keep yours in."""

from datetime import UTC, datetime

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import RuleError
from servicecrm.kernel.decisions import Decision

tickets: dict[str, Complaint] = {}
log: list[str] = []


def keep(decision: Decision[Complaint]) -> None:
    """Yours: a row, a document, a message on a queue."""
    tickets[decision.after.id] = decision.after
    log.extend(f"{event.occurred_at:%H:%M} {event.by.id} {event.type}" for event in decision.events)


now = datetime(2026, 3, 2, 9, tzinfo=UTC)
keep(complaints.record(id="T-1", subject="No water", channel="phone", by="ann", at=now))

# Two commands as one decision: if one of them is refused, there is nothing to keep.
confirmed = complaints.acknowledge(tickets["T-1"], by="ann", at=now)
keep(confirmed.then(complaints.assign, "water department", by="ann", at=now))

try:
    keep(complaints.reopen(tickets["T-1"], "It is dry again.", by="bob", at=now))
except RuleError as error:
    log.append(f"refused: {error.code}")

assert tickets["T-1"].state == "in_handling"
assert log == [
    "09:00 ann complaint.recorded",
    "09:00 ann complaint.acknowledged",
    "09:00 ann complaint.assigned",
    "refused: transition_not_allowed",
]
