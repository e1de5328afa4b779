"""What a complaint is."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.complaints.codes import Feedback, LinkKind, Verdict
from servicecrm.complaints.parts import (
    HandlingStep,
    Investigation,
    Judgement,
    Link,
    Needs,
    Referral,
    Remedy,
    Response,
)
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import ContactPoint, LanguageTag
from servicecrm.tracking.moments import Moments
from servicecrm.tracking.tickets import Channel, Priority, Waiting, WaitingFor

__all__ = ["Channel", "Complaint", "ComplaintId", "MomentKind", "Priority", "Severity", "Waiting", "WaitingFor"]

ComplaintId = NewType("ComplaintId", str)


class Severity(Code):
    """How bad it is. The impact, on how many and for how long, is rated on the same scale."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class MomentKind(Code):
    """The kinds of moments that clocks of a complaint read, besides `VOIDED`.

    A rating has the priority as its code, a judgement its verdict, a stage its number, a new class the `Feedback`, and
    a receipt too if it is no complaint. `DUE` says until when it is to be answered.
    """

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    RATED = "rated"
    RECLASSIFIED = "reclassified"
    JUDGED = "judged"
    STAGE = "stage"
    ASSIGNED = "assigned"
    FORWARDED = "forwarded"
    WAITING = "waiting"
    RESUMED = "resumed"
    MESSAGE = "message"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    PASSED_ON = "passed_on"
    DUE = "due"
    MERGED = "merged"


@record
class Complaint:
    """A complaint and where its handling stands.

    Customers, services, agreements and handlers are opaque ids of the host. `received_at` is when it reached us,
    `recorded_at` when it was entered, `closed_at` when it ended, by closing or by withdrawal. `due_at` is a target that
    the host names; `promised_by` is what the complainant was told. `priority` is in force, `computed_priority` is what
    the policy made of the ratings, and `policy` the number of the policy that the complaint started under, 0 for the
    one that is shipped. `category` is the main one, `issues` are others. `complained_about` is the person or the team
    that the complaint is about, who may not judge it. `decided_by` are those who have judged or answered it at this
    stage, or written that down; `deciders` are those of earlier stages, and whom a complaint was about that was merged
    into this one, who may not decide any more. What was said is kept apart, as messages.
    """

    id: ComplaintId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str | None = None
    complainant: Personal[str] | None = attrs.field(default=None, validator=filled)
    contact: Personal[ContactPoint] | None = None
    on_behalf_of: str | None = None
    needs: Personal[Needs] | None = None

    feedback: Feedback = Feedback.COMPLAINT
    subject: Personal[str] = attrs.field(validator=filled)
    text: Personal[str] = ""
    remedy_sought: Personal[str] | None = attrs.field(default=None, validator=filled)
    language: LanguageTag | None = None
    channel: Channel
    service: str | None = None
    agreement: str | None = None
    category: str | None = None
    issues: frozenset[str] = frozenset()
    complained_about: str | None = attrs.field(default=None, validator=filled)
    tags: frozenset[str] = frozenset()

    severity: Severity | None = None
    impact: Severity | None = None
    safety: bool = False
    computed_priority: Priority | None = None
    priority: Priority | None = None

    handler: str | None = None
    handler_since: datetime | None = None
    forwards: int = 0
    waiting: Personal[Waiting] | None = None

    stage: int = 1
    deciders: frozenset[str] = frozenset()
    decided_by: frozenset[str] = frozenset()
    judgements: Personal[tuple[Judgement, ...]] = ()
    steps: tuple[HandlingStep, ...] = ()
    investigation: Personal[Investigation] | None = None
    remedies: Personal[tuple[Remedy, ...]] = ()
    response: Response | None = None
    referrals: Personal[tuple[Referral, ...]] = ()
    links: tuple[Link, ...] = ()

    received_at: datetime
    recorded_at: datetime
    acknowledged_at: datetime | None = None
    promised_by: datetime | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closing_code: str | None = None
    reopenings: int = 0

    policy: int = 0
    moments: Moments = attrs.field(default=(), repr=False)
    extra: Personal[FrozenMap] = EMPTY

    @property
    def can_reply(self) -> bool:
        """Is there a way to reach the complainant? An anonymous complaint has none."""
        return self.contact is not None or self.customer is not None

    @property
    def judgement(self) -> Judgement | None:
        """The judgement that holds: the last one."""
        return self.judgements[-1] if self.judgements else None

    @property
    def verdict(self) -> Verdict | None:
        """What the complaint was judged to be."""
        return self.judgements[-1].verdict if self.judgements else None

    def linked(self, kind: LinkKind) -> tuple[str, ...]:
        """The ids of the complaints that this one has such a link to."""
        return tuple(link.complaint for link in self.links if link.kind is kind)

    @property
    def other_links(self) -> tuple[Link, ...]:
        """Its links, without that to the complaint that it was merged into."""
        return tuple(link for link in self.links if link.kind is not LinkKind.DUPLICATE_OF)

    @property
    def duplicate_of(self) -> str | None:
        """The complaint that this one was merged into."""
        return next(iter(self.linked(LinkKind.DUPLICATE_OF)), None)
