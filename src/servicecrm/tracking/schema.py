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
        Column("about_kind", ColumnType.TEXT, indexed=False),
        Column("side", ColumnType.TEXT, indexed=False),
        Column("klass", ColumnType.TEXT, indexed=False),
        Column("channel", ColumnType.TEXT, indexed=False),
        Column("author", ColumnType.TEXT, indexed=False),
        Column("occurred_at", ColumnType.INSTANT),
    ),
)
