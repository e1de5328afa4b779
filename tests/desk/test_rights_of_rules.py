"""Rights are asked before rules are published, and before agreements follow their days or are evaluated."""  # C005

from collections.abc import Callable
from typing import Any, Final

import pytest

from servicecrm.agreements import lifecycle as agreements
from servicecrm.agreements.policy import DEFAULT as USUAL
from servicecrm.calendars import Calendar
from servicecrm.cases import RequestType
from servicecrm.cases.policy import CasePolicy
from servicecrm.cases.routing import Router
from servicecrm.complaints import ComplaintPolicy
from servicecrm.complaints.targets import TARGETS
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import NotPermitted
from servicecrm.kernel import policies
from servicecrm.portfolio.policy import PortfolioPolicy
from servicecrm.reviews.policy import ReviewPolicy
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.tracking.responsibility import from_lifecycle
from servicecrm.tracking.rights import ByMatrix
from tests.desk.calling import bring

RIGHTS: Final = ByMatrix(from_lifecycle(agreements.AGREEMENT, policies.LIFECYCLE))
RULES: Final[dict[str, tuple[Any, str | None]]] = {
    "complaints": (ComplaintPolicy(), None),
    "cases": (CasePolicy(), None),
    "routing": (Router(rules=()), None),
    "portfolio": (PortfolioPolicy(), None),
    "agreements": (USUAL, None),
    "reviews": (ReviewPolicy(), None),
    "a calendar": (Calendar(zone="UTC", hours="mon-fri 09:00-17:00"), "default"),
    "a request type": (RequestType(code="leak"), None),
    "targets": (TARGETS, "complaint"),
}


@pytest.fixture
def kind() -> str:
    """One kind of store, as no store is asked."""
    return "memory"


@pytest.fixture
def at_work(crm: Desk) -> Callable[[str], Desk]:
    """The desk of somebody in a house where Mona publishes rules and Carl manages agreements."""
    house = House(rights=RIGHTS, roles={"manager": "mona", "crm_manager": "carl"})
    return lambda actor: connect(crm.store, actor=actor, clock=crm.clock, ids=crm.ids, house=house)


@pytest.mark.parametrize("name", RULES)
def test_rules_are_published_by_those_who_may(at_work: Callable[[str], Desk], crm: Desk, name: str) -> None:  # C008
    rules, called = RULES[name]
    head = sealed_head(crm.store)

    with pytest.raises(NotPermitted, match="policy: publish is not for crm_manager"):
        at_work("carl").policies.publish(rules, name=called, effective=crm.clock())
    assert sealed_head(crm.store) == head
    assert len(at_work("mona").policies.publish(rules, name=called, effective=crm.clock()).versions) == 1


def test_agreements_follow_their_days_for_those_who_may_start_them(at_work: Callable[[str], Desk], crm: Desk) -> None:
    bring(crm, "agreements", "signed")
    crm.clock.advance(days=60)  # type: ignore[attr-defined]  # it is a FixedClock
    head = sealed_head(crm.store)

    with pytest.raises(NotPermitted, match="agreement: start is not for manager"):
        at_work("mona").agreements.advance()
    assert sealed_head(crm.store) == head
    assert [each.state for each in at_work("carl").agreements.advance()] == ["in_force"]


def test_agreements_are_evaluated_by_those_who_may_review_them(at_work: Callable[[str], Desk], crm: Desk) -> None:
    agreement = bring(crm, "agreements", "in_force")
    head = sealed_head(crm.store)

    with pytest.raises(NotPermitted, match="agreement: review is not for manager"):
        at_work("mona").agreements.evaluate(agreement.id, "2026-Q2")
    assert sealed_head(crm.store) == head
    assert at_work("carl").agreements.evaluate(agreement.id, "2026-Q2").agreement.id == agreement.id


def test_a_sweep_needs_no_rights(at_work: Callable[[str], Desk], crm: Desk) -> None:
    signed = bring(crm, "agreements", "signed")
    crm.clock.advance(days=60)  # type: ignore[attr-defined]  # it is a FixedClock

    at_work("eve").sweep()
    assert crm.agreements.get(signed.id).state == "in_force"
