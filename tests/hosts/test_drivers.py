"""An application that speaks to its database by the driver alone."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import servicecrm
from servicecrm import Desk
from servicecrm.errors import NoTransaction
from servicecrm.testing.contract.examples import BY
from tests.hosts.conftest import Server
from tests.hosts.hosting import Application, Hosting


class DriversApplication:
    """What both drivers have in common."""

    def __init__(self, connection: Any, options: dict[str, Any]) -> None:
        self.own: Any = connection
        self.options: dict[str, Any] = options
        self.heard: list[str] = []

    def connection(self) -> Any:
        return self.own

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Desk]:
        with self.begun() as desks:
            yield self.joined(desks)

    @contextlib.contextmanager
    def begun(self) -> Iterator[list[Desk]]:
        """A transaction with a list of the desks that work in it, all of which are told how it ends."""
        self.desks: list[Desk] = []
        desks = self.desks
        try:
            with self.committing():
                yield desks
        except BaseException:
            for desk in desks:
                desk.rolled_back()
            raise
        for desk in desks:
            desk.committed()

    def committing(self) -> contextlib.AbstractContextManager[object]:
        raise NotImplementedError

    def saving(self) -> contextlib.AbstractContextManager[object]:
        raise NotImplementedError

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[Desk]:
        with self.saving():
            desk = self.joined(self.desks)
            try:
                yield desk
            except BaseException:
                desk.rolled_back()
                raise

    def joined(self, desks: list[Desk]) -> Desk:
        desk = servicecrm.connect(self.own, actor=BY, **self.options)
        listen(desk, self.heard)
        desks.append(desk)
        return desk

    def put(self, text: str) -> None:
        self.execute(f"INSERT INTO host (text) VALUES ('{text}')")

    def texts(self) -> list[str]:
        return [text for (text,) in self.own.execute("SELECT text FROM host")]

    def execute(self, statement: str) -> None:
        self.own.execute(statement)


def listen(desk: Desk, heard: list[str]) -> None:
    """Let a list hear of what is saved."""
    desk.on("complaint.recorded", lambda fact: heard.append(fact.record.subject))
    desk.on("complaint.acknowledged", lambda fact: heard.append(f"{fact.record.subject}: acknowledged"))


class SQLiteApplication(DriversApplication):
    """An application on `sqlite3`."""

    def __init__(self, path: Path) -> None:
        super().__init__(sqlite3.connect(path, isolation_level=None), {})
        self.path: Path = path
        self.execute("CREATE TABLE IF NOT EXISTS host (text TEXT)")

    @contextlib.contextmanager
    def committing(self) -> Iterator[None]:
        self.execute("BEGIN")
        with self.own:
            yield

    @contextlib.contextmanager
    def saving(self) -> Iterator[None]:
        self.execute("SAVEPOINT host")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK TO host")
            raise
        finally:
            self.execute("RELEASE host")

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Application]:
        other = SQLiteApplication(self.path)
        with contextlib.closing(other.own):
            yield other


class PsycopgApplication(DriversApplication):
    """An application on psycopg."""

    def __init__(self, server: Server, *, autocommit: bool = True) -> None:
        options = f"-c search_path={server.host}"
        super().__init__(psycopg.connect(server.url, options=options, autocommit=autocommit), {"schema": server.ours})
        self.server: Server = server
        with self.own.transaction():
            self.execute("CREATE TABLE IF NOT EXISTS host (text TEXT)")

    def committing(self) -> contextlib.AbstractContextManager[object]:
        transaction: contextlib.AbstractContextManager[object] = self.own.transaction()
        return transaction

    saving = committing

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Application]:
        other = PsycopgApplication(self.server, autocommit=self.own.autocommit)
        with contextlib.closing(other.own):
            yield other


class TestSQLite(Hosting):
    @pytest.fixture
    def app(self, file: Path) -> Iterator[SQLiteApplication]:
        app = SQLiteApplication(file)
        yield app
        app.own.close()


class TestPsycopg(Hosting):
    @pytest.fixture(params=[True, False], ids=["autocommit", "no autocommit"])
    def app(self, request: pytest.FixtureRequest, server: Server) -> Iterator[PsycopgApplication]:
        app = PsycopgApplication(server, autocommit=request.param)
        yield app
        app.own.close()


def test_a_host_of_the_driver_alone_begins_before_it_connects(file: Path, server: Server) -> None:
    sqlite, postgres = SQLiteApplication(file), PsycopgApplication(server)
    for app in (sqlite, postgres):
        with pytest.raises(NoTransaction):
            servicecrm.connect(app.own, **app.options)
        app.own.close()


# -- the tests can fail ----------------------------------------------------------------------------


class Careless(SQLiteApplication):
    """Commits whatever happens."""

    @contextlib.contextmanager
    def committing(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")


@pytest.mark.parametrize(
    ("application", "test"),
    [
        (Careless, Hosting.test_the_rollback_takes_both_back),
        (Careless, Hosting.test_a_transaction_that_is_rolled_back_takes_back_its_savepoints),
    ],
)
def test_an_application_that_does_it_wrong_fails(
    file: Path, application: type[SQLiteApplication], test: Callable[[Hosting, Application], None]
) -> None:
    app = application(file)
    with pytest.raises(AssertionError):
        test(Hosting(), app)
    app.own.close()
