"""Customer relationship management as a service process: complaints, their lifecycle, and the stores they live in.

`connect` opens a desk, the ready-made way to work. Every slice (`servicecrm.complaints`) is also useful alone.
Nothing is loaded before it is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicecrm import complaints, errors
    from servicecrm.desk import AsyncDesk, AsyncWorker, Desk, Worker, aconnect, connect
    from servicecrm.kernel.filters import search, where

__all__ = [
    "AsyncDesk",
    "AsyncWorker",
    "Desk",
    "Worker",
    "__version__",
    "aconnect",
    "complaints",
    "connect",
    "errors",
    "search",
    "where",
]

__version__ = "0.1.0"

if not TYPE_CHECKING:
    from servicecrm.kernel.lazy import lazily

    __getattr__ = lazily(
        __name__,
        {
            "AsyncDesk": "servicecrm.desk",
            "AsyncWorker": "servicecrm.desk",
            "Desk": "servicecrm.desk",
            "Worker": "servicecrm.desk",
            "aconnect": "servicecrm.desk",
            "complaints": "servicecrm.complaints",
            "connect": "servicecrm.desk",
            "errors": "servicecrm.errors",
            "search": "servicecrm.kernel.filters",
            "where": "servicecrm.kernel.filters",
        },
    )


def __dir__() -> list[str]:
    return sorted(__all__)
