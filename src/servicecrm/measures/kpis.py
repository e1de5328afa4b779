"""Key figures: what one means, in which period, against which target; and the plain arithmetic that they share."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Period
from servicecrm.kernel.years import zone_told
from servicecrm.measures.scores import Reason, Score

__all__ = ["Change", "Kpi", "KpiStatus", "Value", "kpi_period", "percentile", "previous_period", "relative_change"]

KpiStatus = Literal["met", "missed"]


@record
class Value:
    """A key figure of one period, with its base `n`. One that cannot be computed is None, and `reason` says why."""

    kpi: str
    value: float | None
    n: int
    unit: str
    low: float | None = None
    high: float | None = None
    target: float | None = None
    status: KpiStatus | None = None
    reason: Reason | None = None


@record
class Kpi:
    """What a key figure means. `formula` says in words how it is computed, `source` who says so.

    `additive` figures of months sum to that of the year; shares and means do not.

    Raises:
        InvalidValue: a text is blank.

    Source: C113.
    """

    id: str = attrs.field(validator=filled)
    unit: str = attrs.field(validator=filled)
    better: Literal["higher", "lower"]
    formula: str = attrs.field(validator=filled)
    source: str = attrs.field(validator=filled)
    target: float | None = None
    owner: str | None = None
    additive: bool = False

    def value(self, value: float | None, *, n: int, reason: Reason = "no_values") -> Value:
        """The figure of a period, judged by the target; `reason` says why, if there is none."""
        return self._judged(value, n=n, reason=None if value is not None else reason)

    def of(self, score: Score) -> Value:
        """The figure that a score is, with its interval."""
        return self._judged(score.value, n=score.n, low=score.low, high=score.high, reason=score.reason)

    def _judged(
        self,
        value: float | None,
        *,
        n: int,
        reason: Reason | None,
        low: float | None = None,
        high: float | None = None,
    ) -> Value:
        status: KpiStatus | None = None
        if value is not None and self.target is not None:
            met = value >= self.target if self.better == "higher" else value <= self.target
            status = "met" if met else "missed"
        return Value(
            kpi=self.id,
            value=None if value is None else float(value),
            n=n,
            unit=self.unit,
            low=low,
            high=high,
            target=self.target,
            status=status,
            reason=reason,
        )


class Change(NamedTuple):
    """A change as a part of what was before: 0.25 is a quarter more. Without one, `reason` says why."""

    value: float | None
    reason: Reason | None = None


def relative_change(value: float | None, previous: float | None) -> Change:
    """The change since the previous period; None without both figures, and from 0.

    A figure that grows has a change above 0, even one below 0, such as a Net Promoter Score.

    Source: K21.
    """
    if value is None or previous is None:
        return Change(None, "no_values")
    return Change((value - previous) / abs(previous)) if previous else Change(None, "zero_base")


def percentile(
    values: Iterable[float], percent: float, *, rule: Literal["nearest_rank", "linear"] = "nearest_rank"
) -> float | None:
    """The value that so many percent of the values do not exceed; None without values.

    `nearest_rank` is always one of the values; `linear` lies between the two nearest ones, as spreadsheets have it
    (type 7). `percentile(values, 50, rule="linear")` is the median.

    Raises:
        InvalidValue: the percentage does not lie from 0 to 100, or there is no such rule.

    Source: K14; Hyndman & Fan 1996.
    """
    if not 0 <= percent <= 100 or rule not in ("nearest_rank", "linear"):
        raise InvalidValue("percentile", "expected from 0 to 100 percent, by nearest_rank or linear")
    ordered = sorted(values)
    if not ordered:
        return None
    if rule == "nearest_rank":
        # Without the noise of floats 7 percent of 100 would be the eighth.
        return ordered[max(1, ceil(round(percent * len(ordered) / 100, 9))) - 1]
    at = (len(ordered) - 1) * percent / 100
    below = floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


# -- periods -------------------------------------------------------------------------------------

_PERIOD: Final = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|W(?P<week>\d\d)|(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d\d))?))?",
    re.ASCII,
)


def kpi_period(text: str, *, zone: str) -> Period:
    """The period of a text, in the time of a zone: `2026`, `2026-H1`, `2026-Q3`, `2026-03`, `2026-W10`, `2026-03-02`.

    It holds its first instant and not the first one of the next period, so that no instant is in two.

    Raises:
        InvalidValue: the text has another form, there is no such week or day, or there is no such zone.

    Source: C113; ISO 8601.
    """
    place = zone_told("zone", zone)
    first, following = _days(text)
    try:
        return Period(start=_midnight(first, place), end=_midnight(following, place))
    except OverflowError:  # in this zone the year 1 begins before it
        raise InvalidValue("period", _NO_SUCH) from None


def previous_period(text: str) -> str:
    """The period before: of `2026-Q1` it is `2025-Q4`.

    Raises:
        InvalidValue: as `kpi_period` does.
    """
    first = _days(text)[0]
    if first == date.min:
        raise InvalidValue("period", _NO_SUCH)
    before = first - timedelta(days=1)
    year, month = before.year, before.month
    iso = before.isocalendar()
    return {
        "year": f"{year:04}",
        "half": f"{year:04}-H{(month + 5) // 6}",
        "quarter": f"{year:04}-Q{(month + 2) // 3}",
        "week": f"{iso.year:04}-W{iso.week:02}",
        "month": f"{year:04}-{month:02}",
        "day": before.isoformat(),
    }[_parts(text)[0]]


def _parts(text: str) -> tuple[str, int, int, int]:
    """What kind of period it is, its year, its number in the year, and the day of a month."""
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise InvalidValue("period", "a period is written like 2026, 2026-H1, 2026-Q3, 2026-03, 2026-W10 or 2026-03-02")
    year, day = int(found["year"]), found["day"]
    for kind in ("half", "quarter", "week", "month"):
        if found[kind] is not None:
            return ("day" if day else kind), year, int(found[kind]), int(day or 0)
    return "year", year, 1, 0


def _days(text: str) -> tuple[date, date]:
    """The first day of a period, and that of the next one."""
    kind, year, number, day = _parts(text)
    try:
        if kind == "day":
            first = date(year, number, day)
            return first, first + timedelta(days=1)
        if kind == "week":
            first = date.fromisocalendar(year, number, 1)
            return first, first + timedelta(days=7)
        months = _MONTHS[kind]
        return _month(year, (number - 1) * months), _month(year, number * months)
    except (ValueError, OverflowError):
        raise InvalidValue("period", _NO_SUCH) from None


_NO_SUCH: Final = "there is no such period in the years 1 to 9998"
_MONTHS: Final = {"year": 12, "half": 6, "quarter": 3, "month": 1}


def _month(year: int, months: int) -> date:
    return date(year + months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where a change of the clock leaves out midnight, the day starts with the first instant after it.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
