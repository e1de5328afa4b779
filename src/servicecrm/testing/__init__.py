"""What tests of applications and of other stores can build on; the extra `testing` brings pytest and hypothesis.

A store of your own is proven by a class of a few lines:

```python
import pytest

from servicecrm.storage import MemoryStore
from servicecrm.testing import StoreContract


class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self):
        with MemoryStore() as store:
            yield store
```

A repository of your own, for the complaint engine inside your application, is proven in the same way, by a subclass of
`RepositoryContract` with a fixture `repository`.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from servicecrm.errors import MissingExtra
from servicecrm.testing.clock import FixedClock
from servicecrm.testing.ids import SeededIds
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, a_message, an_actor
from servicecrm.testing.taking import feasible, take

if TYPE_CHECKING:
    from servicecrm.testing import contract, strategies
    from servicecrm.testing.contract import StoreContract
    from servicecrm.testing.repository import RepositoryContract

__all__ = [
    "MONDAY",
    "FixedClock",
    "RepositoryContract",
    "SeededIds",
    "StoreContract",
    "a_complaint",
    "a_judgement",
    "a_message",
    "an_actor",
    "contract",
    "feasible",
    "strategies",
    "take",
]


_HOMES = {"StoreContract": "contract", "RepositoryContract": "repository"}

if not TYPE_CHECKING:

    def __getattr__(name):
        # A demo or a notebook needs clocks, ids and makers, but no pytest.
        home = f"{__name__}.{_HOMES.get(name, name)}"
        if name not in _HOMES and name not in ("contract", "strategies"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            import hypothesis  # noqa: F401
            import pytest
        except ImportError as error:
            raise MissingExtra(f"servicecrm.testing.{name}", "testing") from error

        if name != "strategies" and home not in sys.modules:
            pytest.register_assert_rewrite(home)  # failures show the values
        module = import_module(home)
        return getattr(module, name) if name in _HOMES else module
