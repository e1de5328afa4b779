"""Needs and plans of customers at the desk: captured, confirmed, passed on, and answered."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, change, fetch, start
from servicecrm.improvements.codes import ProposalKind
from servicecrm.improvements.model import Proposal
from servicecrm.kernel.frozen import EMPTY
from servicecrm.processes.proposing import propose_from_need
from servicecrm.reviews import needs
from servicecrm.reviews.codes import NeedKind, Route
from servicecrm.reviews.lifecycle import NEED as LIFECYCLE
from servicecrm.reviews.need_model import Need
from servicecrm.reviews.needs import Wanted
from servicecrm.reviews.schema import NEED
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Needs"]


class Needs(Commands[Need]):
    """Keep what customers need and plan, and pass it on to those who can do something about it.

    Source: C086; YaSM SP3.5.
    """

    _kind: ClassVar = NEED
    _actions: ClassVar = needs
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("customer", "horizon")

    def capture(
        self,
        text: str,
        *,
        customer: str,
        source_kind: str,
        source: str,
        kind: NeedKind | str = NeedKind.NEED,
        service: str | None = None,
        horizon: date | None = None,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Need:
        """Keep what a customer needs or plans; gives it with its new id and number. See `needs.capture`."""
        told: dict[str, Any] = {
            "text": text,
            "customer": customer,
            "source_kind": source_kind,
            "source": source,
            "kind": kind,
            "service": service,
            "horizon": horizon,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("capture", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Need]:
            def decide() -> Program[Decided]:
                self._permit(order, "capture")
                known = yield from by_id(work, told)
                number = yield from work.number(Need, order.at.year)
                return needs.capture(id=id, number=number, by=order.by, at=order.at, **known)

            return (yield from start(work, Need, decide, order))

        return self._desk.perform(program)

    def edit(
        self,
        need: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[needs.NeedDetails],
    ) -> Need:
        """Put right what is known of it. See `needs.edit`."""
        asked = {**details, "taken_away": [name for name, value in details.items() if value is None]}
        return self._do("edit", need, command, asked=asked, occurred_at=occurred_at, **details)

    def confirm(self, need: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Need:
        """Confirm that this is what the customer needs. See `needs.confirm`."""
        return self._do("confirm", need, command, occurred_at=occurred_at)

    def link(
        self, need: str, other: str | None, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Need:
        """Say that it is the same need as another one; None takes that back. See `needs.link`."""

        def more(work: Work, _: Need, __: Order) -> Program[Mapping[str, Any]]:
            return {"other": None if other is None else (yield from fetch(work, NEED, other))}

        return self._do("link", need, command, more=more, asked={"other": other}, occurred_at=occurred_at)

    def route(
        self,
        need: str,
        route: Route | str,
        *,
        target: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Need:
        """Say who goes on with it. See `needs.route`."""
        return self._do("route", need, command, route=route, target=target, occurred_at=occurred_at)

    def propose(
        self,
        need: str,
        *,
        kind: ProposalKind | str = ProposalKind.SERVICE,
        owner: str | None = None,
        command: str | None = None,
    ) -> Need:
        """Propose it as a change; the need knows the proposal as its `target`. See `processes.propose_from_need`."""
        told: dict[str, Any] = {"kind": kind, "owner": owner}
        order = self._order("propose", {"needs": [need], **told}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Need]:
            def decide(found: Need) -> Program[Decided]:
                self._permit(order, "route", found)
                number = yield from work.number(Proposal, order.at.year)
                return propose_from_need(found, id=id, number=number, by=order.by, at=order.at, **told)

            (routed,) = yield from change(work, NEED, [need], decide, order)
            return routed

        return self._desk.perform(program)

    def satisfy(
        self, need: str, answer: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Need:
        """The customer has what it needs, and was told so. See `needs.satisfy`."""
        return self._do("satisfy", need, command, answer=answer, occurred_at=occurred_at)

    def decline(
        self, need: str, answer: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Need:
        """Nothing comes of it, and the customer was told why. See `needs.decline`."""
        return self._do("decline", need, command, answer=answer, occurred_at=occurred_at)

    def wanted(self, route: Route | str | None = None) -> tuple[Wanted, ...]:
        """Each need once, with those who have it; what most customers need comes first. See `needs.wanted`."""

        def program(work: Work) -> Program[tuple[Wanted, ...]]:
            return needs.wanted((yield from work.find(Need)).items, route)

        return self._desk.perform(program, readonly=True)
