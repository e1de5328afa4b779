"""Ready-made services and agreements for tests."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from servicecrm import agreements
from servicecrm.agreements import (
    Agreement,
    GeneralAgreement,
    LevelTarget,
    Line,
    Service,
    ServiceDefinition,
    ServiceLevels,
    Support,
    TimeTarget,
    general,
    services,
)
from servicecrm.kernel.records import evolve

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = "ann@city.example"
CAFE = "harbour-cafe"
APRIL = date(2026, 4, 1)

RESOLVED = TimeTarget(timer="resolution", within="8h business")
AVAILABLE = LevelTarget(measure="availability", at_least=Decimal("99.5"))
LEVELS = ServiceLevels(times=(RESOLVED,), levels=(AVAILABLE,))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def a_definition(**changes: Any) -> ServiceDefinition:
    """What a service is, with some fields as the test needs them."""
    return ServiceDefinition(**{"name": {"en": "Water supply"}, "levels": LEVELS, **changes})


def a_service(id: str = "water", *, rests_on: tuple[str, ...] = (), **changes: Any) -> Service:
    """A service that is proposed."""
    definition = a_definition(**{"supports": tuple(Support(service=each) for each in rests_on), **changes})
    return services.define(definition, id=id, owner="water-works", by=ANN, at=MONDAY).after


def live(id: str = "water", *, rests_on: tuple[str, ...] = (), **changes: Any) -> Service:
    """A service that is offered, in its first version."""
    planned = services.plan(a_service(id, rests_on=rests_on, **changes), by=ANN, at=MONDAY).after
    return services.release(planned, by=ANN, at=MONDAY).after


def a_draft(id: str = "a-1", **terms: Any) -> Agreement:
    """An agreement with the cafe about water, not yet proposed."""
    given = {"title": "Water", "lines": (Line(service="water", levels=LEVELS),), "first_day": APRIL, **terms}
    return agreements.draft(id=id, customer=CAFE, by=ANN, at=MONDAY, **given).after


def agreed(id: str = "a-1", **terms: Any) -> Agreement:
    """One that the customer has accepted."""
    proposed = agreements.propose(a_draft(id, **terms), by=ANN, at=MONDAY).after
    return agreements.accept(proposed, "customer", by=ANN, at=MONDAY).after


def signed(id: str = "a-1", **terms: Any) -> Agreement:
    """One that both have signed."""
    half = agreements.sign(agreed(id, **terms), "customer", by="rosa", at=MONDAY).after
    return agreements.sign(half, "provider", by=ANN, at=MONDAY).after


def in_force(id: str = "a-1", **terms: Any) -> Agreement:
    """One that is in force since it was signed."""
    decision = agreements.advance(signed(id, **{"first_day": MONDAY.date(), **terms}), by=ANN, at=MONDAY)
    assert decision is not None
    return decision.after


def a_general(id: str = "g-1", **fields: Any) -> GeneralAgreement:
    """A general agreement with the cafe, not yet signed."""
    given = {"customer": CAFE, "first_day": MONDAY.date(), **fields}
    return general.draft("We answer within a day.", id=id, by=ANN, at=MONDAY, **given).after


def general_in_force(id: str = "g-1", **fields: Any) -> GeneralAgreement:
    """One that both have signed."""
    (half,) = general.sign(a_general(id, **fields), "customer", by="rosa", at=MONDAY)
    (whole,) = general.sign(half.after, "provider", by=ANN, at=MONDAY)
    return whole.after


def changed(agreement: Agreement, **changes: object) -> Agreement:
    return evolve(agreement, **changes)
