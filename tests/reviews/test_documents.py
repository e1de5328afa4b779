"""Meetings, reviews, needs, schedules and reports survive being stored, and stay readable for ever."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import base_type, evolve, field_names, is_personal, personal_fields
from servicecrm.kernel.values import Attachment
from servicecrm.reviews import (
    MEETING,
    NEED,
    REPORT_SPEC,
    SCHEDULE,
    SERVICE_REVIEW,
    Followed,
    Measured,
    Meeting,
    Need,
    PackEntry,
    Regular,
    ReportSpec,
    Resolution,
    ReviewPolicies,
    ReviewPolicy,
    Schedule,
    ServiceReview,
    events,
    lifecycle,
    meetings,
    need_events,
    needs,
    report_specs,
    schedule_events,
    schedules,
    service_reviews,
)
from servicecrm.reviews.schema import POLICIES
from tests.reviews.making import (
    ANN,
    BOTH,
    DAY,
    HOUR,
    MONDAY,
    TALKED,
    a_meeting,
    a_pack,
    a_review,
    a_schedule,
    a_spec,
    approved,
    confirmed,
)

GOLDEN = Path(__file__).parents[1] / "golden"
EVENTS = [getattr(facts, name) for facts in (events, need_events, schedule_events) for name in facts.__all__]

WHEN = MONDAY + 7 * DAY
FILE = Attachment(name="report.pdf", media_type="application/pdf", size=7, digest="b" * 64, location="reports/7")
EXTRA = FrozenMap({"box": 7})

# -- golden files --------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed. When the document of a kind changes: raise
# `current` in schema.py, add the upcast from the old version, write `v<n>.json` with the new one
# (`to_text(KIND.schema.dump(record))`), and leave the record below as it is, but for new fields.


def the_meeting() -> Meeting:
    given = {"agenda": TALKED, "place": "Town hall", "due_on": date(2026, 3, 31), "number": "MTG-2026-000001"}
    decided = [Resolution(text="Renew the valve", owner="north", due_at=WHEN)]
    meeting = approved("meeting-1", planned_until=MONDAY + DAY + HOUR, **given)
    meeting = evolve(meeting, resolutions=(evolve(decided[0], record="a-1"),), next_on=date(2026, 9, 1))
    meeting = meetings.distribute(meeting, by=ANN, at=MONDAY + 2 * DAY).after
    meeting = meetings.add(meeting, "It was the second one.", by="rosa", at=MONDAY + 2 * DAY).after
    return evolve(meeting, reschedulings=1, cancelled_at=WHEN, policy=2, extra=EXTRA)


def the_review() -> ServiceReview:
    review = a_review(
        "review-1",
        number="REV-2026-000001",
        agenda=TALKED,
        place="Town hall",
        planned_until=WHEN + HOUR,
        due_on=date(2026, 3, 31),
        zone="Europe/Vienna",
    )
    entry = PackEntry(record="x-1", title="Something", service="water", at=MONDAY, state="open")
    pack = a_pack(
        praise=(entry,),
        satisfaction=(Measured(measure="nps", value=Decimal("25.0"), n=8, service="water", source="e-1"),),
        changes=(entry,),
        needs=(entry,),
    )
    review = service_reviews.prepare(review, pack, by=ANN, at=MONDAY).after
    review = service_reviews.hold(
        review,
        BOTH,
        followed=[Followed(action="ACT-2025-000003", note="It is ordered.")],
        exceptional="A flood.",
        customer_view=["Faster answers."],
        provider_view=["A second line."],
        by=ANN,
        at=WHEN,
    ).after
    decided, _ = service_reviews.resolve(
        review, [Resolution(text="Renew it", owner="north", due_at=WHEN + DAY)], ids=["a-1"], by=ANN, at=WHEN
    )
    review = service_reviews.publish(decided.after, next_on=date(2026, 6, 9), document=FILE, by=ANN, at=WHEN).after
    review = service_reviews.sign_off(review, "outside", by="rosa", at=WHEN).after
    review = service_reviews.add(review, "It was two floods.", by="rosa", at=WHEN).after
    return evolve(review, reschedulings=1, cancelled_at=WHEN, policy=2, extra=EXTRA)


def the_need() -> Need:
    need = confirmed("need-1", number="NED-2026-000001", horizon=date(2027, 1, 1), extra=EXTRA)
    need = needs.route(need, "improvement", target="p-1", by=ANN, at=MONDAY).after
    return evolve(needs.satisfy(need, "Here it is.", by=ANN, at=MONDAY).after, duplicate_of="need-0")


def the_schedule() -> Schedule:
    schedule = a_schedule("schedule-1", roll="next", extra=EXTRA)
    schedule = schedules.change(schedule, "month", first=date(2026, 4, 1), by=ANN, at=MONDAY).after
    return schedules.end(schedule, by=ANN, at=WHEN).after


def the_spec() -> ReportSpec:
    spec, due = a_spec("spec-1", number="RPT-2026-000001", customer="harbour-cafe", extra=EXTRA), date(2026, 1, 1)
    spec = report_specs.produce(spec, due, cut_off=MONDAY, digest="a" * 64, document=FILE, by=ANN, at=MONDAY).after
    spec = report_specs.deliver(spec, due, by=ANN, at=MONDAY).after
    return report_specs.end(spec, by=ANN, at=WHEN).after


def the_policies() -> ReviewPolicies:
    regular = (Regular(occasion="service_review", every="quarter", classes=("gold",)),)
    return ReviewPolicies().publish(ReviewPolicy(regular=regular, prepare_days=3), effective=MONDAY)


CURRENT: dict[str, tuple[Kind[Any], Callable[[], Any]]] = {
    "meeting": (MEETING, the_meeting),
    "service_review": (SERVICE_REVIEW, the_review),
    "need": (NEED, the_need),
    "review_schedule": (SCHEDULE, the_schedule),
    "report_spec": (REPORT_SPEC, the_spec),
    "review_policies": (POLICIES, the_policies),
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


def test_digests_outlast_being_stored() -> None:  # C085, C087, C088
    meeting, review = the_meeting(), the_review()

    assert MEETING.schema.load(MEETING.schema.dump(meeting)).digest == meeting.digest
    again = SERVICE_REVIEW.schema.load(SERVICE_REVIEW.schema.dump(review))
    assert again.digest == review.digest
    assert again.pack is not None
    assert again.pack.digest == review.pack_digest


# -- finding -------------------------------------------------------------------------------------


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


def test_a_review_is_found_by_its_services() -> None:
    assert SERVICE_REVIEW.terms_of(the_review()) == {("services", "water")}


# -- personal data -------------------------------------------------------------------------------

ABOUT_SOMEBODY = {"reason", "text", "title", "place", "note", "answer", "exceptional", "customer_view", "extra"}
RECORDS = [Meeting, ServiceReview, Need, Schedule, ReportSpec]


def nested(annotation: object) -> Iterator[type]:
    """The records within an annotation."""
    found = base_type(annotation)
    if isinstance(found, type) and attrs.has(found):
        yield found
    for part in get_args(found):
        yield from nested(part)


@pytest.mark.parametrize("cls", [*RECORDS, Resolution, Followed, PackEntry, *EVENTS])
def test_what_tells_about_somebody_is_marked_as_personal(cls: type) -> None:
    for field in attrs.fields(cls):
        holds_personal = any(personal_fields(inner) for inner in nested(field.type))
        if field.name in ABOUT_SOMEBODY or holds_personal:
            assert is_personal(field.type), f"{cls.__name__}.{field.name} is not marked as personal"


# -- facts ---------------------------------------------------------------------------------------


def test_every_fact_has_a_type_of_its_own() -> None:
    types = [cls.type for cls in EVENTS]

    assert len(set(types)) == len(types)
    kinds = {kind.name for kind, _ in CURRENT.values()}
    assert all(cls.__base__ is Event and cls.type.partition(".")[0] in kinds for cls in EVENTS)


def test_a_kind_is_found_by_the_name_of_its_lifecycle() -> None:
    tables = (lifecycle.MEETING, lifecycle.SERVICE_REVIEW, lifecycle.NEED, lifecycle.SCHEDULE, lifecycle.REPORT_SPEC)
    kinds = (MEETING, SERVICE_REVIEW, NEED, SCHEDULE, REPORT_SPEC)
    assert [kind.name for kind in kinds] == [table.name for table in tables]
    assert a_meeting().state == lifecycle.MEETING.initial
