"""Business time by looking at every minute, or every second, on the wall: slow, and written without the library.

A window is walked in equal steps, and each step is shown by the clock of a zone as it is, so that what a clock skips
and what it shows twice is seen and not computed. A step is a byte, zero while it is closed, and all else is to look for
bytes and to count them.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import compress, islice
from zoneinfo import ZoneInfo

Spans = list[tuple[int, int]]
"""Seconds of a day on the clock; an end after 24 h lies on the next day."""

Steps = Iterable[tuple[int, int]]
"""From which step up to and without which other one."""


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
        # Of the first two days and the last two not all hours lie in the window, so nothing is said of them.
        self.reliable: list[date] = self.dates[2:-2]
        inside = [n for n, shown in enumerate(self.walls) if self.reliable[0] <= shown.date() <= self.reliable[-1]]
        self.first: int = inside[0]
        self.end: int = inside[-1] + 1

    def _shown(self, zone: ZoneInfo) -> Iterator[datetime]:
        for n in range(self.count):
            yield self.at(n).astimezone(zone).replace(tzinfo=None)

    def _read(self) -> None:
        """At which step the clock shows a time first; a time that it skips comes as much later as it skips."""
        one = timedelta(seconds=self.step)
        expected = self.walls[0]
        for n, shown in enumerate(self.walls):
            late = 0
            while expected < shown:
                self._steps.setdefault(expected, n + late)
                expected, late = expected + one, late + 1
            self._steps.setdefault(shown, n)
            expected = shown + one

    def at(self, n: int) -> datetime:
        return self.start + timedelta(seconds=n * self.step)

    def when(self, day: date, seconds: int) -> int | None:
        """The step at which the clock shows a time of a day; None outside the window."""
        return self._steps.get(datetime(day.year, day.month, day.day) + timedelta(seconds=seconds))


class Model:
    """Which steps of a window are open: a byte that is 1; and after which step the own hours of each day end."""

    def __init__(self, window: Window, hours: dict[date, Spans], breaks: dict[date, Spans]) -> None:
        self.window: Window = window
        self.first: int = window.first
        self.end: int = window.end
        self.owner: bytearray = bytearray(window.count)
        self.closes: dict[date, int] = {}
        closed = [span for day in window.dates for span in self._placed(day, breaks)]
        for day in window.dates:
            own = bytearray(window.count)
            for start, end in self._placed(day, hours):
                own[start:end] = self.owner[start:end] = bytes([1]) * (end - start)
            self.closes[day] = _without(own, closed).rfind(1) + 1
        self.owner = _without(self.owner, closed)
        self.days: list[date] = [day for day in window.reliable if self.closes[day]]

    def _placed(self, day: date, hours: dict[date, Spans]) -> Iterator[tuple[int, int]]:
        for start, end in hours.get(day, []):
            opens, closes = self.window.when(day, start), self.window.when(day, end)
            if opens is not None or closes is not None:  # one of them may lie outside the window
                yield opens or 0, self.window.count if closes is None else closes

    def is_open(self, n: int) -> bool:
        return self.owner[n] > 0

    def between(self, n: int, m: int, paused: Steps = ()) -> int:
        """The open steps from one step to another, without those that are paused."""
        if n > m:
            return -self.between(m, n, paused)
        return m - n - _without(self.owner, paused).count(0, n, m)

    def next_open(self, n: int, steps: int = 0, paused: Steps = ()) -> int | None:
        """The first open step before which so many others are open; none of them is paused."""
        return next(islice(compress(range(n, self.end), _without(self.owner, paused)[n:]), steps, None), None)

    def add(self, n: int, steps: int, paused: Steps = (), *, always: bool = False) -> int | None:
        """The step at whose beginning so many are over; one at least."""
        counted = _without(bytes([1]) * self.window.count if always else self.owner, paused)
        return next(islice(compress(range(n + 1, self.end + 1), counted[n:]), steps - 1, None), None)

    def subtract(self, n: int, steps: int) -> int | None:
        """The last step from which so many are open; for none, the last step before which it is open."""
        before = compress(range(n - 1, self.first - 1, -1), self.owner[n - 1 :: -1])
        if steps == 0:
            return next((i + 1 for i in before), None)
        return next(islice(before, steps - 1, None), None)

    def next_close(self, n: int) -> int | None:
        """The first step after the next open one that is closed."""
        opens = self.next_open(n)
        closes = -1 if opens is None else self.owner.find(0, opens, self.end)
        return None if closes < 0 else closes

    def business_day(self, day: date, days: int) -> date | None:
        """The n-th day with hours after a day, or before it."""
        later, earlier = [d for d in self.days if d > day], [d for d in reversed(self.days) if d < day]
        if days == 0:
            return day
        found = later if days > 0 else earlier
        return found[abs(days) - 1] if abs(days) <= len(found) else None

    def closing(self, day: date) -> int:
        """The step after the last one of a day; all of its hours may be those of the night before, too."""
        return self.closes[day]


def _without(owner: bytes | bytearray, closed: Steps) -> bytearray:
    """A copy in which some steps are closed."""
    left = bytearray(owner)
    for start, end in closed:
        left[start:end] = bytes(max(0, end - start))
    return left
