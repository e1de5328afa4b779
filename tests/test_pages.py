"""What a page of the docs shows of the code is what the code says."""

import re
from pathlib import Path

import pytest

from servicecrm.cli import main
from servicecrm.complaints import LIFECYCLE
from servicecrm.interop import COMPLAINT_WORDS, LogMap
from servicecrm.kernel.diagrams import mermaid, table

DOCS = Path(__file__).parent.parent / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def titled(title: str, text: str) -> str:
    """The fence with this title."""
    found = re.search(rf'^```\w+ title="{re.escape(title)}"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    assert found, f"no fence is titled {title}"
    return found[1]


def test_the_page_about_the_lifecycle_shows_it_as_it_is() -> None:  # C003
    text = page("concepts/lifecycle.md")
    for part in (f"```mermaid\n{mermaid(LIFECYCLE)}```\n", f"\n{table(LIFECYCLE)}\n"):
        assert part in text, f"put this in its place:\n{part}"


def test_the_page_about_replaying_shows_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page("how-to/replay-a-log.md")
    for name in ("tickets.csv", "tickets.toml"):
        Path(name).write_text(titled(name, text), encoding="utf-8")
    command = "replay tickets.csv --map tickets.toml --now 2026-03-09T09:00+00:00"
    assert f"```sh\nservicecrm {command}\n```" in text
    assert main(command.split()) == 0
    assert capsys.readouterr().out == titled("what it prints", text)
    assert main(["replay", "tickets.csv", "--map", "tickets.toml", "--strict"]) == 1
    assert f"```text\n{capsys.readouterr().err}```" in text


def test_every_map_on_the_page_about_replaying_can_be_used() -> None:
    for found in re.findall(r"^```toml[^\n]*\n(.*?)^```$", page("how-to/replay-a-log.md"), re.MULTILINE | re.DOTALL):
        LogMap.from_toml(found, COMPLAINT_WORDS)
