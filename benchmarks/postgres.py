"""Everything that is measured on a PostgreSQL server that waits for its disk."""

from collections.abc import Iterator

from benchmarks.postgres_claims import claims
from benchmarks.postgres_lists import lists
from benchmarks.postgres_loads import loads
from benchmarks.postgres_units import units
from benchmarks.rounds import Result, compare
from tests.servers import Postgres

__all__ = ["ROUNDS", "postgres"]

ROUNDS = 3
"""Of what takes long: every round has a queue of its own to empty."""


def postgres() -> Iterator[Result | str]:
    """One after the other; or why there can be no server here."""
    missing = Postgres.available()
    if missing:
        yield f"NOT RUN: {missing}"
        return
    with Postgres(durable=True) as server:
        yield from map(compare, units(server))
        yield from map(compare, loads(server))
        for comparison in claims(server, rounds=ROUNDS):
            yield compare(comparison, rounds=ROUNDS)
        yield from map(compare, lists(server))
