"""Prospects at the desk: who may become a customer, and what was offered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, by_id, change, start
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import distinct
from servicecrm.kernel.values import Money
from servicecrm.portfolio import prospects
from servicecrm.portfolio.codes import CustomerKind, OfferAnswer
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.parts import Contact
from servicecrm.portfolio.prospect_lifecycle import LIFECYCLE
from servicecrm.portfolio.prospect_model import Prospect
from servicecrm.portfolio.schema import PROSPECT
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Prospects"]


class Prospects(Commands[Prospect]):
    """Find new customers.

    Source: C015; YaSM SP3.1.
    """

    _kind: ClassVar = PROSPECT
    _actions: ClassVar = prospects
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("seller", "contacted_at")

    def add(
        self,
        name: str,
        *,
        kind: CustomerKind | str = CustomerKind.EXTERNAL,
        language: str | None = None,
        contacts: Sequence[Contact] = (),
        seller: str | None = None,
        source: str | None = None,
        campaign: str | None = None,
        brand: str | None = None,
        interests: Iterable[str] = (),
        tags: Iterable[str] = (),
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Keep somebody who may become a customer; gives it with its new id and number. See `prospects.add`."""
        told: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "language": language,
            "contacts": contacts,
            "seller": seller,
            "source": source,
            "campaign": campaign,
            "brand": brand,
            "interests": distinct("interests", interests),
            "tags": distinct("tags", tags),
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("add", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Prospect]:
            def decide() -> Program[Decided]:
                self._permit(order, "add")
                known = yield from by_id(work, told)
                number = yield from work.number(Prospect, order.at.year)
                return prospects.add(id=id, number=number, by=order.by, at=order.at, **known)

            return (yield from start(work, Prospect, decide, order))

        return self._desk.perform(program)

    def update(
        self,
        prospect: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[prospects.ProspectDetails],
    ) -> Prospect:
        """Bring what is known of a prospect up to date. See `prospects.update`."""
        asked = {**details, "taken_away": [name for name, value in details.items() if value is None]}
        return self._do("update", prospect, command, asked=asked, occurred_at=occurred_at, **details)

    def contact(
        self,
        prospect: str,
        *,
        interaction: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Note that we were in touch with a prospect. See `prospects.contact`."""
        return self._do("contact", prospect, command, interaction=interaction, occurred_at=occurred_at)

    def present(
        self,
        prospect: str,
        title: str,
        *,
        service: str | None = None,
        price: Money | None = None,
        to: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Present an offer; it gets a new id. See `prospects.present`."""
        told: dict[str, Any] = {"title": title, "service": service, "price": price, "to": to}
        return self._do("present", prospect, command, new_id=True, asked=told, occurred_at=occurred_at, **told)

    def answer(
        self,
        prospect: str,
        offer: str,
        answer: OfferAnswer | str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Note what was said to an offer. See `prospects.answer`."""
        return self._do("answer", prospect, command, offer=offer, answer=answer, occurred_at=occurred_at)

    def negotiate(self, prospect: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Prospect:
        """Begin to talk about the conditions. See `prospects.negotiate`."""
        return self._do("negotiate", prospect, command, occurred_at=occurred_at)

    def park(
        self,
        prospect: str,
        *,
        until: datetime | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Leave a prospect alone for now. See `prospects.park`."""
        return self._do("park", prospect, command, until=until, reason=reason, occurred_at=occurred_at)

    def resume(self, prospect: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Prospect:
        """Take up a prospect again that was parked or lost. See `prospects.resume`."""
        return self._do("resume", prospect, command, occurred_at=occurred_at)

    def lose(
        self,
        prospect: str,
        reason: str,
        *,
        note: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Prospect:
        """Note that a prospect does not become a customer. See `prospects.lose`."""
        return self._do("lose", prospect, command, reason=reason, note=note, occurred_at=occurred_at)

    def convert(
        self,
        prospect: str,
        *,
        account_manager: str | None = None,
        services: Iterable[str] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Make a prospect a customer; gives the customer. See `prospects.convert`."""
        wanted = distinct("services", services)
        told: dict[str, Any] = {"account_manager": account_manager, "services": wanted}
        order = self._order("convert", {"prospects": [prospect], **told}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Customer]:
            def decide(found: Prospect) -> Program[Decided]:
                self._permit(order, "convert", found)
                number = yield from work.number(Customer, order.at.year)
                return prospects.convert(
                    found, id=id, number=number, occurred_at=occurred_at, by=order.by, at=order.at, **told
                )

            (won,) = yield from change(work, PROSPECT, [prospect], decide, order)
            return (yield from work.get(Customer, str(won.customer)))

        return self._desk.perform(program)

    def erase_contact(
        self, prospect: str, person: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Prospect:
        """Erase what is known of a person at a prospect. See `prospects.erase_contact`."""
        return self._do("erase_contact", prospect, command, contact=person, occurred_at=occurred_at)

    def erase(
        self, prospect: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Prospect:
        """Erase all that is personal about a prospect. See `prospects.erase`."""
        return self._do("erase", prospect, command, reason=reason, occurred_at=occurred_at)
