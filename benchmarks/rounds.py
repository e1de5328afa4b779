"""How contenders are compared: in turn, round by round, so that what disturbs one disturbs all."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Final

import attrs

__all__ = ["ROUNDS", "Comparison", "Result", "compare", "repeated"]

ROUNDS: Final = 9

Contender = Callable[[int], object]
"""Does the work that many times."""


@attrs.frozen(kw_only=True)
class Comparison:
    """The same work, done by us and by others.

    `count` is how often it is done in a round. `targets` are the speeds that we want to reach, as multiples of what
    others reach.
    """

    title: str
    count: int
    ours: Contender
    others: Mapping[str, Contender]
    targets: Mapping[str, float] = attrs.field(factory=dict)
    per: int = 1
    """How many changes are in what is counted as one."""


@attrs.frozen
class Result:
    """Microseconds for one piece of work, and how many times as fast as the others we are."""

    comparison: Comparison
    ours: float
    others: Mapping[str, float]
    ratios: Mapping[str, float]

    @property
    def missed(self) -> tuple[str, ...]:
        """The contenders beside which a target was missed."""
        return tuple(name for name, target in self.comparison.targets.items() if self.ratios[name] < target)


def compare(comparison: Comparison, *, rounds: int = ROUNDS, count: int | None = None) -> Result:
    """The medians over some rounds, after one that does not count: it fills caches."""
    times = count or comparison.count
    contenders = {"": comparison.ours, **comparison.others}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, contender in contenders.items():
            start = perf_counter()
            contender(times)
            taken[name].append((perf_counter() - start) / times / comparison.per * 1e6)
    ours, *others = [values[1:] for values in taken.values()]
    return Result(
        comparison,
        ours=median(ours),
        others={name: median(values) for name, values in zip(comparison.others, others, strict=True)},
        ratios={
            name: median(theirs / mine for theirs, mine in zip(values, ours, strict=True))
            for name, values in zip(comparison.others, others, strict=True)
        },
    )


def repeated(work: Callable[[], object]) -> Contender:
    """A contender that does one thing again and again."""

    def repeat(count: int) -> None:
        for _ in range(count):
            work()

    return repeat
