"""An evaluation as plain rows, one for each figure: for data frames, for JSON, and to be kept."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from servicecrm.measures.scores import Score
from servicecrm.surveys.evaluation_lines import Line, group_name
from servicecrm.surveys.evaluation_pools import ScaleReliability
from servicecrm.surveys.evaluation_twins import Aspects, Expectations, Gap

if TYPE_CHECKING:
    from servicecrm.measures.drivers import Drivers
    from servicecrm.surveys.evaluation import Evaluation

__all__ = ["COLUMNS", "Row", "rows"]


class Row(NamedTuple):
    """One figure. `note` is the rule by which it was made, or what follows from it, such as a quadrant."""

    wave: str | None
    about: str
    key: str | None
    part: str | None = None
    group: str | None = None
    figure: str = "answers"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_eff: float | None = None
    sd: float | None = None
    unit: str | None = None
    scale: str | None = None
    note: str | None = None
    missing: int | None = None
    not_applicable: int | None = None
    dont_know: int | None = None
    invalid: int | None = None
    not_shown: int | None = None
    hidden: str | None = None
    reason: str | None = None


COLUMNS: Final[dict[str, type]] = {
    name: int
    if name in ("n", "missing", "not_applicable", "dont_know", "invalid", "not_shown")
    else float
    if name in ("value", "low", "high", "n_eff", "sd")
    else str
    for name in Row._fields
}
"""The columns of these rows, each with its type."""


def rows(evaluation: "Evaluation") -> Iterator[Row]:
    """All figures, in the order in which they are told."""
    found = chain(
        map(_line, evaluation.lines),
        chain.from_iterable(map(_reliability, evaluation.reliability)),
        _drivers(evaluation.drivers),
        _aspects(evaluation.aspects),
        _expectations(evaluation.expectations),
        [Row(None, "index", None, figure="index", value=evaluation.index.value, reason=evaluation.index.reason)],
    )
    return (row._replace(wave=evaluation.wave) for row in found)


def _line(line: Line) -> Row:
    row = Row(
        None,
        line.about.value,
        line.key,
        part=line.part,
        group=group_name(line.group) if line.group else None,
        figure=line.figure,
        hidden=line.hidden,
    )
    if line.counts is not None:
        names = ("missing", "not_applicable", "dont_know", "invalid", "not_shown")
        row = row._replace(n=line.n, **{name: getattr(line.counts, name) for name in names})
    return row if line.score is None else _scored(row, line.score)


def _scored(row: Row, score: Score) -> Row:
    sd = score.parts.get("sd")
    return row._replace(
        value=score.value,
        low=score.low,
        high=score.high,
        n_eff=score.n_eff,
        sd=sd if isinstance(sd, float) else None,
        unit=score.method.unit,
        scale=score.method.scale or None,
        note=score.method.rule or None,
        reason=score.reason,
    )


def _reliability(found: ScaleReliability) -> Iterator[Row]:
    row = Row(None, "reliability", found.dimension, figure="alpha", n=found.n)
    if found.reliability is None:
        yield row._replace(n=None, hidden="small")
        return
    told = found.reliability
    yield row._replace(value=told.alpha, low=told.low, high=told.high, note=told.missing, reason=told.reason)
    yield row._replace(figure="omega", value=found.omega)
    for key in found.keys:
        for figure, of in (("alpha_if_deleted", told.if_deleted), ("r_drop", told.r_drop)):
            value = of.get(key)
            yield row._replace(part=key, figure=figure, value=value if isinstance(value, float) else None)


def _drivers(found: "Drivers | None") -> Iterator[Row]:
    if found is None:
        return
    row = Row(None, "driver", None, n=found.n, reason=found.reason)
    if found.reason == "hidden":
        row = row._replace(n=None, hidden="beside")
    yield row._replace(key=found.outcome, figure="r2", value=found.r2)
    for driver in found.drivers:
        for figure in ("lmg", "relative_weight", "correlation"):
            yield row._replace(key=driver.name, figure=figure, value=getattr(driver, figure))


def _aspects(found: Aspects | None) -> Iterator[Row]:
    if found is None:
        return
    for aspect in found.aspects:
        row = Row(None, "aspect", aspect.key, n=aspect.n, scale=found.unit)
        if aspect.hidden:
            row = row._replace(n=None, hidden="small")
        yield row._replace(figure="importance", value=aspect.importance, note=found.basis)
        yield row._replace(figure="performance", value=aspect.performance, note=aspect.quadrant)
        if aspect.gap is not None:
            yield _scored(row._replace(figure="gap"), aspect.gap)._replace(scale=found.unit)
    index = found.index
    yield Row(None, "aspect", None, figure="index", value=index.value, note=found.basis, reason=index.reason)


def _expectations(found: Expectations | None) -> Iterator[Row]:
    if found is None:
        return
    yield from map(_gap, found.gaps)
    for figure, of in (("gap", found.dimensions), ("points", found.points)):
        for name, value in of.items():
            yield Row(None, "expectation", name, figure=figure, value=value if isinstance(value, float) else None)
    if found.servqual is not None:
        told = found.servqual
        yield Row(None, "expectation", None, figure="servqual", value=told.unweighted)
        yield Row(None, "expectation", None, figure="servqual_weighted", value=told.weighted, note=told.worst)


def _gap(found: Gap) -> Row:
    row = Row(None, "expectation", found.key, figure="gap", n=found.n)
    if found.hidden:
        return row._replace(n=None, hidden="small")
    return row if found.gap is None else _scored(row, found.gap)
