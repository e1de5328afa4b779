"""The ready-made desk: connect to a store and work."""

from servicecrm.desk.adesk import AsyncDesk
from servicecrm.desk.base import Clock, Hook, HookError
from servicecrm.desk.desk import Desk
from servicecrm.desk.opening import aconnect, connect

__all__ = ["AsyncDesk", "Clock", "Desk", "Hook", "HookError", "aconnect", "connect"]
