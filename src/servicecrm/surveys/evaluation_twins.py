"""What matters, and what moves the rest: items that ask for importance or for an ideal, and drivers."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from math import fsum
from typing import Final, Literal, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.measures.drivers import Crosshair, Drivers, Quadrant, key_drivers, quadrants
from servicecrm.measures.indexes import Servqual, WeightedIndex, servqual, weighted_index
from servicecrm.measures.intervals import Interval
from servicecrm.measures.scales import Scale, rescaled
from servicecrm.measures.scores import Method, Score
from servicecrm.surveys.cells import parts
from servicecrm.surveys.columns import Columns
from servicecrm.surveys.evaluation_gate import Gate, Made, Shares, few, made
from servicecrm.surveys.evaluation_lines import Counts
from servicecrm.surveys.evaluation_pools import PERCENT, complete, rated
from servicecrm.surveys.evaluation_scores import View, mean_of_numbers
from servicecrm.surveys.items import Item, ItemKind

__all__ = [
    "Aspect",
    "Aspects",
    "Expectations",
    "Gap",
    "Pair",
    "derived",
    "driver_sums",
    "drivers",
    "driving",
    "expectations",
    "pairs",
    "stated",
]


def driving(table: Columns, outcome: str | None) -> dict[str, Sequence[float | None]] | None:
    """The ratings that may drive the outcome, and that one last; None if it is not said which item that is, or nothing
    else is rated.

    Without a word it is the one rating that stands by itself, beside those of a matrix.

    Raises:
        InvalidValue: the outcome is no item that numbers are answered to.
    """
    known = [part for part in parts(table.questionnaire) if rated(part)]
    alone = [part.key for part in known if part.row is None]
    if outcome is None and len(alone) == 1:
        outcome = alone[0]
    numbers = [part.key for part in parts(table.questionnaire) if part.scale or part.item.kind is ItemKind.NUMBER]
    if outcome is not None and outcome not in numbers:
        raise InvalidValue("outcome", f"there are no numbers at {outcome!r}, only at {', '.join(numbers) or 'nothing'}")
    names = [part.key for part in known if part.key != outcome]
    return {key: table.numbers(key) for key in (*names, outcome)} if outcome is not None and names else None


def driver_sums(columns: Mapping[str, Sequence[float | None]]) -> dict[Hashable, Shares]:
    """What drivers tell of the items, by a name for each."""
    shares = complete(columns)
    return {("driver", key): {key: shares} for key in columns}


def drivers(columns: Mapping[str, Sequence[float | None]], view: View, gate: Gate, *, min_n: int) -> Drivers:
    """What explains the outcome, of those who have answered everything."""
    names, rows = tuple(columns), Counter(zip(*columns.values(), strict=True))
    found = key_drivers(rows, columns=names, outcome=names[-1])
    there = _made([place for place, is_ in enumerate(complete(columns)) if is_], view)
    if gate.takes(there, *driver_sums(columns)):
        return found
    few_ = not there.answered or few(there, min_n)
    return evolve(found, n=0, r2=None, drivers=(), reason="no_answers" if few_ else "hidden")


# -- importance ----------------------------------------------------------------------------------


@record
class Gap:
    """Two items about one thing, from those who answered both: what was asked for, what was found, and the gap.

    It is hidden where too few did, and where with what is shown of each of them it would tell what a few have said,
    such as those who answered only one of the two. Then `n` is 0.

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


def stated(twins: Iterable["Pair"], view: View, gate: Gate, *, crosshair: Literal["mean", "middle"]) -> Aspects | None:
    """Importance and performance of the items that have a twin for it; None if there are none."""
    asked = [pair for pair in twins if pair.about == "importance"]
    if not asked:
        return None
    scale, lines = _common([pair.scale for pair in asked]), []
    for pair in asked:
        gap = _gap(pair, view, gate, scale, sign=-1)
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


def derived(
    table: Columns, view: View, found: Drivers | None, gate: Gate, *, crosshair: Literal["mean", "middle"]
) -> Aspects | None:
    """Importance and performance of the drivers; None if there are none."""
    if found is None or not found.drivers:
        return None
    scales = [_scale(table.questionnaire.item(driver.name.partition("/")[0])) for driver in found.drivers]
    scale, lines = _common(scales), []
    for driver, own in zip(found.drivers, scales, strict=True):
        column = table.numbers(driver.name)
        there = [(place, x) for place in view.places if (x := column[place]) is not None]
        mean = _mean([(place, _on(x, own, scale)) for place, x in there], view, Interval(scale.low, scale.high))
        shown = gate.shows(driver.name)
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


def expectations(table: Columns, view: View, twins: Iterable["Pair"], gate: Gate) -> Expectations | None:
    """The gaps between items and their ideals; with points of 100 for dimensions, the score of SERVQUAL too."""
    known = table.questionnaire
    gaps = [_gap(pair, view, gate, pair.scale, sign=1) for pair in twins if pair.about == "expectation"]
    if not gaps:
        return None
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
        if (mean := _points(table, twin, view, gate)) is not None
    }
    total, score = fsum(points.values()), None
    if total > 0 and points.keys() == dimensions.keys():
        score = servqual(dimensions, {name: 100 * value / total for name, value in points.items()})
    return Expectations(gaps=tuple(gaps), dimensions=FrozenMap(dimensions), points=FrozenMap(points), servqual=score)


def _points(table: Columns, twin: Item, view: View, gate: Gate) -> float | None:
    if not gate.shows(twin.id):
        return None
    column = table.numbers(twin.id)
    there = [(place, x) for place in view.places if (x := column[place]) is not None]
    return _mean(there, view).value


# -- twins ---------------------------------------------------------------------------------------

_Twin = Literal["importance", "expectation"]


class Pair(NamedTuple):
    """What respondents say of one thing, on one scale: how it is, and how important or ideal.

    `shares` are those of both where both are answered. What is found is the mean of some items, which are shown by
    themselves too.
    """

    about: _Twin
    key: str
    scale: Scale
    found: Sequence[float | None]
    asked: Sequence[float | None]
    shares: tuple[Shares, Shares]

    @property
    def sums(self) -> dict[Hashable, Shares]:
        """What is shown of it, by a name for each."""
        return {(self.about, self.key, n): shares for n, shares in enumerate(self.shares)}


def pairs(table: Columns) -> Iterator[Pair]:
    """All items with a twin that asks how important or how ideal the same thing is."""
    for twin in table.questionnaire.items:
        for item in _asked(table, twin.importance_of):
            if item.scale is not None and twin.scale is not None:
                yield from _pairs(table, "importance", item, twin)
        for item in _asked(table, twin.expectation_of):
            yield from _pairs(table, "expectation", item, twin)


def _asked(table: Columns, id: str | None) -> Iterator[Item]:
    """The item that a twin asks about."""
    return (item for item in table.questionnaire.items if item.id == id)


def _pairs(table: Columns, about: _Twin, item: Item, twin: Item) -> Iterator[Pair]:
    """Row by row where both have rows; otherwise the whole item, of a matrix the mean of its rows."""
    rows = [f"/{row}" if row else "" for row in item.parts]
    if item.parts == twin.parts:
        yield from (_pair(table, about, (item, twin), row, [row]) for row in rows)
    else:
        yield _pair(table, about, (item, twin), "", rows)


def _pair(table: Columns, about: _Twin, items: tuple[Item, Item], row: str, rows: Sequence[str]) -> Pair:
    item, twin = items
    scale, of_item, of_twin = _common([_scale(item), _scale(twin)]), _scale(item), _scale(twin)
    columns, asked = {item.id + each: table.numbers(item.id + each) for each in rows}, table.numbers(twin.id + row)
    there = [[x for x in each if x is not None] for each in zip(*columns.values(), strict=True)]
    both = [0 if x is None else len(numbers) for numbers, x in zip(there, asked, strict=True)]
    return Pair(
        about,
        item.id + row,
        scale,
        [_on(fsum(numbers) / len(numbers), of_item, scale) if numbers else None for numbers in there],
        [None if x is None else _on(x, of_twin, scale) for x in asked],
        (
            {id: [0 if x is None else n for x, n in zip(column, both, strict=True)] for id, column in columns.items()},
            {twin.id + row: [min(n, 1) for n in both]},
        ),
    )


def _gap(pair: Pair, view: View, gate: Gate, scale: Scale, *, sign: int) -> Gap:
    there = [
        (place, _on(found, pair.scale, scale), _on(asked, pair.scale, scale))
        for place in view.places
        if (found := pair.found[place]) is not None and (asked := pair.asked[place]) is not None
    ]
    if not there or not gate.takes(_made([place for place, _, _ in there], view), *pair.sums):
        return Gap(key=pair.key, asked=None, found=None, gap=None, n=0, hidden=bool(there))
    span = scale.high - scale.low
    return Gap(
        key=pair.key,
        asked=_mean([(place, asked) for place, _, asked in there], view).value,
        found=_mean([(place, found) for place, found, _ in there], view).value,
        gap=_mean([(place, sign * (found - asked)) for place, found, asked in there], view, Interval(-span, span)),
        n=len(there),
    )


def _made(there: Sequence[int], view: View) -> Made:
    return made(len(view.places), len(there), view.weighed(there))


_DIFFERENCE: Final = Method(name="mean", scale="", rule="difference of two answers", unit="scale")


def _mean(numbers: Sequence[tuple[int, float]], view: View, limits: Interval | None = None) -> Score:
    return mean_of_numbers(numbers, view, method=_DIFFERENCE, counts=Counts(answered=len(numbers)), limits=limits)


def _scale(item: Item) -> Scale:
    return PERCENT if item.scale is None else evolve(item.scale, apart=())


def _common(scales: Sequence[Scale]) -> Scale:
    return scales[0] if len(set(scales)) == 1 else PERCENT


def _on(value: float, own: Scale, scale: Scale) -> float:
    return value if own == scale else rescaled(value, own, to=(scale.low, scale.high))
