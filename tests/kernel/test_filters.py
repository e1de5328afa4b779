"""Filters: built from columns, checked against the kind, and never silently half of what was meant."""

from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_
from typing import Any

import pytest

from servicecrm.complaints import COMPLAINT
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Has,
    Not,
    OneOf,
    Search,
    encoded,
    everything,
    search,
    where,
)

STATE = Comparison("state", "==", "closed")


def test_comparisons_read_as_they_are_written() -> None:
    field = where("forwards")

    assert (field == 1, field < 1, field <= 1, field > 1, field >= 1) == tuple(
        Comparison("forwards", operator, 1) for operator in ("==", "<", "<=", ">", ">=")
    )
    assert (field != 1) == Not(Comparison("forwards", "==", 1))
    assert field.one_of([1, 2]) == OneOf("forwards", (1, 2))
    assert where("tags").has("a") == Has("tags", "a")
    assert search("WaSSer ß") == Search("wasser ss")


def test_filters_combine() -> None:
    assert STATE & STATE == AllOf((STATE, STATE)) == everything(STATE, STATE)
    assert AnyOf((STATE, STATE)) == STATE | STATE
    assert Not(STATE) == ~STATE
    assert everything(STATE) == STATE
    assert everything() == AllOf()


@pytest.mark.parametrize("combine", [lambda: STATE and STATE, lambda: not STATE, lambda: 1 < where("forwards") < 3])
def test_combining_with_the_words_of_python_is_refused(combine: Any) -> None:  # a part would be lost
    with pytest.raises(TypeError, match="combine filters with"):
        combine()


def test_values_are_encoded_wherever_they_stand() -> None:
    at = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    asked = ~((where("received_at") < at) | where("open").one_of([True])) & where("tags").has("a") & search("X")

    assert encoded(asked, COMPLAINT) == AllOf(
        (
            Not(AnyOf((Comparison("received_at", "<", 1_000_000), OneOf("open", (1,))))),
            Has("tags", "a"),
            Search("x"),
        )
    )


@pytest.mark.parametrize(
    "asked",
    [
        where("bogus") == 1,
        where("state") == 1,
        where("forwards") == "1",
        where("open") == 1,
        where("closed_at") < None,
        where("bogus").has("a"),
        where("state").has("a"),
        where("state") == "\x00",
        where("tags").has("\x00"),
        search("\ud800"),
        ~(where("state") == "closed") & (where("bogus") == 1),
    ],
)
def test_what_the_kind_cannot_answer_is_refused(asked: Filter) -> None:
    with pytest.raises(InvalidValue):
        encoded(asked, COMPLAINT)


def folded_with(combine: Any, n: int) -> Filter:
    return reduce(combine, [STATE] * n)


@pytest.mark.parametrize("combine", [and_, or_])
def test_a_filter_has_at_most_500_parts(combine: Any) -> None:
    encoded(folded_with(combine, 499), COMPLAINT)
    for too_many in (folded_with(combine, 500), folded_with(combine, 1_200), everything(*[STATE] * 500)):
        with pytest.raises(InvalidValue, match="at most 500 parts and is at most 50 deep"):
            encoded(too_many, COMPLAINT)


def test_a_filter_is_at_most_50_deep() -> None:
    nested: Filter = STATE
    for _ in range(49):
        nested = ~nested
    encoded(nested, COMPLAINT)
    for deeper in (1, 5_000):
        for _ in range(deeper):
            nested = ~nested
        with pytest.raises(InvalidValue, match="50 deep"):
            encoded(nested, COMPLAINT)


def test_one_of_takes_at_most_1000_values_in_all() -> None:
    some = where("state").one_of(map(str, range(500)))
    encoded(some & some, COMPLAINT)
    for asked in (where("state").one_of(map(str, range(1_001))), some & some & where("state").one_of(["a"])):
        with pytest.raises(InvalidValue, match="state: one_of takes at most 1,000 values"):
            encoded(asked, COMPLAINT)


@pytest.mark.parametrize("values", ["closed", 5, None])
def test_one_of_takes_several_values(values: Any) -> None:
    with pytest.raises(InvalidValue, match="state: expected several values"):
        where("state").one_of(values)


def test_the_repr_of_a_search_shows_no_name() -> None:
    assert "harbour" not in repr(search("Harbour") & ~search("Harbour"))


def test_what_is_no_filter_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a filter"):
        encoded(True, COMPLAINT)  # type: ignore[arg-type]


def test_a_field_is_no_key() -> None:  # equal to everything, it would find anything in a set
    with pytest.raises(TypeError):
        hash(where("state"))
