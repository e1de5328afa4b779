"""What follows from sums that are published together: nothing may follow of a few persons.

Whoever has several sums can take any multiples of them together. What comes of that is told by the vectors of the sums:
with which factor each part of the answers enters.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from heapq import heappop, heappush
from math import fsum
from typing import Final, Generic, NamedTuple, TypeVar

__all__ = ["Following", "factor"]

Part = TypeVar("Part", bound=Hashable)

_PRIME: Final = 2**61 - 1
"""Equations are solved in the numbers modulo this: exactly, and without fractions that grow."""

_STEPS: Final = 50_000_000
"""How many numbers are looked at, some ten seconds long, before sums that would need more are refused to be on the safe
side."""


def factor(over: int) -> int:
    """The factor with which each of several enters their mean."""
    return pow(over, -1, _PRIME)


_Vector = dict[int, int]


class _Taken(NamedTuple):
    """What has to be undone to take a sum back: a vector that begins at some place, or those of small parts before."""

    first: int | None
    small: dict[int, _Vector]


class Following(Generic[Part]):
    """The sums that are out, and what follows from them.

    `parts` says for each part of the answers whose they are. Persons are few if there are fewer than `few` of them; if
    they have `weights`, if by Kish they come to fewer.

    Those parts come first that many persons have. A basis of all that follows is kept, each of its vectors with a first
    place that later ones lack; so whatever follows of small parts alone is put together of vectors that begin at one.
    Of these each has a place that all others lack, so that whoever uses it has to keep that one.
    """

    def __init__(
        self,
        parts: Mapping[Part, Collection[Hashable]],
        *,
        few: int,
        weights: Mapping[Hashable, float] | None = None,
    ) -> None:
        self._few = few
        self._weights = weights
        self._heaviest = max(weights.values(), default=1.0) if weights else 1.0
        sizes = {part: self._size(persons) for part, persons in parts.items()}
        ordered = sorted(parts, key=lambda part: -sizes[part])
        self._places = {part: n for n, part in enumerate(ordered)}
        self._whose: dict[int, frozenset[Hashable]] = {
            n: frozenset(parts[part]) for n, part in enumerate(ordered) if sizes[part] < few
        }
        self._large: dict[int, _Vector] = {}
        self._small: dict[int, _Vector] = {}
        self._having: dict[int, set[int]] = {}
        """Which vectors of small parts have something at a place."""
        self._taken: list[_Taken] = []
        self._steps = 0

    def __len__(self) -> int:
        return len(self._taken)

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
        while len(self._taken) > to:
            first, small = self._taken.pop()
            if first is not None:
                del self._large[first]
            self._set(small)

    # -- who are few -----------------------------------------------------------------------------

    def _size(self, persons: Collection[Hashable]) -> float:
        """How many there are. Of weighted ones it is less than what they come to, but more persons are always more."""
        if self._weights is None:
            return len(persons)
        return fsum(self._weights[person] for person in persons) / self._heaviest

    def _are_few(self, persons: Collection[Hashable]) -> bool:
        if self._weights is None:
            return len(persons) < self._few
        weights = [self._weights[person] for person in persons]
        # Weights that are all alike come to as many as there are, but for the last digits.
        return fsum(weights) ** 2 < (self._few - 1e-9) * fsum(weight * weight for weight in weights)

    # -- what follows ----------------------------------------------------------------------------

    def _keep(self, rest: _Vector) -> None:
        if not rest:
            return
        first = min(rest)
        if first in self._whose:
            self._taken.append(_Taken(None, self._small))
            others = {at: _less(row, rest, at=first) if first in row else row for at, row in self._small.items()}
            self._set({**others, first: rest})
        else:
            self._taken.append(_Taken(first, self._small))
            self._large[first] = rest

    def _set(self, small: dict[int, _Vector]) -> None:
        before, self._small = self._small, small
        for first in (first for first in before if before[first] is not small.get(first)):
            for at in before[first]:
                self._having[at].discard(first)
        for first in (first for first in small if small[first] is not before.get(first)):
            for at in small[first]:
                self._having.setdefault(at, set()).add(first)

    def _rest(self, sum_: Mapping[Part, int]) -> _Vector:
        """What is new in a sum: without what follows already, up to its first place."""
        rest = {self._places[part]: x for part, x in sum_.items()}
        places = sorted(rest)
        while places and places[0] not in self._whose:
            first = heappop(places)
            if first not in rest:
                continue
            if first not in self._large:
                return rest
            row = self._large[first]
            for at in row.keys() - rest.keys():
                heappush(places, at)
            rest = _less(rest, row, at=first)
        for at in rest.keys() & self._small.keys():
            rest = _less(rest, self._small[at], at=at)
        return rest

    def _tells(self, rest: _Vector) -> bool:
        """Is there a sum of a few persons that has this in it, and as much as one likes of what follows already?"""
        alone = frozenset().union(*(self._whose[at] for at in rest if not self._having.get(at)))
        # Which nothing takes away: of most sums these are many.
        return self._size(alone) < self._few and self._ends(rest, self._joined(rest), frozenset())

    def _joined(self, rest: _Vector) -> list[_Vector]:
        """The vectors of small parts that have a place in common with this one, or with one that has."""
        found: dict[int, _Vector] = {}
        near = [rest]
        for one in near:
            if len(found) == len(self._small):
                break
            firsts = set().union(*(self._having.get(at, ()) for at in one))
            self._steps += len(one) + len(firsts)
            new = {first: self._small[first] for first in firsts if first not in found}
            found |= new
            near += new.values()
        return near[1:]

    def _ends(self, rest: _Vector, others: Sequence[_Vector], whose: frozenset[Hashable]) -> bool:
        """Can all be taken away that is not of these persons, and perhaps of some more?"""
        self._steps += len(rest) + sum(map(len, others))
        often = Counter(at for other in others for at in other if at in rest)
        alone = whose.union(*(self._whose[at] for at in rest if at not in often))  # which nothing takes away
        if self._size(alone) >= self._few:
            return False
        left = [at for at in rest if not self._whose[at] <= alone]
        if not left:
            return self._are_few(alone)
        if self._steps > _STEPS:
            return True
        at = min(left, key=often.__getitem__)
        more = alone | self._whose[at]
        if self._size(more) < self._few and self._ends(rest, others, more):
            return True
        by = next(other for other in others if at in other)
        without = [_less(other, by, at=at) if at in other else other for other in others if other is not by]
        return self._ends(_less(rest, by, at=at), without, alone)


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
