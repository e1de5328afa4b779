"""How the calls about questionnaires, campaigns and what comes back from them are taken."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from servicecrm.desk import Desk
from servicecrm.kernel.filters import where
from servicecrm.processes.low_score import rule
from servicecrm.surveys import Campaign, Evaluation, Invitation, Sampling, evaluate, importing, invitations
from servicecrm.surveys.campaign_model import SampleKind, Stratum
from servicecrm.testing.makers import MONDAY
from tests.desk.calls.words import Found, Step, Told, Way, ways
from tests.surveys.campaigning import LINK, an_open_campaign, questions, short
from tests.surveys.making import en

__all__ = ["MAKES", "ONLY", "STATES", "TOLD", "WAYS"]

DAY: Final = timedelta(days=1)
FULL: Final = {"overall": 3, "price": 4, "why": "Nobody called back."}
TITLE: Final = en("How did we do?")
ITEMS: Final = short()
WINDOW: Final[Told] = {"opens_at": MONDAY, "answer_until": MONDAY + 30 * DAY}
PLAN: Final[Told] = {"purpose": "To find trouble", "population": "All customers", "owner": "ann@city.example"}
EVERYBODY: Final = Sampling(kind=SampleKind.CENSUS, strata=(Stratum(name="all", population=9, sample=9),))
ROWS: Final = tuple(importing.read_rows([{"overall": "3", "price": "4", "why": "Nobody called."}], questions()))
CALL: Final = rule("unhappy", {"item": "overall", "at_most": 4}, title="Call the customer", owner="care")


def _released(crm: Desk, _: str = "") -> str:
    """A questionnaire that can be asked with."""
    there = crm.questionnaires.find(where("state") == "released", where("template").is_(None), limit=1)
    found = next(there, None)
    if found is None:
        draft = crm.questionnaires.draft(title=TITLE, items=ITEMS)
        crm.questionnaires.review(draft.id)
        found = crm.questionnaires.release(draft.id)
    return found.id


def _somebody_new(crm: Desk, _: str = "") -> list[str]:
    """Somebody who was not invited lately, to whatever."""
    return [f"person-{crm.invitations.count()}"]


def _anonymous(crm: Desk, _: object) -> Campaign:
    return an_open_campaign(crm, mode="anonymous")


def _not_sent(crm: Desk, sent: Invitation) -> Invitation:
    """Another one, that a host has not sent yet."""
    campaign = crm.campaigns.get(sent.campaign)
    id = crm.ids()
    new: Invitation
    (new,) = crm.save(invitations.invite(campaign, id, id=id, token=f"t-{id}", by=crm.actor, at=crm.clock()))
    return new


def _to_nobody(crm: Desk, _: object) -> Invitation:
    """Another one, of a campaign in which nobody is known by their answers."""
    campaign = an_open_campaign(crm, mode="anonymous")
    return crm.invitations.invite(campaign.id, _somebody_new(crm), link=LINK).invitations[0]


def _answered(given: Mapping[str, object], *, finished: bool = True) -> Step:
    def step(crm: Desk, invitation: Invitation) -> Invitation:
        crm.responses.answer(invitation.token, given, finished=finished)
        return crm.invitations.get(invitation.id)

    return step


def _evaluation(crm: Desk, kept: str) -> Evaluation:
    """What came of a questionnaire, by default of that which an evaluation is about."""
    questionnaire = crm.evaluations.get(kept).questionnaire if kept else _released(crm)
    return evaluate(crm.questionnaires.get(questionnaire), [FULL], min_n=1)


MAKES: Final = {
    "campaigns": "plan",
    "evaluations": "draft",
    "invitations": "invite",
    "questionnaires": "draft",
    "responses": "record",
}

TOLD: Final[Told] = {
    "day": MONDAY.date() + 400 * DAY,
    "due_at": MONDAY + DAY,
    "evaluation": Found(_evaluation),
    "exclusion": "screened_out",
    "given": FULL,
    "link": LINK,
    "news": "delivered",
    "owners": "care",
    "reason": "It is the same person.",
    "rules": [CALL],
    "rows": ROWS,
    "sampling": EVERYBODY,
    "scores": "overall",
    "text": "Nobody is called back.",
    "threshold": {"overall": 6},
    "title": "How did we do?",
    **WINDOW,
}

ONLY: Final[Mapping[str, Told]] = {
    "campaigns.change": {"owner": "bob@city.example"},
    "campaigns.evaluate": {"evaluation": "report-7"},
    "campaigns.next_wave": {"opens_at": MONDAY + 90 * DAY, "answer_until": MONDAY + 120 * DAY},
    "campaigns.plan": PLAN,
    "campaigns.prepare": {"questionnaire": Found(_released)},
    "campaigns.waves": {"series": Found(lambda crm, _: next(crm.campaigns.find(limit=1)).series)},
    "evaluations.handle": {"waiver": "It is known."},
    "evaluations.of": {"min_n": 1},
    "invitations.invite": {"people": Found(_somebody_new)},
    "questionnaires.correct": {"title": en("How are we doing?")},
    "questionnaires.draft": {"title": TITLE, "items": ITEMS},
    "questionnaires.edit": {"title": en("How are we doing?")},
}

STATES: Final = {
    "evaluations.call_back": "open",
    "evaluations.of": "open",
    "evaluations.publish": "ready",
    "evaluations.review": "concluded",
    "invitations.invite": "open",
    "invitations.mark": "sent",
    "invitations.remind": "open",
    "invitations.send": "bounced",
    "invitations.turnout": "open",
    "responses.answer": "sent",
    "responses.answers": "open",
    "responses.ballot": "anonymous",
    "responses.begin": "sent",
    "responses.columns": "open",
    "responses.import_": "open",
    "responses.of": "open",
    "responses.record": "open",
    "responses.take_part": "anonymous",
}

WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "questionnaires": ways(
        "questionnaires",
        "draft",
        reviewed=("draft", "review", {}),
        released=("reviewed", "release", {}),
        retired=("released", "retire", {}),
    ),
    "campaigns": ways(
        "campaigns",
        "planned",
        prepared=("planned", "prepare", {"questionnaire": Found(_released)}),
        open=("prepared", "open", {}),
        closed=("open", "close", {}),
        evaluated=("closed", "evaluate", {"evaluation": "report-7"}),
        archived=("evaluated", "archive", {}),
        cancelled=("planned", "cancel", {"reason": "Nobody has time."}),
        anonymous=("planned", _anonymous),
    ),
    "invitations": ways(
        "invitations",
        "sent",
        created=("sent", _not_sent),
        delivered=("sent", "mark", {"news": "delivered"}),
        opened=("delivered", "mark", {"news": "opened"}),
        bounced=("sent", "mark", {"news": "bounced"}),
        broken_off=("opened", _answered({}, finished=False)),
        partial=("opened", _answered({"overall": 3, "price": 4}, finished=False)),
        completed=("opened", _answered(FULL)),
        declined=("opened", lambda crm, invitation: crm.invitations.decline(invitation.token)),
        excluded=("sent", "exclude", {"exclusion": "screened_out"}),
        anonymous=("sent", _to_nobody),
    ),
    "responses": ways("responses", "counted", excluded=("counted", "exclude", {"reason": "It is a test."})),
    "evaluations": ways(
        "evaluations",
        "draft",
        concluded=("draft", "conclude", {"text": "Nobody is called back."}),
        reviewed=("concluded", "review", {}),
        handled=("concluded", "handle", {"scores": "overall", "waiver": "It is known."}),
        ready=("handled", "review", {}),
        published=("ready", "publish", {}),
    ),
}
