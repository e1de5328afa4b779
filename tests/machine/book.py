"""What the account keeps of complaints and action items, and how it is written down: facts, a journal, notices."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.machine.rules import FOR_ALL, REOPEN_WITHIN, ROLES, TO_DO, TOLD
from tests.machine.timers import SAYS_NOTHING, Fact, Timer, standing, timers

__all__ = ["Act", "Book", "Record", "Refused"]

Record = dict[str, Any]


class Refused(Exception):
    """It must not be done; `why` are the names of the errors that may say so."""

    def __init__(self, why: Iterable[str]) -> None:
        super().__init__(", ".join(sorted(why)))
        self.why = frozenset(why)


class Act:
    """Who does something, when, and with which arguments."""

    def __init__(self, who: str, behalf: str | None, at: datetime, ago: int, told: Mapping[str, Any]) -> None:
        self.who, self.behalf, self.at, self.told = who, behalf, at, told
        self.when = at - timedelta(hours=ago)
        self.people = {who, behalf} - {None}
        self.name = behalf or who

    def __getitem__(self, name: str) -> Any:
        return self.told[name]

    def later(self, hours: int | None) -> datetime | None:
        """So many hours from now."""
        return None if hours is None else self.at + timedelta(hours=hours)


class Book:
    """All complaints and action items of a house, and what is known of them."""

    def __init__(self) -> None:
        self.complaints: dict[str, Record] = {}
        self.items: dict[str, Record] = {}
        self.last: Counter[tuple[str, int]] = Counter()
        self.commands: dict[str, tuple[Any, str]] = {}
        self.notices: Counter[tuple[str, str, str]] = Counter()
        self.messages: Counter[str] = Counter()
        self.why: set[str] = set()

    # -- clocks ----------------------------------------------------------------------------------

    def timers(self, id: str, now: datetime) -> list[Timer]:
        """The timers of a complaint as they stand now."""
        return timers(self.complaints[id]["facts"], now)

    def read(self, c: Record, now: datetime) -> list[str]:
        """Read the clock of a complaint; gives the names of the timers that were found missed."""
        found = timers(c["facts"], now)
        missed = []
        for timer in found:
            key, at = (timer["name"], timer["n"]), timer["misses"]
            if at is not None and (key not in c["missed"] or at > c["missed"][key]):
                c["missed"][key] = at
                missed.append(timer["name"])
                for person in [c["handler"]] if c["handler"] else ROLES["handler"]:
                    self.notices[c["id"], "timer.missed", person] += 1
        c["misses"] += len(missed)
        due = [timer["due"] for timer in found if timer["ended"] is None and timer["due"] is not None]
        wakes = [timer["wakes"] for timer in found if timer["wakes"] is not None]
        c["clock"] = {"timers": found, "due": min(due, default=None), "next": min(wakes, default=None)}
        return missed

    def read_item(self, item: Record, now: datetime, *, ended: datetime | None = None) -> list[str]:
        """Read the clock of an action item, perhaps as it ends. What comes to nothing when it is due is missed."""
        nothing = item["state"] == "cancelled"
        if item["missed"] or (ended is None and item["state"] not in TO_DO):
            return []
        if item["due"] > (ended or now) or (item["due"] == (ended or now) and not nothing):
            return []
        item["missed"] = True
        self.notices[item["id"], "timer.missed", item["owner"]] += 1
        return ["action_due"]

    def sweep(self, now: datetime) -> Counter[tuple[str, str]]:
        """Read every clock; tells which timers were found missed."""
        found: Counter[tuple[str, str]] = Counter()
        for c in self.complaints.values():
            found.update((c["id"], name) for name in self.read(c, now))
        for item in self.items.values():
            found.update((item["id"], name) for name in self.read_item(item, now))
        return found

    # -- inside ----------------------------------------------------------------------------------

    def _permit(self, who: str, handler: str | None, role: str) -> None:
        if role != "anyone" and who not in ROLES[role] and not (role == "handler" and who == handler):
            self.why.add("NotPermitted")

    def _refuse(self, *reasons: tuple[str, bool]) -> None:
        self.why |= {why for why, holds in reasons if holds}
        if self.why:
            raise Refused(self.why)

    def _number(self, prefix: str, at: datetime) -> str:
        self.last[prefix, at.year] += 1
        return f"{prefix}-{at.year}-{self.last[prefix, at.year]:06}"

    def _new(self, a: Act, event: str, **told: Any) -> Record:
        c: Record = {
            "id": None,
            "number": self._number("CMP", a.at),
            "revision": 1,
            "state": "recorded",
            "severity": None,
            "impact": None,
            "safety": False,
            "handler": None,
            "previous": None,
            "since": None,
            "forwards": 0,
            "waiting": None,
            "stage": 1,
            "deciders": set(),
            "decided_by": set(),
            "judgements": [],
            "steps": [],
            "findings": 0,
            "cause": None,
            "remedies": [],
            "response": None,
            "referrals": [],
            "links": set(),
            "duplicate_of": None,
            "child_of": None,
            "recorded": a.at,
            "acknowledged": None,
            "promised": None,
            "answered": None,
            "closed": None,
            "code": None,
            "reopenings": 0,
            "facts": [],
            "journal": [event],
            "missed": {},
            "misses": 0,
            **told,
        }
        received = Act(a.who, None, a.at, 0, {})
        received.when = c["received"]
        self._fact(c, received, "received", "outside", None if c["feedback"] == "complaint" else c["feedback"])
        c["priority"] = "p1" if c["safety"] else None
        if c["safety"]:
            self._fact(c, received, "rated", None, "p1")
        return c

    def _fact(
        self,
        c: Record,
        a: Act,
        kind: str,
        side: str | None = None,
        code: str | None = None,
        *,
        until: datetime | None = None,
        voids: int | None = None,
    ) -> None:
        n = len(c["facts"]) + 1
        fact: Fact = {"n": n, "kind": kind, "at": a.when, "side": side, "code": code, "until": until, "voids": voids}
        c["facts"].append(fact)

    def _happened(  # noqa: PLR0917 - what happened, and how
        self, c: Record, a: Act, event: str, kind: str, side: str | None = None, code: str | None = None
    ) -> None:
        self._fact(c, a, kind, side, code)
        c["journal"].append(event)

    def _last(self, c: Record, kind: str) -> datetime | None:
        times = [fact["at"] for fact in standing(c["facts"]) if fact["kind"] == kind]
        return times[-1] if times else None

    def _judged(self, c: Record) -> bool:
        mine = c["judgements"] and c["judgements"][-1]["stage"] == c["stage"]
        return c["feedback"] != "complaint" or bool(mine)

    def _steps_done(self, c: Record) -> bool:
        return all(step["done"] is not None for step in c["steps"] if step["mandatory"])

    def _too_soon(self, c: Record, a: Act) -> tuple[str, bool]:
        """A wait cannot end before it has begun."""
        return "PolicyViolation", c["waiting"] is not None and a.when < c["waiting"]["since"]

    def _go_on(self, c: Record, a: Act) -> None:
        if c["waiting"] is not None:
            self._fact(c, a, "resumed", None, c["waiting"]["for"])
            c["waiting"] = None

    def _end(self, c: Record, a: Act, event: str, kind: str, side: str) -> None:
        reopened = self._last(c, "reopened")
        self._refuse(("PolicyViolation", reopened is not None and a.when < reopened), self._too_soon(c, a))
        self._go_on(c, a)
        c["closed"] = a.when
        self._happened(c, a, event, kind, side)

    def _not_taken_up(self, c: Record, a: Act, handler: str | None) -> list[tuple[str, bool]]:
        gone_on = c["duplicate_of"] is not None  # may be parted again, however long that is ago
        late = c["closed"] is not None and not gone_on and a.when > c["closed"] + REOPEN_WITHIN
        early = any(a.when < at for at in (c["answered"], c["closed"]) if at is not None)
        return [("GuardNotMet", not (handler and handler.strip())), ("PolicyViolation", late or early)]

    def _taken_up(self, c: Record) -> None:
        c.update(response=None, answered=None, closed=None, code=None)

    def _reopened(self, c: Record, a: Act, handler: str | None) -> None:
        if handler != c["handler"]:
            c.update(handler=handler, since=a.when)
        self._go_on(c, a)
        self._taken_up(c)
        c["reopenings"] += 1
        self._happened(c, a, "complaint.reopened", "reopened")

    def _tell(self, c: Record, a: Act) -> None:
        """Whoever has to know of what was just written down is told of it, except by himself."""
        event = c["journal"][-1]
        if event == "complaint.message_received" and c["facts"][-1]["code"] in SAYS_NOTHING:
            return
        told = (person for party in TOLD.get(event, ()) for person in ((c[party],) if party in c else ROLES[party]))
        for person in {*told} - {None, a.who}:
            self.notices[c["id"], event, person] += 1
        for other in self.going_on_as(c["id"]) if event in FOR_ALL else ():
            if self.complaints[other]["customer"] is not None:
                self.notices[other, event, self.complaints[other]["customer"]] += 1

    def going_on_as(self, id: str) -> set[str]:
        """The complaints that live on in this one, after all mergers."""
        merged = {other for other, c in self.complaints.items() if c["duplicate_of"] == id}
        return merged.union(*(self.going_on_as(other) for other in merged))
