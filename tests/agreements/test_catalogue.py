"""The catalogue shows what is offered, to those it is for, and nothing internal."""

from decimal import Decimal

from servicecrm.agreements import Price, Support, Warranty, catalogue, services
from servicecrm.kernel.documents import converter, to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.values import Money
from tests.agreements.making import ANN, DAY, MONDAY, a_service, live

COSTLY = Price(amount=Money(amount=Decimal("777.77"), currency="EUR"))


def test_only_live_services_are_in_it() -> None:  # C026, S0-I2
    planned = services.plan(a_service("planned"), by=ANN, at=MONDAY).after
    retired = services.retire(services.phase_out(live("old"), by=ANN, at=MONDAY).after, by=ANN, at=MONDAY + DAY).after
    every = [planned, retired, live("new"), a_service("proposed")]

    assert [offer.service for offer in catalogue(every, at=MONDAY + DAY)] == ["new"]


def test_it_shows_nothing_internal() -> None:  # C026
    service = live(cost=COSTLY, resources=("night shift",), supports=(Support(service="pumps", supplier="acme"),))

    (offer,) = catalogue([service], at=MONDAY)
    shown = to_text(converter().unstructure(offer))

    assert not [secret for secret in ("777.77", "night shift", "pumps", "acme", "cost") if secret in shown]


def test_it_is_for_those_who_are_named_and_a_catalogue_of_its_name() -> None:  # C026
    every = [
        live("all"),
        live("firms", audience={"business"}),
        live("online", catalogues={"web"}),
    ]

    def shown(name: str | None = None, **audience: object) -> list[str]:
        return [offer.service for offer in catalogue(every, name, at=MONDAY, **audience)]  # type: ignore[arg-type]

    assert shown() == ["all", "firms", "online"]
    assert shown(audience={"citizen"}) == ["all", "online"]
    assert shown(audience="business") == ["all", "firms", "online"]
    assert shown("print") == ["all", "firms"]


def test_it_speaks_the_language_of_the_reader() -> None:  # C026, C093
    service = live(
        name={"en": "Water", "de": "Wasser"},
        utility={"en": "It runs."},
        warranty=Warranty(availability=FrozenMap({"de": "Rund um die Uhr"})),
    )

    (offer,) = catalogue([service], at=MONDAY, language="de-AT")

    assert (offer.name, offer.utility) == ("Wasser", "It runs.")
    assert offer.warranty == {"availability": "Rund um die Uhr"}
