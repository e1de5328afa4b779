"""Places in quotas at the desk: what has to be read to count them, and what becomes of them with an invitation."""

from collections.abc import Sequence

from servicecrm.desk.programs import Order
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import quotas
from servicecrm.surveys.campaign_lifecycle import ANSWERED, OPEN
from servicecrm.surveys.campaign_model import Campaign, Invitation

__all__ = ["places_moved", "places_over"]


def places_over(work: Work, campaign: Campaign, order: Order) -> Program[Sequence[Invitation]]:
    """The invitations whose places were kept until some time since places were counted last.

    Read the campaign before: whoever changes these changes it too, so that it cannot be saved then.
    """
    since, until = campaign.counted_at, where("reserved_until")
    if since is None or not campaign.reserved:
        return ()
    mine = where("campaign") == campaign.id
    page = yield from work.find(Invitation, mine, until > since, until <= order.at, order="reserved_until")
    return page.items


def places_moved(
    work: Work, campaign: Campaign, moved: Decision[Invitation], order: Order, *, counts: bool = False
) -> Program[tuple[Decision[Campaign], ...]]:
    """What becomes of places with an invitation: an answer that counts takes them, once; and what was kept for it is
    given back where nothing is kept any more."""
    invitation = moved.before
    if invitation is None or campaign.state != OPEN:
        return ()
    takes = counts and bool(campaign.quotas) and invitation.state not in ANSWERED
    if not takes and (moved.after.reserved is not None or not quotas.keeps_place(campaign, invitation)):
        return ()
    over = yield from places_over(work, campaign, order)
    change = quotas.take if takes else quotas.release
    return (change(campaign, invitation, over, by=order.by, at=order.at),)
