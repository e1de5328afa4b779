"""Complaints that are there: one by its id or number, many by filters, by a text, or as somebody's work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from servicecrm.complaints.model import Complaint
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.desk.programs import fetch
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import Filter, search, where
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking.messages import Message

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Register"]

PAGE = 500


class Register:
    """Find complaints, and read what was said about them."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def get(self, complaint: str) -> Complaint:
        """The complaint with this id or number.

        Raises:
            NotFound: there is none, or it belongs to another tenant.
        """
        return self._desk.perform(lambda work: fetch(work, COMPLAINT, complaint), readonly=True)

    def messages(self, complaint: str) -> tuple[Message, ...]:
        """What was said about a complaint, notes among it, oldest first."""

        def program(work: Work) -> Program[tuple[Message, ...]]:
            found = yield from fetch(work, COMPLAINT, complaint)
            page = yield from work.find(Message, where("about") == found.id, order="occurred_at")
            return page.items

        return self._desk.perform(program, readonly=True)

    def find(self, *filters: Filter, order: str = "id", limit: int | None = None) -> Iterator[Complaint]:
        """All complaints that pass all filters, read page by page; `limit` is how many at most.

        `order` is a column, with "-" before it the other way round; missing values come last.
        """
        if limit is not None and limit < 0:
            raise InvalidValue("limit", "a limit is not below 0")
        after, left = None, limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self.page(*filters, order=order, limit=size, after=after)
            yield from page
            left = None if left is None else left - len(page)
            after = page.next
            if after is None:
                return

    def page(self, *filters: Filter, order: str = "id", limit: int = 50, after: str | None = None) -> Page[Complaint]:
        """One page of complaints; hand its `next` back as `after` to get the one after."""
        return self._desk.perform(
            lambda work: work.find(Complaint, *filters, order=order, limit=limit, after=after), readonly=True
        )

    def count(self, *filters: Filter) -> int:
        """How many complaints pass all filters."""
        return self._desk.perform(lambda work: work.count(Complaint, *filters), readonly=True)

    def search(self, text: str, *filters: Filter, limit: int = 20) -> tuple[Complaint, ...]:
        """Complaints whose number, subject, text or complainant hold this text, newest first, whatever the case."""

        def program(work: Work) -> Program[tuple[Complaint, ...]]:
            page = yield from work.find(Complaint, search(text), *filters, order="-id", limit=limit)
            return page.items

        return self._desk.perform(program, readonly=True)

    def worklist(self, handler: str, *, limit: int = 50, after: str | None = None) -> Page[Complaint]:
        """The open complaints of a handler, those that are due next first."""
        mine = (where("handler") == handler) & where("open").is_(True)
        return self.page(mine, order="due_at", limit=limit, after=after)
