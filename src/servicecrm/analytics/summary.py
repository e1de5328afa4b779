"""A set of complaints in one page: how many, how old, how punctual, and how the backlog moved."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from servicecrm.errors import NaiveDatetime
from servicecrm.kernel.records import fields_of, record

__all__ = ["CaseRow", "Month", "Share", "Summary", "summarise"]

COUNTS: Final = ("cases", "open", "closed", "withdrawn", "reopened_cases", "reopenings", "forwards")
TARGETS: Final = ("on_time", "overdue", "open_on_time", "open_overdue")
AGES: Final = ("0_7", "8_30", "31_90", "over_90")
_BOUNDS: Final = (8, 31, 91)
_DAY: Final = timedelta(days=1)


class CaseRow(NamedTuple):
    """What the summary has to know of a case. `closed_at` is when it ended, by closing or by withdrawal."""

    state: str
    open: bool
    received_at: datetime
    closed_at: datetime | None = None
    due_at: datetime | None = None
    reopenings: int = 0
    forwards: int = 0
    category: str | None = None
    handler: str | None = None


@record
class Month:
    """What came in and went out in a month (`2026-03`), and what was open at its end."""

    month: str
    received: int
    closed: int
    open_end: int


@record
class Share:
    """How many of the cases have this name; None: those that name nothing."""

    name: str | None
    cases: int


@record
class Summary:
    """A set of complaints at the moment `now`.

    `closed` are cases that are neither open nor withdrawn. Of those with a target, `on_time` were closed at or before
    it and `overdue` after it; `open_on_time` and `open_overdue` say the same of open cases, as if closed `now`.
    `ageing` counts open cases by full days of 24 hours since they came in: 0 to 7, 8 to 30, 31 to 90, and more; so a
    case of exactly eight days is in the second group. `handlers` counts open cases. `events`, `findings` and
    `refused_rows` are None unless the cases were read from a log.
    """

    now: datetime
    cases: int
    events: int | None
    open: int
    closed: int
    withdrawn: int
    reopened_cases: int
    reopenings: int
    forwards: int
    on_time: int
    overdue: int
    open_on_time: int
    open_overdue: int
    findings: int | None
    refused_rows: int | None
    ageing: tuple[Share, ...]
    backlog: tuple[Month, ...]
    categories: tuple[Share, ...]
    handlers: tuple[Share, ...]

    def to_dict(self) -> dict[str, object]:
        """The same in JSON types; the moment in ISO 8601."""
        plain = {name: value for name, value in fields_of(self).items() if value is not None}
        for name, value in plain.items():
            if isinstance(value, tuple):
                plain[name] = [fields_of(item) for item in value]
        return {**plain, "now": self.now.isoformat(), "ageing": {share.name: share.cases for share in self.ageing}}

    def lines(self, *, language: str = "en") -> Iterator[str]:
        """The same as a text to print, line by line.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        from servicecrm.analytics.printing import summary_lines

        return summary_lines(self, language)


def summarise(
    rows: Iterable[CaseRow],
    *,
    now: datetime,
    zone: tzinfo = UTC,
    top: int = 10,
    events: int | None = None,
    findings: int | None = None,
    refused_rows: int | None = None,
) -> Summary:
    """Sum up a set of cases in one pass; only months, categories and handlers are kept.

    `zone` says where a month begins. `top` limits categories and handlers to the most frequent ones.

    A row knows when its case came in and when it ended at last. So `open_end` is the `open_end` of the month before
    plus `received` minus `closed`, for the final ends: that a case was once closed and open again cannot be seen, and
    such a case counts as open in between. A case that has ended without saying when is left out of the months.

    Raises:
        NaiveDatetime: `now` has no zone.
    """
    if now.utcoffset() is None:
        raise NaiveDatetime("now")
    counts: Counter[str] = Counter()
    ages = dict.fromkeys(AGES, 0)
    received: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    categories: Counter[str | None] = Counter()
    handlers: Counter[str | None] = Counter()
    for row in rows:
        counts["cases"] += 1
        counts["open" if row.open else "withdrawn" if row.state == "withdrawn" else "closed"] += 1
        counts["reopened_cases"] += row.reopenings > 0
        counts["reopenings"] += row.reopenings
        counts["forwards"] += row.forwards
        verdict = _punctuality(row, now)
        if verdict is not None:
            counts[verdict] += 1
        categories[row.category] += 1
        if row.open:
            ages[AGES[bisect_right(_BOUNDS, (now - row.received_at) // _DAY)]] += 1
            handlers[row.handler] += 1
        if row.open or row.closed_at is not None:
            received[_month(row.received_at, zone)] += 1
        if not row.open and row.closed_at is not None:
            ended[_month(row.closed_at, zone)] += 1
    return Summary(
        now=now,
        events=events,
        findings=findings,
        refused_rows=refused_rows,
        ageing=tuple(Share(name=name, cases=cases) for name, cases in ages.items()),
        backlog=tuple(_backlog(received, ended)),
        categories=_most(categories, top),
        handlers=_most(handlers, top),
        **{name: counts[name] for name in (*COUNTS, *TARGETS)},
    )


def _punctuality(row: CaseRow, now: datetime) -> str | None:
    if row.due_at is None or row.state == "withdrawn":
        return None
    if row.open:
        return "open_on_time" if now <= row.due_at else "open_overdue"
    if row.closed_at is None:
        return None
    return "on_time" if row.closed_at <= row.due_at else "overdue"


def _month(moment: datetime, zone: tzinfo) -> int:
    """The number of a month, so that the next one is one more."""
    local = moment.astimezone(zone)
    return local.year * 12 + local.month - 1


def _backlog(received: Counter[int], ended: Counter[int]) -> Iterator[Month]:
    seen = received.keys() | ended.keys()
    still_open = 0
    for month in range(min(seen), max(seen) + 1) if seen else ():
        still_open += received[month] - ended[month]
        name = f"{month // 12:04}-{month % 12 + 1:02}"
        yield Month(month=name, received=received[month], closed=ended[month], open_end=still_open)


def _most(counted: Counter[str | None], top: int) -> tuple[Share, ...]:
    order = sorted(counted.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))
    return tuple(Share(name=name, cases=cases) for name, cases in order[:top])
