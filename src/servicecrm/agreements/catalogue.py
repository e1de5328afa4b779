"""The services that customers can have, as they are to see them."""

from collections.abc import Collection, Iterable, Set
from datetime import datetime

import attrs

from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.service_model import Price, Service, ServiceDefinition
from servicecrm.agreements.words import in_language
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import fields_of, record
from servicecrm.kernel.shapes import distinct

__all__ = ["Offer", "catalogue"]


@record
class Offer:
    """A service as a customer sees it, in one language. Nothing internal is in here."""

    service: str
    version: int
    name: str
    utility: str | None = None
    warranty: FrozenMap = EMPTY
    levels: ServiceLevels = attrs.field(factory=ServiceLevels)
    requesting: str | None = None
    price: Price | None = None
    calendar: str = "default"


def catalogue(
    services: Iterable[Service],
    name: str | None = None,
    *,
    audience: Collection[str] | None = None,
    at: datetime,
    language: str = "en",
) -> tuple[Offer, ...]:
    """What is offered at a time, by name. Only live services are, and internal figures are left out.

    `audience` is what the customer is, such as `{"business"}`: what is only for others is left out. Without it
    everything is there. `name` is that of one of several catalogues.

    Raises:
        InvalidValue: the audience is neither a word nor several.

    Source: C026.
    """
    who = None if audience is None else {audience} if isinstance(audience, str) else distinct("audience", audience)
    offers = []
    for service in services:
        version = service.offered(at)
        if version is not None and _is_for(version.definition, who, name):
            offers.append(_offer(service, version.number, version.definition, language))
    return tuple(sorted(offers, key=lambda offer: (offer.name.casefold(), offer.service)))


def _is_for(definition: ServiceDefinition, who: Set[str] | None, name: str | None) -> bool:
    listed = name is None or not definition.catalogues or name in definition.catalogues
    return listed and (who is None or not definition.audience or bool(who & definition.audience))


def _offer(service: Service, number: int, definition: ServiceDefinition, language: str) -> Offer:
    warranty = {
        aspect: text
        for aspect, words in fields_of(definition.warranty).items()
        if isinstance(words, FrozenMap) and (text := in_language(words, language)) is not None
    }
    return Offer(
        service=service.id,
        version=number,
        name=in_language(definition.name, language) or service.id,
        utility=in_language(definition.utility, language),
        warranty=FrozenMap(warranty),
        levels=definition.levels,
        requesting=in_language(definition.requesting, language),
        price=definition.price,
        calendar=definition.calendar,
    )
