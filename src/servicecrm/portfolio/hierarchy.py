"""Customers that are parts of others: who is above and below, and totals that count nothing twice."""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum

from servicecrm.errors import InvalidValue
from servicecrm.portfolio.model import Customer

__all__ = ["Hierarchy"]


class Hierarchy:
    """Customers by what they are a part of. A part of a customer that is not among them is at the top.

    Raises:
        InvalidValue: some are parts of each other; names them.

    Source: C016.
    """

    def __init__(self, customers: Iterable[Customer]) -> None:
        given = {customer.id: customer.parent for customer in customers}
        self._parent: dict[str, str | None] = {
            id: parent if parent is not None and parent in given else None for id, parent in given.items()
        }
        self._children: dict[str, list[str]] = {}
        for id, parent in self._parent.items():
            if parent is not None:
                self._children.setdefault(parent, []).append(id)
        reached = {each for top in self._parent if self._parent[top] is None for each in self.below(top)}
        circle = sorted(self._parent.keys() - reached - {top for top, parent in self._parent.items() if parent is None})
        if circle:
            raise InvalidValue("parent", f"these are parts of each other: {', '.join(circle)}")

    def above(self, customer: str) -> tuple[str, ...]:
        """All that a customer is a part of, the nearest first."""
        found: list[str] = []
        parent = self._parent[self._known(customer)]
        while parent is not None:
            found.append(parent)
            parent = self._parent[parent]
        return tuple(found)

    def below(self, customer: str) -> Iterator[str]:
        """All that are parts of a customer, each before its own parts."""
        left = list(reversed(self._children.get(self._known(customer), [])))
        while left:
            found = left.pop()
            yield found
            left += reversed(self._children.get(found, []))

    def rollup(self, figures: Mapping[str, float]) -> dict[str, float]:
        """For each customer its own figure and those of all its parts.

        Source: C016.
        """
        return {id: fsum(figures.get(each, 0.0) for each in (id, *self.below(id))) for id in self._parent}

    def _known(self, customer: str) -> str:
        if customer not in self._parent:
            raise InvalidValue("customer", f"there is no {customer!r} among these")
        return customer
