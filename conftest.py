"""The README and the pages of the docs are tests: their Python examples run, each page in a directory of its own.

The servers that they and the tests need are here too.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from tests.servers import NO_BINARIES, Postgres

ROOT = Path(__file__).parent


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which a run within a test is without
def pytest_xdist_auto_num_workers() -> int:
    """Many tests wait for processes and servers of their own: there is work for one more than there are cores."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What is collected stays until the end: the collector of garbage need not look through it again and again."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def enter(namespace: dict[str, Any]) -> None:
    """Start a page in an empty directory, so that the files of its examples are its own."""
    namespace["_directory"] = directory = tempfile.mkdtemp(prefix="servicecrm-page-")
    os.chdir(directory)


def leave(namespace: dict[str, Any]) -> None:
    os.chdir(ROOT)
    shutil.rmtree(namespace["_directory"])


def sybil(patterns: Sequence[str], *, excludes: Sequence[str] = (), fixtures: Sequence[str] = ()) -> Sybil:
    return Sybil(
        parsers=[PythonCodeBlockParser(), SkipParser()],
        patterns=patterns,
        excludes=excludes,
        fixtures=fixtures,
        setup=enter,
        teardown=leave,
    )


NEED_A_SERVER = ["docs/how-to/postgres.md"]
"""Pages whose examples use `url`, the address of a PostgreSQL database."""

PAGES = [
    sybil(["README.md", "docs/*.md", "docs/*/*.md"], excludes=NEED_A_SERVER),
    sybil(NEED_A_SERVER, fixtures=["url"]),
]
pytest_collect_file = sum(PAGES[1:], start=PAGES[0]).pytest()


@pytest.fixture(scope="session")
def pages() -> list[Sybil]:
    """How the examples of a page are found."""
    return PAGES


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    """The address of a PostgreSQL database."""
    return postgres.url


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
