"""An application on Django, checked in a process of its own, so that nothing of its set-up stays here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import GIVEN, Postgres

ROOT = Path(__file__).parents[2]


def checked(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=os.environ | {GIVEN: url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_application_on_django_and_a_store_share_a_transaction(postgres: Postgres) -> None:
    run = checked("tests/hosts/django_checks.py", url=postgres.url)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" not in run.stdout
    assert "passed" in run.stdout


def test_a_failure_in_that_process_is_noticed(postgres: Postgres, tmp_path: Path) -> None:
    failing = tmp_path / "failing_checks.py"
    failing.write_text("def test_fails():\n    assert False\n")
    run = checked(str(failing), url=postgres.url)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed" in run.stdout
