"""What is a store to type checkers. Checked by mypy, never run: a line that must fail says which error it is."""

import sqlite3
from datetime import UTC, datetime
from typing import assert_type

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.kinds import Identified
from servicecrm.storage import MemoryStore, SQLiteStore, Store, Unit
from servicecrm.storage.joined import JoinedEngine, JoinedStore
from servicecrm.storage.memory import MemoryEngine, MemoryTables
from servicecrm.storage.rows import Tables
from servicecrm.storage.sqlite_engine import SQLiteEngine
from servicecrm.storage.store import Engine, EngineUnit
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import Message

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stores(connection: sqlite3.Connection) -> tuple[Store, ...]:
    return MemoryStore(), SQLiteStore("crm.db"), SQLiteStore.join(connection)


def engines(memory: MemoryEngine, sqlite: SQLiteEngine, joined: JoinedEngine) -> tuple[Engine, ...]:
    return memory, sqlite, joined


def unit(unit: EngineUnit) -> Unit:
    return unit


def tables(tables: MemoryTables) -> Tables:
    return tables


def of_a_tenant(memory: MemoryStore, joined: JoinedStore, store: Store) -> None:
    assert_type(memory.tenant("south"), MemoryStore)
    assert_type(joined.tenant("south"), JoinedStore)
    assert_type(store.tenant("south"), Store)


def not_stores(clock: FixedClock, ids: SeededIds) -> tuple[Store, ...]:
    return (clock, ids)  # type: ignore[return-value]


def records(complaint: Complaint, message: Message) -> tuple[Identified, ...]:
    return complaint, message


def working(store: Store) -> None:
    with store.unit() as unit:
        complaint = unit.get(Complaint, "c-1")
        assert_type(complaint, Complaint)
        decision = complaints.acknowledge(complaint, by="ann@city.example", at=NOW)
        assert_type(decision, Decision[Complaint])
        said = complaints.message(complaint, "Any news?", id="m-1", side="outside", by="ann@city.example", at=NOW)
        assert_type(said, tuple[Decision[Complaint], Decision[Message]])
        assert_type(decision.then(complaints.withdraw, by="ann@city.example", at=NOW), Decision[Complaint])
        unit.save(decision, *said)
        unit.save(complaint)  # type: ignore[arg-type]
        unit.count(Complaint, "closed")  # type: ignore[arg-type]
    complaints.acknowledge(complaint, at=NOW)  # type: ignore[call-arg]
    complaints.acknowledge(complaint, "ann@city.example", NOW)  # type: ignore[call-arg, arg-type]
    complaint.state = "closed"  # type: ignore[misc]
    Complaint(id="c-1")  # type: ignore[call-arg, arg-type]
