"""Business time by looking at every minute, or every second, on the wall: slow, and written without the library.

A window is walked in equal steps, and each step is shown by the clock of a zone as it is, so that what a clock skips
and what it shows twice is seen and not computed. Steps are then open or closed, and all else is counting them.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

Spans = list[tuple[int, int]]
"""Seconds of a day on the clock; an end after 24 h lies on the next day."""


class Window:
    """Some days in one zone, step by step."""

    def __init__(self, zone: str, first: datetime, days: float, step: int) -> None:
        self.step: int = step
        self.count: int = round(days * 86400) // step
        self.start: datetime = first
        self.zone: str = zone
        self.walls: list[datetime] = list(self._shown(ZoneInfo(zone)))
        self.dates: list[date] = sorted({shown.date() for shown in self.walls})
        self._steps: dict[datetime, int] = {}
        self._read()

    def _shown(self, zone: ZoneInfo) -> Iterator[datetime]:
        for n in range(self.count):
            yield self.at(n).astimezone(zone).replace(tzinfo=None)

    def _read(self) -> None:
        """At which step the clock shows a time first; a time that it skips comes as much later as it skips."""
        one = timedelta(seconds=self.step)
        before = None
        for n, shown in enumerate(self.walls):
            if before is not None and shown > before + one:
                skipped, late = before + one, 0
                while skipped < shown:
                    self._steps.setdefault(skipped, n + late)
                    skipped, late = skipped + one, late + 1
            self._steps.setdefault(shown, n)
            before = shown

    def at(self, n: int) -> datetime:
        return self.start + timedelta(seconds=n * self.step)

    def when(self, day: date, seconds: int) -> int | None:
        """The step at which the clock shows a time of a day; None outside the window."""
        return self._steps.get(datetime(day.year, day.month, day.day) + timedelta(seconds=seconds))


class Model:
    """Which steps of a window are open, and to which day each belongs."""

    def __init__(self, window: Window, hours: dict[date, Spans], breaks: dict[date, Spans]) -> None:
        self.window: Window = window
        self.owner: list[date | None] = [None] * window.count
        placed = [(*span, day) for day in window.dates for span in self._placed(day, hours.get(day, []))]
        for start, end, day in sorted(placed):  # what is open twice belongs to the day that opened first
            self.owner[start:end] = [owner or day for owner in self.owner[start:end]]
        for day in window.dates:
            for start, end in self._placed(day, breaks.get(day, [])):
                self.owner[start:end] = [None] * len(self.owner[start:end])
        self.open: list[bool] = [day is not None for day in self.owner]
        # Of the first two days and the last two not all hours lie in the window, so nothing is said of them.
        reliable = window.dates[2:-2]
        inside = [n for n, shown in enumerate(window.walls) if reliable[0] <= shown.date() <= reliable[-1]]
        self.first: int = inside[0]
        self.end: int = inside[-1] + 1
        found = set(self.owner)
        self.days: list[date] = [day for day in reliable if day in found]

    def _placed(self, day: date, spans: Spans) -> Iterator[tuple[int, int]]:
        for start, end in spans:
            opens, closes = self.window.when(day, start), self.window.when(day, end)
            if opens is not None and closes is not None:
                yield opens, closes

    def between(self, n: int, m: int) -> int:
        """The open steps from one step to another."""
        return sum(self.open[n:m]) if n <= m else -sum(self.open[m:n])

    def next_open(self, n: int, steps: int = 0) -> int | None:
        """The first open step before which so many others are open."""
        for i in range(n, self.end):
            if self.open[i]:
                if steps == 0:
                    return i
                steps -= 1
        return None

    def add(self, n: int, steps: int, paused: frozenset[int] = frozenset(), *, always: bool = False) -> int | None:
        """The step at whose beginning so many are over; one at least."""
        for i in range(n, self.end):
            if (always or self.open[i]) and i not in paused:
                steps -= 1
                if steps == 0:
                    return i + 1
        return None

    def subtract(self, n: int, steps: int) -> int | None:
        """The last step from which so many are open; for none, the last step before which it is open."""
        for i in range(n, self.first, -1):
            if self.open[i - 1]:
                if steps == 0:
                    return i
                steps -= 1
                if steps == 0:
                    return i - 1
        return None

    def next_close(self, n: int) -> int | None:
        """The first step after the next open one that is closed."""
        opens = self.next_open(n)
        if opens is None:
            return None
        return next((i for i in range(opens, self.end) if not self.open[i]), None)

    def business_day(self, day: date, days: int) -> date | None:
        """The n-th day with hours after a day, or before it."""
        later, earlier = [d for d in self.days if d > day], [d for d in reversed(self.days) if d < day]
        if days == 0:
            return day
        found = later if days > 0 else earlier
        return found[abs(days) - 1] if abs(days) <= len(found) else None

    def closing(self, day: date) -> int:
        """The step after the last one of a day."""
        return max(n for n, owner in enumerate(self.owner) if owner == day) + 1
