"""The benchmarks of surveys run, and their contenders find the same figures."""

from math import isclose

import pytest

from benchmarks.rounds import compare
from servicecrm.measures import alpha, count_rows, rake

pytest.importorskip("narwhals")
assert_frame_equal = pytest.importorskip("polars.testing").assert_frame_equal
pytest.importorskip("pyarrow")
pytest.importorskip("ipfn")
pytest.importorskip("statsmodels")
pingouin = pytest.importorskip("pingouin")
bench = pytest.importorskip("benchmarks.surveys")

SMALL = bench.sample(40_000)


def test_every_comparison_of_surveys_runs() -> None:
    for comparison in bench.surveys_beside_others(40_000):
        result = compare(comparison, rounds=1, count=1)

        assert result.ours > 0
        assert comparison.targets.keys() <= comparison.others.keys()


def test_all_find_the_same_scores_with_the_same_intervals() -> None:  # K36
    ours = bench.scores(SMALL)
    tables = [
        [{**row, "missing": row["not_answered"]} for row in bench.table(SMALL).to_dicts()],
        bench.by_apply(SMALL.to_pandas()).reset_index().to_dict("records"),
        bench.by_map_groups(SMALL).to_dicts(),
    ]

    for table in tables:
        assert {row["service"] for row in table} == ours.keys()
        for row in table:
            score = ours[row["service"]]
            assert (score.n, score.not_answered, score.invalid) == (row["n"], row["missing"], row["invalid"])
            for name, value in (("nps", score.value), ("low", score.low), ("high", score.high)):
                assert isclose(value or 0.0, row[name], abs_tol=1e-9)


@pytest.mark.parametrize("answers", [1_500, 40_000], ids=["one or two for a service", "forty for a service"])
def test_the_expressions_of_polars_make_our_table(answers: int) -> None:  # K36
    frame = bench.sample(answers)

    assert_frame_equal(
        bench.by_expressions(frame), bench.table(frame), check_row_order=False, check_column_order=False, abs_tol=1e-9
    )


def test_alpha_and_its_interval_are_those_of_pingouin() -> None:
    found = alpha(count_rows(SMALL, bench.ITEMS), items=bench.ITEMS)
    value, (low, high) = pingouin.cronbach_alpha(SMALL.to_pandas()[[*bench.ITEMS]])

    assert isclose(found.alpha or 0.0, value, abs_tol=1e-9)
    assert [round(limit or 0.0, 3) for limit in (found.low, found.high)] == [low, high]


def test_weights_of_cells_are_those_of_ipfn() -> None:
    rows = [*count_rows(SMALL, [*bench.MARGINS])]
    theirs = bench.cells_by_ipfn(SMALL.to_pandas())

    for row, weight in zip(rows, bench.cells(SMALL).weights, strict=True):
        assert isclose(weight, theirs[row], rel_tol=1e-6)


def test_margins_that_contradict_each_other_have_not_converged() -> None:  # K39
    # Two cells, so that both shares are one; ipfn says that it has converged.
    found = rake([("a", "x"), ("b", "y")], {"one": {"a": 3, "b": 1}, "two": {"x": 1, "y": 3}}, variables=["one", "two"])

    assert found.outcome == "not_possible"
    assert found.margin_error > 0.1


def test_the_peak_of_memory_is_measured() -> None:
    assert 0 <= bench.peaks("alpha, list", 20_000) < 300
