"""How complaints belong together, at the desk: merged, split, linked, and come again."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from servicecrm.complaints.codes import LinkKind
from servicecrm.complaints.lifecycle import OVER
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.desk.books import book_of
from servicecrm.desk.complaint_decisions import ComplaintDecisions
from servicecrm.desk.merged import merged_into
from servicecrm.desk.programs import Order, fetch
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import micros
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.messages import Message
from servicecrm.tracking.moments import Side

__all__ = ["ComplaintLinks"]


def _with_the_other(
    complaint: Complaint, told: Mapping[str, Any], order: Order
) -> tuple[str, Mapping[str, Any]] | None:
    """What the complainant of a merged complaint says is kept with the one that it goes on as, as said by them.

    What we tell them stays with theirs: it is not for the complainant of the other one.
    """
    if complaint.duplicate_of is None or Side(told["side"]) is Side.INSIDE:
        return None
    author = told["author"] or order.by.on_behalf_of or complaint.customer or order.by.id
    return complaint.duplicate_of, {"author": author}


class ComplaintLinks(ComplaintDecisions):
    """Merge, split and link complaints."""

    _instead: ClassVar = {"message": _with_the_other}

    def merge(
        self, complaint: str, into: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """End a complaint that says the same as another one, and go on there; gives the one that ended.

        What comes in about it from then on is kept with the other one. See `servicecrm.complaints.merge`.
        """

        def more(work: Work, _: Complaint, order: Order) -> Program[Mapping[str, Any]]:
            other: Complaint = yield from fetch(work, self._kind, into)
            self._permit(order, "reopen" if other.state in OVER else "take_in", other)
            book = yield from book_of(work, ComplaintPolicies)
            return {"into": other, "policy": book.numbered(other.policy)}

        return self._do("merge", complaint, command, more=more, asked={"into": into}, occurred_at=occurred_at)

    def split(
        self,
        complaint: str,
        subject: str,
        *,
        text: str = "",
        category: str | None = None,
        service: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Make a part of a complaint one of its own; gives the whole, and `parts` gives the parts.

        See `servicecrm.complaints.split`.
        """

        def more(work: Work, found: Complaint, order: Order) -> Program[Mapping[str, Any]]:
            number = yield from work.number(Complaint, order.at.year)
            return {"number": number, "policy_version": found.policy}

        told = {"subject": subject, "text": text, "category": category, "service": service}
        return self._do(
            "split", complaint, command, new_id=True, more=more, asked=told, occurred_at=occurred_at, **told
        )

    def link(
        self,
        complaint: str,
        other: str,
        kind: LinkKind | str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Say how a complaint belongs to another one. See `servicecrm.complaints.link`."""

        def more(work: Work, _: Complaint, __: Order) -> Program[Mapping[str, Any]]:
            found = yield from fetch(work, self._kind, other)
            above: list[str] = []
            parents = found.linked(LinkKind.CHILD_OF)
            while parents and parents[0] not in above:
                above += parents
                parent = yield from fetch(work, self._kind, parents[0])
                parents = parent.linked(LinkKind.CHILD_OF)
            return {"other": found, "ancestors": above}

        told = {"kind": kind, "occurred_at": occurred_at}
        return self._do("link", complaint, command, more=more, asked={**told, "other": other}, **told)

    def duplicates(self, complaint: str) -> tuple[Complaint, ...]:
        """The complaints that go on as this one, those that went on as one of these among them."""

        def program(work: Work) -> Program[tuple[Complaint, ...]]:
            return (yield from merged_into(work, (yield from fetch(work, self._kind, complaint))))

        return self._desk.perform(program, readonly=True)

    def parts(self, complaint: str) -> tuple[Complaint, ...]:
        """The complaints that were split from this one, oldest first."""
        return self._that(complaint, lambda id: where("links").has(f"{LinkKind.SPLIT_FROM}:{id}"))

    def children(self, complaint: str) -> tuple[Complaint, ...]:
        """The complaints that are children of this one, oldest first."""
        return self._that(complaint, lambda id: where("links").has(f"{LinkKind.CHILD_OF}:{id}"))

    def earlier_like(self, complaint: str, *, within: timedelta | None = None) -> tuple[Complaint, ...]:
        """Earlier complaints of the same customer in the same category, the latest first: does it come again?

        `within` is how long before, by default as the house has it. Complaints without customer or category are like
        no others; what was merged counts no more.

        Raises:
            InvalidValue: `within` is no duration.

        Source: C055.
        """
        if within is not None and not isinstance(within, timedelta):
            raise InvalidValue("within", f"expected a duration, got {type(within).__name__}")

        def program(work: Work) -> Program[tuple[Complaint, ...]]:
            found: Complaint = yield from fetch(work, self._kind, complaint)
            if found.customer is None or found.category is None:
                return ()
            policy = (yield from book_of(work, ComplaintPolicies)).numbered(found.policy)
            before = policy.recurs_within if within is None else within
            try:
                since = found.received_at - before
            except OverflowError:  # longer before, or after, than any time that can be told
                since = datetime.min.replace(tzinfo=UTC) if before > timedelta(0) else found.received_at
            page = yield from work.find(
                Complaint,
                where("customer") == found.customer,
                where("category") == found.category,
                where("duplicate_of").is_(None),
                where("received_at") >= since,
                where("received_at") < found.received_at,
                order="-received_at",
            )
            return page.items

        return self._desk.perform(program, readonly=True)

    def messages(self, id: str) -> tuple[Message, ...]:
        """What was said about a complaint and about those that were merged into it, notes among it, oldest first."""

        def program(work: Work) -> Program[tuple[Message, ...]]:
            found = yield from fetch(work, self._kind, id)
            about = [found.id, *(each.id for each in (yield from merged_into(work, found)))]
            said = yield from work.among(Message, "about", about)
            return tuple(sorted(said, key=lambda each: (micros(each.occurred_at), each.id)))

        return self._desk.perform(program, readonly=True)

    # -- inside ----------------------------------------------------------------------------------

    def _that(self, complaint: str, belongs: Callable[[str], Filter]) -> tuple[Complaint, ...]:
        def program(work: Work) -> Program[tuple[Complaint, ...]]:
            found = yield from fetch(work, self._kind, complaint)
            page = yield from work.find(Complaint, belongs(found.id))
            return page.items

        return self._desk.perform(program, readonly=True)
