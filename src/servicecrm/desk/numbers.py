"""Key figures at the desk: of a period, of what is open, and of what is left to do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from servicecrm.analytics.board import Board, BoardRules, FollowUp, FollowUpStatus, OpenRow, board, follow_ups
from servicecrm.analytics.kpis import key_figures
from servicecrm.analytics.kpis_rows import (
    ActionRow,
    ComplaintRow,
    KpiRows,
    KpiRules,
    MoveKind,
    MoveRow,
    RemedyRow,
    TimerRow,
    timer_row,
)
from servicecrm.analytics.kpis_table import KpiTable
from servicecrm.calendars import Calendar
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.desk.books import book_of
from servicecrm.desk.number_rows import (
    Numbered,
    action_row,
    moves_of,
    numbered,
    open_row,
    remedies_of,
    told_later,
)
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import Identified, from_micros, micros
from servicecrm.kernel.values import Period
from servicecrm.measures import Kpi
from servicecrm.measures.catalogue import KPIS
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import ActionItem, Clock, Moments, RecordEscalated
from servicecrm.tracking.books import CalendarBook

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Numbers"]

R = TypeVar("R", bound=Identified)

PAGE = 500


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
            InvalidValue: there is no such period, zone, kind of record or column.
        """
        kind = numbered(of)
        at = self._desk.clock() if as_of is None else from_micros(micros(as_of))

        def program(work: Work) -> Program[KpiTable]:
            calendar = yield from _calendar(work, at)
            rows = yield from _rows(work, kind, at)
            return key_figures(
                rows,
                period=period,
                zone=zone or calendar.zone,
                as_of=at,
                by=by,
                calendar=calendar,
                active=active,
                rules=rules or kind.rules,
                definitions=definitions,
            )

        return self._desk.perform(program, readonly=True)

    def board(self, *, of: str = "complaint", by: str = "handler", rules: BoardRules | None = None) -> Board:
        """What is open now: how old, how urgent, how still, and what could be done. See `analytics.board.board`.

        Raises:
            InvalidValue: there is no such kind of record or column.
        """
        kind = numbered(of)
        now = self._desk.clock()

        def program(work: Work) -> Program[Board]:
            calendar = yield from _calendar(work, now)
            due: dict[str, datetime | None] = {}
            rows: list[OpenRow] = []

            def timed(clock: Clock) -> None:
                due[clock.about] = clock.due_at

            yield from _each(work, Clock, timed, where("about_kind") == kind.kind)
            opened = where("open").is_(True)
            yield from _each(
                work, kind.record, lambda each: rows.append(open_row(kind, each, due.get(each.id))), opened
            )
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


def _calendar(work: Work, at: datetime) -> Program[Calendar]:
    """The calendar of the house."""
    return (yield from book_of(work, CalendarBook)).in_force(at)[1]


def _rows(work: Work, kind: Numbered, as_of: datetime) -> Program[KpiRows]:
    """Everything that key figures are computed from, read page by page."""
    complaints: list[ComplaintRow] = []
    moves: list[MoveRow] = []
    remedies: list[RemedyRow] = []
    timers: list[TimerRow] = []
    actions: list[ActionRow] = []
    escalated: list[Clock] = []
    later: dict[str, Moments] = {}

    def told(record: Any) -> None:
        complaints.append(kind.row(record, as_of))
        moves.extend(moves_of(kind, record, as_of))
        remedies.extend(remedies_of(record))
        if backdated := told_later(record):
            later[record.id] = backdated

    def timed(clock: Clock) -> None:
        timers.extend(timer_row(clock.about, reading, later.get(clock.about, ())) for reading in clock.timers)
        if clock.level:
            escalated.append(clock)

    yield from _each(work, kind.record, told)
    yield from _each(work, Clock, timed, where("about_kind") == kind.kind)
    for clock in escalated:
        history = yield from work.history(Clock, clock.id)
        moves += [
            MoveRow(clock.about, MoveKind.ESCALATED, entry.occurred_at, entry.recorded_at)
            for entry in history
            if entry.type == RecordEscalated.type
        ]
    yield from _each(work, ActionItem, lambda item: actions.append(action_row(item)))
    return KpiRows(complaints=complaints, moves=moves, timers=timers, actions=actions, remedies=remedies)


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
