"""Changes at the desk: each by the pure command of its name, on records that are named by id or number."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar

from servicecrm.desk.books import book_of
from servicecrm.desk.programs import Decided, Order, by_id, change, commanded
from servicecrm.desk.register import R, Register
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.policies import PolicyBook
from servicecrm.kernel.shapes import several
from servicecrm.kernel.years import in_years
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.rights import permit

__all__ = ["Commands", "More"]


More = Callable[[Work, Any, Order], Program[Mapping[str, Any]]]


Instead = Callable[[Any, Mapping[str, Any], Order], tuple[str, Mapping[str, Any]] | None]
"""Which record a command is about instead of the one that is named, and what the pure command is told because of it."""


class Commands(Register[R]):
    """Change records, and find them."""

    _actions: ClassVar[ModuleType]
    """The pure commands."""
    _moves: ClassVar[Mapping[str, str]] = {}
    """The actions of the lifecycle that commands of another name take."""
    _book: ClassVar[type[PolicyBook[Any]]]
    """The house rules that some of them follow."""
    _by_policy: ClassVar[frozenset[str]]
    """Those that do."""
    _instead: ClassVar[Mapping[str, "Instead"]] = {}
    """The commands that may be about another record than the one that is named."""

    def _permit(self, order: Order, command: str, record: Any = None) -> None:
        """Refuses a command that is not for whoever gives it, if the house says for whom it is.

        Raises:
            NotPermitted: it is for others.
        """
        house = order.house
        if house is not None and house.rights is not None:
            tracked = TRACKED.get(type(record))
            people: dict[str, str | None] = {}
            if tracked is not None:
                people |= {str(party): person for party, person in tracked.people(record).items()}
                people |= tracked.roles(record)
            among = dict.fromkeys(move.role for move in self._lifecycle.moves)
            roles = house.roles_of(order.by.id, people, record, among)
            permit(house.rights, roles, lifecycle=self._lifecycle, action=self._moves.get(command, command))

    def _check(self, order: Order, command: str, decided: Decided | None) -> None:
        """Refuses a decision that leaves a record without what the checklist of the house demands.

        What was missing already where a record stays keeps nobody from working on it.

        Raises:
            GuardNotMet: all that is missing.
        """
        checklists = {} if order.house is None else order.house.checklists
        decisions = () if decided is None else decided if isinstance(decided, tuple) else (decided,)
        for decision in decisions:
            before, after = decision.before, decision.after
            tracked = TRACKED.get(type(after))
            checklist = None if tracked is None else checklists.get(tracked.kind.name)
            if checklist is None:
                continue
            stays = before is not None and before.state == after.state
            if not stays or set(checklist.check(after).missing) - set(checklist.check(before).missing):
                checklist.require(after, self._moves.get(command, command))

    def _order(self, action: str, told: Mapping[str, object], command: str | None) -> Order:
        at, house = self._desk.clock(), self._desk.house
        for name, value in told.items():
            if isinstance(value, datetime) and value.tzinfo is not None:  # its record refuses one without a zone
                in_years(name, value)
        if house is not None:
            for name in ("occurred_at", "received_at"):
                house.check_time(told.get(name), at)
        return Order(self._desk.actor, at, commanded(command, f"{self._kind.name}.{action}", told), house)

    def _do(self, action: str, id: str, command: str | None, **told: Any) -> R:
        changed = self._change(action, [id], command, **told)

        def program(work: Work) -> "Program[R]":  # or the annotation would be made for every command
            return (yield from changed(work))[0]

        return self._desk.perform(program)

    def _do_all(self, action: str, ids: Sequence[str], command: str | None, **told: Any) -> tuple[R, ...]:
        return self._desk.perform(self._change(action, several(f"{self._kind.name}s", ids), command, **told))

    def _change(
        self,
        action: str,
        ids: Sequence[str],
        command: str | None,
        *,
        new_id: bool = False,
        asked: Mapping[str, object] | None = None,
        more: More | None = None,
        **told: Any,
    ) -> Callable[[Work], Program[tuple[R, ...]]]:
        """`asked` is what the caller has asked for, where that is not only what the pure command is told.

        `more` gives what the pure command is told besides, out of the store.
        """
        order = self._order(action, {f"{self._kind.name}s": list(ids), **(told if asked is None else asked)}, command)
        decide: Callable[..., Decided] = getattr(self._actions, action)
        if new_id:
            told["id"] = self._desk.ids()

        def program(work: Work) -> "Program[tuple[R, ...]]":
            def decided(record: Any) -> "Program[Decided]":
                self._permit(order, action, record)
                if action in self._by_policy:
                    told["policy"] = (yield from book_of(work, self._book)).numbered(record.policy)
                if more is not None:
                    told.update((yield from more(work, record, order)))
                told.update((yield from by_id(work, told)))
                found = decide(record, **told, by=order.by, at=order.at)
                self._check(order, action, found)
                return found

            def instead(record: Any) -> str | None:
                meant = self._instead[action](record, told, order) if action in self._instead else None
                if meant is None:
                    return None
                told.update(meant[1])
                return meant[0]

            return (yield from change(work, self._kind, ids, decided, order, instead=instead))

        return program
