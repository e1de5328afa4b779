"""Agreements at the desk: what was agreed, how it begins and ends with its days, and whether it is kept."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, Unpack

from servicecrm.agreements import actions
from servicecrm.agreements.availability import Outage, Watched
from servicecrm.agreements.codes import Party as AgreementParty
from servicecrm.agreements.codes import ReviewDecision
from servicecrm.agreements.evaluating import Evaluation, Figure, TimerResult, Violation, evaluate, violations
from servicecrm.agreements.lifecycle import BOUND, RUNNING
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.negotiating import Terms
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.reviewing import Renewal, due_for_renewal, reviews_due
from servicecrm.agreements.schema import AGREEMENT, VIOLATION
from servicecrm.agreements.targets import Entitled, entitlement
from servicecrm.calendars import Standing
from servicecrm.desk.agreement_days import advanced
from servicecrm.desk.agreement_terms import AgreementTerms, checked_lines
from servicecrm.desk.books import book_of
from servicecrm.desk.house import House
from servicecrm.desk.programs import Decided, Order, change, fetch, start
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.notices import Notice
from servicecrm.notifications import Party, facts_of, notices
from servicecrm.portfolio.model import Customer
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import Clock, Reading, TimerState, clock_id
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import CalendarBook

__all__ = ["Agreements"]

DAY: Final = timedelta(days=1)


class Agreements(AgreementTerms):
    """Come to agreements with customers, and see to it that they are kept.

    Source: C027-C033.
    """

    def suspend(
        self, agreement: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Agreement:
        """Let an agreement not count for some time. See `agreements.suspend`."""
        return self._do("suspend", agreement, command, reason=reason, occurred_at=occurred_at)

    def resume(self, agreement: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Agreement:
        """Let an agreement count again. See `agreements.resume`."""
        return self._do("resume", agreement, command, occurred_at=occurred_at)

    def terminate(
        self,
        agreement: str,
        party: AgreementParty | str,
        *,
        reason: str | None = None,
        last_day: date | None = None,
        override: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Agreement:
        """Give notice for a party. What the house has to be done by the end becomes action items.

        Notice in business days goes by the calendar `default`. See `agreements.terminate` and `agreements.wind_down`.
        """
        told = {"party": party, "reason": reason, "last_day": last_day, "override": override}
        order = self._order("terminate", {"agreement": agreement, **told}, command)

        def program(work: Work) -> Program[Agreement]:
            def decided(found: Agreement) -> Program[Decided]:
                self._permit(order, "terminate", found)
                calendar = yield from book_of(work, CalendarBook)
                given = actions.terminate(
                    found,
                    **told,  # type: ignore[arg-type]  # as they were told above
                    calendar=calendar.numbered(calendar.in_force(order.at)[0]),
                    by=order.by,
                    at=order.at,
                    occurred_at=occurred_at,
                )
                policy = (yield from book_of(work, AgreementPolicies)).in_force(order.at)[1]
                steps = len(policy.wind_down)
                numbers = (yield from work.numbers(ActionItem, order.at.year, steps)) if steps else ()
                ids = [self._desk.ids() for _ in range(steps)]
                return given, *actions.wind_down(
                    given.after, ids=ids, numbers=numbers, by=order.by, at=order.at, policy=policy
                )

            return (yield from change(work, AGREEMENT, [agreement], decided, order))[0]

        return self._desk.perform(program)

    def withdraw_notice(
        self, agreement: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Agreement:
        """Take notice back. See `agreements.withdraw_notice`."""
        return self._do("withdraw_notice", agreement, command, reason=reason, occurred_at=occurred_at)

    def review(
        self,
        agreement: str,
        findings: str,
        *,
        decision: ReviewDecision | str,
        change: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Agreement:
        """Record that both parties looked at it. See `agreements.review`."""
        told = {"findings": findings, "decision": decision, "change": change}
        return self._do("review", agreement, command, occurred_at=occurred_at, **told)

    def renew(self, agreement: str, *, command: str | None = None, **terms: Unpack[Terms]) -> Agreement:
        """Begin the agreement that follows this one; gives the new one. See `agreements.renew`."""
        order = self._order("renew", {"agreement": agreement, **terms}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Agreement]:
            def decide() -> Program[Decided]:
                found = yield from fetch(work, AGREEMENT, agreement)
                self._permit(order, "renew", found)
                number = yield from work.number(Agreement, order.at.year)
                checked: Any = {**terms, **(yield from checked_lines(work, terms, order.at))}
                return actions.renew(found, id=id, number=number, by=order.by, at=order.at, **checked)

            return (yield from start(work, Agreement, decide, order))

        return self._desk.perform(program)

    # -- what their days bring about -------------------------------------------------------------

    def advance(self) -> tuple[Agreement, ...]:
        """Bring every agreement up to date with its days: what came into force, was extended, expired or ended.

        Every sweep does so too. It can be called as often as you like, and however late. Gives those that changed.

        Source: C029, C030.
        """
        order = Order(self._desk.actor, self._desk.clock(), None, self._desk.house)

        def program(work: Work) -> Program[tuple[Agreement, ...]]:
            return tuple(each.after for each in (yield from advanced(work, order)))

        return self._desk.perform(program)

    def reviews_due(self, *, ahead_days: int = 0) -> tuple[Standing, ...]:
        """The agreements whose review is due, those that have been due for the longest first.

        Raises:
            InvalidValue: so many days lead out of the calendar.
        """
        today = self._desk.clock().date()
        _later(today, "ahead_days", ahead_days)

        def program(work: Work) -> Program[tuple[Standing, ...]]:
            page = yield from work.find(Agreement, where("state").one_of(RUNNING))
            return reviews_due(page.items, on=today, ahead_days=ahead_days)

        return self._desk.perform(program, readonly=True)

    def due_for_renewal(self, *, days: int = 90) -> tuple[Renewal, ...]:
        """The agreements without a successor whose term ends soon. See `agreements.due_for_renewal`.

        Raises:
            InvalidValue: so many days lead out of the calendar.
        """
        today = self._desk.clock().date()
        soon = where("state").one_of(BOUND) & (where("term_end") <= _later(today, "days", days))

        def program(work: Work) -> Program[tuple[Renewal, ...]]:
            page = yield from work.find(Agreement, soon)
            return due_for_renewal(page.items, on=today, days=days)

        return self._desk.perform(program, readonly=True)

    # -- was it kept -----------------------------------------------------------------------------

    def evaluate(
        self,
        agreement: str,
        period: str,
        *,
        figures: Iterable[Figure] = (),
        outages: Iterable[Outage] = (),
        watched: Iterable[Watched] | None = None,
    ) -> Evaluation:
        """Compare an agreement with what was done in a period, and keep each violation once. See `agreements.evaluate`.

        The timers are those of the customer's complaints and cases about its services, as they were read last.
        """
        order = Order(self._desk.actor, self._desk.clock(), None, self._desk.house)
        told, down = tuple(figures), tuple(outages)
        seen = None if watched is None else tuple(watched)

        def program(work: Work) -> Program[Evaluation]:
            found = yield from fetch(work, AGREEMENT, agreement)
            calendars = {}
            for name in {each.calendar for each in found.lines if each.calendar is not None}:
                book = yield from book_of(work, partial(CalendarBook, id=name))
                calendars[name] = book.numbered(book.in_force(order.at)[0])
            timers = yield from _timers(work, found, order.at)
            policy = (yield from book_of(work, AgreementPolicies)).in_force(order.at)[1]
            evaluation = evaluate(
                found,
                period,
                figures=told,
                outages=down,
                watched=seen,
                timers=timers,
                calendars=calendars,
                policy=policy,
            )
            found_now = violations(evaluation, by=order.by, at=order.at)
            known = yield from work.present(Violation, [each.after.id for each in found_now])
            new = [each for each in found_now if each.after.id not in known]
            manager = yield from _manager(work, found.customer)
            yield from work.save(*new, notices=_told(order.house, new, found, manager))
            return evaluation

        return self._desk.perform(program)


def _later(day: date, argument: str, days: int) -> date:
    try:
        return day + days * DAY
    except (OverflowError, ValueError):
        raise InvalidValue(argument, "it leads out of the years 1 to 9999; choose another number of days") from None


def _manager(work: Work, customer: str) -> Program[str | None]:
    """Who looks after a customer, if the portfolio knows it."""
    if not work.keeps(Customer):
        return None
    found = yield from work.present(Customer, [customer], held=False)
    return found[customer].account_manager if customer in found else None


def _told(
    house: House | None, found: Iterable[Decision[Violation]], agreement: Agreement, manager: str | None
) -> Sequence[Notice]:
    """Who is told of violations: the account manager, and the customer if the matrix of the house says so."""
    if house is None:
        return ()
    return [
        notice
        for each in found
        for notice in notices(
            facts_of(each, kind=VIOLATION.name, number=agreement.number),
            house.matrix,
            parties={
                Party.REQUESTER: each.after.customer,
                Party.HANDLER: manager,
                Party.SUPERVISOR: house.roles(Party.SUPERVISOR, agreement),
            },
            preferences=house.preferences,
            switches=house.switches,
        )
    ]


def _timers(work: Work, agreement: Agreement, at: datetime) -> Program[list[TimerResult]]:
    """What became of the timers that go by an agreement: of what the customer said of its services under it."""
    services = [each.service for each in agreement.lines]
    every = (yield from work.find(Agreement, where("customer") == agreement.customer)).items
    results: list[TimerResult] = []
    for tracked in TRACKED.values():
        if tracked.customer is None:
            continue
        mine = (where(tracked.customer) == agreement.customer) & where("service").one_of(services)
        page = yield from work.find(tracked.kind.schema.record, mine)
        records: dict[str, Any] = {clock_id(tracked.kind.name, each.id): each for each in page.items}
        clocks = yield from work.present(Clock, list(records), held=False)
        for id, clock in clocks.items():
            record = records[id]
            agreed = entitlement(agreement.customer, record.service, at=record.received_at, agreements=every)
            results += [
                TimerResult(
                    service=record.service,
                    record=record.number or record.id,
                    timer=each.name,
                    n=each.n,
                    priority=record.priority,
                    due_at=each.due_at,
                    met=each.done and not each.late,
                )
                for each in clock.timers
                if _goes_by(agreement, agreed.time(each.name, record.priority))
                and each.due_at is not None
                and (each.late or _counts(each, at))
            ]
    return results


def _goes_by(agreement: Agreement, agreed: Entitled | None) -> bool:
    """Is it this agreement that gives a timer its time? Another one may, or none, as none was in force."""
    return agreed is not None and agreed.of == agreement.id


def _counts(timer: Reading, at: datetime) -> bool:
    """Has it come to its end, other than by being cancelled, or is it past its due time?"""
    over = timer.done or (timer.due_at is not None and timer.due_at <= at)
    return over and timer.state is not TimerState.CANCELLED
