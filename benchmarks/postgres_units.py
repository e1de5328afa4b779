"""A unit of work on PostgreSQL, beside the bare driver sent exactly the same statements, and beside two ORMs.

Ours: is the command known? read the complaint, forward it (all checks), update it where its revision is still the same
and learn the end of its journal, add an entry, a notice and the command; one transaction. The units are run once while
what the driver is told is written down, one statement for each thing; our own units send new rows together. Then
schemas with the same rows get them: one from us, again, and one from a loop over the statements with ready-made
parameters.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import psycopg

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.postgres_tables import copied, installed
from benchmarks.rounds import ROUNDS, Comparison
from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.storage.ports import Command, Notice, Program
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.postgres.waited import _Session
from servicecrm.storage.statements import Statements
from servicecrm.storage.work import Work
from tests.servers import Postgres

__all__ = ["DRIVER", "Change", "changes", "units"]

DRIVER = "psycopg, the same statements"


class Change(NamedTuple):
    """What is asked for in one unit: forward a complaint."""

    id: str
    handler: str
    command: str
    notice: str


class Told(NamedTuple):
    """A statement as the driver was told it."""

    sql: bytes
    parameters: Any
    fetches: bool
    """Does it give rows?"""


def changes(count: int, ids: list[str]) -> list[Change]:
    """One for each unit; each complaint goes to and fro."""
    asked = []
    for n in range(count):
        nth, place = divmod(n, len(ids))
        handler = "south" if nth % 2 else "north"
        asked.append(Change(ids[place], handler, f"command-{n:06}", f"complaint:{ids[place]}:forward:{nth + 1}"))
    return asked


class Ours:
    """The units, by a store."""

    def __init__(self, store: PostgresStore, asked: list[Change]) -> None:
        self._store = store
        self._asked: Iterator[Change] = iter(asked)

    def run(self, count: int) -> None:
        """Do the next units."""
        for _ in range(count):
            self._store.perform(partial(_forwarded, change=next(self._asked)))


def _forwarded(work: Work, change: Change) -> Program[None]:
    command = Command(id=change.command, fingerprint="f" * 64)
    if (yield from work.known([command])):
        return
    mark = work.mark()
    complaint = yield from work.get(Complaint, change.id)
    notice = Notice(
        key=change.notice, topic="complaint.forwarded", recipient=change.handler, kind="complaint", id=change.id
    )
    decision = complaints.forward(complaint, change.handler, by=BY, at=AT)
    yield from work.save(decision, commands=[command], notices=[notice])
    outcome = work.outcome_since(mark)
    assert outcome is not None
    yield from work.remember([(command, outcome)], now=AT)


class Raw:
    """The same units, as the statements that they came to."""

    def __init__(self, connection: psycopg.Connection[Any], told: list[list[Told]]) -> None:
        self._cursor: psycopg.Cursor[Any] = connection.cursor()
        self._told: Iterator[list[Told]] = iter(told)

    def run(self, count: int) -> None:
        """Do the next units."""
        cursor = self._cursor
        for _ in range(count):
            for statement, parameters, fetches in next(self._told):
                cursor.execute(statement, parameters)
                if fetches:
                    cursor.fetchall()


def units(server: Postgres, *, count: int = 100, rounds: int = ROUNDS, records: int = 1_000) -> Iterator[Comparison]:
    """One change in a unit, which waits for the disk each time."""
    from benchmarks.postgres_orms import DJANGO, SQLALCHEMY, DjangoUnits, SQLAlchemyUnits

    ids = [f"complaint-{n:05}" for n in range(records)]
    asked = changes(count * (rounds + 1), ids)
    schemas = [installed(server, name) for name in ("ours", "recorded", "raw", "sqlalchemy", "django")]
    with PostgresStore(server.url, schema=schemas[0]) as store:
        started = ComplaintRecorded(**stamp(BY, AT))
        new = [begin(open_complaint(id, f"CMP-2026-{n:06}"), started) for n, id in enumerate(ids)]
        store.atomically(lambda unit: unit.save(*new))
    for schema in schemas[1:]:
        copied(server, schemas[0], schema)
    told = [
        [each._replace(sql=each.sql.replace(schemas[1].encode(), schemas[2].encode())) for each in unit]
        for unit in _recorded(server, schemas[1], asked)
    ]
    with (
        PostgresStore(server.url, schema=schemas[0]) as store,
        psycopg.connect(server.url, autocommit=True) as connection,
        SQLAlchemyUnits(server.url, schemas[3], asked) as alchemy,
        DjangoUnits(server.url, schemas[4], asked) as django,
    ):
        yield Comparison(
            title="unit on PostgreSQL: get, save, journal, command, notice",
            count=count,
            ours=Ours(store, asked).run,
            others={DRIVER: Raw(connection, told).run, SQLALCHEMY: alchemy.run, DJANGO: django.run},
            targets={DRIVER: 0.7, SQLALCHEMY: 2.0, DJANGO: 2.0},
        )


def _one_by_one(session: _Session, new: Statements) -> None:
    session._fetched(new.sql, new.rows[0])


def _recorded(server: Postgres, schema: str, asked: list[Change]) -> list[list[Told]]:
    """The statements of each unit, from its BEGIN to its COMMIT."""
    told: list[list[Told]] = []
    execute = psycopg.Cursor.execute

    def recording(self: Any, query: Any, parameters: Any = None, **options: Any) -> Any:
        statement = query if isinstance(query, bytes) else str(query).encode()
        if statement.startswith(b"BEGIN"):
            told.append([])
        executed = execute(self, query, parameters, **options)
        told[-1].append(Told(statement, parameters, self.description is not None))
        return executed

    with PostgresStore(server.url, schema=schema) as store:
        ours = Ours(store, asked)
        store.tenants()  # opens its connection, which is no part of a unit
        with patch.object(psycopg.Cursor, "execute", recording), patch.object(_Session, "_put_off", _one_by_one):
            ours.run(len(asked))
    return told
