"""Agreements at the desk: what was agreed, how it begins and ends with its days, and whether it is kept."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Unpack

from servicecrm.agreements import actions
from servicecrm.agreements.availability import Outage, Watched
from servicecrm.agreements.codes import Party as AgreementParty
from servicecrm.agreements.codes import ReviewDecision
from servicecrm.agreements.evaluating import Evaluation, Figure, Violation, evaluate, violations
from servicecrm.agreements.lifecycle import BOUND, REVIEW, RUNNING, START
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.negotiating import Terms
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.reviewing import Renewal, due_for_renewal, reviews_due
from servicecrm.agreements.schema import AGREEMENT, VIOLATION
from servicecrm.calendars import Standing
from servicecrm.desk.agreement_days import advanced
from servicecrm.desk.agreement_terms import AgreementTerms, checked_lines
from servicecrm.desk.agreement_timers import timers_under
from servicecrm.desk.books import book_of
from servicecrm.desk.house import House
from servicecrm.desk.managers import managers_of
from servicecrm.desk.programs import Decided, Order, change, fetch, start
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.shapes import several
from servicecrm.kernel.years import later
from servicecrm.notifications import Party, facts_of, notices
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import CalendarBook

__all__ = ["Agreements"]


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
            self._permit(order, START)
            return tuple(each.after for each in (yield from advanced(work, order)))

        return self._desk.perform(program)

    def reviews_due(self, *, ahead_days: int = 0) -> tuple[Standing, ...]:
        """The agreements whose review is due, those that have been due for the longest first.

        Raises:
            InvalidValue: so many days lead out of the calendar.
        """
        today = self._desk.clock().date()
        due = where("state").one_of(RUNNING) & (where("next_review") <= later("ahead_days", today, ahead_days))

        def program(work: Work) -> Program[tuple[Standing, ...]]:
            page = yield from work.find(Agreement, due, order="next_review")
            return reviews_due(page.items, on=today, ahead_days=ahead_days)

        return self._desk.perform(program, readonly=True)

    def due_for_renewal(self, *, days: int = 90) -> tuple[Renewal, ...]:
        """The agreements without a successor whose term ends soon. See `agreements.due_for_renewal`.

        Raises:
            InvalidValue: so many days lead out of the calendar.
        """
        today = self._desk.clock().date()
        soon = where("state").one_of(BOUND) & (where("term_end") <= later("days", today, days))

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

        The timers are those of complaints and cases about its services, as they were read last: of the customer, and of
        its parts where nothing nearer to them is agreed. While the period goes on, `until` says up to when it was
        judged.
        """
        order = Order(self._desk.actor, self._desk.clock(), None, self._desk.house)
        span = storable("period", period)
        told, down = several("figures", figures, Figure), several("outages", outages, Outage)
        seen = None if watched is None else several("watched", watched, Watched)

        def program(work: Work) -> Program[Evaluation]:
            found = yield from fetch(work, AGREEMENT, agreement)
            self._permit(order, REVIEW, found)
            calendars = {}
            for name in {each.calendar for each in found.lines if each.calendar is not None}:
                book = yield from book_of(work, partial(CalendarBook, id=name))
                calendars[name] = book.numbered(book.in_force(order.at)[0])
            timers = yield from timers_under(work, found, order.at)
            policy = (yield from book_of(work, AgreementPolicies)).in_force(order.at)[1]
            evaluation = evaluate(
                found,
                span,
                figures=told,
                outages=down,
                watched=seen,
                timers=timers,
                calendars=calendars,
                policy=policy,
                at=order.at,
            )
            found_now = violations(evaluation, by=order.by, at=order.at)
            known = yield from work.present(Violation, [each.after.id for each in found_now])
            new = [each for each in found_now if each.after.id not in known]
            manager = (yield from managers_of(work, [found.customer])).get(found.customer)
            yield from work.save(*new, notices=_told(order.house, new, found, manager))
            return evaluation

        return self._desk.perform(program)


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
