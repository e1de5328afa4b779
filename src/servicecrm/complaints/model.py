"""What a complaint is."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import ContactPoint, LanguageTag
from servicecrm.tracking.moments import Moments

__all__ = ["Channel", "Complaint", "ComplaintId", "MomentKind", "Priority", "Severity", "Waiting", "WaitingFor"]

ComplaintId = NewType("ComplaintId", str)


class Channel(Code):
    """How a complaint reached us."""

    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"
    WEB = "web"
    CHAT = "chat"
    COUNTER = "counter"
    SOCIAL = "social"
    OTHER = "other"


class Severity(Code):
    """How bad it is. The impact, on how many and for how long, is rated on the same scale."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Priority(Code):
    """What is done first; P1 is the most pressing."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


class WaitingFor(Code):
    """Whose turn it is while we cannot go on."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    INTERNAL = "internal"
    APPROVAL = "approval"
    SCHEDULED = "scheduled"


class MomentKind(Code):
    """The kinds of moments that clocks of a complaint read, besides `VOIDED`. A rating has the priority as its code."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    RATED = "rated"
    ASSIGNED = "assigned"
    FORWARDED = "forwarded"
    WAITING = "waiting"
    RESUMED = "resumed"
    MESSAGE = "message"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


@record
class Waiting:
    """Why handling stands still, since when, and until when at most."""

    for_: WaitingFor
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
    since: datetime
    until: datetime | None = None


@record
class Complaint:
    """A complaint and where its handling stands.

    Customers, services, agreements and handlers are opaque ids of the host. `received_at` is when it reached us,
    `recorded_at` when it was entered, `closed_at` when it ended, by closing or by withdrawal. `due_at` is a target that
    the host names; `promised_by` is what the complainant was told. `priority` is in force, `computed_priority` is what
    the policy made of the ratings, and `policy` the number of the policy that the complaint started under, 0 for the
    one that is shipped. What was said is kept apart, as messages.
    """

    id: ComplaintId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str | None = None
    complainant: Personal[str] | None = attrs.field(default=None, validator=filled)
    contact: Personal[ContactPoint] | None = None
    on_behalf_of: str | None = None

    subject: Personal[str] = attrs.field(validator=filled)
    text: Personal[str] = ""
    remedy_sought: Personal[str] | None = attrs.field(default=None, validator=filled)
    language: LanguageTag | None = None
    channel: Channel
    service: str | None = None
    agreement: str | None = None
    category: str | None = None
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
