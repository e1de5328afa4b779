"""How action items are stored and found."""

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.tracking.action_lifecycle import LIFECYCLE
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.moments import with_ends

__all__ = ["ACTION_ITEM"]

ACTION_ITEM: Kind[ActionItem] = Kind(
    LIFECYCLE.name,
    Schema(LIFECYCLE.name, ActionItem, current=2, upcasts={1: with_ends}),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda item: item.state in LIFECYCLE.open),
        Column("source_kind", ColumnType.TEXT),
        Column("source", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("due_at", ColumnType.INSTANT),
        Column("opened_at", ColumnType.INSTANT),
        Column("done_at", ColumnType.INSTANT),
        Column("verified_at", ColumnType.INSTANT),
        Column("postponements", ColumnType.INTEGER),
        Column("reopenings", ColumnType.INTEGER),
    ),
    indexes=(
        ("owner", "open", "due_at"),  # a worklist
        ("open", "due_at"),  # what is overdue
        ("source", "due_at"),
        ("state", "done_at"),  # what nobody has verified
        ("done_at",),
    ),
    search=lambda item: filter(None, (item.number, item.title, item.text)),
    prefix="ACT",
)
