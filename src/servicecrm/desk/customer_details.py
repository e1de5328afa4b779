"""What is known of customers and agreed with them, at the desk: people, channels, observations, classes, holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.customer_links import CustomerLinks, by_rules_of_the_day
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import where
from servicecrm.kernel.shapes import distinct
from servicecrm.kernel.values import ContactPoint
from servicecrm.portfolio import actions
from servicecrm.portfolio.codes import ContactRole, Purpose, ValueClass
from servicecrm.portfolio.contacts import contact
from servicecrm.portfolio.managers import transfers
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.parts import Contact
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["CustomerDetails"]

OF_WHOM_IT_IS: tuple[str, ...] = (
    "update",
    "add_contact",
    "change_contact",
    "assign_manager",
    "set_channel",
    "collect",
    "consent",
    "take_score",
)
"""What is told of a customer that was merged is kept with the one that it goes on as."""


def _with_the_other(customer: Customer, _: object, __: object) -> tuple[str, Mapping[str, Any]] | None:
    return None if customer.merged_into is None else (customer.merged_into, {})


class CustomerDetails(CustomerLinks):
    """Keep what is known of customers, and what is agreed with them."""

    _instead: ClassVar = dict.fromkeys(OF_WHOM_IT_IS, _with_the_other)

    # -- people ----------------------------------------------------------------------------------

    def add_contact(
        self,
        customer: str,
        name: str | Contact,
        *,
        person: str | None = None,
        function: str | None = None,
        role: ContactRole | str = ContactRole.CUSTOMER,
        points: Sequence[ContactPoint] = (),
        language: str | None = None,
        purposes: Iterable[Purpose | str] = (),
        primary: Iterable[Purpose | str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Name somebody to turn to; `person` is your id of somebody who is known, or else a new one is made.

        A whole `Contact`, such as that of a vCard, says all else itself. See `portfolio.contact` and
        `portfolio.add_contact`.

        Raises:
            InvalidValue: something is said besides a whole contact.
        """
        told: dict[str, Any] = {
            "function": function,
            "role": role,
            "points": points,
            "language": language,
            "purposes": distinct("purposes", purposes),
            "primary": distinct("primary", primary),
            "since": since,
            "until": until,
        }
        if isinstance(name, Contact):
            if any(value and value != ContactRole.CUSTOMER for value in (person, *told.values())):
                raise InvalidValue("contact", "a whole contact says all of it; change it before, or give a name")
            return self._do("add_contact", customer, command, new=name, occurred_at=occurred_at)
        id = self._desk.ids() if person is None else person

        def more(*_: object) -> Program[Mapping[str, Any]]:
            yield from ()
            return {"new": contact(name, id=id, **told)}

        asked = {**told, "name": name, "person": person}
        return self._do("add_contact", customer, command, more=more, asked=asked, occurred_at=occurred_at)

    def change_contact(
        self,
        customer: str,
        person: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[actions.ContactDetails],
    ) -> Customer:
        """Bring what is known of a contact up to date. See `portfolio.change_contact`."""
        taken_away = [name for name, value in details.items() if value is None]
        asked = {"person": person, **details, "taken_away": taken_away}
        return self._do(
            "change_contact", customer, command, asked=asked, contact=person, occurred_at=occurred_at, **details
        )

    def erase_contact(
        self, customer: str, person: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Customer:
        """Erase what is known of a person at one customer; `forget` does so everywhere.

        See `portfolio.erase_contact`.
        """
        return self._do("erase_contact", customer, command, contact=person, occurred_at=occurred_at)

    def assign_manager(
        self,
        customer: str,
        manager: str,
        *,
        deputy: str | None = None,
        since: datetime | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Name the account manager of a customer, from now or a day to come on. See `portfolio.assign_manager`."""
        told = {"manager": manager, "deputy": deputy, "since": since, "reason": reason, "occurred_at": occurred_at}
        return self._do("assign_manager", customer, command, **told)

    def transfers(self, leaving: str) -> tuple[str, ...]:
        """The ids of the customers that somebody else has to look after when this one leaves.

        Source: C013.
        """

        def program(work: Work) -> Program[tuple[str, ...]]:
            mine = yield from work.find(Customer, where("managers").has(leaving), where("open").is_(True))
            return transfers(mine.items, leaving, at=self._desk.clock())

        return self._desk.perform(program, readonly=True)

    # -- what is agreed and known ----------------------------------------------------------------

    def set_channel(
        self,
        customer: str,
        purpose: Purpose | str,
        points: Sequence[ContactPoint],
        *,
        needs: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Agree on the ways to use for a purpose. See `portfolio.set_channel`."""
        told: dict[str, Any] = {"purpose": purpose, "points": points, "needs": needs, "occurred_at": occurred_at}
        return self._do("set_channel", customer, command, **told)

    def consent(
        self,
        customer: str,
        use: str,
        *,
        given: bool,
        source: str,
        person: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Note that a consent was given or withdrawn. See `portfolio.consent`."""
        told: dict[str, Any] = {"use": use, "given": given, "source": source, "person": person}
        return self._do("consent", customer, command, occurred_at=occurred_at, **told)

    def collect(
        self,
        customer: str,
        field: str,
        value: str,
        *,
        source: str,
        confidence: float = 1.0,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Keep what a source says of a customer. See `portfolio.collect`."""
        told: dict[str, Any] = {"field": field, "value": value, "source": source, "confidence": confidence}
        return self._do(
            "collect", customer, command, more=by_rules_of_the_day, asked=told, occurred_at=occurred_at, **told
        )

    def take_score(
        self,
        customer: str,
        value: float,
        *,
        source: str,
        worst: float,
        best: float,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Keep a score from elsewhere. See `portfolio.take_score`."""
        told: dict[str, Any] = {"value": value, "source": source, "worst": worst, "best": best}
        return self._do("take_score", customer, command, occurred_at=occurred_at, **told)

    def classify(
        self,
        customer: str,
        facts: Mapping[str, float | str | None],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Put a customer into the class that the rules of the house say. See `portfolio.classify`."""
        told: dict[str, Any] = {"facts": facts}
        return self._do(
            "classify", customer, command, more=by_rules_of_the_day, asked=told, occurred_at=occurred_at, **told
        )

    def overrule(
        self,
        customer: str,
        value_class: ValueClass | str,
        reason: str,
        *,
        until: datetime,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Put a customer into a class whatever the rules say, until a day. See `portfolio.overrule`."""
        told: dict[str, Any] = {"value_class": value_class, "reason": reason, "until": until}
        return self._do("overrule", customer, command, occurred_at=occurred_at, **told)

    def hold(
        self,
        customer: str,
        name: str,
        *,
        reason: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Keep the data of a customer from being erased. See `portfolio.hold`."""
        return self._do("hold", customer, command, name=name, reason=reason, occurred_at=occurred_at)

    def release(
        self, customer: str, name: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Customer:
        """End a hold. See `portfolio.release`."""
        return self._do("release", customer, command, name=name, occurred_at=occurred_at)
