"""Cases as data, ours and those of other systems, agree through the public API."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.business_time import OPERATIONS, Case, agreement, main

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests" / "vectors" / "business_time.json"
SHARED = ROOT.parent / "shared" / "vectors" / "business_time.json"


def cases(path: Path) -> list[Case]:
    found: list[Case] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return found


@pytest.mark.parametrize("case", cases(OWN), ids=lambda case: f"{case['id']} {case['name']}")
def test_our_answer_is_the_expected_one(case: Case) -> None:  # C034
    assert agreement(case) is None


def test_the_own_cases_ask_for_every_operation() -> None:
    assert {case["operation"] for case in cases(OWN)} == {*OPERATIONS, "validate_schedule"}


def test_the_cases_of_other_systems_agree(capsys: pytest.CaptureFixture[str]) -> None:
    if not SHARED.exists():
        pytest.skip("the shared cases are not beside this checkout")
    assert main([str(SHARED)]) == 0
    assert capsys.readouterr().out == f"{len(cases(SHARED))} of {len(cases(SHARED))} agree\n"


def test_the_runner_names_every_case_with_another_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [{**case, "expected": _otherwise(case["expected"])} for case in cases(OWN) if "reference_check" not in case]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"cases": wrong}), encoding="utf-8")

    assert main([str(file)]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [case["id"] for case in wrong]
    assert last == f"0 of {len(wrong)} agree"


@pytest.mark.parametrize("changed", [{"expected": 1}, {"reference_check": {"differs_reference_gives": 1}}])
def test_a_divergent_case_needs_both_answers(changed: dict[str, Any]) -> None:
    divergent = [case for case in cases(OWN) if "reference_check" in case]

    assert len(divergent) == 2
    assert all(agreement({**case, **changed}) for case in divergent)


def test_the_runner_says_that_an_operation_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "unknown.json"
    file.write_text(json.dumps({"cases": [{**cases(OWN)[0], "operation": "guess"}]}), encoding="utf-8")

    assert main([str(file)]) == 1
    assert "no such operation: guess" in capsys.readouterr().out


def test_a_file_without_cases_is_no_success(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text('{"cases": []}', encoding="utf-8")

    assert main([str(file)]) == 1
    assert main([]) == 2


def _otherwise(expected: object) -> object:
    match expected:
        case bool():
            return not expected
        case int():
            return expected + 1
        case "ok":
            return "configuration_error"
        case str():
            return "ok" if expected == "configuration_error" else expected.replace("2026-", "2027-")
        case list():
            return expected[1:]
        case _:
            return {**dict(expected), "due": "2027-01-01T00:00:00Z"}  # type: ignore[call-overload]
