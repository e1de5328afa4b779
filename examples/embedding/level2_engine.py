"""Level 2, the engine in front of your repository: it asks you what you promise, and when you are open."""

import sqlite3
from datetime import UTC, datetime

from level2_own_table import Tickets

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import Complaint
from servicecrm.complaints.engine import ComplaintEngine
from servicecrm.tracking import Targets, usual

GOLD = Targets(targets=(usual("acknowledge", "2h business"), usual("resolution", "1 business day")))
OTHERS = Targets(targets=(usual("acknowledge", "1 business day"), usual("resolution", "5 business days")))
OFFICE = Calendar(zone="Europe/Berlin", hours="mon-fri 08:00-18:00")

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE tickets (ref TEXT PRIMARY KEY, status TEXT, version INTEGER, body TEXT)")
db.execute("CREATE TABLE remarks (ref TEXT PRIMARY KEY, body TEXT)")


def promised(complaint: Complaint, _at: datetime, /) -> Targets:
    return GOLD if complaint.agreement == "gold" else OTHERS


engine = ComplaintEngine(Tickets(db), targets=promised, calendar=lambda _name, _at: OFFICE)
now = datetime(2026, 3, 2, 9, tzinfo=UTC)

with db:  # your transaction: begun by your first change, committed here
    engine.start(complaints.record, id="T-1", subject="No water", channel="phone", agreement="gold", by="ann", at=now)
    engine.do("T-1", complaints.note, "She is at home all day.", id="R-1", by="ann", at=now)

assert engine.timers("T-1", now=now)["acknowledge"].due_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
with db:
    engine.do("T-1", complaints.acknowledge, by="ann", at=now)
assert engine.timers("T-1", now=now)["acknowledge"].state == "met"
assert db.execute("SELECT status, version FROM tickets").fetchall() == [("confirmed", 3)]
