"""The figures by which `make cluster` compares engines are those of plain Python, and a wrong one is noticed."""

from pathlib import Path

import pytest

from servicecrm.measures import tally, tally_by

pytest.importorskip("duckdb")
pytest.importorskip("narwhals")
pytest.importorskip("polars")

import duckdb
import polars as pl

from benchmarks.cluster import TEN, differences, figures, slightly_wrong, write_rows


def test_engines_are_compared_by_every_figure(tmp_path: Path) -> None:  # C078, C079
    paths = write_rows(tmp_path, rows=3_001, files=2)
    in_polars = figures(pl.scan_parquet(paths))
    rows = pl.read_parquet(paths)
    answers, weights = rows["recommend"].to_list(), rows["weight"].to_list()

    assert differences({"polars": in_polars, "DuckDB": figures(duckdb.read_parquet([*map(str, paths)]))}) == []
    assert in_polars.answers == tally(answers, scale=TEN, weights=weights)
    assert sum(in_polars.results.values()) == 3_001
    assert {of.n for of in in_polars.services.values()} == {
        of.n for of in tally_by(rows["service"].to_list(), answers, scale=TEN).values()
    }
    assert in_polars.answers.not_answered
    assert in_polars.answers.invalid


def test_one_answer_at_the_next_point_is_noticed(tmp_path: Path) -> None:
    right = figures(pl.scan_parquet(write_rows(tmp_path, rows=500, files=2)))

    assert differences({"polars": right, "Spark": slightly_wrong(right)}) == [
        "services of Spark are not those of polars"
    ]


def test_a_file_that_is_left_out_is_noticed_in_every_figure(tmp_path: Path) -> None:
    paths = write_rows(tmp_path, rows=500, files=2)
    whole, part = figures(pl.scan_parquet(paths)), figures(pl.scan_parquet(paths[1:]))

    assert len(differences({"all": whole, "a part": part})) == len(whole)
