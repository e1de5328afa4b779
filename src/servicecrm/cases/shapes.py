"""Several values where one text would look like several letters."""

from collections.abc import Iterable
from typing import TypeVar

from servicecrm.errors import InvalidValue

__all__ = ["several"]

T = TypeVar("T")


def several(values: Iterable[T]) -> tuple[T, ...]:
    """The values, unless they are one text.

    Raises:
        InvalidValue: it is a text, or not several of anything.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue("several", "expected several values, such as ['water']")
    return tuple(values)
