"""Shapes that every slice uses: codes with a fixed list of values, and texts that say something."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from servicecrm.errors import InvalidValue

__all__ = ["Code", "coded", "filled", "several"]

T = TypeVar("T")
C = TypeVar("C", bound="Code")


class Code(StrEnum):
    """A language-neutral code from a fixed list: `Severity("high")`. Its words are found by its value.

    Raises:
        InvalidValue: the list has no such code; names those that it has.
    """

    @classmethod
    def _missing_(cls, _: object) -> None:
        known = ", ".join(member.value for member in cls)
        name = re.sub("(?<=[a-z])(?=[A-Z])", " ", cls.__name__).lower()
        raise InvalidValue(name, f"expected one of {known}")


def filled(of: Any, attribute: Any, value: Any) -> None:
    """Refuses a blank text as the value of a field; `attrs.field(validator=filled)`."""
    if value is not None and not value.strip():
        raise InvalidValue(f"{type(of).__name__}.{attribute.name}", "a text must not be blank")


def several(name: str, values: Iterable[T]) -> tuple[T, ...]:
    """The values, however they are given.

    Raises:
        InvalidValue: it is one text, which would be taken apart into its letters, or not several of anything.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(name, f"expected several values, such as {name.rpartition('.')[2]}=['water']")
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
