"""How the calls about customers, interactions, prospects, partners and snapshots are taken."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from servicecrm import portfolio
from servicecrm.desk import Desk
from servicecrm.kernel.filters import where
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import Customer, PortfolioPolicy, ProfileField, Prospect
from servicecrm.portfolio.partner_model import Criterion
from servicecrm.testing.makers import MONDAY
from tests.desk.calls.words import Found, Told, Way, ways

__all__ = ["MAKES", "ONLY", "STATES", "TOLD", "WAYS"]

DAY: Final = timedelta(days=1)
LONG_AGO: Final = MONDAY - 400 * DAY
PHONE: Final = ContactPoint(kind=ContactKind.PHONE, value="+43 1 2345678")
MIA: Final = portfolio.contact("Mia Holt", id="mia", points=[PHONE])
MAX: Final = portfolio.contact("Max Holt", id="max", points=[PHONE])
PROFILE: Final = PortfolioPolicy(fields=(ProfileField(name="industry"),))


def _another(crm: Desk, id: str = "") -> str:
    """A customer that is served, besides the one that a call is about."""
    there = crm.customers.find(where("state") == "active", where("merged_into").is_(None), limit=2)
    found = next((each for each in there if each.id != id), None) or _served(crm)
    return found.id


def _served(crm: Desk, since: datetime = MONDAY) -> Customer:
    told: Told = {"name": "The Mill", "contacts": [MIA], "account_manager": "ann@city.example"}
    return crm.customers.add(**told, occurred_at=since)


def _served_long_ago(crm: Desk, _: object) -> Customer:
    return _served(crm, LONG_AGO)


def _with_a_profile(crm: Desk, customer: Customer) -> Customer:
    if crm.policies.in_force(PortfolioPolicy) != PROFILE:
        crm.policies.publish(PROFILE, effective=MONDAY)
    return customer


def _merge(crm: Desk, customer: Customer) -> Customer:
    return crm.customers.merge(customer.id, _served(crm).id)


def _offer(crm: Desk, id: str) -> str:
    """The id of what was offered to a prospect."""
    return next((each.id for each in crm.prospects.get(id).offers), "none")


def _win(crm: Desk, prospect: Prospect) -> Prospect:
    crm.prospects.convert(prospect.id)
    return crm.prospects.get(prospect.id)


MAKES: Final = {
    "customers": "add",
    "interactions": "record",
    "partners": "add",
    "portfolio_snapshots": "take",
    "prospects": "add",
}

TOLD: Final[Told] = {
    "at": MONDAY,
    "direction": "inbound",
    "into": Found(_another),
    "kind": "call",
    "later": Found(lambda _, id: id),
    "leaving": "ann@city.example",
    "name": "Harbour Cafe",
    "parent": Found(_another),
    "person": "mia",
    "reason": "price",
    "role": "reseller",
    "source": "web",
    "subject": "About the bill",
    "title": "Water for a year",
    "until": MONDAY + 30 * DAY,
}

ONLY: Final[Mapping[str, Told]] = {
    "customers.add": {"contacts": [MIA]},
    "customers.assign_manager": {"manager": "bob@city.example"},
    "customers.change_contact": {"function": "owner"},
    "customers.classify": {"facts": {"weighted": 4.5}},
    "customers.collect": {"field": "industry", "value": "food"},
    "customers.consent": {"use": "newsletter", "given": True},
    "customers.forget": {"person": "max"},
    "customers.hold": {"name": "court"},
    "customers.import_": {"decisions": [portfolio.add(name="The Mill", id="brought", by="ann", at=MONDAY)]},
    "customers.overrule": {"value_class": "high_value"},
    "customers.release": {"name": "court"},
    "customers.set_channel": {"purpose": "ordering", "points": [PHONE]},
    "customers.take_score": {"value": 4.0, "worst": 1.0, "best": 5.0},
    "customers.update": {"language": "de"},
    "interactions.amend": {"minutes": 5},
    "interactions.record": {"customer": Found(_another)},
    "partners.add": {"contacts": [MAX]},
    "partners.erase_contact": {"person": "max"},
    "partners.evaluate": {
        "criteria": [Criterion(name="speed", score=80.0)],
        "first": (MONDAY - 30 * DAY).date(),
        "last": (MONDAY - DAY).date(),
    },
    "partners.update": {"tags": ["new"]},
    "prospects.add": {"contacts": [MAX], "seller": "ann@city.example"},
    "prospects.answer": {"offer": Found(_offer), "answer": "accepted"},
    "privacy.access": {"person": "mia"},
    "privacy.forget": {"person": "max", "reason": "asked for"},
    "prospects.erase_contact": {"person": "max"},
    "prospects.update": {"source": "fair"},
}

STATES: Final = {
    "customers.activate": "managed",
    "customers.collect": "profiled",
    "customers.lapse": "silent",
    "customers.release": "held",
    "customers.unmerge": "merged",
}

WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "customers": ways(
        "customers",
        "prospect",
        managed=("prospect", "assign_manager", {"manager": "ann@city.example"}),
        active=("managed", "activate", {}),
        silent=("prospect", _served_long_ago),
        dormant=("silent", "lapse", {}),
        former=("active", "end", {"reason": "price"}),
        archived=("former", "remove", {"reason": "no need"}),
        erased=("former", "remove", {"reason": "asked for it", "mode": "erase"}),
        held=("active", "hold", {"name": "court", "reason": "a law suit"}),
        merged=("active", _merge),
        profiled=("active", _with_a_profile),
    ),
    "interactions": ways(
        "interactions",
        "recorded",
        voided=("recorded", "void", {"reason": "a mistake"}),
        erased=("recorded", "erase", {"reason": "asked for it"}),
    ),
    "partners": ways(
        "partners",
        "candidate",
        active=("candidate", "activate", {}),
        ended=("active", "end", {"reason": "too slow"}),
        erased=("ended", "erase", {"reason": "asked for it"}),
    ),
    "portfolio_snapshots": ways("portfolio_snapshots", "taken"),
    "prospects": ways(
        "prospects",
        "identified",
        contacted=("identified", "contact", {}),
        presented=("contacted", "present", {"title": "Water for a year"}),
        negotiating=("presented", "negotiate", {}),
        won=("negotiating", _win),
        parked=("contacted", "park", {}),
        lost=("contacted", "lose", {"reason": "price"}),
        erased=("lost", "erase", {"reason": "asked for it"}),
    ),
}
