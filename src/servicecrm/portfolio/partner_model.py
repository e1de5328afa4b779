"""What a partner is: somebody who works with us for our customers, and how well."""

from datetime import date, datetime
from typing import NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.portfolio.codes import PartnerRole
from servicecrm.portfolio.parts import Channel, Contact
from servicecrm.portfolio.shapes import figure

__all__ = ["Criterion", "Evaluation", "Partner", "PartnerId"]

PartnerId = NewType("PartnerId", str)


@record
class Criterion:
    """What was looked at: its score from 0 to 100, and its weight; no score if it could not be judged.

    Raises:
        InvalidValue: the score is not from 0 to 100, or the weight is nothing or less.
    """

    name: str = attrs.field(validator=filled)
    score: float | None = attrs.field(converter=figure)
    weight: float = attrs.field(default=1.0, converter=figure)
    remark: Personal[str] | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        if self.score is not None and not 0 <= self.score <= 100:
            raise InvalidValue("Criterion.score", "a score is from 0 to 100")
        if self.weight <= 0:
            raise InvalidValue("Criterion.weight", "a weight is more than nothing")


@record
class Evaluation:
    """How well a partner worked from a day to another, both included. `actions` are the ids of what is done about it.

    `score` is the mean of the criteria that have one, by their weights.

    Source: C023; SRM, partner relationship management.
    """

    first: date
    last: date
    criteria: tuple[Criterion, ...]
    score: float | None
    summary: Personal[str] = ""
    actions: frozenset[str] = frozenset()
    by: str
    at: datetime

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidValue("Evaluation.last", "a period does not end before it begins")


@record
class Partner:
    """Somebody who works with us for our customers: a reseller, an agent, a supplier.

    `customer` is the id of the same party, if it is a customer too. `since` is when it began to work with us.

    Source: C023.
    """

    id: PartnerId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    name: Personal[str] = attrs.field(validator=filled)
    role: PartnerRole
    customer: str | None = attrs.field(default=None, validator=filled)
    manager: str | None = attrs.field(default=None, validator=filled)
    contacts: Personal[tuple[Contact, ...]] = ()
    channels: tuple[Channel, ...] = ()
    services: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    evaluations: tuple[Evaluation, ...] = ()

    added_at: datetime
    recorded_at: datetime
    since: datetime | None = None
    ended_at: datetime | None = None
    evaluation_due_at: datetime | None = None
    extra: Personal[FrozenMap] = EMPTY
