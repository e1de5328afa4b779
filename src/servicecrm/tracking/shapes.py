"""Shapes of what is told about a ticket."""

from typing import TypeVar

from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import Code

__all__ = ["coded"]

C = TypeVar("C", bound=Code)


def coded(where: str, codes: type[C], value: C | str) -> C:
    """The code that an argument means.

    Raises:
        InvalidValue: there is no such code; names the argument, and the codes that there are.
    """
    try:
        return codes(value)
    except InvalidValue as error:
        raise InvalidValue(where, error.says) from None
