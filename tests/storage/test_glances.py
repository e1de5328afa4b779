"""Who asks PostgreSQL one question is answered without a transaction around it."""  # C123

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from servicecrm.complaints import Complaint
from servicecrm.desk import Desk, connect
from servicecrm.storage.ports import Program
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.postgres.dialect import Isolation
from servicecrm.storage.work import Work
from servicecrm.testing.contract.examples import complaint, count, put
from tests.servers import Postgres
from tests.storage.test_postgres_faults import end_backends, named
from tests.stores import clean_schema


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    with clean_schema(postgres) as name:
        yield name


@pytest.fixture
def crm(postgres: Postgres, schema: str) -> Iterator[Desk]:
    with PostgresStore(named(postgres.url, schema), schema=schema) as store:
        yield connect(store, actor="ann@city.example")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first word of each statement that the driver is told."""
    words: list[str] = []
    execute = psycopg.Cursor.execute

    def written_down(cursor: psycopg.Cursor[Any], query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        words.append(text.split()[0])
        return execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", written_down)
    return words


def test_what_one_question_answers_is_asked_alone(crm: Desk, told: list[str]) -> None:
    id = crm.complaints.record(subject="No water", channel="phone").id

    for read in (
        lambda: crm.complaints.get(id),
        lambda: crm.complaints.get("CMP-2026-000001"),
        lambda: crm.complaints.page(limit=5),
        lambda: crm.complaints.search("water"),
        lambda: crm.complaints.worklist("ann@city.example"),
        crm.complaints.count,
        crm.outbox.pending,
        crm.store.tenants,
        crm.store.head,
    ):
        told.clear()
        read()
        assert len(told) == 1
        assert told[0] in ("SELECT", "WITH")
    told.clear()
    crm.complaints.messages(id)
    assert (told[0], told[-1]) == ("BEGIN", "COMMIT")


def test_who_asks_more_than_once_sees_one_moment(crm: Desk, postgres: Postgres, schema: str) -> None:
    def program(work: Work) -> Program[tuple[int, int]]:
        before = yield from work.count(Complaint)
        with PostgresStore(postgres.url, schema=schema) as other:
            put(other, complaint(f"c-{count(other)}"))
        return before, (yield from work.count(Complaint))

    before, after = crm.store.perform(program, glance=True)
    assert before == after


def test_one_whose_connection_was_lost_is_asked_again(crm: Desk, postgres: Postgres, schema: str) -> None:
    id = crm.complaints.record(subject="No water", channel="phone").id
    assert end_backends(postgres, schema) >= 1

    assert crm.complaints.get(id).subject == "No water"


@pytest.mark.parametrize("isolation", ["serializable", "repeatable read"])
def test_serializable_units_are_judged_by_the_server(
    postgres: Postgres, schema: str, isolation: Isolation, told: list[str]
) -> None:
    with PostgresStore(postgres.url, schema=schema, isolation=isolation) as store:
        told.clear()
        connect(store, actor="ann@city.example").complaints.count()

    assert told == (["BEGIN", "SELECT", "COMMIT"] if isolation == "serializable" else ["SELECT"])
