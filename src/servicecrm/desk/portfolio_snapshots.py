"""Snapshots of the portfolio at the desk: all pages of its view at one moment, kept as they are."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from servicecrm.desk.commands import Commands
from servicecrm.desk.customer_links import by_rules_of_the_day
from servicecrm.desk.programs import Decided, Order, fetch, start
from servicecrm.desk.review_schedules import calendar_of
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.records import field_names
from servicecrm.portfolio import snapshots
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.reports import Gap, gaps
from servicecrm.portfolio.schema import CUSTOMER, SNAPSHOT
from servicecrm.portfolio.snapshot_model import MOST, PortfolioSnapshot, SnapshotLine
from servicecrm.portfolio.snapshots import SnapshotChanges
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.books import DEFAULT_CALENDAR

if TYPE_CHECKING:
    from servicecrm.analytics.portfolio_view import PortfolioLine

__all__ = ["PortfolioSnapshots"]

PAGE: Final = 500
"""So many customers are read at once."""


class PortfolioSnapshots(Commands[PortfolioSnapshot]):
    """Keep how it stands with all customers, read it again later, and see what has changed.

    Source: C024.
    """

    _kind: ClassVar = SNAPSHOT
    _actions: ClassVar = snapshots
    _lifecycle: ClassVar = snapshots.LIFECYCLE
    _by_policy: ClassVar = frozenset()

    def take(
        self,
        *,
        manager: str | None = None,
        satisfaction: Mapping[str, float] = MappingProxyType({}),
        command: str | None = None,
    ) -> PortfolioSnapshot:
        """Keep the customers that we serve or may serve as they are now, in the order in which they were added.

        With a `manager`, those that this person looks after. What stands beside each is what `Customers.view` tells,
        but for its name, and the gaps are those of `Customers.gaps`. `satisfaction` are scores by the ids of customers,
        also of others than these. With a `command` that was given before, what was kept then is the outcome, whatever
        the scores are by now.

        Raises:
            NotFound: there is a score of a customer that nobody knows.
            InvalidValue: there are more than 10,000 customers; take one for each manager.
        """
        order = self._order("take", {"manager": manager}, command)
        id = self._desk.ids()
        kinds = {kind.name for kind in self._desk.store.kinds.values()}

        def program(work: Work) -> Program[PortfolioSnapshot]:
            def decide() -> Program[Decided]:
                self._permit(order, "take")
                scores = yield from _scores(work, satisfaction)
                lines = yield from _lines(work, order, kinds, manager, scores)
                found = yield from _gaps(work, order, [line.customer for line in lines])
                return snapshots.take(lines, id=id, manager=manager, gaps=found, by=order.by, at=order.at)

            return (yield from start(work, PortfolioSnapshot, decide, order))

        return self._desk.perform(program)

    def changes(self, earlier: str, later: str) -> SnapshotChanges:
        """What has changed from one snapshot to another. See `portfolio.snapshots.changes`."""

        def program(work: Work) -> Program[SnapshotChanges]:
            first = yield from fetch(work, SNAPSHOT, earlier)
            return snapshots.changes(first, (yield from fetch(work, SNAPSHOT, later)))

        return self._desk.perform(program, readonly=True)


def _scores(work: Work, satisfaction: Mapping[str, float]) -> Program[Mapping[str, float]]:
    """The scores by the customers that they are of today: that of one who was merged counts for the other one."""
    if not isinstance(satisfaction, Mapping):
        raise InvalidValue("satisfaction", "expected scores by the ids of customers")
    known: dict[str, Customer] = {}
    asked, new = set(satisfaction), [*satisfaction]
    while new:  # who was merged may have been merged into one that was merged later
        found = yield from work.present(Customer, new, held=False)
        known |= found
        new = sorted({each.merged_into for each in found.values() if each.merged_into is not None} - asked)
        asked.update(new)
    scores = dict(satisfaction)
    for id in satisfaction:
        if id not in known:
            raise NotFound(CUSTOMER.name, id)
        path = [id]
        while (into := known[path[-1]].merged_into) in known and into not in path:
            path.append(str(into))
        if path[1:]:
            scores.setdefault(path[-1], scores.pop(id))
    return scores


def _lines(
    work: Work, order: Order, kinds: set[str], manager: str | None, satisfaction: Mapping[str, float]
) -> Program[list[SnapshotLine]]:
    """All pages of the view, or one customer more than a snapshot may have."""
    from servicecrm.analytics.portfolio_view import portfolio_view

    calendar = yield from calendar_of(work, DEFAULT_CALENDAR, order.at)
    lines: list[SnapshotLine] = []
    after: str | None = None
    while len(lines) <= MOST:
        page = yield from portfolio_view(
            work,
            at=order.at,
            kinds=kinds,
            manager=manager,
            order="added_at",
            size=PAGE,
            after=after,
            satisfaction=satisfaction,
            calendar=calendar,
        )
        lines += map(_line, page)
        after = page.next
        if after is None:
            break
    return lines


def _line(line: "PortfolioLine") -> SnapshotLine:
    """What may be kept of it: all but its name."""
    same = {name: getattr(line, name) for name in field_names(SnapshotLine) if name != "customer"}
    return SnapshotLine(customer=line.id, **same)


def _gaps(work: Work, order: Order, customers: Sequence[str]) -> Program[Iterator[Gap]]:
    """What is missing on these customers, who may use channels of those that they are parts of."""
    known: dict[str, Customer] = {}
    asked, new = set(customers), customers
    while new:
        found = yield from work.present(Customer, new, held=False)
        known |= found
        new = sorted({each.parent for each in found.values() if each.parent is not None} - asked)
        asked.update(new)
    rules = yield from by_rules_of_the_day(work, None, order)
    whose = set(customers)
    there = (each for each in known.values() if each.merged_into is None)
    return (gap for gap in gaps(there, at=order.at, policy=rules["policy"]) if gap.customer in whose)
