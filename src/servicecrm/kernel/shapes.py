"""Shapes that every slice uses: codes with a fixed list of values, and texts that say something."""

import re
from collections.abc import Iterable, Mapping
from enum import EnumMeta, StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from servicecrm.errors import InvalidValue

__all__ = ["Code", "coded", "distinct", "filled", "mapped", "named", "printable", "several", "whole"]

K = TypeVar("K")
T = TypeVar("T")
C = TypeVar("C", bound="Code")


class _Codes(EnumMeta):
    """Refuses what is no text before an enumeration takes all of it into an error of its own, however deep it is."""

    if not TYPE_CHECKING:  # to type checkers it is called as every enumeration is

        def __call__(cls, value: Any, *args: Any, **more: Any) -> Any:
            if not isinstance(value, str):
                cls._missing_(value)
            return super().__call__(value, *args, **more)


class Code(StrEnum, metaclass=_Codes):
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


def several(name: str, values: Iterable[T], of: type | None = None) -> tuple[T, ...]:
    """The values, however they are given; each of them is an `of`, where their fields are looked at at once.

    Raises:
        InvalidValue: it is one text, which would be taken apart into its letters, or not several of anything; or one
            of them is something else.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidValue(name, f"expected several values, such as {name.rpartition('.')[2]}=['water']")
    given = tuple(values)
    if of is not None:
        for each in given:
            if not isinstance(each, of):
                raise InvalidValue(name, f"expected several, each of them a {of.__name__}, got {type(each).__name__}")
    return given


def distinct(name: str, values: Iterable[T]) -> frozenset[T]:
    """The values, however they are given, each of them once.

    Raises:
        InvalidValue: it is one text, or not several of anything; or one of them could change, as a list could.
    """
    given = several(name, values)
    try:
        return frozenset(given)
    except TypeError:
        raise InvalidValue(name, "expected several values that cannot change, such as texts") from None


def mapped(name: str, values: Mapping[K, T]) -> Mapping[K, T]:
    """The mapping itself.

    Raises:
        InvalidValue: it is none.
    """
    if not isinstance(values, Mapping):
        raise InvalidValue(name, f"expected a mapping, got {type(values).__name__}")
    return values


def whole(name: str, value: object, least: int | None = None) -> int:
    """The number itself, which is a whole one, and at least so much.

    Raises:
        InvalidValue: it is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
        raise InvalidValue(name, f"expected a whole number{'' if least is None else f' from {least:,}'}")
    return value


LONGEST: Final = 40


def named(what: str, name: object) -> str:
    """Which one was asked for, as errors say it: "column 'due'". What is no short word in one line is not repeated."""
    shown = isinstance(name, str) and len(name) <= LONGEST and name.isprintable()
    return f"{what} {name!r}" if shown else f"such {what}"


def printable(text: str) -> str:
    """The text with a mark for each character that cannot be printed, or would move what is."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def coded(where: str, codes: type[C], value: C | str) -> C:
    """The code that an argument means.

    Raises:
        InvalidValue: there is no such code; names the argument, and the codes that there are.
    """
    try:
        return codes(value)
    except InvalidValue as error:
        raise InvalidValue(where, error.says) from None
