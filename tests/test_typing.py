"""The examples in `tests/typing` mean to a type checker what they should, and their wrong lines are refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent / "typing"


def test_the_examples_type_check_and_every_wrong_line_of_them_is_found() -> None:
    pytest.importorskip("mypy")
    # Strict, so that a line which is marked as wrong and is right fails too.
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *sorted(map(str, EXAMPLES.glob("*.py")))],
        cwd=EXAMPLES.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_there_are_wrong_lines_and_each_names_its_error() -> None:
    examples = "".join(example.read_text("utf-8") for example in EXAMPLES.glob("*.py"))

    assert len(re.findall(r"# type: ignore\[[a-z, -]+\]$", examples, re.MULTILINE)) >= 20
    assert "# type: ignore\n" not in examples
