"""What was agreed with a customer, as the clocks of its complaints and cases go by it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.targets import Entitlement, entitlement, levels_of, overlay
from servicecrm.desk.books import book_of
from servicecrm.desk.families import above
from servicecrm.desk.rules import basis_of, calendars_of
from servicecrm.desk.tracked import TRACKED, Tracked
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.filters import where
from servicecrm.processes.dropped_ball import update_due
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import Basis, Clock
from servicecrm.tracking.books import TargetBook, promise
from servicecrm.tracking.clock_model import AGREED

__all__ = ["agreed_basis", "demanded_by", "entitled", "promised", "stale"]


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
    if tracked.customer is None or not work.keeps(Agreement):
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
    when = at if agreed_at is None else agreed_at
    agreements: Sequence[Agreement] = ()
    general: Sequence[GeneralAgreement] = ()
    parts_of: Sequence[str] = ()
    if customer is not None:
        parts_of = yield from above(work, customer)
        parties = (customer, *parts_of)
        not_over = where("open").is_(True) | (where("ended_at") > when)
        general = yield from work.among(GeneralAgreement, "customer", parties, not_over)
        if service is not None:
            # Who else has agreed on something about the service is many, so that its term is not asked for.
            agreements = yield from work.among(Agreement, "customer", parties, not_over)
    policy = (yield from book_of(work, AgreementPolicies)).in_force(at)[1]
    times = levels_of(basis.targets).times or policy.default.times
    return entitlement(
        customer,
        service,
        at=when,
        above=parts_of,
        agreements=agreements,
        general=general,
        default=ServiceLevels(times=times, levels=policy.default.levels),
        policy=policy,
    )


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
