"""Business time: the usual targets added to instants, and the time between instants some weeks apart."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks.rounds import Comparison, compare
from servicecrm.calendars import Calendar, Holiday

__all__ = ["OFFICE", "PAIRS", "TARGETS", "business_time"]

ZONE: Final = "Europe/Berlin"
HOLIDAYS: Final = [
    date(year, *day) for year in (2025, 2026, 2027) for day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
]
OFFICE: Final = Calendar(zone=ZONE, hours="mon-fri 09:00-17:00", holidays=tuple(Holiday(date=day) for day in HOLIDAYS))

_FIRST: Final = datetime(2026, 1, 5, 10, 20, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
PAIRS: Final = [
    (begin, begin + timedelta(days=n % 30, hours=n % 7, minutes=17))
    for n in range(100)
    for begin in [_FIRST + n * timedelta(days=3, hours=1)]
]
"""Instants of a year, and others up to a month later."""

TARGETS: Final = [timedelta(hours=hours) for hours in (4, 8, 24, 40)]


def business_time() -> tuple[Comparison, ...]:
    """Targets added to instants, and the business time between two."""
    begins, aware, local = [begin for begin, _ in PAIRS], *_for_others()
    rules, others = _businesstimedelta()
    duration = _business_duration()
    return (
        Comparison(
            title="business time: add 4, 8, 24 or 40 h to an instant",
            count=500,
            ours=_each([*zip(begins, cycle(TARGETS))], lambda pair: OFFICE.add(*pair)),
            others={
                "businesstimedelta": _each(
                    [(at, time) for (at, _), time in zip(aware, cycle(others))], lambda pair: pair[0] + pair[1]
                )
            },
            targets={"businesstimedelta": 150},
        ),
        Comparison(
            title="business time: between instants up to a month apart",
            count=300,
            ours=_each(PAIRS, lambda pair: OFFICE.between(*pair)),
            others={
                "businesstimedelta": _each(aware, lambda pair: rules.difference(*pair)),
                "business-duration, without zones": _each(local, lambda pair: duration(*pair)),
            },
            targets={"businesstimedelta": 150, "business-duration, without zones": 20},
        ),
        Comparison(
            title="business time: due in 3 business days",
            count=2_000,
            ours=_each(begins, lambda begin: OFFICE.due(begin, "3 business days")),
            others={},
        ),
    )


def _each(values: list[Any], work: Callable[[Any], object]) -> Callable[[int], object]:
    """A contender that takes one value after another."""

    def contend(count: int) -> None:
        for _, value in zip(range(count), cycle(values), strict=False):
            work(value)

    return contend


def _for_others() -> tuple[list[Any], list[Any]]:
    """The pairs with a zone of pytz, and as the clock shows them."""
    import pytz

    zone, tz = pytz.timezone(ZONE), ZoneInfo(ZONE)
    aware = [tuple(at.astimezone(zone) for at in pair) for pair in PAIRS]
    return aware, [tuple(at.astimezone(tz).replace(tzinfo=None) for at in pair) for pair in PAIRS]


def _businesstimedelta() -> tuple[Any, list[Any]]:
    import businesstimedelta as peer
    import pytz

    zone = pytz.timezone(ZONE)
    workday = peer.WorkDayRule(start_time=time(9), end_time=time(17), working_days=[0, 1, 2, 3, 4], tz=zone)
    closed = peer.HolidayRule(dict.fromkeys(HOLIDAYS, ""), tz=zone)
    rules = peer.Rules([workday, closed])
    return rules, [peer.BusinessTimeDelta(rules, timedelta=target) for target in TARGETS]


def _business_duration() -> Callable[[datetime, datetime], Any]:
    from business_duration import businessDuration

    closed = set(HOLIDAYS)

    def between(start: datetime, end: datetime) -> Any:
        return businessDuration(start, end, time(9), time(17), holidaylist=closed, unit="sec")

    return between


if __name__ == "__main__":
    for comparison in business_time():
        result = compare(comparison)
        print(f"{comparison.title:58}{result.ours:>10.1f} µs")
        for name, ratio in result.ratios.items():
            print(f"  {name:56}{result.others[name]:>10.1f} µs{ratio:>8.0f} x")
