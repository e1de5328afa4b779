"""Changes at the desk: each by the pure command of its name, on records that are named by id or number."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

from servicecrm.desk.books import book_of
from servicecrm.desk.programs import Decided, Order, change, fingerprint
from servicecrm.desk.register import R, Register
from servicecrm.kernel.policies import PolicyBook
from servicecrm.storage.ports import Command, Program
from servicecrm.storage.work import Work

__all__ = ["Commands", "More"]


More = Callable[[Work, Any, Order], Program[Mapping[str, Any]]]


class Commands(Register[R]):
    """Change records, and find them."""

    _actions: ClassVar[ModuleType]
    """The pure commands."""
    _book: ClassVar[type[PolicyBook[Any]]]
    """The house rules that some of them follow."""
    _by_policy: ClassVar[frozenset[str]]
    """Those that do."""

    def _order(self, action: str, told: Mapping[str, object], command: str | None) -> Order:
        named = None
        if command is not None:
            named = Command(id=command, fingerprint=fingerprint(f"{self._kind.name}.{action}", told))
        return Order(self._desk.actor, self._desk.clock(), named, self._desk.house)

    def _do(self, action: str, id: str, command: str | None, **told: Any) -> R:
        changed = self._change(action, [id], command, **told)

        def program(work: Work) -> Program[R]:
            return (yield from changed(work))[0]

        return self._desk.perform(program)

    def _do_all(self, action: str, ids: Sequence[str], command: str | None, **told: Any) -> tuple[R, ...]:
        return self._desk.perform(self._change(action, ids, command, **told))

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

        def program(work: Work) -> Program[tuple[R, ...]]:
            def decided(record: Any) -> Program[Decided]:
                if action in self._by_policy:
                    told["policy"] = (yield from book_of(work, self._book)).numbered(record.policy)
                if more is not None:
                    told.update((yield from more(work, record, order)))
                return decide(record, **told, by=order.by, at=order.at)

            return (yield from change(work, self._kind, ids, decided, order))

        return program
