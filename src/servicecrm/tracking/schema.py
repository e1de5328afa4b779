"""How messages and clocks are stored and found."""

from servicecrm.kernel.documents import Document, Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.tracking import figures
from servicecrm.tracking.clock_model import Clock
from servicecrm.tracking.messages import Message

__all__ = ["CLOCK", "MESSAGE"]

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
    indexes=(("about", "occurred_at"), ("author",)),
)


def _levels_of_timers(document: Document) -> Document:
    """There was one level for all timers of a record, so all that had begun by then came to it."""
    level = document.pop("level")
    at = [{"timer": each["name"], "n": each["n"], "level": level} for each in document["timers"]] if level else []
    return {**document, "escalated": at}


def _nothing_agreed(document: Document) -> Document:
    """Nobody had been promised anything else than the house has for all."""
    return {**document, "agreed": None}


CLOCK: Kind[Clock] = Kind(
    "clock",
    Schema("clock", Clock, current=3, upcasts={1: _levels_of_timers, 2: _nothing_agreed}),
    columns=(
        Column("about_kind", ColumnType.TEXT),
        Column("about", ColumnType.TEXT),
        Column("handler", ColumnType.TEXT),
        Column("next_at", ColumnType.INSTANT),
        Column("due_at", ColumnType.INSTANT),
        # What has come to its end is not read again when rules change.
        Column("basis", ColumnType.TEXT, lambda clock: clock.basis if clock.next_at or clock.due_at else None),
        Column("level", ColumnType.INTEGER),
        figures.column(figures.timed),
    ),
    indexes=(
        ("about_kind", "next_at"),  # what a sweep takes
        ("about_kind", "basis"),
        ("handler", "due_at"),  # a worklist
        ("about",),
    ),
)
