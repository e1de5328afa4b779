"""How messages are stored and found."""

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.tracking.messages import Message

__all__ = ["MESSAGE"]

MESSAGE: Kind[Message] = Kind(
    "message",
    Schema("message", Message),
    columns=(
        Column("about", ColumnType.TEXT),
        Column("about_kind", ColumnType.TEXT),
        Column("side", ColumnType.TEXT),
        Column("klass", ColumnType.TEXT),
        Column("channel", ColumnType.TEXT),
        Column("author", ColumnType.TEXT),
        Column("occurred_at", ColumnType.INSTANT),
    ),
    indexes=(("about", "occurred_at"),),
)
