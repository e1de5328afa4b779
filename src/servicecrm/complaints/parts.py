"""What a complaint is made of: its judgements, its steps, what was found, offered and answered, and its links."""

from datetime import datetime

import attrs

from servicecrm.complaints.codes import (
    AccessNeed,
    LinkKind,
    RemedyStatus,
    ResponseKind,
    Verdict,
    Vulnerability,
)
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Money

__all__ = ["Finding", "HandlingStep", "Investigation", "Judgement", "Link", "Needs", "Referral", "Remedy", "Response"]


@record
class Needs:
    """What the complainant needs from us, besides an answer."""

    vulnerabilities: Personal[frozenset[Vulnerability]] = frozenset()
    access: Personal[frozenset[AccessNeed]] = frozenset()


@record
class Judgement:
    """Whether the complaint is justified, and on which grounds; `by` is whoever decided so, at a stage of handling."""

    verdict: Verdict
    grounds: Personal[str] = attrs.field(validator=filled)
    by: str
    at: datetime
    stage: int = 1


@record
class HandlingStep:
    """Something that has to be done about the complaint: an action item, whose id is `action`.

    A mandatory one has to be done before the complaint is answered.
    """

    action: str = attrs.field(validator=filled)
    mandatory: bool = True
    done_at: datetime | None = None


@record
class Finding:
    """What somebody found out. The evidence is named, not kept: `evidence` are references of the host."""

    text: Personal[str] = attrs.field(validator=filled)
    evidence: tuple[str, ...] = ()
    by: str
    at: datetime


@record
class Investigation:
    """What was found out, and the cause behind it: a code of the house, in words where these are needed."""

    findings: Personal[tuple[Finding, ...]] = ()
    cause: str | None = attrs.field(default=None, validator=filled)
    cause_text: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class Remedy:
    """Something that is done for the complainant, and how far it has come; it may cost an `amount`.

    `kind` is a `RemedyKind`, or one that the house has added. `proposed_by` is whoever decided on it, `written_by`
    whoever wrote that down.

    Raises:
        InvalidValue: the amount is below nothing.
    """

    kind: str = attrs.field(validator=filled)
    text: Personal[str] | None = attrs.field(default=None, validator=filled)
    amount: Money | None = None
    status: RemedyStatus
    proposed_by: str
    written_by: str | None = None
    approved_by: str | None = None
    proposed_at: datetime | None = None
    offered_at: datetime | None = None
    valid_until: datetime | None = None
    answered_at: datetime | None = None
    provided_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        if self.amount is not None and not self.amount.amount >= 0:
            raise InvalidValue("Remedy.amount", "a remedy costs nothing or more")


@record
class Response:
    """The final response: the message that it is, what it says in law, and where else it says one can turn.

    `accepted` is what the complainant said to it; None while nothing was said.
    """

    message: str
    kind: ResponseKind | None = None
    by: str
    at: datetime
    stage: int = 1
    recourse: tuple[str, ...] = ()
    accepted: bool | None = None


@record
class Referral:
    """An authority or a partner that the complaint was passed to: the whole of it, or a part."""

    to: str = attrs.field(validator=filled)
    whole: bool
    reference: str | None = attrs.field(default=None, validator=filled)
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
    at: datetime


@record
class Link:
    """Another complaint that this one belongs to."""

    kind: LinkKind
    complaint: str = attrs.field(validator=filled)
