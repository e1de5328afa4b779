"""Scales of answers: which numbers may be given, and what is said instead of a number."""

from functools import cached_property
from math import isfinite
from operator import ne
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["NOT_ANSWERED", "Scale", "is_missing", "number", "rescaled"]

NOT_ANSWERED: Final = "not_answered"
"""The code of an answer that is missing."""

_MOST: Final = 100_000
_NOISE: Final = 1e-9


def number(value: float) -> float:
    """The value as a float.

    Raises:
        InvalidValue: it is no number, true or false, or not finite.
    """
    # A text, a bool of another library and the like are not meant, though float() would take them.
    try:
        finite = not isinstance(value, str | bytes | bool) and isfinite(value)
    except (TypeError, ValueError, OverflowError):  # a signaling NaN does not even say whether it is finite
        finite = False
    if not finite:
        raise InvalidValue("number", f"expected a finite number, got {type(value).__name__}")
    return float(value)


def is_missing(answer: object) -> bool:
    """Is there no answer? So say None, and NaN and its like, by which tables mark it: they do not equal themselves."""
    try:
        return answer is None or bool(ne(answer, answer))
    except (TypeError, ValueError):  # the NA of pandas does not even say whether it does
        return True


@record
class Scale:
    """The numbers that an answer may be, from `low` to `high` in steps: `Scale(low=1, high=10)`.

    `apart` are codes that may be given instead, such as `not_applicable`; they are counted, and enter no score.

    Raises:
        InvalidValue: the ends are not a whole number of steps apart, there are more than 100,000 points, or a code is
            that of a missing answer.

    Source: C074.
    """

    low: float = attrs.field(converter=number)
    high: float = attrs.field(converter=number)
    step: float = attrs.field(default=1.0, converter=number)
    apart: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not self.low < self.high or self.step <= 0:
            raise InvalidValue("Scale", "a scale leads upwards, in steps above 0")
        steps = (self.high - self.low) / self.step
        if steps >= _MOST:
            raise InvalidValue("Scale.step", f"a scale has at most {_MOST} points; choose a larger step")
        if abs(steps - round(steps)) > _NOISE * steps:
            raise InvalidValue("Scale.step", "the ends of a scale are a whole number of steps apart")
        if NOT_ANSWERED in self.apart:
            raise InvalidValue("Scale.apart", f"{NOT_ANSWERED} is how a missing answer is counted; choose another code")

    def __str__(self) -> str:
        step = "" if self.step == 1 else f" by {self.step:g}"
        return f"{self.low:g}..{self.high:g}{step}"

    @cached_property
    def points(self) -> tuple[float, ...]:
        """Every number that may be given, in order."""
        return tuple(self.low + i * self.step for i in range(round((self.high - self.low) / self.step) + 1))

    @property
    def middle(self) -> float:
        """The number half-way."""
        return (self.low + self.high) / 2

    def place(self, answer: object) -> int | None:
        """Which of the points an answer is, counted from 0; None if it is none of them.

        A text, true and false are no numbers, and nothing is rounded but the noise of floats.
        """
        if isinstance(answer, str | bytes | bool) or type(answer).__name__.startswith("bool"):
            return None
        try:
            position = (float(answer) - self.low) / self.step  # type: ignore[arg-type]
            place = round(position)
        except (TypeError, ValueError, OverflowError):
            return None
        return place if 0 <= place < len(self.points) and abs(position - place) <= _NOISE * len(self.points) else None

    def reversed(self, answer: float) -> float:
        """The answer to the opposite question. It is the declared scale that is turned, not what was answered."""
        return self.low + self.high - answer


def rescaled(value: float, scale: Scale, *, to: tuple[float, float] = (0.0, 100.0)) -> float:
    """The value that lies on `to` where this one lies on the scale: 5.5 on 1..10 is 50 of 100."""
    low, high = to
    return low + (value - scale.low) / (scale.high - scale.low) * (high - low)
