"""The key figures K13 to K32 of a period, computed from plain rows.

```python
from datetime import UTC, datetime

from servicecrm.analytics.kpis import KpiRows, key_figures
from servicecrm.analytics.kpis_rows import ComplaintRow

rows = KpiRows(complaints=[ComplaintRow(id="c-1", received_at=datetime(2026, 3, 2, 9, tzinfo=UTC))])
table = key_figures(rows, period="2026-Q1", zone="Europe/Berlin", as_of=datetime(2026, 4, 1, tzinfo=UTC))
table["K18"].value
```
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from statistics import fmean
from typing import Final, Literal

import attrs

from servicecrm.analytics.kpis_counting import count
from servicecrm.analytics.kpis_rows import GROUPS, KpiRows, KpiRules
from servicecrm.analytics.kpis_table import KpiLine, KpiTable
from servicecrm.analytics.kpis_tally import Found, Question, Tally
from servicecrm.calendars import BusinessHours, Calendar
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.kernel.records import evolve, fields_of
from servicecrm.kernel.values import Period
from servicecrm.measures import Kpi, Value, kpi_period, percentile, previous_period, rate
from servicecrm.measures.catalogue import KPIS
from servicecrm.measures.scores import Reason

__all__ = ["KpiLine", "KpiRows", "KpiRules", "KpiTable", "key_figures"]


def key_figures(
    rows: KpiRows,
    *,
    period: str | Period,
    zone: str,
    as_of: datetime,
    by: str | None = None,
    calendar: BusinessHours | None = None,
    active: float | Mapping[str, float] | None = None,
    rules: KpiRules | None = None,
    definitions: Mapping[str, Kpi] = KPIS,
) -> KpiTable:
    """The key figures of a period: one such as `2026-Q3`, which begins and ends at midnight in a zone, or any other.

    What happened or was recorded after `as_of` does not count, so that an earlier `as_of` gives what was known then, as
    far as rows tell when something happened. A closing that was undone counts in its period, and the reopening in its
    own. With `by`, one of the columns of a complaint such as `"service"`, there are the figures of each group.

    Ages are in business days of `calendar`, by default Monday to Friday. K27 needs how many customers or agreements
    were `active` in the mean, for each group if there are groups. `definitions` are yours where you have a target.

    What has no base is None, with a reason. All figures take one pass over each source of rows.

    Raises:
        InvalidValue: there is no such period, zone, column or figure; a complaint stands there twice, a move is of no
            kind, or an amount has no rate.
        NaiveDatetime: a time has no zone.

    Source: C113; K13-K32.
    """
    if by is not None and by not in GROUPS:
        raise InvalidValue("by", f"expected one of {', '.join(GROUPS)}")
    unknown = sorted(definitions.keys() - KPIS.keys())
    if unknown:
        raise InvalidValue("definitions", f"there is no figure {', '.join(unknown)}; known: {', '.join(KPIS)}")
    name, before, start, end = _spans(period, zone)
    question = Question(
        before=before,
        start=start,
        end=end,
        as_of=micros(as_of),
        by=by,
        calendar=calendar or _weekdays(zone),
        rules=rules or KpiRules(),
    )
    counted = count(rows, question)
    known = {**KPIS, **definitions}
    if counted.currency is not None:
        known["K32"] = evolve(known["K32"], unit=counted.currency)
    lines: list[KpiLine] = []
    for group in sorted(counted.tallies, key=lambda name: (name is None, name or "")):
        tally = counted.tallies[group]
        context = _Context(group=group, tally=tally, question=question, active=_active(active, by, group))
        for id, figure in _FIGURES.items():
            lines += figure.lines(known[id], context)
    return KpiTable(period=name, zone=zone, as_of=as_of, by=by, lines=tuple(lines))


def _spans(period: str | Period, zone: str) -> tuple[str, int, int, int]:
    """What a period is called, when the one before it begins, and when it begins and ends, in microseconds."""
    if isinstance(period, str):
        asked, before = kpi_period(period, zone=zone), kpi_period(previous_period(period), zone=zone)
        return period, micros(before.start), *_ends(asked)
    if not isinstance(period, Period):
        raise InvalidValue("period", 'expected "2026", "2026-Q1", "2026-03" or a Period')
    start, end = _ends(period)
    place = _weekdays(zone).tz()
    name = "/".join(f"{from_micros(at).astimezone(place):%Y-%m-%d}" for at in (start, end))
    return name, 2 * start - end, start, end


def _ends(period: Period) -> tuple[int, int]:
    if period.end is None:
        raise InvalidValue("period", "a period to count in has an end")
    return micros(period.start), micros(period.end)


def _active(active: float | Mapping[str, float] | None, by: str | None, group: str | None) -> float | None:
    """How many were active in a group; one number for all says nothing about groups."""
    if isinstance(active, Mapping):
        return None if group is None else active.get(group)
    return active if by is None else None


@lru_cache(maxsize=8)
def _weekdays(zone: str) -> Calendar:
    """Monday to Friday, with the table of days that it has made before."""
    return Calendar(zone=zone, hours="mon-fri 09:00-17:00")


# -- how each figure is computed -----------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Context:
    group: str | None
    tally: Tally
    question: Question
    active: float | None


Compute = Callable[[Found, Found, _Context], float | None]


@attrs.frozen
class _Figure:
    """Which records a figure is made of, and how. `hits` are those of the base that a share counts."""

    compute: Compute
    base: str
    hits: str | None = None
    parts: Literal["none", "found", "ages"] = "none"

    def lines(self, kpi: Kpi, context: _Context) -> Iterator[KpiLine]:
        for part in (None, *self._parts(context)):
            base, hits = (context.tally.found(name, part) for name in (self.base, self.hits))
            found = self._value(kpi, base, hits, context)
            yield KpiLine(**fields_of(found), part=part, group=context.group, ids=_ids(base), hits=_ids(hits))  # type: ignore[arg-type]  # fields of it

    def _parts(self, context: _Context) -> Iterable[str]:
        if self.parts == "ages":
            return context.question.rules.age_groups
        return context.tally.parts(self.base) if self.parts == "found" else ()

    def _value(self, kpi: Kpi, base: Found, hits: Found, context: _Context) -> Value:
        if self.compute is _share and base:
            return kpi.of(rate(len(hits), len(base)))
        value = self.compute(base, hits, context)
        reason: Reason = "zero_base" if self.compute is _change and context.question.over else "no_values"
        return kpi.value(value, n=len(base), reason=reason)


def _ids(found: Found) -> tuple[str, ...]:
    return tuple(sorted(found.ids))


def _number(base: Found, _hits: Found, _context: _Context) -> float:
    return float(len(base))


def _total(base: Found, _hits: Found, _context: _Context) -> float:
    return float(sum(map(Decimal, base.amounts), Decimal(0)))


def _mean(base: Found, _hits: Found, _context: _Context) -> float | None:
    return fmean(base.amounts) if base else None


def _median(base: Found, _hits: Found, _context: _Context) -> float | None:
    return percentile(map(float, base.amounts), 50, rule="linear")


def _p90(base: Found, _hits: Found, _context: _Context) -> float | None:
    return percentile(map(float, base.amounts), 90)


def _share(base: Found, hits: Found, _context: _Context) -> float | None:
    """Of those in the base, in percent; its interval comes with `rate`."""
    return 100 * len(hits) / len(base) if base else None


def _ratio(base: Found, hits: Found, _context: _Context) -> float | None:
    """In percent of something else, so that there may be more."""
    return 100 * len(hits) / len(base) if base else None


def _change(base: Found, hits: Found, context: _Context) -> float | None:
    """Since a whole period; one that goes on is not compared with it."""
    return 100 * (len(hits) - len(base)) / len(base) if base and context.question.over else None


def _per_hundred(base: Found, _hits: Found, context: _Context) -> float | None:
    return 100 * len(base) / context.active if context.active else None


_FIGURES: Final[Mapping[str, _Figure]] = {
    "K13": _Figure(_mean, "acknowledged"),
    "K13.median": _Figure(_median, "acknowledged"),
    "K14": _Figure(_mean, "resolved"),
    "K14.median": _Figure(_median, "resolved"),
    "K14.p90": _Figure(_p90, "resolved"),
    "K14.total": _Figure(_mean, "resolved_in_all"),
    "K15": _Figure(_number, "breached", parts="found"),
    "K15.rate": _Figure(_share, "with_due", "with_breach"),
    "K16": _Figure(_mean, "closed"),
    "K17": _Figure(_share, "closed", "closed_forwarded"),
    "K18": _Figure(_number, "received"),
    "K19": _Figure(_number, "accepted"),
    "K20": _Figure(_share, "judged", "accepted"),
    "K21": _Figure(_change, "received_before", "received"),
    "K22": _Figure(_share, "acknowledgement_due", "acknowledgement_on_time"),
    "K23": _Figure(_share, "resolution_due", "resolution_on_time"),
    "K24": _Figure(_number, "open"),
    "K24.start": _Figure(_number, "open_at_start"),
    "K24.received": _Figure(_number, "came_in"),
    "K24.reopened": _Figure(_number, "reopened"),
    "K24.ended": _Figure(_number, "ended"),
    "K25": _Figure(_ratio, "closings", "reopened"),
    "K26": _Figure(_share, "handled", "escalated"),
    "K26.external": _Figure(_share, "handled", "escalated_outside"),
    "K27": _Figure(_per_hundred, "received"),
    "K28": _Figure(_share, "received", "repeated"),
    "K29": _Figure(_share, "closed", "closed_at_once"),
    "K30": _Figure(_share, "actions_due", "actions_on_time", parts="found"),
    "K30.overdue": _Figure(_number, "actions_overdue", parts="found"),
    "K31": _Figure(_mean, "open"),
    "K31.open": _Figure(_number, "open", parts="ages"),
    "K32": _Figure(_total, "remedies", parts="found"),
}
"""What each figure is made of. The names are those under which `count` keeps what it finds."""
