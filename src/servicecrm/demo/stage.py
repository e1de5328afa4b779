"""Where the stories of the year are told: a desk, what is on it by the short names of the cast, and the time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import heapify, heappop, heapreplace
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from servicecrm.desk import Desk
from servicecrm.testing import FixedClock

__all__ = ["END", "YEAR", "ZONE", "Stage", "Story", "on", "tell"]

YEAR: Final = 2025
ZONE: Final = ZoneInfo("Europe/London")
END: Final = datetime(YEAR + 1, 1, 1, tzinfo=UTC)
"""When the year is over: as of then are its figures."""

Story = Iterator[datetime]
"""What happens one after the other; it yields the time at which it goes on."""


@attrs.frozen
class Stage:
    """The desk, and the ids of what the cast knows by short names."""

    crm: Desk
    services: dict[str, str] = attrs.field(factory=dict)
    customers: dict[str, str] = attrs.field(factory=dict)
    agreements: dict[str, str] = attrs.field(factory=dict)
    complaints: dict[str, list[str]] = attrs.field(factory=dict)


def on(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A time of a day, on the clock of the utility."""
    return datetime.combine(day, time(hour, minute), ZONE)


def tell(stories: Iterable[Story], clock: FixedClock, *, until: datetime) -> None:
    """Let all stories run, always the one whose time comes first; what would be later than the end never happens."""
    waiting = [(at, n, story) for n, story in enumerate(stories) if (at := next(story, None)) is not None]
    heapify(waiting)
    while waiting and waiting[0][0] < until:
        at, n, story = waiting[0]
        clock.advance(seconds=max(timedelta(0), at - clock()).total_seconds())
        later = next(story, None)
        if later is None:
            heappop(waiting)
        else:
            heapreplace(waiting, (later, n, story))
