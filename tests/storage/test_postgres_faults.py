"""Servers that end connections, and networks that lose answers, under a store on PostgreSQL."""  # R10, R13

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import CommitOutcomeUnknown, StoreUnavailable
from servicecrm.kernel.decisions import Decision
from servicecrm.storage import Command
from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.store import EngineStore
from tests.servers import Postgres
from tests.stores import clean_schema

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
Cut = Literal["before", "after"]


def complaint(id: str) -> Decision[Complaint]:
    return complaints.record(id=id, subject="No water", channel="phone", by="ann@city.example", at=MONDAY)


def count(store: EngineStore) -> int:
    with store.unit(readonly=True) as unit:
        return unit.count(Complaint)


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    with clean_schema(postgres) as name:
        yield name


def end_backends(server: Postgres, store_name: str) -> int:
    """Ends every connection of a store, as an administrator does; tells how many there were."""
    with psycopg.connect(server.url, autocommit=True) as administrator:
        return len(
            administrator.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
                (store_name,),
            ).fetchall()
        )


def named(url: str, name: str) -> str:
    """The URL of a server, with a name for its connections."""
    return f"{url}{'&' if '?' in url else '?'}application_name={name}"


def test_connections_that_the_server_has_ended_are_passed_over(postgres: Postgres, schema: str) -> None:
    with PostgresStore(named(postgres.url, schema), schema=schema) as store:
        store.atomically(lambda unit: unit.save(complaint("c-1")))
        assert end_backends(postgres, schema) >= 1

        store.atomically(lambda unit: unit.save(complaint("c-2")))
        assert count(store) == 2


def test_a_unit_whose_connection_ends_saves_nothing_and_says_so(postgres: Postgres, schema: str) -> None:
    with PostgresStore(named(postgres.url, schema), schema=schema) as store:

        def interrupted() -> None:
            with store.unit() as unit:
                unit.save(complaint("c-1"))
                unit.count(Complaint)  # by now it is there
                assert end_backends(postgres, schema) >= 1
                unit.save(complaint("c-2"))

        with pytest.raises(StoreUnavailable):
            interrupted()

        assert count(store) == 0
        store.atomically(lambda unit: unit.save(complaint("c-1")))
        assert count(store) == 1


def hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # closing alone would wait for whoever listens to it in another thread


class LossyNetwork:
    """A way to a server that breaks at the next COMMIT: before it arrives, or before its answer does."""

    def __init__(self, url: str) -> None:
        self.cut: Cut | None = None
        self._to = urlsplit(url)
        self._listener: Final = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        user = f"{self._to.username}@" if self._to.username else ""
        password = f"{self._to.username}:{self._to.password}@" if self._to.password else user
        place = f"{password}127.0.0.1:{self._listener.getsockname()[1]}"
        self.url: Final = urlunsplit(self._to._replace(netloc=place))
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self._to.hostname or "127.0.0.1", self._to.port or 5432))
                self._ends += [client, server]
                Thread(target=self._ask, args=(client, server), daemon=True).start()
                Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                cut = self.cut  # now: who is hung up on sets it back
                if cut is not None and b"COMMIT\x00" in data:
                    hang_up(client)  # first, or the answer might get through
                    if cut == "after":
                        server.sendall(data)
                    break
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        hang_up(client)

    def __enter__(self) -> "LossyNetwork":
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._ends):
            end.close()


@pytest.mark.parametrize(("cut", "kept"), [("before", 1), ("after", 2)])
def test_after_a_lost_commit_the_outcome_is_unknown_and_the_same_command_tells_it(
    postgres: Postgres, schema: str, cut: Cut, kept: int
) -> None:
    command = Command(id="k-1", fingerprint="f")
    with LossyNetwork(postgres.url) as network, PostgresStore(network.url, schema=schema) as store:
        store.atomically(lambda unit: unit.save(complaint("c-1")))
        network.cut = cut
        with pytest.raises(CommitOutcomeUnknown, match="repeat the same command"), store.unit(command) as unit:
            unit.save(complaint("c-2"))
        network.cut = None

        with PostgresStore(postgres.url, schema=schema) as direct:
            # The server may still be at the commit that it was sent last.
            while cut == "after" and count(direct) < kept:
                pass
        with store.unit(command) as unit:
            assert (unit.outcome is not None) == (kept == 2)
            if unit.outcome is None:
                unit.save(complaint("c-2"))
        assert count(store) == 2
        store.seal()
        assert store.verify() == 2
