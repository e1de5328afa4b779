"""Customers that may be the same: pairs for people to look at. Nothing is ever merged by itself."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import combinations
from math import prod
from typing import Final, NamedTuple
from unicodedata import combining, normalize

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import folded
from servicecrm.kernel.values import ContactKind
from servicecrm.portfolio.lifecycle import KEPT
from servicecrm.portfolio.model import Customer

__all__ = ["Likeness", "duplicates", "likeness"]

# fmt: off
FORMS: Final = frozenset({
    "ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "kg", "limited", "llc", "llp", "ltd", "mbh",
    "ohg", "oy", "plc", "sa", "sarl", "se", "spa", "srl", "ug",
    "and", "das", "der", "die", "of", "the", "und",
})
# fmt: on
"""Words that say what a company is, not which one."""

CHINESE_FORMS: Final = ("股份有限公司", "有限责任公司", "有限公司", "集团", "公司")

REFERENCE: Final = 0.98
POINT: Final = 0.75
ALIKE: Final = 0.5
"""Names that are less alike than this say nothing."""

COMMON: Final = 50
"""What more customers have in common than this finds none of them."""


@attrs.frozen
class Likeness:
    """How likely two customers are the same, from 0 to 1, and what speaks for it: `name`, `email`, `phone`, ..."""

    first: str
    second: str
    score: float
    reasons: tuple[str, ...]


class _Traits(NamedTuple):
    """What a customer is compared by."""

    words: tuple[str, ...]
    points: frozenset[tuple[str, str]]
    references: frozenset[str]


def duplicates(customers: Iterable[Customer], *, threshold: float = 0.85) -> tuple[Likeness, ...]:
    """The pairs of customers that are at least so alike, the most alike first.

    Only those are compared that share a word of their name, an address or a number, and not if very many do. Who was
    removed, or merged into another one, is left out.

    Raises:
        InvalidValue: the threshold is no number between 0 and 1.

    Source: C019.
    """
    if not _is_share(threshold):
        raise InvalidValue("threshold", "expected more than 0, and at most 1")
    left = (each for each in customers if each.merged_into is None and each.state in KEPT)
    traits: dict[str, _Traits] = {each.id: _traits(each) for each in left}
    found = (_likeness(one, other, traits[one], traits[other]) for one, other in _candidates(traits))
    return tuple(
        sorted(
            (each for each in found if each.score >= threshold), key=lambda each: (-each.score, each.first, each.second)
        )
    )


def likeness(one: Customer, other: Customer) -> Likeness:
    """How likely two customers are the same, and why."""
    first, second = sorted((one, other), key=lambda each: each.id)
    return _likeness(first.id, second.id, _traits(first), _traits(second))


def _candidates(traits: dict[str, _Traits]) -> Iterator[tuple[str, str]]:
    sharing: dict[object, list[str]] = defaultdict(list)
    for id, each in sorted(traits.items()):
        for key in {*each.words, "".join(each.words), *each.points, *(("reference", key) for key in each.references)}:
            sharing[key].append(id)
    pairs = {pair for ids in sharing.values() if len(ids) <= COMMON for pair in combinations(ids, 2)}
    yield from sorted(pairs)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value <= 1


def _likeness(first: str, second: str, one: _Traits, other: _Traits) -> Likeness:
    evidence: dict[str, float] = {}
    alike = _names_alike(one.words, other.words)
    if alike >= ALIKE:
        evidence["name"] = alike
    for kind, _ in sorted(one.points & other.points):
        evidence[kind] = POINT
    if one.references & other.references:
        evidence["reference"] = REFERENCE
    # Each piece of evidence leaves less room for doubt.
    score = 1 - prod(1 - weight for weight in evidence.values())
    return Likeness(first, second, round(score, 6), tuple(evidence))


def _names_alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How alike two names are, whatever the order of their words."""
    if not one or not other:
        return 0.0
    first, second = sorted((" ".join(sorted(one)), " ".join(sorted(other))))  # the matcher is not symmetric
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _traits(customer: Customer) -> _Traits:
    points = {point for contact in customer.contacts for point in contact.points}
    points |= {point for channel in customer.channels for point in channel.points}
    plain = {(point.kind.value, _plain_point(point.kind, point.value)) for point in points}
    return _Traits(_words(customer.name), frozenset(each for each in plain if each[1]), customer.references)


def _words(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others, without accents and legal forms."""
    bare = "".join(char for char in normalize("NFKD", folded(name)) if not combining(char))
    for form in CHINESE_FORMS:
        bare = bare.removesuffix(form)
    bare = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", bare)  # b.v. is bv
    words = tuple(re.findall(r"\w+", bare))
    return tuple(word for word in words if word not in FORMS) or words


def _plain_point(kind: ContactKind, value: str) -> str:
    if kind is ContactKind.PHONE:
        digits = re.sub(r"\D", "", value)
        return digits[-8:] if len(digits) >= 6 else ""  # whatever stands for the country and the long distance
    return folded(value).strip()
