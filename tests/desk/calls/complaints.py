"""How the calls about complaints, cases and actions are taken, and those about what is everybody's."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from servicecrm import complaints
from servicecrm.complaints import ComplaintPolicy, RemedyLimit
from servicecrm.desk import Desk
from servicecrm.kernel.values import Money
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import ActionItem
from tests.desk.calls.words import Told, Way, ways

__all__ = ["FIELDS", "FIRST", "MAKES", "ONLY", "STATES", "STRICT", "TOLD", "WAYS"]

DAY: Final = timedelta(days=1)
FIRST: Final = "CMP-2026-000001"
"""The complaint that is made first, which others may be linked to and merged into."""


def _verify(crm: Desk, item: ActionItem) -> ActionItem:
    return crm.acting_as("bob@city.example").actions.verify(item.id, "It holds.", effective=True)


MAKES: Final = {"actions": "open", "cases": "open", "complaints": "record"}

TOLD: Final[Told] = {
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
    "source_kind": "inspection",  # of the host's own
    "status": "done",
    "subject": "No water",
    "text": "It runs again.",
    "timer": "resolution",
    "title": "Call back",
    "until": MONDAY + 3 * DAY,
    "verdict": "justified",
}

ONLY: Final[Mapping[str, Told]] = {
    "acting_as": {"actor": "bob@city.example"},
    "actions.done": {"evidence": TOLD["evidence"]},
    "actions.postpone": {"due_at": MONDAY + 2 * DAY},
    "actions.reassign": {"owner": "south"},
    "actions.verify": {"effective": False},
    "kpis": {"period": "2026-03"},
    "numbers.customers": {"period": "2026-03"},
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
    "complaints.refuse_remedy": "proposed",
    "complaints.resume": "waiting",
    "complaints.void": "acknowledged",
    "actions.verify": "done",
}

WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "complaints": ways(
        "complaints",
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
    "cases": ways(
        "cases",
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
    "actions": ways(
        "actions",
        "open",
        in_progress=("open", "take_up", {}),
        done=("in_progress", "done", {"evidence": "Called back."}),
        verified=("done", _verify),
        cancelled=("open", "cancel", {"reason": "moved away"}),
    ),
}

LONG_AGO: Final = {"received_at": MONDAY - 30 * DAY}
FIELDS: Final[Mapping[str, Mapping[str, Told]]] = {
    "complaints": dict.fromkeys(("silent", "reminded", "lapsed"), LONG_AGO),
}
STRICT: Final = ComplaintPolicy(remedy_limits=(RemedyLimit(currency="EUR", amount=Decimal(20)),))
"""The policy of a house where a refund of more than 20 euros has to be approved."""
