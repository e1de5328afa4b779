"""A second PostgreSQL server that follows a first one, and can take its place."""

import subprocess

import psycopg
from psycopg import sql

from tests.servers import Postgres

__all__ = ["Standby", "administer"]


class Standby(Postgres):
    """A server that holds what another one holds: `with Standby(primary) as standby`, while that one runs."""

    def __init__(self, primary: Postgres) -> None:
        super().__init__(own=True)
        self._primary = primary

    def _init(self) -> None:
        process = self._run(
            str(self._binaries / "pg_basebackup"),
            "--no-sync",
            "--checkpoint=fast",
            "--write-recovery-conf",
            "--wal-method=stream",
            f"--dbname={self._primary.url}",
            "--pgdata",
            str(self._folder / "data"),
            log=subprocess.PIPE,
        )
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"pg_basebackup fails:\n{said.decode('utf-8', 'replace')[-2000:]}")

    def lag(self) -> None:
        """Hear no more of the first server."""
        administer(self, primary_conninfo="")

    def promote(self) -> None:
        """Take the place of the first server, which is gone."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)


def administer(server: Postgres, **settings: str) -> None:
    """Change settings of a server that runs."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
