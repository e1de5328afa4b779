"""What a campaign asks whom, and what was answered so far: for all that take answers in, or look at them."""

from operator import attrgetter

from servicecrm.desk.invitations import invited_by
from servicecrm.desk.programs import fetch
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys.campaign_model import Campaign, Invitation
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import Response
from servicecrm.surveys.schema import CAMPAIGN

__all__ = ["asked_by", "asks", "counted"]


def asks(work: Work, campaign: str) -> Program[tuple[Campaign, Questionnaire]]:
    """A campaign and what it asks."""
    found = yield from fetch(work, CAMPAIGN, campaign)
    if found.questionnaire is None:
        raise PolicyViolation("campaign", "it asks nothing yet; prepare it with a questionnaire")
    return found, (yield from work.get(Questionnaire, found.questionnaire))


def asked_by(work: Work, token: str) -> Program[tuple[Invitation, Campaign, Questionnaire, Response | None]]:
    """The invitation with a token, its campaign, what that asks, and what was answered before."""
    invitation = yield from invited_by(work, token)
    campaign, questionnaire = yield from asks(work, invitation.campaign)
    page = yield from work.find(Response, where("invitation") == invitation.id, limit=1)
    return invitation, campaign, questionnaire, next(iter(page), None)


def counted(work: Work, campaign: Campaign, *, every: bool = False) -> Program[tuple[Response, ...]]:
    """The responses that count, or all of them, as results may show them."""
    that_count = () if every else (where("counts").is_(True),)
    page = yield from work.find(Response, where("campaign") == campaign.id, *that_count)
    return tuple(sorted((each.unnamed for each in page), key=attrgetter("id")))
