"""Key figures at the desk: of a period, of what is open, and of what is left to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import starmap
from typing import TYPE_CHECKING, Any, TypeVar

from servicecrm.agreements.evaluating import Evaluation
from servicecrm.agreements.model import Agreement
from servicecrm.analytics.board import Board, BoardRules, FollowUp, FollowUpStatus, OpenRow, board, follow_ups
from servicecrm.analytics.kpis import key_figures
from servicecrm.analytics.kpis_customers import CustomerKpiRows, ProspectRow, customer_figures, customer_rows
from servicecrm.analytics.kpis_rows import (
    ActionRow,
    ComplaintRow,
    KpiRows,
    KpiRules,
    MoveKind,
    MoveRow,
    TimerRow,
)
from servicecrm.analytics.kpis_table import KpiTable
from servicecrm.calendars import Calendar
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk.books import book_of
from servicecrm.desk.number_rows import (
    Numbered,
    Values,
    action_row,
    moves_of,
    numbered,
    open_row,
    remedy_row,
    timers_of,
)
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import Identified, Indexed, Kind, from_micros, micros, storable
from servicecrm.kernel.shapes import mapped, several
from servicecrm.kernel.values import Period
from servicecrm.kernel.years import in_years
from servicecrm.measures import Kpi
from servicecrm.measures.catalogue import KPIS
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.policy import PortfolioPolicies
from servicecrm.portfolio.prospect_model import Prospect
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import FETCHED, Tables, ask
from servicecrm.storage.work import Work
from servicecrm.tracking import CLOCK, ActionItem, Clock, RecordEscalated, clock_id
from servicecrm.tracking.books import CalendarBook
from servicecrm.tracking.figures import FIGURES, Figures, Later, read

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Numbers"]

R = TypeVar("R", bound=Identified)

PAGE = 500
READ = 50


class Numbers:
    """See how the work goes: key figures of a period, what is open, and what is left to do.

    Source: C051, C053, C113.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def kpis(
        self,
        period: str | Period,
        *,
        of: str = "complaint",
        by: str | None = None,
        zone: str | None = None,
        as_of: datetime | None = None,
        active: float | Mapping[str, float] | None = None,
        rules: KpiRules | None = None,
        definitions: Mapping[str, Kpi] = KPIS,
    ) -> KpiTable:
        """The key figures of complaints, or of cases, in a period such as `2026-Q3`. See `analytics.kpis.key_figures`.

        Days begin as in `zone`, by default that of the house's calendar, whose business days are counted. What was
        recorded after `as_of`, by default now, does not count; what a record is classified as counts as it is now, and
        remedies, the ends of actions, and parts that were passed on by when they happened.

        Raises:
            InvalidValue: there is no such period, zone, kind of record or column, something is of another type, or
                `as_of` lies outside the years 1 to 9999 in UTC.
        """
        kind, known = numbered(of), mapped("definitions", definitions)
        several("definitions", known, str)
        there = _active(active)
        if rules is not None and not isinstance(rules, KpiRules):
            raise InvalidValue("rules", f"expected KpiRules, got {type(rules).__name__}")
        days_in = None if zone is None else storable("zone", zone)
        at = self._desk.clock() if as_of is None else from_micros(micros(in_years("as_of", as_of)))

        def program(work: Work) -> Program[KpiTable]:
            calendar = yield from _calendar(work, at)
            rows = yield from _rows(work, kind, micros(at))
            return key_figures(
                rows,
                period=period,
                zone=days_in or calendar.zone,
                as_of=at,
                by=by,
                calendar=calendar,
                active=there,
                rules=rules or kind.rules,
                definitions=known,
            )

        return self._desk.perform(program, readonly=True)

    def customers(
        self,
        period: str,
        *,
        zone: str | None = None,
        as_of: datetime | None = None,
        evaluations: Iterable[Evaluation] = (),
    ) -> KpiTable:
        """The key figures of customers and agreements, K01 to K12, in a period such as `2026-Q3`.

        `evaluations` are those of agreements in the period, from `crm.agreements.evaluate`. See
        `analytics.kpis_customers.customer_figures`.

        Raises:
            InvalidValue: there is no such period or zone, or `as_of` lies outside the years 1 to 9999 in UTC.

        Source: C116.
        """
        at = self._desk.clock() if as_of is None else from_micros(micros(in_years("as_of", as_of)))
        span, days_in = storable("period", period), None if zone is None else storable("zone", zone)
        told = several("evaluations", evaluations, Evaluation)

        def program(work: Work) -> Program[KpiTable]:
            calendar = yield from _calendar(work, at)
            customers = yield from work.find(Customer)
            prospects = yield from work.find(Prospect)
            agreements = yield from work.find(Agreement)
            policy = (yield from book_of(work, PortfolioPolicies)).in_force(at)[1]
            rows = CustomerKpiRows(
                customers=customer_rows(customers, policy=policy),
                prospects=(ProspectRow(each.id, each.added_at) for each in prospects),
                agreements=agreements,
                evaluations=told,
            )
            return customer_figures(rows, period=span, zone=days_in or calendar.zone, as_of=at, policy=policy)

        return self._desk.perform(program, readonly=True)

    def board(self, *, of: str = "complaint", by: str = "handler", rules: BoardRules | None = None) -> Board:
        """What is open now: how old, how urgent, how still, and what could be done. See `analytics.board.board`.

        Raises:
            InvalidValue: there is no such kind of record or column, or the rules are none.
        """
        if rules is not None and not isinstance(rules, BoardRules):
            raise InvalidValue("rules", f"expected BoardRules, got {type(rules).__name__}")
        kind = numbered(of)
        now = self._desk.clock()

        def program(work: Work) -> Program[Board]:
            calendar = yield from _calendar(work, now)
            rows: list[OpenRow] = []
            after: str | None = None
            while True:
                page = yield from work.find(kind.kind.schema.record, where("open").is_(True), limit=PAGE, after=after)
                ids = [clock_id(kind.kind.name, each.id) for each in page]
                clocks = yield from work.present(Clock, ids, held=False)
                due = {clock.about: clock.due_at for clock in clocks.values()}
                rows += [open_row(kind, each, due.get(each.id)) for each in page]
                after = page.next
                if after is None:
                    break
            return board(rows, as_of=now, calendar=calendar, by=by, rules=rules)

        return self._desk.perform(program, readonly=True)

    def follow_ups(self, *, status: FollowUpStatus | str | None = None) -> tuple[FollowUp, ...]:
        """What is to be done because of complaints, also of those that have ended. See `analytics.board.follow_ups`.

        Raises:
            InvalidValue: there is no such status.
        """
        now = self._desk.clock()

        def program(work: Work) -> Program[tuple[FollowUp, ...]]:
            rows: list[ActionRow] = []
            because = where("source_kind") == COMPLAINT.name
            yield from _each(work, ActionItem, lambda item: rows.append(action_row(item)), because)
            ids = sorted({row.source for row in rows})
            found: dict[str, Complaint] = {}
            for first in range(0, len(ids), PAGE):
                found |= yield from work.present(Complaint, ids[first : first + PAGE], held=False)
            ended = {id for id, complaint in found.items() if complaint.closed_at is not None}
            return follow_ups(rows, ended=ended, as_of=now, status=status)

        return self._desk.perform(program, readonly=True)


def _active(given: Any) -> float | Mapping[str, float] | None:
    """How many were active, as it is told."""
    if given is not None and not isinstance(given, int | float | Mapping):
        raise InvalidValue("active", f"expected a number, or one for each group, got {type(given).__name__}")
    told: float | Mapping[str, float] | None = given
    return told


def _calendar(work: Work, at: datetime) -> Program[Calendar]:
    """The calendar of the house."""
    return (yield from book_of(work, CalendarBook)).in_force(at)[1]


def _rows(work: Work, kind: Numbered, as_of: int) -> Program[KpiRows]:
    """Everything that key figures are computed from, read page by page, and from columns as far as there are such."""
    # Rows are kept as plain tuples: garbage collection does not look at those of texts and numbers again and again.
    complaints: list[Values] = []
    moves: list[Values] = []
    remedies: list[Values] = []
    clocks: list[Values] = []
    actions: list[ActionRow] = []
    later: dict[str, Sequence[Later]] = {}

    def told(page: Sequence[Values]) -> None:
        for values, counts in _told(page):
            id, figures = values[0], Figures(*counts)
            complaints.append(tuple(kind.row(values, figures, as_of)))
            moves.extend(map(tuple, moves_of(id, figures, as_of)))
            remedies.extend((id, *each) for each in figures.remedies)
            if figures.later:
                later[id] = figures.later

    def timers() -> Iterator[TimerRow]:
        for (_, about, _, _), results in _told(clocks):
            yield from timers_of(about, results, later.get(about, ()))

    yield from _columns(work, kind.kind, kind.columns, told)
    yield from _columns(
        work, CLOCK, ("id", "about", "level", FIGURES), clocks.extend, where("about_kind") == kind.kind.name
    )
    moves += yield from _escalations({str(id): str(about) for id, about, level, _ in clocks if level})
    yield from _each(work, ActionItem, lambda item: actions.append(action_row(item)))
    return KpiRows(
        complaints=map(ComplaintRow._make, complaints),
        moves=map(MoveRow._make, moves),
        timers=timers(),
        actions=actions,
        remedies=starmap(remedy_row, remedies),
    )


def _told(rows: Sequence[Values]) -> Iterator[tuple[Values, list[Any]]]:
    """Rows with what their last column tells. Few are read at once, or garbage collection has more to look at."""
    for start in range(0, len(rows), READ):
        some = rows[start : start + READ]
        yield from zip(some, read(values[-1] for values in some), strict=True)


def _escalations(clocks: Mapping[str, str]) -> Program[list[Values]]:
    """When records were escalated: their clocks only say how far."""
    ids = [*clocks]
    found: list[Values] = []
    for start in range(0, len(ids), FETCHED):
        some = ids[start : start + FETCHED]
        entries = yield from ask(Tables.entries, CLOCK.name, some, type=RecordEscalated.type)
        moves = (MoveRow(clocks[each.id], MoveKind.ESCALATED, each.occurred_at, each.recorded_at) for each in entries)
        found += map(tuple, moves)
    return found


def _columns(
    work: Work, kind: Kind[Any], names: Sequence[str], take: Callable[[Sequence[Values]], None], *filters: Filter
) -> Program[None]:
    """Hands over columns of all records that pass the filters, page by page: the id first, what counts of it last.

    A record that was not saved since there is such a column is read from its document.
    """
    record, after = kind.schema.record, None
    while True:
        page, after = yield from work.rows(record, names, *filters, limit=PAGE, after=after)
        without = [str(values[0]) for values in page if values[-1] is None]
        if without:
            found = yield from work.present(record, without, held=False)
            page = [_taken(kind, found[str(each[0])], names) if each[-1] is None else each for each in page]
        take(page)
        if after is None:
            return


def _taken(kind: Kind[Any], record: Any, names: Sequence[str]) -> tuple[Indexed, ...]:
    """The columns of a record, as they will be stored."""
    index = {"id": record.id, **kind.index_of(record)}
    return tuple(index[name] for name in names)


def _each(work: Work, record: type[R], take: Callable[[R], None], *filters: Filter) -> Program[None]:
    """Hands over every record that passes the filters, and keeps none of them."""
    after: str | None = None
    while True:
        page = yield from work.find(record, *filters, limit=PAGE, after=after)
        for each in page:
            take(each)
        after = page.next
        if after is None:
            return
