"""The rules by which the account goes: when what is allowed, who may do it, and who is told of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

# -- the rules of the house ----------------------------------------------------------------------

CATEGORIES: Final = ("water", "water/pressure", "noise")
CAUSES: Final = ("pump", "staff")
CODES: Final = ("resolved", "explained", "unreachable")
LIMIT: Final = ("EUR", 100)
STAGES: Final = 2
LAPSE_AFTER: Final = timedelta(days=14)
REOPEN_WITHIN: Final = timedelta(days=30)
TEMPLATES: Final = {"water": (("Look at the pipes", 48, None, True), ("Write it down", 72, "ann", False))}
"""What complaints of a category need: title, hours, owner, and whether it is mandatory."""

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "manager": ("kim", "max", "mia", "zoe"),
    "handler": ("ann", "kim", "max", "mia", "zoe"),
    "requester": ("ann", "kim", "max", "mia", "zoe"),
    "owner": ("ann", "bob", "kim", "max", "mia", "zoe"),
}
RANKS: Final = ("low", "medium", "high", "critical")
MATRIX: Final = {"low": "4433", "medium": "4332", "high": "3321", "critical": "3211"}

# -- when what is allowed, and who may do it -----------------------------------------------------

WORKED_ON: Final = ("acknowledged", "assessed", "in_handling")
UNANSWERED: Final = ("recorded", *WORKED_ON)
OPEN: Final = (*UNANSWERED, "responded")
ENDED: Final = ("closed", "lapsed", "referred")
OVER: Final = ("responded", *ENDED)
THERE: Final = (*OPEN, *ENDED)
ALWAYS: Final = (*THERE, "withdrawn", "merged")
TO_DO: Final = ("open", "in_progress")


def _from(*states: str, to: str | None = None) -> dict[str, str]:
    return {state: to or state for state in states}


TABLE: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    "acknowledge": ("handler", {"recorded": "acknowledged", "in_handling": "in_handling"}),
    "assess": ("manager", {"acknowledged": "assessed", **_from("assessed", "in_handling")}),
    "assign": ("manager", _from("recorded", "acknowledged", "assessed", to="in_handling")),
    "forward": ("handler", _from("in_handling")),
    "wait": ("handler", _from(*WORKED_ON)),
    "resume": ("handler", _from(*WORKED_ON)),
    "reclassify": ("manager", _from(*THERE)),
    "plan": ("handler", _from("assessed", "in_handling")),
    "investigate": ("handler", _from(*WORKED_ON)),
    "find_cause": ("handler", _from(*THERE)),
    "judge": ("manager", _from("assessed", "in_handling", "responded", "closed")),
    "offer": ("handler", _from("in_handling", "responded")),
    "approve_remedy": ("manager", _from("in_handling", "responded")),
    "refuse_remedy": ("manager", _from("in_handling", "responded")),
    "accept_remedy": ("requester", _from(*THERE)),
    "decline_remedy": ("requester", _from(*THERE)),
    "provide_remedy": ("handler", _from(*THERE)),
    "answer": ("handler", _from("in_handling", to="responded")),
    "accept_answer": ("requester", _from("responded")),
    "decline_answer": ("requester", _from("responded", "closed")),
    "raise_stage": ("manager", _from("responded", "closed", to="in_handling")),
    "close": ("handler", _from("responded", "in_handling", to="closed")),
    "reopen": ("manager", _from(*OVER, "merged", to="in_handling")),
    "withdraw": ("anyone", _from(*OPEN, to="withdrawn")),
    "lapse": ("handler", _from(*WORKED_ON, to="lapsed")),
    "refer": ("manager", _from(*THERE)),
    "merge": ("handler", _from(*OPEN, to="merged")),
    "split": ("handler", _from(*OPEN)),
    "link": ("handler", _from(*THERE)),
    "propose_change": ("anyone", _from(*THERE)),
    "amend": ("handler", _from(*THERE)),
    "message": ("anyone", _from(*ALWAYS)),
    "note": ("handler", _from(*ALWAYS)),
    "void": ("manager", _from(*ALWAYS)),
}

# -- who is told of what -------------------------------------------------------------------------

TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint.recorded": ("customer",),
    "complaint.acknowledged": ("customer",),
    "complaint.assigned": ("handler",),
    "complaint.forwarded": ("handler", "previous"),
    "complaint.message_received": ("handler",),
    "complaint.waiting_started": ("customer",),
    "complaint.answered": ("customer",),
    "complaint.closed": ("customer", "handler"),
    "complaint.reopened": ("customer", "handler"),
    "complaint.withdrawn": ("handler",),
    "complaint.remedy_proposed": ("manager",),
    "complaint.remedy_refused": ("handler",),
    "complaint.remedy_offered": ("customer",),
    "complaint.remedy_accepted": ("handler",),
    "complaint.remedy_declined": ("handler",),
    "complaint.answer_accepted": ("handler",),
    "complaint.answer_declined": ("handler",),
    "complaint.stage_raised": ("customer", "handler"),
    "complaint.lapsed": ("customer",),
    "complaint.part_referred": ("customer",),
    "complaint.referred": ("customer",),
    "complaint.merged": ("customer",),
    "complaint.duplicate_taken_in": ("handler",),
}

FOR_ALL: Final = ("complaint.answered", "complaint.closed", "complaint.reopened")
"""What those are told too whose complaints go on as this one."""
