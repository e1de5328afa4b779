"""Answers as counts: all that a score needs, and what several workers can add up.

A histogram holds one count for each point of a scale, whether it stands for ten answers or for a hundred million. Any
engine can fill it (`GROUP BY answer` is enough), parts are merged with `+`, and every score is computed from it alone.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from math import fsum, sqrt
from operator import index
from typing import Any, Final, TypeVar, cast

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.measures.scales import NOT_ANSWERED, Scale, is_missing, number

__all__ = ["Answers", "Histogram", "counted_by", "histogram_of", "tally", "tally_by"]

G = TypeVar("G", bound=Hashable)

_INVALID: Final = float("inf")
_PLAIN: Final = {int, float, str, Decimal, type(None)}
"""Types whose equal values are equal answers. True is not among them: it equals 1, and is no answer."""


@record
class Histogram:
    """How many gave each answer, on a declared scale.

    `weights` are the weights of the answers at each point, added up, and `squares` the squares of all of them. `apart`
    counts missing answers and those given by code; `invalid` counts what is not on the scale. Histograms of one scale
    are merged with `+`.

    Raises:
        InvalidValue: a count or weight is missing or below 0; histograms to be merged have different scales.

    Source: C078; Kish, Survey Sampling, 1965 (effective sample size).
    """

    scale: Scale
    counts: tuple[int, ...]
    weights: tuple[float, ...] = attrs.field(
        default=attrs.Factory(lambda self: tuple(map(float, self.counts)), takes_self=True)
    )
    squares: float = attrs.field(default=attrs.Factory(lambda self: float(sum(self.counts)), takes_self=True))
    apart: FrozenMap = attrs.field(default=EMPTY, converter=FrozenMap)
    invalid: int = 0

    def __attrs_post_init__(self) -> None:
        if not len(self.counts) == len(self.weights) == len(self.scale.points):
            raise InvalidValue("Histogram", f"expected a count and a weight for each point of {self.scale}")
        if min(*self.counts, *self.weights, self.squares, self.invalid) < 0:
            raise InvalidValue("Histogram", "counts and weights are 0 or more")

    def __add__(self, other: "Histogram") -> "Histogram":
        if not isinstance(other, Histogram):
            return NotImplemented
        if self.scale != other.scale:
            raise InvalidValue("Histogram", f"answers on {self.scale} and on {other.scale} do not mix; rescale them")
        apart = Counter(dict(self.apart)) + Counter(dict(other.apart))
        return Histogram(
            scale=self.scale,
            counts=tuple(map(sum, zip(self.counts, other.counts, strict=True))),
            weights=tuple(map(sum, zip(self.weights, other.weights, strict=True))),
            squares=self.squares + other.squares,
            apart=FrozenMap(apart),
            invalid=self.invalid + other.invalid,
        )

    @cached_property
    def n(self) -> int:
        """How many answers are on the scale."""
        return sum(self.counts)

    @cached_property
    def weight(self) -> float:
        """Their weights, added up."""
        return fsum(self.weights)

    @property
    def n_eff(self) -> float:
        """How many answers of equal weight would tell as much."""
        return self.weight**2 / self.squares if self.squares else 0.0

    @property
    def not_answered(self) -> int:
        """How many answers are missing."""
        return cast(int, self.apart.get(NOT_ANSWERED, 0))

    def counted(self, low: float, high: float) -> int:
        """How many answers lie between two numbers, both of which are included."""
        return sum(self.counts[self._between(low, high)])

    def share(self, low: float, high: float) -> float | None:
        """The weighted share of the answers between two numbers, both included; None without answers."""
        return fsum(self.weights[self._between(low, high)]) / self.weight if self.weight else None

    def mean(self) -> float | None:
        """The weighted mean; None without answers."""
        if not self.weight:
            return None
        return fsum(w * x for w, x in zip(self.weights, self.scale.points, strict=True)) / self.weight

    def sd(self) -> float | None:
        """The standard deviation of a sample (n - 1); None for less than two answers."""
        mean = self.mean()
        if mean is None or self.n < 2 or self.n_eff <= 1:
            return None
        if sum(map(bool, self.weights)) == 1:
            return 0.0  # to the last digit, so that it can be told from a small one
        square = fsum(w * (x - mean) ** 2 for w, x in zip(self.weights, self.scale.points, strict=True))
        return sqrt(square / self.weight * self.n_eff / (self.n_eff - 1))

    def _between(self, low: float, high: float) -> slice:
        points, noise = self.scale.points, self.scale.step / 2
        return slice(bisect_right(points, low - noise), bisect_left(points, high + noise))


Answers = Iterable[object] | Mapping[Any, int] | Histogram
"""Answers as they came, or a count for each of them, or a histogram."""


def tally(
    answers: Iterable[object] | Mapping[Any, int], *, scale: Scale, weights: Iterable[float] | None = None
) -> Histogram:
    """Count answers: each as it came, or a mapping from answers to their counts.

    None, and the NaN by which tables of floats mark it, is not answered. A code of the scale is counted apart. What
    else is not on the scale is invalid, never put to the next point. `weights` are the weights of answers in a list.

    Raises:
        InvalidValue: a count is below 0; weights are not one for each answer, or one is below 0.

    Source: C078.
    """
    if isinstance(answers, Mapping):
        if weights is not None:
            raise InvalidValue("weights", "a mapping of counts has no single answers to weigh; give a list of answers")
        return _counted(answers, _Places(scale))
    listed = list(answers)
    if weights is not None:
        return _weighed(listed, [number(weight) for weight in weights], scale)
    return _counted(Counter(_hashable(listed, scale)), _Places(scale))


def tally_by(groups: Iterable[G], answers: Iterable[object], *, scale: Scale) -> dict[G, Histogram]:
    """Count answers by group: the group of each answer, such as its service, and the answers in the same order.

    Raises:
        InvalidValue: there is not one group for each answer.
    """
    named, listed = list(groups), list(answers)
    if len(named) != len(listed):
        raise InvalidValue("groups", f"expected a group for each of {len(listed)} answers, got {len(named)}")
    pairs = Counter(zip(named, _hashable(listed, scale), strict=True))
    return counted_by(((group, answer, times) for (group, answer), times in pairs.items()), scale=scale)


def counted_by(counts: Iterable[tuple[G, object, int]], *, scale: Scale) -> dict[G, Histogram]:
    """The histogram of each group, from what `GROUP BY` gives: group, answer, and how often it was given there.

    Raises:
        InvalidValue: a count is no whole number from 0.

    Source: C078.
    """
    places, by_group = _Places(scale), dict[G, dict[object, int]]()
    for group, answer, times in counts:
        here = by_group.setdefault(group, {})
        here[answer] = here.get(answer, 0) + times
    return {group: _counted(here, places) for group, here in by_group.items()}


def histogram_of(answers: Answers, *, scale: Scale, weights: Sequence[float] | None = None) -> Histogram:
    """The histogram of answers in any form, on this scale.

    Raises:
        InvalidValue: the scale is none; it is a histogram of another scale, or has weights beside its own.
    """
    if not isinstance(scale, Scale):
        raise InvalidValue("scale", f"expected one such as Scale(low=1, high=5), got {type(scale).__name__}")
    if not isinstance(answers, Histogram):
        return tally(answers, scale=scale, weights=weights)
    if (answers.scale.low, answers.scale.high, answers.scale.step) != (scale.low, scale.high, scale.step):
        raise InvalidValue("scale", f"expected answers on {scale}, got some on {answers.scale}")
    if weights is not None:
        raise InvalidValue("weights", "a histogram holds its weights; give a list of answers to weigh them")
    return answers


class _Places(dict[object, int | str | None]):
    """The place of each answer on the scale, or the code under which it is counted apart, or None if it is invalid.

    Each is looked for once, however many groups gave it.
    """

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

    def __missing__(self, answer: object) -> int | str | None:
        self[answer] = found = _found(answer, self.scale)
        return found


def _counted(answers: Mapping[Any, int], places: _Places) -> Histogram:
    counts = [0] * len(places.scale.points)
    apart: dict[str, int] = {}
    invalid = 0
    for answer, times in answers.items():
        found, number_of = places[answer], _whole(times)
        if isinstance(found, int):
            counts[found] += number_of
        elif found is None:
            invalid += number_of
        elif number_of:
            apart[found] = apart.get(found, 0) + number_of
    return Histogram(scale=places.scale, counts=tuple(counts), apart=FrozenMap(apart), invalid=invalid)


def _weighed(answers: list[object], weights: list[float], scale: Scale) -> Histogram:
    if len(answers) != len(weights):
        raise InvalidValue("weights", f"expected a weight for each of {len(answers)} answers, got {len(weights)}")
    if min(weights, default=0.0) < 0:
        raise InvalidValue("weights", "a weight is 0 or more")
    at: list[list[float]] = [[] for _ in scale.points]
    for answer, weight in zip(answers, weights, strict=True):
        found = _found(answer, scale)
        if isinstance(found, int):
            at[found].append(weight)
    return evolve(
        tally(answers, scale=scale),
        weights=tuple(map(fsum, at)),
        squares=fsum(weight * weight for here in at for weight in here),
    )


def _found(answer: object, scale: Scale) -> int | str | None:
    if is_missing(answer):
        return NOT_ANSWERED
    if isinstance(answer, str):
        return answer if answer in scale.apart else None
    return scale.place(answer)


def _hashable(answers: list[object], scale: Scale) -> list[object]:
    """The answers with a value in place of each that could not be counted as it is."""
    if set(map(type, answers)) <= _PLAIN:
        return answers
    return [answer if type(answer) in _PLAIN else _plain(answer, scale) for answer in answers]


def _plain(answer: object, scale: Scale) -> float | None:
    if is_missing(answer):
        return None
    place = scale.place(answer)
    return _INVALID if place is None else scale.points[place]


def _whole(times: int) -> int:
    try:
        found = index(times)
    except TypeError:
        found = -1
    if found < 0:
        raise InvalidValue("counts", "expected how often each answer was given, a whole number from 0")
    return found
