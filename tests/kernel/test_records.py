"""Records: what a field takes follows from its annotation, and holds however the record is made."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, Generic, Literal, NewType, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, evolve, field_names, fields_of, personal_fields, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.testing.strategies import complaints

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
P = TypeVar("P")
Key = NewType("Key", str)


class Colour(Code):
    RED = "red"


class ColourOfSky(Code):
    BLUE = "blue"


@record
class Part:
    name: Personal[str]


@attrs.frozen
class Named:
    """Something that has an id, as records have."""

    id: object


@record
class Whole:
    text: str = ""
    key: Key = Key("k")
    whole: int = 0
    share: float = 0.0
    yes: bool = False
    amount: Decimal = Decimal(0)
    at: datetime = NOW
    day: date = date(2026, 3, 2)
    colour: Colour = Colour.RED
    maybe: str | None = None
    until: datetime | None = None
    parts: tuple[Part, ...] = ()
    tags: frozenset[str] = frozenset()
    extra: FrozenMap = EMPTY
    either: int | date | None = None
    writers: Literal["many", "one"] = "many"


GOOD: list[tuple[str, Any]] = [
    ("text", "Straße"),
    ("key", "k-1"),
    ("whole", 2**63 - 1),
    ("whole", -(2**63)),
    ("share", 0.5),
    ("yes", True),
    ("amount", Decimal("12.50")),
    ("at", datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))),
    ("at", datetime.max.replace(tzinfo=UTC)),
    ("day", date(2026, 3, 2)),
    ("colour", Colour.RED),
    ("maybe", "x"),
    ("maybe", None),
    ("until", NOW),
    ("parts", (Part(name="x"),)),
    ("tags", frozenset({"ä", "b"})),
    ("extra", FrozenMap({"a": 1})),
    ("either", 1),
    ("either", date(2026, 3, 2)),
    ("writers", "one"),
]
BAD: list[tuple[str, Any]] = [
    ("text", 1),
    ("text", None),
    ("text", "a\x00b"),
    ("text", "\ud800"),
    ("key", 1),
    ("whole", True),
    ("whole", 1.0),
    ("whole", 2**63),
    ("whole", -(2**63) - 1),
    ("share", 1),
    ("share", float("nan")),
    ("share", float("inf")),
    ("yes", 1),
    ("amount", 1),
    ("amount", Decimal("NaN")),
    ("amount", Decimal("Infinity")),
    ("at", date(2026, 3, 2)),
    ("at", datetime(MAXYEAR, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))),
    ("day", NOW),
    ("colour", "red"),
    ("maybe", 1),
    ("maybe", "\x00"),
    ("until", "2026-03-02"),
    ("parts", [Part(name="x")]),
    ("parts", (Part(name="x"), "y")),
    ("parts", None),
    ("tags", {"a"}),
    ("tags", frozenset({"a", 1})),
    ("tags", frozenset({"a", "b\x00"})),
    ("extra", 1),
    ("extra", ["a"]),
    ("either", "x"),
    ("either", True),
    ("writers", "none"),
]


@pytest.mark.parametrize(("field", "value"), GOOD)
def test_a_field_takes_what_its_annotation_says(field: str, value: Any) -> None:
    assert getattr(Whole(**{field: value}), field) == value
    assert evolve(Whole(), **{field: value}) == Whole(**{field: value})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("parts", [Part(name="x")], "expected a tuple of Part, such as (one, another) or (one,), got list"),
        ("parts", "x", "expected a tuple of Part, such as (one, another) or (one,), got str"),
        ("tags", {"a"}, "expected a frozenset of texts, such as frozenset({one, another}), got set"),
        ("extra", 1, "expected a mapping, got int"),
        ("maybe", Named("x"), "expected text, got Named; give its id"),
        ("text", Named(1), "expected text, got Named"),
    ],
)
def test_a_refusal_says_what_to_write(field: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Whole(**{field: value})
    assert refused.value.says == says


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_field_refuses_anything_else_and_names_itself_without_the_value(field: str, value: Any) -> None:
    makers: list[Callable[..., Whole]] = [Whole, partial(evolve, Whole())]
    for make in makers:
        with pytest.raises(InvalidValue) as refused:
            make(**{field: value})
        assert refused.value.where == f"Whole.{field}"
        assert "a\x00b" not in str(refused.value)


@given(st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), st.integers(-9, 9)))
def test_a_field_that_is_a_mapping_takes_any_and_keeps_it_from_being_changed(given: dict[str, int]) -> None:
    kept = Whole(extra=given).extra
    assert type(kept) is FrozenMap
    assert kept == given
    assert Whole(extra=kept).extra is kept

    before = dict(given)
    given["late"] = 10
    assert kept == before
    with pytest.raises(InvalidValue, match="what JSON can hold, got datetime"):
        Whole(extra={"at": NOW})


@pytest.mark.parametrize("field", ["at", "until"])
def test_a_time_without_a_zone_is_refused_by_name(field: str) -> None:  # C002
    with pytest.raises(NaiveDatetime, match=f"Whole.{field}"):
        evolve(Whole(), **{field: datetime(2026, 3, 2)})


@pytest.mark.parametrize(
    "annotation",
    [list[int], dict[str, int], set[str], bytearray, list[int] | None, tuple[list[int], ...], Personal[dict[str, int]]],
)
def test_a_field_that_could_be_changed_inside_is_refused_with_its_class(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"Loose\.field"):
        record(type("Loose", (), {"__annotations__": {"field": annotation}}))


@pytest.mark.parametrize("annotation", ["str", tuple[str, int]])
def test_an_annotation_that_could_not_be_checked_is_refused_with_its_class(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"Loose\.field"):
        record(type("Loose", (), {"__annotations__": {"field": annotation}}))


def test_a_mapping_that_is_not_frozen_is_refused() -> None:
    @record
    class Named:
        names: Mapping[str, Any]

    assert Named(names=FrozenMap({"a": "b"})).names == Named(names=MappingProxyType({"a": "b"})).names
    with pytest.raises(InvalidValue):
        Named(names={"a": "b"})


def test_the_validators_of_a_field_run_after_the_shapes_of_all() -> None:
    @record
    class Named:
        name: str = attrs.field(validator=filled)
        code: str

    with pytest.raises(InvalidValue, match="blank"):
        Named(name=" ", code="x")
    with pytest.raises(InvalidValue, match=r"Named\.code"):
        Named(name=" ", code=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="blank"):
        evolve(Named(name="a", code="x"), name="")


def test_a_record_that_extends_another_checks_the_fields_of_both() -> None:
    @record
    class Base:
        name: str = attrs.field(validator=filled)

    @record
    class Extended(Base):
        number: int

    assert Extended(name="a", number=1) == evolve(Extended(name="b", number=1), name="a")
    wrongs: list[dict[str, Any]] = [{"name": 1, "number": 1}, {"name": "a", "number": "1"}, {"name": "", "number": 1}]
    for wrong in wrongs:
        with pytest.raises(InvalidValue, match=r"Extended\."):
            Extended(**wrong)
    with pytest.raises(InvalidValue, match=r"Base\.name"):
        Base(name="")


def test_a_record_of_a_type_variable_takes_anything_there() -> None:
    @record
    class Box(Generic[P]):
        inside: P

    assert (Box(inside=1).inside, Box(inside="1").inside) == (1, "1")


@given(complaints(), complaints())
def test_evolving_gives_what_making_a_new_record_gives(one: Any, other: Any) -> None:
    changes = dict(list(fields_of(other).items())[::3])

    assert evolve(one, **changes) == attrs.evolve(one, **changes)
    assert type(evolve(one)) is type(one)


def test_evolving_looks_at_the_whole_record_again() -> None:
    @record
    class Pair:
        low: int
        high: int

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise InvalidValue("Pair", "low is above high")

    assert evolve(Pair(low=1, high=2), high=3).high == 3
    with pytest.raises(InvalidValue):
        evolve(Pair(low=1, high=2), low=3)


def test_evolving_refuses_an_unknown_field() -> None:
    with pytest.raises(TypeError, match="bogus"):
        evolve(Whole(), bogus=1)


def test_a_record_cannot_be_changed_however_it_was_made() -> None:
    for one in (Whole(), evolve(Whole(), text="x")):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            one.text = "y"  # type: ignore[misc]
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            del one.text
        with pytest.raises(AttributeError):
            one.other = 1  # type: ignore[attr-defined]


def test_personal_values_stay_out_of_the_repr() -> None:
    assert repr(Part(name="secret")) == "Part()"
    assert "secret" not in repr(Whole(parts=(Part(name="secret"),)))


def test_personal_fields_are_found_in_records_inside_as_well() -> None:
    assert personal_fields(Part) == {"name"}
    assert personal_fields(Whole) == {"parts"}


def test_fields_come_in_order() -> None:
    assert field_names(Whole)[:3] == ("text", "key", "whole") == tuple(fields_of(Whole()))[:3]


def test_a_code_that_there_is_not_is_told_in_words() -> None:
    for codes, says in ((Colour, "colour: expected one of red"), (ColourOfSky, "colour of sky: expected one of blue")):
        with pytest.raises(InvalidValue, match=f"^{says}$"):
            codes("green")
