"""What can be called at a desk, found by looking at it, and arguments with which each call is taken."""

import inspect
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_args

from servicecrm import cases, complaints
from servicecrm.complaints import ComplaintPolicy, RemedyLimit
from servicecrm.desk import Desk
from servicecrm.desk.evaluations import Evaluations
from servicecrm.desk.numbers import Numbers
from servicecrm.desk.register import Register
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.values import Money
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import action_items

__all__ = [
    "ABOUT",
    "LIFECYCLES",
    "MAKES",
    "REGISTERS",
    "SLICES",
    "WAYS",
    "Call",
    "arguments_of",
    "bring",
    "call_of",
    "public",
    "slices_of",
]

DAY: Final = timedelta(days=1)
FIRST: Final = "CMP-2026-000001"
"""The complaint that is made first, which others may be linked to and merged into."""


def public(of: object) -> set[str]:
    """The names of a class that are for everybody."""
    return {name for name in dir(of) if not name.startswith("_")}


LAZY: Final[Mapping[object, object]] = {"Numbers": Numbers, "Evaluations": Evaluations}
"""Parts that are loaded only when they are asked for."""


def slices_of(desk: type[Desk]) -> dict[str, type]:
    """The parts of a desk, by the names of the properties that give them."""
    found: dict[str, type] = {}
    for name in public(desk):
        given = getattr(desk, name)
        if isinstance(given, property) and given.fget is not None:
            part = inspect.get_annotations(given.fget)["return"]
            part = LAZY.get(part, part)
            if isinstance(part, type) and part.__module__.startswith("servicecrm.desk."):
                found[name] = part
    return found


SLICES: Final = slices_of(Desk)
REGISTERS: Final[Mapping[str, type[Register[Any]]]] = {
    name: part for name, part in sorted(SLICES.items()) if issubclass(part, Register)
}
"""The slices that are all alike: each is about the records of one kind."""

LIFECYCLES: Final[Mapping[str, Lifecycle[Any]]] = {
    "actions": action_items.LIFECYCLE,
    "cases": cases.LIFECYCLE,
    "complaints": complaints.LIFECYCLE,
}
MAKES: Final = {"actions": "open", "cases": "open", "complaints": "record"}
"""The method of each that makes a record."""


# -- arguments -----------------------------------------------------------------------------------


class Call(NamedTuple):
    """A call that is taken: of which record, if it is about one, in which state, and what else it is told."""

    about: str | None
    """The name of the argument for the record."""
    state: str | None
    told: Mapping[str, Any]


ABOUT: Final = {"id", "complaint", "complaints", "case", "item"}
"""How the argument for a record is named."""

TOLD: Final[Mapping[str, Any]] = {
    "attributes": {},
    "channel": "phone",
    "due_at": MONDAY + DAY,
    "effect": "No answer.",
    "evidence": "Called back.",
    "for_": "customer",
    "handler": "south",
    "grounds": "The valve leaked.",
    "into": FIRST,
    "key": "n-dead",
    "note": "Rang.",
    "of": ComplaintPolicy,
    "other": "another",
    "outcome": "voicemail",
    "owner": "north",
    "partner": "roads",
    "policy": complaints.DEFAULT,
    "priority": "p1",
    "reason": "It stopped again.",
    "remedy": 1,
    "request_type": "leak",
    "requester": "c-7",
    "role": "chief",
    "side": "outside",
    "source": "m-1",
    "source_kind": "meeting",  # of the host's own
    "status": "done",
    "subject": "No water",
    "text": "It runs again.",
    "timer": "resolution",
    "title": "Call back",
    "until": MONDAY + 3 * DAY,
    "verdict": "justified",
}
"""What is told wherever an argument of this name is needed."""

ONLY: Final[Mapping[str, Mapping[str, Any]]] = {
    "acting_as": {"actor": "bob@city.example"},
    "actions.done": {"evidence": TOLD["evidence"]},
    "actions.postpone": {"due_at": MONDAY + 2 * DAY},
    "actions.reassign": {"owner": "south"},
    "actions.verify": {"effective": False},
    "kpis": {"period": "2026-03"},
    "numbers.kpis": {"period": "2026-03"},
    "cases.amend": {"service": "water", "tags": ["new"]},
    "cases.close": {"code": "answered"},
    "cases.void": {"n": 2},
    "complaints.amend": {"remedy_sought": "a refund", "tags": ["new"]},
    "complaints.assess": {"severity": "high", "impact": "low"},
    "complaints.close": {"code": "resolved"},
    "complaints.find_cause": {"cause": "wear"},
    "complaints.link": {"other": FIRST, "kind": "related"},
    "complaints.offer": {"kind": "repair"},
    "complaints.plan": {"steps": ["Measure the pressure"]},
    "complaints.propose_change": {"text": "Renew valves earlier.", "kind": "service"},
    "complaints.reclassify": {"feedback": "request", "reason": "asks for a date"},
    "complaints.refer": {"to": "ombudsman", "whole": False},
    "complaints.void": {"n": 2},
    "on": {"type": "complaint.closed", "hook": print},
    "policies.publish": {"effective": MONDAY + 30 * DAY},
    "tenant": {"name": "south"},
}
"""What only one call is told: what means something else there, or what a guard asks for."""

STATES: Final = {
    "cases.close": "answered",
    "cases.extend": "promised",
    "cases.partner_update": "referred",
    "cases.resume": "waiting",
    "cases.void": "routed",
    "complaints.accept_remedy": "offered",
    "complaints.answer": "judged",
    "complaints.approve_remedy": "proposed",
    "complaints.assign": "acknowledged",
    "complaints.assign_all": "acknowledged",
    "complaints.decline_remedy": "offered",
    "complaints.lapse": "reminded",
    "complaints.link": "acknowledged",
    "complaints.merge": "acknowledged",
    "complaints.provide_remedy": "taken",
    "complaints.resume": "waiting",
    "complaints.void": "acknowledged",
    "actions.verify": "done",
}
"""The state from which a call is taken, where that is not the first one from which the lifecycle allows it."""


def arguments_of(name: str) -> dict[str, object]:
    """The types of what a call takes, by name; filters apart."""
    part, _, method = name.rpartition(".")
    found: dict[str, object] = {}
    for parameter in inspect.signature(getattr(SLICES.get(part, Desk), method)).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            (changes,) = get_args(parameter.annotation)
            found |= changes.__annotations__
        elif parameter.kind is not parameter.VAR_POSITIONAL and parameter.name != "self":
            found[parameter.name] = parameter.annotation
    return found


def call_of(name: str) -> Call:
    """How a call is taken: `call_of("cases.close")`, or `call_of("timers")` of the desk itself."""
    part, _, method = name.rpartition(".")
    parameters = inspect.signature(getattr(SLICES.get(part, Desk), method)).parameters.values()
    named = [p for p in parameters if p.name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    about = next((p.name for p in named if p.name in ABOUT), None)
    needed = [p.name for p in named if p.default is p.empty and p.name != about]
    only = ONLY.get(name, {})
    unknown = [argument for argument in needed if argument not in only and argument not in TOLD]
    assert not unknown, f"say in {__name__} what {name} is told as {', '.join(unknown)}"
    told = {argument: TOLD[argument] for argument in needed if argument not in only} | dict(only)
    return Call(about, None if about is None else _state(part, method), told)


def _state(part: str, method: str) -> str:
    lifecycle = LIFECYCLES.get(part, complaints.LIFECYCLE)
    first = (move.from_[0] for move in lifecycle.moves if move.action == method)
    return STATES.get(f"{part}.{method}") or next(first, lifecycle.initial)


# -- records in every state ----------------------------------------------------------------------

Way = tuple[tuple[str, Mapping[str, Any]], ...]


def _ways(first: str, /, **steps: tuple[str, str, Mapping[str, Any]]) -> dict[str, Way]:
    """The way to each state: from which other one, by which command, and what that is told."""
    ways: dict[str, Way] = {first: ()}
    for state, (before, action, told) in steps.items():
        ways[state] = (*ways[before], (action, told))
    return ways


WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "complaints": _ways(
        "recorded",
        acknowledged=("recorded", "acknowledge", {}),
        assessed=("acknowledged", "assess", {"severity": "high", "impact": "low"}),
        in_handling=("acknowledged", "assign", {"handler": "north"}),
        waiting=("in_handling", "wait", {"for_": "customer", "reason": "photos"}),
        judged=("in_handling", "judge", {"verdict": "justified", "grounds": "The valve leaked."}),
        held=("judged", "wait", {"for_": "customer"}),
        proposed=("in_handling", "offer", {"kind": "refund", "amount": Money(amount=Decimal(30), currency="EUR")}),
        offered=("in_handling", "offer", {"kind": "repair"}),
        taken=("offered", "accept_remedy", {"remedy": 1}),
        responded=("judged", "answer", {"text": "It runs again."}),
        closed=("responded", "close", {"code": "resolved"}),
        withdrawn=("recorded", "withdraw", {}),
        silent=("in_handling", "wait", {"for_": "customer", "occurred_at": MONDAY - 29 * DAY}),
        reminded=("silent", "message", {"text": "Photos?", "side": "inside", "occurred_at": MONDAY - 20 * DAY}),
        lapsed=("reminded", "lapse", {}),
        referred=("recorded", "refer", {"to": "ombudsman", "whole": True}),
        merged=("recorded", "merge", {"into": FIRST}),
    ),
    "cases": _ways(
        "new",
        routed=("new", "route", {}),
        acknowledged=("routed", "accept", {}),
        promised=("acknowledged", "promise", {"until": MONDAY + 2 * DAY}),
        waiting=("acknowledged", "wait", {"for_": "customer", "reason": "photos"}),
        in_work=("acknowledged", "start", {}),
        referred=("acknowledged", "refer", {"partner": "roads"}),
        answered=("in_work", "answer", {"text": "It runs again."}),
        closed=("answered", "close", {"code": "answered"}),
        withdrawn=("new", "withdraw", {}),
    ),
    "actions": _ways(
        "open",
        in_progress=("open", "take_up", {}),
        done=("in_progress", "done", {"evidence": "Called back."}),
        cancelled=("open", "cancel", {"reason": "moved away"}),
    ),
}
"""How a record of each slice comes to a state, or to a value that stands beside the states, such as waiting."""

LONG_AGO: Final = {"received_at": MONDAY - 30 * DAY}
FIELDS: Final[Mapping[str, Mapping[str, Any]]] = dict.fromkeys(("silent", "reminded", "lapsed"), LONG_AGO)
"""What a record needs to come to a state."""
STRICT: Final = ComplaintPolicy(remedy_limits=(RemedyLimit(currency="EUR", amount=Decimal(20)),))
"""The policy of a house where a refund of more than 20 euros has to be approved."""


def bring(crm: Desk, part: str, state: str, **fields: object) -> Any:
    """A new record of a slice that has come to a state, with fields as a test needs them.

    A remedy was proposed by Bob, so that somebody else can approve it. A complaint is merged into the first one.
    """
    fields = {**FIELDS.get(state, {}), **fields}
    if state == "proposed":
        crm.policies.publish(STRICT, effective=MONDAY)
        crm = crm.acting_as("bob@city.example")
    made = getattr(crm, part)
    record = getattr(made, MAKES[part])(**{**call_of(f"{part}.{MAKES[part]}").told, **fields})
    for action, told in WAYS[part][state]:
        record = getattr(made, action)(record.id, **told)
    return record
