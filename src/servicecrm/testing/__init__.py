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
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from servicecrm.errors import MissingExtra
from servicecrm.testing.clock import FixedClock
from servicecrm.testing.ids import SeededIds
from servicecrm.testing.makers import MONDAY, a_complaint, a_message, an_actor, feasible, take

if TYPE_CHECKING:
    from servicecrm.testing import contract, strategies
    from servicecrm.testing.contract import StoreContract

__all__ = [
    "MONDAY",
    "FixedClock",
    "SeededIds",
    "StoreContract",
    "a_complaint",
    "a_message",
    "an_actor",
    "contract",
    "feasible",
    "strategies",
    "take",
]


if not TYPE_CHECKING:

    def __getattr__(name):
        # A demo or a notebook needs clocks, ids and makers, but no pytest.
        if name not in ("StoreContract", "contract", "strategies"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            import hypothesis  # noqa: F401
            import pytest
        except ImportError as error:
            raise MissingExtra(f"servicecrm.testing.{name}", "testing") from error

        if name == "strategies":
            return import_module(f"{__name__}.strategies")
        if f"{__name__}.contract" not in sys.modules:
            pytest.register_assert_rewrite(f"{__name__}.contract")  # failures show the values
        contract = import_module(f"{__name__}.contract")
        return contract if name == "contract" else contract.StoreContract
