"""The house rules at the desk: publish a version, and see which one is in force."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from servicecrm import cases
from servicecrm.agreements.policy import AgreementPolicies, AgreementPolicy
from servicecrm.calendars import Calendar
from servicecrm.cases.policy import CasePolicies, CasePolicy
from servicecrm.cases.routing import Router, RoutingBook
from servicecrm.cases.types import RequestType, RequestTypeBook
from servicecrm.complaints.policy import ComplaintPolicies, ComplaintPolicy
from servicecrm.desk.agreed import promised
from servicecrm.desk.books import book_of
from servicecrm.desk.programs import Decided, Order, commanded, start
from servicecrm.desk.rules import calendars_of
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue
from servicecrm.kernel.policies import LIFECYCLE, PolicyBook, publish
from servicecrm.kernel.shapes import Code
from servicecrm.portfolio.policy import PortfolioPolicies, PortfolioPolicy
from servicecrm.reviews.policy import ReviewPolicies, ReviewPolicy
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import MessageClass, Targets
from servicecrm.tracking.books import CalendarBook, TargetBook
from servicecrm.tracking.rights import permit

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Policies"]

P = TypeVar("P")

ONE: Final[Mapping[type, type[PolicyBook[Any]]]] = {
    ComplaintPolicy: ComplaintPolicies,
    CasePolicy: CasePolicies,
    Router: RoutingBook,
    PortfolioPolicy: PortfolioPolicies,
    AgreementPolicy: AgreementPolicies,
    ReviewPolicy: ReviewPolicies,
}
"""Rules of which a house has one set."""

MANY: Final[Mapping[type, tuple[type[PolicyBook[Any]], Callable[[Any], str | None]]]] = {
    Calendar: (CalendarBook, lambda calendar: calendar.id),
    RequestType: (RequestTypeBook, lambda request_type: request_type.code),
    Targets: (TargetBook, lambda _: None),
}
"""Rules of which a house has several, each under a name, and the name that one of them tells itself."""


CODES: Final[Mapping[str, type[Code]]] = {
    "rated": cases.Priority,
    "forwarded": cases.ForwardClock,
    "contact": cases.ContactOutcome,
    "message": MessageClass,
    "update_requested": cases.Asker,
    "partner_update": cases.PartnerStatus,
    "waiting": cases.WaitingFor,
    "resumed": cases.WaitingFor,
}
"""The codes of moments, where they are a fixed list; what complaints have of them is the same."""


class Policies:
    """Rules that change on a date: policies, calendars, targets, request types, routing.

    Complaints and cases keep the policy that they started under; their timers follow the targets and calendars of the
    day. Targets are published for a kind of record: `publish(Targets(...), name="complaint", effective=...)`.

    Source: C008.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def publish(
        self,
        policy: P,
        *,
        name: str | None = None,
        effective: datetime,
        until: datetime | None = None,
        command: str | None = None,
    ) -> PolicyBook[P]:
        """Put rules in force from a date on; the rules before them end there. The same `command` again does not.

        Raises:
            PolicyViolation: they overlap the last version, or leave a gap after it.
            NotPermitted: publishing is not for whoever does it, where the house has rights.
            InvalidValue: these are no rules, or need a name; or targets wait for what such a record never has, need a
                calendar that is not there, or tell a role that nobody in the desk's house has.
        """
        at, house = self._desk.clock(), self._desk.house
        empty = _empty(type(policy), _named(policy) if name is None else name)
        told = {"rules": type(policy).__name__, "policy": policy, "name": empty().id}
        order = Order(self._desk.actor, at, commanded(command, "policies.publish", told), house)
        if until is not None and isinstance(policy, Targets | Calendar):
            raise InvalidValue("until", "what clocks are read by has no end; publish what follows instead")

        def decide(work: Work) -> Program[Decided]:
            _permit(order)
            if isinstance(policy, Targets):
                yield from _check(work, policy, empty().id, at)
                if house is not None:
                    points = (point for target in policy.targets for point, _ in target.points())
                    house.check_roles(role for point in points for role in point.to)
            book = yield from book_of(work, empty)
            decision = publish(book, policy, effective=effective, until=until, by=order.by, at=at)
            if isinstance(policy, AgreementPolicy):
                return (decision, *(yield from promised(work, effective, by=order.by, at=at)))
            return decision

        return self._desk.perform(lambda work: start(work, type(empty()), partial(decide, work), order))

    def book(self, of: type[P], name: str | None = None) -> PolicyBook[P]:
        """All versions that were published of some rules: `book(ComplaintPolicy)`, `book(Calendar, "default")`."""
        empty = _empty(of, name)
        return self._desk.perform(lambda work: book_of(work, empty), glance=True)

    def in_force(self, of: type[P], name: str | None = None, *, at: datetime | None = None) -> P:
        """The rules at an instant, by default now; the shipped ones before the first version."""
        instant = self._desk.clock() if at is None else at
        empty = _empty(of, name)

        def program(work: Work) -> Program[P]:
            shipped = next((t.targets for t in TRACKED.values() if of is Targets and t.kind.name == name), None)
            book: PolicyBook[Any] = yield from book_of(work, empty)
            found: P = book.in_force(instant, otherwise=shipped)[1]
            return found

        return self._desk.perform(program, glance=True)


def _empty(of: object, name: str | None) -> Callable[[], PolicyBook[Any]]:
    """Makes an empty book for rules of this type."""
    if not isinstance(of, type) or (of not in ONE and of not in MANY):
        known = ", ".join(sorted(each.__name__ for each in (*ONE, *MANY)))
        raise InvalidValue("policy", f"{getattr(of, '__name__', 'this')} is no type of rules; known: {known}")
    if of in ONE and name is None:
        return ONE[of]
    if of in MANY and name is not None:
        return partial(MANY[of][0], id=name)
    told = "have no name: a house has one set of them" if of in ONE else "need a name: a house has several"
    raise InvalidValue("name", f"rules of the type {of.__name__} {told}")


def _named(policy: object) -> str | None:
    return MANY[type(policy)][1](policy) if type(policy) in MANY else None


def _permit(order: Order) -> None:
    house = order.house
    if house is not None and house.rights is not None:
        among = dict.fromkeys(move.role for move in LIFECYCLE.moves)
        roles = house.roles_of(order.by.id, {}, None, among)
        permit(house.rights, roles, lifecycle=LIFECYCLE, action="publish")


def _check(work: Work, targets: Targets, name: str, at: datetime) -> Program[None]:
    tracked = {tracked.kind.name: tracked for tracked in TRACKED.values()}
    if name not in tracked:
        raise InvalidValue("name", f"targets are for a kind of record; known: {', '.join(sorted(tracked))}")
    calendars = yield from calendars_of(work, targets, at)
    others = {str(kind) for each in tracked.values() for kind in each.moments}
    targets.check(kinds=frozenset(tracked[name].moments), calendars=calendars, others=others, codes=CODES)
