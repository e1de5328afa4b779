"""How proposals are stored and found."""

from servicecrm.improvements.lifecycle import LIFECYCLE
from servicecrm.improvements.model import Proposal
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term

__all__ = ["PROPOSAL"]

PROPOSAL: Kind[Proposal] = Kind(
    LIFECYCLE.name,
    Schema(LIFECYCLE.name, Proposal),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda proposal: proposal.state in LIFECYCLE.open),
        Column("kind", ColumnType.TEXT),
        Column("about", ColumnType.TEXT),
        Column("raised_by", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("raised_at", ColumnType.INSTANT),
    ),
    indexes=(("owner", "open", "raised_at"), ("raised_by", "raised_at"), ("state", "raised_at")),
    terms=(Term("raised_from", lambda proposal: (origin.key for origin in proposal.raised_from)),),
    search=lambda proposal: filter(None, (proposal.number, proposal.text)),
    prefix="IMP",
)
