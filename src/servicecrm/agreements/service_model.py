"""What a service is: its phase, and its definition in versions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NewType

import attrs

from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.words import by_language, in_language
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import distinct, filled, whole
from servicecrm.kernel.values import Money

__all__ = ["Price", "Service", "ServiceDefinition", "ServiceId", "ServiceVersion", "Support", "Warranty"]

ServiceId = NewType("ServiceId", str)


def _names(given: Iterable[str]) -> frozenset[str]:
    return distinct("ServiceDefinition", given)


@record
class Price:
    """What a service costs, once or again and again."""

    amount: Money
    per: Literal["once", "use", "month", "quarter", "year"] = "month"


@record
class Warranty:
    """What the customer can rely on, in words, by language. What can be measured is in the levels."""

    availability: FrozenMap = attrs.field(default=EMPTY, converter=by_language)
    capacity: FrozenMap = attrs.field(default=EMPTY, converter=by_language)
    continuity: FrozenMap = attrs.field(default=EMPTY, converter=by_language)
    security: FrozenMap = attrs.field(default=EMPTY, converter=by_language)


@record
class Support:
    """A service that another one rests on: one of our own by its id, or one of a `supplier`.

    `levels` are what the supplier promises; those of our own service are looked up.
    """

    service: str = attrs.field(validator=filled)
    supplier: str | None = attrs.field(default=None, validator=filled)
    levels: ServiceLevels = attrs.field(factory=ServiceLevels)


@record
class ServiceDefinition:
    """What a service is, and what of it is guaranteed.

    `utility` says what it does for a customer, `warranty` and `levels` how well. `audience` are those that it is for,
    in your own words, such as `business`; it is for all if nobody is named. `catalogues` are those that it stands in,
    by the same rule. `requesting` says how one gets it. `cost`, `resources` and what it rests on are internal, and no
    catalogue shows them.

    Source: C025; YaSM service definition.
    """

    name: FrozenMap = attrs.field(converter=by_language)
    utility: FrozenMap = attrs.field(default=EMPTY, converter=by_language)
    warranty: Warranty = attrs.field(factory=Warranty)
    levels: ServiceLevels = attrs.field(factory=ServiceLevels)
    requesting: FrozenMap = attrs.field(default=EMPTY, converter=by_language)
    price: Price | None = None
    calendar: str = attrs.field(default="default", validator=filled)
    audience: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    catalogues: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    supports: tuple[Support, ...] = attrs.field(default=(), converter=tuple)
    cost: Price | None = None
    resources: tuple[str, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        if not self.name:
            raise InvalidValue("ServiceDefinition.name", "a service has a name in one language or more")

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The services of our own that it rests on."""
        return tuple(each.service for each in self.supports if each.supplier is None)


@record
class ServiceVersion:
    """A definition as it was released; it never changes. It is offered from `effective` on."""

    number: int
    definition: ServiceDefinition
    digest: str
    released_by: str
    released_at: datetime
    effective: datetime


@record
class Service:
    """A service: the phase in which it is, and its definition, which is released in versions.

    `definition` is what is worked on. It may be another one already than that of the last version, which is offered.

    Services, owners and suppliers are opaque ids. Nothing about customers or other persons belongs in a definition.

    Source: C025.
    """

    id: ServiceId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    owner: str = attrs.field(validator=filled)
    definition: ServiceDefinition
    versions: tuple[ServiceVersion, ...] = ()

    proposed_at: datetime
    retiring_at: datetime | None = None
    retired_at: datetime | None = None
    extra: FrozenMap = EMPTY

    @property
    def current(self) -> ServiceDefinition:
        """What holds: the definition of the last version or, before the first one, what is proposed."""
        return self.versions[-1].definition if self.versions else self.definition

    def version(self, number: int) -> ServiceVersion:
        """The version with this number.

        Raises:
            InvalidValue: there is none.
        """
        if not 1 <= whole("version", number) <= len(self.versions):
            raise InvalidValue("service", f"there is no version {number}; released so far: {len(self.versions)}")
        return self.versions[number - 1]

    def offered(self, at: datetime) -> ServiceVersion | None:
        """The version that new customers get at a time; None if they get none.

        What is being phased out is offered to nobody new.
        """
        end = min((each for each in (self.retiring_at, self.retired_at) if each is not None), key=micros, default=None)
        if end is not None and micros(end) <= micros(at):
            return None
        return next((each for each in reversed(self.versions) if micros(each.effective) <= micros(at)), None)

    def title(self, language: str = "en") -> str:
        """Its name in a language, or the nearest one that there is."""
        return in_language(self.current.name, language) or self.id
