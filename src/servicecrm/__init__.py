"""Customer relationship management as a service process: complaints and cases, their clocks, and their stores.

`connect` opens a desk, the ready-made way to work. Every slice (`servicecrm.complaints`) is also useful alone.
Nothing is loaded before it is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicecrm import calendars, cases, complaints, errors, notifications, tracking
    from servicecrm.desk import AsyncDesk, AsyncWorker, Desk, House, Worker, aconnect, connect
    from servicecrm.kernel.filters import search, where

__all__ = [
    "AsyncDesk",
    "AsyncWorker",
    "Desk",
    "House",
    "Worker",
    "__version__",
    "aconnect",
    "calendars",
    "cases",
    "complaints",
    "connect",
    "errors",
    "notifications",
    "search",
    "tracking",
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
            "House": "servicecrm.desk",
            "Worker": "servicecrm.desk",
            "aconnect": "servicecrm.desk",
            "calendars": "servicecrm.calendars",
            "cases": "servicecrm.cases",
            "complaints": "servicecrm.complaints",
            "connect": "servicecrm.desk",
            "errors": "servicecrm.errors",
            "notifications": "servicecrm.notifications",
            "search": "servicecrm.kernel.filters",
            "tracking": "servicecrm.tracking",
            "where": "servicecrm.kernel.filters",
        },
    )


def __dir__() -> list[str]:
    return sorted(__all__)
