"""What every ticket has: a complaint or a case, which somebody brings to us and somebody handles."""

from datetime import datetime
from typing import Protocol

import attrs

from servicecrm.kernel.moves import HasState
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.tracking.moments import Moments

__all__ = ["Channel", "Priority", "Ticket", "Waiting", "WaitingFor"]


class Channel(Code):
    """How it reached us."""

    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"
    WEB = "web"
    CHAT = "chat"
    COUNTER = "counter"
    SOCIAL = "social"
    SURVEY = "survey"
    OTHER = "other"


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


@record
class Waiting:
    """Why handling stands still, since when, and until when at most."""

    for_: WaitingFor
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
    since: datetime
    until: datetime | None = None


class Ticket(HasState, Protocol):
    """What its chronology and its correspondence read of a record."""

    @property
    def id(self) -> str: ...

    @property
    def channel(self) -> Channel: ...

    @property
    def language(self) -> str | None: ...

    @property
    def waiting(self) -> Waiting | None: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def answered_at(self) -> datetime | None: ...

    @property
    def closed_at(self) -> datetime | None: ...

    @property
    def moments(self) -> Moments: ...
