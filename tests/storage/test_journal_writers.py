"""Many processes write one journal and seal it meanwhile: it stays one chain."""  # C124

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import BrokenJournal, ServiceCRMError, StoreBusy
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import driver, sqlite_engine
from servicecrm.storage.journal import START, Link
from servicecrm.storage.ports import Program
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.rows import Tables, ask
from servicecrm.storage.statements import SQLTables, Statements
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY
from tests.servers import Postgres
from tests.storage.racing import BY, Place, recorded, without_revision
from tests.stores import clean_schema, execute

SHARED, SEALERS = 4, 2

# -- what a process does ---------------------------------------------------------------------------


def write(place: Place, units: int, n: int) -> int:
    """Save so many units on records of our own and on those of all; tells how many facts were acknowledged."""
    chance, own, facts = Random(n), list[str](), 0
    with place.open(timeout=600) as crm:
        for k in range(units):
            new = None if own and chance.random() < 0.7 else f"own-{n}-{k}"
            ids = [f"shared-{chance.randrange(SHARED)}"] if chance.random() < 0.5 else []
            ids += [chance.choice(own)] if own else []

            def step(work: Work, k: int = k, new: str | None = new, ids: list[str] = ids) -> Program[int]:
                decisions = [recorded(new).then(complaints.acknowledge, by=BY, at=MONDAY)] if new else []
                for id in ids:
                    old = yield from work.get(Complaint, id)
                    decisions.append(complaints.amend(old, category=f"{n}-{k}", by=BY, at=MONDAY))
                yield from work.save(*decisions)
                return sum(len(decision.steps) for decision in decisions)

            facts += crm.store.perform(step)
            own += [new] if new else []
    return facts


def write_without_the_lock(place: Place, units: int, n: int) -> int:
    """The same by a store that reads the end of a chain first, and then does not ask for the revision."""
    honest, update = SQLTables.update, Work._update

    def blind(self: SQLTables, *arguments: Any) -> Statements:
        sql, rows, shape = honest(self, *arguments)
        return Statements(*without_revision(sql, rows), shape)

    def tail_first(self: Work, kind: Kind[Any], saves: Any) -> Program[None]:
        links = {}
        for save in saves:
            entries = yield from ask(Tables.entries, kind.name, [save.saved.id])
            links[kind.name, save.saved.id] = Link(entries[-1].n, entries[-1].hash) if entries else START
        yield from update(self, kind, saves)
        self._links.update(links)

    SQLTables.update = blind  # type: ignore[assignment, method-assign]
    Work._update = tail_first  # type: ignore[method-assign]
    return write(place, units, n)


def write_without_transactions(place: Place, units: int, n: int) -> int:
    """The same by a store whose statements are committed one by one."""
    sqlite_engine.begin = lambda *_: None  # type: ignore[attr-defined]  # the names that the engine uses
    sqlite_engine.commit = lambda *_: None  # type: ignore[attr-defined]
    driver.in_unit = lambda *_: True
    with contextlib.suppress(ServiceCRMError):
        return write(place, units, n)
    return 0


def seal(place: Place, stop: Path) -> int:
    """Seal again and again, until there is a file that says stop."""
    sealed = 0
    with place.open(timeout=600) as crm:
        while not stop.exists():
            sealed += crm.store.seal()
    return sealed


# -- what came of it -------------------------------------------------------------------------------


class Told:
    """What the tables hold."""

    def __init__(self, place: Place) -> None:
        entries = rows(place, "SELECT kind, id, n, revision, document IS NOT NULL, seal FROM {}journal")
        seals = rows(place, "SELECT n, entries FROM {}seals")
        self.entries: int = len(entries)
        self.unsealed: int = sum(seal is None for *_, seal in entries)
        self.seals: Counter[int] = Counter(dict(seals))
        self.under: Counter[int] = Counter(seal for *_, seal in entries if seal is not None)
        self.chains: dict[tuple[str, str], list[tuple[int, int, bool]]] = {}
        for kind, id, n, revision, last_of_a_save, _ in sorted(entries):
            self.chains.setdefault((kind, id), []).append((n, revision, last_of_a_save))

    @property
    def forks(self) -> int:
        """How many entries do not follow the one before them: another one does, or one is missing."""
        ends = [entries[0][:2] != (1, 1) for entries in self.chains.values()]
        steps = [pair for entries in self.chains.values() for pair in pairwise(entries)]
        return sum(ends) + sum(after[:2] != (n + 1, revision + last) for (n, revision, last), after in steps)


def rows(place: Place, sql: str) -> list[tuple[Any, ...]]:
    schema = dict(place.options).get("schema")
    sql = sql.format("servicecrm_" if schema is None else f"{schema}.servicecrm_")
    if schema is None:
        with contextlib.closing(sqlite3.connect(place.url)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(place.url) as server:
        return server.execute(sql.encode()).fetchall()


Write = Callable[[Place, int, int], int]


def together(place: Place, stop: Path, writing: Write, *, writers: int, units: int) -> tuple[int, int, bool]:
    """Writers and sealers at once, while the journal is verified.

    Tells how many facts were acknowledged, how often the journal was verified, and whether it was sound each time.
    """
    with place.open() as crm, crm.store.unit() as unit:
        unit.save(*(recorded(f"shared-{n}") for n in range(SHARED)))
    verified, sound = 0, True
    with ProcessPoolExecutor(writers + SEALERS, get_context("spawn")) as pool, place.open(timeout=600) as crm:
        sealing = [pool.submit(seal, place, stop) for _ in range(SEALERS)]
        running = [pool.submit(writing, place, units, n) for n in range(writers)]
        try:
            while any(not each.done() for each in running):
                try:
                    crm.store.verify()
                except BrokenJournal:
                    sound = False
                verified += 1
        finally:
            wait(running)
            stop.touch()
        facts = SHARED + sum(each.result() for each in running)
        for each in sealing:
            each.result()
    return facts, verified, sound


@pytest.mark.parametrize("units", [30, pytest.param(1_000, marks=pytest.mark.torture)])
def test_eight_writers_and_two_sealers_make_no_fork(server: Place, tmp_path: Path, units: int) -> None:
    facts, verified, sound = together(server, tmp_path / "stop", write, writers=8, units=units)
    meanwhile = Told(server)
    with server.open() as crm:
        rest = crm.store.seal()
        head = crm.store.head()
        assert crm.store.verify(head) == facts
    told = Told(server)

    assert sound
    assert verified > 1
    assert told.forks == 0
    assert told.entries == facts
    assert meanwhile.unsealed == rest
    assert told.unsealed == 0
    assert sorted(told.seals) == list(range(1, head.seal + 1))
    assert told.under == told.seals
    assert len(meanwhile.seals) > 2


@pytest.mark.parametrize("units", [20, pytest.param(1_000, marks=pytest.mark.torture)])
def test_three_writers_of_one_file_make_no_fork(tmp_path: Path, units: int) -> None:
    place = Place(str(tmp_path / "crm.db"))
    facts, verified, sound = together(place, tmp_path / "stop", write, writers=3, units=units)
    told = Told(place)

    assert sound
    assert verified > 1
    assert told.forks == 0
    assert told.entries == facts
    assert told.unsealed == 0
    assert sorted(told.seals) == list(range(1, 3 * units + 2))
    assert told.under == told.seals
    with place.open() as crm:
        assert crm.store.verify(crm.store.head()) == facts


def test_writers_without_the_lock_of_the_revision_make_forks_which_are_found(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The control. Serializable units and the key of the entries are locks of their own, so they have to go as well."""
    schema = postgres.schema()
    place = Place(postgres.url, (("schema", schema), ("isolation", "read committed"), ("connections", 2)))
    place.open().close()
    execute(postgres, f"ALTER TABLE {schema}.servicecrm_journal DROP CONSTRAINT servicecrm_journal_pkey")
    _, _, sound = together(place, tmp_path / "stop", write_without_the_lock, writers=8, units=30)

    assert Told(place).forks > 0
    assert not sound
    with place.open() as crm, pytest.raises(BrokenJournal):
        crm.store.verify()
    postgres.drop(schema)


def test_writers_of_one_file_without_transactions_break_the_journal_which_is_found(tmp_path: Path) -> None:
    """The control for a file."""
    for n in range(10):  # the first one does, as a rule; three that happen to take turns break nothing
        (folder := tmp_path / str(n)).mkdir()
        place = Place(str(folder / "crm.db"))
        together(place, folder / "stop", write_without_transactions, writers=3, units=40)
        told = Told(place)
        if told.under != told.seals:
            with place.open() as crm, pytest.raises(BrokenJournal):
                crm.store.verify()
            return
    pytest.fail("nothing was broken")


def test_a_unit_that_fails_in_the_middle_of_many_rows_leaves_its_connection_in_order(postgres: Postgres) -> None:
    """The driver prepares a statement for each combination of types, also for rows that the server never comes to."""
    columns = 'tenant, kind, id, n + 1, revision, schema, type, "by", on_behalf_of, occurred_at, recorded_at, command, '
    columns += "body, commitment, document, salt, personal, hash, seal"
    with clean_schema(postgres) as schema, PostgresStore(postgres.url, schema=schema, connections=1) as store:
        with contextlib.suppress(ZeroDivisionError), store.unit():
            raise ZeroDivisionError  # after the first one the driver does not look at what is rolled back
        with store.unit() as unit:
            first, second, third = unit.save(*(recorded(id) for id in ("c-1", "c-2", "c-3")))
        with store.unit() as unit:  # an entry that holds nothing personal, alone
            (second,) = unit.save(complaints.amend(second, category="water", by=BY, at=MONDAY))

        def fail() -> None:
            with store.unit() as unit:
                unit.get(Complaint, "c-1")
                table = f"{schema}.servicecrm_journal"
                execute(postgres, f"INSERT INTO {table} SELECT {columns} FROM {table} WHERE id = 'c-1'")
                unit.save(  # two entries, of which the first one cannot be put in
                    complaints.amend(first, complainant="C. Resident", by=BY, at=MONDAY),
                    complaints.amend(second, category="gas", by=BY, at=MONDAY),
                )

        with pytest.raises(StoreBusy):
            fail()
        with store.unit() as unit:
            unit.save(complaints.amend(third, category="gas", by=BY, at=MONDAY))
