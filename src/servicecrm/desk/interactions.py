"""Interactions at the desk: that we and a customer, a prospect or a partner were in touch."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, fetch, start
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import distinct, several
from servicecrm.portfolio import interactions
from servicecrm.portfolio.codes import Direction, InteractionKind
from servicecrm.portfolio.interaction_lifecycle import LIFECYCLE, VOIDED
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.schema import CUSTOMER, INTERACTION, PARTNER, PROSPECT
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Interactions"]


class Interactions(Commands[Interaction]):
    """Record calls, letters, meetings, and read them again."""

    _kind: ClassVar = INTERACTION
    _actions: ClassVar = interactions
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("handler", "occurred_at")

    def record(
        self,
        subject: str,
        *,
        kind: InteractionKind | str,
        direction: Direction | str,
        customer: str | None = None,
        prospect: str | None = None,
        partner: str | None = None,
        contact: str | None = None,
        participants: Iterable[str] = (),
        handler: str | None = None,
        summary: str = "",
        outcome: str | None = None,
        links: Iterable[str] = (),
        minutes: int | None = None,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Interaction:
        """Record that we were in touch, with a customer, a prospect or a partner, by id or number.

        What is recorded with a customer that was merged belongs to the one that it goes on as. See
        `portfolio.interactions.record`.
        """
        told: dict[str, Any] = {
            "subject": subject,
            "kind": kind,
            "direction": direction,
            "customer": customer,
            "prospect": prospect,
            "partner": partner,
            "contact": contact,
            "participants": several("participants", participants),
            "handler": handler,
            "summary": summary,
            "outcome": outcome,
            "links": distinct("links", links),
            "minutes": minutes,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("record", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Interaction]:
            def decide() -> Program[Decided]:
                self._permit(order, "record")
                found: dict[str, str] = {}
                if customer is not None:
                    found["customer"] = (yield from _standing(work, customer)).id
                if prospect is not None:
                    found["prospect"] = (yield from fetch(work, PROSPECT, prospect)).id
                if partner is not None:
                    found["partner"] = (yield from fetch(work, PARTNER, partner)).id
                return interactions.record(id=id, by=order.by, at=order.at, **{**told, **found})

            return (yield from start(work, Interaction, decide, order))

        return self._desk.perform(program)

    def amend(
        self, interaction: str, *, command: str | None = None, **details: Unpack[interactions.InteractionDetails]
    ) -> Interaction:
        """Put right what is recorded of an interaction. See `portfolio.interactions.amend`."""
        taken_away = [name for name, value in details.items() if value is None]
        return self._do("amend", interaction, command, asked={**details, "taken_away": taken_away}, **details)

    def void(self, interaction: str, reason: str, *, command: str | None = None) -> Interaction:
        """Take back an interaction that was entered by mistake. See `portfolio.interactions.void`."""
        return self._do("void", interaction, command, reason=reason)

    def erase(self, interaction: str, reason: str, *, command: str | None = None) -> Interaction:
        """Erase all that is personal about an interaction, unless its customer is on hold.

        See `portfolio.interactions.erase`.
        """

        def more(work: Work, found: Interaction, _: Order) -> Program[Mapping[str, Any]]:
            owner = yield from work.present(Customer, [found.customer] if found.customer else [])
            return {"of": next(iter(owner.values()), None)}

        return self._do("erase", interaction, command, more=more, asked={"reason": reason}, reason=reason)

    def of(self, customer: str, *, limit: int | None = None) -> tuple[Interaction, ...]:
        """The interactions with a customer, and with the prospect that it was, the latest first.

        What was voided is left out. A customer that was merged has those of the one that it goes on as.

        Source: C015, C017.
        """

        def program(work: Work) -> Program[tuple[Interaction, ...]]:
            found = yield from _standing(work, customer)
            twins = yield from work.find(Customer, where("merged_into") == found.id)
            origins = {each.origin for each in (found, *twins.items)} - {None}
            whose = where("customer") == found.id
            if origins:
                whose |= where("prospect").one_of(origins)
            page = yield from work.find(Interaction, whose, where("state") != VOIDED, order="-occurred_at", limit=limit)
            return page.items

        return self._desk.perform(program, readonly=True)


def _standing(work: Work, customer: str) -> Program[Customer]:
    """A customer, or the one that it goes on as."""
    found = yield from fetch(work, CUSTOMER, customer)
    while found.merged_into is not None:
        found = yield from fetch(work, CUSTOMER, found.merged_into)
    return found
