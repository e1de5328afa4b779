"""The ready-made desk: connect to a store and work. What is awaited is loaded only when it is used."""

from typing import TYPE_CHECKING

from servicecrm.desk.base import Clock, Hook, HookError
from servicecrm.desk.desk import Desk
from servicecrm.desk.house import House
from servicecrm.desk.opening import connect
from servicecrm.desk.worker import Worker
from servicecrm.kernel.lazy import lazily

if TYPE_CHECKING:
    from servicecrm.desk.adesk import AsyncDesk
    from servicecrm.desk.aopening import aconnect
    from servicecrm.desk.aworker import AsyncWorker

__all__ = ["AsyncDesk", "AsyncWorker", "Clock", "Desk", "Hook", "HookError", "House", "Worker", "aconnect", "connect"]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "AsyncDesk": "servicecrm.desk.adesk",
            "AsyncWorker": "servicecrm.desk.aworker",
            "aconnect": "servicecrm.desk.aopening",
        },
    )
