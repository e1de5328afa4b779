"""What all tests share: how hard properties are tried, the long forms, and data from outside the project."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

MEMORY: Final = Path("/dev/shm")
ENOUGH: Final = 2 << 30
LONGEST: Final = 900
"""Seconds, many times what any takes: a short form that waits for what never comes fails by its name after them."""

# Workers share the cores, so how long an example takes says nothing here.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("torture", settings.get_profile("default"), max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="run the long forms, and try properties much harder")


def pytest_configure(config: pytest.Config) -> None:
    # Files of tests are real ones, but in memory where there is room: nothing here is meant to outlive its test, so
    # there is no need to wait for a disk that others use too. Workers and programs that are started inherit it.
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    if config.getoption("torture"):
        settings.load_profile("torture")
    else:
        settings.load_profile("default")
        config.option.timeout = config.option.timeout or LONGEST


LONG: Final = ("torture", "machine", "storage", "mutants", "desk", "cli", "benchmarks", "calendars")
"""The folders whose files take longest, from the longest on; they begin first, so that none is left at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rank = {Path(__file__).parent / name: n for n, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.parent, len(LONG)))
    if not config.getoption("torture"):
        for item in items:
            if item.get_closest_marker("torture"):
                item.add_marker(pytest.mark.skip(reason="a long form: make torture"))


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays_patched() -> Iterator[None]:
    """What tests put in the place of functions of stores and desks is gone when their file is done."""
    before = functions()
    yield
    now = functions()
    assert [name for name, function in before.items() if now.get(name) is not function] == []


def functions() -> dict[tuple[str, ...], object]:
    """The functions and methods of stores and desks, by name."""
    found: dict[tuple[str, ...], object] = {}
    for name, module in [*sys.modules.items()]:
        if name.startswith(("servicecrm.storage", "servicecrm.desk")):
            for inner, value in vars(module).items():
                found[name, inner] = value
                if isinstance(value, type) and value.__module__ == name:
                    found |= {(name, inner, each): of for each, of in vars(value).items()}
    return {name: value for name, value in found.items() if isinstance(value, FunctionType)}


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder of real-world data next to the project."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` next to the project")
    return folder
