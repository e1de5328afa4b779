"""Services and agreements survive being stored, and what was stored by any version is read for ever."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from servicecrm import agreements
from servicecrm.agreements import (
    AGREEMENT,
    GENERAL_AGREEMENT,
    SERVICE,
    VIOLATION,
    Agreement,
    AgreementContact,
    AgreementPolicies,
    AgreementPolicy,
    AgreementReview,
    Aspect,
    ContactPurpose,
    Duty,
    EndOf,
    GeneralAgreement,
    GivenNotice,
    LevelTarget,
    Line,
    Party,
    Price,
    Promised,
    Service,
    ServiceDefinition,
    ServiceLevels,
    Support,
    Termination,
    TimeTarget,
    Violation,
    ViolationId,
    Warranty,
    WindDownStep,
    events,
    lifecycle,
    service_events,
    services,
)
from servicecrm.agreements.model import TERMS
from servicecrm.agreements.schema import POLICIES
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import base_type, evolve, field_names, is_personal, personal_fields
from servicecrm.kernel.values import Money
from servicecrm.tracking.signatures import Signature
from tests.agreements.making import ANN, CAFE, DAY, HOUR, MONDAY, at, general_in_force, in_force

GOLDEN = Path(__file__).parents[1] / "golden"
EVENTS = [getattr(facts, name) for facts in (events, service_events) for name in facts.__all__]

PRICE = Price(amount=Money(amount=Decimal("12.50"), currency="EUR"), per="quarter")
LEVELS = ServiceLevels(
    times=(
        TimeTarget(timer="resolution", within="4h business", priorities=("p1", "p2"), calendar="always"),
        TimeTarget(timer="resolution", within="1 business day"),
    ),
    levels=(
        LevelTarget(measure="availability", at_least=Decimal("99.50"), planned_counts=True),
        LevelTarget(measure="calls_lost", at_most=Decimal(5), unit="calls", per="week", aspect=Aspect.SUPPORT),
    ),
)

# -- golden files --------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed. When the document of a kind changes: raise
# `current` in its schema.py, add the upcast from the old version, write `v<n>.json` with the new one
# (`to_text(KIND.schema.dump(record))`), and leave the record below as it is, but for new fields.


def the_service() -> Service:
    words = FrozenMap({"en": "Water", "de": "Wasser"})
    definition = ServiceDefinition(
        name=words,
        utility=words,
        warranty=Warranty(availability=words, capacity=words, continuity=words, security=words),
        levels=LEVELS,
        requesting=words,
        price=PRICE,
        calendar="office",
        audience=frozenset({"business", "citizen"}),
        catalogues=frozenset({"web"}),
        supports=(Support(service="pumps", supplier="acme", levels=LEVELS), Support(service="grid")),
        cost=PRICE,
        resources=("two people", "a well"),
    )
    service = services.define(
        definition, id="service-1", number="SRV-2026-000001", owner="water-works", extra={"ward": 4}, by=ANN, at=MONDAY
    ).after
    service = services.plan(service, by=ANN, at=MONDAY).after
    service = services.release(service, effective=MONDAY + DAY, by=ANN, at=MONDAY + HOUR).after
    service = services.phase_out(service, by=ANN, at=MONDAY + 2 * DAY).after
    service = services.edit(service, evolve(definition, calendar="always"), by=ANN, at=MONDAY + 2 * DAY).after
    return services.retire(service, by=ANN, at=MONDAY + 3 * DAY).after


def the_general() -> GeneralAgreement:
    agreement = evolve(general_in_force(), levels=LEVELS, number="GEN-2026-000001", extra=FrozenMap({"box": 7}))
    return evolve(agreement, last_day=date(2027, 3, 1), ended_at=at(2026, 12, 1), predecessor="g-0", version=2)


def the_agreement() -> Agreement:
    agreement = in_force(
        "agreement-1",
        title="Water and gas",
        lines=(Line(service="water", version=2, levels=LEVELS, price=PRICE, calendar="office"),),
        general=[general_in_force()],
        duties=(Duty(party=Party.CUSTOMER, text="Pay in time."),),
        contacts=(AgreementContact(party=Party.PROVIDER, purpose=ContactPurpose.EMERGENCIES, person="vera"),),
        change_rule="In writing.",
        termination=Termination(notice="1 calendar month", to=EndOf.QUARTER, not_before=date(2026, 6, 30)),
        extension="12 calendar months",
        reporting="Every month.",
        review_every="6 months",
        glossary={"SLA": "This agreement."},
        zone="Europe/Vienna",
        last_day=date(2026, 3, 31),
        number="AGR-2026-000001",
        extra={"shelf": 3},
    )
    agreement = agreements.suspend(agreement, "Unpaid.", by=ANN, at=MONDAY + DAY).after
    agreement = agreements.resume(agreement, by=ANN, at=MONDAY + 2 * DAY).after
    agreement = agreements.review(agreement, "Slow.", decision="change", change="chg-1", by=ANN, at=MONDAY).after
    extended = agreements.advance(agreement, by=ANN, at=at(2026, 5, 1))
    assert extended is not None
    agreement = agreements.terminate(extended.after, "customer", reason="Moving.", by=ANN, at=at(2026, 5, 1)).after
    place = evolve(agreement.signatures[0], place="Graz")
    return evolve(
        agreement,
        notice=evolve(agreement.notice, override="Both agree."),
        signatures=(place, *agreement.signatures[1:]),
        ended_at=at(2026, 7, 1),
        predecessor="agreement-0",
        successor="agreement-2",
        source="filing cabinet",
    )


def the_violation() -> Violation:
    return Violation(
        id=ViolationId("agreement-1:water:resolution:CMP-2026-000001:1"),
        agreement="agreement-1",
        customer=CAFE,
        service="water",
        target="resolution",
        period="2026-04",
        record="CMP-2026-000001",
        value=Decimal("98.5"),
        limit=Decimal(99),
        due_at=MONDAY,
        found_at=MONDAY + DAY,
    )


def the_policies() -> AgreementPolicies:
    policy = AgreementPolicy(
        default=LEVELS,
        corporate=(Promised(levels=LEVELS, services=("water",)),),
        termination=Termination(),
        review_every="6 months",
        enough=Decimal("0.95"),
        wind_down=(WindDownStep(title="Export the data", owner="it", days_before=14),),
    )
    return AgreementPolicies().publish(policy, effective=MONDAY)


CURRENT: dict[str, tuple[Kind[Any], Callable[[], Any]]] = {
    "service": (SERVICE, the_service),
    "agreement": (AGREEMENT, the_agreement),
    "general_agreement": (GENERAL_AGREEMENT, the_general),
    "violation": (VIOLATION, the_violation),
    "agreement_policies": (POLICIES, the_policies),
}


def golden_files() -> Iterator[tuple[str, int]]:
    for path in sorted(GOLDEN.glob("*/v*.json")):
        if path.parent.name in CURRENT:
            yield path.parent.name, int(path.stem.removeprefix("v"))


@pytest.mark.parametrize(("kind", "version"), tuple(golden_files()))
def test_what_any_version_stored_is_read_as_the_same_record(kind: str, version: int) -> None:  # C127
    declared, record = CURRENT[kind]
    document = from_text((GOLDEN / kind / f"v{version}.json").read_text("utf-8"))

    assert declared.schema.load(document, version=version) == record()


@pytest.mark.parametrize("kind", CURRENT)
def test_the_current_version_has_a_golden_file(kind: str) -> None:
    declared, record = CURRENT[kind]
    stored = (GOLDEN / kind / f"v{declared.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(declared.schema.dump(record())))


@pytest.mark.parametrize("kind", CURRENT)
def test_a_golden_record_has_something_everywhere(kind: str) -> None:
    record = CURRENT[kind][1]()

    assert {name for name in field_names(type(record)) if getattr(record, name) in (None, "", ())} == set()


def test_a_digest_outlasts_being_stored() -> None:  # C029
    agreement = the_agreement()

    again = AGREEMENT.schema.load(from_text(to_text(AGREEMENT.schema.dump(agreement))))
    assert again.digest == agreement.digest


# -- finding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "column"), [(name, column.name) for name, (kind, _) in CURRENT.items() for column in kind.columns]
)
def test_records_can_be_asked_for_by_every_column(kind: str, column: str) -> None:
    assert isinstance(encoded(where(column) == None, CURRENT[kind][0]), Comparison)  # noqa: E711


@pytest.mark.parametrize("kind", CURRENT)
def test_every_record_can_be_indexed(kind: str) -> None:
    declared, record = CURRENT[kind]
    index = declared.index_of(record())

    assert set(index) - {"search"} == {column.name for column in declared.columns}


def test_agreements_and_services_are_found_by_what_they_rest_on() -> None:
    assert AGREEMENT.terms_of(the_agreement()) == {("services", "water"), ("general", "g-1")}
    assert SERVICE.terms_of(the_service()) == {("supports", "grid")}


# -- personal data -------------------------------------------------------------------------------

ABOUT_SOMEBODY = {"reason", "override", "findings", "place"}
RECORDS = [Agreement, GeneralAgreement, Service, Violation, GivenNotice, AgreementReview, Signature]


def nested(annotation: object) -> Iterator[type]:
    """The records within an annotation."""
    found = base_type(annotation)
    if isinstance(found, type) and attrs.has(found):
        yield found
    for part in get_args(found):
        yield from nested(part)


@pytest.mark.parametrize("cls", [*RECORDS, *EVENTS])
def test_what_tells_about_somebody_is_marked_as_personal(cls: type) -> None:
    for field in attrs.fields(cls):
        holds_personal = any(personal_fields(inner) for inner in nested(field.type))
        if field.name in ABOUT_SOMEBODY or holds_personal:
            assert is_personal(field.type), f"{cls.__name__}.{field.name} is not marked as personal"


def test_an_agreement_shows_nothing_personal() -> None:
    for secret in ("Moving", "Both agree", "Slow", "Graz", "shelf"):
        assert secret not in repr(the_agreement())


def test_what_is_signed_holds_nothing_that_is_to_be_erased_one_day() -> None:  # C029
    assert not personal_fields(Agreement) & set(TERMS)


# -- facts ---------------------------------------------------------------------------------------


def test_every_fact_has_a_type_of_its_own() -> None:
    types = [cls.type for cls in EVENTS]

    assert len(set(types)) == len(types)
    kinds = {kind.name for kind, _ in CURRENT.values()}
    assert all(cls.__base__ is Event and cls.type.partition(".")[0] in kinds for cls in EVENTS)


def test_a_kind_is_found_by_the_name_of_its_lifecycle() -> None:
    tables = (lifecycle.AGREEMENT, lifecycle.GENERAL, lifecycle.SERVICE)
    assert [kind.name for kind in (AGREEMENT, GENERAL_AGREEMENT, SERVICE)] == [table.name for table in tables]
