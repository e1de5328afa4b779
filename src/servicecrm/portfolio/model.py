"""What a customer is."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import LanguageTag
from servicecrm.portfolio.codes import CustomerKind
from servicecrm.portfolio.parts import (
    Assignment,
    Channel,
    Consent,
    Contact,
    ExternalScore,
    Hold,
    Observation,
    Served,
    TakenIn,
    Tenure,
)

__all__ = ["Customer", "CustomerId"]

CustomerId = NewType("CustomerId", str)


@record
class Customer:
    """A customer, everybody to turn to there, and who looks after it here.

    `parent` is the customer that this one is a part of, `origin` the prospect that it came from. `references` are its
    keys in other systems, such as `erp:4711`. `managers` follow each other without a gap; `handover_at` is when the
    last one begins, while that is to come. `served` are the times in which it was served. `verified_at` is when
    somebody last found that all this is right. `merged_into` is the customer that it goes on as, and `taken_in` are
    those that go on as this one. Older versions are in the journal.

    Source: C009-C016, C018, C021, C022.
    """

    id: CustomerId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    name: Personal[str] = attrs.field(validator=filled)
    kind: CustomerKind = CustomerKind.EXTERNAL
    parent: str | None = attrs.field(default=None, validator=filled)
    origin: str | None = None
    language: LanguageTag | None = None
    services: frozenset[str] = frozenset()
    references: Personal[frozenset[str]] = frozenset()
    tags: frozenset[str] = frozenset()

    contacts: Personal[tuple[Contact, ...]] = ()
    managers: tuple[Tenure, ...] = ()
    handover_at: datetime | None = None
    channels: tuple[Channel, ...] = ()

    profile: Personal[tuple[Observation, ...]] = ()
    consents: tuple[Consent, ...] = ()
    classes: tuple[Assignment, ...] = ()
    scores: Personal[tuple[ExternalScore, ...]] = ()
    holds: tuple[Hold, ...] = ()

    added_at: datetime
    recorded_at: datetime
    served: tuple[Served, ...] = ()
    verified_at: datetime | None = None
    leaving_reason: str | None = None
    merged_into: str | None = None
    taken_in: tuple[TakenIn, ...] = ()
    extra: Personal[FrozenMap] = EMPTY

    @property
    def activated_at(self) -> datetime | None:
        """When it was served first."""
        return self.served[0].since if self.served else None

    @property
    def ended_at(self) -> datetime | None:
        """When it was served last; None while it is, or if it never was."""
        return self.served[-1].until if self.served else None

    @property
    def tenure(self) -> Tenure | None:
        """Who looks after it and who stands in: the last one who began, if nobody has ended that."""
        begun = self.managers if self.handover_at is None else self.managers[:-1]
        return begun[-1] if begun and begun[-1].until == self.handover_at else None

    @property
    def account_manager(self) -> str | None:
        """Who looks after it; whoever is to come on does so from the day of the handover."""
        return None if self.tenure is None else self.tenure.manager

    @property
    def deputy(self) -> str | None:
        """Who stands in for the account manager."""
        return None if self.tenure is None else self.tenure.deputy
