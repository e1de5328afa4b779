"""Customers at the desk: every command by id, saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Unpack

from servicecrm.desk.customer_details import CustomerDetails
from servicecrm.desk.customer_links import by_rules_of_the_day, ids_of
from servicecrm.desk.customers_brought import Brought, bring, brought
from servicecrm.desk.programs import Decided, Order, fetch, start
from servicecrm.desk.review_schedules import calendar_of
from servicecrm.errors import NotFound, StaleRevision
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import Indexed, micros, storable
from servicecrm.kernel.shapes import distinct, mapped, whole
from servicecrm.portfolio import actions
from servicecrm.portfolio.codes import CustomerKind
from servicecrm.portfolio.customers import last_heard
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.parts import Contact
from servicecrm.portfolio.reports import Gap, gaps
from servicecrm.portfolio.schema import CUSTOMER
from servicecrm.storage import cursors
from servicecrm.storage.journal import replayed
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Position
from servicecrm.storage.work import Work
from servicecrm.tracking.books import DEFAULT_CALENDAR

if TYPE_CHECKING:
    from servicecrm.analytics.portfolio_view import PortfolioView
    from servicecrm.analytics.timeline import Timeline

__all__ = ["Customers"]


class Customers(CustomerDetails):
    """Add customers, keep them up to date, find them.

    Wherever a customer is named, its id or its number will do, and for what is done to it also that of a customer that
    was merged into it. Every change takes a `command`: with the same one it is made once, however often it is sent; and
    an `occurred_at`, when it happened earlier than now.
    """

    # -- coming, staying, going ------------------------------------------------------------------

    def add(
        self,
        *,
        name: str,
        kind: CustomerKind | str = CustomerKind.EXTERNAL,
        contacts: Sequence[Contact] = (),
        account_manager: str | None = None,
        deputy: str | None = None,
        parent: str | None = None,
        language: str | None = None,
        services: Iterable[str] = (),
        references: Iterable[str] = (),
        tags: Iterable[str] = (),
        verified: bool = False,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Add a customer; gives it with its new id and number. See `portfolio.add`.

        Look for it first: `duplicates` tells who may be there twice.
        """
        told: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "contacts": contacts,
            "account_manager": account_manager,
            "deputy": deputy,
            "parent": parent,
            "language": language,
            "services": distinct("services", services),
            "references": distinct("references", references),
            "tags": distinct("tags", tags),
            "verified": verified,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("add", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Customer]:
            def decide() -> Program[Decided]:
                self._permit(order, "add")
                above = None if parent is None else (yield from fetch(work, CUSTOMER, parent)).id
                number = yield from work.number(Customer, order.at.year)
                added = actions.add(id=id, number=number, by=order.by, at=order.at, **{**told, "parent": above})
                self._check(order, "add", added)
                return added

            return (yield from start(work, Customer, decide, order))

        return self._desk.perform(program)

    def import_(self, decisions: Iterable[Decision[Customer]]) -> Brought:
        """Add the customers of a table: `import_(read.decisions)`, where `read` is what `import_customers` gives.

        All of them in one unit, or none. Those whose ids are there already are left as they are, so that the same table
        can be brought again with more rows in it. Look for those with other ids with `duplicates`.

        Raises:
            InvalidValue: a decision is not about a new customer, or two are about the same.

        Source: C009.
        """
        every, order = brought(decisions), self._order("import_", {}, None)

        def program(work: Work) -> Program[Brought]:
            self._permit(order, "add")
            for each in every:
                self._check(order, "add", each)
            return (yield from bring(work, every, order))

        return self._desk.perform(program)

    def activate(self, customer: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Customer:
        """Begin to serve a customer. See `portfolio.activate`."""
        return self._do("activate", customer, command, occurred_at=occurred_at)

    def update(
        self,
        customer: str,
        *,
        source: str | None = None,
        verified: bool = False,
        revision: int | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **changes: Unpack[actions.Details],
    ) -> Customer:
        """Bring what is known of a customer up to date; without any change nothing is saved. See `portfolio.update`.

        With the `revision` that somebody has seen, it is refused if others have saved it since.
        """
        seen = None if revision is None else whole("revision", revision)

        def more(_: Work, found: Customer, __: Order) -> Program[Mapping[str, Any]]:
            if seen is not None and found.revision != seen:
                raise StaleRevision(CUSTOMER.name, found.id, seen, found.revision)
            yield from ()
            return {}

        # Here None takes a value away; elsewhere it is an argument that was not given.
        taken_away = [name for name, value in changes.items() if value is None]
        told: dict[str, Any] = {"source": source, "verified": verified, **changes}
        return self._do(
            "update",
            customer,
            command,
            more=more,
            asked={**told, "revision": revision, "taken_away": taken_away},
            occurred_at=occurred_at,
            **told,
        )

    def lapse(self, customer: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Customer:
        """Note that nothing was heard of a customer for long, by its interactions. See `portfolio.lapse`."""

        def more(work: Work, found: Customer, order: Order) -> Program[Mapping[str, Any]]:
            rules = yield from by_rules_of_the_day(work, found, order)
            return {**rules, "heard_of": (yield from _heard_of(work, found))}

        return self._do("lapse", customer, command, more=more, occurred_at=occurred_at)

    def reactivate(
        self,
        customer: str,
        *,
        account_manager: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Serve a customer again: a dormant one, or one that had left. See `portfolio.reactivate`."""
        return self._do("reactivate", customer, command, account_manager=account_manager, occurred_at=occurred_at)

    def end(
        self,
        customer: str,
        reason: str,
        *,
        note: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Note that we no longer serve a customer. See `portfolio.end`."""
        told = {"reason": reason, "note": note, "occurred_at": occurred_at}
        return self._do("end", customer, command, more=by_rules_of_the_day, asked=told, **told)

    # -- reading ---------------------------------------------------------------------------------

    def as_of(self, customer: str, at: datetime) -> Customer:
        """A customer as it was at a time, by everything that had happened until then.

        Raises:
            NotFound: there is no such customer, or it was not there yet.
            InvalidValue: `at` is no time.

        Source: C010.
        """
        instant = micros(at)

        def program(work: Work) -> Program[Customer]:
            found = yield from fetch(work, CUSTOMER, customer)
            entries = yield from work.history(Customer, found.id)
            until = [entry for entry in entries if micros(entry.occurred_at) <= instant]
            if not until or until[0] != entries[0]:
                raise NotFound(CUSTOMER.name, customer)
            then: Customer = replayed(CUSTOMER.schema, until)
            return then

        return self._desk.perform(program, readonly=True)

    def timeline(
        self, customer: str, *, since: datetime | None = None, size: int = 50, after: str | None = None
    ) -> "Timeline":
        """Everything that happened with a customer, over every slice, the newest first; a page of it.

        Anonymous answers to surveys are not in it. See `analytics.timeline`.

        Raises:
            InvalidValue: the size is not from 1 to 500, `after` is not the `next` of a page, or `since` lies outside
                the years 1 to 9999 in UTC.

        Source: C017.
        """
        from servicecrm.analytics.timeline import timeline

        many, behind = whole("size", size), None if after is None else storable("after", after)
        kinds = {kind.name for kind in self._desk.store.kinds.values()}

        def program(work: Work) -> Program["Timeline"]:
            found = yield from fetch(work, CUSTOMER, customer)
            merged = (yield from ids_of(work, found.id))[1:]
            told: dict[str, Any] = {"kinds": kinds, "merged": merged, "since": since, "size": many, "after": behind}
            return (yield from timeline(work, found, place=_place, **told))

        return self._desk.perform(program, readonly=True)

    def view(
        self,
        *,
        manager: str | None = None,
        order: str | None = None,
        size: int = 50,
        after: str | None = None,
        satisfaction: Mapping[str, float] = MappingProxyType({}),
    ) -> "PortfolioView":
        """The customers that we serve or may serve, each with what stands beside it; a page of them.

        `satisfaction` are scores by the ids of customers. See `analytics.portfolio_view`.

        Raises:
            InvalidValue: there is no such column, the size is not from 1 to 500, or `after` is no cursor.

        Source: C024, K01.
        """
        from servicecrm.analytics.portfolio_view import portfolio_view

        many, scores = whole("size", size), mapped("satisfaction", satisfaction)
        at = self._desk.clock()
        kinds = {kind.name for kind in self._desk.store.kinds.values()}

        def program(work: Work) -> Program["PortfolioView"]:
            calendar = yield from calendar_of(work, DEFAULT_CALENDAR, at)
            return (
                yield from portfolio_view(
                    work,
                    at=at,
                    kinds=kinds,
                    manager=manager,
                    order=order,
                    size=many,
                    after=after,
                    satisfaction=scores,
                    calendar=calendar,
                )
            )

        return self._desk.perform(program, readonly=True)

    def gaps(self) -> tuple[Gap, ...]:
        """What is missing on the customers that are served, by the rules of the house. See `portfolio.gaps`.

        Source: C024.
        """
        at = self._desk.clock()

        def program(work: Work) -> Program[tuple[Gap, ...]]:
            rules = yield from by_rules_of_the_day(work, None, Order(self._desk.actor, at))
            there = yield from work.find(Customer, where("merged_into").is_(None))
            return gaps(there.items, at=at, policy=rules["policy"])

        return self._desk.perform(program, readonly=True)


def _heard_of(work: Work, customer: Customer) -> Program[datetime]:
    last = yield from work.find(
        Interaction, where("customer") == customer.id, where("open").is_(True), order="-occurred_at", limit=1
    )
    return last_heard((each.occurred_at for each in last.items), customer)


def _place(order: str, position: tuple[Indexed, str]) -> str:
    """The cursor of a place in an order."""
    return cursors.write(order, Position(*position))
