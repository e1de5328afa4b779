"""The store in an SQLite file keeps the contract, in both of its profiles."""  # C123

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecrm.storage import SQLiteStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Tampering, Threads


class TestSQLiteStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SQLiteStore]:
        with SQLiteStore(tmp_path / "crm.db") as store:
            yield store


class TestSQLiteStoreForOneWriter(StoreContract, Threads, Faults):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SQLiteStore]:
        with SQLiteStore(tmp_path / "crm.db", writers="one") as store:
            yield store
