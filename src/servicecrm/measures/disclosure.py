"""Which figures may be published together, and after those that were: no small group follows from all of them.

A figure is the set of responses that it is made of. Whoever has several figures can add and subtract them as they like,
across tables, filters, waves and whatever was published before.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import count
from typing import Final

import attrs

from servicecrm.errors import InvalidValue

__all__ = ["Edition", "Figure", "publishable"]

Figure = frozenset[Hashable]
"""The responses that a figure is made of."""

_Vector = dict[int, int]
"""How often each class of responses is counted, where that is not 0."""

_PRIME: Final = 2**61 - 1
"""Equations are solved in the numbers modulo this: exactly, and without fractions that grow."""


_STEPS: Final = 20_000
"""How far is looked for a small group of several parts, before a figure is left out to be on the safe side."""


@attrs.frozen(kw_only=True, repr=False)
class Edition:
    """What may be published at one time: the figures `shown`, and with those of all editions so far, `published`."""

    shown: frozenset[Figure] = frozenset()
    published: frozenset[Figure] = frozenset()

    def __repr__(self) -> str:
        return f"<Edition: {len(self.shown)} figures, {len(self.published)} so far>"


def publishable(tables: Iterable[Iterable[Figure]], *, threshold: int, after: Edition | None = None) -> Edition:
    """Which figures of some tables may be published, at first or `after` an earlier edition.

    A table has the figures of groups that share no response: the total alone, the regions, the regions by size. The
    largest figures come first. One is left out if with it the sum over fewer responses than the threshold could be had
    by any number of additions and subtractions, whichever responses these are: those of a figure, what is left of one
    without its parts, what was added since an earlier edition, or some of several groups that nobody has named. What is
    left out may be shown as it was published before.

    It does not look for what two small groups differ by, where neither of them nor both together follow: two figures
    that overlap nearly whole tell that. Time grows with the square of the figures, and with the threshold: at 5 some
    dozen figures take a second or two, at 10 half a minute. What could not be looked through in time is left out.

    Raises:
        InvalidValue: the threshold is below 1, or groups of one table share a response.

    Source: C080; Gusfield, A Graph Theoretic Approach to Statistical Data Security, 1988.
    """
    if threshold < 1:
        raise InvalidValue("threshold", "expected 1 or more")
    wanted = [[figure for figure in table if figure] for table in tables]
    if any(sum(map(len, table)) > len(frozenset().union(*table)) for table in wanted):
        raise InvalidValue("tables", "groups of one table share a response; give each grouping a table of its own")
    figures = dict.fromkeys(figure for table in wanted for figure in table)
    known = _Known(figures, after or Edition(), threshold)
    shown = frozenset(figure for figure in sorted(figures, key=len, reverse=True) if known.takes(figure))
    return Edition(shown=shown, published=frozenset(known.published))


class _Known:
    """What is published, and what follows from it.

    What follows counts responses alike that no published figure tells apart. So whatever small follows is put together
    of small classes of such responses, and there are few of them. Of each class it is known what it has beside what
    follows, its rest; the rest of several is the sum of theirs, and they follow together if it is nothing.
    """

    def __init__(self, wanted: Iterable[Figure], earlier: Edition, threshold: int) -> None:
        self.published = dict.fromkeys(earlier.published)
        self._threshold = threshold
        classes = _classes([*wanted, *earlier.published])
        self._sizes = [len(responses) for responses in classes]
        self._class_of = {response: n for n, responses in enumerate(classes) for response in responses}
        self._span = _Span()
        self._parts = [frozenset(range(len(classes)))]
        for figure in self.published:
            self._parts, self._span = self._with(figure)

    def takes(self, figure: Figure) -> bool:
        """Publish a figure, if nothing small follows."""
        if figure in self.published:
            return True
        if len(figure) < self._threshold:
            return False
        parts, span = self._with(figure)
        if span is not self._span and self._tells(parts, span):
            return False
        self.published[figure] = None
        self._parts, self._span = parts, span
        return True

    def _with(self, figure: Figure) -> tuple[list[frozenset[int]], "_Span"]:
        """What nothing published tells apart, and what follows, once this figure is published too."""
        inside = frozenset(self._class_of[response] for response in figure)
        parts = [part for whole in self._parts for part in (whole & inside, whole - inside) if part]
        return parts, self._span.with_(dict.fromkeys(inside, 1))

    def _tells(self, parts: Iterable[frozenset[int]], span: "_Span") -> bool:
        """Does something small follow, put together of these parts?"""
        sizes = {part: sum(self._sizes[n] for n in part) for part in parts}
        rests = {part: span.rest(dict.fromkeys(part, 1)) for part, size in sizes.items() if size < self._threshold}
        having = _having(rests)
        # What one alone has beside what follows, no others make up for.
        while alone := {one for found in having.values() if len(found) == 1 for one in found}:
            rests = {part: rest for part, rest in rests.items() if part not in alone}
            having = _having(rests)

        steps = count()
        smallest = min((sizes[part] for part in rests), default=0)
        made_up_for: dict[frozenset[tuple[int, int]], set[frozenset[int]]] = {}
        for part, rest in rests.items():
            made_up_for.setdefault(frozenset(_sum({}, rest, times=-1).items()), set()).add(part)

        def ends(rest: _Vector, room: int, left: frozenset[frozenset[int]]) -> bool:
            """Is there a way to nothing, with some more of the parts that are left?"""
            if not rest or next(steps) > _STEPS:
                return True
            if room < 2 * smallest:  # for one more at the most
                return any(sizes[one] <= room for one in made_up_for.get(frozenset(rest.items()), ()) if one in left)
            lacks = min((having[at] & left for at in rest), key=len)  # one of these has to be there
            for one in lacks:
                left -= {one}
                if sizes[one] <= room and ends(_sum(rest, rests[one]), room - sizes[one], left):
                    return True
            return False

        left = frozenset(rests)
        for part, rest in sorted(rests.items(), key=lambda each: -len(each[1])):
            beside = {at for one in left for at in rests[one]}
            if len(beside) == len(left) and all(len(rests[one]) == 1 for one in left):
                break  # each has something of its own, so that none makes up for another
            left -= {part}
            if ends(rest, self._threshold - 1 - sizes[part], left):
                return True
        return False


def _having(rests: Mapping[frozenset[int], _Vector]) -> dict[int, set[frozenset[int]]]:
    """The parts that have something at each place."""
    found: dict[int, set[frozenset[int]]] = {}
    for part, rest in rests.items():
        for at in rest:
            found.setdefault(at, set()).add(part)
    return found


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

    def __init__(self, rows: Mapping[int, _Vector] = {}) -> None:
        self._rows = rows

    def with_(self, vector: _Vector) -> "_Span":
        """The same with one vector more; the same itself, if that follows already."""
        rest = self.rest(vector)
        if not rest:
            return self
        first = min(rest)
        factor = pow(rest[first], -1, _PRIME)
        return _Span({**self._rows, first: {at: x * factor % _PRIME for at, x in rest.items()}})

    def rest(self, vector: _Vector) -> _Vector:
        """What a vector has beside what follows; of a sum it is the sum of the rests."""
        rest = vector
        while (first := min((at for at in rest if at in self._rows), default=None)) is not None:
            rest = _sum(rest, self._rows[first], times=-rest[first])
        return rest


def _sum(one: _Vector, other: _Vector, *, times: int = 1) -> _Vector:
    found = dict(one)
    for at, x in other.items():
        value = (found.get(at, 0) + times * x) % _PRIME
        if value:
            found[at] = value
        else:
            found.pop(at, None)
    return found
