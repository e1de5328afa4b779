"""Which figures may be published together, and after those that were: no small group follows from all of them.

A figure is the set of responses that it is made of. Whoever has several figures can add and subtract them as they like,
across tables, filters, waves and whatever was published before.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

import attrs

from servicecrm.errors import InvalidValue

__all__ = ["Edition", "Figure", "publishable"]

Figure = frozenset[Hashable]
"""The responses that a figure is made of."""

_Vector = dict[int, int]
"""How often each class of responses is counted, where that is not 0."""

_Rest = frozenset[tuple[int, int]]
"""A vector by its places, of which the first has 1."""

_PRIME: Final = 2**61 - 1
"""Equations are solved in the numbers modulo this: exactly, and without fractions that grow."""


@attrs.frozen(kw_only=True, repr=False)
class Edition:
    """What may be published at one time: the figures `shown`, and what has to be kept in mind from then on.

    `published` are those of all editions so far, and `small` what must not follow from them.
    """

    shown: frozenset[Figure] = frozenset()
    published: frozenset[Figure] = frozenset()
    small: frozenset[Figure] = frozenset()

    def __repr__(self) -> str:
        return f"<Edition: {len(self.shown)} figures, {len(self.published)} so far>"


def publishable(tables: Iterable[Iterable[Figure]], *, threshold: int, after: Edition | None = None) -> Edition:
    """Which figures of some tables may be published, at first or `after` an earlier edition.

    A table has the figures of groups that share no response: the total alone, the regions, the regions by size. The
    largest figures come first. One is left out if it is made of fewer responses than the threshold, or if with it
    something smaller could be had by any number of additions and subtractions: one of the figures, what is left of one
    without its parts, what was added since an earlier one, or any responses that no figure tells apart. What is left
    out may be shown as it was published before.

    It does not look for small groups that are put together of several, each of which other figures tell apart: figures
    that overlap without one being a part of the other can leave such a group. Publish tables that break each other
    down. Time grows with the square of the figures; a few hundred take a minute or more.

    Raises:
        InvalidValue: the threshold is below 1, or groups of one table share a response.

    Source: C080; Gusfield, A Graph Theoretic Approach to Statistical Data Security, 1988.
    """
    if threshold < 1:
        raise InvalidValue("threshold", "expected 1 or more")
    wanted = [[figure for figure in table if figure] for table in tables]
    if any(sum(map(len, table)) > len(frozenset().union(*table)) for table in wanted):
        raise InvalidValue("tables", "groups of one table share a response; give each grouping a table of its own")
    known = _Known(wanted, after or Edition(), threshold)
    figures = dict.fromkeys(figure for table in wanted for figure in table)
    shown = frozenset(figure for figure in sorted(figures, key=len, reverse=True) if known.takes(figure))
    return Edition(shown=shown, published=frozenset(known.published), small=known.small)


class _Known:
    """What is published, and what follows from it."""

    def __init__(self, tables: Sequence[Sequence[Figure]], earlier: Edition, threshold: int) -> None:
        self.published = [*earlier.published]
        self._tables = tables
        self._threshold = threshold
        every = dict.fromkeys([*(figure for table in tables for figure in table), *earlier.published, *earlier.small])
        classes = _classes(every)
        self.small = earlier.small | frozenset(filter(self._is_small, [*every, *classes]))
        self._class_of = {response: n for n, responses in enumerate(classes) for response in responses}
        self._span = _Span()
        for figure in earlier.published:
            self._span.add(self._span.rest(self._vector(figure)))
        self._secret = self._span.rests(map(self._vector, self.small))

    def takes(self, figure: Figure) -> bool:
        """Publish a figure, if nothing small follows."""
        if figure in self.published:
            return True
        if self._is_small(figure) or any(map(self._is_small, self._left(figure))):
            return False
        rest = self._span.rest(self._vector(figure))
        if rest in self._secret:  # so that it would follow
            return False
        if rest:
            self._span.add(rest)
            self._secret = self._span.rests(map(dict, self._secret))
        self.published.append(figure)
        return True

    def _is_small(self, responses: Figure) -> bool:
        return 0 < len(responses) < self._threshold

    def _vector(self, figure: Figure) -> _Vector:
        return dict.fromkeys((self._class_of[response] for response in figure), 1)

    def _left(self, figure: Figure) -> Iterator[Figure]:
        """What is left of larger figures without smaller ones, once this one is shown too."""
        shown = [*self.published, figure]
        yield from (one - other for one in shown for other in shown if other < one)
        for table in self._tables:
            parts = [part for part in table if part in shown]
            yield from (whole.difference(*(part for part in parts if part < whole)) for whole in shown)


def _classes(figures: Iterable[Figure]) -> list[Figure]:
    """The responses that no figure tells apart."""
    signs: dict[Hashable, list[int]] = {}
    for n, figure in enumerate(figures):
        for response in figure:
            signs.setdefault(response, []).append(n)
    classes: dict[tuple[int, ...], list[Hashable]] = {}
    for response, sign in signs.items():
        classes.setdefault(tuple(sign), []).append(response)
    return [frozenset(responses) for responses in classes.values()]


class _Span:
    """All sums and differences of some vectors: a basis, whose vectors each begin at a place that later ones lack."""

    def __init__(self) -> None:
        self._rows: dict[int, _Vector] = {}

    def add(self, rest: _Rest) -> None:
        if rest:
            vector = dict(rest)
            self._rows[min(vector)] = vector

    def rests(self, vectors: Iterable[_Vector]) -> frozenset[_Rest]:
        """What the vectors that do not follow have beside what does."""
        return frozenset(filter(None, map(self.rest, vectors)))

    def rest(self, vector: _Vector) -> _Rest:
        """What a vector has beside what follows, up to a factor: two that share it follow from each other."""
        rest = dict(vector)
        while (first := min((at for at in rest if at in self._rows), default=None)) is not None:
            times = rest[first]
            for at, x in self._rows[first].items():
                value = (rest.get(at, 0) - times * x) % _PRIME
                if value:
                    rest[at] = value
                else:
                    rest.pop(at, None)
        factor = pow(rest[min(rest)], -1, _PRIME) if rest else 0
        return frozenset((at, x * factor % _PRIME) for at, x in rest.items())
