"""What all tests share: how hard properties are tried, the long forms, servers, and data from outside the project."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import NO_BINARIES, Postgres

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
    settings.load_profile("torture" if config.getoption("torture") else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("torture"):
        for item in items:
            if item.get_closest_marker("torture"):
                item.add_marker(pytest.mark.skip(reason="a long form: make torture"))


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder of real-world data next to the project."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` next to the project")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, one for each worker. Each test makes schemas and roles of its own there."""
    with _postgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for one test, which may stop it."""
    with _postgres(own=True) as server:
        yield server


def _postgres(*, own: bool = False) -> Postgres:
    if missing := Postgres.available(own=own):
        if os.environ.get("SERVICECRM_REQUIRE_POSTGRES") == "1":
            pytest.fail(missing)
        pytest.skip(f"NOT RUN: {missing}")
    return Postgres(own=own)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if missed := [each for each in terminalreporter.getreports("skipped") if NO_BINARIES in str(each.longrepr)]:
        terminalreporter.write_sep("!", f"tests NOT RUN: {len(missed)} ({NO_BINARIES})", red=True, bold=True)
