"""Campaigns: plan how satisfaction is found out, prepare it, hold it, and say what came of it.

```python
from datetime import UTC, datetime, timedelta

from servicecrm.surveys import campaigns

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
planned = campaigns.plan(
    "Are our customers satisfied?",
    id="s-1",
    opens_at=now,
    answer_until=now + timedelta(days=30),
    by="ann@city.example",
    at=now,
).after
campaigns.CAMPAIGN_LIFECYCLE.blocked(planned)
```
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypedDict, Unpack

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.years import in_years
from servicecrm.surveys.campaign_events import (
    CampaignArchived,
    CampaignCancelled,
    CampaignChanged,
    CampaignClosed,
    CampaignEvaluated,
    CampaignOpened,
    CampaignPlanned,
    CampaignPrepared,
    SampleDrawn,
    WaveStarted,
)
from servicecrm.surveys.campaign_lifecycle import (
    ARCHIVE,
    CAMPAIGN_CHECKLIST,
    CAMPAIGN_LIFECYCLE,
    CANCEL,
    CHANGE,
    CLOSE,
    DRAW,
    EVALUATE,
    NEXT_WAVE,
    OPEN_UP,
    PREPARE,
)
from servicecrm.surveys.campaign_model import (
    Campaign,
    CampaignId,
    ContactRules,
    Method,
    Mode,
    Quota,
    Reminders,
    Sampling,
)
from servicecrm.surveys.items import ItemKind
from servicecrm.surveys.lifecycle import RELEASED
from servicecrm.surveys.logic import asked
from servicecrm.surveys.model import Questionnaire

__all__ = [
    "CAMPAIGN_CHECKLIST",
    "CAMPAIGN_LIFECYCLE",
    "Plan",
    "archive",
    "cancel",
    "change",
    "close",
    "draw",
    "evaluate",
    "next_due",
    "next_wave",
    "open",
    "plan",
    "prepare",
]


class Plan(TypedDict, total=False):
    """What a plan says, besides its title and when it takes place."""

    method: Method | str
    mode: Mode | str
    purpose: str | None
    population: str | None
    owner: str | None
    every: str | None
    contact: ContactRules
    reminders: Reminders
    partial_from: float
    quotas: Iterable[Quota]
    send_until: datetime | None
    extra: Mapping[str, object]


class Replan(Plan, total=False):
    """What of a plan can change."""

    title: str
    opens_at: datetime
    answer_until: datetime


def plan(
    title: str,
    *,
    id: str,
    opens_at: datetime,
    answer_until: datetime,
    number: str | None = None,
    by: Actor | str,
    at: datetime,
    **told: Unpack[Plan],
) -> Decision[Campaign]:
    """Plan a campaign: a survey, or another way to find out how satisfied people are.

    Raises:
        InvalidValue: it would close before it opens, a code is unknown, or `every` is written in another way.

    Source: C072; FitSM-1 PR7.6.
    """
    new = Campaign(
        id=CampaignId(id),
        number=number,
        state=CAMPAIGN_LIFECYCLE.initial,
        title=title,
        series=id,
        opens_at=opens_at,
        answer_until=answer_until,
        launch=_day_of(opens_at),
        planned_at=at,
        **_read(told),
    )
    next_due(new)
    return begin(new, CampaignPlanned(**stamp(by, at)))


def change(
    campaign: Campaign, *, reason: str | None = None, by: Actor | str, at: datetime, **told: Unpack[Replan]
) -> Decision[Campaign]:
    """Change a plan: `change(campaign, owner="bob", by=..., at=...)`. Before it is open, it has to be prepared again.

    Raises:
        TransitionNotAllowed: it is over, or was cancelled.
        GuardNotMet: it is open, and would not be what people were promised or asked any more.
        InvalidValue: nothing is given, or as `plan` does.

    Source: C072.
    """
    changes: dict[str, Any] = _read(told)
    if not changes:
        raise InvalidValue("campaign", f"nothing is given; it can change {', '.join(Replan.__annotations__)}")
    if campaign.opened_at is None:
        changes |= {"questionnaire": None, "digest": None, "sampling": None}
        if "opens_at" in changes and campaign.previous is None:
            changes["launch"] = _day_of(changes["opens_at"])
    decision = CAMPAIGN_LIFECYCLE.move(campaign, CHANGE, CampaignChanged(**stamp(by, at), reason=reason), **changes)
    next_due(decision.after)
    return decision


def prepare(
    campaign: Campaign, questionnaire: Questionnaire | None = None, *, by: Actor | str, at: datetime
) -> Decision[Campaign]:
    """Find a plan complete. A survey is given the released questionnaire that it asks with, which is fixed by that.

    Raises:
        TransitionNotAllowed: it is not planned any more.
        GuardNotMet: its purpose, its population or its owner is not said, or a survey has no questionnaire.
        PolicyViolation: the questionnaire is not released; or it asks something because of a text, which in an
            anonymous campaign would tell who wrote it.

    Source: C072, C075, C076.
    """
    asks: dict[str, str | None] = {}
    if questionnaire is not None:
        if questionnaire.state != RELEASED:
            raise PolicyViolation("questionnaire", f"it is {questionnaire.state}; release it first")
        if campaign.mode is Mode.ANONYMOUS:
            _check_texts_lead_nowhere(questionnaire)
        asks = {"questionnaire": questionnaire.id, "digest": questionnaire.digest}
    return CAMPAIGN_LIFECYCLE.move(campaign, PREPARE, CampaignPrepared(**stamp(by, at)), **asks)


def draw(campaign: Campaign, sampling: Sampling, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Keep how those to be invited were chosen, which their weights follow from.

    Raises:
        TransitionNotAllowed: it is not prepared, or open already.

    Source: C073.
    """
    return CAMPAIGN_LIFECYCLE.move(campaign, DRAW, SampleDrawn(**stamp(by, at)), sampling=sampling)


def open(campaign: Campaign, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Begin. From now on people can be invited, and nobody can change what they are asked and promised.

    Raises:
        TransitionNotAllowed: it is not prepared.
        PolicyViolation: it is to begin later, or its time is over.

    Source: C072, C076.
    """
    decision = CAMPAIGN_LIFECYCLE.move(campaign, OPEN_UP, CampaignOpened(**stamp(by, at)), opened_at=at)
    if not micros(campaign.opens_at) <= micros(at) < micros(campaign.answer_until):
        raise PolicyViolation("campaign", "it opens within its time; change the plan to open it now")
    return decision


def close(campaign: Campaign, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """End it. What is answered from now on is late.

    Raises:
        TransitionNotAllowed: it is not open.

    Source: C072, C077.
    """
    return CAMPAIGN_LIFECYCLE.move(campaign, CLOSE, CampaignClosed(**stamp(by, at)), closed_at=at, reserved=EMPTY)


def evaluate(campaign: Campaign, evaluation: str, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Say what came of it: `evaluation` is the id of a report, or a sentence without names.

    Raises:
        TransitionNotAllowed: it is not closed.
        InvalidValue: the text is blank.

    Source: C072, C082.
    """
    return CAMPAIGN_LIFECYCLE.move(campaign, EVALUATE, CampaignEvaluated(**stamp(by, at)), evaluation=evaluation)


def archive(campaign: Campaign, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Put it away.

    Raises:
        TransitionNotAllowed: it is not evaluated.
    """
    return CAMPAIGN_LIFECYCLE.move(campaign, ARCHIVE, CampaignArchived(**stamp(by, at)))


def cancel(campaign: Campaign, reason: str, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Call it off, or break it off.

    Raises:
        TransitionNotAllowed: it is over.
        InvalidValue: the reason is blank.
    """
    event = CampaignCancelled(**stamp(by, at), reason=reason)
    ended = None if campaign.opened_at is None else at
    return CAMPAIGN_LIFECYCLE.move(campaign, CANCEL, event, closed_at=ended, reserved=EMPTY)


def next_wave(
    campaign: Campaign,
    *,
    id: str,
    opens_at: datetime,
    answer_until: datetime,
    number: str | None = None,
    by: Actor | str,
    at: datetime,
    **told: Unpack[Plan],
) -> Decision[Campaign]:
    """Plan the next wave of a campaign, as a campaign of its own with the same plan. This one stays as it is.

    Raises:
        TransitionNotAllowed: this one has not opened.
        PolicyViolation: it would open before this one does.
        InvalidValue: as `plan` does.

    Source: C072, C079.
    """
    CAMPAIGN_LIFECYCLE.step(campaign, NEXT_WAVE)
    fresh = {name: default for name, default in _FRESH.items() if name not in told}
    new = evolve(
        campaign,
        id=CampaignId(id),
        number=number,
        revision=0,
        state=CAMPAIGN_LIFECYCLE.initial,
        wave=campaign.wave + 1,
        previous=campaign.id,
        opens_at=opens_at,
        answer_until=answer_until,
        planned_at=at,
        **fresh,
        **_read(told),
    )
    if micros(new.opens_at) <= micros(campaign.opens_at):
        raise PolicyViolation("opens_at", "a wave opens after the one before it")
    next_due(new)
    return begin(new, WaveStarted(**stamp(by, at), previous=campaign.id))


def next_due(campaign: Campaign) -> date | None:
    """The day on which this is to be done again, counted from the first wave; None if it is done once.

    Raises:
        InvalidValue: `every` is written in another way than that of a `Cadence`.

    Source: C072, C084.
    """
    if campaign.every is None:
        return None
    from servicecrm.calendars.cadences import Cadence  # only what is done again needs it

    opens = campaign.opens_at.astimezone(UTC).date()
    return Cadence(every=campaign.every, start=campaign.launch).next_after(opens)


def _check_texts_lead_nowhere(questionnaire: Questionnaire) -> None:
    for item in questionnaire.items:
        if any(questionnaire.item(asks.item).kind is ItemKind.TEXT for asks in asked(item.shown_if)):
            raise PolicyViolation(
                "anonymous", f"{item.id} is asked because of a text, and would tell who wrote it; ask it of everybody"
            )


def _day_of(opens_at: datetime) -> date:
    return in_years("opens_at", opens_at).astimezone(UTC).date()


_FRESH: Final[Mapping[str, Any]] = {
    "questionnaire": None,
    "digest": None,
    "sampling": None,
    "taken": EMPTY,
    "reserved": EMPTY,
    "counted_at": None,
    "send_until": None,
    "opened_at": None,
    "closed_at": None,
    "evaluation": None,
}
"""What a new wave does not take over from the one before."""

_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "method": Method,
    "mode": Mode,
    "quotas": lambda quotas: several("Campaign.quotas", quotas),
    "extra": FrozenMap,
}
"""How what is told is kept, where it may be told in several forms."""


def _read(told: Mapping[str, Any]) -> dict[str, Any]:
    unknown = told.keys() - Replan.__annotations__.keys()
    if unknown:
        raise InvalidValue(
            "campaign",
            f"a plan does not say {', '.join(sorted(unknown))}; it says {', '.join(Replan.__annotations__)}",
        )
    return {name: _READ[name](value) if name in _READ else value for name, value in told.items()}
