"""An application that speaks to its database by a session of SQLAlchemy."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column

import servicecrm
from servicecrm import Desk
from servicecrm.errors import NoTransaction
from servicecrm.testing.contract.examples import BY
from tests.hosts.conftest import Server
from tests.hosts.hosting import Application, Hosting, recorded
from tests.hosts.test_drivers import listen


class Base(DeclarativeBase):
    pass


class Row(Base):
    """The application's own row."""

    __tablename__ = "host"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def on_sqlite(path: Path) -> Engine:
    """As SQLAlchemy's own page about SQLite says: then a transaction begins when the session says so."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def on_postgres(server: Server) -> Engine:
    url = make_url(server.url).set(drivername="postgresql+psycopg")
    return create_engine(url, connect_args={"options": f"-c search_path={server.host}"})


class SessionApplication:
    """An application with one session, which begins by itself."""

    def __init__(self, engine: Engine, options: dict[str, Any]) -> None:
        self.engine: Engine = engine
        self.options: dict[str, Any] = options
        self.heard: list[str] = []
        self.session: Session = Session(engine)
        Base.metadata.create_all(engine)

    def connection(self) -> Any:
        return self.session.connection().connection.driver_connection

    def joined(self) -> Desk:
        """A desk in the transaction of the session, which begins by itself."""
        desk = servicecrm.connect(self.connection(), actor=BY, **self.options)
        listen(desk, self.heard)

        @event.listens_for(self.session, "after_commit")
        def committed(session: Session) -> None:
            if not session.in_nested_transaction():  # else it was a savepoint only
                desk.committed()

        @event.listens_for(self.session, "after_transaction_end")
        def ended(_: Session, transaction: SessionTransaction) -> None:
            if transaction.parent is None:
                desk.rolled_back()  # after a commit there is nothing left that this could take away

        return desk

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Desk]:
        with self.session.begin():
            yield self.joined()

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[Desk]:
        with self.session.begin_nested():
            desk = self.joined()
            try:
                yield desk
            except BaseException:
                desk.rolled_back()
                raise

    def put(self, text: str) -> None:
        self.session.add(Row(text=text))

    def texts(self) -> list[str]:
        return list(self.session.scalars(select(Row.text).order_by(Row.id)))

    def execute(self, statement: str) -> None:
        self.session.execute(text(statement))

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Application]:
        other = SessionApplication(self.engine, self.options)
        with other.session:
            yield other


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest) -> Iterator[SessionApplication]:
    if request.param == "sqlite":
        app = SessionApplication(on_sqlite(request.getfixturevalue("file")), {})
    else:
        server: Server = request.getfixturevalue("server")
        app = SessionApplication(on_postgres(server), {"schema": server.ours})
    yield app
    app.session.close()
    app.engine.dispose()


class TestSession(Hosting):
    """Each test on each database."""


def test_a_session_that_commits_each_statement_is_refused(app: SessionApplication) -> None:
    engine = create_engine(app.engine.url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        with pytest.raises(NoTransaction):
            servicecrm.connect(connection, **app.options)
    engine.dispose()


def test_a_session_that_is_closed_instead_of_committed_tells_the_hooks_nothing(app: SessionApplication) -> None:
    recorded(app.joined(), "lost")
    app.session.close()
    recorded(app.joined(), "kept")
    app.session.commit()
    assert app.heard == ["kept"]


def test_a_session_that_begins_by_itself_is_joined_with_the_first_call(app: SessionApplication) -> None:
    desk = servicecrm.connect(app.connection(), actor=BY, **app.options)
    recorded(desk, "kept")
    app.put("mine")
    app.session.commit()
    with app.elsewhere() as other, other.transaction() as seen:
        assert (other.texts(), seen.complaints.count()) == (["mine"], 1)
