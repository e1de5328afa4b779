"""Customers that come from elsewhere, as often as their table is read."""

from collections.abc import Iterable
from typing import Any

import attrs

from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision, Step, flat
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.portfolio.model import Customer
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Brought", "bring", "brought"]


@attrs.frozen
class Brought:
    """The customers that are new, with their numbers, and the ids of those that were there already."""

    new: tuple[Customer, ...]
    known: tuple[str, ...]


def brought(decisions: Iterable[Decision[Customer]]) -> tuple[Decision[Customer], ...]:
    """Decisions to add customers, one by one.

    Raises:
        InvalidValue: one is not about a new customer, or two are about the same.
    """
    says = "expected those to add customers, as import_customers gives them"
    try:
        every = flat(several("decisions", decisions))
    except TypeError:
        raise InvalidValue("decisions", says) from None
    if any(each.before is not None or not isinstance(each.after, Customer) for each in every):
        raise InvalidValue("decisions", says)
    if len({each.after.id for each in every}) < len(every):
        raise InvalidValue("decisions", "a customer stands there twice; leave one out")
    return every


def bring(work: Work, decisions: tuple[Decision[Customer], ...], order: Order) -> Program[Brought]:
    """Save those customers that are not there yet, each with a number; the others are left as they are."""
    known = yield from work.present(Customer, [each.after.id for each in decisions], held=False)
    new = [each for each in decisions if each.after.id not in known]
    numbers = (yield from work.numbers(Customer, order.at.year, len(new))) if new else ()
    saved: tuple[Any, ...] = ()
    if new:
        numbered = [_numbered(each, number) for each, number in zip(new, numbers, strict=True)]
        saved = yield from saved_with_all(work, numbered, order)
    return Brought(saved, tuple(known))


def _numbered(added: Decision[Customer], number: str) -> Decision[Customer]:
    """The same decision about a customer with a number."""
    first, *others = added.steps
    begun = Step(first.event, {**first.changes, "number": number}, first.appended)
    return Decision(None, evolve(added.after, number=number), (begun, *others))
