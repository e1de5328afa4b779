"""The README and the pages of the docs are tests: their Python examples run, each page in a directory of its own."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent


def enter(namespace: dict[str, Any]) -> None:
    """Start a page in an empty directory, so that the files of its examples are its own."""
    namespace["_directory"] = directory = tempfile.mkdtemp(prefix="servicecrm-page-")
    os.chdir(directory)


def leave(namespace: dict[str, Any]) -> None:
    os.chdir(ROOT)
    shutil.rmtree(namespace["_directory"])


PAGES = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=enter,
    teardown=leave,
)
pytest_collect_file = PAGES.pytest()


@pytest.fixture(scope="session")
def pages() -> Sybil:
    """How the examples of a page are found."""
    return PAGES
