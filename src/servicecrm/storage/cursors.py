"""Cursors: where a page ended, as an opaque text that a caller hands back."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.kinds import Column
from servicecrm.storage.rows import Position, Query

__all__ = ["check_limit", "check_page", "cut", "read", "write"]

MAX_LIMIT: Final = 10_000

T = TypeVar("T")


def check_page(order: object, limit: object) -> None:
    """Refuses what no store could read a page by.

    Raises:
        InvalidValue: the order is no text, or the limit is not between 1 and 10,000; None reads everything.
    """
    if not isinstance(order, str):
        raise InvalidValue("order", f"expected a column, such as '-received_at', got {type(order).__name__}")
    if limit is not None:
        check_limit(limit)


def check_limit(limit: object) -> None:
    """Refuses a limit that is not from 1 to 10,000."""
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise InvalidValue("limit", f"expected an integer from 1 to {MAX_LIMIT:,}; read on with the `next` of a page")


def write(order: str, position: Position) -> str:
    """The cursor of a position."""
    return base64.urlsafe_b64encode(json.dumps([order, *position]).encode()).decode()


def read(cursor: str, order: str, column: Column[Any] | None) -> Position:
    """The position of a cursor; `column` is the one that the order names, None for the id.

    Raises:
        InvalidValue: it is not one of ours, or belongs to another order.
    """
    try:
        theirs, value, id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, AttributeError, binascii.Error, UnicodeError, RecursionError):
        raise InvalidValue("after", "not a cursor; hand back the `next` of a page as it is") from None
    if theirs != order:
        raise InvalidValue("after", f"this cursor belongs to another order than {order!r}")
    fits = value == id if column is None else column.holds(value)
    if text_problem(id) is not None or not fits:
        raise InvalidValue("after", "not a cursor; hand back the `next` of a page as it is")
    return Position(value, id)


def cut(found: Sequence[tuple[T, Position]], query: Query) -> tuple[Sequence[tuple[T, Position]], str | None]:
    """What belongs to the page, and the cursor of the next one if more was found."""
    if query.limit is None or len(found) <= query.limit:
        return found, None
    kept = found[: query.limit]
    return kept, write(f"{'-' if query.descending else ''}{query.order}", kept[-1][1])
