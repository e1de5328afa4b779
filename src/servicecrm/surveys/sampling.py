"""Whom to invite: everybody, or some by chance, drawn so that anybody can draw the same ones again.

```python
from servicecrm.surveys import sampling

drawn = sampling.simple([f"contact-{n}" for n in range(200)], 132, seed="2026")
len(drawn.chosen), drawn.sampling.population
```
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from heapq import heapify, heappop, heapreplace
from math import ceil
from typing import Final, Literal

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import several
from servicecrm.measures.comparing import homogeneity
from servicecrm.measures.samples import required_sample
from servicecrm.surveys.campaign_model import SampleKind, Sampling, Stratum

__all__ = ["Returned", "Returns", "Sample", "census", "check", "invitations_needed", "simple", "stratified"]

EVERYBODY: Final = ""
"""The one group of a sample without groups."""

SKEWED: Final = 0.05
"""How improbable answers have to be to be called skewed, if everybody answered as readily as anybody."""


@record
class Sample:
    """Who was drawn, in an order that tells nothing, and how; `groups` has the group of each."""

    sampling: Sampling
    chosen: tuple[str, ...]
    groups: FrozenMap

    def weight(self, contact: str) -> float:
        """How many people somebody who was drawn stands for. All weights together are the population.

        Raises:
            InvalidValue: this contact was not drawn.
        """
        if contact not in self.groups:
            raise InvalidValue("contact", "only who was drawn has a weight")
        return self._weights[str(self.groups[contact])]

    @cached_property
    def _weights(self) -> Mapping[str, float]:
        return {stratum.name: stratum.weight for stratum in self.sampling.strata}


def census(people: Iterable[str]) -> Sample:
    """Everybody.

    Raises:
        InvalidValue: there is nobody, or somebody stands there twice.

    Source: C073.
    """
    everybody = _listed(people)
    return _sample(SampleKind.CENSUS, None, {EVERYBODY: everybody}, {EVERYBODY: len(everybody)})


def simple(people: Iterable[str], n: int, *, seed: str) -> Sample:
    """`n` people, each of whom was as likely to be drawn as any other.

    The same people and the same seed give the same sample, whatever their order; and a larger `n` only adds to it.

    Raises:
        InvalidValue: there are fewer people than `n`, or one stands there twice.

    Source: C073.
    """
    return _sample(SampleKind.SIMPLE, seed, {EVERYBODY: _listed(people)}, {EVERYBODY: n})


def stratified(
    groups: Mapping[str, str],
    n: int,
    *,
    seed: str,
    allocation: Literal["proportional", "equal"] | Mapping[str, int] = "proportional",
    least: int = 1,
) -> Sample:
    """`n` people drawn within the group of each; `groups` has the group by person.

    Every group gets its share of `n`, by its size or an equal one, and at least `least` people, if it has so many. An
    `allocation` of your own says how many of each group.

    Raises:
        InvalidValue: there are fewer people than `n`, it is too few for all groups, or an allocation does not fit.

    Source: C073; Cochran, Sampling Techniques, 1977 (5.5, proportional allocation).
    """
    people: dict[str, list[str]] = {}
    for person, group in groups.items():
        people.setdefault(group, []).append(person)
    sizes = {group: len(people[group]) for group in sorted(people)}
    if isinstance(allocation, Mapping):
        if allocation.keys() != sizes.keys() or sum(allocation.values()) != n:
            raise InvalidValue("allocation", "it says how many of every group, and they are n together")
        wanted = dict(allocation)
    elif allocation in ("proportional", "equal"):
        wanted = _allocated(sizes, sizes if allocation == "proportional" else dict.fromkeys(sizes, 1), n, least)
    else:
        raise InvalidValue("allocation", "expected proportional, equal, or how many of each group")
    return _sample(SampleKind.STRATIFIED, seed, people, wanted)


def invitations_needed(population: int, *, margin: float = 0.05, confidence: float = 0.95, rate: float = 1.0) -> int:
    """How many to invite, so that a share is known to plus or minus `margin` if a share `rate` of them answers.

    It is never more than there are: if it is all of them, make a census.

    Raises:
        InvalidValue: the rate is not above 0 and up to 1, or as `required_sample` does.

    Source: C073, K39.
    """
    if not 0 < rate <= 1:
        raise InvalidValue("rate", "expected a share above 0 and up to 1")
    needed = required_sample(margin, confidence=confidence, population=population).needed
    return min(population, ceil(needed / rate))


@record
class Returned:
    """How many of a group were invited and have answered."""

    group: str
    population: int
    invited: int
    answered: int

    @property
    def rate(self) -> float:
        """The share of those invited who have answered."""
        return self.answered / self.invited


@record
class Returns:
    """How many of each group have answered, and whether some answer less readily than others.

    `p_value` is how probable differences as large as these are by chance alone; None where it cannot be said.
    """

    rows: tuple[Returned, ...]
    p_value: float | None

    @property
    def skewed(self) -> bool:
        """Do those who answered differ from those who were invited by more than chance?"""
        return self.p_value is not None and self.p_value < SKEWED


def check(sampling: Sampling, answered: Mapping[str, int]) -> Returns:
    """Do those who have answered stand for all? `answered` counts them by group.

    Raises:
        InvalidValue: there is no such group, or more of it have answered than were invited.

    Source: C073.
    """
    known = [stratum.name for stratum in sampling.strata]
    if not answered.keys() <= set(known):
        raise InvalidValue("answered", f"expected counts by group: {', '.join(known)}")
    rows = tuple(
        Returned(group=each.name, population=each.population, invited=each.sample, answered=answered.get(each.name, 0))
        for each in sampling.strata
    )
    if any(not 0 <= row.answered <= row.invited for row in rows):
        raise InvalidValue("answered", "of a group no more can answer than were invited")
    found = homogeneity([row.answered for row in rows], [row.invited for row in rows]) if len(rows) > 1 else None
    return Returns(rows=rows, p_value=None if found is None else found.p_value)


# -- drawing -------------------------------------------------------------------------------------


def _listed(people: Iterable[str]) -> list[str]:
    listed = list(several("people", people))
    if len(set(listed)) < len(listed):
        raise InvalidValue("people", "somebody stands there twice; everybody is listed once")
    return listed


def _sample(kind: SampleKind, seed: str | None, people: Mapping[str, list[str]], wanted: Mapping[str, int]) -> Sample:
    for group, n in wanted.items():
        if not 0 < n <= len(people[group]):
            raise InvalidValue("n", "of every group at least one is drawn, and no more than there are")
    strata = tuple(Stratum(name=name, population=len(people[name]), sample=wanted[name]) for name in sorted(people))
    place = _place(seed)
    drawn = {person: group for group in people for person in sorted(people[group], key=place)[: wanted[group]]}
    chosen = tuple(sorted(drawn, key=place))
    return Sample(
        sampling=Sampling(kind=kind, seed=seed, strata=strata),
        chosen=chosen,
        groups=FrozenMap({person: drawn[person] for person in chosen}),
    )


def _place(seed: str | None) -> Callable[[str], tuple[bytes, str]]:
    """Where somebody stands in the order of the draw. A digest is as good as chance, and depends on nobody else."""
    return lambda person: (sha256(f"{seed or ''}\0{person}".encode("utf-8", "surrogatepass")).digest(), person)


def _allocated(sizes: Mapping[str, int], shares: Mapping[str, int], n: int, least: int) -> dict[str, int]:
    """Whole numbers as near to the shares of `n` as can be, within what each group must have and has."""
    floor = {group: min(size, least) for group, size in sizes.items()}
    if not sum(floor.values()) <= n <= sum(sizes.values()):
        raise InvalidValue("n", "it is at least what every group has to get, and no more than there are people")
    whole = sum(shares.values())
    given = {group: min(sizes[group], max(floor[group], n * shares[group] // whole)) for group in sizes}

    def lacks(group: str) -> int:
        """How much a group has less than its share, times the whole."""
        return n * shares[group] - given[group] * whole

    left = n - sum(given.values())
    step, limits = (1, sizes) if left > 0 else (-1, floor)
    # Who lacks most gets one more, or who lacks least gives one back; of those alike, the first in order.
    turns = [(-step * lacks(group), group) for group in sizes if given[group] != limits[group]]
    heapify(turns)
    for _ in range(abs(left)):
        group = turns[0][1]
        given[group] += step
        if given[group] == limits[group]:
            heappop(turns)
        else:
            heapreplace(turns, (-step * lacks(group), group))
    return given
