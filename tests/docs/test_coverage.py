"""The page of coverage says who cites what, and nobody cites what there is not."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "coverage.py"))
ENTRIES = TOOL["catalogue"]()
LINES = TOOL["frameworks"]()


def cites(code: str) -> list[str]:
    return list(TOOL["cited"](code))


def test_the_page_is_up_to_date_and_every_id_that_is_cited_exists() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/coverage.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_the_catalogue_has_every_capability_and_key_figure_once_and_in_order() -> None:
    assert list(ENTRIES) == [f"C{n:03}" for n in range(1, 131)] + [f"K{n:02}" for n in range(1, 56)]
    for id, entry in ENTRIES.items():
        assert set(entry) == ({"title", "package", "says"} if id[0] == "C" else {"title", "says"})
        assert re.fullmatch(r"[A-Z][^|.]+\.", entry["says"]), f"{id}: one sentence"
        assert re.fullmatch(r"[A-Z][^|.]+", entry["title"])
    assert len({entry["says"] for entry in ENTRIES.values()}) == len(ENTRIES)


def test_every_line_of_a_framework_is_there_once_in_order_and_has_a_test_that_cites_it() -> None:
    counts = {"S0-A": 19, "S0-I": 5, "S0-O": 4, "S2-V": 9, "S3-P": 6, "S3-O": 11}
    assert list(LINES) == [f"{kind}{n}" for kind, last in counts.items() for n in range(1, last + 1)]
    assert all(set(line) == {"part", "says"} for line in LINES.values())
    assert all(re.fullmatch(r"[A-Z][^|.]+\.", line["says"]) for line in LINES.values())
    assert sorted(LINES.keys() - TOOL["citations"](ROOT / "tests")) == []


def test_every_package_that_is_there_has_a_capability() -> None:
    there = {path.parent.name for path in (ROOT / "src" / "servicecrm").glob("*/__init__.py")}
    mechanisms = {"cli", "demo", "desk", "processes", "reports"}  # what they are for is told of those that they serve

    assert there - mechanisms <= {entry["package"] for entry in ENTRIES.values() if "package" in entry}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x = 1  # C042, K22", ["C042", "K22"]),
        ('"""Source: C008, C043."""', ["C008", "C043"]),
        ('X = 1\n"""What it is.\n\nSource: C007.\n"""', ["C007"]),
        ("def f():\n    '''C001'''\n", ["C001"]),
        ("pass  # C042-C044; K39 - K40", ["C042", "C043", "C044", "K39", "K40"]),
        ("pass  # C003 C003", ["C003", "C003"]),
        ("pass  # C053, S0-A9 - S0-A11, S3-P1", ["C053", "S0-A9", "S0-A10", "S0-A11", "S3-P1"]),
        ('x = "C042"', []),
        ("pass  # C42, C0421, XC042, K220, S0-B1, S0-A100", []),
    ],
)
def test_an_id_counts_in_comments_and_docstrings_only(code: str, found: list[str]) -> None:
    assert cites(code) == found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the tool and two tests."""
    for name in ("tools/coverage.py", "docs/catalogue.toml", "docs/frameworks.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name, code in {
        "tests/a/test_x.py": "pass  # C001\npass  # C001",
        "tests/test_y.py": "pass  # C001, S0-A2",
        "src/servicecrm/z.py": '"""C002"""',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> str:
    """What the tool says against it, if anything."""
    command = [sys.executable, "tools/coverage.py", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not done.stderr)
    return done.stderr


def test_the_page_counts_who_cites_what(project: Path) -> None:
    assert "out of date" in run(project, "--check")
    assert not (project / "docs" / "coverage.md").exists()
    assert not run(project)
    assert not run(project, "--check")

    rows = {
        cells[1]: cells[-3:-1]
        for line in (project / "docs" / "coverage.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [CKS]\d", line)
        for cells in [[cell.strip() for cell in line.split("|")]]
    }
    assert set(rows) == {*ENTRIES, *LINES}
    assert rows["C001"] == ["`a/test_x.py` 2, `test_y.py`", "none yet"]
    assert rows["C002"] == ["none yet", "`z.py`"]
    assert rows["K01"] == ["none yet", "none yet"]
    assert rows["S0-A2"][-1] == "`test_y.py`"
    assert rows["S0-A1"][-1] == "none yet"


def test_an_id_that_there_is_not_is_told_with_its_files(project: Path) -> None:
    (project / "tests" / "test_y.py").write_text("pass  # C999", encoding="utf-8")

    assert run(project) == "not in docs/catalogue.toml or docs/frameworks.toml:\nC999: test_y.py\n"
