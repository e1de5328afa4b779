"""Our journal as an event log, and back: what is written is read as the same facts."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import servicecrm
from servicecrm.cases import CASE as CASES
from servicecrm.complaints import COMPLAINT, LIFECYCLE, Complaint
from servicecrm.desk.desk import Desk
from servicecrm.errors import InvalidValue
from servicecrm.interop import Fact, RefusedRow, eventlog
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.storage import Entry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

FIRST = Entry(
    kind="complaint",
    id="c-1",
    n=1,
    revision=1,
    type="complaint.recorded",
    by="ann",
    on_behalf_of=None,
    occurred_at=NOON,
    recorded_at=NOON,
    command=None,
    schema=1,
    data=EMPTY,
    changes=FrozenMap({"state": "recorded", "channel": "phone", "subject": "No water", "handler": None}),
    appended=EMPTY,
    erased=False,
    hash="",
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).filter(str.strip)
texts = words | st.builds(str.__add__, st.sampled_from(("=", "+", "-", "@", "\t", "\r", "'", "''")), words)


def entry(**fields: Any) -> Entry:
    changes = fields.pop("changes", None)
    return evolve(FIRST, **fields, **({} if changes is None else {"changes": FrozenMap(changes)}))


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    found, told = [], dict.fromkeys(names, 0)
    for name in draw(st.lists(st.sampled_from(names), max_size=12)):
        told[name] += 1
        state = draw(st.sampled_from(LIFECYCLE.states))
        moved = {"state": state} if told[name] == 1 or draw(st.booleans()) else {}
        handed = {"handler": draw(texts | st.none())} if draw(st.booleans()) else {}
        found.append(
            entry(
                id=name,
                n=told[name],
                type=draw(texts),
                by=draw(texts),
                occurred_at=draw(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1))),
                recorded_at=datetime(9999, 1, 1, tzinfo=UTC),
                changes={**moved, **handed},
            )
        )
    return found


def read(path: Path, entries: list[Entry], **options: Any) -> list[Fact | RefusedRow]:
    with path.open("w", encoding="utf-8", newline="") as file:
        assert eventlog.write(entries, file, kind=COMPLAINT, **options) == len(entries)
    return list(eventlog.read(path, eventlog.read_back("ours", columns=options.get("columns", ()))))


@given(entries=histories())
def test_what_is_written_is_read_back_as_the_same_facts(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    states: dict[str, object] = {}
    expected = []
    for each in entries:
        states[each.id] = each.changes.get("state", states.get(each.id))
        handler = each.changes.get("handler")
        values = {} if handler is None else {"handler": handler}
        expected.append((each.id, each.n, each.occurred_at, states[each.id], each.by, values, {"activity": each.type}))

    found = read(tmp_path_factory.mktemp("log") / "log.csv", entries, columns=("handler",))
    told = [
        (each.case, each.ordinal, each.occurred_at, each.state, each.by, dict(each.values), dict(each.extra))
        for each in found
        if isinstance(each, Fact)
    ]
    assert told == expected


@pytest.fixture
def crm() -> Desk:
    clock = iter(NOON + timedelta(hours=n) for n in range(1000))
    return servicecrm.connect("memory:", actor="ann", clock=lambda: next(clock))


def lived(crm: Desk) -> Complaint:
    """A complaint that was recorded, handed on, waited for and taken back."""
    complaint = crm.complaints.record(subject="No water", channel="phone", complainant="Eva Ek")
    crm.complaints.acknowledge(complaint.id)
    crm.complaints.assign(complaint.id, handler="repair")
    crm.complaints.forward(complaint.id, "mains", reason="a pipe")
    crm.complaints.wait(complaint.id, "customer")
    crm.complaints.resume(complaint.id)
    return crm.complaints.withdraw(complaint.id, reason="It rained")


def test_a_real_journal_is_read_back_state_by_state(crm: Desk, tmp_path: Path) -> None:
    entries = list(crm.history(lived(crm).id))
    found = [each for each in read(tmp_path / "log.csv", entries, columns=("handler",)) if isinstance(each, Fact)]

    assert [each.state for each in found] == ["recorded", "acknowledged", *["in_handling"] * 4, "withdrawn"]
    assert [each.values.get("handler") for each in found][2:4] == ["repair", "mains"]
    assert {each.by for each in found} == {"ann"}


def test_a_log_has_the_names_of_xes_and_nothing_personal(crm: Desk) -> None:
    text = io.StringIO()
    eventlog.write(crm.history(lived(crm).id), text, kind=COMPLAINT, columns=("channel",))

    header, first, *_ = csv.reader(text.getvalue().splitlines())
    assert header[:3] == ["case:concept:name", "concept:name", "time:timestamp"]
    assert header[3:] == ["org:resource", "lifecycle:transition", "state", "channel"]
    assert first[1:] == ["complaint.recorded", first[2], "ann", "complete", "recorded", "phone"]
    assert datetime.fromisoformat(first[2]).tzinfo is not None
    for words in ("No water", "Eva Ek", "a pipe", "It rained"):
        assert words not in text.getvalue()


@given(entries=histories())
def test_no_cell_of_a_file_is_run_by_a_spreadsheet(entries: list[Entry]) -> None:
    text = io.StringIO()
    eventlog.write(entries, text, kind=COMPLAINT, columns=("handler",))
    text.seek(0)

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in csv.reader(text) for cell in row)


def test_what_is_told_as_rows_is_told_as_it_is() -> None:
    (found,) = eventlog.rows([entry(by="=1+1")], kind=COMPLAINT)

    assert found["org:resource"] == "=1+1"


def test_who_was_complained_about_has_to_be_asked_for() -> None:
    about = entry(changes={"complained_about": "rita"})
    with pytest.raises(InvalidValue, match="personal=True"):
        eventlog.rows([about], kind=COMPLAINT, columns=("complained_about",))

    (found,) = eventlog.rows([about], kind=COMPLAINT, columns=("complained_about",), personal=True)
    assert found["complained_about"] == "rita"


def test_a_personal_column_has_to_be_asked_for() -> None:
    with pytest.raises(InvalidValue, match="personal=True"):
        eventlog.rows([FIRST], kind=COMPLAINT, columns=("subject",))

    (found,) = eventlog.rows([FIRST], kind=COMPLAINT, columns=("subject",), personal=True)
    assert found["subject"] == "No water"


@pytest.mark.parametrize("name", ["mood", "state"])
def test_a_column_that_the_record_has_not_or_that_is_there_already_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="no field"):
        eventlog.rows([], kind=COMPLAINT, columns=(name,))


def test_a_log_tells_of_one_kind_of_record() -> None:
    with pytest.raises(InvalidValue, match="not of complaint"):
        list(eventlog.rows([FIRST], kind=CASES))


def test_what_is_no_text_is_told_as_json() -> None:
    (found,) = eventlog.rows(
        [entry(changes={"forwards": 2, "safety": True, "tags": ["a", "b"]})],
        kind=COMPLAINT,
        columns=("forwards", "safety", "tags"),
    )

    assert (found["forwards"], found["safety"], found["tags"]) == ("2", "true", '["a","b"]')


def test_a_history_without_its_beginning_has_no_state_and_is_refused_when_read(tmp_path: Path) -> None:
    later = entry(n=7, changes={})

    assert [row["state"] for row in eventlog.rows([later], kind=COMPLAINT)] == [""]
    (refused,) = read(tmp_path / "log.csv", [later])
    assert isinstance(refused, RefusedRow)
    assert refused.column == "state"
