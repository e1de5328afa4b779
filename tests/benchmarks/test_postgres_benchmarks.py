"""The benchmarks on PostgreSQL run, and their contenders do the same work."""

from typing import Any

import psycopg
import pytest

pytest.importorskip("django")
pytest.importorskip("sqlalchemy")

from benchmarks.postgres_claims import PLAIN, claims
from benchmarks.postgres_lists import lists
from benchmarks.postgres_loads import COPY, loads
from benchmarks.postgres_orms import DJANGO, SQLALCHEMY
from benchmarks.postgres_tables import execute, stored
from benchmarks.postgres_units import DRIVER, units
from benchmarks.rounds import compare
from tests.servers import Postgres


def schemas(server: Postgres, like: str) -> list[str]:
    """The schemas of a server whose names begin like that, the newest one last."""
    query = "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY oid"
    with psycopg.connect(server.url) as connection:
        return [name for (name,) in connection.execute(query, (f"{like}_test_",)).fetchall()]


def rows(server: Postgres, schema: str, tenant: str = "default") -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a tenant by their table, in an order that does not depend on how they were written."""
    return {table.name: sorted(table.rows, key=repr) for table in stored(server, schema, tenant)}


def test_a_unit_leaves_the_same_whoever_does_it(postgres: Postgres) -> None:
    for comparison in units(postgres, count=2, rounds=1, records=3):
        result = compare(comparison, rounds=1)
        assert set(result.ratios) == {DRIVER, SQLALCHEMY, DJANGO}

    ours, raw, alchemy, django = (
        rows(postgres, schemas(postgres, name)[-1]) for name in ("ours", "raw", "sqlalchemy", "django")
    )
    assert len(ours["servicecrm_commands"]) == 4
    assert raw == ours
    for orm in (alchemy, django):
        assert {name: len(found) for name, found in orm.items()} == {name: len(found) for name, found in ours.items()}
        assert orm["servicecrm_complaint"] == ours["servicecrm_complaint"]
        assert orm["servicecrm_commands"] == ours["servicecrm_commands"]
        assert orm["servicecrm_outbox"] == ours["servicecrm_outbox"]


def test_copy_leaves_the_rows_that_a_load_leaves(postgres: Postgres) -> None:
    for comparison in loads(postgres, records=20):
        result = compare(comparison, rounds=1)
        assert result.ratios[COPY] > 0

        ours, copied = (rows(postgres, schemas(postgres, name)[-1], "tenant-0") for name in ("ours", "copied"))
        assert len(ours["servicecrm_complaint"]) == len(ours["servicecrm_journal"]) == 20
        assert copied.keys() == ours.keys()
        assert copied["servicecrm_complaint"] == ours["servicecrm_complaint"]


def test_workers_claim_everything_once_with_and_without_skipping(postgres: Postgres) -> None:
    for comparison in claims(postgres, rounds=1, notices=60, due=60, workers=2):
        assert compare(comparison, rounds=1).ratios[PLAIN] > 0


def test_a_notice_that_is_claimed_twice_is_found(postgres: Postgres) -> None:
    def claimed_again() -> None:
        for comparison in claims(postgres, rounds=1, notices=60, due=20, workers=2):
            compare(comparison, rounds=1)
            execute(postgres, f"UPDATE {schemas(postgres, 'plain')[-1]}.servicecrm_outbox SET attempt = 2")

    with pytest.raises(AssertionError, match="120 rows were claimed twice"):
        claimed_again()


def test_pages_of_lists_are_read_from_stores_of_every_size(postgres: Postgres) -> None:
    for comparison in lists(postgres, sizes=(200, 2_000)):
        result = compare(comparison, rounds=1, count=1)
        assert set(result.ratios) == {"of 200"}
