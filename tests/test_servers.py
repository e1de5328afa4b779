"""The servers of the tests: they answer, they survive a crash, and nothing of them is left behind."""

import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import servers
from tests.servers import GIVEN, NO_BINARIES, Postgres, binaries, free_port

ROOT = Path(__file__).parent.parent


def ask(url: str, question: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question.encode(), values)
        return answer.fetchall() if answer.description else []


def has(server: Postgres, schema: str) -> bool:
    return bool(ask(server.url, "SELECT 1 FROM pg_namespace WHERE nspname = %s", schema))


def answers(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT 1"))
    except psycopg.OperationalError:
        return False


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def no_binaries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "DEBIAN", tmp_path)
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.delenv("SERVICECRM_REQUIRE_POSTGRES", raising=False)


def programs(folder: Path, *names: str) -> Path:
    """A folder with programs that do nothing."""
    folder.mkdir(parents=True)
    for name in names or ("initdb", "pg_ctl", "postgres"):
        (folder / name).write_text("#!/bin/sh\n", "utf-8")
        (folder / name).chmod(0o755)
    return folder


def test_a_server_answers_at_its_url(postgres: Postgres) -> None:
    assert ask(postgres.url, "SELECT 6 * 7") == [(42,)]


def test_the_data_are_there_after_a_crash_and_what_was_not_committed_is_not(own_postgres: Postgres) -> None:
    ask(own_postgres.url, "CREATE TABLE kept (n integer)")
    ask(own_postgres.url, "INSERT INTO kept VALUES (1)")
    url = own_postgres.url
    with psycopg.connect(url) as session:
        session.execute("INSERT INTO kept VALUES (2)")

        own_postgres.stop(immediate=True)

        assert not answers(url)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
        own_postgres.start()

    assert own_postgres.url == url
    assert ask(url, "SELECT n FROM kept") == [(1,)]


def test_a_stop_in_good_order_ends_open_connections_and_needs_no_recovery(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url) as session:
        own_postgres.stop()

        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    own_postgres.stop()  # a second one does nothing
    own_postgres.start()

    log = (own_postgres._folder / "log").read_text("utf-8")
    assert log.count("ready to accept connections") == 2
    assert "not properly shut down" not in log
    # Control: a crash says so.
    own_postgres.stop(immediate=True)
    own_postgres.start()
    assert "not properly shut down" in (own_postgres._folder / "log").read_text("utf-8")


def test_two_servers_side_by_side_know_nothing_of_each_other(postgres: Postgres, own_postgres: Postgres) -> None:
    schema = own_postgres.schema()
    ask(own_postgres.url, f"CREATE SCHEMA {schema}")

    assert own_postgres.url != postgres.url
    assert has(own_postgres, schema)
    assert not has(postgres, schema)


def test_only_a_durable_server_waits_for_the_disk(own_postgres: Postgres) -> None:
    with Postgres(own=True, durable=True) as durable:
        assert ask(durable.url, "SHOW fsync") == [("on",)]

    assert ask(own_postgres.url, "SHOW fsync") == [("off",)]


def test_a_schema_is_a_new_name_that_the_store_makes_and_the_test_drops(postgres: Postgres) -> None:
    schema = postgres.schema()
    assert schema != postgres.schema()
    assert not has(postgres, schema)

    ask(postgres.url, f"CREATE SCHEMA {schema} CREATE TABLE {schema}.full (n integer)")
    assert has(postgres, schema)
    postgres.drop(schema)

    assert not has(postgres, schema)
    postgres.drop(schema)  # again does nothing


def test_a_role_logs_in_and_has_no_more_rights_than_it_was_given(postgres: Postgres) -> None:
    schema = postgres.schema()
    plain, mighty = postgres.role("plain"), postgres.role("mighty", attributes="BYPASSRLS")
    ask(postgres.url, f"CREATE SCHEMA {schema} CREATE TABLE {schema}.full (n integer)")

    for role, bypasses in (plain, False), (mighty, True):
        rights = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert ask(role.url, rights) == [(role.name, False, bypasses)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(role.url, f"SELECT * FROM {schema}.full")
    ask(postgres.url, f"GRANT USAGE ON SCHEMA {schema} TO {plain.name}")
    ask(postgres.url, f"GRANT SELECT ON {schema}.full TO {plain.name}")

    assert ask(plain.url, f"SELECT * FROM {schema}.full") == []
    postgres.drop(schema)


def test_nothing_is_left_behind(own_postgres: Postgres) -> None:
    with Postgres(own=True) as server:
        assert server._process is not None
        pids = server._process.pid, server._watch.pid

        # Control: what runs is seen.
        assert server._folder.is_dir()
        assert [runs(pid) for pid in pids] == [True, True]
        assert answers(server.url)

    assert not server._folder.exists()
    assert [runs(pid) for pid in pids] == [False, False]
    assert not answers(server.url)
    assert answers(own_postgres.url)


SERVE = """
from tests.servers import Postgres
with Postgres(own=True) as server:
    print(server._folder, server.url, flush=True)
    input()
"""


def test_nothing_is_left_behind_by_a_process_that_is_killed(own_postgres: Postgres) -> None:
    for end in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
        with subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=ROOT,
            text=True,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            folder, url = process.stdout.readline().split()
            assert Path(folder).is_dir()
            with psycopg.connect(url) as session:
                session.execute("SELECT 1")

                os.killpg(process.pid, end)  # with all that belong to it, as a terminal does
                process.stderr.read()  # ends when all have ended that could write there: the last removes the server

                with pytest.raises(psycopg.OperationalError):
                    session.execute("SELECT 1")

        assert process.returncode == -end
        assert not Path(folder).exists()
        assert not answers(url)
        assert answers(own_postgres.url)


def test_a_server_that_does_not_start_says_why_and_leaves_nothing_behind(
    own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "free_port", lambda: own_postgres._port)  # where another one answers
    server = Postgres(own=True)

    with pytest.raises(RuntimeError, match="Address already in use"), server:
        pass

    assert not server._folder.exists()


def test_a_free_port_is_one_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", free_port()))
        somebody.listen()
        taken, other = somebody.getsockname()[1], free_port()
        monkeypatch.setattr(random.SystemRandom, "sample", lambda *_: [taken, other])

        assert free_port() == other


def test_a_server_that_the_environment_names_is_used_and_left_as_it_was(
    own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GIVEN, own_postgres.url)
    content = "SELECT nspname FROM pg_namespace UNION SELECT rolname FROM pg_roles ORDER BY 1"
    before = ask(own_postgres.url, content)

    with Postgres() as server:
        assert Postgres(own=True).own
        schema, other, role = server.schema(), server.schema(), server.role("reader")
        ask(server.url, f"CREATE SCHEMA {other}")
        ask(server.url, f"CREATE SCHEMA {schema} AUTHORIZATION {role.name} CREATE TABLE full_one (n integer)")

        assert not server.own
        assert server.url == own_postgres.url
        assert ask(role.url, f"SELECT * FROM {schema}.full_one") == []
        assert ask(own_postgres.url, content) != before
        for stop_or_start in server.stop, server.start:
            with pytest.raises(AssertionError, match="own=True"):
                stop_or_start()

    assert ask(own_postgres.url, content) == before


@pytest.mark.usefixtures("no_binaries")
def test_without_binaries_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Postgres.available() == f"{NO_BINARIES} or set {GIVEN}"
    assert Postgres.available(own=True) == NO_BINARIES
    with pytest.raises(AssertionError, match=NO_BINARIES), Postgres():
        pass

    monkeypatch.setenv(GIVEN, "postgresql://db.example/tests")
    assert Postgres.available() is None
    assert Postgres.available(own=True) == NO_BINARIES


@pytest.mark.usefixtures("no_binaries")
def test_the_binaries_are_those_of_the_path_or_the_newest_of_debian_or_those_that_pg_config_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told, debian, path = tmp_path / "told", tmp_path / "debian", tmp_path / "path"
    assert binaries() is None

    programs(told)
    (programs(tmp_path / "tools", "pg_config") / "pg_config").write_text(f"#!/bin/sh\necho {told}\n", "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    assert binaries() == told

    monkeypatch.setattr(servers, "DEBIAN", debian)
    programs(debian / "9.6" / "bin")
    assert binaries() == debian / "9.6" / "bin"
    programs(debian / "15" / "bin")
    programs(debian / "16" / "bin", "psql", "pg_dump")  # a client alone
    assert binaries() == debian / "15" / "bin"

    path.mkdir()
    for program in programs(tmp_path / "installed").iterdir():
        (path / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(path))
    assert binaries() == tmp_path / "installed"


class Outcomes:
    """How the tests of a run ended."""

    def __init__(self) -> None:
        self.skipped, self.passed, self.errors = 0, 0, 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.skipped += report.skipped
        self.passed += report.when == "call" and report.passed
        self.errors += report.failed


def a_run_without_binaries() -> Outcomes:
    """Runs two tests of which one needs a server and the other does not."""
    outcomes = Outcomes()
    tests = (f"{__file__}::{test.__name__}" for test in (test_a_server_answers_at_its_url, test_this_one_needs_nothing))
    plain = ("-o", "addopts=", "--import-mode=importlib", "-p", "no:xdist", "-p", "no:cacheprovider")
    pytest.main([*tests, "--capture=no", *plain], plugins=[outcomes])
    return outcomes


def test_this_one_needs_nothing() -> None:
    """For the next ones, which run it."""


@pytest.mark.usefixtures("no_binaries")
def test_without_binaries_a_test_is_not_run_and_the_summary_says_so_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = a_run_without_binaries()

    assert (outcomes.skipped, outcomes.passed, outcomes.errors) == (1, 1, 0)
    (loud,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("!")]
    assert f"tests NOT RUN: 1 ({NO_BINARIES})" in loud


@pytest.mark.usefixtures("no_binaries")
def test_without_binaries_where_they_are_required_the_test_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICECRM_REQUIRE_POSTGRES", "1")
    outcomes = a_run_without_binaries()

    assert (outcomes.skipped, outcomes.passed, outcomes.errors) == (0, 1, 1)
    assert NO_BINARIES in capsys.readouterr().out
