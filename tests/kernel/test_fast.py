"""With the extra `fast`, msgspec reads what we wrote; nobody can tell the records from those of the plain reading."""

# C127

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, reduce
from io import StringIO
from operator import getitem
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("msgspec")

from servicecrm import connect
from servicecrm.calendars import Calendar, Holiday
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.complaints.targets import TARGETS as SHIPPED_TARGETS
from servicecrm.errors import MalformedDocument, SchemaTooNew
from servicecrm.kernel import documents
from servicecrm.kernel.checks import shape_validator
from servicecrm.kernel.documents import Document, Schema, converter
from servicecrm.kernel.fast import fast_reader
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import evolve, fields_of, record
from servicecrm.storage.kinds import SHIPPED, WITHOUT_HISTORY
from servicecrm.surveys.schema import ANSWER, RESPONSE
from servicecrm.testing import strategies
from servicecrm.testing.makers import MONDAY, a_complaint
from servicecrm.tracking.books import CALENDARS, TARGETS, CalendarBook, TargetBook
from tests.kernel.test_documents import Colour, Every, Part, _every

GOLDEN = Path(__file__).parent.parent / "golden"
KINDS = {kind.name: kind for kind in (*SHIPPED, *WITHOUT_HISTORY)}

EVERY = Schema("every", Every)
vars(EVERY)["_fast"] = fast_reader(Every, converter().get_structure_hook)  # as if it were a record of ours

Place = tuple[str | int, ...]


@record
class Doubled:
    """A record of a host, which works something out when it is made."""

    n: int
    twice: int = attrs.field(init=False, eq=False, default=0)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.n)


def golden(kind: Kind[Any]) -> Any:
    file = GOLDEN / kind.name / f"v{kind.schema.current}.json"
    return kind.schema.load(json.loads(file.read_text(encoding="utf-8")))


@cache
def samples(name: str) -> tuple[Any, ...]:
    """Records of a kind, with as much in them as there is anywhere."""
    if name == CALENDARS.name:
        off = Holiday(date=MONDAY.date(), name="Off")
        calendar = Calendar(zone="UTC", hours="mon-fri 09:00-17:00", holidays=(off,))
        return (CalendarBook().publish(calendar, effective=MONDAY),)
    if name == TARGETS.name:
        return (TargetBook(id="complaint").publish(SHIPPED_TARGETS, effective=MONDAY),)
    return tuple(golden(RESPONSE).given()) if name == ANSWER.name else (golden(KINDS[name]),)


def json_text(document: object) -> str:
    """JSON as a store may hold it, with the characters themselves."""
    return json.dumps(document, ensure_ascii=False)


def told(value: Any) -> Any:
    """All that can be known of a value: also what compares equal is told apart."""
    if attrs.has(type(value)):
        return (type(value), [(name, told(inner)) for name, inner in fields_of(value).items()])
    if isinstance(value, FrozenMap):
        return (type(value), [(type(key), key, told(inner)) for key, inner in value.items()])
    if isinstance(value, tuple):
        return (type(value), [told(inner) for inner in value])
    if isinstance(value, frozenset):
        return (type(value), sorted(repr(told(inner)) for inner in value))
    return (type(value), repr(value), getattr(value, "tzinfo", None) is UTC)


def fast(schema: Schema[Any], text: str, revision: int = 3) -> Any:
    """The record as msgspec reads it, with nothing to fall back on."""
    assert schema._fast is not None
    return schema._fast(text, revision)


def plain(schema: Schema[Any], text: str, revision: int = 3) -> Any:
    return schema.check_text(text, version=schema.current, revision=revision)


def outcome(read: Callable[..., Any], schema: Schema[Any], text: str) -> Any:
    """What becomes of a text: a record, or the problems with it."""
    try:
        return told(read(text, version=schema.current, revision=0 if schema is EVERY else 3))
    except MalformedDocument as error:
        return error.problems


def same_outcome(schema: Schema[Any], text: str) -> Any:
    found = outcome(schema.load_text, schema, text)
    assert found == outcome(schema.check_text, schema, text)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_records_of_every_kind_are_the_same_either_way(name: str) -> None:
    schema = KINDS[name].schema
    assert samples(name)
    for one in samples(name):
        text = schema.text(one)
        found = fast(schema, text)

        assert told(found) == told(plain(schema, text))
        assert (type(found), found, hash(found), found.revision) == (type(one), one, hash(one), 3)
        assert schema.text(found) == text
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            found.id = "other"
        with pytest.raises(AttributeError):
            found.bogus = 1


@given(_every)
def test_fields_of_every_type_are_the_same_either_way(one: Every) -> None:
    text = EVERY.text(one)

    assert same_outcome(EVERY, text)[0] is Every
    assert "\\u" in text or told(fast(EVERY, text)) == told(plain(EVERY, text, 0))


@given(strategies.complaints(), st.integers(1, 9))
def test_complaints_are_the_same_either_way(complaint: Complaint, revision: int) -> None:
    text = COMPLAINT.schema.text(complaint)
    found = COMPLAINT.schema.load_text(text, version=COMPLAINT.schema.current, revision=revision)

    assert told(found) == told(plain(COMPLAINT.schema, text, revision))
    assert (found, found.revision) == (complaint, revision)


def test_what_only_compares_equal_is_told_apart() -> None:
    zones = [datetime(2026, 3, 2, 9, tzinfo=zone) for zone in (UTC, timezone(timedelta(0), "UTC"), ZoneInfo("UTC"))]
    alike: list[tuple[Any, ...]] = [(1, True, 1.0), (0.0, -0.0), ("red", Colour.RED), (Decimal(0), Decimal("0.0"))]
    alike += [tuple(FrozenMap({"a": value}) for value in (1, True, 1.0)), tuple(zones)]
    alike += [(a_complaint(), evolve(a_complaint(), revision=1))]
    for values in alike:
        assert len({repr(told(value)) for value in values}) == len(values)
        assert all(value == values[0] for value in values)
    assert told(a_complaint()) == told(a_complaint())


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place in a record where a field stands. What a host keeps in it is its own affair."""
    if attrs.has(type(value)):
        for name, inner in fields_of(value).items():
            if name != "revision":
                yield (*at, name), inner
                yield from places(inner, (*at, name))
    elif isinstance(value, tuple):
        for n, inner in enumerate(value):
            yield from places(inner, (*at, n))


def there(document: Document, place: Place) -> Any:
    return reduce(getitem, place, document)  # type: ignore[arg-type]


def put(document: Document, place: Place, value: Any) -> Document:
    """A document with something else at a place."""
    changed = deepcopy(document)
    holder = there(changed, place[:-1])
    if value is GONE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return changed


GONE = object()
WRONG: dict[type, list[Any]] = {
    str: [True, 7, 1.5, ["x"], {}, {"x": 1}, "\0", "x\0", "\ud800", GONE],
    bool: ["true", 1, 0.0, [], {}, GONE],
    int: ["1", True, 1.0, 1.5, 2**63, -(2**63) - 1, float("nan"), [], {}, GONE],
    float: ["1", True, 2**70, float("nan"), float("inf"), [], {}, GONE],
    list: ["ab", 7, True, {"a": 1}, [[]], [None], [7.5], [True], ["\0"], GONE],
    dict: [["a"], "ab", 7, True, {"bogus": "\0"}, {"bogus": 2**63}, {"bogus": float("nan")}, GONE],
}
WRONG[type(None)] = [True, 2**63, float("nan"), "\0", "\ud800", ["\0"], {"bogus": 1}, GONE]


def fields(one: object) -> list[Place]:
    """A place for each field, of all that are alike the first one."""
    return [
        *{tuple(step for step in place if type(step) is str): place for place, _ in reversed([*places(one)])}.values()
    ]


def in_floats(document: Document) -> str:
    """A document in which a number reads the same, whole or not."""
    return json.dumps(json.loads(json_text(document), parse_int=float), sort_keys=True)


def shaped(value: Any) -> bool:
    """Has a record the shape that its annotations say, whatever else it should be?"""
    if attrs.has(type(value)):
        shape_validator(type(value), [a.evolve(validator=None) for a in attrs.fields(type(value))])(value, None, None)
        return all(map(shaped, fields_of(value).values()))
    return all(map(shaped, value)) if isinstance(value, tuple) else True


@pytest.mark.parametrize("name", KINDS)
def test_a_document_of_a_wrong_shape_has_the_same_outcome_either_way(name: str) -> None:
    schema, one = KINDS[name].schema, samples(name)[0]
    document, refused = schema.dump(one), 0
    for n, place in enumerate(fields(one)):
        wrong = WRONG[type(there(document, place))]
        for m in range(4):  # a few for each place, all of them somewhere
            hostile = put(document, place, wrong[(n * 4 + m) % len(wrong)])
            found = outcome(schema.load_text, schema, json_text(hostile))
            strict = outcome(schema.check_text, schema, json_text(hostile))
            refused += found == strict and type(found[0]) is str
            if found != strict:  # it has the right shape, and breaks a rule
                broken = fast(schema, json_text(hostile))
                assert shaped(broken)
                assert in_floats(schema.dump(broken)) == in_floats(hostile)
    assert refused > len(fields(one))


@pytest.mark.parametrize("name", KINDS)
def test_a_field_too_much_or_too_few_is_noticed_at_every_depth(name: str) -> None:
    schema, one = KINDS[name].schema, samples(name)[0]
    document = schema.dump(one)
    for place in {place[:-1] for place in fields(one)}:
        text = json_text(put(document, (*place, "bogus"), 1))
        assert refuses(schema, text)
        assert any("bogus" in problem for problem in same_outcome(schema, text))
    for place in fields(one):  # what a book of policies holds is left to the strict reading, which takes defaults
        assert refuses(schema, json_text(put(document, place, GONE))) or place[0] == "versions"


def refuses(schema: Schema[Any], text: str) -> bool:
    """Does msgspec not take it?"""
    try:
        fast(schema, text)
    except Exception:
        return True
    return False


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", '"x"', "NaN", "\ufeff{}", "{}x", "[" * 100_000, '{"a":' * 100_000, "\ud800", "\0"],
    ids=range(13),
)
def test_what_is_no_document_is_refused_with_the_same_problems(text: str) -> None:
    assert all(isinstance(problem, str) for problem in same_outcome(COMPLAINT.schema, text))


@pytest.mark.parametrize("depth", [31, 32, 500, 100_000])
def test_what_a_host_keeps_may_nest_as_deep_either_way(depth: int) -> None:
    text = EVERY.text(Every()).replace('"extra":{}', f'"extra":{{"a":{"[" * depth}{"]" * depth}}}')

    found = same_outcome(EVERY, text)
    assert (found[0] is Every) == (depth == 31)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", 1),
        ("at", "2026-03-02T09:00:00"),
        ("at", "2026-03-02"),
        ("at", "2026-03-02T09:00Z"),
        ("at", "2026-03-02T09:00:00+02:00"),
        ("day", "20260302"),
        ("day", "2026-03-02T00:00:00"),
        ("hour", "09:00:00.5"),
        ("length", "P1W"),
        ("zone", "../secret"),
        ("colour", "green"),
        ("colours", ["red", "red"]),
        ("share", 1),
        ("whole", 1.0),
        ("extra", {"a": 2**63}),
        ("extra", {"a": {"\0": 1}}),
        ("extra", {"ä": "\n"}),
        ("text", "\u001f"),
        ("text", "😀"),
        ("part", {"name": "x", "at": None}),
        ("maybe", "\ud83d\ude00"),
    ],
)
def test_an_unusual_value_has_the_same_outcome_either_way(field: str, value: Any) -> None:
    same_outcome(EVERY, json_text({**EVERY.dump(Every()), field: value}))


def test_of_a_key_that_stands_twice_the_last_one_counts_either_way() -> None:
    twice = EVERY.text(Every(text="a", part=Part(name="x")))[:-1] + ',"text":"b","part":null,"extra":{"a":1,"a":2}}'

    assert same_outcome(EVERY, twice) == told(fast(EVERY, twice)) == told(Every(text="b", extra=FrozenMap({"a": 2})))


def test_a_document_of_an_old_version_is_read_plainly() -> None:
    @record
    class Note:
        id: str
        revision: int = 0

    schema = Schema("note", Note, current=2, upcasts={1: lambda old: {"id": old["id"] + " of old"}})

    assert schema.load_text('{"id":"x"}', version=1, revision=2) == Note(id="x of old", revision=2)
    assert schema.load_text('{"id":"x"}', version=2, revision=2) == Note(id="x", revision=2)
    with pytest.raises(SchemaTooNew):
        schema.load_text('{"id":"x"}', version=3, revision=2)


def test_a_broken_rule_is_noticed_where_every_check_is_asked_for() -> None:
    text = json_text({**COMPLAINT.schema.dump(a_complaint()), "subject": " "})

    assert fast(COMPLAINT.schema, text).subject == " "
    with pytest.raises(MalformedDocument, match="blank"):
        plain(COMPLAINT.schema, text)


def test_what_is_verified_or_imported_is_read_with_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    exported = StringIO()
    with connect("memory:", actor="ann@city.example") as desk, connect("memory:", actor="ann@city.example") as other:
        desk.complaints.record(subject="No water", channel="phone")
        monkeypatch.delattr(Schema, "load_text")

        assert desk.store.verify() > 0
        assert desk.export(exported) == other.import_(StringIO(exported.getvalue()))


@pytest.mark.parametrize("msgspec", [None, ModuleType("msgspec")], ids=["missing", "broken"])
def test_without_a_msgspec_that_works_it_is_read_plainly(
    msgspec: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", msgspec)
    monkeypatch.delitem(sys.modules, "servicecrm.kernel.fast", raising=False)
    monkeypatch.setattr(documents, "_fast_reader", documents._fast_reader.__wrapped__)
    schema = Schema("complaint", Complaint)

    assert schema._fast is None
    text = schema.text(a_complaint())
    assert schema.load_text(text, version=1, revision=1) == a_complaint()


def test_a_record_of_a_host_is_read_plainly_because_nobody_knows_what_it_does_when_it_is_made() -> None:
    schema = Schema("doubled", Doubled)

    assert schema._fast is None
    assert schema.load_text('{"n":2}', version=1, revision=0).twice == 4


def test_msgspec_is_loaded_when_the_first_document_is_read() -> None:
    code = """
import sys
def loaded(): print("msgspec" in sys.modules)
import servicecrm
from servicecrm.complaints import COMPLAINT
from servicecrm.testing.makers import a_complaint
loaded()
text = COMPLAINT.schema.text(a_complaint())
loaded()
COMPLAINT.schema.load_text(text, version=COMPLAINT.schema.current, revision=1)
loaded()
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == ["False", "False", "True"]
