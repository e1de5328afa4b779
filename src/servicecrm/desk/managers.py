"""Who looks after customers."""

from collections.abc import Iterable, Mapping

from servicecrm.portfolio.model import Customer
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["managers_of"]


def managers_of(work: Work, customers: Iterable[str | None]) -> Program[Mapping[str | None, str]]:
    """The account manager of each of these customers for whom the portfolio knows one."""
    ids = sorted({id for id in customers if id is not None})
    if not ids or not work.keeps(Customer):
        return {}
    found = yield from work.present(Customer, ids, held=False)
    return {id: each.account_manager for id, each in found.items() if each.account_manager is not None}
