"""Every test works in a folder of its own, for the demonstration writes its page where it is run."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a command is run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
