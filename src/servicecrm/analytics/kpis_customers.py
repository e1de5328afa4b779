"""The key figures K01 to K12 of a period: who comes, stays and goes, what is known of them, and what was agreed.

```python
from datetime import UTC, datetime

from servicecrm.analytics.kpis_customers import CustomerKpiRows, CustomerRow, customer_figures

rows = CustomerKpiRows(customers=[CustomerRow("c-1", served=((datetime(2026, 2, 2, tzinfo=UTC), None),))])
table = customer_figures(rows, period="2026-Q1", zone="Europe/Berlin", as_of=datetime(2026, 4, 1, tzinfo=UTC))
table["K01"].value, table["K01.new"].ids
```
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.agreements import Agreement, Evaluation
from servicecrm.agreements.levels import AVAILABILITY, LevelTarget
from servicecrm.agreements.reports import KPIS as AGREEMENT_KPIS
from servicecrm.agreements.reports import compliance, movement, renewals
from servicecrm.analytics.kpis_table import KpiLine, KpiTable
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.values import Period
from servicecrm.measures import Kpi, Value, kpi_period, rate
from servicecrm.measures.catalogue import CUSTOMER_KPIS
from servicecrm.portfolio import DEFAULT, Customer, Health, PortfolioPolicy, Rfm, completeness

__all__ = ["DEFINITIONS", "CustomerKpiRows", "CustomerRow", "ProspectRow", "customer_figures", "customer_rows"]

Stretch = tuple[datetime, datetime | None]
"""From when until when; it holds its start and not its end."""


class CustomerRow(NamedTuple):
    """A customer: when it was served and had an account manager, and what is known of it.

    `completeness` is the share of its profile that is known, from 0 to 1, `grade` the weighted grade of its purchases,
    and `health` that of the relationship, from 0 to 100.
    """

    id: str
    served: tuple[Stretch, ...] = ()
    managed: tuple[Stretch, ...] = ()
    verified_at: datetime | None = None
    leaving_reason: str | None = None
    completeness: float | None = None
    grade: float | None = None
    health: float | None = None


class ProspectRow(NamedTuple):
    """A prospect, and when it was added."""

    id: str
    added_at: datetime


@attrs.frozen(kw_only=True)
class CustomerKpiRows:
    """Everything that the key figures are computed from. Give all there are, not those of the period alone.

    `evaluations` are those of the period, of every agreement that was evaluated.
    """

    customers: Iterable[CustomerRow]
    prospects: Iterable[ProspectRow] = ()
    agreements: Iterable[Agreement] = ()
    evaluations: Iterable[Evaluation] = ()


def customer_rows(
    customers: Iterable[Customer],
    *,
    purchases: Rfm | None = None,
    health: Mapping[str, Health] = MappingProxyType({}),
    policy: PortfolioPolicy = DEFAULT,
) -> Iterator[CustomerRow]:
    """The rows of customers, without those that go on as another one. An erased customer counts as before."""
    grades = {} if purchases is None else {score.customer: score.weighted for score in purchases.scores}
    for customer in customers:
        if customer.merged_into is None:
            yield CustomerRow(
                id=customer.id,
                served=tuple((each.since, each.until) for each in customer.served),
                managed=tuple((each.since, each.until) for each in customer.managers),
                verified_at=customer.verified_at,
                leaving_reason=customer.leaving_reason,
                completeness=completeness([customer], policy=policy),
                grade=grades.get(customer.id),
                health=health[customer.id].value if customer.id in health else None,
            )


DEFINITIONS: Final[Mapping[str, Kpi]] = MappingProxyType(
    dict(sorted({**CUSTOMER_KPIS, **AGREEMENT_KPIS}.items(), key=lambda item: item[0]))
)
"""What each of the figures means, from K01 to K12."""


def customer_figures(
    rows: CustomerKpiRows,
    *,
    period: str,
    zone: str,
    as_of: datetime,
    policy: PortfolioPolicy = DEFAULT,
    definitions: Mapping[str, Kpi] = DEFINITIONS,
) -> KpiTable:
    """The key figures of customers and agreements in a period such as `2026-Q3`, in the time of a zone.

    What lies after `as_of` does not count. Whoever comes at the very start comes in the period, and was not there at
    its start. K03 is about those who were there at the start: whoever left and came back is no churn, but lost.
    K02 has parts by the reason for leaving, and K12 by the service. The lines of customers and prospects name who is
    behind them. What has no base is None, with a reason.

    Raises:
        InvalidValue: there is no such period, zone or figure.
        NaiveDatetime: a time has no zone.

    Source: C113, C116; K01-K12.
    """
    unknown = sorted(definitions.keys() - DEFINITIONS.keys())
    if unknown:
        raise InvalidValue("definitions", f"there is no figure {', '.join(unknown)}; known: {', '.join(DEFINITIONS)}")
    asked = kpi_period(period, zone=zone)
    start = micros(asked.start)
    until = min(micros(asked.end or as_of), micros(as_of) + 1)
    known = {**DEFINITIONS, **definitions}
    lines = [
        *_of_customers(tuple(rows.customers), start, until, policy.verified_within),
        *_counted("K01.prospects", [each.id for each in rows.prospects if start <= micros(each.added_at) < until]),
        *_of_agreements(tuple(rows.agreements), tuple(rows.evaluations), start, until),
    ]
    lines.sort(key=lambda line: list(DEFINITIONS).index(line.kpi))
    return KpiTable(period=period, zone=zone, as_of=as_of, lines=tuple(line.judged(known[line.kpi]) for line in lines))


class _Line(NamedTuple):
    """A figure that still has to be judged by its definition."""

    kpi: str
    value: Callable[[Kpi], Value]
    part: str | None = None
    ids: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()

    def judged(self, kpi: Kpi) -> KpiLine:
        """The figure, judged by its target."""
        value: Any = fields_of(self.value(kpi))
        return KpiLine(**value, part=self.part, ids=self.ids, hits=self.hits)


def _counted(kpi: str, ids: Sequence[str], *, part: str | None = None) -> Iterator[_Line]:
    yield _Line(kpi, lambda of: of.value(len(ids), n=len(ids)), part, tuple(sorted(ids)))


def _shared(kpi: str, base: Sequence[str], hits: Sequence[str]) -> Iterator[_Line]:
    """The share of a base, in percent."""

    def value(of: Kpi) -> Value:
        return of.of(rate(len(hits), len(base))) if base else of.value(None, n=0)

    yield _Line(kpi, value, None, tuple(sorted(base)), tuple(sorted(hits)))


def _mean(kpi: str, values: Iterable[tuple[str, float | None]], *, part: str | None = None) -> Iterator[_Line]:
    there = [(id, value) for id, value in values if value is not None]
    mean = fmean(value for _, value in there) if there else None
    yield _Line(kpi, lambda of: of.value(mean, n=len(there)), part, tuple(sorted(id for id, _ in there)))


# -- customers -----------------------------------------------------------------------------------


def _of_customers(rows: tuple[CustomerRow, ...], start: int, until: int, lately: timedelta) -> Iterator[_Line]:
    at_start = {row.id for row in rows if _holds(row.served, start)}
    now = [row for row in rows if _holds(row.served, until)]
    there = [row.id for row in now]
    left = [
        (row.id, row.leaving_reason)
        for row in rows
        for _, end in row.served
        if end is not None and start <= micros(end) < until
    ]
    stayed = at_start & set(there)
    oldest = until - lately // timedelta(microseconds=1)
    yield from _counted("K01", there)
    new = [row.id for row in rows if row.served and start <= micros(row.served[0][0]) < until]
    yield from _counted("K01.new", new)
    yield from _counted("K02", [id for id, _ in left])
    for reason in sorted({reason for _, reason in left if reason is not None}):
        yield from _counted("K02", [id for id, why in left if why == reason], part=reason)
    yield from _shared("K03", sorted(at_start), sorted(at_start - stayed))
    yield from _shared("K03.retention", sorted(at_start), sorted(stayed))
    yield from _shared(
        "K04", there, [row.id for row in now if sum(_holds((each,), until) for each in row.managed) == 1]
    )
    yield from _shared("K05", there, [row.id for row in now if row.verified_at and micros(row.verified_at) >= oldest])
    yield from _mean("K06", [(row.id, None if row.completeness is None else 100 * row.completeness) for row in now])
    yield from _mean("K09", [(row.id, row.grade) for row in now])
    yield from _mean("K10", [(row.id, row.health) for row in now])


def _holds(stretches: Iterable[Stretch], at: int) -> bool:
    """Up to that instant: whoever comes or leaves just then does so in what begins."""
    return any(micros(since) < at and (until is None or at <= micros(until)) for since, until in stretches)


# -- agreements ----------------------------------------------------------------------------------


def _of_agreements(
    agreements: tuple[Agreement, ...], evaluations: tuple[Evaluation, ...], start: int, until: int
) -> Iterator[_Line]:
    found: tuple[Value, ...]
    if until > start:
        period = Period(start=from_micros(start), end=from_micros(until))
        found = (*movement(agreements, period), renewals(agreements, period), compliance(evaluations))
    else:  # nothing of it has come yet
        found = tuple(AGREEMENT_KPIS[kpi].value(None, n=0) for kpi in AGREEMENT_KPIS if kpi != "K12")
    for value in found:
        yield _Line(value.kpi, _again(value))
    available = [
        (evaluation.agreement.id, result.service, None if result.value is None else float(result.value))
        for evaluation in evaluations
        for result in evaluation.results
        if isinstance(result.target, LevelTarget) and result.target.measure == AVAILABILITY
    ]
    yield from _mean("K12", [(agreement, value) for agreement, _, value in available])
    for service in sorted({service for _, service, _ in available}):
        of_it = [(agreement, value) for agreement, each, value in available if each == service]
        yield from _mean("K12", of_it, part=service)


def _again(value: Value) -> Callable[[Kpi], Value]:
    """The same figure, judged by a definition that may have a target."""
    return lambda of: of.value(value.value, n=value.n, reason=value.reason or "no_values")
