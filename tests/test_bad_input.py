"""Bad input of every kind: which error names it, what its text says, and that nothing is lost or changed."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk import Desk, House, connect
from servicecrm.desk.replay import replay
from servicecrm.errors import (
    ForkedStoreError,
    GuardNotMet,
    ImportProblem,
    InvalidValue,
    MalformedDocument,
    NaiveDatetime,
    NotFound,
    SchemaTooNew,
    ServiceCRMError,
    StaleRevision,
    StoreUnavailable,
    TransitionNotAllowed,
)
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.kernel.filters import where
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.notifications import facts_of
from servicecrm.storage.journal import replayed
from servicecrm.storage.schema import CURRENT
from servicecrm.testing import FixedClock, SeededIds

NAIVE = datetime(2026, 3, 2, 9)
CANARY = "Kanarienvogel"
"""Stands in every personal field, so that no text or repr of an error may hold it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the store."""
    return tmp_path / "crm.db"


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, path: Path) -> Iterator[Desk]:
    """A desk on a store of either kind."""
    store = "memory:" if request.param == "memory" else path
    with connect(store, actor="ann@city.example", clock=FixedClock(), ids=SeededIds()) as crm:
        yield crm


@pytest.fixture
def complaint(crm: Desk) -> Complaint:
    """A complaint in handling, with a canary in every personal field."""
    complaint = crm.complaints.record(
        subject=CANARY,
        text=CANARY,
        remedy_sought=CANARY,
        complainant=CANARY,
        contact=ContactPoint(kind=ContactKind.EMAIL, value=f"{CANARY}@home.example"),
        channel="phone",
        extra={"note": CANARY},
    )
    crm.complaints.acknowledge(complaint.id)
    crm.complaints.message(complaint.id, CANARY, side="outside")
    crm.complaints.assign(complaint.id, "north")
    return crm.complaints.judge(complaint.id, "justified", grounds=CANARY)


def told(error: ServiceCRMError) -> str:
    """The text of an error, which hides the canary as its repr does."""
    assert CANARY not in repr(error)
    assert CANARY not in str(error)
    assert error.code not in ("error", "rule", "store", "document")  # one of its own
    return str(error)


def everything(crm: Desk) -> tuple[object, ...]:
    """All that a store holds, so that two looks can be compared; and the journal is whole."""
    found = list(crm.complaints.find())
    for complaint in found:
        assert replayed(COMPLAINT.schema, crm.history(complaint.id)) == complaint
    crm.store.verify()
    return crm.store.head(), [(c, c.revision, crm.complaints.messages(c.id)) for c in found]


Wrong = Callable[[Any, Any], object]  # wrong to the type checker too

TABLE: list[tuple[str, Wrong, type[ServiceCRMError], str]] = [
    #  what is wrong, the call, the error, and what its text says, which is a regular expression
    (
        "naive time: received",
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", received_at=NAIVE),
        NaiveDatetime,
        r"^received_at: a time needs a zone, such as datetime\(..., tzinfo=UTC\)",
    ),
    (
        "naive time: occurred",
        lambda crm, id: crm.complaints.answer(id, CANARY, occurred_at=NAIVE),
        NaiveDatetime,
        "^occurred_at: a time needs a zone",
    ),
    (
        "naive time: compared",
        lambda crm, _: list(crm.complaints.find(where("due_at") < NAIVE)),
        NaiveDatetime,
        "^due_at: a time needs a zone",
    ),
    (
        "naive time: until",
        lambda crm, id: crm.complaints.wait(id, "customer", reason=CANARY, until=NAIVE),
        NaiveDatetime,
        r"Waiting\.until: a time needs a zone",
    ),
    (
        "naive time: due",
        lambda crm, id: crm.complaints.amend(id, due_at=NAIVE),
        NaiveDatetime,
        r"Complaint\.due_at: a time needs a zone",
    ),
    (
        "no time: received",
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", received_at="2026-04-01"),
        InvalidValue,
        "^received_at: expected a datetime, got str",
    ),
    (
        "no time: promised",
        lambda crm, id: crm.complaints.acknowledge(id, expected_by="2026-04-01"),
        InvalidValue,
        "^expected_by: expected a datetime, got str",
    ),
    (
        "no time: effective",
        lambda crm, _: crm.policies.publish(Calendar(zone="UTC", hours="mon-fri 09:00-17:00"), effective="2026-01-01"),
        InvalidValue,
        "^effective: expected a datetime, got str",
    ),
    (
        "no time: opens",
        lambda crm, _: crm.campaigns.plan("x", opens_at=date(2026, 3, 2), answer_until=NAIVE, purpose="p", owner="o"),
        InvalidValue,
        "^opens_at: expected a datetime, got date",
    ),
    (
        "a column of which there are several",
        lambda crm, _: list(crm.complaints.find(where("tags") == CANARY)),
        InvalidValue,
        r"^complaint: a record has several tags; ask where\('tags'\)\.has\(\.\.\.\)",
    ),
    (
        "no ladder",
        lambda crm, id: crm.escalate(id, "supervisor", reason=CANARY, timer="resolution"),
        InvalidValue,
        "^timer: there is no target 'resolution' with a ladder; publish targets of which one has a Ladder",
    ),
    (
        "roles that are no list",
        lambda *_: cast(Any, House)(roles=CANARY),
        InvalidValue,
        r'^roles: expected who has which role, such as \{"supervisor": \("vera", "bob"\)\}',
    ),
    (
        "an export into nothing",
        lambda crm, _: crm.export(None),
        InvalidValue,
        "^file: expected a path, or a file that is open as text, got NoneType",
    ),
    (
        "a map by its path",
        lambda *_: cast(Any, LogMap).from_toml(Path("map.toml"), COMPLAINT_WORDS),
        InvalidValue,
        r"^text: expected the text of a map; of a file it is Path\(\.\.\.\)\.read_text\(\)",
    ),
    (
        "facts of several decisions",
        lambda *_: cast(Any, facts_of)((), kind="complaint"),
        InvalidValue,
        "^decision: expected one decision, got tuple",
    ),
    (
        "a year as a number",
        lambda crm, _: crm.kpis(2026),
        InvalidValue,
        '^period: expected "2026", "2026-Q1", "2026-03" or a Period',
    ),
    (
        "unknown field",
        lambda crm, id: crm.complaints.amend(id, colour="red", text=CANARY),
        InvalidValue,
        "cannot amend colour; it can change subject, text, .*, extra",
    ),
    (
        "a field that only an action changes",
        lambda crm, id: crm.complaints.amend(id, state="closed"),
        InvalidValue,
        "cannot amend state; it can change subject",
    ),
    (
        "wrong type: a number for a text",
        lambda crm, _: crm.complaints.record(subject=7, channel="phone", text=CANARY),
        InvalidValue,
        r"Complaint\.subject: expected text, got int",
    ),
    (
        "wrong type: a text for a contact",
        lambda crm, id: crm.complaints.amend(id, contact=CANARY),
        InvalidValue,
        r"Complaint\.contact: expected ContactPoint, got str",
    ),
    (
        "wrong type: a text for a time",
        lambda crm, id: crm.complaints.amend(id, due_at="tomorrow"),
        InvalidValue,
        r"Complaint\.due_at: expected a datetime, got str",
    ),
    (
        "wrong type: one text for several",
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", tags=CANARY),
        InvalidValue,
        r"tags: expected several values, such as tags=\['water'\]",
    ),
    (
        "wrong type: no id",
        lambda crm, _: crm.complaints.acknowledge(None),
        InvalidValue,
        "id: expected text, got NoneType",
    ),
    (
        "wrong type: no id to look up",
        lambda crm, _: crm.history(7),
        InvalidValue,
        "id: expected text, got int",
    ),
    (
        "wrong type: a record for its id",
        lambda crm, id: crm.complaints.acknowledge(crm.complaints.get(id)),
        InvalidValue,
        "^id: expected text, got Complaint; give its id$",
    ),
    (
        "wrong type: a record to look up",
        lambda crm, id: crm.history(crm.complaints.get(id)),
        InvalidValue,
        "^id: expected text, got Complaint; give its id$",
    ),
    (
        "wrong type: a record for the id of another",
        lambda crm, id: crm.complaints.record(subject=CANARY, channel="phone", customer=crm.complaints.get(id)),
        InvalidValue,
        r"^customer: expected text, got Complaint; give its id$",
    ),
    (
        "wrong type: a record to compare with",
        lambda crm, id: list(crm.complaints.find(where("customer") == crm.complaints.get(id))),
        InvalidValue,
        "^customer: expected text, got Complaint; give its id$",
    ),
    (
        "unknown code",
        lambda crm, _: crm.complaints.record(subject=CANARY, channel=CANARY),
        InvalidValue,
        "channel: expected one of phone, email, letter, web, chat, counter, social, survey, other",
    ),
    (
        "blank text",
        lambda crm, id: crm.complaints.amend(id, subject=" ", text=CANARY),
        InvalidValue,
        r"Complaint\.subject: a text must not be blank",
    ),
    (
        "forbidden move",
        lambda crm, id: crm.complaints.reopen(id, CANARY),
        TransitionNotAllowed,
        "complaint: cannot reopen while in_handling; allowed: .*answer.*withdraw",
    ),
    (
        "forbidden move in a bulk",
        lambda crm, id: crm.complaints.assign_all([id], "south"),
        TransitionNotAllowed,
        "complaint: cannot assign while in_handling; allowed: .*forward",
    ),
    (
        "unmet guard",
        lambda crm, id: crm.complaints.forward(id, "north", reason=CANARY),
        GuardNotMet,
        "complaint: cannot forward yet; needed first: the new handler is another one than the present one",
    ),
    (
        "unmet demand",
        lambda crm, id: crm.complaints.assess(id, severity="high", reason=CANARY),
        GuardNotMet,
        "complaint: cannot assess yet; needed first: severity and impact are rated, so that the priority is known",
    ),
    (
        "unknown id",
        lambda crm, _: crm.complaints.answer("c-9", CANARY),
        NotFound,
        "no complaint with the id or number 'c-9'",
    ),
    (
        "unknown number",
        lambda crm, _: crm.complaints.answer("CMP-2026-000009", CANARY),
        NotFound,
        "no complaint with the id or number 'CMP-2026-000009'",
    ),
    (
        "unknown id in a history",
        lambda crm, _: crm.history("c-9"),
        NotFound,
        "no record with the id or number 'c-9'",
    ),
    (
        "foreign tenant",
        lambda crm, id: crm.tenant("south").complaints.answer(id, CANARY),
        NotFound,
        "no complaint with the id or number '[0-9a-f-]{36}'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "error", "says"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_wrong_call_is_named_and_changes_nothing(
    crm: Desk, complaint: Complaint, wrong: Wrong, error: type[ServiceCRMError], says: str
) -> None:
    before = everything(crm)
    with pytest.raises(error, match=says) as refused:
        wrong(crm, complaint.id)

    told(refused.value)
    assert type(refused.value) is error
    assert everything(crm) == before


def test_a_stale_revision_is_named_with_both_and_what_others_saved_stays(crm: Desk, complaint: Complaint) -> None:
    stale = complaints.amend(complaint, text=CANARY * 2, by="bob@city.example", at=crm.clock())
    crm.complaints.note(complaint.id, CANARY)
    before = everything(crm)
    with pytest.raises(StaleRevision, match="based on revision 5, the store has revision 6; load it again") as refused:
        crm.save(stale)

    told(refused.value)
    assert (refused.value.expected, refused.value.actual) == (5, 6)
    assert everything(crm) == before
    again = crm.complaints.get(complaint.id)
    crm.save(complaints.amend(again, text=CANARY * 2, by="bob@city.example", at=crm.clock()))


def test_a_failure_in_the_middle_of_a_unit_takes_its_first_half_back(crm: Desk, complaint: Complaint) -> None:
    before = everything(crm)

    def half() -> None:
        with crm.unit():
            crm.complaints.answer(complaint.id, CANARY, command="k-1")
            crm.complaints.close(complaint.id, "")

    with pytest.raises(GuardNotMet, match="cannot close yet; needed first") as refused:
        half()
    told(refused.value)
    assert everything(crm) == before
    assert crm.complaints.answer(complaint.id, CANARY, command="k-1").state == "responded"


# -- documents from outside ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"colour": CANARY}, "colour"),
        ({"channel": CANARY}, "channel"),
        ({"safety": "false"}, "safety"),
        ({"tags": "ab"}, "tags"),
        ({"received_at": "2026-03-02T09:00:00"}, "received_at"),
        ({"forwards": True}, "forwards"),
    ],
    ids=["unknown field", "unknown code", "text for a flag", "text for several", "naive time", "flag for a number"],
)
def test_a_malformed_document_is_named_with_the_path_of_every_problem(
    complaint: Complaint, change: dict[str, Any], problem: str
) -> None:
    document = {**COMPLAINT.schema.dump(complaint), **change, "subject": None}
    with pytest.raises(MalformedDocument) as refused:
        COMPLAINT.schema.load(document, version=COMPLAINT.schema.current)

    text = told(refused.value)
    assert problem in text
    assert "subject" in text
    assert len(refused.value.problems) == 2


# -- files that cannot be used ---------------------------------------------------------------------


OPTIONS: tuple[dict[str, Any], ...] = ({}, {"readonly": True}, {"migrate": True})


@pytest.fixture
def kept(path: Path) -> bytes:
    """The bytes of a store with one complaint."""
    with connect(path, actor="ann@city.example") as crm:
        crm.complaints.record(subject=CANARY, channel="phone")
    return path.read_bytes()


def test_a_database_of_a_newer_version_is_named_and_left_alone(path: Path, kept: bytes) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE servicecrm_version SET version = 99")
    newer = path.read_bytes()
    for options in OPTIONS:
        with pytest.raises(SchemaTooNew, match=rf"version 99, .* knows up to {CURRENT}; install a newer") as refused:
            connect(path, **options)
        told(refused.value)

    assert path.read_bytes() == newer
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE servicecrm_version SET version = {CURRENT}")
    with connect(path) as crm:
        assert crm.complaints.count() == 1
    assert len(path.read_bytes()) == len(kept)


def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path) -> None:
    path.write_text(f"Dear Sir or Madam, my name is {CANARY}. " * 100)
    letter = path.read_bytes()
    for options in OPTIONS:
        with pytest.raises(StoreUnavailable, match="the file is not an SQLite database") as refused:
            connect(path, **options)
        told(refused.value)

    assert path.read_bytes() == letter


def test_a_folder_or_a_missing_one_is_named(path: Path) -> None:
    missing = r"crm\.db cannot be opened: does the folder nowhere exist, and may it be written\?"
    for place, says in ((path.parent, "is a folder"), (path / "nowhere" / "crm.db", missing)):
        with pytest.raises(StoreUnavailable, match=says) as refused:
            connect(place)
        told(refused.value)


class FullDisk(sqlite3.Connection):
    """A connection whose file cannot grow once the disk is full."""

    full = False

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            super().execute(f"PRAGMA max_page_count = {1 if FullDisk.full else 1_000_000}")
        return super().execute(sql, *rest)


def test_a_full_disk_is_named_and_what_was_acknowledged_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect_sqlite = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect_sqlite(*args, factory=FullDisk, **more))
    with connect(path, actor="ann@city.example", clock=FixedClock()) as crm:
        complaint = crm.complaints.record(subject=CANARY, channel="phone")
        before = everything(crm)
        monkeypatch.setattr(FullDisk, "full", True)
        with pytest.raises(StoreUnavailable, match="the disk is full; nothing of this unit was saved") as refused:
            crm.complaints.message(complaint.id, CANARY * 20_000, side="outside", command="k-1")
        told(refused.value)
        assert everything(crm) == before

        monkeypatch.setattr(FullDisk, "full", False)
        crm.complaints.message(complaint.id, CANARY * 20_000, side="outside", command="k-1")
        assert len(crm.complaints.messages(complaint.id)) == 1


def test_use_after_a_fork_is_named_and_the_parent_loses_nothing(crm: Desk, complaint: Complaint) -> None:
    before = everything(crm)
    child = os.fork()
    if not child:  # the child must not run the rest of the tests
        try:
            crm.complaints.answer(complaint.id, CANARY)
        except ForkedStoreError as error:
            text = told(error)
            os._exit(7 if f"used in {os.getpid()}; open it again after a fork" in text else 1)
        finally:
            os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert everything(crm) == before


# -- logs ------------------------------------------------------------------------------------------

MAP = """
[log]
name = "helpdesk"
shape = "events"
zone = "UTC"

[columns]
case = "Ticket"
time = "When"
word = "Status"
subject = "About"

[words]
New = { state = "recorded" }
"""


@pytest.mark.usefixtures("complaint")
def test_a_log_with_a_missing_column_is_named_before_anything_is_followed(crm: Desk, tmp_path: Path) -> None:
    before = everything(crm)
    log_map = LogMap.from_toml(MAP, COMPLAINT_WORDS)
    log = tmp_path / "log.csv"
    log.write_text(f"Ticket,When,About\n1,2026-03-02 08:00,{CANARY}\n")
    with pytest.raises(
        ImportProblem, match=r"columns that the file has not: Status; it has: 'Ticket', 'When', 'About'"
    ) as refused:
        replay(crm, read_log(log, log_map), log_map)

    told(refused.value)
    assert refused.value.row == 1
    assert everything(crm) == before


def test_a_bad_row_of_a_log_is_named_with_row_and_column_and_the_rest_goes_on(crm: Desk, tmp_path: Path) -> None:
    log_map = LogMap.from_toml(MAP, COMPLAINT_WORDS)
    log = tmp_path / "log.csv"
    log.write_text(
        f"Ticket,When,Status,About\n1,{CANARY},New,a\n2,2026-03-02 08:00,{CANARY},b\n3,2026-03-02 08:00,New,c\n"
    )
    result = replay(crm, read_log(log, log_map), log_map)

    assert CANARY not in repr(result)
    assert [c.subject for c in crm.complaints.find()] == ["c"]
    with pytest.raises(ImportProblem, match="row 2, column 'When': ") as refused:
        replay(crm, read_log(log, log_map), log_map, strict=True)
    told(refused.value)
    assert refused.value.column == "When"
