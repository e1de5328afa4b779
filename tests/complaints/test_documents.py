"""Complaints survive being stored, and what was stored by any version is read for ever."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given

from servicecrm import complaints
from servicecrm.complaints import (
    COMPLAINT,
    AccessNeed,
    Complaint,
    Finding,
    HandlingStep,
    Investigation,
    Judgement,
    Link,
    LinkKind,
    MomentKind,
    Needs,
    Priority,
    Referral,
    Remedy,
    RemedyKind,
    RemedyStatus,
    Response,
    ResponseKind,
    Severity,
    Verdict,
    Vulnerability,
    Waiting,
    WaitingFor,
    deciding_events,
    events,
)
from servicecrm.complaints.events import MomentVoided
from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind, folded
from servicecrm.kernel.records import base_type, evolve, field_names, is_personal, personal_fields
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint, Money
from servicecrm.testing.makers import MONDAY, a_message, an_actor
from servicecrm.testing.strategies import complaints as some_complaints
from servicecrm.testing.taking import take
from servicecrm.tracking import MESSAGE, Message, without_moment

GOLDEN = Path(__file__).parents[1] / "golden"
EVENTS = [getattr(facts, name) for facts in (events, deciding_events) for name in facts.__all__]


# -- round trips ---------------------------------------------------------------------------------


@given(some_complaints())
def test_a_complaint_survives_being_stored(complaint: Complaint) -> None:
    document = from_text(to_text(COMPLAINT.schema.dump(complaint)))

    assert COMPLAINT.schema.load(document) == complaint


@given(some_complaints())
def test_every_complaint_can_be_indexed(complaint: Complaint) -> None:
    index = COMPLAINT.index_of(complaint)

    assert set(index) == {column.name for column in COMPLAINT.columns} | {"search"}
    assert index["open"] == (complaint.closed_at is None)
    assert index["waiting_for"] == (complaint.waiting and complaint.waiting.for_)
    assert folded(complaint.subject) in str(index["search"])
    terms = COMPLAINT.terms_of(complaint)
    assert {value for field, value in terms if field == "tags"} == complaint.tags
    assert {value for field, value in terms if field == "issues"} == complaint.issues
    assert len([field for field, _ in terms if field == "remedies"]) == len(complaint.remedies)


@pytest.mark.parametrize("column", [column.name for column in COMPLAINT.columns])
def test_complaints_can_be_asked_for_by_every_column(column: str) -> None:
    assert isinstance(encoded(where(column) == None, COMPLAINT), Comparison)  # noqa: E711


# -- golden files --------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed. When the document of a kind changes: raise
# `current` in its schema.py, add the upcast from the old version, write `v<n>.json` with the new one
# (`to_text(KIND.schema.dump(record))`), and leave the record below as it is, but for new fields.


def the_first_complaint() -> Complaint:
    """As version 1 wrote it."""
    complaint = complaints.record(
        id="complaint-1",
        number="CMP-2026-000042",
        subject="No water since Monday",
        text="The whole street is dry.",
        remedy_sought="Water, and a refund",
        channel="phone",
        language="de-AT",
        customer="customer-7",
        complainant="the landlady",
        contact=ContactPoint(kind=ContactKind.EMAIL, value="landlady@home.example"),
        on_behalf_of="tenant-3",
        service="water",
        agreement="agreement-2",
        category="outage",
        severity="high",
        due_at=MONDAY.replace(day=9),
        tags=frozenset({"media", "street"}),
        extra=FrozenMap({"ward": 4, "map": [48.2, 16.4]}),
        by=an_actor(),
        at=MONDAY.replace(minute=30),
        received_at=MONDAY,
        policy_version=2,
    ).after
    actions = "acknowledge assign assess wait resume forward message answer close reopen void wait"
    for hour, action in enumerate(actions.split(), start=10):
        at = MONDAY.replace(hour=hour)
        if action == "answer":
            complaint = take(complaint, "judge", by=an_actor(), at=at).after
        if action == "void":  # version 1 let even a reopening be voided that still held
            voided = MomentVoided(**stamp(an_actor(), at), reason="a mistake")
            complaint = evolve(complaint, moments=without_moment(complaint.moments, complaint.moments[-1].n, voided))
            continue
        complaint = take(complaint, action, by=an_actor(), at=at).after
    # When version 1 was written, an assessment and a date were no moments yet, and nothing was judged.
    new = (MomentKind.RATED, MomentKind.JUDGED, MomentKind.DUE)
    kept = [moment for moment in complaint.moments if moment.kind not in new]
    moments = tuple(evolve(moment, n=n, voids=moment.voids and moment.voids - 3) for n, moment in enumerate(kept, 1))
    return evolve(complaint, moments=moments, judgements=(), decided_by=frozenset())


def the_second_complaint() -> Complaint:
    """As version 2 wrote it: a remedy did not say yet when it was proposed."""
    complaint = the_complaint()
    return evolve(complaint, remedies=tuple(evolve(each, proposed_at=None) for each in complaint.remedies))


def the_complaint() -> Complaint:
    """The same with everything that was added to version 1."""
    ann, at = "ann@city.example", MONDAY
    return evolve(
        the_first_complaint(),
        needs=Needs(vulnerabilities=frozenset({Vulnerability.HEALTH}), access=frozenset({AccessNeed.LARGE_PRINT})),
        issues=frozenset({"billing", "delay"}),
        complained_about="south@city.example",
        stage=2,
        deciders=frozenset({"bob@city.example"}),
        decided_by=frozenset({ann}),
        judgements=(Judgement(verdict=Verdict.PARTLY, grounds="The valve leaked.", by=ann, at=at, stage=2),),
        steps=(HandlingStep(action="action-1", mandatory=False, done_at=at),),
        investigation=Investigation(
            findings=(Finding(text="A worn valve.", evidence=("photo-1",), by=ann, at=at),),
            cause="wear",
            cause_text="Installed in 1971.",
        ),
        remedies=(
            Remedy(
                kind=RemedyKind.COMPENSATION,
                text="For the water that was bought",
                amount=Money(amount=Decimal("12.50"), currency="EUR"),
                status=RemedyStatus.PROVIDED,
                proposed_by=ann,
                written_by="clerk@city.example",
                approved_by="head@city.example",
                proposed_at=at,
                offered_at=at,
                valid_until=at.replace(day=30),
                answered_at=at,
                provided_at=at,
            ),
        ),
        response=Response(
            message="a",
            kind=ResponseKind.REDRESS_ONLY,
            by=ann,
            at=at,
            stage=2,
            recourse=("ombudsman",),
            accepted=True,
        ),
        referrals=(Referral(to="regulator", whole=False, reference="R-1", reason="The bill is theirs.", at=at),),
        links=(Link(kind=LinkKind.RELATED, complaint="complaint-2"),),
    )


def the_message() -> Message:
    picture = Attachment(
        name="tap.png", media_type="image/png", size=4711, digest="0123456789abcdef" * 4, location="files/1"
    )
    return a_message(channel="email", language="en", attachments=(picture,), extra=FrozenMap({"thread": "t-1"}))


CURRENT: dict[str, tuple[Kind[Any], Callable[[], object]]] = {
    "complaint": (COMPLAINT, the_complaint),
    "message": (MESSAGE, the_message),
}


OLDER: dict[tuple[str, int], Callable[[], object]] = {
    ("complaint", 1): the_first_complaint,
    ("complaint", 2): the_second_complaint,
}
"""The records that an older version could not yet write as they are now."""


def golden_files() -> Iterator[tuple[str, int]]:
    for path in sorted(GOLDEN.glob("*/v*.json")):
        if path.parent.name in CURRENT:
            yield path.parent.name, int(path.stem.removeprefix("v"))


@pytest.mark.parametrize(("kind", "version"), tuple(golden_files()))
def test_what_any_version_stored_is_read_as_the_same_record(kind: str, version: int) -> None:  # C127
    declared, record = CURRENT[kind]
    document = from_text((GOLDEN / kind / f"v{version}.json").read_text("utf-8"))

    assert declared.schema.load(document, version=version) == OLDER.get((kind, version), record)()


@pytest.mark.parametrize("kind", CURRENT)
def test_the_current_version_has_a_golden_file(kind: str) -> None:
    declared, record = CURRENT[kind]
    stored = (GOLDEN / kind / f"v{declared.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(declared.schema.dump(record())))


# -- personal data -------------------------------------------------------------------------------

ABOUT_SOMEBODY = {"name", "complainant", "contact", "subject", "text", "remedy_sought", "reason", "value"}


def nested(annotation: object) -> Iterator[type]:
    """The records within an annotation."""
    found = base_type(annotation)
    if isinstance(found, type) and attrs.has(found):
        yield found
    for part in get_args(found):
        yield from nested(part)


@pytest.mark.parametrize("cls", [Complaint, Waiting, ContactPoint, Message, Attachment, *EVENTS])
def test_what_tells_about_somebody_is_marked_as_personal(cls: type) -> None:
    for field in attrs.fields(cls):
        holds_personal = any(personal_fields(inner) for inner in nested(field.type))
        if field.name in ABOUT_SOMEBODY or holds_personal:
            assert is_personal(field.type), f"{cls.__name__}.{field.name} is not marked as personal"


# -- facts ---------------------------------------------------------------------------------------


def test_every_fact_has_a_type_of_its_own() -> None:
    types = [cls.type for cls in EVENTS]

    assert len(set(types)) == len(types)
    assert all(cls.__base__ is Event and cls.type.startswith("complaint.") for cls in EVENTS)


def test_a_kind_is_found_by_the_name_of_its_lifecycle() -> None:
    declared: Kind[Complaint] = COMPLAINT

    assert declared.name == complaints.LIFECYCLE.name
    assert declared.prefix == "CMP"


def test_the_golden_complaint_has_something_everywhere_but_in_its_end() -> None:
    complaint = the_complaint()
    empty = {name for name in field_names(Complaint) if getattr(complaint, name) in (None, "", ())}

    assert empty == {"answered_at", "closed_at", "closing_code"}
    assert (complaint.severity, complaint.priority) == (Severity.HIGH, Priority.P3)
    assert complaint.waiting is not None
    assert complaint.waiting.for_ is WaitingFor.CUSTOMER
