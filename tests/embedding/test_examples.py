"""The examples of embedding: each is short, runs, and says itself what comes out. What a page shows is proven, too."""

import re
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from runpy import run_path
from sqlite3 import Connection
from typing import Any

import pytest

from servicecrm.testing import RepositoryContract
from servicecrm.tracking import MESSAGE, Message

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "embedding"
FILES = sorted(EXAMPLES.glob("*.py"))


def test_there_is_an_example_of_each_level() -> None:
    assert {path.name.partition("_")[0] for path in FILES} == {f"level{n}" for n in range(5)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_has_fewer_than_forty_lines_and_runs(path: Path) -> None:  # C056
    assert len(path.read_text("utf-8").splitlines()) < 40
    run = subprocess.run([sys.executable, "-W", "error", path], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


class TestOwnTable(RepositoryContract):
    """The table of the example, with words of its own, keeps the contract."""

    @pytest.fixture
    def repository(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.syspath_prepend(EXAMPLES)
        host = run_path(str(EXAMPLES / "level2_engine.py"))
        db: Connection = host["db"]
        with db:
            db.execute("DELETE FROM tickets")
            db.execute("DELETE FROM remarks")
        yield host["Tickets"](db)
        db.close()

    def transaction(self, repository: Any) -> AbstractContextManager[object]:
        db: Connection = repository.db
        return db

    def reopened(self, repository: Any) -> Any:
        return type(repository)(repository.db)

    def messages(self, repository: Any, complaint: str) -> list[Message]:
        bodies = repository.db.execute("SELECT body FROM remarks")
        found = [MESSAGE.schema.load_text(body, version=1, revision=1) for (body,) in bodies]
        return [message for message in found if message.about == complaint]


DOCS = ROOT / "docs" / "how-to"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PARTS = ("OURS = {", "class Tickets:", "class TestTickets(")
"""What the fences hold that make the repository of the page."""


def shown(page: str) -> dict[str, Any]:
    """The repository of a page, and its proof if it shows one."""
    names: dict[str, Any] = {"__name__": __name__}
    for fence in FENCE.findall((DOCS / page).read_text("utf-8")):
        if any(part in fence for part in PARTS):
            exec(fence, names)
    return names


class TestOwnTableOfThePage(shown("own-table.md")["TestTickets"]):  # type: ignore[misc]
    """The proof that the page shows."""


class TestDictOfThePage(RepositoryContract):
    """The smallest repository there is."""

    @pytest.fixture
    def repository(self) -> Any:
        return shown("embed.md")["Tickets"]()
