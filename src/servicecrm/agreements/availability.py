"""How available a service was: from the hours that were agreed, the outages, and the times that somebody watched it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import attrs

from servicecrm.agreements.parts import Spell
from servicecrm.calendars import BusinessHours
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.kernel.records import record
from servicecrm.kernel.values import Period

__all__ = ["Availability", "Outage", "Watched", "availability"]

Spans = list[tuple[int, int]]
"""Stretches of microseconds, in order and apart."""


@record
class Outage:
    """A time in which a service could not be used. One that was `planned` was told in advance, such as maintenance."""

    service: str
    period: Period
    planned: bool = False


@record
class Watched:
    """A time in which somebody looked whether a service could be used: what was not seen then was not there."""

    service: str
    period: Period


@attrs.frozen(kw_only=True)
class Availability:
    """The share of the agreed service time in which a service could be used, in percent.

    `value` is that of the time that was measured. `low` and `high` are what it would be if the service had been down,
    or up, whenever nobody knows. `measured` is the measured part of the agreed time. All are None if nothing was
    agreed, or measured.
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    measured: Decimal | None
    excluded: tuple[Period, ...]
    unmeasured: tuple[Period, ...]


def availability(
    period: Period,
    *,
    outages: Iterable[Outage] = (),
    watched: Iterable[Watched] | None = None,
    hours: BusinessHours | None = None,
    suspended: Iterable[Spell] = (),
    planned_counts: bool = False,
) -> Availability:
    """How available a service was in a period, which has an end.

    The agreed service time is the open time of `hours`, or all of it, but for the time in which the agreement was
    `suspended`. Planned maintenance is no part of it, unless `planned_counts`. Without `watched` it was measured all
    the time; with it, an outage was measured as well.

    Source: C032, K12.
    """
    start, end = micros(period.start), micros(period.end or period.start)
    if hours is None:
        agreed: Spans = [(start, end)]
    else:
        agreed = _merged((span.start, span.end) for span in hours.spans(period.start, period.end))
    agreed = _without(agreed, _merged((each.since, each.until or from_micros(end)) for each in suspended))
    every = list(outages)
    unplanned = _merged(_bounds(each.period, end) for each in every if planned_counts or not each.planned)
    planned = [] if planned_counts else _merged(_bounds(each.period, end) for each in every if each.planned)
    excluded = _common(agreed, planned)
    agreed = _without(agreed, planned)
    down = _common(agreed, unplanned)
    seen = agreed if watched is None else _merged([*(_bounds(each.period, end) for each in watched), *_times(down)])
    blind = _without(agreed, seen)
    total, dark, lost = _length(agreed), _length(blind), _length(down)
    return Availability(
        value=_percent(total - dark - lost, total - dark),
        low=_percent(total - dark - lost, total),
        high=_percent(total - lost, total),
        measured=_percent(total - dark, total),
        excluded=_periods(excluded),
        unmeasured=_periods(blind),
    )


def _percent(part: int, whole: int) -> Decimal | None:
    return Decimal(100) * part / whole if whole else None


def _bounds(period: Period, end: int) -> tuple[datetime, datetime]:
    return period.start, period.end or from_micros(max(end, micros(period.start)))


def _times(spans: Spans) -> Iterator[tuple[datetime, datetime]]:
    return ((from_micros(start), from_micros(end)) for start, end in spans)


def _merged(times: Iterable[tuple[datetime, datetime | None]]) -> Spans:
    spans: Spans = []
    for start, end in sorted((micros(since), micros(until or since)) for since, until in times):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif start < end:
            spans.append((start, end))
    return spans


def _common(one: Spans, other: Spans) -> Spans:
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]


def _without(one: Spans, other: Spans) -> Spans:
    left: Spans = []
    for start, end in one:
        for opens, closes in other:
            if closes <= start or end <= opens:
                continue
            if start < opens:
                left.append((start, opens))
            start = closes  # noqa: PLW2901 - what is left of it
        if start < end:
            left.append((start, end))
    return left


def _length(spans: Spans) -> int:
    return sum(end - start for start, end in spans)


def _periods(spans: Spans) -> tuple[Period, ...]:
    return tuple(Period(start=start, end=end) for start, end in _times(spans))
