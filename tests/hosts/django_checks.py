"""An application on Django. `test_django` runs this file in a process of its own, where Django may be set up."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import connections, models, transaction
from psycopg.conninfo import conninfo_to_dict

import servicecrm
from servicecrm import Desk
from servicecrm.errors import NoTransaction
from servicecrm.testing.contract.examples import BY
from tests.hosts.conftest import Server
from tests.hosts.hosting import Application, Hosting, recorded
from tests.hosts.test_drivers import listen

settings.configure(DATABASES={}, USE_TZ=True, LOGGING_CONFIG=None, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()


class Row(models.Model):  # type: ignore[misc]
    """The application's own row."""

    text = models.TextField()

    class Meta:
        app_label = "host"
        db_table = "host"


class DjangoApplication:
    """An application that works inside `transaction.atomic()`."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.name: str = name
        self.options: dict[str, Any] = options
        self.heard: list[str] = []

    def connection(self) -> Any:
        return connections[self.name].connection

    def joined(self) -> Desk:
        """A desk in the transaction, as an application connects it."""
        desk = servicecrm.connect(self.connection(), actor=BY, **self.options)
        listen(desk, self.heard)
        transaction.on_commit(desk.committed, using=self.name)
        return desk

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Desk]:
        with transaction.atomic(using=self.name):
            yield self.joined()

    savepoint = transaction

    def put(self, text: str) -> None:
        Row.objects.using(self.name).create(text=text)

    def texts(self) -> list[str]:
        return list(Row.objects.using(self.name).order_by("id").values_list("text", flat=True))

    def execute(self, statement: str) -> None:
        with connections[self.name].cursor() as cursor:
            cursor.execute(statement)

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Application]:
        other = DjangoApplication("other", self.options)
        yield other
        connections["other"].close()


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest) -> Iterator[DjangoApplication]:
    if request.param == "sqlite":
        file: Path = request.getfixturevalue("file")
        database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
        options: dict[str, Any] = {}
    else:
        server: Server = request.getfixturevalue("server")
        told: dict[str, Any] = {**conninfo_to_dict(server.url), "options": f"-c search_path={server.host}"}
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": told.pop("dbname"), "OPTIONS": told}
        options = {"schema": server.ours}
    connections.settings = connections.configure_settings({"default": database, "other": database})
    with connections["default"].schema_editor() as editor:
        editor.create_model(Row)
    yield DjangoApplication("default", options)
    for name in ("default", "other"):
        connections[name].close()
        del connections[name]


class TestDjango(Hosting):
    """Each test on each database."""


def test_outside_of_atomic_there_is_no_transaction(app: DjangoApplication) -> None:
    app.texts()
    with pytest.raises(NoTransaction):
        app.joined()


def test_a_desk_is_joined_with_the_first_statement_of_atomic(app: DjangoApplication) -> None:
    with transaction.atomic():
        recorded(app.joined(), "kept")
    assert app.heard == ["kept"]
    with app.elsewhere() as other, other.transaction() as desk:
        assert desk.complaints.count() == 1


def test_atomic_that_is_to_be_rolled_back_takes_ours_back(app: DjangoApplication) -> None:
    with transaction.atomic():
        recorded(app.joined(), "lost")
        transaction.set_rollback(True)
    with app.transaction() as desk:
        assert desk.complaints.count() == 0
    assert app.heard == []
