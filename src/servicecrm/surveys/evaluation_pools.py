"""Items that are put together: those about one service, and those of one dimension. Do these measure one thing?"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, Literal

from servicecrm.kernel.records import evolve, record
from servicecrm.measures.reliability import Reliability
from servicecrm.measures.respondents import scale_scores
from servicecrm.measures.scales import Scale, rescaled
from servicecrm.surveys.answers import Status
from servicecrm.surveys.cells import Part, parts
from servicecrm.surveys.columns import Columns
from servicecrm.surveys.evaluation_gate import Gate, Shares, made
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.evaluation_scores import Better, Pool, View, better
from servicecrm.surveys.items import ItemKind

__all__ = [
    "PERCENT",
    "MissingPolicy",
    "ScaleReliability",
    "complete",
    "measures_one",
    "pools",
    "rated",
    "reliability",
    "reliability_sums",
]

MissingPolicy = Literal["available", "listwise", "median", "mean"]
"""What a respondent scores on several items of which some are missing; see `servicecrm.measures.scale_scores`."""

PERCENT: Final = Scale(low=0, high=100)
_JUDGED: Final = (ItemKind.SCALE, ItemKind.CSAT, ItemKind.MATRIX)
"""Ratings of satisfaction. Recommending and effort are something else, and are not put together with it."""


def rated(part: Part) -> bool:
    """Is it a rating of how things are, and not of how important or how ideal they would be?"""
    item = part.item
    twin = item.importance_of is not None or item.expectation_of is not None
    return part.scale is not None and item.kind in _JUDGED and better(part) is not None and not twin


# -- several items, one thing --------------------------------------------------------------------


@record
class ScaleReliability:
    """Do the items of a dimension measure one thing? Of the `n` who have answered all of them, whatever the policy.

    It is hidden where these are too few, and where with its items it would tell what a few have said: those who have
    answered only some of them.

    Source: C078.
    """

    dimension: str
    keys: tuple[str, ...]
    n: int
    reliability: Reliability | None
    omega: float | None = None


def pools(table: Columns, *, missing: MissingPolicy, min_answered: int) -> Iterator[Pool]:
    """The services and dimensions of a questionnaire, with the score of each respondent.

    Items of one scale keep it; others are put together from 0 to 100. Those of a dimension go the way that they are
    coded, those about a service so that satisfied is high.
    """
    known = [part for part in parts(table.questionnaire) if rated(part)]
    for about, attribute in ((About.SERVICE, "service"), (About.DIMENSION, "dimension")):
        for name in dict.fromkeys(getattr(part, attribute) for part in known):
            if name is None:
                continue
            members = [part for part in known if getattr(part, attribute) == name]
            turn = [about is About.SERVICE and better(part) == "lower" for part in members]
            down = about is About.DIMENSION and all(better(part) == "lower" for part in members)
            scale, columns = _together(table, members, turn)
            there = [place for place in range(table.n) if any(column[place] is not None for column in columns)]
            keys = tuple(part.key for part in members)
            scored = scale_scores(
                [[column[place] for column in columns] for place in there],
                items=keys,
                missing=missing,
                min_answered=min_answered,
            )
            scores: list[float | None] = [None] * table.n
            for place, score in zip(there, scored.scores, strict=True):
                scores[place] = score
            asked = [any(table[key][place] != Status.NOT_SHOWN for key in keys) for place in range(table.n)]
            good: Better = "lower" if down else "higher"
            rule = f"{len(keys)} items, {missing}" if keys[1:] else ""
            by_key = dict(zip(keys, columns, strict=True))
            shares = {
                key: [-over for over in of] if turned else of  # what is turned enters the other way round
                for key, of, turned in zip(keys, _shares(columns, scores, missing), turn, strict=True)
            }
            yield Pool(about, name, scale, good, rule, scores, asked, by_key, shares)


def complete(columns: Mapping[str, Sequence[float | None]]) -> list[int]:
    """Of each response, whether all is answered: 1 or 0."""
    return [int(None not in row) for row in zip(*columns.values(), strict=True)]


def measures_one(pool: Pool) -> bool:
    """Is it something of which it can be asked whether its items measure one thing?"""
    return pool.about is About.DIMENSION and len(pool.columns) > 1


def reliability_sums(pool: Pool) -> dict[Hashable, Shares]:
    """What its reliability tells of the items, by a name for each."""
    shares = complete(pool.columns) if measures_one(pool) else []
    return {("reliability", pool.name, key): {key: shares} for key in pool.columns if shares}


def reliability(pool: Pool, view: View, gate: Gate, *, confidence: float) -> ScaleReliability:
    """Do the items of a dimension measure one thing?"""
    keys = tuple(pool.columns)
    there = [place for place, is_ in enumerate(complete(pool.columns)) if is_]
    if not there or not gate.takes(made(len(view.places), len(there), view.weighed(there)), *reliability_sums(pool)):
        return ScaleReliability(dimension=pool.name, keys=keys, n=0, reliability=None)
    found = scale_scores(
        [[column[place] for column in pool.columns.values()] for place in there],
        items=keys,
        missing="listwise",
        confidence=confidence,
    )
    return ScaleReliability(
        dimension=pool.name, keys=keys, n=len(there), reliability=found.reliability, omega=found.omega
    )


def _shares(
    columns: Sequence[Sequence[float | None]], scores: Sequence[float | None], missing: MissingPolicy
) -> Iterator[list[int]]:
    """Of how many each answer is one in the score of its respondent."""
    several = [
        0 if score is None else len(columns) if missing in ("median", "mean") else len(columns) - answers.count(None)
        for score, *answers in zip(scores, *columns, strict=True)
    ]
    return ([0 if x is None else over for x, over in zip(column, several, strict=True)] for column in columns)


def _together(table: Columns, members: Sequence[Part], turn: Sequence[bool]) -> tuple[Scale, list[list[float | None]]]:
    """The scale that the members have in common, or else 0 to 100, and their answers on it."""
    scales = [evolve(part.scale, apart=()) for part in members if part.scale is not None]
    scale = scales[0] if len(set(scales)) == 1 else PERCENT
    columns = []
    for part, own, turned in zip(members, scales, turn, strict=True):
        there = (own.low, own.high) if scale == own else (scale.low, scale.high)
        numbers = (x if x is None or not turned else own.reversed(x) for x in table.numbers(part.key))
        columns.append([x if x is None or scale == own else rescaled(x, own, to=there) for x in numbers])
    return scale, columns
