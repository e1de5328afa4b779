"""Invitations: who is asked to take part, is reminded, and what became of it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.values import language_tag
from servicecrm.surveys.campaign_events import (
    InvitationAnswered,
    InvitationAnsweredPartly,
    InvitationBounced,
    InvitationBrokenOff,
    InvitationCreated,
    InvitationDeclined,
    InvitationDelivered,
    InvitationExcluded,
    InvitationOpened,
    InvitationReminded,
    InvitationSent,
)
from servicecrm.surveys.campaign_lifecycle import (
    ANSWER,
    ANSWER_PARTLY,
    BOUNCE,
    BREAK_OFF,
    CREATED,
    DECLINE,
    DELIVER,
    INVITATION_LIFECYCLE,
    LEAVE_OUT,
    OPEN,
    OPENING,
    PLANNED,
    PREPARED,
    REMIND,
    SEND,
    UNFINISHED,
)
from servicecrm.surveys.campaign_model import Campaign, Exclusion, Invitation, InvitationId
from servicecrm.surveys.eligibility import Eligibility
from servicecrm.surveys.response_model import Extent

__all__ = [
    "INVITATION_LIFECYCLE",
    "News",
    "decline",
    "exclude",
    "invite",
    "mark",
    "next_reminder",
    "remind",
    "reminders_due",
    "send",
    "take_part",
]


LEAST_TOKEN: Final = 22
"""How many characters of URL-safe Base64 hold 128 bits."""


class News(Code):
    """What is heard of an invitation on its way."""

    DELIVERED = "delivered"
    OPENED = "opened"
    BOUNCED = "bounced"


def invite(
    campaign: Campaign,
    contact: str,
    *,
    id: str,
    token: str,
    eligibility: Eligibility | None = None,
    customer: str | None = None,
    stratum: str | None = None,
    attributes: Mapping[str, object] = EMPTY,
    language: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
) -> Decision[Invitation]:
    """Invite somebody to an open campaign. The `token` is a secret of at least 128 bits, new for everybody.

    `attributes` are what quotas look at.

    Raises:
        PolicyViolation: the campaign is not open, or its time to send is over; or they are not eligible: why, and from
            when on they will be.
        InvalidValue: the token is too short, or the language is no language tag.

    Source: C076.
    """
    _check_sending(campaign, at)
    if eligibility is not None and not eligibility.eligible:
        when = "" if eligibility.from_day is None else f"; from {eligibility.from_day.isoformat()} on"
        raise PolicyViolation("contact", f"{', '.join(eligibility.hindrances)}{when}")
    if len(token) < LEAST_TOKEN:
        raise InvalidValue("token", f"a token is a secret of {LEAST_TOKEN} characters or more")
    new = Invitation(
        id=InvitationId(id),
        state=CREATED,
        campaign=campaign.id,
        series=campaign.series,
        contact=contact,
        customer=customer,
        stratum=stratum,
        attributes=FrozenMap(attributes),
        language=None if language is None else language_tag(language),
        token=token,
        created_at=at,
        extra=FrozenMap(extra),
    )
    return begin(new, InvitationCreated(**stamp(by, at)))


def send(invitation: Invitation, campaign: Campaign, *, by: Actor | str, at: datetime) -> Decision[Invitation]:
    """Hand an invitation over to be delivered; also once more, after it came back.

    Raises:
        TransitionNotAllowed: it was sent, and did not come back.
        PolicyViolation: the campaign is not open, or its time to send is over.

    Source: C076.
    """
    _check_sending(campaign, at)
    event = InvitationSent(**stamp(by, at))
    first = at if invitation.sent_at is None else invitation.sent_at
    return INVITATION_LIFECYCLE.move(invitation, SEND, event, sent_at=first, contacted_at=at)


def remind(invitation: Invitation, campaign: Campaign, *, by: Actor | str, at: datetime) -> Decision[Invitation]:
    """Remind somebody who has not finished.

    Raises:
        TransitionNotAllowed: they have answered or declined, or the invitation came back.
        PolicyViolation: they were reminded often enough, or lately; or the time to send is over.

    Source: C076.
    """
    _check_sending(campaign, at)
    event = InvitationReminded(**stamp(by, at))
    decision = INVITATION_LIFECYCLE.move(invitation, REMIND, event, reminders=invitation.reminders + 1, contacted_at=at)
    due = next_reminder(invitation, campaign)
    if due is None:
        raise PolicyViolation("reminders", f"{campaign.reminders.most} are enough, and were sent")
    if micros(at) < micros(due):
        raise PolicyViolation("reminders", f"the next one may be sent from {due.astimezone(UTC).isoformat()} on")
    return decision


def next_reminder(invitation: Invitation, campaign: Campaign) -> datetime | None:
    """When somebody may be reminded next; None if they are not to be reminded any more.

    Source: C076.
    """
    plan, last = campaign.reminders, invitation.contacted_at
    if invitation.state not in UNFINISHED or invitation.reminders >= plan.most or last is None:
        return None
    return last + timedelta(days=plan.gap_days if invitation.reminders else plan.first_after_days)


def reminders_due(invitations: Iterable[Invitation], campaign: Campaign, now: datetime) -> tuple[Invitation, ...]:
    """Those who are to be reminded now.

    Source: C076.
    """
    due = ((each, next_reminder(each, campaign)) for each in invitations)
    return tuple(each for each, at in due if at is not None and micros(at) <= micros(now))


def mark(invitation: Invitation, news: News | str, *, by: Actor | str, at: datetime) -> Decision[Invitation]:
    """Keep what was heard of an invitation on its way.

    Raises:
        TransitionNotAllowed: such news cannot come of it, or come too late to matter.
        InvalidValue: there are no such news.

    Source: C076.
    """
    action, event = _NEWS[News(news)]
    return INVITATION_LIFECYCLE.move(invitation, action, event(**stamp(by, at)))


def decline(invitation: Invitation, *, by: Actor | str, at: datetime) -> Decision[Invitation]:
    """Keep that somebody does not want to take part; they are not reminded. A place that was kept for them is given
    back: see `quotas.release`.

    Raises:
        TransitionNotAllowed: they have answered, or declined before.

    Source: C076.
    """
    return INVITATION_LIFECYCLE.move(invitation, DECLINE, InvitationDeclined(**stamp(by, at)), reserved=None)


def exclude(
    invitation: Invitation, exclusion: Exclusion | str, *, by: Actor | str, at: datetime
) -> Decision[Invitation]:
    """Keep that somebody was not to answer after all: screened out, over a quota, or invited twice.

    A place that was kept for them is given back: see `quotas.release`.

    Raises:
        TransitionNotAllowed: they declined, or were left out before.
        InvalidValue: there is no such reason.

    Source: C076; AAPOR, Standard Definitions, 9th edition, 2016 (4.10, 4.80, 4.81).
    """
    why = Exclusion(exclusion)
    event = InvitationExcluded(**stamp(by, at), exclusion=why)
    return INVITATION_LIFECYCLE.move(invitation, LEAVE_OUT, event, excluded=why, reserved=None)


def take_part(invitation: Invitation, extent: Extent | str, *, by: Actor | str, at: datetime) -> Decision[Invitation]:
    """Keep that somebody has answered, and how much: all of it, enough to count, or too little. Not what.

    With enough to count a place that was kept for them is taken: see `quotas.take`.

    Raises:
        TransitionNotAllowed: they declined or were left out, or have answered more than that before.

    Source: C076, C077.
    """
    action, event = _PART[Extent(extent)]
    return INVITATION_LIFECYCLE.move(
        invitation,
        action,
        event(**stamp(by, at)),
        answered_on=at.astimezone(UTC).date(),
        reserved=invitation.reserved if action == BREAK_OFF else None,
    )


_NEWS: Final[Mapping[News, tuple[str, type[Event]]]] = {
    News.DELIVERED: (DELIVER, InvitationDelivered),
    News.OPENED: (OPENING, InvitationOpened),
    News.BOUNCED: (BOUNCE, InvitationBounced),
}
_PART: Final[Mapping[Extent, tuple[str, type[Event]]]] = {
    Extent.BROKEN_OFF: (BREAK_OFF, InvitationBrokenOff),
    Extent.PARTIAL: (ANSWER_PARTLY, InvitationAnsweredPartly),
    Extent.COMPLETE: (ANSWER, InvitationAnswered),
}


def _check_sending(campaign: Campaign, at: datetime) -> None:
    until = campaign.answer_until if campaign.send_until is None else campaign.send_until
    if campaign.state in (PLANNED, PREPARED):
        raise PolicyViolation("campaign", f"it is {campaign.state}; open it first")
    if campaign.state != OPEN or micros(at) >= micros(until):
        raise PolicyViolation("campaign", f"it is {campaign.state}, and sends until {until.isoformat()}")
