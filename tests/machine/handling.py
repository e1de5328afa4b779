"""What is done with a complaint from its receipt to its judgement, and what is said about it."""

from datetime import timedelta

from tests.machine.book import Act, Book, Record
from tests.machine.rules import CATEGORIES, CAUSES, MATRIX, OVER, RANKS, TEMPLATES
from tests.machine.timers import standing

__all__ = ["Handling"]


class Handling(Book):
    """Commands that take a complaint in, and handle it. Each refuses before it changes anything."""

    # -- intake ----------------------------------------------------------------------------------

    def _acknowledge(self, c: Record, a: Act) -> None:
        promise = a.later(a["promise"])
        self._refuse(
            ("GuardNotMet", c["state"] == "in_handling" and c["acknowledged"] is not None),
            ("PolicyViolation", promise is not None and promise < a.when),
        )
        c.update(acknowledged=a.when, promised=promise)
        self._happened(c, a, "complaint.acknowledged", "acknowledged", "inside")

    def _assess(self, c: Record, a: Act) -> None:
        severity, impact = a["severity"] or c["severity"], a["impact"] or c["impact"]
        safety = c["safety"] if a["safety"] is None else a["safety"]
        computed = None
        if safety:
            computed = "p1"
        elif severity is not None and impact is not None:
            computed = f"p{MATRIX[severity][RANKS.index(impact)]}"
        priority, reopened = a["priority"] or computed, self._last(c, "reopened")
        self._refuse(
            ("GuardNotMet", priority is None),
            ("PolicyViolation", reopened is not None and a.when < reopened),
            ("PolicyViolation", priority != computed and (safety or a["reason"] is None)),
        )
        if priority != c["priority"]:
            self._fact(c, a, "rated", None, priority)
        c.update(severity=severity, impact=impact, safety=safety, priority=priority)
        c["journal"].append("complaint.assessed")

    def _amend(self, c: Record, a: Act) -> None:
        about = a["changes"].get("about", c["about"])
        self._refuse(
            ("PolicyViolation", a["changes"].get("category") not in (None, *CATEGORIES)),
            ("PolicyViolation", about != c["about"] and c["about"] in a.people),
        )
        c.update(a["changes"])
        c["journal"].append("complaint.amended")

    def _reclassify(self, c: Record, a: Act) -> None:
        earlier, over = (self._last(c, "reclassified"), self._last(c, "reopened")), c["state"] in OVER
        self._refuse(
            ("GuardNotMet", over and a["feedback"] == "complaint"),
            ("PolicyViolation", a["feedback"] == c["feedback"] or c["about"] in a.people),
            ("PolicyViolation", any(at is not None and a.when < at for at in earlier)),
        )
        c["feedback"] = a["feedback"]
        self._happened(c, a, "complaint.reclassified", "reclassified", None, a["feedback"])

    # -- handling --------------------------------------------------------------------------------

    def _assign(self, c: Record, a: Act) -> None:
        self._refuse(
            ("GuardNotMet", not a["handler"].strip()),
            ("GuardNotMet", c["state"] == "recorded" and not c["safety"] and c["customer"] is not None),
        )
        c.update(handler=a["handler"], since=a.when)
        self._happened(c, a, "complaint.assigned", "assigned", "inside")

    def _forward(self, c: Record, a: Act) -> None:
        earlier = (c["since"], self._last(c, "reopened"))
        self._refuse(
            ("GuardNotMet", not a["handler"].strip() or a["handler"] == c["handler"]),
            ("PolicyViolation", any(at is not None and a.when < at for at in earlier)),
        )
        c.update(previous=c["handler"], handler=a["handler"], since=a.when, forwards=c["forwards"] + 1)
        self._happened(c, a, "complaint.forwarded", "forwarded", "inside")

    def _wait(self, c: Record, a: Act) -> None:
        until, earlier = a.later(a["until"]), (self._last(c, "resumed"), self._last(c, "reopened"))
        self._refuse(
            ("GuardNotMet", c["waiting"] is not None),
            ("PolicyViolation", any(at is not None and a.when < at for at in earlier)),
            ("PolicyViolation", until is not None and until <= a.when),
        )
        c["waiting"] = {"for": a["for_"], "since": a.when, "until": until}
        self._fact(c, a, "waiting", None, a["for_"], until=until)
        c["journal"].append("complaint.waiting_started")

    def _resume(self, c: Record, a: Act) -> None:
        self._refuse(("GuardNotMet", c["waiting"] is None), self._too_soon(c, a))
        self._go_on(c, a)
        c["journal"].append("complaint.resumed")

    def _investigate(self, c: Record, a: Act) -> None:
        self._refuse()
        c["findings"] += 1
        c["journal"].append("complaint.finding_added")

    def _find_cause(self, c: Record, a: Act) -> None:
        self._refuse(("PolicyViolation", a["cause"] not in CAUSES))
        c["cause"] = a["cause"]
        c["journal"].append("complaint.cause_found")

    def _judge(self, c: Record, a: Act) -> None:
        stage, before = self._last(c, "stage"), (c["judgements"] or [None])[-1]
        self._refuse(
            ("GuardNotMet", c["about"] in a.people or bool(a.people & c["deciders"])),
            ("PolicyViolation", c["feedback"] != "complaint" or (stage is not None and a.when < stage)),
            ("PolicyViolation", before is not None and a.when < before["at"]),
        )
        c["decided_by"] |= a.people
        c["judgements"].append({"verdict": a["verdict"], "by": a.name, "at": a.when, "stage": c["stage"]})
        self._happened(c, a, "complaint.judged", "judged", "inside", a["verdict"])

    def _plan(self, c: Record, a: Act) -> list[Record]:
        steps = a["steps"]
        if steps is None and c["steps"]:
            self.why.add("PolicyViolation")
        if steps is None:
            steps = TEMPLATES.get((c["category"] or "").split("/")[0], ())
        self._refuse(("InvalidValue", not steps))
        c["journal"].append("complaint.steps_planned")
        return [
            {
                "id": None,
                "source": c["id"],
                "number": self._number("ACT", a.at),
                "title": title,
                "by": a.who,
                "owner": owner or c["handler"] or a.who,
                "due": a.when + timedelta(hours=hours),
                "mandatory": mandatory,
                "state": "open",
                "opened": a.when,
                "recorded": a.at,
                "done": None,
                "missed": False,
                "revision": 1,
                "journal": ["action_item.opened"],
            }
            for title, hours, owner, mandatory in (
                (each, 120, None, True) if isinstance(each, str) else each for each in steps
            )
        ]

    # -- what is said ----------------------------------------------------------------------------

    def _message(self, c: Record, a: Act) -> None:
        self._refuse()
        self.messages[c["id"]] += 1
        said = "complaint.message_received" if a["side"] == "outside" else "complaint.message_sent"
        wait = c["waiting"] or {"for": None}
        answers = (a["side"], a["klass"], wait["for"]) == ("outside", "substantive", "customer")
        if answers and wait["since"] <= a.when:  # else it was said before
            self._go_on(c, a)
        self._happened(c, a, said, "message", a["side"], a["klass"])

    def _note(self, c: Record, a: Act) -> None:
        self._refuse()
        self.messages[c["id"]] += 1
        c["journal"].append("complaint.note_added")

    def _void(self, c: Record, a: Act) -> None:
        n, facts = a["n"], c["facts"]
        if not 1 <= n <= len(facts):
            self._refuse(("InvalidValue", True))
        fact = facts[n - 1]
        last = max((each["n"] for each in standing(facts) if each["kind"] == fact["kind"]), default=0) <= n
        self._refuse(
            ("PolicyViolation", fact["voids"] is not None or any(each["voids"] == n for each in facts)),
            ("PolicyViolation", last and self._says_the_same(c, fact["kind"])),
        )
        self._fact(c, a, "voided", voids=n)
        c["journal"].append("complaint.moment_voided")

    def _says_the_same(self, c: Record, kind: str) -> bool:
        """Does the complaint say itself what the last fact of a kind says?"""
        if kind in ("waiting", "resumed"):
            return (c["waiting"] is not None) == (kind == "waiting")
        if kind == "reopened":
            return c["closed"] is None
        if kind == "answered":
            return c["answered"] is not None
        if kind in ("closed", "withdrawn", "lapsed", "passed_on", "merged"):
            return c["closed"] is not None
        return kind in ("received", "rated", "reclassified", "judged", "stage")
