"""The same on PostgreSQL: whichever statement of a call fails, all of it is done or nothing, and the desk goes on."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import psycopg
import pytest

from servicecrm import Desk, connect
from servicecrm.errors import CommitOutcomeUnknown, StoreError
from servicecrm.storage.postgres import waited
from servicecrm.storage.postgres.waited import OwnCursor
from servicecrm.testing import FixedClock, SeededIds
from tests.desk.places import empty_tables
from tests.servers import Postgres
from tests.torture.calls import CALLS, WHOLE, Call, furnish, outcome, prepared

SHORT: Final = {"", "actions", "cases", "complaints", "outbox"}
"""The parts that the short form is about; the other ones save and ask in the same ways."""

Fault = Literal["refused", "cut", "answer lost"]
"""What happens to a statement: the server refuses it; it never arrives; it is done, and the answer never arrives."""


class Line:
    """The statements of a desk on their way to the server, and what the server `held` after the last commit."""

    def __init__(self, patch: pytest.MonkeyPatch, url: str) -> None:
        self.hit: bytes | None = None
        self._done, self._fail_at, self._fault = 0, 0, "cut"
        self._looking = psycopg.connect(url, autocommit=True)
        self._tables = self._looking.execute(TABLES).fetchall()
        self.held: object = self.contents()
        execute = OwnCursor.execute

        def sent(cursor: OwnCursor, query: Any, *arguments: Any, **options: Any) -> OwnCursor:
            commits = query == b"COMMIT"
            if isinstance(query, bytes) and query.startswith(b"BEGIN"):
                return execute(cursor, query, *arguments, **options)  # another connection would be taken
            self._done += 1
            if self._done != self._fail_at:
                execute(cursor, query, *arguments, **options)
                if commits and self._fail_at:
                    self.held = self.contents()
                return cursor
            self.hit = query
            if self._fault == "refused":
                return execute(cursor, "SELECT 1 / 0")
            if self._fault == "answer lost":
                execute(cursor, query, *arguments, **options)
            cursor.connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        patch.setattr(OwnCursor, "execute", sent)

    def fail(self, at: int, fault: Fault) -> None:
        self._done, self.hit, self._fail_at, self._fault = 0, None, at, fault

    def contents(self) -> object:
        """All that is in the tables, but for numbers, which may have gaps."""
        parts = (f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t" for (name,) in self._tables)
        return self._looking.execute(" UNION ALL ".join(parts).encode()).fetchall()

    def close(self) -> None:
        self._looking.close()


TABLES: Final = """
SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND tablename <> 'servicecrm_numbers' ORDER BY 1
"""


@pytest.fixture(
    scope="module",
    params=[
        "cut",
        pytest.param("refused", marks=pytest.mark.torture),
        pytest.param("answer lost", marks=pytest.mark.torture),
    ],
)
def fault(request: pytest.FixtureRequest) -> Fault:
    fault: Fault = request.param
    return fault


@pytest.fixture(scope="module")
def url(postgres: Postgres, fault: Fault) -> Iterator[str]:  # noqa: ARG001 - so that there is one for each
    """A schema with what has to be there before anything is asked for, for each fault."""
    with empty_tables(postgres) as url:
        with connect(url, actor="ann@city.example", clock=FixedClock(), ids=SeededIds()) as crm:
            furnish(crm)
        yield url


@pytest.fixture
def crm(url: str) -> Iterator[Desk]:
    with connect(url, actor="ann@city.example", clock=FixedClock(), connections=1) as crm:
        yield crm


@pytest.fixture
def line(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Line]]:
    """Opens the line; until then nothing is counted."""
    opened: list[Line] = []

    def open_() -> Line:
        opened.append(Line(monkeypatch, url))
        return opened[0]

    yield open_
    for each in opened:
        each.close()


def fail_each_statement(call: Call, line: Line, fault: Fault) -> None:
    """Let the first statement of a call fail, then the second one, until none is left that could."""
    for n in itertools.count(1):
        line.fail(n, fault)
        told, hit = outcome(call), line.hit
        line.fail(0, fault)
        if hit is None:
            assert told is None
            return
        now = line.contents()
        if fault == "answer lost" and hit == b"COMMIT" and now != line.held:
            assert isinstance(told, CommitOutcomeUnknown)
            return  # it is done, and not everything can be done twice
        assert now == line.held, f"half done after a fault at {hit!r}"
        if told is None and n == 1 and fault == "cut" and not hit.startswith(b"BEGIN"):
            continue  # one question without a transaction: it was put again, over another connection
        assert isinstance(told, StoreError)
        assert isinstance(told, CommitOutcomeUnknown) == (hit == b"COMMIT" and fault != "refused")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name.rpartition(".")[0] in SHORT else pytest.mark.torture)
        for name in CALLS
        if name not in WHOLE
    ],
)
def test_a_call_is_done_or_not_whichever_statement_fails(
    crm: Desk, line: Callable[[], Line], name: str, fault: Fault
) -> None:
    call = prepared(crm, name)
    fail_each_statement(call, line(), fault)
    crm.store.seal()
    crm.store.verify()


def test_without_transactions_the_same_faults_leave_something_half_done(
    crm: Desk, line: Callable[[], Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = prepared(crm, "complaints.record")
    monkeypatch.setattr(waited, "begin", lambda *_: b"BEGIN; COMMIT")
    with pytest.raises(AssertionError, match="half done after a fault at"):
        fail_each_statement(call, line(), "cut")
