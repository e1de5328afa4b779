"""The lines of an evaluation: what a figure is about, how many have answered, and whether it is shown."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code
from servicecrm.measures.scores import Score
from servicecrm.surveys.cells import Cell

__all__ = [
    "About",
    "Counts",
    "Group",
    "Hiding",
    "Line",
    "counted",
    "ends",
    "group_name",
    "quoted",
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
    `distribution` is how often each answer was given that can be chosen, on the first line of an item. In a weighted
    survey there is none: beside weighted figures it would tell of those who have a weight of their own.

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
