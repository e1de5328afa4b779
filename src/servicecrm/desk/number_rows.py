"""What records say to the key figures: their rows, as far as things were known at a time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from servicecrm import cases, complaints
from servicecrm.analytics.board import OpenRow
from servicecrm.analytics.judged import judged
from servicecrm.analytics.kpis_rows import (
    EXTERNAL,
    ActionRow,
    ComplaintRow,
    KpiRules,
    MoveKind,
    MoveRow,
    RemedyRow,
)
from servicecrm.cases.codes import ContactOutcome
from servicecrm.cases.codes import LinkKind as CaseLink
from servicecrm.cases.model import Case
from servicecrm.complaints.codes import RemedyStatus
from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.tracking import ActionItem, Moment, Moments, Side, standing
from servicecrm.tracking.messages import MessageClass

__all__ = ["Numbered", "action_row", "moves_of", "numbered", "open_row", "remedies_of", "told_later"]

_MOVES: Final[Mapping[str, MoveKind]] = {
    "forwarded": MoveKind.FORWARDED,
    "closed": MoveKind.CLOSED,
    "withdrawn": MoveKind.ENDED,
    "reopened": MoveKind.REOPENED,
}
_OF_COMPLAINTS: Final[Mapping[str, MoveKind]] = {
    **_MOVES,
    "lapsed": MoveKind.ENDED,
    "passed_on": MoveKind.ENDED,
    "merged": MoveKind.ENDED,
    "stage": MoveKind.ESCALATED,
}


@attrs.frozen(kw_only=True)
class Numbered:
    """A kind of record that has key figures: how it is read, and by which rules it is counted."""

    kind: str
    record: type[Any]
    lifecycle: Lifecycle[Any]
    moves: Mapping[str, MoveKind]
    row: Callable[[Any, datetime], ComplaintRow]
    category: Callable[[Any], str | None]
    blocking: tuple[str, ...]
    """The actions that lead to its end."""
    rules: KpiRules


def _complaint_row(complaint: Complaint, as_of: datetime) -> ComplaintRow:
    # What was taken over from another system does not say when we heard of it.
    told = [each for each, moment in judged(complaint) if (moment.recorded_at if moment else each.at) <= as_of]
    judgement = told[-1] if told else None
    return ComplaintRow(
        id=complaint.id,
        received_at=complaint.received_at,
        recorded_at=complaint.recorded_at,
        feedback=complaint.feedback,
        duplicate_of=complaint.duplicate_of,
        verdict=None if judgement is None else judgement.verdict,
        judged_at=None if judgement is None else judgement.at,
        service=complaint.service,
        category=complaint.category,
        channel=complaint.channel,
        customer=complaint.customer,
        agreement=complaint.agreement,
        handler=complaint.handler,
        severity=complaint.severity,
        priority=complaint.priority,
        stage=str(complaint.stage),
    )


def _case_row(case: Case, _as_of: datetime) -> ComplaintRow:
    return ComplaintRow(
        id=case.id,
        received_at=case.received_at,
        recorded_at=case.recorded_at,
        feedback="request",
        duplicate_of=next(iter(case.linked(CaseLink.DUPLICATE_OF)), None),
        service=case.service,
        category=case.request_type,
        channel=case.channel,
        customer=case.requester,
        handler=case.handler or case.queue,
        priority=case.priority,
    )


_KINDS: Final[tuple[Numbered, ...]] = (
    Numbered(
        kind="complaint",
        record=Complaint,
        lifecycle=complaints.LIFECYCLE,
        moves=_OF_COMPLAINTS,
        row=_complaint_row,
        category=lambda complaint: complaint.category,
        blocking=("answer", "close"),
        rules=KpiRules(),
    ),
    Numbered(
        kind="case",
        record=Case,
        lifecycle=cases.LIFECYCLE,
        moves=_MOVES,
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
        if each.kind == kind:
            return each
    raise InvalidValue("of", f"expected one of {', '.join(each.kind for each in _KINDS)}")


def moves_of(kind: Numbered, record: Any, as_of: datetime) -> Iterator[MoveRow]:
    """What happened to a record, as it was known at a time: what was voided later was still there."""
    known: Moments = tuple(moment for moment in record.moments if moment.recorded_at <= as_of)
    reached = 0
    for moment in standing(known):
        kind_of_move = kind.moves.get(moment.kind)
        if moment.kind == "contact" and moment.code == ContactOutcome.REACHED:
            reached += 1
            kind_of_move = MoveKind.CONTACTED if reached > 1 else None
        elif _came_again(moment, record.received_at):
            kind_of_move = MoveKind.CONTACTED
        if kind_of_move is not None:
            yield MoveRow(record.id, kind_of_move, moment.occurred_at, moment.recorded_at, moment.n, moment.code)
    if isinstance(record, Complaint) and record.referrals:
        # That a part was passed on leaves no moment, so that it counts from when it happened.
        told = {micros(each.occurred_at): each.recorded_at for each in record.moments if each.kind == "passed_on"}
        for referral in record.referrals:
            recorded_at = told.get(micros(referral.at)) if referral.whole else None
            yield MoveRow(record.id, MoveKind.ESCALATED, referral.at, recorded_at, code=EXTERNAL)


def told_later(record: Any) -> Moments:
    """The moments of a record that were told later than they happened."""
    return tuple(moment for moment in record.moments if moment.recorded_at != moment.occurred_at)


def _came_again(moment: Moment, received_at: datetime) -> bool:
    """Did they write again, after what it began with?"""
    return (
        moment.kind == "message"
        and moment.side is Side.OUTSIDE
        and moment.code == MessageClass.SUBSTANTIVE
        and micros(moment.occurred_at) > micros(received_at)
    )


def remedies_of(record: Any) -> Iterator[RemedyRow]:
    """The remedies that were taken or given, by the first of both."""
    for remedy in record.remedies if isinstance(record, Complaint) else ():
        if remedy.status in (RemedyStatus.ACCEPTED, RemedyStatus.PROVIDED):
            at = remedy.answered_at or remedy.provided_at
            if at is not None:
                yield RemedyRow(record.id, remedy.kind, at, remedy.amount)


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
