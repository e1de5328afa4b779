"""The lines of an evaluation: what a figure is about, how many have answered, and whether it may be shown."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import fsum
from typing import Final, Literal, NamedTuple

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code
from servicecrm.measures.scores import Score
from servicecrm.surveys.cells import Cell

__all__ = [
    "About",
    "Counts",
    "Group",
    "Hiding",
    "Line",
    "Made",
    "Shares",
    "Way",
    "counted",
    "ends",
    "few",
    "gated",
    "made",
    "quoted",
    "tells",
]

Group = tuple[str, ...]
"""Whose answers a figure is made of: nothing is everybody, ("north",) a group, ("north", "small") a part of that one.
A blank text is the group of those of whom it is not known."""

Hiding = Literal["small", "beside"]
"""Why a figure is hidden: too few were asked or have answered; or with others it would tell of too few."""


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

    A hidden figure has neither a score nor counts, and `hidden` says why: in a group of one, that nobody has answered
    says what that one did. An item that is only counted, such as a date, has no score either.
    `distribution` is how often each answer was given that has a weight, on the first line of a rating.

    Source: C078-C080.
    """

    about: About
    key: str
    figure: str
    part: str | None = None
    group: Group = ()
    score: Score | None = None
    counts: Counts | None
    hidden: Hiding | None = None
    distribution: FrozenMap = EMPTY

    @property
    def n(self) -> int:
        """How many answers the figure is made of; 0 where none is shown."""
        return 0 if self.counts is None else self.counts.answered

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


def group_name(group: Group) -> str:
    """The name of a group, which no other one has: `north / small`, or `"north / small"` of one that is called so."""
    return " / ".join(quoted(name) for name in group)


def quoted(name: str) -> str:
    """A name as it is, or in quotation marks if it has something in it that names are put together with."""
    plain = name == name.strip() and not any(mark in name for mark in '/[]"\\')
    return name if plain else json.dumps(name, ensure_ascii=False)


# -- what may be shown ---------------------------------------------------------------------------


Shares = Mapping[tuple[Group, tuple[float | None, ...]], int]
"""How often, in which of the smallest groups, items enter with which factors, None for one that was not answered."""


class Way(NamedTuple):
    """How some items are put together."""

    keys: tuple[str, ...]
    shares: Shares


class Made(NamedTuple):
    """Whose answers a figure is made of, so that figures of groups can be added up.

    `asked` are all responses there, `answered` those among them whose answer has a weight. `ways` are those in which
    several items are put together, the first one, and what is left of it without another figure of some of the items.
    `hidden` are the items that are not shown there.
    """

    asked: int
    answered: int
    weight: float
    squares: float
    ways: tuple[Way, ...] = ()
    hidden: frozenset[object] = frozenset()

    def with_(self, other: "Made") -> "Made":
        """What a figure of both groups is made of. What is hidden in both follows for both together."""
        return Made(
            self.asked + other.asked,
            self.answered + other.answered,
            self.weight + other.weight,
            self.squares + other.squares,
            tuple(
                Way(one.keys, Counter(one.shares) + Counter(two.shares))
                for one, two in zip(self.ways, other.ways, strict=True)
            ),
        )


def made(asked: int, answered: int, weights: Sequence[float] | None) -> Made:
    """What a figure is made of; `weights` are those of the answers, None if all weigh the same."""
    if weights is None:
        return Made(asked, answered, answered, answered)
    there = [weight for weight in weights if weight > 0]
    return Made(asked, len(there), fsum(there), fsum(weight * weight for weight in there))


def tells(shares: Shares, *, min_n: int, hidden: Container[int] = ()) -> bool:
    """Would a figure of several items tell, with the figures of these, what too few have answered?

    Whoever takes a multiple of each item away from it is left with those of whom an item enters it with another factor.
    So it tells nothing if nobody is left, as every item enters with one factor alone; or if for some item so many are
    left that they are no small group, whichever multiple is taken, and be it another one in each of the smallest groups
    that there are. Of a `hidden` item, or one that too few have answered, nothing can be taken away.

    Source: C080.
    """
    someone, left = False, [0]
    for place in range(max((len(factors) for _, factors in shares), default=0)):
        by_group: dict[Group, Counter[float]] = {}
        for (group, factors), persons in shares.items():
            if (factor := factors[place]) is not None:
                by_group.setdefault(group, Counter())[factor] += persons
        of_all = sum(by_group.values(), Counter[float]())
        if place in hidden or of_all.total() < min_n:
            used = of_all.total() - of_all[0]
            someone |= used > 0
            left.append(min(used, 1) if place in hidden else used)  # that many have answered it helps nobody hidden
        else:
            someone |= len(of_all) > 1
            left.append(sum(each.total() - max(each.values()) for each in by_group.values()))
    return someone and max(left) < min_n


def gated(lines: Iterable[tuple[Line, Made]], *, min_n: int) -> Iterator[Line]:
    """The lines, without the figures from too few persons and without those that would tell them by subtraction.

    Each figure is looked at by itself; one of several items with them too, see `tells`. A group is small if too few are
    in it, whatever they have answered, or if of those in it too few have; of weighted answers as many as they come to
    by Kish. Groups add up to the group that they are parts of, so that beside a small one another is hidden, until
    those that are hidden are no small group together; the parts of a hidden group are hidden too.

    Source: C080.
    """
    found = list(lines)
    figures: dict[tuple[object, ...], dict[Group, Made]] = {}
    for line, of in found:
        figures.setdefault(_figure(line), {})[line.group] = of
    hidden: dict[tuple[object, ...], dict[Group, Hiding]] = {}
    beside: dict[Group, set[object]] = {}
    for figure, sizes in sorted(figures.items(), key=lambda each: bool(each[1][()].ways)):  # single items first
        known = {group: of._replace(hidden=frozenset(beside.get(group, ()))) for group, of in sizes.items()}
        hidden[figure] = dict(_hidden(known, (), min_n))
        for group, because in hidden[figure].items():
            if because == "beside" and not sizes[()].ways:
                beside.setdefault(group, set()).add(figure[1])
    for line, _ in found:
        why = hidden[_figure(line)].get(line.group)
        yield line if why is None else evolve(line, score=None, counts=None, hidden=why, distribution=EMPTY)


def _figure(line: Line) -> tuple[object, ...]:
    return line.about, line.key, line.part, line.figure


def few(of: Made, min_n: int) -> bool:
    """Is it made of too few persons, or of too few answers?"""
    if not of.answered:
        return 0 < of.asked < min_n
    # Weights that are all alike come to as many as there are, but for the last digits.
    return of.asked < min_n or of.answered < min_n or of.weight**2 < (min_n - 1e-9) * of.squares


def _secret(of: Made, min_n: int) -> bool:
    return few(of, min_n) or any(
        tells(way.shares, min_n=min_n, hidden=[n for n, key in enumerate(way.keys) if key in of.hidden])
        for way in of.ways
    )


def _hidden(sizes: Mapping[Group, Made], at: Group, min_n: int) -> Iterator[tuple[Group, Hiding]]:
    parts = {group: of for group, of in sizes.items() if len(group) == len(at) + 1 and group[:-1] == at}
    shown = _released(parts, min_n)
    if not at and _secret(sizes[at], min_n):
        yield at, _why(sizes[at], min_n)
        shown = frozenset()
    for group in parts:
        if group in shown:
            yield from _hidden(sizes, group, min_n)
        else:
            yield from ((each, _why(of, min_n)) for each, of in sizes.items() if each[: len(group)] == group)


def _why(of: Made, min_n: int) -> Hiding:
    return "small" if few(of, min_n) else "beside"


def _released(parts: Mapping[Group, Made], min_n: int) -> frozenset[Group]:
    """The parts of a group that may be shown beside it.

    While what is hidden would, all together, tell what too few have answered, the smallest part that is shown is hidden
    as well: it could be had from the group that they are parts of.
    """
    shown = {group: of for group, of in parts.items() if not _secret(of, min_n)}
    left = [of for group, of in parts.items() if group not in shown]
    while shown and left and _secret(reduce(Made.with_, left), min_n):
        left.append(shown.pop(min(shown, key=lambda group: (shown[group].answered, shown[group].asked))))
    return frozenset(shown)
