"""Customer relationship management as a service process: complaints, their lifecycle, and the stores they live in.

`connect` opens a desk, the ready-made way to work. Every slice (`servicecrm.complaints`) is also useful alone.
Nothing is loaded before it is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicecrm import complaints, errors
    from servicecrm.desk import Desk, connect
    from servicecrm.kernel.filters import search, where

__all__ = ["Desk", "__version__", "complaints", "connect", "errors", "search", "where"]

__version__ = "0.1.0"

_HOMES = {
    "Desk": "servicecrm.desk",
    "connect": "servicecrm.desk",
    "search": "servicecrm.kernel.filters",
    "where": "servicecrm.kernel.filters",
    "complaints": "",
    "errors": "",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        home = _HOMES[name]
        found = getattr(import_module(home), name) if home else import_module(f"{__name__}.{name}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted(__all__)
