"""What is tried with a complaint: every command of the desk, with arguments that mostly make sense."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from servicecrm.complaints import StepTemplate
from servicecrm.kernel.values import Money
from tests.machine.rules import CATEGORIES, CAUSES, CODES, OPEN, RANKS, ROLES, TABLE

__all__ = ["AGO", "BEHALF", "RECORD", "arguments", "likely", "mostly", "people", "told"]


Choice = tuple[Any, ...]
"""Values of which one is taken, each as often as it stands there."""


def mostly(usual: Choice, *others: Any, times: int = 3) -> Choice:
    """The usual values, and now and then another one."""
    return (*usual * times, *others)


BEHALF: Final = mostly((None,), "eve", times=6)
AGO: Final = mostly((0,), 1, 30, times=10)
HANDLERS: Final = mostly(("ann", "bob", "max", "eve"), " ")
CUSTOMERS: Final = (None, "harbour-cafe", "mill")
KINDS: Final = ("complaint", "complaint", "complaint", "complaint", "request")
RANK: Final = mostly(RANKS, None)
HOURS: Final = mostly((None, None, 1, 24, 300), -1)
"""When something ends, in hours from now."""
CATEGORY: Final = mostly((None, *CATEGORIES), "cheese")

RECORD: Final[Mapping[str, Choice]] = {
    "customer": CUSTOMERS,
    "category": CATEGORY,
    "about": (None, "mia", "max", "ann"),
    "feedback": KINDS,
    "safety": (False, False, False, True),
}
STEPS: Final = (
    None,
    (("Look", 24, None, True),),
    (("Ask", 120, "bob", False), ("Mend", 24, "ann", True)),
    ("Write",),
    (),
)
CHANGES: Final = (
    *({"category": category} for category in CATEGORY),
    *({"customer": customer} for customer in CUSTOMERS),
    *({"about": about} for about in (None, "max", "mia")),
)

ARGUMENTS: Final[Mapping[str, Mapping[str, Choice]]] = {
    "acknowledge": {"promise": HOURS},
    "assess": {
        "severity": RANK,
        "impact": RANK,
        "safety": (None, None, None, True, False),
        "priority": (None, None, None, "p1", "p3"),
        "reason": (None, "as agreed"),
    },
    "assign": {"handler": HANDLERS},
    "forward": {"handler": HANDLERS},
    "wait": {
        "for_": ("customer", "customer", "third_party", "internal", "scheduled"),
        "until": HOURS,
    },
    "reclassify": {"feedback": KINDS},
    "plan": {"steps": STEPS},
    "find_cause": {"cause": mostly(CAUSES, "moon")},
    "judge": {"verdict": ("justified", "partly", "unjustified")},
    "offer": {
        "kind": ("refund", "apology"),
        "amount": (("EUR", 101), None, ("EUR", 100), ("USD", 1)),
        "until": HOURS,
    },
    "answer": {"recourse": ((), ("ombudsman",))},
    "raise_stage": {"handler": HANDLERS},
    "close": {"code": mostly(CODES, "eaten")},
    "reopen": {"handler": (None, "ann", "bob", " ")},
    "refer": {"whole": (False, False, True)},
    "split": {"category": CATEGORY},
    "link": {"kind": ("child_of", "child_of", "related", "duplicate_of")},
    "amend": {"changes": CHANGES},
    "message": {
        "side": ("inside", "outside"),
        "klass": ("substantive", "substantive", "auto_reply"),
    },
    "void": {"n": tuple(range(1, 13))},
}
LEADS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "recorded": ("acknowledge", "acknowledge", "assign"),
    "acknowledged": ("assess", "assess", "assign", "wait"),
    "assessed": ("assign", "assign", "judge", "plan"),
    "in_handling": (*("judge",) * 3, "wait", "investigate", "plan", "offer", "offer", "forward", "message", "void"),
    "responded": ("close", "close", "raise_stage", "raise_stage", "decline_answer", "reopen", "offer"),
    "closed": ("reopen", "raise_stage", "decline_answer", "judge", "message"),
    "lapsed": ("reopen",),
    "referred": ("reopen",),
    "merged": ("message", "message", "reopen"),
}
"""What a complaint needs to come further than most would at random."""


def likely(c: Mapping[str, Any], *, ended: bool) -> Choice:
    """A command for a complaint: mostly one that could be allowed, now and then any other one.

    Where another one has `ended`, it is more often merged, perhaps into that one.
    """
    leads_on = LEADS_ON.get(c["state"], ())
    judged = c["judgements"] and c["judgements"][-1]["stage"] == c["stage"]
    if c["state"] == "in_handling" and judged:
        leads_on = (*("answer",) * 4, *leads_on[3:])
    if c["waiting"] is not None:
        leads_on = (*(("answer",) * 3 if judged else ("judge",)), "resume", "message", *("lapse",) * 4)
    allowed = [action for action, (_, ways) in TABLE.items() if c["state"] in ways]
    for status, action in (("proposed", "refuse_remedy"), ("offered", "decline_remedy"), *REMEDIES.items()):
        if action in allowed and any(remedy["status"] == status for remedy in c["remedies"]):
            leads_on += (action, action)
    leads_on += ("merge",) * (ended and c["state"] in OPEN)
    return (*leads_on * (60 // max(1, len(leads_on))), *allowed, *RARE)


def people(c: Mapping[str, Any] | None = None) -> Choice:
    """Who does something: mostly one who may do everything, now and then one who may not, or not here."""
    not_here = set() if c is None else {*c["deciders"], c["about"]} - {None}
    fresh = tuple(manager for manager in ROLES["manager"] if manager not in not_here)
    return mostly(fresh or ROLES["manager"], "ann", "bob", *sorted(not_here))


REMEDIES: Final = {"proposed": "approve_remedy", "offered": "accept_remedy", "accepted": "provide_remedy"}
"""What becomes of a remedy next."""

RARE: Final = ("acknowledge", "assign", "judge", "answer", "close", "reopen", "merge", "raise_stage", "link", "void")
"""What is tried in whatever state."""


def arguments(action: str, c: Mapping[str, Any]) -> dict[str, Choice]:
    """What a command may be given, as the account is told it."""
    given = dict(ARGUMENTS.get(action, {}))
    if action.endswith("_remedy"):
        waits = next((status for status, then in REMEDIES.items() if then == action), "offered")
        wanted = "proposed" if action == "refuse_remedy" else waits
        fitting = (n for n, remedy in enumerate(c["remedies"], 1) if remedy["status"] == wanted)
        given["remedy"] = mostly((*fitting,) or (1,), 0, 9)
    return given


def told(action: str, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The same arguments as the desk is told them."""
    found: dict[str, Any] = dict(given)
    for hours, name in (("promise", "expected_by"), ("until", "valid_until" if action == "offer" else "until")):
        if hours in found:
            after = found.pop(hours)
            found[name] = None if after is None else at + timedelta(hours=after)
    if "changes" in found:
        found.update({NAMES.get(name, name): value for name, value in found.pop("changes").items()})
    if found.get("amount") is not None:
        currency, amount = found["amount"]
        found["amount"] = Money(amount=Decimal(amount), currency=currency)
    if found.get("steps") is not None:
        found["steps"] = [step if isinstance(step, str) else _template(*step) for step in found["steps"]]
    return {**found, **WORDS.get(action, {})}


NAMES: Final = {"about": "complained_about"}
WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "reclassify": {"reason": "as it turned out"},
    "refuse_remedy": {"reason": "a typo"},
    "investigate": {"text": "The valve leaked."},
    "judge": {"grounds": "The valve leaked."},
    "answer": {"text": "It runs again."},
    "message": {"text": "Any news?"},
    "note": {"text": "Called twice."},
    "reopen": {"reason": "It is dry again."},
    "refer": {"to": "ombudsman"},
    "split": {"subject": "And the bill"},
    "propose_change": {"text": "Check the valves each year.", "kind": "service"},
    "void": {"reason": "typed by mistake"},
}


def _template(title: str, hours: int, owner: str | None, mandatory: bool) -> StepTemplate:
    return StepTemplate(title=title, within=f"{hours}h elapsed", owner=owner, mandatory=mandatory)
