"""Customers that change hands today."""

from collections.abc import Sequence

from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.portfolio import actions
from servicecrm.portfolio.model import Customer
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["handed_over"]


def handed_over(work: Work, order: Order) -> Program[Sequence[Decision[Customer]]]:
    """Every customer whose next account manager comes on; gives what was decided and is saved now.

    Source: C013.
    """
    due = yield from work.find(Customer, where("handover_at") <= order.at, order="handover_at")
    every = [actions.hand_over_due(each, by=order.by, at=order.at) for each in due if each.merged_into is None]
    decisions = [each for each in every if each is not None]
    if decisions:
        yield from saved_with_all(work, decisions, order)
    return decisions
