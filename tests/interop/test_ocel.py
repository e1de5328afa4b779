"""Journals of several kinds as one object-centric log, which keeps to the published schema of OCEL 2.0."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import servicecrm
from servicecrm.cases import CASE, Case
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk.desk import Desk
from servicecrm.errors import InvalidValue
from servicecrm.interop.ocel import to_ocel
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.kernel.records import evolve
from servicecrm.storage import Entry
from servicecrm.tracking import ACTION_ITEM, MESSAGE, ActionItem

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KINDS: tuple[Kind[Any], ...] = (COMPLAINT, MESSAGE, ACTION_ITEM)

FIRST = Entry(
    kind="complaint",
    id="c-1",
    n=1,
    revision=1,
    type="complaint.recorded",
    by="ann",
    on_behalf_of=None,
    occurred_at=NOON,
    recorded_at=NOON + timedelta(hours=1),
    command=None,
    schema=1,
    data=EMPTY,
    changes=FrozenMap({"state": "recorded", "customer": "harbour", "forwards": 0, "handler": None, "subject": "Leak"}),
    appended=EMPTY,
    erased=False,
    hash="",
)
VALUE_TYPES = {"string", "time", "integer", "float", "boolean"}


def entry(**fields: Any) -> Entry:
    changes = fields.pop("changes", None)
    return evolve(FIRST, **fields, **({} if changes is None else {"changes": FrozenMap(changes)}))


def made(*entries: Entry, **options: Any) -> Any:
    found = to_ocel(entries, **{"kinds": KINDS, **options})
    check(found)
    return found


def check(log: Any) -> None:
    """What the JSON schema of OCEL 2.0 asks for, and what its text asks for besides."""
    assert json.loads(json.dumps(log)) == log
    assert set(log) == {"eventTypes", "objectTypes", "events", "objects"}
    declared: dict[str, dict[str, str]] = {}
    for types in (log["eventTypes"], log["objectTypes"]):
        assert len({each["name"] for each in types}) == len(types)
        for each in types:
            assert set(each) == {"name", "attributes"}
            assert all(set(a) == {"name", "type"} and a["type"] in VALUE_TYPES for a in each["attributes"])
            declared[each["name"]] = {a["name"]: a["type"] for a in each["attributes"]}
    ids = {each["id"] for each in log["objects"]}
    assert len(ids) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for each in log["events"]:
        assert set(each) == {"id", "type", "time", "attributes", "relationships"}
        assert datetime.fromisoformat(each["time"]).tzinfo is not None
        assert each["relationships"], "an event is about an object"
    for each in log["objects"]:
        assert set(each) == {"id", "type", "attributes", "relationships"}
        assert all(datetime.fromisoformat(a["time"]).tzinfo is not None for a in each["attributes"])
    for each in (*log["events"], *log["objects"]):
        assert all(isinstance(a["value"], str) and a["name"] in declared[each["type"]] for a in each["attributes"])
        assert all(set(link) == {"objectId", "qualifier"} for link in each["relationships"])
        assert {link["objectId"] for link in each["relationships"]} <= ids


@pytest.fixture
def crm() -> Desk:
    clock = iter(NOON + timedelta(hours=n) for n in range(1000))
    return servicecrm.connect("memory:", actor="ann", clock=lambda: next(clock))


def test_the_journals_of_a_complaint_its_messages_and_its_actions_become_one_log(crm: Desk) -> None:
    complaint = crm.complaints.record(subject="Leak in the cellar", channel="phone", customer="harbour")
    crm.complaints.acknowledge(complaint.id)
    crm.complaints.assign(complaint.id, handler="repair")
    crm.complaints.message(complaint.id, "Any news?", side="outside")
    (message,) = crm.complaints.messages(complaint.id)
    with crm.unit() as unit:
        entries = (
            *unit.history(type(complaint), complaint.id),
            *unit.history(type(message), message.id),
        )
    log = made(*entries, links={"customer": "customer"})

    assert Counter(each["type"] for each in log["objects"]) == {"complaint": 1, "message": 1, "customer": 1}
    links = {each["id"]: each["relationships"] for each in log["objects"]}
    about = f"complaint:{complaint.id}"
    assert links[about] == [{"objectId": "customer:harbour", "qualifier": "customer"}]
    assert {"objectId": about, "qualifier": "about"} in links[f"message:{message.id}"]
    assert len(log["events"]) == len(entries)
    assert "cellar" not in json.dumps(log)
    assert "Any news" not in json.dumps(log)


def test_an_action_item_is_linked_to_what_it_follows_from(crm: Desk) -> None:
    complaint = crm.complaints.record(subject="Leak", channel="phone")
    due = NOON + timedelta(days=30)
    item = crm.actions.open("Check", source_kind="complaint", source=complaint.id, owner="north", due_at=due)
    with crm.unit() as unit:
        log = made(*unit.history(ActionItem, item.id))

    link = {"objectId": f"complaint:{complaint.id}", "qualifier": "source"}
    assert link in log["events"][0]["relationships"]
    assert [each["relationships"] for each in log["objects"] if each["type"] == "action_item"] == [[link]]


def test_records_that_belong_together_are_linked_by_how_they_do(crm: Desk) -> None:  # C055
    first, second, third = (crm.complaints.record(subject=each, channel="phone") for each in "abc")
    crm.complaints.link(first.id, second.id, "child_of")
    crm.complaints.merge(third.id, first.id)
    case = crm.cases.open(subject="d", channel="phone")
    other = crm.cases.open(subject="e", channel="phone")
    crm.cases.link(case.id, other.id, kind="same_issue")
    with crm.unit() as unit:
        entries = [
            entry
            for kind, id_ in ((Complaint, first.id), (Complaint, third.id), (Case, case.id))
            for entry in unit.history(kind, id_)
        ]
    log = made(*entries, kinds=(*KINDS, CASE))

    found = {each["id"]: [(x["qualifier"], x["objectId"]) for x in each["relationships"]] for each in log["objects"]}
    assert ("child_of", f"complaint:{second.id}") in found[f"complaint:{first.id}"]
    assert found[f"complaint:{third.id}"] == [("duplicate_of", f"complaint:{first.id}")]
    assert found[f"case:{case.id}"] == [("same_issue", f"case:{other.id}")]


def test_what_a_host_keeps_as_links_is_not_taken_for_ours() -> None:
    log = made(entry(changes={"links": ["a", {"kind": 1, "complaint": "b"}, {"kind": "near", "complaint": 2}]}))

    assert [each["relationships"] for each in log["objects"]] == [[]]


def test_an_attribute_has_its_value_at_each_time_and_what_became_empty_is_empty() -> None:
    log = made(
        FIRST,
        entry(n=2, type="complaint.assigned", occurred_at=NOON + timedelta(days=1), changes={"handler": "repair"}),
        entry(n=3, type="complaint.amended", occurred_at=NOON + timedelta(days=2), changes={"handler": None}),
    )

    (found,) = log["objects"]
    told = [(each["name"], each["time"][:10], each["value"]) for each in found["attributes"]]
    assert told == [
        ("state", "2026-03-02", "recorded"),
        ("customer", "2026-03-02", "harbour"),
        ("forwards", "2026-03-02", "0"),
        ("handler", "2026-03-03", "repair"),
        ("handler", "2026-03-04", ""),
    ]


def test_types_of_attributes_are_those_of_the_columns() -> None:
    (found,) = made(FIRST)["objectTypes"]
    types = {each["name"]: each["type"] for each in found["attributes"]}

    assert (types["state"], types["forwards"], types["received_at"]) == ("string", "integer", "time")
    assert "open" not in types  # what is worked out is no field
    assert "subject" not in types


def test_yes_and_no_are_words_and_what_is_no_single_value_is_left_out() -> None:
    columns = (Column[Complaint]("safety", ColumnType.BOOLEAN), Column[Complaint]("tags", ColumnType.TEXT))
    kind = Kind("complaint", COMPLAINT.schema, columns=columns)
    log = made(entry(changes={"safety": True, "tags": ["a"]}), entry(n=2, changes={"safety": False}), kinds=(kind,))

    (found,) = log["objects"]
    assert [(each["name"], each["value"]) for each in found["attributes"]] == [("safety", "true"), ("safety", "false")]


def test_an_event_says_who_acted_for_whom_and_when_it_was_told() -> None:
    (found,) = made(entry(on_behalf_of="harbour"))["events"]

    assert found["attributes"] == [
        {"name": "by", "value": "ann"},
        {"name": "on_behalf_of", "value": "harbour"},
        {"name": "recorded_at", "value": "2026-03-02T13:00:00+00:00"},
    ]
    assert found["id"] == "complaint:c-1:1"
    assert found["relationships"] == [{"objectId": "complaint:c-1", "qualifier": "complaint"}]


def test_a_link_of_several_is_told_once_for_each_and_not_again() -> None:
    log = made(
        FIRST, entry(n=2), entry(n=3, changes={"customer": "quay", "service": None}), links={"customer": "person"}
    )

    assert [link["objectId"] for link in log["objects"][0]["relationships"]] == ["person:harbour", "person:quay"]
    assert [len(each["relationships"]) for each in log["events"]] == [2, 2, 2]


def test_a_personal_field_is_no_link_and_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidValue, match="personal"):
        made(FIRST, links={"subject": "subject"})
    with pytest.raises(InvalidValue, match="give that kind too"):
        made(FIRST, kinds=(MESSAGE,))
    for entries in ((), (FIRST,)):
        with pytest.raises(InvalidValue, match="none of the kinds has a field 'nonsense'"):
            made(*entries, links={"customer": "customer", "nonsense": "x"})


def test_who_was_complained_about_is_neither_an_attribute_nor_a_link() -> None:
    columns = (Column[Complaint]("handler", ColumnType.TEXT), Column[Complaint]("complained_about", ColumnType.TEXT))
    kind = Kind("complaint", COMPLAINT.schema, columns=columns)
    about = entry(changes={"handler": "north", "complained_about": "rita"})

    assert "rita" not in json.dumps(made(about, kinds=(kind,)))
    with pytest.raises(InvalidValue, match="personal"):
        made(about, links={"complained_about": "person"})


def test_an_empty_journal_is_an_empty_log() -> None:
    assert made() == {"eventTypes": [], "objectTypes": [], "events": [], "objects": []}
