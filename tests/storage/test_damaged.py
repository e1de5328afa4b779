"""A document that cannot be read is named by the id of its record, on every store."""  # C123, C124

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk import Desk, connect
from servicecrm.errors import MalformedDocument
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Change, RecordRow, Tables, ask
from servicecrm.storage.store import EngineUnit
from tests.desk.places import STORES, empty_store

SECRET = "a neighbour of Ms Okafor"


@pytest.fixture(params=STORES)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with empty_store(request.param, tmp_path, request) as url, connect(url, actor="ann@city.example") as desk:
        yield desk


def damage(crm: Desk, complaint: Complaint, document: str) -> None:
    """Put another document in the place of a record's."""
    row = RecordRow(complaint.id, complaint.revision, COMPLAINT.schema.current, document)
    change = Change(row, COMPLAINT.index_of(complaint), expected=complaint.revision)

    def program() -> Program[None]:
        yield from ask(Tables.update, COMPLAINT, [change])

    crm.store.perform(lambda _: program())


READS: dict[str, Callable[[EngineUnit, str], Any]] = {
    "get": lambda unit, id: unit.get(Complaint, id),
    "find": lambda unit, _: unit.find(Complaint),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(
    ("document", "problem"),
    [(SECRET, "$: not JSON"), (f'{{"colour": "{SECRET}"}}', "colour"), ("7", "$")],
    ids=["no JSON", "other fields", "no object"],
)
def test_the_record_whose_document_cannot_be_read_is_named(
    crm: Desk, document: str, problem: str, read: Callable[[EngineUnit, str], Any]
) -> None:
    complaints = [crm.complaints.record(subject=f"No water {n}", channel="phone") for n in range(5)]
    damage(crm, complaints[3], document)

    with pytest.raises(MalformedDocument) as refused, crm.store.unit(readonly=True) as unit:
        read(unit, complaints[3].id)
    error = refused.value
    assert (error.kind, error.id) == ("complaint", complaints[3].id)
    assert str(error).startswith(f"malformed complaint {complaints[3].id}: ")
    assert any(problem in each for each in error.problems)
    assert SECRET not in str(error)
