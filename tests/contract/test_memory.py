"""The store in memory keeps the contract."""  # C122

from collections.abc import Iterator

import pytest

from servicecrm.storage import MemoryStore
from servicecrm.testing import StoreContract
from servicecrm.testing.contract import Faults, Tampering, Threads


class TestMemoryStore(StoreContract, Threads, Faults, Tampering):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        with MemoryStore() as store:
            yield store
