"""How the calls about services and agreements are taken."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from servicecrm.agreements import Agreement, Line
from servicecrm.desk import Desk
from servicecrm.testing.makers import MONDAY
from tests.agreements.making import LEVELS, a_definition
from tests.desk.calls.words import Told, Way, ways

__all__ = ["FIELDS", "MAKES", "ONLY", "STATES", "TOLD", "WAYS"]

DAY: Final = timedelta(days=1)
TODAY: Final = MONDAY.date()
LATELY: Final = {"occurred_at": MONDAY - 10 * DAY, "override": "Both agree."}
LINES: Final = (Line(service="water", levels=LEVELS),)


def _advance(crm: Desk, agreement: Agreement) -> Agreement:
    crm.agreements.advance()
    return crm.agreements.get(agreement.id)


def _follow(crm: Desk, agreement: Agreement) -> Agreement:
    """Another one takes its place today."""
    new = crm.agreements.renew(agreement.id, first_day=TODAY, last_day=None)
    crm.agreements.propose(new.id)
    crm.agreements.accept(new.id, "customer")
    for party in ("customer", "provider"):
        crm.agreements.sign(new.id, party)
    return _advance(crm, agreement)


def _run_out(crm: Desk, agreement: Agreement) -> Agreement:
    """It was signed in time, and nobody has noted that before its last day."""
    then = MONDAY - 50 * DAY
    crm.agreements.propose(agreement.id, occurred_at=then)
    crm.agreements.accept(agreement.id, "customer", occurred_at=then)
    for party in ("customer", "provider"):
        crm.agreements.sign(agreement.id, party, occurred_at=then)
    return _advance(crm, agreement)


MAKES: Final = {"agreements": "draft", "general_agreements": "draft", "services": "define"}

TOLD: Final[Told] = {
    "customer": "harbour-cafe",
    "first_day": TODAY,
    "owner": "water-works",
    "party": "customer",
    "period": "2026-03",
    "reason": "They rebuild.",
    "terms": "We answer within a day.",
}

ONLY: Final[Mapping[str, Told]] = {
    "agreements.draft": {"title": "Water", "lines": LINES, "first_day": TODAY + DAY},
    "agreements.counter": {"title": "Water and gas"},
    "agreements.edit": {"title": "Water and gas"},
    "agreements.renew": {"first_day": TODAY + 90 * DAY},
    "agreements.review": {"findings": "All is well.", "decision": "keep"},
    "agreements.terminate": {"last_day": TODAY + 200 * DAY},
    "general_agreements.edit": {"terms": "We answer within an hour."},
    "services.define": {"definition": a_definition()},
    "services.edit": {"owner": "gas-works"},
    "services.entitlement": {"service": "water"},
}

STATES: Final = {
    "agreements.withdraw_notice": "noticed",
    "services.line": "live",
}

WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "agreements": ways(
        "agreements",
        "draft",
        negotiating=("draft", "propose", {}),
        agreed=("negotiating", "accept", {"party": "customer"}),
        half_signed=("agreed", "sign", {"party": "customer"}),
        signed=("half_signed", "sign", {"party": "provider"}),
        abandoned=("draft", "abandon", {}),
        in_force=("signed", _advance),
        noticed=("in_force", "terminate", {"party": "customer", "last_day": TODAY + 200 * DAY}),
        suspended=("in_force", "suspend", {"reason": "They rebuild."}),
        ending=("in_force", "terminate", {"party": "customer", "last_day": TODAY - DAY, **LATELY}),
        terminated=("ending", _advance),
        expired=("draft", _run_out),
        superseded=("in_force", _follow),
    ),
    "general_agreements": ways(
        "general_agreements",
        "draft",
        half_signed=("draft", "sign", {"party": "customer"}),
        in_force=("half_signed", "sign", {"party": "provider"}),
        ended=("in_force", "end", {}),
    ),
    "services": ways(
        "services",
        "proposed",
        planned=("proposed", "plan", {}),
        live=("planned", "release", {}),
        retiring=("live", "phase_out", {}),
        retired=("retiring", "retire", {}),
    ),
}

SINCE_LONG: Final = {"first_day": TODAY - 60 * DAY}
SINCE_TODAY: Final = {"first_day": TODAY}
FIELDS: Final[Mapping[str, Mapping[str, Told]]] = {
    "agreements": {
        **dict.fromkeys(("in_force", "noticed", "suspended", "superseded"), SINCE_TODAY),
        **dict.fromkeys(("ending", "terminated"), SINCE_LONG),
        "expired": {**SINCE_LONG, "last_day": TODAY - 30 * DAY},
    },
}
