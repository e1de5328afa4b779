"""How customers, interactions, prospects, partners, snapshots and the rules for them are stored and found."""

from collections.abc import Iterator

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term
from servicecrm.portfolio import interaction_lifecycle, partner_lifecycle, prospect_lifecycle
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.lifecycle import PRESENT
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.partner_model import Partner
from servicecrm.portfolio.parts import Contact
from servicecrm.portfolio.policy import PortfolioPolicies
from servicecrm.portfolio.prospect_model import Prospect
from servicecrm.portfolio.snapshot_model import PortfolioSnapshot

__all__ = ["CUSTOMER", "INTERACTION", "PARTNER", "POLICIES", "PROSPECT", "SNAPSHOT"]


def _people(contacts: tuple[Contact, ...]) -> Iterator[str]:
    return (contact.name for contact in contacts)


def _managers(customer: Customer) -> Iterator[str]:
    """Everybody who looks after it, did so, or is to do so, deputies among them."""
    for tenure in customer.managers:
        yield from filter(None, (tenure.manager, tenure.deputy))


CUSTOMER: Kind[Customer] = Kind(
    "customer",
    Schema("customer", Customer),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda c: c.state in PRESENT and c.merged_into is None),
        Column("kind", ColumnType.TEXT),
        Column("account_manager", ColumnType.TEXT),
        Column("handover_at", ColumnType.INSTANT),
        Column("parent", ColumnType.TEXT),
        Column("origin", ColumnType.TEXT),
        Column("merged_into", ColumnType.TEXT),
        Column("value_class", ColumnType.TEXT, lambda c: c.classes[-1].value_class if c.classes else None),
        Column("leaving_reason", ColumnType.TEXT),
        Column("added_at", ColumnType.INSTANT),
        Column("activated_at", ColumnType.INSTANT),
        Column("verified_at", ColumnType.INSTANT),
        Column("ended_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("account_manager", "open", "verified_at"),  # a worklist: what nobody has looked at for long comes first
        ("handover_at",),  # who is handed over today
        ("state",),
        ("parent",),
        ("merged_into",),
        ("value_class",),
        ("open", "added_at"),
        ("added_at",),
    ),
    terms=(
        Term("contacts", lambda c: {contact.id for contact in c.contacts}),
        Term("managers", lambda c: set(_managers(c))),
        Term("services"),
        Term("references"),
        Term("tags"),
    ),
    search=lambda c: filter(None, (c.number, c.name, *_people(c.contacts))),
    prefix="CUS",
)

INTERACTION: Kind[Interaction] = Kind(
    "interaction",
    Schema("interaction", Interaction),
    columns=(
        Column("state", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("prospect", ColumnType.TEXT),
        Column("partner", ColumnType.TEXT),
        Column("contact", ColumnType.TEXT),
        Column("kind", ColumnType.TEXT),
        Column("direction", ColumnType.TEXT),
        Column("handler", ColumnType.TEXT),
        Column("outcome", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda i: i.state in interaction_lifecycle.LIFECYCLE.open),
        Column("occurred_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("customer", "occurred_at"),  # a timeline
        ("prospect", "occurred_at"),
        ("partner", "occurred_at"),
        ("contact",),
        ("handler", "occurred_at"),
    ),
    terms=(Term("links"), Term("participants", lambda i: set(i.participants))),
    search=lambda i: filter(None, (i.subject, i.summary)),
)

PROSPECT: Kind[Prospect] = Kind(
    "prospect",
    Schema("prospect", Prospect),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda p: p.state in prospect_lifecycle.LIFECYCLE.open),
        Column("seller", ColumnType.TEXT),
        Column("source", ColumnType.TEXT),
        Column("campaign", ColumnType.TEXT),
        Column("brand", ColumnType.TEXT),
        Column("lost_reason", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("added_at", ColumnType.INSTANT),
        Column("contacted_at", ColumnType.INSTANT),
        Column("resume_at", ColumnType.INSTANT),
        Column("ended_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("seller", "open", "contacted_at"),  # a worklist: who has not heard of us for long comes first
        ("state", "resume_at"),
        ("campaign",),
        ("customer", "added_at"),
        ("added_at",),
    ),
    terms=(
        Term("contacts", lambda p: {contact.id for contact in p.contacts}),
        Term("interests"),
        Term("tags"),
    ),
    search=lambda p: filter(None, (p.number, p.name, *_people(p.contacts))),
    prefix="PRO",
)

PARTNER: Kind[Partner] = Kind(
    "partner",
    Schema("partner", Partner),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda p: p.state in partner_lifecycle.LIFECYCLE.open),
        Column("role", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("manager", ColumnType.TEXT),
        Column("since", ColumnType.INSTANT),
        Column("ended_at", ColumnType.INSTANT),
        Column("evaluation_due_at", ColumnType.INSTANT),
    ),
    indexes=(
        ("manager", "open", "evaluation_due_at"),  # a worklist
        ("evaluation_due_at",),
        ("state",),
        ("customer",),
    ),
    terms=(
        Term("contacts", lambda p: {contact.id for contact in p.contacts}),
        Term("services"),
        Term("tags"),
    ),
    search=lambda p: filter(None, (p.number, p.name, *_people(p.contacts))),
    prefix="PAR",
)

SNAPSHOT: Kind[PortfolioSnapshot] = Kind(
    "portfolio_snapshot",
    Schema("portfolio_snapshot", PortfolioSnapshot),
    columns=(
        Column("manager", ColumnType.TEXT),
        Column("customers", ColumnType.INTEGER, lambda s: len(s.lines)),
        Column("taken_at", ColumnType.INSTANT),
    ),
    indexes=(("manager", "taken_at"), ("taken_at",)),
)

POLICIES: Kind[PortfolioPolicies] = Kind(
    "portfolio_policies", Schema("portfolio_policies", PortfolioPolicies, kept=True)
)
