"""Does the store hold what the account says, however it is asked for?"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from servicecrm.complaints import Complaint
from servicecrm.desk import Desk
from servicecrm.kernel.filters import where
from servicecrm.tracking import Clock, clock_id
from tests.machine.book import Record
from tests.machine.model import Model
from tests.machine.rules import OPEN, ROLES

__all__ = ["Looking", "same"]


class Looking:
    """Compares a desk on a file with an account of what was done, in so many commands."""

    def __init__(self, crm: Desk, model: Model, commands: int) -> None:
        self.crm, self.model, self.commands = crm, model, commands

    def at(self, id: str) -> None:
        """A record is what the account says, and so is what belongs to it."""
        if id in self.model.items:
            self._at_item(self.model.items[id])
        if id not in self.model.complaints:
            return
        c = self.model.complaints[id]
        with self.crm.store.unit(readonly=True) as unit:
            same(shown(unit.get(Complaint, id)), expected_of(c))
            history = unit.history(Complaint, id)
            clock = unit.get(Clock, clock_id("complaint", id))
        same([entry.type for entry in history], c["journal"])
        same(history[-1].revision, c["revision"])
        readings = [(r.name, r.n, r.state.value, r.late, r.due_at, r.stopped_at) for r in clock.timers]
        timers_of = c["clock"]["timers"]
        same(readings, [(t["name"], t["n"], t["state"], t["late"], t["due"], t["ended"]) for t in timers_of])
        same((clock.due_at, clock.next_at), (c["clock"]["due"], c["clock"]["next"]))
        same(clock.handler, c["handler"] if c["state"] in OPEN else None)
        # Whoever was merged is told of the other one too, which the account does not follow.
        if "complaint.merged" not in c["journal"]:
            self._at_notices(id)

    def _at_item(self, item: Record) -> None:
        found = self.crm.actions.get(item["id"])
        seen = (found.state, found.revision, found.number, found.owner, found.due_at, found.done_at)
        same(seen, tuple(item[name] for name in ("state", "revision", "number", "owner", "due", "done")))
        same([entry.type for entry in self.crm.history(item["id"])], item["journal"])
        self._at_notices(item["id"])

    def _at_notices(self, id: str) -> None:
        with closing(sqlite3.connect(self.crm.store.path)) as connection:  # type: ignore[attr-defined]
            rows = connection.execute("SELECT key FROM servicecrm_outbox WHERE record = ?", (id,)).fetchall()
        told_to = Counter(tuple(key.split(":")[-2:]) for (key,) in rows)
        same(told_to, {key[1:]: count for key, count in self.model.notices.items() if key[0] == id})

    def at_everything(self) -> None:
        """Everything is what the account says, however it is asked for."""
        model, complaints = self.model, self.crm.complaints
        for id, c in model.complaints.items():
            self.at(id)
            same(complaints.get(c["number"]).id, id)
            live = [(t.name, t.n, t.state.value, t.late, t.due_at) for t in self.crm.timers(id)]
            wanted = model.timers(id, self.crm.clock())
            same(live, [(t["name"], t["n"], t["state"], t["late"], t["due"]) for t in wanted])
            same(len(complaints.messages(id)), model.told_about(id))
            same({each.id for each in complaints.duplicates(id)}, model.going_on_as(id))
            same({each.id for each in complaints.children(id)}, _ids(model, "child_of", id))
        for item in model.items.values():
            self._at_item(item)
        same({each.id for each in complaints.find()}, set(model.complaints))
        same(complaints.count(where("open").is_(True)), sum(c["state"] in OPEN for c in model.complaints.values()))
        for column, of in COLUMNS.items():
            values = Counter(of(c) for c in model.complaints.values())
            values.pop(None, None)
            same({value: complaints.count(where(column) == value) for value in values}, values)
        for person in (*ROLES["owner"], "eve"):
            same([each.id for each in self.crm.worklist(person).items], model.worklist(person))
        told_in_all = sum(len(c["journal"]) for c in (*model.complaints.values(), *model.items.values()))
        told_in_all += sum(model.messages.values())
        with closing(sqlite3.connect(self.crm.store.path)) as connection:  # type: ignore[attr-defined]
            counts = dict(connection.execute("SELECT kind, count(*) FROM servicecrm_journal GROUP BY kind"))
            (commands,) = connection.execute("SELECT count(*) FROM servicecrm_commands").fetchone()
        same(sum(counts.get(kind, 0) for kind in ("complaint", "action_item", "message")), told_in_all)
        same(commands, self.commands)
        same(self.crm.store.verify(), sum(counts.values()))


COLUMNS: Final[Mapping[str, Callable[[Record], Any]]] = {
    "state": lambda c: c["state"],
    "handler": lambda c: c["handler"],
    "waiting_for": lambda c: c["waiting"] and c["waiting"]["for"],
    "priority": lambda c: c["priority"],
    "closing_code": lambda c: c["code"],
    "reopenings": lambda c: c["reopenings"],
    "stage": lambda c: c["stage"],
    "verdict": lambda c: c["judgements"][-1]["verdict"] if c["judgements"] else None,
    "duplicate_of": lambda c: c["duplicate_of"],
    "feedback": lambda c: c["feedback"],
}


def same(found: object, wanted: object) -> None:
    """The store and the account agree."""
    if found == wanted:
        return
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        differ = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
        found, wanted = ({name: each.get(name) for name in differ} for each in (found, wanted))
    raise AssertionError(f"the store has {found}, and it should be {wanted}")


def _ids(model: Model, field: str, id: str) -> set[str]:
    return {c["id"] for c in model.complaints.values() if c[field] == id}


def shown(complaint: Complaint) -> dict[str, Any]:
    """A complaint as the account has it."""
    waiting, response = complaint.waiting, complaint.response
    return {
        "number": complaint.number,
        "revision": complaint.revision,
        "state": complaint.state,
        "customer": complaint.customer,
        "category": complaint.category,
        "about": complaint.complained_about,
        "feedback": complaint.feedback.value,
        "severity": complaint.severity and complaint.severity.value,
        "impact": complaint.impact and complaint.impact.value,
        "safety": complaint.safety,
        "priority": complaint.priority and complaint.priority.value,
        "handler": complaint.handler,
        "since": complaint.handler_since,
        "forwards": complaint.forwards,
        "waiting": waiting and {"for": waiting.for_.value, "since": waiting.since, "until": waiting.until},
        "stage": complaint.stage,
        "deciders": set(complaint.deciders),
        "decided_by": set(complaint.decided_by),
        "judgements": [(j.verdict.value, j.by, j.at, j.stage) for j in complaint.judgements],
        "steps": [(step.action, step.mandatory, step.done_at) for step in complaint.steps],
        "findings": len(complaint.investigation.findings) if complaint.investigation else 0,
        "cause": complaint.investigation and complaint.investigation.cause,
        "remedies": [(r.kind, r.status.value, r.proposed_by, r.approved_by) for r in complaint.remedies],
        "response": response and (response.by, response.stage, response.recourse, response.accepted),
        "referrals": [referral.whole for referral in complaint.referrals],
        "links": {f"{link.kind}:{link.complaint}" for link in complaint.links},
        "duplicate_of": complaint.duplicate_of,
        "received": complaint.received_at,
        "recorded": complaint.recorded_at,
        "acknowledged": complaint.acknowledged_at,
        "promised": complaint.promised_by,
        "answered": complaint.answered_at,
        "closed": complaint.closed_at,
        "code": complaint.closing_code,
        "reopenings": complaint.reopenings,
        "facts": [(m.n, m.kind, m.occurred_at, m.code, m.until, m.voids) for m in complaint.moments],
    }


SHOWN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "judgements": lambda told: [(j["verdict"], j["by"], j["at"], j["stage"]) for j in told],
    "steps": lambda told: [(step["action"], step["mandatory"], step["done"]) for step in told],
    "remedies": lambda told: [(r["kind"], r["status"], r["by"], r["approved_by"]) for r in told],
    "response": lambda r: r and (r["by"], r["stage"], tuple(r["recourse"]), r["accepted"]),
    "facts": lambda told: [(f["n"], f["kind"], f["at"], f["code"], f["until"], f["voids"]) for f in told],
}


def expected_of(c: Record) -> dict[str, Any]:
    """The same of the account."""
    hidden = ("id", "previous", "child_of", "journal", "missed", "misses", "clock")
    return {name: SHOWN.get(name, lambda told: told)(told) for name, told in c.items() if name not in hidden}
