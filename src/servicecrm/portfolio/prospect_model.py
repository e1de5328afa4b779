"""What a prospect is: somebody who may become a customer, and what was offered."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import LanguageTag, Money
from servicecrm.portfolio.codes import CustomerKind, OfferAnswer
from servicecrm.portfolio.parts import Contact

__all__ = ["Offer", "Prospect", "ProspectId"]

ProspectId = NewType("ProspectId", str)


@record
class Offer:
    """Something that was offered: to whom, when, for how much, and what was said to it.

    `to` is the id of the contact that it was presented to.
    """

    id: str = attrs.field(validator=filled)
    title: Personal[str] = attrs.field(validator=filled)
    service: str | None = attrs.field(default=None, validator=filled)
    price: Money | None = None
    to: str | None = attrs.field(default=None, validator=filled)
    presented_at: datetime
    answer: OfferAnswer | None = None
    answered_at: datetime | None = None


@record
class Prospect:
    """Somebody who may become a customer, and how far that has come.

    `seller` is whoever is in touch with it here, `source` how it was found. `campaign` and `brand` are words to count
    by. `customer` is what it became.

    Source: C015; YaSM SP3.1; SRM, sales and marketing.
    """

    id: ProspectId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    name: Personal[str] = attrs.field(validator=filled)
    kind: CustomerKind = CustomerKind.EXTERNAL
    language: LanguageTag | None = None
    contacts: Personal[tuple[Contact, ...]] = ()
    seller: str | None = attrs.field(default=None, validator=filled)
    source: str | None = attrs.field(default=None, validator=filled)
    campaign: str | None = attrs.field(default=None, validator=filled)
    brand: str | None = attrs.field(default=None, validator=filled)
    interests: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    offers: tuple[Offer, ...] = ()

    added_at: datetime
    recorded_at: datetime
    contacted_at: datetime | None = None
    resume_at: datetime | None = None
    ended_at: datetime | None = None
    lost_reason: str | None = None
    customer: str | None = None
    extra: Personal[FrozenMap] = EMPTY
