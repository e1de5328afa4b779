"""Level 4, the whole desk: one for the process, and whoever is logged in acts."""

from datetime import UTC, datetime

import servicecrm
from servicecrm.testing import FixedClock

clock = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
crm = servicecrm.connect("memory:", actor="web", clock=clock)  # in earnest a file or a server, and the real clock

told: list[str] = []
crm.on("complaint.assigned", lambda fact: told.append(f"{fact.event.by.id}: {fact.record.handler}"))


def receive(user: str, subject: str) -> str:
    """What a form of yours calls."""
    with crm.acting_as(user) as desk, desk.unit():  # one commit
        complaint = desk.complaints.record(subject=subject, channel="web")
        desk.complaints.acknowledge(complaint.id)
        desk.complaints.assign(complaint.id, "water department")
    return complaint.id


first = receive("ann@city.example", "No water since Monday")
clock.advance(hours=3)

assert told == ["ann@city.example: water department"]
assert {entry.by for entry in crm.history(first)} == {"ann@city.example"}
assert [complaint.id for complaint in crm.worklist("water department")] == [first]
assert crm.timers(first)["acknowledge"].state == "met"
assert crm.timers(first)["resolution"].remaining is not None
