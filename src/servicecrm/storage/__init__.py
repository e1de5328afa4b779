"""Where records live: in memory, in an SQLite file, or inside a host's own transaction."""

from servicecrm.storage.backup import restore
from servicecrm.storage.joined import install
from servicecrm.storage.memory import MemoryStore
from servicecrm.storage.ports import (
    Command,
    Delivery,
    Entry,
    Head,
    Notice,
    OutboxCounts,
    Outcome,
    Page,
    Queued,
    Store,
    Unit,
)
from servicecrm.storage.sqlite import Profile, SQLiteStore

__all__ = [
    "Command",
    "Delivery",
    "Entry",
    "Head",
    "MemoryStore",
    "Notice",
    "OutboxCounts",
    "Outcome",
    "Page",
    "Profile",
    "Queued",
    "SQLiteStore",
    "Store",
    "Unit",
    "install",
    "restore",
]
