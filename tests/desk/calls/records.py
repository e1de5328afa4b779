"""A record of every kind that has no clock, under one id, as a host decides them."""

from datetime import timedelta
from functools import cache
from typing import Any, Final

from servicecrm import agreements, portfolio, surveys
from servicecrm.agreements import Line, general, services
from servicecrm.improvements import actions as improvements
from servicecrm.kernel.decisions import Decision
from servicecrm.portfolio import SnapshotLine, interactions, partners, prospects, snapshots
from servicecrm.reviews import meetings, needs, report_specs, schedules, service_reviews
from servicecrm.surveys import campaigns, evaluations, invitations, responses
from servicecrm.testing.makers import MONDAY
from tests.agreements.making import LEVELS, a_definition
from tests.desk.calls.reviews import REPORT
from tests.desk.calls.surveys import FULL, PLAN, WINDOW
from tests.surveys.campaigning import short
from tests.surveys.making import en

__all__ = ["further", "token_of"]

DAY: Final = timedelta(days=1)
BY: Final[dict[str, Any]] = {"by": "ann@city.example", "at": MONDAY}
TODAY: Final = MONDAY.date()


def token_of(id: str) -> str:
    """The token of the invitation with an id."""
    return id.ljust(22, "-")


@cache
def further(id: str, n: int, word: str) -> tuple[Decision[Any], ...]:
    """The records with this id, and with this word in their texts; their numbers end with `n`."""

    def own(prefix: str | None = None) -> dict[str, Any]:
        return {**BY, "id": id, **({} if prefix is None else {"number": f"{prefix}-2026-{n:06}"})}

    return (*_people(own, id, word), *_agreed(own, id, word), *_asked(own, id, word), *_talked(own, id, word))


def _people(own: Any, id: str, word: str) -> tuple[Decision[Any], ...]:
    mia, somebody = (portfolio.contact(word, id=person) for person in ("mia", "max"))
    known: dict[str, Any] = {"contacts": [somebody], "tags": {word, "mine"}}
    prospect = prospects.add(word, seller=word, **known, **own("PRO"))
    return (
        portfolio.add(name=word, contacts=[mia], account_manager=word, tags={word, "mine"}, **own("CUS")),
        prospect.then(prospects.present, word, id=f"o-{id}", **BY),
        partners.add(word, role="reseller", manager=word, customer=id, **known, **own("PAR")),
        interactions.record(word, kind="call", direction="inbound", customer=id, participants=[word], **own()),
        snapshots.take([SnapshotLine(customer=id, state="active", account_manager=word)], manager=word, **own()),
    )


def _agreed(own: Any, id: str, word: str) -> tuple[Decision[Any], ...]:
    service = services.define(a_definition(name=en(word)), owner=word, **own("SRV"))
    lines = [Line(service=id, levels=LEVELS)]
    drafted = agreements.draft(title=word, customer=id, lines=lines, first_day=TODAY, **own("AGR"))
    proposed = drafted.then(agreements.propose, **BY).then(agreements.accept, "customer", **BY)
    signed = proposed.then(agreements.sign, "customer", **BY).then(agreements.sign, "provider", **BY)
    return (
        service.then(services.plan, **BY).then(services.release, **BY),
        general.draft(word, customer=id, first_day=TODAY, **own("GEN")),
        signed,
    )


def _asked(own: Any, id: str, word: str) -> tuple[Decision[Any], ...]:
    draft = surveys.draft(title=en(word), items=short(), **own())
    questionnaire = draft.then(surveys.review, **BY).then(surveys.release, **BY)
    plan = campaigns.plan(word, mode="identified", **PLAN, **WINDOW, **own("SUR"))
    campaign = plan.then(campaigns.prepare, questionnaire.after, **BY).then(campaigns.open, **BY)
    invited = invitations.invite(campaign.after, f"person-{id}", customer=id, token=token_of(id), **own())
    evaluation = surveys.evaluate(questionnaire.after, [FULL], min_n=1)
    return (
        questionnaire,
        campaign,
        invited.then(invitations.send, campaign.after, **BY),
        responses.record(campaign.after, questionnaire.after, FULL, contact=f"person-{id}", customer=id, **own()),
        evaluations.draft(evaluation, threshold={"overall": 6}, campaign=id, **own()),
    )


def _talked(own: Any, id: str, word: str) -> tuple[Decision[Any], ...]:
    when: dict[str, Any] = {"customer": id, "planned_for": MONDAY, "organizer": word}
    regularly: dict[str, Any] = {"every": "month", "first": TODAY, "owner": word}
    return (
        meetings.plan(word, **when, **own("MTG")),
        service_reviews.plan(word, period="2025-Q4", services=[id], **when, **own("REV")),
        needs.capture(word, customer=id, source_kind="meeting", source=id, **own("NED")),
        schedules.start("meeting", customer=id, **regularly, **own()),
        report_specs.specify(word, customer=id, **REPORT, **regularly, **own("RPT")),
        improvements.propose(word, kind="service", owner=word, **own("IMP")),
    )
