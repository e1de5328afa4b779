"""The figures of an evaluation: which ones an item has by its kind, and those of several items together."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import fsum, isinf, sqrt
from typing import Final, Literal, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.measures.histograms import Histogram, tally
from servicecrm.measures.intervals import Interval, mean_interval
from servicecrm.measures.satisfaction import CES_SCALE, ces, csat, mean, nps, satisfied_from
from servicecrm.measures.scales import Scale
from servicecrm.measures.scores import Exactness, Method, Score, share
from servicecrm.surveys.answers import Status
from servicecrm.surveys.cells import Cell, Part
from servicecrm.surveys.columns import Columns
from servicecrm.surveys.evaluation_gate import Made, Shares, made
from servicecrm.surveys.evaluation_lines import About, Counts, Group, Line, counted
from servicecrm.surveys.items import Apart, ItemKind, Polarity

__all__ = ["Better", "Pool", "View", "better", "item_lines", "mean_of_numbers", "pool_lines"]

Better = Literal["higher", "lower"]


class View(NamedTuple):
    """The responses of one group, by their places, with the weights of all; and how sure intervals are to be."""

    group: Group
    places: Sequence[int]
    weights: Sequence[float] | None
    exact: Exactness

    def weighed(self, places: Iterable[int]) -> list[float] | None:
        """The weights of some responses."""
        return None if self.weights is None else [self.weights[place] for place in places]


def better(part: Part) -> Better | None:
    """Which answers are the good ones once they are turned; None if it is those in the middle.

    An item says it of its own answers, a matrix of those to its rows once all go the same way.
    """
    if part.item.polarity is Polarity.MIDDLE:
        return None
    return "higher" if (part.item.polarity is Polarity.HIGHER) != part.item.reverse else "lower"


class _Scored(NamedTuple):
    score: Score
    part: str | None = None


_Cells = Sequence[tuple[int, Cell]]
"""Cells of a column, each with its place."""


def item_lines(table: Columns, part: Part, view: View) -> Iterator[tuple[Line, Made]]:
    """The figures of one item, or of one row of a matrix, in one group; the first is the one that it is known by."""
    column = table[part.key]
    counts = counted(column[place] for place in view.places)
    asked = [(place, column[place]) for place in view.places if column[place] != Status.NOT_SHOWN]
    line = Line(about=About.ITEM, key=part.key, figure="answers", group=view.group, counts=counts)
    # A group in which nobody has said something has a line on it too, or it would tell that nobody has.
    codes = part.item.codes or (_codes(column) if part.item.kind is ItemKind.TEXT else ())
    scores = list(_scores(part, codes, asked, view))
    sizes = [
        made(len(view.places), score.n, view.weighed(place for place, cell in asked if _enters(cell, part, option)))
        for score, option in scores
    ]
    if part.item.kind is ItemKind.RANKING:  # ranks add up, so that the others would tell the one that few have ranked
        sizes = [of._replace(also=tuple(sizes)) for of in sizes]
    for n, ((score, option), of) in enumerate(zip(scores, sizes, strict=True)):
        shown = evolve(
            line,
            about=About.ITEM if option is None else About.OPTION,
            figure=score.method.name,
            part=option,
            score=score,
            counts=evolve(counts, answered=score.n),
            distribution=EMPTY if n or view.weights is not None else FrozenMap(_distribution(part, asked)),
        )
        yield shown, of
    if not scores:
        yield line, made(len(view.places), counts.answered, None)


def _enters(cell: Cell, part: Part, option: str | None) -> bool:
    """Is it an answer that the figure is made of? A mean rank is one of those who have ranked the option."""
    if isinstance(cell, tuple):
        return part.item.kind is not ItemKind.RANKING or option in cell
    return isinstance(cell, float)


def _scores(part: Part, codes: Sequence[str], cells: _Cells, view: View) -> Iterator[_Scored]:
    kind = part.item.kind
    if part.scale is not None:
        found = tally([cell for _, cell in cells], scale=part.scale, weights=view.weighed(at for at, _ in cells))
        yield from map(_Scored, _FIGURES.get(kind, _rating)(found, better(part), view.exact))
    elif kind is ItemKind.NUMBER:
        numbers = [(place, cell) for place, cell in cells if isinstance(cell, float)]
        counts = counted(cell for _, cell in cells)
        yield _Scored(mean_of_numbers(numbers, view, method=_MEAN_NUMBER, counts=counts))
    elif kind is ItemKind.RANKING:
        yield from _ranks(codes, cells, view)
    else:
        yield from _shares(codes, cells, view)


def _nps(found: Histogram, _: Better | None, exact: Exactness) -> Iterator[Score]:
    yield nps(found, confidence=exact.confidence, population=exact.population)


def _csat(found: Histogram, good: Better | None, exact: Exactness) -> Iterator[Score]:
    # Satisfaction counts from below, so that where the low answers are the good ones they are turned.
    if good == "lower":
        found = evolve(found, counts=found.counts[::-1], weights=found.weights[::-1])
    scale, sure, many = found.scale, exact.confidence, exact.population
    if good is not None and _has_top_box(scale):
        yield csat(found, scale=scale, method="top_box", confidence=sure, population=many)
    yield csat(found, scale=scale, method="mean_percent", confidence=sure, population=many)
    yield mean(found, scale=scale, confidence=sure, population=many)


def _has_top_box(scale: Scale) -> bool:
    try:
        return satisfied_from(scale) is not None
    except InvalidValue:
        return False


def _ces(found: Histogram, good: Better | None, exact: Exactness) -> Iterator[Score]:
    usual = good is not None and found.scale.points == CES_SCALE.points
    methods: tuple[Literal["mean", "index", "agree"], ...] = ("mean", "index", "agree") if usual else ("mean",)
    for method in methods:
        yield ces(
            found,
            method=method,
            scale=found.scale,
            better=good or "higher",
            confidence=exact.confidence,
            population=exact.population,
        )


def _rating(found: Histogram, good: Better | None, exact: Exactness) -> Iterator[Score]:
    sure, many = exact.confidence, exact.population
    yield mean(found, scale=found.scale, better=good or "higher", confidence=sure, population=many)


_FIGURES: Final[Mapping[ItemKind, Callable[[Histogram, Better | None, Exactness], Iterator[Score]]]] = {
    ItemKind.NPS: _nps,
    ItemKind.CSAT: _csat,
    ItemKind.CES: _ces,
}

_CHOSEN: Final = Scale(low=0, high=1, apart=tuple(code.value for code in Apart))


def _shares(codes: Iterable[str], cells: _Cells, view: View) -> Iterator[_Scored]:
    """The share of those who chose each option, among those who answered; of texts, among those that are coded."""
    told = [(place, cell) for place, cell in cells if cell != Status.ANSWERED]
    weights = view.weighed(place for place, _ in told)
    for code in codes:
        chose = [float(code in cell) if isinstance(cell, tuple) else cell for _, cell in told]
        method = Method(name="rate", scale="", rule=code, unit="percent")
        yield _Scored(share(tally(chose, scale=_CHOSEN, weights=weights), method, (1, 1), exact=view.exact), code)


def _codes(cells: Iterable[Cell]) -> list[str]:
    """The codes that somebody gave to texts."""
    return sorted({code for cell in cells if isinstance(cell, tuple) for code in cell})


def _ranks(codes: Sequence[str], cells: _Cells, view: View) -> Iterator[_Scored]:
    """The mean rank of each option, among those who ranked it; the first is 1."""
    scale = Scale(low=1, high=max(2, len(codes)))
    for code in codes:
        ranks = [(at, float(cell.index(code) + 1)) for at, cell in cells if isinstance(cell, tuple) and code in cell]
        found = tally([rank for _, rank in ranks], scale=scale, weights=view.weighed(at for at, _ in ranks))
        yield from (_Scored(score, code) for score in _rating(found, "lower", view.exact))


def _distribution(part: Part, cells: _Cells) -> dict[str, int]:
    """How often each answer of those that can be chosen from was given; a number may be one that nobody else has."""
    found: Counter[str] = Counter()
    if part.scale is not None:
        found.update(f"{cell:g}" for _, cell in cells if isinstance(cell, float))
    elif part.item.kind is not ItemKind.RANKING:
        found.update(name for _, cell in cells if isinstance(cell, tuple) for name in cell)
    return dict(found)


# -- several items together ----------------------------------------------------------------------


class Pool(NamedTuple):
    """Items that are put together, by some rule, and what each respondent scores on their scale: None who has no score.

    `asked` says who was asked any of them, `columns` what was answered on that scale, and `shares` how it enters.
    """

    about: About
    name: str
    scale: Scale
    better: Better
    rule: str
    scores: Sequence[float | None]
    asked: Sequence[bool]
    columns: Mapping[str, Sequence[float | None]]
    shares: Shares


def pool_lines(pool: Pool, view: View) -> Iterator[tuple[Line, Made]]:
    """The mean on the scale of the items, and where it lies between the ends of that."""
    asked = sum(pool.asked[place] for place in view.places)
    there = [(place, own) for place in view.places if (own := pool.scores[place]) is not None]
    counts = Counts(answered=len(there), missing=asked - len(there), not_shown=len(view.places) - asked)
    whose = made(len(view.places), len(there), view.weighed(place for place, _ in there))
    span = pool.scale.high - pool.scale.low
    mean_ = Method(name="mean", scale=str(pool.scale), rule=pool.rule, unit="scale", better=pool.better)
    percent = evolve(mean_, name="csat_mean_percent", unit="percent")
    for method, factor, shift in ((mean_, 1.0, 0.0), (percent, 100 / span, -pool.scale.low)):
        numbers = [(place, factor * (own + shift)) for place, own in there]
        limits = Interval(factor * (pool.scale.low + shift), factor * (pool.scale.high + shift))
        score = mean_of_numbers(numbers, view, method=method, counts=counts, limits=limits)
        line = Line(about=pool.about, key=pool.name, figure=method.name, group=view.group, score=score, counts=counts)
        yield line, whose


_MEAN_NUMBER: Final = Method(name="mean", scale="", rule="numbers", unit="scale")


def mean_of_numbers(
    numbers: Sequence[tuple[int, float]],
    view: View,
    *,
    method: Method,
    counts: Counts,
    limits: Interval | None = None,
) -> Score:
    """The mean of numbers that are no points of a scale, each with its place; by Student's t, cut to the limits."""
    n, values = len(numbers), [value for _, value in numbers]
    weights = view.weighed(place for place, _ in numbers) or [1.0] * n
    weight, squares = fsum(weights), fsum(w * w for w in weights)
    n_eff = weight**2 / squares if squares else 0.0
    value = fsum(w * x for w, x in zip(weights, values, strict=True)) / weight if weight else None
    sd = None if value is None or n < 2 or n_eff <= 1 else _sd(values, weights, value, n_eff)
    score = Score(
        value=value,
        low=None,
        high=None,
        n=n,
        method=method,
        interval="student_t",
        confidence=view.exact.confidence,
        n_eff=n_eff,
        population=view.exact.population,
        not_answered=counts.missing,
        invalid=counts.invalid,
        parts=FrozenMap({"sd": sd}),
        reason="no_answers" if value is None else "one_answer" if sd is None else None,
    )
    if value is None or sd is None:
        return score
    if isinf(score.base):
        return evolve(score, low=value, high=value, se=0.0)
    if not sd:
        return evolve(score, se=0.0, reason="no_variance")
    found = mean_interval(value, sd, score.base, confidence=score.confidence)
    low, high = limits or found
    return evolve(score, low=max(low, found.low), high=min(high, found.high), se=sd / sqrt(score.base))


def _sd(values: Sequence[float], weights: Sequence[float], value: float, n_eff: float) -> float:
    if len({x for x, w in zip(values, weights, strict=True) if w}) == 1:
        return 0.0  # to the last digit, so that it can be told from a small one
    square = fsum(w * (x - value) ** 2 for w, x in zip(weights, values, strict=True)) / fsum(weights)
    return sqrt(square * n_eff / (n_eff - 1))
