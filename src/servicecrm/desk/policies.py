"""The house rules at the desk: publish a version, and see which one is in force."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from servicecrm.complaints.policy import ComplaintPolicies, ComplaintPolicy
from servicecrm.errors import NotFound
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.policies import PolicyBook, publish
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Policies", "book_of"]


B = TypeVar("B", bound=PolicyBook[Any])


def book_of(work: Work, book: Callable[[], B]) -> Program[B]:
    """All published versions of some house rules; an empty book before the first publishing."""
    empty = book()
    try:
        return (yield from work.get(type(empty), empty.id, held=False))
    except NotFound:
        return empty


class Policies:
    """Rules for complaints that change on a date, while every complaint keeps those that it started under.

    Source: C008.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def publish(
        self, policy: ComplaintPolicy, *, effective: datetime, until: datetime | None = None
    ) -> ComplaintPolicies:
        """Put rules in force from a date on; the rules before them end there.

        Raises:
            PolicyViolation: they overlap the last version, or leave a gap after it.
        """
        by, at = self._desk.actor, self._desk.clock()

        def program(work: Work) -> Program[ComplaintPolicies]:
            book = yield from book_of(work, ComplaintPolicies)
            decision: Decision[ComplaintPolicies] = publish(
                book, policy, effective=effective, until=until, by=by, at=at
            )
            (saved,) = yield from work.save(decision)
            return saved  # type: ignore[no-any-return]  # saving gives back what was decided about

        return self._desk.perform(program)

    def book(self) -> ComplaintPolicies:
        """All versions that were published."""
        return self._desk.perform(lambda work: book_of(work, ComplaintPolicies), readonly=True)

    def in_force(self, at: datetime | None = None) -> ComplaintPolicy:
        """The rules at an instant, by default now; the shipped ones before the first version."""
        instant = self._desk.clock() if at is None else at

        def program(work: Work) -> Program[ComplaintPolicy]:
            return (yield from book_of(work, ComplaintPolicies)).in_force(instant)[1]

        return self._desk.perform(program, readonly=True)
