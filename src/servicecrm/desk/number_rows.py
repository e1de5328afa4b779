"""What records say to the key figures: their rows, as far as things were known at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from servicecrm import cases, complaints
from servicecrm.analytics.board import OpenRow
from servicecrm.analytics.kpis_rows import (
    EXTERNAL,
    ActionRow,
    ComplaintRow,
    KpiRules,
    MoveKind,
    MoveRow,
    RemedyRow,
    TimerRow,
)
from servicecrm.cases.schema import CASE
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import Kind, micros
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.values import Money
from servicecrm.tracking import ActionItem
from servicecrm.tracking.figures import FIGURES, Figures, Later

__all__ = ["Numbered", "Values", "action_row", "moves_of", "numbered", "open_row", "remedy_row", "timers_of"]

Values = Sequence[Any]
"""The values of the columns of a record, as they are stored."""

_MOVES: Final[Mapping[str, str]] = {
    moment: move.value  # plain texts, which garbage collection passes over
    for moment, move in {
        "message": MoveKind.CONTACTED,
        "contact": MoveKind.CONTACTED,
        "forwarded": MoveKind.FORWARDED,
        "closed": MoveKind.CLOSED,
        "withdrawn": MoveKind.ENDED,
        "reopened": MoveKind.REOPENED,
        "lapsed": MoveKind.ENDED,
        "passed_on": MoveKind.ENDED,
        "merged": MoveKind.ENDED,
        "stage": MoveKind.ESCALATED,
    }.items()
}


@attrs.frozen(kw_only=True)
class Numbered:
    """A kind of record that has key figures: how it is read, and by which rules it is counted."""

    kind: Kind[Any]
    lifecycle: Lifecycle[Any]
    columns: tuple[str, ...]
    """What `row` takes of a record, in this order: the id first, and what counts of it last."""
    row: Callable[[Values, Figures, int], ComplaintRow]
    category: Callable[[Any], str | None]
    blocking: tuple[str, ...]
    """The actions that lead to its end."""
    rules: KpiRules


def _complaint_row(values: Values, figures: Figures, as_of: int) -> ComplaintRow:
    id, received_at, feedback, duplicate_of, service, category, channel, customer, handler, *ratings, stage, _ = values
    known = [each for each in figures.judged if each[0] <= as_of]
    _, verdict, judged_at = known[-1] if known else (None, None, None)
    severity, priority = ratings
    return ComplaintRow(
        id=id,
        received_at=received_at,
        recorded_at=figures.recorded_at,
        feedback=feedback,
        duplicate_of=duplicate_of,
        verdict=verdict,
        judged_at=judged_at,
        service=service,
        category=category,
        channel=channel,
        customer=customer,
        agreement=figures.agreement,
        handler=handler,
        severity=severity,
        priority=priority,
        stage=str(stage),
    )


def _case_row(values: Values, figures: Figures, _as_of: int) -> ComplaintRow:
    id, received_at, service, request_type, channel, requester, handler, queue, priority, _ = values
    return ComplaintRow(
        id=id,
        received_at=received_at,
        recorded_at=figures.recorded_at,
        feedback="request",
        duplicate_of=figures.duplicate_of,
        service=service,
        category=request_type,
        channel=channel,
        customer=requester,
        handler=handler or queue,
        priority=priority,
    )


_KINDS: Final[tuple[Numbered, ...]] = (
    Numbered(
        kind=COMPLAINT,
        lifecycle=complaints.LIFECYCLE,
        columns=(
            *("id", "received_at", "feedback", "duplicate_of", "service", "category", "channel", "customer"),
            *("handler", "severity", "priority", "stage", FIGURES),
        ),
        row=_complaint_row,
        category=lambda complaint: complaint.category,
        blocking=("answer", "close"),
        rules=KpiRules(),
    ),
    Numbered(
        kind=CASE,
        lifecycle=cases.LIFECYCLE,
        columns=(
            *("id", "received_at", "service", "request_type", "channel", "requester", "handler", "queue", "priority"),
            FIGURES,
        ),
        row=_case_row,
        category=lambda case: case.request_type,
        blocking=("answer", "close"),
        # Whoever has a case confirms that by accepting it.
        rules=KpiRules(feedback="request", acknowledge="accept"),
    ),
)


def numbered(kind: str) -> Numbered:
    """The kind of record of this name.

    Raises:
        InvalidValue: it has no key figures.
    """
    for each in _KINDS:
        if each.kind.name == kind:
            return each
    raise InvalidValue("of", f"expected one of {', '.join(each.kind.name for each in _KINDS)}")


def moves_of(id: str, figures: Figures, as_of: int) -> Iterator[MoveRow]:
    """What happened to a record, as it was known at a time: what was taken back later was still there."""
    reached = 0
    for moment, n, at, late, voided_at in figures.happened:
        recorded_at = at + late
        if recorded_at > as_of or (voided_at is not None and voided_at <= as_of):
            continue
        if moment == "contact":
            reached += 1
            if reached == 1:  # the first one is ours
                continue
        yield MoveRow(id, _MOVES[moment], at, recorded_at, n)
    for at, told_at in figures.referrals:
        yield MoveRow(id, MoveKind.ESCALATED, at, told_at, code=EXTERNAL)


def remedy_row(about: str, kind: str, at: int, amount: str | None, currency: str | None) -> RemedyRow:
    """The row of a remedy that was taken or given."""
    cost = None if amount is None or currency is None else Money(amount=Decimal(amount), currency=currency)
    return RemedyRow(about, kind, at, cost)


def timers_of(about: str, results: Iterable[Sequence[Any]], later: Sequence[Later]) -> Iterator[TimerRow]:
    """The timers of a record, as its clock has read them; moments of the record tell when the end of one was told."""
    for name, n, state, late, due_at, stopped_at, elapsed, moments in results:
        told = [recorded_at for k, at, recorded_at in later if at == stopped_at and (moments is None or k <= moments)]
        recorded = max(told) if told else None
        yield TimerRow(about, name, n, state, late, due_at, stopped_at, elapsed, recorded)


def action_row(item: ActionItem) -> ActionRow:
    """The row of an action."""
    return ActionRow(
        id=item.id,
        source_kind=item.source_kind,
        source=item.source,
        due_at=item.due_at,
        done_at=item.done_at,
        cancelled_at=item.cancelled_at,
        recorded_at=item.recorded_at,
        verified_at=item.verified_at,
        owner=item.owner,
    )


def open_row(kind: Numbered, record: Any, due_at: datetime | None) -> OpenRow:
    """The row of an open record on the board, with the guards that keep it from the next step to its end."""
    allowed = kind.lifecycle.allowed(record)
    # The first is the usual way; others that lead from here are for what is exceptional.
    unmet = next((kind.lifecycle.unmet(record, action) for action in kind.blocking if action in allowed), ())
    return OpenRow(
        id=record.id,
        number=record.number,
        state=record.state,
        received_at=record.received_at,
        handler=record.handler,
        service=record.service,
        category=kind.category(record),
        due_at=due_at,
        last_at=max((moment.occurred_at for moment in record.moments), key=micros, default=None),
        waiting_for=None if record.waiting is None else record.waiting.for_,
        blockers=tuple(guard.name for guard in unmet),
    )
