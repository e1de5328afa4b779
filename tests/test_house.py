"""What holds for the project as a whole: what an import costs, what is public, and what is shipped."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

import servicecrm

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "servicecrm"
MODULES = sorted(m.name for m in pkgutil.walk_packages(servicecrm.__path__, "servicecrm.") if "__main__" not in m.name)
SLICES = {"portfolio", "agreements", "complaints", "cases", "surveys", "reviews", "improvements"}
CORE = {"attr", "attrs", "cattrs", "dateutil", "six", "typing_extensions", "tzdata"}
"""The modules of the core dependencies, and of theirs."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def loaded_by(module: str) -> set[str]:
    """The modules that importing one adds to a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    return set(run(sys.executable, "-W", "error", "-c", code).split())


def test_importing_the_library_loads_no_optional_library_and_no_storage() -> None:
    loaded = loaded_by("servicecrm")

    assert {name.partition(".")[0] for name in loaded} <= {"servicecrm", *CORE, *sys.stdlib_module_names}
    assert not {"sqlite3", "servicecrm.storage", "servicecrm.testing"} & loaded


@pytest.mark.parametrize("name", sorted(s for s in SLICES if find_spec(f"servicecrm.{s}")))
def test_importing_a_slice_loads_no_sibling_and_no_storage(name: str) -> None:
    loaded = loaded_by(f"servicecrm.{name}")

    packages = {module.split(".")[1] for module in loaded if module.startswith("servicecrm.")}
    assert packages <= {name, "tracking", "calendars", "measures", "kernel", "errors"}
    assert "sqlite3" not in loaded


@pytest.mark.parametrize("name", ["servicecrm", *MODULES])
def test_every_public_name_exists(name: str) -> None:
    module = importlib.import_module(name)

    public = getattr(module, "__all__", ())
    assert len(public) == len(set(public))
    assert [each for each in public if not hasattr(module, each)] == []


def test_the_version_is_the_same_everywhere() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    unreleased, *released = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert metadata.version("servicecrm") == declared
    assert unreleased == "Unreleased"
    assert released[:1] in ([], [declared])


def test_no_file_names_a_home_directory_or_a_package_host() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("only a git checkout knows which files are the project's own")
    private = re.compile(
        rb"/(?:home|Users|root)/[\w.]+/|"  # somebody's own path
        rb"pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|index[-]url|find[-]links"
    )
    files = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    texts = {name: (ROOT / name).read_bytes() for name in files if (ROOT / name).is_file()}

    assert len(texts) > 20
    assert [name for name, text in texts.items() if private.search(text)] == []


def test_the_wheel_has_every_file_and_works_without_the_source(tmp_path: Path) -> None:
    target = tmp_path / "installed"
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--target", target, wheel)

    def files(package: Path) -> set[str]:
        return {str(f.relative_to(package)) for f in package.rglob("*") if f.is_file() and f.suffix != ".pyc"}

    assert "py.typed" in files(target / "servicecrm")
    assert files(target / "servicecrm") == files(SOURCE)  # the SQL of migrations and the TOML texts too

    code = f"import sys; sys.path.insert(0, {str(target)!r}); import servicecrm; print(servicecrm.__file__)"
    assert Path(run(sys.executable, "-I", "-c", code).strip()).is_relative_to(target)
