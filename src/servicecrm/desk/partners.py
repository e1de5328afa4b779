"""Partners at the desk: who works with us for our customers, and how well."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.customer_links import by_rules_of_the_day
from servicecrm.desk.programs import Decided, by_id, fetch, start
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import distinct
from servicecrm.portfolio import partners
from servicecrm.portfolio.codes import PartnerRole
from servicecrm.portfolio.partner_lifecycle import LIFECYCLE
from servicecrm.portfolio.partner_model import Criterion, Partner
from servicecrm.portfolio.parts import Channel, Contact
from servicecrm.portfolio.schema import CUSTOMER, PARTNER
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work

__all__ = ["Partners"]


class Partners(Commands[Partner]):
    """Work with partners, and look regularly how well that goes.

    Source: C023.
    """

    _kind: ClassVar = PARTNER
    _actions: ClassVar = partners
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("manager", "evaluation_due_at")

    def add(
        self,
        name: str,
        *,
        role: PartnerRole | str,
        customer: str | None = None,
        manager: str | None = None,
        contacts: Sequence[Contact] = (),
        channels: Sequence[Channel] = (),
        services: Iterable[str] = (),
        tags: Iterable[str] = (),
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Partner:
        """Keep somebody who may work with us; gives it with its new id and number. See `partners.add`."""
        told: dict[str, Any] = {
            "name": name,
            "role": role,
            "customer": customer,
            "manager": manager,
            "contacts": contacts,
            "channels": channels,
            "services": distinct("services", services),
            "tags": distinct("tags", tags),
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("add", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Partner]:
            def decide() -> Program[Decided]:
                self._permit(order, "add")
                known = yield from by_id(work, told)
                same = None if customer is None else (yield from fetch(work, CUSTOMER, customer)).id
                number = yield from work.number(Partner, order.at.year)
                return partners.add(id=id, number=number, by=order.by, at=order.at, **{**known, "customer": same})

            return (yield from start(work, Partner, decide, order))

        return self._desk.perform(program)

    def update(
        self,
        partner: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[partners.PartnerDetails],
    ) -> Partner:
        """Bring what is known of a partner up to date. See `partners.update`."""
        asked = {**details, "taken_away": [name for name, value in details.items() if value is None]}
        return self._do("update", partner, command, asked=asked, occurred_at=occurred_at, **details)

    def activate(self, partner: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Partner:
        """Begin to work with a partner, or begin again. See `partners.activate`."""
        return self._do("activate", partner, command, more=by_rules_of_the_day, occurred_at=occurred_at)

    def evaluate(
        self,
        partner: str,
        criteria: Sequence[Criterion],
        *,
        first: date,
        last: date,
        summary: str = "",
        actions: Iterable[str] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Partner:
        """Keep how well a partner worked from a day to another. See `partners.evaluate`."""
        told: dict[str, Any] = {"criteria": criteria, "first": first, "last": last, "summary": summary}
        told["actions"] = distinct("actions", actions)
        return self._do(
            "evaluate", partner, command, more=by_rules_of_the_day, asked=told, occurred_at=occurred_at, **told
        )

    def end(
        self, partner: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Partner:
        """Stop working with a partner. See `partners.end`."""
        return self._do("end", partner, command, reason=reason, occurred_at=occurred_at)

    def erase_contact(
        self, partner: str, person: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Partner:
        """Erase what is known of a person at a partner. See `partners.erase_contact`."""
        return self._do("erase_contact", partner, command, contact=person, occurred_at=occurred_at)

    def erase(
        self, partner: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Partner:
        """Erase all that is personal about a partner. See `partners.erase`."""
        return self._do("erase", partner, command, reason=reason, occurred_at=occurred_at)

    def overdue(self, *, limit: int = 50, after: str | None = None) -> Page[Partner]:
        """One page of the partners whose evaluation is late, the latest first."""
        late = where("evaluation_due_at") < self._desk.clock()
        return self.page(late, order="evaluation_due_at", limit=limit, after=after)
