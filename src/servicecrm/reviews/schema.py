"""How meetings, service reviews, needs, schedules, regular reports and their house rules are stored and found."""

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term
from servicecrm.reviews import lifecycle
from servicecrm.reviews.model import Meeting, ServiceReview
from servicecrm.reviews.need_model import Need
from servicecrm.reviews.policy import ReviewPolicies
from servicecrm.reviews.report_model import ReportSpec
from servicecrm.reviews.schedule_model import Schedule

__all__ = ["MEETING", "NEED", "POLICIES", "REPORT_SPEC", "SCHEDULE", "SERVICE_REVIEW"]

MEETING: Kind[Meeting] = Kind(
    lifecycle.MEETING.name,
    Schema(lifecycle.MEETING.name, Meeting),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda meeting: meeting.state in lifecycle.MEETING.open),
        Column("customer", ColumnType.TEXT),
        Column("occasion", ColumnType.TEXT),
        Column("organizer", ColumnType.TEXT),
        Column("planned_for", ColumnType.INSTANT),
        Column("due_on", ColumnType.DATE),
        Column("held_at", ColumnType.INSTANT),
        Column("distribute_by", ColumnType.INSTANT),
    ),
    indexes=(
        ("customer", "planned_for"),
        ("customer", "held_at"),  # a timeline
        ("organizer", "open", "planned_for"),  # a worklist
        ("open", "distribute_by"),  # minutes that are late
        ("state", "planned_for"),
        ("due_on",),
        ("held_at",),
    ),
    search=lambda meeting: filter(None, (meeting.number, meeting.title)),
    prefix="MTG",
)

SERVICE_REVIEW: Kind[ServiceReview] = Kind(
    lifecycle.SERVICE_REVIEW.name,
    Schema(  # 2 only has more fields
        lifecycle.SERVICE_REVIEW.name, ServiceReview, current=2, upcasts={1: lambda document: document}
    ),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda review: review.state in lifecycle.SERVICE_REVIEW.open),
        Column("customer", ColumnType.TEXT),
        Column("occasion", ColumnType.TEXT),
        Column("organizer", ColumnType.TEXT),
        Column("period", ColumnType.TEXT),
        Column("planned_for", ColumnType.INSTANT),
        Column("prepare_by", ColumnType.DATE),
        Column("due_on", ColumnType.DATE),
        Column("held_at", ColumnType.INSTANT),
        Column("published_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("customer", "planned_for"),
        ("customer", "held_at"),  # a timeline
        ("organizer", "open", "planned_for"),  # a worklist
        ("state", "prepare_by"),  # what is to be prepared
        ("due_on",),
        ("held_at",),
    ),
    terms=(Term("services"),),
    search=lambda review: filter(None, (review.number, review.title)),
    prefix="REV",
)

NEED: Kind[Need] = Kind(
    lifecycle.NEED.name,
    Schema(lifecycle.NEED.name, Need),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda need: need.state in lifecycle.NEED.open),
        Column("customer", ColumnType.TEXT),
        Column("kind", ColumnType.TEXT),
        Column("service", ColumnType.TEXT),
        Column("horizon", ColumnType.DATE),
        Column("route", ColumnType.TEXT),
        Column("source", ColumnType.TEXT),
        Column("duplicate_of", ColumnType.TEXT),
        Column("captured_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("customer", "open", "horizon"),
        ("customer", "captured_at"),  # a timeline
        ("route", "open", "horizon"),
        ("source",),
        ("duplicate_of",),
        ("state", "captured_at"),
    ),
    search=lambda need: filter(None, (need.number, need.text)),
    prefix="NED",
)

SCHEDULE: Kind[Schedule] = Kind(
    lifecycle.SCHEDULE.name,
    Schema(lifecycle.SCHEDULE.name, Schedule),
    columns=(
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda schedule: schedule.ended_at is None),
        Column("customer", ColumnType.TEXT),
        Column("occasion", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("started_at", ColumnType.INSTANT),
    ),
    indexes=(("customer", "occasion"), ("occasion", "open"), ("owner", "open", "started_at")),
)

REPORT_SPEC: Kind[ReportSpec] = Kind(
    lifecycle.REPORT_SPEC.name,
    Schema(lifecycle.REPORT_SPEC.name, ReportSpec),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda spec: spec.ended_at is None),
        Column("name", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("specified_at", ColumnType.INSTANT),
    ),
    indexes=(("owner", "open", "specified_at"), ("customer", "open"), ("open", "name")),
    search=lambda spec: filter(None, (spec.number, spec.name, spec.purpose)),
    prefix="RPT",
)

POLICIES: Kind[ReviewPolicies] = Kind("review_policies", Schema("review_policies", ReviewPolicies, kept=True))
