"""The store on PostgreSQL keeps the contract, on its own connections and on a host's."""  # C124

from collections.abc import Iterator

import pytest

from servicecrm.storage.postgres import PostgresStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Tampering, Threads
from tests.servers import Postgres
from tests.stores import clean_schema


class TestPostgresStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self, postgres: Postgres) -> Iterator[PostgresStore]:
        with clean_schema(postgres) as schema, PostgresStore(postgres.url, schema=schema) as store:
            yield store
