"""Documents: strict, with every problem at once, and never a value in a text."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.errors import MalformedDocument, SchemaTooNew
from servicecrm.kernel.documents import Document, Schema, converter, dump_fields, from_text, to_text
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, evolve, fields_of, record
from servicecrm.kernel.shapes import Code
from servicecrm.testing.makers import a_complaint
from servicecrm.testing.strategies import complaints, instants, texts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Colour(Code):
    RED = "red"
    BLUE = "blue"


@record
class Part:
    name: Personal[str]
    at: datetime | None = None


@record
class Every:
    """A field of every type that documents know."""

    text: str = ""
    whole: int = 0
    share: float = 0.0
    yes: bool = False
    amount: Decimal = Decimal(0)
    at: datetime = NOW
    day: date = date(2026, 3, 2)
    hour: time = time(9)
    length: timedelta = timedelta(0)
    zone: ZoneInfo = ZoneInfo("UTC")
    colour: Colour = Colour.RED
    maybe: str | None = None
    shade: Colour | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    names: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    colours: frozenset[Colour] = frozenset()
    extra: FrozenMap = EMPTY


EVERY = Schema("every", Every)

_parts = st.builds(Part, name=texts(), at=st.none() | instants())
_every = st.builds(
    Every,
    text=texts(),
    whole=st.integers(-(2**63), 2**63 - 1),
    share=st.floats(allow_nan=False, allow_infinity=False),
    yes=st.booleans(),
    amount=st.decimals(allow_nan=False, allow_infinity=False),
    at=instants(),
    day=st.dates(),
    hour=st.times(),
    length=st.timedeltas(),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]).map(ZoneInfo),
    colour=st.sampled_from(Colour),
    maybe=st.none() | texts(),
    shade=st.none() | st.sampled_from(Colour),
    part=st.none() | _parts,
    parts=st.lists(_parts, max_size=2).map(tuple),
    names=st.lists(texts(), max_size=2).map(tuple),
    tags=st.frozensets(texts(), max_size=2),
    colours=st.frozensets(st.sampled_from(Colour)),
    extra=st.dictionaries(texts(), st.integers(-5, 5) | texts() | st.none(), max_size=2).map(FrozenMap),
)


@given(_every)
def test_reading_gives_back_what_was_written_for_every_type(one: Every) -> None:
    assert EVERY.load_text(EVERY.text(one), version=1, revision=0) == one


@given(_every)
def test_the_quick_way_and_the_strict_way_agree(one: Every) -> None:
    document = converter().unstructure(one)

    assert EVERY.dump(one) == document == dump_fields(Every, fields_of(one))
    assert converter().structure(document, Every) == EVERY.load(document)


@given(complaints(), st.integers(1, 9))
def test_a_complaint_comes_back_with_its_revision(complaint: Complaint, revision: int) -> None:
    found = COMPLAINT.schema.load_text(COMPLAINT.schema.text(complaint), version=1, revision=revision)

    assert (found, found.revision) == (complaint, revision)


def test_what_a_document_leaves_out_has_its_default() -> None:
    assert EVERY.load({"text": "x"}) == Every(text="x")
    assert EVERY.load({"share": 1}) == Every(share=1.0)


BAD: list[tuple[str, Any]] = [
    ("text", 1),
    ("text", None),
    ("text", "secret\x00"),
    ("whole", True),
    ("whole", "1"),
    ("whole", 1.0),
    ("whole", 2**63),
    ("share", "0.5"),
    ("share", True),
    ("yes", "false"),
    ("yes", 0),
    ("amount", 1),
    ("amount", "secret"),
    ("amount", "NaN"),
    ("at", "2026-03-02T09:00:00"),
    ("at", 1_772_442_000),
    ("at", "secret"),
    ("day", "2026-02-30"),
    ("hour", "25:00"),
    ("length", "secret"),
    ("length", "P"),
    ("zone", "secret"),
    ("zone", "../secret"),
    ("colour", "secret"),
    ("colour", ["red"]),
    ("maybe", 1),
    ("part", "secret"),
    ("part", {}),
    ("part", {"name": "x", "secret": 1}),
    ("parts", {"name": "x"}),
    ("parts", [["name"]]),
    ("names", "ab"),
    ("names", ["a", 1]),
    ("tags", "ab"),
    ("tags", {"a": 1}),
    ("extra", ["a"]),
    ("bogus", 1),
]


@pytest.mark.parametrize("others", [{}, EVERY.dump(Every())], ids=["alone", "in a whole document"])
@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_value_of_another_type_is_refused_with_its_path_and_never_shown(
    field: str, value: Any, others: Document
) -> None:
    with pytest.raises(MalformedDocument) as refused:
        EVERY.load({**others, field: value})

    (problem,) = refused.value.problems
    assert problem.startswith((f"$.{field}", f"$: Every.{field}", "$:"))
    assert "secret" not in problem.removeprefix("$.part.secret")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(MalformedDocument) as refused:
        EVERY.load({"whole": "1", "parts": [{"name": "x"}, {"name": 2}, {}], "bogus": 1, "day": "never"})

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "$.whole",
        "$.day",
        "$.parts[1].name",
        "$.parts[2].name",
        "$.bogus",
    ]


@pytest.mark.parametrize("document", [None, [], "secret", 1, True])
def test_what_is_no_object_is_no_document(document: Any) -> None:
    with pytest.raises(MalformedDocument):
        EVERY.load(document)


def test_a_document_of_an_old_version_is_walked_up_step_by_step() -> None:
    schema = Schema(
        "part",
        Part,
        current=3,
        upcasts={1: lambda old: {"title": old["t"]}, 2: lambda old: {"name": old["title"]}},
    )
    first = {"t": "x"}

    assert schema.load(first, version=1) == schema.load({"title": "x"}, version=2) == Part(name="x")
    assert first == {"t": "x"}


@pytest.mark.parametrize(("current", "steps"), [(3, [1]), (3, [2]), (1, [1]), (2, [1, 2])])
def test_steps_that_do_not_lead_to_the_current_version_are_refused(current: int, steps: list[int]) -> None:
    with pytest.raises(ValueError, match=f"version {current}"):
        Schema("part", Part, current=current, upcasts=dict.fromkeys(steps, dict))


def test_a_document_from_the_future_is_refused() -> None:
    with pytest.raises(SchemaTooNew):
        EVERY.load({}, version=2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": float("-inf")}])
def test_what_is_no_number_in_json_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_text(value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "[Infinity]", '{"a": 1, "a": 2}', '{"b": [{"a": 1, "a": 1}]}', "[" * 100_000, '{"a":' * 100_000],
)
def test_a_text_that_is_not_clean_json_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        from_text(text)


def test_a_deep_document_is_refused_and_not_a_crash() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(MalformedDocument):
        EVERY.load({"extra": {"deep": deep}})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_comes_back_as_it_was_written(value: Any) -> None:
    assert from_text(json.dumps(value)) == value


def test_a_text_is_compact_and_in_the_order_of_the_fields() -> None:
    assert Schema("part", Part).text(Part(name="Straße")) == '{"name":"Straße","at":null}'


def test_times_are_written_in_utc() -> None:
    berlin = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    assert Schema("part", Part).dump(Part(name="x", at=berlin))["at"] == "2026-07-01T10:00:00+00:00"


def test_the_revision_is_no_part_of_a_document() -> None:
    assert "revision" not in COMPLAINT.schema.dump(evolve(a_complaint(), revision=7))
    assert dump_fields(Complaint, {"revision": 7, "forwards": 1}) == {"forwards": 1}


def test_records_that_are_kept_are_read_once_from_the_same_text() -> None:
    from servicecrm.complaints.policy import ComplaintPolicies
    from servicecrm.complaints.schema import POLICIES

    text = POLICIES.schema.text(ComplaintPolicies())
    read = POLICIES.schema.load_text

    assert read(text, version=1, revision=3) is read(text, version=1, revision=3)
    assert (read(text, version=1, revision=4).revision, read(text, version=1, revision=3).revision) == (4, 3)
