"""Figures of other programs and of printed sources agree through the public API."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.surveys import OPERATIONS, Document, agreement, main

NPS: Document = {
    "id": "nps.own",
    "op": "nps",
    "data": {"scores": [10, 9, 8, 0, None]},
    "expected": {"nps": 25.0, "promoters": 2, "not_answered": 1},
    "tolerance": 1e-9,
}
ALPHA: Document = {
    "id": "alpha.own",
    "op": "alpha",
    "data": {"dataset": "three", "items": ["a", "b"]},
    "expected": {"alpha": 1.0, "n_used": 3, "if_deleted_at_least": 0},
    "tolerance": {"default": 0, "alpha": 1e-9},
}
RAKE: Document = {
    "id": "rake.own",
    "op": "rake",
    "data": {
        "variables": ["g"],
        "rows": [["a"]],
        "cases": [{"targets": {"g": {"a": 2}}}, {"targets": {"g": {"b": 2}}}],
    },
    "expected": {
        "cases": [
            {"weights": [2.0], "converged": True, "n_eff_at_least": 1},
            {"error": "empty_target_level", "variable": "g", "level": "b"},
        ]
    },
    "tolerance": 0,
}


def run(file: Path, *vectors: Document, **datasets: Document) -> int:
    file.write_text(json.dumps({"vectors": vectors, "datasets": datasets}), encoding="utf-8")
    return main([str(file)])


def test_the_figures_of_other_programs_agree(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:  # C078, K33-K40
    file = shared / "vectors" / "surveys.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    many = len(document["vectors"])

    assert main([str(file)]) == 0
    assert capsys.readouterr().out == f"{many} of {many} agree\n"
    assert OPERATIONS.keys() == document["about"]["operations"].keys()


def test_the_runner_takes_cases_bounds_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "own.json", NPS, RAKE) == 0
    assert capsys.readouterr().out == "2 of 2 agree\n"


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        (NPS, {"nps": 25.1}),
        (NPS, {"nps": True}),
        (NPS, {"nps": None}),
        (NPS, {"nps": "25.0"}),
        (NPS, {"nps": [25.0]}),
        (NPS, {"nps": {"value": 25.0}}),
        (NPS, {"unknown": 1}),
        (NPS, {"n_at_least": 5}),
        (RAKE, {"cases": [{"weights": [2.0]}]}),
        (RAKE, {"cases": [{"weights": [2.0, 2.0]}, {}]}),
        (RAKE, {"cases": [{"converged": 1}, {}]}),
        (RAKE, {"cases": [{}, {"error": "empty_target_level", "level": "a"}]}),
    ],
)
def test_the_runner_sees_every_other_answer(vector: Document, expected: Any) -> None:
    assert agreement({**vector, "expected": expected}, {}) is not None


def test_a_table_may_be_a_file_with_empty_cells_for_missing_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vectors").mkdir()
    (tmp_path / "three.csv").write_text('"","a","b"\n1,1,2\n2,2,4\n3,5,10\n4,,1\n', encoding="utf-8")
    file = tmp_path / "vectors" / "own.json"
    vector = {**ALPHA, "expected": {"n_used": 3, "alpha": 8 / 9}, "tolerance": {"default": 0, "alpha": 0.02}}

    assert run(file, vector, three={"file": "three.csv"}) == 0
    assert run(file, vector, three={"columns": ["a", "b"], "rows": [[1, 2], [2, 4], [5, 10], [None, 1]]}) == 0
    assert run(file, vector, three={"file": "four.csv"}) == 1
    assert "FileNotFoundError" in capsys.readouterr().out


def test_the_runner_names_what_does_not_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {**NPS, "expected": {"nps": 0.0}}

    assert run(tmp_path / "wrong.json", wrong, {**NPS, "op": "guess"}) == 1
    assert capsys.readouterr().out.splitlines() == [
        "nps.own nps: nps: expected 0.0, got 25.0",
        "nps.own guess: no such operation",
        "0 of 2 agree",
    ]


def test_a_file_without_vectors_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path / "empty.json") == 1
    assert main([]) == 2
