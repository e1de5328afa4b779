"""What a campaign is, and what an invitation to it: whom we ask what, when, and what we promise them."""

from datetime import date, datetime
from typing import NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import LanguageTag
from servicecrm.measures.contacting import Repeat, WavePolicy

__all__ = [
    "Campaign",
    "CampaignId",
    "ContactRules",
    "Exclusion",
    "Invitation",
    "InvitationId",
    "Method",
    "Mode",
    "Quota",
    "Reminders",
    "Reservation",
    "SampleKind",
    "Sampling",
    "Stratum",
]

CampaignId = NewType("CampaignId", str)
InvitationId = NewType("InvitationId", str)


class Method(Code):
    """How satisfaction is found out: people are asked, or we look at what they do."""

    SURVEY = "survey"
    INTERVIEW = "interview"
    GROUP = "group"
    MEETING = "meeting"
    COMPLAINTS = "complaints"
    CHURN = "churn"
    USAGE = "usage"

    @property
    def direct(self) -> bool:
        """Is anybody asked?"""
        return self in (Method.SURVEY, Method.INTERVIEW, Method.GROUP, Method.MEETING)


class Mode(Code):
    """What is known of whoever gave an answer.

    Identified: who it was. Confidential: we could find out, and results do not show it. Anonymous: nobody can find out.
    """

    IDENTIFIED = "identified"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"


class Exclusion(Code):
    """Why somebody who was invited was not to answer after all."""

    SCREENED_OUT = "screened_out"
    OVER_QUOTA = "over_quota"
    DUPLICATE = "duplicate"


class SampleKind(Code):
    """How those who are invited were chosen: all of them, by chance, or by chance within each group."""

    CENSUS = "census"
    SIMPLE = "simple"
    STRATIFIED = "stratified"


@record
class Stratum:
    """A group of the population, and how many of it were chosen."""

    name: str
    population: int
    sample: int

    def __attrs_post_init__(self) -> None:
        if not 0 < self.sample <= self.population:
            raise InvalidValue("Stratum.sample", "of every group at least one is chosen, and at most all")

    @property
    def weight(self) -> float:
        """How many people one of those chosen stands for."""
        return self.population / self.sample


@record
class Sampling:
    """How a sample was drawn. With the same list of people and the same seed, it is drawn again."""

    kind: SampleKind
    seed: str | None = None
    strata: tuple[Stratum, ...]

    @property
    def population(self) -> int:
        """How many people there are."""
        return sum(stratum.population for stratum in self.strata)

    @property
    def size(self) -> int:
        """How many of them were chosen."""
        return sum(stratum.sample for stratum in self.strata)


def _whole(minimum: int, **values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < minimum:
            raise InvalidValue(name, f"expected {minimum} or more")


@record
class Reminders:
    """When those who have not answered are reminded: first after some days, again after some more, `most` times."""

    first_after_days: int = 7
    gap_days: int = 7
    most: int = 2

    def __attrs_post_init__(self) -> None:
        _whole(0, most=self.most)
        _whole(1, first_after_days=self.first_after_days, gap_days=self.gap_days)


@record
class ContactRules:
    """How often somebody may be asked.

    After any survey a contact is left alone for `cooldown_days`, and everybody at the same customer for
    `customer_cooldown_days`. `repeat` and `most` say how often this survey, in all its waves, may be put to somebody;
    `interval_days` how long whoever answered it is not asked again, by `waves` that are the same for all, or by an
    interval of their own.

    Source: C072.
    """

    cooldown_days: int = 30
    customer_cooldown_days: int = 0
    repeat: Repeat = "always"
    most: int | None = None
    interval_days: int | None = None
    waves: WavePolicy = "calendar_window"

    def __attrs_post_init__(self) -> None:
        _whole(0, cooldown_days=self.cooldown_days, customer_cooldown_days=self.customer_cooldown_days)
        _whole(1, most=self.most, interval_days=self.interval_days)
        if (self.repeat == "some_times") != (self.most is not None):
            raise InvalidValue("ContactRules.most", "some_times needs the most of them, and nothing else does")


@record
class Quota:
    """At most so many answers from people of some kind; see `quotas.quota`.

    `of` names attributes and what they have to be, one text or several; without it, it is for everybody.
    """

    name: str = attrs.field(validator=filled)
    limit: int
    of: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        _whole(1, limit=self.limit)
        for wanted in self.of.values():
            texts = wanted if isinstance(wanted, tuple) else (wanted,)
            if not texts or not all(isinstance(text, str) for text in texts):
                raise InvalidValue("Quota.of", "an attribute has to be a text, or one of several")


@record
class Reservation:
    """Places that are kept for somebody while the answer is on its way."""

    quotas: tuple[str, ...]
    until: datetime


@record
class Campaign:
    """A plan to find out how satisfied people are, and how far it has come.

    Waves of the same survey have one `series`, and each names the id of the one before it; `launch` is the day on which
    the first one opened. Nothing is sent after `send_until`, and what comes after `answer_until` is late. A response
    that was not finished counts as a partial one if it answers the share `partial_from` of what was shown. `every` is
    how often all of this is to be done again, as in `Cadence`. `taken` counts the places of each quota, and `reserved`
    those that are kept while answers are on their way: as of `counted_at`, which is when either was changed last. Whom
    they are kept for stands in the invitations.

    Raises:
        InvalidValue: it would close before it opens, or two quotas have one name.

    Source: C072, C076; FitSM-1 PR7.6; ISO 10004 clause 6.
    """

    id: CampaignId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str
    title: str = attrs.field(validator=filled)
    method: Method = Method.SURVEY
    mode: Mode = Mode.CONFIDENTIAL
    purpose: str | None = attrs.field(default=None, validator=filled)
    population: str | None = attrs.field(default=None, validator=filled)
    owner: str | None = attrs.field(default=None, validator=filled)

    series: str = attrs.field(validator=filled)
    wave: int = 1
    previous: str | None = None
    every: str | None = attrs.field(default=None, validator=filled)
    launch: date

    questionnaire: str | None = None
    digest: str | None = None
    sampling: Sampling | None = None
    contact: ContactRules = ContactRules()
    reminders: Reminders = Reminders()
    partial_from: float = 0.5
    quotas: tuple[Quota, ...] = ()
    taken: FrozenMap = EMPTY
    reserved: FrozenMap = EMPTY
    counted_at: datetime | None = None

    opens_at: datetime
    send_until: datetime | None = None
    answer_until: datetime
    planned_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    evaluation: str | None = attrs.field(default=None, validator=filled)
    extra: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        last = self.answer_until if self.send_until is None else self.send_until
        if not micros(self.opens_at) < micros(last) <= micros(self.answer_until):
            raise InvalidValue("Campaign", "it opens first, then all is sent, then all is answered")
        if not 0 < self.partial_from <= 1:
            raise InvalidValue("Campaign.partial_from", "expected a share above 0 and up to 1")
        if len({quota.name for quota in self.quotas}) < len(self.quotas):
            raise InvalidValue("Campaign.quotas", "every quota has a name of its own")


@record
class Invitation:
    """That somebody is asked to take part in a campaign, and what came of it.

    Contacts and customers are opaque ids of the host. The `token` is what a link to the questionnaire holds; whoever
    has it may answer. `contacted_at` is when we last wrote. `reserved` are the places in quotas that were kept for the
    answer, until it came or its time is over. That an answer came is known here, on which day, and in an anonymous
    campaign no more.

    Source: C076.
    """

    id: InvitationId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    state: str
    campaign: str = attrs.field(validator=filled)
    series: str = attrs.field(validator=filled)
    contact: str = attrs.field(validator=filled)
    customer: str | None = None
    stratum: str | None = None
    attributes: FrozenMap = EMPTY
    language: LanguageTag | None = None
    token: Personal[str] = attrs.field(validator=filled)
    created_at: datetime
    sent_at: datetime | None = None
    contacted_at: datetime | None = None
    reminders: int = 0
    reserved: Reservation | None = None
    answered_on: date | None = None
    excluded: Exclusion | None = None
    extra: FrozenMap = EMPTY
