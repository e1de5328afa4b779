"""What is asked about a period, and where it is written down what counts."""

from collections import defaultdict
from decimal import Decimal

import attrs

from servicecrm.analytics.kpis_rows import Instant, KpiRules
from servicecrm.calendars import BusinessHours
from servicecrm.kernel.kinds import micros

__all__ = ["Found", "Question", "Tally", "instant"]


@attrs.frozen
class Found:
    """The records behind a figure, and how much each of them brings to it, in two lists: there may be very many."""

    ids: list[str] = attrs.field(factory=list)
    amounts: list[float | Decimal] = attrs.field(factory=list)

    def __len__(self) -> int:
        return len(self.ids)


class Tally:
    """What was found of one group of records: under a name, and a part of it or None, what counts there."""

    def __init__(self) -> None:
        self._found: defaultdict[tuple[str, str | None], Found] = defaultdict(Found)

    def add(self, name: str, id: str, amount: float | Decimal = 1, *, part: str | None = None) -> None:
        """One more record; with a part it counts for the whole as well."""
        for where in (None,) if part is None else (None, part):
            found = self._found[name, where]
            found.ids.append(id)
            found.amounts.append(amount)

    def found(self, name: str | None, part: str | None = None) -> Found:
        """What counts under a name; nothing under None."""
        return Found() if name is None else self._found.get((name, part), Found())

    def parts(self, name: str) -> list[str]:
        """The parts that a name has, in order."""
        return sorted(part for known, part in self._found if known == name and part is not None)


@attrs.frozen(kw_only=True)
class Question:
    """Which period is asked for, and how it is counted. Instants are microseconds.

    `start` belongs to the period and `end` does not. What was recorded after `as_of` is not known yet.
    """

    before: int
    start: int
    end: int
    as_of: int
    by: str | None
    calendar: BusinessHours
    rules: KpiRules
    until: int = attrs.field(init=False)
    """The first instant that does not count any more: the end, or the one after the cut-off."""
    now: int = attrs.field(init=False)
    """The end, or the cut-off if the period goes on."""

    @until.default
    def _until(self) -> int:
        return min(self.end, self.as_of + 1)

    @now.default
    def _now(self) -> int:
        return min(self.end, self.as_of)

    @property
    def over(self) -> bool:
        """Is the period at its end?"""
        return self.as_of >= self.end

    def known(self, at: int, recorded_at: Instant | None) -> bool:
        """Is this known at the cut-off?"""
        return at <= self.as_of and (recorded_at is None or instant(recorded_at) <= self.as_of)


def instant(at: Instant) -> int:
    """Microseconds since 1970 in UTC.

    Raises:
        NaiveDatetime: the time has no zone.
    """
    return at if isinstance(at, int) else micros(at)
