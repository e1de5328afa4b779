"""The rows that key figures are computed from, read from whole documents: slowly, and with nothing left out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from servicecrm.analytics.kpis_rows import ComplaintRow, KpiRows, MoveKind, MoveRow, RemedyRow, timer_row
from servicecrm.cases import Case
from servicecrm.cases.codes import LinkKind
from servicecrm.complaints import Complaint
from servicecrm.complaints.judged import judged
from servicecrm.desk.number_rows import Numbered, action_row
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import ActionItem, Clock, Moment, standing

__all__ = ["rows"]

ENDED = ("withdrawn", "lapsed", "passed_on", "merged")
MOVES = {
    "forwarded": MoveKind.FORWARDED,
    "closed": MoveKind.CLOSED,
    "reopened": MoveKind.REOPENED,
    "stage": MoveKind.ESCALATED,
    **dict.fromkeys(ENDED, MoveKind.ENDED),
}


def rows(work: Work, kind: Numbered, until: int) -> Program[KpiRows]:
    """As `desk.numbers` reads them from columns."""
    as_of = from_micros(until)
    records = {record.id: record for record in (yield from work.find(kind.kind.schema.record))}
    clocks = [clock for clock in (yield from work.find(Clock)) if clock.about in records]
    moves = [move for record in records.values() for move in moved(record, as_of)]
    for clock in clocks:
        moves += [
            MoveRow(clock.about, MoveKind.ESCALATED, entry.occurred_at, entry.recorded_at)
            for entry in (yield from work.history(Clock, clock.id))
            if entry.type == "record.escalated"
        ]
    return KpiRows(
        complaints=[row(record, as_of) for record in records.values()],
        moves=moves,
        timers=[timer_row(clock.about, each, late(records[clock.about])) for clock in clocks for each in clock.timers],
        actions=[action_row(item) for item in (yield from work.find(ActionItem))],
        remedies=[remedy for record in records.values() for remedy in given(record)],
    )


def row(record: Any, as_of: datetime) -> ComplaintRow:
    """A record as it is now, with the verdict as it was known."""
    if isinstance(record, Case):
        return ComplaintRow(
            id=record.id,
            received_at=record.received_at,
            recorded_at=record.recorded_at,
            feedback="request",
            duplicate_of=next(iter(record.linked(LinkKind.DUPLICATE_OF)), None),
            service=record.service,
            category=record.request_type,
            channel=record.channel,
            customer=record.requester,
            handler=record.handler or record.queue,
            priority=record.priority,
        )
    of_it = (
        *("id", "received_at", "recorded_at", "feedback", "duplicate_of", "service", "category", "channel"),
        *("customer", "agreement", "handler", "severity", "priority"),
    )
    told = [each for each, moment in judged(record) if (moment.recorded_at if moment else each.at) <= as_of]
    return ComplaintRow(
        **{name: getattr(record, name) for name in of_it},
        stage=str(record.stage),
        verdict=told[-1].verdict if told else None,
        judged_at=told[-1].at if told else None,
    )


def moved(record: Any, as_of: datetime) -> Iterator[MoveRow]:
    """What had happened to a record by then, as it was known."""
    reached = 0
    for moment in standing(tuple(moment for moment in record.moments if moment.recorded_at <= as_of)):
        move = MOVES.get(moment.kind)
        if (moment.kind, moment.code) == ("contact", "reached"):
            reached += 1
            move = MoveKind.CONTACTED if reached > 1 else None
        elif (moment.kind, moment.side, moment.code) == ("message", "outside", "substantive"):
            move = MoveKind.CONTACTED if moment.occurred_at > record.received_at else None
        if move is not None:
            yield MoveRow(record.id, move, moment.occurred_at, moment.recorded_at, moment.n)
    told = {micros(moment.occurred_at): moment.recorded_at for moment in record.moments if moment.kind == "passed_on"}
    for referral in record.referrals if isinstance(record, Complaint) else ():
        recorded_at = told.get(micros(referral.at)) if referral.whole else None
        yield MoveRow(record.id, MoveKind.ESCALATED, referral.at, recorded_at, code="external")


def given(record: Any) -> Iterator[RemedyRow]:
    """The remedies that were taken or given."""
    for remedy in record.remedies if isinstance(record, Complaint) else ():
        at = remedy.answered_at or remedy.provided_at
        if remedy.status in ("accepted", "provided") and at is not None:
            yield RemedyRow(record.id, remedy.kind, at, remedy.amount)


def late(record: Any) -> list[Moment]:
    """The moments that were told later than they happened."""
    return [moment for moment in record.moments if moment.recorded_at != moment.occurred_at]
