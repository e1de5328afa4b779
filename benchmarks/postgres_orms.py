"""The unit of work of `postgres_units`, as an application on SQLAlchemy's or on Django's ORM would write it.

The tables are ours, mapped as they are. Each unit asks whether its command is known, reads the complaint, changes its
document (JSON read, changed, written) and its columns, updates it where its revision is still the same, reads the end
of its journal, and adds an entry with a hash, a notice and the command; one transaction, as isolated as ours. No rule
is judged, no value is validated, and only what changed is updated.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol

import psycopg

from benchmarks.commands import AT, BY
from benchmarks.postgres_tables import placed_tables
from servicecrm.kernel.kinds import micros

__all__ = ["DJANGO", "SQLALCHEMY", "DjangoUnits", "SQLAlchemyUnits", "forwarded"]

SQLALCHEMY, DJANGO = "SQLAlchemy ORM", "Django ORM"


class Asked(Protocol):
    """A complaint to be forwarded."""

    @property
    def id(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def command(self) -> str: ...
    @property
    def notice(self) -> str: ...


class Forwarded(NamedTuple):
    """The new values of a complaint, and the rows that tell of it."""

    complaint: dict[str, Any]
    entry: dict[str, Any]
    notice: dict[str, Any]
    command: dict[str, Any]


def forwarded(document: str, revision: int, last: tuple[int, str], change: Asked) -> Forwarded:
    """What a plain application writes when a complaint is forwarded."""
    at, complaint = AT.isoformat(), json.loads(document)
    told = {"n": len(complaint["moments"]) + 1, "kind": "forwarded", "occurred_at": at, "recorded_at": at}
    moment = {**told, "side": "inside", "code": None, "until": None, "voids": None}
    changed = {"handler": change.handler, "forwards": complaint["forwards"] + 1}
    complaint.update(changed, handler_since=at, moments=[*complaint["moments"], moment])
    text = _text(complaint)
    body = _text({"data": {"reason": None}, "changes": changed, "appended": {"moments": [moment]}})
    n, previous = last
    entry = {
        "tenant": "default",
        "kind": "complaint",
        "id": change.id,
        "n": n + 1,
        "revision": revision + 1,
        "schema": 2,
        "type": "complaint.forwarded",
        "by": BY.id,
        "occurred_at": micros(AT),
        "recorded_at": micros(AT),
        "command": change.command,
        "body": body,
        "document": _hash(text),
        "hash": _hash(previous + body),
    }
    notice = {
        "tenant": "default",
        "key": change.notice,
        "topic": "complaint.forwarded",
        "recipient": change.handler,
        "kind": "complaint",
        "record": change.id,
        "body": "{}",
        "attempt": 0,
    }
    command = {
        "tenant": "default",
        "id": change.command,
        "fingerprint": "f" * 64,
        "kind": "complaint",
        "record": change.id,
        "revision": revision + 1,
        "number": complaint["number"],
        "given_at": micros(AT),
    }
    return Forwarded({**changed, "document": text, "figures": _figures(complaint)}, entry, notice, command)


def _figures(complaint: dict[str, Any]) -> str:
    """The column that key figures are counted from, of a complaint that was recorded and forwarded."""

    def instant(text: str) -> int:
        return micros(datetime.fromisoformat(text))

    moves = [
        ["forwarded", moment["n"], instant(moment["occurred_at"]), 0, None]
        for moment in complaint["moments"]
        if moment["kind"] == "forwarded"
    ]
    return _text([instant(complaint["received_at"]), moves, [], None, None, [], [], []])


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class SQLAlchemyUnits:
    """A session for each unit, its statements cached, the revision as `version_id_col`."""

    def __init__(self, url: str, schema: str, asked: list[Any]) -> None:
        self._url, self._schema = url, schema
        self._asked: Iterator[Asked] = iter(asked)

    def __enter__(self) -> "SQLAlchemyUnits":
        from sqlalchemy import BigInteger, Column, MetaData, Sequence, Table, create_engine, select
        from sqlalchemy.orm import Session, registry

        self._engine = create_engine(
            self._url.replace("postgresql:", "postgresql+psycopg:", 1),
            isolation_level="REPEATABLE READ",
            connect_args={"options": f"-csearch_path={self._schema}"},
        )
        self._session = Session
        metadata, mapper = MetaData(), registry()
        place = Column("place", BigInteger, Sequence("servicecrm_outbox_places"), nullable=False)
        own: dict[str, list[Column[int]]] = {"complaint": [], "journal": [], "outbox": [place], "commands": []}
        tables = {
            name: Table(f"servicecrm_{name}", metadata, *columns, autoload_with=self._engine)
            for name, columns in own.items()
        }
        self._mapped: dict[str, Any] = {name: type(name.title(), (), {}) for name in tables}
        for name, table in tables.items():
            version = {"version_id_col": table.c.revision} if name == "complaint" else {}
            mapper.map_imperatively(self._mapped[name], table, **version)
        journal = self._mapped["journal"]
        self._last = select(journal.n, journal.hash).order_by(journal.n.desc()).limit(1)
        return self

    def run(self, count: int) -> None:
        """Do the next units."""
        complaint_class, journal = self._mapped["complaint"], self._mapped["journal"]
        for _ in range(count):
            change = next(self._asked)
            with self._session(self._engine, expire_on_commit=False) as session, session.begin():
                if session.get(self._mapped["commands"], ("default", change.command)) is not None:
                    continue
                complaint = session.get(complaint_class, ("default", change.id))
                assert complaint is not None
                mine = (journal.tenant == "default", journal.kind == "complaint", journal.id == change.id)
                n, hash = session.execute(self._last.where(*mine)).one()
                new = forwarded(complaint.document, complaint.revision, (n, hash), change)
                for name, value in new.complaint.items():
                    setattr(complaint, name, value)
                session.add_all(
                    (
                        _made(journal, new.entry),
                        _made(self._mapped["outbox"], new.notice),
                        _made(self._mapped["commands"], new.command),
                    )
                )

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def _made(mapped: Any, values: dict[str, Any]) -> Any:
    made = mapped()
    for name, value in values.items():
        setattr(made, name, value)
    return made


class DjangoUnits:
    """`transaction.atomic` for each unit, and an update that filters by the revision."""

    _models: ClassVar[dict[str, Any]] = {}

    def __init__(self, url: str, schema: str, asked: list[Any]) -> None:
        self._url, self._schema = url, schema
        self._asked: Iterator[Asked] = iter(asked)
        self._open = ExitStack()

    def __enter__(self) -> "DjangoUnits":
        self._open.enter_context(_django(self._url, self._schema))
        return self

    def run(self, count: int) -> None:
        """Do the next units."""
        from django.db import transaction
        from django.db.models import Func, Value

        complaints, journal, outbox, commands = (
            DjangoUnits._models[name].objects for name in ("complaint", "journal", "outbox", "commands")
        )
        place = Func(Value("servicecrm_outbox_places"), function="nextval")
        for _ in range(count):
            change = next(self._asked)
            with transaction.atomic():
                if commands.filter(pk=("default", change.command)).first() is not None:
                    continue
                complaint = complaints.get(pk=("default", change.id))
                mine = journal.filter(tenant="default", kind="complaint", id=change.id)
                last = mine.order_by("-n").values_list("n", "hash")[0]
                new = forwarded(complaint.document, complaint.revision, last, change)
                updated = complaints.filter(pk=("default", change.id), revision=complaint.revision).update(
                    revision=complaint.revision + 1, **new.complaint
                )
                assert updated == 1
                journal.create(**new.entry)
                outbox.create(place=place, **new.notice)
                commands.create(**new.command)

    def __exit__(self, *_: object) -> None:
        self._open.close()


@contextmanager
def _django(url: str, schema: str) -> Iterator[None]:
    """Django on a schema. It is set up once in a process, so the models stay and the database changes."""
    import django
    from django.conf import settings
    from django.db import connections, models
    from django.db.backends.postgresql.psycopg_any import IsolationLevel

    if not settings.configured:
        settings.configure(DATABASES={}, USE_TZ=True)
        django.setup()
    told = psycopg.conninfo.conninfo_to_dict(url)
    options = {"options": f"-csearch_path={schema}", "isolation_level": IsolationLevel.REPEATABLE_READ}
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": told["dbname"],
        "USER": told.get("user", ""),
        "PASSWORD": told.get("password", ""),
        "HOST": told.get("host", ""),
        "PORT": str(told.get("port", "")),
        "OPTIONS": options,
    }
    connections.settings = connections.configure_settings({"default": database})
    if hasattr(connections._connections, "default"):
        del connections["default"]
    if not DjangoUnits._models:
        keys = {"complaint": ("tenant", "id"), "journal": ("tenant", "kind", "id", "n")}
        keys |= {"outbox": ("tenant", "key"), "commands": ("tenant", "id")}
        with psycopg.connect(url) as connection:
            columns = dict(placed_tables(connection, schema))
            whole = {
                (table, column)
                for table, column in connection.execute(
                    "SELECT table_name, column_name FROM information_schema.columns"
                    " WHERE table_schema = %s AND data_type = 'bigint'",
                    (schema,),
                )
            }
        for name, key in keys.items():
            table = f"servicecrm_{name}"
            fields: dict[str, Any] = {
                column: models.BigIntegerField(null=True) if (table, column) in whole else models.TextField(null=True)
                for column in columns[table]
            }
            meta = type("Meta", (), {"app_label": "benchmarks", "db_table": table, "managed": False})
            body = {**fields, "pk": models.CompositePrimaryKey(*key), "Meta": meta, "__module__": __name__}
            DjangoUnits._models[name] = type(name.title(), (models.Model,), body)
    try:
        yield
    finally:
        connections["default"].close()
