"""Grades from data frames are those from rows, in whatever library the frame is, and in whatever order its rows are."""

import random
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.portfolio import Bins
from servicecrm.portfolio.rfm_frames import purchases_frame, rfm_frame

narwhals = pytest.importorskip("narwhals")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

AS_OF: Final = date(2026, 3, 1)
BINS: Final = Bins(recency=(30, 90, 180, 365), frequency=(1, 2, 3, 4), monetary=(50, 100, 200, 400))

Row = tuple[str, date, Decimal]
Make = Callable[[dict[str, list[Any]]], Any]

LIBRARIES: dict[str, Make] = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "pyarrow": pyarrow.table}

ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"c-{n}" for n in range(8)]),
        st.integers(-10, 500).map(lambda days: AS_OF - timedelta(days=days)),
        st.integers(-5_000, 20_000).map(lambda cents: Decimal(cents) / 100),
    ),
    min_size=1,
    max_size=40,
)


def frame(rows: list[Row], make: Make = pandas.DataFrame) -> Any:
    customers, days, amounts = (list(column) for column in zip(*rows, strict=True))
    midnights = [datetime.combine(day, time()) for day in days]
    return make({"customer": customers, "day": midnights, "amount": [float(amount) for amount in amounts]})


def plain(found: Any) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = narwhals.from_native(found).rows(named=True)
    return table


def graded(found: Any) -> list[tuple[Any, ...]]:
    names = ("customer", "days", "count", "r", "f", "m", "cell")
    return [(*(row[name] for name in names), round(row["total"], 2), round(row["weighted"], 9)) for row in plain(found)]


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=20)  # frames are slow when they are small
@given(
    rows=ROWS,
    bins=st.sampled_from(["quantile", BINS]),
    window=st.none() | st.integers(0, 300),
    weights=st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.0, 1.0)]),
)
def test_a_frame_of_any_library_gives_the_grades_that_its_rows_give(  # C020, K09
    library: str, rows: list[Row], bins: Any, window: int | None, weights: tuple[float, float, float]
) -> None:
    told: Any = {"as_of": AS_OF, "bins": bins, "window": window, "weights": weights}

    assert graded(rfm_frame(frame(rows, LIBRARIES[library]), **told)) == [
        (s.customer, s.days, s.count, s.r, s.f, s.m, s.cell, float(s.total), round(s.weighted, 9))
        for s in portfolio.rfm(rows, **told).scores
    ]


@settings(max_examples=20)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: list[Row], chance: random.Random) -> None:  # C020
    mixed = list(rows)
    chance.shuffle(mixed)
    assert plain(rfm_frame(frame(mixed), as_of=AS_OF)) == plain(rfm_frame(frame(rows), as_of=AS_OF))


def test_the_sum_of_tenths_is_the_same_in_any_order() -> None:
    tenths = [("a", AS_OF, Decimal(cents)) for cents in ("0.1", "0.2", "0.3")]
    other = [("b", day, amount) for _, day, amount in reversed(tenths)]
    first, second = plain(rfm_frame(frame(tenths + other), as_of=AS_OF))
    assert (first["total"], first["m"]) == (second["total"], second["m"])


def test_days_may_be_dates_and_columns_may_have_other_names() -> None:
    table = polars.DataFrame({"who": ["a", "a"], "when": [AS_OF, AS_OF - timedelta(days=9)], "paid": [1.0, 2.0]})
    (row,) = plain(purchases_frame(table, as_of=AS_OF, customer="who", day="when", amount="paid"))
    assert (row["customer"], row["count"], row["total"]) == ("a", 2, 3.0)
    assert (row["last"] - row["first"]).days == 9


def test_what_is_given_away_is_a_purchase_and_a_refund_is_none() -> None:  # C020
    rows = [("a", AS_OF, Decimal(0)), ("b", AS_OF, Decimal(-1)), ("c", AS_OF, Decimal(2)), ("c", AS_OF, Decimal(-1))]
    found = plain(purchases_frame(frame(rows), as_of=AS_OF))
    assert [(row["customer"], row["count"], row["total"]) for row in found] == [("a", 1, 0.0), ("c", 1, 1.0)]


def test_what_cannot_be_graded_is_a_named_error() -> None:
    one: list[Row] = [("a", AS_OF, Decimal(1))]
    with pytest.raises(InvalidValue, match="no column day"):
        rfm_frame(frame(one).drop(columns=["day"]), as_of=AS_OF)
    with pytest.raises(InvalidValue, match="empty in amount"):
        rfm_frame(polars.DataFrame({"customer": ["a"], "day": [AS_OF], "amount": [None]}), as_of=AS_OF)
    with pytest.raises(InvalidValue, match="negative"):
        rfm_frame(frame([("a", AS_OF, Decimal(-1))]), as_of=AS_OF, negative="refuse")
    with pytest.raises(InvalidValue, match="2 to 9 levels"):
        rfm_frame(frame(one), as_of=AS_OF, levels=10)
    with pytest.raises(InvalidValue, match="weights"):
        rfm_frame(frame(one), as_of=AS_OF, weights=(0, 0, 0))


def test_without_narwhals_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingExtra, match=r"servicecrm\[frames\]"):
        rfm_frame(frame([("a", AS_OF, Decimal(1))]), as_of=AS_OF)


def test_recency_frequency_and_age_of_2357_real_customers_are_the_published_ones(shared: Path) -> None:  # K09
    # Repeat days, the weeks from the first to the last of them, and those since the first, in the first 39 weeks.
    folder = shared / "data" / "customers"
    lines = [line.split() for line in (folder / "CDNOW_sample.txt").read_text().splitlines()]
    table = polars.DataFrame(
        {"customer": [int(line[1]) for line in lines], "day": [line[2] for line in lines], "amount": 1.0}
    ).with_columns(polars.col("day").str.to_date("%Y%m%d"))
    published = polars.read_csv(folder / "cdnow_customers_summary.csv")
    assert len(lines) == 6919

    end = date(1997, 9, 30)
    found = purchases_frame(table.unique(), as_of=end)  # several orders on one day count once
    weeks = [
        (row["customer"], row["count"] - 1, (row["last"] - row["first"]).days / 7, (end - row["first"].date()).days / 7)
        for row in plain(found)
    ]
    assert len(weeks) == 2357
    for (customer, frequency, recency, age), row in zip(weeks, published.rows(), strict=True):
        assert (customer, frequency) == row[:2]
        assert (recency, age) == pytest.approx(row[2:], abs=0.005001)
