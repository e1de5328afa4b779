"""How old something is, in business days."""

from collections.abc import Sequence
from datetime import date

from servicecrm.calendars import BusinessHours
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import from_micros

__all__ = ["BusinessAges", "age_groups", "rising"]


class BusinessAges:
    """Tells how many business days there are after the day on which something came in, up to the day of an instant."""

    def __init__(self, calendar: BusinessHours, at: int) -> None:
        self._calendar = calendar
        self._first = self._day(at)
        self._ages = {self._first: 0}

    def __call__(self, received: int) -> int:
        day = self._day(received)
        while self._first > day:
            business = self._calendar.is_business_day(date.fromordinal(self._first))
            self._ages[self._first - 1] = self._ages[self._first] + business
            self._first -= 1
        return self._ages.get(day, 0)  # what is told of a later day is as young as can be

    def _day(self, at: int) -> int:
        return from_micros(at).astimezone(self._calendar.tz()).date().toordinal()


def age_groups(ages: Sequence[int]) -> tuple[str, ...]:
    """The names of groups by age, of which the last days are given: `0-2`, `3-5`, ... and `>20` for what is older."""
    firsts = (0, *(last + 1 for last in ages[:-1]))
    spans = zip(firsts, ages, strict=True)
    return (*(f"{first}-{last}" if first < last else f"{last}" for first, last in spans), f">{ages[-1]}")


def rising(where: str, ages: Sequence[int]) -> None:
    """Refuses days that make no groups."""
    if not ages or ages[0] < 0 or sorted(set(ages)) != list(ages):
        raise InvalidValue(where, "expected days that rise, such as (2, 5, 10, 20)")
