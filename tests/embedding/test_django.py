"""The page about Django: its code is an application, run in a process of its own, where Django may be set up."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "django.md"
CHECKS = """
import django
import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from servicecrm import complaints
from servicecrm.testing import MONDAY, RepositoryContract
from servicecrm.tracking import MESSAGE

DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.configure(DATABASES={"default": DATABASE}, INSTALLED_APPS=["shop"], USE_TZ=True, LOGGING_CONFIG=None)
django.setup()
from shop import models
with connection.schema_editor() as editor:
    editor.create_model(models.Ticket)
    editor.create_model(models.Remark)

@pytest.fixture
def repository():
    yield models.Tickets()
    models.Ticket.objects.all().delete()

class TestTickets(RepositoryContract):
    def messages(self, repository, complaint):
        rows = models.Remark.objects.filter(ticket_id=complaint)
        return [MESSAGE.schema.load_text(row.body, version=row.format, revision=1) for row in rows]

class User:
    def get_username(self):
        return "ann"

def test_the_view(repository):
    told = {"subject": "No water", "channel": "web", "customer": "c-7"}
    models.engine.start(complaints.record, id="T-1", **told, by="ann", at=MONDAY)
    request = RequestFactory().post("/", {"team": "water"})
    request.user = User()
    assert models.assign(request, "T-1").status_code == 409
    models.engine.do("T-1", complaints.acknowledge, by="ann", at=MONDAY)
    assert models.assign(request, "T-1").status_code == 200
    assert models.Ticket.objects.get(ref="T-1").handler == "water"
"""


def test_the_code_of_the_page_keeps_the_contract_and_its_view_answers(tmp_path: Path) -> None:  # C056
    code = "".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "models.py").write_text(code, encoding="utf-8")
    (tmp_path / "test_shop.py").write_text(CHECKS, encoding="utf-8")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "pythonpath=."]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", "test_shop.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\d\d passed, 1 skipped", run.stdout), run.stdout
