"""Who is forgotten is found nowhere any longer, while all that is counted stays as it was. C011, C012; R26, R27."""

import io
import logging
import os
import sqlite3
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from servicecrm import connect, portfolio
from servicecrm.desk import Desk
from servicecrm.desk.privacy import TRACES
from servicecrm.errors import GuardNotMet
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.policies import PolicyBook
from servicecrm.kernel.records import ERASED, is_personal, personal_fields
from servicecrm.portfolio import Customer
from servicecrm.storage import Notice
from servicecrm.storage.journal import replayed
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.statements import SQLTables
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock
from tests.servers import Postgres, binaries
from tests.storage.planting import KINDS, Canaries, planted
from tests.stores import clean_schema

MIA, TOM = "person-1", "person-2"
EVALUATION = f"{MIA}-survey_evaluation"
"""No search finds it, because it is about nobody alone."""

NO_TEXTS: Mapping[str, set[str]] = defaultdict(
    set, {"customer": {"scores", "holds"}, "complaint": {"needs"}, "interaction": {"contact"}}
)
"""Personal fields that hold numbers, codes or the id of the person, or would keep everything from being erased."""

Open = Callable[[], Desk]
Dump = Callable[[], bytes]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def on_sqlite(folder: Path, clock: FixedClock) -> tuple[Open, Dump]:
    path = folder / "crm.db"

    def dump() -> bytes:
        """Everything that lies on the disk, after the purge that the documentation names."""
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return b"".join(file.read_bytes() for file in folder.glob("crm.db*"))

    return partial(connect, path, actor="ann", clock=clock), dump


def on_postgres(server: Postgres, schema: str, clock: FixedClock) -> tuple[Open, Dump]:
    def dump() -> bytes:
        folder = binaries()
        assert folder is not None
        command = [str(folder / "pg_dump"), f"--schema={schema}", server.url]
        return subprocess.run(command, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout

    return partial(connect, server.url, schema=schema, actor="ann", clock=clock), dump


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Open, Dump]]:
    """How to open a store, and all that it keeps."""
    if request.param == "sqlite":
        yield on_sqlite(tmp_path, clock)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with clean_schema(server) as schema:
        yield on_postgres(server, schema, clock)


@pytest.fixture
def crm(clock: FixedClock) -> Iterator[Desk]:
    with connect("memory:", actor="ann", clock=clock) as crm:
        yield crm


def with_canaries(crm: Desk, person: str = MIA, name: str = "KANARI") -> tuple[list[str], list[str]]:
    """Plants canaries about a person; gives those that stand there now, and those that did before."""
    now, before = Canaries(name, person), Canaries(f"{name}ALT", person)
    letter = Notice(
        key=name,
        topic="invitation.sent",
        recipient=person,
        kind="invitation",
        id=f"{person}-invitation",
        body=FrozenMap({"link": now.text()}),
    )
    in_a_link = now.all.pop()

    def program(work: Work) -> Any:
        yield from planted(work, now, before)
        yield from work.save(notices=[letter])

    crm.store.perform(program)
    before.all.append(in_a_link)
    return now.all, before.all


def left(where: bytes, *canaries: list[str]) -> list[str]:
    return [each for some in canaries for each in some if each.encode() in where]


def forget(crm: Desk, person: str = MIA) -> tuple[str, ...]:
    return crm.privacy.forget(person, "asked for", also=[f"{person}-survey_evaluation"])


# -- every kind ----------------------------------------------------------------------------------


def test_every_personal_field_can_be_told_and_erased() -> None:  # R26
    kinds = {kind.name: kind.schema.record for kind in SHIPPED}
    # Rules of the house are about nobody.
    held = {name for name, record in kinds.items() if personal_fields(record) and not issubclass(record, PolicyBook)}

    assert {trace.kind.name for trace in TRACES} == held


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.kind.name)
def test_a_kind_is_found_by_what_it_is_indexed_by(trace: Any) -> None:
    kind: Kind[Any] = trace.kind
    columns, terms = {"id", *(each.name for each in kind.columns)}, {each.name for each in kind.terms}

    assert {*trace.own, *trace.of} <= columns
    assert {*trace.among, *trace.about, *(["contacts"] if trace.contacts else [])} <= terms
    fields = {a.name: a.type for a in kind.schema.record.__attrs_attrs__}
    assert all(is_personal(fields[name]) for name in trace.counted), "what is not marked as a whole counts anyway"


def test_a_canary_stands_in_every_personal_text_of_every_kind(crm: Desk) -> None:
    with_canaries(crm)

    for kind in KINDS.values():
        (found,) = crm.store.perform(partial(Work.find, record=kind.schema.record), readonly=True).items
        values = kind.schema.dump(found)
        for name in personal_fields(kind.schema.record) - NO_TEXTS[kind.name]:
            assert "KANARI" in to_text(values[name]), (kind.name, name)


# -- nothing is left -----------------------------------------------------------------------------


def test_who_is_forgotten_is_found_nowhere(  # C011, R27
    store: tuple[Open, Dump], caplog: pytest.LogCaptureFixture
) -> None:
    open_, dump = store
    with caplog.at_level(logging.DEBUG), open_() as crm:
        now, before = with_canaries(crm)
        others, others_before = with_canaries(crm, TOM, "FREMD")
        figures = crm.numbers.customers("2026-Q1").to_dicts()
        assert left(dump_of(crm), now, before) == [*now, *before]

        assert len(forget(crm)) == len(KINDS)

        assert left(dump_of(crm), now, before) == []
        assert left(dump_of(crm), others, others_before) == [*others, *others_before]
        assert crm.numbers.customers("2026-Q1").to_dicts() == figures
        crm.store.seal()
        crm.store.verify()
        assert "KANARI" not in caplog.text
        assert crm.outbox.failed().items[0].cause == "erased"
    assert left(dump(), now, before) == []
    assert left(dump(), others, others_before) == [*others, *others_before]


def dump_of(crm: Desk) -> bytes:
    exported = io.StringIO()
    crm.export(exported)
    return exported.getvalue().encode()


@pytest.mark.parametrize("method", ["erase_entries", "erase_notices"])
def test_a_store_that_keeps_what_was_is_found_out(
    tmp_path: Path, clock: FixedClock, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the journal and the outbox hold canaries of their own."""
    honest = getattr(SQLTables, method)
    monkeypatch.setattr(SQLTables, method, lambda self, *told: honest(of_nobody(self), *told))
    open_, dump = on_sqlite(tmp_path, clock)
    with open_() as crm:
        _, before = with_canaries(crm)
        forget(crm)

    assert left(dump(), before)


def of_nobody(tables: SQLTables) -> SQLTables:
    other = SQLTables.__new__(SQLTables)
    other.__dict__.update(tables.__dict__, tenant="nobody's")
    return other


def test_to_forget_again_changes_nothing(crm: Desk) -> None:  # R27
    with_canaries(crm)
    forget(crm)
    entries = crm.store.verify()

    assert forget(crm) == ()
    assert crm.store.verify() == entries


def test_an_erasure_is_told_with_its_reason_and_what_was_before_can_still_be_read(crm: Desk) -> None:  # R27
    with_canaries(crm)
    forget(crm)

    *earlier, last = crm.history(f"{MIA}-complaint")
    assert (last.type, last.by, last.data["reason"], last.erased) == ("person.erased", "ann", "asked for", False)
    assert all(entry.erased for entry in earlier)
    for kind in KINDS.values():
        id = MIA if kind is portfolio.CUSTOMER else f"{MIA}-{kind.name}"
        history = crm.store.perform(partial(Work.history, record=kind.schema.record, id=id), readonly=True)
        record = crm.store.perform(partial(Work.get, record=kind.schema.record, id=id), readonly=True)
        assert replayed(kind.schema, history) == record
        replayed(kind.schema, history[:1])


def test_what_is_counted_stays(crm: Desk) -> None:
    with_canaries(crm)
    before = crm.complaints.get(f"{MIA}-complaint")
    forget(crm)
    after = crm.complaints.get(f"{MIA}-complaint")

    assert (after.verdict, after.subject) == (before.verdict, ERASED)
    assert [remedy.kind for remedy in after.remedies] == [remedy.kind for remedy in before.remedies]
    assert crm.agreements.get(f"{MIA}-agreement").final_day is not None
    assert crm.cases.get(f"{MIA}-case").promise is not None


# -- access --------------------------------------------------------------------------------------


def test_a_person_is_told_everything_and_nothing_of_others(crm: Desk) -> None:  # R26
    now, before = with_canaries(crm)
    others, others_before = with_canaries(crm, TOM, "FREMD")
    before.pop()  # it is in the outbox alone
    told = to_text(crm.privacy.access(MIA, also=[EVALUATION])).encode()

    assert left(told, now) == now
    assert left(told, before, others, others_before) == []
    forget(crm)
    assert left(to_text(crm.privacy.access(MIA, also=[EVALUATION])).encode(), now) == []


def test_a_contact_is_told_and_forgotten_beside_the_others(crm: Desk) -> None:  # C011, C012
    mia = portfolio.contact("KANARI Holt", id=MIA, function="KANARI")
    tom = portfolio.contact("FREMD Reed", id=TOM)
    cafe = crm.customers.add(name="Harbour Cafe", contacts=[mia, tom], account_manager="ann")
    crm.customers.add(name="Terrace", account_manager="ann", contacts=[mia])

    told = to_text(crm.privacy.access(MIA))
    assert told.count("KANARI") == 4
    assert "FREMD" not in told
    assert len(crm.privacy.forget(MIA, "asked for")) == 2

    assert b"KANARI" not in dump_of(crm)
    assert [contact.name for contact in crm.customers.get(cafe.id).contacts] == ["FREMD Reed"]
    entries = crm.history(cafe.id)
    now: Customer = replayed(portfolio.CUSTOMER.schema, entries)
    assert now == crm.customers.get(cafe.id)
    assert crm.customers.search("harbour") == (now,)


# -- what is in the way --------------------------------------------------------------------------


def test_nothing_is_erased_while_something_is_open_or_on_hold(crm: Desk) -> None:  # C011, R27
    customer = crm.customers.add(name="Mia Holt")
    complaint = crm.complaints.record(customer=customer.id, subject="KANARI", channel="phone")
    crm.customers.hold(customer.id, "court", reason="a case")
    with pytest.raises(GuardNotMet, match=rf"nothing keeps the data .*; complaint {complaint.id} has ended"):
        crm.privacy.forget(customer.id, "asked for")
    crm.complaints.withdraw(complaint.id)
    with pytest.raises(GuardNotMet, match="nothing keeps the data"):
        crm.privacy.forget(customer.id, "asked for")
    assert crm.complaints.get(complaint.id).subject == "KANARI"

    crm.customers.release(customer.id, "court")
    crm.customers.remove(customer.id, "asked for", mode="erase")
    assert crm.complaints.get(complaint.id).subject == ERASED
    assert b"KANARI" not in dump_of(crm)


def test_a_hold_keeps_what_others_wrote_about_a_matter_of_its_customer(crm: Desk) -> None:  # R27
    customer = crm.customers.add(name="Harbour Cafe")
    complaint = crm.complaints.record(customer=customer.id, subject="No water", channel="phone")
    crm.acting_as("ann", on_behalf_of=MIA).complaints.message(complaint.id, "KANARI", side="outside")
    crm.customers.hold(customer.id, "court", reason="a case")

    with pytest.raises(GuardNotMet):
        crm.privacy.forget(MIA, "asked for")
    crm.customers.release(customer.id, "court")
    assert len(crm.privacy.forget(MIA, "asked for")) == 1
    assert {each.text for each in crm.complaints.messages(complaint.id)} == {ERASED}
