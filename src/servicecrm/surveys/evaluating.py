"""What the answers to a questionnaire say: scores with intervals, what matters, and what may not be shown.

```python
evaluation = surveys.evaluate(questionnaire, [{"recommend": 9}, {"recommend": 3}, {"recommend": 10}], min_n=1)
evaluation["recommend"].score
```
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, Literal, TypedDict

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import mapped, several, whole
from servicecrm.measures.indexes import WeightedIndex, weighted_index
from servicecrm.measures.scales import number, rescaled
from servicecrm.measures.scores import Exactness
from servicecrm.measures.weighting import Raking
from servicecrm.surveys.cells import parts
from servicecrm.surveys.columns import Columns, Frame, Responses, tabulate
from servicecrm.surveys.evaluation import Evaluation
from servicecrm.surveys.evaluation_gate import Gate, Made, Shares
from servicecrm.surveys.evaluation_lines import About, Group, Line
from servicecrm.surveys.evaluation_pools import (
    MissingPolicy,
    measures_one,
    pools,
    rated,
    reliability,
    reliability_sums,
)
from servicecrm.surveys.evaluation_scores import Pool, View, better, item_lines, pool_lines
from servicecrm.surveys.evaluation_twins import (
    Pair,
    derived,
    driver_sums,
    drivers,
    driving,
    expectations,
    pairs,
    stated,
)
from servicecrm.surveys.evaluation_weights import weighting
from servicecrm.surveys.items import ItemKind
from servicecrm.surveys.logic import asked
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import GivenAnswer, Response

__all__ = ["How", "evaluate"]

_WHOLE: Final[Group] = ()


class How(TypedDict, total=False):
    """How answers are evaluated; see `evaluate`."""

    by: str | Iterable[str] | Mapping[str, Iterable[object]]
    wave: str | None
    weights: Sequence[float] | Raking | None
    missing: MissingPolicy
    min_answered: int
    min_n: int
    confidence: float
    population: int | None
    outcome: str | None
    index: Mapping[str, float] | None
    crosshair: Literal["mean", "middle"]
    codes: Mapping[str, Iterable[Iterable[str] | None]] | None


def evaluate(
    questionnaire: Questionnaire,
    responses: Responses,
    *,
    by: str | Iterable[str] | Mapping[str, Iterable[object]] = (),
    wave: str | None = None,
    weights: Sequence[float] | Raking | None = None,
    missing: MissingPolicy = "available",
    min_answered: int = 1,
    min_n: int = 5,
    confidence: float = 0.95,
    population: int | None = None,
    outcome: str | None = None,
    index: Mapping[str, float] | None = None,
    crosshair: Literal["mean", "middle"] = "mean",
    codes: Mapping[str, Iterable[Iterable[str] | None]] | None = None,
) -> Evaluation:
    """Evaluate the answers to a questionnaire, in whatever form they are: see `servicecrm.surveys.columns`.

    `by` breaks every figure down by a column, an attribute of responses, or an item that is chosen from, and each of
    those by the next one; or by values that are given, one for each response. `weights` are those of the responses, or
    what `weigh` found. `missing` is what a respondent scores on several items of which some are missing. `population`
    is how many could have answered. `outcome` is the item that drivers are looked for. `index` are the weights of the
    items in the index, equal ones by default. `codes` are those that were given to free texts, for each response.

    Raises:
        InvalidValue: an argument does not fit the responses or the questionnaire.

    Source: C078-C082, K33-K40; ISO 10004.
    """
    if whole("min_n", min_n) < 1:
        raise InvalidValue("min_n", "expected 1 or more; 1 shows every figure")
    whole("min_answered", min_answered, 1)
    _check_texts(wave=wave, missing=missing, outcome=outcome, crosshair=crosshair)
    names = (by,) if isinstance(by, str) else several("by", by, str)
    given = by if isinstance(by, Mapping) else {}
    if not isinstance(responses, Columns | Mapping | Frame):
        responses = list(several("responses", responses))
        if not given:
            _check_groups(questionnaire, names, responses)
    table = tabulate(questionnaire, responses, keep=() if given else names)
    for name in names:
        if name not in (*given, *table.others) and any(
            item.id == name and item.kind is ItemKind.NUMBER for item in questionnaire.items
        ):
            raise InvalidValue("by", f"{name} is a number, which may be the own one of somebody; give its bands")
    table = attrs.evolve(table, others={**table.others, **{n: table.beside(v, f"by {n}") for n, v in given.items()}})
    table = _coded(table, codes or {})
    weighed = _weighed(table, weights)
    if weighed is not None and missing in ("median", "mean"):
        raise InvalidValue("missing", "what stands in for an answer has no weight; expected available or listwise")
    if weighed is not None and not all(weighed):  # what weighs nothing does not count
        some = [place for place, weight in enumerate(weighed) if weight]
        table, weighed = table.only(some), [weighed[place] for place in some]
    exact = Exactness(confidence, None if population is None else whole("population", population))
    smallest: list[Group] = [*zip(*map(table.groups, names), strict=True)] if names else [_WHOLE] * table.n
    everybody = View(_WHOLE, range(table.n), weighed, exact)
    put_together = [*pools(table, missing=missing, min_answered=min_answered)]
    lines: list[tuple[Line, Made]] = []
    for view in _views(smallest, everybody):
        told = [part for part in parts(questionnaire) if not (view.group and part.key in table.apart)]
        lines += [line for part in told for line in item_lines(table, part, view)]
        lines += [line for pool in put_together for line in pool_lines(pool, view)]
    twins, driven = [*pairs(table)], driving(table, outcome)
    gate = Gate(
        _sums(table, put_together, twins, driven),
        smallest,
        weighed,
        conditions=_conditions(questionnaire, put_together),
        min_n=min_n,
    )
    beside = zip(smallest, weighed or [1.0] * table.n, *(table[id] for id in sorted(codes or ())), strict=True)
    # What comes first is shown rather than what comes later.
    shown = tuple(_nameless(questionnaire, names, gate, lines))
    important = stated(twins, everybody, gate, crosshair=crosshair)
    expected = expectations(table, everybody, twins, gate)
    held = [reliability(pool, everybody, gate, confidence=confidence) for pool in put_together if measures_one(pool)]
    moved = None if driven is None else drivers(driven, everybody, gate, min_n=min_n)
    return Evaluation(
        questionnaire=questionnaire,
        wave=wave,
        responses=table.n,
        left_out=table.given - table.n,
        by=names,
        min_n=min_n,
        missing=missing,
        confidence=confidence,
        weighting=None if weighed is None else weighting(weights, weighed),
        lines=shown,
        reliability=tuple(held),
        drivers=moved,
        aspects=important or derived(table, everybody, moved, gate, crosshair=crosshair),
        expectations=expected,
        index=_index(questionnaire, shown, index),
        campaign=_campaign(responses),
        basis=_basis(responses, table, beside, names, sorted(codes or ()), min_n, min_answered, missing, outcome),
    )


def _check_texts(**texts: object) -> None:
    for name, text in texts.items():
        if not isinstance(text, str | None):
            raise InvalidValue(name, f"expected text, got {type(text).__name__}")


_GROUPS: Final = ("customer", "service", "stratum", "language", "source")
"""What of a response a group is made of, beside its answers and its context. All else is different for each of them."""


def _check_groups(questionnaire: Questionnaire, names: Iterable[str], responses: Iterable[object]) -> None:
    """Is nobody a group of their own, as they would be by their id or by all that they have answered?"""
    items = [part.key for part in parts(questionnaire)]
    for name in names:
        alone = name not in (*items, *_GROUPS) and any(
            hasattr(each, name) for each in responses if isinstance(each, Response | GivenAnswer)
        )
        if alone:
            known = ", ".join((*items, *_GROUPS))
            raise InvalidValue("by", f"{name} makes no groups; known: {known}, and what is in the context")


def _campaign(responses: Responses) -> str | None:
    """The campaign that all responses are of, if there is one."""
    told = [getattr(each, "campaign", None) for each in responses] if isinstance(responses, list) else []
    return told[0] if len(set(told)) == 1 else None


def _basis(responses: Responses, table: Columns, beside: Iterable[object], *how: object) -> str | None:
    """A digest of which responses count, with what stands `beside` each of them, and of how they are evaluated.

    It leads to none of them: what they answered enters at most as their group, and with their id, which is chance where
    they are not named.
    """
    if not isinstance(responses, list):
        return None
    if all(isinstance(each, Response) for each in responses):
        ids = [responses[place].id for place in table.kept]
        counted = sorted(map(repr, zip(ids, beside, strict=True)))
    elif all(isinstance(each, GivenAnswer) for each in responses):
        counted = [*sorted({each.response for each in responses if each.counts}), *map(repr, beside)]
    else:
        return None
    return sha256(repr((counted, *how)).encode()).hexdigest()


def _weighed(table: Columns, weights: Sequence[float] | Raking | None) -> list[float] | None:
    """The weights of the responses that count."""
    if weights is None:
        return None
    if not isinstance(weights, Raking):
        return table.beside(map(_weight, several("weights", weights)), "weights")
    if len(weights.weights) != table.n:
        raise InvalidValue("weights", f"expected those of {table.n} responses, got {len(weights.weights)}")
    return list(weights.weights)


def _weight(weight: float) -> float:
    try:
        found = number(weight)
    except InvalidValue:
        found = -1.0
    if not 0 <= found <= _HEAVIEST:
        raise InvalidValue("weights", f"expected finite numbers from 0 to {_HEAVIEST:g}")
    return found


_HEAVIEST: Final = 1e100
"""The squares of more could not be summed."""


def _coded(table: Columns, codes: Mapping[str, Iterable[Iterable[str] | None]]) -> Columns:
    """The table with the codes of texts in place of the word that there is one."""
    if not isinstance(codes, Mapping):
        raise InvalidValue("codes", "they are given by the item, such as {'why': [('price',), None]}")
    cells = dict(table.cells)
    for id, of_each in codes.items():
        if table.questionnaire.item(id).kind is not ItemKind.TEXT:
            raise InvalidValue("codes", f"{id} is no free text")
        found = table.beside(of_each, f"codes of {id}")
        cells[id] = [
            cell if given is None else several(f"codes of {id}", given, str)
            for cell, given in zip(cells[id], found, strict=True)
        ]
    return attrs.evolve(table, cells=cells)


def _sums(
    table: Columns,
    put_together: Iterable[Pool],
    twins: Iterable[Pair],
    driven: Mapping[str, Sequence[float | None]] | None,
) -> dict[Hashable, Shares]:
    """What is shown of items that are put together with others: alone, and in each way that they are."""
    several: dict[Hashable, Shares] = {}
    for pool in put_together:
        several |= {(pool.about, pool.name): pool.shares, **reliability_sums(pool)}
    for pair in twins:
        several |= pair.sums
    if driven is not None:
        several |= driver_sums(driven)
    alone: dict[Hashable, Shares] = {
        (About.ITEM, key): {key: [int(x is not None) for x in table.numbers(key)]}
        for key in dict.fromkeys(key for shares in several.values() for key in shares)
    }
    return alone | several


def _conditions(questionnaire: Questionnaire, put_together: Iterable[Pool]) -> dict[Hashable, frozenset[str]]:
    """On which items it depends whether those of a figure were asked."""
    of = {part.key: frozenset(asks.key for asks in asked(part.item.shown_if)) for part in parts(questionnaire)}
    return {
        **{(about, key): items for key, items in of.items() for about in (About.ITEM, About.OPTION)},
        **{(pool.about, pool.name): frozenset().union(*(of[key] for key in pool.columns)) for pool in put_together},
    }


def _nameless(
    questionnaire: Questionnaire, by: Sequence[str], gate: Gate, lines: Iterable[tuple[Line, Made]]
) -> Iterator[Line]:
    """The lines, without those whose names would tell what too few have answered: groups by it, and codes of texts."""
    texts = {item.id for item in questionnaire.items if item.kind is ItemKind.TEXT}
    told: set[str] = set()
    for line in gate.lines(lines):
        if not all(map(gate.shows, by[: len(line.group)])):
            continue
        if not (line.key in texts and line.hidden and line.part is not None and not line.group):
            yield line
        elif line.key not in told:
            told.add(line.key)
            yield evolve(line, about=About.ITEM, part=None, figure="answers")


def _views(smallest: Sequence[Group], whole: View) -> Iterator[View]:
    """All responses, each group, and within each group its parts. `smallest` is the smallest group of each of them."""
    yield whole
    for depth in range(1, len(smallest[0]) + 1 if smallest else 1):
        found: dict[Group, list[int]] = {}
        for place, group in enumerate(smallest):
            found.setdefault(group[:depth], []).append(place)
        for group in sorted(found):
            yield whole._replace(group=group, places=found[group], exact=whole.exact._replace(population=None))


def _index(questionnaire: Questionnaire, lines: Iterable[Line], weights: Mapping[str, float] | None) -> WeightedIndex:
    """The mean of ratings from 0 to 100, the good end being 100; in the manner of the ACSI.

    Source: Fornell et al. 1996; K40.
    """
    means = {
        line.key: line.value for line in lines if line.about is About.ITEM and line.figure == "mean" and not line.group
    }
    known = {part.key: part for part in parts(questionnaire) if rated(part)}
    names = known if weights is None else mapped("index", weights)
    figures: dict[str, float | None] = {}
    for key in names:
        if key not in known or (scale := known[key].scale) is None:
            raise InvalidValue("index", f"there is no rating {key!r}; known: {', '.join(known)}")
        mean = means[key]
        percent = None if mean is None else rescaled(mean, scale)
        turned = percent is not None and better(known[key]) == "lower" and known[key].item.kind is not ItemKind.CSAT
        figures[key] = 100 - percent if percent is not None and turned else percent
    return weighted_index(figures, weights) if figures else WeightedIndex(value=None, reason="no_values")
