"""What a proposal is: that something is to change, where the idea comes from, and what was said to it."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.improvements.codes import HandedTo, ProposalKind
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.moments import Side

__all__ = ["Origin", "Proposal", "ProposalId"]

ProposalId = NewType("ProposalId", str)


@record
class Origin:
    """A record that a proposal comes from, such as a complaint: `Origin(kind="complaint", id="c-1")`."""

    kind: str = attrs.field(validator=filled)
    id: str = attrs.field(validator=filled)

    @property
    def key(self) -> str:
        """What proposals are found by: `complaint:c-1`."""
        return f"{self.kind}:{self.id}"


@record
class Proposal:
    """A proposal to change a service or a process, and what becomes of it.

    `raised_by` is whoever had the idea, for a customer or a partner (`outside`) or for us (`inside`). `raised_from` are
    the records that gave the idea. `about` is the service or the process that is to change. `owner` decides about it.
    `handed_to` and `target` say who carries it out, under which id.

    Source: C107; YaSM, service-change and process-change proposals.
    """

    id: ProposalId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    kind: ProposalKind
    text: Personal[str] = attrs.field(validator=filled)
    about: str | None = attrs.field(default=None, validator=filled)
    benefit: Personal[str] = ""
    raised_by: str = attrs.field(validator=filled)
    side: Side = Side.INSIDE
    raised_from: tuple[Origin, ...] = ()
    raised_at: datetime
    owner: str | None = attrs.field(default=None, validator=filled)

    answer: Personal[str] | None = attrs.field(default=None, validator=filled)
    decided_at: datetime | None = None
    handed_to: HandedTo | None = None
    target: str | None = attrs.field(default=None, validator=filled)
    handed_over_at: datetime | None = None
    extra: Personal[FrozenMap] = EMPTY
