"""What of an evaluation may be shown: no figure from a few, and none that tells with others what a few have said."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import fsum
from typing import Final, NamedTuple

from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.records import evolve
from servicecrm.measures.following import Following, factor
from servicecrm.surveys.evaluation_lines import About, Group, Line

__all__ = ["Gate", "Made", "Shares", "few", "made"]


class Made(NamedTuple):
    """Whose answers a figure is made of, so that figures of groups can be added up.

    `asked` are all responses there, `answered` those among them that have answered. `also` is what others are made of
    without which it would tell something, such as the ranks of other options.
    """

    asked: int
    answered: int
    weight: float
    squares: float
    also: tuple["Made", ...] = ()

    def with_(self, other: "Made") -> "Made":
        """What a figure of both groups is made of."""
        return Made(
            self.asked + other.asked,
            self.answered + other.answered,
            self.weight + other.weight,
            self.squares + other.squares,
            tuple(one.with_(two) for one, two in zip(self.also, other.also, strict=True)),
        )


def made(asked: int, answered: int, weights: Sequence[float] | None) -> Made:
    """What a figure is made of; `weights` are those of the answers, None if all weigh the same."""
    if weights is None:
        return Made(asked, answered, answered, answered)
    return Made(asked, answered, fsum(weights), fsum(weight * weight for weight in weights))


def few(of: Made, min_n: int) -> bool:
    """Is it made of too few persons, or of too few answers; of weighted ones, by what they come to by Kish?"""
    if any(few(each, min_n) for each in of.also):
        return True
    if not of.answered:
        return 0 < of.asked < min_n
    # Weights that are all alike come to as many as there are, but for the last digits.
    return of.asked < min_n or of.answered < min_n or of.weight**2 < (min_n - 1e-9) * of.squares


Shares = Mapping[str, Sequence[int]]
"""The items that a figure is made of. Of how many the answer of each respondent is one: 0 if it does not enter, 1 if it
enters as it is, 3 if it enters as a third; below 0 if it enters turned."""


_Part = tuple[Group, str, tuple[int, ...]]
"""The answers to an item in one of the smallest groups that enter all figures alike."""


_Figure = tuple[About, str, str | None, str]

_SINGLE: Final = (About.ITEM, About.OPTION)


class Gate:
    """Takes figures one by one, and says of each whether it may be shown beside those that it has taken.

    A group is small if too few are in it, whatever they have answered, or if of those in it too few have. Groups add up
    to the group that they are parts of, so that beside a small one another is hidden, until those that are hidden are
    no small group together; the parts of a hidden group are not named.

    Figures that have items in common could be taken away from each other. So of each of them (`sums`) it is looked what
    would follow with all that are shown, in the smallest groups that there are. What a response weighs is the same in
    all figures, so that it says only how many a few are.

    Whether an item was to be asked says what was answered to others, its `conditions`: it is shown where these are.

    Source: C080.
    """

    def __init__(
        self,
        sums: Mapping[Hashable, Shares],
        smallest: Sequence[Group],
        weights: Sequence[float] | None,
        *,
        conditions: Mapping[Hashable, Collection[str]],
        min_n: int,
    ) -> None:
        self._min_n = min_n
        self._keys = {name: tuple(shares) for name, shares in sums.items()}
        self._hidden: set[str] = set()
        self._conditions = conditions
        self._sums: dict[Hashable, dict[Group, dict[_Part, int]]] = {name: {} for name in sums}
        self._within: dict[Group, list[Group]] = {}
        for group in dict.fromkeys(smallest):
            for depth in range(len(group) + 1):
                self._within.setdefault(group[:depth], []).append(group)
        parts: dict[_Part, list[int]] = {}
        for key in dict.fromkeys(key for shares in sums.values() for key in shares):
            names = [name for name, shares in sums.items() if key in shares]
            # Answers of one group that enter all figures alike are not told apart by them.
            alike: dict[tuple[Group, tuple[int, ...]], list[int]] = {}
            columns = [*zip(*(sums[name][key] for name in names), strict=True)]
            for place in range(len(smallest)):
                alike.setdefault((smallest[place], columns[place]), []).append(place)
            for (group, shared), places in alike.items():
                part = (group, key, shared)
                for name, over in zip(names, shared, strict=True):
                    if over:
                        parts[part] = places
                        self._sums[name].setdefault(group, {})[part] = factor(over)
        self._out = Following(parts, few=min_n, weights=None if weights is None else dict(enumerate(weights)))

    def lines(self, lines: Iterable[tuple[Line, Made]]) -> Iterator[Line]:
        """The lines, without what may not be shown. Those that come first are shown rather than others."""
        found = list(lines)
        figures: dict[_Figure, dict[Group, Made]] = {}
        for line, of in found:
            figures.setdefault(_figure(line), {})[line.group] = of
        shown: dict[_Figure, frozenset[Group]] = {}
        may: dict[_Figure, frozenset[Group]] = {}
        for figure, sizes in figures.items():
            conditions = self._conditions.get(figure[:2], ())
            seen = [groups for other, groups in shown.items() if other[0] in _SINGLE and other[1] in conditions]
            may[figure] = frozenset(sizes).intersection(*seen)
            shown[figure] = frozenset(self._shown(sizes, figure[:2], may[figure]))
        self._hidden = {figure[1] for figure, groups in shown.items() if figure[0] in _SINGLE and () not in groups}
        for line, of in found:
            groups = shown[_figure(line)]
            if line.group in groups:
                yield line
            elif not line.group or line.group[:-1] in groups:  # parts of what is hidden are not even named
                # Of what was asked because of something hidden it is not even told whether a few were.
                why = "small" if line.group in may[_figure(line)] and few(of, self._min_n) else "beside"
                yield evolve(line, score=None, counts=None, hidden=why, distribution=EMPTY)

    def shows(self, key: str) -> bool:
        """Are the figures of an item shown of all?"""
        return key not in self._hidden

    def takes(self, of: Made, *names: Hashable) -> bool:
        """May these figures of all be shown, which are made of the same answers? Only if those of each item are."""
        before = len(self._out)
        keys = (key for name in names for key in self._keys[name])
        taken = not few(of, self._min_n) and all(map(self.shows, keys))
        taken = taken and all(self._out.takes(self._sum(name, [()])) for name in names)
        if not taken:
            self._out.back(before)
        return taken

    def _shown(self, sizes: Mapping[Group, Made], name: Hashable, may: Collection[Group]) -> Iterator[Group]:
        whole: Group = ()
        shown = [*self._released(sizes, whole, name, may)]
        if whole in may and (shown or self._takes([sizes[whole]], [whole], name)):
            yield whole
            yield from shown

    def _released(
        self, sizes: Mapping[Group, Made], at: Group, name: Hashable, may: Collection[Group]
    ) -> Iterator[Group]:
        """The parts of a group that may be shown beside it, and the parts of these.

        While what is hidden would, all together, tell of a few, the smallest part that is shown is hidden as well: it
        could be had from the group that they are parts of.
        """
        parts = [group for group in sizes if len(group) == len(at) + 1 and group[:-1] == at]
        shown, left = list[tuple[Group, int]](), list[Group]()
        for group in sorted(parts, key=lambda group: (-sizes[group].answered, -sizes[group].asked)):
            before = len(self._out)
            if group in may and self._takes([sizes[group]], [group], name):
                shown.append((group, before))
            else:
                left.append(group)
        while shown and left and not self._takes([sizes[group] for group in left], left, name):
            group, before = shown.pop()
            self._out.back(before)
            left.append(group)
        for group, _ in shown:
            yield group
            yield from self._released(sizes, group, name, may)

    def _takes(self, sizes: Iterable[Made], groups: Iterable[Group], name: Hashable) -> bool:
        return not few(reduce(Made.with_, sizes), self._min_n) and self._out.takes(self._sum(name, groups))

    def _sum(self, name: Hashable, groups: Iterable[Group]) -> dict[_Part, int]:
        of = self._sums.get(name, {})
        within = (smallest for group in groups for smallest in self._within.get(group, ()) if smallest in of)
        return {part: x for smallest in within for part, x in of[smallest].items()}


def _figure(line: Line) -> _Figure:
    return line.about, line.key, line.part, line.figure
