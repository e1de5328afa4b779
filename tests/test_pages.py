"""What a page of the docs shows of the code is what the code says."""

import re
import runpy
import subprocess
import sys
from doctest import DocTestParser
from pathlib import Path
from typing import Any

import pytest

from servicecrm import agreements, cases, improvements, portfolio, surveys
from servicecrm.agreements.lifecycle import GENERAL, SERVICE
from servicecrm.cli import main
from servicecrm.complaints import LIFECYCLE
from servicecrm.interop import COMPLAINT_WORDS, LogMap
from servicecrm.kernel.diagrams import mermaid, table
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.portfolio import interactions, partners, prospects
from servicecrm.reviews import meetings, needs, report_specs, schedules, service_reviews
from servicecrm.tracking import action_items

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def titled(title: str, text: str) -> str:
    """The fence with this title."""
    found = re.search(rf'^```\w+ title="{re.escape(title)}"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    assert found, f"no fence is titled {title}"
    return found[1]


@pytest.mark.parametrize(
    ("name", "lifecycle"),
    [
        ("concepts/lifecycle.md", LIFECYCLE),
        ("concepts/case-lifecycle.md", cases.LIFECYCLE),
        ("how-to/follow-up.md", action_items.LIFECYCLE),
        ("how-to/customers.md", portfolio.LIFECYCLE),
        ("how-to/prospects.md", prospects.LIFECYCLE),
        ("reference/portfolio.md", partners.LIFECYCLE),
        ("reference/portfolio.md", interactions.LIFECYCLE),
        ("how-to/agreements.md", agreements.LIFECYCLE),
        ("how-to/service-catalogue.md", SERVICE),
        ("reference/agreements.md", GENERAL),
        ("reference/surveys.md", surveys.LIFECYCLE),
        ("reference/surveys.md", surveys.CAMPAIGN_LIFECYCLE),
        ("reference/surveys.md", surveys.INVITATION_LIFECYCLE),
        ("reference/surveys.md", surveys.RESPONSE_LIFECYCLE),
        ("reference/surveys.md", surveys.EVALUATION_LIFECYCLE),
        ("how-to/service-reviews.md", meetings.LIFECYCLE),
        ("reference/reviews.md", schedules.LIFECYCLE),
        ("reference/reviews.md", service_reviews.LIFECYCLE),
        ("reference/reviews.md", needs.LIFECYCLE),
        ("reference/reviews.md", report_specs.LIFECYCLE),
        ("how-to/improvements.md", improvements.LIFECYCLE),
    ],
)
def test_a_page_shows_a_lifecycle_as_it_is(name: str, lifecycle: Lifecycle[Any]) -> None:  # C003
    for part in (f"```mermaid\n{mermaid(lifecycle)}```\n", f"\n{table(lifecycle)}\n"):
        assert part in f"{page(name)}\n", f"put this in its place:\n{part}"


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


def test_the_page_of_words_has_all_of_them() -> None:
    written = runpy.run_path(str(DOCS / "words.py"))["page"]()
    assert page("reference/words.md") == written, "run: python docs/words.py"


# -- types ---------------------------------------------------------------------------------------

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AHEAD = re.compile(r"^<!-- skip: start .*?^<!-- skip: end -->$", re.MULTILINE | re.DOTALL)
"""A part of a page that is ahead of the code, and says why."""

WRONG_ON_PURPOSE = {
    'complaint.subject = "Something else"': "misc",  # a record never changes
    "class Ticket(models.Model):": "misc",  # Django has no types
    "class Remark(models.Model):": "misc",
    'answers = spark.table("survey.answers")': "name-defined",  # the session of a cluster
}
"""Lines that show what is refused, or what a type checker does not know, with the name of the error that it sees."""


def module(text: str) -> str:
    """The Python of a page as one module, without prompts and output."""
    parts = []
    for fence in FENCE.findall(AHEAD.sub("", text)):
        examples = DocTestParser().get_examples(fence)
        parts += [example.source for example in examples] if examples else [fence]
    code = "".join(parts)
    for line, name in WRONG_ON_PURPOSE.items():
        code = code.replace(f"{line}\n", f"{line}  # type: ignore[{name}]\n")
    return code


def test_every_python_fence_type_checks(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    for path in (ROOT / "README.md", *DOCS.glob("**/*.md")):
        code = module(path.read_text(encoding="utf-8"))
        if code:
            # Named after its page, so that an error tells where to look.
            name = re.sub(r"\W", "_", str(path.relative_to(ROOT).with_suffix("")))
            given = "url: str\n" if "(url" in code and "url =" not in code else ""  # the address of a server
            (tmp_path / f"{name}.py").write_text(given + code, encoding="utf-8")
    # Strict, so that a line which is listed as wrong and is right fails too.
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *map(str, sorted(tmp_path.glob("*.py"))), str(DOCS / "words.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
