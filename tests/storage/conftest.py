"""Where processes meet: a store of its own for each test, that every process can open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Postgres
from tests.storage.racing import Place
from tests.stores import clean_schema


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """On each database."""
    if request.param == "postgres":
        given: Place = request.getfixturevalue("server")
        return given
    return Place(str(tmp_path / "crm.db"))


@pytest.fixture
def server(postgres: Postgres) -> Iterator[Place]:
    """On PostgreSQL."""
    with clean_schema(postgres) as schema:
        yield Place(postgres.url, (("schema", schema), ("connections", 2)))
