"""Whom customers belong to: what they are parts of, and whom they go on as since they were merged."""

from collections.abc import Sequence

from servicecrm.kernel.filters import in_parts, where
from servicecrm.portfolio.model import Customer
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["above", "family", "merged"]


def merged(work: Work, customers: Sequence[str]) -> Program[dict[str, str]]:
    """The ids of customers, and of all that go on as one of them, each with the one that it goes on as.

    What was merged may have taken in others before. The customers themselves come first.
    """
    whose = {id: id for id in customers}
    new = [*whose]
    while new:
        named = yield from _naming(work, "merged_into", new)
        now = {id: whose[into] for id, into in named if id not in whose}
        whose |= now
        new = [*now]
    return whose


def above(work: Work, customer: str) -> Program[Sequence[str]]:
    """The ids of all that a customer is a part of, the nearest first; none if the portfolio does not know it.

    Who was merged goes on as another one, and what was agreed with somebody who was merged is agreed with that one.
    """
    path = [customer]
    while work.keeps(Customer):
        found = (yield from work.present(Customer, path[-1:], held=False)).get(path[-1])
        following = found and (found.merged_into or found.parent)
        if not following or following in path:
            break
        path.append(following)
    whose = yield from merged(work, path)
    every = sorted(whose, key=lambda id: path.index(whose[id]))  # each before those that go on as it
    return [id for id in every if id != customer]


def family(work: Work, customer: str) -> Program[Sequence[str]]:
    """The ids of a customer, or of the one that it goes on as, of all its parts, and of whoever was merged into one."""
    every = [customer]
    while work.keeps(Customer):
        found = (yield from work.present(Customer, every[-1:], held=False)).get(every[-1])
        if found is None or found.merged_into is None or found.merged_into in every:
            break
        every.append(found.merged_into)
    new = [*every]
    while new:
        named = [*(yield from _naming(work, "parent", new)), *(yield from _naming(work, "merged_into", new))]
        new = [id for id in dict(named) if id not in every]
        every += new
    return every


def _naming(work: Work, column: str, customers: Sequence[str]) -> Program[list[tuple[str, str]]]:
    """The ids of the customers that name one of these in a column, each with the one that it names."""
    found: list[tuple[str, str]] = []
    for part in in_parts(customers) if work.keeps(Customer) else ():
        rows, _ = yield from work.rows(Customer, ("id", column), where(column).one_of(part))
        found += [(str(id), str(named)) for id, named in rows]
    return found
