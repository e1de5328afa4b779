"""What a need of a customer is, or a plan for the future."""

from datetime import date, datetime
from typing import NewType

import attrs

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.reviews.codes import NeedKind, Route

__all__ = ["Need", "NeedId"]

NeedId = NewType("NeedId", str)


@record
class Need:
    """Something that a customer needs, or plans.

    `horizon` is the day by which it matters. `source_kind` and `source` name where it was said, such as a meeting.
    `duplicate_of` is another need that says the same; each customer is answered for itself. `route` says who goes on
    with it, and `target` is what it became there. `answer` is what the customer was told in the end.

    Source: C086; YaSM SP3.5; FitSM, customer demands and requirements.
    """

    id: NeedId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    kind: NeedKind = NeedKind.NEED
    text: Personal[str] = attrs.field(validator=filled)
    service: str | None = attrs.field(default=None, validator=filled)
    horizon: date | None = None
    source_kind: str = attrs.field(validator=filled)
    source: str = attrs.field(validator=filled)
    duplicate_of: str | None = None

    captured_at: datetime
    confirmed_at: datetime | None = None
    route: Route | None = None
    target: str | None = attrs.field(default=None, validator=filled)
    routed_at: datetime | None = None
    answer: Personal[str] | None = attrs.field(default=None, validator=filled)
    ended_at: datetime | None = None
    extra: Personal[FrozenMap] = EMPTY
