"""May somebody be asked now? If not, why, and from which day on."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Protocol

from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code
from servicecrm.measures.contacting import recontact, wave_recontact
from servicecrm.surveys.campaign_model import Campaign, Invitation

__all__ = ["ContactHistory", "Eligibility", "Hindrance", "OptOuts", "eligibility_of", "history_of"]


class Hindrance(Code):
    """Why somebody is not asked now. All but the first four end with time."""

    OPTED_OUT = "opted_out"
    INVITED_ALREADY = "invited_already"
    SHOWN_BEFORE = "shown_before"
    ANSWERED_BEFORE = "answered_before"
    SHOWN_OFTEN_ENOUGH = "shown_often_enough"
    ASKED_LATELY = "asked_lately"
    CUSTOMER_ASKED_LATELY = "customer_asked_lately"
    THIS_WAVE_ANSWERED = "this_wave_answered"


class OptOuts(Protocol):
    """Knows who does not want to be asked: the host's list of objections."""

    def __call__(self, contact: str, campaign: Campaign, /) -> bool:
        """Has this contact opted out of such surveys?"""
        ...


@record
class Eligibility:
    """May somebody be asked now? If not: every reason, and the day from which on, where time alone changes it."""

    hindrances: tuple[Hindrance, ...]
    from_day: date | None = None

    @property
    def eligible(self) -> bool:
        """May they be asked now?"""
        return not self.hindrances


@record
class ContactHistory:
    """What was asked of a contact before.

    `shown` and `answered` count the waves of the same survey, `contacted_on` is the last day on which we wrote because
    of any survey, and `customer_contacted_on` the last one for anybody at the same customer. `member` of the campaign
    is who is invited to it already.
    """

    member: bool = False
    shown: int = 0
    answered: int = 0
    answered_on: date | None = None
    contacted_on: date | None = None
    customer_contacted_on: date | None = None


def history_of(
    contact: str, campaign: Campaign, invitations: Iterable[Invitation], *, customer: str | None = None
) -> ContactHistory:
    """What invitations tell of a contact, those of other campaigns and of others at the same `customer` among them."""
    every = list(invitations)
    own = [each for each in every if each.contact == contact]
    same = [each for each in own if each.series == campaign.series]
    beside = [each for each in every if customer is not None and each.customer == customer]
    answered = [each.answered_on for each in same if each.answered_on is not None]
    return ContactHistory(
        member=any(each.campaign == campaign.id for each in own),
        shown=sum(each.sent_at is not None for each in same),
        answered=len(answered),
        answered_on=max(answered, default=None),
        contacted_on=_last(own),
        customer_contacted_on=_last(beside),
    )


def _last(invitations: Iterable[Invitation]) -> date | None:
    times = (each.contacted_at for each in invitations if each.contacted_at is not None)
    return max((at.astimezone(UTC).date() for at in times), default=None)


def eligibility_of(campaign: Campaign, history: ContactHistory, *, opted_out: bool = False, on: date) -> Eligibility:
    """May a contact be invited to a campaign on a day?

    Source: C072, C076.
    """
    rules = campaign.contact
    never = {Hindrance.OPTED_OUT: opted_out, Hindrance.INVITED_ALREADY: history.member}
    hindrances = [hindrance for hindrance, holds in never.items() if holds]
    days: list[date | None] = [None] * len(hindrances)
    asked = recontact(
        on,
        repeat=rules.repeat,
        shown=history.shown,
        answered=history.answered,
        cooldown_days=rules.cooldown_days,
        last_shown=history.contacted_on,
        most=rules.most,
    )
    hindrances += map(Hindrance, asked.refusals)
    days += [asked.from_day] * bool(asked.refusals)
    if rules.customer_cooldown_days and history.customer_contacted_on is not None:
        again = history.customer_contacted_on + timedelta(days=rules.customer_cooldown_days)
        if on < again:
            hindrances.append(Hindrance.CUSTOMER_ASKED_LATELY)
            days.append(again)
    if rules.interval_days is not None:
        wave = wave_recontact(
            on,
            launch=campaign.launch,
            interval_days=rules.interval_days,
            last_answered=history.answered_on,
            policy=rules.waves,
        )
        hindrances += map(Hindrance, wave.refusals)
        days += [wave.from_day] * bool(wave.refusals)
    known = [day for day in days if day is not None]
    return Eligibility(hindrances=tuple(hindrances), from_day=max(known) if known and len(known) == len(days) else None)
