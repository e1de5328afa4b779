"""What matters, and what moves the rest: items that ask for importance or for an ideal, and drivers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import fsum
from typing import Final, Literal, NamedTuple

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.measures.drivers import Crosshair, Drivers, Quadrant, key_drivers, quadrants
from servicecrm.measures.indexes import Servqual, WeightedIndex, servqual, weighted_index
from servicecrm.measures.intervals import Interval
from servicecrm.measures.scales import Scale, rescaled
from servicecrm.measures.scores import Method, Score
from servicecrm.surveys.cells import parts
from servicecrm.surveys.columns import Columns
from servicecrm.surveys.evaluation_lines import Counts, few, made, tells
from servicecrm.surveys.evaluation_pools import PERCENT, rated
from servicecrm.surveys.evaluation_scores import View, mean_of_numbers
from servicecrm.surveys.items import Item, ItemKind

__all__ = ["Aspect", "Aspects", "Expectations", "Gap", "aspects", "drivers", "expectations"]


def drivers(table: Columns, *, outcome: str | None, min_n: int) -> Drivers | None:
    """What explains the outcome; None if it is not said which item that is, or nothing else is rated.

    Without a word it is the one rating that stands by itself, beside those of a matrix.
    """
    known = [part for part in parts(table.questionnaire) if rated(part)]
    alone = [part.key for part in known if part.row is None]
    if outcome is None and len(alone) == 1:
        outcome = alone[0]
    names = [part.key for part in known if part.key != outcome]
    if outcome is None or not names:
        return None
    rows = Counter(zip(*(table.numbers(key) for key in (*names, outcome)), strict=True))
    found = key_drivers(rows, columns=(*names, outcome), outcome=outcome)
    return found if found.n >= min_n else evolve(found, n=0, r2=None, drivers=(), reason="no_answers")


# -- importance ----------------------------------------------------------------------------------


@record
class Gap:
    """Two items about one thing, from those who answered both: what was asked for, what was found, and the gap.

    It is hidden where too few did, and where too few answered only one of the two: what is said of each of them would
    tell their answers. Then `n` is 0.

    Of importance the gap is how far it lies above what was found; of an ideal, how far what was found lies above it.
    """

    key: str
    asked: float | None
    found: float | None
    gap: Score | None
    n: int
    hidden: bool = False


@record
class Aspect:
    """One aspect of a service: how important it is, how good, how far these are apart, and what follows."""

    key: str
    importance: float | None
    performance: float | None
    gap: Score | None = None
    n: int
    quadrant: Quadrant | None = None
    hidden: bool = False


@record
class Aspects:
    """Importance and performance. Importance is `stated` by respondents, or `derived` from what moves the outcome.

    `unit` is the scale of performance, and of stated importance. `index` is performance from 0 to 100, weighted by
    importance.

    Source: C081, K40; Martilla & James 1977.
    """

    basis: Literal["stated", "derived"]
    unit: str
    aspects: tuple[Aspect, ...]
    crosshair: Crosshair | None
    index: WeightedIndex


def aspects(
    table: Columns, view: View, found: Drivers | None, *, crosshair: Literal["mean", "middle"], min_n: int
) -> Aspects | None:
    """Importance and performance of the items that have a twin for it, or else of the drivers."""
    twins = [(item, twin) for twin in table.questionnaire.items for item in _asked(table, twin.importance_of)]
    twins = [(item, twin) for item, twin in twins if item.scale is not None and twin.scale is not None]
    pairs = [pair for item, twin in twins for pair in _pairs(table, item, twin)]
    if pairs:
        return _stated(pairs, view, crosshair=crosshair, min_n=min_n)
    return None if found is None or not found.drivers else _derived(table, view, found, crosshair, min_n)


class _Pair(NamedTuple):
    """What respondents say of one thing, on one scale: how it is, and how important or ideal.

    `columns` are those that what is found is the mean of, which are shown by themselves too.
    """

    key: str
    scale: Scale
    found: Sequence[float | None]
    asked: Sequence[float | None]
    columns: Sequence[Sequence[float | None]]


def _stated(pairs: Sequence[_Pair], view: View, *, crosshair: Literal["mean", "middle"], min_n: int) -> Aspects:
    scale = _common([pair.scale for pair in pairs])
    lines = []
    for pair in pairs:
        gap = _gap(pair, view, scale, sign=-1, min_n=min_n)
        lines.append(
            Aspect(
                key=pair.key,
                importance=gap.asked,
                performance=gap.found,
                gap=gap.gap,
                n=gap.n,
                hidden=gap.hidden,
            )
        )
    return _placed("stated", scale, lines, crosshair)


def _derived(table: Columns, view: View, found: Drivers, crosshair: Literal["mean", "middle"], min_n: int) -> Aspects:
    scales = [_scale(table.questionnaire.item(driver.name.partition("/")[0])) for driver in found.drivers]
    scale, lines = _common(scales), []
    for driver, own in zip(found.drivers, scales, strict=True):
        column = table.numbers(driver.name)
        there = [(place, x) for place in view.places if (x := column[place]) is not None]
        mean = _mean([(place, _on(x, own, scale)) for place, x in there], view, Interval(scale.low, scale.high))
        shown = not _few([place for place, _ in there], view, min_n)
        lines.append(
            Aspect(
                key=driver.name,
                importance=driver.relative_weight if driver.lmg is None else driver.lmg,
                performance=mean.value if shown else None,
                n=len(there) if shown else 0,
                hidden=not shown,
            )
        )
    return _placed("derived", scale, lines, crosshair)


def _placed(
    basis: Literal["stated", "derived"], scale: Scale, lines: Sequence[Aspect], crosshair: Literal["mean", "middle"]
) -> Aspects:
    importance = {line.key: x for line in lines if (x := line.importance) is not None and line.performance is not None}
    performance = {line.key: x for line in lines if (x := line.performance) is not None and line.key in importance}
    parts_ = {line.key: None if line.performance is None else rescaled(line.performance, scale) for line in lines}
    weights = {line.key: max(0.0, line.importance or 0.0) for line in lines}
    index = weighted_index(parts_, weights) if any(weights.values()) else WeightedIndex(value=None, reason="no_values")
    if not importance:
        return Aspects(basis=basis, unit=str(scale), aspects=tuple(lines), crosshair=None, index=index)
    middle = Crosshair(importance=scale.middle, performance=scale.middle)
    if basis == "derived":  # shares of an explanation have no middle of a scale, only one of their own
        middle = evolve(middle, importance=fsum(importance.values()) / len(importance))
    placed = quadrants(importance, performance, crosshair=middle if crosshair == "middle" else None)
    return Aspects(
        basis=basis,
        unit=str(scale),
        aspects=tuple(evolve(line, quadrant=placed[line.key]) if line.key in importance else line for line in lines),
        crosshair=placed.crosshair,
        index=index,
    )


# -- ideals --------------------------------------------------------------------------------------


@record
class Expectations:
    """How far what is found lies above what is expected: by item, as the mean of each dimension, and by importance.

    Source: Parasuraman, Zeithaml & Berry 1988; K40.
    """

    gaps: tuple[Gap, ...]
    dimensions: FrozenMap = EMPTY
    points: FrozenMap = EMPTY
    servqual: Servqual | None = None


def expectations(table: Columns, view: View, *, min_n: int) -> Expectations | None:
    """The gaps between items and their ideals; with points of 100 for dimensions, the score of SERVQUAL too."""
    known = table.questionnaire
    twins = [(item, twin) for twin in known.items for item in _asked(table, twin.expectation_of)]
    pairs = [pair for item, twin in twins for pair in _pairs(table, item, twin)]
    if not pairs:
        return None
    gaps = [_gap(pair, view, pair.scale, sign=1, min_n=min_n) for pair in pairs]
    of = {part.key: part.dimension for part in parts(known)}
    by_dimension: dict[str, list[float | None]] = {}
    for gap in gaps:
        if (dimension := of.get(gap.key)) is not None:
            by_dimension.setdefault(dimension, []).append(None if gap.gap is None else gap.gap.value)
    dimensions = {
        name: fsum(there) / len(there)
        for name, values in by_dimension.items()
        if len(there := [value for value in values if value is not None]) == len(values)
    }
    points = {
        item.dimension: mean
        for twin in known.items
        for item in _asked(table, twin.importance_of)
        if twin.kind is ItemKind.NUMBER and item.dimension in dimensions
        if (mean := _points(table, twin, view, min_n)) is not None
    }
    total, score = fsum(points.values()), None
    if total > 0 and points.keys() == dimensions.keys():
        score = servqual(dimensions, {name: 100 * value / total for name, value in points.items()})
    return Expectations(gaps=tuple(gaps), dimensions=FrozenMap(dimensions), points=FrozenMap(points), servqual=score)


def _points(table: Columns, twin: Item, view: View, min_n: int) -> float | None:
    column = table.numbers(twin.id)
    there = [(place, x) for place in view.places if (x := column[place]) is not None]
    return None if _few([place for place, _ in there], view, min_n) else _mean(there, view).value


# -- twins ---------------------------------------------------------------------------------------


def _asked(table: Columns, id: str | None) -> Iterator[Item]:
    """The item that a twin asks about."""
    return (item for item in table.questionnaire.items if item.id == id)


def _pairs(table: Columns, item: Item, twin: Item) -> Iterator[_Pair]:
    """Row by row where both have rows; otherwise the whole item, of a matrix the mean of its rows."""
    scale = _common([_scale(item), _scale(twin)])
    rows = [f"/{row}" if row else "" for row in item.parts]
    if item.parts == twin.parts:
        for row in rows:
            found, asked = table.numbers(item.id + row), table.numbers(twin.id + row)
            yield _Pair(
                item.id + row,
                scale,
                [None if x is None else _on(x, _scale(item), scale) for x in found],
                [None if x is None else _on(x, _scale(twin), scale) for x in asked],
                [found],
            )
        return
    columns = [table.numbers(item.id + row) for row in rows]
    means = [
        fsum(x) / len(x) if (x := [y for y in row if y is not None]) else None for row in zip(*columns, strict=True)
    ]
    yield _Pair(
        item.id,
        scale,
        [None if x is None else _on(x, _scale(item), scale) for x in means],
        [None if x is None else _on(x, _scale(twin), scale) for x in table.numbers(twin.id)],
        columns,
    )


def _gap(pair: _Pair, view: View, scale: Scale, *, sign: int, min_n: int) -> Gap:
    there = [
        (place, _on(found, pair.scale, scale), _on(asked, pair.scale, scale))
        for place in view.places
        if (found := pair.found[place]) is not None and (asked := pair.asked[place]) is not None
    ]
    if not there or _secret(pair, [place for place, _, _ in there], view, min_n):
        return Gap(key=pair.key, asked=None, found=None, gap=None, n=0, hidden=bool(there))
    span = scale.high - scale.low
    return Gap(
        key=pair.key,
        asked=_mean([(place, asked) for place, _, asked in there], view).value,
        found=_mean([(place, found) for place, found, _ in there], view).value,
        gap=_mean([(place, sign * (found - asked)) for place, found, asked in there], view, Interval(-span, span)),
        n=len(there),
    )


def _secret(pair: _Pair, there: Sequence[int], view: View, min_n: int) -> bool:
    """Are there too few, or too few who have answered one of the two alone? Both are shown by themselves as well."""
    if _few(there, view, min_n):
        return True
    both = frozenset(there)
    counted_ = [place for place in view.places if view.weights is None or view.weights[place]]
    for columns in (pair.columns, [pair.asked]):
        answered = ([column[place] is not None for column in columns] for place in counted_)
        shares = Counter(
            (
                view.smallest[place],
                tuple((1 / sum(those) if place in both else 0.0) if each else None for each in those),
            )
            for place, those in zip(counted_, answered, strict=True)
        )
        if tells(shares, min_n=min_n):
            return True
    return False


def _few(there: Sequence[int], view: View, min_n: int) -> bool:
    return few(made(len(view.places), len(there), view.weighed(there)), min_n)


_DIFFERENCE: Final = Method(name="mean", scale="", rule="difference of two answers", unit="scale")


def _mean(numbers: Sequence[tuple[int, float]], view: View, limits: Interval | None = None) -> Score:
    return mean_of_numbers(numbers, view, method=_DIFFERENCE, counts=Counts(answered=len(numbers)), limits=limits)


def _scale(item: Item) -> Scale:
    return PERCENT if item.scale is None else evolve(item.scale, apart=())


def _common(scales: Sequence[Scale]) -> Scale:
    return scales[0] if len(set(scales)) == 1 else PERCENT


def _on(value: float, own: Scale, scale: Scale) -> float:
    return value if own == scale else rescaled(value, own, to=(scale.low, scale.high))
