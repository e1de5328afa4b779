"""What follows in one slice from what happened in another: pure rules from events to decisions."""

from servicecrm.processes.dropped_ball import demand_update, update_due

__all__ = ["demand_update", "update_due"]
