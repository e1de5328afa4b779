"""Counts what key figures are made of: one pass over each source of rows, and nothing is looked at twice."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from math import fsum
from typing import Final, NamedTuple

from servicecrm.analytics.kpis_ages import BusinessAges
from servicecrm.analytics.kpis_courses import Course, Move
from servicecrm.analytics.kpis_rows import (
    ActionRow,
    ComplaintRow,
    KpiRows,
    MoveKind,
    MoveRow,
    RemedyRow,
    TimerRow,
)
from servicecrm.analytics.kpis_tally import Question, Tally, instant
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Money
from servicecrm.tracking import TimerState

__all__ = ["Counted", "count"]

_HOUR: Final = timedelta(hours=1)
_HOUR_MICROS: Final = _HOUR // timedelta(microseconds=1)
_DAY: Final = 24 * 60 * 60 * 1_000_000
"""Microseconds."""
_NEVER: Final = 2**63

_ACCEPTED: Final = ("justified", "partly")
_JUDGED: Final = (*_ACCEPTED, "unjustified")
_KINDS: Final = frozenset(kind.value for kind in MoveKind)


class Counted(NamedTuple):
    """What counts, for each group, and the currency of remedies.

    Under None is what names no group, or everything where none is asked for.
    """

    tallies: Mapping[str | None, Tally]
    currency: str | None


def count(rows: KpiRows, question: Question) -> Counted:
    """Count what figures are made of.

    Raises:
        InvalidValue: a complaint stands there twice, a move is of no kind, or an amount has no rate.
    """
    counting = _Counting(question)
    counting.complaints(rows.complaints)
    counting.moves(rows.moves)
    counting.timers(rows.timers)
    counting.actions(rows.actions)
    counting.remedies(rows.remedies)
    return Counted(counting.tallies, counting.currency)


class _Counting:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.tallies: dict[str | None, Tally] = {} if question.by else {None: Tally()}
        self.currency = question.rules.currency
        # Two of plain values, and not one of pairs: there are many, and garbage collection passes over these.
        self._received: dict[str, int] = {}
        self._tally_of: dict[str, Tally] = {}

    def _tally(self, group: str | None) -> Tally:
        return self.tallies.setdefault(group, Tally())

    def _within(self, at: int) -> bool:
        return self.question.start <= at < self.question.until

    # -- complaints ------------------------------------------------------------------------------

    def complaints(self, rows: Iterable[ComplaintRow]) -> None:
        question = self.question
        histories: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for row in rows:
            received = instant(row.received_at)
            if row.feedback != question.rules.feedback or not question.known(received, row.recorded_at):
                continue
            if row.id in self._received:
                raise InvalidValue("complaints", "a complaint stands there twice; give each of them once")
            group = getattr(row, question.by) if question.by else None
            tally = self._tally(None if group is None else str(group))
            self._received[row.id], self._tally_of[row.id] = received, tally
            if row.duplicate_of is None:
                self._judged(row, tally)
            if row.duplicate_of is None and received < question.end:
                if received >= question.start:
                    tally.add("received", row.id)
                elif received >= question.before:
                    tally.add("received_before", row.id)
                if row.customer is not None and row.category is not None:
                    histories[row.customer, row.category].append((received, row.id))
        for history in histories.values():
            self._repeated(history)

    def _judged(self, row: ComplaintRow, tally: Tally) -> None:
        if row.verdict in _JUDGED and row.judged_at is not None and self._within(instant(row.judged_at)):
            tally.add("judged", row.id)
            if row.verdict in _ACCEPTED:
                tally.add("accepted", row.id)

    def _repeated(self, history: list[tuple[int, str]]) -> None:
        """Those of the complaints of a customer in a category that came soon after another one."""
        earlier: int | None = None
        soon = self.question.rules.repeat_days * _DAY
        for received, together in groupby(sorted(history), key=lambda each: each[0]):
            if received >= self.question.start and earlier is not None and received - earlier <= soon:
                for _, id in together:
                    self._tally_of[id].add("repeated", id)
            earlier = received

    # -- moves -----------------------------------------------------------------------------------

    def moves(self, rows: Iterable[MoveRow]) -> None:
        question = self.question
        moves: defaultdict[str, list[Move]] = defaultdict(list)
        for row in rows:
            if row.kind not in _KINDS:
                raise InvalidValue("MoveRow.kind", f"expected one of {', '.join(MoveKind)}")
            at = instant(row.at)
            if at < question.end and row.about in self._received and question.known(at, row.recorded_at):
                moves[row.about].append((at, row.n, row.kind, row.code))
        age_of = BusinessAges(question.calendar, question.until - 1)
        age_groups = question.rules.age_groups
        for id, received in self._received.items():
            if received >= question.end:
                continue
            tally = self._tally_of[id]
            course = Course(received, question.start)
            course.follow(moves.get(id, ()))
            self._gone(id, course, tally)
            if course.open:
                age = age_of(received)
                tally.add("open", id, age, part=age_groups[bisect_left(question.rules.ages, age)])

    def _gone(self, id: str, course: Course, tally: Tally) -> None:
        """What the course of a record comes to in the period."""
        for name, times in (
            ("open_at_start", course.open_at_start),
            ("came_in", course.received >= course.start),
            ("reopened", course.reopened),
            ("ended", course.ended),
            ("closings", course.closings),
            ("handled", course.handled),
            ("escalated", course.escalated),
            ("escalated_outside", course.escalated_outside),
        ):
            for _ in range(times):
                tally.add(name, id)
        if course.closings:
            tally.add("closed", id, course.forwards_when_closed)
            if course.forwards_when_closed:
                tally.add("closed_forwarded", id)
            if course.closed_at_once:
                tally.add("closed_at_once", id)

    # -- timers ----------------------------------------------------------------------------------

    def timers(self, rows: Iterable[TimerRow]) -> None:
        question, rules = self.question, self.question.rules
        due: dict[str, bool] = {}
        resolutions: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row in rows:
            tally = self._tally_of.get(row.about)
            if tally is None:
                continue
            stopped = None if row.stopped_at is None else instant(row.stopped_at)
            if stopped is not None and not question.known(stopped, row.recorded_at):
                stopped = None
            if stopped is not None:
                if row.state == TimerState.CANCELLED:
                    continue
                if row.elapsed is not None and stopped < question.until:
                    hours = _hours(row.elapsed)
                    self._took(row, stopped, hours, tally)
                    if row.name == rules.resolution:
                        resolutions[row.about].append((stopped, hours))
            if row.due_at is not None and question.start <= instant(row.due_at) < question.now:
                late = row.late or stopped is None
                self._due(row, tally, late=late)
                due[row.about] = late or due.get(row.about, False)
        self._records_due(due)
        self._resolved_in_all(resolutions)

    def _took(self, row: TimerRow, stopped: int, hours: float, tally: Tally) -> None:
        if stopped >= self.question.start:
            if row.name == self.question.rules.acknowledge:
                tally.add("acknowledged", row.about, hours)
            elif row.name == self.question.rules.resolution and row.n == 1:
                tally.add("resolved", row.about, hours)

    def _due(self, row: TimerRow, tally: Tally, *, late: bool) -> None:
        rules = self.question.rules
        if late:
            tally.add("breached", row.about, part=row.name)
        for name, timer in (("acknowledgement", rules.acknowledge), ("resolution", rules.resolution)):
            if row.name == timer:
                tally.add(f"{name}_due", row.about)
                if not late:
                    tally.add(f"{name}_on_time", row.about)

    def _records_due(self, due: Mapping[str, bool]) -> None:
        """The records with a timer that was due, and those that missed one."""
        for about, late in due.items():
            self._tally_of[about].add("with_due", about)
            if late:
                self._tally_of[about].add("with_breach", about)

    def _resolved_in_all(self, resolutions: Mapping[str, Sequence[tuple[int, float]]]) -> None:
        """What each record took in all, in the period in which it was resolved last."""
        for about, runs in resolutions.items():
            if max(runs)[0] >= self.question.start:
                self._tally_of[about].add("resolved_in_all", about, fsum(hours for _, hours in runs))

    # -- actions and remedies --------------------------------------------------------------------

    def actions(self, rows: Iterable[ActionRow]) -> None:
        question = self.question
        for row in rows:
            due = micros(row.due_at)
            if due >= question.now or not question.known(due, row.recorded_at):
                continue
            tally = self._tally_of.get(row.source) or self._tally(None)
            # What came to an end after the cut-off came to it after the due time: that is seen without looking.
            done, cancelled = (_NEVER if at is None else micros(at) for at in (row.done_at, row.cancelled_at))
            if due >= question.start and cancelled > due:
                tally.add("actions_due", row.id, part=row.source_kind)
                if done <= due:
                    tally.add("actions_on_time", row.id, part=row.source_kind)
            if min(done, cancelled) >= question.until:
                tally.add("actions_overdue", row.id, part=row.source_kind)

    def remedies(self, rows: Iterable[RemedyRow]) -> None:
        rates = {each.currency: each.rate for each in self.question.rules.rates}
        for row in rows:
            at = instant(row.at)
            tally = self._tally_of.get(row.about)
            if tally is not None and self._within(at) and self.question.known(at, row.recorded_at):
                tally.add("remedies", row.about, self._cost(row.amount, rates), part=row.kind)

    def _cost(self, amount: Money | None, rates: Mapping[str, Decimal]) -> Decimal:
        if amount is None:
            return Decimal(0)
        self.currency = self.currency or amount.currency
        if amount.currency == self.currency:
            return amount.amount
        if amount.currency not in rates:
            raise InvalidValue("KpiRules.rates", f"name a currency for the report, and the rate of {amount.currency}")
        return amount.amount * rates[amount.currency]


def _hours(elapsed: timedelta | int) -> float:
    return elapsed / _HOUR_MICROS if isinstance(elapsed, int) else elapsed / _HOUR
