"""The benchmarks of the portfolio run, and what they measure is what they say."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("narwhals")
pytest.importorskip("pandas")

from benchmarks.portfolio import EACH, grades, portfolio
from benchmarks.rounds import compare


def test_first_pages_are_read_from_stores_of_the_sizes_that_are_named(tmp_path: Path) -> None:
    for comparison in portfolio(str(tmp_path), small=200, large=300):
        assert compare(comparison, rounds=1, count=1).ours > 0

    for size in (200, 300):
        with closing(sqlite3.connect(tmp_path / f"portfolio{size}.db")) as connection:
            for table, count in (("customer", size), ("complaint", size), ("interaction", EACH * size)):
                assert connection.execute(f"SELECT count(*) FROM servicecrm_{table}").fetchone() == (count,)


def test_both_sides_grade_the_same_customers_alike() -> None:
    (comparison,) = grades(rows=2_000)  # it compares them before it measures
    assert compare(comparison, rounds=1).ratios.keys() == comparison.targets.keys()
