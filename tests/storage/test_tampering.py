# ruff: noqa: T201 - a failure shows the seed
"""Whoever changes the tables behind our back is found out."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, NamedTuple

import psycopg
import pytest
from attrs import frozen

from servicecrm import complaints
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.errors import BrokenJournal, StoreError, StoreUnavailable
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import Command, Head, SQLiteStore
from servicecrm.storage.journal import EntryRow, digest_of, hash_of
from servicecrm.storage.ports import Program
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.statements import Statement
from servicecrm.storage.store import EngineStore
from servicecrm.tracking import Message, write
from servicecrm.tracking.schema import MESSAGE
from tests.servers import Postgres
from tests.stores import clean_schema

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    with SQLiteStore(path) as store, store.unit() as unit:
        for n in range(3):
            decision = complaints.record(id=f"c-{n}", subject="No water", channel="phone", by="ann", at=NOW)
            unit.save(decision.then(complaints.acknowledge, by="ann", at=NOW))
    return path


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE servicecrm_complaint SET document = replace(document, 'No water', 'All is well') WHERE id = 'c-1'",
        "UPDATE servicecrm_complaint SET revision = 7 WHERE id = 'c-1'",
        "DELETE FROM servicecrm_complaint WHERE id = 'c-1'",
        "DELETE FROM servicecrm_complaint",
        """INSERT INTO servicecrm_complaint (tenant, id, revision, schema, document, search)
        SELECT tenant, 'ghost', revision, schema, document, search FROM servicecrm_complaint LIMIT 1""",
        "DELETE FROM servicecrm_journal WHERE id = 'c-2'",
        "DELETE FROM servicecrm_journal",
        "UPDATE servicecrm_journal SET seal = NULL WHERE id = 'c-2'",
        "DELETE FROM servicecrm_seals",
        "UPDATE servicecrm_complaint SET schema = 1 WHERE id = 'c-1'",
        "UPDATE servicecrm_complaint SET document = CAST(document AS BLOB) WHERE id = 'c-1'",
        'UPDATE servicecrm_journal SET "by" = CAST("by" AS BLOB) WHERE id = \'c-1\'',
        "UPDATE servicecrm_journal SET salt = 'no number' WHERE salt IS NOT NULL",
        "UPDATE servicecrm_journal SET salt = '00' WHERE salt IS NULL",
        "UPDATE servicecrm_journal SET salt = NULL WHERE id = 'c-1'",
        "UPDATE servicecrm_journal SET personal = NULL WHERE id = 'c-1'",
        "INSERT INTO servicecrm_seals SELECT tenant, 0, entries, hash FROM servicecrm_seals",
        """INSERT INTO servicecrm_journal SELECT tenant, '', '', 0, revision, schema, type, "by", on_behalf_of,
        occurred_at, recorded_at, command, body, commitment, document, salt, personal, hash, NULL
        FROM servicecrm_journal LIMIT 1""",
    ],
)
def test_a_record_that_is_not_as_its_history_left_it_is_found(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()

    with SQLiteStore(path) as store, pytest.raises(BrokenJournal):
        store.verify()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "DELETE FROM servicecrm_complaint WHERE id = 'c-1'",
            "complaint c-1 is gone, and its history is there",
        ),
        (
            "UPDATE servicecrm_complaint SET document = replace(document, 'No', 'All') WHERE id = 'c-1'",
            "complaint c-1 is not as its last entry left it",
        ),
        (
            "UPDATE servicecrm_complaint SET document = CAST(document AS BLOB) WHERE id = 'c-1'",
            "complaint c-1 holds a value that is never written there",
        ),
        (
            'UPDATE servicecrm_journal SET "by" = CAST("by" AS BLOB) WHERE id = \'c-1\' AND n = 2',
            "entry 2 of complaint c-1 holds a value that is never written there",
        ),
        (
            """INSERT INTO servicecrm_complaint (tenant, id, revision, schema, document, search)
            SELECT tenant, 'ghost', revision, schema, document, search FROM servicecrm_complaint LIMIT 1""",
            "complaint ghost is there without a history",
        ),
        ("DELETE FROM servicecrm_journal WHERE id = 'c-2'", "complaint c-2 is there without a history"),
    ],
)
def test_a_break_names_the_record_and_says_what_is_the_matter(path: Path, sql: str, says: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)

    with SQLiteStore(path) as store, pytest.raises(BrokenJournal) as found:
        store.verify()
    assert str(found.value) == says


def test_a_document_that_fits_its_history_and_cannot_be_read_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE servicecrm_complaint SET document = 'secret' WHERE id = 'c-1'")
        rows = connection.execute("SELECT * FROM servicecrm_journal WHERE id = 'c-1' ORDER BY n")
        first, second = (EntryRow(*row[1:]) for row in rows)
        forged = second._replace(document=digest_of("secret"))
        connection.execute(
            "UPDATE servicecrm_journal SET document = ?, hash = ? WHERE id = 'c-1' AND n = 2",
            [forged.document, hash_of(first.hash, forged)],
        )

    with SQLiteStore(path) as store, pytest.raises(BrokenJournal) as found:
        store.verify()
    assert str(found.value) == "complaint c-1 cannot be read: $: not JSON"


def test_a_tenant_is_checked_even_if_it_was_struck_off_the_register(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM servicecrm_tenants")
        connection.commit()

    with SQLiteStore(path) as store:
        assert store.tenants() == ("default",)


def test_what_nobody_touched_is_sound(path: Path) -> None:
    with SQLiteStore(path) as store:
        assert store.verify() == 6


def rolled_back_by_sqlite() -> Program[None]:
    yield lambda _: Statement("ROLLBACK", (), lambda rows: rows)


def test_a_unit_that_sqlite_rolled_back_is_over(path: Path) -> None:
    """After some errors SQLite ends the transaction by itself; what follows must not be committed alone."""
    with SQLiteStore(path) as store:
        with contextlib.ExitStack() as stack:
            unit = stack.enter_context(store.unit())
            unit.save(complaints.record(id="first", subject="No gas", channel="phone", by="ann", at=NOW))
            unit._run(rolled_back_by_sqlite())
            with pytest.raises(StoreUnavailable, match="rolled this unit back"):
                unit.save(complaints.record(id="after", subject="No gas", channel="phone", by="ann", at=NOW))
            with pytest.raises(StoreError, match="nothing of it was saved"):
                stack.close()
        with store.unit(readonly=True) as unit:
            assert unit.count(complaints.Complaint) == 3
        assert store.verify() == 6


# -- a thousand ways of each kind ------------------------------------------------------------------

TENANTS = ("east", "north", "south")
UNITS = 24
SOME_UNSEALED = "postgres, some entries under no seal"
ENTRIES, SEALS, COMPLAINTS, MESSAGES = (f"servicecrm_{name}" for name in ("journal", "seals", "complaint", "message"))
RECORDS = {"complaint": COMPLAINTS, "message": MESSAGES}
KEYS = {
    ENTRIES: ("tenant", "kind", "id", "n"),
    SEALS: ("tenant", "n"),
    COMPLAINTS: ("tenant", "id"),
    MESSAGES: ("tenant", "id"),
}
NOT_NULL = ("id", "revision", "schema", "document", "search")
"""The columns of a record that always have a value."""
MANY = [100, pytest.param(1_000, marks=pytest.mark.torture)]


@frozen
class Row:
    """A row of one of the tables."""

    table: str
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.table, *(self.values[name] for name in KEYS[self.table]))

    def but(self, **values: object) -> "Row":
        return Row(self.table, {**self.values, **values})


class Change(NamedTuple):
    """What somebody takes out of the tables, and what he puts there."""

    gone: list[Row]
    put: list[Row]

    @property
    def tenants(self) -> set[str]:
        return {row.values["tenant"] for row in (*self.gone, *self.put)}


class Kept(NamedTuple):
    """What somebody kept elsewhere while the store was filled."""

    heads: dict[str, list[Head]]
    """The heads of each tenant, one for each seal; the first is that of the empty journal."""
    documents: dict[str, str]
    """Every document that a record ever had, by what its entry keeps of it."""


class Database:
    """A database with three tenants and its rows, in the hands of somebody who knows SQL.

    What he does is done inside a transaction, and taken back.
    """

    def __init__(self, connection: Any, store: EngineStore, marks: Callable[[str], Any], kept: Kept) -> None:
        self.store: EngineStore = store
        self._connection, self._marks = connection, marks
        self.later: bool = not store.engine.seals
        """Do seals come later than entries?"""
        self.rows: list[Row] = self.read()
        self.keys: set[tuple[Any, ...]] = {row.key for row in self.rows}
        self.last: dict[str, int] = {name: store.tenant(name).head().seal for name in TENANTS}
        self.kept: Kept = kept

    def read(self) -> list[Row]:
        found = []
        for table, key in KEYS.items():
            cursor = self._connection.execute(self._marks(f"SELECT * FROM {table} ORDER BY {', '.join(key)}"))
            names = [column[0] for column in cursor.description]
            found += [Row(table, dict(zip(names, values, strict=True))) for values in cursor.fetchall()]
        return found

    def execute(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(self._marks(sql), values).rowcount)

    @contextlib.contextmanager
    def taken_back(self) -> Iterator[None]:
        self.execute("SAVEPOINT tampering")
        try:
            yield
        finally:
            self.execute("ROLLBACK TO SAVEPOINT tampering")

    @contextlib.contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """The database with a change, until the end of the block."""
        with self.taken_back():
            for row in change.gone:
                where = " AND ".join(f'"{name}" = ?' for name in KEYS[row.table])
                assert self.execute(f"DELETE FROM {row.table} WHERE {where}", *row.key[1:]) == 1
            for row in change.put:
                names = ", ".join(f'"{name}"' for name in row.values)
                marks = ", ".join("?" for _ in row.values)
                self.execute(f"INSERT INTO {row.table} ({names}) VALUES ({marks})", *row.values.values())
            yield

    def is_sound(self, tenant: str, head: Head | None = None) -> bool:
        try:
            self.store.tenant(tenant).verify(head)
        except BrokenJournal:
            return False
        return True

    def of(self, *tables: str) -> list[Row]:
        return [row for row in self.rows if row.table in tables]

    def history(self, record: Row) -> list[Row]:
        """The entries of a record, oldest first."""
        whose = (record["tenant"], record["id"])
        return [
            row
            for row in self.of(ENTRIES)
            if (row["tenant"], row["id"]) == whose and RECORDS[row["kind"]] == record.table
        ]

    def record(self, entry: Row) -> Row:
        """The record that an entry is about."""
        key = (RECORDS[entry["kind"]], entry["tenant"], entry["id"])
        (found,) = (row for row in self.of(*RECORDS.values()) if row.key == key)
        return found


def tell(store: EngineStore, n: int, rng: Random) -> None:
    """One unit: a complaint is recorded, perhaps written about, and an older one is put right."""
    # Some ids are those of other tenants too, so that their rows could change places.
    id = f"c-{n}" if n % 2 else f"{store.name}-{n}"
    old = f"c-{n - 2}" if n % 2 else f"{store.name}-{n - 2}"
    by = Actor(id="ann", on_behalf_of=rng.choice([None, "bob"]))
    with store.unit(rng.choice([None, Command(id=f"k-{n}", fingerprint="tell")])) as unit:
        decision = complaints.record(
            id=id,
            subject=f"No water in {n} houses of the {store.name}",
            complainant=rng.choice([None, f"resident {n}"]),
            channel="phone",
            by=by,
            at=NOW,
        )
        unit.save(rng.choice([decision, decision.then(complaints.acknowledge, by=by, at=NOW)]))
        if rng.random() < 0.5:
            about: Any = {"about_kind": "complaint", "about": id}
            unit.save(
                write(
                    f"Any news in the {store.name}?",
                    id=f"m-{id}",
                    **about,
                    side="outside",
                    klass="substantive",
                    by=by,
                    at=NOW,
                )
            )
        if n > 2:
            unit.save(complaints.amend(unit.get(Complaint, old), category=f"category {n}", by=by, at=NOW))


def fill(store: EngineStore, *, unsealed: int) -> Kept:
    """Hundreds of entries of three tenants under dozens of seals; so many units of each come after the last one."""
    kept = Kept({name: [store.tenant(name).head()] for name in TENANTS}, {})
    for name in TENANTS:
        rng, tenant = Random(name), store.tenant(name)
        for n in range(1, UNITS + 1):
            tell(tenant, n, rng)
            if n <= UNITS - unsealed:
                tenant.seal()
                kept.heads[name].append(tenant.head())
            with tenant.unit(readonly=True) as unit:
                texts = [COMPLAINT.schema.text(record) for record in unit.find(Complaint)]
                texts += [MESSAGE.schema.text(record) for record in unit.find(Message)]
            kept.documents.update((digest_of(text), text) for text in texts)
    return kept


@pytest.fixture(scope="module", params=["sqlite", "postgres", SOME_UNSEALED])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("tampering") / "crm.db"
        with SQLiteStore(path, writers="one") as store:
            kept = fill(store, unsealed=0)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield Database(connection, SQLiteStore.join(connection), str, kept)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with clean_schema(server) as schema:
        with PostgresStore(server.url, schema=schema) as store:
            kept = fill(store, unsealed=8 if request.param == SOME_UNSEALED else 0)
        with closing(psycopg.connect(server.url, options=f"-c search_path={schema}")) as connection:
            connection.execute("SELECT 1")
            yield Database(
                connection, PostgresStore.join(connection), lambda sql: sql.replace("?", "%s").encode(), kept
            )


def other_value(value: Any, others: list[Any], rng: Random) -> Any:
    """Another value for a column: made out of its own, or one that stands in another row."""
    made: list[Any] = [rng.choice(others)]
    if isinstance(value, int):
        made += [value + 1, value - 1, 0, -value, value + 2**40]
    elif isinstance(value, str):
        at = rng.randrange(len(value) + 1)
        made += [
            "",
            None,
            value[:at] + "0" + value[at + 1 :],
            value[:at] + "\u00e9" + value[at:],
            value[:at],
            value * 2,
        ]
    elif any(isinstance(other, int) for other in others):
        made += [0, 1]
    elif any(isinstance(other, str) for other in others):
        made += ["", "0" * 64]
    return rng.choice(made)


NULLABLE = {"on_behalf_of", "command", "commitment", "document", "salt", "personal", "seal"}


def edit(database: Database, rng: Random) -> Change:
    """One value of an entry, a seal or a record."""
    row = rng.choice(database.of(rng.choice(list(KEYS))))
    # An empty column of figures is one that came with an update.
    column = rng.choice([name for name in row.values if name not in ("tenant", "figures")])
    others = [other[column] for other in database.of(row.table)]
    value = other_value(row[column], others, rng)
    may_be_empty = column in NULLABLE if row.table == ENTRIES else row.table != SEALS and column not in NOT_NULL
    if value is None and not may_be_empty:
        return Change([], [])
    return Change([row], [row.but(**{column: value})])


def delete(database: Database, rng: Random) -> Change:
    """An entry, a seal, a record, or a record with all that is told of it."""
    row = rng.choice(database.of(rng.choice(list(KEYS))))
    if row.table in RECORDS.values() and rng.random() < 0.5:
        return Change([row, *sealed_history(database, row)], [])
    return Change([row], [])


def insert(database: Database, rng: Random) -> Change:
    """An entry, as a copy at another place or well made, a seal, or a record."""
    row = rng.choice(database.of(rng.choice(list(KEYS))))
    if row.table == SEALS:
        n = rng.choice([database.last[row["tenant"]] + 1, database.last[row["tenant"]] + 2, 0, -1])
        return Change([], [row.but(n=n)])
    if row.table in RECORDS.values():
        return Change([], [row.but(id=rng.choice(["ghost", "", f"{row['id']}0"]))])
    if rng.random() < 0.5:
        place = rng.choice(
            [{"n": n} for n in (-1, 0, row["n"] + 1, row["n"] + 2)] + [{"id": "ghost"}, {"id": "", "n": 0}]
        )
        return Change([], [row.but(**place, kind=rng.choice([row["kind"], *RECORDS, "", "ghost"]))])
    last = database.history(database.record(row))[-1]
    seals = range(1, database.last[row["tenant"]] + 2)
    # Where seals come later, one that is well made and under no seal is as good as one of ours.
    seal = rng.choice([*seals] if database.later else [None, *seals])
    return Change([], [following(last, type="complaint.closed", seal=seal)])


def following(last: Row, **values: object) -> Row:
    """An entry that follows the last one of a record, made by somebody who knows how we make them."""
    row = last.but(n=last["n"] + 1, **values)
    return row.but(hash=hash_of(last["hash"], EntryRow(**{name: row[name] for name in EntryRow._fields})))


def swap(database: Database, rng: Random) -> Change:
    """Two entries, two seals or two documents of one tenant, or a part of them."""
    table = rng.choice(list(KEYS))
    tenant = rng.choice(TENANTS)
    one, other = rng.sample([row for row in database.of(table) if row["tenant"] == tenant], 2)
    if table in RECORDS.values():
        names = rng.choice([["document"], ["revision", "document"]])
    else:
        own = [name for name in one.values if name not in KEYS[table]]
        names = rng.choice([own, [rng.choice(own)], ["salt", "personal"] if table == ENTRIES else ["hash"]])
    return Change(
        [one, other],
        [one.but(**{name: other[name] for name in names}), other.but(**{name: one[name] for name in names})],
    )


def move(database: Database, rng: Random) -> Change:
    """An entry, a seal, a record, or a record with all that is told of it, to another tenant.

    If that has rows of the same keys, they change places.
    """
    row = rng.choice(database.of(rng.choice(list(KEYS))))
    to = rng.choice([name for name in TENANTS if name != row["tenant"]])
    gone = [row]
    if row.table in RECORDS.values() and rng.random() < 0.5:
        gone += sealed_history(database, row)
    put = [each.but(tenant=to) for each in gone]
    if row.table == SEALS and rng.random() < 0.5:
        put = [each.but(n=database.last[to] + 1) for each in put]
    there = {each.key for each in put}
    met = [each for each in database.rows if each.key in there]
    return Change(gone + met, put + [each.but(tenant=row["tenant"]) for each in met])


def sealed_history(database: Database, record: Row) -> list[Row]:
    """The entries of a record, if a seal covers one of them; else without them the record alone is missed."""
    entries = database.history(record)
    return entries if any(entry["seal"] is not None for entry in entries) else []


def fits(database: Database, change: Change) -> bool:
    """Does a change change anything, and does the database take it?"""
    gone, put = {row.key for row in change.gone}, [row.key for row in change.put]
    kept = all(row in change.gone for row in change.put) and len(change.put) == len(change.gone)
    return not kept and len(set(put)) == len(put) and not (set(put) & (database.keys - gone))


@pytest.mark.parametrize("many", MANY)
@pytest.mark.parametrize("tampering", [edit, delete, insert, swap, move])
def test_rows_that_somebody_changed_are_found(
    database: Database, tampering: Callable[[Database, Random], Change], many: int
) -> None:
    seed = SystemRandom().randrange(10**6)
    print("seed", seed)
    rng, done = Random(seed), 0
    while done < many:
        change = tampering(database, rng)
        if not fits(database, change):
            continue
        done += 1
        with database.changed(change):
            assert not all(map(database.is_sound, change.tenants)), change
            assert all(map(database.is_sound, set(TENANTS) - change.tenants)), "a false alarm"
        assert all(map(database.is_sound, change.tenants)), "a false alarm: the change was taken back"
    assert database.read() == database.rows


def test_rows_that_were_taken_out_and_put_back_are_sound(database: Database) -> None:
    """The control: it is the change that is found, and not the way in which it is made."""
    with database.changed(Change(database.rows, database.rows)):
        assert all(map(database.is_sound, TENANTS))
    assert len(database.of(ENTRIES)) > 200
    assert len(database.of(SEALS)) > 40


# -- what only a head that was kept elsewhere tells ------------------------------------------------


def cut_off(database: Database, tenant: str, last: int) -> Change:
    """The end of a tenant's journal: all that came after a seal, with every record put back to what it was then."""
    gone = [row for row in database.of(SEALS) if row["tenant"] == tenant and row["n"] > last]
    gone += [row for row in database.of(ENTRIES) if row["tenant"] == tenant and (row["seal"] or last + 1) > last]
    return Change(*with_records(database, gone))


def saying(record: Row, **values: object) -> Row:
    """A record with another document, which is found by what that says."""
    kind: Kind[Any] = COMPLAINT if record.table == COMPLAINTS else MESSAGE
    other = record.but(**values)
    told = kind.schema.load_text(other["document"], version=other["schema"], revision=other["revision"])
    return other.but(**kind.index_of(told))


def with_records(database: Database, gone: list[Row]) -> tuple[list[Row], list[Row]]:
    """The last entries of some records, and the records as they were before: what has to go, and what to come."""
    entries = [row.key for row in gone if row.table == ENTRIES]
    records, put = [], []
    for record in database.of(*RECORDS.values()):
        history = database.history(record)
        left = [row for row in history if row.key not in entries]
        if len(left) == len(history):
            continue
        records.append(record)
        if left:
            document = database.kept.documents[left[-1]["document"]]
            put.append(saying(record, revision=left[-1]["revision"], document=document))
    return [*gone, *records], put


def test_an_end_that_was_cut_off_is_found_with_a_head_from_before_and_only_with_it(database: Database) -> None:
    for tenant in TENANTS:
        kept = database.kept.heads[tenant]
        for last in range(database.last[tenant]):
            with database.changed(cut_off(database, tenant, last)):
                assert database.is_sound(tenant)
                assert database.is_sound(tenant, kept[last])
                assert not database.is_sound(tenant, kept[last + 1])
                assert not database.is_sound(tenant, kept[-1])
        assert all(database.is_sound(tenant, head) for head in kept)


def test_an_end_that_was_cut_off_and_written_anew_is_found_too(database: Database) -> None:
    tenant, last = "north", database.last["north"] - 3
    with database.changed(cut_off(database, tenant, last)):
        store = database.store.tenant(tenant)
        for n in range(5):
            with store.unit() as unit:
                unit.save(complaints.record(id=f"anew-{n}", subject="No gas", channel="web", by="eve", at=NOW))
            store.seal()
        assert store.head().seal > database.last[tenant]
        assert database.is_sound(tenant)
        assert not database.is_sound(tenant, database.kept.heads[tenant][-1])
        assert database.is_sound(tenant, database.kept.heads[tenant][last])


def test_seals_that_were_taken_off_are_found_with_a_head_alone_where_seals_come_later(database: Database) -> None:
    tenant, last = "south", database.last["south"] - 2
    seals = [row for row in database.of(SEALS) if row["tenant"] == tenant and row["n"] > last]
    entries = [row for row in database.of(ENTRIES) if row["tenant"] == tenant and (row["seal"] or 0) > last]
    with database.changed(Change([*seals, *entries], [entry.but(seal=None) for entry in entries])):
        assert database.is_sound(tenant) == database.later
        assert not database.is_sound(tenant, database.kept.heads[tenant][-1])


# -- what is not found before the next seal --------------------------------------------------------


@pytest.mark.parametrize("database", [SOME_UNSEALED], indirect=True)
def test_a_record_of_which_nothing_is_sealed_may_vanish_or_move_unseen(database: Database) -> None:
    new = [
        record
        for record in database.of(*RECORDS.values())
        if all(entry["seal"] is None for entry in database.history(record))
    ]
    assert new
    for record in new:
        tenant, head = record["tenant"], database.kept.heads[record["tenant"]][-1]
        gone = [record, *database.history(record)]
        moved = [row.but(tenant="elsewhere") for row in gone]
        for put in ([], moved):
            with database.changed(Change(gone, put)):
                assert database.is_sound(tenant, head)
                assert database.is_sound("elsewhere")
        for row in gone:  # a part of it alone is missed
            with database.changed(Change([row], [])):
                assert not database.is_sound(tenant)


@pytest.mark.parametrize("database", [SOME_UNSEALED], indirect=True)
def test_unsealed_facts_may_be_cut_off_or_made_up_unseen_and_sealed_ones_not(database: Database) -> None:
    for tenant in TENANTS:
        head = database.kept.heads[tenant][-1]
        with database.changed(cut_off(database, tenant, database.last[tenant])):
            assert database.is_sound(tenant, head)
    (record, *_) = database.of(COMPLAINTS)
    last = database.history(record)[-1]
    document = record["document"].replace("houses", "castles")
    made_up = following(last, seal=None, revision=last["revision"] + 1, document=digest_of(document))
    forged = saying(record, revision=record["revision"] + 1, document=document)
    with database.changed(Change([record], [forged, made_up])):
        assert database.is_sound(record["tenant"], database.kept.heads[record["tenant"]][-1])
    with database.changed(Change([], [made_up])):
        assert not database.is_sound(record["tenant"])
    # Once they are sealed and the head is kept, what is cut off is missed.
    with database.taken_back():
        store = database.store.tenant("north")
        store.seal()
        kept = store.head()
        sealed = Database(database._connection, database.store, database._marks, database.kept)
        with sealed.changed(cut_off(sealed, "north", database.last["north"])):
            assert not sealed.is_sound("north", kept)
