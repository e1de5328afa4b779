"""What a manager wants to know at the end of the year, read from the desk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple

import attrs

from servicecrm.agreements import Agreement, Evaluation, compliance
from servicecrm.analytics.board import Board
from servicecrm.analytics.clocks import TimerCount, count_timers
from servicecrm.analytics.kpis_table import KpiTable
from servicecrm.analytics.portfolio_view import PortfolioLine
from servicecrm.analytics.summary import CaseRow, Month, summarise
from servicecrm.complaints import LIFECYCLE, Complaint
from servicecrm.demo.asking import TITLE
from servicecrm.demo.cast import CUSTOMERS
from servicecrm.demo.looking_back import judged
from servicecrm.demo.stage import END, YEAR, ZONE
from servicecrm.desk import Desk
from servicecrm.measures import Value, kpi_period
from servicecrm.portfolio import Health, complaint_part, health, recency_part
from servicecrm.reviews import Due, DueStatus, coverage, held_on_time, meetings_held, minutes_on_time
from servicecrm.surveys import Evaluation as SurveyEvaluation
from servicecrm.tracking import ActionItem

__all__ = ["AtRisk", "Figures", "Standing", "figures_of"]

_AHEAD: Final = 90
"""Days that a manager looks ahead."""


class Standing(NamedTuple):
    """A customer in the portfolio, how content it was in the last wave, and how well the relationship with it goes."""

    customer: PortfolioLine
    mark: float | None
    health: Health


class AtRisk(NamedTuple):
    """An agreement that may be lost. `why` are codes: `notice`, `term`, `targets`; `kept` is K11 of the year."""

    agreement: Agreement
    customer: str
    why: tuple[str, ...]
    kept: float | None


@attrs.frozen(kw_only=True)
class Figures:
    """How it stands with everything."""

    at: datetime
    portfolio: tuple[Standing, ...]
    at_risk: tuple[AtRisk, ...]
    in_force: int
    months: tuple[Month, ...]
    timers: tuple[TimerCount, ...]
    board: Board
    waves: tuple[SurveyEvaluation, ...]
    reviews: tuple[Due, ...]
    meetings: tuple[Value, ...]
    late_actions: tuple[ActionItem, ...]
    notices: int
    kpis: tuple[KpiTable, ...]

    def name(self, customer: str) -> str:
        """What a customer is called."""
        return next((each.customer.name for each in self.portfolio if each.customer.id == customer), customer)


def figures_of(crm: Desk) -> Figures:
    """How it stands at the end of the year. A target that was missed is kept as a violation, once."""
    view = crm.customers.view(size=500)
    complaints = tuple(crm.complaints.find())
    evaluations = _judged(crm, {line.id: line.name for line in view})
    waves = tuple(
        crm.evaluations.of(each.id, by="customer", wave=f"{each.opens_at:%Y-%m}")
        for each in crm.campaigns.find(order="number")
        if each.title == TITLE["en"]
    )
    marks = {line.group: line.value for line in waves[-1] if line.key == "overall"}
    dues = crm.review_schedules.dues(date(YEAR, 1, 1), crm.clock().date() + timedelta(days=_AHEAD))
    standings = (
        Standing(line, mark, _health(line, mark, evaluations, dues, at=crm.clock()))
        for line in view
        for mark in (marks.get((line.id,)),)
    )
    return Figures(
        at=crm.clock(),
        portfolio=tuple(sorted(standings, key=lambda each: (each.health.value or 0.0, each.customer.name))),
        at_risk=tuple(_at_risk(crm, evaluations)),
        in_force=sum(line.agreements for line in view),
        months=_months(complaints),
        timers=count_timers(crm.timers(each.id) for each in complaints),
        board=crm.numbers.board(),
        waves=waves,
        reviews=tuple(each for each in dues if each.status not in (DueStatus.HELD, DueStatus.MISSED)),
        meetings=tuple(_met(crm, [each for each in dues if each.due.year == YEAR])),
        late_actions=crm.actions.overdue().items,
        notices=crm.outbox.counts().waiting,
        kpis=(
            crm.numbers.customers(f"{YEAR}", zone=ZONE.key, evaluations=chain.from_iterable(evaluations.values())),
            crm.numbers.kpis(f"{YEAR}", zone=ZONE.key, active=len(view)),
        ),
    )


def _judged(crm: Desk, names: Mapping[str, str]) -> dict[Agreement, list[Evaluation]]:
    """The agreements of the cast, each with whether it was kept, quarter by quarter."""
    plays = {each.name: each for each in CUSTOMERS.values()}
    return {
        each: [judged(crm, each, of, quarter) for quarter in ("Q1", "Q2", "Q3", "Q4")]
        for each in crm.agreements.find(order="number")
        if (of := plays.get(names.get(each.customer, ""))) is not None
    }


def _health(
    line: PortfolioLine,
    mark: float | None,
    evaluations: Mapping[Agreement, Sequence[Evaluation]],
    dues: Sequence[Due],
    *,
    at: datetime,
) -> Health:
    kept = compliance(one for each, found in evaluations.items() if each.customer == line.id for one in found).value
    held = coverage(each for each in dues if each.customer == line.id).value
    return health(
        {
            "satisfaction": None if mark is None else (mark - 1) / 9,
            "complaints": complaint_part(line.open_complaints),
            "targets": None if kept is None else kept / 100,
            "reviews": None if held is None else held / 100,
            "recency": None if line.heard_at is None else recency_part(line.heard_at, at=at),
        }
    )


def _met(crm: Desk, dues: Sequence[Due]) -> Iterator[Value]:
    """Whether customers were met as often as they should be. A review is a meeting, too.

    Source: K41, K42.
    """
    period, met = kpi_period(f"{YEAR}", zone=ZONE.key), tuple(crm.meetings.find())
    yield coverage(each for each in dues if each.occasion == "service_review")
    yield meetings_held((*met, *crm.service_reviews.find()), period)
    yield held_on_time(dues)
    yield minutes_on_time(met, period, at=crm.clock())


def _at_risk(crm: Desk, evaluations: Mapping[Agreement, Sequence[Evaluation]]) -> Iterator[AtRisk]:
    ending = {each.agreement for each in crm.agreements.due_for_renewal(days=_AHEAD)}
    for each, found in evaluations.items():
        why = {"notice": each.notice is not None, "term": each.id in ending, "targets": found[-1].kept is False}
        if each.ended_at is None and any(why.values()):
            codes = tuple(code for code, holds in why.items() if holds)
            yield AtRisk(each, each.customer, codes, compliance(found).value)


def _months(complaints: Iterable[Complaint]) -> tuple[Month, ...]:
    rows = (
        CaseRow(
            state=each.state, open=each.state in LIFECYCLE.open, received_at=each.received_at, closed_at=each.closed_at
        )
        for each in complaints
    )
    return summarise(rows, now=END, zone=ZONE).backlog
