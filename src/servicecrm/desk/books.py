"""House rules as they are stored."""

from collections.abc import Callable
from typing import Any, TypeVar

from servicecrm.errors import NotFound
from servicecrm.kernel.policies import PolicyBook
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["book_of"]

B = TypeVar("B", bound=PolicyBook[Any])


def book_of(work: Work, book: Callable[[], B]) -> Program[B]:
    """All published versions of some house rules; an empty book before the first publishing."""
    empty = book()
    try:
        return (yield from work.get(type(empty), empty.id, held=False))
    except NotFound:
        return empty
