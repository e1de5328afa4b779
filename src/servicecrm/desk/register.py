"""Records that are there: one by its id or number, many by filters, by a text, or as somebody's work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from servicecrm.desk.programs import fetch
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import Filter, asked_of, encoded, everything, search, where
from servicecrm.kernel.kinds import Identified, Kind
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.shapes import whole
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking.messages import Message

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Register"]

R = TypeVar("R", bound=Identified)

PAGE = 500


class Register(Generic[R]):
    """Find records of a kind, and read what was said about them."""

    _kind: ClassVar[Kind[Any]]
    _lifecycle: ClassVar[Lifecycle[Any]]
    """Which states there are, and what is allowed in them."""
    _work: ClassVar[tuple[str, str]] = ("handler", "due_at")
    """The columns that say whose work a record is, and when it is due."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def get(self, id: str) -> R:
        """The record with this id or number.

        Raises:
            NotFound: there is none, or it belongs to another tenant.
        """
        kind: Kind[R] = self._kind
        return self._desk.perform(lambda work: fetch(work, kind, id), glance=True)

    def messages(self, id: str) -> tuple[Message, ...]:
        """What was said about a record, notes among it, oldest first."""

        def program(work: Work) -> Program[tuple[Message, ...]]:
            found = yield from fetch(work, self._kind, id)
            page = yield from work.find(Message, where("about") == found.id, order="occurred_at")
            return page.items

        return self._desk.perform(program, readonly=True)

    def find(self, *filters: Filter, order: str = "id", limit: int | None = None) -> Iterator[R]:
        """All records that pass all filters, read page by page; `limit` is how many at most.

        `order` is a column, with "-" before it the other way round; missing values come last.

        Raises:
            InvalidValue: a filter asks for a column that these records never have; or for a state that is not one of
                their lifecycle, and that none of them is in; or the limit is no whole number from 0.
        """
        after, left = None, None if limit is None else whole("limit", limit, 0)
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self.page(*filters, order=order, limit=size, after=after)
            yield from page
            left = None if left is None else left - len(page)
            after = page.next
            if after is None:
                return

    def page(self, *filters: Filter, order: str = "id", limit: int = 50, after: str | None = None) -> Page[R]:
        """One page of records; hand its `next` back as `after` to get the one after."""

        def program(work: Work) -> "Program[Page[R]]":
            asked = yield from self._asked(work, *filters)
            return (yield from work.find(self._kind.schema.record, asked, order=order, limit=limit, after=after))

        return self._desk.perform(program, glance=True)

    def count(self, *filters: Filter) -> int:
        """How many records pass all filters."""

        def program(work: Work) -> Program[int]:
            asked = yield from self._asked(work, *filters)
            return (yield from work.count(self._kind.schema.record, asked))

        return self._desk.perform(program, glance=True)

    def search(self, text: str, *filters: Filter, limit: int = 20) -> tuple[R, ...]:
        """Records whose number, names or words hold this text, newest first, whatever the case."""

        def program(work: Work) -> Program[tuple[R, ...]]:
            asked = yield from self._asked(work, search(text), *filters)
            page = yield from work.find(self._kind.schema.record, asked, order="-id", limit=limit)
            return page.items

        return self._desk.perform(program, glance=True)

    def worklist(self, handler: str, *, limit: int = 50, after: str | None = None) -> Page[R]:
        """The open records of a handler, those that are due next first.

        Raises:
            InvalidValue: records of this kind have no handler.
        """
        whose, due = self._work
        mine = (where(whose) == handler) & where("open").is_(True)

        def program(work: Work) -> Program[Page[R]]:
            if not {whose, due, "open"} <= {column.name for column in self._kind.columns}:
                raise InvalidValue("worklist", f"records of the kind {self._kind.name} have no handler; use find()")
            return (yield from work.find(self._kind.schema.record, mine, order=due, limit=limit, after=after))

        return self._desk.perform(program, glance=True)

    def _asked(self, work: Work, *filters: Filter) -> Program[Filter]:
        """All of these filters as one. A state that is misspelt would find nothing, and nobody would notice."""
        asked = everything(*filters)
        for state in dict.fromkeys(asked_of("state", encoded(asked, self._kind))):
            try:
                if isinstance(state, str):
                    self._lifecycle.allowed(state)
            except InvalidValue:  # unless records have it that are older than the lifecycle
                if not (yield from work.count(self._kind.schema.record, where("state") == state)):
                    raise
        return asked
