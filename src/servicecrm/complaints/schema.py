"""How complaints are stored and found."""

from collections.abc import Iterator

from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term

__all__ = ["COMPLAINT", "POLICIES"]


def _search(complaint: Complaint) -> Iterator[str]:
    texts = (complaint.number, complaint.subject, complaint.text, complaint.complainant)
    return (text for text in texts if text)


COMPLAINT: Kind[Complaint] = Kind(
    "complaint",
    Schema("complaint", Complaint),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda complaint: complaint.state in LIFECYCLE.open),
        Column("customer", ColumnType.TEXT),
        Column("service", ColumnType.TEXT),
        Column("category", ColumnType.TEXT),
        Column("handler", ColumnType.TEXT),
        Column("waiting_for", ColumnType.TEXT, lambda complaint: complaint.waiting and complaint.waiting.for_),
        Column("received_at", ColumnType.INSTANT),
        Column("closed_at", ColumnType.INSTANT),
        Column("due_at", ColumnType.INSTANT),
        Column("channel", ColumnType.TEXT),
        Column("severity", ColumnType.TEXT),
        Column("priority", ColumnType.TEXT),
        Column("closing_code", ColumnType.TEXT),
        Column("acknowledged_at", ColumnType.INSTANT),
        Column("answered_at", ColumnType.INSTANT),
        Column("forwards", ColumnType.INTEGER),
        Column("reopenings", ColumnType.INTEGER),
    ),
    indexes=(
        ("handler", "open", "due_at"),  # a worklist
        ("open", "due_at"),
        ("state",),
        ("customer",),
        ("service",),
        ("category",),
        ("received_at",),
        ("closed_at",),
    ),
    terms=(Term("tags"),),
    search=_search,
    prefix="CMP",
)

POLICIES: Kind[ComplaintPolicies] = Kind(
    "complaint_policies", Schema("complaint_policies", ComplaintPolicies, kept=True)
)
