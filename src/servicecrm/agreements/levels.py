"""What a service has to reach: within which time, and at which level."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

import attrs

from servicecrm.agreements.codes import Aspect
from servicecrm.calendars import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code, filled, several

__all__ = ["AVAILABILITY", "LevelTarget", "ServiceLevels", "TimeTarget", "is_weaker"]

AVAILABILITY: Final = "availability"
"""The measure that is worked out from outages: the share of the agreed service time in which there was none."""

Per = Literal["day", "week", "month", "quarter", "half", "year"]


def _priorities(given: Iterable[str]) -> tuple[str, ...]:
    # What is no text at all is left for the record to refuse.
    return tuple(each.value if isinstance(each, Code) else each for each in several("TimeTarget.priorities", given))


@record
class TimeTarget:
    """Within which time something is done: `TimeTarget(timer="resolution", within="8h business", priorities=["p1"])`.

    It is the timer of that name of a complaint or a case. Without priorities it holds for all that no other one of the
    same timer names. Without a `calendar` it counts by that of the house's own target.

    Raises:
        InvalidValue: the duration has another form, or is below zero.
    """

    timer: str = attrs.field(validator=filled)
    within: str
    priorities: tuple[str, ...] = attrs.field(default=(), converter=_priorities)
    calendar: str | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        if _Length.of(self.within).count < 0:
            raise InvalidValue("TimeTarget.within", "nothing can be due before it begins")


@record
class LevelTarget:
    """What a service reaches in every period: `LevelTarget(measure="availability", at_least=Decimal("99.5"))`.

    `measure` is `availability`, which is worked out, or a figure that somebody tells. Planned maintenance is left out
    of the availability, unless `planned_counts`.

    Raises:
        InvalidValue: it has no limit, or two.
    """

    measure: str = attrs.field(validator=filled)
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    unit: str = attrs.field(default="percent", validator=filled)
    per: Per = "month"
    aspect: Aspect = attrs.field(default=Aspect.AVAILABILITY, converter=Aspect)
    planned_counts: bool = False

    def __attrs_post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise InvalidValue("LevelTarget", "it has one limit: at_least or at_most")

    @property
    def limit(self) -> Decimal:
        """What is just good enough."""
        return self.at_least if self.at_least is not None else self.at_most or Decimal(0)

    def margin(self, value: Decimal) -> Decimal:
        """How much better than the limit a value is; below zero is worse."""
        return value - self.limit if self.at_least is not None else self.limit - value


@record
class ServiceLevels:
    """What is promised of a service: times and levels.

    Raises:
        InvalidValue: a timer has two times for one priority, or a measure two levels for one period.
    """

    times: tuple[TimeTarget, ...] = attrs.field(default=(), converter=tuple)
    levels: tuple[LevelTarget, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        for name in _twice((each.timer, priority) for each in self.times for priority in each.priorities or ("",)):
            raise InvalidValue("ServiceLevels.times", f"{name} has two times for one priority")
        for name in _twice((each.measure, each.per) for each in self.levels):
            raise InvalidValue("ServiceLevels.levels", f"{name} has two levels for one period")

    @property
    def every(self) -> tuple[TimeTarget | LevelTarget, ...]:
        """All of them, times first."""
        return (*self.times, *self.levels)

    def __bool__(self) -> bool:
        return bool(self.times or self.levels)


def is_weaker(own: TimeTarget | LevelTarget, promised: TimeTarget | LevelTarget) -> bool:
    """Is what something rests on weaker than what is promised of it? What cannot be compared is not.

    Times are compared if they count the same: business time with business time, months with months.

    Source: C025.
    """
    match own, promised:
        case TimeTarget(), TimeTarget():
            mine, theirs = _Length.of(own.within), _Length.of(promised.within)
            return own.timer == promised.timer and mine.counts == theirs.counts and mine.count > theirs.count
        case LevelTarget(), LevelTarget():
            alike = (own.measure, own.unit, own.per) == (promised.measure, promised.unit, promised.per)
            same_end = (own.at_least is None) == (promised.at_least is None)
            return alike and same_end and promised.margin(own.limit) < 0
    return False


@attrs.frozen
class _Length:
    """How much of what a duration counts."""

    count: int
    counts: str

    @classmethod
    def of(cls, text: str) -> "_Length":
        found: Duration = duration(text)
        match found:
            case BusinessTime(seconds=count):
                return cls(count, "business time")
            case ElapsedTime(seconds=count):
                return cls(count, "time")
            case BusinessDays(days=count):
                return cls(count, "business days")
            case CalendarTime(count=count, unit="month"):
                return cls(count, "months")
            case CalendarTime():
                start = datetime(2000, 1, 1, tzinfo=UTC).date()
                return cls((found.after(start) - start).days, "days")


def _twice(keys: Iterable[tuple[str, str]]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for key in keys:
        if key in seen:
            yield key[0]
        seen.add(key)
