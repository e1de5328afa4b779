"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta

from servicecrm.kernel.kinds import micros

__all__ = ["FixedClock"]


class FixedClock:
    """A clock for tests: `clock()` tells the time, `clock.advance(hours=5)` lets it pass.

    Raises:
        NaiveDatetime: the start has no zone.
    """

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        micros(start)
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Let time pass, as it really passes: across a change of the clocks too. Gives the new time."""
        passed = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._now = (self._now.astimezone(UTC) + passed).astimezone(self._now.tzinfo)
        return self._now
