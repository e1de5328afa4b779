"""The lines of an evaluation: what a figure is about, how many have answered, and whether it may be shown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code
from servicecrm.measures.scores import Score
from servicecrm.measures.suppression import released
from servicecrm.surveys.cells import Cell

__all__ = ["About", "Counts", "Group", "Hiding", "Line", "counted", "ends", "gated"]

Group = tuple[str, ...]
"""Whose answers a figure is made of: nothing is everybody, ("north",) a group, ("north", "small") a part of that one.
A blank text is the group of those of whom it is not known."""

Hiding = Literal["small", "beside"]
"""Why a figure is hidden: too few have answered; or it would tell, with the total, what too few have answered."""


class About(Code):
    """What a figure is about. Several items about one service, or of one dimension, are put together."""

    ITEM = "item"
    OPTION = "option"
    SERVICE = "service"
    DIMENSION = "dimension"


@record
class Counts:
    """What came of an item, or of several together, in each of the responses."""

    answered: int = 0
    missing: int = 0
    not_applicable: int = 0
    dont_know: int = 0
    invalid: int = 0
    not_shown: int = 0


_APART: Final = frozenset(("not_applicable", "dont_know", "invalid", "not_shown"))


def counted(cells: Iterable[Cell]) -> Counts:
    """What came of an item in some responses."""
    found = dict.fromkeys(("answered", "missing", *_APART), 0)
    for cell, times in Counter(cells).items():
        found["missing" if cell is None else cell if isinstance(cell, str) and cell in _APART else "answered"] += times
    return Counts(**found)


@record
class Line:
    """One figure. `key` is an item, `aspects/price`, a service or a dimension; `part` an option, or the code of a text.

    A hidden figure has no score, and `hidden` says why. An item that is only counted, such as a date, has none either.
    `distribution` is how often each answer was given, on the first line of a rating.

    Source: C078-C080.
    """

    about: About
    key: str
    figure: str
    part: str | None = None
    group: Group = ()
    score: Score | None = None
    counts: Counts
    hidden: Hiding | None = None
    distribution: FrozenMap = EMPTY

    @property
    def n(self) -> int:
        """How many answers it is made of."""
        return self.counts.answered

    @property
    def value(self) -> float | None:
        """The figure; None where there is none, and where it is hidden."""
        return None if self.score is None else self.score.value


def ends(score: Score) -> tuple[float, float] | None:
    """What a figure can be at the least and at the most; None if nobody knows."""
    if score.method.unit != "scale":
        return (-100.0, 100.0) if score.method.unit == "points" else (0.0, 100.0)
    low, _, high = score.method.scale.partition(" ")[0].partition("..")
    return (float(low), float(high)) if high else None


def gated(lines: Iterable[Line], *, min_n: int) -> Iterator[Line]:
    """The lines, without the figures from too few answers and without those that would tell them by subtraction.

    Each figure is looked at by itself. Groups add up to the group that they are parts of, so that beside a small one
    another is hidden; the parts of a hidden group are hidden too. A group from which nobody answered hides nothing.

    Source: C080.
    """
    found = list(lines)
    figures: dict[tuple[object, ...], dict[Group, int]] = {}
    for line in found:
        figures.setdefault(_figure(line), {})[line.group] = line.n
    hidden = {figure: dict(_hidden(sizes, (), min_n)) for figure, sizes in figures.items()}
    for line in found:
        why = hidden[_figure(line)].get(line.group)
        yield line if why is None else evolve(line, score=None, hidden=why, distribution=EMPTY)


def _figure(line: Line) -> tuple[object, ...]:
    return line.about, line.key, line.part, line.figure


def _hidden(sizes: Mapping[Group, int], at: Group, min_n: int) -> Iterator[tuple[Group, Hiding]]:
    if not at and 0 < sizes[at] < min_n:
        yield at, "small"
    parts = {group[-1]: n for group, n in sizes.items() if len(group) == len(at) + 1 and group[:-1] == at and n}
    shown = released(parts, threshold=min_n)
    for name in parts:
        inner = (*at, name)
        if name in shown:
            yield from _hidden(sizes, inner, min_n)
        else:
            yield from ((group, "small" if m < min_n else "beside") for group, m in _within(sizes, inner))


def _within(sizes: Mapping[Group, int], at: Group) -> Iterator[tuple[Group, int]]:
    return ((group, n) for group, n in sizes.items() if n and group[: len(at)] == at)
