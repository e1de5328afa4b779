"""What follows from sums that are published together: nothing may follow of a few persons.

Whoever has several sums can take any multiples of them together. What comes of that is told by the vectors of the sums:
with which factor each part of the answers enters.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Final, Generic, TypeVar

__all__ = ["Following", "factor"]

Part = TypeVar("Part", bound=Hashable)

_PRIME: Final = 2**61 - 1
"""Equations are solved in the numbers modulo this: exactly, and without fractions that grow."""

_STEPS: Final = 20_000
"""How far is looked for what a few persons have in common, before a sum is refused to be on the safe side."""


def factor(over: int) -> int:
    """The factor with which each of several enters their mean."""
    return pow(over, -1, _PRIME)


_Vector = dict[int, int]


class Following(Generic[Part]):
    """The sums that are out, and what follows from them.

    `parts` says for each part of the answers whose they are. Persons are few if there are fewer than `few` of them.

    Those parts come first that many persons have. A basis of all that follows is kept, each of its vectors with a first
    place that later ones lack; so whatever follows of small parts alone is put together of vectors that begin at one.
    """

    def __init__(self, parts: Mapping[Part, Collection[Hashable]], *, few: int) -> None:
        ordered = sorted(parts, key=lambda part: -len(parts[part]))
        self._places = {part: n for n, part in enumerate(ordered)}
        self._whose: dict[int, frozenset[Hashable]] = {
            n: frozenset(parts[part]) for n, part in enumerate(ordered) if len(parts[part]) < few
        }
        self._few = few
        self._rows: dict[int, _Vector] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, sum_: Mapping[Part, int]) -> None:
        """Take note of a sum that is out, whatever it tells. It says with which factor, not 0, each part enters."""
        self._keep(self._rest(sum_))

    def takes(self, sum_: Mapping[Part, int]) -> bool:
        """Take a sum, unless with those that are out something would follow of a few persons."""
        rest = self._rest(sum_)
        told = bool(rest) and min(rest) in self._whose and self._tells(rest)
        if not told:
            self._keep(rest)
        return not told

    def back(self, to: int) -> None:
        """Forget what was taken since there were so many."""
        while len(self._rows) > to:
            self._rows.popitem()

    def _keep(self, rest: _Vector) -> None:
        if rest:
            first = min(rest)
            by = pow(rest[first], -1, _PRIME)
            self._rows[first] = {at: x * by % _PRIME for at, x in rest.items()}

    def _rest(self, sum_: Mapping[Part, int]) -> _Vector:
        """What is new in a sum: without what follows already, up to its first place."""
        rest = {self._places[part]: x for part, x in sum_.items()}
        places = sorted(rest)
        while places:
            first = heappop(places)
            row = self._rows.get(first)
            if row is None and first in rest:
                break
            if row is not None and first in rest:
                for at in row.keys() - rest.keys():
                    heappush(places, at)
                rest = _less(rest, row, at=first)
        return rest

    def _tells(self, rest: _Vector) -> bool:
        """Is there a sum of a few persons that has this in it, and as much as one likes of what follows already?"""
        steps = count()

        def ends(rest: _Vector, others: Sequence[_Vector], whose: frozenset[Hashable]) -> bool:
            """Can all be taken away that is not of these persons, and perhaps of some more?"""
            if next(steps) > _STEPS:
                return True
            often = Counter(at for other in others for at in other)
            alone = whose.union(*(self._whose[at] for at in rest if at not in often))  # which nothing takes away
            if len(alone) >= self._few:
                return False
            left = [at for at in rest if not self._whose[at] <= alone]
            if not left:
                return True
            at = min(left, key=often.__getitem__)
            more = alone | self._whose[at]
            if len(more) < self._few and ends(rest, others, more):
                return True
            by = next(other for other in others if at in other)
            without = [_less(other, by, at=at) if at in other else other for other in others if other is not by]
            return ends(_less(rest, by, at=at), without, alone)

        # Each with a place of its own, so that whoever uses it has to keep that.
        found: dict[int, _Vector] = {}
        for first in sorted(at for at in self._rows if at in self._whose)[::-1]:
            row = self._rows[first]
            for at in found.keys() & row.keys():
                row = _less(row, found[at], at=at)
            found[first] = row
        for at in found.keys() & rest.keys():
            rest = _less(rest, found[at], at=at)
        return ends(rest, [*found.values()], frozenset())


def _less(one: _Vector, other: _Vector, *, at: int) -> _Vector:
    """One without as much of another one as takes away what is at this place."""
    times = one[at] * pow(other[at], -1, _PRIME) % _PRIME
    found = dict(one)
    for place, x in other.items():
        if value := (found.get(place, 0) - times * x) % _PRIME:
            found[place] = value
        else:
            found.pop(place, None)
    return found
