"""The example notebooks run from their first cell to their last, and show what their texts say."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = ROOT / "examples" / "notebooks"
MARK = "# %%"


def cells(path: Path) -> list[str]:
    """The cells of code of a percent script; a cell begins with its mark, and one of text has only comments."""
    before, *found = f"\n{path.read_text('utf-8')}".split(f"\n{MARK}")
    assert not before.strip(), "a notebook begins with a cell"
    told = [cell.removeprefix(" [markdown]") for cell in found if cell.startswith(" [markdown]")]
    assert all(not line or line.startswith("#") for cell in told for line in cell.splitlines())
    return [cell for cell in found if not cell.startswith(" [markdown]")]


def run(name: str) -> dict[str, Any]:
    """What a notebook knows at its end. Its cells share their names."""
    pytest.importorskip("altair")
    pytest.importorskip("jinja2")
    known: dict[str, Any] = {}
    for cell in cells(NOTEBOOKS / f"{name}.py"):
        exec(compile(cell, f"{name}.py", "exec"), known)
    return known


def test_every_notebook_is_run_here() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == {"complaints", "satisfaction", "portfolio"}


def test_the_notebook_about_complaints() -> None:  # C113
    known = run("complaints")

    assert known["summary"].cases == len(known["complaints"])
    assert len(known["missed"]) == known["year"]["K23"].n - len(known["year"]["K23"].hits) > 0
    assert all(n < 30 for _, _, n in known["late"])


def test_the_notebook_about_satisfaction() -> None:  # C079
    known = run("satisfaction")

    assert known["overall"].verdict == "no_detectable_change"
    assert min(known["moved"].values()) < -2
    assert max(known["moved"].values()) > 1
    assert all(0.5 < turnout.share < 1 for turnout in known["turnouts"])


def test_the_notebook_about_the_portfolio() -> None:  # C084, C088
    known = run("portfolio")

    assert known["overdue"]
    assert known["text"].startswith("# Service review: ")
    assert not any(id in known["text"] for id in known["names"])
