"""Shapes of what is told: several values where one text would look like several letters, and codes by name."""

from collections.abc import Iterable
from typing import TypeVar

from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import Code

__all__ = ["coded", "several"]

T = TypeVar("T")
C = TypeVar("C", bound=Code)


def several(values: Iterable[T]) -> tuple[T, ...]:
    """The values, unless they are one text.

    Raises:
        InvalidValue: it is a text, or not several of anything.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue("several", "expected several values, such as ['water']")
    return tuple(values)


def coded(where: str, codes: type[C], value: C | str) -> C:
    """The code that an argument means.

    Raises:
        InvalidValue: there is no such code; names the argument, and the codes that there are.
    """
    try:
        return codes(value)
    except InvalidValue as error:
        raise InvalidValue(where, error.says) from None
