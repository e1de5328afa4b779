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

from importlib import import_module
from typing import TYPE_CHECKING

from servicecrm.errors import MissingExtra
from servicecrm.testing.clock import FixedClock
from servicecrm.testing.ids import SeededIds

if TYPE_CHECKING:
    from servicecrm.testing import contract
    from servicecrm.testing.contract import StoreContract

__all__ = ["FixedClock", "SeededIds", "StoreContract", "contract"]


if not TYPE_CHECKING:

    def __getattr__(name):
        # A demo or a notebook needs clocks and ids, but no pytest.
        if name not in ("StoreContract", "contract"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            import hypothesis  # noqa: F401
            import pytest
        except ImportError as error:
            raise MissingExtra("servicecrm.testing.StoreContract", "testing") from error

        pytest.register_assert_rewrite(f"{__name__}.contract")  # failures show the values
        module = import_module(f"{__name__}.contract")
        return module if name == "contract" else module.StoreContract
