"""Campaigns, invitations and a desk for tests: name only what the test is about, the rest is filled in."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from servicecrm.desk import House, connect
from servicecrm.kernel.decisions import Decision
from servicecrm.surveys import (
    Campaign,
    Invitation,
    Item,
    Questionnaire,
    Sampling,
    campaigns,
    invitations,
    item,
)
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, BOB, TEN, a_release, en, rating

DAY = timedelta(days=1)
LINK = "https://city.example/ask?t={token}"
TOKEN = "t" * 22


def short() -> tuple[Item, ...]:
    """A short questionnaire: a rating that is required, and a free text."""
    return (rating("overall", scale=TEN, required=True), rating("price"), item("why", "text", text=en("Why?")))


def questions() -> Questionnaire:
    return a_release(*short())


def a_plan(**told: Any) -> Campaign:
    """A campaign of 30 days that begins at once, as it was planned."""
    plan = {
        "title": "How did we do?",
        "id": "s-1",
        "opens_at": MONDAY,
        "answer_until": MONDAY + 30 * DAY,
        "purpose": "To find trouble",
        "population": "All customers",
        "owner": ANN,
        "by": ANN,
        "at": MONDAY,
    }
    return campaigns.plan(**{**plan, **told}).after


def a_campaign(state: str = "open", *, asks: Questionnaire | None = None, **told: Any) -> Campaign:
    """A campaign in a state."""
    campaign = a_plan(**told)
    asks = questions() if asks is None else asks
    after = campaign.opens_at
    ways: dict[str, Callable[[Campaign], Decision[Campaign]]] = {
        "prepared": lambda c: campaigns.prepare(c, asks, by=ANN, at=after),
        "open": lambda c: campaigns.open(c, by=ANN, at=after),
        "closed": lambda c: campaigns.close(c, by=ANN, at=after + 30 * DAY),
        "evaluated": lambda c: campaigns.evaluate(c, "report-7", by=ANN, at=after + 31 * DAY),
        "archived": lambda c: campaigns.archive(c, by=ANN, at=after + 32 * DAY),
    }
    for name, way in ways.items():
        if campaign.state == state:
            break
        campaign = way(campaign).after
        assert campaign.state == name
    return campaign


def an_invitation(campaign: Campaign | None = None, *, sent: bool = True, **told: Any) -> Invitation:
    """An invitation of somebody to an open campaign, sent at once."""
    campaign = a_campaign() if campaign is None else campaign
    invitation: dict[str, Any] = {"contact": "c-7", "id": "i-1", "token": TOKEN, "by": ANN, "at": MONDAY}
    decision = invitations.invite(campaign, **{**invitation, **told})
    if not sent:
        return decision.after
    return decision.then(invitations.send, campaign, by=ANN, at=decision.after.created_at).after


@contextlib.contextmanager
def a_desk(place: Path | str | None = None, *, house: House | None = None) -> Iterator[tuple[Any, FixedClock]]:
    """A desk on an empty store, in memory or in a file, with a clock that stands still."""
    clock = FixedClock(MONDAY)
    with connect("memory:" if place is None else place, actor=ANN, clock=clock, ids=SeededIds(), house=house) as crm:
        yield crm, clock


def an_open_campaign(
    crm: Any, *, items: tuple[Item, ...] | None = None, sampling: Sampling | None = None, **told: Any
) -> Campaign:
    """A campaign that is open at a desk, with the short questionnaire or with one of these items."""
    draft = crm.questionnaires.draft(title=en("How did we do?"), items=items or short())
    crm.questionnaires.review(draft.id)
    released = crm.questionnaires.release(draft.id)
    now: datetime = crm.clock()
    plan = {"purpose": "To find trouble", "population": "All customers", "owner": ANN, **told}
    planned = crm.campaigns.plan("How did we do?", opens_at=now, answer_until=now + 30 * DAY, **plan)
    crm.campaigns.prepare(planned.id, released.id)
    if sampling is not None:
        crm.campaigns.draw(planned.id, sampling)
    campaign: Campaign = crm.campaigns.open(planned.id)
    return campaign


__all__ = [
    "ANN",
    "BOB",
    "DAY",
    "LINK",
    "MONDAY",
    "TOKEN",
    "a_campaign",
    "a_desk",
    "a_plan",
    "an_invitation",
    "an_open_campaign",
    "questions",
    "short",
]
