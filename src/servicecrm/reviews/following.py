"""Facts in the order of time: none lies before what it follows."""

from datetime import UTC, datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.kinds import micros

__all__ = ["check_follows"]


def check_follows(event: Event, since: datetime | None, says: str) -> None:
    """Refuses a fact that would lie before what it follows.

    Raises:
        PolicyViolation: says what it follows, and when that was.
    """
    if since is not None and micros(event.occurred_at) < micros(since):
        when = since.astimezone(UTC).isoformat(timespec="seconds")
        raise PolicyViolation("occurred_at", f"it cannot lie before {says}, at {when}")
