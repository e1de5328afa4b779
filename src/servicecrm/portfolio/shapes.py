"""Shapes of figures."""

from typing import overload

__all__ = ["figure"]


@overload
def figure(value: float) -> float: ...
@overload
def figure(value: float | None) -> float | None: ...
def figure(value: float | None) -> float | None:
    """A figure as records hold it, also if it is given as a whole number; `attrs.field(converter=figure)`."""
    given: object = value  # type checkers take a whole number for a float; records do not
    try:
        return float(given) if isinstance(given, int) and not isinstance(given, bool) else value
    except OverflowError:  # for the record to refuse
        return value
