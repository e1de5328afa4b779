"""The ready-made desk: connect to a store and work."""

from servicecrm.desk.desk import Clock, Desk, Hook, HookError
from servicecrm.desk.opening import connect

__all__ = ["Clock", "Desk", "Hook", "HookError", "connect"]
