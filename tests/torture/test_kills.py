# ruff: noqa: T201 - a failure shows the seed
"""A process may be killed at any moment: what was acknowledged is there, and nothing is half there."""  # C123, R1

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from servicecrm.errors import BrokenJournal
from servicecrm.storage.store import EngineStore
from tests.servers import Postgres
from tests.storage.test_postgres_faults import named
from tests.stores import clean_schema
from tests.torture.killing import Place, saving
from tests.torture.profiles import PROFILES
from tests.torture.units import save, whole

Look = Callable[[], AbstractContextManager[EngineStore]]

KILLS = 50
"""After so many a new store is begun, so that it is not the looking that takes the time."""


def killed(place: Place, first: int, after: float, *, transactions: bool = True) -> int:
    """Let a process save units and kill it `after` so many; gives the number after the last one it acknowledged."""
    with saving(place, first, transactions=transactions) as process:
        # Two units tell how long one takes here and now; so the kill lands in one, and not in the start of Python.
        process.wait()
        start = time.perf_counter()
        process.wait()
        time.sleep(after * (time.perf_counter() - start))
        return process.kill()


def run(place: Place, kills: int, look: Look) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    moments, n, unacknowledged = random.Random(seed), 0, 0
    for _ in range(kills):
        n = killed(place, n, moments.uniform(0, 2))
        with look() as store:
            found = whole(store)
            assert found in (set(range(n)), set(range(n + 1))), "an acknowledged unit was lost"
            unacknowledged += len(found) - n
            save(store, n)  # the client asks again
            save(store, n)  # and again
            n += 1
            assert whole(store) == set(range(n))
    print("committed and not acknowledged", unacknowledged, "of", kills)


@pytest.mark.parametrize("kills", [34, pytest.param(1_000, marks=pytest.mark.torture)])  # of a file, three times
@pytest.mark.parametrize("profile", PROFILES)
def test_a_killed_process_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path, profile: str, kills: int) -> None:
    for k in range(0, kills, KILLS):
        place = Place(str(tmp_path / f"{k}.db"), profile)
        run(place, min(kills, KILLS), place.opened)


@pytest.mark.parametrize("kills", [100, pytest.param(1_000, marks=pytest.mark.torture)])
def test_a_killed_client_of_a_server_loses_nothing_and_leaves_nothing_half_done(postgres: Postgres, kills: int) -> None:
    for _ in range(0, kills, KILLS):
        with clean_schema(postgres) as schema, Place(postgres.url, schema).opened() as store:
            client = Place(named(postgres.url, schema), schema)
            run(client, KILLS, partial(when_gone, postgres, schema, store))


@contextlib.contextmanager
def when_gone(server: Postgres, name: str, store: EngineStore) -> Iterator[EngineStore]:
    """The store, once the server has noticed that a client is gone; until then it may go on with its last words."""
    there = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(server.url, autocommit=True) as connection:
        while connection.execute(there, (name,)).fetchone():
            time.sleep(0.001)
    yield store


def test_without_transactions_the_same_kills_leave_half_units(tmp_path: Path) -> None:
    """The control: how many of the kills land in the midst of a unit depends on what else the machine does."""
    moments, half, kills = random.Random(7), 0, 0
    while half < 4 and kills < KILLS:
        place = Place(str(tmp_path / f"{kills}.db"), "truncate")
        killed(place, 0, moments.uniform(0, 2), transactions=False)
        kills += 1
        with place.opened() as store:
            try:
                whole(store)
            except (AssertionError, BrokenJournal):
                half += 1
    print("half units", half, "of", kills)
    assert half == 4
