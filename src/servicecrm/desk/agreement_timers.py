"""What became of the timers that go by an agreement."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from servicecrm.agreements.evaluating import TimerResult
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.targets import Entitled, entitlement
from servicecrm.desk.families import above, family
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import Clock, Reading, TimerState, clock_id
from servicecrm.tracking.clock_model import AGREED

__all__ = ["timers_under"]


def timers_under(work: Work, agreement: Agreement, at: datetime) -> Program[list[TimerResult]]:
    """What became of the timers that go by an agreement: of what its customer, or a part of it, said of its services.

    Source: C032.
    """
    services = [each.service for each in agreement.lines]
    results: list[TimerResult] = []
    for customer in (yield from family(work, agreement.customer)):
        clocked = yield from _clocked(work, customer, services)
        if not clocked:
            continue
        parts_of = yield from above(work, customer)
        parties = (customer, *parts_of)
        agreements = yield from work.among(Agreement, "customer", parties)
        general = yield from work.among(GeneralAgreement, "customer", parties)
        about = {
            service: [each for each in agreements if any(line.service == service for line in each.lines)]
            for service in services
        }
        known = partial(entitlement, customer, above=parts_of, general=general)
        for record, clock in clocked:
            found = known(record.service, at=record.received_at, agreements=about[record.service])
            of = (each for each in clock.timers if _is_of(agreement, found.time(each.name, record.priority)))
            results += (_result(record, each) for each in of if _counts(each, at))
    return results


def _clocked(work: Work, customer: str, services: Sequence[str]) -> Program[list[tuple[Any, Clock]]]:
    """What a customer said of some services, each with its clock."""
    found: list[tuple[Any, Clock]] = []
    for tracked in TRACKED.values():
        if tracked.customer is not None:
            mine = (where(tracked.customer) == customer) & where("service").one_of(services)
            page = yield from work.find(tracked.kind.schema.record, mine)
            records = {clock_id(tracked.kind.name, each.id): each for each in page.items}
            clocks = yield from work.present(Clock, list(records), held=False)
            # What began while nothing was agreed keeps the times of then, whatever the customer is a part of now.
            found += ((records[clock.id], clock) for clock in clocks.values() if AGREED in clock.basis)
    return found


def _is_of(agreement: Agreement, agreed: Entitled | None) -> bool:
    """Is it this agreement that gives a timer its time? Another one may, or none, as none was in force."""
    return agreed is not None and agreed.of == agreement.id


def _counts(timer: Reading, at: datetime) -> bool:
    """Was it late, or has it come to its end, other than by being cancelled, or is it past its due time?"""
    if timer.due_at is None:
        return False
    return timer.late or (timer.state is not TimerState.CANCELLED and (timer.done or timer.due_at <= at))


def _result(record: Any, timer: Reading) -> TimerResult:
    assert timer.due_at is not None
    return TimerResult(
        service=record.service,
        record=record.number or record.id,
        timer=timer.name,
        n=timer.n,
        priority=record.priority,
        due_at=timer.due_at,
        met=timer.done and not timer.late,
    )
