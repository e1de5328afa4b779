"""What happened to a campaign, to an invitation and to a response."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.surveys.campaign_model import Exclusion

__all__ = [
    "CampaignArchived",
    "CampaignCancelled",
    "CampaignChanged",
    "CampaignClosed",
    "CampaignEvaluated",
    "CampaignOpened",
    "CampaignPlanned",
    "CampaignPrepared",
    "InvitationAnswered",
    "InvitationAnsweredPartly",
    "InvitationBounced",
    "InvitationBrokenOff",
    "InvitationCreated",
    "InvitationDeclined",
    "InvitationDelivered",
    "InvitationExcluded",
    "InvitationOpened",
    "InvitationReminded",
    "InvitationSent",
    "PlaceReleased",
    "PlaceReserved",
    "PlaceTaken",
    "ResponseExcluded",
    "ResponseReadmitted",
    "ResponseRecorded",
    "ResponseReplaced",
    "SampleDrawn",
    "WaveStarted",
]


@record
class CampaignPlanned(Event):
    """A campaign was planned."""

    type = "campaign.planned"


@record
class WaveStarted(Event):
    """The next wave was planned, after the campaign whose id is `previous`."""

    type = "campaign.wave_started"
    previous: str


@record
class CampaignChanged(Event):
    """Its plan was changed."""

    type = "campaign.changed"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class CampaignPrepared(Event):
    """Its plan was found complete; what is asked is fixed."""

    type = "campaign.prepared"


@record
class SampleDrawn(Event):
    """It was drawn who is to be invited."""

    type = "campaign.sample_drawn"


@record
class CampaignOpened(Event):
    """People can answer."""

    type = "campaign.opened"


@record
class CampaignClosed(Event):
    """It is over; what comes now is late."""

    type = "campaign.closed"


@record
class CampaignEvaluated(Event):
    """What came of it is known."""

    type = "campaign.evaluated"


@record
class CampaignArchived(Event):
    """Nobody works on it any more."""

    type = "campaign.archived"


@record
class CampaignCancelled(Event):
    """It does not take place, or was broken off."""

    type = "campaign.cancelled"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class PlaceReserved(Event):
    """A place in quotas was kept for somebody."""

    type = "campaign.place_reserved"


@record
class PlaceTaken(Event):
    """A place in quotas was taken for good."""

    type = "campaign.place_taken"


@record
class PlaceReleased(Event):
    """A place in quotas became free again."""

    type = "campaign.place_released"


@record
class InvitationCreated(Event):
    """Somebody is to be invited."""

    type = "invitation.created"


@record
class InvitationSent(Event):
    """The invitation was handed over to be delivered."""

    type = "invitation.sent"


@record
class InvitationDelivered(Event):
    """It arrived."""

    type = "invitation.delivered"


@record
class InvitationOpened(Event):
    """Whoever was invited had a look at the questionnaire."""

    type = "invitation.opened"


@record
class InvitationBounced(Event):
    """It came back."""

    type = "invitation.bounced"


@record
class InvitationReminded(Event):
    """Whoever was invited was reminded."""

    type = "invitation.reminded"


@record
class InvitationDeclined(Event):
    """Whoever was invited does not want to take part."""

    type = "invitation.declined"


@record
class InvitationExcluded(Event):
    """Whoever was invited was not to answer after all."""

    type = "invitation.excluded"
    exclusion: Exclusion


@record
class InvitationBrokenOff(Event):
    """Whoever was invited began to answer, and stopped early."""

    type = "invitation.broken_off"


@record
class InvitationAnsweredPartly(Event):
    """Whoever was invited answered enough to count, and did not finish."""

    type = "invitation.answered_partly"


@record
class InvitationAnswered(Event):
    """Whoever was invited has answered."""

    type = "invitation.answered"


@record
class ResponseRecorded(Event):
    """Answers came in."""

    type = "response.recorded"


@record
class ResponseReplaced(Event):
    """Other answers came in the place of the earlier ones."""

    type = "response.replaced"


@record
class ResponseExcluded(Event):
    """It was decided that these answers do not count."""

    type = "response.excluded"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ResponseReadmitted(Event):
    """It was decided that these answers count after all."""

    type = "response.readmitted"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
