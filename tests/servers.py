"""Real servers for the tests and the benchmarks."""

import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import LiteralString, NamedTuple, Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

GIVEN = "SERVICECRM_TEST_POSTGRES"
"""Names a server to use, by a URL of a database where schemas, roles and databases may be made."""
NO_BINARIES = "no PostgreSQL binaries; install Debian's postgresql"
DEBIAN = Path("/usr/lib/postgresql")
READY_WITHIN, STOPPED_WITHIN = 60.0, 10.0
# Its input ends when this process does, however that comes: then no server and no file is left behind.
WATCH = 'read -r _; "$0" stop --mode=immediate --pgdata="$1/data" >/dev/null 2>&1; rm -rf "$1"'


class Role(NamedTuple):
    """A role that may log in, and the URL with which it does."""

    name: str
    url: str


class Postgres:
    """A PostgreSQL server: `with Postgres() as server: connect(server.url)`.

    It is a cluster of its own, reached from this machine only, and gone at the end, with all its files. Where the
    environment names a server (`SERVICECRM_TEST_POSTGRES`), that one is used; `own=True` starts one all the same, for a
    test that stops it. `durable=True` waits for the disk as a real server does, so that its times mean something.
    """

    def __init__(self, *, own: bool = False, durable: bool = False) -> None:
        given = None if own else os.environ.get(GIVEN)
        self.own: bool = not given
        self._port: int = free_port()
        self.url: str = given or f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._durable = durable
        self._roles: list[str] = []
        self._schemas: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available(*, own: bool = False) -> str | None:
        """Why there can be no server here, or nothing."""
        if binaries() or (os.environ.get(GIVEN) and not own):
            return None
        return NO_BINARIES if own else f"{NO_BINARIES} or set {GIVEN}"

    def __enter__(self) -> Self:
        if self.own:
            found = binaries()
            assert found, self.available(own=True)
            self._binaries: Path = found
            self._user, self._group = unprivileged()
            # Right below the system's temporary directory: the user who runs the server has to reach it.
            self._folder: Path = Path(tempfile.mkdtemp(prefix="servicecrm-postgres-"))
            if self._user is not None:
                os.chown(self._folder, self._user, -1)
            self._watch: subprocess.Popen[bytes] = self._run(
                "/bin/sh", "-c", WATCH, str(found / "pg_ctl"), str(self._folder), stdin=subprocess.PIPE
            )
            try:
                self._init()
                self.start()
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.own:
            self.stop()
            self._watch.communicate()
        else:
            for schema in sorted(self._schemas):
                self.drop(schema)
            for role in self._roles:
                self._execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))

    def start(self) -> None:
        """Start it, again after a stop: at the same place, with the data that it had."""
        assert self.own, f"the server of {GIVEN} runs already; start one with own=True"
        assert self._process is None, "it runs already; stop it first"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": self._folder,
            "max_connections": 200,
            "shared_buffers": "32MB",
            "fsync": "on" if self._durable else "off",
            "log_destination": "stderr",
        }
        log = self._folder / "log"
        with log.open("ab") as file:
            self._process = self._run(
                str(self._binaries / "postgres"),
                "-D",
                str(self._folder / "data"),
                *(f"--{name}={value}" for name, value in settings.items()),
                log=file.fileno(),
            )
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.02)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it in good order, or `immediate`: as in a crash, so that the next start has to recover.

        Open connections break, and open transactions are rolled back. A server that has ended already may be stopped.
        """
        assert self.own, f"the server of {GIVEN} is not the tests' to stop; start one with own=True"
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            try:
                process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def schema(self) -> str:
        """A name for the schema of one store, used by nobody else. The store makes it."""
        name = f"test_{secrets.token_hex(8)}"
        self._schemas.add(name)
        return name

    def drop(self, schema: str) -> None:
        """Drop a schema with all that is in it, if it is there."""
        self._execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
        self._schemas.discard(schema)

    def role(self, name: str, *, attributes: LiteralString = "") -> Role:
        """Make a role that may log in, with `attributes` such as `BYPASSRLS`. Its name ends so that it is unique."""
        unique, password = f"{name}_{secrets.token_hex(4)}", secrets.token_hex(16)
        self._execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} " + attributes).format(
                sql.Identifier(unique), sql.Literal(password)
            )
        )
        self._roles.append(unique)
        url = urlsplit(self.url)
        return Role(unique, url._replace(netloc=f"{unique}:{password}@{url.netloc.rpartition('@')[2]}").geturl())

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:  # by the socket in its folder: at the port somebody else might answer
            psycopg.connect(
                host=str(self._folder), port=self._port, user="postgres", dbname="postgres", connect_timeout=10
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _init(self) -> None:
        data = str(self._folder / "data")
        plain = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres")
        process = self._run(str(self._binaries / "initdb"), *plain, "-D", data, log=subprocess.PIPE)
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"initdb fails:\n{said.decode('utf-8', 'replace')[-2000:]}")

    def _run(self, *command: str, stdin: int = subprocess.DEVNULL, log: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.DEVNULL if log is None else log,
            stderr=None if log is None else subprocess.STDOUT,
            cwd=self._folder,
            env={k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"},
            start_new_session=True,  # Ctrl-C is for the tests, which then stop the server
            user=self._user,
            group=self._group,
            extra_groups=None if self._user is None else [],
        )


def binaries() -> Path | None:
    """The folder with the server's programs: on the PATH, the newest of Debian's, or where `pg_config` says."""
    if initdb := shutil.which("initdb"):
        found = [Path(initdb).resolve().parent]
    else:
        found = sorted(DEBIAN.glob("*/bin"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.parent.name)])
        if not found and (pg_config := shutil.which("pg_config")):
            said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout
            found = [Path(said.strip())]
    whole = [path for path in found if all((path / name).exists() for name in ("initdb", "pg_ctl", "postgres"))]
    return whole[-1] if whole else None


def unprivileged() -> tuple[int | None, int | None]:
    """Who runs the server, as user and group: it refuses to run as root. Nothing means whoever we are."""
    if os.geteuid() != 0:
        return None, None
    import pwd  # not on Windows, which has no root either

    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return user.pw_uid, user.pw_gid


def free_port() -> int:
    """A port of the loopback that is free, and stays so while its server is stopped: not one that clients are given."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")
