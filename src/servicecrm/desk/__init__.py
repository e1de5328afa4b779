"""The ready-made desk: connect to a store and work."""

from servicecrm.desk.connect import connect
from servicecrm.desk.desk import Clock, Desk, Hook, HookError

__all__ = ["Clock", "Desk", "Hook", "HookError", "connect"]
