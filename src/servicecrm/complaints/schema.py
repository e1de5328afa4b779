"""How complaints are stored and found."""

from collections.abc import Iterator

from servicecrm.complaints.figures import figures_of
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term
from servicecrm.tracking import figures
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Side, counting

__all__ = ["COMPLAINT", "POLICIES"]


def _search(complaint: Complaint) -> Iterator[str]:
    texts = (complaint.number, complaint.subject, complaint.text, complaint.complainant)
    return (text for text in texts if text)


def _contacts(complaint: Complaint) -> int:
    """How often the complainant came to us: one who had to come once is content at the first contact (K29)."""
    return 1 + sum(
        moment.kind == MomentKind.MESSAGE and moment.side is Side.OUTSIDE and moment.code == MessageClass.SUBSTANTIVE
        for moment in counting(complaint.moments)
    )


def _remedies(complaint: Complaint) -> Iterator[str]:
    """One term for each remedy, `<number>/<kind>/<status>/<currency>/<amount>`: costs are summed without documents."""
    for n, remedy in enumerate(complaint.remedies, 1):
        currency, amount = ("", "") if remedy.amount is None else (remedy.amount.currency, remedy.amount.amount)
        yield f"{n}/{remedy.kind}/{remedy.status}/{currency}/{amount}"


COMPLAINT: Kind[Complaint] = Kind(
    "complaint",
    Schema(  # every version only has more fields
        "complaint", Complaint, current=3, upcasts={1: lambda document: document, 2: lambda document: document}
    ),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda complaint: complaint.closed_at is None),
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
        Column("feedback", ColumnType.TEXT),
        Column("verdict", ColumnType.TEXT),
        Column("cause", ColumnType.TEXT, lambda complaint: complaint.investigation and complaint.investigation.cause),
        Column("stage", ColumnType.INTEGER),
        Column("safety", ColumnType.BOOLEAN),
        Column("duplicate_of", ColumnType.TEXT),
        Column("contacts", ColumnType.INTEGER, _contacts),
        figures.column(figures_of),
    ),
    indexes=(
        ("handler", "open", "due_at"),  # a worklist
        ("open", "due_at"),
        ("state",),
        ("customer", "received_at"),  # a timeline
        ("service",),
        ("category",),
        ("received_at",),
        ("closed_at",),
        ("verdict",),
        ("duplicate_of",),
    ),
    terms=(
        Term("tags"),
        Term("issues"),
        Term("links", lambda complaint: (f"{link.kind}:{link.complaint}" for link in complaint.links)),
        Term("remedies", _remedies),
    ),
    search=_search,
    prefix="CMP",
)

POLICIES: Kind[ComplaintPolicies] = Kind(
    "complaint_policies",
    Schema(  # every version only has more fields
        "complaint_policies",
        ComplaintPolicies,
        current=3,
        upcasts={1: lambda document: document, 2: lambda document: document},
        kept=True,
    ),
)
