"""How cases, request types and house rules are stored and found."""

from collections.abc import Iterator

from servicecrm.cases.figures import figures_of
from servicecrm.cases.model import Case
from servicecrm.cases.policy import CasePolicies
from servicecrm.cases.routing import RoutingBook
from servicecrm.cases.types import RequestTypeBook
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term
from servicecrm.tracking import figures
from servicecrm.tracking.moments import with_ends

__all__ = ["CASE", "POLICIES", "REQUEST_TYPE", "ROUTING"]


def _search(case: Case) -> Iterator[str]:
    address = case.place and case.place.address
    return (text for text in (case.number, case.subject, case.text, case.requester_name, address) if text)


CASE: Kind[Case] = Kind(
    "case",
    Schema("case", Case, current=2, upcasts={1: with_ends}),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda case: case.closed_at is None),
        Column("requester", ColumnType.TEXT),
        Column("sponsor", ColumnType.TEXT),
        Column("logged_by", ColumnType.TEXT),
        Column("queue", ColumnType.TEXT),
        Column("handler", ColumnType.TEXT),
        Column("request_type", ColumnType.TEXT),
        Column("service", ColumnType.TEXT),
        Column("channel", ColumnType.TEXT),
        Column("priority", ColumnType.TEXT),
        Column("waiting_for", ColumnType.TEXT, lambda case: case.waiting and case.waiting.for_),
        Column("partner", ColumnType.TEXT, lambda case: case.referral and case.referral.partner),
        Column("partner_reference", ColumnType.TEXT, lambda case: case.referral and case.referral.reference),
        Column("received_at", ColumnType.INSTANT),
        Column("accepted_at", ColumnType.INSTANT),
        Column("promised_by", ColumnType.INSTANT, lambda case: case.promise and case.promise.until),
        Column("update_due_at", ColumnType.INSTANT),
        Column("answered_at", ColumnType.INSTANT),
        Column("closed_at", ColumnType.INSTANT),
        Column("closing_code", ColumnType.TEXT),
        Column("without_action", ColumnType.BOOLEAN),
        Column("forwards", ColumnType.INTEGER),
        Column("reopenings", ColumnType.INTEGER),
        figures.column(figures_of),
    ),
    indexes=(
        ("handler", "open", "promised_by"),  # a person's worklist
        ("handler", "state", "received_at"),
        ("queue", "state", "received_at"),  # a department's
        ("requester", "received_at"),  # a dossier
        ("sponsor",),
        ("request_type",),
        ("partner", "partner_reference"),
        ("received_at",),
        ("closed_at",),
        ("update_due_at",),
    ),
    terms=(Term("tags"), Term("links", lambda case: {link.case for link in case.links})),
    search=_search,
    prefix="CAS",
)

REQUEST_TYPE: Kind[RequestTypeBook] = Kind("request_type", Schema("request_type", RequestTypeBook, kept=True))

ROUTING: Kind[RoutingBook] = Kind("case_routing", Schema("case_routing", RoutingBook, kept=True))

POLICIES: Kind[CasePolicies] = Kind("case_policies", Schema("case_policies", CasePolicies, kept=True))
