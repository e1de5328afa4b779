"""Cases survive being stored, and what was stored by any version is read for ever."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given

from servicecrm import cases
from servicecrm.cases import (
    CASE,
    Attribute,
    Case,
    CasePolicy,
    Choice,
    ClosingCode,
    Datatype,
    Evidence,
    Extension,
    ForwardClock,
    Holder,
    Link,
    LinkKind,
    Place,
    Promise,
    Referral,
    RequestType,
    Router,
    Routing,
    RoutingRule,
    UpdateRequest,
    Waiting,
    events,
)
from servicecrm.cases.policy import CasePolicies
from servicecrm.cases.routing import RoutingBook
from servicecrm.cases.schema import POLICIES, REQUEST_TYPE, ROUTING
from servicecrm.cases.types import RequestTypeBook
from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind, folded
from servicecrm.kernel.records import base_type, evolve, field_names, is_personal, personal_fields
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import without_moment
from tests.cases.making import DAY, HOUR, OFFICE, PAUL, WANDA, take
from tests.cases.shapes import some_cases

GOLDEN = Path(__file__).parents[1] / "golden"
EVENTS = [getattr(events, name) for name in events.__all__]


# -- round trips ---------------------------------------------------------------------------------


@given(some_cases())
def test_a_case_survives_being_stored(case: Case) -> None:
    document = from_text(to_text(CASE.schema.dump(case)))

    assert CASE.schema.load(document) == case


@given(some_cases())
def test_every_case_can_be_indexed(case: Case) -> None:
    index = CASE.index_of(case)

    assert set(index) == {column.name for column in CASE.columns} | {"search"}
    assert index["open"] == (case.closed_at is None)
    assert index["waiting_for"] == (case.waiting and case.waiting.for_)
    assert index["partner_reference"] == (case.referral and case.referral.reference)
    assert (index["promised_by"] is None) == (case.promise is None)
    assert (index["update_due_at"] is None) == (case.open_updates == ())
    assert folded(case.subject) in str(index["search"])
    assert CASE.terms_of(case) == {("tags", tag) for tag in case.tags} | {("links", link.case) for link in case.links}


@pytest.mark.parametrize("column", [column.name for column in CASE.columns])
def test_cases_can_be_asked_for_by_every_column(column: str) -> None:
    assert isinstance(encoded(where(column) == None, CASE), Comparison)  # noqa: E711


# -- golden files --------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed. When the document of a kind changes: raise
# `current` in its schema.py, add the upcast from the old version, write `v<n>.json` with the new one
# (`to_text(KIND.schema.dump(record))`), and leave the record below as it is, but for new fields.


def the_type() -> RequestType:
    return RequestType(
        code="no-water",
        name=FrozenMap({"en": "No water", "de": "Kein Wasser"}),
        description=FrozenMap({"en": "The tap is dry."}),
        group="water",
        keywords=("dry", "tap"),
        attributes=(
            Attribute(
                code="where",
                datatype=Datatype.SINGLE,
                required=True,
                order=1,
                description=FrozenMap({"en": "Where?"}),
                datatype_description=FrozenMap({"en": "Choose one."}),
                values=(Choice(key="flat", name=FrozenMap({"en": "One flat"})), Choice(key="street")),
            ),
            Attribute(code="hint", variable=False, order=2),
        ),
        targets=FrozenMap({"first action": "2 business days"}),
        queue="water",
    )


def the_type_book() -> RequestTypeBook:
    return RequestTypeBook(id="no-water").publish(the_type(), effective=MONDAY, until=MONDAY + 30 * DAY)


def the_routing_book() -> RoutingBook:
    rule = RoutingRule(
        name="hospital",
        types=("no-water",),
        areas=("11",),
        keywords=("hospital",),
        attributes=FrozenMap({"where": "street"}),
        queue="water",
        handler=WANDA,
    )
    return RoutingBook().publish(Router(rules=(rule,), default="desk"), effective=MONDAY)


def the_policies() -> CasePolicies:
    policy = CasePolicy(
        closing=(ClosingCode(code="unreachable", needs=Evidence.ATTEMPTS, action=False),),
        attempts_needed=4,
        reopen_within=7 * DAY,
        forward_clock=ForwardClock.RESET,
        forward_limit=2,
        extension_limit=0,
        updates_per_day=1,
        partner_statuses=FrozenMap({"roads-agency": {"Fixed": "done"}}),
    )
    return CasePolicies().publish(policy, effective=MONDAY)


def the_case() -> Case:
    case = cases.open(
        id="case-1",
        number="CAS-2026-000042",
        subject="No water since Monday",
        text="The whole street is dry.",
        channel="phone",
        language="de-AT",
        requester="citizen-7",
        requester_name="Rosa Kern",
        contact=ContactPoint(kind=ContactKind.EMAIL, value="rosa@home.example"),
        sponsor="council-3",
        place=Place(address="Harbour Lane 5", address_id="A-77", zipcode="1100", latitude=48.2, longitude=16.4),
        service="water",
        request_type=the_type(),
        type_version=1,
        attributes={"where": "street"},
        priority="p2",
        links=(Link(kind=LinkKind.RELATED, case="case-9"),),
        tags=("street", "media"),
        extra={"ward": 4, "map": [48.2, 16.4]},
        by=OFFICE,
        at=MONDAY.replace(minute=30),
        received_at=MONDAY,
        policy_version=2,
    ).after
    case = cases.route(
        case, Routing(queue="water", handler=PAUL, rule="water", deputy_for=WANDA), by=OFFICE, at=MONDAY + HOUR
    ).after
    actions = (
        "accept promise extend forward accept refer partner_update contact request_update give_update message answer "
        "close reopen link void wait request_update"
    )
    for hour, action in enumerate(actions.split(), start=2):
        at = MONDAY + hour * HOUR
        if action == "void":  # when this was written, even a reopening that still held could be voided
            voided = events.MomentVoided(**stamp(OFFICE, at), reason="a mistake")
            case = evolve(case, moments=without_moment(case.moments, case.moments[-1].n, voided))
            continue
        case = take(case, action, at=at).after
    return case


CURRENT: dict[str, tuple[Kind[Any], Callable[[], object]]] = {
    "case": (CASE, the_case),
    "request_type": (REQUEST_TYPE, the_type_book),
    "case_routing": (ROUTING, the_routing_book),
    "case_policies": (POLICIES, the_policies),
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


def test_the_golden_case_has_something_everywhere_but_in_its_end() -> None:
    case = the_case()
    empty = {name for name in field_names(Case) if getattr(case, name) in (None, "", (), 0)}

    assert empty == {"revision", "answered_at", "closed_at", "closing_code", "without_action"}
    assert len(case.open_updates) == 1


# -- personal data -------------------------------------------------------------------------------

ABOUT_SOMEBODY = {
    "requester_name",
    "contact",
    "subject",
    "text",
    "place",
    "address",
    "address_id",
    "zipcode",
    "latitude",
    "longitude",
    "attributes",
    "reason",
    "note",
    "extra",
}
RECORDS = [Case, Place, Holder, Extension, Promise, UpdateRequest, Waiting, Link, Referral]


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


def test_a_case_shows_nothing_personal() -> None:
    for secret in ("Rosa", "rosa@", "Harbour", "dry", "knows the street", "48.2"):
        assert secret not in repr(the_case())


# -- facts ---------------------------------------------------------------------------------------


def test_every_fact_has_a_type_of_its_own() -> None:
    types = [cls.type for cls in EVENTS]

    assert len(set(types)) == len(types)
    assert all(cls.__base__ is Event and cls.type.startswith("case.") for cls in EVENTS)


def test_a_kind_is_found_by_the_name_of_its_lifecycle() -> None:
    declared: Kind[Case] = CASE

    assert declared.name == cases.LIFECYCLE.name
    assert declared.prefix == "CAS"
