"""How customers belong together and how they go, at the desk: parts, merges, removal, what is known of a person."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.families import merged
from servicecrm.desk.privacy import forgotten, told
from servicecrm.desk.programs import Decided, Order, change, fetch, outcome_before
from servicecrm.kernel.documents import Document
from servicecrm.kernel.filters import where
from servicecrm.portfolio import actions, interactions
from servicecrm.portfolio.codes import RemovalMode
from servicecrm.portfolio.duplicates import Likeness, duplicates
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.lifecycle import ERASE, KEPT, LIFECYCLE
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.policy import PortfolioPolicies
from servicecrm.portfolio.removal import Blocker
from servicecrm.portfolio.schema import CUSTOMER
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["CustomerLinks", "by_rules_of_the_day", "ids_of"]

IN_THE_WAY: Final = {
    "complaint": "customer",
    "case": "requester",
    "agreement": "customer",
    "general_agreement": "customer",
    "action_item": "source",
}
"""What has to be over before a customer is removed: kinds of records, and the column that names the customer."""

_Decide = Callable[[Work, Customer, Order], Program[Decided]]


def by_rules_of_the_day(work: Work, _: object, order: Order) -> Program[Mapping[str, Any]]:
    """The rules for the portfolio that are in force, for a command that follows them."""
    return {"policy": (yield from book_of(work, PortfolioPolicies)).in_force(order.at)[1]}


class CustomerLinks(Commands[Customer]):
    """Put customers together, part them, and let them go."""

    _kind: ClassVar = CUSTOMER
    _actions: ClassVar = actions
    _lifecycle: ClassVar = LIFECYCLE
    _moves: ClassVar = {"overrule": "classify", "remove": "archive", "take_score": "score"}
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("account_manager", "verified_at")

    # -- structure -------------------------------------------------------------------------------

    def place(
        self, customer: str, parent: str | None, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Customer:
        """Make a customer a part of another one, or of none. See `portfolio.place`."""

        def more(work: Work, _: Customer, __: Order) -> Program[Mapping[str, Any]]:
            if parent is None:
                return {"parent": None}
            found = yield from fetch(work, CUSTOMER, parent)
            return {"parent": found, "ancestors": (yield from _above(work, found))}

        return self._do("place", customer, command, more=more, asked={"parent": parent}, occurred_at=occurred_at)

    def parts(self, customer: str) -> tuple[Customer, ...]:
        """The customers that are parts of this one, without their own parts."""

        def program(work: Work) -> Program[tuple[Customer, ...]]:
            found = yield from fetch(work, CUSTOMER, customer)
            return (yield from work.find(Customer, where("parent") == found.id)).items

        return self._desk.perform(program, readonly=True)

    # -- duplicates ------------------------------------------------------------------------------

    def duplicates(self, *, threshold: float = 0.85) -> tuple[Likeness, ...]:
        """The pairs of customers that may be the same, the most alike first. See `portfolio.duplicates`."""
        return self._desk.perform(lambda work: _alike(work, threshold), readonly=True)

    def merge(
        self, customer: str, into: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Customer:
        """Let a customer go on as another one; gives the one that was merged. See `portfolio.merge`.

        Its interactions and its parts then belong to the other one, until `unmerge` gives them back.
        """

        def decided(work: Work, found: Customer, order: Order) -> Program[Decided]:
            other = yield from fetch(work, CUSTOMER, into)
            self._permit(order, "take_in", other)
            above = yield from _above(work, other)
            below = yield from _parts(work, found.id)
            gone, taken_in = actions.merge(
                found, other, ancestors=above, parts=[part.id for part in below], occurred_at=occurred_at, **_who(order)
            )
            placed = [actions.place(part, taken_in.after, ancestors=above, **_who(order)) for part in below]
            met = yield from work.find(Interaction, where("customer") == found.id)
            pointed = [interactions.repoint(each, taken_in.after, **_who(order)) for each in met.items]
            return (gone, taken_in, *placed, *pointed)

        return self._decide("merge", customer, command, {"into": into}, decided)

    def unmerge(
        self, customer: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Customer:
        """Part a customer from the one that it was merged into; gives it as it was before. See `portfolio.unmerge`."""

        def decided(work: Work, found: Customer, order: Order) -> Program[Decided]:
            other = yield from fetch(work, CUSTOMER, found.merged_into or found.id)
            self._permit(order, "give_back", other)
            parted, given_back = actions.unmerge(found, other, reason, occurred_at=occurred_at, **_who(order))
            brought = {id for each in other.taken_in if each.customer == found.id for id in each.parts}
            below = yield from _parts(work, other.id)
            above = yield from _above(work, found)
            back = [part for part in below if part.id in brought]
            placed = [actions.place(part, parted.after, ancestors=above, **_who(order)) for part in back]
            met = yield from work.find(Interaction, where("customer") == other.id)
            pointed = [
                interactions.repoint(each, parted.after, **_who(order))
                for each in met.items
                if each.repointed_from[-1:] == (found.id,)
            ]
            return (parted, given_back, *placed, *pointed)

        return self._decide("unmerge", customer, command, {"reason": reason}, decided)

    def ids(self, customer: str) -> tuple[str, ...]:
        """The id of a customer, and those of all that go on as this one: what is kept under any of them is its own."""
        return self._desk.perform(lambda work: ids_of(work, customer), readonly=True)

    # -- removal and privacy ---------------------------------------------------------------------

    def remove(
        self,
        customer: str,
        reason: str,
        *,
        mode: RemovalMode | str = RemovalMode.ARCHIVE,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Customer:
        """Remove a customer, if nothing of it is open: complaints, cases, agreements, actions, parts.

        To erase it erases everything else that is held about it, too. See `portfolio.remove` and `Privacy.forget`.
        """
        if RemovalMode(mode) is RemovalMode.ERASE:
            return self._erase(customer, reason, occurred_at, command)

        def decided(work: Work, found: Customer, order: Order) -> Program[Decided]:
            blockers = yield from self._blockers(work, found)
            return actions.remove(found, reason, blockers=blockers, occurred_at=occurred_at, **_who(order))

        return self._decide("remove", customer, command, {"reason": reason, "mode": str(mode)}, decided)

    def _erase(self, customer: str, reason: str, occurred_at: datetime | None, command: str | None) -> Customer:
        asked = {"customers": [customer], "reason": reason, "mode": str(RemovalMode.ERASE)}
        order = self._order("remove", asked, command)

        def program(work: Work) -> Program[Customer]:
            done = yield from outcome_before(work, order)
            found = yield from fetch(work, CUSTOMER, customer)
            if done is None:
                self._permit(order, "erase", found)
                LIFECYCLE.target(found.state, ERASE)
                yield from forgotten(work, found.id, reason, order, occurred_at=occurred_at)
            return (yield from work.get(Customer, found.id))

        return self._desk.perform(program)

    def access(self, person: str) -> Document:
        """Everything that is held about a person, wherever, to be handed to this person. See `Privacy.access`."""
        return self._desk.perform(lambda work: told(work, person), readonly=True)

    def forget(self, person: str, reason: str) -> tuple[str, ...]:
        """Erase what is held about a person, wherever; gives the ids of the records that changed.

        Raises:
            GuardNotMet: something keeps the data of a customer from being erased; nothing is erased then.

        Source: C011, C012. See `Privacy.forget`.
        """
        order = self._order("erase_contact", {"person": person, "reason": reason}, None)
        return self._desk.perform(lambda work: forgotten(work, person, reason, order))

    # -- inside ----------------------------------------------------------------------------------

    def _decide(
        self, action: str, customer: str, command: str | None, asked: Mapping[str, object], decided: _Decide
    ) -> Customer:
        """Change a customer, and others with it."""
        order = self._order(action, {"customers": [customer], **asked}, command)

        def program(work: Work) -> Program[Customer]:
            def decide(found: Customer) -> Program[Decided]:
                self._permit(order, action, found)
                every = yield from decided(work, found, order)
                self._check(order, action, every)
                return every

            return (yield from change(work, CUSTOMER, [customer], decide, order))[0]

        return self._desk.perform(program)

    def _blockers(self, work: Work, customer: Customer) -> Program[list[Blocker]]:
        ids = yield from ids_of(work, customer.id)
        found: list[Blocker] = []
        for kind in self._desk.store.kinds.values():
            column = IN_THE_WAY.get(kind.name)
            if column is not None and {column, "open"} <= {each.name for each in kind.columns}:
                there = yield from work.among(kind.schema.record, column, ids, where("open").is_(True))
                found += [Blocker(kind=kind.name, id=each.id) for each in there]
        parts = yield from work.among(Customer, "parent", ids, where("open").is_(True))
        return found + [Blocker(kind=CUSTOMER.name, id=each.id) for each in parts]


def _who(order: Order) -> dict[str, Any]:
    return {"by": order.by, "at": order.at}


def _parts(work: Work, customer: str) -> Program[tuple[Customer, ...]]:
    """The parts of a customer that can be placed elsewhere."""
    kept = where("state").one_of(KEPT) & where("merged_into").is_(None)
    return (yield from work.find(Customer, where("parent") == customer, kept)).items


def _above(work: Work, customer: Customer) -> Program[list[str]]:
    """The ids of all that a customer is a part of, the nearest first: held, so that no two units make a circle."""
    above: list[str] = []
    while customer.parent is not None and customer.parent not in above:
        above.append(customer.parent)
        customer = yield from work.get(Customer, customer.parent)
    return above


def ids_of(work: Work, customer: str) -> Program[tuple[str, ...]]:
    """The id of a customer, and those of all that go on as this one."""
    found = yield from fetch(work, CUSTOMER, customer)
    return tuple((yield from merged(work, [found.id])))


def _alike(work: Work, threshold: float) -> Program[tuple[Likeness, ...]]:
    there = yield from work.find(Customer, where("merged_into").is_(None))
    return duplicates(there.items, threshold=threshold)
