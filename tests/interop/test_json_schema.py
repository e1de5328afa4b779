"""What a JSON Schema says of a document is what the strict reading says of its shape."""  # C127

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from servicecrm.calendars import Calendar, Holiday
from servicecrm.cli import main
from servicecrm.complaints import COMPLAINT, Complaint, ComplaintPolicy, Remedy
from servicecrm.complaints.targets import TARGETS as SHIPPED_TARGETS
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop import json_schema
from servicecrm.kernel.documents import Document, converter
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.policies import PolicyBook
from servicecrm.kernel.records import personal_fields
from servicecrm.kernel.values import Money
from servicecrm.storage.kinds import SHIPPED, WITHOUT_HISTORY
from servicecrm.testing import strategies
from servicecrm.testing.makers import MONDAY, a_complaint, a_message
from servicecrm.tracking import MESSAGE
from servicecrm.tracking.books import CALENDARS, TARGETS, CalendarBook, TargetBook
from servicecrm.tracking.targets import Targets

KINDS = (*SHIPPED, *WITHOUT_HISTORY)
GOLDEN = Path(__file__).parent.parent / "golden"


def validator(kind: Kind[Any]) -> Draft202012Validator:
    return Draft202012Validator(json_schema.of_kind(kind))


VALIDATORS = {kind.name: validator(kind) for kind in KINDS}


def latest(kind: Kind[Any]) -> Document | None:
    """The golden document of the version that is written now."""
    file = GOLDEN / kind.name / f"v{kind.schema.current}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


DOCUMENTS = [(kind, document) for kind in KINDS if (document := latest(kind)) is not None]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_stored_kind_has_a_schema_that_names_its_version(kind: Kind[Any]) -> None:
    schema = json_schema.of_kind(kind)

    Draft202012Validator.check_schema(schema)
    assert (schema["title"], schema["x-version"]) == (kind.name, kind.schema.current)
    assert schema["$id"] == f"urn:servicecrm:{kind.name}:{kind.schema.current}"
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS, ids=lambda each: getattr(each, "name", ""))
def test_a_golden_document_is_valid_and_nothing_besides(kind: Kind[Any], document: Document) -> None:
    assert not [*VALIDATORS[kind.name].iter_errors(document)]
    assert not VALIDATORS[kind.name].is_valid({**document, "colour": "red"})
    for name in document:
        without = {field: value for field, value in document.items() if field != name}
        assert VALIDATORS[kind.name].is_valid(without) or not reads(kind, without)


@given(strategies.complaints())
def test_whatever_a_complaint_holds_its_document_is_valid(complaint: Complaint) -> None:
    assert VALIDATORS["complaint"].is_valid(COMPLAINT.schema.dump(complaint))


def test_messages_calendars_and_targets_are_valid_too() -> None:
    closed = Calendar(zone="UTC", hours="mon-fri 09:00-17:00", holidays=(Holiday(date=MONDAY.date(), name="Off"),))
    calendars = CalendarBook().publish(closed, effective=MONDAY)
    targets = TargetBook(id="complaint").publish(SHIPPED_TARGETS, effective=MONDAY)

    assert not [*VALIDATORS["message"].iter_errors(MESSAGE.schema.dump(a_message()))]
    assert not [*VALIDATORS["calendar"].iter_errors(CALENDARS.schema.dump(calendars))]
    assert not [*VALIDATORS["targets"].iter_errors(TARGETS.schema.dump(targets))]


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document, as what holds it and its key there."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, dict | list):
            yield from places(value)


def reads(kind: Kind[Any], document: Document) -> bool:
    try:
        kind.schema.load(document)
    except MalformedDocument:
        return False
    return True


@given(st.data())
def test_what_the_reading_takes_is_valid(data: st.DataObject) -> None:
    kind, golden = data.draw(st.sampled_from(DOCUMENTS))
    document = deepcopy(golden)
    holder, key = data.draw(st.sampled_from([*places(document)]))
    holder[key] = data.draw(st.sampled_from([None, True, 7, 1.5, "x", [], ["x"], {}, "2026-03-02", holder[key]]))

    assert VALIDATORS[kind.name].is_valid(document) or not reads(kind, document)


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": "terrible"},
        {"subject": 7},
        {"safety": "false"},
        {"forwards": 1.5},
        {"tags": "ab"},
        {"received_at": "2026-03-02T09:00:00"},
        {"received_at": None},
        {"links": [{"kind": "related"}]},
        {"links": [{"kind": "related", "complaint": "c-2", "colour": "red"}]},
        {"extra": []},
    ],
    ids=str,
)
def test_a_wrong_shape_is_invalid(wrong: Document) -> None:
    document = COMPLAINT.schema.dump(a_complaint())

    assert VALIDATORS["complaint"].is_valid(document)
    assert not VALIDATORS["complaint"].is_valid({**document, **wrong})
    assert not reads(COMPLAINT, {**document, **wrong})
    for name in ("id", "state", "subject", "channel", "received_at"):
        assert not VALIDATORS["complaint"].is_valid({key: document[key] for key in document.keys() - {name}})


@pytest.mark.parametrize(
    "kind", [each for each in KINDS if not issubclass(each.schema.record, PolicyBook)], ids=lambda kind: kind.name
)
def test_personal_fields_are_marked(kind: Kind[Any]) -> None:
    schema = json_schema.of_kind(kind)
    fields = schema["$defs"][schema["$ref"].rpartition("/")[2]]["properties"]
    marked = {name for name, field in fields.items() if "x-personal" in field}
    nested = {name for name in fields if "x-personal" in json.dumps(referred(schema, fields[name]))}

    assert marked | nested == personal_fields(kind.schema.record)


def referred(schema: Document, field: Any) -> list[Any]:
    """All definitions that a field leads to."""
    found: dict[str, Any] = {}

    def look(at: Any) -> None:
        for holder, key in places(at):
            name = str(holder[key]).rpartition("/")[2]
            if key == "$ref" and name not in found:
                found[name] = schema["$defs"][name]
                look(found[name])

    look(field)
    return [*found.values()]


def test_any_record_has_a_schema() -> None:
    money, policy = (Draft202012Validator(json_schema.of_record(each)) for each in (Money, ComplaintPolicy))

    assert money.is_valid({"amount": "1E+3", "currency": "EUR"})
    assert not money.is_valid({"amount": 12.5, "currency": "EUR"})
    assert not money.is_valid({"amount": "12,5", "currency": "EUR"})
    assert policy.is_valid(converter().unstructure(ComplaintPolicy()))
    assert "offered" in json_schema.of_record(Remedy)["$defs"]["RemedyStatus"]["enum"]
    assert json_schema.of_record(Targets)["$defs"]["Target"]["properties"]["each"]["default"] is False
    with pytest.raises(InvalidValue, match="a class of records"):
        json_schema.of_record(int)


def test_the_command_line_tells_the_schema_of_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "complaint"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema.of_kind(COMPLAINT)

    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split() == sorted(kind.name for kind in KINDS)

    assert main(["schema", "complain"]) == 1
    assert "there are no such documents; there are action_item, " in capsys.readouterr().err
