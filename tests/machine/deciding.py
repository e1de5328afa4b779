"""What is offered and answered, what becomes of that, and how complaints end and belong together."""

from collections.abc import Iterator

from tests.machine.book import Act, Record
from tests.machine.handling import Handling
from tests.machine.rules import CATEGORIES, CODES, LAPSE_AFTER, LIMIT, OPEN, OVER, REOPEN_WITHIN, STAGES
from tests.machine.timers import SAYS_NOTHING, Fact, standing

__all__ = ["Deciding"]


class Deciding(Handling):
    """Commands that decide about a complaint. Each refuses before it changes anything."""

    # -- remedies --------------------------------------------------------------------------------

    def _offer(self, c: Record, a: Act) -> None:
        until = a.later(a["until"])
        self._refuse(("PolicyViolation", until is not None and until <= a.when))
        currency, amount = a["amount"] or (LIMIT[0], 0)
        given = [
            other["amount"]
            for other in c["remedies"]
            if other["status"] not in ("refused", "declined") and other["amount"]
        ]
        in_all = amount + sum(cost for of, cost in given if of == currency)
        proposed = a["amount"] is not None and (currency != LIMIT[0] or in_all > LIMIT[1])
        c["remedies"].append(
            {
                "kind": a["kind"],
                "amount": a["amount"],
                "status": "proposed" if proposed else "offered",
                "by": a.name,
                "people": a.people,
                "approved_by": None,
                "until": until,
                "since": a.when,
            }
        )
        c["journal"].append("complaint.remedy_proposed" if proposed else "complaint.remedy_offered")

    def _approve_remedy(self, c: Record, a: Act) -> None:
        remedy = self._remedy(c, a, "proposed", valid=True, others=True)
        remedy.update(status="offered", approved_by=a.name, since=a.when)
        c["journal"].append("complaint.remedy_offered")

    def _refuse_remedy(self, c: Record, a: Act) -> None:
        self._remedy(c, a, "proposed").update(status="refused")
        c["journal"].append("complaint.remedy_refused")

    def _accept_remedy(self, c: Record, a: Act) -> None:
        self._remedy(c, a, "offered", valid=True).update(status="accepted", since=a.when)
        c["journal"].append("complaint.remedy_accepted")

    def _decline_remedy(self, c: Record, a: Act) -> None:
        self._remedy(c, a, "offered", valid=True).update(status="declined", since=a.when)
        c["journal"].append("complaint.remedy_declined")

    def _provide_remedy(self, c: Record, a: Act) -> None:
        self._remedy(c, a, "accepted").update(status="provided", since=a.when)
        c["journal"].append("complaint.remedy_provided")

    def _remedy(self, c: Record, a: Act, status: str, *, valid: bool = False, others: bool = False) -> Record:
        if not 1 <= a["remedy"] <= len(c["remedies"]):
            self._refuse(("InvalidValue", True))
        remedy: Record = c["remedies"][a["remedy"] - 1]
        self._refuse(
            ("PolicyViolation", remedy["status"] != status),
            ("PolicyViolation", remedy["since"] is not None and a.when < remedy["since"]),
            ("PolicyViolation", valid and remedy["until"] is not None and remedy["until"] <= a.when),
            ("PolicyViolation", others and bool(remedy["people"] & a.people)),
        )
        return remedy

    # -- the answer, and what becomes of it ------------------------------------------------------

    def _answer(self, c: Record, a: Act) -> None:
        last, reopened = (c["judgements"] or [None])[-1], self._last(c, "reopened")
        self._refuse(
            ("GuardNotMet", not self._judged(c) or not self._steps_done(c) or bool(a.people & c["deciders"])),
            ("GuardNotMet", last is not None and last["by"] == c["about"]),
            ("PolicyViolation", c["priority"] == "p1" and not c["findings"]),
            ("PolicyViolation", last is not None and a.when < last["at"]),
            ("PolicyViolation", reopened is not None and a.when < reopened),
            self._too_soon(c, a),
        )
        self._go_on(c, a)
        c["response"] = {"by": a.name, "stage": c["stage"], "recourse": a["recourse"], "accepted": None}
        c["answered"] = a.when
        c["decided_by"] |= a.people
        self.messages[c["id"]] += 1
        self._happened(c, a, "complaint.answered", "answered", "inside", "final_response")

    def _accept_answer(self, c: Record, a: Act) -> None:
        self._refuse(("PolicyViolation", c["answered"] is not None and a.when < c["answered"]))
        c["response"]["accepted"] = True
        c["journal"].append("complaint.answer_accepted")

    def _decline_answer(self, c: Record, a: Act) -> None:
        self._refuse(("PolicyViolation", c["answered"] is not None and a.when < c["answered"]))
        if c["response"] is not None:  # one that nobody can be answered to was closed without
            c["response"]["accepted"] = False
        c["journal"].append("complaint.answer_declined")

    def _raise_stage(self, c: Record, a: Act) -> None:
        decided = self._decided(c)
        self._refuse(
            ("GuardNotMet", not a["handler"].strip()),
            ("PolicyViolation", c["stage"] >= STAGES or a["handler"] in c["deciders"] | decided),
            ("PolicyViolation", c["response"] is not None and c["response"]["accepted"] is True),
            ("PolicyViolation", any(a.when < at for at in (c["answered"], c["closed"]) if at is not None)),
            ("PolicyViolation", c["closed"] is not None and a.when > c["closed"] + REOPEN_WITHIN),
        )
        self._go_on(c, a)
        c.update(stage=c["stage"] + 1, deciders=c["deciders"] | decided, decided_by=set())
        c.update(handler=a["handler"], since=a.when)
        c["reopenings"] += c["closed"] is not None
        self._taken_up(c)
        self._fact(c, a, "reopened")
        self._happened(c, a, "complaint.stage_raised", "stage", None, str(c["stage"]))

    def _decided(self, c: Record) -> set[str]:
        return {*c["decided_by"], *(each["by"] for each in (*c["judgements"], c["response"]) if each is not None)}

    def _close(self, c: Record, a: Act) -> None:
        unheard = c["response"] is not None and c["response"]["accepted"] is False and not c["response"]["recourse"]
        reopened, last = self._last(c, "reopened"), (c["judgements"] or [None])[-1]
        self._refuse(
            ("GuardNotMet", last is not None and last["by"] == c["about"]),
            ("PolicyViolation", c["state"] == "in_handling" and c["priority"] == "p1" and not c["findings"]),
            ("GuardNotMet", not self._judged(c) or not self._steps_done(c)),
            ("GuardNotMet", unheard if c["state"] == "responded" else c["customer"] is not None),
            ("PolicyViolation", a["code"] not in CODES),
            ("PolicyViolation", any(a.when < at for at in (c["answered"], reopened) if at is not None)),
            self._too_soon(c, a),
        )
        self._go_on(c, a)
        c.update(closed=a.when, code=a["code"])
        self._happened(c, a, "complaint.closed", "closed", "inside", a["code"])

    def _reopen(self, c: Record, a: Act) -> None:
        self._refuse(*self._not_taken_up(c, a, a["handler"] or c["handler"]))
        c["links"] = {link for link in c["links"] if not link.startswith("duplicate_of:")}
        c["duplicate_of"] = None
        self._reopened(c, a, a["handler"] or c["handler"])

    def _withdraw(self, c: Record, a: Act) -> None:
        self._end(c, a, "complaint.withdrawn", "withdrawn", "outside")

    def _lapse(self, c: Record, a: Act) -> None:
        told = standing(c["facts"])
        began = max((n for n, fact in enumerate(told) if fact["kind"] == "waiting"), default=len(told))
        said = [f for f in told[began:] if f["kind"] == "message" and f["code"] not in SAYS_NOTHING]
        reminded = bool(said) and all(f["side"] == "inside" for f in said) and a.when >= said[-1]["at"] + LAPSE_AFTER
        if c["waiting"] is None or c["waiting"]["for"] != "customer" or not reminded:
            self.why.add("PolicyViolation")
        self._end(c, a, "complaint.lapsed", "lapsed", "outside")

    def _refer(self, c: Record, a: Act) -> None:
        if a["whole"]:
            if c["state"] not in OPEN:
                self.why.add("TransitionNotAllowed")
            self._end(c, a, "complaint.referred", "passed_on", "inside")
        else:
            self._refuse()
            c["journal"].append("complaint.part_referred")
        c["referrals"].append(a["whole"])

    # -- how they belong together ----------------------------------------------------------------

    def _merge(self, c: Record, a: Act) -> None:
        into = self.complaints[a["into"]]
        self._permit(a.who, into["handler"], "manager" if into["state"] in OVER else "handler")
        if into is c:
            self.why.add("GuardNotMet")
        if into["duplicate_of"] is not None:
            self.why.add("PolicyViolation")
        elif into["state"] == "withdrawn":
            self.why.add("TransitionNotAllowed")
        if any(at is not None and a.when < at for at in (self._last(into, "reopened"), self._last(into, "stage"))):
            self.why.add("PolicyViolation")
        if a.when < into["received"] or c["feedback"] != into["feedback"]:
            self.why.add("PolicyViolation")
        handler = into["handler"] or c["handler"]
        if into["state"] in OVER:
            self.why |= {why for why, holds in self._not_taken_up(into, a, handler) if holds}
        self._end(c, a, "complaint.merged", "merged", "inside")
        c.update(duplicate_of=into["id"], code="duplicate")
        c["links"].add(f"duplicate_of:{into['id']}")
        if into["state"] in OVER:
            into["state"] = "in_handling"
            self._reopened(into, a, handler)
            self._tell(into, a)
        if c["safety"] and not into["safety"]:
            if into["priority"] != "p1":
                self._fact(into, a, "rated", None, "p1")
            into.update(safety=True, priority="p1")
        self._kept_away(c, into, a)
        into["journal"].append("complaint.duplicate_taken_in")
        into["revision"] += 1
        self._tell(into, a)
        self.read(into, a.at)

    def _kept_away(self, c: Record, into: Record, a: Act) -> None:
        """Who may not decide about what is merged does not decide about what goes on."""
        stage, about = max(c["stage"], into["stage"]), into["about"] or c["about"]
        if c["stage"] > into["stage"]:
            self._fact(into, a, "stage", None, str(stage))
        deciders, decided = c["deciders"] | into["deciders"], set()
        for each in (c, into):
            if each["stage"] == stage:
                decided |= each["decided_by"]
            else:
                deciders |= self._decided(each)
        if c["about"] not in (None, about):
            deciders.add(c["about"])
        into.update(stage=stage, about=about, deciders=deciders, decided_by=decided)

    def _split(self, c: Record, a: Act) -> list[Record]:
        self._refuse(("PolicyViolation", a["category"] not in (None, *CATEGORIES)))
        c["journal"].append("complaint.split")
        same = {name: c[name] for name in ("customer", "about", "feedback", "received")}
        part = self._new(a, "complaint.recorded", category=a["category"], **same)
        part["facts"] = [{**fact, "n": n} for n, fact in enumerate(self._told_of_both(c), 1)]
        part.update(stage=c["stage"], deciders={*c["deciders"]}, decided_by={*c["decided_by"]})
        part["links"].add(f"split_from:{c['id']}")
        return [part]

    def _told_of_both(self, c: Record) -> Iterator[Fact]:
        """What is true of a part of a complaint as of the whole: an answer confirms its receipt, and is a reply."""
        for fact in standing(c["facts"]):
            said = fact["kind"] == "message" and fact["side"] == "inside"
            if said or fact["kind"] in ("received", "reclassified", "acknowledged", "stage"):
                yield fact
            elif fact["kind"] == "answered":
                yield {**fact, "kind": "acknowledged", "code": None}
                yield {**fact, "kind": "message", "code": "final_response"}

    def _link(self, c: Record, a: Act) -> None:
        link, above, each = f"{a['kind']}:{a['other']}", set(), a["other"]
        while each is not None and each not in above:
            above.add(each)
            each = self.complaints[each]["child_of"]
        child = a["kind"] == "child_of"
        self._refuse(
            ("GuardNotMet", a["other"] == c["id"]),
            ("PolicyViolation", a["kind"] in ("duplicate_of", "split_from") or link in c["links"]),
            ("PolicyViolation", child and (c["child_of"] is not None or c["id"] in above)),
        )
        c["links"].add(link)
        if child:
            c["child_of"] = a["other"]
        c["journal"].append("complaint.linked")

    def _propose_change(self, c: Record, a: Act) -> None:
        self._refuse()
        c["journal"].append("complaint.change_proposed")
