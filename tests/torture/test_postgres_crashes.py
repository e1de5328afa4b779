# ruff: noqa: T201 - a failure shows the seed
"""A PostgreSQL server may stop at once, and a standby take its place: nothing acknowledged is lost."""  # C124, R4

import random
import time

import pytest

from servicecrm.storage.postgres import PostgresStore
from servicecrm.storage.postgres.waited import _Pool
from tests.servers import Postgres
from tests.torture.standby import Standby, administer
from tests.torture.units import whole
from tests.torture.writers import Writers


def stop_under_writers(server: Postgres, stops: int) -> int:
    """Stop a server at once while others write, again and again; tells how many acknowledged units were lost."""
    schema, lost, chance = server.schema(), 0, random.Random(seed := random.randrange(10**6))
    print("seed", seed)
    PostgresStore(server.url, schema=schema).close()
    writers = Writers(server.url, schema)
    for _ in range(stops):
        with writers.at_work():
            writers.wait_for(20)
            time.sleep(chance.uniform(0, 0.05))
            server.stop(immediate=True)
        server.start()
        with PostgresStore(server.url, schema=schema) as store:
            lost += len(gone := writers.acknowledged - whole(store))
            writers.acknowledged -= gone
    print("acknowledged", len(writers.acknowledged), "lost", lost)
    return lost


@pytest.mark.parametrize("stops", [3, pytest.param(25, marks=pytest.mark.torture)])
def test_a_server_that_stops_at_once_loses_nothing(own_postgres: Postgres, stops: int) -> None:
    assert stop_under_writers(own_postgres, stops) == 0


def test_a_server_that_does_not_wait_for_its_log_loses_what_it_acknowledged(
    own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    administer(own_postgres, synchronous_commit="off", wal_writer_delay="10s", wal_writer_flush_after="1GB")
    monkeypatch.setattr(_Pool, "_configure", lambda *_: None)

    assert stop_under_writers(own_postgres, 3) > 0


def fail_over(primary: Postgres, standbys: str) -> int:
    """Cut a primary off from its standby, stop it, and go on with the other; tells how many units were lost."""
    schema = primary.schema()
    PostgresStore(primary.url, schema=schema).close()
    with Standby(primary) as standby:
        administer(primary, synchronous_standby_names=standbys)
        writers = Writers(primary.url, schema)
        with writers.at_work():
            writers.wait_for(20)
            standby.lag()
            time.sleep(0.2)  # who does not wait for the standby goes on meanwhile
            primary.stop(immediate=True)
        standby.promote()
        with PostgresStore(standby.url, schema=schema) as store:
            lost = len(writers.acknowledged - whole(store))
            with writers.at_work(standby.url):
                writers.wait_for(20)
            assert lost or writers.acknowledged <= whole(store)
    print("acknowledged", len(writers.acknowledged), "lost", lost)
    return lost


def test_a_synchronous_standby_has_all_that_was_acknowledged(own_postgres: Postgres) -> None:
    assert fail_over(own_postgres, "*") == 0


def test_a_standby_for_which_nobody_waits_has_not(own_postgres: Postgres) -> None:
    assert fail_over(own_postgres, "") > 0
