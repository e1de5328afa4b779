"""What was agreed with a customer, as the clocks of its complaints and cases go by it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from servicecrm.agreements.evaluating import TimerResult
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.targets import Entitled, Entitlement, entitlement, levels_of, overlay
from servicecrm.desk.books import book_of
from servicecrm.desk.rules import basis_of, calendars_of
from servicecrm.desk.tracked import TRACKED, Tracked
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.filters import where
from servicecrm.portfolio.model import Customer
from servicecrm.processes.dropped_ball import update_due
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import Basis, Clock, Reading, TimerState, clock_id
from servicecrm.tracking.books import TargetBook, promise
from servicecrm.tracking.clock_model import AGREED

__all__ = ["agreed_basis", "demanded_by", "entitled", "promised", "stale", "timers_under"]


def agreed_basis(
    work: Work,
    tracked: Tracked[Any],
    record: Any,
    basis: Basis,
    at: datetime,
    *,
    clock: Clock | None = None,
    before: Any = None,
) -> Program[Basis]:
    """The rules by which the clock of a record is read: those of its kind, with what its customer was promised.

    What was agreed when the record came in counts for it to the end, whatever is agreed later; what the house promises
    to everybody counts as it is now. What the `clock` knows of that stands while it goes by the rules of the day, and
    the record, that was `before`, is about the same customer and service.

    Source: C031, C036.
    """
    if tracked.customer is None or (clock is None and not tracked.open(record)) or not work.keeps(Agreement):
        return basis
    if clock is not None and (before is None or _about(tracked, before) == _about(tracked, record)):
        house, _, own = clock.basis.partition(AGREED)
        if house == str(basis):
            return (yield from _agreeing(work, basis, clock.agreed, at)) if own and clock.agreed else basis
    customer, service = _about(tracked, record)
    if customer is None and service is None:
        return basis
    found = yield from entitled(work, customer, service, at, basis, agreed_at=record.received_at)
    targets = overlay(basis.targets, found)
    return basis if targets == basis.targets else (yield from _agreeing(work, basis, targets, at))


def _agreeing(work: Work, basis: Basis, targets: Any, at: datetime) -> Program[Basis]:
    return basis.agreeing(targets, (yield from calendars_of(work, targets, at, known=basis.calendars)))


def _about(tracked: Tracked[Any], record: Any) -> tuple[str | None, str | None]:
    """The customer and the service that a record is about."""
    return (None if tracked.customer is None else getattr(record, tracked.customer)), getattr(record, "service", None)


def entitled(
    work: Work,
    customer: str | None,
    service: str | None,
    at: datetime,
    basis: Basis,
    *,
    agreed_at: datetime | None = None,
) -> Program[Entitlement]:
    """What a customer can expect of a service at a time, by all that is stored, and by the agreements of then.

    Those of whom the customer is a part of now count for it too.
    """
    agreements: Sequence[Agreement] = ()
    general: Sequence[GeneralAgreement] = ()
    above: Sequence[str] = ()
    if customer is not None:
        above = yield from _above(work, customer)
        agreed_with = where("customer").one_of((customer, *above))
        general = (yield from work.find(GeneralAgreement, agreed_with)).items
        if service is not None:
            agreements = (yield from work.find(Agreement, agreed_with, where("services").has(service))).items
    policy = (yield from book_of(work, AgreementPolicies)).in_force(at)[1]
    times = levels_of(basis.targets).times or policy.default.times
    return entitlement(
        customer,
        service,
        at=at if agreed_at is None else agreed_at,
        above=above,
        agreements=agreements,
        general=general,
        default=ServiceLevels(times=times, levels=policy.default.levels),
        policy=policy,
    )


def _above(work: Work, customer: str) -> Program[Sequence[str]]:
    """The ids of all that a customer is a part of, the nearest first; none if the portfolio does not know it.

    Who was merged goes on as another one, and what was agreed with somebody who was merged is agreed with that one.
    """
    path = [customer]
    while work.keeps(Customer):
        found = (yield from work.present(Customer, path[-1:], held=False)).get(path[-1])
        following = found and (found.merged_into or found.parent)
        if not following or following in path:
            break
        path.append(following)
    whose = {id: id for id in path}
    new = [*path] if work.keeps(Customer) else []
    while new:
        rows, _ = yield from work.rows(Customer, ("id", "merged_into"), where("merged_into").one_of(new))
        found_now = {str(id): whose[str(into)] for id, into in rows if id not in whose}
        whose |= found_now
        new = [*found_now]
    every = sorted(whose, key=lambda id: path.index(whose[id]))  # each before those that go on as it
    return [id for id in every if id != customer]


def demanded_by(work: Work, tracked: Tracked[Any], record: Any, at: datetime) -> Program[datetime]:
    """By when an update is due that is asked for now.

    Raises:
        InvalidValue: no target says so.
    """
    basis = yield from basis_of(work, tracked, at)
    due = update_due((yield from agreed_basis(work, tracked, record, basis, at)), tracked.facts(record), at)
    if due is None:
        raise InvalidValue("due_at", "name a time, or publish a target named demanded_update")
    return due


# -- what changes it -----------------------------------------------------------------------------


def promised(work: Work, since: datetime, *, by: Actor, at: datetime) -> Program[list[Decision[TargetBook]]]:
    """From a date on something else is promised to everybody: the clocks are told through the targets of the house."""
    decisions = []
    for tracked in TRACKED.values():
        if tracked.customer is not None:
            book = yield from book_of(work, partial(TargetBook, id=tracked.kind.name))
            decisions.append(promise(book, since, by=by, at=at))
    return decisions


def stale(work: Work, tracked: Tracked[Any], basis: Basis, at: datetime) -> Program[str | None]:
    """The name of rules by which clocks still go although a calendar has changed that only an agreement names."""
    after = f"{basis}{AGREED}"
    mine = where("about_kind") == tracked.kind.name
    last = f"{basis}{AGREED.rstrip()}:"  # comes after all of them
    while True:
        between = (where("basis") > after) & (where("basis") < last)
        page = yield from work.find(Clock, mine, between, order="basis", limit=1)
        if not page.items:
            return None
        (clock,) = page.items
        if clock.agreed is None or str((yield from _agreeing(work, basis, clock.agreed, at))) != clock.basis:
            return clock.basis
        after = clock.basis


# -- what became of it ---------------------------------------------------------------------------


def timers_under(work: Work, agreement: Agreement, at: datetime) -> Program[list[TimerResult]]:
    """What became of the timers that go by an agreement: of what its customer, or a part of it, said of its services.

    Source: C032.
    """
    services = [each.service for each in agreement.lines]
    results: list[TimerResult] = []
    for customer in (yield from _covered(work, agreement.customer)):
        clocked = yield from _clocked(work, customer, services)
        if not clocked:
            continue
        above = yield from _above(work, customer)
        parties = where("customer").one_of((customer, *above))
        agreements = (yield from work.find(Agreement, parties)).items
        general = (yield from work.find(GeneralAgreement, parties)).items
        known = partial(entitlement, customer, above=above, agreements=agreements, general=general)
        for record, clock in clocked:
            found = known(record.service, at=record.received_at)
            of = (each for each in clock.timers if _is_of(agreement, found.time(each.name, record.priority)))
            results += (_result(record, each) for each in of if _counts(each, at))
    return results


def _covered(work: Work, customer: str) -> Program[Sequence[str]]:
    """A customer, or the one that it goes on as, with all its parts and whoever was merged into one of them."""
    every = [customer]
    while work.keeps(Customer):
        found = (yield from work.present(Customer, every[-1:], held=False)).get(every[-1])
        if found is None or found.merged_into is None or found.merged_into in every:
            break
        every.append(found.merged_into)
    new = [*every] if work.keeps(Customer) else []
    while new:
        found_now: dict[str, None] = {}
        for column in ("parent", "merged_into"):
            rows, _ = yield from work.rows(Customer, ("id",), where(column).one_of(new))
            found_now |= {str(id): None for (id,) in rows if id not in every}
        new = [*found_now]
        every += new
    return every


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
