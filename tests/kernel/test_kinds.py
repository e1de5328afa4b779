"""Kinds: what a record can be found by, in the form in which every store keeps it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import COMPLAINT, Severity
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.kinds import Column, ColumnType, from_micros, micros
from servicecrm.testing.makers import a_complaint
from servicecrm.testing.strategies import instants

TEXT, INTEGER, BOOLEAN, INSTANT, DATE, DECIMAL = ColumnType


def a_column(type: ColumnType) -> Column[Any]:
    return Column("column", type, scale=2)


@given(instants(), instants())
def test_instants_sort_as_their_microseconds_do(one: datetime, other: datetime) -> None:
    assert (micros(one) < micros(other)) == (one < other)
    assert from_micros(micros(one)) == one


@given(st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2))
def test_decimals_sort_as_their_scaled_integers_do(one: Decimal, other: Decimal) -> None:
    column = a_column(DECIMAL)

    assert (column.encode(one) < column.encode(other)) == (one < other)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("type", "value", "stored"),
    [
        (TEXT, "ä", "ä"),
        (TEXT, Severity.HIGH, "high"),
        (INTEGER, -5, -5),
        (BOOLEAN, True, 1),
        (INSTANT, datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0),
        (DATE, date(2026, 3, 2), "2026-03-02"),
        (DECIMAL, Decimal("1.5"), 150),
        (DECIMAL, 2, 200),
    ],
)
def test_a_column_has_one_stored_form(type: ColumnType, value: Any, stored: Any) -> None:
    assert a_column(type).encode(value) == stored
    assert a_column(type).encode(None) is None
    assert a_column(type).holds(stored)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (TEXT, 1),
        (TEXT, "\x00"),
        (TEXT, "\ud800"),
        (INTEGER, True),
        (INTEGER, "1"),
        (INTEGER, 2**63),
        (BOOLEAN, 1),
        (INSTANT, date(2026, 3, 2)),
        (INSTANT, 0),
        (DATE, datetime(2026, 3, 2, tzinfo=UTC)),
        (DECIMAL, Decimal("1.005")),
        (DECIMAL, Decimal("NaN")),
        (DECIMAL, 1.5),
        (DECIMAL, True),
        (DECIMAL, Decimal("1e30")),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_the_column(type: ColumnType, value: Any) -> None:
    with pytest.raises(InvalidValue, match="column"):
        a_column(type).encode(value)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        a_column(INSTANT).encode(datetime(2026, 3, 2))


@pytest.mark.parametrize(
    ("type", "value"), [(TEXT, 1), (TEXT, "\x00"), (INTEGER, "1"), (INTEGER, True), (INSTANT, 2**63)]
)
def test_a_column_knows_what_it_could_not_hold(type: ColumnType, value: Any) -> None:
    assert not a_column(type).holds(value)


def test_the_index_of_a_complaint_holds_every_column_and_the_folded_search_text() -> None:
    index = COMPLAINT.index_of(a_complaint(subject="KEIN WASSER", tags=frozenset({"a"})))

    assert set(index) == {column.name for column in COMPLAINT.columns} | {"search"}
    assert "kein wasser" in str(index["search"])
    assert COMPLAINT.terms_of(a_complaint(tags=frozenset({"a", "b"}))) == {("tags", "a"), ("tags", "b")}


def test_an_unknown_column_or_term_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidValue, match="handler"):
        COMPLAINT.column("bogus")
    with pytest.raises(InvalidValue, match="tags"):
        COMPLAINT.term("bogus")


@pytest.mark.parametrize("find", [COMPLAINT.column, COMPLAINT.term])
def test_a_name_that_is_unknown_is_repeated_where_it_is_a_short_word_in_one_line(find: Callable[[str], object]) -> None:
    with pytest.raises(InvalidValue, match=r"no (column|term) 'due'; known: .*"):
        find("due")
    for name in ("x" * 3_000_000, "\ud800", "a\nb", "\u202eabc"):
        with pytest.raises(InvalidValue, match=r"no such (column|term); known: .*") as refused:
            find(name)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 1000
